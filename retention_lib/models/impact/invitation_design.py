"""What customers of an invitation did, arm by arm, and the sums that tell what it changed and for whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from retention_lib.models.arm_means import ArmMeans, Bools, Contrast, Floats, Ints, arm_means
from retention_lib.models.intervals import normal_quantile
from retention_lib.models.ratios import Ratio

Group = Literal["invited", "joined"]
"""Among whom an effect is: all who were invited, or those who joined because of it."""

GROUPS: tuple[Group, ...] = ("invited", "joined")
NOT_TAKEN, NO_SPREAD = "invitation_not_taken", "invitation_outcome_varies"
"""Why a number is missing."""

POWER_QUANTILE = 0.8416212335729143  # standard normal, 80 %


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Outcomes of customers: each metric, whether joined, and each metric of those who did not join, else 0."""

    metrics: tuple[str, ...]
    outcomes: Floats
    joined: Bools
    treated: Bools
    clusters: Ints

    @classmethod
    def of(cls, frame: pd.DataFrame, outcomes: pd.DataFrame) -> Design:
        """The design of the measure's rows."""
        joined = frame["joined"].to_numpy(dtype=bool)
        values = outcomes.to_numpy(dtype=float)
        return cls(
            metrics=tuple(outcomes.columns),
            outcomes=np.hstack([values, joined[:, None], values * ~joined[:, None]]),
            joined=joined,
            treated=frame["invited"].to_numpy(dtype=bool),
            clusters=pd.factorize(frame["cluster"])[0].astype(np.int64),
        )

    def means(self, known: pd.DataFrame | None = None) -> ArmMeans:
        """The means of both arms, adjusted for what was known before."""
        columns = None if known is None else known.to_numpy(dtype=float)
        return arm_means(self.outcomes, self.treated, self.clusters, known=columns)

    def at(self, place: int) -> Floats:
        """The weight of one outcome alone."""
        return np.eye(self.outcomes.shape[1])[place]

    def effect(self, place: int) -> tuple[Floats, Floats]:
        """The weights of invited less left out, of one outcome."""
        return -self.at(place), self.at(place)

    def without(self, place: int, group: Group) -> tuple[Floats, Floats]:
        """The weights of what a metric would be without the programme, for those who joined times their share."""
        if group == "invited":
            return self.at(place), self.at(place) * 0.0
        # Of the invited, those who did not join lack exactly those whom the invitation made join.
        stayed = self.at(place + len(self.metrics) + 1)
        return stayed, -stayed

    def taken(self, means: ArmMeans) -> Contrast:
        """The share that the invitation made join."""
        return means.contrast(*self.effect(len(self.metrics)))


def effect_rows(design: Design, means: ArmMeans, level: float) -> pd.DataFrame:
    """Every metric among all invited and among those who joined for it, before claims.

    Args:
        design: Outcomes and arms.
        means: Their means in both arms, from `Design.means`.
        level: Confidence level.

    Returns:
        The columns of `InvitationEffect.table` but p_adjusted and claimed; reason is that of a missing number.
    """
    rows = [_row(design, means, place, group, level) for place in range(len(design.metrics)) for group in GROUPS]
    return pd.DataFrame(rows)


def _row(design: Design, means: ArmMeans, place: int, group: Group, level: float) -> dict[str, Any]:
    """One metric among one group."""
    effect, taken = design.effect(place), design.taken(means)
    total, base = means.contrast(*effect), means.contrast(*design.without(place, group))
    share = 1.0 if group == "invited" else taken.value
    absolute = _absolute(design, means, place, group, level)
    relative = means.ratio(effect, design.without(place, group), level=level)
    moved = group == "invited" or (share > 0 and not math.isnan(absolute.low))
    usable = moved and total.part.variance > 0
    per_head = (base.value / share, absolute.value) if usable else (math.nan, math.nan)
    positive = usable and base.value > 0
    bounds = (relative.value, relative.low, relative.high) if positive else (math.nan,) * 3
    detectable = (normal_quantile(level) + POWER_QUANTILE) * total.error / share if usable else math.nan
    return {
        "metric": design.metrics[place],
        "group": group,
        "customers": int(design.treated.sum()) if group == "invited" else round(max(share, 0.0) * len(design.treated)),
        "without": per_head[0],
        "with_it": sum(per_head),
        "effect": per_head[1],
        "low": absolute.low if usable else math.nan,
        "high": absolute.high if usable else math.nan,
        **dict(zip(("relative", "relative_low", "relative_high"), bounds, strict=True)),
        "detectable": detectable,
        "p": total.p if usable else math.nan,
        "reason": None if usable else NO_SPREAD if moved else NOT_TAKEN,
    }


def _absolute(design: Design, means: ArmMeans, place: int, group: Group, level: float) -> Ratio:
    """The effect a customer of a group: that on all invited, or over the share that joined for it."""
    effect = design.effect(place)
    if group == "joined":
        return means.ratio(effect, design.effect(len(design.metrics)), level=level)
    total = means.contrast(*effect)
    half = total.half(level)
    return Ratio(value=total.value, low=total.value - half, high=total.value + half)

"""What is gained by sending an offer to the most promising customers only, judged on units the model has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.scores import Scores

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Metric = Literal["money", "conversion"]

LEVEL = 0.95
PARTS = 20
"""Groups of customers, from the most promising on."""

DRAWS = 300
_PER_CUSTOMERS = 1_000
_GROUPS = 2_000
_AT_ONCE = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class GainCurves:
    """Gain by how many customers get an offer, the most promising first.

    Attributes:
        table: One row an arm and share of the customers, from 0 to 1 in steps of a twentieth: arm, share, gain (for
            1,000 customers: money net of sending, or buyers), low, high (of bootstrap draws of households), by_chance
            (the gain where as many are drawn by chance).
        summary: One row an arm: arm, area (mean over the shares of gain less by_chance), low, high, ranks (bool: the
            model finds customers whom the offer moves more, beyond chance, in a test that may be called), half_gain,
            half_low, half_high, half_by_chance (where half of the customers get it), best_share and best_gain (where
            the gain is largest).
        metric: `money` or `conversion`.
        control: The arm left alone.
        units: Units looked at (count).
        share: Of all units of the test, in (0, 1].
        unit: What a unit is.
        level: Of the intervals.
        withheld: Code of why nothing may be claimed of the test; None for a valid one.
    """

    table: pd.DataFrame
    summary: pd.DataFrame = field(repr=False)
    metric: Metric
    control: str
    units: int
    share: float
    unit: str
    level: float
    withheld: str | None

    def area(self, arm: str) -> Estimate:
        """How much better than chance the model ranks customers: mean gain over chance for 1,000 customers.

        Args:
            arm: The offer.

        Raises:
            KeyError: There is no such offer.
        """
        rows = self.summary[self.summary["arm"] == arm]
        if rows.empty:
            msg = f"no offer {arm!r}; offers: {', '.join(map(str, self.summary['arm']))}"
            raise KeyError(msg)
        row = rows.iloc[0]
        claimed = bool(row["ranks"])
        return Estimate(
            float(row["area"]),
            low=float(row["low"]),
            high=float(row["high"]),
            level=self.level,
            n=self.units,
            claimed=claimed,
            reason=self.withheld or (None if claimed else "not_significant"),
        )

    def to_frame(self) -> pd.DataFrame:
        """The curves."""
        return self.table


def gain_curves(
    scores: Scores | NotEnough,
    *,
    rng: np.random.Generator,
    metric: Metric = "money",
    draws: int = DRAWS,
    level: float = LEVEL,
) -> GainCurves | NotEnough:
    """The gain of each offer by share of customers targeted.

    Customers stand in the order of the money that models of other folds expect of them, within their own fold. The
    order is kept through the bootstrap: the band tells the chance of the test, not of learning once more.

    Args:
        scores: From `scores.scores`.
        rng: Draws households; above 2,000 of them, groups of households.
        metric: `money`, or `conversion` for buying at all, in the same order of customers.
        draws: Bootstrap draws (count).
        level: Of the intervals.

    Returns:
        The curves; the refusal of the scores; NotAsked("conversion_known") where it was not counted.

    References:
        Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing Analytics Journal (gain
        curve and its area); Yadlowsky et al. (2025), Evaluating treatment prioritization rules via rank-weighted
        average treatment effects, JASA 120 (doubly robust scores of held-out units).
    """
    if isinstance(scores, NotEnough):
        return scores
    told = scores.money if metric == "money" else scores.conversion
    if told is None:
        return NotAsked("conversion_known", 0, 1)
    curves = dict(zip(scores.arms[1:], _curves(scores, told, rng, draws), strict=True))
    valid = scores.withheld is None
    return GainCurves(
        table=pd.concat([_table(arm, curve, level) for arm, curve in curves.items()], ignore_index=True),
        summary=pd.DataFrame([_summary(arm, curve, level, valid=valid) for arm, curve in curves.items()]),
        metric=metric,
        control=scores.arms[0],
        units=scores.units,
        share=scores.share,
        unit=scores.unit,
        level=level,
        withheld=scores.withheld,
    )


def _parts(predicted: Floats, fold: Ints) -> Ints:
    """The twentieth of its fold in which each unit stands, the most promising in 0."""
    part = np.empty(len(fold), dtype=np.int64)
    for one in np.unique(fold):
        inside = np.flatnonzero(fold == one)
        order = np.argsort(-predicted[inside], kind="stable")
        part[inside[order]] = np.arange(len(inside)) * PARTS // len(inside)
    return part


def _curves(scores: Scores, told: Floats, rng: np.random.Generator, draws: int) -> list[Floats]:
    """Of each offer the gains for 1,000 customers at each share (columns), as they are (first row) and in each draw."""
    households = int(scores.cluster.max()) + 1
    places = range(1, len(scores.arms))
    members = np.bincount(scores.cluster, weights=scores.members, minlength=households)
    sums = np.column_stack([*(_sums(scores, told, place, households) for place in places), members])
    drawn = np.vstack([sums.sum(axis=0), *_drawn(_grouped(sums, rng), rng, draws)])
    parts = np.split(drawn[:, :-1] / drawn[:, -1:] * _PER_CUSTOMERS, len(places), axis=1)
    return [np.column_stack([np.zeros(len(part)), np.cumsum(part, axis=1)]) for part in parts]


def _sums(scores: Scores, told: Floats, place: int, households: int) -> Floats:
    """Gain of each household (rows) from its units in each twentieth (columns)."""
    at = scores.cluster * PARTS + _parts(scores.predicted[:, place], scores.fold)
    sums = np.bincount(at, weights=told[:, place] - told[:, 0], minlength=households * PARTS)
    return np.asarray(sums, dtype=float).reshape(households, PARTS)


def _grouped(sums: Floats, rng: np.random.Generator) -> Floats:
    """Sums over groups of households put together by chance: drawing these tells the same, whatever their number."""
    groups = min(len(sums), _GROUPS)
    group = rng.permutation(len(sums)) % groups
    return np.column_stack([np.bincount(group, weights=column, minlength=groups) for column in sums.T])


def _drawn(sums: Floats, rng: np.random.Generator, draws: int) -> Iterator[Floats]:
    """Sums over households drawn with replacement (their counts are Poisson's, as those of many are)."""
    for first in range(0, draws, _AT_ONCE):
        counts = rng.poisson(1.0, size=(min(_AT_ONCE, draws - first), len(sums)))
        yield counts.astype(float) @ sums


def _table(arm: str, curves: Floats, level: float) -> pd.DataFrame:
    """A curve with its band."""
    low, high = np.quantile(curves[1:], [0.5 - level / 2, 0.5 + level / 2], axis=0)
    share = np.arange(PARTS + 1) / PARTS
    by_chance = share * curves[0, -1]
    columns = {"share": share, "gain": curves[0], "low": low, "high": high, "by_chance": by_chance}
    return pd.DataFrame({"arm": arm, **columns})


def _summary(arm: str, curves: Floats, level: float, *, valid: bool) -> dict[str, object]:
    """How much better than chance the order is, and where the gain is largest."""
    share = np.arange(PARTS + 1) / PARTS
    areas = (curves - share * curves[:, -1:]).mean(axis=1)
    low, high = np.quantile(areas[1:], [0.5 - level / 2, 0.5 + level / 2])
    half, best = PARTS // 2, int(np.argmax(curves[0]))
    half_low, half_high = np.quantile(curves[1:, half], [0.5 - level / 2, 0.5 + level / 2])
    return {
        "arm": arm,
        "area": float(areas[0]),
        "low": float(low),
        "high": float(high),
        "ranks": bool(low > 0) and valid,
        "half_gain": float(curves[0, half]),
        "half_low": float(half_low),
        "half_high": float(half_high),
        "half_by_chance": float(share[half] * curves[0, -1]),
        "best_share": float(share[best]),
        "best_gain": float(curves[0, best]),
    }

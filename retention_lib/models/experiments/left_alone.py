"""Customers whom an offer would rather cost money: those a model expects to lose on, judged where it has not looked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.policy import LEVEL, OfferedGroups, offered_groups, worth
from retention_lib.models.experiments.scores import Scores


@dataclass(frozen=True, kw_only=True, eq=False)
class LeftAlone:
    """Customers to leave alone.

    Attributes:
        arm: The offer that brings most when all get it.
        customers: Customers on whom the model expects it to lose money (count, of those looked at).
        share: Of all looked at, in [0, 1].
        effect: What sending it to them brought, on units the model had not seen (money a customer of these);
            NotEnough("left_alone_expected") where the model expects to lose on nobody.
        shown: Whether that is a loss beyond chance: only then are they to be left alone.
        saved: What leaving them alone is worth (money a customer of all looked at); 0 unless shown.
        groups: Who they are, under the name of the control.
        control: The arm left alone.
        units: Units looked at (count).
        unit: What a unit is.
        withheld: Code of why nothing may be claimed of the test; None for a valid one.
    """

    arm: str
    customers: int
    share: float
    effect: Estimate | NotEnough
    shown: bool
    saved: float
    groups: OfferedGroups = field(repr=False)
    control: str
    units: int
    unit: str
    withheld: str | None

    def to_frame(self) -> pd.DataFrame:
        """One row: arm, customers, share, effect, low, high, shown, saved."""
        found = self.effect if isinstance(self.effect, Estimate) else Estimate(0.0)
        names = ("arm", "customers", "share", "shown", "saved")
        told = {"effect": found.value, "low": found.low, "high": found.high}
        return pd.DataFrame([{name: getattr(self, name) for name in names} | told])


def left_alone(scores: Scores | NotEnough, *, level: float = LEVEL) -> LeftAlone | NotEnough:
    """Whom to leave alone, of the offer that brings most when all get it.

    Args:
        scores: From `scores.scores`.
        level: Confidence level.

    Returns:
        The customers; the refusal of the scores.
    """
    if isinstance(scores, NotEnough):
        return scores
    gains = scores.money - scores.money[:, :1]
    best = 1 + int(np.argmax(gains[:, 1:].sum(axis=0)))
    losing = scores.predicted[:, best] < 0
    effect = _among(scores, np.where(losing, gains[:, best], 0.0), losing, level)
    shown = scores.withheld is None and isinstance(effect, Estimate) and effect.high is not None and effect.high < 0
    share = float(scores.members[losing].sum() / scores.members.sum())
    offered = np.where(losing, 0, 1).astype(np.int64)
    groups = offered_groups(scores.known, offered, (scores.arms[0], scores.arms[best]))
    return LeftAlone(
        arm=scores.arms[best],
        customers=int(scores.members[losing].sum()),
        share=share,
        effect=effect,
        shown=shown,
        saved=-effect.value * share if shown and isinstance(effect, Estimate) else 0.0,
        groups=OfferedGroups(table=groups.table[groups.table["arm"] == scores.arms[0]].reset_index(drop=True)),
        control=scores.arms[0],
        units=scores.units,
        unit=scores.unit,
        withheld=scores.withheld,
    )


def _among(scores: Scores, gains: np.ndarray, chosen: np.ndarray, level: float) -> Estimate | NotEnough:
    """Mean gain a customer among some of the units."""
    if not chosen.any():
        return NotEnough("left_alone_expected", 0, 1)
    within = scores.members * chosen
    mean = float(gains.sum() / within.sum())
    # The mean of the chosen is a ratio: what each unit is off by, over the customers chosen.
    off = worth(scores, gains - mean * within, level=level)
    half = 0.0 if off.high is None else (off.high - off.value) * float(scores.members.sum() / within.sum())
    found = Estimate(mean, low=mean - half, high=mean + half, level=level, n=int(chosen.sum()))
    told = not math.isclose(half, 0.0) and (found.low or 0.0) * (found.high or 0.0) > 0
    reason = scores.withheld or (None if told else "not_significant")
    return Estimate(mean, low=found.low, high=found.high, level=level, n=found.n, claimed=reason is None, reason=reason)

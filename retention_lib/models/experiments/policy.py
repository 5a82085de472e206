"""Which offer for whom: a rule by what is known of customers, against giving one offer to all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.scores import Scores
from retention_lib.models.intervals import normal_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95
TOLD_OF_EACH = 3
"""Features told of the customers of each offer, those by which they differ most from the others."""

SINGLE_STAYS = "single_offer_stays"
_DIFFERS = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferedGroups:
    """Who they are to whom a rule gives each arm.

    Attributes:
        table: One row an arm and feature, the three by which they differ most from the others, if by a tenth of a
            standard deviation; none of an arm given to nobody or to all: arm, feature, flag (bool: of 0 and 1), here
            (mean among them), elsewhere (among the others), difference (in standard deviations).
    """

    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The groups."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class OfferPolicy:
    """A rule of who gets which offer, judged on customers that it was not learned from.

    Attributes:
        preferred: Whether the rule takes the place of one offer for all: the lower bound of its gain lies above 0
            against every single arm, control among them, and the test may be called.
        reason: Why it is not preferred: "single_offer_stays", or why the test may not be called; None where it is.
        single: The arm that brings most when all get it; control where no offer pays.
        value: Money a customer that the rule brings above leaving all alone.
        single_value: The same of giving `single` to all.
        gain: The first less the second.
        arms: One row an arm, control first: arm, share (of customers to whom the rule gives it, in [0, 1]), customers
            (count, of those looked at), value, low, high (money a customer of giving it to all, above control; bounds
            of control are NaN), gain, gain_low, gain_high (of the rule above giving it to all).
        groups: Who they are to whom the rule gives each arm.
        control: The arm left alone.
        units: Units looked at (count).
        share: Of all units of the test, in (0, 1].
        unit: What a unit is.
        level: Of the intervals, each bound by itself.
        withheld: Code of why nothing may be claimed of the test; None for a valid one.
    """

    preferred: bool
    reason: str | None
    single: str
    value: Estimate
    single_value: Estimate
    gain: Estimate
    arms: pd.DataFrame = field(repr=False)
    groups: OfferedGroups = field(repr=False)
    control: str
    units: int
    share: float
    unit: str
    level: float
    withheld: str | None

    @property
    def claimed(self) -> bool:
        """Whether the rule may be called better than one offer for all."""
        return self.preferred

    @property
    def recommended(self) -> str:
        """`rule`, or the arm for all."""
        return "rule" if self.preferred else self.single

    def figures(self) -> dict[str, Estimate]:
        """`policy_value` (of what is recommended) and `policy_gain` (of the rule above the best single offer)."""
        return {"policy_value": self.value if self.preferred else self.single_value, "policy_gain": self.gain}

    def to_frame(self) -> pd.DataFrame:
        """The arms."""
        return self.arms


def offer_policy(scores: Scores | NotEnough, *, level: float = LEVEL) -> OfferPolicy | NotEnough:
    """The rule that gives each customer the offer expected to bring most, and what it is worth.

    The rule of each fold was learned on the others, and its worth is the mean of doubly robust scores on the fold. It
    is preferred only where it is better than every single arm, each at the level: so nothing has to be corrected for
    having chosen the best of them (an intersection-union test), and one offer stays where customers do not differ.

    Args:
        scores: From `scores.scores`.
        level: Confidence level of the intervals.

    Returns:
        The rule; the refusal of the scores.

    References:
        Athey and Wager (2021), Policy learning with observational data, Econometrica 89, section 2 (value of a rule by
        doubly robust scores); Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics
        24 (better than every one).
    """
    if isinstance(scores, NotEnough):
        return scores
    offered = scores.offered
    own = scores.money[np.arange(scores.units), offered]
    alone = scores.money[:, 0]
    values = [worth(scores, scores.money[:, place] - alone, level=level) for place in range(len(scores.arms))]
    gains = [worth(scores, own - scores.money[:, place], level=level) for place in range(len(scores.arms))]
    best = int(np.argmax([value.value for value in values]))
    better = all(gain.low is not None and gain.low > 0 for gain in gains)
    reason = scores.withheld or (None if better else SINGLE_STAYS)
    return OfferPolicy(
        preferred=reason is None,
        reason=reason,
        single=scores.arms[best],
        value=_marked(worth(scores, own - alone, level=level), scores.withheld),
        single_value=_marked(values[best], scores.withheld),
        gain=_marked(gains[best], reason),
        arms=_arms(scores, offered, values, gains),
        groups=offered_groups(scores.known, offered, scores.arms),
        control=scores.arms[0],
        units=scores.units,
        share=scores.share,
        unit=scores.unit,
        level=level,
        withheld=scores.withheld,
    )


def worth(scores: Scores, differences: Floats, *, level: float = LEVEL) -> Estimate:
    """The mean of differences of scores, a customer, with the interval of its influence function.

    Args:
        scores: From `scores.scores`; members of one household count as one draw.
        differences: One a unit (money).
        level: Confidence level.

    Returns:
        Money a customer, n = units; without bounds where all differences are 0, as nothing was told apart.
    """
    customers = float(scores.members.sum())
    mean = float(differences.sum()) / customers
    if not differences.any():
        return Estimate(0.0, n=scores.units, reason="zero_variance")
    drawn = np.bincount(scores.cluster, weights=differences - mean * scores.members)
    error = math.sqrt(float(drawn @ drawn) * len(drawn) / max(len(drawn) - 1, 1)) / customers
    half = normal_quantile(level) * error
    return Estimate(mean, low=mean - half, high=mean + half, level=level, n=scores.units)


def _marked(found: Estimate, reason: str | None) -> Estimate:
    """An estimate with its claim: only where its interval leaves 0 and nothing speaks against it."""
    told = found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)
    return Estimate(
        found.value,
        low=found.low,
        high=found.high,
        level=found.level,
        n=found.n,
        claimed=told and reason is None,
        reason=reason or found.reason or (None if told else "not_significant"),
    )


def _arms(scores: Scores, offered: Ints, values: list[Estimate], gains: list[Estimate]) -> pd.DataFrame:
    """One row an arm."""
    customers = np.bincount(offered, weights=scores.members, minlength=len(scores.arms))
    return pd.DataFrame(
        {
            "arm": list(scores.arms),
            "share": customers / customers.sum(),
            "customers": customers.astype(np.int64),
            "value": [value.value for value in values],
            "low": [_bound(value.low) for value in values],
            "high": [_bound(value.high) for value in values],
            "gain": [gain.value for gain in gains],
            "gain_low": [_bound(gain.low) for gain in gains],
            "gain_high": [_bound(gain.high) for gain in gains],
        }
    )


def _bound(bound: float | None) -> float:
    return math.nan if bound is None else bound


def offered_groups(known: pd.DataFrame, offered: Ints, arms: tuple[str, ...]) -> OfferedGroups:
    """By what the customers of each offer differ most from the others.

    Args:
        known: The features of the units.
        offered: Place of the arm offered to each.
        arms: The arms.
    """
    rows = [row for place, arm in enumerate(arms) for row in _differences(known, offered == place, arm)]
    return OfferedGroups(
        table=pd.DataFrame(rows, columns=["arm", "feature", "flag", "here", "elsewhere", "difference"])
    )


def _differences(known: pd.DataFrame, here: NDArray[np.bool_], arm: str) -> list[dict[str, object]]:
    """The features by which the customers of one offer differ most."""
    if not here.any() or here.all():
        return []
    inside, outside, spread = known[here].mean(), known[~here].mean(), known.std(ddof=0)
    apart = ((inside - outside) / spread).where(spread > 0)
    largest = apart.abs().sort_values(ascending=False, kind="stable").head(TOLD_OF_EACH).index
    return [
        {
            "arm": arm,
            "feature": str(name),
            "flag": bool(known[name].dropna().isin([0, 1]).all()),
            "here": float(inside[name]),
            "elsewhere": float(outside[name]),
            "difference": float(apart[name]),
        }
        for name in largest
        if abs(apart[name]) >= _DIFFERS
    ]

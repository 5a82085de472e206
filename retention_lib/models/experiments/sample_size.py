"""How many units a test needs in each arm, from what such units do by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import pandas as pd

from retention_lib.estimates import NotEnough, unit_of
from retention_lib.models.experiments.metrics import AUTO, Kind, goal_metrics, goal_of, kind_of
from retention_lib.models.experiments.moments import Moments

MINIMUM_UNITS = 30
"""Units below which neither mean nor variance of a base is taken for known."""

_LARGEST = 10.0
_HALVINGS = 50


class ArmTable(Protocol):
    """Sums over the units of arms, with their sizes."""

    @property
    def sums(self) -> pd.DataFrame:
        """One row an arm and pair of columns."""

    @property
    def arms(self) -> pd.DataFrame:
        """One row an arm."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """What units do by themselves, from which a test is planned.

    Attributes:
        metric: What is looked at.
        n: Units it was measured on (count).
        mean: Of the metric, a unit.
        variance: Of the metric over units.
        saved: Share of the variance that the same units' past explains, in [0, 1); 0 where no past is known.
        kind: How the metric is written; a `share` is of 0 and 1.
        unit: What a unit is: `customer` or `household`.
        members: Customers a unit (mean).
    """

    metric: str
    n: int
    mean: float
    variance: float
    saved: float = 0.0
    kind: Kind = "money"
    unit: str = "customer"
    members: float = 1.0

    @property
    def binary(self) -> bool:
        """Whether the metric is 0 or 1."""
        return self.kind == "share"

    def raised(self, relative: float) -> float:
        """The variance in an arm whose mean is higher by a share.

        More of the same kind of purchases raise the second moment as they raise the mean; a metric that varies less
        than that is taken to vary as before.

        Args:
            relative: By what share the mean is higher.
        """
        higher = self.mean * (1 + relative)
        if self.binary:
            return higher * (1 - higher)
        return max(self.variance, (self.variance + self.mean**2) * (1 + relative) - higher**2)


@dataclass(frozen=True, kw_only=True)
class Design:
    """What a test is to find, and how surely.

    Attributes:
        smallest_effect: The smallest effect worth finding, as a share of what units do by themselves, > 0.
        arms: Arms of one size, the one left alone among them (count).
        power: Chance that an effect of that size is found.
        level: Confidence level of the test.
        comparisons: Comparisons that are corrected together (count); each arm with the control if omitted.
    """

    smallest_effect: float = 0.1
    arms: int = 2
    power: float = 0.8
    level: float = 0.95
    comparisons: int | None = None

    def __post_init__(self) -> None:
        """Refuse a design that is none.

        Raises:
            ValueError: The effect is not above 0, there are fewer than two arms, or power or level is no share.
        """
        if not (self.smallest_effect > 0 and self.arms >= 2 and 0 < self.power < 1 and 0 < self.level < 1):
            msg = (
                "a test needs a smallest effect above 0, two arms or more, and a power and a level between 0 and 1, "
                f"not {self.smallest_effect}, {self.arms}, {self.power} and {self.level}"
            )
            raise ValueError(msg)

    @property
    def alpha(self) -> float:
        """The error rate of each comparison: the whole one shared by all, as Holm's first step shares it."""
        return (1 - self.level) / (self.comparisons or self.arms - 1)


def base_of(moments: Moments | NotEnough, goal: str | NotEnough = AUTO, *, arm: str) -> Base | NotEnough:
    """What the units of an arm do by themselves.

    Args:
        moments: Sums over units.
        goal: The metric that decides; `auto` for gross profit, else revenue, else the first other.
        arm: The arm that was left alone.

    Returns:
        The base; NotEnough("goal_known") where there is no such mean, ("customers_per_arm") below 30 units,
        ("zero_variance") where all do the same, ("goal_mean_positive") where the mean is not above 0, so that no share
        of it is an effect.

    Raises:
        ValueError: There is no such metric.
    """
    for given in (moments, goal):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(moments, Moments)
    means = [metric for metric in goal_metrics(moments) if metric.per is None]
    name = goal_of(means, moments, str(goal))
    if isinstance(name, NotEnough):
        return name
    metric, own = next(one for one in means if one.name == name), moments.spread(arm, name)
    if own.n < MINIMUM_UNITS:
        return NotEnough("customers_per_arm", own.n, MINIMUM_UNITS)
    if own.covariance == 0:
        return NotEnough("zero_variance", 0, 1)
    if own.first <= 0:
        return NotEnough("goal_mean_positive", own.first, 0)
    return Base(
        metric=name,
        n=own.n,
        mean=own.first,
        variance=own.covariance,
        saved=_saved(moments, arm, name, metric.before[0]),
        kind=kind_of(metric, moments),
        unit=moments.unit,
        members=moments.members(arm) / moments.units(arm),
    )


def base_before(sums: ArmTable | NotEnough, goal: str = AUTO) -> Base | NotEnough:
    """What customers do who are in no test.

    Args:
        sums: From `measures.planning.last_window`: `sums` and `arms`, as `moments.moments` takes them, of one arm.
        goal: The metric that decides, as in `base_of`.

    Returns:
        The base; the `NotEnough` that came in, or those of `base_of`.
    """
    if isinstance(sums, NotEnough):
        return sums
    everybody = Moments(sums=sums.sums, arms=sums.arms, unit=unit_of(sums.arms))
    return base_of(everybody, goal, arm=everybody.names[0])


def sample_size(base: Base | NotEnough, design: Design, *, effect: float | None = None) -> int | NotEnough:
    """Units in each arm that find an effect with the power wanted.

    The power is that of the test of two means by the normal distribution, with the mean of both arms' variances, less
    what the past explains.

    Args:
        base: What units do by themselves.
        design: What is to be found.
        effect: As a share of the mean; the design's smallest if omitted.

    Returns:
        The units (count); NotEnough("effect_below_one") where a share would have to rise to 1 or above.
    """
    if isinstance(base, NotEnough):
        return base
    wanted = design.smallest_effect if effect is None else effect
    if base.binary and base.mean * (1 + wanted) >= 1:
        return NotEnough("effect_below_one", base.mean * (1 + wanted), 1)
    return max(2, math.ceil(_solved(base, design, wanted, "n_obs") / 2))


def detectable_effect(base: Base, design: Design, *, n_per_arm: float) -> float | None:
    """The smallest effect that arms of a size find with the power wanted.

    Args:
        base: What units do by themselves.
        design: What is to be found.
        n_per_arm: Units in each arm.

    Returns:
        As a share of the mean; None where not even ten times the mean more would be found.
    """
    if n_per_arm < 2:
        return None
    low, high = 0.0, min(_LARGEST, (1 / base.mean - 1) * (1 - 1e-9)) if base.binary else _LARGEST
    if high <= 0 or _solved(base, design, high, "power", n=2 * n_per_arm) < design.power:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = _solved(base, design, middle, "power", n=2 * n_per_arm) >= design.power
        low, high = (low, middle) if found else (middle, high)
    return high


def _saved(moments: Moments, arm: str, metric: str, before: str) -> float:
    """The squared correlation of a metric with that of the time before, in [0, 1)."""
    if before not in moments.columns or not moments.known(before):
        return 0.0
    both = moments.spread(arm, metric, before).covariance
    product = moments.variance(arm, metric) * moments.variance(arm, before)
    return min(both**2 / product, 1 - 1e-9) if product > 0 else 0.0


def _solved(
    base: Base, design: Design, relative: float, parameter: Literal["n_obs", "power"], *, n: float | None = None
) -> float:
    """Units of both arms together, or the power that so many of them have."""
    from tea_tasting.aggr import Aggregates
    from tea_tasting.metrics import Mean

    variance = (base.variance + base.raised(relative)) / 2 * (1 - base.saved)
    given = {"n_obs": None if n is None else math.floor(n)}
    # The noncentral t distribution has no numbers for the largest tests; from 30 units on it is the normal one.
    metric = Mean(
        "value", use_t=False, alpha=design.alpha, power=design.power, effect_size=relative * base.mean, **given
    )
    data = Aggregates(count_=base.n, mean_={"value": base.mean}, var_={"value": variance}, cov_={})
    return float(getattr(metric.solve_power_from_aggregates(data, parameter)[0], parameter))

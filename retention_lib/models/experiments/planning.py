"""How large the next test must be, how long it takes, and what a test of those who are there could show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.sample_size import Base, Design, base_of, detectable_effect, sample_size

LONGEST_DAYS = 365
"""Days for which customers may be gathered for a test; beyond, another effect must be looked for."""

_CURVE = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)
"""Points of the curve, in smallest effects."""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Who there is for a test.

    Attributes:
        count: Units that can be put into it at once.
        arrivals_per_day: Further ones a day (mean); 0 where none are waited for.
    """

    count: int
    arrivals_per_day: float = 0.0


class Found(Protocol):
    """Who was found for a test, as `measures.planning.eligible` finds them."""

    @property
    def count(self) -> int:
        """Units that can be put into it at once."""

    @property
    def arrivals_per_day(self) -> float:
        """Further ones a day."""


@dataclass(frozen=True, kw_only=True)
class Dates:
    """When a test begins and how long each customer is followed.

    Attributes:
        start: Day of the first assignment; the last day there is (`date.max`) for a store that knows no days.
        window_days: Days from the assignment in which the effect is looked for.
        after_days: Days after these in which it may be lost again.
    """

    start: date
    window_days: int
    after_days: int = 0

    def over(self, *, recruiting_days: int = 0) -> date | None:
        """The first day on which the days of all are seen; None for a store that knows no days.

        Args:
            recruiting_days: Days from the first assignment to the last.
        """
        if self.start == date.max:
            return None
        return self.start + timedelta(days=recruiting_days + self.window_days + self.after_days)


@dataclass(frozen=True, kw_only=True, eq=False)
class TestPlan:
    """How large a test must be, and what can be had.

    Attributes:
        base: What it is planned from.
        design: What it is to find.
        supply: Who there is for it.
        dates: When it would begin.
        n_per_arm: Units in each arm, the control among them, that find the smallest effect with the power wanted.
        recruiting_days: Days until there are as many; 0 where they are there, None where a year is not enough.
        detectable: The smallest effect, as a share, that those who are there at once could show with that power; None
            where even eleven times the mean would not be found.
        contact_cost: What a contact costs (money); None where it is not known.
        margin: Share of the metric that is gross profit; None where it is not known, or the metric is no money.
        curve: Columns effect (as a share), n_per_arm (units): what other effects would take, from the largest n down.
    """

    __test__ = False  # pytest looks for tests by name

    base: Base
    design: Design
    supply: Supply
    dates: Dates
    n_per_arm: int
    recruiting_days: int | None
    detectable: float | None
    contact_cost: float | None
    margin: float | None
    curve: pd.DataFrame

    @property
    def needed(self) -> int:
        """Units in all arms together (count)."""
        return self.n_per_arm * self.design.arms

    @property
    def customers_per_arm(self) -> int:
        """Customers in each arm (count)."""
        return round(self.n_per_arm * self.base.members)

    @property
    def listed_per_arm(self) -> int | NotEnough:
        """Units of each arm to be drawn; NotEnough("test_units") where there are too few for the test."""
        if self.feasible:
            return self.n_per_arm
        return NotEnough("test_units", self.supply.count, self.needed)

    @property
    def feasible(self) -> bool:
        """Whether there are enough, now or within a year."""
        return self.recruiting_days is not None

    @property
    def verdict_on(self) -> date | None:
        """The day on which the last customer's days are all seen; None where there are too few customers."""
        if self.recruiting_days is None:
            return None
        return self.dates.over(recruiting_days=self.recruiting_days)

    @property
    def due(self) -> str | NotEnough:
        """The same day as text, YYYY-MM-DD; NotEnough("test_units") where there is none."""
        return (
            NotEnough("test_units", self.supply.count, self.needed) if self.verdict_on is None else str(self.verdict_on)
        )

    @property
    def detectable_effect(self) -> Estimate | NotEnough:
        """The smallest effect that those who are there could show; NotEnough("test_units") where there is none."""
        if self.detectable is None:
            return NotEnough("test_units", self.supply.count, self.needed)
        return Estimate(self.detectable, n=self.supply.count)

    @property
    def smallest(self) -> float:
        """The smallest effect worth finding, in the unit of the metric."""
        return self.design.smallest_effect * self.base.mean

    @property
    def break_even(self) -> float | None:
        """The effect, as a share, that pays for the contacts; None where margin or cost is not known."""
        if self.contact_cost is None or self.margin is None or self.margin <= 0:
            return None
        return self.contact_cost * self.base.members / (self.margin * self.base.mean)

    @property
    def size(self) -> Estimate:
        """Customers in each arm."""
        return Estimate(float(self.customers_per_arm), n=self.base.n)

    def figures(self) -> dict[str, Estimate]:
        """The figure `next_test_n_per_arm`: customers in each arm."""
        return {"next_test_n_per_arm": self.size}

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def planned_test(
    base: Base | NotEnough,
    design: Design,
    found: Found | NotEnough,
    dates: Dates,
    *,
    contact_cost: float | None = None,
    gross_margin: float | None = None,
) -> TestPlan | NotEnough:
    """How large a test must be and when it can be read.

    Args:
        base: What units do by themselves.
        design: What is to be found.
        found: Who there is for it.
        dates: When it would begin, and how long each customer is followed.
        contact_cost: What a contact costs (money); None where it is not known.
        gross_margin: Gross profit in a unit of revenue, in [0, 1]; None where it is not known.

    Returns:
        The plan, also where there are too few for it; the `NotEnough` that came in, or that of `sample_size`.
    """
    if isinstance(base, NotEnough):
        return base
    if isinstance(found, NotEnough):
        return found
    supply = Supply(count=found.count, arrivals_per_day=found.arrivals_per_day)
    n = sample_size(base, design)
    if isinstance(n, NotEnough):
        return n
    return TestPlan(
        base=base,
        design=design,
        supply=supply,
        dates=dates,
        n_per_arm=n,
        recruiting_days=_recruiting(n * design.arms, supply),
        detectable=detectable_effect(base, design, n_per_arm=supply.count / design.arms),
        contact_cost=contact_cost,
        margin={"gross_profit": 1.0, "revenue": gross_margin}.get(base.metric),
        curve=_curve(base, design),
    )


def next_test(
    moments: Moments | NotEnough,
    *,
    goal: str | NotEnough,
    control: str | NotEnough,
    design: Design,
    dates: Dates,
) -> TestPlan | NotEnough:
    """The test that would follow one: of as many arms, planned from those whom that one left alone.

    Args:
        moments: Of the test, as sums over its units.
        goal: The metric that decides.
        control: The arm that was left alone.
        design: What is to be found; its arms are those of the test.
        dates: When it would begin.

    Returns:
        The plan, with as many customers to be had as the test had; the `NotEnough` that came in, or those of `base_of`
        and `sample_size`.
    """
    for given in (moments, goal, control):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(moments, Moments)
    base = base_of(moments, goal, arm=str(control))
    supply = Supply(count=sum(moments.units(arm) for arm in moments.names))
    return planned_test(base, replace(design, arms=len(moments.names)), supply, dates)


def _recruiting(needed: int, supply: Supply) -> int | None:
    """Days until enough are there; None where a year is not enough."""
    missing = needed - supply.count
    if missing <= 0:
        return 0
    if supply.arrivals_per_day <= 0:
        return None
    days = math.ceil(missing / supply.arrivals_per_day)
    return days if days <= LONGEST_DAYS else None


def _curve(base: Base, design: Design) -> pd.DataFrame:
    """What effects around the smallest one take."""
    effects = [design.smallest_effect * factor for factor in _CURVE]
    sizes = [(effect, sample_size(base, design, effect=effect)) for effect in effects]
    known = [(effect, n) for effect, n in sizes if not isinstance(n, NotEnough)]
    return pd.DataFrame(known, columns=["effect", "n_per_arm"])

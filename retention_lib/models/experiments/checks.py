"""All that speaks for and against reading a test, put together: its split, its dates, and what happened to its units.

| check | found | base | stops |
|---|---|---|---|
| `sample_ratio_broken` | difference of an arm's share from the plan | units | p below .001 |
| `sample_ratio_strata` | strata that are off | strata tested | p x tested below .001 |
| `sample_ratio_days` | days of assignment that are off | days tested | p x tested below .001 |
| `two_arms` | units in two arms, left out | units | above 5 % |
| `set_aside` | rows at odds with another, of all tests | - | never |
| `households_split` | households with members in two arms | - | never |
| `assignment_after_exposure` | units reached before they were drawn | units reached | above 1 % |
| `bought_between` | units that bought earlier that day, counted as before | units | never |
| `unbalanced_before` | widest difference from the control, a share of its mean | columns compared | p below .001 |
| `outcomes_missing` | units without a result | units of the arm | arms differ, p x metrics below .001 |
| `other_campaigns` | units reached by others | units | arms differ beyond chance and by 5 points |
| `other_tests` | units in other tests then, or just before | units | the same |
| `control_contacted` | units left alone that got the message | units left alone | above 10 % |
| `not_contacted` | units that should have got it and did not | units of the arm | never |
| `holdout_touched` | units that should have been left out of all campaigns | units with such a customer | never |
| `days_missing` | days without a sale in the whole shop | days | never |
| `small_arms` | units of the smallest arm | 30 | below 30 |
| `undated` | - | - | never |
| `interim` | days until it may be judged | - | waits |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.balance import balance, columns_before
from retention_lib.models.experiments.exposure_checks import (
    bought_check,
    contact_checks,
    exposure_check,
    missing_check,
    others_check,
)
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.split_checks import (
    STOP_P,
    WARN_P,
    found_check,
    mixed_check,
    small_check,
    split,
    split_by_check,
    split_check,
)
from retention_lib.models.experiments.validity import Check, Level, Validity


class Counted(Protocol):
    """Units in two arms, as `measures.experiments.MixedUnits` has them."""

    @property
    def assigned(self) -> int:
        """Units in any arm (count)."""

    @property
    def mixed(self) -> int:
        """Of them, in two arms or more (count)."""


class Others(Protocol):
    """What else reached the units, as `measures.experiment_others` gives it."""

    @property
    def table(self) -> pd.DataFrame:
        """One row another campaign and arm: kind, name, arm, units, before, during."""

    @property
    def either(self) -> pd.DataFrame:
        """The same of all names of a kind together."""

    @property
    def holdout_members(self) -> int:
        """Units with a customer of the hold-out of all campaigns (count)."""

    @property
    def holdout_touched(self) -> int:
        """Of them, in an arm that was not left alone (count)."""


class Facts(Protocol):
    """What `measures.experiment_checks.experiment_checks` gives."""

    @property
    def experiment(self) -> str:
        """Name of the test."""

    @property
    def control(self) -> str:
        """The arm left alone."""

    @property
    def unit(self) -> str:
        """What a unit is."""

    @property
    def first_day(self) -> date | None:
        """Day of the first assignment; None without dates."""

    @property
    def window_ends(self) -> date | None:
        """First day after everybody's window; None without dates."""

    @property
    def until(self) -> date:
        """First day that is not seen."""

    @property
    def arms(self) -> pd.DataFrame:
        """One row an arm: arm, units, bought_between, contacted, exposed_before; NaN where not known."""

    @property
    def strata(self) -> pd.DataFrame:
        """Columns stratum, arm, units."""

    @property
    def days(self) -> pd.DataFrame:
        """Columns day, arm, units."""

    @property
    def mixed(self) -> Counted:
        """Units in two arms."""

    @property
    def set_aside(self) -> int:
        """Rows of assignments at odds with another row, left out when the store was read (count, of all tests)."""

    @property
    def mixed_households(self) -> int:
        """Households with members in two arms (count)."""

    @property
    def missing(self) -> pd.DataFrame:
        """Columns metric, arm, units, missing."""

    @property
    def others(self) -> Others:
        """Other campaigns and tests."""

    @property
    def days_missing(self) -> int:
        """Days without a sale in the whole shop (count)."""

    @property
    def days_looked(self) -> int:
        """Days looked at (count)."""


def validity(
    facts: Facts | NotEnough,
    moments: Moments | NotEnough,
    *,
    planned: Sequence[float] = (),
    planned_end: date | None = None,
    known_before: Sequence[str] = (),
) -> Validity | NotEnough:
    """Whether a test may be read, from all checks.

    Args:
        facts: Counts of its units.
        moments: Sums of what they did, with the columns known before the test.
        planned: Planned sizes of the arms, of any sum, in the order of the facts' arms (the one left alone first, the
            others by name); equal arms if empty.
        planned_end: Day on which the test was planned to be over, where one was written down.
        known_before: Columns of the moments known before the test, besides those called `..._before`.

    Returns:
        The checks; the refusal of the facts, or of the moments, where there is one.

    Raises:
        ValueError: There are not as many planned sizes as arms, or one is not positive.
    """
    if isinstance(facts, NotEnough):
        return facts
    if isinstance(moments, NotEnough):
        return moments
    verdict_on = _verdict_on(facts, planned_end)
    sizes = _planned_sizes(facts, planned)
    ratio = split(facts.arms, sizes)
    checks = (
        split_check(ratio, unit=facts.unit, assumed=sizes is None),
        *_splits_within(facts, sizes),
        mixed_check(facts.mixed.mixed, facts.mixed.assigned, unit=facts.unit),
        found_check("set_aside", facts.set_aside, unit=facts.unit),
        found_check("households_split", facts.mixed_households, unit=facts.unit),
        exposure_check(facts.arms, unit=facts.unit),
        _balance_check(facts, moments, known_before),
        missing_check(facts.missing, unit=facts.unit),
        *_others_checks(facts),
        *contact_checks(facts.arms, control=facts.control, unit=facts.unit),
        small_check(facts.arms, unit=facts.unit),
        *_less_grave(facts),
        _interim_check(facts, verdict_on),
    )
    return Validity(checks=checks, split=ratio, verdict_on=verdict_on, experiment=facts.experiment)


def concerns(validity: Validity | NotEnough) -> tuple[Check | NotEnough, ...]:
    """What a reader should know of the checks: those that stop, wait or warn, the gravest first.

    Args:
        validity: From `validity`; a refusal stands for itself.
    """
    return (validity,) if isinstance(validity, NotEnough) else validity.concerns


def _planned_sizes(facts: Facts, planned: Sequence[float]) -> dict[str, float] | None:
    """The planned size of each arm; None where they were to be equal."""
    arms = [str(arm) for arm in facts.arms["arm"]]
    if not planned:
        return None
    if len(planned) != len(arms):
        msg = f"planned sizes {list(planned)} are {len(planned)}; give one for each arm: {', '.join(arms)}"
        raise ValueError(msg)
    return dict(zip(arms, planned, strict=True))


def _splits_within(facts: Facts, planned: Mapping[str, float] | None) -> tuple[Check, ...]:
    """The split by stratum and by day."""
    return (
        split_by_check(facts.strata, "stratum", name="sample_ratio_strata", planned=planned, unit=facts.unit),
        split_by_check(facts.days, "day", name="sample_ratio_days", planned=planned, unit=facts.unit),
    )


def _balance_check(facts: Facts, moments: Moments, known_before: Sequence[str]) -> Check:
    """Whether the arms were alike before the test."""
    found = balance(moments, columns_before(moments, known_before), control=facts.control)
    if isinstance(found, NotEnough):
        return Check(name="unbalanced_before", level="unknown", unit=facts.unit)
    return Check(
        name="unbalanced_before",
        level="stop" if found.p < STOP_P else "warn" if found.p < WARN_P else "ok",
        found=found.gap,
        base=found.columns,
        p=found.p,
        about=found.widest,
        unit=facts.unit,
    )


def _others_checks(facts: Facts) -> tuple[Check, ...]:
    """What else reached the units; without dates nobody knows."""
    kinds = {"other_campaigns": "campaign", "other_tests": "experiment"}
    if facts.first_day is None:
        return tuple(Check(name=name, level="unknown", unit=facts.unit) for name in kinds)
    table, either = facts.others.table, facts.others.either
    return tuple(others_check(table, either, name=name, kind=kind, unit=facts.unit) for name, kind in kinds.items())


def _less_grave(facts: Facts) -> tuple[Check, ...]:
    """What never forbids to read a test by itself."""
    members, touched = facts.others.holdout_members, facts.others.holdout_touched
    looked, gone = facts.days_looked, facts.days_missing
    undated: Level = "ok" if facts.first_day is not None else "unknown"
    sales: Level = "unknown" if not looked else "warn" if gone else "ok"
    return (
        bought_check(facts.arms, unit=facts.unit),
        Check(name="holdout_touched", level="warn" if touched else "ok", found=touched, base=members, unit=facts.unit),
        Check(name="days_missing", level=sales, found=gone, base=looked, unit=facts.unit),
        Check(name="undated", level=undated, unit=facts.unit),
    )


def _verdict_on(facts: Facts, planned_end: date | None) -> date | None:
    """The first day on which the test may be judged, where that is still to come."""
    after_plan = None if planned_end is None else planned_end + timedelta(days=1)
    ends = [day for day in (facts.window_ends, after_plan) if day is not None and day > facts.until]
    return max(ends) if ends else None


def _interim_check(facts: Facts, verdict_on: date | None) -> Check:
    """Whether the test is over."""
    if verdict_on is None:
        return Check(name="interim", level="ok", unit=facts.unit)
    days = (verdict_on - facts.until).days
    return Check(name="interim", level="interim", found=days, on=verdict_on, unit=facts.unit)

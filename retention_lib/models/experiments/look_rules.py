"""What was agreed about looks at a test before it began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.boundaries import Mixture, endless, until_planned


class Read(Protocol):
    """How a test is read."""

    @property
    def window_days(self) -> int:
        """Days of the window (count)."""


class Dated(Protocol):
    """What of a test its looks need, as `measures.experiments.Experiment` has it."""

    @property
    def first_day(self) -> date | None:
        """Day of the first assignment; None without dates."""

    @property
    def until(self) -> date:
        """First day that is not seen."""

    @property
    def reading(self) -> Read:
        """How it is read."""

    @property
    def arms(self) -> tuple[str, ...]:
        """Its arms, the one left alone first."""


@dataclass(frozen=True, kw_only=True)
class LookRule:
    """What was written down about looks before the test began.

    Attributes:
        declared: Day on which it was written down.
        first_day: Day of the first assignment.
        until: First day that is not seen.
        window_days: Days of the window (count).
        comparisons: Arms compared with the one left alone (count).
        planned: Units planned in all arms, after which nothing is looked at; None where no number was planned.
    """

    declared: date
    first_day: date
    until: date
    window_days: int
    comparisons: int
    planned: int | None = None

    def bounds(self, level: float) -> Mixture:
        """The bounds of one comparison.

        Args:
            level: Confidence level of all comparisons and looks together.
        """
        alpha = (1 - level) / self.comparisons
        if self.planned is None:
            return endless(alpha=alpha)
        return until_planned(self.planned * 2 / (self.comparisons + 1), alpha=alpha)


def rule_of_looks(
    test: Dated | NotEnough, *, declared: date | str | None, planned_units: int = 0
) -> LookRule | NotEnough:
    """The rule for looks of a test, where one was written down before it began.

    Args:
        test: The test.
        declared: Day on which looks were written down, a date or YYYY-MM-DD; None or empty where they were not.
        planned_units: Units planned in all arms; 0 where no number was planned.

    Returns:
        The rule; `NotAsked("looks_declared")` where none was written down or the test has no dates,
        `NotEnough("looks_declared_late")` where it was written down when the test ran already.

    Raises:
        ValueError: The day is none.
    """
    if isinstance(test, NotEnough):
        return test
    if not declared or test.first_day is None:
        return NotAsked("looks_declared", 0, 1)
    day = _day(declared)
    if day >= test.first_day:
        return NotEnough("looks_declared_late", (day - test.first_day).days, 0)
    return LookRule(
        declared=day,
        first_day=test.first_day,
        until=test.until,
        window_days=test.reading.window_days,
        comparisons=len(test.arms) - 1,
        planned=planned_units or None,
    )


def _day(given: date | str) -> date:
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        msg = f"looks were written down on {given!r}; write a day as YYYY-MM-DD"
        raise ValueError(msg) from None

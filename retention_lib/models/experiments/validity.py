"""Whether a test may be read at all: checks of its split, its dates and its customers, put together to one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, Protocol, TypeVar

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.sample_ratio import SampleRatio

Result = TypeVar("Result")

AFTER_WEEKS_OPEN = "after_weeks_open"
"""Code of the check that waits for the weeks after the window."""

Level = Literal["stop", "interim", "warn", "ok", "unknown"]
"""What a check says: no effect may be called; not yet; to be kept in mind; nothing found; it cannot be made."""

_NO_SPLIT = NotEnough("arms", 0, 2)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a test.

    Attributes:
        name: Its code, such as `sample_ratio_broken`.
        level: What it says.
        found: How many, or how much, it found (its unit hangs on the check).
        base: Of how many.
        p: Its p-value where it is a test, corrected where there are several; None where it is none.
        about: The arm, stratum, day, metric or campaign that it is worst in; empty where it names none.
        on: The day that it speaks of; None where it speaks of none.
        unit: What it counts: `customer` or `household`.
        assumed: Whether what it was held against was assumed, as nothing was written down.
    """

    name: str
    level: Level
    found: float = 0.0
    base: float = 0.0
    p: float | None = None
    about: str = ""
    on: date | None = None
    unit: str = "customer"
    assumed: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Validity:
    """Whether a test may be called.

    Attributes:
        checks: What was looked at, in the order told.
        split: The sizes of the arms against the plan, with `p` and `customers` for the record.
        verdict_on: First day on which a test that is not over may be judged; None where it is over.
        experiment: Name of the test; empty where it has none.
    """

    checks: tuple[Check, ...]
    split: SampleRatio | NotEnough = _NO_SPLIT
    verdict_on: date | None = None
    experiment: str = ""

    @property
    def status(self) -> Literal["valid", "interim", "invalid"]:
        """`invalid` with a check that stops, else `interim` with one that waits, else `valid`."""
        levels = {check.level for check in self.checks}
        return "invalid" if "stop" in levels else "interim" if "interim" in levels else "valid"

    @property
    def reason(self) -> str | None:
        """The code of the first check that forbids a call, such as `sample_ratio_broken`; None if valid."""
        wanted = {"invalid": "stop", "interim": "interim", "valid": None}[self.status]
        return next((check.name for check in self.checks if check.level == wanted), None)

    @property
    def concerns(self) -> tuple[Check, ...]:
        """The checks that stop, wait or warn, the gravest first."""
        order = ("stop", "interim", "warn")
        told = [check for check in self.checks if check.level in order]
        return tuple(sorted(told, key=lambda check: order.index(check.level)))

    @property
    def unit(self) -> str:
        """What the checks count: `customer` or `household`."""
        return self.checks[0].unit if self.checks else "customer"

    def to_frame(self) -> pd.DataFrame:
        """One row a check: name, level, found, base, p, about, on, unit."""
        columns = ["name", "level", "found", "base", "p", "about", "on", "unit"]
        return pd.DataFrame([vars(check) for check in self.checks], columns=columns)


class Followed(Protocol):
    """How long a test is followed."""

    @property
    def after_closed(self) -> bool:
        """Whether the weeks after the window are over."""

    @property
    def after_ends(self) -> date | None:
        """The first day after them; None in a test without dates."""


def with_weeks_after(validity: Validity | NotEnough, test: Followed | NotEnough) -> Validity | NotEnough:
    """The same for what is counted over the weeks after the window too, as money is: until they are over it waits.

    Args:
        validity: Of the test.
        test: The test.

    Returns:
        The checks and, while those weeks go on, one more that waits, `after_weeks_open`; the refusal that came in.
    """
    if isinstance(validity, NotEnough):
        return validity
    if isinstance(test, NotEnough):
        return test
    if test.after_ends is None or test.after_closed:
        return validity
    check = Check(name=AFTER_WEEKS_OPEN, level="interim", on=test.after_ends, unit=validity.unit)
    return replace(validity, checks=(*validity.checks, check), verdict_on=test.after_ends)


def readable(validity: Validity | NotEnough, result: Result) -> Result | NotEnough:
    """A result of a test where the test may be read, else why not: a number that nobody may call is not shown.

    Args:
        validity: Of the test.
        result: Any result that rests on the comparison of its arms.

    Returns:
        The result; NotEnough with the code of the check that forbids reading it (0 of 1 that must hold), or the
        refusal that came in.
    """
    if isinstance(validity, NotEnough):
        return validity
    return result if validity.reason is None else refusal_of(validity.reason)


@lru_cache
def refusal_of(reason: str) -> NotEnough:
    """The refusal of what a test that may not be read would say, always the same object, so that a page says it once.

    Args:
        reason: Code of the check that forbids it.
    """
    return NotEnough(reason, 0, 1)

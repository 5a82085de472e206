"""A test of a campaign: who was put into which arm and when, and how the test is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_names import AUTO, assigned_arms, control_named, experiment_named
from retention_lib.measures.experiment_units import numbered_units, placed_customers, randomised_units
from retention_lib.measures.holdout_arms import holdout_arms
from retention_lib.measures.units import Unit, Units

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

Source = Literal["auto", "transactions", "outcomes"]


@dataclass(frozen=True, kw_only=True)
class MixedUnits:
    """Households, or customers, that are in two arms and so in none.

    Attributes:
        unit: What one unit is.
        assigned: Units in any arm (count).
        mixed: Of them, in two arms or more, left out of every comparison (count).
    """

    unit: Unit
    assigned: int
    mixed: int

    def to_frame(self) -> pd.DataFrame:
        """The counts as one row."""
        return pd.DataFrame([vars(self)])


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Which test a report is about, and how it is read.

    Attributes:
        experiment: Its `experiment_id`; `auto` for the test whose days closed last.
        control: The arm that was left alone; `auto` to tell it by its name or by whom the campaign wrote to.
        window_days: Days from the assignment on in which the offer is meant to work.
        after_days: Days after these that show whether the gain lasts.
        before_days: Days before the assignment that say how customers were.
        started: First day of the test, for assignments that hold no times; a date or YYYY-MM-DD.
        planned_end: Day on which the test was planned to be over, where one was written down; likewise.
        outcomes_from: Whether results are counted in `transactions` or stand in `outcomes`; `auto` counts them where
            there are sales and the test has dates.
        metrics: Columns of `outcomes` that are results; all that are not known before if empty.
        known_before: Columns of `outcomes` that were known before the test.
        cap: Share of the non-zero values below the one to which the largest are cut down in `<metric>_capped`.
        drawn_on: Day on which it stood written who is in which arm, where that was before the first assignment: from it
            on no message is sent too early. None where the assignment is the draw.
    """

    experiment: str = AUTO
    control: str = AUTO
    window_days: int = 28
    after_days: int = 56
    before_days: int = 84
    started: date | str | None = None
    planned_end: date | str | None = None
    outcomes_from: Source = "auto"
    metrics: tuple[str, ...] = ()
    known_before: tuple[str, ...] = ()
    cap: float = 0.99
    drawn_on: date | None = None

    def __post_init__(self) -> None:
        """Read dates written as text, and refuse days that make no window.

        Raises:
            ValueError: A date is none, the window has no day, or the cap is no share.
        """
        for name in ("started", "planned_end"):
            object.__setattr__(self, name, _day(name, getattr(self, name)))
        if self.window_days < 1 or self.after_days < 0 or self.before_days < 0:
            msg = "window_days must be 1 or more, after_days and before_days 0 or more"
            raise ValueError(msg)
        if not 0 < self.cap <= 1:
            msg = f"cap is {self.cap}; it must be a share above 0, such as 0.99"
            raise ValueError(msg)

    @property
    def full_days(self) -> int:
        """Days of the window and of the weeks after it (count)."""
        return self.window_days + self.after_days


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """A test of a campaign. Units in two arms are in none.

    Attributes:
        name: Its `experiment_id`.
        control: The arm left alone.
        arms: All arms, the one left alone first, the others by name.
        units: Who counts as one; its `name` is `customer` or `household`.
        people: One row a unit that is in exactly one arm, kept in the engine: `unit` (number), `arm` (text), `members`
            (customers assigned; count), `stratum` (text or NULL), `assigned_at` (time, the earliest of its members;
            NULL in a test without dates), `day` (its date).
        customers: Their customers: `customer_id`, `unit`.
        mixed: Units in two arms, left out.
        mixed_households: Households whose members are in two arms (count; 0 where none are known).
        first_day: Day of the first assignment; None in a test without dates.
        last_day: Day of the last one.
        until: First day that is no longer seen.
        others: Names of the store's other tests.
        reading: How the test is read.
        store: The store.
        strata: The strata, by name, where they are few (100 at most); else none.
        placed: The customers with what is known of their units: `customer_id`, `unit`, `assigned_at`, `day`; None where
            that is to be looked up.
    """

    name: str
    control: str
    arms: tuple[str, ...]
    units: Units
    people: ir.Table
    customers: ir.Table
    mixed: MixedUnits
    mixed_households: int
    first_day: date | None
    last_day: date | None
    until: date
    others: tuple[str, ...]
    reading: Reading
    store: Store
    strata: tuple[str, ...] = ()
    placed: ir.Table | None = None

    @property
    def dated(self) -> bool:
        """Whether it is known when the units were assigned."""
        return self.first_day is not None

    @property
    def window_ends(self) -> date | None:
        """First day after the window of those assigned last; None in a test without dates."""
        return None if self.last_day is None else self.last_day + timedelta(days=self.reading.window_days)

    @property
    def after_ends(self) -> date | None:
        """First day after their weeks after the window; None in a test without dates."""
        return None if self.last_day is None else self.last_day + timedelta(days=self.reading.full_days)

    @property
    def window_closed(self) -> bool:
        """Whether everybody's window has been seen whole; a test without dates is over."""
        return self.window_ends is None or self.window_ends <= self.until

    @property
    def after_closed(self) -> bool:
        """Whether everybody's weeks after the window have been seen whole; a test without dates is over."""
        return self.after_ends is None or self.after_ends <= self.until

    def to_frame(self) -> pd.DataFrame:
        """One row: experiment, control, arms, unit, assigned, mixed, mixed_households, first_day, last_day, until."""
        told = {
            "experiment": self.name,
            "control": self.control,
            "arms": ", ".join(self.arms),
            **vars(self.mixed),
            "mixed_households": self.mixed_households,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "until": self.until,
        }
        return pd.DataFrame([told])


def experiment(store: Store, reading: Reading, *, until: date) -> Experiment | NotEnough:
    """The test that a report is about, with its units in the engine.

    A unit of a list is what the ledger says that it was drawn by. Of another test it is the household where those of
    several assigned members are 20 or more and nearly all (95 %) in one arm, for then chance decided for the household;
    else it is the customer.

    Args:
        store: The store.
        reading: Which test, and how it is read.
        until: First day that is no longer seen; nothing assigned from it on counts.

    Returns:
        The test; NotEnough("assignments") where nobody is in any, NotEnough("arms") where it has one arm only,
        NotEnough("control_named") where the data do not tell which arm was left alone.

    Raises:
        ValueError: There is no such test, or no such arm in it; names those that there are.
    """
    assignments = _assigned(store.find("assignments"), until)
    arms = None if assignments is None else assigned_arms(assignments)
    if assignments is None or arms is None or arms.empty:
        return NotEnough("assignments", 0, 1)
    days = {"window_days": reading.window_days, "after_days": reading.after_days}
    campaigns = arms
    if reading.experiment == AUTO:
        # Customers left out of all campaigns are no campaign.
        held = holdout_arms(assignments, store.find("contacts"), until=until)
        others = arms[~arms["experiment"].isin(held["experiment"])]
        campaigns = arms if others.empty else others
    name = experiment_named(campaigns, reading.experiment, **days, until=until)
    own = arms[arms["experiment"] == name]
    control = control_named(own, reading.control, lambda: _reached(store, assignments, name))
    if len(own) < 2:
        return NotEnough("arms", len(own), 2)
    if isinstance(control, NotEnough):
        return control
    names = (control, *(str(arm) for arm in own["arm"] if arm != control))
    placed = placed_customers(_rows(assignments, name, reading, own), names)
    judged = randomised_units(placed, store.find("customers"), listed=store.listed, name=name)
    found = numbered_units(placed, judged.units, names)
    return Experiment(
        name=name,
        control=control,
        arms=names,
        units=judged.units,
        people=found.people,
        customers=found.customers,
        mixed=MixedUnits(unit=judged.units.name, assigned=found.assigned, mixed=found.mixed),
        mixed_households=judged.mixed_households,
        first_day=found.first_day,
        last_day=found.last_day,
        until=until,
        others=tuple(str(other) for other in dict.fromkeys(arms["experiment"]) if other != name),
        reading=reading,
        store=store,
        strata=found.strata,
        placed=found.placed,
    )


def _day(name: str, given: date | str | None) -> date | None:
    if given is None or given == "":
        return None
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        msg = f"{name} is {given!r}; write a day as YYYY-MM-DD"
        raise ValueError(msg) from None


def _assigned(assignments: ir.Table | None, until: date) -> ir.Table | None:
    """The assignments made before a day, with NULL for a time or a stratum that the store does not hold."""
    if assignments is None:
        return None
    kinds = {"assigned_at": "timestamp(6)", "stratum": "string"}
    missing = {name: ibis.null(kind) for name, kind in kinds.items() if name not in assignments.columns}
    rows = assignments.mutate(**missing) if missing else assignments
    seen = rows.assigned_at.isnull() | (rows.assigned_at < ibis.timestamp(until.isoformat()))
    return rows.filter(seen, rows.variant.notnull())


def _reached(store: Store, assignments: ir.Table, name: str) -> Sequence[str]:
    """The arms of whom somebody got a message of the campaign."""
    contacts = store.find("contacts")
    if contacts is None:
        return ()
    sent = contacts.filter(contacts.campaign_id == name)
    placed = assignments.filter(assignments.experiment_id == name)
    told = placed.semi_join(sent, "customer_id").select("variant").distinct()
    return [str(arm) for arm in told.order_by("variant").to_pandas()["variant"]]


def _rows(assignments: ir.Table, name: str, reading: Reading, arms: pd.DataFrame) -> ir.Table:
    """The assignments of the test, all with a time where any is known."""
    rows = assignments.filter(assignments.experiment_id == name)
    # Who has no time of their own counts from the start that is stated, or from the first of the others.
    first = arms["first"].min()
    start = reading.started if reading.started or pd.isna(first) else first.to_pydatetime()
    if start is None:
        return rows
    stated = ibis.timestamp(start if isinstance(start, str) else start.isoformat())
    return rows.mutate(assigned_at=ibis.coalesce(rows.assigned_at, stated.cast("timestamp(6)")))

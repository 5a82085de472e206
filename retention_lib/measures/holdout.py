"""A global hold-out: customers drawn by chance whom no campaign reaches for a year, and all others beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.campaigns import without_regular
from retention_lib.measures.experiment_orders import has_profit, unit_orders
from retention_lib.measures.experiments import Experiment, Reading
from retention_lib.measures.holdout_arms import holdout_arms
from retention_lib.measures.holdout_money import contact_costs, coupon_costs, month_sums
from retention_lib.measures.holdout_people import drawn_holdout

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

AUTO = "auto"
"""The parameter's word for: find it."""

LEAST_DAYS = 180
"""A hold-out is looked for among those that have run for so many days."""


@dataclass(frozen=True, kw_only=True)
class HoldoutReading:
    """Which hold-out, and how it is read.

    Attributes:
        experiment: Its `experiment_id`; `auto`: the one that began last of those running for `LEAST_DAYS`; empty: none.
        months: Months after which it is judged, and so many before it sharpen the comparison (count).
        regular: Campaign ids of what everybody gets, the hold-out too, such as newsletters; `*` stands for any
            characters.
        contact_cost: Cost of a message where the store does not hold it (money).
    """

    experiment: str = AUTO
    months: int = 12
    regular: tuple[str, ...] = ()
    contact_cost: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Holdout:
    """A global hold-out and what both groups left, month by month.

    Attributes:
        experiment: Its `experiment_id`.
        arm: The arm that gets no campaign.
        others: What the other group is called.
        listed: Whether the others stand in the assignments; else they are all who had bought before the first day.
        unit: What a unit is: `customer` or `household`.
        first_day: Day of the first assignment.
        last_day: Day of the last one that counts.
        planned: Months after which it is judged (count).
        verdict_on: First day on which it may be judged.
        later: Customers held out who were assigned too late to count (count).
        sums: As in `models.experiments.moments`, of `profit` (cumulated from the assignment, what coupons and sending
            cost taken off) and `before` (gross profit of as many days as are planned, before it), with `month` (from 1)
            and `days` (from the assignment to its end); only months that have been seen whole.
        arms: One row a group, the hold-out first: arm, units, members (customers), unit, contacted (units that a
            campaign reached; NaN where no table tells), messages (of campaigns; count, NaN likewise).
    """

    experiment: str
    arm: str
    others: str
    listed: bool
    unit: str
    first_day: date
    last_day: date
    planned: int
    verdict_on: date
    later: int
    sums: pd.DataFrame
    arms: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The groups."""
        return self.arms


def month_days(month: int) -> int:
    """Days from the start to the end of a month of a hold-out; twelve make 365.

    Args:
        month: From 1.
    """
    return round(365 * month / 12)


def holdout(
    store: Store, reading: HoldoutReading, *, until: date, gross_margin: float | None = None
) -> Holdout | NotEnough:
    """What customers held out of all campaigns left, and what all others did.

    Only months count that everybody has been seen for whole, and of no hold-out more than are planned.

    Args:
        store: The store.
        reading: Which hold-out, and how it is read.
        until: First day that is no longer seen.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.

    Returns:
        The hold-out; NotAsked("held_out_named") where none is named or found, NotEnough("held_out_dated") where nobody
        of it has a day of assignment, NotEnough("held_out_customers") where either group is empty, NotEnough("margin")
        where no gross profit is known.

    Raises:
        ValueError: There is no such hold-out; names those that there are.
    """
    arm = _chosen(store, reading.experiment, until)
    if arm is None:
        return NotAsked("held_out_named", 0, 1)
    if not store.has("transactions") or not has_profit(store.table("transactions"), gross_margin):
        return NotEnough("margin", 0, 1)
    name, held = str(arm["experiment"]), str(arm["arm"])
    days = month_days(reading.months)
    wanted = Reading(experiment=name, control=held, window_days=days, after_days=0, before_days=days)
    drawn = drawn_holdout(store, wanted, until=until)
    if drawn is None:
        return NotEnough("held_out_dated", 0, 1)
    test, groups = drawn.test, _reached(drawn.test, reading.regular)
    if groups["units"].min() < 1:
        return NotEnough("held_out_customers", 0, 1)
    first_day, last_day = test.first_day or until, test.last_day or until
    ends = [month_days(month) for month in range(1, reading.months + 1)]
    seen = [end for end in ends if last_day + timedelta(days=end) <= until]
    return Holdout(
        experiment=name,
        arm=held,
        others=test.arms[1],
        listed=drawn.listed,
        unit=test.units.name,
        first_day=first_day,
        last_day=last_day,
        planned=reading.months,
        verdict_on=last_day + timedelta(days=ends[-1]),
        later=drawn.later,
        sums=_money(test, reading, seen, gross_margin),
        arms=groups,
    )


def _chosen(store: Store, named: str, until: date) -> pd.Series | None:
    """The row of the hold-out's arm; None where none is named or found."""
    assignments = store.find("assignments")
    if not named or assignments is None:
        return None
    if named == AUTO:
        found = holdout_arms(assignments, store.find("contacts"), until=until)
        running = found[found["first_day"] + pd.Timedelta(days=LEAST_DAYS) <= pd.Timestamp(until)]
        return running.iloc[-1] if len(running) else None
    found = holdout_arms(assignments, None, until=until)
    own = found[found["experiment"] == named]
    if own.empty:
        known = ", ".join(dict.fromkeys(found["experiment"])) or "none"
        msg = f"assignments have no test {named!r} with an arm called holdout; hold-outs known: {known}"
        raise ValueError(msg)
    return own.iloc[0]


def _money(test: Experiment, reading: HoldoutReading, ends: list[int], gross_margin: float | None) -> pd.DataFrame:
    """The sums of money by month."""
    orders = unit_orders(test, gross_margin=gross_margin)
    costs = (contact_costs(test, test.store.find("contacts"), reading.contact_cost), coupon_costs(test))
    return month_sums(test, orders, [cost for cost in costs if cost is not None], ends)


def _reached(test: Experiment, regular: tuple[str, ...]) -> pd.DataFrame:
    """Both groups, with their units that a campaign reached and its messages."""
    sizes = test.people.group_by("arm").aggregate(units=test.people.count(), members=test.people.members.sum())
    frame = sizes.to_pandas().set_index("arm").reindex(list(test.arms), fill_value=0).astype("int64")
    frame = frame.assign(unit=test.units.name, contacted=math.nan, messages=math.nan)
    contacts = without_regular(test.store.find("contacts"), regular)
    if isinstance(contacts, NotAsked):
        return frame.reset_index()
    end = test.reading.window_days
    sent = contacts.filter(contacts.sent_at < ibis.timestamp(test.until.isoformat()))
    named = sent.select("customer_id", "sent_at").inner_join(test.customers, "customer_id")
    rows = named.inner_join(test.people.select("unit", "arm", "assigned_at", "day"), "unit")
    during = rows.filter(rows.sent_at >= rows.assigned_at, rows.sent_at.date() < rows.day + ibis.interval(days=end))
    told = during.group_by("arm").aggregate(contacted=during.unit.nunique(), messages=during.count())
    counts = told.to_pandas().set_index("arm").reindex(frame.index).fillna(0).astype(float)
    return frame.assign(**{name: counts[name] for name in ("contacted", "messages")}).reset_index()

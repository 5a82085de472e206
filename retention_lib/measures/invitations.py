"""Customers invited into the programme at random: who joined, what they bought before and what they bought after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.programme import PERIOD_DAYS, Programme
from retention_lib.measures.sales import Sales
from retention_lib.measures.units import CUSTOMERS, Units

JOINING_DAYS = 60
"""How long after an assignment joining counts when experiments are looked through for invitations."""

BEFORE_DAYS, LATE_DAYS = 364, 91
"""How far back buying before the assignment is looked at, and which part of it is the latest."""

_SEEN_SHARE = 0.9
_CANDIDATES = ("experiment", "arm", "customers", "joined")
_MONEY = ("revenue", "known_profit", "unpriced")


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """Which experiment invited customers into the programme, and how it is to be read.

    Attributes:
        experiment: Its `experiment_id`; empty where none is named.
        control: The arm that was not invited; all others were.
        periods: Periods of 28 days followed from the assignment on, at most (count).
    """

    experiment: str
    control: str = "none"
    periods: int = 13


@dataclass(frozen=True, kw_only=True, eq=False)
class InvitedCustomers:
    """The customers of an invitation at random, those not invited among them.

    Attributes:
        customers: One row a customer, by cluster, without ids: `cluster` (number of the household, or of the customer
            where none is known), `invited` (bool), `joined` (bool: in the days followed), `purchases` (count),
            `revenue` (net money) and, where the sales know costs, `known_profit` (of the rows with a known cost) and
            `unpriced` (net money of the others), all in the days followed; of the 364 days before, `before_purchases`,
            `before_revenue`, and of the last 91 of them `late_purchases`; `days_known` since the first purchase,
            `days_since` the last one (NaN without any; both up to the assignment); `stratum` (number, the same for all
            where none is known).
        invitation: What was asked for.
        periods: Whole periods of 28 days that are followed: as many as nine tenths of the customers have been seen for.
        first: Day of the first assignment.
        last: Day of the last one.
        members_already: Customers left out, as they were members before they were assigned (count).
        mixed: Customers left out, as they were put in two arms (count).
        unseen: Customers left out, as the data end before their days followed do (count).
    """

    customers: pd.DataFrame
    invitation: Invitation
    periods: int
    first: date
    last: date
    members_already: int
    mixed: int
    unseen: int

    @property
    def days(self) -> int:
        """Days followed from the assignment on (count)."""
        return self.periods * PERIOD_DAYS


def joining_by_arm(assignments: ir.Table | None, programme: Programme | NotEnough) -> pd.DataFrame | NotEnough:
    """Who joined the programme within 60 days, arm by arm of every experiment.

    Args:
        assignments: The store's `assignments`; None where it has none.
        programme: From `measures.programme.programme`.

    Returns:
        Columns `experiment`, `arm` (text), `customers` (count: assigned, followed for 60 days and no member before) and
        `joined` (of them, within these days), ordered by experiment and arm; `NotAsked` without assignments; the
        programme's refusal where there is none.
    """
    if isinstance(programme, NotEnough):
        return programme
    if assignments is None or "assigned_at" not in assignments.columns:
        return NotAsked("invitation_named", 0, 1)
    placed = _dated(assignments).left_join(_joiners(programme), "customer_id").drop("customer_id_right")
    latest = ibis.date((programme.until - timedelta(days=JOINING_DAYS)).isoformat())
    counted = placed.filter((placed.day <= latest) & (placed.joined.isnull() | (placed.joined >= placed.day)))
    age = counted.joined.delta(counted.day, unit="day")
    arms = counted.group_by("experiment", "arm").aggregate(
        customers=counted.customer_id.nunique(),
        joined=counted.customer_id.nunique(where=(age < JOINING_DAYS).fill_null(False)),
    )
    return arms.order_by("experiment", "arm").to_pandas()[list(_CANDIDATES)]


def invited_customers(
    assignments: ir.Table | None,
    programme: Programme | NotEnough,
    sales: Sales,
    *,
    invitation: Invitation,
    units: Units = CUSTOMERS,
) -> InvitedCustomers | NotEnough:
    """What each customer of an invitation did before it and after it.

    Everybody counts in the arm that chance gave, joined or not. Left out is only who could be told before chance
    decided, or in either arm alike: members already, customers in two arms, and those assigned so late that their days
    are not seen whole.

    Args:
        assignments: The store's `assignments`; None where it has none.
        programme: From `measures.programme.programme`.
        sales: From `measures.sales.daily_sales`.
        invitation: Which experiment, and how it is read.
        units: Who belongs together; members of a household are counted one by one and their errors together.

    Returns:
        The customers; `NotAsked` where no experiment is named, `NotEnough("invitation_periods")` where fewer than one
        period has been seen, the programme's refusal where there is none.

    Raises:
        LookupError: No such experiment, or no such control arm in it; names those that there are.
    """
    if isinstance(programme, NotEnough):
        return programme
    if not invitation.experiment:
        return NotAsked("invitation_named", 0, 1)
    placed = _placed(assignments, invitation, units)
    until = min(sales.until, programme.until)
    periods = min(invitation.periods, _periods_seen(placed, until))
    if periods < 1:
        return NotEnough("invitation_periods", 0, 1)
    last_start = until - timedelta(days=periods * PERIOD_DAYS)
    marked = _marked(placed, programme, last_start=last_start, days=periods * PERIOD_DAYS)
    kept = marked.filter(marked.arms == 1, ~marked.already, ~marked.unseen).cache()
    customers = _customers(kept, sales, periods * PERIOD_DAYS, control=invitation.control)
    return InvitedCustomers(customers=customers, invitation=invitation, periods=periods, **_left_out(marked))


def _left_out(marked: ir.Table) -> dict[str, Any]:
    """The days of assignments, and how many customers are left out why."""
    told = marked.aggregate(
        first=marked.day.min(),
        last=marked.day.max(),
        members_already=marked.already.sum(),
        mixed=(marked.arms > 1).sum(),
        unseen=(marked.unseen & ~marked.already & (marked.arms == 1)).sum(),
    ).to_pandas()
    one = told.iloc[0].to_dict()
    counts = {name: int(one[name]) for name in ("members_already", "mixed", "unseen")}
    return {"first": one["first"].date(), "last": one["last"].date(), **counts}


def _dated(assignments: ir.Table) -> ir.Table:
    """Assignments by customer and day, with their stratum."""
    stratum = assignments.stratum.cast("string").fill_null("") if "stratum" in assignments.columns else ibis.literal("")
    return assignments.select(
        "customer_id",
        experiment=assignments.experiment_id,
        arm=assignments.variant,
        day=assignments.assigned_at.date(),
        stratum=stratum,
    )


def _joiners(programme: Programme) -> ir.Table:
    return programme.members.select("customer_id", "joined")


def _placed(assignments: ir.Table | None, invitation: Invitation, units: Units) -> ir.Table:
    """One row a customer of the experiment: the arm, in how many arms, the first day, the cluster."""
    named = invitation.experiment
    known = None if assignments is None or "assigned_at" not in assignments.columns else _dated(assignments)
    rows = None if known is None else known.filter(known.experiment == named).cache()
    if known is None or rows is None or not rows.count().to_pandas():
        others = [] if known is None else sorted(known.experiment.topk(20).to_pandas()["experiment"])
        msg = f"experiment {named!r} has no dated rows in assignments; known: {', '.join(others) or 'none'}"
        raise LookupError(msg)
    arms = sorted(rows.arm.topk(20).to_pandas()["arm"])
    if invitation.control not in arms:
        msg = f"experiment {named!r} has no arm {invitation.control!r} that was not invited; it has: {', '.join(arms)}"
        raise LookupError(msg)
    each = rows.group_by("customer_id").aggregate(
        arm=rows.arm.min(), arms=rows.arm.nunique(), day=rows.day.min(), stratum=rows.stratum.min()
    )
    each = units.of(each)
    numbered = {
        name: ibis.dense_rank().over(ibis.window(order_by=each[of])).cast("int32")
        for name, of in (("cluster", "unit"), ("stratum", "stratum"))
    }
    return each.mutate(**numbered).drop("unit").cache()


def _periods_seen(placed: ir.Table, until: date) -> int:
    """Whole periods that nine tenths of the customers have been seen for."""
    latest = placed.day.epoch_seconds().quantile(_SEEN_SHARE).to_pandas()
    day = pd.Timestamp(latest, unit="s").date()
    return max(0, (until - day).days // PERIOD_DAYS)


def _marked(placed: ir.Table, programme: Programme, *, last_start: date, days: int) -> ir.Table:
    """Who was a member already, who is not seen to the end, and who joined in the days followed."""
    told = placed.left_join(_joiners(programme), "customer_id").drop("customer_id_right")
    age = told.joined.delta(told.day, unit="day")
    return told.mutate(
        already=(age < 0).fill_null(False),
        unseen=told.day > ibis.date(last_start.isoformat()),
        joined=((age >= 0) & (age < days)).fill_null(False),
    ).cache()


def _customers(kept: ir.Table, sales: Sales, days: int, *, control: str) -> pd.DataFrame:
    """One row a customer with what was bought before and after the assignment."""
    numbered = kept.left_join(sales.people.select("customer_id", "number"), "customer_id").drop("customer_id_right")
    people = numbered.cache()
    starts = people.filter(people.number.notnull()).select("number", start="day")
    bought = _bought(sales.purchases.inner_join(starts, "number"), days)
    money = _money(sales.days.inner_join(starts, "number"), days)
    rows = people.left_join(bought, "number").drop("number_right").left_join(money, "number").drop("number_right")
    amounts = [name for name in (*_MONEY, "before_revenue") if name in rows.columns]
    counts = ("purchases", "before_purchases", "late_purchases")
    frame = (
        rows.order_by("cluster", "customer_id")
        .select(
            "cluster",
            "joined",
            "stratum",
            "days_known",
            "days_since",
            invited=rows.arm != control,
            **{name: rows[name].fill_null(0) for name in counts},
            **{name: rows[name].fill_null(0).cast("float64") for name in amounts},
        )
        .to_pandas()
    )
    return frame.astype({"days_known": float, "days_since": float})


def _bought(rows: ir.Table, days: int) -> ir.Table:
    """Purchases of each customer before the assignment, and in the days followed."""
    age = rows.day.delta(rows.start, unit="day")
    before = age < 0
    return rows.group_by("number").aggregate(
        purchases=((age >= 0) & (age < days)).sum(),
        before_purchases=(before & (age >= -BEFORE_DAYS)).sum(),
        late_purchases=(before & (age >= -LATE_DAYS)).sum(),
        days_known=(-age.min(where=before)),
        days_since=(-age.max(where=before)),
    )


def _money(rows: ir.Table, days: int) -> ir.Table:
    """Money of each customer before the assignment, and in the days followed."""
    age = rows.day.delta(rows.start, unit="day")
    inside = (age >= 0) & (age < days)
    sums = {name: rows[name].sum(where=inside) for name in _MONEY if name in rows.columns}
    before = rows.revenue.sum(where=(age < 0) & (age >= -BEFORE_DAYS))
    return rows.group_by("number").aggregate(**sums, before_revenue=before)

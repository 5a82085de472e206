"""What customers bought step by step before and after they joined the programme, beside those who did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import PERIOD_DAYS, Programme
from retention_lib.measures.sales import Sales
from retention_lib.measures.units import CUSTOMERS, Units

STEP_DAYS, LONG_STEP_DAYS, LONG_DAYS = 7, 14, 900
"""Length of a step of the panel: short, so that little of the time around joining is lost; twice that for stores with
more than so many days, whose steps would be many."""

SETTLED_DAYS = 3 * PERIOD_DAYS
"""How long a member must have been a customer before joining, to have a past: three periods of 28 days."""

EARLY = ("0", "1", "2-3", "4+")
"""Classes of customers by their purchases in the 84 days after the first one; the values of the dimension `early`."""

_GROUP = ("started", "joined", "settled")
_PAST = ("first_amount", "purchases_1", "purchases_2", "purchases_3", "revenue")


@dataclass(frozen=True, kw_only=True, eq=False)
class JoiningPanel:
    """Customers by step, as far as anything happened in it, after the step of the first purchase.

    Steps are counted from 0 for the first whole one; the last ends with the day before `until`.

    Attributes:
        customers: One row a customer who did anything after the step of the first purchase: `started` (step of the
            first purchase; -1 before the first whole step), `joined` (step of joining; `steps` for who did not),
            `settled` (whether a customer for 84 days before joining), `cluster` (number of the household, or the
            customer), and lists over the customer's steps, in order: `step`, `purchases`, `revenue`, and
            `gross_profit` where costs or a margin are known; in the order of `number`, which follows the ids.
        groups: One row a group of customers who started and joined in the same steps: `started`, `joined`, `settled`,
            `customers` (all of them, also those who did nothing more).
        segments: The same groups by what customers are told apart by: `dimension`, `segment`, `started`, `joined`,
            `settled`, `customers`. In `customers` each dimension is a column.
        pasts: One row a customer seen for 84 days after the first purchase and before joining: `number` (as in
            `customers`), `started`, `joined`, `member` (whether joined later), and the past: `first_amount` (money of
            the first purchase), `purchases_1`, `purchases_2`, `purchases_3` (later purchases in each of the three
            periods of 28 days), `revenue` (net money after the first day), in the order of the numbers.
        facts: One row: `members` (joined up to the last day), `settled` (of them, customers for 84 days before),
            `at_first_purchase` (joined up to the day of the first purchase, or never bought), `on_purchase_day` (of the
            settled, joined on a day with a purchase), `join_days` (days on which anybody joined), `leavers`,
            `never` (customers who never joined).
        steps: Whole steps in the panel (count).
        step_days: Length of a step.
        origin: First day of step 0.
    """

    customers: pd.DataFrame
    groups: pd.DataFrame
    segments: pd.DataFrame
    pasts: pd.DataFrame
    facts: pd.DataFrame
    steps: int
    step_days: int
    origin: date

    @property
    def compared_until(self) -> date:
        """First day from which nobody is left without the programme to be compared with; at most the day after all."""
        seen = self.groups[self.groups["joined"] > self.groups["started"] + 1]
        last = int(seen["joined"].max()) if len(seen) else 0
        return self.origin + timedelta(days=min(last, self.steps) * self.step_days)


def joining_panel(
    sales: Sales,
    programme: Programme | NotEnough,
    *,
    start: date,
    units: Units = CUSTOMERS,
    groups: ir.Table | None = None,
    gross_margin: float | None = None,
    step_days: int | None = None,
) -> JoiningPanel | NotEnough:
    """The panel around joining, up to the last day that `sales` has seen.

    Args:
        sales: From `measures.sales.daily_sales`.
        programme: From `measures.programme.programme`, until the same day; a refusal is handed on.
        start: First day of the data.
        units: From `measures.units.judged_units`: members of a household are one cluster.
        groups: From `measures.first_groups.first_groups`: what customers are told apart by, beside early purchases.
        gross_margin: Margin of sales without a cost, in [0, 1]; None where not known.
        step_days: Length of a step (days); by the length of the data if omitted.
    """
    if not isinstance(programme, Programme):
        return programme
    if step_days is None:
        step_days = STEP_DAYS if (sales.until - start).days <= LONG_DAYS else LONG_STEP_DAYS
    steps = (sales.until - start).days // step_days
    grid = _Grid(origin=sales.until - timedelta(days=steps * step_days), step_days=step_days, steps=steps)
    people = _people(sales, programme, units, grid)
    pasts = _pasts(sales, people)
    told = _told_apart(people, pasts, groups)
    groups_of = people.group_by(*_GROUP).aggregate(customers=people.count()).order_by(*_GROUP)
    return JoiningPanel(
        customers=_with_arrays(_customers(_rows(sales, people, grid, gross_margin), told)),
        groups=groups_of.to_pandas(),
        segments=_segments(told),
        pasts=_seen_pasts(pasts, people, sales.until).to_pandas(),
        facts=_facts(people, sales, programme).to_pandas(),
        steps=steps,
        step_days=step_days,
        origin=grid.origin,
    )


def _customers(rows: ir.Table, people: ir.Table) -> ir.Table:
    """The rows of a customer as lists, with all that is known of the customer."""
    names = [name for name in rows.columns if name not in ("number", "step")]
    lists = {name: rows[name].collect(order_by=rows.step) for name in ("step", *names)}
    keys = people.drop("first_day", "joined_on", "customer_id")
    return rows.group_by("number").aggregate(**lists).inner_join(keys, "number").order_by("number")


def _with_arrays(table: ir.Table) -> pd.DataFrame:
    """The rows with each list as an array, a view of its column's values: lists of Python take ten times as much."""
    found = table.to_pyarrow()
    lists = [name for name, kind in table.schema().items() if kind.is_array()]
    frame = found.drop_columns(lists).to_pandas()
    for name in lists:
        column = found[name].combine_chunks()
        values, ends = column.flatten().to_numpy(), np.cumsum(column.value_lengths().to_numpy())
        frame[name] = pd.Series(np.split(values, ends[:-1]) if len(frame) else [], dtype=object)
    return frame[list(table.columns)]


def _told_apart(people: ir.Table, pasts: ir.Table, groups: ir.Table | None) -> ir.Table:
    """Customers with the dimensions they are told apart by."""
    early = pasts.select("number", bought=pasts.purchases_1 + pasts.purchases_2 + pasts.purchases_3)
    joined = people.left_join(early, "number").drop("number_right")
    times = joined.bought.fill_null(0)
    known = joined.mutate(
        early=ibis.cases((times == 0, EARLY[0]), (times == 1, EARLY[1]), (times <= 3, EARLY[2]), else_=EARLY[3])
    ).drop("bought")
    if groups is None:
        return known.cache()
    joined = known.left_join(groups, "customer_id").drop("customer_id_right")
    names = {name: joined[name].fill_null("") for name in groups.columns if name != "customer_id"}
    return joined.mutate(**names).cache()


def _segments(told: ir.Table) -> pd.DataFrame:
    """Customers by group, for every value of every dimension."""
    known = ("number", "customer_id", "first_day", "joined_on", "cluster", *_GROUP)
    frames = []
    for dimension in [name for name in told.columns if name not in known]:
        sums = told.group_by(segment=told[dimension], **{name: told[name] for name in _GROUP}).aggregate(
            customers=told.count()
        )
        frames.append(sums.order_by("segment", *_GROUP).to_pandas().assign(dimension=dimension))
    return pd.concat(frames, ignore_index=True)


def _pasts(sales: Sales, people: ir.Table) -> ir.Table:
    """What customers did in the 84 days after their first purchase; a row for whoever did anything."""
    born = people.select("number", "first_day")
    bought, paid = sales.purchases.inner_join(born, "number"), sales.days.inner_join(born, "number")
    age = bought.day.delta(bought.first_day, unit="day")
    sums: dict[str, ir.Value] = {"first_amount": bought.amount.cast("float64").sum(where=age == 0)}
    for period in range(3):
        # The day on which a member of 84 days may join is in none of them.
        inside = (age > 0) & (age >= PERIOD_DAYS * period) & (age < PERIOD_DAYS * (period + 1))
        sums[f"purchases_{period + 1}"] = inside.sum()
    later = paid.day.delta(paid.first_day, unit="day")
    money = paid.filter((later > 0) & (later < SETTLED_DAYS)).group_by("number")
    revenue = money.aggregate(revenue=ibis._.revenue.sum().cast("float64"))
    joined = bought.group_by("number").aggregate(**sums).left_join(revenue, "number").drop("number_right")
    return joined.mutate(revenue=joined.revenue.fill_null(0.0)).cache()


def _seen_pasts(pasts: ir.Table, people: ir.Table, until: date) -> ir.Table:
    """The pasts of those who were seen for 84 days before they joined, if they did."""
    joined = people.inner_join(pasts, "number")
    alone = ibis.coalesce(joined.joined_on, ibis.date(until.isoformat()))
    seen = joined.filter(alone.delta(joined.first_day, unit="day") >= SETTLED_DAYS)
    return seen.select("number", "started", "joined", *_PAST, member=seen.joined_on.notnull()).order_by("number")


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """How days fall into steps."""

    origin: date
    step_days: int
    steps: int

    def step(self, day: ir.Value) -> ir.Value:
        """The step of a day; below 0 before the first whole one."""
        days = day.delta(ibis.date(self.origin.isoformat()), unit="day")
        return (days / self.step_days).floor().cast("int32")


def _people(sales: Sales, programme: Programme, units: Units, grid: _Grid) -> ir.Table:
    """Everybody who bought, with the steps of the first purchase and of joining."""
    buyers = sales.people.filter(sales.people.first_day.notnull()).select("number", "customer_id", "first_day")
    members = programme.members.select("customer_id", joined_on=programme.members.joined)
    known = units.of(buyers.left_join(members, "customer_id").drop("customer_id_right"))
    before = known.joined_on.delta(known.first_day, unit="day")
    whole = ibis.window(group_by=known.unit)
    return known.select(
        "number",
        "customer_id",
        "first_day",
        "joined_on",
        started=ibis.greatest(grid.step(known.first_day), -1),
        joined=grid.step(known.joined_on).fill_null(grid.steps),
        settled=(before >= SETTLED_DAYS).fill_null(False),
        cluster=known.number.min().over(whole),
    ).cache()


def _rows(sales: Sales, people: ir.Table, grid: _Grid, gross_margin: float | None) -> ir.Table:
    """What customers did, a row for each and each step after that of the first purchase in which anything happened."""
    bought = sales.purchases.select("number", "day", purchases=ibis.literal(1))
    paid = sales.days
    money: dict[str, ir.Value] = {"revenue": paid.revenue.cast("float64")}
    if sales.has_costs or gross_margin is not None:
        money["gross_profit"] = _profit(sales, gross_margin)
    nothing = {name: ibis.literal(0.0) for name in money}
    both = paid.select("number", "day", purchases=ibis.literal(0), **money).union(bought.mutate(**nothing))
    stepped = both.mutate(step=grid.step(both.day)).inner_join(people.select("number", "started"), "number")
    stepped = stepped.filter(stepped.step > stepped.started, stepped.step >= 0)
    sums = {"purchases": stepped.purchases.sum().cast("float64"), **{name: stepped[name].sum() for name in money}}
    return stepped.group_by("number", "step").aggregate(**sums).cache()


def _profit(sales: Sales, gross_margin: float | None) -> ir.Value:
    """Gross profit of a customer's day: from known costs, else by the margin; sales with neither bring none."""
    days = sales.days
    if not sales.has_costs:
        return days.revenue.cast("float64") * (gross_margin or 0.0)
    return days.known_profit.cast("float64") + days.unpriced.cast("float64") * (gross_margin or 0.0)


def _facts(people: ir.Table, sales: Sales, programme: Programme) -> ir.Table:
    """Who joined when, in one row."""
    members = programme.members
    known = members.left_join(sales.people.select("customer_id", "number", "first_day"), "customer_id")
    bought = sales.purchases.select("number", joined=sales.purchases.day, on_purchase=True)
    on_day = people.filter(people.settled).inner_join(bought, ["number", ("joined_on", "joined")])
    sums = known.aggregate(
        members=known.count(),
        at_first_purchase=(known.first_day.isnull() | (known.joined <= known.first_day)).sum(),
        join_days=known.joined.nunique(),
        leavers=known.left.count(),
    )
    counts = people.aggregate(
        settled=people.settled.sum(), never=people.joined_on.isnull().sum(), customers=people.count()
    )
    return sums.cross_join(counts).cross_join(on_day.aggregate(on_purchase_day=on_day.count()))

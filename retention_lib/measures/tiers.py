"""Tiers of the programme: who was in which from when to when, what members of each do, and how they moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme
from retention_lib.measures.sales import Sales

NO_TIER = ""
"""The tier of members who have reached none yet, in stores that name none on joining."""

NOT_YET, LEFT = -1, -2
"""Where members stand who had not joined yet, and who have left."""

_HIGHEST_COUNT = 99
_MONTHS, _FEWER_MONTHS = 12, 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Tiers:
    """Which member was in which tier, in the engine.

    Attributes:
        names: The tiers, lowest first; a member's rank is a place in it. Empty where the events name no tier.
        spells: One row a stay in a tier: `customer_id`, `rank` (int), `from_day` (the day it was reached), `until_day`
            (the day of the next tier or of leaving; NULL where it lasts). An order of the day on which a tier was
            reached belongs to the tier before.
        programme: The programme.
    """

    names: tuple[str, ...]
    spells: ir.Table
    programme: Programme


@dataclass(frozen=True, kw_only=True, eq=False)
class TierMoves:
    """Members by their tier on two days.

    Attributes:
        names: The tiers, lowest first.
        since: The earlier day.
        until: The later day; both as the day begins.
        months: Months between them (count).
        table: Columns `before` and `now` (ranks; `NOT_YET` for who joined in between, `LEFT` for who has left) and
            `members` (count), ordered by both.
    """

    names: tuple[str, ...]
    since: date
    until: date
    months: int
    table: pd.DataFrame


def member_tiers(programme: Programme | NotEnough, *, tiers: Sequence[str] = ()) -> Tiers | NotEnough:
    """The stays of all members in tiers, materialised in the engine.

    Args:
        programme: From `programme.programme`.
        tiers: The tiers from lowest to highest; those of the events that it does not name come behind. Where it is
            empty, their order is that in which members reach them first.

    Returns:
        The tiers; NotEnough as given.
    """
    if isinstance(programme, NotEnough):
        return programme
    reached = programme.events.filter(programme.events.event == "tier", programme.events.tier != "")
    found = _in_order(reached)
    names = [*(name for name in tiers if name in found), *(name for name in found if name not in tiers)]
    firsts = reached.group_by("customer_id").aggregate(first_tier=reached.day.min())
    started = programme.members.left_join(firsts, "customer_id")
    waiting = started.filter(started.first_tier.isnull() | (started.first_tier > started.joined))
    if names and waiting.count().to_pandas():
        names.insert(0, NO_TIER)
    return Tiers(names=tuple(names), spells=_spells(reached, waiting, programme, names), programme=programme)


def _in_order(reached: ir.Table) -> list[str]:
    """The names of the tiers, in the order in which members reach them first."""
    firsts = reached.group_by("customer_id", "tier").aggregate(moment=reached.occurred_at.min())
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=["moment", "tier"]))
    placed = firsts.mutate(place=place)
    means = placed.group_by("tier").aggregate(place=placed.place.mean(), members=placed.count())
    return list(means.order_by("place", means.members.desc(), "tier").to_pandas()["tier"])


def _spells(reached: ir.Table, waiting: ir.Table, programme: Programme, names: list[str]) -> ir.Table:
    """Each tier until the next one, and the last until the member left."""
    ranks = {name: rank for rank, name in enumerate(names)}
    entered = reached.select("customer_id", rank=reached.tier.cases(*ranks.items()) if ranks else 0, from_day="day")
    begun = waiting.select("customer_id", rank=ibis.literal(0, "int8"), from_day="joined")
    every = entered.mutate(rank=entered["rank"].cast("int8"))
    every = every.union(begun) if NO_TIER in ranks else every
    order = ibis.window(group_by="customer_id", order_by=["from_day", "rank"])
    chained = every.mutate(next_day=every.from_day.lead().over(order))
    ended = chained.inner_join(programme.members.select("customer_id", "left"), "customer_id")
    over = ibis.least(ibis.coalesce(ended.next_day, ended.left), ibis.coalesce(ended.left, ended.next_day))
    spells = ended.select("customer_id", "rank", "from_day", until_day=over)
    return spells.filter(spells.until_day.isnull() | (spells.until_day > spells.from_day)).cache()


def tier_activity(tiers: Tiers | NotEnough, sales: Sales, *, start: date) -> pd.DataFrame | NotEnough:
    """What members bought and were credited with in each tier.

    Args:
        tiers: From `member_tiers`.
        sales: From `sales.daily_sales`.
        start: First day that counts.

    Returns:
        One row a tier, lowest first, of the days from `start` on.

        - `rank`, `tier`; `members`: those in it now (count); `seen`: who was in it on any of the days (count),
        - `member_days`, `orders` (purchase days), `revenue` (net money),
        - `known_profit`, `unpriced`: as `margins.order_profits` has them; NaN where the sales know no cost,
        - `credited`, `redeemed` (points), `valued` (of these, points of which it is known what they paid) and `paid`
          (what those paid, in money),
        - `day_squares`, `order_squares`, `revenue_squares`, `order_days`, `revenue_days`: sums over members of squares
          and products of their days, orders and revenue.
    """
    if isinstance(tiers, NotEnough):
        return tiers
    spells, until = tiers.spells, tiers.programme.until
    ended = ibis.coalesce(spells.until_day, ibis.date(until.isoformat()))
    begun = ibis.greatest(spells.from_day, ibis.date(start.isoformat()))
    days = ended.delta(begun, unit="day")
    parts = spells.mutate(days=ibis.greatest(days, 0))
    own = parts.group_by("customer_id", "rank").aggregate(days=parts.days.sum(), now=parts.until_day.isnull().any())
    each = _with(own, _sold(spells, sales, start))
    each = _with(each, _points(spells, tiers.programme, start))
    frame = _sums(each.filter((each.days > 0) | each.now)).order_by("rank").to_pandas()
    frame = frame.astype({name: "float64" for name in frame.columns if name not in ("rank", "members", "seen")})
    if not sales.has_costs:
        frame[["known_profit", "unpriced"]] = float("nan")
    frame.insert(1, "tier", [tiers.names[rank] for rank in frame["rank"]])
    return frame


def _with(each: ir.Table, more: ir.Table) -> ir.Table:
    """Members' sums in tiers with further ones, 0 where there are none."""
    keys = ["customer_id", "rank"]
    joined = each.left_join(more, keys).drop("customer_id_right", "rank_right")
    return joined.mutate(**{name: joined[name].fill_null(0) for name in more.columns if name not in keys})


def _inside(spells: ir.Table, rows: ir.Table, start: date) -> ir.Table:
    """Rows of customers and days with the tier in which the customer was."""
    seen = rows.filter(rows.day >= ibis.date(start.isoformat()))
    joined = spells.inner_join(seen, "customer_id")
    return joined.filter(joined.day > joined.from_day, joined.until_day.isnull() | (joined.day <= joined.until_day))


def _sold(spells: ir.Table, sales: Sales, start: date) -> ir.Table:
    """Orders and money of members in tiers."""
    costs = ("known_profit", "unpriced") if sales.has_costs else ()
    people = sales.people.select("number", "customer_id").semi_join(spells, "customer_id")
    bought = sales.purchases.select("number", "day", order=ibis.literal(1, "int32"))
    money = sales.days.select("number", "day", "revenue", *costs)
    joined = money.left_join(bought, ["number", "day"]).drop("number_right", "day_right")
    rows = _inside(spells, joined.inner_join(people, "number"), start)
    sums = {name: rows[name].sum().cast("float64") for name in ("revenue", *costs)}
    missing = {} if costs else {name: ibis.literal(0.0) for name in ("known_profit", "unpriced")}
    found = rows.group_by("customer_id", "rank").aggregate(orders=rows.order.sum().fill_null(0), **sums)
    return found.mutate(**missing) if missing else found


def _points(spells: ir.Table, programme: Programme, start: date) -> ir.Table:
    """Points credited to members in tiers, and what they paid with points."""
    events = programme.events
    named = events.filter(events.event.isin(["earn", "grant", "redeem"]))
    rows = _inside(spells, named.select("customer_id", "day", "event", "points", "value"), start)
    used = rows.event == "redeem"
    return rows.group_by("customer_id", "rank").aggregate(
        credited=rows.points.sum(where=~used).fill_null(0.0),
        redeemed=rows.points.abs().sum(where=used).fill_null(0.0),
        valued=rows.points.abs().sum(where=used & rows.value.notnull()).fill_null(0.0),
        paid=rows.value.abs().sum(where=used).fill_null(0.0),
    )


def _sums(each: ir.Table) -> ir.Table:
    """Sums over members by tier."""
    days, orders, revenue = each.days.cast("float64"), each.orders.cast("float64"), each.revenue
    names = ("orders", "revenue", "known_profit", "unpriced", "credited", "redeemed", "valued", "paid")
    return each.group_by("rank").aggregate(
        members=each.now.sum(),
        seen=(each.days > 0).sum(),
        member_days=each.days.sum(),
        **{name: each[name].sum() for name in names},
        day_squares=(days * days).sum(),
        order_squares=(orders * orders).sum(),
        revenue_squares=(revenue * revenue).sum(),
        order_days=(orders * days).sum(),
        revenue_days=(revenue * days).sum(),
    )


def tier_moves(tiers: Tiers | NotEnough) -> TierMoves | NotEnough:
    """Members by their tier a year ago and now; half a year ago where the programme is younger than a year.

    Args:
        tiers: From `member_tiers`.
    """
    if isinstance(tiers, NotEnough):
        return tiers
    until, members = tiers.programme.until, tiers.programme.members
    oldest = members.joined.min().to_pandas()
    ago = {months: (pd.Timestamp(until) - pd.DateOffset(months=months)).date() for months in (_MONTHS, _FEWER_MONTHS)}
    young = pd.isna(oldest) or pd.Timestamp(oldest).date() > ago[_MONTHS]
    months = _FEWER_MONTHS if young else _MONTHS
    ends = {"before": ago[months], "now": until}
    stood = members
    for name, day in ends.items():
        stood = stood.left_join(_ranks_on(tiers.spells, day, name), "customer_id").drop("customer_id_right")
    day = ibis.date(ends["before"].isoformat())
    # Who had left by the earlier day is none of the programme's members in this time.
    stood = stood.filter(stood.left.isnull() | (stood.left >= day))
    placed = stood.select(before=stood.before.fill_null(NOT_YET), now=stood.now.fill_null(LEFT))
    counts = placed.group_by("before", "now").aggregate(members=placed.count())
    table = counts.order_by("before", "now").to_pandas().astype("int64")
    return TierMoves(names=tiers.names, since=ends["before"], until=until, months=months, table=table)


def _ranks_on(spells: ir.Table, day: date, name: str) -> ir.Table:
    """The tier of each member as a day begins."""
    on = ibis.date(day.isoformat())
    there = spells.filter(spells.from_day < on, spells.until_day.isnull() | (spells.until_day >= on))
    return there.group_by("customer_id").aggregate(**{name: there["rank"].max()})


def standing(
    tiers: Tiers | NotEnough, orders: ir.Table | NotEnough, *, recent_days: int = 90
) -> pd.DataFrame | NotEnough:
    """How far today's members have come in each tier.

    Args:
        tiers: From `member_tiers`.
        orders: From `tier_gaps.tier_orders`.
        recent_days: How long ago the last order may be for a member to count as buying.

    Returns:
        One row for each combination, ordered by it: `rank`, `orders` (since joining; 99 stands for more), `spend`
        (money of these, its lower bound in steps of two digits), with `members` and `recent` (of them, those who
        ordered in the last `recent_days`; counts).
    """
    if isinstance(tiers, NotEnough):
        return tiers
    if isinstance(orders, NotEnough):
        return orders
    sums = orders.group_by("customer_id").aggregate(
        orders=orders.count(), spend=orders.amount.sum().cast("float64"), last_day=orders.day.max()
    )
    last = ibis.date(tiers.programme.until.isoformat()) - ibis.interval(days=recent_days)
    there = tiers.spells.filter(tiers.spells.until_day.isnull())
    now = there.group_by("customer_id").aggregate(rank=there["rank"].max())
    each = now.left_join(sums, "customer_id")
    spend = ibis.greatest(each.spend.fill_null(0.0), 0.0)
    step = ibis.greatest((10 ** (ibis.greatest(spend, 1.0).log10().floor() - 1)).cast("float64"), 1.0)
    rows = each.select(
        "rank",
        orders=ibis.least(each.orders.fill_null(0), _HIGHEST_COUNT),
        spend=(spend / step).floor() * step,
        recent=(each.last_day >= last).fill_null(False),
    )
    counts = rows.group_by("rank", "orders", "spend").aggregate(members=rows.count(), recent=rows.recent.sum())
    frame = counts.order_by("rank", "orders", "spend").to_pandas()
    return frame.astype({"rank": "int64", "orders": "int64", "members": "int64", "recent": "int64", "spend": "float64"})

"""The gaps between orders of members who reached tiers: before the order that reaches one, after it, and elsewhere.

Only members who reached a tier leave the engine, a row for each of their tiers, with the days of the orders around it.
A gap is clean where no tier was reached lately when it began and it does not end in an order that reaches one.
"""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme
from retention_lib.measures.purchases import month_number
from retention_lib.measures.tiers import Tiers

MOST_MEMBERS = 20_000
"""Members (count) who reached a tier, drawn by a hash of the id, who stand for all where there are more."""

REST_DAYS = 30
"""How long after a tier was reached buying may be another than usual (days)."""

GAP_DAYS = (
    *("earlier_start", "earlier_end", "before_start", "before_end", "short_start", "reached"),
    *("next_end", "second_end", "later_start", "later_end", "latest_end"),
)


def tier_orders(programme: Programme | NotEnough, transactions: ir.Table) -> ir.Table | NotEnough:
    """What members ordered since joining, by day, materialised in the engine.

    Refunds are not taken off: an order counts towards a tier when it is made.

    Args:
        programme: From `programme.programme`.
        transactions: The store's `transactions`.

    Returns:
        Table of `customer_id`, `day`, `amount` (money), `place` (1 for the first day with an order at or after the
        moment of joining); NotEnough as given.
    """
    if isinstance(programme, NotEnough):
        return programme
    until = ibis.timestamp(programme.until.isoformat())
    sold = transactions.filter(transactions.ordered_at < until, transactions.amount >= 0)
    joined = sold.inner_join(programme.members.select("customer_id", "joined_at", "left"), "customer_id")
    day = joined.ordered_at.date()
    inside = joined.filter(joined.ordered_at >= joined.joined_at, joined.left.isnull() | (day <= joined.left))
    days = inside.group_by("customer_id", day=inside.ordered_at.date()).aggregate(amount=inside.amount.sum())
    paid = days.filter(days.amount > 0)
    return paid.mutate(place=(ibis.row_number() + 1).over(_by_day())).cache()


def tier_gaps(tiers: Tiers | NotEnough, orders: ir.Table | NotEnough) -> pd.DataFrame | NotEnough:
    """The orders around each tier that a member reached by ordering.

    Args:
        tiers: From `tiers.member_tiers`.
        orders: From `tier_orders`.

    Returns:
        One row a member and tier above the one of joining, the first time it was reached.

        - `member` (number of the member, from 0), `rank`, `tier`,
        - `orders`: orders since joining with the one that reached it (count); `spend_before`, `spend`: money of all
          orders since joining without it and with it,
        - days (from the first day of the year 1970; NaN where there was no such order or the gap is not clean) of
          the order that reached the tier (`reached`), of the one before it (`short_start`), of the clean gaps that end
          there (`before_start` to `before_end`) and before that (`earlier_start` to `earlier_end`), of the next order
          (`next_end`) and the one after it (`second_end`), and of the first two clean gaps that begin 30 days after
          (`later_start`, `later_end`, `latest_end`).
    """
    if isinstance(tiers, NotEnough):
        return tiers
    if isinstance(orders, NotEnough):
        return orders
    reached = _reached(tiers)
    drawn = reached.select("customer_id").distinct().order_by(_hash(reached), "customer_id").limit(MOST_MEMBERS)
    reached = reached.semi_join(drawn.cache(), "customer_id")
    own = orders.semi_join(reached, "customer_id").cache()
    marked = _marked(own, reached).cache()
    found = _around(marked).left_join(_later(marked), ["customer_id", "rank"])
    member = ibis.dense_rank().over(order_by="customer_id")
    days = {name: found[name].epoch_days().cast("float64") for name in GAP_DAYS}
    columns = found.select("rank", "orders", "spend_before", "spend", member=member, **days)
    frame = columns.order_by("member", "rank").to_pandas()
    frame = frame.astype({"rank": "int64", "orders": "int64", "member": "int64"})
    frame.insert(0, "tier", [tiers.names[rank] for rank in frame["rank"]])
    return frame


def month_pace(purchases: ir.Table, tiers: Tiers | NotEnough) -> pd.DataFrame | NotEnough:
    """Purchases of the same customers in each month and in the month before it.

    Of customers who had bought before the two months and bought again after them, so that who they are, and whether
    they are still customers, is the same in both; and who neither joined the programme nor left it in either.

    Args:
        purchases: From `purchases.purchase_days`.
        tiers: From `tiers.member_tiers`, until the same day.

    Returns:
        One row a month in which such customers bought, as in the month before, ordered: `month` (months since January
        1970, count), `purchases`, `before` (those of the same customers in the month before; purchase days, count).
    """
    if isinstance(tiers, NotEnough):
        return tiers
    until = ibis.date(tiers.programme.until.isoformat())
    seen = purchases.filter(purchases.day < until)
    people = seen.group_by("customer_id").aggregate(
        first=month_number(seen.day.min()), last=month_number(seen.day.max())
    )
    members = tiers.programme.members
    moments = members.select("customer_id", joined=month_number(members.joined), gone=month_number(members.left))
    people = people.left_join(moments, "customer_id").drop("customer_id_right")
    bought = seen.select("customer_id", month=month_number(seen.day)).group_by("customer_id", "month")
    rows = bought.aggregate(purchases=ibis._.count()).inner_join(people, "customer_id").cache()
    parts = [_compared(rows, first=rows.month + step, name=name) for step, name in ((0, "before"), (-1, "purchases"))]
    both = parts[0].inner_join(parts[1], "month").select("month", "purchases", "before")
    return both.order_by("month").to_pandas().astype("int64")


def _compared(rows: ir.Table, *, first: ir.IntegerColumn, name: str) -> ir.Table:
    """Purchases of who can be compared in the month `first` and the next, by the later of the two."""
    pair = rows.mutate(second=first + 1)
    same = [moment.isnull() | ~moment.isin([pair.second - 1, pair.second]) for moment in (pair.joined, pair.gone)]
    held = pair.filter(pair["first"] < pair.second - 1, pair["last"] > pair.second, *same)
    return held.group_by(month=held.second).aggregate(**{name: held.purchases.sum()})


def _by_day(group: str = "customer_id") -> ir.LegacyWindowBuilder:
    return ibis.window(group_by=group, order_by="day")


def _hash(table: ir.Table) -> ir.IntegerColumn:
    return table.customer_id.hash()


def _reached(tiers: Tiers) -> ir.Table:
    """When each member first reached each tier above all before, but not on joining."""
    spells = tiers.spells
    firsts = spells.group_by("customer_id", "rank").aggregate(reached=spells.from_day.min())
    order = ibis.window(group_by="customer_id", order_by=["reached", "rank"], following=0)
    highest = firsts.mutate(highest=firsts["rank"].max().over(order), place=ibis.row_number().over(order))
    return highest.filter(highest["rank"] == highest.highest, highest.place > 0).select(
        "customer_id", "rank", "reached"
    )


def _marked(own: ir.Table, reached: ir.Table) -> ir.Table:
    """Orders with the tier they reached, and whether the gap that begins with each is clean."""
    at = own.inner_join(reached, "customer_id").filter(ibis._.day <= ibis._.reached)
    placed = at.group_by("customer_id", "rank").aggregate(place=at.place.max())
    # Where one order reached two tiers, it counts for the higher.
    placed = placed.group_by("customer_id", "place").aggregate(rank=placed["rank"].max())
    joined = own.left_join(placed, ["customer_id", "place"]).drop("customer_id_right", "place_right")
    order = ibis.window(group_by="customer_id", order_by="place")
    so_far = ibis.window(group_by="customer_id", order_by="place", following=0)
    raised = joined["rank"].notnull()
    marked = joined.mutate(
        raises=raised.lead().over(order).fill_null(False),
        last_raise=raised.ifelse(joined.day, ibis.null("date")).max().over(so_far),
        spend=joined.amount.sum().over(so_far).cast("float64"),
    )
    rested = marked.last_raise.isnull() | (marked.day.delta(marked.last_raise, unit="day") >= REST_DAYS)
    return marked.mutate(rested=rested, clean=rested & ~marked.raises)


def _around(marked: ir.Table) -> ir.Table:
    """The orders just before and just after each that reached a tier."""
    order = ibis.window(group_by="customer_id", order_by="place")

    def day(step: int) -> ir.DateColumn:
        return (marked.day.lag(-step) if step < 0 else marked.day.lead(step)).over(order)

    def kept(step: int, day_step: int, mark: str) -> ir.DateColumn:
        holds = marked[mark].lag(-step).over(order).fill_null(False)
        return holds.ifelse(day(day_step), ibis.null("date"))

    next_is_plain = ~marked.raises
    second_is_plain = next_is_plain & ~marked.raises.lead(1).over(order).fill_null(False)
    told = marked.mutate(
        earlier_start=kept(-3, -3, "clean"),
        earlier_end=kept(-3, -2, "clean"),
        before_start=kept(-2, -2, "clean"),
        before_end=kept(-2, -1, "clean"),
        short_start=kept(-1, -1, "rested"),
        next_end=next_is_plain.ifelse(day(1), ibis.null("date")),
        second_end=second_is_plain.ifelse(day(2), ibis.null("date")),
    )
    found = told.filter(told["rank"].notnull())
    return found.mutate(orders=found.place, spend_before=found.spend - found.amount.cast("float64"), reached=found.day)


def _later(marked: ir.Table) -> ir.Table:
    """The first two clean gaps that begin when a member has rested after reaching a tier."""
    order = ibis.window(group_by="customer_id", order_by="place")
    told = marked.mutate(
        end=marked.day.lead(1).over(order),
        latest=marked.day.lead(2).over(order),
        clean_next=marked.clean.lead(1).over(order).fill_null(False),
    )
    reached = marked.filter(marked["rank"].notnull()).select("customer_id", "rank", reach=marked.day)
    after = told.drop("rank").inner_join(reached, "customer_id")
    after = after.filter(after.day.delta(after.reach, unit="day") >= REST_DAYS)
    starts = after.group_by("customer_id", "rank").aggregate(place=after.place.min())
    first = after.inner_join(starts, ["customer_id", "rank", "place"])
    nothing = ibis.null("date")
    return first.select(
        "customer_id",
        "rank",
        later_start=first.clean.ifelse(first.day, nothing),
        later_end=first.clean.ifelse(first.end, nothing),
        latest_end=(first.clean & first.clean_next).ifelse(first.latest, nothing),
    )

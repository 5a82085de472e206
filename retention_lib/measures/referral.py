"""Recommendations that were rewarded, and customers who came by one."""

from __future__ import annotations

from datetime import timedelta

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme
from retention_lib.measures.sales import Sales
from retention_lib.measures.steady import steady_sums

REFERRED, OTHERS = "referral", "others"

FOLLOWED_DAYS = 182
"""Days from the first purchase over which what customers brought is compared."""

_MARKS = ("refer", "recommend", "friend", "рекоменд", "приведи", "друзья")
_MONEY = ("revenue", "known_profit", "unpriced")
_SQUARES = ("profit_squares", "unpriced_squares", "products")


def is_referral(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a reason or a channel speaks of a recommendation, in English or Russian.

    Args:
        text: A reason of points, or a channel by which customers came.
    """
    low = text.lower()
    found = [low.contains(mark) for mark in _MARKS]
    told = found[0]
    for mark in found[1:]:
        told = told | mark
    return told


def rewarded_referrals(programme: Programme | NotEnough) -> pd.DataFrame | NotEnough:
    """Points that were given for recommendations.

    Args:
        programme: From `programme.programme`.

    Returns:
        One row: `grants` (entries), `members` (who got any), `points`, `since` (date: the day the first member joined).
    """
    if isinstance(programme, NotEnough):
        return programme
    events = programme.events
    told = events.filter(is_referral(events.reason), events.points > 0)
    sums = told.aggregate(
        grants=told.count(), members=told.customer_id.nunique(), points=told.points.sum().fill_null(0.0)
    )
    since = programme.members.joined.min().to_pandas()
    frame = sums.to_pandas().astype({"grants": "int64", "members": "int64"})
    first = None if pd.isna(since) else pd.Timestamp(since).date()
    return frame.assign(since=pd.Series([first], dtype="object"))


def referred_customers(
    programme: Programme | NotEnough, sales: Sales, customers: ir.Table | None
) -> pd.DataFrame | NotEnough:
    """New customers by whether they came by a recommendation, and what they brought in their first half-year.

    Args:
        programme: From `programme.programme`.
        sales: From `sales.daily_sales`, until the same day.
        customers: The store's `customers`; None where it has none.

    Returns:
        One row a `group` (`referral`, `others`), ordered: `new_before` and `new_since` (first purchase before the
        programme's first day, and since; those of the sales' first 28 days are left out, as they may be older),
        `customers` (whose first purchase lies 182 days back or more; all counts), and over these `revenue`,
        `known_profit`, `unpriced` of the 182 days from it (as in `sales.Sales`), `profit_squares`, `unpriced_squares`,
        `products`, and `priced` and `cost` (customers with a known acquisition cost, and its sum). No rows where the
        store does not say how customers came.
    """
    if isinstance(programme, NotEnough):
        return programme
    if customers is None or "acquisition_channel" not in customers.columns:
        return pd.DataFrame(columns=["group"])
    people = _people(sales, customers, programme).cache()
    sums = _money(people, sales)
    names = ("new_before", "new_since", "customers", "priced")
    counted = people.group_by("group").aggregate(
        new_before=(~people.since).sum(),
        new_since=people.since.sum(),
        customers=people.followed.sum(),
        priced=(people.followed & people.cost.notnull()).sum(),
        cost=people.cost.sum(where=people.followed).fill_null(0.0),
    )
    joined = counted.left_join(sums, "group").drop("group_right").to_pandas().fillna(0.0)
    typed = steady_sums(joined.astype(dict.fromkeys(names, "int64")), ("cost", *_MONEY, *_SQUARES))
    return typed.sort_values("group", ascending=False, ignore_index=True)


def _people(sales: Sales, customers: ir.Table, programme: Programme) -> ir.Table:
    """New customers whose channel is known: `number`, `first_day`, `group`, `since`, `followed`, `cost`."""
    known = customers.filter(customers.acquisition_channel.notnull(), customers.acquisition_channel != "")
    cost = known.acquisition_cost.cast("float64") if "acquisition_cost" in known.columns else ibis.null("float64")
    told = known.select("customer_id", group=is_referral(known.acquisition_channel).ifelse(REFERRED, OTHERS), cost=cost)
    people = sales.people.inner_join(told, "customer_id")
    begun = sales.days.day.min().as_scalar() + ibis.interval(days=28)
    people = people.filter(people.first_day.notnull(), people.first_day >= begun)
    last = ibis.date((sales.until - timedelta(days=FOLLOWED_DAYS)).isoformat())
    return people.select(
        "number",
        "first_day",
        "group",
        "cost",
        since=people.first_day >= programme.members.joined.min().as_scalar(),
        followed=people.first_day <= last,
    )


def _money(people: ir.Table, sales: Sales) -> ir.Table:
    """What those followed brought in their first half-year, by group."""
    seen = people.filter(people.followed).select("number", "first_day", "group")
    days = sales.days.inner_join(seen, "number")
    days = days.filter(days.day < days.first_day + ibis.interval(days=FOLLOWED_DAYS))
    money: dict[str, ir.Value] = {"revenue": days.revenue, "known_profit": ibis.literal(0.0), "unpriced": days.revenue}
    money |= {name: days[name] for name in _MONEY if sales.has_costs}
    sums = {name: value.cast("float64").sum() for name, value in money.items()}
    each = days.group_by("number", "group").aggregate(**sums)
    return each.group_by("group").aggregate(
        **{name: each[name].sum() for name in _MONEY},
        profit_squares=(each.known_profit**2).sum(),
        unpriced_squares=(each.unpriced**2).sum(),
        products=(each.known_profit * each.unpriced).sum(),
    )

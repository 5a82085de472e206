"""How long members were on the way to their first usable reward, and what they bought and left as profit until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.member_orders import MemberOrders
from retention_lib.measures.programme import Programme
from retention_lib.measures.steady import steady_sums

REACHED, LEFT, OPEN = "reached", "left", "open"
"""How the way to the first reward ended: there, left before it, or neither by the last day seen."""

TODAY = "today"
"""The way as it was."""

TINY = 1e-6
"""By how much a sum of points may miss a whole number (points)."""

KEYS = ("days", "outcome", "orders", "followed")
_MONEY = ("revenue", "known_profit", "unpriced")
SQUARES = {
    "profit_squares": ("known_profit", "known_profit"),
    "unpriced_squares": ("unpriced", "unpriced"),
    "products": ("known_profit", "unpriced"),
}
_LOWEST = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class FirstRewards:
    """When members first held a usable reward.

    Attributes:
        points: Points from which a reward can be used.
        accounts: In the engine, one row a member of `MemberOrders.accounts`: `account`, `reached_at` (moment at which
            the balance first was enough; NULL where never), `reached` (its day).
        ways: One row for all members alike, ordered by all keys: `way` (its name), `days` from joining to `outcome`
            (`reached`, `left` before, or `open` at the last day seen), `orders` (purchases from joining up to that day;
            0 for those not `reached`), `followed` (as in `MemberOrders.accounts`), `members` (count), and of those
            `reached` sums over them of what they paid up to that day (`revenue`, `known_profit`, `unpriced`; as in
            `sales.Sales`) with `profit_squares`, `unpriced_squares` and `products` (sums over members of squares and
            products of the last two).
    """

    points: float
    accounts: ir.Table
    ways: pd.DataFrame


def redeeming_balances(programme: Programme | NotEnough) -> pd.DataFrame | NotEnough:
    """What members' balances were when they paid with points.

    The balance of a moment is what was left after it and what it took, however many lots that came from.

    Args:
        programme: From `programme.programme`.

    Returns:
        One row: `redemptions` (moments at which a member paid with points), `lowest` (points: the balance that 99 of
        100 of them had at least; NaN without any). NotEnough("points_known") where the events carry no points.
    """
    if isinstance(programme, NotEnough):
        return programme
    if "points" not in programme.known:
        return NotEnough("points_known", 0, 1)
    events = programme.events
    paid = events.filter(events.event == "redeem")
    balances = _balances(events.semi_join(paid, "customer_id"), "customer_id")
    used = balances.filter(balances.redeemed > 0)
    lowest = used.aggregate(redemptions=used.count(), lowest=(used.balance + used.redeemed).quantile(_LOWEST))
    frame = lowest.to_pandas().astype({"redemptions": "int64"})
    return steady_sums(frame, ["lowest"])


def first_rewards(
    programme: Programme | NotEnough, orders: MemberOrders | NotEnough, points: float | NotEnough
) -> FirstRewards | NotEnough:
    """When members' balances first were enough for a reward, by the ledger's own entries, expiry included.

    Args:
        programme: From `programme.programme`.
        orders: From `member_orders.member_orders`.
        points: Points from which a reward can be used.
    """
    if isinstance(programme, NotEnough):
        return programme
    if isinstance(orders, NotEnough):
        return orders
    if isinstance(points, NotEnough):
        return points
    own = programme.events.inner_join(orders.accounts.select("customer_id", "account"), "customer_id")
    balances = _balances(own.filter(own.points != 0), "account")
    enough = balances.filter(balances.balance + balances.redeemed >= points - TINY)
    reached = enough.group_by("account").aggregate(reached_at=enough.occurred_at.min())
    accounts = orders.accounts.left_join(reached, "account")
    known = accounts.select("account", "reached_at", reached=accounts.reached_at.date()).cache()
    return FirstRewards(points=float(points), accounts=known, ways=ways_to_rewards(orders, {TODAY: known}))


def ways_to_rewards(orders: MemberOrders, ends: Mapping[str, ir.Table]) -> pd.DataFrame:
    """The ways of all members up to the day on which they got there, left or were seen last.

    Args:
        orders: From `member_orders.member_orders`.
        ends: Tables of `account` and `reached` (date; NULL where never), by the name of the way.

    Returns:
        As `FirstRewards.ways`, of each way.
    """
    told = (table.select("account", "reached", way=ibis.literal(name)) for name, table in ends.items())
    rows = ibis.union(*told) if len(ends) > 1 else next(told)
    own = rows.inner_join(orders.accounts.drop("customer_id", "joined_at"), "account")
    # A balance after the last day as a member is nobody's reward.
    there = own.filter(own.reached <= own["last"]).cache()
    frame = pd.concat([_counted_there(there, orders).to_pandas(), _counted_others(there, orders, list(ends))])
    whole = ("days", "orders", "followed", "members")
    frame = steady_sums(frame.astype(dict.fromkeys(whole, "int64")), (*_MONEY, *SQUARES))
    return frame[["way", *KEYS, "members", *_MONEY, *SQUARES]].sort_values(["way", *KEYS], ignore_index=True)


def _counted_there(there: ir.Table, orders: MemberOrders) -> ir.Table:
    """The members who got there, those alike in all keys counted together."""
    so_far = orders.so_far.rename(number="account")
    known = there.asof_join(so_far, there.reached >= so_far.day, predicates=[there.account == so_far.number])
    sums = {name: known[name].fill_null(0) for name in ("orders", *_MONEY)}
    own = known.select("way", "followed", days=known.reached.delta(known.joined, unit="day"), **sums)
    return own.group_by("way", "days", "orders", "followed", outcome=ibis.literal(REACHED)).aggregate(
        members=own.count(),
        **{column: own[column].sum() for column in _MONEY},
        **{square: (own[one] * own[other]).sum() for square, (one, other) in SQUARES.items()},
    )


def _counted_others(there: ir.Table, orders: MemberOrders, ways: Sequence[str]) -> pd.DataFrame:
    """The members who did not get there: all of them less those who did."""
    ends = {
        name: table.mutate(days=table["last"].delta(table.joined, unit="day"), outcome=table["left"].ifelse(LEFT, OPEN))
        for name, table in (("all", orders.accounts), ("there", there))
    }
    keys = ["days", "outcome", "followed"]
    all_members = ends["all"].group_by(*keys).aggregate(members=ibis._.count()).to_pandas()
    reached = ends["there"].group_by("way", *keys).aggregate(reached=ibis._.count()).to_pandas()
    each = all_members.merge(pd.DataFrame({"way": list(ways)}), how="cross")
    each = each.merge(reached, on=["way", *keys], how="left")
    members = each["members"] - each["reached"].fillna(0)
    others = each.assign(members=members, orders=0, **dict.fromkeys((*_MONEY, *SQUARES), 0.0))
    return others.loc[members > 0].drop(columns="reached")


def _balances(events: ir.Table, key: str) -> ir.Table:
    """The balance after each moment of an account, named by a column, and the points redeemed in it."""
    moments = events.group_by(key, "occurred_at").aggregate(
        change=events.points.sum(),
        redeemed=-events.points.sum(where=events.event == "redeem").fill_null(0.0),
    )
    so_far = ibis.cumulative_window(group_by=key, order_by="occurred_at")
    return moments.mutate(balance=moments.change.sum().over(so_far))

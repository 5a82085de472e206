"""What points were given for, what became of them, and whom they brought to a first reward."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.accrual import TINY, FirstRewards
from retention_lib.measures.member_orders import MemberOrders
from retention_lib.measures.points import PointLots
from retention_lib.measures.sharing import FEWEST, named_if_shared
from retention_lib.measures.steady import steady_sums

ALL = "all"
"""The kind of the row of all points."""

_GONE = {"redeemed": ("redeem",), "expired": ("expire", "forfeit"), "taken": ("reverse", "adjust")}
_SUMS = ("points", "redeemed", "expired", "over", "over_redeemed", "over_expired")
_SQUARES = {
    "over_squares": ("over", "over"),
    "redeemed_squares": ("over_redeemed", "over_redeemed"),
    "redeemed_products": ("over", "over_redeemed"),
    "expired_squares": ("over_expired", "over_expired"),
    "expired_products": ("over", "over_expired"),
}


def granted_points(
    lots: PointLots | NotEnough, orders: MemberOrders | NotEnough, firsts: FirstRewards | NotEnough
) -> pd.DataFrame | NotEnough:
    """Points credited by kind and reason.

    A lot is over when its date of expiry has passed, or when it has none: what was redeemed of points that can still be
    used says too little of what will be.

    Args:
        lots: From `points.lots`.
        orders: From `member_orders.member_orders`.
        firsts: From `accrual.first_rewards`, of the same members.

    Returns:
        One row a kind and reason, ordered by both, and one of kind `all`: `kind` (earn, grant, adjust), `reason` (empty
        where unknown; `sharing.RARE` for those of few members), `grants` (lots), `members` (who got any), in points
        `points` (credited), `redeemed`, `expired` (expired or forfeited), `over` (credited in lots that are over),
        `over_redeemed`, `over_expired` (of these); sums over members of squares and products of the last three
        (`over_squares`, `redeemed_squares`, `redeemed_products`, `expired_squares`, `expired_products`); `dated` (lots
        with a date of expiry, count), `valid_days` (median days from crediting to it; NaN without any); `helped`
        (members who came to their first reward and whose balance of that day, without these points, would not have been
        enough) and `reached` (all who came to it), both of `orders`.
    """
    if isinstance(lots, NotEnough):
        return lots
    if isinstance(orders, NotEnough):
        return orders
    if isinstance(firsts, NotEnough):
        return firsts
    told = _lots(lots).cache()
    rows = _summed(told).merge(_valid_days(told), on=["kind", "reason"], how="left")
    helped = _helped(told, lots, orders, firsts)
    reached = int(firsts.accounts.reached.count().to_pandas())
    rows = rows.merge(helped, on=["kind", "reason"], how="left").assign(reached=reached)
    whole = dict.fromkeys(("grants", "members", "dated", "helped", "reached"), "int64")
    frame = rows.fillna({"helped": 0}).astype(whole)
    columns = ["kind", "reason", "grants", "members", *_SUMS, *_SQUARES, "dated", "valid_days", "helped", "reached"]
    return steady_sums(frame[columns], (*_SUMS, *_SQUARES)).sort_values(["kind", "reason"], ignore_index=True)


def _lots(lots: PointLots) -> ir.Table:
    """The lots with what went of each, in points as floats."""
    moved = lots.movements
    gone = moved.group_by("lot").aggregate(
        **{name: moved.points.sum(where=moved.event.isin(events)) for name, events in _GONE.items()}
    )
    named = named_if_shared(lots.lots, "reason", fewest=FEWEST)
    each = named.left_join(gone, "lot").drop("lot_right")
    until = ibis.date(lots.programme.until.isoformat())
    over = (each.expires.isnull() | (each.expires <= until)).cast("float64")
    amounts = {name: each[name].fill_null(0).cast("float64") for name in ("points", "redeemed", "expired")}
    return each.select(
        *("customer_id", "lot", "earned", "expires", "kind", "reason"),
        **amounts,
        **{f"over_{name}": over * amounts[name] for name in ("redeemed", "expired")},
        over=over * amounts["points"],
    )


def _summed(told: ir.Table) -> pd.DataFrame:
    """Sums over the lots of each kind and reason, and of all, and over their members."""
    sums = {name: told[name].sum() for name in _SUMS}
    each = told.group_by("customer_id", "kind", "reason").aggregate(
        grants=told.count(), dated=told.expires.count(), **sums
    )
    each = each.cache()
    names = ("grants", "dated", *_SUMS)
    whole = each.group_by("customer_id", kind=ibis.literal(ALL), reason=ibis.literal("")).aggregate(
        **{name: each[name].sum().cast(each[name].type()) for name in names}
    )
    rows = each.union(whole.select(*each.columns))
    found = {name: rows[name].sum() for name in names}
    found |= {name: (rows[one] * rows[other]).sum() for name, (one, other) in _SQUARES.items()}
    return rows.group_by("kind", "reason").aggregate(members=rows.count(), **found).to_pandas()


def _valid_days(told: ir.Table) -> pd.DataFrame:
    """How long points are valid, by kind and reason: `kind`, `reason`, `valid_days`."""
    known = told.filter(told.expires.notnull())
    days = known.expires.delta(known.earned, unit="day")
    return known.group_by("kind", "reason").aggregate(valid_days=days.median().cast("float64")).to_pandas()


def _helped(told: ir.Table, lots: PointLots, orders: MemberOrders, firsts: FirstRewards) -> pd.DataFrame:
    """Members who held enough for a reward only with the points of a kind and reason: `helped`, by `kind`, `reason`."""
    there = firsts.accounts.filter(firsts.accounts.reached.notnull())
    there = there.inner_join(orders.accounts.select("account", "customer_id"), "account")
    own = told.inner_join(there.select("account", "customer_id", "reached"), "customer_id")
    alive = own.expires.isnull() | (own.expires > own.reached)
    own = own.filter(own.earned <= own.reached, alive).select("account", "lot", "kind", "reason", "reached", "points")
    own = own.cache()
    before = lots.movements.inner_join(own.select("lot", "reached"), "lot")
    before = before.filter(before.day < before.reached)
    gone = before.group_by("lot").aggregate(gone=before.points.sum().cast("float64"))
    held = own.left_join(gone, "lot")
    held = held.mutate(held=held.points - held.gone.fill_null(0.0))
    parts = held.group_by("account", "kind", "reason").aggregate(held=held.held.sum())
    rest = parts.held.sum().over(ibis.window(group_by="account")) - parts.held
    marked = parts.mutate(rest=rest)
    short = marked.filter(marked.rest < firsts.points - TINY, marked.held > 0)
    return short.group_by("kind", "reason").aggregate(helped=short.count()).to_pandas()

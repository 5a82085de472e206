"""The orders of the units of a test, each with its day since the assignment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
from ibis.expr import types as ir

from retention_lib.measures.experiment_spans import dated_rows, pieces
from retention_lib.measures.experiment_units import text_number
from retention_lib.measures.experiments import Experiment
from retention_lib.measures.packing import packed
from retention_lib.measures.sales import MONEY

IN_SALES_SHARE = 0.95
"""A kind of coupon is in the sales already where so many of its uses have a discount that covers it."""

_ORDER_DAYS = 31
"""The lines of an order are sold within so many days; what comes back of it may come back at any time."""


def has_profit(transactions: ir.Table, gross_margin: float | None) -> bool:
    """Whether gross profit can be told: from the cost of the goods, or from a stated margin.

    Args:
        transactions: The store's `transactions`.
        gross_margin: The margin, in [0, 1]; None where none is stated.
    """
    return "cost" in transactions.columns or gross_margin is not None


def unit_orders(test: Experiment, *, gross_margin: float | None) -> ir.Table:
    """What the units ordered from the days before the assignment to the end of the weeks after the window.

    An order is dated by its first row, and what came back of it counts with it whenever it came. What came back after
    the assignment of an order made before it counts on its own day: the offer may have moved it.

    Args:
        test: The test; it must have dates, and its store `transactions`.
        gross_margin: Margin of rows without a cost, in [0, 1]; without one they leave no profit.

    Returns:
        Tables kept in the engine, one row an order: `unit`, `order` (`text_number` of its id; two orders of a unit with
        one number are not to be expected among ten million units; NULL on rows of what came back late), `age` (days
        since the assignment; negative before it), `begun` (bool: made at the time of the assignment or later), `kept`
        (bool: something was), `revenue` (net money), `sold` (before refunds) and, where known, `gross_profit` and
        `discount`.
    """
    reading = test.reading
    with _sale_rows(test, gross_margin).cache() as rows:
        parts = []
        for (piece,) in pieces(test, rows):
            orders = _orders(piece, free=test.store.zero_amount_is_purchase)
            near = orders.filter(orders.age >= -reading.before_days, orders.age < reading.full_days)
            parts.append(packed(near))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def coupon_uses(test: Experiment, orders: ir.Table) -> ir.Table | None:
    """The uses of the test's coupons, each with its day since the assignment.

    Args:
        test: The test; it must have dates.
        orders: From `unit_orders`.

    Returns:
        Table kept in the engine, one row a use: `unit`, `order` (NULL where none is known), `age`, `begun` (of its
        order where known, else of itself), `kept` (of its order; true where none is known), `cost` (its value where the
        sales do not have it as a discount, else 0), `value` (money off in either case); None where the store has no
        redemptions of the test.
    """
    redemptions = test.store.find("redemptions")
    if redemptions is None:
        return None
    kinds = {"order_id": "string", "value": MONEY}
    missing = {name: ibis.null(kind) for name, kind in kinds.items() if name not in redemptions.columns}
    rows = redemptions.filter(redemptions.campaign_id == test.name).mutate(**missing)
    uses = dated_rows(test, rows, "redeemed_at")
    uses = uses.select(
        "unit",
        "coupon_id",
        "age",
        "begun",
        order=uses.order_id.notnull().ifelse(text_number(uses.order_id), ibis.null("uint64")),
        value=uses.value.fill_null(0).cast(MONEY),
    )
    found = _uses(uses, orders)
    kept = packed(found.filter(found.age < test.reading.full_days))
    return kept if kept.count().to_pandas() else None


def _sale_rows(test: Experiment, gross_margin: float | None) -> ir.Table:
    """Rows of the orders that may lie in the days looked at, as narrow as can be."""
    assert test.first_day is not None
    assert test.last_day is not None
    sales = test.store.table("transactions")
    reading = test.reading
    since = ibis.timestamp((test.first_day - timedelta(days=reading.before_days + _ORDER_DAYS)).isoformat())
    end = ibis.timestamp((test.last_day + timedelta(days=reading.full_days)).isoformat())
    # Lines sold after the last day looked at belong to no order of it; what came back may.
    rows = sales.filter(sales.ordered_at >= since, (sales.ordered_at < end) | (sales.amount < 0))
    back = rows.filter(rows.amount < 0)
    earlier = sales.filter(sales.ordered_at < since).semi_join(back, "order_id").select("customer_id", "order_id")
    joined = rows.left_join(earlier.distinct().mutate(early=True), ["customer_id", "order_id"])
    joined = joined.drop("customer_id_right", "order_id_right")
    rows = dated_rows(test, joined.mutate(late=joined.early.fill_null(False)).drop("early"), "ordered_at")
    rows = rows.filter(rows.begun | ~rows.late)
    told = {"revenue": rows.amount}
    if has_profit(sales, gross_margin):
        told["gross_profit"] = _profit(rows, gross_margin)
    if "discount" in rows.columns:
        told["discount"] = (rows.amount > 0).ifelse(rows.discount, 0).fill_null(0).cast(MONEY)
    # The day and whether it was before the assignment in one number: the least is that of the first row.
    at = (rows.age * 2 + rows.begun.cast("int32")).cast("int32")
    return rows.select("unit", "late", at=at, order=text_number(rows.order_id), **told)


def _orders(rows: ir.Table, *, free: bool) -> ir.Table:
    """The rows of each order put together, and apart from them what came late of orders made before the assignment."""
    amounts = [name for name in ("revenue", "gross_profit", "discount") if name in rows.columns]
    known = rows.filter(~rows.late)
    early = known["at"] % 2 == 0
    summed = known.group_by("unit", "order").aggregate(
        at=known["at"].min().cast("int32"),
        last=known["at"].max().cast("int32"),
        **_sums(known, amounts),
        **{f"early_{name}": value for name, value in _sums(known, amounts, early).items()},
    )
    whole = summed["at"] % 2 != 0
    parted = summed.filter(~whole, summed["last"] % 2 != 0)
    told = {name: whole.ifelse(summed[name], summed[f"early_{name}"]) for name in ("sold", *amounts)}
    kept = told["revenue"] > 0
    if free:
        kept |= (told["revenue"] == 0) & (told["sold"] == 0)
    orders = summed.select("unit", "order", "at", kept=kept, **told)
    after = known.filter(~early).semi_join(parted, ["unit", "order"]).union(rows.filter(rows.late))
    late = after.group_by("unit", "at").aggregate(**_sums(after, amounts))
    return _aged(orders.union(late.mutate(order=ibis.null("uint64"), kept=False).select(*orders.columns)))


def _sums(rows: ir.Table, amounts: Sequence[str], where: ir.BooleanValue | None = None) -> dict[str, ir.Value]:
    """Sums over rows, of what was sold among them; over some of them where so asked."""
    sold = ibis.greatest(rows.revenue, ibis.literal(0).cast(MONEY))
    values = {"sold": sold, **{name: rows[name] for name in amounts}}
    return {name: value.sum(where=where).fill_null(0).cast(MONEY) for name, value in values.items()}


def _aged(orders: ir.Table) -> ir.Table:
    """Orders with their day, and whether they were made at the assignment or later."""
    begun = orders["at"] % 2 != 0
    age = ((orders["at"] - begun.cast("int32")) // 2).cast("int32")
    return orders.mutate(begun=begun, age=age).drop("at")


def _profit(rows: ir.Table, gross_margin: float | None) -> ir.Value:
    """Net money less the cost of the goods; of rows without a cost, the margin of it."""
    unpriced = (rows.amount.cast("float64") * (gross_margin or 0.0)).round(4).cast(MONEY)
    if "cost" not in rows.columns:
        return unpriced
    return rows.cost.notnull().ifelse((rows.amount - rows.cost).cast(MONEY), unpriced)


def _uses(uses: ir.Table, orders: ir.Table) -> ir.Table:
    """The uses with the day of their orders, or their own, and with what they cost beyond the sales."""
    discount = orders.discount if "discount" in orders.columns else ibis.literal(0).cast(MONEY)
    of_order = {f"order_{name}": orders[name] for name in ("age", "begun", "kept")}
    known = orders.select("unit", "order", discount=discount, **of_order)
    joined = uses.left_join(known, ["unit", "order"]).drop("unit_right", "order_right")
    covered = (joined.discount >= joined.value).fill_null(False)
    # A use whose order lies outside the days looked at does not say whether the others are in the sales.
    share = covered.cast("float64").mean(where=joined.order_age.notnull()).over(group_by="coupon_id")
    in_sales = (share >= IN_SALES_SHARE).fill_null(False)
    return joined.select(
        "unit",
        "order",
        age=ibis.coalesce(joined.order_age, joined.age),
        begun=ibis.coalesce(joined.order_begun, joined.begun),
        kept=joined.order_kept.fill_null(True),
        cost=in_sales.ifelse(0, joined.value).cast(MONEY),
        value=joined.value,
    )

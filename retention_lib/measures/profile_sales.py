"""What a customer bought: the part of the customer profile that comes from sales and coupons."""

from __future__ import annotations

from datetime import date

import ibis
from ibis.expr import types as ir


def sold_orders(transactions: ir.Table, *, until: date, zero_amount_is_purchase: bool = False) -> ir.Table:
    """Orders with a positive net amount.

    Args:
        transactions: The store's `transactions`, with `order_id`.
        until: First day that is no longer seen (half-open).
        zero_amount_is_purchase: Whether an order that cost nothing counts, too; one refunded in full never does.

    Returns:
        Table of `customer_id`, `order_id`, `ordered_at` (first stamp), `net` (money), `discount` (money, never
        negative; 0 where the source has none), `channel` (text; null where the source has none).
    """
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    orders = seen.group_by("customer_id", "order_id").aggregate(
        ordered_at=seen.ordered_at.min(),
        net=seen.amount.sum(),
        free=(seen.amount == 0).all(),
        discount=_discount(seen),
        channel=seen.channel.min() if "channel" in seen.columns else ibis.null("string"),
    )
    return orders.filter((orders.net > 0) | orders.free if zero_amount_is_purchase else orders.net > 0).drop("free")


def sales_part(transactions: ir.Table, purchases: ir.Table, orders: ir.Table, *, until: date) -> ir.Table:
    """Recency, frequency, money, scores, refunds and discounts by customer.

    Args:
        transactions: The store's `transactions`.
        purchases: From `purchases.purchase_days`.
        orders: From `sold_orders`.
        until: First day that is no longer seen.

    Returns:
        One row a customer with a row of sales; the columns of `PROFILE_SUBJECTS["Sales"]` that they carry.
    """
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    money = seen.group_by("customer_id").aggregate(
        monetary=seen.amount.sum(),
        refund_share=_share(-seen.amount.sum(where=seen.amount < 0), seen.amount.sum(where=seen.amount > 0)),
    )
    order_part = _order_part(orders, discounts="discount" in transactions.columns)
    part = money.left_join(order_part, "customer_id").drop("customer_id_right")
    return part.left_join(_recency_part(purchases, money, until=until), "customer_id").drop("customer_id_right")


def category_part(transactions: ir.Table, orders: ir.Table) -> ir.Table:
    """The categories a customer bought and kept.

    Args:
        transactions: The store's `transactions`, with `category`.
        orders: From `sold_orders`.

    Returns:
        Table of `customer_id`, `category_breadth`, `favourite_category`.
    """
    order = ["customer_id", "order_id"]
    lines = transactions.filter(transactions.category.notnull()).semi_join(orders, order)
    bought = lines.group_by([*order, "category"]).aggregate(net=lines.amount.sum())
    kept = bought.filter(bought.net > 0)
    breadth = kept.group_by("customer_id").aggregate(category_breadth=kept.category.nunique())
    favourite = _commonest(kept, "category", "favourite_category")
    return breadth.left_join(favourite, "customer_id").drop("customer_id_right")


def channel_part(orders: ir.Table) -> ir.Table:
    """The channel of most of a customer's orders.

    Args:
        orders: From `sold_orders`.

    Returns:
        Table of `customer_id`, `main_channel`.
    """
    return _commonest(orders.filter(orders.channel.notnull()), "channel", "main_channel")


def coupon_part(redemptions: ir.Table, *, until: date) -> ir.Table:
    """Coupons a customer used.

    Args:
        redemptions: The store's `redemptions`.
        until: First day that is no longer seen.

    Returns:
        Table of `customer_id`, `coupons_used`.
    """
    seen = redemptions.filter(redemptions.redeemed_at < ibis.timestamp(until.isoformat()))
    return seen.group_by("customer_id").aggregate(coupons_used=seen.count())


def quintile(value: ir.Value) -> ir.IntegerValue:
    """The fifth of the rows a value falls into, 1 for the lowest to 5; equal values fall into the same.

    A row's fifth is decided by the share of rows with a smaller value.
    """
    smaller = ibis.rank().over(ibis.window(order_by=value))
    rows = value.count().over(ibis.window())
    return (smaller * 5 // rows + 1).cast("int64")


def _discount(seen: ir.Table) -> ir.Value:
    if "discount" not in seen.columns:
        return ibis.literal(0)
    # The discount of a returned line is given back with it.
    return seen.discount.abs().sum(where=seen.amount >= 0).coalesce(0)


def _order_part(orders: ir.Table, *, discounts: bool) -> ir.Table:
    count, net, given = orders.count(), orders.net.sum(), orders.discount.sum()
    with_discount = (orders.discount > 0).cast("int64").sum()
    figures = {"orders": count, "average_order": (net.cast("float64") / count).round(6)}
    if discounts:
        figures["discount_share"] = _share(given, net + given)
        figures["discount_dependence"] = (with_discount / count).round(6)
    return orders.group_by("customer_id").aggregate(**figures)


def _recency_part(purchases: ir.Table, money: ir.Table, *, until: date) -> ir.Table:
    days = purchases.group_by("customer_id").aggregate(
        first_purchase=purchases.day.min(), last_purchase=purchases.day.max(), frequency=purchases.count()
    )
    buyers = days.inner_join(money.select("customer_id", "monetary"), "customer_id")
    return buyers.select(
        "customer_id",
        "first_purchase",
        "last_purchase",
        "frequency",
        recency_days=ibis.date(until.isoformat()).delta(buyers.last_purchase, unit="day"),
        recency_score=quintile(buyers.last_purchase),
        frequency_score=quintile(buyers.frequency),
        monetary_score=quintile(buyers.monetary),
    )


def _share(part: ir.Value, whole: ir.Value) -> ir.Value:
    """A share of two sums of money; missing where there is no whole."""
    # cast: a sum of DECIMAL is exact in any order, its quotient as a float is the same in every run.
    return (part.coalesce(0).cast("float64") / whole.cast("float64").nullif(0)).round(6)


def _commonest(rows: ir.Table, value: str, name: str) -> ir.Table:
    """Each customer's value in most orders, then with most money, then the first by name."""
    counts = rows.group_by("customer_id", value).aggregate(orders=rows.order_id.nunique(), money=rows.net.sum())
    order = [ibis.desc("orders"), ibis.desc("money"), value]
    ranked = counts.mutate(place=ibis.row_number().over(ibis.window(group_by="customer_id", order_by=order)))
    return ranked.filter(ranked.place == 0).select("customer_id", **{name: ranked[value]})

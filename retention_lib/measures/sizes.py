"""How large orders and customers are: counts by size, the largest of them, and customers without a net purchase."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd

SHOWN_ORDERS = 5
LOG_STEPS = 100
"""Steps of the natural logarithm by which orders are counted: each is 1 % wide, so a store has a few thousand."""


def order_totals(transactions: ibis.Table) -> ibis.Table:
    """Orders with their net money, those of nothing left out. Computed once in the engine.

    Args:
        transactions: The store's `transactions`.

    Returns:
        Table of `customer_id`, `order_id`, `day` (date of the first row), `amount` (net money, never 0).
    """
    orders = transactions.group_by("customer_id", "order_id").aggregate(
        day=transactions.ordered_at.min().date(), amount=transactions.amount.sum()
    )
    return orders.filter(orders.amount != 0).cache()


def order_sizes(orders: ibis.Table) -> pd.DataFrame:
    """Orders counted by their size.

    Args:
        orders: From `order_totals`.

    Returns:
        Columns `log_step` (floor of 100 x the natural logarithm of the absolute amount), `refund` (bool),
        `orders` (count), `revenue` (net money), ordered by size and refund.
    """
    size = orders.amount.abs().cast("float64")
    steps = orders.group_by(log_step=(size.ln() * LOG_STEPS).floor().cast("int64"), refund=orders.amount < 0)
    counted = steps.aggregate(orders=ibis._.count(), revenue=ibis._.amount.sum())
    frame = counted.order_by("log_step", "refund").to_pandas()
    return frame.assign(revenue=frame["revenue"].astype(float))


def largest_orders(orders: ibis.Table, *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """The largest orders and refunds.

    Args:
        orders: From `order_totals`.
        hashed: Gives the hash of a customer's id.

    Returns:
        Columns `day` (date), `amount` (net money), `customer` (hashed id), largest first; five rows at most.
    """
    keys = [ibis.desc(orders.amount.abs()), orders.day, orders.customer_id, orders.order_id]
    frame = orders.order_by(keys).limit(SHOWN_ORDERS).to_pandas()
    return pd.DataFrame(
        {
            "day": [pd.Timestamp(day).date() for day in frame["day"]],
            "amount": frame["amount"].astype(float),
            "customer": [hashed(customer) for customer in frame["customer_id"]],
        }
    )


def largest_customers(transactions: ibis.Table, *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """The customer with the most rows, the one with the most revenue, and all others together.

    Args:
        transactions: The store's `transactions`.
        hashed: Gives the hash of a customer's id.

    Returns:
        Columns `customer` (hashed id; empty for all others), `customers`, `rows`, `orders` (counts), `revenue`
        (net money); one or two customers, then the others.
    """
    each = transactions.group_by("customer_id").aggregate(
        rows=transactions.count(), orders=transactions.order_id.nunique(), revenue=transactions.amount.sum()
    )
    each = each.cache()
    by_rows = each.order_by([ibis.desc("rows"), "customer_id"]).limit(1)
    by_revenue = each.order_by([ibis.desc("revenue"), "customer_id"]).limit(1)
    top = by_rows.union(by_revenue, distinct=True).order_by([ibis.desc("rows"), "customer_id"]).to_pandas()
    total = each.aggregate(
        customers=each.count(), rows=each.rows.sum(), orders=each.orders.sum(), revenue=each.revenue.sum()
    ).to_pandas()
    counts = top[["rows", "orders", "revenue"]].astype(float).sum()
    named = top.assign(customer=[hashed(customer) for customer in top["customer_id"]], customers=1)
    others = {name: float(total[name].iloc[0]) - counts[name] for name in ("rows", "orders", "revenue")}
    rest = pd.DataFrame([{"customer": "", "customers": int(total["customers"].iloc[0]) - len(top), **others}])
    columns = ["customer", "customers", "rows", "orders", "revenue"]
    frame = pd.concat([named[columns].astype({"revenue": float}), rest[columns]], ignore_index=True)
    return frame.astype({"rows": "int64", "orders": "int64"})


def customer_nets(transactions: ibis.Table) -> pd.DataFrame:
    """How many customers returned as much as they bought.

    Args:
        transactions: The store's `transactions`.

    Returns:
        One row: `customers` (count), `negative` (those whose net money is 0 or less; count), `amount` (the net
        money of those).
    """
    nets = transactions.group_by("customer_id").aggregate(net=transactions.amount.sum())
    low = nets.net <= 0
    found = nets.aggregate(
        customers=nets.count(), negative=low.cast("int64").sum(), amount=nets.net.sum(where=low).cast("float64")
    ).to_pandas()
    return found.fillna(0).astype({"negative": "int64", "amount": "float64"})

"""How large orders and customers are: counts by size, the largest of them, and customers without a net purchase."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import pandas as pd

SHOWN_ORDERS = 5
LOG_STEPS = 100
"""Steps of the natural logarithm by which orders are counted: each is 1 % wide, so a store has a few thousand."""


def order_totals(transactions: ibis.Table) -> ibis.Table:
    """Orders with their net money. Computed once in the engine, for all that is asked of orders and customers.

    Args:
        transactions: The store's `transactions`.

    Returns:
        Table of `customer_id`, `order_id`, `day` (date of the first row), `amount` (net money; 0 for an order
        refunded in full), `rows` (count).
    """
    orders = transactions.group_by("customer_id", "order_id").aggregate(
        day=transactions.ordered_at.min().date(), amount=transactions.amount.sum(), rows=transactions.count()
    )
    return orders.cache()


def customer_totals(orders: ibis.Table) -> ibis.Table:
    """Customers with their rows, orders and net money. Computed once in the engine.

    Args:
        orders: From `order_totals`.

    Returns:
        Table of `customer_id`, `rows`, `orders` (counts), `revenue` (net money).
    """
    customers = orders.group_by("customer_id").aggregate(
        rows=orders.rows.sum(), orders=orders.count(), revenue=orders.amount.sum()
    )
    return customers.cache()


def order_sizes(orders: ibis.Table) -> pd.DataFrame:
    """Orders counted by their size, those of nothing left out.

    Args:
        orders: From `order_totals`.

    Returns:
        Columns `log_step` (floor of 100 x the natural logarithm of the absolute amount), `refund` (bool),
        `orders` (count), `revenue` (net money), ordered by size and refund.
    """
    orders = orders.filter(orders.amount != 0)
    size = orders.amount.abs().cast("float64")
    steps = orders.group_by(log_step=(size.ln() * LOG_STEPS).floor().cast("int64"), refund=orders.amount < 0)
    counted = steps.aggregate(orders=ibis._.count(), revenue=ibis._.amount.sum())
    frame = counted.order_by("log_step", "refund").to_pandas()
    return frame.assign(revenue=frame["revenue"].astype(float))


def largest_orders(orders: ibis.Table, *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """The largest orders and refunds, those of nothing left out.

    Args:
        orders: From `order_totals`.
        hashed: Gives the hash of a customer's id.

    Returns:
        Columns `day` (date), `amount` (net money), `customer` (hashed id), largest first; five rows at most.
    """
    orders = orders.filter(orders.amount != 0)
    keys = [ibis.desc(orders.amount.abs()), orders.day, orders.customer_id, orders.order_id]
    frame = orders.order_by(keys).limit(SHOWN_ORDERS).to_pandas()
    return pd.DataFrame(
        {
            "day": [pd.Timestamp(day).date() for day in frame["day"]],
            "amount": frame["amount"].astype(float),
            "customer": [hashed(customer) for customer in frame["customer_id"]],
        }
    )


def largest_customers(each: ibis.Table, *, hashed: Callable[[str], str]) -> pd.DataFrame:
    """The customer with the most rows, the one with the most revenue, and all others together.

    Args:
        each: From `customer_totals`.
        hashed: Gives the hash of a customer's id.

    Returns:
        Columns `customer` (hashed id; empty for all others), `customers`, `rows`, `orders` (counts), `revenue`
        (net money); one or two customers, then the others.
    """
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


def customer_nets(each: ibis.Table) -> pd.DataFrame:
    """How many customers returned as much as they bought.

    Args:
        each: From `customer_totals`.

    Returns:
        One row: `customers` (count), `negative` (those whose net money is 0 or less; count), `amount` (the net
        money of those).
    """
    low = each.revenue <= 0
    found = each.aggregate(
        customers=each.count(), negative=low.cast("int64").sum(), amount=each.revenue.sum(where=low).cast("float64")
    ).to_pandas()
    return found.fillna(0).astype({"negative": "int64", "amount": "float64"})

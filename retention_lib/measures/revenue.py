"""The money of two months by what became of the customers between them."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pandas as pd

from retention_lib.measures.purchases import first_purchases
from retention_lib.settings.calendar import Month

# More units than this in one line are grams, litres or cents of fuel, not pieces: such a line is one item.
MOST_PIECES = 100
_SUMS = ("sales", "refunds", "orders", "items")


def revenue_parts(transactions: ibis.Table, purchases: ibis.Table, *, month: Month, compared: Month) -> pd.DataFrame:
    """Customers, orders, items, sales and refunds of two months, by class of customer.

    A row of positive amount is a sale and a row of negative amount a refund, each in the month in which it is booked.
    A customer with a sale in both months is `retained`; with one in `month` alone `new`, `won_since` or `reactivated`
    by the first purchase known: in the month (or none that was kept), between the two months, or earlier; with one in
    `compared` alone `lapsed`; with refunds only `refunded`.

    Args:
        transactions: The store's `transactions`.
        purchases: From `purchases.purchase_days`, with all history.
        month: The month.
        compared: An earlier month.

    Returns:
        Columns `kind`, `period` ('now' or 'then'), `customers` (with a sale), `orders` (with a sale; distinct orders,
        or days where the store has no order ids), `items` (units sold; lines where there is no `quantity`, or where a
        line is no count of pieces), `sales`, `refunds` (money, refunds above 0), ordered by kind and period; one row a
        kind that occurs and period.
    """
    customers = _by_customer(transactions, {"now": month, "then": compared})
    first = first_purchases(purchases)
    joined = customers.left_join(first, "customer_id").drop("customer_id_right")
    first_day = joined.first_day.fill_null(ibis.date(month.start.isoformat()))
    now, then = joined.sales_now > 0, joined.sales_then > 0
    kind = ibis.cases(
        (now & then, "retained"),
        (now & (first_day < ibis.date(compared.end.isoformat())), "reactivated"),
        (now & (first_day < ibis.date(month.start.isoformat())), "won_since"),
        (now, "new"),
        (then, "lapsed"),
        else_="refunded",
    )
    marked = joined.mutate(kind=kind).cache()
    parts = ibis.union(*(_period(marked, period) for period in ("now", "then")))
    frame = parts.order_by("kind", "period").to_pandas()
    floats = {"items": float, "sales": float, "refunds": float}
    return frame.astype({"customers": "int64", "orders": "int64", **floats})


def _by_customer(transactions: ibis.Table, months: Mapping[str, Month]) -> ibis.Table:
    """One row a customer with a row in either month: sums of each, named by period."""
    at, periods = transactions.ordered_at, {}
    for period, month in months.items():
        start, end = ibis.timestamp(month.start.isoformat()), ibis.timestamp(month.end.isoformat())
        periods[period] = (at >= start) & (at < end)
    now, then = periods.values()
    lines = transactions.filter(now | then).select(
        "customer_id",
        "amount",
        now=now,
        order=transactions.order_id if "order_id" in transactions.columns else at.date(),
        pieces=_pieces(transactions),
    )
    sale = lines.amount > 0
    # One row an order first: counting distinct orders of every customer takes several times as long.
    orders = lines.group_by("customer_id", "order", "now").aggregate(
        sales=lines.amount.sum(where=sale).coalesce(0),
        refunds=-lines.amount.sum(where=lines.amount < 0).coalesce(0),
        items=lines.pieces.sum(where=sale).coalesce(0),
    )
    sums = {}
    for period in months:
        here = orders.now if period == "now" else ~orders.now
        for name in ("sales", "refunds", "items"):
            sums[f"{name}_{period}"] = orders[name].sum(where=here).coalesce(0)
        sums[f"orders_{period}"] = (here & (orders.sales > 0)).sum()
    return orders.group_by("customer_id").aggregate(**sums)


def _pieces(transactions: ibis.Table) -> ibis.Value:
    """Pieces in a line: its quantity where that can be a count of pieces, else one."""
    if "quantity" not in transactions.columns:
        return ibis.literal(1.0)
    quantity = transactions.quantity
    counted = (quantity > 0) & (quantity <= MOST_PIECES)
    return ibis.ifelse(counted.fill_null(False), quantity.cast("float64"), 1.0)


def _period(marked: ibis.Table, period: str) -> ibis.Table:
    """The sums of one month by kind of customer."""
    sums = {name: marked[f"{name}_{period}"].sum() for name in _SUMS}
    counts = marked.group_by("kind").aggregate(customers=(marked[f"sales_{period}"] > 0).sum(), **sums)
    columns = ["kind", "period", "customers", "orders", "items", "sales", "refunds"]
    return counts.mutate(period=ibis.literal(period)).select(*columns)

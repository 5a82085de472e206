"""The first order of each new customer: what it was, whether it came on time, and when the next one followed."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from retention_lib.measures.purchases import first_two_purchases

_OF_CUSTOMERS = ("region", "acquisition_channel")
_OF_LINES = ("carrier", "channel")
_DATES = {"promised_at": "promised_days", "delivered_at": "delivered_days"}


def first_orders(
    transactions: ibis.Table, purchases: ibis.Table, customers: ibis.Table | None, *, start: date, until: date
) -> pd.DataFrame:
    """One row a new customer, without the id: everything known at the first order, and what came after.

    The first order is all that was bought on the day of the first purchase. It is delivered when its last line is, and
    late when that is after the last promised day; so a delivery on the promised day is on time at any hour.

    Args:
        transactions: The store's `transactions`.
        purchases: From `purchases.purchase_days`, with the whole history, so that first purchases are the first ones.
        customers: The store's `customers`; None where it has none.
        start: Customers whose first purchase is before this day are left out: it may not be their first.
        until: First day that is no longer seen.

    Returns:
        Ordered by all columns. Always there: `day` (of the first purchase, datetime64), `month` ('YYYY-MM', category),
        `lines` (count), `amount` (net money of the lines sold), `seen_days` (days from that day to `until`) and
        `second_days` (days from it to the second purchase day; NaN where none was seen). Where the store has them:
        `promised_days` and `delivered_days` (days from the order; NaN for what was not sent or has not arrived),
        `late_days` (delivered - promised, negative when early; NaN where either is missing), `discount_share` (in
        [0, 1], of the price before discount), `coupon` (bool: one was used), and as categories `category` (the one with
        most money), `carrier`, `channel`, `region` and `acquisition_channel`; missing values stay missing.
    """
    firsts = first_two_purchases(purchases).rename(day="first_day")
    firsts = firsts.filter(firsts.day >= ibis.date(start.isoformat())).cache()
    baskets = _baskets(transactions, firsts, start=start, until=until)
    seconds = firsts.select("customer_id", second_days=_days(firsts.day, firsts.second_day))
    rows = _orders(baskets).inner_join(seconds, "customer_id")
    if customers is not None:
        known = [name for name in _OF_CUSTOMERS if name in customers.columns]
        rows = rows.left_join(customers.select("customer_id", *known), "customer_id").drop("customer_id_right")
    rows = rows.mutate(month=rows.day.strftime("%Y-%m"), seen_days=_days(rows.day, ibis.date(until.isoformat()))).drop(
        "customer_id"
    )
    return _frame(rows.order_by(*rows.columns).to_pyarrow())


def _days(since: ibis.expr.types.DateValue, until: ibis.expr.types.DateValue) -> ibis.expr.types.Value:
    return until.delta(since, unit="day").cast("float64")


def _baskets(transactions: ibis.Table, firsts: ibis.Table, *, start: date, until: date) -> ibis.Table:
    """What was bought on the days of first purchases: a row a customer and category."""
    stamp = transactions.ordered_at
    seen = transactions.filter(
        stamp >= ibis.timestamp(start.isoformat()), stamp < ibis.timestamp(until.isoformat()), transactions.amount >= 0
    )
    sold = seen.mutate(day=seen.ordered_at.date()).semi_join(firsts, ["customer_id", "day"])
    sums: dict[str, ibis.Value] = {"lines": sold.count(), "amount": sold.amount.sum()}
    if "discount" in sold.columns:
        sums["discount"] = sold.discount.fill_null(0).sum()
    if "coupon_id" in sold.columns:
        sums["coupon"] = sold.coupon_id.notnull().any()
    sums |= {name: sold[name].max() for name in _DATES if name in sold.columns}
    sums |= {name: sold[name].min() for name in _OF_LINES if name in sold.columns}
    keys = ["customer_id", "day", *(["category"] if "category" in sold.columns else [])]
    return sold.group_by(*keys).aggregate(**sums).cache()


def _orders(baskets: ibis.Table) -> ibis.Table:
    """The first orders, a row a customer."""
    sums: dict[str, ibis.Value] = {"lines": baskets.lines.sum(), "amount": baskets.amount.sum().cast("float64")}
    if "discount" in baskets.columns:
        off = baskets.discount.sum().cast("float64")
        sums["discount_share"] = (off / (off + sums["amount"]).nullif(0)).fill_null(0.0)
    if "coupon" in baskets.columns:
        sums["coupon"] = baskets.coupon.any()
    for name, column in _DATES.items():
        if name in baskets.columns:
            sums[column] = _days(baskets.day.min(), baskets[name].max().date())
    sums |= {name: baskets[name].min() for name in _OF_LINES if name in baskets.columns}
    if "category" in baskets.columns:
        # The one with most of the money; the first by name of several.
        largest_first = [ibis.desc("amount"), "category"]
        sums["category"] = baskets.category.first(order_by=largest_first, include_null=True)
    orders = baskets.group_by("customer_id", "day").aggregate(**sums)
    if {"promised_days", "delivered_days"} <= set(orders.columns):
        return orders.mutate(late_days=orders.delivered_days - orders.promised_days)
    return orders


def _frame(rows: pa.Table) -> pd.DataFrame:
    """The rows for pandas, texts as categories: a million rows of text would take as many strings."""
    for place, column in enumerate(rows.schema):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            rows = rows.set_column(place, column.name, rows[column.name].dictionary_encode())
    frame = rows.to_pandas(date_as_object=False)
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].cat.reorder_categories(sorted(frame[name].cat.categories))
    return frame

"""Purchase occasions: a customer's day with positive net amount."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis.expr import datatypes as dt
from ibis.expr import types as ir


@ibis.udf.agg.builtin(name="min")
def _smallest(day: dt.date, most: int) -> dt.Array(dt.date):  # type: ignore[valid-type]
    """DuckDB's `min(day, most)`: the first so many days, in order."""


@ibis.udf.scalar.builtin(name="hash")
def _number(order_id: str) -> dt.UInt64:
    """DuckDB's `hash(order_id)`: a number that says which orders are not the same."""


def purchase_days(
    transactions: ibis.Table, *, until: date, zero_amount_is_purchase: bool = False, refunds: bool = True
) -> ibis.Table:
    """One row per purchase occasion.

    Rows of one order are netted first, so that an order refunded in full on a later day is no
    purchase; what a customer bought on one day, in however many orders, is one occasion, as in the
    literature on buying behaviour. The result is materialised in the engine, since most measures
    start from it.

    Args:
        transactions: The store's `transactions`.
        until: First day that is no longer seen (half-open).
        zero_amount_is_purchase: Count a day on which an order cost nothing as an occasion, as the published
            CDNOW sample does; an order refunded in full is none even then.
        refunds: Whether refunds are taken off. Without, a customer who sent back what he bought is a buyer all the
            same: what follows an order is then not decided by whether it was kept.

    Returns:
        Table of `customer_id` (text), `day` (date), `amount` (net money of the day).
    """
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    seen = seen if refunds else seen.filter(seen.amount >= 0)
    rows = seen.select(
        "customer_id",
        "amount",
        *(["order_id"] if "order_id" in seen.columns else []),
        day=seen.ordered_at.date(),
    )
    if zero_amount_is_purchase:
        return _paid_or_free_days(rows).cache()
    days = _moved(rows).group_by("customer_id", "day").aggregate(amount=ibis._.amount.sum())
    return days.filter(days.amount > 0).cache()


def _moved(rows: ir.Table) -> ir.Table:
    """Money of customers and days, each order's on its first day.

    Nearly all orders lie on one day, and to net those changes nothing. The others are looked for by a number of each
    order id, which costs a third of customer and id; where two orders have one number, they are looked at in vain.
    What they moved is taken off one day and put on another, so that no other row is asked for its order.
    """
    money = rows.select("customer_id", "amount", "day")
    if "order_id" not in rows.columns:
        return money
    number = _number(rows.order_id)
    spans = rows.group_by(number=number).aggregate(first=rows.day.min(), last=rows.day.max())
    # Kept apart, so that the engine never holds all rows for the three times they are read.
    several = spans.filter(spans["first"] < spans["last"]).select("number").cache()
    apart = rows.semi_join(several, number == several.number)
    begun = apart.group_by("customer_id", "order_id").aggregate(first=apart.day.min()).cache()
    joined = apart.inner_join(begun, ["customer_id", "order_id"])
    late = joined.filter(joined.day > joined["first"]).cache()
    taken = late.select("customer_id", amount=(-late.amount).cast(money.amount.type()), day="day")
    return money.union(taken, late.select("customer_id", "amount", day="first"))


def _paid_or_free_days(rows: ibis.Table) -> ibis.Table:
    """Days with a positive net amount, and days of zero on which all rows of an order cost nothing."""
    rows = rows.mutate(free=rows.amount == 0)
    if "order_id" in rows.columns:
        rows = rows.group_by("customer_id", "order_id").aggregate(
            day=rows.day.min(), amount=rows.amount.sum(), free=rows.free.all()
        )
    days = rows.group_by("customer_id", "day").aggregate(amount=rows.amount.sum(), free=rows.free.any())
    return days.filter((days.amount > 0) | (days.free & (days.amount == 0))).drop("free")


def day_number(day: ir.DateValue) -> ir.IntegerValue:
    """Days as whole numbers, counted from 1970-01-01 (0).

    Args:
        day: The days.
    """
    return day.delta(ibis.date("1970-01-01"), unit="day").cast("int32")


def month_number(day: ir.DateValue) -> ir.IntegerValue:
    """Months as whole numbers, counted from January 1970 (0).

    Args:
        day: Days in them.
    """
    return ((day.year().cast("int64") - 1970) * 12 + day.month() - 1).cast("int64")


def first_purchases(purchases: ibis.Table) -> ibis.Table:
    """Each customer's first purchase.

    Args:
        purchases: From `purchase_days`.

    Returns:
        Table of `customer_id`, `first_day` (date).
    """
    return purchases.group_by("customer_id").aggregate(first_day=purchases.day.min())


def first_two_purchases(purchases: ibis.Table) -> ibis.Table:
    """Each customer's first and second purchase, read in one pass.

    Args:
        purchases: From `purchase_days`.

    Returns:
        Table of `customer_id`, `first_day`, `second_day` (dates; the second NULL where there is none).
    """
    each = purchases.group_by("customer_id").aggregate(days=_smallest(purchases.day, 2))
    return each.select("customer_id", first_day=each.days[0], second_day=each.days[1])


def revenue_by_month(transactions: ibis.Table, *, until: date) -> pd.DataFrame:
    """Net revenue and buyers by calendar month.

    Args:
        transactions: The store's `transactions`.
        until: First day that is no longer seen.

    Returns:
        Columns `month` ('YYYY-MM'), `revenue` (money, refunds deducted), `buyers` (customers with a
        row of positive amount), ordered by month.
    """
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    months = seen.group_by(month=seen.ordered_at.strftime("%Y-%m")).aggregate(
        revenue=seen.amount.sum(),
        buyers=seen.customer_id.nunique(where=seen.amount > 0),
    )
    frame = months.order_by("month").to_pandas()
    return frame.assign(revenue=frame["revenue"].astype(float))

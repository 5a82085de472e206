"""What customers had bought before a month, at a discount and from how many categories, by whether they stayed."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.where import active_customers
from retention_lib.settings.calendar import Month

HABITS = ("discount_share", "categories")
YEAR_DAYS = 365
CLASS_STARTS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Purchases in a year are compared with as many: 1, 2 to 3, 4 to 7, and so on, each class twice the one before."""


def stayers_and_leavers(transactions: ir.Table, customers: ir.Table, *, month: Month, lapse_days: int) -> pd.DataFrame:
    """What customers active when a month began had bought in the 365 days before, by whether they went quiet.

    Args:
        transactions: The store's `transactions`, with or without `discount` and `category`.
        customers: From `rfm.rfm_customers`.
        month: Month to read.
        lapse_days: The window W.

    Returns:
        One row a habit, class of purchases and outcome: `habit` (`discount_share`: share of a customer's money paid for
        lines sold at a discount; `categories`: how many he bought from), `purchases_from` (the class's fewest
        purchases), `lost` (boolean), `customers` (count), `total`, `total_squares` (sums over customers); ordered by
        the first three. No rows of a habit whose column the store lacks.
    """
    wanted = {"discount_share": "discount", "categories": "category"}
    habits = [habit for habit in HABITS if wanted[habit] in transactions.columns]
    if not habits:
        columns = ["habit", "purchases_from", "lost", "customers", "total", "total_squares"]
        return pd.DataFrame(columns=columns)
    active = active_customers(customers, lapse_days=lapse_days)
    bought = _bought(transactions, active, month.start)
    people = active.inner_join(bought, "customer_id")
    classed = people.select("lost", *habits, purchases_from=_class(people.purchases_year)).cache()
    parts = [_sums(classed, habit) for habit in habits]
    frame = ibis.union(*parts).order_by("habit", "purchases_from", "lost").to_pandas()
    return frame.astype({"purchases_from": "int64", "total": float, "total_squares": float})


def _bought(transactions: ir.Table, active: ir.Table, until: date) -> ir.Table:
    """Each active customer's habits over a year, returns left out."""
    end = ibis.timestamp(until.isoformat())
    since = end - ibis.interval(days=YEAR_DAYS)
    lines = transactions.filter(
        transactions.amount > 0, transactions.ordered_at >= since, transactions.ordered_at < end
    )
    category = lines.category if "category" in lines.columns else ibis.null("string")
    reduced = (lines.discount.abs() > 0).fill_null(False) if "discount" in lines.columns else ibis.literal(False)
    parts = lines.group_by("customer_id", category=category).aggregate(
        money=lines.amount.sum(), reduced=lines.amount.sum(where=reduced).coalesce(0)
    )
    sums = parts.group_by("customer_id").aggregate(
        money=parts.money.sum(), reduced=parts.reduced.sum(), categories=parts.category.count()
    )
    share = sums.reduced.cast("float64") / sums.money.cast("float64")
    return sums.select("customer_id", discount_share=share.round(6), categories=sums.categories.cast("float64"))


def _class(purchases: ir.Value) -> ir.Value:
    """The fewest purchases of the class that a count belongs to."""
    return ibis.cases(*[(purchases >= start, start) for start in CLASS_STARTS[::-1]], else_=CLASS_STARTS[0])


def _sums(classed: ir.Table, habit: str) -> ir.Table:
    # cast: a sum of DECIMAL does not depend on the order of the rows.
    value = classed[habit].cast("decimal(18, 6)")
    return classed.group_by(habit=ibis.literal(habit), purchases_from="purchases_from", lost="lost").aggregate(
        customers=classed.count(),
        total=value.sum().cast("float64"),
        total_squares=(value * value).cast("decimal(38, 12)").sum().cast("float64"),
    )

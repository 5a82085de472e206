"""Which groups of customers, and which categories, lose customers in a month."""

from __future__ import annotations

import ibis
import pandas as pd

from retention_lib.measures.sharing import FEWEST, named_if_shared
from retention_lib.settings.calendar import Month


def lapse_by_attribute(
    purchases: ibis.Table,
    customers: ibis.Table | None,
    attribute: str,
    *,
    month: Month,
    lapse_days: int,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Customers active when a month began and those of them who lapsed, by an attribute.

    Args:
        purchases: From `purchases.purchase_days`.
        customers: The store's `customers`, one row a customer; None where the store has none.
        attribute: A column of `customers`.
        month: Month to read.
        lapse_days: The window W: active = bought in the last W days.
        fewest: Values of fewer customers are put together under `sharing.RARE`, for they may name somebody.

    Returns:
        Columns `segment` (text; empty where the customer has no value or no row), `base`, `lost`
        (counts), ordered by segment; no rows where the store has no such column.
    """
    if customers is None or attribute not in customers.columns:
        return pd.DataFrame({"segment": [], "base": [], "lost": []})
    active = _active(purchases, month=month, lapse_days=lapse_days)
    values = customers.select("customer_id", value=customers[attribute].cast("string"))
    known = active.left_join(named_if_shared(values, "value", fewest=fewest), "customer_id")
    groups = known.group_by(segment=known.value.fill_null("")).aggregate(
        base=ibis._.count(), lost=(~known.active_end).cast("int64").sum()
    )
    return groups.order_by("segment").to_pandas()


def lapse_by_category(
    transactions: ibis.Table, purchases: ibis.Table, *, month: Month, lapse_days: int, fewest: int = FEWEST
) -> pd.DataFrame:
    """Buyers of each category when a month began, and those who stopped buying it.

    Args:
        transactions: The store's `transactions`, with `category`.
        purchases: From `purchases.purchase_days`.
        month: Month to read.
        lapse_days: The window W; it is applied to purchases of the category.
        fewest: Categories of fewer buyers are put together under `sharing.RARE`, for they may name somebody.

    Returns:
        Columns `segment` (category; empty where unknown), `base` (customers who bought it in the W
        days before the month), `lost` (of them, no purchase of it in the W days before its end),
        `elsewhere` (of the lost, still buying something else in the store), ordered by segment; no rows
        where the transactions have no category.
    """
    if "category" not in transactions.columns:
        return pd.DataFrame({"segment": [], "base": [], "lost": [], "elsewhere": []})
    start, end = ibis.date(month.start.isoformat()), ibis.date(month.end.isoformat())
    window = ibis.interval(days=lapse_days)
    sold = transactions.filter(transactions.amount > 0)
    lines = sold.select("customer_id", "ordered_at", segment=sold.category.fill_null(""))
    sales = named_if_shared(lines, "segment", fewest=fewest)
    day = sales.ordered_at.date()
    bought = sales.group_by("customer_id", "segment").aggregate(
        at_start=((day >= start - window) & (day < start)).any(),
        at_end=((day >= end - window) & (day < end)).any(),
    )
    buyers = bought.filter(bought.at_start)
    active = _activity(purchases, month=month, lapse_days=lapse_days)
    joined = buyers.left_join(active.select("customer_id", "active_end"), "customer_id")
    elsewhere = ~joined.at_end & joined.active_end.fill_null(False)
    groups = joined.group_by("segment").aggregate(
        base=ibis._.count(),
        lost=(~joined.at_end).cast("int64").sum(),
        elsewhere=elsewhere.cast("int64").sum(),
    )
    return groups.order_by("segment").to_pandas()


def _active(purchases: ibis.Table, *, month: Month, lapse_days: int) -> ibis.Table:
    """The customers active when the month began."""
    customers = _activity(purchases, month=month, lapse_days=lapse_days)
    return customers.filter(customers.active_start)


def _activity(purchases: ibis.Table, *, month: Month, lapse_days: int) -> ibis.Table:
    """Whether each customer was active at the month's two ends."""
    start, end = ibis.date(month.start.isoformat()), ibis.date(month.end.isoformat())
    window = ibis.interval(days=lapse_days)
    return purchases.group_by("customer_id").aggregate(
        active_start=((purchases.day >= start - window) & (purchases.day < start)).any(),
        active_end=((purchases.day >= end - window) & (purchases.day < end)).any(),
    )

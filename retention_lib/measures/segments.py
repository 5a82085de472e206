"""Which categories lose their buyers in a month."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.sharing import FEWEST, named_if_shared
from retention_lib.settings.calendar import Month


def lapse_by_category(
    transactions: ir.Table, purchases: ir.Table, *, month: Month, lapse_days: int, fewest: int = FEWEST
) -> pd.DataFrame:
    """Buyers of each category when a month began, and those who stopped buying it.

    Args:
        transactions: The store's `transactions`, with `category`.
        purchases: From `purchases.purchase_days`.
        month: Month to read.
        lapse_days: The window W; it is applied to purchases of the category.
        fewest: Categories of fewer buyers since W days before the month are put together under `sharing.RARE`, for
            they may name somebody.

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
    bought = _bought(transactions, start=start, end=end, window=window)
    # Customers of several rare categories count once.
    bought = named_if_shared(bought, "segment", fewest=fewest).group_by("customer_id", "segment")
    bought = bought.aggregate(at_start=ibis._.at_start.any(), at_end=ibis._.at_end.any())
    buyers = bought.filter(bought.at_start)
    recent = purchases.filter(purchases.day >= end - window, purchases.day < end)
    active = recent.select("customer_id").distinct().mutate(active=True)
    joined = buyers.left_join(active, "customer_id")
    elsewhere = ~joined.at_end & joined.active.fill_null(False)
    groups = joined.group_by("segment").aggregate(
        base=ibis._.count(),
        lost=(~joined.at_end).cast("int64").sum(),
        elsewhere=elsewhere.cast("int64").sum(),
    )
    return groups.order_by("segment").to_pandas()


def _bought(transactions: ir.Table, *, start: ir.DateValue, end: ir.DateValue, window: ir.IntervalValue) -> ir.Table:
    """Who bought which category in the window before the month's beginning, and before its end."""
    day = transactions.ordered_at.date()
    sold = transactions.filter(transactions.amount > 0, day >= start - window, day < end)
    lines = sold.select("customer_id", day=sold.ordered_at.date(), segment=sold.category.fill_null(""))
    return lines.group_by("customer_id", "segment").aggregate(
        at_start=(lines.day < start).any(), at_end=(lines.day >= end - window).any()
    )

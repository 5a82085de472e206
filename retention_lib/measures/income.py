"""Two years of purchases, for the income-based lifetime value of the trade."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr import types as ir

YEAR_DAYS = 365


def income_facts(purchases: ir.Table, *, until: date) -> pd.DataFrame:
    """Buyers and money of the last 365 days, and who of the buyers of the 365 days before is among them.

    Args:
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen.

    Returns:
        One row: `buyers`, `purchases` (counts), `revenue` (net money of purchase days) of the last 365 days;
        `earlier_buyers` of the 365 days before and `stayed` (of them those who bought in the last 365 days; counts);
        `days` that the purchases reach back.
    """
    year, two = (ibis.date((until - timedelta(days=days)).isoformat()) for days in (YEAR_DAYS, 2 * YEAR_DAYS))
    day = purchases.day
    last = day >= year
    each = purchases.group_by("customer_id").aggregate(
        purchases=last.cast("int64").sum(),
        revenue=last.ifelse(purchases.amount, 0).sum(),
        earlier=((day >= two) & (day < year)).any(),
        first_day=day.min(),
    )
    sums = {
        "buyers": (each.purchases > 0).sum(),
        "purchases": each.purchases.sum(),
        "revenue": each.revenue.sum(),
        "earlier_buyers": each.earlier.sum(),
        "stayed": (each.earlier & (each.purchases > 0)).sum(),
        "days": ibis.date(until.isoformat()).delta(each.first_day.min(), unit="day"),
    }
    frame = each.aggregate(**{name: value.fill_null(0) for name, value in sums.items()}).to_pyarrow().to_pandas()
    return frame.astype(dict.fromkeys(sums, "int64") | {"revenue": "float64"})

"""Cohorts by month of first purchase."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd


def monthly_cohorts(transactions: ibis.Table, purchases: ibis.Table, *, until: date) -> pd.DataFrame:
    """What became of the customers won in each month.

    Args:
        transactions: The store's `transactions`; refunds count against the month they are made in.
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen; the first of a month, or the last month is partial.

    Returns:
        Columns `cohort` ('YYYY-MM' of the first purchase), `age_months` (calendar months since),
        `customers` (size of the cohort), `active` (customers with a purchase at that age), `revenue`
        (net money at that age); ordered by cohort and age. Ages at which nobody bought are absent.
    """
    first = purchases.group_by("customer_id").aggregate(first_day=purchases.day.min())
    cohort = first.mutate(cohort=first.first_day.strftime("%Y-%m"))
    sizes = cohort.group_by("cohort").aggregate(customers=ibis._.count())
    active = _aged(purchases, cohort).group_by("cohort", "age_months").aggregate(active=ibis._.customer_id.nunique())
    seen = transactions.filter(transactions.ordered_at < ibis.timestamp(until.isoformat()))
    rows = seen.select("customer_id", "amount", day=seen.ordered_at.date())
    revenue = _aged(rows, cohort).group_by("cohort", "age_months").aggregate(revenue=ibis._.amount.sum())
    joined = revenue.left_join(active, ["cohort", "age_months"]).inner_join(sizes, "cohort")
    frame = (
        joined.select("cohort", "age_months", "customers", active=joined.active.fill_null(0), revenue=joined.revenue)
        .order_by("cohort", "age_months")
        .to_pandas()
    )
    return frame.assign(revenue=frame["revenue"].astype(float)).astype({"age_months": "int64", "active": "int64"})


def _aged(rows: ibis.Table, cohort: ibis.Table) -> ibis.Table:
    joined = rows.inner_join(cohort, "customer_id")
    kept = joined.filter(joined.day >= joined.first_day)
    months = (kept.day.year() - kept.first_day.year()) * 12 + kept.day.month() - kept.first_day.month()
    return kept.mutate(age_months=months.cast("int64"))

"""The time between a customer's purchases."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd


def gap_percentiles(
    purchases: ibis.Table, *, start: date, end: date, minimum_gaps: int = 3, percentile: float = 0.8
) -> pd.DataFrame:
    """The customers' own percentile gap, for those with enough gaps in a look-back.

    Each customer counts once, since pooled gaps are dominated by frequent buyers.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the look-back.
        end: First day after it. Both purchases of a gap lie inside.
        minimum_gaps: Gaps a customer must have to be judged.
        percentile: Which percentile of a customer's own gaps, in (0, 1), linearly interpolated.

    Returns:
        Columns `gap_p80` (days), `customers` (count), ordered by gap: one row a distinct value.
    """
    gaps = _gaps(purchases, start=start, end=end)
    own = gaps.group_by("customer_id").aggregate(
        gaps=gaps.gap_days.count(), gap_p80=gaps.gap_days.cast("float64").quantile(percentile).round(6)
    )
    judged = own.filter(own.gaps >= minimum_gaps)
    counts = judged.group_by("gap_p80").aggregate(customers=ibis._.count())
    return counts.order_by("gap_p80").to_pandas()


def customers_between(purchases: ibis.Table, *, start: date, end: date) -> int:
    """Customers with a purchase in a period.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the period.
        end: First day after it.

    Returns:
        Count of customers.
    """
    return int(_between(purchases, start=start, end=end).customer_id.nunique().to_pandas())


def purchase_episodes(purchases: ibis.Table, *, start: date, end: date) -> pd.DataFrame:
    """Time from each customer's first purchase of a period to the next one.

    One episode a customer, so that the rows are independent; without a next purchase before the end
    the episode is censored there.

    Args:
        purchases: From `purchases.purchase_days`.
        start: First day of the period.
        end: First day after it; what follows is not seen.

    Returns:
        Columns `days` (to the next purchase, or to the end), `observed` (bool: there was one),
        `customers` (count); ordered by days and observed.
    """
    days = _between(purchases, start=start, end=end)
    window = ibis.window(group_by="customer_id", order_by="day")
    ranked = days.select(day=days.day, next_day=days.day.lead().over(window), number=ibis.row_number().over(window))
    first = ranked.filter(ranked.number == 0)
    stop = ibis.coalesce(first.next_day, ibis.date(end.isoformat()))
    episodes = first.select(days=stop.delta(first.day, unit="day"), observed=first.next_day.notnull())
    counts = episodes.group_by("days", "observed").aggregate(customers=ibis._.count())
    return counts.order_by("days", "observed").to_pandas()


def _between(purchases: ibis.Table, *, start: date, end: date) -> ibis.Table:
    return purchases.filter(purchases.day >= ibis.date(start.isoformat()), purchases.day < ibis.date(end.isoformat()))


def _gaps(purchases: ibis.Table, *, start: date, end: date) -> ibis.Table:
    days = _between(purchases, start=start, end=end)
    previous = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    gaps = days.select("customer_id", gap_days=days.day.delta(previous, unit="day"))
    return gaps.filter(gaps.gap_days.notnull())

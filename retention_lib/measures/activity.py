"""Who is active at month boundaries, and how long customers have been silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import ibis
import pandas as pd

from retention_lib.settings.calendar import Month

PURCHASE_CLASSES = (1, 2, 4, 10)
"""Least purchases of the classes by which the return of the silent is told apart."""


def month_silences(purchases: ibis.Table, months: Sequence[Month]) -> pd.DataFrame:
    """How long customers had been silent when each month began and when it ended.

    A silence is counted in days from a customer's last purchase before the boundary to the boundary,
    so a customer is active under a window of W days exactly when the silence is at most W. From these
    counts every flow of every window follows without another look at the data.

    Args:
        purchases: From `purchases.purchase_days`.
        months: Months to read, at least one.

    Returns:
        Columns `month` ('YYYY-MM'), `silence_start` and `silence_end` (Int64 days; NA where the
        customer had never bought before that boundary), `customers` (count); ordered by all keys.
    """
    boundaries = sorted({month.start for month in months} | {month.end for month in months})
    customers = last_days(purchases, boundaries).cache()
    parts = [_silences_of(customers, month) for month in months]
    frame = ibis.union(*parts).order_by("month", "silence_start", "silence_end").to_pandas()
    return frame.astype({"silence_start": "Int64", "silence_end": "Int64", "customers": "int64"})


def last_days(purchases: ibis.Table, boundaries: Sequence[date]) -> ibis.Table:
    """Each customer's last purchase before some days.

    Args:
        purchases: From `purchases.purchase_days`.
        boundaries: The days, in order.

    Returns:
        Table of `customer_id` and, for each day, `before_<day>` (date; NULL before the first purchase).
    """
    # A purchase is looked at between two boundaries only, so that it is counted once and not for all that follow.
    day, edges = purchases.day, [ibis.date(boundary.isoformat()) for boundary in boundaries]
    between = [day < edges[0], *((day >= low) & (day < high) for low, high in pairwise(edges))]
    each = purchases.group_by("customer_id").aggregate(
        **{f"within_{place}": day.max(where=inside) for place, inside in enumerate(between)}
    )
    last = {
        f"before_{boundary}": ibis.coalesce(*(each[f"within_{earlier}"] for earlier in range(place, -1, -1)))
        for place, boundary in enumerate(boundaries)
    }
    return each.select("customer_id", **last)


def readable_months(first_day: date, last: Month, *, lapse_days: int, most: int = 13) -> list[Month]:
    """The months whose beginning the data can judge: a whole window lies before it.

    Args:
        first_day: First day of the data.
        last: Last month wanted.
        lapse_days: The window W.
        most: How many months at most, counted back from the last.

    Returns:
        Months in order; the last one is always there, so that its refusal can be shown.
    """
    enough = first_day + timedelta(days=lapse_days)
    return [month for month in Month.range(last.shift(1 - most), last) if month.start >= enough or month == last]


def history_starts(first_day: date, *, lapse_days: int, horizon_days: int = 90) -> date:
    """The day from which a first purchase seen is taken for the first ever.

    Customers from before the data begin look new when they first buy inside them; most have done so once a whole
    window and a whole horizon have passed.

    Args:
        first_day: First day of the data.
        lapse_days: The window W.
        horizon_days: Days in which a silent customer may come back.
    """
    return first_day + timedelta(days=lapse_days + horizon_days)


def _silences_of(customers: ibis.Table, month: Month) -> ibis.Table:
    silences = customers.select(
        month=ibis.literal(str(month)),
        silence_start=_silence(customers[f"before_{month.start}"], month.start),
        silence_end=_silence(customers[f"before_{month.end}"], month.end),
    )
    counts = silences.group_by("month", "silence_start", "silence_end").aggregate(customers=ibis._.count())
    return counts.filter(counts.silence_end.notnull())


def _silence(last_day: ibis.Value, boundary: date) -> ibis.Value:
    return ibis.date(boundary.isoformat()).delta(last_day, unit="day").cast("int64")


def returns_after(purchases: ibis.Table, *, cutoff: date, horizon_days: int) -> pd.DataFrame:
    """Of the customers silent at a past cut-off, how many bought again within a horizon, and for how much.

    One customer is one row of evidence: nobody is counted twice, however often he buys.

    Args:
        purchases: From `purchases.purchase_days`, reaching at least to the end of the horizon.
        cutoff: First day after the silence is read (half-open).
        horizon_days: Days from the cut-off in which a purchase counts as a return.

    Returns:
        Columns `silence_days`, `purchases_from` and `purchases_to` (least and most purchases up to the cut-off
        of the customer's class; NA where open), `customers`, `returned` (counts), `spend` (net money of the
        returned within the horizon), ordered by silence and class.
    """
    start = ibis.date(cutoff.isoformat())
    before = purchases.day < start
    in_horizon = (purchases.day >= start) & (purchases.day < start + ibis.interval(days=horizon_days))
    customers = purchases.group_by("customer_id").aggregate(
        last_day=purchases.day.max(where=before),
        purchases=before.cast("int64").sum(),
        back=in_horizon.any(),
        spend=purchases.amount.sum(where=in_horizon).coalesce(0),
    )
    known = customers.filter(customers.last_day.notnull())
    most_first = sorted(PURCHASE_CLASSES, reverse=True)
    silences = known.select(
        "spend",
        silence_days=start.delta(known.last_day, unit="day"),
        purchases_from=ibis.cases(*((known.purchases >= least, least) for least in most_first)),
        back=known.back.cast("int64"),
    )
    counts = silences.group_by("silence_days", "purchases_from").aggregate(
        customers=ibis._.count(), returned=ibis._.back.sum(), spend=ibis._.spend.sum()
    )
    frame = counts.order_by("silence_days", "purchases_from").to_pandas()
    ends = {least: following - 1 for least, following in pairwise(PURCHASE_CLASSES)}
    frame.insert(2, "purchases_to", frame["purchases_from"].map(ends).astype("Int64"))
    whole = ["silence_days", "purchases_from", "customers", "returned"]
    return frame.astype({**dict.fromkeys(whole, "int64"), "spend": float})

"""How many of the silent came back, at several past days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from retention_lib.settings.calendar import Month


def earlier_cutoffs(cutoff: date, *, history_starts: date, most: int = 12) -> list[date]:
    """The month starts before a cut-off at which the return of the silent can be read as well.

    Args:
        cutoff: The first day of a month; it is not among those found.
        history_starts: First day on which silences are long enough known.
        most: How many at most, counted back from the cut-off.

    Returns:
        Days in order.
    """
    last = Month.of(cutoff).previous()
    return [month.start for month in Month.range(last.shift(1 - most), last) if month.start >= history_starts]


def returns_at(purchases: ibis.Table, cutoffs: Sequence[date], *, lapse_days: int, horizon_days: int) -> pd.DataFrame:
    """Of the customers silent beyond the window at past days, how many bought again within a horizon.

    Args:
        purchases: From `purchases.purchase_days`, reaching at least to the end of the last horizon.
        cutoffs: Days on which silence is read (half-open), each with its own customers.
        lapse_days: The window; silent means longer.
        horizon_days: Days from a cut-off in which a purchase counts as a return.

    Returns:
        Columns `cutoff` (date), `customers` (silent longer than the window), `returned` (counts), ordered by
        cut-off; a cut-off at which nobody was silent has no row.
    """
    if not cutoffs:
        return pd.DataFrame({"cutoff": [], "customers": [], "returned": []})
    following = purchases.day.lead().over(ibis.window(group_by="customer_id", order_by="day"))
    pauses = purchases.select("day", next_day=following)
    # Whoever is silent beyond the window on a day is in a pause longer than it.
    long = pauses.filter(pauses.next_day.isnull() | (pauses.next_day.delta(pauses.day, unit="day") > lapse_days))
    spread = long.mutate(cutoff=ibis.array([ibis.date(day.isoformat()) for day in cutoffs]).unnest())
    silent = spread.filter(
        spread.cutoff.delta(spread.day, unit="day") > lapse_days,
        spread.next_day.isnull() | (spread.next_day >= spread.cutoff),
    )
    back = silent.next_day.delta(silent.cutoff, unit="day") < horizon_days
    counts = silent.group_by("cutoff").aggregate(
        customers=ibis._.count(), returned=back.fill_null(False).cast("int64").sum()
    )
    frame = counts.order_by("cutoff").to_pandas()
    return frame.astype({"customers": "int64", "returned": "int64"})

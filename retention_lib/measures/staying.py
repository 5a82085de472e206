"""Who stays active after having come back, stayed or begun: patterns of activity over month boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from retention_lib.settings.calendar import Month

MOST_MONTHS = 36


def months_seen(history_starts: date, last: Month, *, most: int = MOST_MONTHS) -> list[Month]:
    """The months over which activity can be followed.

    Args:
        history_starts: First day on which it is known who was active and who is new.
        last: The last month of the data.
        most: How many months at most, counted back from the last.

    Returns:
        Months in order; none where the history is too short.
    """
    return [month for month in Month.range(last.shift(1 - most), last) if month.start >= history_starts]


def activity_patterns(purchases: ibis.Table, months: Sequence[Month], *, lapse_days: int) -> pd.DataFrame:
    """On which month boundaries customers were active, and which is the first boundary after their first purchase.

    Boundary i is the first day of month i; the last boundary is the end of the last month. A customer is active
    on a boundary when the silence is at most `lapse_days`, as in `activity.month_silences`.

    Args:
        purchases: From `purchases.purchase_days`.
        months: Months in order, without holes, at most 60.
        lapse_days: The window W.

    Returns:
        Columns `first` (index of the first boundary after the first purchase), `active` (whole number whose bit
        i says that the customer was active on boundary i), `bought` (whole number whose bit i says that he bought
        in month i), `customers` (count), ordered by the first three; customers without a purchase before the last
        boundary have no row.
    """
    if not months:
        return pd.DataFrame({"first": [], "active": [], "bought": [], "customers": []}, dtype="int64")
    known = purchases.filter(purchases.day < ibis.date(months[-1].end.isoformat()))
    dated = known.select("customer_id", "day", until=known.day + ibis.interval(days=lapse_days))
    placed = dated.select("customer_id", month=_month_of(dated.day, months[0]), until=_month_of(dated.until, months[0]))
    # Active from the boundary after the purchase to the last one inside its window; negative before the first month.
    first, last = ibis.greatest(placed.month + 1, 0), ibis.least(placed.until, len(months))
    masks = placed.select(
        "customer_id",
        "month",
        active=(last >= first).ifelse(_bit(last + 1) - _bit(first), 0),
        bought=(placed.month >= 0).ifelse(_bit(ibis.greatest(placed.month, 0)), 0),
    )
    customers = masks.group_by("customer_id").aggregate(
        first=ibis.greatest(masks.month.min() + 1, 0), active=masks.active.bit_or(), bought=masks.bought.bit_or()
    )
    keys = ("first", "active", "bought")
    counts = customers.group_by(*keys).aggregate(customers=ibis._.count())
    return counts.order_by(*keys).to_pandas().astype("int64")


def _month_of(day: ibis.Value, first: Month) -> ibis.Value:
    """Index of a day's month, 0 for the first month, negative before it."""
    return (day.year() * 12 + day.month() - (first.start.year * 12 + first.start.month)).cast("int64")


def _bit(place: ibis.Value) -> ibis.Value:
    """The whole number that has this bit alone."""
    return ibis.literal(1, type="int64") << place

"""Purchase histories at a past cut-off beside what followed: what the buying models are tested on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import pandas as pd

DAYS_A_WEEK = 7


def histories(purchases: ibis.Table, *, cutoff: date, horizon_days: int, edges: Sequence[int]) -> pd.DataFrame:
    """Distinct histories before a cut-off, in whole weeks, and how many of the customers bought after it.

    Weeks keep the rows few however many customers there are; the model's clock is then off by half a week at most.

    Args:
        purchases: From `purchases.purchase_days`, reaching at least to the end of the horizon.
        cutoff: First day after the histories (half-open).
        horizon_days: Days from the cut-off in which a purchase counts as a return.
        edges: Days of silence above which a band begins, rising from 0.

    Returns:
        Columns `silence_above` (days, the band's edge), `frequency` (repeat purchase days), `recency`, `T` (whole
        weeks, rounded), `customers`, `returned` (counts), ordered by all keys.
    """
    start = ibis.date(cutoff.isoformat())
    stop = ibis.date((cutoff + timedelta(days=horizon_days)).isoformat())
    earlier, day = purchases.day < start, purchases.day
    customers = purchases.group_by("customer_id").aggregate(
        first_day=day.min(where=earlier),
        last_day=day.max(where=earlier),
        purchases=earlier.sum(),
        back=((day >= start) & (day < stop)).any(),
    )
    known = customers.filter(customers.purchases > 0)
    silence = start.delta(known.last_day, unit="day")
    age = start.delta(known.first_day, unit="day") - 1
    rows = known.select(
        silence_above=_edge_below(silence, edges),
        frequency=known.purchases - 1,
        recency=_weeks(known.last_day.delta(known.first_day, unit="day")),
        T=_weeks(age),
        back=known.back.cast("int64"),
    )
    keys = ["silence_above", "frequency", "recency", "T"]
    counts = rows.group_by(*keys).aggregate(customers=ibis._.count(), returned=ibis._.back.sum())
    return counts.order_by(*keys).to_pandas().astype("int64")


def silent_customers(purchases: ibis.Table, *, on: date) -> pd.DataFrame:
    """How long customers had been silent on a day.

    Args:
        purchases: From `purchases.purchase_days`.
        on: First day that is not seen any more; silence is counted from the last purchase to it.

    Returns:
        Columns `silence_days`, `customers` (count), ordered by silence.
    """
    start = ibis.date(on.isoformat())
    seen = purchases.filter(purchases.day < start)
    last = seen.group_by("customer_id").aggregate(last_day=seen.day.max())
    counts = last.group_by(silence_days=start.delta(last.last_day, unit="day")).aggregate(customers=ibis._.count())
    return counts.order_by("silence_days").to_pandas().astype("int64")


def _weeks(days: ibis.Value) -> ibis.Value:
    return ((days + DAYS_A_WEEK // 2) // DAYS_A_WEEK).cast("int64")


def _edge_below(silence: ibis.Value, edges: Sequence[int]) -> ibis.Value:
    """The highest edge that the silence lies above."""
    above = ibis.literal(int(edges[0]))
    for edge in edges[1:]:
        above = ibis.ifelse(silence > int(edge), int(edge), above)
    return above

"""Recency, frequency and money of customers when a month begins and when it ends, and the named groups they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.settings.calendar import Month

LOOKBACK_DAYS = 730
"""Purchases are counted, and customers scored, over this many days at most."""

YEAR_DAYS = 365

UNSCORED = "unscored"
"""Who has not bought within the look-back: no customer yet, or silent for longer."""

RFM_GROUPS = (
    *("champions", "loyal", "potential_loyal", "new", "promising"),
    *("needs_attention", "almost_lost", "cannot_lose", "at_risk", "dormant"),
)
"""The groups, those that a shop has most of first."""

# The usual grid of RFM tools: rows are scores of recency from 1 (longest silent), columns scores of frequency from 1.
# Money is told of each group and makes none, so that a group says what a customer does and not what he pays.
_SILENT = ("dormant", "dormant", "at_risk", "at_risk", "cannot_lose")
GRID: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: _SILENT,
        2: _SILENT,
        3: ("almost_lost", "almost_lost", "needs_attention", "loyal", "loyal"),
        4: ("promising", "potential_loyal", "potential_loyal", "loyal", "loyal"),
        5: ("new", "potential_loyal", "potential_loyal", "champions", "champions"),
    }
)


def rfm_customers(purchases: ir.Table, *, month: Month, lookback_days: int = LOOKBACK_DAYS) -> ir.Table:
    """Each customer as the month begins and as it ends, with the RFM group at both.

    Scores run from 1 to 5 by fifths of the customers with a purchase in the look-back when the month begins; equal
    values share a score. The edges found there hold at the month's end too, so that who moves has moved and not the
    edges. The look-back is the same at both ends, and as long as the history before the month if that is shorter:
    else everybody's count of purchases would grow with the data.

    Args:
        purchases: From `purchases.purchase_days`, reaching to the month's end.
        month: Month to read.
        lookback_days: Days before a boundary in which purchases count.

    Returns:
        Materialised table of `customer_id`; at both ends (`_start`, `_end`) `silence` (days since the last purchase;
        null before the first), `frequency` (purchases in the look-back), `revenue` (net money of the 365 days before),
        `group` (of `RFM_GROUPS`, or `UNSCORED`); and at the month's beginning `purchases_year` (purchases in the 365
        days before) and `known_days` (days since the first purchase; below 0 where it is yet to come).
    """
    days = _seen_days(purchases, before=month.start, most=lookback_days)
    figures = {**_figures(purchases, month.start, days, "start"), **_figures(purchases, month.end, days, "end")}
    year = _days_before(purchases, month.start, YEAR_DAYS)
    customers = purchases.group_by("customer_id").aggregate(
        **figures, purchases_year=purchases.count(where=year), first_day=purchases.day.min()
    )
    customers = customers.mutate(
        known_days=_days_from(customers.first_day, month.start),
        silence_start=_days_from(customers.last_start, month.start),
        silence_end=_days_from(customers.last_end, month.end),
    )
    customers = customers.drop("first_day", "last_start", "last_end").cache()
    scored = customers.filter(customers.frequency_start > 0)
    recency = _edges(scored, scored.silence_start, rising=False)
    frequency = _edges(scored, scored.frequency_start, rising=True)
    groups = {
        f"group_{end}": _group(customers[f"silence_{end}"], customers[f"frequency_{end}"], recency, frequency)
        for end in ("start", "end")
    }
    return customers.mutate(**groups).cache()


def rfm_moves(customers: ir.Table) -> pd.DataFrame:
    """How many customers were in which RFM group when the month began and when it ended.

    Args:
        customers: From `rfm_customers`.

    Returns:
        Columns `from_group`, `to_group` (categories: `RFM_GROUPS` in their order, then `UNSCORED`), `customers`
        (count), `revenue_start`, `revenue_end` (their net money of the 365 days before each end), `silence_least`,
        `silence_most` (days), `frequency_least`, `frequency_most` (purchases in the look-back, both at the end);
        ordered by both groups. Customers unscored at both ends are left out.
    """
    known = customers.filter((customers.group_start != UNSCORED) | (customers.group_end != UNSCORED))
    counts = known.group_by(from_group=known.group_start, to_group=known.group_end).aggregate(
        customers=known.count(),
        revenue_start=known.revenue_start.sum().cast("float64"),
        revenue_end=known.revenue_end.sum().cast("float64"),
        silence_least=known.silence_end.min(),
        silence_most=known.silence_end.max(),
        frequency_least=known.frequency_end.min(),
        frequency_most=known.frequency_end.max(),
    )
    frame = counts.to_pandas()
    order = pd.CategoricalDtype([*RFM_GROUPS, UNSCORED], ordered=True)
    frame = frame.astype({"from_group": order, "to_group": order})
    return frame.sort_values(["from_group", "to_group"], ignore_index=True)


def _seen_days(purchases: ir.Table, *, before: date, most: int) -> int:
    """The days of history before a day, at least one and at most as many as wanted."""
    first = purchases.day.min().to_pyarrow().as_py()
    return most if first is None else max(1, min(most, (before - first).days))


def _figures(purchases: ir.Table, boundary: date, days: int, end: str) -> dict[str, ir.Value]:
    """What is summed over a customer's purchases before one of the month's ends."""
    return {
        f"last_{end}": purchases.day.max(where=purchases.day < ibis.date(boundary.isoformat())),
        f"frequency_{end}": purchases.count(where=_days_before(purchases, boundary, days)),
        f"revenue_{end}": purchases.amount.sum(where=_days_before(purchases, boundary, YEAR_DAYS)).coalesce(0),
    }


def _days_before(purchases: ir.Table, boundary: date, days: int) -> ir.BooleanValue:
    end = ibis.date(boundary.isoformat())
    return (purchases.day >= end - ibis.interval(days=days)) & (purchases.day < end)


def _days_from(day: ir.Value, boundary: date) -> ir.Value:
    return ibis.date(boundary.isoformat()).delta(day, unit="day").cast("int64")


def _edges(customers: ir.Table, value: ir.Value, *, rising: bool) -> list[int]:
    """The values from which the scores 2 to 5 are given, as far as they are.

    A value's score is the fifth into which the share of customers with a worse value falls.
    """
    counts = customers.group_by(value=value).aggregate(customers=customers.count()).order_by("value").to_pandas()
    counts = counts if rising else counts.iloc[::-1]
    worse = counts["customers"].cumsum() - counts["customers"]
    score = worse * 5 // max(int(counts["customers"].sum()), 1) + 1
    better = (counts["value"][score >= wanted] for wanted in range(2, 6))
    return [int(values.iloc[0]) for values in better if len(values)]


def _group(
    silence: ir.Value, frequency: ir.Value, recency_edges: Sequence[int], frequency_edges: Sequence[int]
) -> ir.Value:
    """The group of a customer's two scores."""
    recent, often = ibis.literal(1), ibis.literal(1)
    for edge in recency_edges:
        recent += (silence <= edge).cast("int64")
    for edge in frequency_edges:
        often += (frequency >= edge).cast("int64")
    # Picked by its place: a case for each of the 25 cells would take ten times as long.
    names = ibis.array([ibis.literal(name) for row in sorted(GRID) for name in GRID[row]])
    return (frequency > 0).ifelse(names[len(GRID) * (recent - 1) + often - 1], UNSCORED)

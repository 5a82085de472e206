"""Customers active at a past day, who of them went quiet afterwards, and what they had met with before.

What somebody met with is compared among customers alike in silence and number of purchases: who buys often has
more contacts, sees more prices and stays anyway. So every count is given by these classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd

# First days and first counts of the classes; all customers of a class are taken as alike.
SILENCE_FROM = (0, 7, 14, 28, 56, 91)
YEAR_PURCHASES_FROM = (1, 2, 3, 4, 6, 10, 20, 40)
RECENT_PURCHASES_FROM = (0, 1, 2, 3, 5, 9)
YEAR_DAYS, RECENT_DAYS = 365, 90
STRATUM = ("silence_from", "year_from", "recent_from")


@dataclass(frozen=True, kw_only=True, eq=False)
class ActiveBase:
    """The customers active at a past day.

    Attributes:
        cutoff: The day (half-open: purchases before it are known).
        horizon_days: Days from the cut-off in which a purchase means that the customer stayed.
        customers: Table of `customer_id`, the classes `silence_from` (days), `year_from` and `recent_from`
            (purchases in the year and in the 90 days before the cut-off), and `quiet` (bool: no purchase in the
            horizon).
    """

    cutoff: date
    horizon_days: int
    customers: ibis.Table

    @property
    def size(self) -> int:
        """How many they are."""
        return int(self.customers.count().to_pandas())


def active_base(purchases: ibis.Table, *, cutoff: date, quiet_after: int, horizon_days: int) -> ActiveBase:
    """The customers active at a past day, with what followed.

    Args:
        purchases: From `purchases.purchase_days`, reaching to the end of the horizon.
        cutoff: First day after what is known; a whole horizon of data follows it.
        quiet_after: Active = the last purchase is at most so many days before the cut-off.
        horizon_days: Days to follow.
    """
    start = ibis.date(cutoff.isoformat())
    known = purchases.day < start
    follow = (purchases.day >= start) & (purchases.day < start + ibis.interval(days=horizon_days))
    each = purchases.group_by("customer_id").aggregate(
        last_day=purchases.day.max(where=known),
        year=_count(known & (purchases.day >= start - ibis.interval(days=YEAR_DAYS))),
        recent=_count(known & (purchases.day >= start - ibis.interval(days=RECENT_DAYS))),
        back=follow.any(),
    )
    counted = each.mutate(silence=start.delta(each.last_day, unit="day"))
    active = counted.filter(counted.silence <= quiet_after)
    customers = active.select(
        "customer_id",
        silence_from=_class(active.silence, SILENCE_FROM),
        year_from=_class(active.year, YEAR_PURCHASES_FROM),
        recent_from=_class(active.recent, RECENT_PURCHASES_FROM),
        quiet=~active.back,
    )
    return ActiveBase(cutoff=cutoff, horizon_days=horizon_days, customers=customers.cache())


def counted_reasons(
    base: ActiveBase, marks: ibis.Table, reasons: Mapping[str, tuple[ibis.Deferred, ibis.Deferred]]
) -> pd.DataFrame:
    """Customers with and without each reason to leave, by class, and those of them who went quiet.

    Args:
        base: From `active_base`.
        marks: One row a customer who has any mark: `customer_id` and the columns that the conditions read; a
            customer without a row has NULL in all of them.
        reasons: Name of a reason -> condition of having it, and of being compared with. A condition that is NULL
            counts as not met.

    Returns:
        Columns `reason`, `silence_from`, `year_from`, `recent_from`, `exposed` (bool), `customers`, `quiet` (counts);
        ordered by all keys. A reason that nobody has keeps the rows of those compared with.
    """
    joined = base.customers.left_join(marks, "customer_id")
    sums = {}
    for place, conditions in enumerate(reasons.values()):
        for exposed, condition in zip((True, False), conditions, strict=True):
            met = condition.resolve(joined).fill_null(False)
            sums[f"{place}/{exposed}/customers"] = _count(met)
            sums[f"{place}/{exposed}/quiet"] = _count(met & joined.quiet)
    strata = joined.group_by(*STRATUM).aggregate(**sums).to_pandas()
    parts = [
        strata[[*STRATUM]].assign(
            reason=name,
            exposed=exposed,
            customers=strata[f"{place}/{exposed}/customers"],
            quiet=strata[f"{place}/{exposed}/quiet"],
        )
        for place, name in enumerate(reasons)
        for exposed in (True, False)
    ]
    return _ordered(parts)


def before(base: ActiveBase, days: int) -> ibis.Value:
    """The first moment of the days before the cut-off, for comparing with stamps."""
    return ibis.timestamp((base.cutoff - timedelta(days=days)).isoformat())


def reasons_frame(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Counted reasons of several kinds as one frame.

    Args:
        parts: From `service_reasons` and `assortment_reasons`; the empty ones of a store without such data too.
    """
    return _ordered(list(parts))


def _ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["reason", *STRATUM, "exposed", "customers", "quiet"]
    filled = [part[columns] for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: [] for name in columns})
    frame = pd.concat(filled, ignore_index=True)
    kept = frame[frame["customers"] > 0]
    return kept.sort_values(columns[:-2], ignore_index=True).astype({"customers": "int64", "quiet": "int64"})


def _count(condition: ibis.Value) -> ibis.Value:
    return condition.cast("int64").sum().fill_null(0)


def _class(value: ibis.Value, first: Sequence[int]) -> ibis.Value:
    """The first value of the class that holds a value."""
    return ibis.cases(*((value >= edge, edge) for edge in reversed(first)), else_=first[0])

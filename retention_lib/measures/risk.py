"""What was known of each customer on a day, and whether a purchase followed: rows for the model of churn risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.risk_parts import PERSON, line_part, other_parts
from retention_lib.measures.summaries import purchase_counts

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

SAMPLE = 40_000
"""Customers of the past windows, drawn by a hash of the id; more make the score no better and the page slower."""

TABLES = ("customers", "contacts", "web_events", "loyalty_events", "service", "feedback")
TEXTS = ("customer_id", *PERSON, "last_channel", "tier")
HISTORY_DAYS = 56
"""Days of data that the first cut-off needs before it."""

TRAINING_WINDOWS = 4
_SPANS = (30, 90, 180, 365)
_BUCKETS = 1_000_000
_NOTHING: Mapping[str, ir.Table] = {}


@dataclass(frozen=True, kw_only=True)
class RiskWindow:
    """A cut-off with its look-back and its horizon.

    Attributes:
        cutoff: The day on which the score is made; nothing from it on is known.
        horizon_days: Days from the cut-off in which a purchase counts.
        seen_until: First day that the data do not hold.
        lookback_days: Customers are those with a purchase in so many days before the cut-off.
        zero_amount_is_purchase: Whether a purchase of nothing counts as one.
    """

    cutoff: date
    horizon_days: int
    seen_until: date
    lookback_days: int = 365
    zero_amount_is_purchase: bool = False

    @property
    def start(self) -> date:
        """First day of the look-back."""
        return self.cutoff - timedelta(days=self.lookback_days)

    @property
    def end(self) -> date:
        """First day after the horizon."""
        return self.cutoff + timedelta(days=self.horizon_days)

    @property
    def whole(self) -> bool:
        """Whether the data hold the whole horizon."""
        return self.end <= self.seen_until


@dataclass(frozen=True, kw_only=True, eq=False)
class RiskWindows:
    """Customers at past cut-offs and today.

    Attributes:
        rows: From `risk_rows`, the windows in order of their cut-offs: a sample of the customers in the past ones,
            everybody in the last, which is today.
        counts: From `summaries.purchase_counts` at each cut-off, of the sample: cutoff, frequency, recency, T (days),
            customers.
    """

    rows: pd.DataFrame
    counts: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Customers by window: cutoff, customers, silent (missing today)."""
        by = self.rows.groupby("cutoff", sort=True)
        return by.agg(customers=("customer_id", "size"), silent=("silent", "sum")).reset_index()


def risk_cutoffs(first_day: date, until: date, *, horizon_days: int) -> list[date]:
    """Past cut-offs: month starts whose horizon has passed.

    The last is for the test, the one before for the choice among models, the others for training. No horizon
    reaches into a later stage's window. Among those for training is the same season a year before the choice,
    the test and today, where the data reach back so far.

    Args:
        first_day: First day of the data.
        until: First day that is no longer seen: today.
        horizon_days: Days from a cut-off in which a purchase counts.

    Returns:
        Ascending days; fewer than three where the history is too short for the three stages.
    """
    starts = pd.date_range(first_day + timedelta(days=HISTORY_DAYS), until, freq="MS").date
    horizon = timedelta(days=horizon_days)

    def before(day: date) -> list[date]:
        return [start for start in starts if start + horizon <= day]

    test = before(until)[-1:]
    choice = before(test[0])[-1:] if test else []
    training = before(choice[0]) if choice else []
    seasons = [_year_before(day) for day in (until.replace(day=1), *test, *choice)]
    step = -(-horizon_days // 31)
    spread = [*training[-1:], *(day for day in seasons if day in training), *training[::-1][::step], *training[::-1]]
    return sorted([*list(dict.fromkeys(spread))[:TRAINING_WINDOWS], *choice, *test])


def risk_windows(
    store: Store,
    purchases: ir.Table,
    *,
    until: date,
    horizon_days: int = 90,
    lookback_days: int = 365,
    sample: int = SAMPLE,
) -> RiskWindows:
    """What was known of customers at past cut-offs, what followed, and what is known of everybody today.

    A past window knows only what was known then: an order that was refunded later still counted.

    Args:
        store: The store; only `transactions` is needed.
        purchases: From `purchases.purchase_days`, until today.
        until: Today: first day that is no longer seen.
        horizon_days: Days from a cut-off in which a purchase counts.
        lookback_days: Customers are those with a purchase in so many days before a cut-off.
        sample: About so many customers stand for all in the past windows; everybody where there are fewer.

    Returns:
        The windows; past ones are missing where the history is too short.
    """
    transactions, coverage = store.table("transactions"), store.coverage
    cutoffs = risk_cutoffs(coverage.first_day, until, horizon_days=horizon_days) if coverage else []
    share = min(1.0, sample / max(1, int(purchases.customer_id.nunique().to_pandas())))
    others = {name: table for name in TABLES if (table := store.find(name)) is not None}
    drawn = _drawn(transactions, share).cache()
    few = {name: _drawn(table, share).cache() for name, table in others.items() if "customer_id" in table.columns}
    today = RiskWindow(
        cutoff=until,
        horizon_days=horizon_days,
        seen_until=until,
        lookback_days=lookback_days,
        zero_amount_is_purchase=store.zero_amount_is_purchase,
    )
    rows, counts = [], []
    for cutoff in cutoffs:
        known = purchase_days(drawn, until=cutoff, zero_amount_is_purchase=store.zero_amount_is_purchase)
        rows.append(risk_rows(known, drawn, window=replace(today, cutoff=cutoff), others=few))
        counts.append(_counts(known, cutoff))
    rows.append(risk_rows(purchases, transactions, window=today, others=others))
    counts.append(_counts(_drawn(purchases, share), until))
    return RiskWindows(rows=pd.concat(rows, ignore_index=True), counts=pd.concat(counts, ignore_index=True))


def risk_rows(
    purchases: ir.Table,
    transactions: ir.Table,
    *,
    window: RiskWindow,
    others: Mapping[str, ir.Table] = _NOTHING,
) -> pd.DataFrame:
    """What was known of each customer at a cut-off, and what followed.

    Args:
        purchases: From `purchases.purchase_days` until the cut-off: as known then.
        transactions: The store's `transactions`; later ones only tell what followed.
        window: The cut-off, its look-back and its horizon.
        others: Further tables of the store by name, of those in `TABLES`.

    Returns:
        One row a customer with a purchase in the look-back, ordered by customer_id, which is for lists and never
        shown. Columns: cutoff (date), customer_id (text), frequency, recency, T (days, as in
        `summaries.purchase_counts`), silence (days since the last purchase), purchases_30 ... purchases_365 (count),
        gap_mean, gap_sd (days, missing without a gap), silence_ratio (silence / gap_mean), spend, spend_90, spend_365,
        average_order (money); what `risk_parts` can tell from the store's tables; silent (boolean: no purchase in the
        horizon), spend_ahead and, where `cost` is known, profit_ahead (net money in it), all missing where the data
        do not hold the whole horizon.
    """
    base = _base(purchases, window)
    parts = [line_part(transactions, start=window.start, cutoff=window.cutoff)]
    parts += list(other_parts(others, start=window.start, cutoff=window.cutoff))
    parts += [_ahead(transactions, window)] if window.whole else []
    joined = reduce(lambda left, part: left.left_join(part, "customer_id").drop("customer_id_right"), parts, base)
    # Sums are exact; as floats, and by Arrow, they leave the engine many times faster than as decimals.
    floats = {name: joined[name].cast("float64") for name in joined.columns if name not in TEXTS}
    frame = joined.mutate(**floats).cache().order_by("customer_id").to_pyarrow().to_pandas()
    return _typed(frame, window, costs="cost" in transactions.columns)


def _base(purchases: ir.Table, window: RiskWindow) -> ir.Table:
    """The rhythm and the money of purchases, of customers who bought in the look-back."""
    cut = ibis.date(window.cutoff.isoformat())
    previous = purchases.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    days = purchases.filter(purchases.day < cut).mutate(
        gap=purchases.day.delta(previous, unit="day"), ago=cut.delta(purchases.day, unit="day")
    )
    sums = {f"purchases_{span}": (days.ago <= span).sum() for span in _SPANS}
    money = {f"spend_{span}": days.amount.sum(where=days.ago <= span) for span in (90, 365)}
    by = days.group_by("customer_id").aggregate(
        frequency=days.count() - 1,
        first=days.ago.max(),
        last=days.ago.min(),
        gap_sd=days.gap.cast("float64").std(how="pop"),
        spend=days.amount.sum(),
        **sums,
        **money,
    )
    return by.filter(by["last"] <= window.lookback_days)


def _ahead(transactions: ir.Table, window: RiskWindow) -> ir.Table:
    """Purchases and money in the horizon."""
    start, end = (ibis.date(day.isoformat()) for day in (window.cutoff, window.end))
    day = transactions.ordered_at.date()
    later = transactions.filter(day >= start, day < end)
    free = window.zero_amount_is_purchase
    bought = purchase_days(transactions, until=window.end, zero_amount_is_purchase=free)
    bought = bought.filter(bought.day >= start).group_by("customer_id").aggregate(purchases_ahead=ibis._.count())
    profit = {"profit_ahead": (later.amount - later.cost).sum()} if "cost" in later.columns else {}
    money = later.group_by("customer_id").aggregate(spend_ahead=later.amount.sum(), **profit)
    both = bought.outer_join(money, "customer_id")
    return both.mutate(customer_id=ibis.coalesce(both.customer_id, both.customer_id_right)).drop("customer_id_right")


def _typed(frame: pd.DataFrame, window: RiskWindow, *, costs: bool) -> pd.DataFrame:
    """Numbers as floats, what follows from others computed, and what followed in the horizon."""
    frame = frame.astype({name: "string" for name in TEXTS if name in frame})
    last, first = frame.pop("last"), frame.pop("first")
    frame = frame.assign(recency=first - last, T=first - 1, silence=last - 1)
    gap = (frame["recency"] / frame["frequency"]).where(frame["frequency"] > 0)
    frame = frame.assign(
        gap_mean=gap, silence_ratio=frame["silence"] / gap, average_order=frame["spend"] / (frame["frequency"] + 1)
    )
    frame.insert(0, "cutoff", window.cutoff)
    if not window.whole:
        missing = {"spend_ahead": float("nan"), **({"profit_ahead": float("nan")} if costs else {})}
        return frame.assign(silent=pd.array([pd.NA] * len(frame), dtype="boolean"), **missing)
    silent = frame.pop("purchases_ahead").isna().astype("boolean")
    money = {name: frame[name].fillna(0.0) for name in ("spend_ahead", "profit_ahead") if name in frame}
    return frame.assign(silent=silent, **money)


def _counts(purchases: ir.Table, cutoff: date) -> pd.DataFrame:
    counts = purchase_counts(purchases, until=cutoff)
    counts.insert(0, "cutoff", cutoff)
    return counts


def _drawn(table: ir.Table, share: float) -> ir.Table:
    """The rows of a sample of the customers: the same customers in every table."""
    if share >= 1:
        return table
    # The engine's hash may be negative; a remainder twice over is not.
    bucket = (table.customer_id.hash() % _BUCKETS + _BUCKETS) % _BUCKETS
    return table.filter(bucket < int(share * _BUCKETS))


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1)

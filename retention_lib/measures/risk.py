"""What was known of each customer on a day, and whether a purchase followed: rows for the model of churn risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr import types as ir

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.risk_parts import COLUMNS, PERSON, STAMPS, line_part, other_parts
from retention_lib.measures.summaries import purchase_counts

if TYPE_CHECKING:
    from retention_lib.stores.store import Store

SAMPLE = 40_000
"""Customers of the past windows, drawn by a hash of the id; more make the score no better and the page slower."""

TABLES = ("customers", "contacts", "web_events", "loyalty_events", "service", "feedback")
TEXTS = (*PERSON, "last_channel", "tier")
LOOKBACK_DAYS = 365
"""Customers are those with a purchase in so many days before a cut-off."""

HISTORY_DAYS = 56
"""Days of data that the first cut-off needs before it."""

TRAINING_WINDOWS = 5
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
        zero_amount_is_purchase: Whether a purchase of nothing counts as one.
    """

    cutoff: date
    horizon_days: int
    seen_until: date
    zero_amount_is_purchase: bool = False

    @property
    def start(self) -> date:
        """First day of the look-back."""
        return self.cutoff - timedelta(days=LOOKBACK_DAYS)

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
    sample: int = SAMPLE,
) -> RiskWindows:
    """What was known of customers at past cut-offs, what followed, and what is known of everybody today.

    A past window knows only what was known then: an order that was refunded later still counted.

    Args:
        store: The store; only `transactions` is needed.
        purchases: From `purchases.purchase_days`, until today.
        until: Today: first day that is no longer seen.
        horizon_days: Days from a cut-off in which a purchase counts.
        sample: About so many customers stand for all in the past windows; everybody where there are fewer.

    Returns:
        The windows; past ones are missing where the history is too short.
    """
    transactions, coverage = store.table("transactions"), store.coverage
    cutoffs = risk_cutoffs(coverage.first_day, until, horizon_days=horizon_days) if coverage else []
    share = min(1.0, sample / max(1, int(purchases.customer_id.nunique().to_pandas())))
    others = {name: table for name in TABLES if (table := store.find(name)) is not None}
    drawn = _drawn(_read(transactions, "transactions"), share).cache()
    few = _of_drawn(others, drawn, since=min([*cutoffs, until]) - timedelta(days=LOOKBACK_DAYS))
    today = RiskWindow(
        cutoff=until,
        horizon_days=horizon_days,
        seen_until=until,
        zero_amount_is_purchase=store.zero_amount_is_purchase,
    )
    rows, counts = [], []
    for cutoff in cutoffs:
        known = purchase_days(drawn, until=cutoff, zero_amount_is_purchase=store.zero_amount_is_purchase)
        rows.append(risk_rows(known, drawn, window=replace(today, cutoff=cutoff), others=few))
        counts.append(_counts(known, cutoff))
    rows.append(risk_rows(purchases, transactions, window=today, others=others))
    counts.append(_counts(_drawn(purchases, share), until))
    return RiskWindows(rows=_together(rows), counts=pd.concat(counts, ignore_index=True))


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
        average_order (money); what `risk_parts` can tell from the store's tables; order_sd (money, over the purchases
        of 365 days), silent (boolean: no purchase in the horizon), spend_ahead and, where `cost` is known,
        profit_ahead (net money in it), all missing where the data do not hold the whole horizon.
    """
    base = _floats(_base(purchases, window)).to_pyarrow()
    base = base.take(pc.sort_indices(base["customer_id"]))
    places = ibis.memtable(base.select(["customer_id"]).append_column("place", pa.array(np.arange(base.num_rows))))
    parts = [line_part(transactions, start=window.start, cutoff=window.cutoff)]
    parts += list(other_parts(others, start=window.start, cutoff=window.cutoff))
    parts += [_ahead(transactions, window)] if window.whole else []
    frames = [base.to_pandas().astype({"customer_id": "string"})]
    frames += [_placed(part, places, base.num_rows) for part in parts]
    known = {str(name): column for frame in frames for name, column in frame.items()}
    return _typed(known, window, costs="cost" in transactions.columns)


def _placed(part: ir.Table, places: ir.Table, size: int) -> pd.DataFrame:
    """A part in the order of the customers: placed one by one, many parts need no wide join and no wide sort."""
    found = _floats(part.inner_join(places, "customer_id").drop("customer_id")).to_pyarrow()
    at = np.full(size, -1)
    at[found["place"].to_numpy()] = np.arange(found.num_rows)
    taken = found.drop_columns("place").take(pa.array(at, mask=at < 0))
    return taken.to_pandas(strings_to_categorical=True)


def _floats(table: ir.Table) -> ir.Table:
    """Sums are exact; as floats they leave the engine many times faster than as decimals."""
    numbers = [name for name in table.columns if name not in ("customer_id", "place", *TEXTS)]
    return table.mutate(**{name: table[name].cast("float64") for name in numbers})


def _together(windows: list[pd.DataFrame]) -> pd.DataFrame:
    """The windows one under the other, a text having the same categories in all."""
    for name in [name for name in TEXTS if name in windows[0]]:
        levels = sorted(set().union(*(frame[name].cat.categories for frame in windows)))
        for frame in windows:
            frame[name] = frame[name].cat.set_categories(levels)
    return pd.concat(windows, ignore_index=True)


def _base(purchases: ir.Table, window: RiskWindow) -> ir.Table:
    """The rhythm and the money of purchases, of customers who bought in the look-back."""
    cut = ibis.date(window.cutoff.isoformat())
    previous = purchases.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    days = purchases.filter(purchases.day < cut).mutate(
        gap=purchases.day.delta(previous, unit="day"), ago=cut.delta(purchases.day, unit="day")
    )
    sums = {f"purchases_{span}": (days.ago <= span).sum() for span in _SPANS}
    money = {f"spend_{span}": days.amount.sum(where=days.ago <= span) for span in (90, 365)}
    if window.whole:
        money["order_squares"] = (days.amount * days.amount).sum(where=days.ago <= LOOKBACK_DAYS)
    by = days.group_by("customer_id").aggregate(
        frequency=days.count() - 1,
        first=days.ago.max(),
        last=days.ago.min(),
        gap_squares=(days.gap * days.gap).sum(),
        spend=days.amount.sum(),
        **sums,
        **money,
    )
    return by.filter(by["last"] <= LOOKBACK_DAYS)


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


def _typed(known: dict[str, pd.Series], window: RiskWindow, *, costs: bool) -> pd.DataFrame:
    """What follows from others computed, and what followed in the horizon; columns are put together once."""
    last, first, gap_squares = (known.pop(name) for name in ("last", "first", "gap_squares"))
    frequency = known["frequency"].where(known["frequency"] > 0)
    gap, silence = (first - last) / frequency, last - 1
    more = {
        "recency": first - last,
        "T": first - 1,
        "silence": silence,
        "gap_mean": gap,
        "gap_sd": _spread(gap_squares / frequency, gap),
        "silence_ratio": silence / gap,
        "average_order": known["spend"] / (known["frequency"] + 1),
    }
    size = len(silence)
    more["cutoff"] = pd.Series([window.cutoff] * size, dtype=object)
    if window.whole:
        orders = known["purchases_365"]
        more["order_sd"] = _spread(known.pop("order_squares") / orders, known["spend_365"] / orders)
        more["silent"] = known.pop("purchases_ahead").isna().astype("boolean")
        more |= {name: known.pop(name).fillna(0.0) for name in ("spend_ahead", "profit_ahead") if name in known}
    else:
        more["silent"] = pd.Series(pd.array([pd.NA] * size, dtype="boolean"))
        more |= {
            name: pd.Series(np.full(size, np.nan)) for name in ("order_sd", "spend_ahead", *["profit_ahead"] * costs)
        }
    return pd.DataFrame({"cutoff": more.pop("cutoff"), **known, **more}, copy=False)


def _spread(squares: pd.Series, mean: pd.Series) -> pd.Series:
    """Standard deviation from the mean of the squares, which the engine sums exactly, in whatever order."""
    return (squares - mean**2).clip(lower=0) ** 0.5


def _counts(purchases: ir.Table, cutoff: date) -> pd.DataFrame:
    counts = purchase_counts(purchases, until=cutoff)
    counts.insert(0, "cutoff", cutoff)
    return counts


def _read(table: ir.Table, name: str) -> ir.Table:
    """The columns that are read of a store's table."""
    return table.select(*(column for column in COLUMNS[name] if column in table.columns))


def _of_drawn(others: Mapping[str, ir.Table], drawn: ir.Table, *, since: date) -> dict[str, ir.Table]:
    """The rows of the drawn customers in the further tables, as far back as they are read."""
    ids, found = drawn.select("customer_id").distinct().cache(), {}
    for name, table in others.items():
        if "customer_id" in table.columns:
            read = _read(table, name)
            late = read[STAMPS[name]] >= ibis.timestamp(since.isoformat()) if name in STAMPS else ibis.literal(True)
            found[name] = read.filter(late).semi_join(ids, "customer_id").cache()
    return found


def _drawn(table: ir.Table, share: float) -> ir.Table:
    """The rows of a sample of the customers: the same customers in every table."""
    if share >= 1:
        return table
    # The engine's hash may be negative; a remainder twice over is not.
    bucket = (table.customer_id.hash() % _BUCKETS + _BUCKETS) % _BUCKETS
    return table.filter(bucket < int(share * _BUCKETS))


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1)

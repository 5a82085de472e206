"""Sums from which the vital signs of a month follow: repeat purchases, frequency, orders, returns, money kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import add
from types import MappingProxyType

import ibis
import pandas as pd

from retention_lib.measures.purchases import first_two_purchases
from retention_lib.settings.calendar import Month

PERIODS: Mapping[str, int] = MappingProxyType({"now": 0, "month": -1, "year": -12})
"""The month itself, the month before, and the same month last year, in months."""
MONTHS_NEEDED: Mapping[str, int] = MappingProxyType(
    {
        "repeat_rate": 1,
        "one_time_share": 1,
        "purchase_frequency": 12,
        "average_order": 1,
        "refund_share": 1,
        "revenue_month": 1,
        "revenue_retention_year": 24,
    }
)
"""Whole months of history that a sign looks back on."""
# Wider than 18 digits, so that the engine multiplies two amounts exactly and without running over.
_MONEY = "decimal(19, 4)"
# Data that begin within a month's first days have it whole: shops are closed on New Year's Day.
_LATE_START = 7


def vital_moments(
    purchases: ibis.Table, transactions: ibis.Table, month: Month, *, first_day: date, horizon_days: int = 90
) -> pd.DataFrame:
    """Sums over customers from which the vital signs of a month and their intervals follow.

    Args:
        purchases: From `purchases.purchase_days`.
        transactions: The store's `transactions`.
        month: The month.
        first_day: First day of the data.
        horizon_days: A customer bought only once when there was none in at least so many days after the first.

    Returns:
        One row a sign and period, ordered by both: `figure`; `period` ("now", "month": the month before, "year": the
        same month last year); `months_seen` and `months_needed` (whole months of history there are and the sign
        needs); `customers` (with a denominator, or with money where there is none); `numerator`, `denominator` (sums
        over customers; the denominator is NaN for a total); `numerator_squares`, `denominator_squares`, `products`
        (sums of the customers' squares and products); and the products with the same customer's numerator (n) and
        denominator (d) of now: `now_n_n`, `now_n_d`, `now_d_n`, `now_d_d`. Sums are NaN where history is too short.
        Last `month` ('YYYY-MM'), the same in all rows.
    """
    parts = [
        customer_moments(purchases, month, first_day=first_day, horizon_days=horizon_days),
        order_moments(transactions, month, first_day=first_day),
    ]
    moments = pd.concat(parts).sort_values(["figure", "period"], ignore_index=True)
    return moments.assign(month=str(month))


def customer_moments(purchases: ibis.Table, month: Month, *, first_day: date, horizon_days: int = 90) -> pd.DataFrame:
    """Sums over customers for the signs that look at all purchases so far.

    Args:
        purchases: From `purchases.purchase_days`.
        month: The month.
        first_day: First day of the data.
        horizon_days: A customer bought only once when there was none in at least so many days after the first.

    Returns:
        As `vital_moments`, for `repeat_rate`, `one_time_share`, `purchase_frequency` and `revenue_retention_year`.
    """
    spans = {f"{name}_{period}": _span(month, period, name) for name in ("last", "prior") for period in PERIODS}
    customers = _customers(purchases, spans, {period: _at(month, period).end for period in PERIODS})
    ratios = {}
    for period in PERIODS:
        bought, days = customers[f"bought_{period}"], customers[f"days_last_{period}"]
        followed = _day(_at(month, period).end).delta(customers.first_day, unit="day") >= horizon_days
        spent, prior = customers[f"spent_last_{period}"], customers[f"spent_prior_{period}"]
        ratios["repeat_rate", period] = (_one(bought >= 2), _one(bought >= 1))
        ratios["one_time_share", period] = (_one(followed & (bought == 1)), _one(followed & (bought >= 1)))
        ratios["purchase_frequency", period] = (days, _one(days > 0))
        ratios["revenue_retention_year", period] = (ibis.ifelse(prior > 0, spent, 0).cast(_MONEY), prior)
    return _moments(customers, ratios, seen=_months_seen(first_day, month))


def _customers(purchases: ibis.Table, spans: Mapping[str, tuple[date, date]], ends: Mapping[str, date]) -> ibis.Table:
    """Each customer's purchases before some days (`bought_`), and their days and money in some spans.

    A purchase is summed once, between two edges of the spans, and spans are put together from these pieces.
    """
    edges = sorted({day for span in spans.values() for day in span} | set(ends.values()))
    pieces = dict(zip(edges, pairwise([date.min, *edges]), strict=True))
    each = purchases.group_by("customer_id").aggregate(
        first_day=purchases.day.min(),
        **{f"days_{edge}": purchases.count(where=_inside(purchases.day, piece)) for edge, piece in pieces.items()},
        **{f"spent_{edge}": _total(purchases.amount, purchases.day, piece) for edge, piece in pieces.items()},
    )

    def over(name: str, since: date, until: date) -> ibis.Value:
        return reduce(add, (each[f"{name}_{edge}"] for edge in edges if since < edge <= until))

    return each.select(
        "first_day",
        **{f"bought_{period}": over("days", date.min, end) for period, end in ends.items()},
        **{f"days_{name}": over("days", *span) for name, span in spans.items()},
        **{f"spent_{name}": over("spent", *span).cast(_MONEY) for name, span in spans.items()},
    )


def order_moments(transactions: ibis.Table, month: Month, *, first_day: date) -> pd.DataFrame:
    """Sums over customers for the signs that look at a month's orders.

    What an order took on one day is a sale; what it gave back on a day is a refund of that day.

    Args:
        transactions: The store's `transactions`.
        month: The month.
        first_day: First day of the data.

    Returns:
        As `vital_moments`, for `average_order`, `refund_share` and `revenue_month`.
    """
    months = [_at(month, period) for period in PERIODS]
    asked = [(row.start, row.end) for row in months]
    stamps = [
        (transactions.ordered_at >= ibis.timestamp(start.isoformat()))
        & (transactions.ordered_at < ibis.timestamp(end.isoformat()))
        for start, end in asked
    ]
    rows = transactions.filter(ibis.or_(*stamps)).mutate(day=ibis._.ordered_at.date())
    keys = ["customer_id", "day", *(["order_id"] if "order_id" in rows.columns else [])]
    # Without an order's id each row is an order.
    orders = rows.group_by(keys).aggregate(amount=rows.amount.sum()) if len(keys) > 2 else rows
    sums = {}
    for period, span in zip(PERIODS, asked, strict=True):
        inside = _inside(orders.day, span)
        sums[f"sales_{period}"] = _total(orders.amount, orders.day, span, where=orders.amount > 0)
        sums[f"refunds_{period}"] = -_total(orders.amount, orders.day, span, where=orders.amount < 0)
        sums[f"orders_{period}"] = (inside & (orders.amount > 0)).sum()
    customers = orders.group_by("customer_id").aggregate(**sums)
    ratios: dict[tuple[str, str], tuple[ibis.Value, ibis.Value | None]] = {}
    for period in PERIODS:
        sales, refunds = customers[f"sales_{period}"], customers[f"refunds_{period}"]
        ratios["average_order", period] = (sales, customers[f"orders_{period}"])
        ratios["refund_share", period] = (refunds, sales)
        ratios["revenue_month", period] = ((sales - refunds).cast(_MONEY), None)
    return _moments(customers, ratios, seen=_months_seen(first_day, month))


def second_purchases(
    purchases: ibis.Table, *, history_starts: date, within: Sequence[int] = (30, 60, 90)
) -> pd.DataFrame:
    """New customers by month of their first purchase, and how many bought again within some days.

    Args:
        purchases: From `purchases.purchase_days`.
        history_starts: First day from which a first purchase seen is taken for the first.
        within: Days after the first purchase in which a second one counts.

    Returns:
        Columns `cohort` ('YYYY-MM'), `customers` and `within_30`, ... (counts), ordered by cohort. The last cohorts
        are not followed to the end.
    """
    customers = first_two_purchases(purchases)
    customers = customers.filter(customers.first_day >= _day(history_starts))
    waited = customers.second_day.delta(customers.first_day, unit="day")
    cohorts = customers.group_by(cohort=customers.first_day.strftime("%Y-%m")).aggregate(
        customers=ibis._.count(), **{f"within_{days}": (waited <= days).sum().coalesce(0) for days in within}
    )
    counts = ["customers", *(f"within_{days}" for days in within)]
    return cohorts.order_by("cohort").to_pandas().astype(dict.fromkeys(counts, "int64"))


def monthly_costs(costs: ibis.Table | None) -> pd.DataFrame:
    """What the shop spent on keeping and on winning customers, month by month.

    Args:
        costs: The store's `costs`; None where it has none.

    Returns:
        Columns `month` ('YYYY-MM'), `keeping` (retention and the programme), `winning` (acquisition), in money,
        ordered by month; no rows without the table.
    """
    if costs is None:
        return pd.DataFrame({"month": [], "keeping": [], "winning": []})
    months = costs.group_by("month").aggregate(
        keeping=(costs.retention.coalesce(0) + costs.loyalty_running.coalesce(0)).sum(),
        winning=costs.acquisition.coalesce(0).sum(),
    )
    return months.order_by("month").to_pandas().astype({"keeping": float, "winning": float})


def _moments(
    customers: ibis.Table,
    ratios: Mapping[tuple[str, str], tuple[ibis.Value, ibis.Value | None]],
    *,
    seen: Mapping[str, int],
) -> pd.DataFrame:
    """The sums of every sign and period in one pass over the customers."""
    enough = {key: pair for key, pair in ratios.items() if seen[key[1]] >= MONTHS_NEEDED[key[0]]}
    sums = {
        f"{figure}.{period}.{name}": value
        for (figure, period), pair in enough.items()
        for name, value in _sums(pair, enough[figure, "now"])
    }
    found = customers.aggregate(**sums).to_pandas().iloc[0] if sums else pd.Series(dtype=object)
    named = {tuple(str(name).split(".")): float(value) if pd.notna(value) else 0.0 for name, value in found.items()}
    empty = {name: float("nan") for name in _NAMES}
    rows = [
        {
            "figure": figure,
            "period": period,
            "months_seen": seen[period],
            "months_needed": MONTHS_NEEDED[figure],
            **empty,
            **{name: value for (of, at, name), value in named.items() if (of, at) == (figure, period)},
        }
        for figure, period in sorted(ratios)
    ]
    return pd.DataFrame(rows)


_NAMES = (
    *("customers", "numerator", "denominator", "numerator_squares", "denominator_squares", "products"),
    *("now_n_n", "now_n_d", "now_d_n", "now_d_d"),
)


def _sums(
    pair: tuple[ibis.Value, ibis.Value | None], now: tuple[ibis.Value, ibis.Value | None]
) -> Iterable[tuple[str, ibis.Value]]:
    """The sums of one sign in one period, by name; those of the denominator only where there is one."""
    (above, below), (now_above, now_below) = pair, now
    yield "customers", _one((above if below is None else below) != 0).sum()
    yield "numerator", above.sum()
    yield "numerator_squares", (above * above).sum()
    yield "now_n_n", (now_above * above).sum()
    if below is None or now_below is None:
        return
    yield "denominator", below.sum()
    yield "denominator_squares", (below * below).sum()
    yield "products", (above * below).sum()
    yield "now_n_d", (now_above * below).sum()
    yield "now_d_n", (now_below * above).sum()
    yield "now_d_d", (now_below * below).sum()


def _at(month: Month, period: str) -> Month:
    return month.shift(PERIODS[period])


def _span(month: Month, period: str, name: str) -> tuple[date, date]:
    """The twelve months that end with the period's month, or the twelve before them."""
    last = _at(month, period).shift(0 if name == "last" else -12)
    return last.shift(-11).start, last.end


def _months_seen(first_day: date, month: Month) -> dict[str, int]:
    first = Month.of(first_day) if first_day.day <= _LATE_START else Month.of(first_day).next()
    return {period: max(0, len(Month.range(first, _at(month, period)))) for period in PERIODS}


def _inside(day: ibis.Value, span: tuple[date, date]) -> ibis.Value:
    return (day >= _day(span[0])) & (day < _day(span[1]))


def _total(amount: ibis.Value, day: ibis.Value, span: tuple[date, date], where: ibis.Value | None = None) -> ibis.Value:
    """Money of a span, exact, narrow enough that a product of two is exact as well."""
    chosen = _inside(day, span) if where is None else _inside(day, span) & where
    return amount.sum(where=chosen).coalesce(0).cast(_MONEY)


def _one(condition: ibis.Value) -> ibis.Value:
    return condition.cast("int64")


def _day(day: date) -> ibis.Value:
    return ibis.date(day.isoformat())

"""Frequency, recency and age of customers: what the buying models read.

The definitions are those of Fader, Hardie and Lee (2005): `frequency` counts repeat purchase
occasions, `recency` is the time from the first to the last occasion, `T` from the first to the end of
observation, which is the last day seen.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd


def purchase_counts(purchases: ibis.Table, *, until: date, unit_days: int = 1) -> pd.DataFrame:
    """Distinct (frequency, recency, T) rows with the number of customers on each.

    Args:
        purchases: From `purchases.purchase_days`.
        until: First day that is no longer seen.
        unit_days: Length of the unit of time: 1 for days, 7 for weeks.

    Returns:
        Columns `frequency` (count), `recency`, `T` (units), `customers` (count), ordered by all keys.
    """
    summary = _summary(purchases, until=until)
    return _counted(summary, ["frequency", "recency", "T"], unit_days=unit_days)


def customer_values(
    purchases: ibis.Table, transactions: ibis.Table, *, until: date, unit_days: int = 1
) -> pd.DataFrame:
    """Distinct (frequency, recency, T, monetary_value) rows with their customers.

    Args:
        purchases: From `purchases.purchase_days`.
        transactions: The store's `transactions`, for refunds that name no order.
        until: First day that is no longer seen.
        unit_days: Length of the unit of time in days.

    Returns:
        Columns `frequency`, `recency`, `T`, `monetary_value` (mean money per repeat occasion; 0 where there is none,
        and for customers whose refunds reach what they bought), `customers`, ordered by all keys.
    """
    seen = transactions.ordered_at < ibis.timestamp(until.isoformat())
    # Only who sent something back can have kept nothing.
    sent_back = transactions.filter(seen, transactions.amount < 0).select("customer_id")
    doubtful = transactions.semi_join(sent_back, "customer_id").filter(seen)
    nets = doubtful.group_by("customer_id").aggregate(net=doubtful.amount.sum())
    summary = _summary(purchases, until=until).left_join(nets.filter(nets.net <= 0), "customer_id")
    summary = summary.mutate(monetary_value=ibis.ifelse(summary.net.isnull(), summary.monetary_value, 0.0))
    return _counted(summary, ["frequency", "recency", "T", "monetary_value"], unit_days=unit_days)


def holdout_purchases(
    purchases: ibis.Table, *, calibration_until: date, until: date, unit_days: int = 1
) -> pd.DataFrame:
    """Calibration summary of each customer beside the purchases that followed.

    Args:
        purchases: From `purchases.purchase_days`, reaching to `until`.
        calibration_until: First day of the holdout period.
        until: First day after the holdout period.
        unit_days: Length of the unit of time in days.

    Returns:
        Columns `frequency`, `recency`, `T` at the end of calibration, `holdout_purchases` (occasions
        in the holdout), `customers`, ordered by all keys. Customers first seen in the holdout are left
        out: nothing was known of them.
    """
    summary = _summary(purchases, until=calibration_until)
    cut, end = ibis.date(calibration_until.isoformat()), ibis.date(until.isoformat())
    later = purchases.filter((purchases.day >= cut) & (purchases.day < end))
    counts = later.group_by("customer_id").aggregate(bought=ibis._.count())
    joined = summary.left_join(counts, "customer_id").mutate(holdout_purchases=ibis._.bought.fill_null(0))
    return _counted(joined, ["frequency", "recency", "T", "holdout_purchases"], unit_days=unit_days)


def births(purchases: ibis.Table, *, start: date, until: date) -> pd.DataFrame:
    """How many customers bought for the first time on each day.

    Args:
        purchases: From `purchases.purchase_days`.
        start: Day counted as 0.
        until: First day that is no longer counted.

    Returns:
        Columns `birth_day_index` (days since `start`), `customers`, ordered by day.
    """
    first = purchases.group_by("customer_id").aggregate(day=purchases.day.min())
    new = first.filter(first.day < ibis.date(until.isoformat()))
    counts = new.group_by(birth_day_index=new.day.delta(ibis.date(start.isoformat()), unit="day")).aggregate(
        customers=ibis._.count()
    )
    return counts.order_by("birth_day_index").to_pandas().astype("int64")


def repeat_purchases(purchases: ibis.Table, *, start: date, born_until: date) -> pd.DataFrame:
    """Repeat purchase occasions by day, of the customers first seen before a date.

    Args:
        purchases: From `purchases.purchase_days`.
        start: Day counted as 0.
        born_until: Only customers whose first purchase lies before this day.

    Returns:
        Columns `day_index` (days since `start`), `repeat_purchases` (count), ordered by day.
    """
    first = purchases.group_by("customer_id").aggregate(first_day=purchases.day.min())
    joined = purchases.inner_join(first, "customer_id")
    repeats = joined.filter(joined.day > joined.first_day, joined.first_day < ibis.date(born_until.isoformat()))
    counts = repeats.group_by(day_index=repeats.day.delta(ibis.date(start.isoformat()), unit="day")).aggregate(
        repeat_purchases=ibis._.count()
    )
    return counts.order_by("day_index").to_pandas().astype("int64")


def _summary(purchases: ibis.Table, *, until: date) -> ibis.Table:
    seen = purchases.filter(purchases.day < ibis.date(until.isoformat()))
    customers = seen.group_by("customer_id").aggregate(
        frequency=ibis._.count() - 1,
        first_day=seen.day.min(),
        last_day=seen.day.max(),
        amount=seen.amount.sum(),
        first_amount=seen.amount.argmin(seen.day),
    )
    repeats = customers.frequency.nullif(0)
    later = ((customers.amount - customers.first_amount).cast("float64") / repeats).round(6).fill_null(0.0)
    customers = customers.mutate(monetary_value=later)
    last_seen = ibis.date((until - timedelta(days=1)).isoformat())
    return customers.mutate(
        recency=customers.last_day.delta(customers.first_day, unit="day"),
        T=last_seen.delta(customers.first_day, unit="day"),
    )


def _counted(customers: ibis.Table, keys: list[str], *, unit_days: int) -> pd.DataFrame:
    counted = customers.group_by(*keys).aggregate(customers=ibis._.count())
    frame = counted.to_pyarrow().to_pandas()
    # Numbers are put in order faster here than in the engine.
    order = np.lexsort([frame[key].to_numpy() for key in reversed(keys)])
    columns = {name: column.to_numpy()[order] for name, column in frame.items()}
    return pd.DataFrame(columns | {name: columns[name] / unit_days for name in ("recency", "T")})

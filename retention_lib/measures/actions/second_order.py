"""The day after the first order on which a store's new customers are likeliest to order again."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.purchases import first_two_purchases

NEW_AFTER_DAYS = 60
"""Whoever is first seen in so many days from the beginning of the data may have bought before."""
USUAL_DAY = 7
"""The day taken where too few new customers have ordered again to tell."""
FEWEST_ORDERS = 30
"""Second orders that a week must hold for its rate to be compared."""
LONGEST_DAYS = 90
YEAR_DAYS = 365
_WEEK = 7


def second_order_day(purchases: ir.Table, *, first_day: date, until: date) -> int:
    """The middle of the week in which a customer who has bought once is likeliest to buy again.

    A day's hazard is its second orders as a share of the customers of whom one was still waited for; a week's is the
    sum over its days, so that weekdays cancel out (the rise of Nelson and Aalen's cumulative hazard). The first of
    equal weeks is taken.

    Args:
        purchases: From `purchases.purchase_days`.
        first_day: First day of the data.
        until: First day that is no longer seen; new customers of the year before it count.

    Returns:
        Days after the first purchase (4 to 87); `USUAL_DAY` where no week of the first 90 days has 30 second orders.

    References:
        Aalen (1978), Annals of Statistics 6.
    """
    new_from = max(first_day + timedelta(days=NEW_AFTER_DAYS), until - timedelta(days=YEAR_DAYS))
    two = first_two_purchases(purchases)
    new = two.filter(two.first_day >= ibis.date(new_from.isoformat()))
    end = ibis.coalesce(new.second_day, ibis.date(until.isoformat()))
    each = new.select(days=end.delta(new.first_day, unit="day"), again=new.second_day.notnull())
    counts = each.group_by("days", "again").aggregate(customers=ibis._.count()).order_by("days", "again")
    return _peak(counts.to_pandas())


def _peak(counts: pd.DataFrame) -> int:
    """The middle of the week with the highest rate, from counted days to the second order or to the end."""
    days = counts["days"].to_numpy(dtype=np.int64)
    customers, again = counts["customers"].to_numpy(dtype=np.int64), counts["again"].to_numpy(dtype=bool)
    ages = np.arange(1, LONGEST_DAYS + 1)
    orders = np.array([customers[again & (days == age)].sum() for age in ages])
    # Who is followed to `until`, which is no longer seen, is waited for on the days before it.
    waiting = np.array([customers[(days > age) | (again & (days == age))].sum() for age in ages])
    weeks = _by_week(orders)
    if weeks.max() < FEWEST_ORDERS:
        return USUAL_DAY
    # Rounded, for two equal weeks are to be equal.
    hazard = np.where(weeks >= FEWEST_ORDERS, _by_week(orders / np.maximum(waiting, 1)).round(12), 0.0)
    return int(ages[int(hazard.argmax())]) + _WEEK // 2


def _by_week(values: np.ndarray) -> np.ndarray:
    """Sums over a week from each day on."""
    return np.convolve(values, np.ones(_WEEK, dtype=values.dtype), "valid")

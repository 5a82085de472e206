"""Customers' histories of buying, and how long they then waited for their next purchase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.purchases import day_number

WINDOW_DAYS = 91
MOST_CUSTOMERS = 100_000


@dataclass(frozen=True, kw_only=True, eq=False)
class OrderHistories:
    """What is known of customers who bought, today and as of a window ago.

    Attributes:
        now: One row a customer who ever bought, by row: row (int32), first_day, last_day (days since 1970-01-01),
            frequency (purchase days after the first one).
        past: One row a distinct history of a window ago, ordered by all keys: first_day, last_day, frequency,
            wait_days (Int64: 0 for a purchase on the first day of the window; missing without one in it), customers
            (count); of every k-th customer where there are more than wanted.
        until: Today: first day that is not seen.
        window_days: Days of the window that ends today.
    """

    now: pd.DataFrame
    past: pd.DataFrame
    until: date
    window_days: int

    def to_frame(self) -> pd.DataFrame:
        """The histories of a window ago."""
        return self.past


def order_histories(
    purchases: ir.Table,
    people: ir.Table,
    *,
    until: date,
    window_days: int = WINDOW_DAYS,
    most_customers: int = MOST_CUSTOMERS,
) -> OrderHistories:
    """Histories of customers, from one pass over their purchases.

    Args:
        purchases: From `purchases.purchase_days`, until today.
        people: One row a customer: `row` (dense number by id), `customer_id`.
        until: Today: first day that is not seen.
        window_days: Days of the window that ends today.
        most_customers: About so many customers stand for all in the past.
    """
    start = ibis.date((until - timedelta(days=window_days)).isoformat())
    earlier = purchases.day < start
    each = purchases.group_by("customer_id").aggregate(
        first_day=day_number(purchases.day.min()),
        last_day=day_number(purchases.day.max()),
        frequency=(purchases.count() - 1).cast("int32"),
        past_last_day=day_number(purchases.day.max(where=earlier)),
        past_frequency=(earlier.sum() - 1).cast("int32"),
        wait_days=purchases.day.min(where=~earlier).delta(start, unit="day").cast("int32"),
    )
    known = people.select("row", "customer_id").inner_join(each, "customer_id").drop("customer_id")
    frame = known.order_by("row").to_pyarrow().to_pandas(integer_object_nulls=False)
    names = ["first_day", "last_day", "frequency"]
    step = -(-len(frame) // most_customers)
    drawn = frame.iloc[:: max(1, step)]
    past = drawn[drawn["past_frequency"] >= 0].drop(columns=["row", "last_day", "frequency"])
    past = past.rename(columns={"past_last_day": "last_day", "past_frequency": "frequency"})
    past = past.astype(dict.fromkeys(names, "int64") | {"wait_days": "Int64"})
    counts = past.groupby([*names, "wait_days"], dropna=False).size().reset_index(name="customers")
    return OrderHistories(now=frame[["row", *names]], past=counts, until=until, window_days=window_days)

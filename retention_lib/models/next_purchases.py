"""The day on which each customer is expected next."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.season import Clock, day_number


def next_purchase_dates(
    model: PurchaseModel | NotEnough,
    rows: pd.DataFrame | NotEnough,
    *,
    clock: Clock,
    until: date,
    most_days: int = 365,
    level: float = 0.8,
) -> pd.DataFrame | NotEnough:
    """When each customer buys next, if he buys again within `most_days`.

    Args:
        model: Fitted in the clock's time.
        rows: One row a customer: frequency, recency, T in the clock's units; others are kept.
        clock: The store's clock; where months differ, days of a strong month count for more.
        until: First day that is not seen: the first on which a customer can buy next.
        most_days: Days ahead that are looked at, > 0.
        level: Chance, in (0, 1), that the next purchase of one who buys again lies between `low` and `high`.

    Returns:
        The rows with chance_of_another (of a purchase within `most_days`) and three days, datetime64: next_purchase
        (half of those who buy again have done so by then), next_purchase_low, next_purchase_high. NotEnough as it
        came.
    """
    if isinstance(model, NotEnough):
        return model
    if isinstance(rows, NotEnough):
        return rows
    last = day_number(until) - 1
    reached = clock.time(np.full(most_days, last), last + np.arange(1, most_days + 1))
    histories = Distinct.of_histories(rows)
    waits = model.next_purchase(*histories.columns, most=float(reached[-1]), level=level)
    # a wait that ends within a day ends on it; the very last one may be longer by rounding
    days = {
        name: np.datetime64(until) + np.minimum(np.searchsorted(reached, waits[name]), most_days - 1)
        for name in ("median", "low", "high")
    }
    return rows.assign(
        chance_of_another=waits["chance_of_another"].to_numpy()[histories.place],
        next_purchase=days["median"][histories.place],
        next_purchase_low=days["low"][histories.place],
        next_purchase_high=days["high"][histories.place],
    )

"""On which weekdays and at which hours a store's customers buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.actions.favourites import around_hours, base_of_hours, best_hour, best_weekday
from retention_lib.models.actions.habits import Habits

FEWEST_PURCHASES = 100
"""Purchases whose time is known, from which on a picture of them says something."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BuyingHours:
    """Purchases by weekday and hour.

    Attributes:
        cells: One row a weekday and hour, all 168, ordered: weekday (1 = Monday to 7), hour (0 to 23), purchases
            (count), share (of all).
        best_hour: The full hour around which most is bought, of those in which messages may be sent.
        around_best: Share of purchases in the two hours before it and the two after.
        best_weekday: The weekday with most purchases.
        on_best_weekday: Share of purchases on it.
        purchases: Purchases whose time is known (count).
        until: First day that is not seen.
    """

    cells: pd.DataFrame
    best_hour: int
    around_best: float
    best_weekday: int
    on_best_weekday: float
    purchases: int
    until: date

    def to_frame(self) -> pd.DataFrame:
        """Purchases by weekday and hour."""
        return self.cells


def buying_hours(habits: Habits) -> BuyingHours | NotEnough:
    """Purchases of the last 365 days by weekday and hour.

    Args:
        habits: From `models.actions.habits.habits`.

    Returns:
        The picture; NotEnough("purchases_with_a_time") below 100 purchases whose hour is known.
    """
    grid = habits.grid
    timed = grid[(grid["kind"] == "purchases") & (grid["hour"] >= 0)]
    total = int(timed["moments"].sum())
    if total < FEWEST_PURCHASES:
        return NotEnough("purchases_with_a_time", total, FEWEST_PURCHASES)
    every = pd.MultiIndex.from_product([range(1, 8), range(24)], names=["weekday", "hour"])
    counts = timed.groupby(["weekday", "hour"])["moments"].sum().reindex(every, fill_value=0)
    cells = counts.rename("purchases").reset_index()
    hours = base_of_hours(grid, "purchases", "moments")
    days = cells.groupby("weekday")["purchases"].sum().to_numpy() / total
    best = best_hour(hours, np.array(habits.open_hours))
    return BuyingHours(
        cells=cells.assign(share=cells["purchases"] / total),
        best_hour=best,
        around_best=float(around_hours(hours)[best]),
        best_weekday=best_weekday(days),
        on_best_weekday=float(days.max()),
        purchases=total,
        until=habits.until,
    )

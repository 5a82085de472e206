"""The income-based lifetime value of the trade: average order x orders a year x years of relationship, in revenue."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.intervals import wilson

NEEDED_CUSTOMERS = 30
YEAR_DAYS = 365


@dataclass(frozen=True, kw_only=True)
class IncomeValue:
    """What a customer is worth by the trade's rule of thumb; revenue, never gross profit, and never discounted.

    Attributes:
        value: Average order x orders a year x years of relationship (money); bounds from those of the share that left.
        average_order: Net revenue a purchase in the last 365 days (money).
        orders_a_year: Purchases a customer who bought in the last 365 days.
        years: 1 / share of the customers of the year before who did not buy in the last 365 days.
        left: That share, in (0, 1].
        customers: Customers who bought in the last 365 days (count).
    """

    value: Estimate
    average_order: float
    orders_a_year: float
    years: float
    left: Estimate
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def income_value(facts: pd.DataFrame | NotEnough) -> IncomeValue | NotEnough:
    """The income-based value from two years of purchases.

    Args:
        facts: One row: buyers, purchases, revenue (of the last 365 days), earlier_buyers (of the 365 days before),
            stayed (of them those who bought in the last 365 days), days (that the sales reach back).

    Returns:
        The value; NotEnough("income_history_days") with less than two years of sales, NotEnough("income_customers")
        with fewer than 30 customers in the year before, NotEnough("income_left") where none of them left.
    """
    if isinstance(facts, NotEnough):
        return facts
    row = facts.iloc[0]
    if row["days"] < 2 * YEAR_DAYS:
        return NotEnough("income_history_days", int(row["days"]), 2 * YEAR_DAYS)
    if min(row["earlier_buyers"], row["buyers"]) < NEEDED_CUSTOMERS:
        return NotEnough("income_customers", int(min(row["earlier_buyers"], row["buyers"])), NEEDED_CUSTOMERS)
    gone = int(row["earlier_buyers"] - row["stayed"])
    if gone == 0:
        return NotEnough("income_left", 0, 1)
    left = wilson(gone, int(row["earlier_buyers"]))
    if isinstance(left, NotEnough):
        return left
    order, pace = float(row["revenue"] / row["purchases"]), float(row["purchases"] / row["buyers"])
    yearly = order * pace
    return IncomeValue(
        value=Estimate(
            yearly / left.value,
            low=yearly / (left.high or 1.0),
            high=yearly / (left.low or left.value),
            level=left.level,
            n=int(row["buyers"]),
        ),
        average_order=order,
        orders_a_year=pace,
        years=1 / left.value,
        left=left,
        customers=int(row["buyers"]),
    )

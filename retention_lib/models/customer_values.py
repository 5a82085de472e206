"""What each known customer is expected to bring from now on, and what they bring together.

Expected value = expected purchases in each month ahead x expected profit a purchase, discounted. What customers brought
before is not in it, nor are customers yet to be won.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough, first_refusal
from retention_lib.models.cohorts import Measure
from retention_lib.models.forecasts import Forecast, Known
from retention_lib.models.horizon import Horizon

if TYPE_CHECKING:
    from retention_lib.models.margins import Margin
    from retention_lib.models.spend import SpendForecast


@dataclass(frozen=True, kw_only=True, eq=False)
class CustomerValues:
    """The expected value of each known customer over the months ahead.

    Attributes:
        rows: The histories with their times, one row a customer; of all arrays here.
        purchases: Expected purchases in the horizon (count).
        discounted: The same, those of each month times its discount factor.
        money: Expected money of a purchase, net of refunds: gross profit, or revenue without a margin.
        months: One row a month ahead: month (1, 2, ...), end (its last day), purchases, value, discounted_value;
            sums over all customers.
        measure: "gross_profit" or "revenue".
        horizon: The months ahead.
        forecast: Name of the forecast of purchases.
        mean_spend: Money customers are expected to pay for a purchase, net of refunds, over the expected purchases.
        spend: The model behind the money of a purchase.
        margin: What is left of that money.
    """

    rows: pd.DataFrame = field(repr=False)
    purchases: np.ndarray = field(repr=False)
    discounted: np.ndarray = field(repr=False)
    money: np.ndarray = field(repr=False)
    months: pd.DataFrame
    measure: Measure
    horizon: Horizon
    forecast: str
    mean_spend: float
    spend: SpendForecast = field(repr=False)
    margin: Margin = field(repr=False)

    @property
    def value(self) -> np.ndarray:
        """Discounted money of each customer."""
        return self.discounted * self.money

    @property
    def customers(self) -> int:
        """Customers valued."""
        return len(self.purchases)

    def to_frame(self) -> pd.DataFrame:
        """One row a month ahead."""
        return self.months


def customer_values(
    today: Known | NotEnough,
    forecast: Forecast | NotEnough,
    spend: SpendForecast | NotEnough,
    margin: Margin | NotEnough,
    *,
    horizon: Horizon | NotEnough,
) -> CustomerValues | NotEnough:
    """The expected value of each customer.

    Args:
        today: What is known of all customers, from `forecasts.known`.
        forecast: Of purchases, learned up to the beginning of the horizon.
        spend: Of the money of a purchase.
        margin: What is left of that money.
        horizon: The months ahead.

    Returns:
        The values; the first `NotEnough` that came in; "customers" when there are none.
    """
    if isinstance(today, NotEnough) or isinstance(forecast, NotEnough) or isinstance(horizon, NotEnough):
        return first_refusal(today, forecast, horizon)
    if isinstance(spend, NotEnough) or isinstance(margin, NotEnough):
        return first_refusal(spend, margin)
    rows = today.rows
    if rows.empty:
        return NotEnough("customers", 0, 1)
    reached = forecast.expected_by(rows, horizon.times)
    paid = spend.expected_of(rows) * margin.kept_share
    money, purchases = paid * margin.of_repeats, reached[:, -1]
    return CustomerValues(
        rows=rows,
        purchases=purchases,
        discounted=horizon.discounted(reached),
        money=money,
        months=_months(reached, money, horizon),
        measure=margin.measure,
        horizon=horizon,
        forecast=forecast.name,
        mean_spend=float(paid @ purchases) / max(float(purchases.sum()), 1e-12),
        spend=spend,
        margin=margin,
    )


def _months(reached: np.ndarray, money: np.ndarray, horizon: Horizon) -> pd.DataFrame:
    """Sums over all customers month by month."""
    value = np.diff(money @ reached, prepend=0.0)
    return pd.DataFrame(
        {
            "month": np.arange(1, horizon.months + 1),
            "end": [end - timedelta(days=1) for end in horizon.ends],
            "purchases": np.diff(reached.sum(axis=0), prepend=0.0),
            "value": value,
            "discounted_value": value * horizon.factors,
        }
    )

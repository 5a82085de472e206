"""What the known customers bring together, and by group, with the interval of the forecast."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, first_refusal
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, Measure
from retention_lib.models.customer_values import CustomerValues

if TYPE_CHECKING:
    from retention_lib.models.uncertainty import Spread

_GROUPS = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class BaseValue:
    """The expected value of the customers known today, over the months ahead.

    Attributes:
        total: Discounted money of all of them; the customer equity. Its interval, as all here, holds the uncertainty of
            the models' parameters, the luck of the customers, and the error of the forecast at its own cut-offs.
        per_customer: The same a customer.
        expected_purchases: Purchases of all customers, not discounted.
        mean_spend: Money customers pay for a purchase, net of refunds, over the expected purchases.
        measure: "gross_profit", or "revenue" without a margin; of all money here but `mean_spend`.
        customers: Customers valued.
        without_purchase: Of them, those expected to buy less than once in the months.
        as_of: Last day of the data.
        horizon_end: Last day of the months ahead.
        horizon_months: Calendar months ahead.
        discount_rate_annual: Yearly discount rate.
        forecast: Name of the forecast of purchases.
        cutoffs: Past cut-offs from which the error of the forecast was taken; 0 where it is not in the intervals.
        months: One row a month ahead: month (1, 2, ...), end (date), purchases, value, discounted_value (sums of all
            customers), cumulative (discounted value from the beginning), low, high (its bounds).
    """

    total: Estimate
    per_customer: Estimate
    expected_purchases: Estimate
    mean_spend: float
    measure: Measure
    customers: int
    without_purchase: int
    as_of: date
    horizon_end: date
    horizon_months: int
    discount_rate_annual: float
    forecast: str
    cutoffs: int
    months: pd.DataFrame = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """One row a month ahead."""
        return self.months


@dataclass(frozen=True, kw_only=True, eq=False)
class ValueBy:
    """The expected value of the known customers by group.

    Attributes:
        by: What customers are told apart by: "cohort", "channel", "first_category", "first_discount".
        table: One row a group, cohorts in their order and other groups by their value, the largest first: group,
            customers, purchases (expected), total, share (of the value of all), value, low, high (money a customer;
            bounds missing where the group is thin), thin (fewer than 30 customers).
        measure: "gross_profit", or "revenue" without a margin.
        months: Calendar months ahead.
        level: Of the intervals.
        customers: Customers in a group; who belongs to none is left out.
    """

    by: str
    table: pd.DataFrame
    measure: Measure
    months: int
    level: float
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """One row a group."""
        return self.table


def base_value(
    values: CustomerValues | NotEnough, *, money: Spread | NotEnough, purchases: Spread | NotEnough
) -> BaseValue | NotEnough:
    """The value of all known customers.

    Args:
        values: From `customer_values.customer_values`.
        money: The spread of their money in the horizon.
        purchases: The spread of their purchases.

    Returns:
        The value; the `NotEnough` that came in.
    """
    if isinstance(values, NotEnough) or isinstance(money, NotEnough) or isinstance(purchases, NotEnough):
        return first_refusal(values, money, purchases)
    size, total = values.customers, float(values.value.sum())
    whole = money.interval(total, n=size)
    horizon = values.horizon
    return BaseValue(
        total=whole,
        per_customer=_scaled(whole, 1 / size),
        expected_purchases=purchases.interval(float(values.purchases.sum()), n=size),
        mean_spend=values.mean_spend,
        measure=values.measure,
        customers=size,
        without_purchase=int((values.purchases < 1).sum()),
        as_of=horizon.until - timedelta(days=1),
        horizon_end=horizon.last_day,
        horizon_months=horizon.months,
        discount_rate_annual=horizon.discount_rate_annual,
        forecast=values.forecast,
        cutoffs=money.cutoffs,
        months=_banded(values.months, money),
    )


def value_by(values: CustomerValues | NotEnough, spread: Spread | NotEnough, *, by: str) -> ValueBy | NotEnough:
    """The value of the known customers by group.

    What moves all customers alike, the parameters and the error of the forecast, is in the interval of every group; the
    luck of its customers is its own, and weighs more where they are few.

    Args:
        values: From `customer_values.customer_values`.
        spread: Of the money of all of them.
        by: The column of groups.

    Returns:
        The groups; the `NotEnough` that came in; "customers_in_segments" where customers are not told apart so.
    """
    if isinstance(values, NotEnough) or isinstance(spread, NotEnough):
        return first_refusal(values, spread)
    if by not in values.rows or values.rows[by].nunique() < _GROUPS:
        return NotEnough("customers_in_segments", 0, _GROUPS)
    table = _grouped(values, by)
    bounds = _bounds(table["total"].to_numpy(), table["share"].to_numpy(), spread)
    each = {name: (bounds[name] / table["customers"]).mask(table["thin"]) for name in ("low", "high")}
    table = table.assign(**each)
    if by != "cohort":
        table = table.sort_values("total", ascending=False)
    columns = ["group", "customers", "purchases", "total", "share", "value", "low", "high", "thin"]
    return ValueBy(
        by=by,
        table=table[columns].reset_index(drop=True),
        measure=values.measure,
        months=values.horizon.months,
        level=spread.level,
        customers=int(table["customers"].sum()),
    )


def _grouped(values: CustomerValues, by: str) -> pd.DataFrame:
    """Sums by group, in the order of the groups."""
    frame = pd.DataFrame(
        {
            "group": values.rows[by].to_numpy(),
            "purchases": values.purchases,
            "total": values.value,
        }
    )
    by_group = frame.groupby("group", sort=True, observed=True)
    table = by_group.sum().assign(customers=by_group.size()).reset_index()
    table["group"] = table["group"].astype(str)
    whole = float(values.value.sum())
    return table.assign(
        value=table["total"] / table["customers"],
        share=table["total"] / whole if whole else 0.0,
        thin=table["customers"] < NEEDED_CUSTOMERS,
    )


def _bounds(totals: np.ndarray, shares: np.ndarray, spread: Spread) -> pd.DataFrame:
    """Low and high of parts of the value, chance weighing more in small ones; a part of nothing has no spread."""
    parts = [
        spread.of_share(min(float(share), 1.0)).interval(float(total)) if total else Estimate(0.0, low=0.0, high=0.0)
        for total, share in zip(totals, shares, strict=True)
    ]
    return pd.DataFrame({"low": [part.low for part in parts], "high": [part.high for part in parts]}, dtype=float)


def _banded(months: pd.DataFrame, spread: Spread) -> pd.DataFrame:
    """The months with what has come by the end of each, and its bounds."""
    reached = months["discounted_value"].cumsum()
    bounds = _bounds(reached.to_numpy(), reached.to_numpy() / (float(reached.iloc[-1]) or 1.0), spread)
    return months.assign(cumulative=reached, low=bounds["low"], high=bounds["high"])


def _scaled(estimate: Estimate, by: float) -> Estimate:
    """An estimate in another unit."""
    low, high = estimate.low, estimate.high
    return replace(
        estimate,
        value=estimate.value * by,
        low=None if low is None else low * by,
        high=None if high is None else high * by,
    )

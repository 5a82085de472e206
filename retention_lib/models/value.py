"""What customers are worth: the expected value of the base.

Expected value = expected purchases in each month ahead x expected spend x margin, discounted.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.cohorts import Measure
from retention_lib.models.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.gamma_gamma import SpendModel

_DRAWS = 200
_DRAWN_CUSTOMERS = 400  # rows on which the spread between draws is measured
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class BaseValue:
    """Expected value of the customers known at `as_of`, over the months ahead.

    Intervals hold the uncertainty of the models' parameters only: neither the luck of single customers (small
    in a sum over many) nor an error of the models' form, which a holdout shows.

    Attributes:
        measure: "revenue" when no margin is given, else "gross_profit"; of all money fields here.
        per_customer: Value a customer; `reason` "spend_depends_on_frequency" where the spend model's
            supposition fails.
        total: Value of all customers; `reason` likewise.
        expected_purchases: Purchases of all customers in the horizon, not discounted.
        mean_spend: Expected spend a purchase, over the expected purchases, in currency (never times margin).
        customers: Customers valued.
        as_of: Last day of the data.
        horizon_end: `as_of` moved on by `horizon_months` calendar months, inclusive.
        horizon_months: Months ahead.
        margin: Gross margin, in [0, 1]; None when not given.
        discount_rate_annual: Yearly discount rate.
        spend_depends_on_frequency: Whether the data contradict the spend model's supposition.
        months: One row a month ahead: month (1, 2, ...), end (date), purchases, value, discounted_value;
            totals of all customers.
    """

    measure: Measure
    per_customer: Estimate
    total: Estimate
    expected_purchases: Estimate
    mean_spend: float
    customers: int
    as_of: date
    horizon_end: date
    horizon_months: int
    margin: float | None
    discount_rate_annual: float
    spend_depends_on_frequency: bool
    months: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def months_ahead(as_of: date, months: int) -> date:
    """The same day `months` calendar months later, or that month's last day where there is no such day.

    Args:
        as_of: Any day.
        months: Months to move on, >= 0.

    Returns:
        31 January moved on by one month is 28 or 29 February.
    """
    year, month = divmod(as_of.year * 12 + as_of.month - 1 + months, 12)
    return date(year, month + 1, min(as_of.day, calendar.monthrange(year, month + 1)[1]))


def discount_factors(months: int, discount_rate_annual: float) -> np.ndarray:
    """Present value of one unit of money received in the middle of each month ahead.

    Args:
        months: Number of months.
        discount_rate_annual: Yearly rate.

    Returns:
        (1 + rate)^-((k - 1/2) / 12) for k = 1, 2, ...: purchases come all through a month, so mid-month.
    """
    return (1 + discount_rate_annual) ** (-(np.arange(1, months + 1) - 0.5) / 12)


def expected_value(  # noqa: PLR0913 - nine facts make a value, and each has its name at the call
    customers: pd.DataFrame | NotEnough,
    purchase_model: PurchaseModel | NotEnough,
    spend_model: SpendModel | NotEnough,
    *,
    as_of: date,
    horizon_months: int,
    unit_days: float,
    gross_margin: float | None,
    discount_rate_annual: float,
    rng: np.random.Generator,
) -> BaseValue | NotEnough:
    """Expected value of known customers over the next calendar months.

    Args:
        customers: Columns frequency, recency, T (in units of `unit_days`), monetary_value (mean spend of the
            repeat purchases; NaN or 0 without any), customers (behind each row).
        purchase_model: Fitted in the same time unit.
        spend_model: Expected spend; used and flagged where spend depends on frequency.
        as_of: Last day of observation, to which T counts.
        horizon_months: Calendar months ahead, >= 1.
        unit_days: Days in a time unit: 1 or 7.
        gross_margin: Share of revenue in [0, 1]; None gives revenue.
        discount_rate_annual: Yearly rate; 0.10 is 10 %.
        rng: For the parameter draws behind the interval.

    Returns:
        The value with its interval, or the `NotEnough` that came in; "customers" when there are none.
    """
    if isinstance(customers, NotEnough):
        return customers
    if isinstance(purchase_model, NotEnough):
        return purchase_model
    if isinstance(spend_model, NotEnough):
        return spend_model
    if (count := int(customers["customers"].sum())) < 1:
        return NotEnough("customers", count, 1)
    horizon = _horizon(as_of, horizon_months, unit_days=unit_days, annual_rate=discount_rate_annual)
    ahead = _Ahead.of(customers, purchase_model, spend_model, horizon)
    spread = _spread(customers, purchase_model, spend_model, horizon=horizon, base=ahead, rng=rng)
    months = _months(customers, ahead, horizon, margin=1.0 if gross_margin is None else gross_margin)
    bought, total = float(months["purchases"].sum()), float(months["discounted_value"].sum())
    spent = float((customers["customers"] * ahead.spend * ahead.purchases.sum(axis=1)).sum())
    depends = bool(spend_model.dependence.claimed)
    reason = spend_model.dependence.reason if depends else None
    return BaseValue(
        measure="revenue" if gross_margin is None else "gross_profit",
        per_customer=_estimate(total / count, spread["value"], count, reason),
        total=_estimate(total, spread["value"], count, reason),
        expected_purchases=_estimate(bought, spread["purchases"], count, None),
        mean_spend=spent / bought if bought > 0 else 0.0,
        customers=count,
        as_of=as_of,
        horizon_end=horizon.ends[-1],
        horizon_months=horizon_months,
        margin=gross_margin,
        discount_rate_annual=discount_rate_annual,
        spend_depends_on_frequency=depends,
        months=months,
    )


@dataclass(frozen=True, kw_only=True)
class _Horizon:
    """The months ahead: last days, times in the model's unit, discount factors."""

    ends: list[date]
    times: np.ndarray
    factors: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Ahead:
    """What each row of customers is expected to do: purchases by month, spend each, discounted revenue."""

    purchases: np.ndarray
    spend: np.ndarray
    revenue: np.ndarray

    @classmethod
    def of(
        cls,
        customers: pd.DataFrame,
        purchase_model: PurchaseModel,
        spend_model: SpendModel,
        horizon: _Horizon,
    ) -> _Ahead:
        """Evaluate both models; purchases once for each distinct history."""
        keys = customers[["frequency", "recency", "T"]]
        row = keys.groupby(["frequency", "recency", "T"], sort=False).ngroup().to_numpy()
        first = np.unique(row, return_index=True)[1]
        x, t_x, age = (keys[name].to_numpy(dtype=float)[first] for name in ("frequency", "recency", "T"))
        reached = purchase_model.expected_purchases_by(x, t_x, age, horizon.times)
        purchases = np.diff(reached, axis=1, prepend=0.0)[row]
        spend = spend_model.expected_spend(customers["frequency"], customers["monetary_value"])
        return cls(purchases=purchases, spend=spend, revenue=spend * (purchases @ horizon.factors))


def _horizon(as_of: date, months: int, *, unit_days: float, annual_rate: float) -> _Horizon:
    """The exact calendar ahead."""
    ends = [months_ahead(as_of, k) for k in range(1, months + 1)]
    times = np.array([(end - as_of).days for end in ends]) / unit_days
    return _Horizon(ends=ends, times=times, factors=discount_factors(months, annual_rate))


def _months(customers: pd.DataFrame, ahead: _Ahead, horizon: _Horizon, *, margin: float) -> pd.DataFrame:
    """Totals of all customers month by month."""
    weights = customers["customers"].to_numpy(dtype=float)
    value = (weights * ahead.spend) @ ahead.purchases * margin
    return pd.DataFrame(
        {
            "month": np.arange(1, len(value) + 1),
            "end": horizon.ends,
            "purchases": weights @ ahead.purchases,
            "value": value,
            "discounted_value": value * horizon.factors,
        }
    )


def _spread(
    customers: pd.DataFrame,
    purchase_model: PurchaseModel,
    spend_model: SpendModel,
    *,
    horizon: _Horizon,
    base: _Ahead,
    rng: np.random.Generator,
) -> dict[str, tuple[float, float]]:
    """Value and purchases at drawn parameters relative to those at the estimates: 2.5 % and 97.5 % quantiles.

    The *ratio* of a total at two sets of parameters hardly differs between customers, so it is measured on
    some 400 rows, taken systematically with chances in proportion to their value.
    """
    rows, weights = _drawn_rows(customers, base.revenue)
    drawn = customers.iloc[rows]
    models = zip(purchase_model.draws(rng, _DRAWS), spend_model.draws(rng, _DRAWS), strict=True)
    aheads = [_Ahead.of(drawn, purchases, spend, horizon) for purchases, spend in models]
    value = np.array([weights @ ahead.revenue for ahead in aheads])
    bought = np.array([weights @ ahead.purchases.sum(axis=1) for ahead in aheads])
    pairs = {
        "value": (value, weights @ base.revenue[rows]),
        "purchases": (bought, weights @ base.purchases[rows].sum(axis=1)),
    }
    tail = (1 - _LEVEL) / 2
    return {
        name: tuple(np.quantile(draws / at if at > 0 else np.ones(1), [tail, 1 - tail]))
        for name, (draws, at) in pairs.items()
    }


def _drawn_rows(customers: pd.DataFrame, revenue: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that stand for all, and how many customers each stands for (up to a factor)."""
    weights = customers["customers"].to_numpy(dtype=float)
    size = weights * revenue
    if len(size) <= _DRAWN_CUSTOMERS or size.sum() <= 0:
        rows = np.arange(len(size))[:_DRAWN_CUSTOMERS]
        return rows, weights[rows]
    columns = [customers[name].to_numpy() for name in ("monetary_value", "T", "recency", "frequency")]
    order = np.lexsort(columns)
    reached = np.cumsum(size[order]) / size.sum()
    points = (np.arange(_DRAWN_CUSTOMERS) + 0.5) / _DRAWN_CUSTOMERS
    rows = order[np.minimum(np.searchsorted(reached, points), len(order) - 1)]
    return rows, 1 / revenue[rows]


def _estimate(value: float, spread: tuple[float, float], customers: int, reason: str | None) -> Estimate:
    """A value with the interval of its ratio, which always holds the value itself."""
    low, high = value * min(spread[0], 1.0), value * max(spread[1], 1.0)
    return Estimate(value, low=float(low), high=float(high), level=_LEVEL, n=customers, reason=reason)

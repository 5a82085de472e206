"""How right a purchase model would have been: fitted on the past, judged on a holdout it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.estimates import NotEnough

NAIVE = "naive rate"
NEEDED_CUSTOMERS = 30
_LAST_FREQUENCY = 7
_WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """Forecasts of a holdout against what happened.

    Attributes:
        table: One row a model and one for the naive rate: model, expected and actual (purchases of all
            customers), total_error (expected / actual - 1), mean_absolute_error (purchases a customer).
        best: The model with the smallest absolute total error, ties by mean absolute error; the naive rate
            does not compete.
        beats_naive: Whether the best model has the smaller absolute total error and the smaller mean absolute
            error than the naive rate, which lets every customer go on at the past rate for ever.
        total_error: Of the best model.
        mean_absolute_error: Of the best model.
        expected: Purchases in the holdout that the best model expected.
        actual: Purchases in the holdout.
        customers: Customers judged.
        holdout_length: Length of the holdout in the models' time unit.
        by_frequency: One row a past frequency 0, 1, ..., "7+": frequency (text), customers, actual, expected
            (means a customer, by the best model).
    """

    table: pd.DataFrame
    best: str
    beats_naive: bool
    total_error: float
    mean_absolute_error: float
    expected: float
    actual: int
    customers: int
    holdout_length: float
    by_frequency: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The comparison, one row a model."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Tracking:
    """Repeat purchases week by week, as they happened and as a model expected them.

    Attributes:
        table: One row a full week of seven days from the first day: week (1, 2, ...), actual, expected,
            cumulative_actual, cumulative_expected (repeat purchases), holdout (True when the week begins after
            the calibration).
        model: The model's name.
    """

    table: pd.DataFrame
    model: str

    def to_frame(self) -> pd.DataFrame:
        """The table of weeks."""
        return self.table


def best_of(backtest: Holdout | NotEnough, models: Sequence[PurchaseModel | NotEnough]) -> PurchaseModel | NotEnough:
    """The model that a backtest found best, among models fitted on other data.

    Args:
        backtest: From `holdout`.
        models: Fits of the models judged, for example on all data.

    Returns:
        The fit of the best model's kind; the first fit there is when no backtest could be made, or the first
        refusal.
    """
    fitted = [model for model in models if isinstance(model, PurchaseModel)]
    if not fitted:
        return next((model for model in models if isinstance(model, NotEnough)), NotEnough("purchase_models", 0, 1))
    if isinstance(backtest, NotEnough):
        return fitted[0]
    return next((model for model in fitted if model.name == backtest.best), fitted[0])


def holdout(
    customers: pd.DataFrame | NotEnough,
    models: Sequence[PurchaseModel | NotEnough],
    *,
    holdout_length: float,
) -> Holdout | NotEnough:
    """Judge fitted models on the purchases after their calibration period.

    Args:
        customers: Columns frequency, recency, T as at the end of calibration, holdout_purchases (of each
            customer in the row), customers.
        models: Models fitted on the calibration period; a `NotEnough` among them is left out.
        holdout_length: In the time unit of T.

    Returns:
        The comparison; the first `NotEnough` when no model is left; `NotEnough` under 30 customers
        ("holdout_customers") or without a purchase in the holdout ("holdout_purchases").
    """
    if isinstance(customers, NotEnough):
        return customers
    fitted = [model for model in models if isinstance(model, PurchaseModel)]
    if not fitted:
        refusals = [model for model in models if isinstance(model, NotEnough)]
        return refusals[0] if refusals else NotEnough("purchase_models", 0, 1)
    weights = customers["customers"].to_numpy(dtype=float)
    actual = customers["holdout_purchases"].to_numpy(dtype=float)
    if weights.sum() < NEEDED_CUSTOMERS:
        return NotEnough("holdout_customers", float(weights.sum()), NEEDED_CUSTOMERS)
    if (weights * actual).sum() <= 0:
        return NotEnough("holdout_purchases", 0, 1)
    forecasts = {model.name: _forecast(model, customers, holdout_length) for model in fitted}
    rows = [_errors(name, expected, actual, weights) for name, expected in forecasts.items()]
    naive = _errors(NAIVE, _naive(customers, holdout_length), actual, weights)
    best = min(rows, key=lambda row: (abs(row["total_error"]), row["mean_absolute_error"]))
    return Holdout(
        table=pd.DataFrame([*rows, naive]),
        best=best["model"],
        beats_naive=abs(best["total_error"]) < abs(naive["total_error"])
        and best["mean_absolute_error"] < naive["mean_absolute_error"],
        total_error=best["total_error"],
        mean_absolute_error=best["mean_absolute_error"],
        expected=best["expected"],
        actual=round((weights * actual).sum()),
        customers=round(weights.sum()),
        holdout_length=holdout_length,
        by_frequency=_by_frequency(customers["frequency"], actual, forecasts[best["model"]], weights),
    )


def tracking(
    births: pd.DataFrame,
    purchases: pd.DataFrame,
    model: PurchaseModel | NotEnough,
    *,
    unit_days: float,
    calibration_days: int,
    total_days: int,
) -> Tracking | NotEnough:
    """Repeat purchases week by week against the model's expectation, by the first purchase alone.

    Args:
        births: Columns birth_day_index (0 = first day of the data), customers whose first purchase it was.
        purchases: Columns day_index, repeat_purchases of these customers.
        model: Fitted on the calibration days.
        unit_days: Days in the model's time unit.
        calibration_days: Days used for the fit.
        total_days: Days of the data, holdout included.

    Returns:
        The weeks; a last one of fewer than seven days is left out. NotEnough("holdout_weeks") when no whole
        week lies on each side of the calibration's end.
    """
    if isinstance(model, NotEnough):
        return model
    # Weeks count from the first day, so one that begins in the calibration is not the holdout's.
    held = total_days // _WEEK_DAYS - -(-calibration_days // _WEEK_DAYS)
    if calibration_days < _WEEK_DAYS or held < 1:
        return NotEnough("holdout_weeks", max(0, min(held, calibration_days // _WEEK_DAYS)), 1)
    weeks = np.arange(1, total_days // _WEEK_DAYS + 1)
    last_days = weeks * _WEEK_DAYS - 1
    by_week = purchases.groupby(purchases["day_index"] // _WEEK_DAYS)["repeat_purchases"].sum()
    actual = by_week.reindex(weeks - 1, fill_value=0).to_numpy(dtype=float)
    # A customer's age is the last day less the day of birth, as T is: none on the day itself.
    ages = np.arange(total_days)
    grown = model.expected_purchases(ages / unit_days)
    born, customers = births["birth_day_index"].to_numpy(dtype=int), births["customers"].to_numpy(dtype=float)
    age = last_days[:, None] - born[None, :]
    cumulative = (np.where(age > 0, grown[np.maximum(age, 0)], 0.0) * customers).sum(axis=1)
    table = pd.DataFrame(
        {
            "week": weeks,
            "actual": actual,
            "expected": np.diff(cumulative, prepend=0.0),
            "cumulative_actual": actual.cumsum(),
            "cumulative_expected": cumulative,
            "holdout": (weeks - 1) * _WEEK_DAYS >= calibration_days,
        }
    )
    return Tracking(table=table, model=model.name)


def _forecast(model: PurchaseModel, customers: pd.DataFrame, length: float) -> np.ndarray:
    """A model's expected purchases of each row's customers in the holdout."""
    x, t_x, age = (customers[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    return model.conditional_expected_purchases(x, t_x, age, length)


def _naive(customers: pd.DataFrame, length: float) -> np.ndarray:
    """Everyone goes on at the past rate of repeat purchases; nothing for whom no time has passed."""
    frequency, age = (customers[name].to_numpy(dtype=float) for name in ("frequency", "T"))
    return np.divide(frequency, age, out=np.zeros_like(age), where=age > 0) * length


def _errors(name: str, expected: np.ndarray, actual: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """One row of the comparison."""
    total, bought = float((weights * expected).sum()), float((weights * actual).sum())
    return {
        "model": name,
        "expected": total,
        "actual": bought,
        "total_error": total / bought - 1,
        "mean_absolute_error": float(np.average(np.abs(expected - actual), weights=weights)),
    }


def _by_frequency(frequency: pd.Series, actual: np.ndarray, expected: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """Mean purchases a customer by past frequency, the frequent ones together."""
    frame = pd.DataFrame(
        {
            "group": np.minimum(frequency.to_numpy(dtype=int), _LAST_FREQUENCY),
            "customers": weights,
            "actual": weights * actual,
            "expected": weights * expected,
        }
    )
    sums = frame.groupby("group", sort=True).sum()
    names = [f"{_LAST_FREQUENCY}+" if group == _LAST_FREQUENCY else str(group) for group in sums.index]
    return pd.DataFrame(
        {
            "frequency": names,
            "customers": sums["customers"].round().astype(int).to_numpy(),
            "actual": (sums["actual"] / sums["customers"]).to_numpy(),
            "expected": (sums["expected"] / sums["customers"]).to_numpy(),
        }
    )

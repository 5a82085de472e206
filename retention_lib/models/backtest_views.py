"""Two views of a backtest: its errors on each past day, and by how often customers had bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest import Backtest
from retention_lib.models.uncertainty import ForecastErrors, Total

ENOUGH = 30
"""Fewer customers than these are too few to judge."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PastForecasts:
    """What happened after each past day, against what the chosen forecast had expected.

    Attributes:
        table: One row a past day: cutoff (date), end (last day of the window), horizon_days, expected, actual
            (purchases or revenue), error (actual / expected - 1), low, high (between which the error should have been;
            missing without an interval), inside (whether it was; None without one), last (whether it is the last test).
        total: What was forecast.
        level: Confidence level of the intervals; None without any.
    """

    table: pd.DataFrame
    total: Total
    level: float | None

    @property
    def inside(self) -> int:
        """Past days on which what happened lay inside the interval (count)."""
        return sum(inside is True for inside in self.table["inside"])

    def to_frame(self) -> pd.DataFrame:
        """One row a past day."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class FrequencyCalibration:
    """Purchases of the last test by how often customers had bought before.

    Attributes:
        table: One row a number of earlier repeat purchases 0, 1, ..., "7+": frequency (text), customers, expected,
            actual (means a customer), thin (whether they are fewer than 30).
        cutoff: First day of the last test.
        horizon_days: Its length.
        customers: Customers of all rows (count).
    """

    table: pd.DataFrame
    cutoff: date
    horizon_days: int
    customers: int

    @property
    def judged(self) -> pd.DataFrame:
        """The rows with customers enough."""
        return self.table[~self.table["thin"]]

    def to_frame(self) -> pd.DataFrame:
        """One row a number of earlier repeat purchases."""
        return self.table


def past_forecasts(errors: ForecastErrors | NotEnough, *, total: Total = "purchases") -> PastForecasts | NotEnough:
    """The errors of past forecasts of one total, in shares of what was expected.

    Args:
        errors: From `uncertainty.forecast_errors`.
        total: Purchases or revenue.

    Returns:
        One row a past day, in order of time; `NotEnough` where nothing is known of the total ("forecast_errors").
    """
    if isinstance(errors, NotEnough):
        return errors
    found = errors.of(total).sort_values("cutoff", ignore_index=True)
    if found.empty:
        return NotEnough("forecast_errors", 0, 1)
    expected, days = found["expected"], zip(found["cutoff"], found["horizon_days"], strict=True)
    inside = [None if pd.isna(low) else bool(lies) for low, lies in zip(found["low"], found["inside"], strict=True)]
    table = found[["cutoff", "horizon_days", "expected", "actual", "last"]].assign(
        end=[cutoff + timedelta(days=int(horizon) - 1) for cutoff, horizon in days],
        error=found["actual"] / expected - 1,
        low=(found["low"] / expected - 1).astype(float),
        high=(found["high"] / expected - 1).astype(float),
        inside=pd.Series(inside, dtype=object),
    )
    return PastForecasts(
        table=table, total=total, level=errors.level if any(lies is not None for lies in inside) else None
    )


def frequency_calibration(backtest: Backtest | NotEnough) -> FrequencyCalibration | NotEnough:
    """Whether the forecast was right for those who had bought rarely and often.

    Args:
        backtest: From `models.backtest.backtest`.

    Returns:
        Means by number of earlier repeat purchases; `NotEnough` where no row has 30 customers ("holdout_customers").
    """
    if isinstance(backtest, NotEnough):
        return backtest
    found = backtest.by_frequency
    thin = found["customers"].to_numpy() < ENOUGH
    if np.all(thin):
        return NotEnough("holdout_customers", float(found["customers"].max()), ENOUGH)
    return FrequencyCalibration(
        table=found.assign(thin=thin)[["frequency", "customers", "expected", "actual", "thin"]],
        cutoff=backtest.last_cutoff,
        horizon_days=backtest.last_horizon_days,
        customers=backtest.customers,
    )

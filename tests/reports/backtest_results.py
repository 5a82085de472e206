"""Results of forecasts that were tried on the past, with numbers set by hand."""

from __future__ import annotations

from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.backtest import Backtest
from retention_lib.models.backtest_views import (
    FrequencyCalibration,
    PastForecasts,
    frequency_calibration,
    past_forecasts,
)
from retention_lib.models.btyd import BetaGeometric, Convergence
from retention_lib.models.fit_checks import FitChecks, FittedParameters, fit_checks, fitted_parameters
from retention_lib.models.forecasts import CANDIDATES, Candidate, Forecast
from retention_lib.models.last_month import LastMonthForecast
from retention_lib.models.season import SeasonalIndex
from retention_lib.models.uncertainty import ForecastErrors

CUTOFFS = tuple(date(2025, month, 1) for month in (1, 4, 7, 10))
LAST = date(2026, 1, 1)
# Actual over expected purchases on the selection cut-offs and in the last test: 4, 3, 10, 2 and 6 % off.
RATIOS = (1.04, 0.97, 0.90, 1.02, 0.94)
EXPECTED = 1_000.0


def tried(
    chosen: Candidate = "average with boosting",
    *,
    ratios: tuple[float, ...] = RATIOS,
    naive_error: float = 0.4,
    groups: tuple[tuple[str, int, float, float], ...] = (("0", 300, 0.2, 0.25), ("1", 60, 1.1, 0.9), ("7+", 12, 6, 7)),
) -> Backtest:
    """A backtest whose chosen forecast expected 1,000 purchases each time; the naive rate was off by so much.

    Groups are (earlier repeat purchases, customers, expected, actual).
    """
    days = [*CUTOFFS[: len(ratios) - 1], LAST]
    errors = pd.DataFrame({"cutoff": days, "horizon_days": 90, "expected": EXPECTED})
    errors = errors.assign(actual=[round(EXPECTED * ratio) for ratio in ratios], last=[day == LAST for day in days])
    last = 1 / ratios[-1] - 1
    table = pd.DataFrame({"candidate": CANDIDATES, "mae_ratio": 1.05, "total_error_median": 0.06})
    table = table.assign(mean_absolute_error=0.82, root_mean_squared_error=1.9, rank_correlation=0.41)
    table = table.assign(total_error=last, expected=EXPECTED, actual=round(EXPECTED * ratios[-1]))
    naive = table["candidate"] == "naive rate"
    table.loc[naive, ["total_error", "mean_absolute_error"]] = [naive_error, 0.79 + naive_error]
    table = table.assign(chosen=table["candidate"] == chosen)
    return Backtest(
        candidates=table,
        table=table,
        chosen=chosen,
        cutoffs=tuple(days[:-1]),
        horizon_days=90,
        last_cutoff=LAST,
        last_horizon_days=181,
        customers=372,
        by_frequency=pd.DataFrame(groups, columns=["frequency", "customers", "expected", "actual"]),
        errors=errors.assign(expected_revenue=np.nan, actual_revenue=0.0),
        total_error=last,
        mean_absolute_error=0.82,
        expected=EXPECTED,
        actual=round(EXPECTED * ratios[-1]),
        total_error_median=float(np.median(np.abs(1 / np.array(ratios) - 1))),
        beats_naive=naive_error > abs(last),
        judged=(),
    )


def errors(
    *, ratios: tuple[float, ...] = RATIOS, half: float | None = 0.08, total: str = "purchases"
) -> ForecastErrors:
    """The same errors with intervals of so much to each side of the forecast; None leaves them out."""
    table = tried(ratios=ratios).errors
    width = float("nan") if half is None else half
    table = table.assign(low=EXPECTED * (1 - width), high=EXPECTED * (1 + width), total=total)
    inside = table["actual"].between(table["low"], table["high"]).astype(object)
    table = table.assign(inside=inside.where(table["low"].notna(), np.nan), error=np.log(list(ratios)))
    return ForecastErrors(table=table.assign(parameter=0.01, process=0.02))


def past(*, ratios: tuple[float, ...] = RATIOS, half: float | None = 0.08, total: str = "purchases") -> PastForecasts:
    found = past_forecasts(errors(ratios=ratios, half=half, total=total), total=total)
    assert isinstance(found, PastForecasts)
    return found


def calibrated(*groups: tuple[str, int, float, float]) -> FrequencyCalibration:
    found = frequency_calibration(tried(groups=groups) if groups else tried())
    assert isinstance(found, FrequencyCalibration)
    return found


ONE_CLASS = partial(calibrated, ("0", 40, 0.0, 0.0))


def season(*, seasonal: bool = True) -> SeasonalIndex:
    """Two years of 10 repeat purchases a day; December at 1.6 of the mean month, February at 0.7."""
    factors = [0.95] * 12
    factors[1], factors[11] = 0.7, 1.6
    day = np.arange(20_000, 20_730)
    days = pd.DataFrame({"day": day, "actual": 10.0, "expected": 10.0})
    low, high = (tuple(factor * by for factor in factors) for by in (0.9, 1.1))
    return SeasonalIndex(
        factors=tuple(factors), low=low, high=high, level=0.95, shock_sd=0.05, days=days, seasonal=seasonal
    )


def fitted(name: str = "MBG/NBD", *, second_start: float = 1e-8) -> BetaGeometric:
    """A fit with a variance of .01 of each log-parameter."""
    spread = tuple(tuple(0.01 * (i == j) for j in range(4)) for i in range(4))
    told = Convergence(iterations=7, gradient=3e-9, curvature=0.02, second_start=second_start, reference=2e-10)
    parameters = {"r": 0.5, "alpha": 20.0, "a": 1.5, "b": 2.0}
    return BetaGeometric(
        name=name, log_likelihood=-1234.5, covariance=spread, customers=4321, convergence=told, **parameters
    )


def checks(*, second_start: float = 1e-8) -> FitChecks:
    """Of two fits without a model of spend."""
    forecast = Forecast(name="average of models", members=(fitted("BG/NBD"), fitted(second_start=second_start)))
    found = fit_checks(forecast, NotEnough("repeat_buyers", 3, 30))
    assert isinstance(found, FitChecks)
    return found


def parameters() -> FittedParameters:
    found = fitted_parameters(checks())
    assert isinstance(found, FittedParameters)
    return found


def last_month(*, purchases: float = 980.0, revenue: float | None = 52_000.0) -> LastMonthForecast:
    """1,000 purchases and 50,000 of sales forecast for June 2026, a tenth to each side; so much was made."""
    money = Estimate(50_000.0, low=45_000.0, high=55_000.0, level=0.90, n=372)
    return LastMonthForecast(
        month="2026-06",
        purchases=Estimate(1_000.0, low=900.0, high=1_100.0, level=0.90, n=372),
        revenue=NotEnough("repeat_buyers", 3, 30) if revenue is None else money,
        actual_purchases=purchases,
        actual_revenue=revenue or 0.0,
        inside=900 <= purchases <= 1_100,
        customers=372,
        forecast="average with boosting",
    )

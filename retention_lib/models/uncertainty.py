"""How sure a forecast of a total is: what it does not know of its parameters, of chance, and of its own form.

A total (purchases or money that customers will bring) is forecast with a relative error of three parts, as standard
deviations of its logarithm: the *parameters* were estimated from the customers there were; what customers do is chance
whatever the parameters (the *process*); and the *model* is not how the store works: prices rise, a season is late, a
campaign does well. Only the past tells how large the last one is: a forecast made on a past day errs by all three, and
what its first two parts do not explain is the third.

References:
    DerSimonian and Laird (1986), Meta-analysis in clinical trials: a variance between studies by the method of moments.
    Hyndman and Athanasopoulos (2021), Forecasting, 3rd ed., section 5.5: sources of a forecast's uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.backtest import Backtest
from retention_lib.models.forecast_parts import Parts, forecast_parts
from retention_lib.models.forecasts import Forecast, Known
from retention_lib.models.horizon import Horizon
from retention_lib.models.intervals import normal_quantile, signed_interval
from retention_lib.models.margins import Margin
from retention_lib.models.spend import SpendForecast

Total = Literal["purchases", "revenue"]

LEVEL = 0.90
"""Confidence level of all forecasts."""

FEWEST_CUTOFFS = 5
"""Past forecasts from which on the part of the model can be told."""

USUAL_SD = 0.05
"""What forecasts of totals miss by where nothing is known of a store; weighs as much as one past window."""

TRIED_LENGTHS = 3.0
"""Windows of the backtest to which the part of the model was found to hold in simulated stores."""

_ITERATIONS = 5


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far a total may lie from its forecast: standard deviations of its logarithm, by what they come from.

    Attributes:
        parameter: Of the parameters' estimates.
        process: Of what customers do by chance.
        model: Of the forecast's form, from its errors on past days; 0 where they are too few.
        cutoffs: Past days from which `model` was taken (count); 0 where it is absent, and then shocks that hit all
            customers of the store alike are not in the interval.
        level: Confidence level.
    """

    parameter: float
    process: float
    model: float
    cutoffs: int
    level: float = LEVEL

    @property
    def sd(self) -> float:
        """Standard deviation of the logarithm of the total."""
        return float(np.sqrt(self.parameter**2 + self.process**2 + self.model**2))

    @property
    def factor(self) -> float:
        """By what a forecast is divided and multiplied at the bounds of its interval."""
        return float(np.exp(normal_quantile(self.level) * self.sd))

    def interval(self, value: float, *, n: float | None = None) -> Estimate:
        """A forecast total with its interval.

        Args:
            value: The total; one below 0 (a loss) has an interval of the same relative width on its own scale.
            n: What it rests on (count).
        """
        return signed_interval(value, abs(value) * self.sd, level=self.level, n=n)

    def of_share(self, share: float) -> Spread:
        """The spread of some customers' total: parameters and model err for all alike, chance weighs more among few.

        Args:
            share: Their part of the total, in (0, 1].

        Raises:
            ValueError: The share is not in (0, 1].
        """
        if not 0 < share <= 1:
            msg = f"a part of a total is above 0 and at most 1, not {share}"
            raise ValueError(msg)
        return replace(self, process=self.process / share**0.5)

    def times(self, relative_sd: float) -> Spread:
        """The spread of the total times a factor that is not known for sure either, such as a margin.

        Args:
            relative_sd: Standard deviation of the factor over its value, such as `Margin.repeats_sd`.
        """
        return replace(self, parameter=float(np.hypot(self.parameter, relative_sd)))

    def to_frame(self) -> pd.DataFrame:
        """The parts, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastErrors:
    """What the chosen forecast said on past days, with the interval it would have had, and what happened.

    Attributes:
        table: One row a total and cut-off: total ("purchases", "revenue"), cutoff, horizon_days, last (whether it is
            the last holdout), expected, actual, error (log of actual / expected), parameter, process (standard
            deviations of the logarithm), low, high (interval with the part of the model from the *other* cut-offs;
            missing where these are fewer than five), inside (whether actual lies in it; missing likewise).
        level: Confidence level of the intervals.
    """

    table: pd.DataFrame
    level: float = LEVEL

    def of(self, total: Total) -> pd.DataFrame:
        """The rows of one total."""
        return self.table[self.table["total"] == total]

    def inside(self, total: Total) -> int:
        """Cut-offs whose interval held what happened (count)."""
        return sum(held is True or held == 1 for held in self.of(total)["inside"])

    def to_frame(self) -> pd.DataFrame:
        """One row a total and cut-off."""
        return self.table


def forecast_errors(backtest: Backtest | NotEnough, *, rng: np.random.Generator) -> ForecastErrors | NotEnough:
    """What the chosen forecast said on past days, and how far it was off.

    Args:
        backtest: From `backtest.backtest`.
        rng: For the draws and simulations behind the parts.

    Returns:
        The errors; the `NotEnough` that came in.
    """
    if isinstance(backtest, NotEnough):
        return backtest
    table = _errors(backtest, rng).dropna(subset="error")
    parts = [_with_intervals(table[table["total"] == total]) for total in ("purchases", "revenue")]
    return ForecastErrors(table=pd.concat(parts, ignore_index=True))


def forecast_spread(
    errors: ForecastErrors | NotEnough,
    forecast: Forecast | NotEnough,
    today: Known | NotEnough,
    horizon: Horizon | NotEnough,
    *,
    rng: np.random.Generator,
    spend: SpendForecast | NotEnough | None = None,
) -> Spread | NotEnough:
    """How far what today's customers will bring may lie from its forecast.

    The part of the model is taken from past forecasts over the windows of the backtest, see `model_sd`.

    Args:
        errors: From `forecast_errors`; without any the part of the model is absent.
        forecast: Of purchases, learned on all that is known today.
        today: What is known of all customers.
        horizon: The months ahead.
        rng: For draws of the parameters and of what customers do.
        spend: Of the money of a purchase, for the spread of money; that of purchases without.

    Returns:
        The spread; the first `NotEnough` that came in but for `errors`; "customers" where there is nobody.
    """
    if isinstance(forecast, NotEnough):
        return forecast
    if isinstance(today, NotEnough):
        return today
    if isinstance(horizon, NotEnough):
        return horizon
    if isinstance(spend, NotEnough):
        return spend
    if today.rows.empty:
        return NotEnough("customers", 0, 1)
    own = own_parts(forecast, today.rows, float(horizon.times[-1]), rng=rng, spend=spend)
    days = (horizon.ends[-1] - horizon.until).days
    return _with_model(own, errors, "purchases" if spend is None else "revenue", horizon_days=days)


def _with_model(spread: Spread, errors: ForecastErrors | NotEnough, total: Total, *, horizon_days: int) -> Spread:
    """The spread with the part of the model, where enough forecasts were made on past days."""
    table = errors.of(total) if isinstance(errors, ForecastErrors) else None
    if table is None or len(table) < FEWEST_CUTOFFS:
        return spread
    return replace(spread, model=model_sd(table, horizon_days=horizon_days), cutoffs=len(table))


def with_margin(spread: Spread | NotEnough, margin: Margin | NotEnough) -> Spread | NotEnough:
    """The spread of profit from that of revenue: the margin of repeat orders is not known for sure either.

    Args:
        spread: Of revenue, from `forecast_spread`.
        margin: From `margins.profit_margin`.

    Returns:
        The spread of their product; the `NotEnough` that came in.
    """
    if isinstance(spread, NotEnough):
        return spread
    return margin if isinstance(margin, NotEnough) else spread.times(margin.repeats_sd)


def model_sd(errors: pd.DataFrame, *, horizon_days: int) -> float:
    """The part of the model in a forecast's error, by the method of moments.

    The mean square of the errors less what parameters and process explain, each cut-off by the precision it then has;
    it is never below 0. A few windows that happened to go well prove little, and those that overlap count but once: it
    is drawn towards 5 %, which weighs as much as one window of its own. The part is taken to be the same for
    longer horizons, where shocks cancel and drifts add up, as it was in simulated stores for a year ahead from windows
    of four months; beyond three windows it grows with the root of the length.

    Args:
        errors: Columns cutoff, horizon_days, error, parameter, process; one row a cut-off.
        horizon_days: Days of the forecast to come.

    Returns:
        Standard deviation of the logarithm over such a horizon.
    """
    own = (errors["parameter"] ** 2 + errors["process"] ** 2).to_numpy(dtype=float)
    left = errors["error"].to_numpy(dtype=float) ** 2 - own
    found = max(0.0, float(left.mean()))
    for _ in range(_ITERATIONS):
        weights = 1 / np.maximum(own + found, 1e-9) ** 2
        found = max(0.0, float(weights @ left / weights.sum()))
    windows = _windows(errors)
    drawn = (windows * found + USUAL_SD**2) / (windows + 1)
    longer = horizon_days / (TRIED_LENGTHS * float(errors["horizon_days"].mean()))
    return float(np.sqrt(drawn * max(1.0, longer)))


def _windows(errors: pd.DataFrame) -> float:
    """How many windows would fit side by side into the time that those judged cover."""
    first = pd.to_datetime(errors["cutoff"])
    days = (first + pd.to_timedelta(errors["horizon_days"], unit="D")).max() - first.min()
    return float(min(len(errors), days.days / errors["horizon_days"].mean()))


def own_parts(
    forecast: Forecast,
    rows: pd.DataFrame,
    horizon: float,
    *,
    rng: np.random.Generator,
    spend: SpendForecast | None = None,
) -> Spread:
    """The spread without a part of the model.

    Args:
        forecast: Of purchases.
        rows: Histories, from `forecasts.known`; `weight` where a row stands for several customers.
        horizon: Time ahead in the clock's units.
        rng: For draws and simulations.
        spend: Of the money of a purchase, for the spread of money; that of purchases without.
    """
    parts = forecast_parts(forecast, rows, horizon, rng=rng, spend=spend)
    return _spread(parts.purchases if parts.revenue is None else parts.revenue)


def _spread(parts: Parts) -> Spread:
    return Spread(parameter=parts.parameter, process=parts.process, model=0.0, cutoffs=0)


def _errors(backtest: Backtest, rng: np.random.Generator) -> pd.DataFrame:
    """One row a total and cut-off; no revenue where no spend model was fitted."""
    rows = []
    for judged, error in zip(backtest.judged, backtest.errors.to_dict("records"), strict=True):
        spend = judged.money.spend if isinstance(judged.money.spend, SpendForecast) else None
        own = forecast_parts(judged.forecast, judged.rows, judged.horizon, rng=rng, spend=spend)
        told = {"cutoff": judged.cutoff, "horizon_days": judged.horizon_days, "last": judged.last}
        rows.append({"total": "purchases"} | told | _missed(error["expected"], error["actual"], own.purchases))
        if own.revenue is not None:
            money = _missed(error["expected_revenue"], error["actual_revenue"], own.revenue)
            rows.append({"total": "revenue"} | told | money)
    return pd.DataFrame(rows)


def _missed(expected: float, actual: float, own: Parts) -> dict[str, float]:
    error = np.log(actual / expected) if actual > 0 and expected > 0 else np.nan
    return {
        "expected": float(expected),
        "actual": float(actual),
        "error": float(error),
        "parameter": own.parameter,
        "process": own.process,
    }


def _with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Each cut-off's interval, with the part of the model from the others."""
    if len(table) <= FEWEST_CUTOFFS:
        return table.assign(low=np.nan, high=np.nan, inside=None)
    factors = []
    for place, row in enumerate(table.to_dict("records")):
        others = table.drop(index=table.index[place])
        model = model_sd(others, horizon_days=int(row["horizon_days"]))
        spread = Spread(parameter=row["parameter"], process=row["process"], model=model, cutoffs=len(others))
        factors.append(spread.factor)
    held = table.assign(low=table["expected"] / factors, high=table["expected"] * factors)
    return held.assign(inside=(held["low"] <= held["actual"]) & (held["actual"] <= held["high"]))

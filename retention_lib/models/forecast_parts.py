"""What a forecast of a total does not know whatever its form: its parameters, and what customers do by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.forecasts import Forecast
from retention_lib.models.spend import SpendForecast

_DRAWS = 40
_DRAWN_ROWS = 80
_SIMULATED_ROWS = 20_000
_SIMULATIONS = 3


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Two parts of the error of a total, as standard deviations of its logarithm.

    Attributes:
        parameter: Of the parameters' estimates.
        process: Of what customers do by chance.
    """

    parameter: float
    process: float


@dataclass(frozen=True, kw_only=True)
class ForecastParts:
    """The parts of what a forecast says of all customers together.

    Attributes:
        purchases: Of their purchases.
        revenue: Of the money of these; None without a model of spend.
    """

    purchases: Parts
    revenue: Parts | None


def forecast_parts(
    forecast: Forecast,
    rows: pd.DataFrame,
    horizon: float,
    *,
    rng: np.random.Generator,
    spend: SpendForecast | None = None,
) -> ForecastParts:
    """The parts of parameters and process.

    The effect of other parameters is measured on some 80 rows taken with chances in proportion to the purchases
    expected, since it hardly differs between customers; the process is simulated customer by customer, on 20,000 rows
    at most.

    Args:
        forecast: Of purchases.
        rows: Histories, from `forecasts.known`; `weight` where a row stands for several customers, of whom it alone
            is seen: what it does by chance is done by all of them.
        horizon: Time ahead in the clock's units.
        rng: For draws and simulations.
        spend: Of the money of a purchase.
    """
    some = rows.iloc[:: max(1, -(-len(rows) // _SIMULATED_ROWS))]
    weight = some["weight"].to_numpy(dtype=float) if "weight" in some else np.ones(len(some))
    stands = weight * (len(rows) / len(some))
    expected = forecast.expected_by(some, [horizon])[:, 0]
    money = np.zeros(len(some)) if spend is None else spend.expected_of(some)
    simulated = np.stack([forecast.simulated(some, horizon, rng) for _ in range(_SIMULATIONS)])
    luck = ((simulated - expected) ** 2).mean(axis=0)
    if not stands @ expected > 0:
        return ForecastParts(purchases=Parts(parameter=0.0, process=0.0), revenue=None)
    places = _in_proportion(stands * expected)
    drawn = _Drawn.of(forecast, some.iloc[places], horizon, rng=rng, spend=spend)
    parameter = forecast.parameter_sd(drawn.purchases.mean(axis=2))
    purchases = Parts(parameter=parameter, process=_relative(stands, expected, weight * luck))
    if spend is None or not (stands * expected) @ money > 0:
        return ForecastParts(purchases=purchases, revenue=None)
    revenue = Parts(
        parameter=forecast.parameter_sd((drawn.purchases * drawn.money).mean(axis=2)),
        process=_relative(stands, expected * money, weight * _money_luck(spend, some, expected, luck)),
    )
    return ForecastParts(purchases=purchases, revenue=revenue)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Drawn:
    """What customers would do at drawn parameters.

    Attributes:
        purchases: Models by draws by customers: expected purchases over those of the models' mean.
        money: Draws by customers: expected money of a purchase.
    """

    purchases: np.ndarray
    money: np.ndarray

    @classmethod
    def of(
        cls,
        forecast: Forecast,
        rows: pd.DataFrame,
        horizon: float,
        *,
        rng: np.random.Generator,
        spend: SpendForecast | None,
    ) -> _Drawn:
        """By the purchase models: where trees correct one, their correction is held."""

        def expected(model: PurchaseModel) -> np.ndarray:
            return model.conditional_expected_purchases(rows["frequency"], rows["recency"], rows["T"], horizon)

        drawn = [expected(model) for draws in forecast.draws(rng, _DRAWS) for model in draws]
        at = np.sum([expected(model) for model in forecast.models], axis=0) / max(1, len(forecast.models))
        purchases = np.reshape(drawn, (len(forecast.models), _DRAWS, len(rows))) / at
        money = [] if spend is None else [each.expected_of(rows) for each in spend.draws(rng, _DRAWS)]
        return cls(purchases=purchases, money=np.array(money))


def _money_luck(spend: SpendForecast, rows: pd.DataFrame, expected: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Variance of each customer's money, from the mean and the variance of the purchases."""
    history = (rows["frequency"], spend.own_means(rows), rows["T"])
    one, shared = spend.spend_variance(*history), spend.customer_variance(*history)
    # n amounts of one customer vary by n times their own variance and n^2 times that of the mean they share.
    amounts = expected * (one - shared) + (luck + expected**2) * shared
    mean = spend.expected_of(rows)
    return np.where(mean > 0, luck * mean**2 + amounts, 0.0)


def _relative(stands: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> float:
    """Standard deviation of a sum over customers, over the sum."""
    total = float(stands @ expected)
    return float(np.sqrt(stands @ variance)) / total if total > 0 else 0.0


def _in_proportion(size: np.ndarray) -> np.ndarray:
    """Places taken systematically with chances in proportion to a size."""
    order = np.argsort(size, kind="stable")
    reached = np.cumsum(size[order]) / size.sum()
    points = (np.arange(_DRAWN_ROWS) + 0.5) / _DRAWN_ROWS
    return np.asarray(order[np.minimum(np.searchsorted(reached, points), len(order) - 1)])

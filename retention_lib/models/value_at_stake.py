"""What is at stake over the months ahead: what customers bring if they stay, times the chance that they buy nothing.

The churn diagnosis has the same for the next weeks, with a risk that was learned (`stakes`); here the purchase models
of the forecast say both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.btyd import PurchaseModel
from retention_lib.models.btyd.distinct import Distinct
from retention_lib.models.btyd.staying import rate_if_stays
from retention_lib.models.cohorts import Measure
from retention_lib.models.customer_values import CustomerValues
from retention_lib.models.forecasts import Forecast
from retention_lib.models.horizon import Horizon
from retention_lib.models.intervals import signed_interval
from retention_lib.models.stakes import carriers_of_half

if TYPE_CHECKING:
    from retention_lib.models.uncertainty import Spread

LEVEL = 0.90
_DRAWS = 60
_DRAWN_CUSTOMERS = 1_000
_LIKELY_GONE = 0.9


@dataclass(frozen=True, kw_only=True, eq=False)
class ValueAtStake:
    """The money expected of each customer who stays x the chance of no purchase in the months ahead.

    Attributes:
        total: Sum over the customers (discounted money). The interval holds the uncertainty of the parameters of
            purchases and of money and of the margin, the luck of the customers, and the error of the forecast at its
            own cut-offs.
        if_all_stay: What all customers are expected to bring if nobody has left or leaves (money).
        half_of: The smallest number of customers who carry half of the total.
        likely_gone: Share of the total with customers whose chance of no purchase is above .9: mostly lost already.
        customers: Customers.
        measure: "gross_profit", or "revenue" without a margin.
        months: Calendar months ahead.
        risk: Chance of no purchase in the horizon, one a customer in the order of the values.
        profit_if_stays: Discounted money of the horizon if the customer has not left and does not leave, likewise.
    """

    total: Estimate
    if_all_stay: float
    half_of: int
    likely_gone: float
    customers: int
    measure: Measure
    months: int
    risk: np.ndarray = field(repr=False)
    profit_if_stays: np.ndarray = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def value_at_stake(
    values: CustomerValues | NotEnough,
    forecast: Forecast | NotEnough,
    *,
    spread: Spread | NotEnough,
    rng: np.random.Generator,
) -> ValueAtStake | NotEnough:
    """What is at stake in the horizon of the values.

    Args:
        values: From `customer_values.customer_values`.
        forecast: The forecast they were made with; its purchase models, in their mean, say who stays silent.
        spread: Of the money, for the luck of the customers and the error of the forecast.
        rng: For the draws of the parameters.

    Returns:
        The stakes; the `NotEnough` that came in; "purchase_models" where the forecast stands on none.
    """
    if isinstance(values, NotEnough) or isinstance(forecast, NotEnough):
        return first_refusal(values, forecast)
    models = forecast.models
    if not models:
        return NotEnough("purchase_models", 0, 1)
    silent, stays = _told(models, values.rows, values.horizon)
    at_stake, total = silent * stays * values.money, float((silent * stays * values.money).sum())
    missed = 0.0 if isinstance(spread, NotEnough) else math.hypot(spread.process, spread.model)
    error = math.hypot(_parameter_sd(forecast, values, at_stake, rng), values.margin.repeats_sd, missed)
    gone = float(at_stake[silent > _LIKELY_GONE].sum())
    return ValueAtStake(
        total=signed_interval(total, abs(total) * error, level=LEVEL, n=values.customers),
        if_all_stay=float((stays * values.money).sum()),
        half_of=carriers_of_half(np.abs(at_stake)),
        likely_gone=gone / total if total else 0.0,
        customers=values.customers,
        measure=values.measure,
        months=values.horizon.months,
        risk=silent,
        profit_if_stays=stays * values.money,
    )


def _told(models: Sequence[PurchaseModel], rows: pd.DataFrame, horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
    """Chance of no purchase in the horizon, and discounted purchases of one who stays; in the mean of the models."""
    history = Distinct.of_histories(rows)
    x, recency, age = history.columns
    lasting = float(np.diff(horizon.times, prepend=0.0) @ horizon.factors)
    silent = np.mean([model.chance_of_no_purchase(x, recency, age, horizon.times[-1]) for model in models], axis=0)
    stays = np.mean([rate_if_stays(model, x, age) for model in models], axis=0) * lasting
    return silent[history.place], stays[history.place]


def _parameter_sd(forecast: Forecast, values: CustomerValues, at_stake: np.ndarray, rng: np.random.Generator) -> float:
    """Standard deviation of the total's logarithm over drawn parameters, those of purchases and those of money.

    The ratio of the total at two sets of parameters hardly differs between customers, so it is measured on some, taken
    systematically with chances in proportion to what is at stake with them.
    """
    if not at_stake.sum():
        return 0.0
    order = np.lexsort([values.rows[name].to_numpy() for name in ("T", "recency", "frequency")])
    reached = np.cumsum(at_stake[order]) / at_stake.sum()
    points = (np.arange(_DRAWN_CUSTOMERS) + 0.5) / _DRAWN_CUSTOMERS
    chosen = order[np.minimum(np.searchsorted(reached, points), order.size - 1)]
    rows, weights = values.rows.iloc[chosen], values.money[chosen] / at_stake[chosen]

    def total(model: PurchaseModel) -> float:
        silent, stays = _told([model], rows, values.horizon)
        return float((silent * stays * weights).sum())

    bought = forecast.parameter_sd([[total(model) for model in draws] for draws in forecast.draws(rng, _DRAWS)])
    usual = values.spend.expected_of(rows)
    paid = [float(np.mean(drawn.expected_of(rows) / usual)) for drawn in values.spend.draws(rng, _DRAWS)]
    return math.hypot(bought, float(np.log(paid).std(ddof=1)))

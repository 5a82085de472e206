"""Whether the fits behind a forecast stand at a maximum, and how well the data know their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import Convergence, PurchaseModel
from retention_lib.models.forecasts import Forecast
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.spend import SpendForecast

_SPEND = "Gamma-Gamma"
_RELATIVE = "Gamma-Gamma, by frequency"
_SAME = 0.01  # a parameter found from a second start is within 1 %


@dataclass(frozen=True, kw_only=True, eq=False)
class FitChecks:
    """How each fit ended.

    Attributes:
        table: One row a model: model, customers, log_likelihood, and, missing where the parameters were given: steps
            (count), gradient, curvature, second_start, reference, held (text) (as in `btyd.Convergence`), sound.
        parameters: One row a model and parameter: model, parameter, value, low, high (95 % intervals).
    """

    table: pd.DataFrame
    parameters: pd.DataFrame

    @property
    def sound(self) -> bool:
        """Whether every fit stands at a maximum that a second start finds too."""
        return all(sound is not False for sound in self.table["sound"])

    def to_frame(self) -> pd.DataFrame:
        """One row a model."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedParameters:
    """The parameters of the fits.

    Attributes:
        table: One row a model and parameter: model, parameter, value, low, high (95 % intervals).
    """

    table: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row a model and parameter."""
        return self.table


def fit_checks(forecast: Forecast | NotEnough, spend: SpendForecast | SpendModel | NotEnough) -> FitChecks | NotEnough:
    """The checks of all models that a forecast stands on.

    Args:
        forecast: Of purchases.
        spend: Of the money of a purchase; left out where there is none.

    Returns:
        The checks; the forecast's `NotEnough`, or "purchase_models" where it stands on none.
    """
    if isinstance(forecast, NotEnough):
        return forecast
    base = () if forecast.base is None or forecast.base in forecast.members else (forecast.base,)
    if not forecast.members and not base:
        return NotEnough("purchase_models", 0, 1)
    models: dict[str, PurchaseModel | SpendModel] = {model.name: model for model in (*forecast.members, *base)}
    if isinstance(spend, SpendForecast):
        models[_SPEND if spend.curve is None else _RELATIVE] = spend.relative
    elif isinstance(spend, SpendModel):
        models[_SPEND] = spend
    parameters = [model.to_frame().assign(model=name) for name, model in models.items()]
    columns = ["model", "parameter", "value", "low", "high"]
    return FitChecks(
        table=pd.DataFrame([_row(name, model) for name, model in models.items()], dtype=object),
        parameters=pd.concat(parameters, ignore_index=True)[columns],
    )


def fitted_parameters(checks: FitChecks | NotEnough) -> FittedParameters | NotEnough:
    """The parameters with their intervals, as a result of their own.

    Args:
        checks: From `fit_checks`.
    """
    return checks if isinstance(checks, NotEnough) else FittedParameters(table=checks.parameters)


def _row(name: str, model: PurchaseModel | SpendModel) -> dict[str, Any]:
    told = model.convergence
    return {
        "model": name,
        "customers": model.customers,
        "log_likelihood": model.log_likelihood,
        "steps": None if told is None else told.iterations,
        "gradient": None if told is None else told.gradient,
        "curvature": None if told is None else told.curvature,
        "second_start": None if told is None else told.second_start,
        "reference": None if told is None else told.reference,
        "held": None if told is None else ", ".join(told.held),
        "sound": None if told is None else _is_sound(told),
    }


def _is_sound(told: Convergence) -> bool:
    return told.curvature > 0 and told.second_start < _SAME

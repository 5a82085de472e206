"""A small shop whose customers, models and prices are set by hand, for what customers are worth."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.forecasts import Forecast, Known
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.horizon import Horizon, months_horizon
from retention_lib.models.margins import Margin
from retention_lib.models.season import Clock, day_number
from retention_lib.models.spend import SpendForecast
from retention_lib.models.uncertainty import Spread

T = TypeVar("T")

UNTIL = date(1998, 7, 1)
CLOCK = Clock()
MODEL = BetaGeometric(
    name="MBG/NBD",
    r=0.6,
    alpha=42.0,
    a=0.8,
    b=1.6,
    log_likelihood=0.0,
    covariance=tuple(tuple(0.001 * (i == j) for j in range(4)) for i in range(4)),
    customers=1000,
)
FORECAST = Forecast(name="MBG/NBD", members=(MODEL,))
# Mean spend 6 x 20 / (4 - 1) = 40; a customer's own mean of x purchases weighs 6 x / (6 x + 3).
SPEND_MODEL = SpendModel(
    p=6.0,
    q=4.0,
    v=20.0,
    log_likelihood=0.0,
    covariance=tuple(tuple(0.001 * (i == j) for j in range(3)) for i in range(3)),
    customers=500,
    dependence=Estimate(0.01, p=0.8, claimed=False),
)
SPEND = SpendForecast(kind="gamma_gamma", gamma_gamma=SPEND_MODEL, relative=SPEND_MODEL)
SPREAD = Spread(parameter=0.03, process=0.04, model=0.12, cutoffs=8)


def made(result: object, kind: type[T]) -> T:
    """The result, once it is known not to be a refusal."""
    assert isinstance(result, kind), result
    return result


def horizon(months: int = 12, rate: float = 0.0) -> Horizon:
    return made(months_horizon(UNTIL, months=months, clock=CLOCK, discount_rate_annual=rate), Horizon)


def margin(first: float | None = 0.3, repeat: float | None = 0.3, *, kept: float = 1.0) -> Margin:
    """Margins without an interval; None is a shop that knows sales only."""
    known = first is not None and repeat is not None
    return Margin(
        source="settings" if known else None,
        overall=Estimate(repeat) if repeat is not None else None,
        first=Estimate(first) if first is not None else None,
        repeat=Estimate(repeat) if repeat is not None else None,
        stated=repeat,
        costed_share=0.0,
        kept=Estimate(kept),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(columns=["dimension", "segment"]),
    )


def histories(*rows: tuple[int, int, int, float], **columns: Any) -> pd.DataFrame:
    """Customers by frequency, days from the first purchase to the last, days from the first to today, mean spend."""
    frequency, recency, age, spend = (np.array(column) for column in zip(*rows, strict=True))
    first = day_number(UNTIL) - 1 - age
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{place:05d}" for place in range(len(rows))],
            "first_day": first,
            "last_day": first + recency,
            "frequency": frequency,
            "monetary_value": np.nan_to_num(spend),
            "first_paid": 50.0,
            "net": 50.0 + frequency * np.nan_to_num(spend),
            "recency": recency.astype(float),
            "T": age.astype(float),
            "cohort": "1998-01",
        }
    )
    frame = frame.assign(**columns)
    return frame.assign(paid=frame["first_paid"] + frequency * np.nan_to_num(spend))


def known(rows: pd.DataFrame) -> Known:
    return Known(until=UNTIL, clock=CLOCK, rows=rows)


def crowd(size: int = 600, *, seed: int = 5, pull: float = 1.0) -> Known:
    """Customers of two channels, those of `referral` (every third) buying `pull` times as often."""
    rng = np.random.default_rng(seed)
    channel = np.where(np.arange(size) % 3 == 0, "referral", "search")
    age = rng.integers(30, 540, size)
    rate = rng.gamma(0.6, 1 / 42, size) * np.where(channel == "referral", pull, 1.0)
    frequency = rng.poisson(rate * age)
    recency = np.where(frequency > 0, (age * rng.uniform(0.3, 1, size)).astype(int), 0)
    spend = np.where(frequency > 0, rng.gamma(6, 40 / 6, size), 0.0)
    rows = list(zip(frequency, recency, age, spend, strict=True))
    months = pd.to_datetime(day_number(UNTIL) - 1 - age, unit="D").strftime("%Y-%m")
    return known(histories(*rows, channel=pd.Categorical(channel), cohort=pd.Categorical(months)))

"""Results of what a purchase brings and of what is left of it, small enough to know their numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.measures.first_groups import FULL_PRICE, WITH_DISCOUNT
from retention_lib.models.gamma_gamma import SpendModel
from retention_lib.models.margins import Margin
from retention_lib.models.spend import SpendCurve, SpendForecast

SPREAD = tuple(tuple(0.01 * (i == j) for j in range(3)) for i in range(3))


def spend_model(*, depends: bool = False) -> SpendModel:
    """A Gamma-Gamma with or without a dependence of spend on frequency."""
    return SpendModel(
        p=6.0,
        q=4.0,
        v=20.0,
        log_likelihood=-99.9,
        covariance=SPREAD,
        customers=946,
        dependence=Estimate(0.3 if depends else 0.01, p=0.0001 if depends else 0.8, n=946, claimed=depends),
    )


def alike() -> SpendForecast:
    """A Gamma-Gamma whose mean is 6 x 20 / 3 = 40."""
    return SpendForecast(kind="gamma_gamma", gamma_gamma=spend_model(), relative=spend_model())


def by_frequency(*, exponent: float = 0.5) -> SpendForecast:
    """Spend of 30 after one repeat purchase, times ((k + 1/2) / 1.5) ^ exponent after k."""
    curve = SpendCurve(
        level=math.log(30),
        by_frequency=exponent,
        by_age=0.0,
        covariance=SPREAD,
        centre=(math.log(1.5), 0.0),
        age_unit=1.0,
        most_purchases=40,
        ages=(0, 0),
        often=10,
    )
    plain = spend_model(depends=True)
    return SpendForecast(kind="by_frequency", gamma_gamma=plain, relative=replace(plain, v=0.5), curve=curve)


GROUPS = pd.DataFrame(
    {
        "dimension": ["channel", "first_discount", "first_discount"],
        "segment": ["web", WITH_DISCOUNT, FULL_PRICE],
        "customers": [900, 300, 600],
        "first": [0.41, 0.3, 0.45],
        "first_low": [0.4, 0.29, 0.44],
        "first_high": [0.42, 0.31, 0.46],
        "repeat": [0.39, float("nan"), 0.4],
        "repeat_low": [0.38, float("nan"), 0.39],
        "repeat_high": [0.4, float("nan"), 0.41],
    }
)


def estimate(value: float) -> Estimate:
    return Estimate(value, low=value - 0.01, high=value + 0.01, level=0.95, n=900)


def margin(*, stated: float | None = None, share: float = 1.0, kept: float = 0.97, without_net: int = 12) -> Margin:
    """Margins of the sales' own costs."""
    return Margin(
        source="cost" if share == 1 else "cost_and_settings",
        overall=estimate(0.4),
        first=estimate(0.42),
        repeat=estimate(0.38),
        stated=stated,
        costed_share=share,
        kept=estimate(kept),
        customers=1000,
        customers_without_net=without_net,
        groups=GROUPS,
    )


def stated_margin(value: float | None = 0.3) -> Margin:
    """The margin of the parameter file, or none."""
    of_settings = None if value is None else Estimate(value)
    return replace(
        margin(stated=value, share=0.0, kept=1.0, without_net=0),
        source=None if value is None else "settings",
        overall=of_settings,
        first=of_settings,
        repeat=of_settings,
        groups=GROUPS.iloc[:0],
    )

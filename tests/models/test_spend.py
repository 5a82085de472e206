"""Spend of a purchase to come: by hand, and on simulated stores whose spend does and does not depend on frequency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gamma

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.gamma_gamma import SpendModel, fit_gamma_gamma
from retention_lib.models.spend import SpendCurve, SpendForecast, expected_spend_model

STRENGTHS = (-0.4, -0.15, 0.15, 0.4, 0.8)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A simulated store: what is seen of each customer, and what is true of the year to come.

    Attributes:
        rows: frequency, T, monetary_value, customers.
        expected: Expected purchases to come given frequency and age, exactly.
        purchases: Expected purchases to come given the customer's true rate.
        spend: The customer's true mean spend.
    """

    rows: pd.DataFrame
    expected: np.ndarray
    purchases: np.ndarray
    spend: np.ndarray

    @property
    def true_value(self) -> float:
        return float(self.purchases @ self.spend)

    def total_error(self, forecast: np.ndarray) -> float:
        return float(self.expected @ forecast) / self.true_value - 1


def shop(rng: np.random.Generator, customers: int, dependence: float, *, lognormal: bool = False) -> Shop:
    """Poisson buyers with gamma-distributed rates, seen for different times; spend ~ rate to the power `dependence`."""
    shape, scale = 0.8, 0.5
    age, rate = rng.uniform(0.1, 2, customers), rng.gamma(shape, 1 / scale, customers)
    x = rng.poisson(rate * age)
    own = np.exp(rng.normal(-0.18, 0.6, customers)) if lognormal else 2.5 / rng.gamma(3.5, 1, customers)
    spend = 30 * (rate + 0.2) ** dependence * own
    of = np.repeat(np.arange(customers), x)
    size = len(of)
    amounts = spend[of] * (np.exp(rng.normal(-0.245, 0.7, size)) if lognormal else rng.gamma(4, 1 / 4, size))
    seen = np.maximum(x, 1)
    mean = np.where(x > 0, np.bincount(of, amounts, minlength=customers) / seen, np.nan)
    rows = pd.DataFrame({"frequency": x, "T": age, "monetary_value": mean, "customers": 1})
    return Shop(rows=rows, expected=(shape + x) / (scale + age), purchases=rate, spend=spend)


def exact_values(each: Shop, dependence: float) -> np.ndarray:
    """E[rate x spend | history] of each customer of a store that is not lognormal, over 200 quantiles of the rate."""
    columns = (each.rows[name].to_numpy(dtype=float)[:, None] for name in ("frequency", "T", "monetary_value"))
    x, age, mean = columns
    total = np.nan_to_num(x * mean)
    rate = gamma.ppf((np.arange(200) + 0.5) / 200, 0.8 + x, scale=1 / (0.5 + age))
    # Given the rate, an amount is Gamma(4, nu) and nu is Gamma(3.5, v): note 025 once more.
    v = 30 * (rate + 0.2) ** dependence * 2.5 / 4
    logs = 3.5 * np.log(v) - (4 * x + 3.5) * np.log(v + total)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (weights * rate * 4 * (v + total) / (4 * x + 2.5)).sum(axis=1) / weights.sum(axis=1)


def forecast_of(forecast: SpendForecast | SpendModel, rows: pd.DataFrame) -> np.ndarray:
    if isinstance(forecast, SpendForecast):
        return forecast.expected_of(rows)
    return forecast.expected_spend(rows["frequency"], rows["monetary_value"])


def model(**changes: Any) -> SpendModel:
    facts = {
        "p": 6.0,
        "q": 4.0,
        "v": 20.0,
        "log_likelihood": 0.0,
        "covariance": tuple(tuple(0.01 * (i == j) for j in range(3)) for i in range(3)),
        "customers": 500,
        "dependence": Estimate(0.01, p=0.8, claimed=False),
    }
    return SpendModel(**(facts | changes))


CURVE = SpendCurve(
    level=np.log(40),
    by_frequency=0.5,
    by_age=0.0,
    covariance=tuple(tuple(0.01 * (i == j) for j in range(3)) for i in range(3)),
    centre=(np.log(2.5), 0.0),
    age_unit=10.0,
    most_purchases=50,
    ages=(0, 0),
)
BY_FREQUENCY = SpendForecast(kind="by_frequency", gamma_gamma=model(), relative=model(v=0.5), curve=CURVE)
PLAIN = SpendForecast(kind="gamma_gamma", gamma_gamma=model(), relative=model())


def test_by_frequency_by_hand() -> None:
    # curve(x) = 40 sqrt((x + .5) / 2.5); weight of the own mean with x = 2: 12 / (12 + 3) = .8
    found = BY_FREQUENCY.expected_spend([0, 2, 2], [np.nan, 100, 40])
    third = 40 * np.sqrt(3.5 / 2.5)
    assert found == pytest.approx([40 * np.sqrt(1.5 / 2.5), third / 40 * (0.8 * 100 + 0.2 * 40), third])


def test_the_curve_stays_level_beyond_what_it_was_fitted_on() -> None:
    assert CURVE.spend(1000) == pytest.approx(CURVE.spend(50))
    assert CURVE.spend(0) == pytest.approx(CURVE.spend(1))


def test_customers_who_kept_nothing_are_expected_to_spend_what_is_usual() -> None:
    rows = pd.DataFrame({"frequency": [2, 2, 0], "monetary_value": [100.0, 0.0, 0.0], "net": [200.0, -5.0, 0.0]})
    assert PLAIN.expected_of(rows) == pytest.approx([88, 40, 40])
    # on the curve: what customers with one purchase more spend, from the first repeat purchase on
    assert BY_FREQUENCY.expected_of(rows)[1:] == pytest.approx([40 * np.sqrt(3.5 / 2.5), 40 * np.sqrt(1.5 / 2.5)])
    assert PLAIN.own_means(rows) == pytest.approx([100, 40, 40])


@pytest.mark.parametrize("forecast", [PLAIN, BY_FREQUENCY])
def test_variance_and_draws_of_a_purchase_agree(forecast: SpendForecast) -> None:
    rng, n = np.random.default_rng(3), 400_000
    for x, own in ((0, np.nan), (1, 80.0), (7, 30.0)):
        drawn = forecast.simulated_spend(np.full(n, x), np.full(n, own), np.ones(n), rng)
        assert drawn.mean() == pytest.approx(forecast.expected_spend(x, own), rel=0.01)
        assert drawn.var() == pytest.approx(forecast.spend_variance(x, own), rel=0.1)
        five = forecast.simulated_spend(np.full(n, x), np.full(n, own), np.full(n, 5), rng)
        shared = forecast.customer_variance(x, own)
        assert five.var() == pytest.approx(5 * (forecast.spend_variance(x, own) - shared) + 25 * shared, rel=0.1)


def test_customers_who_spend_alike_are_a_kind_of_their_own() -> None:
    # By chance about half of such stores look as if customers differed a little; this one does not.
    rng = np.random.default_rng(0)
    x = rng.geometric(0.4, 3000)
    rows = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(4 * x) / x * 10, "customers": 1, "T": 300.0})
    found = expected_spend_model(rows)
    assert found.kind == "alike"
    assert found.spend_variance([0, 3], [np.nan, 60]) == pytest.approx([400, 400], rel=0.05)  # 4 x 10^2
    drawn = found.simulated_spend(np.full(100_000, 3), np.full(100_000, 60), np.ones(100_000), rng)
    assert drawn.mean() == pytest.approx(40, rel=0.02)
    assert drawn.var() == pytest.approx(400, rel=0.05)
    one_price = expected_spend_model(rows.assign(monetary_value=29.9))
    assert one_price.kind == "alike"
    assert one_price.expected_of(rows.assign(monetary_value=29.9)) == pytest.approx([29.9] * len(rows))


def test_no_purchase_brings_no_money() -> None:
    drawn = PLAIN.simulated_spend([1, 3], [20.0, 30.0], [0, 2], np.random.default_rng(1))
    assert drawn[0] == 0
    assert drawn[1] > 0


def test_variance_by_hand() -> None:
    # x = 0: nu ~ Gamma(4, 20), a purchase Gamma(6, nu): mean 40, E[amount^2] = 42 x 400 / (3 x 2) = 2800
    assert PLAIN.spend_variance(0, np.nan) == pytest.approx(2800 - 1600)
    assert PLAIN.customer_variance(0, np.nan) == pytest.approx(1600 / 2)


def test_variance_is_finite_where_the_model_has_none() -> None:
    forecast = SpendForecast(kind="gamma_gamma", gamma_gamma=model(q=1.2), relative=model(q=1.2))
    assert np.isfinite(forecast.spend_variance([0, 1], [np.nan, 10])).all()


@pytest.mark.parametrize("lognormal", [False, True])
def test_independent_spend_is_left_to_the_gamma_gamma(lognormal: bool) -> None:
    rng = np.random.default_rng(21)
    shops = [shop(rng, 4000, 0.0, lognormal=lognormal) for _ in range(10)]
    forecasts = [expected_spend_model(each.rows) for each in shops]
    assert sum(forecast.kind == "gamma_gamma" for forecast in forecasts) >= 8
    errors = [each.total_error(forecast_of(by, each.rows)) for each, by in zip(shops, forecasts, strict=True)]
    plain = [each.total_error(forecast_of(fit_gamma_gamma(each.rows), each.rows)) for each in shops]
    assert np.abs(errors).mean() < np.abs(plain).mean() + 0.002


@pytest.mark.parametrize("lognormal", [False, True])
@pytest.mark.parametrize("dependence", STRENGTHS)
def test_the_total_of_dependent_spend_errs_no_more_than_the_gamma_gamma(dependence: float, lognormal: bool) -> None:
    rng = np.random.default_rng(22)
    errors = []
    for _ in range(8):
        each = shop(rng, 4000, dependence, lognormal=lognormal)
        ours = expected_spend_model(each.rows)
        assert ours.kind == "by_frequency"
        errors.append([each.total_error(forecast_of(by, each.rows)) for by in (ours, fit_gamma_gamma(each.rows))])
    ours_total, plain_total = np.abs(np.mean(errors, axis=0))
    assert ours_total < 0.015
    assert ours_total < plain_total + 0.005


@pytest.mark.parametrize("dependence", STRENGTHS)
def test_customers_of_dependent_spend_are_clearly_nearer_to_the_exact_value(dependence: float) -> None:
    rng = np.random.default_rng(22)
    ours_off, plain_off = 0.0, 0.0
    for _ in range(4):
        each = shop(rng, 4000, dependence)
        exact = exact_values(each, dependence)
        assert exact.sum() == pytest.approx(each.true_value, rel=0.04)
        ours = each.expected * forecast_of(expected_spend_model(each.rows), each.rows)
        plain = each.expected * forecast_of(fit_gamma_gamma(each.rows), each.rows)
        ours_off += np.abs(ours - exact).sum()
        plain_off += np.abs(plain - exact).sum()
    assert ours_off < 0.7 * plain_off


@pytest.mark.parametrize("dependence", [-0.4, 0.4])
def test_classes_of_frequency_are_right_on_average(dependence: float) -> None:
    rng = np.random.default_rng(23)
    each = shop(rng, 60_000, dependence)
    classes = np.minimum(each.rows["frequency"], 4)
    ours, plain = expected_spend_model(each.rows), fit_gamma_gamma(each.rows)

    def worst(forecast: SpendForecast | SpendModel) -> float:
        spend = forecast_of(forecast, each.rows)
        sums = pd.DataFrame({"said": each.expected * spend, "true": each.purchases * each.spend}).groupby(classes).sum()
        return float((sums["said"] / sums["true"] - 1).abs().max())

    assert worst(ours) < 0.06
    assert worst(plain) > 0.12


def test_totals_hold_where_customers_leave_too() -> None:
    # A third of the time a customer is already gone: what is known of frequency then says less of the rate.
    rng = np.random.default_rng(24)
    errors = []
    for _ in range(8):
        each = shop(rng, 6000, 0.4)
        staying = rng.random(6000) < 2 / 3
        errors.append(
            float((each.expected * staying) @ forecast_of(expected_spend_model(each.rows), each.rows))
            / float((each.purchases * staying) @ each.spend)
            - 1
        )
    assert abs(np.mean(errors)) < 0.02


def test_without_ages_the_forecast_still_errs_less_than_the_gamma_gamma() -> None:
    rng = np.random.default_rng(25)
    errors = []
    for _ in range(8):
        each = shop(rng, 4000, -0.4)
        rows = each.rows.drop(columns="T")
        pair = (expected_spend_model(rows), fit_gamma_gamma(rows))
        errors.append([each.total_error(forecast_of(forecast, rows)) for forecast in pair])
    ours, plain = np.abs(np.mean(errors, axis=0))
    assert ours < plain


def test_the_unit_of_time_and_money_changes_nothing() -> None:
    rows = shop(np.random.default_rng(26), 3000, 0.4).rows
    scaled = rows.assign(T=rows["T"] * 365, monetary_value=rows["monetary_value"] * 90)
    ours, theirs = expected_spend_model(rows), expected_spend_model(scaled)
    assert theirs.expected_of(scaled) == pytest.approx(90 * ours.expected_of(rows), rel=1e-5)


def test_counted_rows_give_the_forecast_of_single_customers() -> None:
    rows = shop(np.random.default_rng(27), 2000, 0.4).rows
    rows = rows.assign(monetary_value=rows["monetary_value"].round(-1), T=(rows["T"] * 4).round())
    keys = ["frequency", "T", "monetary_value"]
    counts = rows.groupby(keys, dropna=False)["customers"].sum().reset_index()
    assert len(counts) < len(rows)
    single, counted = expected_spend_model(rows), expected_spend_model(counts)
    assert counted.expected_of(rows) == pytest.approx(single.expected_of(rows), rel=1e-6)


def test_a_history_of_any_length_has_a_finite_positive_spend() -> None:
    forecast = expected_spend_model(shop(np.random.default_rng(28), 3000, 0.4).rows)
    rows = pd.DataFrame({"frequency": [0, 1, 5000], "T": [0.0, 1e-9, 10_000], "monetary_value": [np.nan, 1e-6, 1e9]})
    for found in (forecast.expected_of(rows), forecast.spend_variance(rows["frequency"], rows["monetary_value"])):
        assert np.isfinite(found).all()
        assert (found > 0).all()


def test_the_curve_spreads_from_store_to_store_as_its_covariance_says() -> None:
    rng = np.random.default_rng(29)
    curves = [expected_spend_model(shop(rng, 1500, 0.4, lognormal=True).rows).curve for _ in range(60)]
    found = np.array([(curve.level, curve.by_frequency, curve.by_age) for curve in curves])
    said = np.sqrt(np.mean([np.diag(np.array(curve.covariance)) for curve in curves], axis=0))
    # The spread of 60 is known to 9 %.
    assert found.std(axis=0) == pytest.approx(said, rel=0.3)


def test_draws_have_the_spread_of_the_parameters() -> None:
    drawn = BY_FREQUENCY.draws(np.random.default_rng(30), 4000)
    levels = np.array([one.curve.level for one in drawn])
    assert levels.mean() == pytest.approx(np.log(40), abs=0.01)
    assert levels.std() == pytest.approx(0.1, rel=0.05)
    shapes = np.log([one.relative.p for one in drawn])
    assert shapes.std() == pytest.approx(0.1, rel=0.05)


def test_the_curve_knows_the_tenths_who_buy_least_and_most() -> None:
    rng = np.random.default_rng(31)
    rows = shop(rng, 3000, 0.4).rows
    curve = expected_spend_model(rows).curve
    buyers = rows.loc[rows["frequency"] > 0, "frequency"]
    assert (curve.seldom, curve.often) == (buyers.quantile(0.1), buyers.quantile(0.9))


def test_refusals_pass_through() -> None:
    refusal = NotEnough("repeat_buyers", 0, 30)
    assert expected_spend_model(refusal) is refusal
    few = pd.DataFrame({"frequency": [2], "monetary_value": [10.0], "customers": [3]})
    assert expected_spend_model(few) == NotEnough("repeat_buyers", 3, 30)


def test_the_frame_lists_the_curve_after_the_model() -> None:
    assert list(BY_FREQUENCY.to_frame()["parameter"]) == ["p", "q", "v", "mean_spend", "by_frequency", "by_age"]
    assert list(PLAIN.to_frame()["parameter"]) == ["p", "q", "v"]
    frame = BY_FREQUENCY.to_frame().set_index("parameter")
    assert frame.loc["mean_spend", "value"] == pytest.approx(40)
    assert frame.loc["by_frequency", "low"] < 0.5 < frame.loc["by_frequency", "high"]

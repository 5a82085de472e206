"""BG/NBD and MBG/NBD against the literature, lifetimes, numerical integration and simulated stores."""

from __future__ import annotations

import importlib.util
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, gammaln

from retention_lib.models.btyd import BetaGeometric, fit_bg_nbd, fit_mbg_nbd
from retention_lib.models.estimates import NotEnough

KEYS = ["frequency", "recency", "T"]


def purchase_model(name: str, r: float, alpha: float, a: float, b: float) -> BetaGeometric:
    zeros = tuple(tuple(0.0 for _ in range(4)) for _ in range(4))
    return BetaGeometric(name=name, r=r, alpha=alpha, a=a, b=b, log_likelihood=0.0, covariance=zeros, customers=1)


def distinct(customers: pd.DataFrame) -> pd.DataFrame:
    return customers.groupby(KEYS).size().reset_index(name="customers")


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """The 2,357 customers of the published calibration sample, weeks."""
    folder = Path(importlib.util.find_spec("lifetimes").submodule_search_locations[0]) / "datasets"
    return pd.read_csv(folder / "cdnow_customers_summary.csv")


@pytest.fixture(scope="module")
def bg(cdnow: pd.DataFrame) -> BetaGeometric:
    return fit_bg_nbd(distinct(cdnow))


@pytest.fixture(scope="module")
def mbg(cdnow: pd.DataFrame) -> BetaGeometric:
    return fit_mbg_nbd(distinct(cdnow))


PUBLISHED = purchase_model("BG/NBD", 0.2426, 4.4136, 0.7929, 2.4259)


def test_bg_nbd_parameters_are_the_published_ones(bg: BetaGeometric) -> None:
    # Fader, Hardie and Lee (2005), table 2
    found = (bg.r, bg.alpha, bg.a, bg.b)
    assert found == pytest.approx((0.2426, 4.4136, 0.7929, 2.4259), abs=2e-4)
    assert bg.log_likelihood == pytest.approx(-9582.429, abs=0.01)
    assert bg.customers == 2357


def test_mbg_nbd_parameters_are_those_of_btydplus(mbg: BetaGeometric) -> None:
    assert (mbg.r, mbg.alpha, mbg.a, mbg.b) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=6e-4)


def test_expected_purchases_of_a_new_customer_are_hardies() -> None:
    # Hardie's spreadsheet of the BG/NBD model
    found = PUBLISHED.expected_purchases([0.1429, 1, 3, 31.8571, 32, 78])
    assert found == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], rel=5e-4, abs=5e-5)
    assert PUBLISHED.expected_purchases(0.0) == 0


def test_conditional_expectation_is_hardies() -> None:
    assert PUBLISHED.conditional_expected_purchases(2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)


def test_frequent_customer_is_that_of_the_btyd_walkthrough(bg: BetaGeometric) -> None:
    assert bg.conditional_expected_purchases(26, 30.857, 31, 52) == pytest.approx(25.75659, abs=2e-3)
    assert bg.probability_alive(26, 30.857, 31) == pytest.approx(0.9688523, abs=1e-5)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_distinct_rows_with_weights_give_the_fit_of_single_customers(
    cdnow: pd.DataFrame, fit: Callable[[pd.DataFrame], BetaGeometric]
) -> None:
    single, weighted = fit(cdnow.assign(customers=1)), fit(distinct(cdnow))
    assert list(weighted.parameters.values()) == pytest.approx(list(single.parameters.values()), rel=1e-4)
    assert weighted.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-3)
    assert np.array(weighted.covariance) == pytest.approx(np.array(single.covariance), rel=1e-3, abs=1e-6)


def bg_log_likelihood(logs: np.ndarray, customers: pd.DataFrame) -> float:
    """Equation (6) of Fader, Hardie and Lee (2005), written out once more."""
    r, alpha, a, b = np.exp(logs)
    x, t_x, age = (customers[name].to_numpy() for name in KEYS)
    rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x)
    return float((rate + np.where(x > 0, np.logaddexp(alive, gone), alive)).sum())


def test_covariance_is_the_inverse_of_the_numerical_hessian(cdnow: pd.DataFrame, bg: BetaGeometric) -> None:
    centre, h, steps = np.log(list(bg.parameters.values())), 1e-3, np.eye(4)
    hessian = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            corners = [(s, t) for s in (1, -1) for t in (1, -1)]
            values = [s * t * bg_log_likelihood(centre + h * (s * steps[i] + t * steps[j]), cdnow) for s, t in corners]
            hessian[i, j] = -sum(values) / (4 * h * h)
    assert bg_log_likelihood(centre, cdnow) == pytest.approx(bg.log_likelihood, abs=1e-4)
    assert np.array(bg.covariance) == pytest.approx(np.linalg.inv(hessian), rel=0.01, abs=1e-5)


def posterior_mean(model: BetaGeometric, x: int, t_x: float, age: float, horizon: float) -> float:
    """E[Y] by adaptive quadrature over p, the purchase rate integrated out by hand, in logs."""
    shape, z = model.r + x, horizon / (model.alpha + age)
    b = model.b + x + (model.name == "MBG/NBD")

    def integrand(u: float) -> float:
        p = 1 / (1 + np.exp(-u))
        density = -model.a * np.logaddexp(0, -u) - b * np.logaddexp(0, u) - betaln(model.a, b)
        return np.exp(density) * -np.expm1(-shape * np.log1p(p * z)) / p

    middle = float(np.log(model.a / b))
    edges = [middle + at for at in (-400, -100, -30, -10, -3, 0, 3, 10, 30, 100)]
    pieces = itertools.pairwise(edges)
    alive = sum(quad(integrand, low, high, epsabs=0, epsrel=1e-10, limit=500)[0] for low, high in pieces)
    return float(model.probability_alive(x, t_x, age)) * alive


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD"])
@pytest.mark.parametrize("a", [0.08, 0.79, 1.0, 3.5])
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 38.0), (2, 30.0, 38.0), (40, 37.0, 38.0), (5000, 1999.0, 2000.0)])
def test_conditional_expectation_equals_integration(name: str, a: float, x: int, t_x: float, age: float) -> None:
    model = purchase_model(name, 0.5, 5.0, a, 2.0)
    for horizon in (1.0, 52.0, 2000.0):
        found = model.conditional_expected_purchases(x, t_x, age, horizon)
        assert found == pytest.approx(posterior_mean(model, x, t_x, age, horizon), rel=1e-6)


@pytest.mark.parametrize("name", ["BetaGeoFitter", "ModifiedBetaGeoFitter"])
def test_conditional_expectation_equals_lifetimes_where_that_is_finite(name: str, cdnow: pd.DataFrame) -> None:
    import lifetimes

    oracle = getattr(lifetimes, name)()
    oracle.params_ = pd.Series({"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 1.7})
    model = purchase_model("BG/NBD" if name == "BetaGeoFitter" else "MBG/NBD", 0.5, 6.0, 0.8, 1.7)
    x, t_x, age = (cdnow[key].to_numpy() for key in KEYS)
    expected = oracle.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, age)
    assert model.conditional_expected_purchases(x, t_x, age, 39) == pytest.approx(expected, rel=1e-7)
    alive = oracle.conditional_probability_alive(x, t_x, age)
    assert model.probability_alive(x, t_x, age) == pytest.approx(alive, rel=1e-9)


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD"])
@pytest.mark.parametrize("a", [1e-8, 1e-3, 1.0, 300.0])
@pytest.mark.parametrize("b", [1e-3, 2.0, 1e5])
def test_expectations_are_finite_for_every_customer(name: str, a: float, b: float) -> None:
    model = purchase_model(name, 0.3, 0.5, a, b)
    x = np.array([0, 1, 10, 300, 5000, 5000])
    age = np.array([0.0, 1.0, 40.0, 900.0, 100_000.0, 100_000.0])
    t_x = np.array([0.0, 1.0, 39.0, 900.0, 99_999.0, 10.0])
    found = model.expected_purchases_by(x, t_x, age, [1.0, 365.0, 10_000.0])
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (np.diff(found, axis=1) >= -1e-9 * found[:, 1:]).all()


@settings(max_examples=60, deadline=None)
@given(
    x=st.integers(0, 5000),
    t_x=st.floats(0, 1),
    age=st.floats(0.5, 3000),
    a=st.floats(1e-3, 20),
    horizon=st.floats(0.1, 3000),
)
def test_expectation_stays_below_the_rate_of_a_customer_who_never_leaves(
    x: int, t_x: float, age: float, a: float, horizon: float
) -> None:
    model = purchase_model("MBG/NBD", 0.5, 5.0, a, 2.0)
    recency = t_x * age if x else 0.0
    alive = model.probability_alive(x, recency, age)
    bound = alive * (model.r + x) / (model.alpha + age) * horizon
    assert 0 <= model.conditional_expected_purchases(x, recency, age, horizon) <= bound * (1 + 1e-9)


def test_bg_nbd_keeps_everyone_without_a_repeat_alive_and_mbg_does_not(
    cdnow: pd.DataFrame, bg: BetaGeometric, mbg: BetaGeometric
) -> None:
    columns = [cdnow[key] for key in KEYS]
    assert (bg.probability_alive(*columns)[cdnow["frequency"] == 0] == 1).all()
    assert bg.probability_alive(*columns).mean() == pytest.approx(0.81, abs=0.01)
    assert mbg.probability_alive(*columns).mean() == pytest.approx(0.45, abs=0.01)


def simulated_store(rng: np.random.Generator, customers: int, *, dropout: bool = True) -> pd.DataFrame:
    """MBG/NBD customers seen for 40 to 52 weeks: r 0.8, alpha 6, a 1.2, b 3."""
    age = rng.uniform(40, 52, customers).round()
    rates, leaving = rng.gamma(0.8, 1 / 6, customers), rng.beta(1.2, 3, customers) * dropout
    rows = []
    for T, rate, p in zip(age, rates, leaving, strict=True):
        x, last = 0, 0.0
        while rng.random() >= p:
            step = rng.exponential(1 / rate)
            if last + step > T:
                break
            x, last = x + 1, last + step
        rows.append((x, last, T))
    return pd.DataFrame(rows, columns=KEYS).assign(customers=1)


def test_draws_cover_a_known_expectation() -> None:
    # 40 stores of 500 customers; at an exact 95 % fewer than 34 of 40 would be seen once in 300 runs.
    rng = np.random.default_rng(20)
    truth = purchase_model("MBG/NBD", 0.8, 6.0, 1.2, 3.0).expected_purchases(52.0)
    covered = 0
    for _ in range(40):
        model = fit_mbg_nbd(simulated_store(rng, 500))
        drawn = [float(draw.expected_purchases(52.0)) for draw in model.draws(rng, 150)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        covered += low <= truth <= high
    assert covered >= 34


def test_store_that_nobody_leaves_is_fitted_and_its_draws_are_finite() -> None:
    rng = np.random.default_rng(3)
    model = fit_bg_nbd(simulated_store(rng, 400, dropout=False))
    assert isinstance(model, BetaGeometric)
    drawn = [float(draw.expected_purchases(52.0)) for draw in model.draws(rng, 100)]
    assert np.isfinite(drawn).all()
    assert float(model.expected_purchases(52.0)) == pytest.approx(0.8 / 6 * 52, rel=0.15)


def test_too_few_repeat_customers_are_not_enough() -> None:
    counts = pd.DataFrame({"frequency": [0, 2], "recency": [0, 5], "T": [9, 9], "customers": [500, 29]})
    assert fit_bg_nbd(counts) == NotEnough("repeat_customers", 29, 30)
    assert fit_mbg_nbd(counts.iloc[:1]) == NotEnough("repeat_customers", 0, 30)
    assert fit_mbg_nbd(NotEnough("x", 0, 1)) == NotEnough("x", 0, 1)


def test_impossible_history_is_refused() -> None:
    counts = pd.DataFrame({"frequency": [1, 2], "recency": [3, 10], "T": [9, 9], "customers": [30, 30]})
    with pytest.raises(ValueError, match="row 1: frequency 2, recency 10, T 9"):
        fit_bg_nbd(counts)


def test_fit_leaves_warnings_and_pandas_as_they_were(cdnow: pd.DataFrame) -> None:
    before = (pd.get_option("mode.chained_assignment"), list(warnings.filters))
    fit_bg_nbd(distinct(cdnow))
    assert (pd.get_option("mode.chained_assignment"), list(warnings.filters)) == before


def test_frame_holds_parameters_with_intervals(bg: BetaGeometric) -> None:
    frame = bg.to_frame()
    assert frame.columns.tolist() == ["parameter", "value", "low", "high"]
    assert ((frame["low"] < frame["value"]) & (frame["value"] < frame["high"])).all()

"""BG/NBD and MBG/NBD against the literature, lifetimes, numerical integration and simulated stores."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.btyd.histories import KEYS, beta_geometric, cdnow_summary, distinct, simulated_customers
from scipy.integrate import quad
from scipy.special import betaln, gammaln

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import BetaGeometric, ModelName, fit_bg_nbd, fit_mbg_nbd


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    return cdnow_summary()


@pytest.fixture(scope="module")
def bg(cdnow: pd.DataFrame) -> BetaGeometric:
    return fit_bg_nbd(distinct(cdnow))


@pytest.fixture(scope="module")
def mbg(cdnow: pd.DataFrame) -> BetaGeometric:
    return fit_mbg_nbd(distinct(cdnow))


PUBLISHED = beta_geometric("BG/NBD", 0.2426, 4.4136, 0.7929, 2.4259)


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
    model = beta_geometric(name, 0.5, 5.0, a, 2.0)
    for horizon in (1.0, 52.0, 2000.0):
        found = model.conditional_expected_purchases(x, t_x, age, horizon)
        assert found == pytest.approx(posterior_mean(model, x, t_x, age, horizon), rel=1e-6)


@pytest.mark.parametrize("name", ["BetaGeoFitter", "ModifiedBetaGeoFitter"])
def test_conditional_expectation_equals_lifetimes_where_that_is_finite(name: str, cdnow: pd.DataFrame) -> None:
    import lifetimes

    oracle = getattr(lifetimes, name)()
    oracle.params_ = pd.Series({"r": 0.5, "alpha": 6.0, "a": 0.8, "b": 1.7})
    model = beta_geometric("BG/NBD" if name == "BetaGeoFitter" else "MBG/NBD", 0.5, 6.0, 0.8, 1.7)
    x, t_x, age = (cdnow[key].to_numpy() for key in KEYS)
    expected = oracle.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, age)
    assert model.conditional_expected_purchases(x, t_x, age, 39) == pytest.approx(expected, rel=1e-7)
    alive = oracle.conditional_probability_alive(x, t_x, age)
    assert model.probability_alive(x, t_x, age) == pytest.approx(alive, rel=1e-9)


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD"])
@pytest.mark.parametrize("a", [1e-8, 1e-3, 1.0, 300.0])
@pytest.mark.parametrize("b", [1e-3, 2.0, 1e5])
def test_expectations_are_finite_for_every_customer(name: str, a: float, b: float) -> None:
    model = beta_geometric(name, 0.3, 0.5, a, b)
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
    model = beta_geometric("MBG/NBD", 0.5, 5.0, a, 2.0)
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


def test_draws_cover_a_known_expectation() -> None:
    # 40 stores of 500 customers; at an exact 95 % fewer than 34 of 40 would be seen once in 300 runs.
    rng = np.random.default_rng(20)
    store = beta_geometric("MBG/NBD", 0.8, 6.0, 1.2, 3.0)
    truth = store.expected_purchases(52.0)
    covered = 0
    for _ in range(40):
        model = fit_mbg_nbd(simulated_customers(store, rng.integers(40, 53, 500), 0.0, rng).assign(customers=1))
        drawn = [float(draw.expected_purchases(52.0)) for draw in model.draws(rng, 150)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        covered += low <= truth <= high
    assert covered >= 34


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_store_that_nobody_leaves_has_no_finite_fit(fit: Callable[[pd.DataFrame], BetaGeometric | NotEnough]) -> None:
    # Everybody bought on the last day: the likelihood rises for as long as the chance to leave falls.
    frequency = np.random.default_rng(3).poisson(np.random.default_rng(4).gamma(2.0, 3.0, 400)) + 1
    store = pd.DataFrame({"frequency": frequency, "recency": 30.0, "T": 30.0, "customers": 1})
    assert fit(store) == NotEnough("purchase_model_fit", 0, 1)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_everybody_buying_at_one_rate_has_no_finite_fit(
    fit: Callable[[pd.DataFrame], BetaGeometric | NotEnough],
) -> None:
    frequency = np.tile([4, 5, 5, 6], 100)
    same = pd.DataFrame({"frequency": frequency, "recency": 9.0 + frequency / 10, "T": 10.0, "customers": 1})
    assert fit(same) == NotEnough("purchase_model_fit", 0, 1)


@pytest.mark.parametrize(("name", "fit"), [("BG/NBD", fit_bg_nbd), ("MBG/NBD", fit_mbg_nbd)])
def test_a_chance_to_leave_common_to_all_is_found_with_a_held(
    name: ModelName, fit: Callable[[pd.DataFrame], BetaGeometric]
) -> None:
    rng = np.random.default_rng(12)
    truth = beta_geometric(name, 0.8, 6.0, 30_000.0, 70_000.0)
    store = simulated_customers(truth, rng.integers(40, 53, 3_000), 0.0, rng).assign(customers=1)
    fits = [fit(store.iloc[part]) for part in np.array_split(np.arange(3_000), 6)]
    held = [model for model in fits if model.convergence.held == ("a",)]
    assert held  # of six samples of one chance, some seem to have chances that differ less than by chance
    for model in fits:
        assert model.a / (model.a + model.b) == pytest.approx(0.3, abs=0.06)
        drawn = [draw.a / (draw.a + draw.b) for draw in model.draws(rng, 200)]
        assert 0.005 < np.std(drawn) < 0.05
        assert float(model.expected_purchases(52.0)) == pytest.approx(float(truth.expected_purchases(52.0)), rel=0.15)
    assert all(model.a == pytest.approx(50.0) for model in held)


@pytest.mark.parametrize(("name", "fit"), [("BG/NBD", fit_bg_nbd), ("MBG/NBD", fit_mbg_nbd)])
def test_intervals_of_the_parameters_cover_the_truth(
    name: ModelName, fit: Callable[[pd.DataFrame], BetaGeometric]
) -> None:
    # 60 stores of 1,000 customers, four parameters: of an exact 95 %, fewer than 51 of 60 is seen once in 2,000 runs.
    rng = np.random.default_rng(8)
    truth = beta_geometric(name, 0.8, 6.0, 1.2, 3.0)
    inside, known = np.zeros(4), list(truth.parameters.values())
    for _ in range(60):
        store = simulated_customers(truth, rng.integers(40, 53, 1000), 0.0, rng)
        frame = fit(store.assign(customers=1)).to_frame()
        inside += frame["low"].le(known).to_numpy() & frame["high"].ge(known).to_numpy()
    assert (inside >= 51).all(), inside


def test_convergence_is_reported_and_lifetimes_agrees(bg: BetaGeometric, mbg: BetaGeometric) -> None:
    for model in (bg, mbg):
        report = model.convergence
        assert report is not None
        assert report.gradient < 1e-7
        assert report.curvature > 0
        assert report.second_start < 1e-5
        assert report.reference < 1e-9


@pytest.mark.parametrize(("fitter", "fit"), [("BetaGeoFitter", fit_bg_nbd), ("ModifiedBetaGeoFitter", fit_mbg_nbd)])
def test_parameters_are_those_of_lifetimes(
    fitter: str, fit: Callable[[pd.DataFrame], BetaGeometric], cdnow: pd.DataFrame
) -> None:
    import lifetimes

    oracle = getattr(lifetimes, fitter)().fit(*(cdnow[key] for key in KEYS))
    found = fit(distinct(cdnow)).parameters
    assert [found[name] for name in ("r", "alpha", "a", "b")] == pytest.approx(
        oracle.params_[["r", "alpha", "a", "b"]].to_list(), rel=1e-3
    )


def test_many_rows_are_rehearsed_on_a_sample_and_give_the_same_fit() -> None:
    rng = np.random.default_rng(4)
    truth = beta_geometric("MBG/NBD", 0.8, 60.0, 0.9, 2.0)
    store = simulated_customers(truth, rng.uniform(1, 500, 60_000), 0.0, rng).assign(customers=1)
    whole = fit_mbg_nbd(store)
    assert list(whole.parameters.values()) == pytest.approx(list(truth.parameters.values()), rel=0.1)
    assert whole.convergence.gradient < 1e-7
    by_chance = fit_mbg_nbd(store.sample(frac=1, random_state=1))
    assert list(by_chance.parameters.values()) == pytest.approx(list(whole.parameters.values()), rel=1e-5)


def test_too_few_repeat_customers_are_not_enough() -> None:
    counts = pd.DataFrame({"frequency": [0, 2], "recency": [0, 5], "T": [9, 9], "customers": [500, 29]})
    assert fit_bg_nbd(counts) == NotEnough("repeat_customers", 29, 30)
    assert fit_mbg_nbd(counts.iloc[:1]) == NotEnough("repeat_customers", 0, 30)
    assert fit_mbg_nbd(NotEnough("x", 0, 1)) == NotEnough("x", 0, 1)


def test_impossible_history_is_refused() -> None:
    counts = pd.DataFrame({"frequency": [1, 2], "recency": [3, 10], "T": [9, 9], "customers": [30, 30]})
    with pytest.raises(ValueError, match="row 1: frequency 2, recency 10, T 9"):
        fit_bg_nbd(counts)
    with pytest.raises(ValueError, match="row 0: frequency nan"):
        fit_mbg_nbd(counts.assign(frequency=[np.nan, 2], customers=[1, 60]))


def test_purchases_all_on_one_day_have_no_finite_fit() -> None:
    counts = pd.DataFrame({"frequency": [1, 0], "recency": 0, "T": 0, "customers": [60, 60]})
    assert fit_bg_nbd(counts) == NotEnough("purchase_model_fit", 0, 1)


def test_fit_leaves_warnings_and_pandas_as_they_were(cdnow: pd.DataFrame) -> None:
    before = (pd.get_option("mode.chained_assignment"), list(warnings.filters))
    fit_bg_nbd(distinct(cdnow))
    assert (pd.get_option("mode.chained_assignment"), list(warnings.filters)) == before


def test_frame_holds_parameters_with_intervals(bg: BetaGeometric) -> None:
    frame = bg.to_frame()
    assert frame.columns.tolist() == ["parameter", "value", "low", "high"]
    assert ((frame["low"] < frame["value"]) & (frame["value"] < frame["high"])).all()

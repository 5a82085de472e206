"""The fit of Pareto/NBD: published numbers, the likelihood and its derivatives, simulated stores, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.btyd.histories import KEYS, cdnow_summary, distinct
from models.btyd.pareto_histories import log_likelihood, pareto, simulated_customers

from retention_lib.estimates import NotEnough
from retention_lib.models.btyd import ParetoNBD, fit_pareto_nbd
from retention_lib.models.btyd.counted import Counted
from retention_lib.models.btyd.pareto_likelihood import ParetoLikelihood


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """The published sample; its times, rounded to hundredths of a week in the file, are whole days."""
    customers = cdnow_summary()
    return customers.assign(recency=(customers["recency"] * 7).round() / 7, T=(customers["T"] * 7).round() / 7)


@pytest.fixture(scope="module")
def fitted(cdnow: pd.DataFrame) -> ParetoNBD:
    return fit_pareto_nbd(distinct(cdnow))


def likelihood(customers: pd.DataFrame) -> ParetoLikelihood:
    x, t_x, age = (customers[key].to_numpy(dtype=float) for key in KEYS)
    return ParetoLikelihood.of(Counted(frequency=x, recency=t_x, age=age, customers=np.ones(x.size)))


def test_parameters_and_likelihood_are_the_published_ones(fitted: ParetoNBD) -> None:
    # BTYD's walkthrough, section on Pareto/NBD
    assert list(fitted.parameters.values()) == pytest.approx([0.5532, 10.576, 0.6063, 11.672], rel=5e-4)
    assert fitted.log_likelihood == pytest.approx(-9594.976, abs=5e-4)
    assert fitted.customers == 2357


def test_the_fit_says_that_it_stands_at_a_maximum(fitted: ParetoNBD) -> None:
    told = fitted.convergence
    assert told is not None
    assert told.gradient < 1e-7
    assert told.curvature > 1e-4
    assert told.second_start < 1e-6
    assert told.reference is not None
    assert told.reference < 1e-10
    assert told.held == ()


def test_distinct_rows_with_weights_give_the_fit_of_single_customers(cdnow: pd.DataFrame, fitted: ParetoNBD) -> None:
    single = fit_pareto_nbd(cdnow.assign(customers=1))
    assert single.parameters == pytest.approx(fitted.parameters, rel=1e-8)
    assert np.array(single.covariance) == pytest.approx(np.array(fitted.covariance), rel=1e-6)


def test_the_unit_of_time_changes_only_the_scales(cdnow: pd.DataFrame, fitted: ParetoNBD) -> None:
    days = fit_pareto_nbd(distinct(cdnow.assign(recency=(cdnow["recency"] * 7).round(), T=(cdnow["T"] * 7).round())))
    assert [days.r, days.alpha / 7, days.s, days.beta / 7] == pytest.approx(list(fitted.parameters.values()), rel=1e-6)
    shift = float(np.log(7) * cdnow["frequency"].sum())
    assert days.log_likelihood == pytest.approx(fitted.log_likelihood - shift, abs=1e-6)


HISTORY = {
    "x": st.sampled_from([0, 0, 1, 2, 7, 60, 700, 5_000]),
    "share": st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)),
    "age": st.floats(0, 10_000),
}
PARAMETERS = st.fixed_dictionaries(
    {
        "r": st.floats(1e-5, 50),
        "alpha": st.floats(0.01, 5_000),
        "s": st.floats(1e-5, 50),
        "beta": st.floats(0.01, 5_000),
    }
)


@settings(max_examples=200, deadline=None)
@given(parameters=PARAMETERS, **HISTORY)
def test_the_likelihood_is_that_of_quadrature(x: int, share: float, age: float, parameters: dict[str, float]) -> None:
    t_x = share * age if x else 0.0
    model = pareto(**parameters)
    found = likelihood(pd.DataFrame([(x, t_x, age)], columns=KEYS))(np.log(list(model.parameters.values())))
    expected = log_likelihood(model, x, t_x, age)
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert np.isfinite(found.gradient).all()
    assert np.isfinite(np.asarray(found.hessian)).all()


@pytest.mark.parametrize("parameters", [(0.55, 10.6, 0.61, 11.7), (2.0, 300.0, 0.01, 0.5), (0.02, 1.0, 5.0, 900.0)])
def test_derivatives_are_those_of_differences(cdnow: pd.DataFrame, parameters: tuple[float, ...]) -> None:
    extremes = pd.DataFrame([(5_000, 30.0, 38.0), (3, 0.0, 20.0), (1, 20.0, 20.0), (0, 0.0, 0.0)], columns=KEYS)
    at = likelihood(pd.concat([cdnow[KEYS].iloc[::50], extremes]))
    logs, step = np.log(parameters), 1e-5
    found = at(logs)
    sides = [(at(logs + step * axis), at(logs - step * axis)) for axis in np.eye(4)]
    gradient = [(up.value - down.value) / (2 * step) for up, down in sides]
    assert found.gradient == pytest.approx(np.array(gradient), rel=1e-6, abs=1e-5)
    hessian = np.array([(up.gradient - down.gradient) / (2 * step) for up, down in sides])
    assert np.asarray(found.hessian) == pytest.approx(hessian, rel=1e-6, abs=1e-6)


def test_the_fit_is_no_lower_than_that_of_lifetimes(cdnow: pd.DataFrame, fitted: ParetoNBD) -> None:
    from lifetimes import ParetoNBDFitter

    oracle = ParetoNBDFitter().fit(*(cdnow[key] for key in KEYS))
    theirs = likelihood(cdnow)(np.log(oracle.params_.to_numpy())).value * len(cdnow)
    assert fitted.log_likelihood >= theirs
    assert fitted.parameters == pytest.approx(dict(oracle.params_), rel=5e-3)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # 50 stores of 800 customers, 95 % intervals: at an exact 95 % under 43 of 50 would be seen once in 500 runs.
    rng, truth = np.random.default_rng(8), pareto(0.8, 8.0, 0.9, 15.0)
    inside = np.zeros(4)
    for _ in range(50):
        people = simulated_customers(truth, rng.uniform(30, 78, 800), 0.0, rng)
        frame = fit_pareto_nbd(people.assign(customers=1)).to_frame()
        values = np.array(list(truth.parameters.values()))
        inside += (frame["low"].to_numpy() <= values) & (values <= frame["high"].to_numpy())
    assert (inside >= 43).all()


def test_draws_cover_a_known_expectation() -> None:
    # 40 stores of 600 customers; at an exact 95 % fewer than 34 of 40 would be seen once in 300 runs.
    rng, truth = np.random.default_rng(9), pareto(0.8, 8.0, 0.9, 15.0)
    covered = 0
    for _ in range(40):
        model = fit_pareto_nbd(simulated_customers(truth, rng.uniform(30, 52, 600), 0.0, rng).assign(customers=1))
        drawn = [float(draw.expected_purchases(52.0)) for draw in model.draws(rng, 200)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        covered += low <= float(truth.expected_purchases(52.0)) <= high
    assert covered >= 34


def test_where_all_leave_at_one_rate_s_is_held_and_the_rate_is_right() -> None:
    # Lifetimes exponential with a mean of 50 for everybody: in half of the samples, as in this one, s runs to infinity.
    rng, truth = np.random.default_rng(3), pareto(1.5, 5.0, 1e6, 50e6)
    people = simulated_customers(truth, rng.uniform(20, 60, 3_000), 0.0, rng)
    model = fit_pareto_nbd(people.assign(customers=1))
    assert isinstance(model, ParetoNBD)
    assert model.convergence.held == ("s",)
    assert model.s == pytest.approx(50)
    assert model.beta / model.s == pytest.approx(50, rel=0.15)
    assert model.r == pytest.approx(1.5, rel=0.1)
    # That s may be another is told: its interval is wide, and the purchases expected do not hang on it.
    frame = model.to_frame().set_index("parameter")
    assert frame.loc["s", "high"] / frame.loc["s", "low"] > 10
    drawn = [float(draw.expected_purchases(52.0)) for draw in model.draws(rng, 200)]
    assert np.std(drawn) / np.mean(drawn) < 0.05
    assert np.mean(drawn) == pytest.approx(float(truth.expected_purchases(52.0)), rel=0.06)


def test_a_large_store_is_fitted_from_a_rehearsal_to_the_same_maximum() -> None:
    rng, truth = np.random.default_rng(5), pareto(0.8, 60.0, 0.7, 150.0)
    people = simulated_customers(truth, rng.integers(1, 500, 40_000).astype(float), 0.0, rng)
    counts = distinct(people.assign(recency=np.ceil(people["recency"])))
    assert len(counts) > 10_000
    model = fit_pareto_nbd(counts)
    assert [model.r, model.alpha] == pytest.approx([truth.r, truth.alpha], rel=0.05)
    assert [model.s, model.beta] == pytest.approx([truth.s, truth.beta], rel=0.25)
    assert model.convergence.gradient < 1e-7
    assert model.convergence.second_start < 1e-5


def test_a_store_that_nobody_leaves_has_no_maximum() -> None:
    rng = np.random.default_rng(1)
    age = rng.uniform(20, 60, 2_000)
    people = simulated_customers(pareto(0.8, 6.0, 1e-9, 1e9), age, 0.0, rng)
    assert fit_pareto_nbd(people.assign(customers=1)) == NotEnough("purchase_model_fit", 0, 1)


def test_too_few_repeat_customers_are_not_enough() -> None:
    counts = pd.DataFrame({"frequency": [0, 2], "recency": [0, 5], "T": [9, 9], "customers": [500, 29]})
    assert fit_pareto_nbd(counts) == NotEnough("repeat_customers", 29, 30)
    assert fit_pareto_nbd(NotEnough("x", 0, 1)) == NotEnough("x", 0, 1)


def test_impossible_history_is_refused() -> None:
    counts = pd.DataFrame({"frequency": [1, 2], "recency": [3, 10], "T": [9, 9], "customers": [30, 30]})
    with pytest.raises(ValueError, match="row 1: frequency 2, recency 10, T 9"):
        fit_pareto_nbd(counts)

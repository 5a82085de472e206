"""Survival by period against the published tables, the published likelihood formula and simulated cohorts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import betaln

from retention_lib.estimates import NotEnough
from retention_lib.models.sbg import SurvivalByPeriod, fit_sbg

# Fader and Hardie (2007), table 1: percent of each segment surviving, of 1,000 customers
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
HIGH_END_LATER = [0.468, 0.445, 0.427, 0.409, 0.394]


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "later"),
    [
        (REGULAR, 0.704, 1.182, [0.220, 0.204, 0.191, 0.180, 0.170]),
        (HIGH_END, 0.668, 3.806, [0.460, 0.436, 0.414, 0.395, 0.378]),
    ],
)
def test_the_published_segments_are_fitted_and_projected(
    survivors: list[int], alpha: float, beta: float, later: list[float]
) -> None:
    model = fit_sbg(survivors)
    assert (model.alpha, model.beta) == pytest.approx((alpha, beta), abs=5e-4)
    assert model.survival(np.arange(8, 13)) == pytest.approx(later, abs=5e-4)
    assert (model.customers, model.periods) == (1000, 7)


def test_the_projection_of_the_high_end_is_near_what_happened() -> None:
    assert fit_sbg(HIGH_END).survival(np.arange(8, 13)) == pytest.approx(HIGH_END_LATER, abs=0.02)


def published_log_likelihood(logs: np.ndarray, survivors: np.ndarray) -> float:
    """Fader and Hardie's equation (B3), written out with the beta functions."""
    alpha, beta = np.exp(logs)
    t = np.arange(1, survivors.size)
    leaves = betaln(alpha + 1, beta + t - 1) - betaln(alpha, beta)
    stays = betaln(alpha, beta + t[-1]) - betaln(alpha, beta)
    return float(-np.diff(survivors) @ leaves + survivors[-1] * stays)


@settings(max_examples=40, deadline=None)
@given(alpha=st.floats(0.3, 5), beta=st.floats(0.3, 10), seed=st.integers(0, 10_000))
def test_the_maximum_is_that_of_another_optimiser(alpha: float, beta: float, seed: int) -> None:
    rng, left = np.random.default_rng(seed), [2_000]
    chance = rng.beta(alpha, beta, 2_000)
    for _ in range(6):
        chance = chance[rng.random(chance.size) >= chance]
        left.append(chance.size)
    survivors = np.array(left, dtype=float)
    found = fit_sbg(survivors)
    other = minimize(lambda logs: -published_log_likelihood(logs, survivors), [0.0, 0.0], method="Nelder-Mead")
    if isinstance(found, NotEnough):  # customers who do not differ: the other one runs towards infinity
        assert np.exp(other.x).sum() > 30 or survivors[-1] == 0
    else:
        at = np.log([found.alpha, found.beta])
        assert found.log_likelihood == pytest.approx(published_log_likelihood(at, survivors), rel=1e-10)
        assert found.log_likelihood >= -other.fun - 1e-6


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # 200 cohorts of 1,000 customers, survival at 12 renewals projected from 7: at an exact 95 % under 180 would be seen
    # once in 500 runs.
    rng, inside = np.random.default_rng(3), 0
    truth = float(np.exp(betaln(0.7, 2.0 + 12) - betaln(0.7, 2.0)))
    for _ in range(200):
        chance, left = rng.beta(0.7, 2.0, 1_000), [1_000]
        for _ in range(7):
            chance = chance[rng.random(chance.size) >= chance]
            left.append(chance.size)
        last = fit_sbg(left).survival_frame(12).iloc[-1]
        inside += last["low"] <= truth <= last["high"]
    assert inside >= 180


def test_the_frame_begins_with_everybody_and_falls() -> None:
    frame = fit_sbg(REGULAR).survival_frame(12)
    assert frame.columns.tolist() == ["period", "survival", "low", "high", "retention_rate"]
    assert frame.iloc[0][["survival", "low", "high"]].tolist() == [1, 1, 1]
    assert (frame["survival"].diff().dropna() < 0).all()
    assert ((frame["low"] <= frame["survival"]) & (frame["survival"] <= frame["high"])).all()
    assert np.isnan(frame["retention_rate"].iloc[0])
    ratio = frame["survival"].to_numpy()[1:] / frame["survival"].to_numpy()[:-1]
    assert frame["retention_rate"].to_numpy()[1:] == pytest.approx(ratio)
    assert (np.diff(ratio) > 0).all()


def test_cohorts_of_different_age_are_fitted_together() -> None:
    # Two halves of one cohort, of which one is seen for three renewals only: the fit rests on those at risk.
    halves = [[500, 315, 234, 191, 163, 145, 131, 121], [500, 316, 234, 191] + [np.nan] * 4]
    both = fit_sbg(halves)
    assert both.customers == 1000
    assert both.periods == 7
    seen = [np.array(half)[np.isfinite(half)] for half in halves]
    other = minimize(
        lambda logs: -sum(published_log_likelihood(logs, survivors) for survivors in seen), [0.0, 0.0], tol=1e-9
    )
    assert (both.alpha, both.beta) == pytest.approx(np.exp(other.x), rel=1e-4)
    assert both.log_likelihood == pytest.approx(-other.fun, rel=1e-9)
    single = fit_sbg(halves[0]).to_frame()
    assert (both.to_frame()["high"] / both.to_frame()["low"] < single["high"] / single["low"]).all()


def test_parameters_given_are_told_without_a_fit() -> None:
    model = SurvivalByPeriod(
        alpha=1.0, beta=1.0, log_likelihood=0.0, covariance=((0.0, 0.0), (0.0, 0.0)), customers=1, periods=1
    )
    assert model.survival([0, 1, 2, 9]) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 10])  # by hand: 1 / (t + 1)
    assert model.retention_rate([1, 2, 9]) == pytest.approx([1 / 2, 2 / 3, 9 / 10])


@pytest.mark.parametrize(
    ("survivors", "refusal"),
    [
        ([100, 50], NotEnough("survival_periods", 1, 2)),
        ([100, 0, 0], NotEnough("survival_periods", 1, 2)),
        ([29, 20, 15], NotEnough("survival_customers", 29, 30)),
        ([1000, 500, 250, 125, 62], NotEnough("survival_fit", 0, 1)),  # a coin each time: customers do not differ
        ([1000, 1000, 1000], NotEnough("survival_fit", 0, 1)),
        (NotEnough("cohorts", 0, 1), NotEnough("cohorts", 0, 1)),
    ],
)
def test_what_cannot_be_projected_is_refused(survivors: list[int] | NotEnough, refusal: NotEnough) -> None:
    assert fit_sbg(survivors) == refusal


@pytest.mark.parametrize("survivors", [[100, 101, 50], [100, 50, -1], [[100, 80, 60], [100, np.nan, 60]]])
def test_what_are_no_survivors_is_an_error(survivors: list[float]) -> None:
    with pytest.raises(ValueError, match=r"survivors may not rise, be negative or have gaps"):
        fit_sbg(survivors)

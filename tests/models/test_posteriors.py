"""Posteriors under a heavy-tailed prior: against scipy's adaptive quadrature, known limits, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.posteriors import Posterior, Prior, posterior_of, relative_posterior

REFUSAL = NotEnough("weeks_before", 3, 4)


def by_scipy(estimate: float, se: float, prior: Prior, threshold: float) -> tuple[float, float, float]:
    """Mean, standard deviation and chance above a threshold, by adaptive quadrature of scipy's own densities."""

    def density(x: float) -> float:
        return float(stats.t.pdf(x, prior.df, prior.mean, prior.scale) * stats.norm.pdf(estimate, x, se))

    ends = [estimate - 12 * se, prior.mean - 40 * prior.scale, estimate + 12 * se, prior.mean + 40 * prior.scale]
    knots = [x + k * s for x, s in ((estimate, se), (prior.mean, prior.scale)) for k in (-8, -4, -2, 0, 2, 4, 8)]

    def integral(of: object, low: float = min(ends), high: float = max(ends)) -> float:
        inside = sorted({knot for knot in knots if low < knot < high})
        return float(integrate.quad(of, low, high, points=inside, limit=1000, epsabs=0, epsrel=1e-11)[0])

    whole = integral(density)
    mean = integral(lambda x: x * density(x)) / whole
    sd = math.sqrt(integral(lambda x: (x - mean) ** 2 * density(x)) / whole)
    return mean, sd, integral(density, low=threshold) / whole


@pytest.mark.parametrize(
    ("estimate", "se", "mean", "sd"),
    [
        (0.08, 0.03, 0.0, 0.15),  # a usual programme
        (-0.4, 0.01, 0.0, 0.15),  # far out and sure
        (3.0, 0.5, 0.1, 0.01),  # prior and data contradict each other
        (0.1, 0.001, 0.0, 5.0),  # next to no prior
        (0.5, 0.2, 0.0, 0.001),  # next to no data
        (0.08, 3.0, 0.0, 0.15),
    ],
)
def test_posterior_is_that_of_adaptive_quadrature(estimate: float, se: float, mean: float, sd: float) -> None:
    prior = Prior(mean=mean, sd=sd)
    found = posterior_of(estimate, se, prior)
    expected = by_scipy(estimate, se, prior, 0.02)
    assert (found.mean, found.sd, found.chance_positive(0.02)) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    low, high = (by_scipy(estimate, se, prior, bound)[2] for bound in (found.low, found.high))
    assert (low, high) == pytest.approx((0.975, 0.025), abs=1e-5)


def test_nearly_normal_prior_gives_the_conjugate_posterior() -> None:
    # Normal times normal: precision 1 / .04 + 1 / .01 = 125, mean (.1 / .04 + .3 / .01) / 125 = .26.
    found = posterior_of(0.3, 0.1, Prior(mean=0.1, sd=0.2, df=1e7))
    assert (found.mean, found.sd) == pytest.approx((0.26, 125**-0.5), rel=1e-5)
    assert found.chance_positive(0.26) == pytest.approx(0.5, abs=1e-5)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * 125**-0.5, rel=1e-5)


def test_a_wide_prior_leaves_the_estimate_and_heavy_tails_believe_what_is_sure() -> None:
    flat = posterior_of(0.08, 0.03, Prior(sd=100.0))
    assert (flat.mean, flat.sd) == pytest.approx((0.08, 0.03), rel=1e-4)
    assert flat.chance_positive() == pytest.approx(stats.norm.cdf(0.08 / 0.03), abs=1e-5)
    # Ten prior deviations out, measured to a hundredth: t with 4 degrees moves it by about 5 se^2 / distance only.
    assert posterior_of(1.5, 0.015, Prior(sd=0.15)).mean == pytest.approx(1.5 - 5 * 0.015**2 / 1.5, abs=2e-5)


def test_standard_deviation_of_the_prior_is_the_one_asked_for() -> None:
    prior = Prior(mean=0.02, sd=0.15)
    # The t distribution with 4 degrees of freedom has variance 2 and a 97.5 % point of 2.776 (tables).
    assert prior.scale == pytest.approx(0.15 / math.sqrt(2))
    assert prior.high == pytest.approx(0.02 + 2.776445 * 0.15 / math.sqrt(2), abs=1e-6)
    assert (prior.low + prior.high) / 2 == pytest.approx(0.02)


@settings(max_examples=60, deadline=None)
@given(
    estimate=st.floats(-3, 3),
    se=st.floats(0.001, 3),
    mean=st.floats(-1, 1),
    sd=st.floats(0.005, 3),
    df=st.floats(2.5, 50),
)
def test_posterior_lies_between_prior_and_estimate(
    estimate: float, se: float, mean: float, sd: float, df: float
) -> None:
    found = posterior_of(estimate, se, Prior(mean=mean, sd=sd, df=df))
    low, high = sorted((mean, estimate))
    assert low - 1e-6 <= found.mean <= high + 1e-6
    assert found.low < found.mean < found.high
    assert np.all(np.diff(found.cumulated) >= 0)
    assert found.cumulated[-1] == pytest.approx(1)
    mirrored = posterior_of(-estimate, se, Prior(mean=-mean, sd=sd, df=df))
    assert mirrored.mean == pytest.approx(-found.mean, abs=1e-9)
    assert mirrored.chance_positive() == pytest.approx(1 - found.chance_positive(), abs=1e-6)


def test_draws_have_the_posterior_s_moments() -> None:
    found = posterior_of(0.08, 0.06, Prior())
    draws = found.draws(np.random.default_rng(3), 200_000)
    assert draws.mean() == pytest.approx(found.mean, abs=4 * found.sd / 200_000**0.5)
    assert draws.std() == pytest.approx(found.sd, rel=0.01)
    assert (draws > 0.05).mean() == pytest.approx(found.chance_positive(0.05), abs=0.005)
    assert np.array_equal(draws[:5], found.draws(np.random.default_rng(3), 200_000)[:5])


def test_what_is_said_holds_as_often_as_is_said_under_the_matched_prior() -> None:
    rng = np.random.default_rng(11)
    prior, stores = Prior(mean=0.02, sd=0.15), 3_000
    truth = prior.mean + prior.scale * rng.standard_t(prior.df, stores)
    errors = rng.uniform(0.02, 0.2, stores)
    told: list[Posterior] = [
        posterior_of(float(x + e * rng.standard_normal()), float(e), prior) for x, e in zip(truth, errors, strict=True)
    ]
    covered = np.array([one.low <= x <= one.high for one, x in zip(told, truth, strict=True)])
    assert covered.mean() == pytest.approx(0.95, abs=3 * (0.95 * 0.05 / stores) ** 0.5)
    chance = np.array([one.chance_positive() for one in told])
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        inside = (chance >= low) & (chance <= high)
        expected, sd = chance[inside].mean(), (chance[inside] * (1 - chance[inside])).sum() ** 0.5 / inside.sum()
        assert (truth[inside] > 0).mean() == pytest.approx(expected, abs=3.5 * sd)


def test_relative_effects_are_weighed_on_the_scale_of_logarithms() -> None:
    # 25 % more, and as far to 20 % less of it as to 25 % more: log 1.25 with an error of log 1.25 / 1.96.
    effect = Estimate(0.25, low=0.0, high=0.5625, level=0.95)
    found = relative_posterior(effect, Prior())
    expected = posterior_of(math.log(1.25), math.log(1.25) / 1.959964, Prior())
    assert isinstance(found, Posterior)
    assert (found.mean, found.sd) == pytest.approx((expected.mean, expected.sd), rel=1e-6)


@pytest.mark.parametrize(
    "effect",
    [
        Estimate(0.1),
        Estimate(0.1, low=0.1, high=0.1, level=0.95),
        Estimate(-0.5, low=-1.2, high=0.2, level=0.95),
    ],
)
def test_an_effect_without_an_error_has_no_posterior(effect: Estimate) -> None:
    assert relative_posterior(effect, Prior()) == NotEnough("effect_interval", 0, 1)
    assert relative_posterior(REFUSAL, Prior()) is REFUSAL


def test_impossible_priors_and_errors_are_refused() -> None:
    for fields in ({"sd": 0.0}, {"df": 2.0}, {"mean": math.nan}, {"df": math.inf}):
        with pytest.raises(ValueError, match="a prior needs"):
            Prior(**fields)
    for estimate, se in ((0.1, 0.0), (math.inf, 1.0)):
        with pytest.raises(ValueError, match="a posterior needs"):
            posterior_of(estimate, se, Prior())


def test_a_posterior_s_frame_tells_the_prior_too() -> None:
    (row,) = posterior_of(0.1, 0.05, Prior()).to_frame().to_dict("records")
    assert (row["prior_mean"], row["prior_sd"], row["prior_df"], row["level"]) == (0.0, 0.15, 4.0, 0.95)
    assert 0.9 < row["chance_positive"] < 1

"""Means, ratios and bands of estimates against hand sums and known quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.linearised import (
    Linearised,
    estimate_of,
    ratios,
    simultaneous_reach,
    weighted_means,
)


def told(values: list[float], gradients: list[list[float]], products: list[list[float]]) -> Linearised:
    return Linearised(values=np.array(values), gradients=csr_array(gradients), products=csr_array(products))


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_covariance_and_interval_by_hand() -> None:
    pair = told([2.0, 1.0], [[1, 0], [1, -1]], [[4, 1], [1, 9]])
    # var(a) = 4, cov(a, a - b) = 4 - 1, var(a - b) = 4 - 2 + 9
    assert pair.covariance().tolist() == [[4, 3], [3, 11]]
    assert pair.standard_errors() == pytest.approx([2, np.sqrt(11)])
    estimate = estimate_of(pair, level=0.95, n=50)
    assert isinstance(estimate, Estimate)
    assert (estimate.low, estimate.high, estimate.p, estimate.n) == pytest.approx((-1.919928, 5.919928, 0.3173105, 50))


def test_weighted_mean_has_the_uncertainty_of_its_weights() -> None:
    # means 10 and 20 of groups of 1 and 3: (10 * 1 + 20 * 3) / 4 = 17.5, moved by (10 - 17.5) / 4 and (20 - 17.5) / 4
    # as the counts move, and by 1/4 and 3/4 as the means do
    products = np.diag([1.0, 1.0, 4.0, 4.0]).tolist()
    means = told([10, 20], [[1, 0, 0, 0], [0, 1, 0, 0]], products)
    sizes = told([1, 3], [[0, 0, 1, 0], [0, 0, 0, 1]], products)
    mean = weighted_means(means, sizes, np.ones((1, 2)))
    assert mean.values == pytest.approx([17.5])
    variance = 1 / 16 + 9 / 16 + 4 * (1.875**2 + 0.625**2)
    assert mean.standard_errors() == pytest.approx([np.sqrt(variance)])


def test_ratio_by_the_delta_method() -> None:
    products = [[0.04, 0.01], [0.01, 0.09]]
    share = ratios(told([2], [[1, 0]], products), told([4], [[0, 1]], products))
    # d(a / b) = da / b - a / b^2 db = .25 da - .125 db
    assert share.values == pytest.approx([0.5])
    assert share.standard_errors() == pytest.approx([np.sqrt(0.0625 * 0.04 - 0.0625 * 0.01 + 0.015625 * 0.09)])


def test_terms_that_cancel_leave_no_error_of_rounding() -> None:
    flat = told([0.0], [[1.0, -0.7]], [[0.49 * 3e6, 0.7 * 3e6], [0.7 * 3e6, 3e6]])
    assert flat.standard_errors().tolist() == [0]
    assert estimate_of(flat, level=0.95, n=10) == NotEnough("sales_variation", 0, 1)


def test_band_of_independent_estimates_is_sidaks_and_of_one_estimate_the_plain_one() -> None:
    # Sidak: quantile of 1 - (1 - .95 ** (1 / 10)) / 2 is 2.7996
    assert simultaneous_reach(np.eye(10), level=0.95, rng=rng()) == pytest.approx(2.7996, abs=0.03)
    assert simultaneous_reach(np.ones((10, 10)), level=0.95, rng=rng()) == pytest.approx(1.96, abs=0.03)
    assert simultaneous_reach(np.diag([2.0, 0.0]), level=0.95, rng=rng()) == pytest.approx(1.959964)


def test_band_of_correlated_estimates_is_that_of_dunnett() -> None:
    # Dunnett (1964): two-sided 5 % point for 5 treatments beside one control (correlations 1/2), many degrees: 2.51
    covariance = np.full((5, 5), 0.5) + 0.5 * np.eye(5)
    assert simultaneous_reach(covariance, level=0.95, rng=rng()) == pytest.approx(2.51, abs=0.03)

"""The integrals of two powers against closed forms, the hypergeometric function and adaptive quadrature."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1

from retention_lib.models.btyd.power_integrals import Powers, log_integrals, moments

SCALES = st.floats(1e-3, 1e5)


def powers(a: float, b: float, p: float, q: float, upper: float) -> Powers:
    columns = (np.array([value], dtype=float) for value in (a, b, p, q, upper))
    return Powers(**dict(zip(("a", "b", "p", "q", "upper"), columns, strict=True)))


@settings(max_examples=300, deadline=None)
@given(a=SCALES, p=st.floats(1e-6, 5_000), q=st.floats(1e-6, 50), upper=st.floats(1e-6, 1e5))
def test_with_one_scale_the_integral_is_the_closed_form(a: float, p: float, q: float, upper: float) -> None:
    slope = (p + q - 1) * np.log1p(upper / a)
    closed = a * np.log1p(upper / a) * (-np.expm1(-slope) / slope if abs(slope) > 1e-12 else 1.0)
    assert np.exp(log_integrals(powers(a, a, p, q, upper)))[0] == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize("p", [1.1, 1.6, 4.0, 40.5])
@pytest.mark.parametrize("q", [0.5, 1.00001, 3.0])
@pytest.mark.parametrize("a", [0.01, 10.0, 9_000.0])
def test_the_infinite_integral_is_the_hypergeometric_function(p: float, q: float, a: float) -> None:
    # with y = a / (a + v): a (b / a)^q 2F1(q, p + q - 1; p + q; 1 - b / a) / (p + q - 1)
    expected = a * 1.8**q * hyp2f1(q, p + q - 1, p + q, -0.8) / (p + q - 1)
    assert np.exp(log_integrals(powers(a, 1.8 * a, p, q, np.inf)))[0] == pytest.approx(expected, rel=1e-11)


@settings(max_examples=150, deadline=None)
@given(a=SCALES, b=SCALES, p=st.floats(1.001, 5_000), q=st.floats(1e-6, 50), upper=st.floats(1e-3, 1e4))
def test_integrals_of_all_scales_are_those_of_quadrature(a: float, b: float, p: float, q: float, upper: float) -> None:
    # quadrature in log v from far below the shortest scale, where the integrand is 1
    least = 1e-9 * min(upper, 1 / (p / a + q / b))
    edges = np.linspace(np.log(least), np.log(upper), 20)

    def integrand(y: float) -> float:
        return float(np.exp(y - p * np.log1p(np.exp(y) / a) - q * np.log1p(np.exp(y) / b)))

    pieces = itertools.pairwise(edges)
    expected = least + sum(quad(integrand, low, high, epsabs=0, epsrel=1e-11, limit=200)[0] for low, high in pieces)
    assert np.exp(log_integrals(powers(a, b, p, q, upper)))[0] == pytest.approx(expected, rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(a=SCALES, b=SCALES, p=st.floats(1.5, 5_000), q=st.floats(1e-6, 50), upper=st.floats(0, 1e5))
def test_an_infinite_integral_is_finite_and_above_its_parts(
    a: float, b: float, p: float, q: float, upper: float
) -> None:
    part, whole = (np.exp(log_integrals(powers(a, b, p, q, end)))[0] for end in (upper, np.inf))
    assert 0 <= part <= whole * (1 + 1e-9)
    assert np.isfinite(whole)
    assert whole <= a / (p - 1) * (1 + 1e-9)


def test_an_integral_over_nothing_is_nothing() -> None:
    nothing = powers(1.0, 2.0, 3.0, 4.0, 0.0)
    assert log_integrals(nothing)[0] == -np.inf
    assert np.isfinite(moments(nothing).means).all()


def test_moments_are_those_of_the_density() -> None:
    a, b, p, q, upper = 8.0, 30.0, 4.5, 1.6, 20.0
    found = moments(powers(a, b, p, q, upper))

    def features(v: float) -> np.ndarray:
        return np.array([np.log1p(v / a), a / (a + v), np.log1p(v / b), b / (b + v)])

    def mean(i: int, j: int | None = None) -> float:
        def integrand(v: float) -> float:
            at = features(v)
            return float((1 + v / a) ** -p * (1 + v / b) ** -q * at[i] * (1 if j is None else at[j]))

        return quad(integrand, 0, upper, epsrel=1e-12)[0] / np.exp(found.logs[0])

    assert found.means[0] == pytest.approx([mean(i) for i in range(4)], rel=1e-10)
    assert found.squares[0] == pytest.approx(np.array([[mean(i, j) for j in range(4)] for i in range(4)]), rel=1e-10)


def test_many_integrals_are_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    columns = [10 ** rng.uniform(low, high, 3_000) for low, high in ((-2, 4), (-2, 4), (0.01, 3), (-3, 1), (-1, 5))]
    many = log_integrals(Powers(**dict(zip(("a", "b", "p", "q", "upper"), columns, strict=True))))
    assert np.isfinite(many).all()
    for i in range(0, 3_000, 100):
        assert many[i] == pytest.approx(log_integrals(powers(*(column[i] for column in columns)))[0], abs=1e-10)

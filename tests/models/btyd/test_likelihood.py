"""The maximiser: surfaces whose maximum, or want of one, is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from retention_lib.models.btyd.likelihood import Held, Slope, maximum, maximum_held, rehearsed

CENTRE = np.array([1.5, -2.0])
BEND = np.array([[2.0, 0.6], [0.6, 0.5]])
STARTS = ((0.0, 0.0), (3.0, 1.0), (-2.0, -4.0))


def hill(logs: np.ndarray) -> Slope:
    """A concave parabola, one at its top."""
    off = logs - CENTRE
    return Slope(value=1 - off @ BEND @ off / 2, gradient=-BEND @ off, hessian=-BEND)


def bell(logs: np.ndarray) -> Slope:
    """A surface with the same top that is convex away from it: log of a heavy-tailed density."""
    off = logs - CENTRE
    height = 1 + off @ BEND @ off
    first = -BEND @ off / height
    return Slope(value=-np.log(height) / 2, gradient=first, hessian=-BEND / height + 2 * np.outer(first, first))


def without_hessian(surface: Callable[[np.ndarray], Slope]) -> Callable[[np.ndarray], Slope]:
    return lambda logs: Slope(value=surface(logs).value, gradient=surface(logs).gradient)


@pytest.mark.parametrize("surface", [hill, bell, without_hessian(hill), without_hessian(bell)])
def test_the_top_is_found_with_its_spread(surface: Callable[[np.ndarray], Slope]) -> None:
    found = maximum(surface, STARTS, customers=200)
    assert found is not None
    assert np.log(found.parameters) == pytest.approx(CENTRE, abs=1e-6)
    assert np.array(found.covariance) == pytest.approx(np.linalg.inv(BEND) / 200, rel=1e-5)
    assert found.log_likelihood == pytest.approx(200 * surface(CENTRE).value)
    assert found.convergence.gradient < 1e-6
    assert found.convergence.curvature == pytest.approx(np.linalg.eigvalsh(BEND)[0], rel=1e-5)
    assert found.convergence.second_start < 1e-6


def test_a_rehearsal_on_a_sample_leads_to_the_top_of_all() -> None:
    def sample(logs: np.ndarray) -> Slope:
        moved = hill(logs + 0.05)
        return Slope(value=moved.value, gradient=moved.gradient, hessian=moved.hessian)

    found = maximum(hill, STARTS, customers=200, rehearsed=rehearsed(sample, STARTS))
    assert found is not None
    assert np.log(found.parameters) == pytest.approx(CENTRE, abs=1e-9)


def test_a_rehearsal_that_leads_nowhere_is_done_without() -> None:
    def slope_for_ever(logs: np.ndarray) -> Slope:
        return Slope(value=logs.sum(), gradient=np.ones(2), hessian=np.zeros((2, 2)))

    found = maximum(hill, STARTS, customers=200, rehearsed=rehearsed(slope_for_ever, STARTS))
    assert found is not None
    assert np.log(found.parameters) == pytest.approx(CENTRE, abs=1e-9)


@pytest.mark.parametrize("steepness", [1.0, 0.05])
def test_a_ridge_that_rises_to_infinity_is_refused_though_its_gradient_vanishes(steepness: float) -> None:
    def ridge(logs: np.ndarray) -> Slope:
        fading = steepness * np.exp(-logs[0])
        across = logs[1] - 1
        return Slope(
            value=-fading - across**2, gradient=np.array([fading, -2 * across]), hessian=np.diag([-fading, -2.0])
        )

    assert maximum(ridge, STARTS, customers=1e6) is None
    assert maximum(without_hessian(ridge), STARTS, customers=1e6) is None


def test_a_top_below_a_ridge_to_infinity_is_refused() -> None:
    def two_ways(logs: np.ndarray) -> Slope:
        # a top of height 1 near 0, and a slope to the right of 4 that rises to 2
        bump, rise = np.exp(-(logs[0] ** 2)), 1 / (1 + np.exp(-4 * (logs[0] - 5)))
        first = -2 * logs[0] * bump + 8 * rise * (1 - rise)
        return Slope(value=bump + 2 * rise - logs[1] ** 2, gradient=np.array([first, -2 * logs[1]]))

    assert maximum(two_ways, ((0.3, 0.5), (6.0, 0.0), (-0.3, 0.0)), customers=100) is None
    assert maximum(two_ways, ((0.3, 0.5), (-0.3, 0.0)), customers=100) is not None


def test_a_saddle_is_no_maximum() -> None:
    def saddle(logs: np.ndarray) -> Slope:
        return Slope(
            value=logs[0] ** 2 - logs[1] ** 2,
            gradient=np.array([2 * logs[0], -2 * logs[1]]),
            hessian=np.diag([2.0, -2.0]),
        )

    assert maximum(saddle, ((0.0, 1.0), (0.0, -1.0)), customers=100) is None


def test_values_that_are_not_finite_are_stepped_around() -> None:
    def cliff(logs: np.ndarray) -> Slope:
        return hill(logs) if logs[0] < 2 else Slope(value=np.nan, gradient=np.full(2, np.nan), hessian=-BEND)

    found = maximum(cliff, ((-2.0, 3.0), (0.0, 0.0)), customers=100)
    assert found is not None
    assert np.log(found.parameters) == pytest.approx(CENTRE, abs=1e-6)
    assert maximum(cliff, ((3.0, 0.0), (4.0, 0.0)), customers=100) is None


def test_one_start_that_leads_to_the_top_is_enough() -> None:
    def cliff(logs: np.ndarray) -> Slope:
        return hill(logs) if logs[0] < 2 else Slope(value=np.nan, gradient=np.full(2, np.nan), hessian=-BEND)

    found = maximum(cliff, ((0.0, 0.0), (3.0, 0.0)), customers=100)
    assert found is not None
    assert np.log(found.parameters) == pytest.approx(CENTRE, abs=1e-6)
    assert found.convergence.second_start < 1e-6  # the second climb began beside the top


def ratio_ridge(logs: np.ndarray) -> Slope:
    """A ridge along which both parameters grow, their ratio e: the limit is reached only at infinity."""
    fading, across = np.exp(-logs[0]), logs[1] - logs[0] - 1
    gradient = np.array([fading + across, -across])
    return Slope(value=-fading - across**2 / 2, gradient=gradient, hessian=np.array([[-fading - 1, 1.0], [1.0, -1.0]]))


def test_on_a_ridge_one_parameter_is_held_and_said_to_be() -> None:
    held = Held(name="a", place=0, value=50.0, follow=1)
    assert maximum(ratio_ridge, STARTS, customers=300) is None
    found = maximum_held(ratio_ridge, STARTS, customers=300, held=held)
    assert found is not None
    assert found.parameters == pytest.approx((50.0, 50.0 * np.e))
    assert found.log_likelihood == pytest.approx(-300 / 50)
    assert found.convergence.held == ("a",)
    spread = np.array(found.covariance)
    assert spread[0, 0] > 0.15  # the held one is free again: 300 customers know it to exp(+-0.4) at best
    assert spread[0, 0] + spread[1, 1] - 2 * spread[0, 1] == pytest.approx(1 / 300, rel=1e-6)  # their ratio is known


def test_a_parameter_with_which_the_likelihood_falls_is_not_held() -> None:
    # The top of the hill lies at e^1.5, far below the place.
    assert maximum_held(hill, STARTS, customers=300, held=Held(name="a", place=0, value=50.0, follow=1)) is None

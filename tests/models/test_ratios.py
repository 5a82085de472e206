from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.models.ratios import Part, fieller


def test_the_bounds_by_hand() -> None:
    # (2 - r)^2 = 4 (0.25 + 0.04 r^2), that is 0.84 r^2 - 4 r + 3 = 0: r = (2 -+ sqrt(4 - 2.52)) / 0.84.
    found = fieller(Part(value=2.0, variance=0.25), Part(value=1.0, variance=0.04), covariance=0.0, quantile=2.0)
    assert found.value == 2.0
    assert found.low == pytest.approx((2 - math.sqrt(1.48)) / 0.84)
    assert found.high == pytest.approx((2 + math.sqrt(1.48)) / 0.84)
    assert found.bounded


def test_a_denominator_known_exactly_gives_the_plain_interval() -> None:
    found = fieller(Part(value=3.0, variance=0.04), Part(value=2.0, variance=0.0), covariance=0.0, quantile=1.96)
    assert (found.low, found.high) == pytest.approx((1.5 - 0.196, 1.5 + 0.196))


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_denominator_within_chance_of_0_leaves_the_bounds_open(value: float) -> None:
    found = fieller(Part(value=2.0, variance=0.25), Part(value=value, variance=0.04), covariance=0.0, quantile=2.0)
    assert not found.bounded
    assert math.isnan(found.value) == (value == 0)


@given(
    over=st.floats(-5, 5),
    under=st.floats(0.5, 5),
    errors=st.tuples(st.floats(0.05, 1), st.floats(0.05, 0.2)),
    correlation=st.floats(-0.9, 0.9),
)
def test_at_its_bounds_the_difference_is_just_beyond_chance(
    over: float, under: float, errors: tuple[float, float], correlation: float
) -> None:
    covariance = correlation * errors[0] * errors[1]
    parts = [Part(value=value, variance=error**2) for value, error in zip((over, under), errors, strict=True)]
    found = fieller(parts[0], parts[1], covariance=covariance, quantile=1.96)
    assert found.low <= found.value <= found.high
    for bound in (found.low, found.high):
        variance = errors[0] ** 2 - 2 * bound * covariance + (bound * errors[1]) ** 2
        assert abs(over - bound * under) == pytest.approx(1.96 * math.sqrt(variance), rel=1e-5, abs=1e-8)

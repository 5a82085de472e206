from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from retention_lib.models.estimates import NotEnough
from retention_lib.models.stratified import AlikeDifference, alike_difference

COUNTS = st.integers(0, 40)
CLASS = st.tuples(COUNTS, COUNTS, COUNTS, COUNTS).map(lambda n: (min(n[0], n[1]), n[1], min(n[2], n[3]), n[3]))


def compared(*classes: tuple[int, int, int, int]) -> AlikeDifference | NotEnough:
    """Classes of (cases, base, other cases, other base)."""
    a, n1, b, n0 = np.array(classes).T
    return alike_difference(a, n1, b, n0)


def found(*classes: tuple[int, int, int, int]) -> AlikeDifference:
    result = compared(*classes)
    assert isinstance(result, AlikeDifference)
    return result


def test_one_class_is_the_plain_difference() -> None:
    result = found((30, 50, 40, 100))
    assert result.share == pytest.approx(0.6)
    assert result.other_share == pytest.approx(0.4)
    assert result.difference.value == pytest.approx(0.2)
    # One class: Sato's variance by hand: w = 100/3, P = (2500 * 40 - 10000 * 30 + 5000 * 25) / 150**2 = -10/3,
    # Q = (30 * 60 + 40 * 20) / 300 = 26/3; (.2 P + Q) / w**2 = .0072; the plain variance is .0072 too.
    assert result.difference.high == pytest.approx(0.2 + 1.959964 * 0.0072**0.5, abs=1e-6)


def test_two_classes_by_hand() -> None:
    # Weights 20 * 80 / 100 = 16 and 60 * 20 / 80 = 15; differences .1 and .3.
    result = found((4, 20, 8, 80), (48, 60, 10, 20))
    assert result.difference.value == pytest.approx((16 * 0.1 + 15 * 0.3) / 31)
    assert result.share == pytest.approx((16 * 0.2 + 15 * 0.8) / 31)
    assert result.difference.n == 180


def test_the_paradox_of_unlike_classes_is_undone() -> None:
    # Within each class nothing differs; taken together the first group looks far worse.
    result = found((5, 50, 50, 500), (400, 500, 40, 50))
    assert result.difference.value == pytest.approx(0)
    assert result.difference.p == pytest.approx(1)


def test_the_test_is_that_of_a_table_for_one_class() -> None:
    # Cochran, Mantel and Haenszel's statistic is (n - 1) / n times Pearson's.
    from scipy.special import chdtri

    result = found((30, 50, 40, 100))
    pearson = chi2_contingency([[30, 20], [40, 60]], correction=False).statistic
    assert result.difference.p is not None
    assert chdtri(1, result.difference.p) == pytest.approx(pearson * 149 / 150)


def test_classes_of_one_group_alone_say_nothing() -> None:
    assert found((3, 10, 1, 10), (9, 9, 0, 0)).difference == found((3, 10, 1, 10)).difference
    assert compared((3, 10, 0, 0)) == NotEnough("customers_alike", 0, 1)


def test_where_all_are_the_same_nothing_is_tested() -> None:
    result = found((10, 10, 20, 20))
    assert (result.difference.value, result.difference.p) == (0, None)


def test_more_cases_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match="cases"):
        compared((11, 10, 1, 10))


@settings(max_examples=200, deadline=None)
@given(st.lists(CLASS, min_size=1, max_size=6))
def test_groups_exchanged_change_the_sign_alone(classes: list[tuple[int, int, int, int]]) -> None:
    one = compared(*classes)
    other = compared(*((b, n0, a, n1) for a, n1, b, n0 in classes))
    if isinstance(one, NotEnough) or isinstance(other, NotEnough):
        assert one == other
        return
    assert one.difference.value == pytest.approx(-other.difference.value)
    assert one.difference.low == pytest.approx(-(other.difference.high or 0))
    assert one.share - one.other_share == pytest.approx(one.difference.value)
    assert -1 <= (one.difference.low or 0) <= one.difference.value <= (one.difference.high or 0) <= 1


def test_the_interval_covers_the_common_difference() -> None:
    # 60 classes with 2 to 9 of the first group, as a rare reason has: chances from .2 to .7, .1 more in the first.
    rng, covered, rejected = np.random.default_rng(1), 0, 0
    n1, n0, base = rng.integers(2, 10, 60), rng.integers(5, 200, 60), rng.uniform(0.2, 0.7, 60)
    for _ in range(1000):
        result = alike_difference(rng.binomial(n1, base + 0.1), n1, rng.binomial(n0, base), n0)
        assert isinstance(result, AlikeDifference)
        assert result.difference.low is not None
        assert result.difference.high is not None
        covered += result.difference.low <= 0.1 <= result.difference.high
        null = alike_difference(rng.binomial(n1, base), n1, rng.binomial(n0, base), n0)
        assert isinstance(null, AlikeDifference)
        rejected += null.difference.p is not None and null.difference.p < 0.05
    # 950 and 50 of 1,000 with four standard errors of chance.
    assert 922 <= covered <= 978
    assert 22 <= rejected <= 78

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from retention_lib.estimates import NotEnough
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


@pytest.mark.parametrize("classes", [[(0, 10, 0, 20)], [(0, 4, 0, 15), (0, 6, 0, 5), (0, 9, 0, 0)]])
def test_no_cases_at_all_are_no_certainty(classes: list[tuple[int, int, int, int]]) -> None:
    # Newcombe's interval of 0 of 10 against 0 of 20: the upper bounds of Wilson's, z^2 / (n + z^2).
    z2 = 1.959964**2
    assert [found(*classes).difference.low, found(*classes).difference.high] == pytest.approx(
        [-z2 / (20 + z2), z2 / (10 + z2)], abs=1e-6
    )


def test_classes_of_one_outcome_each_are_no_certainty() -> None:
    every, mixed = found((10, 10, 20, 20)).difference, found((4, 4, 15, 15), (0, 6, 0, 5)).difference
    none = found((0, 10, 0, 20)).difference
    assert none.low is not None
    assert none.high is not None
    assert (every.low, every.high) == pytest.approx((-none.high, -none.low))
    assert (mixed.low, mixed.high) == (-none.high, none.high)
    assert mixed.value == 0


def test_groups_of_one_outcome_each_are_no_certainty() -> None:
    apart = found((6, 6, 0, 15), (4, 4, 0, 5))
    # Newcombe's of 10 of 10 against 0 of 20: 1 less the root of the squares of what Wilson's bounds leave.
    z2 = 1.959964**2
    low = 1 - ((z2 / (10 + z2)) ** 2 + (z2 / (20 + z2)) ** 2) ** 0.5
    assert [apart.difference.low, apart.difference.high] == pytest.approx([low, 1], abs=1e-6)
    assert [apart.excess.low, apart.excess.value, apart.excess.high] == pytest.approx([10 * low, 10, 10], abs=1e-5)


def test_cases_beyond_those_expected_by_hand() -> None:
    result = found((8, 10, 20, 100), (30, 100, 10, 50), (9, 10, 0, 0))
    assert (result.excess.value, result.base, result.other_base) == (pytest.approx(16), 110, 150)
    # A class of one has the variance of its group's common share: 1 of 4 in the first, 3 of 9 in the other.
    small = found((1, 1, 1, 1), (0, 3, 2, 8)).excess
    variance = 3 / 16 + 2 / 9 + 9 * (0 + 0.25 * 0.75 / 7)
    assert small.high == pytest.approx(1 - 1 - 3 * 0.25 + 1.959964 * variance**0.5, abs=1e-5)


@pytest.mark.parametrize("others", [(1, 5), (5, 200)])
def test_the_interval_of_the_cases_covers_what_chance_adds(others: tuple[int, int]) -> None:
    rng, covered = np.random.default_rng(2), 0
    n1, n0, base = rng.integers(1, 10, 60), rng.integers(*others, 60), rng.uniform(0.2, 0.7, 60)
    more = rng.uniform(0, 0.2, 60)
    for _ in range(1000):
        excess = alike_difference(rng.binomial(n1, base + more), n1, rng.binomial(n0, base), n0).excess
        covered += excess.low <= (n1 * more).sum() <= excess.high
    assert 922 <= covered <= 985


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
    assert (one.difference.low or 0) < (one.difference.high or 0)
    assert (one.excess.low or 0) <= one.excess.value <= (one.excess.high or 0)


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

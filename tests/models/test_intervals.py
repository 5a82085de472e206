from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import (
    holm_adjusted,
    mean_interval,
    normal_quantile,
    sd_behind,
    share_difference,
    signed_interval,
    wilson,
)


@pytest.mark.parametrize(("successes", "base"), [(0, 20), (1, 7), (13, 40), (214, 2037), (40, 40)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_statsmodels(successes: float, base: float, level: float) -> None:
    low, high = proportion_confint(successes, base, alpha=1 - level, method="wilson")
    share = wilson(successes, base, level=level)
    assert share.value == successes / base
    assert share.low == pytest.approx(low, abs=1e-12)
    assert share.high == pytest.approx(high, abs=1e-12)
    assert (share.n, share.level) == (base, level)


def test_wilson_on_an_empty_base_is_not_enough() -> None:
    assert wilson(0, 0) == NotEnough("customers_in_base", 0, 1)


@pytest.mark.parametrize(("successes", "base"), [(5, 4), (-1, 4), (math.nan, 4), (1, math.inf)])
def test_wilson_refuses_impossible_counts(successes: float, base: float) -> None:
    with pytest.raises(ValueError, match="0 <= successes <= base"):
        wilson(successes, base)


@given(st.integers(1, 10**9).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_wilson_brackets_the_share_inside_zero_and_one(counts: tuple[int, int]) -> None:
    share = wilson(*counts)
    assert 0 <= share.low <= share.value <= share.high <= 1


@pytest.mark.parametrize("true_share", [0.03, 0.1, 0.5])
def test_wilson_covers_the_true_lapse_rate(true_share: float) -> None:
    draws = np.random.default_rng(1).binomial(200, true_share, size=4000)
    hits = [share.low <= true_share <= share.high for share in (wilson(int(draw), 200) for draw in draws)]
    assert 0.93 <= np.mean(hits) <= 0.98


def test_share_difference_reproduces_newcombes_published_example() -> None:
    # Newcombe (1998), table II, example (a), method 10.
    difference = share_difference(56, 70, 48, 80)
    assert difference.value == pytest.approx(0.2)
    assert (round(difference.low, 4), round(difference.high, 4)) == (0.0524, 0.3339)
    assert difference.n == 150


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (0, 10, 0, 10), (10, 10, 0, 20)])
def test_share_difference_agrees_with_statsmodels(counts: tuple[int, int, int, int]) -> None:
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    difference = share_difference(*counts)
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=1e-10)


def test_share_difference_with_an_empty_group_is_not_enough() -> None:
    assert share_difference(0, 0, 1, 2) == NotEnough("customers_in_base", 0, 1)
    assert share_difference(1, 2, 0, 0) == NotEnough("customers_in_base", 0, 1)


@given(st.integers(0, 30), st.integers(30, 90), st.integers(0, 30), st.integers(30, 90))
def test_share_difference_changes_sign_with_the_order(
    successes: int, base: int, other_successes: int, other_base: int
) -> None:
    one = share_difference(successes, base, other_successes, other_base)
    other = share_difference(other_successes, other_base, successes, base)
    assert one.value == pytest.approx(-other.value)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert -1 <= one.low <= one.value <= one.high <= 1


def test_share_difference_covers_the_true_difference() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.binomial(120, 0.12, size=4000), rng.binomial(80, 0.06, size=4000)
    intervals = (share_difference(int(a), 120, int(b), 80) for a, b in zip(first, second, strict=True))
    assert 0.93 <= np.mean([each.low <= 0.06 <= each.high for each in intervals]) <= 0.985


def test_mean_interval_is_students() -> None:
    # t(.975, 9) = 2.262157 (any table): 10 +- 2.262157 * 2 / sqrt(10).
    mean = mean_interval(10.0, 4.0, 10)
    assert (mean.low, mean.high) == pytest.approx((8.569286, 11.430714), abs=1e-6)


def test_mean_interval_without_spread_has_no_bounds_but_a_reason() -> None:
    assert mean_interval(3.0, 0.0, 50) == Estimate(3.0, n=50, reason="zero_variance")


def test_mean_interval_of_one_observation_is_not_enough() -> None:
    assert mean_interval(3.0, 1.0, 1) == NotEnough("observations", 1, 2)


def test_mean_interval_refuses_nan() -> None:
    with pytest.raises(ValueError, match="finite mean"):
        mean_interval(math.nan, 1.0, 10)


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.1])
def test_levels_outside_zero_and_one_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(level)


@pytest.mark.parametrize("seed", range(5))
def test_holm_agrees_with_statsmodels(seed: int) -> None:
    p_values = np.random.default_rng(seed).beta(0.3, 1, size=2 + 2 * seed)
    assert holm_adjusted(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_the_plain_and_the_bonferroni_p(p_values: list[float]) -> None:
    raw, adjusted = np.array(p_values), holm_adjusted(p_values)
    assert (adjusted >= raw).all()
    assert (adjusted <= np.minimum(1, raw * raw.size)).all()
    assert (np.diff(adjusted[np.argsort(raw, kind="stable")]) >= 0).all()


def test_holm_does_not_count_comparisons_not_made() -> None:
    # Two comparisons made: .01 * 2 and .04 * 1.
    assert holm_adjusted([0.04, math.nan, 0.01]) == pytest.approx([0.04, math.nan, 0.02], nan_ok=True)


@pytest.mark.parametrize(
    ("value", "signed", "low", "high"),
    [
        (100.0, False, 100 * math.exp(-0.1644854), 100 * math.exp(0.1644854)),
        (100.0, True, 100 - 16.44854, 100 + 16.44854),
        (-100.0, False, -100 - 16.44854, -100 + 16.44854),
        (0.0, False, -16.44854, 16.44854),
    ],
)
def test_an_amount_that_may_be_negative_has_a_normal_interval(
    value: float, signed: bool, low: float, high: float
) -> None:
    found = signed_interval(value, 10.0, level=0.9, signed=signed)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6)
    assert sd_behind(found) == pytest.approx(10.0)


def test_the_deviation_behind_a_bound_cut_off_at_nothing_is_that_of_the_wider_side() -> None:
    assert sd_behind(Estimate(1.0, low=0.0, high=1 + 1.959964 * 2, level=0.95)) == pytest.approx(2.0, rel=1e-6)
    assert sd_behind(Estimate(1.0)) == 0.0

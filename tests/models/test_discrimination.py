"""Areas under the ROC curve, calibration and lift: by hand, against other libraries, and how often they hold."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from retention_lib.models.discrimination import (
    auc,
    auc_difference,
    average_precision,
    calibration,
    log_losses,
    top_lift,
)

HAPPENED = [True, True, True, False, False]
SCORES = [0.8, 0.6, 0.4, 0.5, 0.3]


def sample(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An outcome and two scores of it, the first the better one."""
    rng = np.random.default_rng(seed)
    happened = rng.random(n) < 0.4
    shared = rng.normal(size=n)
    return happened, happened + shared, 0.6 * happened + shared + 0.4 * rng.normal(size=n)


def test_auc_by_hand() -> None:
    area = auc(HAPPENED, SCORES)
    assert area.value == pytest.approx(5 / 6)  # of six pairs only .4 against .5 is the wrong way round
    # Placements 1, 1, 1/2 and 2/3, 1: variances of their means 1/36 each, on the logit scale times 36/5.
    half = 1.959964 * np.sqrt(2 / 36) * 36 / 5
    assert area.low == pytest.approx(1 / (1 + np.exp(-(np.log(5) - half))), rel=1e-6)


def test_auc_counts_ties_half() -> None:
    assert auc([True, False], [1.0, 1.0]).value == 0.5


def test_auc_needs_both_kinds() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        auc([True, True], [1.0, 2.0])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=4, max_size=40))
def test_auc_is_that_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    happened, score = [row[0] for row in rows], [float(row[1]) for row in rows]
    if len(set(happened)) == 2:
        area = auc(happened, score)
        assert area.value == pytest.approx(roc_auc_score(happened, score))
        assert 0 <= (area.low or 0) <= area.value <= (area.high or 0) <= 1


def test_auc_difference_has_the_spread_of_the_bootstrap() -> None:
    happened, first, second = sample(1, 2_000)
    gap = auc_difference(happened, first, second)
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(400):
        rows = rng.integers(0, happened.size, happened.size)
        drawn.append(roc_auc_score(happened[rows], first[rows]) - roc_auc_score(happened[rows], second[rows]))
    assert ((gap.high or 0) - gap.value) / 1.959964 == pytest.approx(np.std(drawn), rel=0.12)
    assert (gap.p or 0) < 0.001


def test_auc_difference_of_a_score_with_itself_is_nothing() -> None:
    happened, first, _ = sample(3)
    gap = auc_difference(happened, first, first)
    assert (gap.value, gap.p) == (0.0, 1.0)


def test_intervals_hold_the_true_area_about_as_often_as_they_say() -> None:
    # Two normals one apart: the area is Phi(1 / sqrt 2) = .7602.
    areas = [auc(*sample(seed, 150)[:2]) for seed in range(300)]
    assert 0.92 <= np.mean([(area.low or 0) <= 0.76025 <= (area.high or 0) for area in areas]) <= 0.98


def test_average_precision_is_that_of_scikit_learn() -> None:
    happened, score, _ = sample(4)
    score = np.round(score, 1)  # with ties
    precision = average_precision(happened, score, rng=np.random.default_rng(1), draws=50)
    assert precision.value == pytest.approx(average_precision_score(happened, score))
    assert (precision.low or 0) < precision.value < (precision.high or 0)


def test_calibration_by_hand() -> None:
    happened = [False, False, False, True, True, False, True, True]
    said = [0.1, 0.1, 0.3, 0.3, 0.5, 0.5, 0.9, 0.9]
    made = calibration(happened, said, rng=np.random.default_rng(1), bins=4)
    assert made.table["predicted"].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.9])
    assert made.table["actual"].tolist() == [0, 0.5, 0.5, 1]
    assert made.error.value == pytest.approx((0.1 + 0.2 + 0 + 0.1) / 4)


def test_calibration_slope_is_that_of_a_logistic_regression() -> None:
    rng = np.random.default_rng(5)
    logit = rng.normal(size=1_000)
    happened = rng.random(1_000) < 1 / (1 + np.exp(-(0.3 + 0.7 * logit)))
    slope = calibration(happened, 1 / (1 + np.exp(-logit)), rng=rng, draws=20).slope
    fit = sm.Logit(happened.astype(float), sm.add_constant(logit)).fit(disp=False)
    assert slope.value == pytest.approx(fit.params[1], rel=1e-6)
    assert (slope.low, slope.high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-5)


def test_calibration_error_of_true_chances_is_small_and_its_interval_reaches_nearly_to_nothing() -> None:
    rng = np.random.default_rng(6)
    said = rng.random(20_000)
    error = calibration(rng.random(20_000) < said, said, rng=rng).error
    assert error.value < 0.015
    assert (error.low or 0) < 0.006


def test_top_lift_by_hand() -> None:
    happened = [True] * 2 + [False] * 8
    lift = top_lift(happened, np.arange(10)[::-1], rng=np.random.default_rng(1))
    assert lift.value == 5  # the one in the highest tenth against two in ten


def test_log_losses_by_hand() -> None:
    assert log_losses([True, False], [0.25, 0.5]) == pytest.approx([np.log(4), np.log(2)])

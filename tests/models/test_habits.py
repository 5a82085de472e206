from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from retention_lib.estimates import NotEnough
from retention_lib.models.habits import StayersAndLeavers, stayers_and_leavers

COLUMNS = ["habit", "purchases_from", "lost", "customers", "total", "total_squares"]


def frame(values: dict[tuple[str, int, bool], np.ndarray]) -> pd.DataFrame:
    rows = [(*key, len(x), float(x.sum()), float((x**2).sum())) for key, x in sorted(values.items())]
    return pd.DataFrame(rows, columns=COLUMNS)


def compared(counts: pd.DataFrame) -> pd.Series:
    found = stayers_and_leavers(counts, month="2020-03")
    assert isinstance(found, StayersAndLeavers)
    return found.table.iloc[0]


def drawn(rng: np.random.Generator, *, sizes: dict[int, tuple[int, int]], step: float = 0.0) -> pd.DataFrame:
    """Categories: two more in each class of purchases, and `step` more for those who went quiet."""
    values = {}
    for place, (start, (stayed, quiet)) in enumerate(sizes.items()):
        values["categories", start, False] = rng.gamma(4, 0.5, stayed) + 2 * place
        values["categories", start, True] = rng.gamma(4, 0.5, quiet) + 2 * place + step
    return frame(values)


def test_one_class_is_welchs_comparison() -> None:
    rng = np.random.default_rng(1)
    stayed, quiet = rng.gamma(2, 1, 400), rng.gamma(3, 1, 90)
    row = compared(frame({("categories", 1, False): stayed, ("categories", 1, True): quiet}))
    error = ttest_ind(quiet, stayed, equal_var=False)
    assert (row["stayed"], row["quiet"]) == (pytest.approx(stayed.mean()), pytest.approx(quiet.mean()))
    assert row["difference"] == pytest.approx(quiet.mean() - stayed.mean())
    # Welch's statistic, with the normal in the place of Student's distribution.
    half = (row["high"] - row["low"]) / 2
    assert row["difference"] / (half / 1.959964) == pytest.approx(error.statistic, rel=1e-5)
    assert row["alike_difference"] == pytest.approx(row["difference"])


def test_standardised_by_hand() -> None:
    values = {
        ("categories", 1, False): np.array([1.0] * 20 + [3.0] * 20),  # mean 2, variance 40/39
        ("categories", 1, True): np.array([2.0] * 15 + [4.0] * 15),  # mean 3, variance 30/29
        ("categories", 8, False): np.array([5.0] * 40 + [7.0] * 40),  # mean 6, variance 80/79
        ("categories", 8, True): np.array([6.0] * 10),  # mean 6, variance 0
    }
    row = compared(frame(values))
    # Weights 30 and 10 of the 40 who went quiet: stayed (30 x 2 + 10 x 6) / 40 = 3, quiet 3.75.
    assert (row["alike_stayed"], row["alike_quiet"]) == (pytest.approx(3.0), pytest.approx(3.75))
    variance = 0.75**2 * (40 / 39 / 40 + 30 / 29 / 30) + 0.25**2 * (80 / 79 / 80)
    assert row["alike_high"] - row["alike_low"] == pytest.approx(2 * 1.959964 * math.sqrt(variance), rel=1e-6)
    assert row["covered"] == 1.0
    # As they are, those who went quiet bought less: (120 + 480) / 120 = 4.67 against 3.75.
    assert row["difference"] == pytest.approx(3.75 - 560 / 120)
    assert row["differs"]


def test_classes_without_both_are_left_out_and_told() -> None:
    values = {
        ("categories", 1, False): np.arange(60.0),
        ("categories", 1, True): np.arange(40.0),
        ("categories", 64, False): np.arange(500.0),
        ("categories", 64, True): np.arange(4.0),
    }
    row = compared(frame(values))
    assert row["covered"] == pytest.approx(40 / 44)
    assert row["alike_stayed"] == pytest.approx(29.5)


def test_two_habits_are_corrected_for_both() -> None:
    rng = np.random.default_rng(2)
    both = {}
    for habit in ("categories", "discount_share"):
        both[habit, 1, False] = rng.normal(0.3, 0.1, 200)
        both[habit, 1, True] = rng.normal(0.325, 0.1, 60)
    found = stayers_and_leavers(frame(both), month="2020-03")
    assert isinstance(found, StayersAndLeavers)
    alone = [
        compared(frame({key: both[key] for key in both if key[0] == habit}))
        for habit in ("categories", "discount_share")
    ]
    p = sorted(row["p_adjusted"] for row in alone)
    assert sorted(found.table["p_adjusted"]) == pytest.approx(sorted([min(1, 2 * p[0]), max(2 * p[0], p[1])]))
    assert (found.customers_stayed, found.customers_quiet) == (200, 60)


def test_too_little_is_not_enough() -> None:
    refusal = NotEnough("habit_columns", 0, 1)
    assert stayers_and_leavers(pd.DataFrame(columns=COLUMNS), month="2020-03") == refusal
    assert stayers_and_leavers(refusal, month="2020-03") is refusal
    few = frame({("categories", 1, False): np.ones(100), ("categories", 1, True): np.ones(29)})
    assert stayers_and_leavers(few, month="2020-03") == NotEnough("customers_compared", 29, 30)
    apart = frame({("categories", 1, False): np.ones(100), ("categories", 8, True): np.ones(100)})
    assert stayers_and_leavers(apart, month="2020-03") == NotEnough("customers_compared", 100, 30)


def test_equal_customers_differ_as_they_are_and_not_when_alike() -> None:
    """Those who went quiet bought less often, and nothing else: intervals of the standardised difference cover 0."""
    rng = np.random.default_rng(3)
    covered, raw = [], []
    for _ in range(200):
        row = compared(drawn(rng, sizes={1: (120, 80), 4: (200, 40), 16: (400, 15)}))
        covered.append(row["alike_low"] <= 0 <= row["alike_high"])
        raw.append(row["low"] <= 0 <= row["high"])
    assert 0.91 <= np.mean(covered) <= 0.985
    assert np.mean(raw) < 0.01


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(-2, 2))
def test_a_step_between_equals_is_found_within_its_interval_or_near(seed: int, step: float) -> None:
    row = compared(drawn(np.random.default_rng(seed), sizes={1: (300, 200), 8: (300, 100)}, step=step))
    assert row["alike_low"] <= row["alike_difference"] <= row["alike_high"]
    assert abs(row["alike_difference"] - step) < 0.5
    assert 0 <= row["p_adjusted"] <= 1

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.models.balancing import balanced


def test_weights_of_one_yes_or_no_by_hand() -> None:
    # Three of four in the group have it, half of the others: these must weigh 3 / 4 together.
    column = np.array([1.0, 1, 1, 0, 1, 1, 0, 0])[:, None]
    found = balanced(column, np.arange(8) < 4)
    assert found.weights == pytest.approx([0.375, 0.375, 0.125, 0.125], abs=1e-4)
    assert found.effective == pytest.approx(1 / (2 * 0.375**2 + 2 * 0.125**2), abs=1e-2)
    assert found.before == pytest.approx([0.25 / np.sqrt((0.1875 + 0.25) / 2)])
    assert found.after == pytest.approx([0.0], abs=1e-3)
    assert found.outside == 0.0


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_weighted_others_have_the_means_of_a_group_among_them(seed: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    others = rng.standard_normal((200, columns))
    group = others[rng.integers(0, 200, 60)] * 0.5  # inside the others' hull
    found = balanced(np.vstack([group, others]), np.arange(260) < 60)
    assert found.weights.min() >= 0
    assert found.weights.sum() == pytest.approx(1)
    assert np.abs(found.after).max() < 0.01
    assert 1 <= found.effective <= 200.001


def test_logarithms_of_weights_are_linear_as_the_odds_of_a_propensity_are() -> None:
    column = np.r_[[2.0, 3.0, 4.0], np.arange(6.0)][:, None]
    found = balanced(column, np.arange(9) < 3)
    steps = np.diff(np.log(found.weights))
    assert steps == pytest.approx(np.full(5, steps[0]))
    assert found.weights @ np.arange(6.0) == pytest.approx(3.0, abs=1e-3)


def test_group_unlike_all_others_stays_apart_and_says_so() -> None:
    rng = np.random.default_rng(1)
    column = np.r_[rng.uniform(5, 6, 50), rng.uniform(0, 1, 100)][:, None]
    found = balanced(column, np.arange(150) < 50)
    assert found.outside == 1.0
    assert found.after[0] > 1
    assert found.effective < 10


def test_nothing_to_balance_gives_equal_weights() -> None:
    found = balanced(np.empty((5, 0)), np.arange(5) < 2)
    assert found.weights == pytest.approx(np.full(3, 1 / 3))
    assert found.effective == pytest.approx(3)

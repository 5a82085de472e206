"""Who carries the value: coefficients by hand, and intervals that hold what was drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from models.value_shop import FORECAST, SPEND, crowd, horizon, made, margin

from retention_lib.estimates import NotEnough
from retention_lib.models.concentration import Concentration, concentration, gini, top_share
from retention_lib.models.customer_values import CustomerValues, customer_values


def values(size: int = 600, seed: int = 5) -> CustomerValues:
    today = crowd(size, seed=seed)
    return made(customer_values(today, FORECAST, SPEND, margin(), horizon=horizon()), CustomerValues)


def found(size: int = 600, seed: int = 5) -> Concentration:
    return made(concentration(values(size, seed), rng=np.random.default_rng(1)), Concentration)


@pytest.mark.parametrize(
    ("falling", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 0.0),
        ([4.0, 0.0, 0.0, 0.0], 0.75),  # (n - 1) / n
        ([3.0, 1.0], 0.25),  # mean absolute difference 1 over twice the mean 2
    ],
)
def test_gini_by_hand(falling: list[float], expected: float) -> None:
    assert gini(np.array(falling), np.ones(len(falling))) == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(float, st.integers(2, 30), elements=st.floats(0.01, 1e6)))
def test_gini_is_half_the_relative_mean_difference(drawn: np.ndarray) -> None:
    falling = np.sort(drawn)[::-1]
    differences = np.abs(drawn[:, None] - drawn[None, :]).mean() / (2 * drawn.mean())
    assert gini(falling, np.ones(drawn.size)) == pytest.approx(differences, abs=1e-9)
    assert gini(falling, np.full(drawn.size, 7.0)) == pytest.approx(differences, abs=1e-9)


def test_top_share_counts_the_edge_in_part() -> None:
    # a tenth of 15 customers is one and a half: 50 and half of 10, of 73
    falling = np.array([50.0, 10.0, *[1.0] * 13])
    assert top_share(falling, np.ones(15)) == pytest.approx(55 / 73)


def test_deciles_hold_everybody_once() -> None:
    result, money = found(), values().value
    assert result.deciles["customers"].tolist() == [60] * 10
    assert result.deciles["total"].sum() == pytest.approx(money.sum())
    assert result.deciles["share"].iloc[0] == pytest.approx(result.top_decile_share.value)
    assert result.deciles["value"].is_monotonic_decreasing
    falling = -np.sort(-money)
    assert falling[: result.half_of].sum() >= money.sum() / 2 > falling[: result.half_of - 1].sum()
    assert result.lorenz.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert result.lorenz["value"].iloc[10] == pytest.approx(result.top_decile_share.value)


def test_large_stores_are_drawn_in_groups_with_the_same_answer() -> None:
    result, money = found(9_000), values(9_000).value
    falling = -np.sort(-money)
    assert result.gini.value == pytest.approx(gini(falling, np.ones(9_000)))
    assert result.top_decile_share.value == pytest.approx(falling[:900].sum() / money.sum(), rel=1e-3)


def test_intervals_hold_the_share_of_the_crowd_drawn_from() -> None:
    truth = found(60_000, seed=99)
    inside = [
        [
            each.gini.low <= truth.gini.value <= each.gini.high,
            each.top_decile_share.low <= truth.top_decile_share.value <= each.top_decile_share.high,
        ]
        for each in (found(800, seed) for seed in range(60))
    ]
    # 90 % of 60: 54, less or more 2.5 standard deviations of 2.3
    assert (np.array(inside).sum(axis=0) >= 48).all()


def test_too_few_or_worthless_customers_are_refused() -> None:
    assert concentration(values(99), rng=np.random.default_rng(1)) == NotEnough("customers_valued", 99, 100)
    free = margin(0.0, 0.0)
    nothing = made(customer_values(crowd(200), FORECAST, SPEND, free, horizon=horizon()), CustomerValues)
    assert concentration(nothing, rng=np.random.default_rng(1)) == NotEnough("customers_valued", 0, 100)

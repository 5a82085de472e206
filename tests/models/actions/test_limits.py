"""Choice under limits: against hand-made cases, an exact solver, and for every random case its own promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from retention_lib.models.actions.limits import Choice, Limit, ranked


def best_choice(value: np.ndarray, limits: list[Limit]) -> Choice:
    """The candidates with the most value for what they use up, within all limits."""
    return ranked(value, limits).taken(limits)


def test_without_a_limit_all_are_chosen() -> None:
    found = best_choice(np.array([3.0, 1.0, 2.0]), [])
    assert found.chosen.all()
    assert (found.value, found.bound, found.gap) == (6.0, 6.0, 0.0)


def test_worth_per_cost_decides() -> None:
    # 6 for 1, 10 for 5, 4 for 2: with 3 to spend the first and the third bring 10; the second does not fit.
    found = best_choice(np.array([6.0, 10.0, 4.0]), [Limit(name="money", use=np.array([1.0, 5.0, 2.0]), most=3.0)])
    assert found.chosen.tolist() == [True, False, True]
    # The linear programme fills the 3 exactly, so nothing is lost.
    assert found.bound == pytest.approx(10.0)


def test_ties_go_to_the_first() -> None:
    found = best_choice(np.ones(5), [Limit(name="messages", use=np.ones(5), most=2.0)])
    assert found.chosen.tolist() == [True, True, False, False, False]


def test_the_price_of_a_message_is_what_the_next_one_would_bring() -> None:
    # Two of 5, 4, 3, 2: one more would bring 3. At the edge between 4 and 3 every price from 3 to 4 is one.
    found = best_choice(np.array([5.0, 4.0, 3.0, 2.0]), [Limit(name="messages", use=np.ones(4), most=2.0)])
    assert 3 - 1e-9 <= found.prices[0] <= 4 + 1e-9


def test_a_limit_of_nothing_leaves_those_who_use_nothing() -> None:
    found = best_choice(np.array([5.0, 1.0]), [Limit(name="sms", use=np.array([1.0, 0.0]), most=0.0)])
    assert found.chosen.tolist() == [False, True]


SIZES = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=SIZES, scarce=st.floats(0.05, 1.2))
def test_limits_hold_and_the_bound_is_above_every_choice(seed: int, size: int, scarce: float) -> None:
    rng = np.random.default_rng(seed)
    value, cost = rng.gamma(1, 10, size) + 1e-3, rng.gamma(1, 2, size)
    group = rng.integers(0, 3, size)
    limits = [
        Limit(name="money", use=cost, most=scarce * float(cost.sum()) / 2),
        Limit(name="messages", use=np.ones(size), most=float(np.ceil(scarce * size))),
        *(Limit(name=f"group {one}", use=(group == one) * 1.0, most=float(size // 3)) for one in range(3)),
    ]
    found = best_choice(value, limits)
    for limit in limits:
        assert limit.use[found.chosen].sum() <= limit.most * (1 + 1e-6)
    whole = milp(
        -value,
        constraints=LinearConstraint(np.stack([one.use for one in limits]), ub=[one.most for one in limits]),
        integrality=np.ones(size),
        bounds=Bounds(0, 1),
    )
    best = -whole.fun
    assert found.value <= best * (1 + 1e-6) + 1e-9
    assert found.bound >= best * (1 - 1e-6) - 1e-9
    assert found.value >= found.bound * (1 - found.gap) - 1e-6


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_candidates_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    value, cost = rng.gamma(1, 10, 50), rng.gamma(1, 2, 50)
    mixed = rng.permutation(50)
    limits = [Limit(name="money", use=cost, most=20.0), Limit(name="messages", use=np.ones(50), most=15.0)]
    again = [Limit(name=one.name, use=one.use[mixed], most=one.most) for one in limits]
    chosen = best_choice(value, limits).chosen
    assert best_choice(value[mixed], again).chosen.tolist() == chosen[mixed].tolist()


def test_of_many_the_gap_is_small_and_told() -> None:
    rng = np.random.default_rng(2)
    size = 60_000
    value, cost = rng.gamma(1, 10, size), rng.choice([0.5, 3.0], size)
    limits = [Limit(name="money", use=cost, most=0.2 * float(cost.sum()))]
    found = best_choice(value, limits)
    order = np.argsort(-value / cost)
    exact = value[order][np.cumsum(cost[order]) <= limits[0].most].sum()
    assert found.value == pytest.approx(exact, rel=1e-3)
    assert found.value <= found.bound
    assert found.gap < 1e-3

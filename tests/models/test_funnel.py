from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.funnel import Funnel, checkout_funnel
from retention_lib.models.intervals import share_difference, wilson

STEPS = ("visit", "cart_add", "purchase")


def visitors(*rows: tuple[tuple[int, int, int], tuple[int, int, int], int]) -> pd.DataFrame:
    """Rows of (sessions at each step in the month, the same in the month before, visitors)."""
    flat = [[n for pair in zip(now, before, strict=True) for n in pair] + [count] for now, before, count in rows]
    names = [f"{step}_{when}" for step in STEPS for when in ("now", "before")]
    return pd.DataFrame(flat, columns=[*names, "visitors"])


def made(frame: pd.DataFrame | None, **more: pd.DataFrame | None) -> Funnel:
    result = checkout_funnel(frame, month="2026-06", **more)
    assert isinstance(result, Funnel)
    return result


# 1,000 visits of as many visitors each month: 400 to the cart, then 300 after 360 bought.
SINGLE = visitors(
    ((1, 1, 1), (0, 0, 0), 300),
    ((1, 1, 0), (0, 0, 0), 100),
    ((1, 0, 0), (0, 0, 0), 600),
    ((0, 0, 0), (1, 1, 1), 360),
    ((0, 0, 0), (1, 1, 0), 40),
    ((0, 0, 0), (1, 0, 0), 600),
)


def minutes(*rows: tuple[str, bool, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["leg", "this_month", "minutes", "sessions"])


def test_steps_by_hand() -> None:
    result = made(SINGLE)
    assert list(result.steps["sessions"]) == [1000, 400, 300]
    assert list(result.steps["of_all"]) == [1, 0.4, 0.3]
    assert list(result.steps["previous_of_all"]) == [1, 0.4, 0.36]
    assert list(result.steps["rate"].iloc[1:]) == [0.4, 0.75]
    assert (result.leak, result.worse, result.sessions, result.visitors) == ("cart_add", "purchase", 1000, 2000)


def test_of_visitors_who_come_once_the_interval_is_that_of_visits() -> None:
    steps = made(SINGLE).steps
    plain = wilson(300, 400)
    assert isinstance(plain, Estimate)
    assert steps["low"].iloc[2] == pytest.approx(plain.low, abs=2e-4)
    change = share_difference(300, 400, 360, 400)
    assert isinstance(change, Estimate)
    assert steps["change"].iloc[2] == pytest.approx(change.value)
    assert steps["change_low"].iloc[2] == pytest.approx(change.low, abs=5e-3)


def test_visitors_who_repeat_themselves_widen_the_interval() -> None:
    # The same 400 carts, of 40 visitors with ten each, who buy always or never.
    often = visitors(
        ((10, 10, 10), (0, 0, 0), 30),
        ((10, 10, 0), (0, 0, 0), 10),
        ((1, 0, 0), (0, 0, 0), 600),
    )
    steps = made(often).steps
    plain = wilson(30, 40)
    assert isinstance(plain, Estimate)
    assert steps["low"].iloc[2] == pytest.approx(plain.low, abs=5e-3)
    assert np.isnan(steps["change"].iloc[2])


def test_visitors_alike_in_both_months_narrow_the_change() -> None:
    both = visitors(((10, 10, 10), (10, 10, 10), 30), ((10, 10, 0), (10, 10, 0), 10), ((1, 1, 0), (1, 1, 1), 10))
    row = made(both).steps.iloc[2]
    apart = (row["high"] - row["low"]) * 2**0.5
    assert row["change_high"] - row["change_low"] < apart / 4


def test_a_step_that_got_better_is_not_worse() -> None:
    names = {
        name: name.replace("_now", "_x").replace("_before", "_now").replace("_x", "_before") for name in SINGLE.columns
    }
    swapped = SINGLE.rename(columns=names)[list(SINGLE.columns)]
    result = made(swapped)
    assert result.steps["differs"].iloc[2]
    assert result.worse is None


def test_speed_is_a_median_with_its_change() -> None:
    took = minutes(
        *(("cart_add", True, float(minute), 1) for minute in range(1, 102)),
        *(("cart_add", False, float(minute), 1) for minute in range(61, 162)),
        ("checkout", True, 2.0, 29),
    )
    speed = made(SINGLE, minutes=took).speed
    assert list(speed["leg"]) == ["cart_add"]
    row = speed.iloc[0]
    assert (row["minutes"], row["previous"], row["change"]) == (51, 111, -60)
    # Ranks 50.5 -+ 1.96 * sqrt(101) / 2 of 101 values, rounded outwards: the 40th and the 61st.
    assert (row["low"], row["high"]) == (40, 61)
    assert row["differs"]


def test_speed_without_a_month_before_has_no_change() -> None:
    row = made(SINGLE, minutes=minutes(("checkout", True, 2.0, 50))).speed.iloc[0]
    assert (row["leg"], row["minutes"], row["differs"]) == ("checkout", 2, False)
    assert np.isnan(row["change"])


def test_carts_left_behind() -> None:
    result = made(SINGLE, carts=pd.DataFrame({"customers": [40], "bought": [10]}))
    assert result.carts == wilson(10, 40)
    nobody = made(SINGLE, carts=pd.DataFrame({"customers": [0], "bought": [0]}))
    assert nobody.carts == NotEnough("abandoned_carts", 0, 1)


def test_refusals() -> None:
    asked = checkout_funnel(None, month="2026-06")
    assert isinstance(asked, NotAsked)
    few = checkout_funnel(visitors(((1, 1, 1), (0, 0, 0), 29)), month="2026-06")
    assert few == NotEnough("sessions", 29, 30)
    assert checkout_funnel(pd.DataFrame({"visitors": []}), month="2026-06") == NotEnough("funnel_steps", 0, 2)


REACHED = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)).map(
    lambda n: tuple(sorted(n, reverse=True))
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(REACHED, REACHED, st.integers(1, 30)), min_size=1, max_size=12))
def test_steps_fall_and_bounds_hold(rows: list[tuple[tuple[int, int, int], tuple[int, int, int], int]]) -> None:
    result = checkout_funnel(visitors(*rows), month="2026-06")
    if isinstance(result, NotEnough):
        return
    steps = result.steps
    assert steps["sessions"].is_monotonic_decreasing
    rated = steps.dropna(subset=["rate"])
    assert ((rated["low"] <= rated["rate"] + 1e-12) & (rated["rate"] <= rated["high"] + 1e-12)).all()
    changed = steps.dropna(subset=["change"])
    assert changed["change"].between(changed["change_low"] - 1e-12, changed["change_high"] + 1e-12).all()


def test_the_clustered_interval_covers_where_visits_of_one_visitor_are_alike() -> None:
    # 150 visitors with one to six carts; a visitor's chance to buy is 0, .5 or 1, so visits hang together.
    rng, covered, naive = np.random.default_rng(5), 0, 0
    for _ in range(400):
        carts = rng.integers(1, 7, 150)
        bought = rng.binomial(carts, rng.choice([0, 0.5, 1.0], 150))
        frame = visitors(*(((int(n), int(n), int(y)), (0, 0, 0), 1) for n, y in zip(carts, bought, strict=True)))
        row = made(frame).steps.iloc[2]
        covered += row["low"] <= 0.5 <= row["high"]
        plain = wilson(int(bought.sum()), int(carts.sum()))
        assert isinstance(plain, Estimate)
        naive += (plain.low or 0) <= 0.5 <= (plain.high or 1)
    assert 360 <= covered <= 394  # 95 % of 400, with three standard errors below and above
    assert naive < 330

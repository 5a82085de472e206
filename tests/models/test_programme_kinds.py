"""The lift that kinds of programmes need: the algebra by hand, and a till's own books as an oracle."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.margins import Margin, profit_margin
from retention_lib.models.programme_kinds import ProgrammeKinds, needed_lift, programme_kinds, rewards_share

NOTHING = NotEnough("effect_interval", 0, 1)
USED = Estimate(0.6, low=0.5, high=0.7, level=0.9)


def margin(value: float | None = 0.4, *, half: float = 0.0) -> Margin:
    bounds = {"low": value - half, "high": value + half, "level": 0.95} if half and value is not None else {}
    overall = None if value is None else Estimate(value, **bounds)
    return Margin(
        source="cost",
        overall=overall,
        first=overall,
        repeat=overall,
        stated=None,
        costed_share=1.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def kinds(used: Estimate | NotEnough = USED, *, of: Margin | None = None, **options: object) -> ProgrammeKinds:
    found = programme_kinds(of or margin(), used, **({"effect": NOTHING, "today": NOTHING} | options))
    assert isinstance(found, ProgrammeKinds)
    return found


def test_costs_and_lifts_by_hand() -> None:
    # Margin 40 of 100. 5 % off: 5 a hundred, 5 / 35. Points of 5 %, 60 % used: 3, 3 / 37; at the cost of goods of 60 a
    # hundred: 1.8, 1.8 / 38.2. Half of each: 2.5 + 2.5 % of 97.5 x .6 = 3.9625, 3.9625 / 36.0375.
    found = kinds().asked.set_index("kind")
    assert found["cost"].to_dict() == pytest.approx(
        {"discount": 0.05, "points": 0.03, "points_goods": 0.018, "combined": 0.039625}
    )
    assert found["lift"].to_dict() == pytest.approx(
        {"discount": 5 / 35, "points": 3 / 37, "points_goods": 1.8 / 38.2, "combined": 3.9625 / 36.0375}
    )


@pytest.mark.parametrize(("off", "back"), [(0.05, 0.0), (0.0, 0.08), (0.06, 0.04)])
def test_the_till_s_own_books_break_even_at_the_needed_lift(off: float, back: float) -> None:
    """A till told sale by sale: who pays with points spends less money, at face value."""
    m, used = 0.35, 0.55
    cost = {"off": off, "points": back * (1 - off) * used}
    lift = needed_lift(m, sum(cost.values()))
    goods = 1_000 * (1 + lift)  # at list prices
    due = goods * (1 - off)
    points = back * due
    money = due - used * points
    assert money - goods * (1 - m) == pytest.approx(1_000 * m)


def test_points_at_the_cost_of_goods_break_even_in_the_books_too() -> None:
    """Goods bought for points come on top of those bought for money, at the same discounted price."""
    m, used, off, back = 0.35, 0.55, 0.05, 0.08
    row = kinds(Estimate(used), of=margin(m), discount_share=2 * off, bonus_share=2 * back).of("combined")
    assert (row["discount"], row["bonus"]) == (off, back)
    cost = off + back * used * (1 - m)
    goods = 1_000 * (1 + needed_lift(m, cost))
    due = goods * (1 - off)
    for_points = used * back * due / (1 - off)
    assert due - (goods + for_points) * (1 - m) == pytest.approx(1_000 * m)


def test_levels_are_multiples_of_the_promise() -> None:
    table = kinds(discount_share=0.1, bonus_share=0.04).table
    discounts = table[table["kind"] == "discount"]
    assert list(discounts["discount"]) == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert list(table[table["kind"] == "points"]["bonus"]) == pytest.approx([0.02, 0.04, 0.06, 0.08])
    assert list(kinds(discount_share=0.6).table["size"].unique()) == [0.5, 1.0, 1.5]  # 120 % off is no promise


def test_a_cost_as_high_as_the_margin_never_pays() -> None:
    found = kinds(discount_share=0.4)
    assert math.isnan(found.of("discount")["lift"])
    assert math.isnan(found.of("discount")["lift_high"])
    assert found.of("points")["lift"] == pytest.approx(3 / 37)
    # The cost of 8 % lies inside the margin's interval of 5 % to 15 %: the lift has a lower bound and no upper one.
    unsure = kinds(of=margin(0.1, half=0.05), discount_share=0.08).of("discount")
    assert unsure["lift"] == pytest.approx(0.08 / 0.02)
    assert unsure["lift_low"] < unsure["lift"]
    assert math.isnan(unsure["lift_high"])


def test_intervals_hold_what_draws_of_margin_and_use_give() -> None:
    found = kinds(of=margin(0.3, half=0.03)).of("points")
    rng = np.random.default_rng(5)
    m = rng.normal(0.3, 0.03 / 1.959964, 400_000)
    u = rng.normal(0.6, 0.1 / 1.644854, 400_000)
    cost = 0.05 * u
    low, high = np.quantile(cost / (m - cost), [0.05, 0.95])
    assert (found["lift_low"], found["lift_high"]) == pytest.approx((low, high), rel=0.02)
    assert (found["cost_low"], found["cost_high"]) == pytest.approx((0.025, 0.035))


def test_without_a_redemption_rate_all_points_count_as_used() -> None:
    found = kinds(NotEnough("cohorts", 0, 1))
    assert not found.used_known
    assert found.of("points")["cost"] == pytest.approx(0.05)


def test_today_is_what_points_paid_of_members_sales() -> None:
    found = kinds(today=0.04, effect=Estimate(0.1, low=0.02, high=0.18, level=0.95, claimed=True))
    assert found.of("today")["lift"] == pytest.approx(0.04 / 0.36)
    assert found.effect_shown is found.effect
    assert kinds(effect=Estimate(0.1, low=-0.1, high=0.3, level=0.95, claimed=False)).effect_shown is None
    assert kinds().of("today") is None
    points = pd.DataFrame({"members": [3], "revenue": [950.0], "credited": [90.0], "redeemed": [50.0]})
    points = points.assign(valued=40.0, paid=40.0)
    assert rewards_share(points, value=1.0) == pytest.approx(50 / 950)
    assert rewards_share(points, value=0.5) == pytest.approx(45 / 950)  # 40 paid and 10 at a half
    assert rewards_share(points, value=1.0, rewards_in_sales=True) == pytest.approx(50 / 1_000)
    assert rewards_share(points.assign(revenue=0.0), value=1.0) == NotEnough("sales_known", 0, 1)
    unknown = NotEnough("point_value_known", 0, 1)
    assert rewards_share(points, value=unknown) is unknown


def test_refusals_go_through() -> None:
    asked = {"effect": NOTHING, "today": NOTHING}
    none = NotAsked("programme_known", 0, 1)
    assert programme_kinds(NOTHING, USED, **asked) is NOTHING
    assert programme_kinds(margin(), none, **asked) is none
    assert programme_kinds(margin(None), USED, **asked) == NotEnough("margin_known", 0, 1)
    assert rewards_share(none, value=none) is none
    with pytest.raises(ValueError, match="discount_share is a share"):
        programme_kinds(margin(), USED, discount_share=1.0, **asked)


@given(m=st.floats(0.05, 0.9), cost=st.floats(0, 0.9))
def test_needed_lift_leaves_profit_where_it_was(m: float, cost: float) -> None:
    lift = needed_lift(m, cost)
    if cost >= m:
        assert math.isnan(lift)
    else:
        assert (1 + lift) * (m - cost) == pytest.approx(m)


def test_margin_comes_from_the_settings_where_sales_know_no_cost() -> None:
    kept = pd.DataFrame([{"customers": 9, "without_net": 0, "bought": 9.0, "net": 9.0}])
    kept = kept.assign(bought_squares=9.0, net_squares=9.0, products=9.0)
    empty = pd.DataFrame(columns=["dimension", "segment", "part", "customers", "revenue"])
    found = programme_kinds(profit_margin(empty, kept, gross_margin=0.25), USED, effect=NOTHING, today=NOTHING)
    assert isinstance(found, ProgrammeKinds)
    assert found.of("discount")["lift"] == pytest.approx(5 / 20)
    assert found.of("discount")["lift_low"] == found.of("discount")["lift_high"]  # a margin told has no error

"""Whether a programme is generous or slow, and the welcome gift to be tried: numbers by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from models import test_accrual as made

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.gift_test import Gift, GiftTest, gift_test
from retention_lib.models.point_grants import PointGrants, point_grants


def grants(*, points: float = 200.0, valid: float = 30.0, used: float = 0.05, reason: str = "welcome") -> PointGrants:
    """Fifty members were given so many points each."""
    total = 50 * points
    gift = {"kind": "grant", "reason": reason, "members": 50, "valid_days": valid, "over": total}
    gift |= {"points": total, "redeemed": used * total, "over_redeemed": used * total}
    names = ("points", "redeemed", "over", "over_redeemed")
    whole = made.ALL | {name: gift[name] + made.EARN.get(name, 0.0) for name in names}
    found = point_grants(made.granted(gift, made.EARN, whole), value=0.5)
    assert isinstance(found, PointGrants)
    return found


def judged(of: PointGrants | None = None, *, newcomers: int = 400, value: Any = 0.5, **changes: Any) -> GiftTest:
    rates = made.proposals()
    if "bought" in changes:
        rates = replace(rates, table=rates.table.assign(bought_high=changes["bought"]))
    speed = made.speed(made.TODAY, newcomers=newcomers)
    found = gift_test(speed, rates, of or grants(), value=value, margin=changes.get("margin", made.margin()))
    assert isinstance(found, GiftTest)
    return found


def test_a_gift_that_reaches_a_reward_costs_at_most_all_of_its_points() -> None:
    found = judged()
    assert (found.slow, found.generous_unused, found.proposed) == (True, True, True)
    assert found.gift == Gift(points=200.0, valid_days=30.0, used=0.05)
    # 300 points at a half each for 200 of 400 new members; 5 of 100 of today's 200 points are used.
    assert (found.reward, found.valid_days, found.tested) == (300.0, 180, 200)
    assert (found.most_each, found.most, found.now_each) == (150.0, 30_000.0, pytest.approx(5.0))
    assert found.break_even == pytest.approx(145.0)
    assert found.break_even_sales == pytest.approx(145.0 / 0.4)


@pytest.mark.parametrize(
    ("points", "valid", "proposed"),
    [(300.0, 180.0, False), (300.0, float("nan"), False), (300.0, 90.0, True), (299.0, 365.0, True)],
)
def test_nothing_is_tried_where_todays_gift_reaches_a_reward_for_long_enough(
    points: float, valid: float, proposed: bool
) -> None:
    assert judged(grants(points=points, valid=valid)).proposed is proposed


def test_nothing_is_tried_where_buying_is_quick_newcomers_few_or_money_unknown() -> None:
    quick = judged(bought=0.6)
    assert (quick.slow, quick.proposed) == (False, False)
    assert judged(newcomers=59).proposed is False
    unknown = judged(value=NotEnough("point_value_known", 0, 1))
    assert (unknown.proposed, unknown.most, unknown.break_even, unknown.now_each) == (False, None, None, None)


def test_without_a_welcome_gift_or_a_margin() -> None:
    found = judged(grants(reason="birthday", used=0.6), margin=made.margin(None))
    assert (found.gift, found.now_each, found.generous_unused) == (None, 0.0, False)
    assert (found.break_even, found.break_even_sales, found.proposed) == (150.0, None, True)


def test_refusals_are_handed_on() -> None:
    nobody = NotAsked("loyalty_events", 0, 1)
    assert gift_test(nobody, nobody, nobody, value=1.0, margin=nobody) is nobody
    assert isinstance(judged().gift, Gift)
    assert isinstance(made.margin().overall, Estimate)

"""The first reward: its size, who gets there, and the same at other rates; numbers by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.accrual import (
    AccrualSpeed,
    SmallestReward,
    accrual_speed,
    mean_profit,
    median_of,
    smallest_reward,
)
from retention_lib.models.accrual_rates import RateProposals, rate_proposals
from retention_lib.models.margins import Margin
from retention_lib.models.point_grants import PointGrants, point_grants
from retention_lib.models.referral import ReferralValue, referral_value

NOBODY = NotAsked("loyalty_events", 0, 1)
REWARD = SmallestReward(points=300.0, stated=False, redemptions=1775)
MONEY = ("revenue", "known_profit", "unpriced", "profit_squares", "unpriced_squares", "products")


def margin(overall: float | None = 0.4, *, stated: float | None = None) -> Margin:
    whole = None if overall is None else Estimate(overall)
    return Margin(
        source=None if overall is None else "cost",
        overall=whole,
        first=whole,
        repeat=whole,
        stated=stated,
        costed_share=1.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def balances(redemptions: int, lowest: float) -> pd.DataFrame:
    return pd.DataFrame([{"redemptions": redemptions, "lowest": lowest}])


@pytest.mark.parametrize(
    ("lowest", "points"), [(309.7, 300.0), (300.0, 300.0), (1299.0, 1200.0), (95.4, 95.0), (0.0, 1.0), (7.49, 7.4)]
)
def test_the_smallest_reward_is_a_round_number_that_nearly_all_payments_had(lowest: float, points: float) -> None:
    found = smallest_reward(balances(1775, lowest))
    assert found == SmallestReward(points=points, stated=False, redemptions=1775)


def test_the_smallest_reward_may_be_given() -> None:
    assert smallest_reward(balances(0, math.nan), given=500) == SmallestReward(points=500.0, stated=True, redemptions=0)
    few = smallest_reward(balances(29, 300.0))
    assert few == NotEnough("redemptions_of_points", 29, 30)
    assert smallest_reward(NOBODY) is NOBODY


def ways(*rows: tuple[int, str, int, int, int], profit: float = 10.0, way: str = "today") -> pd.DataFrame:
    """Rows of (days, outcome, orders, followed, members); each there left the profit and paid 4 times as much."""
    frame = pd.DataFrame(rows, columns=["days", "outcome", "orders", "followed", "members"]).assign(way=way)
    there = frame["members"] * (frame["outcome"] == "reached")
    return frame.assign(
        revenue=there * 4 * profit,
        known_profit=there * profit,
        unpriced=0.0,
        profit_squares=there * profit**2,
        unpriced_squares=0.0,
        products=0.0,
    )


# A hundred members followed for a year: 60 get there, half with 1 order on day 100 and half with 3 on day 300; ten
# leave on day 50; the others are seen to day 400. A hundred more joined 200 days ago, of whom 40 are there on day 10.
SEEN = ways(
    (50, "left", 0, 365, 10),
    (100, "reached", 1, 365, 30),
    (300, "reached", 3, 365, 30),
    (400, "open", 0, 365, 30),
    (10, "reached", 2, 182, 40),
    (200, "open", 0, 182, 60),
)


def speed(of: pd.DataFrame = SEEN, **changes: Any) -> AccrualSpeed:
    found = accrual_speed(of, REWARD, margin=changes.pop("margin", margin()))
    assert isinstance(found, AccrualSpeed)
    return replace(found, **changes)


def test_the_share_that_gets_there_counts_leavers_and_those_still_on_the_way() -> None:
    found = speed()
    # 40 of 200 on day 10; on day 100 30 of 150 that are left of 190; on day 300 30 of 60.
    by_half_year = 0.2 + 0.8 * 150 / 160 * 30 / 150
    by_year = by_half_year + 0.8 * 150 / 160 * 120 / 150 * 30 / 60
    assert isinstance(found.reaching_half_year, Estimate)
    assert found.reaching_half_year.value == pytest.approx(by_half_year)
    assert (found.horizon, found.members) == (365, 200)
    assert found.reaching.value == pytest.approx(by_year)
    assert found.left_share == pytest.approx(0.8 * 10 / 160)
    assert found.curve["days"].max() == 300


def test_what_it_took_is_told_of_those_who_could_be_followed_for_the_horizon() -> None:
    found = speed()
    assert found.reached == 60
    assert (found.orders.value, found.days.value) == (1.0, 100.0)
    assert (found.orders.low, found.orders.high) == (1.0, 3.0)
    assert (found.profit.value, found.profit.n, found.revenue.value) == (10.0, 60, 40.0)
    # All left the same profit, so that a width would claim what is not known.
    assert found.profit.reason == "zero_variance"
    assert found.without_order.value == 0.0


@pytest.mark.parametrize(("there", "slow"), [(10, True), (50, None), (90, False)], ids=["few", "about half", "most"])
def test_fewer_than_half_within_the_horizon_is_too_slow(there: int, slow: bool | None) -> None:
    assert speed(ways((20, "reached", 1, 365, there), (400, "open", 0, 365, 100 - there))).slow is slow


def test_a_young_programme_is_looked_at_after_half_a_year() -> None:
    found = speed(ways((20, "reached", 1, 182, 50), (200, "open", 0, 182, 50)))
    assert (found.horizon, found.reaching.value) == (182, 0.5)
    young = accrual_speed(ways((20, "reached", 1, 0, 500), (300, "open", 0, 182, 29)), REWARD, margin=margin())
    assert young == NotEnough("members_followed_half_year", 29, 30)


def test_nobody_there_leaves_orders_and_days_open() -> None:
    found = speed(ways((400, "open", 0, 365, 40)))
    assert found.reaching.value == 0.0
    assert found.orders == NotEnough("members_at_reward", 0, 30)
    assert found.slow
    assert not found.to_frame().empty


def test_what_is_missing_is_handed_on() -> None:
    assert accrual_speed(NOBODY, REWARD, margin=margin()) is NOBODY
    assert accrual_speed(SEEN, NOBODY, margin=margin()) is NOBODY
    assert speed(margin=margin(None)).profit == NotEnough("margin_known", 0, 1)
    assert speed(margin=NOBODY).profit is NOBODY
    for of in (rate_proposals(NOBODY, NOBODY, margin=margin(), value=1.0), point_grants(NOBODY, value=1.0)):
        assert of is NOBODY
    assert rate_proposals(speed(), NOBODY, margin=margin(), value=1.0) is NOBODY
    assert referral_value(NOBODY, NOBODY, margin=margin(), value=1.0) is NOBODY


def test_the_margin_is_applied_to_sales_without_a_cost() -> None:
    # Two groups of 20: a known profit of 6, and 10 of sales without a cost, of which 40 % are left: means 6 and 4.
    there = pd.DataFrame(
        {
            "members": [20, 20],
            "known_profit": [120.0, 0.0],
            "unpriced": [0.0, 200.0],
            "profit_squares": [20 * 36.0, 0.0],
            "unpriced_squares": [0.0, 20 * 100.0],
            "products": [0.0, 0.0],
        }
    )
    found = mean_profit(there, margin(0.9, stated=0.4))
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(5.0)
    # The standard deviation of twenty 4s and twenty 6s is sqrt(40 / 39); Student's quantile of 39 is 2.0227.
    assert found.high is not None
    assert found.high - 5.0 == pytest.approx(2.022691 * math.sqrt(40 / 39 / 40), rel=1e-6)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(4), 0
    for _ in range(1_000):
        days = pd.Series(rng.exponential(100.0, 61))
        found = median_of(pd.DataFrame({"days": days, "members": 1}), "days")
        assert isinstance(found, Estimate)
        assert found.value == days.median()
        held += (found.low or 0) <= 100 * math.log(2) <= (found.high or 0)
    assert 930 <= held <= 980


# Other rates


@dataclass(frozen=True, kw_only=True)
class Pace:
    rate: float = 5.0
    spent: float = 1_000.0
    valid_days: int | None = 180
    typical_spend: float = 2_000.0
    typical_members: int = 90
    sales_year: float = 10_000.0
    cuts: tuple[float, ...] = (100.0, 500.0)


@dataclass(frozen=True, kw_only=True)
class Replay:
    pace: Pace
    schemes: pd.DataFrame
    ways: pd.DataFrame
    proposed: bool = False


def replay(pace: Pace | None = None, *, replayed: int = 62, proposed: bool = False) -> Replay:
    """A hundred members followed for a year: how many are there on day 100, with gifts and without."""
    schemes = pd.DataFrame(
        [
            ("replayed", "replayed", 5.0, 5.0),
            ("same", "same", 5.0, 5.0),
            ("flat_0", "flat", 10.0, 10.0),
            ("growth_0", "growth", 5.0, 3.0),
        ],
        columns=["way", "kind", "rate", "first"],
    )
    there = {"replayed": (replayed, 20), "same": (64, 25), "flat_0": (80, 45), "growth_0": (60, 15)}
    parts = [
        ways((100, "reached", 2, 365, count), (400, "open", 0, 365, 100 - count), way=way + end)
        for way, counts in there.items()
        for end, count in zip(("", "_bought"), counts, strict=True)
    ]
    return Replay(pace=pace or Pace(), schemes=schemes, ways=pd.concat(parts, ignore_index=True), proposed=proposed)


TODAY = ways((100, "reached", 2, 365, 60), (400, "open", 0, 365, 40))


def proposals(of: Replay | None = None, *, value: Any = 0.5, of_margin: Any = None) -> RateProposals:
    found = rate_proposals(speed(TODAY), of or replay(), margin=of_margin or margin(), value=value)
    assert isinstance(found, RateProposals)
    return found


def test_rates_are_held_side_by_side_with_and_without_gifts() -> None:
    found = proposals().table.set_index("way")
    assert found["reaching"].to_dict() == pytest.approx({"today": 0.6, "same": 0.64, "flat_0": 0.8, "growth_0": 0.6})
    bought = found["bought"].to_dict()
    assert bought == pytest.approx({"today": 0.2, "same": 0.25, "flat_0": 0.45, "growth_0": 0.15})
    assert found.loc["flat_0", ["bought_orders", "bought_days", "bought_profit"]].tolist() == [2.0, 100.0, 10.0]
    # Too few got there by buying alone to say what it took them.
    assert math.isnan(found.loc["today", "bought_orders"])


def test_growing_rates_stand_beside_todays_alone() -> None:
    assert proposals().growing.table["way"].tolist() == ["today", "same", "growth_0"]
    assert (proposals().proposed, proposals(replay(proposed=True)).proposed) == (False, True)


def test_newcomers_are_those_who_joined_within_a_year() -> None:
    assert speed().newcomers == 100


def test_a_rate_costs_its_points_and_pays_with_a_rise_of_all_sales() -> None:
    found = proposals().table.set_index("way")
    # A point pays 0.5: 5 points cost 2.50 of 100 and 10 cost 5; the year's sales of 10,000 bear 250 more.
    assert found.loc["flat_0", ["cost", "more_a_year"]].tolist() == [5.0, 250.0]
    # (1 + lift) (0.40 - 0.05) = 0.40 - 0.025
    assert found.loc["flat_0", "lift"] == pytest.approx(0.375 / 0.35 - 1)
    assert found.loc["growth_0", ["more_a_year", "lift"]].tolist() == [0.0, 0.0]
    dear = proposals(value=4.0).table.set_index("way")
    assert math.isinf(dear.loc["flat_0", "lift"])


def test_costs_are_open_without_the_value_of_a_point_or_a_margin() -> None:
    unknown = proposals(value=NotEnough("point_value_known", 0, 1)).table.set_index("way")
    assert unknown.loc["flat_0", ["cost", "more_a_year", "lift"]].isna().all()
    found = proposals(of_margin=margin(None)).table.set_index("way")
    assert math.isnan(found.loc["flat_0", "lift"])
    assert found.loc["flat_0", "more_a_year"] == 250.0


@pytest.mark.parametrize(
    ("pace", "points", "expires_first"),
    [
        (Pace(), 100.0, True),  # 2,000 at 5 of 100
        (Pace(typical_spend=6_000.0), 300.0, False),
        (Pace(valid_days=None), 100.0, None),
        (Pace(typical_members=29), 100.0, None),
    ],
)
def test_the_median_members_points_may_expire_first(pace: Pace, points: float, expires_first: bool | None) -> None:
    found = proposals(replay(pace))
    assert (found.typical_points, found.expires_first) == (points, expires_first)


@pytest.mark.parametrize(("replayed", "trusted"), [(62, True), (55, True), (54, False), (70, False)])
def test_a_replay_that_misses_what_was_is_not_trusted(replayed: int, trusted: bool) -> None:
    found = proposals(replay(replayed=replayed))
    assert found.apart == pytest.approx(replayed / 100 - 0.6)
    assert found.trusted is trusted


def test_purchases_that_earn_nothing_are_not_compared() -> None:
    empty = Replay(pace=Pace(rate=0.0), schemes=pd.DataFrame(columns=["way", "kind"]), ways=pd.DataFrame())
    assert rate_proposals(speed(TODAY), empty, margin=margin(), value=1.0) == NotEnough("points_earned", 0, 1)


# What points were given for


def granted(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of points, a member's points all alike."""
    names = ("points", "redeemed", "expired", "over", "over_redeemed", "over_expired")
    made = []
    for row in rows:
        full = dict.fromkeys(names, 0.0) | {"grants": row["members"], "valid_days": 30.0} | row
        full = {"dated": 1, "helped": 0, "reached": 40} | full
        over, used, gone = (full[name] for name in ("over", "over_redeemed", "over_expired"))
        squares = {"over_squares": over**2, "redeemed_squares": used**2, "redeemed_products": over * used}
        squares |= {"expired_squares": gone**2, "expired_products": over * gone}
        made.append(full | {name: value / row["members"] for name, value in squares.items()})
    return pd.DataFrame(made)


ALL = {"kind": "all", "reason": "", "members": 50}
GIFT = {"kind": "grant", "reason": "welcome", "members": 50, "points": 600.0, "redeemed": 90.0, "helped": 10}
GIFT |= {"over": 400.0, "over_redeemed": 40.0, "over_expired": 360.0}
EARN = {"kind": "earn", "reason": "purchase", "members": 20, "points": 1_400.0, "redeemed": 500.0}
EARN |= {"over": 600.0, "over_redeemed": 460.0, "over_expired": 90.0}
WHOLE = ALL | {
    name: GIFT[name] + EARN[name] for name in ("points", "redeemed", "over", "over_redeemed", "over_expired")
}


def test_points_are_told_by_reason_and_only_used_shares_of_those_that_are_over() -> None:
    found = point_grants(granted(GIFT, EARN, WHOLE), value=0.5)
    assert isinstance(found, PointGrants)
    assert (found.used.value, found.expired.value) == (0.5, 0.45)
    assert (found.points, found.granted, found.members, found.reached) == (2_000.0, 0.3, 50, 40)
    bought, gift = found.table.to_dict("records")
    assert (bought["reason"], bought["share"], bought["cost"], bought["thin"]) == ("purchase", 0.7, 250.0, True)
    # Fewer than 30 members: not judged.
    assert math.isnan(bought["used"])
    assert (gift["used"], gift["expired"], gift["cost"]) == (0.1, 0.9, 45.0)
    assert (gift["helped"], gift["helped_share"]) == (10, 0.25)
    assert (gift["each"], gift["valid_days"]) == (600 / gift["grants"], 30.0)
    assert found.gifts_used == gift["used"]
    # Everybody used the same share.
    assert (gift["used_low"], gift["used_high"]) == pytest.approx((0.1, 0.1))


def test_the_interval_of_a_used_share_is_that_of_a_ratio_over_members() -> None:
    # 50 members with 10 points each, of whom 20 used all and 30 none: like a share of 20 in 50.
    row = WHOLE | {"over": 500.0, "over_redeemed": 200.0, "points": 500.0}
    frame = granted(row).assign(over_squares=5_000.0, redeemed_squares=2_000.0, redeemed_products=2_000.0)
    found = point_grants(pd.concat([granted(EARN), frame]), value=1.0)
    assert isinstance(found, PointGrants)
    assert found.used.high == pytest.approx(0.4 + 1.959964 * math.sqrt(0.4 * 0.6 / 50), rel=1e-6)


def test_points_that_were_never_given_and_those_not_over_are_said() -> None:
    assert point_grants(granted(ALL), value=1.0) == NotEnough("points_credited", 0, 1)
    young = granted(GIFT | {"over": 0.0}, WHOLE | {"over": 0.0})
    found = point_grants(young, value=NotEnough("point_value_known", 0, 1))
    assert isinstance(found, PointGrants)
    assert found.used == NotEnough("points_over", 0, 1)
    assert math.isnan(found.table.loc[0, "cost"])


# Recommendations


def rewarded(grants: int = 12) -> pd.DataFrame:
    row = {"grants": grants, "members": grants, "points": 50.0 * grants, "since": date(2025, 1, 2)}
    return pd.DataFrame([row])


def customers(referred: int = 100) -> pd.DataFrame:
    """The referred brought 30 or 10 of profit, the others 12 or 8, half of each."""
    rows = [("referral", 40, 100, referred, 30.0, 10.0, 5.0), ("others", 360, 900, 900, 12.0, 8.0, 20.0)]
    made = []
    for group, before, since, count, high, low, cost in rows:
        total, squares = count / 2 * (high + low), count / 2 * (high**2 + low**2)
        made.append((group, before, since, count, count, count * cost, 3 * total, total, 0.0, squares, 0.0, 0.0))
    names = ["group", "new_before", "new_since", "customers", "priced", "cost", *MONEY]
    return pd.DataFrame(made, columns=names)


def test_customers_by_recommendation_are_held_beside_the_others() -> None:
    found = referral_value(rewarded(), customers(), margin=margin(), value=0.5)
    assert isinstance(found, ReferralValue)
    assert (found.rewards, found.points, found.cost, found.new) == (12, 600.0, 300.0, 100)
    assert (found.profit.value, found.profit_others.value, found.more.value) == (20.0, 10.0, 10.0)
    assert found.more.claimed
    assert (found.acquisition.value, found.acquisition_others.value) == (5.0, 20.0)
    assert (found.share_before.value, found.share_since.value, found.share_change.value) == (0.1, 0.1, 0.0)


def test_few_customers_by_recommendation_are_not_valued() -> None:
    found = referral_value(rewarded(), customers(20), margin=margin(), value=0.5)
    assert isinstance(found, ReferralValue)
    assert found.profit == NotEnough("customers_referred", 20, 30)
    assert found.more == found.profit
    assert isinstance(found.profit_others, Estimate)


def test_a_store_that_knows_no_channels_has_points_alone() -> None:
    found = referral_value(rewarded(), pd.DataFrame(columns=["group"]), margin=margin(), value=0.5)
    assert isinstance(found, ReferralValue)
    assert (found.rewards, found.new, found.customers) == (12, None, 0)
    nothing = referral_value(rewarded(0), pd.DataFrame(columns=["group"]), margin=margin(), value=0.5)
    assert nothing == NotEnough("referrals_known", 0, 1)

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from measures.actions.trigger_shop import UNTIL, plan, told, who

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.learned import Learned
from retention_lib.measures.actions.loyalty import Loyalty
from retention_lib.measures.actions.triggers_points import early_access, points_expiring, tier_nudge
from retention_lib.models.accrual import SmallestReward
from retention_lib.models.tier_rules import TierRule, TierRules
from retention_lib.settings.scenarios import EarlyAccessScenario, PointsExpiringScenario, TierNudgeScenario

HEADER = "customer_id,occurred_at,event,points,tier,expires_at"
BARE = {"transactions": "customer_id,order_id,ordered_at,amount"}


def club(
    folder: Path, events: list[str], *, orders: dict[str, int] | None = None, money: int = 10, **known: Any
) -> TriggerContext:
    """A plan of a shop with a programme; members order on the days before the end, each order for `money`."""
    sales = [
        f"{name},{name}{place},{UNTIL - timedelta(days=place + 1)} 10:00:00,{money}"
        for name, count in (orders or {"zoe": 1}).items()
        for place in range(count)
    ]
    context = plan(folder, headers=BARE | {"loyalty_events": HEADER}, transactions=sales, loyalty_events=events)
    return replace(context, learned=Learned(**known))


def rule(rank: int, tier: str, threshold: float, unit: Any = "orders") -> TierRule:
    return TierRule(tier=tier, rank=rank, unit=unit, threshold=threshold, share=1.0, members=99)


def members(tier: str, *names: str) -> list[str]:
    """Tiers reached on joining; of each tier five, for a tier of fewer is not named."""
    fill = [f"{tier}{place}" for place in range(5)]
    return [
        f"{name},2026-01-01 09:00:00,{event}" for name in (*names, *fill) for event in ("join,,,", f"tier,,{tier},")
    ]


def test_early_access_is_for_the_highest_tier_and_those_who_buy_most_come_first(tmp_path: Path) -> None:
    events = [*members("bronze", "ann", "bob"), *members("gold", "cid", "dan")]
    events += ["bob,2026-02-01 09:00:00,tier,,gold,", "dan,2026-03-01 09:00:00,leave,,,"]
    context = club(tmp_path, events, orders={"bob": 3, "cid": 1})
    found = told(early_access(context, EarlyAccessScenario(fresh_days=14)))
    assert [name for name in found if len(name) == 3] == ["bob", "cid"]
    assert found["bob"] == ("07-01 00:00", "07-01 00:00", "07-15 00:00", "gold", 3.0)
    assert found["gold0"][4] == 0.0
    named = told(early_access(context, EarlyAccessScenario(tiers=["bronze", "platinum"])))
    assert [name for name in named if len(name) == 3] == ["ann"]
    assert early_access(context, EarlyAccessScenario(tiers=["platinum"])) == NotEnough("best_tier_known", 0, 1)


def test_one_tier_is_no_best_one_and_no_programme_asks_nothing(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    single = club(tmp_path / "one", members("club"))
    assert early_access(single, EarlyAccessScenario()) == NotEnough("best_tier_known", 0, 1)
    (tmp_path / "none").mkdir()
    assert isinstance(early_access(plan(tmp_path / "none"), EarlyAccessScenario()), NotAsked)


def test_a_nudge_is_for_who_is_an_order_short(tmp_path: Path) -> None:
    events = [*members("bronze", "ann", "bob", "cid"), *members("silver", "dan", "eve"), *members("gold")]
    rules = TierRules(rules=(rule(1, "silver", 3), rule(2, "gold", 5)))
    orders = {"ann": 2, "bob": 1, "cid": 3, "dan": 4, "eve": 3}
    context = club(tmp_path, events, orders=orders, tier_rules=rules)
    found = told(tier_nudge(context, TierNudgeScenario(orders_short=1)))
    assert found == {
        "ann": ("07-01 00:00", "07-01 00:00", "07-15 00:00", "silver", pytest.approx(2 / 3)),
        "dan": ("07-01 00:00", "07-01 00:00", "07-15 00:00", "gold", pytest.approx(4 / 5)),
    }
    # cid has the orders of silver and was not raised: nothing is lacking, so nothing is promised.
    assert who(tier_nudge(context, TierNudgeScenario(orders_short=2))) == ["ann", "bob", "dan", "eve"]


def test_a_tier_of_money_is_an_order_away_where_a_usual_order_reaches_it(tmp_path: Path) -> None:
    events = [*members("bronze", "ann", "bob"), *members("silver")]
    rules = TierRules(rules=(rule(0, "bronze", 0, None), rule(1, "silver", 100, "spend")))
    context = club(tmp_path, events, orders={"ann": 2, "bob": 1}, money=35, tier_rules=rules)
    found = told(tier_nudge(context, TierNudgeScenario()))
    assert found["ann"][3:] == ("silver", pytest.approx(0.7))
    assert list(found) == ["ann"]


REWARD = SmallestReward(points=100.0, stated=True, redemptions=0)


def test_a_nudge_is_for_who_nearly_holds_a_reward(tmp_path: Path) -> None:
    events = [
        "ann,2026-01-01 09:00:00,earn,90,,",
        "bob,2026-01-01 09:00:00,earn,79,,",
        "cid,2026-01-01 09:00:00,earn,100,,",
        "dan,2026-01-01 09:00:00,earn,180,,",
        "dan,2026-02-01 09:00:00,redeem,-100,,",
        "eve,2026-01-01 09:00:00,earn,90,,",
        "eve,2026-02-01 09:00:00,leave,,,",
    ]
    context = club(tmp_path, events, reward=REWARD)
    found = told(tier_nudge(context, TierNudgeScenario(reward_share=0.8)))
    assert {name: row[3:] for name, row in found.items()} == {
        "ann": ("reward", pytest.approx(0.9)),
        "dan": ("reward", pytest.approx(0.8)),
    }


def test_the_closer_of_a_tier_and_a_reward_is_named(tmp_path: Path) -> None:
    events = [*members("bronze", "ann"), *members("silver"), "ann,2026-02-01 09:00:00,earn,95,,"]
    rules = TierRules(rules=(rule(1, "silver", 3),))
    context = club(tmp_path, events, orders={"ann": 2}, tier_rules=rules, reward=REWARD)
    assert told(tier_nudge(context, TierNudgeScenario()))["ann"][3:] == ("reward", pytest.approx(0.95))


def test_nothing_learned_about_tiers_and_rewards_switches_nudges_off(tmp_path: Path) -> None:
    context = club(tmp_path, members("bronze"))
    assert tier_nudge(context, TierNudgeScenario()) == NotEnough("not_learned", 0, 1)
    unknown = replace(context, learned=Learned(tier_rules=TierRules(rules=(rule(1, "silver", 0, None),))))
    assert tier_nudge(unknown, TierNudgeScenario()) == NotEnough("tier_rules_known", 0, 1)


def test_expiring_points_are_those_still_there(tmp_path: Path) -> None:
    events = [
        "ann,2026-01-01 09:00:00,earn,50,,2026-07-10 00:00:00",
        "ann,2026-01-02 09:00:00,earn,30,,2026-07-20 00:00:00",
        "ann,2026-01-03 09:00:00,earn,99,,2026-08-20 00:00:00",
        "bob,2026-01-01 09:00:00,earn,50,,2026-07-10 00:00:00",
        "bob,2026-02-01 09:00:00,redeem,-50,,",  # used
        "cid,2026-01-01 09:00:00,earn,50,,2026-07-10 00:00:00",
        "cid,2026-02-01 09:00:00,redeem,-20,,",  # first in, first out: 30 are left
        "dan,2026-01-01 09:00:00,earn,50,,2026-07-01 00:00:00",  # gone on the day the plan starts
        "eve,2026-01-01 09:00:00,earn,50,,2026-07-31 00:00:00",  # on the thirtieth day
        "fay,2026-01-01 09:00:00,earn,50,,2026-07-10 00:00:00",
        "fay,2026-02-01 09:00:00,leave,,,",
        "gus,2026-01-01 09:00:00,earn,50,,",
    ]
    found = told(points_expiring(club(tmp_path, events), PointsExpiringScenario(days=30, fresh_days=14)))
    assert found == {
        "ann": ("07-10 00:00", "07-01 00:00", "07-10 00:00", "2026-07-10", 80.0),
        "cid": ("07-10 00:00", "07-01 00:00", "07-10 00:00", "2026-07-10", 30.0),
    }
    late = told(points_expiring(club(tmp_path, events), PointsExpiringScenario(days=31)))
    assert late["eve"][3] == "2026-07-31"


def test_all_members_give_the_same_expiring_lots_as_those_concerned(tmp_path: Path) -> None:
    from retention_lib.measures.points import PointLots, lots
    from retention_lib.measures.programme import programme

    events = [
        f"m{place},2026-0{1 + step % 5}-{1 + place % 28:02d} 09:00:00,{'earn' if (place + step) % 3 else 'redeem'},"
        f"{(20 + place) if (place + step) % 3 else -(15 + step)},,{'2026-07-15' if step % 2 else '2027-01-01'}"
        for place in range(30)
        for step in range(8)
    ]
    context = club(tmp_path, events)
    first, last = date(2026, 7, 2), date(2026, 7, 31)
    whole = lots(programme(context.store.find("loyalty_events"), until=UNTIL))
    part = Loyalty(store=context.store, until=UNTIL).expiring(first, last)
    assert isinstance(whole, PointLots)
    assert isinstance(part, PointLots)

    def left(found: PointLots) -> dict[str, float]:
        held = found.lots.filter(found.lots.expires == date(2026, 7, 15))
        sums = held.group_by("customer_id").aggregate(left=held["left"].sum().cast("float64")).to_pandas()
        return {row.customer_id: row.left for row in sums.itertuples() if row.left > 0}

    assert left(part) == left(whole)
    assert len(left(part)) > 5


def test_points_that_are_not_known_are_refused(tmp_path: Path) -> None:
    headers = BARE | {"loyalty_events": "customer_id,occurred_at,event"}
    sales, events = ["ann,a1,2026-06-01 10:00:00,10"], ["ann,2026-06-01 10:00:00,join"]
    bare = plan(tmp_path, headers=headers, transactions=sales, loyalty_events=events)
    assert points_expiring(bare, PointsExpiringScenario()) == NotEnough("points_known", 0, 1)

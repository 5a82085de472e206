from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import wilson
from retention_lib.models.margins import Margin
from retention_lib.models.tier_rules import TierRule, TierRules
from retention_lib.models.tiers import (
    DAYS_IN_MONTH,
    NextTier,
    TierMigration,
    TierTable,
    next_tier,
    tier_migration,
    tier_table,
)

START, UNTIL = date(2020, 1, 1), date(2021, 1, 1)
NAMES = ("bronze", "silver", "gold")
MISSING = NotEnough("points_known", 0, 1)
EFFORT = Estimate(0.4, low=0.3, high=0.5, level=0.95, n=500, claimed=True)


def rules(*known: tuple[str, int, str | None, float]) -> TierRules:
    made: list[Any] = [
        TierRule(tier=tier, rank=rank, unit=unit, threshold=threshold, share=1.0, members=50)  # type: ignore[arg-type]
        for tier, rank, unit, threshold in known
    ]
    return TierRules(rules=tuple(made))


RULES = rules(("silver", 1, "orders", 3), ("gold", 2, None, 0))


def margin(*, source: str | None = "cost", stated: float | None = None) -> Margin:
    overall = None if source is None else Estimate(0.4)
    return Margin(
        source=source,  # type: ignore[arg-type]
        overall=overall,
        first=overall,
        repeat=overall,
        stated=stated,
        costed_share=1.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def activity(*, members: int = 40) -> pd.DataFrame:
    """Bronze: 40 members for 100 days each, half of whom ordered once and half three times for 10; silver: one."""
    days = np.full(members, 100.0)
    orders = np.where(np.arange(members) % 2 == 0, 1.0, 3.0)
    bronze = {
        "rank": 0,
        "tier": "bronze",
        "members": members - 10,
        "seen": members,
        "member_days": days.sum(),
        "orders": orders.sum(),
        "revenue": 10 * orders.sum(),
        "known_profit": 200.0,
        "unpriced": 100.0,
        "credited": 4_000.0,
        "redeemed": 100.0,
        "valued": 50.0,
        "paid": 25.0,
        "day_squares": (days**2).sum(),
        "order_squares": (orders**2).sum(),
        "revenue_squares": (100 * orders**2).sum(),
        "order_days": (orders * days).sum(),
        "revenue_days": (10 * orders * days).sum(),
    }
    silver = bronze | {"rank": 1, "tier": "silver", "members": 10, "seen": 10, "redeemed": 40.0, "valued": 40.0}
    return pd.DataFrame([bronze, silver | {"paid": 20.0}])


def table(**changed: Any) -> TierTable:
    given = {"activity": activity(), "margin": margin(), "rules": RULES} | changed
    found = tier_table(given["activity"], given["margin"], given["rules"], start=START, until=UNTIL)
    assert isinstance(found, TierTable)
    return found


def test_a_month_of_a_member_by_hand() -> None:
    bronze = table().table.iloc[0]
    months = 4_000 / DAYS_IN_MONTH
    assert bronze["member_months"] == pytest.approx(months)
    # Two orders in 100 days on average; over 40 members of equal days the error is that of a mean of ones and threes.
    assert bronze["orders"] == pytest.approx(80 / months)
    error = np.std([1, 3] * 20, ddof=1) / np.sqrt(40) / 100 * DAYS_IN_MONTH
    assert bronze["orders_high"] - bronze["orders"] == pytest.approx(1.959964 * error, rel=1e-6)
    assert bronze["revenue"] == pytest.approx(800 / months)
    assert bronze["revenue"] - bronze["revenue_low"] == pytest.approx(19.59964 * error, rel=1e-6)
    # 200 of profit is known, and of sales worth 100 the margin of 40 %.
    assert bronze["gross_profit"] == pytest.approx(240 / months)
    # 50 points paid 25, 40 in silver paid 20: half a unit of money each, which the other 50 paid as well.
    assert bronze["rewards"] == pytest.approx(50 / months)
    assert bronze["rewards_share"] == pytest.approx(50 / 800)
    assert bronze["credited"] == pytest.approx(4_000 / months)


def test_members_and_rules_stand_beside() -> None:
    found = table()
    assert found.members == 40
    assert found.table["share"].tolist() == [0.75, 0.25]
    assert found.table["unit"].tolist() == ["", "orders"]
    assert found.table["threshold"].iloc[1] == 3
    assert found.table["thin"].tolist() == [False, True]
    assert table(rules=MISSING).table["unit"].tolist() == ["", ""]


def test_profit_follows_the_source_of_the_margin() -> None:
    months = 4_000 / DAYS_IN_MONTH

    def profit(given: Margin | NotEnough) -> float:
        return float(table(margin=given).table["gross_profit"].iloc[0] * months)

    assert profit(margin(source="settings", stated=0.4)) == pytest.approx(320)
    assert profit(margin(source="cost_and_settings", stated=0.1)) == pytest.approx(210)
    assert np.isnan(profit(margin(source=None)))
    assert np.isnan(profit(MISSING))


def test_rewards_that_nobody_values_are_not_known() -> None:
    unknown = activity().assign(valued=0.0, paid=0.0)
    assert table(activity=unknown).table["rewards"].isna().all()
    assert (table(activity=unknown.assign(redeemed=0.0)).table["rewards"] == 0).all()


def test_one_tier_is_no_comparison() -> None:
    assert tier_table(activity().head(1), margin(), RULES, start=START, until=UNTIL) == NotEnough("tiers_known", 1, 2)
    assert tier_table(MISSING, margin(), RULES, start=START, until=UNTIL) is MISSING


def moves(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["before", "now", "members"])


def moved(frame: pd.DataFrame | NotEnough, names: tuple[str, ...] = NAMES) -> TierMigration | NotEnough:
    return tier_migration(frame, names, since=START, until=UNTIL, months=12)


def test_moves_are_shares_of_who_was_there() -> None:
    found = moved(moves((-1, -2, 5), (-1, 0, 15), (0, 0, 60), (0, 1, 20), (0, -2, 10), (1, 0, 4), (1, 2, 6)))
    assert isinstance(found, TierMigration)
    assert found.up == wilson(26, 100)
    assert (found.down.value, found.stayed.value, found.left.value) == (0.04, 0.6, 0.1)
    assert (found.joined, found.joined_left) == (20, 5)
    assert found.table["before"].tolist() == ["bronze"] * 3 + ["silver"] * 2 + ["joined"] * 2
    assert found.table["now"].tolist() == ["bronze", "silver", "left", "bronze", "gold", "bronze", "left"]
    assert found.table["move"].tolist() == ["stayed", "up", "left", "down", "up", "joined", "joined"]
    assert found.table["share"].tolist() == pytest.approx([60 / 90, 20 / 90, 10 / 90, 0.4, 0.6, 0.75, 0.25])
    assert found.table["thin"].tolist() == [False] * 3 + [True] * 4


def test_too_few_members_then_and_too_few_tiers_are_refused() -> None:
    assert moved(moves((-1, 0, 500), (0, 0, 29))) == NotEnough("members_then", 29, 30)
    assert moved(moves((0, 0, 50)), ("bronze",)) == NotEnough("tiers_known", 1, 2)
    assert moved(MISSING) is MISSING


def standing() -> pd.DataFrame:
    rows = [
        (0, 1, 10.0, 20, 5),
        (0, 2, 20.0, 8, 3),  # one order short of silver
        (0, 2, 90.0, 4, 1),
        (1, 2, 20.0, 50, 50),  # in silver already
        (1, 7, 95.0, 6, 2),
    ]
    return pd.DataFrame(rows, columns=["rank", "orders", "spend", "members", "recent"])


def near(known: TierRules = RULES, *, cost: float | None = 0.5, **changed: Any) -> NextTier | NotEnough:
    given = {"standing": standing(), "tiers": table(**changed)}
    return next_tier(given["standing"], given["tiers"], known, contact_cost=cost, effort=EFFORT)


def test_members_one_order_short_by_orders() -> None:
    found = near()
    assert isinstance(found, NextTier)
    assert (found.members, found.recent) == (12, 4)
    # An order of bronze leaves 240 / 80 = 3, six times the cost of a reminder.
    assert found.order_profit == pytest.approx(3)
    assert found.one_in == pytest.approx(6)
    # Two standard errors and .84 of a difference of two shares of one half, each of half of them: 2.8 / sqrt(n).
    assert found.shown_from == pytest.approx(2.8016 / math.sqrt(found.members), rel=1e-4)
    assert found.members_for(0.05) == 3140


def test_members_one_order_short_by_money_spent() -> None:
    # An order of bronze and silver brings 10 on average: who spent 90 or more is near 100.
    found = near(rules(("gold", 2, "spend", 100)))
    assert isinstance(found, NextTier)
    assert (found.members, found.recent) == (10, 3)


def test_without_a_cost_or_a_margin_nothing_is_said_to_pay() -> None:
    for changed in ({"cost": None}, {"margin": MISSING}, {"cost": 0.0}):
        found = near(**changed)  # type: ignore[arg-type]
        assert isinstance(found, NextTier)
        assert found.one_in is None
    assert isinstance(near(margin=MISSING), NextTier)


def test_nobody_near_and_no_rule_are_refused() -> None:
    assert near(rules(("silver", 1, "orders", 9))) == NotEnough("members_short", 0, 1)
    assert near(rules(("silver", 1, None, 0))) == NotEnough("tier_rules_known", 0, 1)


def test_what_is_missing_is_handed_on() -> None:
    for given in ((MISSING, table(), RULES), (standing(), MISSING, RULES), (standing(), table(), MISSING)):
        assert next_tier(*given, contact_cost=0.5, effort=EFFORT) is MISSING

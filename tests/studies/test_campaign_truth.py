"""The truth about what campaigns left a contact."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from studies.campaign_truth import (
    ARMS,
    CASES,
    FIGURES,
    TESTS,
    arm_profits,
    failures,
    figures,
    held,
    simulation_of,
    true_profit,
    without_refunds,
)
from studies.campaign_truth import (
    test_of as case_of,
)
from studies.told_stores import ToldStore

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.graded import graded_effects
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.truth import truth


@pytest.fixture(scope="module")
def story() -> Story:
    simulation = Simulation(customers=4_000, months=12, until=date(2026, 6, 30), seed=3)
    return tell_story(open_shop(simulation), 0)


def test_without_refunds_the_truth_is_the_simulator_s_own() -> None:
    simulation = Simulation(customers=2_000, months=12, until=date(2026, 6, 30), seed=4, sizes=Sizes(refunds=0))
    story = tell_story(open_shop(simulation), 0)
    rows = {
        key[-1]: one.mean / 100
        for key, one in truth(story).sums.effects.items()
        if key[0] == "offer_2" and key[1:5] == ("all", 84, "discount20", "none")
    }
    found = true_profit([story], "offer_2", "discount20")
    assert found.profit == pytest.approx(rows["net_profit"] - 0.5)


def test_each_arm_in_its_own_world_is_what_the_tables_tell(story: Story) -> None:
    told = _kept_profit(story, "offer_2")
    graded = next(one for one in graded_effects(story) if one.effect == "offer_2")
    kept = without_refunds(story)
    for code, arm in enumerate(graded.arms):
        mine = graded.arm == code
        assert arm_profits(kept, graded, arm)[mine].sum() == pytest.approx(told[arm], abs=0.02 * mine.sum())
        assert arm_profits(story, graded, arm)[mine].sum() > told[arm]


def _kept_profit(story: Story, test: str) -> pd.Series:
    """What orders of the test's 84 days left after refunds and free deliveries, by arm, from the shop's tables."""
    store = ToldStore([story])
    assigned = store.table("assignments").to_pandas().query("experiment_id == @test")
    rows = store.table("transactions").to_pandas()
    start = assigned["assigned_at"].min().normalize()
    begun = rows.groupby("order_id")["ordered_at"].transform("min")
    inside = rows[(begun >= start) & (begun < start + pd.Timedelta(days=84))]
    money = inside.groupby("customer_id")[["amount", "cost"]].sum().astype(float)
    left = money["amount"] - money["cost"]
    used = store.table("redemptions").to_pandas()
    free = used[used["coupon_id"].str.endswith("free_delivery") & used["order_id"].isin(inside["order_id"])]
    left = left.sub(free.groupby("customer_id")["value"].sum().astype(float), fill_value=0.0)
    by_customer = assigned.set_index("customer_id")["variant"]
    return left.reindex(by_customer.index).fillna(0.0).groupby(by_customer).sum()


def test_a_contact_costs_its_message(story: Story) -> None:
    graded = next(one for one in graded_effects(story) if one.effect == "offer_1")
    kept = without_refunds(story)
    gained = arm_profits(kept, graded, "free_delivery") - arm_profits(kept, graded, "none")
    found = true_profit([story], "offer_1", "free_delivery")
    assert found.profit == pytest.approx(np.mean(gained) - 0.5)
    assert found.customers == len(graded.customer)


def test_each_test_is_judged_by_each_arm_in_half_of_the_stores() -> None:
    told = [(simulation_of(number).seed, *case_of(number)) for number in range(CASES)]
    assert len({seed for seed, _, _ in told}) == CASES / len(TESTS)
    assert [told.count((seed, test, arm)) for seed, test, arm in told] == [1] * CASES
    for test in TESTS:
        for arm in ARMS:
            assert len([one for one in told if one[1:] == (test, arm)]) == CASES / len(TESTS) / len(ARMS)
    for seed in {seed for seed, _, _ in told}:
        assert len({arm for other, _, arm in told if other == seed}) == len(TESTS)


def test_a_small_store_is_judged_against_its_truth() -> None:
    told = held(1, customers=3_000)
    assert (told["test"], told["arm"]) == ("offer_2", "discount20")
    assert np.isfinite([told["truth"], told["value"], told["error"]]).all()
    assert abs(told["value"] - told["truth"]) < 5 * told["error"]
    assert 0 < told["contacts"] < told["customers"]


def _case(number: int, *, holds: bool = True, claimed: bool = False) -> dict[str, Any]:
    return {"case": number, "held": holds, "claimed": claimed}


def test_figures_count_the_dead_as_missed() -> None:
    results = [_case(0, claimed=True), _case(1, holds=False), _case(2), {"case": 3, "died": -9}]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == FIGURES
    assert (found["campaign_profit_truth"].value, found["campaign_profit_truth"].n) == (0.5, 4)
    assert found["campaign_profit_power"].value == 0.25
    assert [result["case"] for result in failures(results)] == [1, 3]

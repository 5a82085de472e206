"""The studies of offers by customer: their worlds, small cases, and their figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from studies.campaign_policy import (
    FIGURES,
    SIZES,
    Truth,
    alike,
    false_figures,
    poor,
    preferred,
    share_figures,
    share_of_best,
    simulation_of,
)
from studies.told_campaigns import CAMPAIGN, campaign_shop, told_units

from retention_lib.stores.simulation.graded import graded_effects
from retention_lib.stores.simulation.shop import tell_story
from retention_lib.stores.simulation.truth import truth


def test_the_truth_is_that_of_the_simulation() -> None:
    """Net profit of each arm as `truth/effects` has it, in cents."""
    shop = campaign_shop(simulation_of(1, SIZES))
    sums = truth(tell_story(shop, 0)).sums.effects
    block = next(one for one in graded_effects(tell_story(shop, 0)) if one.effect == CAMPAIGN)
    every = told_units(simulation_of(1, SIZES), len(block.customer))
    for place, arm in enumerate(every.arms):
        mean = sums[CAMPAIGN, "all", 84, arm, "", "net_profit"].mean / 100
        assert every.truth[:, place].mean() == pytest.approx(mean)


def test_units_are_those_who_take_part_with_what_is_known_of_them() -> None:
    told = told_units(simulation_of(1, SIZES), 5_000)
    assert len(told.frame) == len(told.truth) == 5_000
    assert told.arms[0] == "none"
    assert set(told.frame["arm"]) == set(told.arms)
    assert (told.frame["days_since_last"] > 0).all()
    assert (told.frame.loc[told.frame["orders_full"] == 0, "conversion"] == 0).all()
    # What happened is what the world of the arm says, but for refunds and for what comes after the weeks counted.
    own = told.truth[np.arange(5_000), [told.arms.index(arm) for arm in told.frame["arm"]]]
    assert np.corrcoef(own, told.frame["net_full"])[0, 1] > 0.8


def test_a_small_store_is_judged_against_its_truth() -> None:
    told = share_of_best(0, customers=6_000)
    assert told["true_best"] >= told["true_single"]
    assert told["share"] == pytest.approx(
        (told["true_recommended"] - told["true_single"]) / (told["true_best"] - told["true_single"])
    )


@pytest.mark.parametrize("case", range(4))
def test_offers_that_are_alike_for_all_are_judged(case: int) -> None:
    assert isinstance(alike(case, customers=4_000)["preferred"], bool)


def test_the_share_is_what_is_taken_of_the_best_gain() -> None:
    found = Truth(single=10.0, best=14.0, recommended=13.0)
    assert (found.gain, found.share) == (pytest.approx(0.4), pytest.approx(0.75))


def test_figures_count_the_dead_against_the_models() -> None:
    results: list[dict[str, Any]] = [
        {"case": 0, "share": 1.0, "true_gain": 0.5, "preferred": True},
        {"case": 1, "share": 0.6, "true_gain": 0.3, "preferred": False},
        {"case": 2, "died": -9},
    ]
    found = {figure.name: figure for figure in share_figures(results)}
    assert tuple(found) == FIGURES["policy_share_of_best"]
    assert found["policy_share_of_best"].value == pytest.approx(0.2)
    assert found["policy_share_least"].value == -1
    assert found["policy_true_gain_least"].value == 0
    (rate,) = false_figures(results)
    assert (rate.name, rate.value, rate.n) == ("policy_false_rate", pytest.approx(2 / 3), 3)
    assert [one["case"] for one in poor(results)] == [2]
    assert [one["case"] for one in preferred(results)] == [0, 2]

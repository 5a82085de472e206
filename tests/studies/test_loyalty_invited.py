"""The study of invitations: its truth, a small case, and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from studies.loyalty_invited import (
    EXPERIMENT,
    FIGURES,
    GROUPS,
    METRICS,
    failures,
    figures,
    held,
    simulation_of,
    true_effects,
)

from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.truth import truth


def test_the_truth_is_that_of_the_simulation_and_comes_from_those_who_would_accept() -> None:
    story = tell_story(open_shop(simulation_of(1, customers=2_000)), 0)
    found, tables = true_effects(story), truth(story)
    rows = {
        key[-1]: one.mean
        for key, one in tables.sums.effects.items()
        if key[0] == EXPERIMENT and key[1:5] == ("all", 364, "invite", "none")
    }
    assert found.effect["purchases", "invited"] == pytest.approx(rows["purchases"])
    assert found.effect["revenue", "invited"] == pytest.approx(rows["revenue"] / 100)
    assert found.effect["gross_profit", "invited"] == pytest.approx(rows["gross_profit"] / 100)
    share = found.accepting / found.customers
    assert 0.3 < share < 0.6
    for metric in METRICS:
        assert found.effect[metric, "invited"] == pytest.approx(share * found.effect[metric, "joined"])


def test_a_small_store_is_judged_with_intervals() -> None:
    told = held(0, customers=2_000)
    assert told["customers"] == told["took_part"]
    for metric in METRICS:
        for group in GROUPS:
            found = told[f"{metric}_{group}"]
            assert isinstance(found["held"], bool)
            assert np.isfinite([found["truth"], found["value"], found["width"]]).all()


def _case(number: int, *, claimed: bool = False, **missed: bool) -> dict[str, Any]:
    names = [f"{metric}_{group}" for metric in METRICS for group in GROUPS]
    return {"case": number, "claimed": claimed} | {name: {"held": not missed.get(name, False)} for name in names}


def test_figures_count_each_store_twice_and_the_dead_as_missed() -> None:
    results = [
        _case(0, claimed=True),
        _case(1, purchases_joined=True),
        _case(2, revenue_invited=True, gross_profit_joined=True),
        {"case": 3, "died": -9},
    ]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == FIGURES
    assert (found["invited_coverage"].value, found["invited_coverage"].n) == (pytest.approx(5 / 8), 8)
    assert (found["invited_money_coverage"].value, found["invited_money_coverage"].n) == (pytest.approx(10 / 16), 16)
    assert (found["invited_power"].value, found["invited_power"].n) == (pytest.approx(1 / 4), 4)
    assert [result["case"] for result in failures(results)] == [1, 3]

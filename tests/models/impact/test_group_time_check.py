"""The group-time check beside the primary effect: the same truth, and nothing where the design is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models.impact.joining_panels import World
from studies.loyalty_effect import Judged

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.impact.group_time_check import GroupTimeCheck, group_time_check
from retention_lib.models.impact.panel import Panel, panel
from retention_lib.models.impact.programme_effect import ProgrammeEffect, programme_effect

REFUSAL = NotEnough("loyalty_events", 0, 1)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def sound(whole: Panel | NotEnough) -> ProgrammeEffect:
    found = programme_effect(whole, rng=rng())
    assert isinstance(found, ProgrammeEffect)
    assert found.design is None
    return found


def known(whole: Panel, effect: ProgrammeEffect) -> GroupTimeCheck:
    found = group_time_check(whole, effect, rng=rng())
    assert isinstance(found, GroupTimeCheck)
    return found


@pytest.fixture(scope="module")
def raised() -> Panel:
    return World(customers=6_000, effect=0.4, gap=0.0, rate=1.5).people(1).panel()


def test_it_finds_the_effect_that_is_there(raised: Panel) -> None:
    effect = sound(raised)
    found = known(raised, effect)
    assert isinstance(found.overall, Estimate)
    assert isinstance(found.relative, Estimate)
    assert found.relative.low is not None
    assert found.relative.low < 0.4 < (found.relative.high or 0)
    assert found.overall.low is not None
    assert 0 < found.overall.low < effect.purchases_each.value < (found.overall.high or 0)
    assert isinstance(found.pretrend, float)
    assert found.pretrend > 0.01
    table = found.to_frame()
    assert list(table["event_time"]) == sorted(table["event_time"])
    assert (table["event_time"].min(), table["low"].le(table["high"]).all()) == (-3, True)
    # Group by group, all three first periods are above zero, and none of those before is off it.
    bands = table.set_index("event_time")
    assert (bands.loc[1:3, "low"] > 0).all()
    assert ((bands.loc[:-1, "low"] <= 0) & (bands.loc[:-1, "high"] >= 0)).all()


def test_the_same_draws_give_the_same_bands(raised: Panel) -> None:
    effect = sound(raised)
    one, other = (known(raised, effect).to_frame() for _ in range(2))
    assert one.equals(other)


def test_customers_who_join_when_they_buy_have_none_in_the_simulated_world() -> None:
    whole = panel(Judged.of(1, {}, world="momentum", customers=5_000, truth=False).told)
    found = group_time_check(whole, programme_effect(whole, rng=rng()), rng=rng())
    assert found == NotAsked("joined_at_purchases", 0, 1)
    assert isinstance(found, NotAsked)


@pytest.mark.parametrize("design", ["joined_one_day", "before_untested", "placebo_rejected"])
def test_a_refused_design_shows_no_other_estimate(raised: Panel, design: str) -> None:
    assert group_time_check(raised, replace(sound(raised), design=design), rng=rng()) == NotAsked(design, 0, 1)


def test_refusals_are_handed_on(raised: Panel) -> None:
    assert group_time_check(REFUSAL, REFUSAL, rng=rng()) is REFUSAL
    assert group_time_check(raised, REFUSAL, rng=rng()) is REFUSAL
    assert group_time_check(REFUSAL, sound(raised), rng=rng()) is REFUSAL

"""The effect in per cent, purchases and money, its bands and its checks, on panels whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models.impact.joining_panels import People, World

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.joining import NOT_SHOWN
from retention_lib.models.impact.joining_checks import joining_checks
from retention_lib.models.impact.programme_effect import ProgrammeEffect, programme_effect


def known(people: People, **options: int) -> ProgrammeEffect:
    found = programme_effect(people.panel(), rng=np.random.default_rng(0), **options)
    assert isinstance(found, ProgrammeEffect)
    return found


@pytest.fixture(scope="module")
def raised() -> ProgrammeEffect:
    return known(World(effect=0.4).people(1))


def holds(estimate: Estimate | NotEnough, value: float) -> bool:
    assert isinstance(estimate, Estimate)
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= value <= estimate.high


def test_every_outcome_tells_the_same_effect_in_its_unit(raised: ProgrammeEffect) -> None:
    for one in (raised.relative, raised.revenue, raised.gross_profit):
        assert holds(one, 0.4)
        assert isinstance(one, Estimate)
        assert one.claimed
    assert isinstance(raised.gross_profit, Estimate)
    assert raised.gross_profit.value == pytest.approx(raised.revenue.value)  # a margin of 40 % throughout
    assert isinstance(raised.profit_each, Estimate)
    assert raised.profit_each.value == pytest.approx(0.4 * raised.revenue_each.value)
    assert 0 < raised.active.value < 0.4  # who buys anyway is active only once
    assert raised.weekly.value == pytest.approx(raised.revenue_each.value / 4)


def test_money_of_all_is_that_of_each_over_the_periods_seen(raised: ProgrammeEffect) -> None:
    member_periods = raised.members * raised.periods_seen
    assert raised.incremental_revenue.value == pytest.approx(raised.revenue_each.value * member_periods)
    assert 2 < raised.periods_seen <= 3


def test_observed_and_expected_of_periods_make_up_the_headline(raised: ProgrammeEffect) -> None:
    table = raised.by_period.set_index("period")
    first = table.loc[[0, 1, 2]]
    assert first["purchases"].sum() / first["expected"].sum() - 1 == pytest.approx(raised.relative.value)
    np.testing.assert_allclose(table["effect"], table["purchases"] / table["expected"] - 1)
    assert table.loc[0, "members"] == raised.members
    assert table["members"].dropna().is_monotonic_decreasing
    assert list(table.index[:3]) == [-3, -2, -1]
    for at in (-3, -2, -1):
        assert table.loc[at, "band_low"] < 0 < table.loc[at, "band_high"]


def test_bands_are_wider_than_intervals_and_narrower_than_bonferroni(raised: ProgrammeEffect) -> None:
    """The periods before and those after share the 5 % of both, so that each has 2.5 % for all of its periods."""
    from scipy.stats import norm

    table = raised.by_period
    for part in (table[table["period"] < 0], table[table["period"] >= 0]):
        log, high, band = (np.log1p(part[name]) for name in ("effect", "high", "band_high"))
        factor = ((band - log) / (high - log) * norm.ppf(0.975)).to_numpy()
        assert factor == pytest.approx(np.full(len(part), factor[0]))
        assert norm.ppf(1 - 0.0125) < factor[0] <= norm.ppf(1 - 0.0125 / len(part)) + 0.03


def test_bands_of_before_and_after_together_hold_all_periods_in_nearly_all_stores() -> None:
    """Thirty stores without an effect: 5 or more with any period missed, before or after, have a chance of 2 %."""
    tables = [known(World(customers=1_200).people(500 + seed)).by_period for seed in range(30)]
    assert sum(((table["band_low"] > 0) | (table["band_high"] < 0)).any() for table in tables) <= 4


def test_stretches_of_joining_hold_the_effect_of_all(raised: ProgrammeEffect) -> None:
    table = raised.by_joining
    assert table["members"].sum() <= raised.members
    assert ((table["low"] <= 0.4) & (table["high"] >= 0.4)).mean() > 0.6
    assert list(table["joined"]) == sorted(table["joined"])
    assert (table["joined"] % 84 == 0).all()


def test_simultaneous_bands_hold_all_periods_in_nearly_all_stores() -> None:
    """Without an effect, 30 stores: the band holds zero at every period in 95 of 100; 5 misses have a chance of 1 %."""
    missed = 0
    for seed in range(30):
        table = known(World(customers=1_200).people(400 + seed)).by_period
        after = table[table["period"] >= 0]
        missed += int(((after["band_low"] > 0) | (after["band_high"] < 0)).any())
    assert missed <= 4


def test_the_additive_scale_disagrees_where_levels_differ_and_seasons_multiply() -> None:
    """Members buy three times as much and everybody's purchases wear off: the additive scale takes that for a loss."""
    effect = known(World(effect=0.0, gap=3.0).people(3))
    assert effect.relative.claimed is False
    assert effect.additive.high is not None
    assert effect.additive.high < 0
    assert effect.disagrees
    assert {one.kind: one.passed for one in joining_checks(effect)}["scales"] is False
    alike = known(World(effect=0.4, gap=0.0).people(3))
    assert not alike.disagrees


def test_what_is_not_claimed_of_purchases_is_claimed_of_no_money() -> None:
    effect = known(World().people(1))
    for one in (effect.revenue, effect.active, effect.revenue_each, effect.incremental_revenue):
        assert (one.claimed, one.reason) == (False, NOT_SHOWN)


def test_money_needs_a_p_of_its_own() -> None:
    """Purchases rise by 40 % for certain; what is paid for them is so unequal that sales could have done anything."""
    people = World(customers=2_000, effect=0.4).people(1)
    bought = people.outcomes["purchases"]
    revenue = bought * np.random.default_rng(2).lognormal(0.0, 4.0, bought.shape)
    effect = known(replace(people, outcomes={"purchases": bought, "revenue": revenue, "gross_profit": 0.4 * revenue}))
    assert effect.relative.claimed
    assert effect.purchases_each.claimed
    assert effect.active.claimed
    for one in (effect.revenue, effect.revenue_each, effect.incremental_revenue, effect.incremental_profit):
        assert isinstance(one, Estimate)
        assert one.p is not None
        assert one.p >= 0.05
        assert (one.claimed, one.reason) == (False, NOT_SHOWN)


def test_the_effect_after_the_headline_is_that_of_the_later_periods(raised: ProgrammeEffect) -> None:
    later = raised.later
    assert holds(later, 0.4)
    assert isinstance(later, Estimate)
    assert later.claimed
    rows = raised.by_period[raised.by_period["period"] >= 3]
    # Those who joined in step 10 are seen longest, up to their period 8: all the periods after the third are in it.
    assert later.value == pytest.approx(rows["purchases"].sum() / rows["expected"].sum() - 1)
    assert later.n == rows["members"].iloc[0]


def test_an_effect_that_fades_is_not_claimed_of_later() -> None:
    people = World(customers=3_000).people(1)
    since = np.arange(people.steps) - people.joined[:, None]
    rng = np.random.default_rng(3)
    first = people.outcomes["purchases"] + rng.poisson(0.6, since.shape) * ((since > 0) & (since <= 3))
    effect = known(replace(people, outcomes={**people.outcomes, "purchases": first}))
    assert effect.relative.claimed
    assert holds(effect.later, 0.0)
    assert isinstance(effect.later, Estimate)
    assert (effect.later.claimed, effect.later.reason) == (False, NOT_SHOWN)


def test_nothing_is_told_of_later_where_nobody_is_seen_so_long() -> None:
    """All joined in the steps 16 and 17 of 20, at most three steps before the last."""
    people = World(customers=1_500).people(1)
    late = np.where(people.joined < people.steps, 16 + people.joined % 2, people.steps)
    assert known(replace(people, joined=late)).later == NotEnough("members_with_after", 0, 30)


def test_members_whose_past_is_too_short_to_test_are_counted() -> None:
    people = World().people(11)
    measured = np.flatnonzero(people.settled & (people.joined < people.steps - 1))
    started = people.started.copy()
    started[measured[8:]] = people.joined[measured[8:]] - 4
    effect = known(replace(people, started=started))
    assert (effect.tested, effect.members) == (8, len(measured))
    assert effect.claimable == NotEnough("before_untested", 0, 1)
    assert {one.kind: one.passed for one in joining_checks(effect)}["tested"] is False
    sound = known(people)
    assert sound.tested == sound.members
    assert "tested" not in {one.kind for one in joining_checks(sound)}


def test_a_design_that_is_refused_hands_its_reason_to_every_figure() -> None:
    """Line 52: the causal words are withheld, and so is every number of the effect."""
    effect = known(World(drift=0.08, effect=0.3).people(6))
    assert effect.design == "pretrend_rejected"
    assert effect.claimable == NotEnough("pretrend_rejected", 0, 1)
    for name in ("relative", "weekly", "revenue", "incremental_profit", "by_period"):
        assert getattr(effect.claimable, name) == NotEnough("pretrend_rejected", 0, 1)
    told = {one.kind: one.passed for one in joining_checks(effect)}
    assert told["before"] is False
    assert not {"scales", "drift"} & set(told)
    sound = known(World().people(1))
    assert sound.claimable is sound


def test_gross_profit_is_missing_where_it_is_not_known() -> None:
    people = World(customers=1_000).people(1)
    outcomes = {name: values for name, values in people.outcomes.items() if name != "gross_profit"}
    effect = known(replace(people, outcomes=outcomes))
    for one in (effect.gross_profit, effect.profit_each, effect.incremental_profit):
        assert one == NotEnough("margin", 0, 1)


def test_members_who_joined_on_one_day_beside_others_are_refused_and_it_is_said() -> None:
    people = World(customers=2_000).people(2)
    once = replace(people, joined=np.where(people.joined < people.steps, 12, people.steps))
    effect = known(once)
    assert effect.claimable == NotEnough("joined_one_day", 0, 1)
    told = {one.kind: one.passed for one in joining_checks(effect)}
    assert told["one_day"] is False
    assert not {"scales", "drift"} & set(told)


def test_refusals_are_handed_on() -> None:
    refusal = NotEnough("loyalty_events", 0, 1)
    rng = np.random.default_rng(0)
    assert programme_effect(refusal, rng=rng) is refusal
    people = World(customers=500).people(2)
    together = replace(people, joined=np.full(500, 12))
    found = programme_effect(together.panel(), rng=rng)
    assert isinstance(found, NotEnough)
    assert found.reason == "control_group"
    assert joining_checks(found) == ()


def test_more_periods_are_measured_when_asked() -> None:
    people = World(effect=0.4).people(1)
    assert known(people, periods=6).periods_seen > known(people).periods_seen

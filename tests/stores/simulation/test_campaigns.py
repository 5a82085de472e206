from __future__ import annotations

import numpy as np
import pytest
from stores.simulation.told import story

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.campaigns import campaign_plan, effects, eligible, factors, offer_features
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, OFFER_DAYS, REMOTE


def test_plan_of_two_years_holds_every_kind() -> None:
    plan = campaign_plan(Simulation())
    assert [campaign.id for campaign in plan] == [
        *("offer_1", "letter_1", "offer_2", "overlap_1", "broken_1", "letter_2", "offer_3"),
    ]
    start = {campaign.id: campaign.start for campaign in plan}
    assert 0 < start["overlap_1"] - start["offer_2"] < OFFER_DAYS
    assert [campaign.id for campaign in plan if campaign.broken] == ["broken_1"]


@pytest.mark.parametrize("months", [6, 12, 18, 36, 48])
def test_every_campaign_ends_with_its_after_effect_inside_the_window(months: int) -> None:
    simulation = Simulation(months=months)
    plan = campaign_plan(simulation)
    assert plan
    assert all(campaign.start + FOLLOW_DAYS <= simulation.days for campaign in plan)
    assert len({campaign.id for campaign in plan}) == len(plan)


def test_invitation_belongs_to_its_world() -> None:
    assert "programme_invitation" in [c.id for c in campaign_plan(Simulation(programme="invited"))]


def test_effects_have_their_mean_and_differ_by_feature_and_trait() -> None:
    told = story(customers=4000)
    people, campaign = told.people, told.shop.campaigns[0]
    everybody = np.zeros(people.count, dtype=np.int64)  # free delivery for all
    found = effects(people, campaign, everybody, Sizes())
    assert found.mean() == pytest.approx(0.5, abs=0.03)
    remote = np.isin(people.region, REMOTE)
    # One step of the standardised feature is .5 of the mean of .5, and 20 % live far away: 1 / sqrt(.16) apart.
    assert found[remote].mean() - found[~remote].mean() == pytest.approx(0.25 / 0.4, abs=0.04)
    again = effects(people, campaign, everybody, Sizes(effect_by_feature=0.0, effect_by_latent=0.0))
    assert set(again) == {0.5}
    assert set(effects(people, campaign, everybody + 2, Sizes())) == {0.0}
    assert offer_features(people, "discount20").mean() == pytest.approx(0.0, abs=0.06)


def test_spill_over_reaches_other_members_of_the_household_only() -> None:
    told = story(customers=4000)
    people, campaign = told.people, told.shop.campaigns[0]
    arms = np.where(np.arange(people.count) % 2 == 0, 0, 2)
    plain = Sizes(effect_by_feature=0.0, effect_by_latent=0.0)
    spilt = Sizes(effect_by_feature=0.0, effect_by_latent=0.0, household_spill=0.5)
    more = effects(people, campaign, arms, spilt) - effects(people, campaign, arms, plain)
    members = np.bincount(people.household - people.household[0])[people.household - people.household[0]]
    assert set(more[members == 1]) == {0.0}
    assert more[(members == 2) & (arms == 2)] == pytest.approx(0.25)  # the other one, next in line, has the offer
    assert more[(members == 2) & (arms == 0)] == pytest.approx(0.0)


def test_factor_fades_by_half_in_ten_days_and_pulls_forward_from_buyers_alone() -> None:
    effect, bought = np.full(2, 0.8, dtype=np.float32), np.array([True, False])
    sizes = Sizes(carry_over=0.25, pull_forward=0.4)
    assert factors(effect, bought, age=OFFER_DAYS - 1, sizes=sizes) == pytest.approx([1.8, 1.8])
    assert factors(effect, bought, age=OFFER_DAYS, sizes=sizes) == pytest.approx([1.2 * 0.6, 1.2])
    assert factors(effect, bought, age=OFFER_DAYS + 10, sizes=sizes) == pytest.approx([1.1 * 0.8, 1.1])


def test_arms_are_drawn_by_chance_among_those_who_may_take_part() -> None:
    told = story(customers=12000)
    for place, campaign in enumerate(told.shop.campaigns):
        arm = told.fates.arm[place]
        assert ((arm >= 0) == eligible(told.people, campaign)).all()
        if campaign.kind == "offer":
            counts = np.bincount(arm[arm >= 0])
            expected = counts.sum() / len(campaign.arms)
            assert ((counts - expected) ** 2 / expected).sum() < 13.8  # chi-square, 2 degrees: p .001


def test_letter_goes_to_those_who_bought_much() -> None:
    told = story(customers=12000)
    places = [place for place, campaign in enumerate(told.shop.campaigns) if campaign.kind == "letter"]
    for place in places:
        before, arm = told.fates.purchases_before[place], told.fates.arm[place]
        assert before[arm == 0].mean() > 2 * before[arm == 1].mean()
    chosen_by_chance = story(customers=12000, mailing_selection=0.0)
    before, arm = chosen_by_chance.fates.purchases_before[places[0]], chosen_by_chance.fates.arm[places[0]]
    assert before[arm == 0].mean() == pytest.approx(before[arm == 1].mean(), rel=0.12)


def test_broken_test_loses_the_treated_who_bought_least() -> None:
    told = story(customers=12000)
    place = next(place for place, campaign in enumerate(told.shop.campaigns) if campaign.broken)
    lost, arm, before = told.fates.lost[place], told.fates.arm[place], told.fates.purchases_before[place]
    assert lost.sum() == round(0.10 * (arm == 0).sum())
    assert (arm[lost] == 0).all()
    assert before[lost].max() <= before[(arm == 0) & ~lost].min() + 1
    assert told.fates.lost.sum() == lost.sum()
    assert story(customers=12000, broken_split=0.0).fates.lost.sum() == 0

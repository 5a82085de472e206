"""The effect of an invitation at random, against truths known by hand and by simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from models.impact.invited_people import MARGIN, People, frame, random_shop

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.impact.invitation import (
    SAMPLE_RATIO,
    UNBALANCED,
    InvitationEffect,
    invitation_effect,
    leading,
)
from retention_lib.models.impact.invitation_design import GROUPS
from retention_lib.models.impact.invitations_found import InvitationsFound, invitations_found

REFUSAL = NotEnough("margin_known", 0, 1)
PROVIDED = ("purchases", "revenue", "gross_profit")


def judged(people: People, *, invited_share: float = 0.5) -> InvitationEffect:
    found = invitation_effect(people, margin=MARGIN, invited_share=invited_share)
    assert isinstance(found, InvitationEffect)
    return found


def by_types() -> pd.DataFrame:
    """In either arm of 80: 40 join for an invitation (2 purchases without, 3 with), 20 never do (1), 20 always (5)."""
    kinds = np.tile(np.repeat(["for it", "never", "always"], [40, 20, 20]), 2)
    invited = np.arange(160) < 80
    joined = (kinds == "always") | (invited & (kinds == "for it"))
    bought = np.select([kinds == "never", kinds == "always", joined], [1, 5, 3], default=2)
    return frame(invited, joined, bought)


def test_means_and_effects_by_hand() -> None:
    # Without: (40 x 2 + 20 x 1 + 20 x 5) / 80 = 2.5; with: 3. Those who join for it: 2 and 3, half of all 160.
    found = judged(People(customers=by_types()))
    table = found.table.set_index(["metric", "group"])
    names = ["customers", "without", "with_it", "effect", "relative"]
    assert table.loc[("purchases", "invited"), names].tolist() == pytest.approx([80, 2.5, 3.0, 0.5, 0.2])
    assert table.loc[("purchases", "joined"), names].tolist() == pytest.approx([80, 2.0, 3.0, 1.0, 0.5])
    assert table.loc[("revenue", "joined"), names].tolist() == pytest.approx([80, 200, 300, 100, 0.5])
    assert table.loc[("gross_profit", "joined"), names].tolist() == pytest.approx([80, 80, 120, 40, 0.5])
    assert (found.joined_invited.value, found.joined_left_out.value, found.taken.value) == (0.75, 0.25, 0.5)
    assert not found.one_sided
    assert (found.naive_with, found.naive_without) == pytest.approx((320 / 80, 120 / 80))


def test_what_chance_decided_leads_and_else_another_result_does() -> None:
    found = judged(People(customers=by_types()))
    assert leading(found) is found
    for none in (NotEnough("invitation_customers", 3, 30), NotAsked("invitation_named", 0, 1)):
        assert leading(none) == NotAsked("invitation_named", 0, 1)
        assert isinstance(leading(none), NotAsked)


def test_the_plain_interval_is_welchs_and_its_claim_follows() -> None:
    from scipy.stats import ttest_ind

    people = by_types()
    found = judged(People(customers=people)).effect("purchases")
    arms = [people.loc[people["invited"] == arm, "purchases"] for arm in (True, False)]
    by_scipy = ttest_ind(*arms, equal_var=False)
    low, high = by_scipy.confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert (found.p, found.low, found.high) == pytest.approx((by_scipy.pvalue, low, high))
    assert found.claimed == (3 * by_scipy.pvalue < 0.05)  # Holm: three metrics of one p


def test_the_effect_on_those_who_joined_is_two_stage_least_squares() -> None:
    people = random_shop(np.random.default_rng(2), 500, lift=0.3).people.customers
    people = people.assign(before_purchases=1, late_purchases=1, before_revenue=100.0)
    invited, joined = people["invited"].to_numpy(float), people["joined"].to_numpy(float)
    y = people["purchases"].to_numpy(float)
    slope = np.cov(y, invited)[0, 1] / np.cov(joined, invited)[0, 1]
    found = judged(People(customers=people)).effect("purchases", "joined")
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(slope)


def test_at_the_bounds_of_anderson_and_rubin_the_rest_differs_just_beyond_chance() -> None:
    from scipy.stats import ttest_ind

    people = by_types()
    found = judged(People(customers=people)).effect("purchases", "joined")
    assert isinstance(found, Estimate)
    for bound in (found.low, found.high):
        rest = people["purchases"] - bound * people["joined"]
        p = ttest_ind(rest[people["invited"]], rest[~people["invited"]], equal_var=False).pvalue
        assert p == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(("lift", "taking"), [(0.5, 0.4), (0.0, 0.4), (0.3, 0.1)])
def test_intervals_hold_the_truth_of_the_same_customers(lift: float, taking: float) -> None:
    # Of 200 stores 95 % hold it: 190, with a standard deviation of 3.1.
    rng = np.random.default_rng(11)
    held, claimed = dict.fromkeys([(g, r) for g in GROUPS for r in (False, True)], 0), 0
    for _ in range(200):
        shop = random_shop(rng, 300, lift=lift, taking=taking)
        found = judged(shop.people)
        claimed += found.effect("purchases").claimed
        for group, relative in held:
            interval = found.effect("purchases", group, relative=relative)
            truth = (shop.relative if relative else shop.effect)[group]
            # Where so few join that the bounds stay open, they hold everything.
            open_ended = isinstance(interval, NotEnough)
            held[group, relative] += open_ended or interval.low <= truth <= interval.high
    assert all(180 <= count <= 198 for count in held.values()), held
    assert claimed <= 14 or lift > 0


def test_what_was_bought_before_sharpens_the_answer() -> None:
    shop = random_shop(np.random.default_rng(5), 4_000, lift=0.3)
    found = judged(shop.people)
    blind = shop.people.customers.assign(before_purchases=1, late_purchases=1, before_revenue=100.0)
    wide = judged(replace(shop.people, customers=blind))
    widths = [one.high - one.low for one in (found.effect("purchases"), wide.effect("purchases"))]
    assert widths[0] < 0.9 * widths[1]
    assert found.precision == pytest.approx((widths[1] / widths[0]) ** 2, rel=0.01)
    assert wide.precision == pytest.approx(1)


def test_strata_invited_to_different_shares_are_compared_within_themselves() -> None:
    # Of rare buyers 20 % are invited, of frequent ones 80 %, and nothing has an effect.
    rng = np.random.default_rng(8)
    frequent = np.arange(2_000) % 2 == 0
    invited = rng.random(2_000) < np.where(frequent, 0.8, 0.2)
    people = frame(invited, invited & (rng.random(2_000) < 0.5), rng.poisson(np.where(frequent, 6, 1)))
    found = judged(People(customers=people.assign(stratum=np.where(frequent, 2, 1))))
    raw = people.groupby("invited")["purchases"].mean()
    effect = found.effect("purchases")
    assert raw[True] - raw[False] > 2
    assert effect.low < 0 < effect.high
    assert abs(effect.value) < 0.3
    assert found.refused is None


def few(people: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([people[people["invited"]].head(29), people[~people["invited"]]])


def lost(people: pd.DataFrame) -> pd.DataFrame:
    """A fifth of those invited got lost, whoever they were."""
    return pd.concat([people[people["invited"]].iloc[::2], people[~people["invited"]]])


def lost_rare(people: pd.DataFrame) -> pd.DataFrame:
    """As many left out as invited, but the invited are those who bought most."""
    ordered = people.sort_values("before_purchases", kind="stable")
    return pd.concat([ordered[ordered["invited"]].tail(150), ordered[~ordered["invited"]].sample(150, random_state=1)])


@pytest.mark.parametrize(("spoil", "reason"), [(lost, SAMPLE_RATIO), (lost_rare, UNBALANCED)])
def test_arms_that_chance_did_not_draw_carry_no_claim(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], reason: str
) -> None:
    people = random_shop(np.random.default_rng(4), 500, lift=3.0).people
    assert judged(people).effect("purchases").claimed
    found = judged(replace(people, customers=spoil(people.customers)))
    assert found.refused == reason
    for metric in PROVIDED:
        effect = found.effect(metric)
        assert isinstance(effect, Estimate)
        assert (effect.claimed, effect.reason) == (False, reason)


def test_a_split_as_planned_is_none_to_doubt() -> None:
    people = random_shop(np.random.default_rng(4), 500, lift=3.0).people
    spoiled = replace(people, customers=lost(people.customers))
    assert judged(spoiled, invited_share=1 / 3).refused is None


def test_too_few_and_what_is_missing_is_said() -> None:
    people = random_shop(np.random.default_rng(6), 200, lift=0.5).people
    found = invitation_effect(replace(people, customers=few(people.customers)), margin=MARGIN)
    assert found == NotEnough("invitation_customers", 29, 30)
    assert invitation_effect(REFUSAL, margin=MARGIN) is REFUSAL
    without = invitation_effect(people, margin=REFUSAL)
    assert without.effect("gross_profit") is REFUSAL
    assert isinstance(without.effect("revenue"), Estimate)
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        invitation_effect(people, margin=MARGIN, invited_share=1.0)


def test_a_margin_stated_stands_for_sales_without_a_cost() -> None:
    people = by_types().assign(known_profit=0.0)
    people["unpriced"] = people["revenue"]
    stated = replace(MARGIN, source="settings", stated=0.25)
    found = invitation_effect(People(customers=people), margin=stated)
    uncosted = invitation_effect(People(customers=people.drop(columns=["known_profit", "unpriced"])), margin=stated)
    assert found.effect("gross_profit").value == pytest.approx(0.25 * 50)
    assert uncosted.effect("gross_profit").value == pytest.approx(0.25 * 50)


def test_an_invitation_that_nobody_took_says_nothing_of_those_who_joined() -> None:
    people = random_shop(np.random.default_rng(6), 200, lift=0.5).people
    nobody = judged(replace(people, customers=people.customers.assign(joined=False)))
    assert nobody.strength == 0
    assert nobody.effect("purchases", "joined") == NotEnough("invitation_not_taken", 0, 1)
    assert isinstance(nobody.effect("purchases"), Estimate)
    assert (nobody.naive_with, nobody.taken.value) == (None, 0)
    # The same share joins in either arm: the bounds cannot close.
    alike = judged(replace(people, customers=people.customers.assign(joined=np.arange(200) % 2 == 0)))
    assert alike.effect("purchases", "joined") == NotEnough("invitation_not_taken", 0, 1)


def test_a_shop_in_which_nobody_bought_shows_no_effect() -> None:
    people = frame(np.arange(80) < 40, np.arange(80) < 10, np.zeros(80))
    found = judged(People(customers=people))
    for relative in (False, True):
        assert found.effect("purchases", relative=relative) == NotEnough("invitation_outcome_varies", 0, 1)
    assert not found.table["claimed"].any()


JOINING = [
    ("offer", "a", 1_000, 20),
    ("offer", "none", 1_000, 22),
    ("welcome", "invite", 500, 200),
    ("welcome", "none", 500, 5),
    ("small", "invite", 29, 20),
    ("small", "none", 400, 0),
    ("tiny step", "invite", 50_000, 2_500),
    ("tiny step", "none", 50_000, 500),
    ("unsure", "invite", 40, 4),
    ("unsure", "none", 40, 0),
    ("alone", "invite", 500, 200),
]


def test_an_invitation_is_found_by_who_joined() -> None:
    joining = pd.DataFrame(JOINING, columns=["experiment", "arm", "customers", "joined"])
    found = invitations_found(joining)
    assert isinstance(found, InvitationsFound)
    assert found.table.to_dict("records") == [
        {
            "experiment": "welcome",
            "arm": "invite",
            "share": 0.4,
            "control": "none",
            "control_share": 0.01,
            "customers": 1_000,
        }
    ]
    assert isinstance(invitations_found(joining, named="welcome"), NotAsked)
    assert isinstance(invitations_found(joining.head(2)), NotAsked)
    assert isinstance(invitations_found(joining.tail(1)), NotAsked)
    assert isinstance(invitations_found(joining.head(0)), NotAsked)
    assert invitations_found(REFUSAL) is REFUSAL

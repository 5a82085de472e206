from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from stores.simulation.told import close

from retention_lib.settings import Simulation
from retention_lib.stores.simulation.buying import bought, worlds
from retention_lib.stores.simulation.campaigns import factors, list_factors
from retention_lib.stores.simulation.experiments import assignments, outcomes, redemptions
from retention_lib.stores.simulation.graded import Graded, graded_effects, purchases
from retention_lib.stores.simulation.lists import OFFERS_OF_LISTS, RECENT_DAYS, SILENT_DAYS
from retention_lib.stores.simulation.members import Members, PlayedList
from retention_lib.stores.simulation.messages import EMAIL, SMS, contacts
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, LIST_ARMS, NEVER, OFFER_DAYS, Campaign
from retention_lib.stores.simulation.story import LISTS, Story

LETTER, FREE, DISCOUNT, ALONE = range(4)
NINE, FIVE = 9 * 3_600, 17 * 3_600


@cache
def with_lists() -> Story:
    """A store with the lists of its last two months."""
    return tell_story(open_shop(Simulation(customers=6_000, months=12, lists=2)), 0)


@cache
def without_lists() -> Story:
    """The same store without them."""
    return tell_story(open_shop(Simulation(customers=6_000, months=12)), 0)


@cache
def played() -> Story:
    """A store of six months in which everybody in four is in a list of the fourth, the others in none."""
    shop = open_shop(Simulation(customers=4_000, months=6))
    number = np.arange(0, 4_000, 4)
    start = 95
    listed = PlayedList(
        number=number,
        offer=number // 4 % 3,
        treated=number // 12 % 2 == 0,
        day=start + number // 24 % 5,
        second=np.where(number // 120 % 2 == 0, NINE, FIVE),
        channel=np.where(number % 8 == 0, EMAIL, SMS),
    )
    campaign = Campaign(id="mine_2026_04", kind="list", start=start, arms=LIST_ARMS)
    return tell_story(replace(shop, campaigns=(campaign,), lists={campaign.id: listed}), 0)


def members_of(story: Story, name: str) -> Members:
    place = next(place for place, one in enumerate(story.shop.campaigns) if one.id == name)
    return story.fates.members[place]


def graded_of(story: Story, name: str) -> Graded:
    return next(one for one in graded_effects(story) if one.effect == name)


def bought_in(story: Story, place: int) -> pd.DataFrame:
    """Customer and day of the purchases of a world."""
    happens = (story.occasions.bought >> np.uint64(place)) & np.uint64(1) > 0
    return pd.DataFrame({"customer": story.occasions.customer[happens], "day": story.occasions.day[happens]})


def test_plan_has_three_lists_for_each_of_the_last_months() -> None:
    lists = [one for one in with_lists().shop.campaigns if one.kind == "list"]
    assert [one.id for one in lists] == [
        *("abandoned_cart_2026_05", "reactivation_2026_05", "welcome_2026_05"),
        *("abandoned_cart_2026_06", "reactivation_2026_06", "welcome_2026_06"),
    ]
    assert {str(with_lists().shop.calendar.dates[one.start]) for one in lists} == {"2026-05-01", "2026-06-01"}
    assert not [one for one in without_lists().shop.campaigns if one.kind == "list"]


@pytest.mark.parametrize("months", [6, 12, 48])
@pytest.mark.parametrize("programme", ["level", "invited"])
def test_worlds_fit_into_the_bits_of_a_number(months: int, programme: str) -> None:
    shop = open_shop(Simulation(months=months, programme=programme, lists=6))  # type: ignore[arg-type]
    told = worlds(shop)
    assert len(told) <= 64
    assert len([one for one in told if one.effect == LISTS]) == 6


@pytest.mark.parametrize("scenario", OFFERS_OF_LISTS)
def test_lists_go_to_those_whom_their_scenario_looks_for(scenario: str) -> None:
    story = with_lists()
    name = f"{scenario}_2026_06"
    start = next(one.start for one in story.shop.campaigns if one.id == name)
    members, orders = members_of(story, name), story.orders
    before = orders.day < start
    count = np.bincount(orders.customer[before], minlength=story.people.count)
    last = np.full(story.people.count, -NEVER)
    np.maximum.at(last, orders.customer[before], orders.day[before])
    silence = (start - last)[members.listed]
    assert len(silence) > 20
    assert story.people.email_consent[members.listed].all()
    if scenario == "reactivation":
        assert ((silence > RECENT_DAYS) & (silence <= SILENT_DAYS)).all()
    else:
        assert (silence <= RECENT_DAYS).all()
        assert ((count[members.listed] == 1) == (scenario == "welcome")).all()


def test_nobody_is_in_two_lists_of_a_month_and_four_in_five_are_treated() -> None:
    story = with_lists()
    lists = [members_of(story, f"{scenario}_2026_06") for scenario in OFFERS_OF_LISTS]
    assert np.sum([one.listed for one in lists], axis=0).max() == 1
    together = np.concatenate([one.treated[one.listed] for one in lists])
    assert close(float(together.mean()), 0.8, len(together))


def test_tables_show_who_was_written_to_and_who_was_left_alone() -> None:
    story = with_lists()
    assigned = assignments(story).to_pandas().query("experiment_id.str.contains('_2026_')")
    sent = contacts(story).to_pandas().query("campaign_id in @assigned.experiment_id.unique()")
    together = assigned.merge(sent, left_on=["customer_id", "experiment_id"], right_on=["customer_id", "campaign_id"])
    assert set(assigned["variant"]) == {"treatment", "control"}
    assert set(together["variant"]) == {"treatment"}
    assert len(together) == len(sent) == (assigned["variant"] == "treatment").sum()
    assert (together["assigned_at"] == together["sent_at"]).all()
    assert assigned["assigned_at"].dt.hour.between(10, 11).all()
    assert assigned["assigned_at"].dt.day.between(1, 7).all()
    offers = sent.groupby(sent["campaign_id"].astype(str).str.rsplit("_", n=2).str[0])["offer"].unique()
    assert offers["welcome"].tolist() == ["free_delivery"]
    assert offers["reactivation"].tolist() == ["discount20"]
    assert offers["abandoned_cart"].isna().all()
    assert set(sent["cost"].astype(float)) == {0.5}
    used = redemptions(story).to_pandas()
    assert "reactivation_2026_05-discount20" in set(used["coupon_id"].astype(str))
    assert not outcomes(story).to_pandas()["experiment_id"].astype(str).str.contains("_2026_").any()


def test_lists_leave_the_time_before_them_as_it_was() -> None:
    first = min(one.start for one in with_lists().shop.campaigns if one.kind == "list")
    told = [bought_in(story, 0) for story in (with_lists(), without_lists())]
    early = [one[one["day"] < first].reset_index(drop=True) for one in told]
    pd.testing.assert_frame_equal(early[0], early[1])
    assert len(told[0]) > len(told[1])


def test_members_given_from_outside_have_their_own_days_and_arms() -> None:
    story = played()
    table = assignments(story).to_pandas()
    number = table["customer_id"].str[1:].astype(int).to_numpy()
    assert number.tolist() == list(range(0, 4_000, 4))
    treated = number // 12 % 2 == 0
    assert (table["variant"] == np.where(treated, "treatment", "control")).all()
    assert (table["assigned_at"].dt.hour == np.where(number // 120 % 2 == 0, 9, 17)).all()
    sent = contacts(story).to_pandas().query("campaign_id == 'mine_2026_04'")
    assert sent["customer_id"].str[1:].astype(int).tolist() == number[treated].tolist()
    assert (sent["channel"].astype(str) == np.where(number[treated] % 8 == 0, "email", "sms")).all()
    named = {LETTER: None, FREE: "free_delivery", DISCOUNT: "discount20"}
    assert sent["offer"].astype(object).where(sent["offer"].notna(), None).tolist() == [
        named[code] for code in number[treated] // 4 % 3
    ]


def test_what_is_sent_after_noon_works_from_the_next_day_on() -> None:
    story = played()
    members = members_of(story, "mine_2026_04")
    early = members.second[::4] == NINE
    assert (members.first[::4] - members.day[::4]).tolist() == np.where(early, 0, 1).tolist()
    assert set(members.first[1::4]) == {NEVER}


def test_coupons_are_used_by_the_treated_while_they_are_valid() -> None:
    story = played()
    members, orders = members_of(story, "mine_2026_04"), story.orders
    used = orders.coupon >= 0
    who, day = orders.customer[used], orders.day[used]
    assert len(who) > 20
    assert (members.treated & np.isin(members.offer, [FREE, DISCOUNT]))[who].all()
    age = day - members.first[who]
    assert age.min() >= 0
    assert age.max() < OFFER_DAYS


def test_the_other_world_gives_the_message_to_those_left_alone_and_takes_it_from_the_others() -> None:
    story = played()
    flipped = next(place for place, one in enumerate(story.occasions.worlds) if one.effect == LISTS)
    members = members_of(story, "mine_2026_04")
    days = [bought_in(story, place).query("95 <= day < 140") for place in (0, flipped)]
    counts = [np.bincount(one["customer"], minlength=4_000) for one in days]
    assert (counts[0] == counts[1])[~members.listed].all()
    more = counts[0] - counts[1]
    assert more[members.listed & members.treated].mean() > 0.02
    assert more[members.listed & ~members.treated].mean() < -0.02


def test_truth_of_a_list_is_what_happened_in_the_own_arm_and_the_other_world_in_the_other() -> None:
    story = played()
    graded = graded_of(story, "mine_2026_04")
    members = members_of(story, "mine_2026_04")
    assert graded.arms == ("treatment", "control")
    assert graded.started.tolist() == members.day[::4].tolist()
    treated, alone = (purchases(story, graded, code) for code in (0, 1))
    orders = story.orders
    age = orders.day - members.day[orders.customer]
    inside = (
        members.listed[orders.customer]
        & (age >= 0)
        & (age < np.minimum(FOLLOW_DAYS, 181 - members.day)[orders.customer])
    )
    happened = np.bincount(orders.customer[inside], weights=orders.amount[inside], minlength=4_000)[::4]
    for spent, own in ((treated, graded.arm == 0), (alone, graded.arm == 1)):
        revenue = np.bincount(spent.subject, weights=spent.revenue, minlength=1_000)
        assert revenue[own].tolist() == happened[own].tolist()
    assert treated.offer_cost.sum() > 0
    assert alone.offer_cost.sum() == 0


def test_a_message_works_by_its_offer() -> None:
    """With nothing but free delivery at work, only those who are offered it buy more."""
    sizes = {"letter_effect": 0.0, "discount_effect": 0.0, "free_delivery_effect": 2.0}
    simulation = Simulation(customers=4_000, months=6, sizes=sizes)  # type: ignore[arg-type]
    shop = replace(open_shop(simulation), campaigns=played().shop.campaigns, lists=played().shop.lists)
    story = tell_story(shop, 0)
    graded = graded_of(story, "mine_2026_04")
    offer = members_of(story, "mine_2026_04").offer[::4]
    counts = [np.bincount(purchases(story, graded, code).subject, minlength=1_000) for code in (0, 1)]
    more = counts[0] - counts[1]
    assert more[offer == FREE].mean() > 0.1
    assert not more[(offer == LETTER)].any()


def test_a_list_in_which_all_ages_are_one_works_like_a_campaign() -> None:
    effect, bought = np.array([0.8, 0.8, 0.0], dtype=np.float32), np.array([True, False, False])
    sizes = Simulation().sizes
    for age in (0, 13, 14, 24, 83):
        expected = factors(effect, bought, age=age, sizes=sizes)
        expected[2] = 1.0
        assert list_factors(effect, bought, np.full(3, age, dtype=np.int32), sizes=sizes) == pytest.approx(expected)
    for age in (-1, -NEVER, FOLLOW_DAYS):
        assert list_factors(effect, bought, np.full(3, age, dtype=np.int32), sizes=sizes).tolist() == [1, 1, 1]


def test_a_shop_told_beside_another_is_told_as_it_would_be_alone() -> None:
    shop, other = with_lists().shop, without_lists().shop
    who = with_lists().people
    told = bought(shop, 0, who, told=worlds(shop)[:1], beside=(other,))
    alone = bought(other, 0, who, told=worlds(other)[:1])
    place = len(told.occasions.worlds) - 1
    happens = (told.occasions.bought >> np.uint64(place)) & np.uint64(1) > 0
    assert told.occasions.customer[happens].tolist() == alone.occasions.customer.tolist()
    assert told.occasions.day[happens].tolist() == alone.occasions.day.tolist()
    assert (told.beside[0].arm == alone.fates.arm).all()


def test_lists_of_a_month_work_together_as_they_do_one_by_one() -> None:
    """Lists of one start that share nobody are told as one inside."""
    shop, number = open_shop(Simulation(customers=2_000, months=6)), np.arange(2_000)
    start = 95

    def rule(chosen: np.ndarray) -> PlayedList:
        size = int(chosen.sum())
        return PlayedList(
            number=number[chosen],
            offer=np.full(size, DISCOUNT),
            treated=np.arange(size) % 2 == 0,
            day=np.full(size, start + 2),
            second=np.full(size, NINE),
            channel=np.full(size, EMAIL),
        )

    parts = {"one_2026_04": rule(number % 4 == 0), "two_2026_04": rule(number % 4 == 1)}
    whole = {
        "all_2026_04": replace(
            parts["one_2026_04"],
            **{
                name: np.concatenate([getattr(part, name) for part in parts.values()])
                for name in ("number", "offer", "treated", "day", "second", "channel")
            },
        )
    }
    told = []
    for lists in (parts, whole):
        plan = tuple(Campaign(id=name, kind="list", start=start, arms=LIST_ARMS) for name in lists)
        told.append(bought_in(tell_story(replace(shop, campaigns=plan, lists=lists), 0), 0))
    pd.testing.assert_frame_equal(told[0], told[1])

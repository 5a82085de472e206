from __future__ import annotations

import numpy as np
import pytest
from stores.simulation.told import happens, purchases, story, world

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.buying import bought, worlds
from retention_lib.stores.simulation.people import people
from retention_lib.stores.simulation.shop import open_shop
from retention_lib.stores.simulation.stage import EFFECT_DAYS, FOLLOW_DAYS, NEVER, WINDOW_DAYS
from retention_lib.stores.simulation.story import Story


def different(told: Story, place: int, who: np.ndarray) -> int:
    """Occasions of some customers that happen in one of two worlds only: what happened, and another."""
    one = told.occasions.worlds[place]
    followed = (told.occasions.day >= one.start) & (told.occasions.day < one.end)
    apart = happens(told, 0) != happens(told, place)
    return int((apart & followed & who[told.occasions.customer]).sum())


def test_every_customer_begins_on_the_day_of_the_first_order() -> None:
    told = story()
    occasions = told.occasions
    first = np.full(told.people.count, NEVER)
    np.minimum.at(first, occasions.customer, occasions.day)
    assert (first == told.people.acquired).all()
    on_first = occasions.day == told.people.acquired[occasions.customer]
    assert happens(told, 0)[on_first].all()


def test_nobody_buys_after_the_relation_has_ended() -> None:
    told = story()
    later = happens(told, 0) & (told.occasions.day > told.people.acquired[told.occasions.customer])
    assert (told.occasions.day[later] < told.fates.left[told.occasions.customer[later]]).all()


def test_purchases_are_as_many_as_the_rates_say() -> None:
    told = story()
    expected = (told.fates.expected_days * told.shop.calendar.buying).sum()
    again = happens(told, 0) & (told.occasions.day > told.people.acquired[told.occasions.customer])
    assert again.sum() == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_what_happened_does_not_depend_on_other_worlds_being_told() -> None:
    told = story(customers=3000)
    alone = bought(told.shop, 0, told.people, told=told.occasions.worlds[:1]).occasions
    assert (alone.day == told.occasions.day[happens(told, 0)]).all()
    assert (alone.customer == told.occasions.customer[happens(told, 0)]).all()


@pytest.mark.parametrize("months", range(6, 49))
def test_worlds_have_a_bit_each(months: int) -> None:
    told = worlds(open_shop(Simulation(months=months, programme="invited")))
    assert len(told) == len({(one.effect, one.arm) for one in told}) <= 64


def test_customers_a_change_does_not_touch_do_the_same_in_both_worlds() -> None:
    told = story()
    everybody = np.ones(told.people.count, dtype=np.bool_)
    late = told.people.late
    reviewed = np.isin(np.arange(told.people.count), told.occasions.customer[told.occasions.bad_review])
    joined = told.fates.joined < NEVER
    places = {name: world(told, *name.split("/")) for name in ("late_first_delivery/late", "bad_review/harmless")}
    assert different(told, places["late_first_delivery/late"], late) == 0
    assert different(told, places["late_first_delivery/late"], everybody) > 0
    assert different(told, world(told, "late_first_delivery", "on_time"), ~late) == 0
    assert different(told, places["bad_review/harmless"], ~reviewed) == 0
    assert different(told, places["bad_review/harmless"], reviewed) > 0
    assert different(told, world(told, "programme", "never"), ~joined) == 0
    assert different(told, world(told, "programme", "never"), joined) > 0


def test_late_and_on_time_are_the_same_up_to_the_promised_day() -> None:
    told = story(unmeasured_confounder=0.8)
    late, on_time = (happens(told, world(told, "late_first_delivery", arm)) for arm in ("late", "on_time"))
    shown = told.occasions.day > told.people.first_promised[told.occasions.customer]
    assert not (late != on_time)[~shown].any()
    # Some buy again before the first delivery is due, and lateness takes purchases only from those who would buy after.
    again = told.occasions.day > told.people.acquired[told.occasions.customer]
    assert (late & again & ~shown).sum() > 100
    assert (late & ~on_time).sum() < 0.05 * (on_time & ~late).sum()


def test_late_first_delivery_ends_relations_with_the_promised_day() -> None:
    told = story(late_harm=1.0)
    late = told.people.late
    assert (told.fates.left[late] <= told.people.first_promised[late] + 1).all()
    over_it = told.fates.left_by == 1
    assert (told.fates.left[over_it] == told.people.first_promised[over_it] + 1).all()
    assert (told.people.ends[over_it] > told.fates.left[over_it]).all()
    assert late[over_it].all()


def test_bad_review_of_the_first_order_ends_no_relation_before_the_promised_day() -> None:
    told = story(late_harm=0.0, bad_review_harm=1.0, answer_benefit=0.0)
    first = told.occasions.bad_review & (told.occasions.day == told.people.acquired[told.occasions.customer])
    left = told.fates.left[told.occasions.customer[first]]
    over_it = told.fates.left_by[told.occasions.customer[first]] == 2
    promised = told.people.first_promised[told.occasions.customer[first]]
    assert (left <= promised + 1).all()
    assert (left[over_it] == promised[over_it] + 1).mean() > 0.98  # others over an order made before the promised day


def test_each_arm_is_what_happened_to_those_who_drew_it() -> None:
    told = story()
    for place, campaign in enumerate(told.shop.campaigns):
        for code, arm in enumerate(campaign.arms):
            drew = (told.fates.arm[place] == code) | (told.fates.arm[place] < 0)
            assert different(told, world(told, campaign.id, arm), drew) == 0


def gain(told: Story, effect: str, arm: str, other: str, *, start: int | np.ndarray, days: int) -> float:
    """Purchases that those whom an effect is about make more in one world than in another (share)."""
    places = [place for place, campaign in enumerate(told.shop.campaigns) if campaign.id == effect]
    who = told.fates.arm[places[0]] >= 0 if places else slice(None)
    one = purchases(told, world(told, effect, arm), start=start, days=days)[who]
    two = purchases(told, world(told, effect, other), start=start, days=days)[who]
    return float(one.sum() / two.sum() - 1)


def test_effects_go_the_way_they_are_meant_to() -> None:
    told = story()
    after_first = told.people.acquired + 1
    assert gain(told, "late_first_delivery", "late", "on_time", start=after_first, days=EFFECT_DAYS) < -0.15
    offer = told.shop.campaigns[0]
    assert gain(told, offer.id, "discount20", "none", start=offer.start, days=WINDOW_DAYS) > 0.2
    harmless = purchases(told, world(told, "bad_review", "harmless"), start=0, days=730).sum()
    assert harmless > purchases(told, 0, start=0, days=730).sum()
    never = purchases(told, world(told, "programme", "never"), start=0, days=730).sum()
    # World `never` is followed from the programme's start only.
    since = purchases(told, 0, start=told.shop.programme_start, days=730).sum()
    assert never < since


@pytest.mark.parametrize(
    ("sizes", "effect", "arms"),
    [
        ({"late_harm": 0.0, "bad_review_harm": 0.0}, "late_first_delivery", ("late", "on_time")),
        ({"programme_effect": 0.0, "tier_effort": 0.0, "tier_dip": 0.0}, "programme", ("never",)),
        ({"bad_review_harm": 0.0}, "bad_review", ("harmless",)),
        ({"discount_effect": 0.0, "free_delivery_effect": 0.0, "pull_forward": 0.0}, "offer_1", ("discount20", "none")),
        ({"letter_effect": 0.0}, "letter_1", ("letter", "none")),
    ],
)
def test_an_effect_of_size_zero_changes_nothing(sizes: dict[str, float], effect: str, arms: tuple[str, ...]) -> None:
    told = story(customers=3000, **sizes)
    everybody = np.ones(told.people.count, dtype=np.bool_)
    assert [different(told, world(told, effect, arm), everybody) for arm in arms] == [0] * len(arms)


def test_offer_without_after_effect_leaves_none() -> None:
    quiet = story(carry_over=0.0, pull_forward=0.0)
    offer = quiet.shop.campaigns[0]
    after = {"start": offer.start + 14, "days": FOLLOW_DAYS - 14}
    # Purchases in the offer change who is due for the used-up product, hence no exact zero.
    assert abs(gain(quiet, offer.id, "discount20", "none", **after)) < 0.03
    loud = story(carry_over=0.0, pull_forward=1.0)
    assert gain(loud, offer.id, "discount20", "none", **after) < -0.03


def test_joining_by_level_knows_nothing_of_purchases_near_the_day() -> None:
    told = story(customers=20000)
    joined = told.fates.joined
    inside = np.flatnonzero((joined < NEVER - 1) & (joined + 28 < told.shop.calendar.days) & (joined > 56))
    before, after = (purchases(told, 0, start=joined - shift, days=28)[inside].sum() for shift in (28, 0))
    neutral = purchases(told, world(told, "programme", "never"), start=joined, days=28)[inside].sum()
    assert neutral < after
    # Relations end at their usual pace, no faster than before joining.
    assert 0.75 < neutral / before < 1.1
    assert told.people.level[inside].mean() > 0.5


def test_joining_by_level_knows_nothing_of_survival() -> None:
    told, ended = story(customers=3000), story(customers=3000, late_harm=1.0, bad_review_harm=1.0, answer_benefit=0.0)
    assert (ended.fates.left < told.fates.left).mean() > 0.1
    assert (ended.fates.joined == told.fates.joined).all()


def test_product_that_was_out_of_stock_at_first_is_due_all_the_same() -> None:
    told = story(customers=12000)
    category = told.shop.catalogue.category[told.people.product]
    lacked = (told.people.product >= 0) & (category == told.shop.calendar.out_of_stock[told.people.acquired])
    assert lacked.sum() > 50
    assert told.occasions.due[lacked[told.occasions.customer] & happens(told, 0)].sum() > 10


def test_joining_by_momentum_happens_at_a_purchase() -> None:
    told = story(programme="momentum")
    joined = told.fates.joined
    members = np.flatnonzero(joined < NEVER)
    assert len(members) > 500
    assert (purchases(told, 0, start=joined, days=1)[members] == 1).all()


def test_invited_alone_join_in_the_world_of_invitations() -> None:
    told = story(programme="invited")
    place = next(place for place, campaign in enumerate(told.shop.campaigns) if campaign.kind == "invitation")
    members = told.fates.joined < NEVER
    assert (told.fates.arm[place][members] == 0).all()
    accepted = members[told.fates.arm[place] == 0].mean()
    assert 0.25 < accepted < 0.7


def test_late_first_delivery_is_confounded_by_more_than_half_of_its_effect() -> None:
    told = story(customers=20000)
    followed = told.people.acquired + 1 + EFFECT_DAYS <= told.shop.calendar.days
    start = told.people.acquired + 1
    worlds = [world(told, "late_first_delivery", arm) for arm in ("late", "on_time")]
    late, on_time = (purchases(told, place, start=start, days=EFFECT_DAYS)[followed].mean() for place in worlds)
    seen = purchases(told, 0, start=start, days=EFFECT_DAYS)
    raw = seen[followed & told.people.late].mean() - seen[followed & ~told.people.late].mean()
    assert abs(raw - (late - on_time)) > 0.5 * abs(late - on_time)
    fair = story(customers=20000, late_confounding=0.0)
    seen = purchases(fair, 0, start=start, days=EFFECT_DAYS)
    raw = seen[followed & fair.people.late].mean() - seen[followed & ~fair.people.late].mean()
    assert abs(raw - (late - on_time)) < 0.5 * abs(late - on_time)


def test_letter_looks_many_times_better_than_it_is() -> None:
    told = story(customers=20000)
    for place, campaign in enumerate(told.shop.campaigns):
        if campaign.kind == "letter":
            arm = told.fates.arm[place]
            seen = purchases(told, 0, start=campaign.start, days=WINDOW_DAYS)
            naive = seen[arm == 0].mean() - seen[arm == 1].mean()
            worlds = [world(told, campaign.id, name) for name in campaign.arms]
            letter, none = (purchases(told, w, start=campaign.start, days=WINDOW_DAYS)[arm >= 0].mean() for w in worlds)
            assert naive > 5 * (letter - none)


def test_blocks_of_one_shop_differ_and_stories_are_the_same_every_time() -> None:
    shop = open_shop(story(customers=3000).shop.simulation)
    one, two, again = people(shop, 0), people(shop, 1, count=3000), people(shop, 0)
    assert (one.rate != two.rate).any()
    assert (one.rate == again.rate).all()

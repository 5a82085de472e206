"""The effects on which models are graded: whom each concerns, from when on, and what they buy in each of its worlds.

A world forces one arm on everybody who takes part. With spill-over inside households a subject's outcome in its own arm
may therefore differ from what happened, where the others of the household were in another arm; else they are the same.
The programme is followed from the day of joining on: where joining takes a purchase, that one counts in both arms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retention_lib.stores.simulation.coupons import coupon_campaigns, coupon_values
from retention_lib.stores.simulation.experiments import LEFT_OUT, TREATMENT
from retention_lib.stores.simulation.members import LEFT_ALONE, Members
from retention_lib.stores.simulation.stage import EFFECT_DAYS, FOLLOW_DAYS, NEVER, PERIOD_DAYS, Campaign, Ints
from retention_lib.stores.simulation.story import LISTS, Baskets, Occasions, Story

LATE, BAD_REVIEW, PROGRAMME = "late_first_delivery", "bad_review", "programme"

ARMS = {LATE: ("late", "on_time"), BAD_REVIEW: ("harmful", "harmless"), PROGRAMME: ("member", "never")}
"""The arms of the effects that are no campaign; where one of them is no world, it is what happened."""

SELF_SELECTED = (BAD_REVIEW, PROGRAMME)
"""The effects whose subjects were all in one arm."""

PROGRAMME_DAYS = 13 * PERIOD_DAYS
"""How long the truth follows a member from joining and those invited, at most."""


@dataclass(frozen=True, kw_only=True)
class Graded:
    """An effect and the customers of a block on whom it is measured; arrays over these subjects, by customer.

    Attributes:
        effect: Its name: `late_first_delivery`, `bad_review`, `programme`, or the campaign's id.
        arms: The names of its arms.
        customer: Place of each subject in the block.
        arm: Code of the arm in which the subject was.
        started: The first day that is followed.
        days: How many days are followed (count).
        longest: How many are followed at most, in any block.
    """

    effect: str
    arms: tuple[str, ...]
    customer: Ints
    arm: Ints
    started: Ints
    days: Ints
    longest: int


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """What the subjects of an effect buy in one of its arms; arrays over purchases, by subject and day.

    Money is in cents: revenue before refunds, as the orders' `amount`.

    Attributes:
        subject: Place in the subjects of `Graded`.
        age: Days since the subject's first day (count).
        revenue: Net money of the goods, a discount coupon taken off.
        gross_profit: Revenue less what the goods cost the shop.
        offer_cost: What a coupon for free delivery costs the shop beside that.
    """

    subject: Ints
    age: Ints
    revenue: Ints
    gross_profit: Ints
    offer_cost: Ints


def graded_effects(story: Story) -> Iterator[Graded]:
    """The graded effects of a block: the late first delivery, the bad review, the programme and every campaign."""
    yield _late(story)
    yield _bad_review(story)
    yield _programme(story)
    for place, campaign in enumerate(story.shop.campaigns):
        if campaign.kind == "list":
            yield _list(story, campaign, story.fates.members[place])
            continue
        arm = story.fates.arm[place]
        followed = PROGRAMME_DAYS if campaign.kind == "invitation" else FOLLOW_DAYS
        days = min(followed, story.shop.calendar.days - campaign.start)
        customer = np.flatnonzero(arm >= 0)
        started = np.full(len(customer), campaign.start)
        yield Graded(
            effect=campaign.id,
            arms=campaign.arms,
            customer=customer,
            arm=arm[customer],
            started=started,
            days=np.full(len(customer), days),
            longest=days,
        )


def _list(story: Story, campaign: Campaign, members: Members) -> Graded:
    """Those in a list, each from the day of sending."""
    days = story.shop.calendar.days
    customer = np.flatnonzero(members.listed & (members.day < days))
    return Graded(
        effect=campaign.id,
        arms=(TREATMENT, LEFT_OUT),
        customer=customer,
        arm=np.where(members.treated[customer], 0, 1),
        started=members.day[customer],
        days=np.minimum(FOLLOW_DAYS, days - members.day[customer]),
        longest=min(FOLLOW_DAYS, days - campaign.start),
    )


def _late(story: Story) -> Graded:
    """All customers whose first delivery can be followed to its end."""
    started = story.people.acquired + 1
    customer = np.flatnonzero(started + EFFECT_DAYS <= story.shop.calendar.days)
    return _followed(story, LATE, customer, started[customer], np.where(story.people.late[customer], 0, 1))


def _bad_review(story: Story) -> Graded:
    """Those who had a bad review that can be followed to its end; their first one counts."""
    occasions = story.occasions
    bad = np.flatnonzero(((occasions.bought & 1) > 0) & occasions.bad_review)
    customer, first = np.unique(occasions.customer[bad], return_index=True)
    started = occasions.day[bad][first] + 1
    whole = started + EFFECT_DAYS <= story.shop.calendar.days
    return _followed(story, BAD_REVIEW, customer[whole], started[whole], np.zeros(int(whole.sum()), dtype=np.int64))


def _followed(story: Story, effect: str, customer: Ints, started: Ints, arm: Ints) -> Graded:
    days = np.full(len(customer), EFFECT_DAYS)
    return Graded(
        effect=effect,
        arms=ARMS[effect],
        customer=customer,
        arm=arm,
        started=started,
        days=days,
        longest=EFFECT_DAYS,
    )


def _programme(story: Story) -> Graded:
    """Those who joined, from the day of joining; where a purchase is the occasion of it, from the day after."""
    at_purchase = story.shop.simulation.programme == "momentum"
    started = story.fates.joined + int(at_purchase)
    customer = np.flatnonzero(started < story.shop.calendar.days)
    started = started[customer]
    return Graded(
        effect=PROGRAMME,
        arms=ARMS[PROGRAMME],
        customer=customer,
        arm=np.zeros(len(customer), dtype=np.int64),
        started=started,
        days=np.minimum(PROGRAMME_DAYS, story.shop.calendar.days - started),
        longest=PROGRAMME_DAYS,
    )


def purchases(story: Story, graded: Graded, code: int) -> Purchases:
    """What the subjects of an effect buy while they are followed, in the world where all are in one arm.

    Args:
        story: The block.
        graded: The effect and its subjects.
        code: The arm's code.
    """
    world = worlds_of(story, graded, code)[story.occasions.customer]
    occasions = story.occasions
    place = np.full(story.people.count, -1)
    place[graded.customer] = np.arange(len(graded.customer))
    first, last = np.full(story.people.count, NEVER), np.full(story.people.count, 0)
    first[graded.customer], last[graded.customer] = graded.started, graded.started + graded.days
    bought = (occasions.bought >> world) & np.uint64(1) > 0
    there = bought & (occasions.day >= first[occasions.customer]) & (occasions.day < last[occasions.customer])
    at = np.flatnonzero(there)
    subject = place[occasions.customer[at]]
    money = money_in(story, at, world=world[at], arm=_arms(story, graded, code))
    return Purchases(
        subject=subject,
        age=occasions.day[at] - graded.started[subject],
        revenue=money.revenue,
        gross_profit=money.revenue - money.cost,
        offer_cost=money.offer_cost,
    )


@dataclass(frozen=True, kw_only=True)
class Money:
    """Money of occasions, in cents; arrays over them.

    Attributes:
        revenue: Net money of the goods, a discount coupon taken off.
        cost: What the goods cost the shop.
        offer_cost: What a coupon for free delivery costs the shop beside that.
    """

    revenue: Ints
    cost: Ints
    offer_cost: Ints


def money_in(story: Story, at: Ints, *, world: NDArray[np.uint64], arm: Ints) -> Money:
    """Money of some occasions, each in a world where customers have certain arms.

    Args:
        story: The block.
        at: Places of the occasions.
        world: The place of the world to each.
        arm: Campaigns by customers: the arm each is in.
    """
    occasions, baskets = _chosen(story, at)
    extra = (occasions.used_up >> world) & np.uint64(1) > 0
    goods = baskets.amount + np.where(extra, baskets.extra_amount, 0)
    coupon = coupon_campaigns(story.shop, occasions, baskets, arm, first=story.fates.list_days)
    value = coupon_values(story.shop, occasions, coupon, arm, goods)
    cost = baskets.cost + np.where(extra, baskets.extra_cost, 0)
    return Money(revenue=goods - value.price, cost=cost, offer_cost=value.delivery)


def _chosen(story: Story, at: Ints) -> tuple[Occasions, Baskets]:
    """Some occasions and what is in their baskets, but for the lines."""
    occasions, baskets = story.occasions, story.baskets
    arrays = ("customer", "day", "bought", "used_up", "bad_review", "answered", "member", "effort", "dip", "due")
    sums = ("amount", "cost", "extra_amount", "extra_cost", "uses_coupon", "channel")
    return (
        replace(occasions, **{name: getattr(occasions, name)[at] for name in arrays}),
        replace(baskets, **{name: getattr(baskets, name)[at] for name in sums}),
    )


def worlds_of(story: Story, graded: Graded, code: int) -> NDArray[np.uint64]:
    """For each customer the place of the world in which the subjects are in an arm.

    Of a list that is what happened for those who were in the arm, and the world in which it went the other way for the
    others; of any other effect one world for all.

    Args:
        story: The block.
        graded: The effect and its subjects.
        code: The arm's code.
    """
    if graded.arms != (TREATMENT, LEFT_OUT):
        return np.full(story.people.count, world_of(story, graded, code), dtype=np.uint64)
    start = next(one.start for one in story.shop.campaigns if one.id == graded.effect)
    places = [place for place, one in enumerate(story.occasions.worlds) if (one.effect, one.start) == (LISTS, start)]
    found = np.zeros(story.people.count, dtype=np.uint64)
    found[graded.customer[graded.arm != code]] = places[0] if places else 0
    return found


def world_of(story: Story, graded: Graded, code: int) -> int:
    """The place of the world in which all are in an arm; what happened where there is none."""
    for place, world in enumerate(story.occasions.worlds):
        if (world.effect, world.arm) == (graded.effect, graded.arms[code]):
            return place
    return 0


def _arms(story: Story, graded: Graded, code: int) -> Ints:
    """The arms of all campaigns (by customers) in the world where all subjects are in one arm of an effect."""
    places = [place for place, campaign in enumerate(story.shop.campaigns) if campaign.id == graded.effect]
    if not places:
        return story.fates.arm
    arm = story.fates.arm.copy()
    if places[0] in story.fates.members:
        offer = story.fates.members[places[0]].offer[graded.customer]
        arm[places[0], graded.customer] = np.where(code == 0, offer, LEFT_ALONE)
    else:
        arm[places[0], graded.customer] = code
    return arm

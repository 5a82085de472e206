"""The points with which members of the programme are credited, in lots: for purchases, for joining, for what they do.

A purchase earns points where it is made as a member: the order at which somebody joins does not, nor does one on the
day of leaving. Moments are whole seconds from midnight of the shop's first day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.hours import DAY_SECONDS
from retention_lib.stores.simulation.stage import Floats, Ints
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.voices import FEEDBACK, voices

EVENTS = ("join", "tier", "earn", "grant", "redeem", "reverse", "adjust", "expire", "forfeit", "leave")
"""The events of the programme; those of one moment stand in this order."""

REASONS = ("purchase", "welcome", "review", "referral", "birthday", "promotion")

ACCRUAL_PERCENT = np.array([3, 5, 7])
"""Points for a hundred roubles of goods, by tier."""

EXPIRY_DAYS = 180
"""How long points are valid; those granted for joining, for a birthday and before the New Year less."""

WELCOME_DAYS, BIRTHDAY_DAYS, PROMOTION_DAYS = 60, 30, 30
SHOP_CREDIT_DAYS = 3
"""A purchase in a shop is credited so many days later, one that is delivered with the delivery."""

PROMOTION_POINTS = 100
"""What every member is granted each December."""

_PROMOTION_DAY, _PROMOTION_SECOND = 10, 10 * 3_600
_BIRTHDAY_AHEAD, _BIRTHDAY_SECOND = 7, 9 * 3_600
_OPENS, _OPEN_SECONDS = 9 * 3_600, 12 * 3_600
_MINUTE = 60

_RECOMMENDED, _CORRECTED = 0.015, 0.01
_SLOWEST_RECOMMENDATION_DAYS = 14
_SLOWEST_CORRECTION_DAYS = 20


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The members' accounts; arrays over all customers of the block.

    Attributes:
        joined: The moment of joining; after the window for those who never do.
        left: The moment of leaving; after the window for those who stay.
        until: The first moment at which nothing can happen any more: that of leaving, or the end of the window.
    """

    joined: Ints
    left: Ints
    until: Ints


@dataclass(frozen=True, kw_only=True)
class MemberOrders:
    """The orders made as a member; arrays over them, by customer and moment.

    Attributes:
        order: Place of the order in the block.
        customer: Place of the customer in the block.
        moment: When the order was made.
        amount: Net money, in cents.
        percent: The accrual of the tier at the time, in per cent.
        credited: When its points are credited.
        chances: Uniform numbers in [0, 1), a column for each purpose of `_PURPOSES`.
    """

    order: Ints
    customer: Ints
    moment: Ints
    amount: Ints
    percent: Ints
    credited: Ints
    chances: Floats

    @property
    def points(self) -> Ints:
        """Points earned (count)."""
        return points_of(self.amount, self.percent)

    def chance(self, purpose: str) -> Floats:
        """The uniform numbers of a purpose."""
        return np.asarray(self.chances[:, _PURPOSES.index(purpose)])


_PURPOSES = ("redeem", "referral", "referral_after", "correction", "correction_after", "correction_size")


@dataclass(frozen=True, kw_only=True)
class Lots:
    """Points that were credited together; arrays over lots, by customer and moment, no two of a customer at one moment.

    Attributes:
        customer: Place of the customer in the block.
        earned: The moment of crediting.
        expires: The first moment at which what is left of them cannot be used any more; a midnight.
        points: How many (count).
        event: Code of the event that credited them: earn, grant or adjust.
        reason: Code of the reason; -1 without.
        purchase: Place in `MemberOrders`; -1 for points that were granted or corrected.
    """

    customer: Ints
    earned: Ints
    expires: Ints
    points: Ints
    event: Ints
    reason: Ints
    purchase: Ints


def points_of(amount: Ints, percent: Ints) -> Ints:
    """The whole points that money earns.

    Args:
        amount: In cents.
        percent: The accrual, in per cent.
    """
    return amount * percent // 10_000


def accounts(story: Story) -> Accounts:
    """When customers join and leave.

    Who joins at an order does so a minute later; who joins before an order of the same day, a minute before; everybody
    else at some time between nine and nine.
    """
    fates, orders, end = story.fates, story.orders, story.shop.calendar.days * DAY_SECONDS
    opening = (_OPENS + _OPEN_SECONDS * story.rng("points of members").random((2, story.people.count))).astype(np.int64)
    order = orders_on(story, fates.joined)
    shift = np.where(story.occasions.member[orders.occasion[order]], -_MINUTE, _MINUTE)
    at_order = np.clip(orders.second[order] + shift, 0, DAY_SECONDS - 1)
    joined = fates.joined * DAY_SECONDS + np.where(order >= 0, at_order, opening[0])
    left = np.maximum(fates.quit * DAY_SECONDS + opening[1], joined + 1)
    return Accounts(joined=joined, left=left, until=np.minimum(left, end))


def orders_on(story: Story, day: Ints) -> Ints:
    """The order (place in `Orders`) that each customer made on a day; -1 where there was none.

    Args:
        story: The block.
        day: A day for each customer.
    """
    found = np.full(story.people.count, -1)
    place = np.flatnonzero(story.orders.day == day[story.orders.customer])
    found[story.orders.customer[place]] = place
    return found


def member_orders(story: Story) -> MemberOrders:
    """The orders of members with all that decides on their points."""
    orders, fates = story.orders, story.fates
    chances = story.rng("points of orders").random((orders.count, len(_PURPOSES)))
    place = np.flatnonzero(story.occasions.member[orders.occasion])
    customer, moment = orders.customer[place], orders.day[place] * DAY_SECONDS + orders.second[place]
    tier = (fates.tier_days[:, customer] < orders.day[place]).sum(axis=0)
    delivered = orders.delivered_day[place] * DAY_SECONDS + orders.delivered_second[place]
    in_shop = orders.delivered_day[place] < 0
    return MemberOrders(
        order=place,
        customer=customer,
        moment=moment,
        amount=orders.amount[place],
        percent=ACCRUAL_PERCENT[tier],
        credited=np.where(in_shop, moment + SHOP_CREDIT_DAYS * DAY_SECONDS, np.maximum(delivered, moment + _MINUTE)),
        chances=chances[place],
    )


def credited_lots(story: Story, held: Accounts, bought: MemberOrders) -> Lots:
    """All points that members are credited with while they are members and the window lasts.

    Args:
        story: The block.
        held: The accounts.
        bought: The members' orders.
    """
    parts = [_earned(bought), _welcome(story, held), *_birthdays(story, held), *_promotions(story, held)]
    parts += [*_deeds(story, bought), _corrections(bought)]
    lots = stacked(parts)
    lots = _apart(picked(lots, lots.points > 0))
    return picked(lots, (lots.earned >= held.joined[lots.customer]) & (lots.earned < held.until[lots.customer]))


def _apart(lots: Lots) -> Lots:
    """The lots in their order, those of one moment a second apart, so that a customer and a moment name one lot."""
    keys = account_keys(lots.customer, lots.earned)
    order, place = np.argsort(keys, kind="stable"), np.arange(len(keys))
    lots = picked(lots, order)
    keys = np.maximum.accumulate(keys[order] - place) + place
    return replace(lots, earned=keys - account_keys(lots.customer, np.zeros_like(keys)))


def account_keys(customer: Ints, moment: Ints) -> Ints:
    """Numbers that grow with the customer, and with the moment within the customer."""
    return (customer << 40) + moment


def _lots(customer: Ints, earned: Ints, points: Ints, *, days: int, event: str, reason: str | None) -> Lots:
    """Lots that are valid for some days."""
    count = len(customer)
    return Lots(
        customer=customer,
        earned=earned,
        expires=(earned // DAY_SECONDS + days) * DAY_SECONDS,
        points=points,
        event=np.full(count, EVENTS.index(event)),
        reason=np.full(count, -1 if reason is None else REASONS.index(reason)),
        purchase=np.full(count, -1),
    )


def _earned(bought: MemberOrders) -> Lots:
    lots = _lots(bought.customer, bought.credited, bought.points, days=EXPIRY_DAYS, event="earn", reason="purchase")
    return replace(lots, purchase=np.arange(len(bought.customer)))


def _granted(customer: Ints, earned: Ints, points: float, *, days: int, reason: str) -> Lots:
    number = np.full(len(customer), round(points))
    return _lots(customer, earned, number, days=days, event="grant", reason=reason)


def _members(story: Story, held: Accounts) -> Ints:
    return np.flatnonzero(held.joined < story.shop.calendar.days * DAY_SECONDS)


def _welcome(story: Story, held: Accounts) -> Lots:
    customer, points = _members(story, held), story.shop.simulation.sizes.welcome_points
    return _granted(customer, held.joined[customer], points, days=WELCOME_DAYS, reason="welcome")


def _birthdays(story: Story, held: Accounts) -> list[Lots]:
    """A grant a week before every birthday; who was born on 29 February has it on 1 March of other years."""
    customer, points = _members(story, held), story.shop.simulation.sizes.birthday_points
    month = story.people.birth[customer].astype("datetime64[M]")
    day = story.people.birth[customer].astype("datetime64[D]") - month.astype("datetime64[D]")
    first = np.datetime64(story.shop.calendar.first_day, "D")
    parts = []
    for year in range(story.shop.simulation.first_day.year, story.shop.simulation.until.year + 2):
        this_year = month + (np.datetime64(str(year), "Y") - month.astype("datetime64[Y]")).astype(np.int64) * 12
        ahead = (this_year.astype("datetime64[D]") + day - first).astype(np.int64) - _BIRTHDAY_AHEAD
        moment = ahead * DAY_SECONDS + _BIRTHDAY_SECOND
        parts.append(_granted(customer, moment, points, days=BIRTHDAY_DAYS, reason="birthday"))
    return parts


def _promotions(story: Story, held: Accounts) -> list[Lots]:
    """What everybody is granted who is a member on a day of each December."""
    customer, dates = _members(story, held), story.shop.calendar.dates
    in_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    days = np.flatnonzero(story.shop.calendar.december & (in_month == _PROMOTION_DAY))
    moments = [np.full(len(customer), day * DAY_SECONDS + _PROMOTION_SECOND) for day in days]
    return [_granted(customer, at, PROMOTION_POINTS, days=PROMOTION_DAYS, reason="promotion") for at in moments]


def _deeds(story: Story, bought: MemberOrders) -> list[Lots]:
    """Grants for reviews written as a member, and for recommendations in the days after a purchase."""
    points, orders, said = story.shop.simulation.sizes.action_points, story.orders, voices(story)
    review = np.flatnonzero(said.kind == FEEDBACK.index("review"))
    reviewed = said.day[review] * DAY_SECONDS + said.second[review]
    told = bought.chance("referral") < _RECOMMENDED
    wait = bought.chance("referral_after")[told]
    recommended = later(bought.credited[told], wait, days=_SLOWEST_RECOMMENDATION_DAYS)
    return [
        _granted(orders.customer[said.order[review]], reviewed, points, days=EXPIRY_DAYS, reason="review"),
        _granted(bought.customer[told], recommended, points, days=EXPIRY_DAYS, reason="referral"),
    ]


def later(moment: Ints, chance: Floats, *, days: int) -> Ints:
    """Moments from an hour to some days later.

    Args:
        moment: Before.
        chance: Uniform numbers in [0, 1).
        days: The longest wait (days).
    """
    return moment + 3_600 + (chance * (days * DAY_SECONDS - 3_600)).astype(np.int64)


def corrected(bought: MemberOrders) -> tuple[Ints, Ints]:
    """The purchases whose points are corrected, up and down, as places."""
    chance = bought.chance("correction")
    return np.flatnonzero(chance < _CORRECTED / 2), np.flatnonzero((chance >= _CORRECTED / 2) & (chance < _CORRECTED))


def correction(bought: MemberOrders, place: Ints) -> tuple[Ints, Ints]:
    """When the points of purchases are corrected, and by how many."""
    moment = later(bought.credited[place], bought.chance("correction_after")[place], days=_SLOWEST_CORRECTION_DAYS)
    return moment, np.ceil(bought.points[place] * bought.chance("correction_size")[place]).astype(np.int64)


def _corrections(bought: MemberOrders) -> Lots:
    """Points given after a complaint: a lot of their own."""
    up, _ = corrected(bought)
    moment, points = correction(bought, up)
    return _lots(bought.customer[up], moment, points, days=EXPIRY_DAYS, event="adjust", reason=None)

"""The messages the shop sends: newsletters, and what goes to the treated of its campaigns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import moments, money, named
from retention_lib.stores.simulation.columns import picked, stacked
from retention_lib.stores.simulation.experiments import listed, offer_names
from retention_lib.stores.simulation.hours import DAY_SECONDS, favourite_hours
from retention_lib.stores.simulation.ids import customer_ids
from retention_lib.stores.simulation.stage import CONTROL, Bools, Floats, Ints, Shop
from retention_lib.stores.simulation.story import Story

MESSAGE_CHANNELS = ("email", "sms")

MESSAGE_COST = (50, 400)
"""What a message of each channel costs, in cents."""

_NEWSLETTER_DAY, _SMS_DAY = 4, 14
_SMS_MONTHS = (2, 11)  # March and December, from 0
_HOURS, _CAMPAIGN_HOURS = (9, 10), (10, 12)
_PURPOSES = ("sent", "opens", "days", "reads", "clicks", "click_after", "machine_after")

# Chances for a customer of average level while the relation lasts, by whether the message is a campaign's.
_OPEN_CHANCE, _CLICK_CHANCE = np.array([0.20, 0.32]), np.array([0.10, 0.22])
_OPEN_BY_LEVEL = 0.3
_OPEN_AFTER_LEAVING = 0.2
_MOST_OPEN = 0.9
_SOONEST_READ, _READ_SPREAD = 60, 3600
_READ_DAYS_SHARES = (0.75, 0.93)
_MACHINE_SECONDS = 20
_CLICK_SECONDS = (5, 300)

EMAIL, SMS = 0, 1


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """A message sent to many on one day.

    Attributes:
        id: Its name, as `contacts.campaign_id` has it.
        channel: Code of `MESSAGE_CHANNELS`; of a list each customer has an own one.
        day: The day; of a list likewise.
        campaign: The campaign (place in the plan) that it belongs to; -1 for newsletters.
    """

    id: str
    channel: int
    day: int
    campaign: int = -1


def mailings(shop: Shop) -> tuple[Mailing, ...]:
    """Everything the shop sends: a newsletter a month, an SMS twice a year, and what its campaigns send."""
    months = np.unique(shop.calendar.dates.astype("datetime64[M]"))
    starts = np.searchsorted(shop.calendar.dates, months.astype("datetime64[D]"))
    sent = []
    for month, start in zip(months, starts.tolist(), strict=True):
        name = str(month).replace("-", "_")
        sent.append(Mailing(id=f"newsletter_{name}", channel=EMAIL, day=start + _NEWSLETTER_DAY))
        if month.astype(int) % 12 in _SMS_MONTHS:
            sent.append(Mailing(id=f"sms_{name}", channel=SMS, day=start + _SMS_DAY))
    plan = enumerate(shop.campaigns)
    return *sent, *(Mailing(id=one.id, channel=EMAIL, day=one.start, campaign=place) for place, one in plan)


@dataclass(frozen=True, kw_only=True)
class Messages:
    """The block's messages; arrays over messages, by customer and time.

    Attributes:
        customer: Place of the customer in the block.
        mailing: Place in `mailings`.
        day: The day.
        second: Second of the day.
        channel: Code of `MESSAGE_CHANNELS`.
        chances: Uniform numbers in [0, 1), a column for each purpose of `_PURPOSES`.
    """

    customer: Ints
    mailing: Ints
    day: Ints
    second: Ints
    channel: Ints
    chances: Floats

    def chance(self, purpose: str) -> Floats:
        """The uniform numbers of a purpose."""
        return self.chances[:, _PURPOSES.index(purpose)]


def messages(story: Story) -> Messages:
    """Every message that the block's customers get."""
    rng = story.rng("messages")
    sent = stacked([_of_mailing(story, place, mailing, rng) for place, mailing in enumerate(mailings(story.shop))])
    return picked(sent, np.lexsort((sent.second, sent.day, sent.customer)))


def _of_mailing(story: Story, place: int, mailing: Mailing, rng: np.random.Generator) -> Messages:
    if mailing.campaign in story.fates.members:
        return _of_list(story, place, mailing)
    return _messages(story, place, mailing, rng)


def _of_list(story: Story, place: int, mailing: Mailing) -> Messages:
    """The messages of a list, each at its planned time; what comes of them is by chances of the list's own."""
    members = story.fates.members[mailing.campaign]
    chances = story.rng(f"messages of {mailing.id}").random((story.people.count, len(_PURPOSES)))
    customer = np.flatnonzero(members.listed & members.treated)
    return Messages(
        customer=customer,
        mailing=np.full(len(customer), place),
        day=members.day[customer],
        second=members.second[customer],
        channel=members.channel[customer],
        chances=chances[customer],
    )


def _messages(story: Story, place: int, mailing: Mailing, rng: np.random.Generator) -> Messages:
    """The messages of one mailing; as many chances are drawn as there are customers, whoever gets it."""
    chances = rng.random((story.people.count, len(_PURPOSES)))
    customer = np.flatnonzero(_addressed(story, mailing))
    first, last = _HOURS if mailing.campaign < 0 else _CAMPAIGN_HOURS
    second = 3600 * first + (3600 * (last - first) * chances[customer, _PURPOSES.index("sent")]).astype(np.int64)
    return Messages(
        customer=customer,
        mailing=np.full(len(customer), place),
        day=np.full(len(customer), mailing.day),
        second=second,
        channel=np.full(len(customer), mailing.channel),
        chances=chances[customer],
    )


def _addressed(story: Story, mailing: Mailing) -> Bools:
    """Who gets a mailing."""
    people, place = story.people, mailing.campaign
    if place >= 0:
        return listed(story, place) & (story.fates.arm[place] < story.shop.campaigns[place].arms.index(CONTROL))
    agreed = people.email_consent if mailing.channel == EMAIL else people.sms_consent
    return agreed & (people.acquired < mailing.day)


def contacts(story: Story) -> pa.Table:
    """The table `contacts` of the block."""
    sent, plan, calendar = messages(story), mailings(story.shop), story.shop.calendar
    campaign = np.array([mailing.campaign for mailing in plan])[sent.mailing]
    replies = _replies(story, sent, email=sent.channel == EMAIL, campaign=campaign >= 0)
    return pa.table(
        {
            "customer_id": customer_ids(story, sent.customer, sent.day),
            "campaign_id": named(sent.mailing, [mailing.id for mailing in plan]),
            "channel": named(sent.channel, MESSAGE_CHANNELS),
            "sent_at": moments(calendar, sent.day, sent.second),
            "opened_at": _stamps(story, sent, replies.opened),
            "clicked_at": _stamps(story, sent, replies.clicked),
            "offer": offer_names(story, campaign, sent.customer),
            "cost": money(np.asarray(MESSAGE_COST)[sent.channel]),
        }
    )


def _stamps(story: Story, sent: Messages, wait: Ints) -> pa.Array:
    """When something happens after a wait; null where it does not (0), or not within the window."""
    calendar, second = story.shop.calendar, sent.second + wait
    inside = sent.day * DAY_SECONDS + second < calendar.days * DAY_SECONDS
    return moments(calendar, sent.day, second, present=(wait > 0) & inside)


@dataclass(frozen=True, kw_only=True)
class _Replies:
    """Seconds from sending until each message is opened and clicked; 0 where it is not."""

    opened: Ints
    clicked: Ints


def _replies(story: Story, sent: Messages, *, email: Bools, campaign: Bools) -> _Replies:
    """What becomes of messages: people open by interest, machines everything; people alone click."""
    people, who, kind = story.people, sent.customer, campaign.astype(np.int64)
    lasting = story.fates.left[who] > sent.day + sent.second / DAY_SECONDS
    interest = np.exp(_OPEN_BY_LEVEL * people.level[who]) * np.where(lasting, 1.0, _OPEN_AFTER_LEAVING)
    opens = email & (sent.chance("opens") < np.minimum(_OPEN_CHANCE[kind] * interest, _MOST_OPEN))
    clicks = opens & (sent.chance("clicks") < _CLICK_CHANCE[kind])
    read = _reading_wait(story, sent)
    soonest, latest = _CLICK_SECONDS
    clicked = read + soonest + ((latest - soonest) * sent.chance("click_after")).astype(np.int64)
    machine = 1 + (_MACHINE_SECONDS * sent.chance("machine_after")).astype(np.int64)
    return _Replies(
        opened=np.where(email & people.machine_opens[who], machine, np.where(opens, read, 0)),
        clicked=np.where(clicks, clicked, 0),
    )


def _reading_wait(story: Story, sent: Messages) -> Ints:
    """Seconds until the recipient reads a message: near the favourite hour, the same day or on one of the next two."""
    near = favourite_hours(story.shop, story.block, story.people.count)[sent.customer] * 3600 + _READ_SPREAD * (
        2 * sent.chance("reads") - 1
    )
    days = np.searchsorted(_READ_DAYS_SHARES, sent.chance("days"), side="right")
    return np.maximum((near.astype(np.int64) - sent.second) % DAY_SECONDS, _SOONEST_READ) + DAY_SECONDS * days

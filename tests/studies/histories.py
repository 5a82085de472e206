"""What a simulated shop can know of its customers on a day: all that bears on whether they will buy again.

Everything here stands in the shop's tables, but for the parameters, which are the simulator's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm
from studies.oracles_of_buying import CHANNEL_HAZARDS, CHANNEL_RATES

from retention_lib.stores.simulation.campaigns import effects
from retention_lib.stores.simulation.coupons import TILL
from retention_lib.stores.simulation.messages import EMAIL, contacts, mailings, messages
from retention_lib.stores.simulation.stage import CHANNELS, CONTROL, NEVER, OFFER_DAYS, REMOTE, Bools, Floats, Ints
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.track import ANSWERED_SHARE, BAD_REVIEW_CHANCE, BAD_REVIEW_CHANCE_LATE
from retention_lib.stores.simulation.visits import site_visits
from retention_lib.stores.simulation.voices import FEEDBACK, Feedback, voices

RATE_SHAPE, RATE_MEAN = 0.9, 1 / 85
HAZARD_SHAPE, HAZARD_MEAN = 1.1, 1 / 220
"""Purchases a neutral day and leaving a day: gamma over customers alike."""

RATE_CAUSES = {"remote": -0.2, "december": -0.4, "line": 0.10}
HAZARD_CAUSES = {"remote": 0.9, "december": 0.9, "line": -0.15, "express": -0.4, "post": 0.65}
"""What the first order tells of buying and leaving (log scale), the lines beyond two counted."""

VISITS_AFTER = 0.05
"""Visits of the site after leaving, as a share of those before."""

_GOOD_REVIEWS = 0.15
_REVIEW_WAITS = (3, 13)
_QUICK_DAYS = 2
_SURVEY_MOOD, _SURVEY_SPREAD, _SURVEY_BEST = 8.0, 1.4, 10
_SURVEY_LATE, _SURVEY_BAD, _SURVEY_LASTING, _SURVEY_DAYS = -2.0, -4.0, 0.8, 90


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """What was seen of customers; arrays over sightings.

    Attributes:
        customer: Place of the customer in the block.
        day: The day.
        weight: What it says: 1, or as the property of `History` tells.
    """

    customer: Ints
    day: Ints
    weight: Floats


@dataclass(frozen=True, kw_only=True)
class Lift:
    """What a campaign does to customers.

    Attributes:
        start: Its first day.
        effect: By how much each customer buys more while it works (share of the rate).
        used: Who bought while its offer was valid.
    """

    start: int
    effect: Floats
    used: Bools


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known of a block's customers when a day begins.

    Attributes:
        story: The block.
        cutoff: The day.
    """

    story: Story
    cutoff: int

    @cached_property
    def bought(self) -> Sightings:
        """Purchases beyond the first."""
        orders = self.story.orders
        return _sightings(orders.customer, orders.day, (orders.rank > 0) & (orders.day < self.cutoff))

    @cached_property
    def last(self) -> Ints:
        """The day of the last purchase; that of the first order where it lies ahead."""
        found = self.story.people.acquired.copy()
        np.maximum.at(found, self.bought.customer, self.bought.day)
        return found

    @cached_property
    def rate(self) -> Floats:
        """Purchases a neutral day of each customer, were the gamma-distributed part 1."""
        return RATE_MEAN / RATE_SHAPE * np.exp(self._known(CHANNEL_RATES, RATE_CAUSES))

    @cached_property
    def hazard(self) -> Floats:
        """The scale of each customer's gamma-distributed hazard."""
        return HAZARD_MEAN / HAZARD_SHAPE * np.exp(self._known(CHANNEL_HAZARDS, HAZARD_CAUSES))

    def _known(self, channels: dict[str, float], causes: dict[str, float]) -> Floats:
        people = self.story.people
        of_channels = np.array([channels[name] for name in CHANNELS])[people.channel]
        of_carriers = np.array([causes.get(name, 0.0) for name in ("express", "standard", "post")])
        return np.asarray(
            self.story.shop.simulation.sizes.channel_spread * of_channels
            + causes["remote"] * np.isin(people.region, REMOTE)
            + causes["december"] * self.story.shop.calendar.december[people.acquired]
            + causes["line"] * (people.first_lines - 2.0)
            + of_carriers[people.first_carrier]
        )

    @cached_property
    def joined(self) -> Ints:
        """The day of joining the programme; `NEVER` where it is not over yet."""
        return self._by_now(self.story.fates.joined)

    @cached_property
    def quit(self) -> Ints:
        """The day of leaving the programme."""
        return self._by_now(self.story.fates.quit)

    @cached_property
    def tier_days(self) -> Ints:
        """The days on which silver and gold were reached; tiers by customers."""
        return self._by_now(self.story.fates.tier_days)

    def _by_now(self, day: Ints) -> Ints:
        return np.where(day < self.cutoff, day, NEVER)

    @cached_property
    def lifts(self) -> list[Lift]:
        """The campaigns so far, but for invitations."""
        campaigns = enumerate(self.story.shop.campaigns)
        return [self._lift(at) for at, one in campaigns if one.kind != "invitation" and one.start < self.cutoff]

    def _lift(self, place: int) -> Lift:
        shop, arms = self.story.shop, self.story.fates.arm[place]
        campaign = shop.campaigns[place]
        during = (self.bought.day >= campaign.start) & (self.bought.day < campaign.start + OFFER_DAYS)
        used = np.zeros(len(arms), dtype=np.bool_)
        used[self.bought.customer[during]] = campaign.kind == "offer"
        effect = effects(self.story.people, campaign, arms, shop.simulation.sizes)
        treated = (arms >= 0) & (arms < campaign.arms.index(CONTROL))
        return Lift(start=campaign.start, effect=effect, used=used & treated)

    @cached_property
    def visits(self) -> Sightings:
        """Signed-in visits without an order."""
        made = site_visits(self.story)
        return _sightings(made.customer, made.day, (made.order < 0) & made.known & (made.day < self.cutoff))

    @cached_property
    def visits_each(self) -> float:
        """Visits without an order where one purchase is expected, while the relation lasts and without an offer."""
        story, people, calendar = self.story, self.story.people, self.story.shop.calendar
        sums = np.concatenate([[0.0], np.cumsum(calendar.buying)])
        first = people.acquired + 1
        left = np.clip(np.floor(story.fates.left).astype(np.int64), first, calendar.days)
        weight = sums[left] - sums[first] + VISITS_AFTER * (sums[-1] - sums[left])
        for lift in self.lifts:
            end = min(lift.start + OFFER_DAYS, calendar.days)
            during = sums[np.clip(left, lift.start, end)] - sums[np.clip(first, lift.start, end)]
            weight += np.maximum(lift.effect, 0) * during
        online = np.count_nonzero(story.orders.channel != TILL)
        return float(story.shop.simulation.sizes.visits * online / (people.rate @ weight))

    @cached_property
    def mails(self) -> tuple[Sightings, Sightings]:
        """Newsletters and campaigns' messages sent by e-mail; weight: whether a person reacted.

        Where a machine opens everything, only a click shows the person.
        """
        sent, replies, plan = messages(self.story), contacts(self.story), mailings(self.story.shop)
        campaign = np.array([one.campaign for one in plan])[sent.mailing] >= 0
        by_mail = np.array([one.channel for one in plan])[sent.mailing] == EMAIL
        opened, clicked = (replies[name].is_valid().to_numpy() for name in ("opened_at", "clicked_at"))
        person = np.where(self.story.people.machine_opens[sent.customer], clicked, opened).astype(np.float64)
        now = by_mail & (sent.day < self.cutoff)
        news, letters = (
            _sightings(sent.customer, sent.day, kind, person) for kind in (now & ~campaign, now & campaign)
        )
        return news, letters

    @cached_property
    def leaving(self) -> Sightings:
        """Moments at which a relation may have ended over a late first delivery or a review; weight: the chance.

        The day is the first on which the customer would buy nothing.
        """
        people, orders, sizes = self.story.people, self.story.orders, self.story.shop.simulation.sizes
        late, bad = self._late_chances(), self._bad_chances()
        shown = np.where(orders.rank == 0, people.first_promised[orders.customer], orders.day) + 1
        known = orders.day < self.cutoff
        everyone = np.flatnonzero(people.acquired < self.cutoff)
        return Sightings(
            customer=np.concatenate([everyone, orders.customer[known]]),
            day=np.concatenate([people.first_promised[everyone] + 1, shown[known]]),
            weight=np.concatenate([sizes.late_harm * late[everyone], sizes.bad_review_harm * bad[known]]),
        )

    def _late_chances(self) -> Floats:
        """The chance that each first delivery is late, as far as one knows by now."""
        people, orders = self.story.people, self.story.orders
        delivered = orders.delivered_day[orders.rank == 0]
        # A delivery in time comes on any of the days from the order to the promised one.
        ahead = (people.first_promised - self.cutoff + 1) / (people.first_promised - people.acquired)
        on_time = (1 - people.late_chance) * np.clip(ahead, 0, 1)
        return np.where(delivered < self.cutoff, people.late, people.late_chance / (people.late_chance + on_time))

    def _bad_chances(self) -> Floats:
        """The chance that each order brings a bad review, times what is left of its harm, as one knows by now."""
        said, orders, sizes = self._said, self.story.orders, self.story.shop.simulation.sizes
        late = np.where(orders.rank == 0, self._late_chances()[orders.customer], 0.0)
        prior = BAD_REVIEW_CHANCE + late * (BAD_REVIEW_CHANCE_LATE - BAD_REVIEW_CHANCE)
        first, last = _REVIEW_WAITS
        received = np.where(orders.delivered_day >= 0, orders.delivered_day, orders.day)
        due = np.where(received < self.cutoff, np.clip((last - (self.cutoff - received)) / (last - first), 0, 1), 1.0)
        good = (1 - prior) * (1 - _GOOD_REVIEWS * (1 - due))
        bad = prior * due / (prior * due + good)
        harm = np.full(orders.count, 1 - ANSWERED_SHARE * sizes.answer_benefit)
        review = said.kind == FEEDBACK.index("review")
        bad[said.order[review]] = said.score[review] <= 2
        harm[said.order[review]] = 1 - sizes.answer_benefit * self._answered()[review]
        return bad * harm

    def _answered(self) -> Floats:
        """The chance that the shop answers each review quickly, as far as one knows by now."""
        said = self._said
        wait = said.answered / 86_400 - said.day
        answered = (said.answered >= 0) & (said.answered < self.cutoff * 86_400)
        quick = answered & (wait < _QUICK_DAYS + 1)
        waiting = ~answered & (said.day + _QUICK_DAYS >= self.cutoff)
        return np.where(waiting, ANSWERED_SHARE / 2, quick.astype(np.float64))

    @cached_property
    def _said(self) -> Feedback:
        """Reviews and answers to surveys so far."""
        said = voices(self.story)
        now = np.flatnonzero(said.day < self.cutoff)
        return Feedback(**{name: values[now] for name, values in vars(said).items()})

    @cached_property
    def surveys(self) -> Sightings:
        """Answers to surveys; weight: the log odds they give to a relation that lasts beyond the day."""
        said, orders = self._said, self.story.orders
        survey = said.kind == FEEDBACK.index("survey")
        order, score = said.order[survey], said.score[survey]
        bad = self.story.occasions.bad_review[orders.occasion[order]]
        mood = _SURVEY_MOOD + _SURVEY_LATE * orders.late[order] + _SURVEY_BAD * bad
        received = np.where(orders.delivered_day >= 0, orders.delivered_day, orders.day)[order]
        weight = np.log(_score_chance(score, mood + _SURVEY_LASTING) / _score_chance(score, mood))
        return Sightings(customer=orders.customer[order], day=received + _SURVEY_DAYS, weight=weight)


def _score_chance(score: Ints, mood: Floats) -> Floats:
    """The chance of a survey's score."""
    above = np.where(score < _SURVEY_BEST, norm.cdf((score + 0.5 - mood) / _SURVEY_SPREAD), 1.0)
    below = np.where(score > 0, norm.cdf((score - 0.5 - mood) / _SURVEY_SPREAD), 0.0)
    return np.maximum(above - below, 1e-12)


def _sightings(customer: Ints, day: Ints, those: Bools, weight: Floats | None = None) -> Sightings:
    """Some sightings."""
    value = np.ones(len(day)) if weight is None else weight
    return Sightings(customer=customer[those], day=day[those], weight=value[those])

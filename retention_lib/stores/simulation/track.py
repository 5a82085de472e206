"""One way in which a block's story goes, day by day."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from retention_lib.stores.simulation.campaigns import (
    letter_arms,
    lost_assignments,
    random_arms,
)
from retention_lib.stores.simulation.log import (
    ANSWERED,
    BAD,
    DIP,
    DUE,
    EFFORT,
    MEMBER,
    USED_UP,
    Flags,
    Log,
)
from retention_lib.stores.simulation.members import Members, Standing
from retention_lib.stores.simulation.running import Running, Singles
from retention_lib.stores.simulation.stage import (
    NEVER,
    TIER_ORDERS,
    Bools,
    Campaign,
    Ints,
    Shop,
)
from retention_lib.stores.simulation.story import LISTS, Fates, People, World

BAD_REVIEW_CHANCE, BAD_REVIEW_CHANCE_LATE = 0.035, 0.15
"""The chance that an order brings a bad review; for a late first delivery."""

ANSWERED_SHARE = 0.5
"""The share of bad reviews that the shop answers quickly."""

DUE_DAYS = 14
"""How long a customer thinks of a product that has run out."""

DIP_DAYS = 30
"""How long members rest after reaching a tier."""

JOIN_CHANCE = 0.10
"""The chance of joining at a purchase in the world `momentum`, for a customer of average level."""

_JOIN_DELAY_DAYS = 14
_BY_HIMSELF, _BY_LATENESS, _BY_REVIEW = 0, 1, 2

_STATE = (
    *("until", "left_by", "count", "last", "joined", "quit", "since", "dips"),
    *("tier_days", "due", "speed", "flags", "changes", "arms"),
)

MECHANISMS = ("programme", "tier_effort", "tier_dip", "replenishment", "stock_out")
"""The mechanisms that change a customer's rate and whose exposure is added up."""


class Track:
    """One world's story, day by day; all arrays are over the block's customers.

    `speed` is the rate of each customer with the factors of its present state, 0 while it cannot buy; `changes` is the
    next day on which that state changes by itself. So a day costs little more than comparing the dice with the speeds.
    """

    def __init__(self, shop: Shop, block: int, people: People, world: World, *, place: int) -> None:
        n, campaigns = people.count, len(shop.campaigns)
        self.shop, self.block, self.people, self.world, self.place = shop, block, people, world, place
        self.log = Log()
        self.acquired = people.acquired.astype(np.int32)
        self.until = np.ceil(people.ends).clip(max=NEVER).astype(np.int32)
        self.left_by = np.full(n, _BY_HIMSELF, dtype=np.int8)
        self.count = np.zeros(n, dtype=np.int32)
        self.last = np.full(n, -NEVER, dtype=np.int32)
        self.joined = people.joins.astype(np.int32)
        self.quit = self._quit_days(self.joined, people.quits)
        self.since = np.zeros(n, dtype=np.int32)
        self.dips = np.full(n, -1, dtype=np.int32)
        self.tier_days = np.full((len(TIER_ORDERS) - 1, n), NEVER, dtype=np.int64)
        self.due = np.full(n, NEVER, dtype=np.int32)
        self.speed = np.zeros(n, dtype=np.float32)
        self.flags = np.zeros(n, dtype=np.uint8)
        self.changes = self.acquired + 1
        self.arms = np.full((campaigns, n), -1, dtype=np.int64)
        self.lost = np.zeros((campaigns, n), dtype=np.bool_)
        self.before = np.zeros((campaigns, n), dtype=np.int64)
        self.running: list[Running] = []
        self.members: dict[int, Members] = {}
        self.factual = self
        self.expected = {name: np.zeros(n) for name in MECHANISMS}
        self.expected_campaigns = np.zeros((campaigns, 4, n if self.happened else 0))
        self.expected_days = np.zeros(shop.calendar.days)

    def _quit_days(self, joined: NDArray[np.int32], quits: Ints) -> NDArray[np.int32]:
        days = joined + quits
        return np.where((joined < NEVER) & (days < self.shop.calendar.days), days, NEVER).astype(np.int32)

    def branch(self, world: World, place: int) -> Track:
        """Another world that has gone the same way up to today."""
        other = Track(self.shop, self.block, self.people, world, place=place)
        other.log, other.factual = self.log, self
        for name in _STATE:
            setattr(other, name, getattr(self, name).copy())
        other.running = [replace(one, bought=one.bought.copy()) for one in self.running]
        if world.effect == "programme":
            other.joined[:] = NEVER
            other.quit[:] = NEVER
            other._refresh(np.flatnonzero(other.flags & MEMBER), world.start)
        return other

    @property
    def happened(self) -> bool:
        """Whether this is what happened."""
        return self.place == 0

    def live(self, day: int, dice: Singles, new: Ints) -> None:
        """One day of all customers.

        Args:
            day: The day.
            dice: Uniform numbers, five for each customer.
            new: The customers whose first order it is.
        """
        self._start_campaigns(day)
        turning = np.flatnonzero(self.changes <= day)
        if len(turning):
            self._refresh(turning, day)
        rate = self._rates(day)
        again = np.flatnonzero(dice[0] < rate)
        if self.happened:
            self._expect(day, rate)
        if len(again) + len(new):
            self._purchase(day, again, new, dice)

    def _rates(self, day: int) -> Singles:
        """The chance that each customer buys today."""
        sizes, calendar = self.shop.simulation.sizes, self.shop.calendar
        rate = self.speed * np.float32(calendar.buying[day])
        for one in self.running:
            rate *= one.raised(day, sizes)
        if calendar.out_of_stock[day] >= 0:
            lacking = self.people.favourite == calendar.out_of_stock[day]
            if self.happened:
                self.expected["stock_out"] += np.where(lacking, rate, 0)
            rate[lacking] *= np.float32(1 - sizes.stock_out)
        return rate

    def _expect(self, day: int, rate: Singles) -> None:
        """Add up what would be expected of those exposed to a mechanism if it had no effect."""
        self.expected_days[day] = rate.sum(dtype=np.float64) / self.shop.calendar.buying[day]
        for name, (bit, factor) in self._factors.items():
            if factor > 0:
                self.expected[name] += np.where(self.flags & bit, rate, 0) / factor
        for one in self.running:
            one.expect(day, rate, sizes=self.shop.simulation.sizes)

    @cached_property
    def _factors(self) -> dict[str, tuple[np.uint8, np.float32]]:
        """The flag of each mechanism of a customer's state, and its factor on the rate."""
        sizes = self.shop.simulation.sizes
        sized = {
            "programme": (MEMBER, 1 + sizes.programme_effect),
            "tier_effort": (EFFORT, 1 + sizes.tier_effort),
            "tier_dip": (DIP, 1 - sizes.tier_dip),
            "replenishment": (DUE, 1 + sizes.replenishment),
        }
        return {name: (np.uint8(bit), np.float32(factor)) for name, (bit, factor) in sized.items()}

    def _refresh(self, who: Ints, day: int) -> None:
        """Bring the state of some customers to what it is on a day."""
        acquired, until, joined, quit_day, dips, due = (
            array[who] for array in (self.acquired, self.until, self.joined, self.quit, self.dips, self.due)
        )
        member = (joined <= day) & (day < quit_day)
        since = self.since[who]
        short = reduce(np.logical_or, (since == orders - 1 for orders in TIER_ORDERS[1:]))
        flags = (
            member * np.uint8(MEMBER)
            | (member & short) * np.uint8(EFFORT)
            | (day < dips) * np.uint8(DIP)
            | ((due <= day) & (day < due + DUE_DAYS)) * np.uint8(DUE)
        )
        speed = self.rate[who] * ((acquired < day) & (day < until))
        for bit, factor in self._factors.values():
            speed = np.where(flags & bit, speed * factor, speed)
        turns = np.array([acquired + 1, until, joined, quit_day, dips, due, due + DUE_DAYS])
        self.speed[who], self.flags[who] = speed, flags
        self.changes[who] = np.where((turns > day) & (day < until), turns, NEVER).min(axis=0)

    @cached_property
    def rate(self) -> Singles:
        """Purchases a day of each customer on a neutral day."""
        return self.people.rate.astype(np.float32)

    def _purchase(self, day: int, again: Ints, new: Ints, dice: Singles) -> None:
        """What a purchase changes for those who make one, and what is written down of it."""
        who = np.concatenate([again, new])
        first = np.arange(len(who)) >= len(again)
        flags = np.where(first, np.uint8(0), self.flags[who]) | self._used_up(day, who, first)
        late = new[self._is_late(new) & self.people.late_leaves[new]]
        self._leave(late, self.people.first_promised[late] + 1, _BY_LATENESS)
        flags |= self._review(day, who, first, dice[:, who])
        member = (flags & MEMBER) > 0
        self.count[who] += 1
        self.last[who] = day
        self.since[who] += member
        self._reach_tiers(day, who[member])
        for one in self.running:
            one.bought[who] |= (one.offered & one.valid(day))[who]
        if self.shop.simulation.programme == "momentum":
            self._join(day, who[~member], dice[4])
        self.changes[who] = day + 1
        self.log.add(self.place, day, who, flags)

    def _used_up(self, day: int, who: Ints, first: Bools) -> Flags:
        """Baskets of a customer's first order, and from when it is due, hold the product that is used up."""
        product = self.people.product[who]
        there = self.shop.catalogue.category[product] != self.shop.calendar.out_of_stock[day]
        wants = (product >= 0) & (first | (self.due[who] <= day))
        # Who cannot have it with the first order had it from elsewhere: else it would never be due.
        begins = who[wants & (there | first)]
        self.due[begins] = day + np.rint(self.people.interval[begins]).astype(np.int32)
        return (wants & there) * np.uint8(USED_UP)

    def _leave(self, who: Ints, until: Ints, why: int) -> None:
        """Some customers' relation ends with the day before `until`, where it had lasted longer."""
        sooner = self.until[who] > until
        self.until[who[sooner]] = until[sooner]
        self.left_by[who[sooner]] = why

    def _is_late(self, who: Ints) -> Bools:
        if self.world.effect == "late_first_delivery":
            return np.full(len(who), self.world.arm == "late")
        return self.people.late[who]

    def _review(self, day: int, who: Ints, first: Bools, dice: Singles) -> Flags:
        """Bad reviews of these purchases, and those who leave over them; over a first one after the promised day."""
        sizes = self.shop.simulation.sizes
        chance = np.where(first & self._is_late(who), BAD_REVIEW_CHANCE_LATE, BAD_REVIEW_CHANCE)
        bad = dice[1] < chance
        answered = bad & (dice[2] < ANSWERED_SHARE)
        if self.world.effect != "bad_review" and bad.any():
            harm = sizes.bad_review_harm * np.where(answered, 1 - sizes.answer_benefit, 1.0)
            goes = bad & (dice[3] < harm)
            shows = np.where(first, self.people.first_promised[who], day)
            self._leave(who[goes], shows[goes] + 1, _BY_REVIEW)
        return bad * np.uint8(BAD) | answered * np.uint8(ANSWERED)

    def _reach_tiers(self, day: int, members: Ints) -> None:
        for tier, orders in enumerate(TIER_ORDERS[1:]):
            reached = members[self.since[members] == orders]
            self.tier_days[tier, reached] = day
            self.dips[reached] = day + 1 + DIP_DAYS

    def _join(self, day: int, who: Ints, dice: Singles) -> None:
        """Joining at a purchase, in the world of `momentum`."""
        if day < self.shop.programme_start or self.world.effect == "programme":
            return
        pull = self.shop.simulation.sizes.programme_selection * np.clip(self.people.level[who], -2.5, 2.5)
        joins = who[(self.joined[who] == NEVER) & (dice[who] < np.minimum(JOIN_CHANCE * np.exp(pull / 2), 0.6))]
        self.joined[joins] = day
        self.quit[joins] = self._quit_days(self.joined[joins], self.people.quits[joins])

    def _start_campaigns(self, day: int) -> None:
        """Begin the campaigns of the day, each with its arms in this world, and forget those that are over."""
        self.running = [one for one in self.running if day < one.ends]
        for place, campaign in enumerate(self.shop.campaigns):
            if campaign.start == day:
                self._start(place, campaign)

    def _start(self, place: int, campaign: Campaign) -> None:
        members = self._listed(place, campaign) if campaign.kind == "list" else None
        arms = self._drawn(campaign) if members is None else members.arm
        if self.happened:
            self.before[place] = self.count
            self.lost[place] = lost_assignments(self.shop, self.people, campaign, arms=arms, purchases=self.count)
        if self.world.effect == campaign.id:
            arms = np.where(arms >= 0, campaign.arms.index(self.world.arm), -1)
        self.arms[place] = arms
        if campaign.kind == "invitation":
            self._invite(campaign, arms)
            return
        one = Running.begun(self.shop, self.people, campaign, arms, expected=self.expected_campaigns[place])
        self.running = replace(one, members=members).among(self.running)

    def _listed(self, place: int, campaign: Campaign) -> Members:
        """Who is in a list: in all worlds those who are in what happened, which comes first."""
        if self is self.factual:
            rule = self.shop.lists[campaign.id]
            chosen = rule(
                Standing(
                    shop=self.shop,
                    block=self.block,
                    people=self.people,
                    campaign=campaign,
                    count=self.count,
                    last=self.last,
                )
            )
        else:
            chosen = self.factual.members[place]
            if (self.world.effect, self.world.start) == (LISTS, campaign.start):
                chosen = chosen.flipped()
        self.members[place] = chosen
        return chosen

    def _drawn(self, campaign: Campaign) -> Ints:
        if campaign.kind != "letter":
            return random_arms(self.shop, self.block, self.people, campaign)
        return letter_arms(self.shop, self.block, self.people, campaign, purchases=self.count, last=self.last)

    def _invite(self, campaign: Campaign, arms: Ints) -> None:
        """Some of those invited join in the days after."""
        joins = np.flatnonzero((arms == 0) & self.people.accepts & (self.world.effect != "programme"))
        self.joined[joins] = campaign.start + 1 + self.people.number[joins] % _JOIN_DELAY_DAYS
        self.quit[joins] = self._quit_days(self.joined[joins], self.people.quits[joins])
        self._refresh(joins, campaign.start)

    def fates(self) -> Fates:
        """How it went, where this is what happened."""
        by_himself = self.left_by == _BY_HIMSELF
        return Fates(
            left=np.where(by_himself, self.people.ends, self.until.astype(np.float64)),
            left_by=self.left_by.astype(np.int64),
            joined=self.joined.astype(np.int64),
            quit=self.quit.astype(np.int64),
            arm=self.arms,
            lost=self.lost,
            purchases_before=self.before,
            tier_days=self.tier_days,
            expected=self.expected,
            expected_campaigns=self.expected_campaigns,
            expected_days=self.expected_days,
            members=self.members,
        )

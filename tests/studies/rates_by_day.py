"""What is known to raise and lower some customers' buying and visits of the site, day by day: customers by days."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.special import digamma, polygamma
from studies.histories import RATE_SHAPE, History, Sightings

from retention_lib.stores.simulation.campaigns import fading
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, NEVER, OFFER_DAYS, TIER_ORDERS, Bools, Floats, Ints

_DIP_DAYS = 30
_JOIN_MEAN_DAYS, _FIRST_JOIN_DAYS, _QUIT_MEAN_DAYS = 700, 30, 1500
_LEAST_LEVEL, _MOST_LEVEL = -2.5, 2.5


class Rates:
    """Some customers of a history, up to the end of a horizon."""

    def __init__(self, history: History, who: Ints, horizon: int) -> None:
        self.history, self.who = history, who
        self.cutoff, self.end = history.cutoff, history.cutoff + horizon
        self.day = np.arange(self.end)
        self.acquired = history.story.people.acquired[who]
        self._sizes = history.story.shop.simulation.sizes
        self._row = np.full(history.story.people.count, -1)
        self._row[who] = np.arange(len(who))

    def dense(self, seen: Sightings, weight: Floats | None = None) -> Floats:
        """Sightings of these customers, their weights added up by day."""
        row = self._row[seen.customer]
        there = (row >= 0) & (seen.day < self.end)
        value = (seen.weight if weight is None else weight)[there]
        size = len(self.who) * self.end
        found = np.bincount(row[there] * self.end + seen.day[there], weights=value, minlength=size)
        return found.reshape(len(self.who), self.end)

    @cached_property
    def bought(self) -> Floats:
        """Purchases beyond the first."""
        return self.dense(self.history.bought)

    @cached_property
    def buying(self) -> Floats:
        """The factor on the chance of a purchase."""
        found = np.tile(self.calendar, (len(self.who), 1))
        for lift in self.history.lifts:
            days = np.arange(lift.start, min(lift.start + FOLLOW_DAYS, self.end))
            working = days < lift.start + OFFER_DAYS
            left = np.array([fading(day - OFFER_DAYS) for day in (days - lift.start).tolist()])
            effect = lift.effect[self.who][:, None] * np.where(working, 1.0, self._sizes.carry_over * left)
            tired = lift.used[self.who][:, None] * np.where(working, 0.0, self._sizes.pull_forward * left)
            found[:, days] *= (1 + effect) * (1 - tired)
        return found * self._of_members

    @property
    def calendar(self) -> Floats:
        """What the day does to all customers alike; the shocks ahead have their mean."""
        calendar = self.history.story.shop.calendar
        shock = np.where(self.day < self.cutoff, 1.0, calendar.shock[: self.end])
        return np.asarray(calendar.buying[: self.end] / shock)

    @cached_property
    def browsing(self) -> Floats:
        """The factor on visits of the site after leaving, on days when they are known."""
        return self.calendar * ((self.day > self.acquired[:, None]) & (self.day < self.cutoff))

    @cached_property
    def offered(self) -> Floats:
        """The factor of offers on visits while the relation lasts."""
        found = np.ones((len(self.who), self.end))
        for lift in self.history.lifts:
            found[:, lift.start : lift.start + OFFER_DAYS] += np.maximum(lift.effect[self.who], 0)[:, None]
        return found

    @property
    def _of_members(self) -> Floats:
        """The factor of the programme; for the days ahead its mean over who joins and who leaves."""
        sizes, joined, quit_day = self._sizes, self.history.joined[self.who], self.history.quit[self.who]
        member = (joined[:, None] <= self.day) & (self.day < quit_day[:, None])
        since = before(self.bought * member, self.day)
        short = np.isin(since, [orders - 1 for orders in TIER_ORDERS[1:]])
        share = np.where(self.day < self.cutoff, member, self._members_ahead(member[:, self.cutoff - 1]))
        found = (1 + sizes.programme_effect * share) * (1 + sizes.tier_effort * share * short)
        for reached in self.history.tier_days[:, self.who, None]:
            rests = (self.day > reached) & (self.day <= reached + _DIP_DAYS)
            found *= np.where(rests, 1 - sizes.tier_dip, 1.0)
        return found

    def _members_ahead(self, member: Bools) -> Floats:
        """The chance that each is a member on a day ahead; how soon others join goes by their purchases so far."""
        so_far = np.concatenate([[0.0], np.cumsum(self.calendar)])
        expected = self.history.rate[self.who] * (so_far[self.cutoff] - so_far[self.acquired + 1])
        pace = self.joining_pace(level_of((RATE_SHAPE + self.bought.sum(axis=1)) / (1 + expected)))[:, None]
        joins = 1 - np.exp(-pace * np.maximum(self.day - np.maximum(self.cutoff - 1, self.may_join), 0))
        stays = np.exp(-np.maximum(self.day - self.cutoff, 0) / _QUIT_MEAN_DAYS)
        never = self.history.joined[self.who][:, None] == NEVER
        return np.where(member[:, None], stays, np.where(never, joins, 0.0))

    @property
    def may_join(self) -> Ints:
        """The day before the first on which each may join the programme: customers by one."""
        return np.maximum(self.history.story.shop.programme_start, self.acquired + _FIRST_JOIN_DAYS)[:, None]

    def joining_pace(self, level: Floats) -> Floats:
        """Joining a day, by the level of buying."""
        pull = self._sizes.programme_selection * np.clip(level, _LEAST_LEVEL, _MOST_LEVEL)
        return np.asarray(np.exp(pull) / _JOIN_MEAN_DAYS)


def level_of(g: Floats) -> Floats:
    """The standardised logarithm of the gamma-distributed part of the rate."""
    return np.asarray((np.log(g) - digamma(RATE_SHAPE)) / np.sqrt(polygamma(1, RATE_SHAPE)))


def before(values: Floats, days: Ints) -> Floats:
    """The sum of the values of all days before each of some days: customers by those days."""
    return _sums(values)[:, np.clip(days, 0, values.shape[1])]


def since(values: Floats, days: Ints) -> Floats:
    """The sum of the values of each of some days and all later ones: customers by those days."""
    return values.sum(axis=1, keepdims=True) - before(values, days)


def between(values: Floats, first: Ints, end: Ints | int) -> Floats:
    """The sum of each customer's values from a day of its own to before another one."""
    sums, row = _sums(values), np.arange(len(values))
    return np.asarray(sums[row, end] - sums[row, first])


def _sums(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)

"""The exact chance that a simulated customer buys nothing in the days ahead, given all that the shop can know.

With the simulator's parameters known, a customer's rate, hazard and moment of leaving are integrated out. Given g, the
part of the rate that is gamma-distributed, all that is observed is independent of the hazard, so that the time until
somebody leaves follows a Lomax distribution in closed form; what is left is a sum over days of leaving and over g.
The chance of silence up to a day is the likelihood of the history prolonged by that silence, over the likelihood of
the history (for a Pareto/NBD, two likelihoods of Schmittlein, Morrison and Colombo 1987).

It knows purchases, first orders and their deliveries, the programme, campaigns, reviews, surveys, visits of the site
and reactions to e-mails. The shocks of the months ahead nobody knows. It leaves out what a contact with service or a
late delivery tells of a bad review still to come, and takes the mean of who joins the programme in the days ahead.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import gamma
from studies.histories import HAZARD_SHAPE, RATE_SHAPE, VISITS_AFTER, History
from studies.rates_by_day import Rates, before, between, level_of, since

from retention_lib.stores.simulation.arrays import numbered
from retention_lib.stores.simulation.ids import FIRST_ID
from retention_lib.stores.simulation.stage import NEVER, Floats, Ints
from retention_lib.stores.simulation.story import Story

SWITCHED_OFF = {
    "replenishment": 0.0,
    "stock_out": 0.0,
    "effect_by_latent": 0.0,
    "broken_split": 0.0,
    "unmeasured_confounder": 0.0,
    "split_ids": 0.0,
}
"""Mechanisms that would give the sum more dimensions: the product that a customer uses up, the favourite category, the
latent part of the answer to offers, and assignments, persons and a trait that no table shows."""

_NODES = 64
_TERMS = 4  # of the series of log(1 - p), p being the chance of buying on a day
_ROWS = 250
_TAIL = 1e-9
_VISITS_KNOWN = 0.9
_OPENS, _CLICKS = (0.20, 0.32), (0.10, 0.22)  # newsletters, campaigns
_OPEN_BY_LEVEL, _OPEN_AFTER = 0.3, 0.2


def silence_chances(
    story: Story, *, cutoff: int, horizon: int = 90, lookback: int = 365, web: bool = True
) -> pd.DataFrame:
    """The exact chances of a block's customers.

    Args:
        story: The block, in the world `level` without the mechanisms of `SWITCHED_OFF`.
        cutoff: The first day that is not known (days since the shop's first).
        horizon: Days ahead.
        lookback: Customers are asked for who bought within so many days before the cut-off.
        web: Whether visits of the site and reactions to e-mails are known.

    Returns:
        A row a customer, by id: customer_id; chance (of no purchase in the horizon); lasting (the chance that the
        relation lasts on the cut-off day); silent (whether there was no purchase).
    """
    _check(story)
    history = History(story=story, cutoff=cutoff)
    there = (story.people.acquired < cutoff) & (history.last >= cutoff - lookback)
    # Those whose last purchases are near each other go together: nobody has left before it.
    who = np.flatnonzero(there)[np.argsort(history.last[there], kind="stable")]
    parts = [who[first : first + _ROWS] for first in range(0, len(who), _ROWS)]
    found = np.concatenate([_Posterior(Rates(history, part, horizon), web=web).chances() for part in parts])
    ahead = (story.orders.day >= cutoff) & (story.orders.day < cutoff + horizon)
    frame = pd.DataFrame(
        {
            "customer_id": numbered(FIRST_ID, story.people.number[who]).to_pandas(),
            "chance": found[:, 0],
            "lasting": found[:, 1],
            "silent": ~np.isin(who, story.orders.customer[ahead]),
        }
    )
    return frame.sort_values("customer_id", ignore_index=True)


def _check(story: Story) -> None:
    simulation = story.shop.simulation
    on = [name for name, size in SWITCHED_OFF.items() if getattr(simulation.sizes, name) != size]
    if on or simulation.programme != "level":
        raise ValueError(f"the oracle of risk does not know {', '.join([*on, simulation.programme])}")


class _Posterior:
    """The sums for some customers; arrays are customers by days of leaving by points of g, or fewer of these.

    A day of leaving is the first on which the customer would buy nothing; the last one stands for all beyond the
    horizon. Visits and mails know of the leaving a day earlier, on the day within which it falls.
    """

    def __init__(self, rates: Rates, *, web: bool) -> None:
        self.rates, self.history, self.who, self.web = rates, rates.history, rates.who, web
        self.last = self.history.last[self.who]
        self.leaves = np.arange(self.last.min() + 1, rates.end + 1)

    def chances(self) -> Floats:
        """The chance of silence and that of a relation that lasts: customers by two."""
        by_day, now = self._prolonged(), self._lasting()
        top = np.maximum(by_day.max(axis=(1, 2)), now.max(axis=1))
        silent = np.exp(by_day - top[:, None, None]).sum(axis=2)
        lasting = np.exp(now - top[:, None]).sum(axis=1)
        all_of_it = silent[:, self.leaves <= self.rates.cutoff].sum(axis=1) + lasting
        return np.column_stack([silent.sum(axis=1) / all_of_it, lasting / all_of_it])

    def _prolonged(self) -> Floats:
        """The logarithm of the likelihood of the history and silence to the horizon's end."""
        found = np.matmul(self._sums(self.leaves), self._of_g)
        with np.errstate(divide="ignore"):
            found += (self._weights + np.log(self._masses))[:, :, None]
        return np.asarray(found + self._prior[:, None, :])

    def _lasting(self) -> Floats:
        """That of the history where the relation lasts on the cut-off day: customers by g."""
        cutoff = self.rates.cutoff
        mass = (np.exp(self._weights) * self._masses)[:, self.leaves > cutoff].sum(axis=1)
        sums = self._sums(np.array([cutoff + 1]), until=cutoff)
        return np.asarray(np.matmul(sums, self._of_g)[:, 0] + np.log(mass)[:, None] + self._prior)

    def _sums(self, leaves: Ints, *, until: int = NEVER) -> Floats:
        """What depends on the day of leaving and is multiplied with what depends on g: customers by days by terms."""
        found = [-before(power, np.minimum(leaves, until)) for power in self._exposed]
        if self.web:
            after = since(self.rates.browsing, leaves - 1)
            found.append(-before(self._visited_lasting, leaves - 1) - VISITS_AFTER * after)
        found += [before(unanswered, leaves - 1) for unanswered, _ in self._mails]
        return np.stack(found, axis=2)

    @cached_property
    def _of_g(self) -> Floats:
        """What these terms are multiplied with: customers by terms by g."""
        rate = self.history.rate[self.who][:, None] * self._g
        found = [rate**power / power for power in range(1, _TERMS + 1)]
        found += [self._visits_each * rate] if self.web else []
        for kind in range(len(self._mails)):
            chance = self._reacts(kind)
            found.append(np.log1p(-chance) - np.log1p(-_OPEN_AFTER * chance))
        return np.stack(found, axis=1)

    @cached_property
    def _prior(self) -> Floats:
        """What depends on g alone, up to a factor of each customer: customers by g."""
        found = self._shape[:, None] * np.log(self._g) - self._g + self._joining()
        for kind, (unanswered, answered) in enumerate(self._mails):
            found += answered.sum(axis=1)[:, None] * _OPEN_BY_LEVEL * self._level
            found += unanswered.sum(axis=1)[:, None] * np.log1p(-_OPEN_AFTER * self._reacts(kind))
        return np.asarray(found)

    @cached_property
    def _weights(self) -> Floats:
        """The logarithm of what depends on the day of leaving alone, but for its chance: customers by days."""
        found = before(self.rates.dense(self.history.surveys), self.leaves)
        if self.web:
            visits = self.rates.dense(self.history.visits) * np.log(VISITS_AFTER / self.rates.offered)
            found += since(visits, self.leaves - 1)
        for _, answered in self._mails:
            found += np.log(_OPEN_AFTER) * since(answered, self.leaves - 1)
        return found

    @cached_property
    def _masses(self) -> Floats:
        """The chance of each day of leaving; 0 up to the last purchase."""
        days = self.leaves - 1
        age = np.maximum(days - self.rates.acquired[:, None], 0)
        stays = -HAZARD_SHAPE * np.log1p(self.history.hazard[self.who][:, None] * age)
        harm = self.rates.dense(self.history.leaving, np.log1p(-self.history.leaving.weight))
        lasting = np.exp(stays + before(harm, days + 1))
        chances = lasting - np.column_stack([lasting[:, 1:], np.zeros(len(self.who))])
        return np.where(self.leaves > self.last[:, None], chances, 0.0)

    @cached_property
    def _exposed(self) -> list[Floats]:
        """Powers of the factors on buying, on days without a purchase."""
        free = (self.rates.day > self.rates.acquired[:, None]) & (self.rates.bought == 0)
        base = np.where(free, self.rates.buying, 0.0)
        return [base**power for power in range(1, _TERMS + 1)]

    @cached_property
    def _visited_lasting(self) -> Floats:
        return self.rates.browsing * self.rates.offered

    @cached_property
    def _visits_each(self) -> float:
        return self.history.visits_each * _VISITS_KNOWN

    @cached_property
    def _mails(self) -> list[tuple[Floats, Floats]]:
        """Newsletters and campaigns' messages: those to which a person did not react, and those to which one did."""
        sent = [(self.rates.dense(one, np.ones(len(one.day))), self.rates.dense(one)) for one in self.history.mails]
        return [(everything - answered, answered) for everything, answered in sent if self.web]

    def _reacts(self, kind: int) -> Floats:
        """The chance of a person's reaction while the relation lasts: customers by g."""
        machine = self.history.story.people.machine_opens[self.who]
        mean = np.where(machine, _OPENS[kind] * _CLICKS[kind], _OPENS[kind])
        return np.asarray(mean[:, None] * np.exp(_OPEN_BY_LEVEL * self._level))

    def _joining(self) -> Floats:
        """The logarithm of the chance to have joined the programme on that day, or not yet: customers by g."""
        pace, joined = self.rates.joining_pace(self._level), self.history.joined[self.who][:, None]
        waited = np.maximum(np.minimum(joined, self.rates.cutoff) - 1 - self.rates.may_join, 0)
        return -waited * pace + np.where(joined < NEVER, np.log(-np.expm1(-pace)), 0.0)

    @cached_property
    def _shape(self) -> Floats:
        """The power of g in the posterior."""
        visits = self.rates.dense(self.history.visits).sum(axis=1) if self.web else 0.0
        return np.asarray(RATE_SHAPE + self.rates.bought.sum(axis=1) + visits)

    @cached_property
    def _g(self) -> Floats:
        """The points of g, evenly apart on the log scale over all that the posterior can reach: customers by g."""
        rate, first = self.history.rate[self.who], self.rates.acquired + 1
        least = rate * between(self.rates.buying, first, self.last + 1)
        most = rate * between(self.rates.buying, first, self.rates.end)
        most += self._visits_each * rate * self._visited_lasting.sum(axis=1) if self.web else 0.0
        answered = sum((one.sum(axis=1) for _, one in self._mails), np.zeros(len(self.who)))
        high = gamma.ppf(1 - _TAIL, self._shape + 1 + _OPEN_BY_LEVEL * answered) / (1 + least)
        low = gamma.ppf(_TAIL, self._shape) / (1 + most)
        return np.geomspace(low, high, _NODES, axis=1)

    @cached_property
    def _level(self) -> Floats:
        return level_of(self._g)

"""Who is in a list of the shop's: given from outside, or chosen by a rule that knows what the shop knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retention_lib.stores.simulation.stage import (
    CONTROL,
    FOLLOW_DAYS,
    LIST_ARMS,
    NEVER,
    OFFER_DAYS,
    Bools,
    Campaign,
    Ints,
    Shop,
)
from retention_lib.stores.simulation.story import People

NOON = 12 * 3_600
"""What is sent before this second of the day works on the day, what is sent later from the next one on."""

LEFT_ALONE = LIST_ARMS.index(CONTROL)
"""The code of those in a list who are left alone."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """Who is in a list; arrays over the customers of a block.

    Attributes:
        offer: What who is contacted gets (code of `LIST_ARMS`), known of those left alone too; -1 for who is not in it.
        treated: Whether contacted.
        day: The day of sending, planned for those left alone too.
        second: Its second of the day.
        channel: Code of the channel (`messages.MESSAGE_CHANNELS`).
    """

    offer: Ints
    treated: Bools
    day: Ints
    second: Ints
    channel: Ints

    @property
    def listed(self) -> Bools:
        """Who is in the list."""
        return self.offer >= 0

    @property
    def arm(self) -> Ints:
        """The arm (code of `LIST_ARMS`) that each is in; -1 for who is not in the list."""
        return np.where(self.listed & ~self.treated, LEFT_ALONE, self.offer)

    @property
    def first(self) -> Ints:
        """The first day on which the message works; `NEVER` for who is not in the list."""
        return np.where(self.listed, self.day + (self.second >= NOON), NEVER)

    @property
    def last(self) -> int:
        """The last such day of all (0 for a list without anybody)."""
        return int(self.first[self.listed].max(initial=0))

    def beside(self, other: Members) -> Members:
        """Both lists as one.

        Args:
            other: A list that shares nobody with this one.
        """
        both = {name: np.where(other.listed, getattr(other, name), value) for name, value in vars(self).items()}
        return Members(**both)

    def flipped(self) -> Members:
        """The same list, had those left alone been contacted and those contacted been left alone."""
        return replace(self, treated=~self.treated)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the shop knows of a block on the morning on which it makes a list.

    Attributes:
        shop: What all blocks share.
        block: The block's number.
        people: Its customers.
        campaign: The list.
        count: Purchases of each customer so far (count).
        last: The day of the last one; negative before the first.
    """

    shop: Shop
    block: int
    people: People
    campaign: Campaign
    count: NDArray[np.int32]
    last: NDArray[np.int32]

    @property
    def rng(self) -> np.random.Generator:
        """The random stream of the list."""
        return self.shop.rng(f"members of {self.campaign.id}", self.block)


ListRule = Callable[[Standing], Members]
"""Who is in a list, by what the shop knows on the morning of its start."""


@dataclass(frozen=True, kw_only=True)
class PlayedList:
    """A list given from outside, as a rule; arrays over its members, no customer twice.

    Attributes:
        number: The customers' numbers in the whole store, from 0.
        offer: What who is contacted gets (code of `LIST_ARMS`).
        treated: Whether contacted.
        day: The day of sending, on the start of the list or later.
        second: Its second of the day.
        channel: Code of the channel.
    """

    number: Ints
    offer: Ints
    treated: Bools
    day: Ints
    second: Ints
    channel: Ints

    def __call__(self, standing: Standing) -> Members:
        """The members in a block."""
        first, count = int(standing.people.number[0]), standing.people.count
        here = np.flatnonzero((self.number >= first) & (self.number < first + count))
        place = self.number[here] - first

        def laid(values: NDArray[np.generic], empty: int) -> Ints:
            found = np.full(count, empty, dtype=np.int64)
            found[place] = values[here]
            return found

        return Members(
            offer=laid(self.offer, -1),
            treated=laid(self.treated, 0) > 0,
            day=laid(self.day, NEVER),
            second=laid(self.second, 0),
            channel=laid(self.channel, 0),
        )


def working(first: NDArray[np.integer], day: int) -> Bools:
    """Whose message works on a day.

    Args:
        first: The first day on which each message works.
        day: The day.
    """
    return (first <= day) & (day < first + OFFER_DAYS)


def list_end(members: Members) -> int:
    """The first day on which a list does nothing any more, after-effects included."""
    return members.last + FOLLOW_DAYS

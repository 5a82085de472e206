"""A campaign at work in a world: what it does to buying from day to day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from retention_lib.settings.simulation import Sizes
from retention_lib.stores.simulation.campaigns import OFFERS, effects, factors, fading, list_factors
from retention_lib.stores.simulation.members import Members, list_end, working
from retention_lib.stores.simulation.stage import FOLLOW_DAYS, OFFER_DAYS, Bools, Campaign, Floats, Ints, Shop
from retention_lib.stores.simulation.story import People

Singles = NDArray[np.float32]


@dataclass(kw_only=True)
class Running:
    """A campaign at work in a world; arrays over the block's customers.

    Attributes:
        campaign: The campaign.
        effect: By how much each customer buys more while it works, from `campaigns.effects`.
        offered: Who has a coupon.
        bought: Who has made a purchase with it while it was valid.
        expected: Where the purchases are added up that are expected without it, as in `Fates.expected_campaigns`.
        members: Who is in it, where it is a list.
    """

    campaign: Campaign
    effect: Singles
    offered: Bools
    bought: Bools
    expected: Floats
    members: Members | None = None

    @classmethod
    def begun(cls, shop: Shop, people: People, campaign: Campaign, arms: Ints, *, expected: Floats) -> Self:
        """A campaign on the morning of its start.

        Args:
            shop: What all blocks share.
            people: The block's customers.
            campaign: The campaign.
            arms: The arm of each customer; -1 for who takes no part.
            expected: As the attribute.
        """
        return cls(
            campaign=campaign,
            effect=effects(people, campaign, arms, shop.simulation.sizes).astype(np.float32),
            # Only a coupon brings a purchase forward; a letter carries none.
            offered=np.isin(arms, [code for code, arm in enumerate(campaign.arms) if arm in OFFERS]),
            bought=np.zeros(people.count, dtype=np.bool_),
            expected=expected,
        )

    def among(self, running: list[Running]) -> list[Running]:
        """The campaigns at work with this one; a list goes with another of its start that shares nobody with it.

        Args:
            running: Those at work so far.
        """
        for place, other in enumerate(running):
            if self.members is None or other.members is None or other.campaign.start != self.campaign.start:
                continue
            if not (self.members.listed & other.members.listed).any():
                return [*running[:place], other._with(self), *running[place + 1 :]]
        return [*running, self]

    def _with(self, other: Running) -> Running:
        """Two lists as one; each customer is in one of them at most."""
        if self.members is None or other.members is None:
            raise TypeError(f"{self.campaign.id} or {other.campaign.id} is no list")
        return replace(
            self,
            effect=self.effect + other.effect,
            offered=self.offered | other.offered,
            bought=self.bought | other.bought,
            members=self.members.beside(other.members),
        )

    @cached_property
    def first(self) -> NDArray[np.int32]:
        """The first day on which the message of a list works, by customer."""
        if self.members is None:
            raise TypeError(f"{self.campaign.id} is no list")
        return self.members.first.astype(np.int32)

    @cached_property
    def ends(self) -> int:
        """The first day on which the campaign does nothing any more."""
        return self.campaign.start + FOLLOW_DAYS if self.members is None else list_end(self.members)

    def raised(self, day: int, sizes: Sizes) -> Singles:
        """The factor on buying of a day."""
        if self.members is not None:
            return list_factors(self.effect, self.bought, day - self.first, sizes=sizes)
        return factors(self.effect, self.bought, age=day - self.campaign.start, sizes=sizes)

    def valid(self, day: int) -> Bools | bool:
        """Whether, or for whom, the offer is valid on a day."""
        return day - self.campaign.start < OFFER_DAYS if self.members is None else working(self.first, day)

    def expect(self, day: int, rate: Singles, *, sizes: Sizes) -> None:
        """Add up what would be expected while a campaign works, and in its after-effect, if it had none; not of lists.

        Args:
            day: The day.
            rate: The chance that each customer buys on it.
            sizes: The settings' sizes.
        """
        if self.members is not None:
            return
        age, factor = day - self.campaign.start, self.raised(day, sizes)
        without = np.divide(rate, factor, out=np.zeros_like(rate), where=factor > 0)
        if age < OFFER_DAYS:
            self.expected[0] += without
            return
        left = np.float32(fading(age - OFFER_DAYS))
        self.expected[1:] += without * np.array([[1], [left], [left**2]], dtype=np.float32)

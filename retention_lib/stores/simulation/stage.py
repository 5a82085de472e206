"""What all blocks of a simulation share: the days, the products, the campaigns, and the codes of what tables name.

Days are whole numbers from 0, the shop's first day; money is in whole cents (hundredths of the currency).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from retention_lib.settings.simulation import Simulation

if TYPE_CHECKING:
    from retention_lib.stores.simulation.members import ListRule

BLOCK = 25_000
"""Customers of a block (count)."""

NEVER = 1_000_000
"""A day that does not come."""

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CHANNELS = ("search", "social", "referral", "marketplace", "partner")
REGIONS = ("capital", "north", "south", "volga", "siberia", "far_east")
REMOTE = (4, 5)
"""The regions (codes) where deliveries are late more often."""

CARRIERS = ("express", "standard", "post")
_PROMISED_DAYS, _REMOTE_DAYS = np.array([2, 3, 4]), 1
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
INCOME_BANDS = ("low", "middle", "high")
SEXES = ("female", "male")
TIERS = ("bronze", "silver", "gold")
TIER_ORDERS = (0, 3, 8)
"""Orders since joining from which a member has each tier (counts)."""

CONTROL = "none"
"""The arm of every experiment that is left alone."""

LIST_ARMS = ("letter", "free_delivery", "discount20", CONTROL)
"""The arms of a list: a message without an offer, one with either offer, or none."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a day does to all customers alike; arrays over the days of the window.

    Attributes:
        first_day: The shop's first day.
        season: Factor of the yearly season on buying; its mean over a year is 1.
        weekday: Factor of the weekday; its mean over a week is 1.
        shock: Factor that all share in a month; its mean is about 1.
        price: Factor of the price rises on buying; 1 before the first.
        price_index: What a product costs in multiples of its first price.
        out_of_stock: Code of the category that is out of stock; -1 for none.
        month: Months since the shop's first (count).
    """

    first_day: date
    season: Floats
    weekday: Floats
    shock: Floats
    price: Floats
    price_index: Floats
    out_of_stock: Ints
    month: Ints

    @property
    def days(self) -> int:
        """Days of the window (count)."""
        return len(self.month)

    @cached_property
    def buying(self) -> Floats:
        """The product of all factors on buying."""
        return self.season * self.weekday * self.shock * self.price

    @cached_property
    def dates(self) -> NDArray[np.datetime64]:
        """The days as dates."""
        return np.datetime64(self.first_day, "D") + np.arange(self.days)

    @cached_property
    def december(self) -> Bools:
        """Whether a day lies in December."""
        return self.dates.astype("datetime64[M]").astype(int) % 12 == 11


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The products; arrays over products, and names of categories.

    Attributes:
        categories: Names by code.
        category: Code of the product's category.
        price: First price in cents, before price rises.
        cost: What the product costs the shop, as a share of its price, in (0, 1).
        popularity: Weight with which a product is taken within its category; sums to 1 there.
        companion: The product bought together with it; -1 for none.
        interval: Days after which it is used up, typically; 0 where it is not used up.
        returns: How much oftener than others it comes back (1 is average).
    """

    categories: tuple[str, ...]
    category: Ints
    price: Ints
    cost: Floats
    popularity: Floats
    companion: Ints
    interval: Ints
    returns: Floats


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """An experiment or a mailing of the plan.

    Attributes:
        id: Its name, as tables have it.
        kind: `offer`: arms at random; `letter`: to those chosen by score; `invitation`: into the programme, at random;
            `list`: to those whom its rule names, each on a day of its own.
        start: The day of sending; of a list the first one, with one start for all lists of a month.
        arms: The arms, `CONTROL` last.
        broken: Whether the table of assignments lost some of the treated.
    """

    id: str
    kind: Literal["offer", "letter", "invitation", "list"]
    start: int
    arms: tuple[str, ...]
    broken: bool = False


OFFER_DAYS = 14
"""How long an offer is valid and a letter fresh."""

WINDOW_DAYS = 28
"""How long after its start a test is measured."""

FOLLOW_DAYS = 84
"""How long after its start a campaign can do anything, after-effects included."""

HALF_LIFE_DAYS = 10
"""The half-life of carry-over and pull-forward."""

PERIOD_DAYS = 28
"""The length of a period of `truth/outcomes`."""

EFFECT_DAYS = 168
"""How long the truth follows a first delivery or a bad review."""


def promised_days(carrier: Ints, region: Ints) -> Ints:
    """Days from an order to the promised day, by carrier and region (codes)."""
    return _PROMISED_DAYS[carrier] + _REMOTE_DAYS * np.isin(region, REMOTE)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What all blocks share.

    Attributes:
        simulation: The settings.
        calendar: What days do.
        catalogue: The products.
        campaigns: The plan of experiments and mailings, by start.
        programme_start: The day from which customers may join the programme.
        lists: The rule of each list of the plan, by its id.
    """

    simulation: Simulation
    calendar: Calendar
    catalogue: Catalogue
    campaigns: tuple[Campaign, ...]
    programme_start: int
    lists: Mapping[str, ListRule] = field(default_factory=dict)

    def rng(self, name: str, block: int | None = None) -> np.random.Generator:
        """The random stream of a name, for all blocks or for one of them."""
        return random_stream(self.simulation, name, block)


def random_stream(simulation: Simulation, name: str, block: int | None = None) -> np.random.Generator:
    """The random stream of a name.

    Args:
        simulation: The settings.
        name: What it is for; one name, one purpose.
        block: The block's number; None for what all blocks share.
    """
    # A seed of four words at most is its own: shorter ones are filled up with zeros, hence the one before the block.
    place = (0,) if block is None else (1, block)
    return np.random.default_rng([simulation.seed, zlib.crc32(name.encode()), *place])

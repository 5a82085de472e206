"""What to do with a scenario after its lists were judged: one rule, stated beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Decision: TypeAlias = Literal["keep", "change", "stop", "keep_testing"]
"""To send it on; to send it with another offer; to send it no more; not known yet."""

Because: TypeAlias = Literal["pays", "orders_shown", "other_offer", "does_not_pay", "open"]
"""The clause that decided."""

KEEP_CHANCE, STOP_CHANCE, OTHER_CHANCE = 0.95, 0.2, 0.5
"""Chances that a message pays: from the first on it is kept, below the second it is not sent on, and another offer is
worth a try from the third on."""

LEAST_CUSTOMERS = 30
"""Customers in each arm from which on a list is evidence of its own, by which a scenario may be changed or stopped."""

LEAST_WEIGHT = 0.5
"""Lists, the old ones counted less, below which there is no such evidence, or no more."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the lists of a scenario with an offer have shown.

    Attributes:
        chance: Chance that the average list to come earns more than it costs, in [0, 1], as believed after all lists.
        own_chance: The same by its own lists of 30 customers or more in each arm alone, nothing being believed before;
            NaN where it has none.
        own_weight: How many such lists it has; a list counts half after each half-life of the memory.
        more_orders: Whether its lists together are shown to have brought more orders.
        other: The offer that is likeliest to pay here, of those that the store has measured anywhere; empty.
        other_chance: Its chance.
    """

    chance: float
    own_chance: float
    own_weight: float
    more_orders: bool
    other: str
    other_chance: float

    @property
    def unlikely(self) -> bool:
        """Whether it pays with a chance below 20 %, as believed and by its own lists alone, and these are enough."""
        return self.chance < STOP_CHANCE and self.own_weight >= LEAST_WEIGHT and self.own_chance < STOP_CHANCE


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What to do, why, and with which offer instead.

    Attributes:
        decision: What to do.
        because: Why.
        better: The other offer; empty where none is named.
    """

    decision: Decision
    because: Because
    better: str = ""


def decided(seen: Seen) -> Decided:
    """What to do, by the first clause that holds.

    1. It pays with a chance of 95 % or more: keep. 2. It is unlikely to pay, and another offer that the store has
    measured has a chance of 50 % or more here: change to it. 3. It is unlikely to pay, and its customers are shown to
    order more: change, the offer costs more than that brings. 4. It is unlikely to pay: stop. 5. Else keep testing.

    Unlikely is a chance below 20 %, by all that is known and by its own sound lists of 30 customers or more in each arm
    alone, each with the cost that it had. What is only believed, or seen on a handful of customers, stops nothing; and
    when these lists have grown so old that together they count less than half a list, it is tested again.

    Args:
        seen: What its lists have shown.
    """
    if seen.chance >= KEEP_CHANCE:
        return Decided(decision="keep", because="pays")
    if not seen.unlikely:
        return Decided(decision="keep_testing", because="open")
    if seen.other and seen.other_chance >= OTHER_CHANCE:
        return Decided(decision="change", because="other_offer", better=seen.other)
    if seen.more_orders:
        return Decided(decision="change", because="orders_shown")
    return Decided(decision="stop", because="does_not_pay")

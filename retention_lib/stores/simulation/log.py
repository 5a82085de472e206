"""What the tracks of all worlds write down: who buys on which day, and what is to be said of each purchase."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retention_lib.stores.simulation.stage import Ints

DUE, BAD, ANSWERED, MEMBER, EFFORT, DIP, USED_UP = (1 << bit for bit in range(7))
"""Flags of a purchase."""

Flags = NDArray[np.uint8]


@dataclass
class Log:
    """What tracks write down: one entry a world and day."""

    customers: list[Ints] = field(default_factory=list)
    flags: list[Flags] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, place: int, day: int, customers: Ints, flags: Flags) -> None:
        """Write down who buys in a world on a day, and what is to be said of each purchase."""
        self.customers.append(customers)
        self.flags.append(flags)
        self.places.append((place, day))

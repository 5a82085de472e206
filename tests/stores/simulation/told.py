"""Stories of small simulated stores, each told once."""

from __future__ import annotations

from functools import cache

import numpy as np

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.stage import Ints, Shop
from retention_lib.stores.simulation.story import Story


@cache
def story(
    *, customers: int = 12000, seed: int = 1, programme: str = "level", months: int = 24, **sizes: float
) -> Story:
    """The first block of a store with these settings."""
    simulation = Simulation(
        customers=customers,
        seed=seed,
        programme=programme,
        months=months,
        sizes=Sizes(**sizes),  # type: ignore[arg-type]
    )
    return tell_story(open_shop(simulation), 0)


def world(told: Story, effect: str, arm: str) -> int:
    """The place of a world."""
    return next(w for w, one in enumerate(told.occasions.worlds) if (one.effect, one.arm) == (effect, arm))


def happens(told: Story, place: int) -> np.ndarray:
    """Which occasions happen in a world."""
    return (told.occasions.bought >> np.uint64(place)) & np.uint64(1) > 0


def purchases(told: Story, place: int, *, start: int | Ints, days: int) -> Ints:
    """Purchases of each customer in a world, on so many days from a start."""
    starts = np.broadcast_to(start, told.people.count)
    age = told.occasions.day - starts[told.occasions.customer]
    counted = happens(told, place) & (age >= 0) & (age < days)
    return np.bincount(told.occasions.customer[counted], minlength=told.people.count)


def opened(*, customers: int = 2_000, months: int = 24, seed: int = 1, **sizes: float) -> Shop:
    """A shop with other sizes than the default ones."""
    return open_shop(Simulation(customers=customers, months=months, seed=seed, sizes=Sizes(**sizes)))


def close(share: float, expected: float, n: int, *, errors: float = 4.0) -> bool:
    """Whether a share among n is the expected one but for chance."""
    return abs(share - expected) <= errors * (expected * (1 - expected) / n) ** 0.5

"""At what hours customers are online."""

from __future__ import annotations

import numpy as np

from retention_lib.stores.simulation.stage import Floats, Ints, Shop

DAY_SECONDS = 86_400

_HOURS = (9.0, 13.0, 20.5)
_HOUR_SHARES = (0.25, 0.30, 0.45)
_SPREAD_BETWEEN_HOURS = 1.0
_SPREAD_AROUND_HOURS = 2.0


def online_seconds(hours: Floats, rng: np.random.Generator) -> Ints:
    """Seconds of the day around favourite hours, and seldom in the night.

    Args:
        hours: The favourite hour of whoever is meant, from `favourite_hours`.
        rng: For how far from the favourite hour.
    """
    return ((hours + _SPREAD_AROUND_HOURS * rng.standard_normal(len(hours))) % 24 * 3600).astype(np.int64)


def favourite_hours(shop: Shop, block: int, count: int) -> Floats:
    """The hour of the day (with a fraction) at which each customer of a block likes to be online.

    Args:
        shop: What all blocks share.
        block: The block's number.
        count: Its customers.
    """
    rng = shop.rng("favourite hours", block)
    middle = np.asarray(_HOURS)[rng.choice(len(_HOURS), size=count, p=_HOUR_SHARES)]
    return middle + _SPREAD_BETWEEN_HOURS * rng.standard_normal(count)

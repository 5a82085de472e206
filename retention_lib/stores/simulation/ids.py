"""The ids that tables give to customers and orders."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from retention_lib.stores.simulation.arrays import numbered
from retention_lib.stores.simulation.stage import NEVER, Ints
from retention_lib.stores.simulation.story import Story

FIRST_ID, SECOND_ID = "C", "D"


def customer_ids(story: Story, customer: Ints, day: Ints) -> pa.Array:
    """The id under which customers appear on days: mostly the one they keep for ever.

    Args:
        story: The block.
        customer: Places of customers in the block.
        day: The day of each.
    """
    ids = numbered(FIRST_ID, story.people.number[customer])
    second = day >= second_id_from(story)[customer]
    if not second.any():
        return ids
    others = numbered(SECOND_ID, story.people.number[customer])
    return pa.compute.if_else(pa.array(second), others, ids)


def second_id_from(story: Story) -> Ints:
    """The day from which each customer appears under a second id; `NEVER` for most."""
    people, share = story.people, story.shop.simulation.sizes.split_ids
    splits = story.rng("split ids").random(people.count) < share
    return np.where(splits, (people.acquired + story.shop.calendar.days) // 2 + 1, NEVER)


def order_ids(number: Ints, **where: np.ndarray) -> pa.Array:
    """The ids of orders."""
    return numbered("O", number, width=10, **where)

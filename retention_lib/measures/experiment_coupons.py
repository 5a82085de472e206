"""Orders, and those with a coupon of the test, as counts of units: what the share of subsidised orders rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough

if TYPE_CHECKING:
    from retention_lib.measures.experiment_outcomes import Outcomes

_KEYS = {"orders": "orders_full", "coupon_orders": "coupon_orders_full", "orders_before": "orders_before"}


def coupon_orders(outcomes: Outcomes | NotEnough) -> pd.DataFrame | NotEnough:
    """Units of each arm by their orders and those with a coupon of the test in the full time, and by orders before it.

    Drawing units with replacement from these counts is drawing them from the units themselves.

    Args:
        outcomes: From `experiment_outcomes.experiment_outcomes`.

    Returns:
        Columns `arm` (the one left alone first), `orders`, `coupon_orders`, `orders_before` (of one unit; in the days
        before the assignment; count), `units` (with so many; count), ordered by all of them; NotAsked("coupon_orders")
        where no coupon of the test is known; the refusal of the outcomes.
    """
    if isinstance(outcomes, NotEnough):
        return outcomes
    table = outcomes.table
    if not set(_KEYS.values()) <= set(table.columns):
        return NotAsked("coupon_orders", 0, 1)
    counts = table.group_by("arm", **_KEYS).aggregate(units=table.count())
    frame = counts.to_pandas().astype(dict.fromkeys([*_KEYS, "units"], "int64"))
    if not frame["coupon_orders"].any():
        return NotAsked("coupon_orders", 0, 1)
    places = {arm: place for place, arm in enumerate(outcomes.experiment.arms)}
    ordered = frame.assign(place=frame["arm"].map(places)).sort_values(["place", *_KEYS], ignore_index=True)
    return ordered[["arm", *_KEYS, "units"]]

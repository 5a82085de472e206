"""What lists must bring to pay for themselves, before any test has measured what they bring."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import pandas as pd

from retention_lib.estimates import NotEnough


@dataclass(frozen=True, kw_only=True)
class BreakEvenLift:
    """By how much lists must raise what their customers bring anyway.

    Attributes:
        contacts: Customers contacted (count).
        cost: Money of messages, offers and lists.
        base: Gross profit that these customers are expected to bring without a message.
        lift: By what share that must rise for the cost to come back.
        orders: Further orders that pay for it (mean number).
        one_in: It pays if one in so many of those contacted orders who would not have; infinite where it costs
            nothing.
    """

    contacts: int
    cost: float
    base: float
    lift: float
    orders: float
    one_in: float

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([asdict(self)])


def break_even_lift(lists: pd.DataFrame) -> BreakEvenLift | NotEnough:
    """What lists must bring to pay.

    Every further order uses the offer too, so that its cost is taken off what such an order leaves.

    Args:
        lists: contacts, cost, offer_cost, base (money), orders (expected without a message).

    Returns:
        The lift; NotEnough("offer_cost_known") where the cost of an offer is not known, NotEnough("contact_cost_known")
        where another cost is not, NotEnough("base_known") where what customers bring is not,
        NotEnough("offer_below_margin") where the offer costs more than an order leaves.
    """
    cost, base, orders = (float(lists[name].sum(skipna=False)) for name in ("cost", "base", "orders"))
    if not math.isfinite(float(lists["offer_cost"].sum(skipna=False))):
        return NotEnough("offer_cost_known", 0, 1)
    if not math.isfinite(cost):
        return NotEnough("contact_cost_known", 0, 1)
    if not (math.isfinite(base) and base > 0 and orders > 0):
        return NotEnough("base_known", 0, 1)
    left = base - float(lists["offer_cost"].sum())
    if left <= 0:
        return NotEnough("offer_below_margin", left, 0)
    contacts, needed = int(lists["contacts"].sum()), cost / (left / orders)
    return BreakEvenLift(
        contacts=contacts,
        cost=cost,
        base=base,
        lift=cost / left,
        orders=needed,
        one_in=contacts / needed if needed > 0 else math.inf,
    )

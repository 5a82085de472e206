"""What each unit of a test earned the shop, and what sending to it cost, for models that look at single units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.profit_columns import SENDING, Costs, sending_weights

Floats = NDArray[np.float64]

_SALES_COUNTED = frozenset({"net_full", "revenue_full"})


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitMoney:
    """Money of the units; arrays over them.

    Attributes:
        amount: What a unit earned after coupons and the messages that were counted (money); NaN = not known.
        sending: Stated cost of sending to a unit's customers, not yet in `amount` (money); 0 where messages were
            counted.
        members: Customers in the unit (count).
    """

    amount: Floats
    sending: Floats
    members: Floats


def unit_money(frame: pd.DataFrame, costs: Costs, *, results: Sequence[str]) -> UnitMoney | NotEnough:
    """The money of each unit, from the same columns as the profit of the arms.

    Args:
        frame: One row a unit: `arm`, the results and, where they are known, `members`, `contact_cost` and `contacts`.
        costs: What else is known of the test's money.
        results: Columns of the frame that came of the test.

    Returns:
        The money; NotEnough("margin_and_cost_known") without gross profit and margin or without the cost of a
        contact; NotEnough("goal_in_money") where a test with outcomes has no column of money.
    """
    members = frame["members"].to_numpy(dtype=float) if "members" in frame else np.ones(len(frame))
    from_sales = not _SALES_COUNTED.isdisjoint(results)
    counted = [name for name in SENDING if from_sales and name in frame and bool((frame[name] > 0).any())]
    sent = sending_weights(counted, costs.contact_cost)
    if costs.contact_cost is None and not sent:
        return NotEnough("margin_and_cost_known", 0, 1)
    amount = _amount(frame, costs, results)
    if isinstance(amount, NotEnough):
        return amount
    for name, weight in sent.items():
        # What is left after costs has what was paid for messages taken off already.
        if not (name == "contact_cost" and "net_full" in results):
            amount = amount + weight * frame[name].to_numpy(dtype=float)
    stated = 0.0 if sent else float(costs.contact_cost or 0.0)
    return UnitMoney(amount=amount, sending=stated * members, members=members)


def _amount(frame: pd.DataFrame, costs: Costs, results: Sequence[str]) -> Floats | NotEnough:
    """Money before the sending, unless what was paid for it is in the column already."""
    if "net_full" in results:
        return frame["net_full"].to_numpy(dtype=float)
    if "revenue_full" in results:
        return _with_margin(frame, "revenue_full", costs)
    goal = costs.goal_in(results)
    if goal is None or frame[goal].dropna().isin([0, 1]).all():
        return NotEnough("goal_in_money", 0, 1)
    if costs.is_profit(goal):
        return frame[goal].to_numpy(dtype=float)
    return _with_margin(frame, goal, costs)


def _with_margin(frame: pd.DataFrame, sales: str, costs: Costs) -> Floats | NotEnough:
    if costs.gross_margin is None:
        return NotEnough("margin_and_cost_known", 0, 1)
    return costs.gross_margin * frame[sales].to_numpy(dtype=float)

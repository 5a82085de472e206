"""What a win-back must bring to pay for itself, and what a test of it could show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame

POWER = 0.80
SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The extra share of customers a contact must win to pay its cost.

    Attributes:
        audience: Who the customers are, a code such as `just_quiet`.
        customers: Customers on the list (count).
        contacted: Of them, drawn at random to be contacted in a test; as many are left alone (count).
        contact_cost: Cost of one contact (money).
        contact_cost_total: Cost of contacting all of them (money).
        profit_if_won: Gross profit of a customer won (money).
        break_even_share: Extra share who must be won by the contact; above 1 it cannot pay.
        one_in: One won customer pays for so many contacts; None when contacts are free.
        reachable: Whether break_even_share fits above the share who return by themselves.
        base_share: Share who return by themselves.
        detectable_share: Smallest rise over base_share that such a test finds with 80 % power at two-sided .05;
            None when even winning everyone would go unnoticed.
        horizon_days: Days after the contact in which a purchase counts as a return.
    """

    audience: str
    customers: int
    contacted: int
    contact_cost: float
    contact_cost_total: float
    profit_if_won: float
    break_even_share: float
    one_in: float | None
    reachable: bool
    base_share: float
    detectable_share: float | None
    horizon_days: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)

    def within(self, budget: int) -> BreakEven | None:
        """The same test with so many contacts at most; None where the budget leaves no contact.

        Args:
            budget: Customers who may be contacted (count).
        """
        contacted = min(self.contacted, budget)
        if contacted < 1:
            return None
        detectable = detectable_rise(self.base_share, min(contacted, self.customers / 2))
        return replace(self, contacted=contacted, detectable_share=detectable)


def break_even(
    customers: int | NotEnough,
    *,
    contact_cost: float | None,
    profit_if_won: float | Estimate | NotEnough | None,
    base_share: float | Estimate | NotEnough = 0.5,
    horizon_days: int = 90,
    audience: str = "just_quiet",
) -> BreakEven | NotEnough:
    """The share a contact must win to pay, and the share a test could show.

    Args:
        customers: Customers on the list (count).
        contact_cost: Cost of one contact (money); None = not known.
        profit_if_won: Gross profit a won customer brings (money); None = not known.
        base_share: Share who return without a contact, in [0, 1); the default .5 is the most cautious.
        horizon_days: Days after the contact in which a purchase counts as a return.
        audience: Who the customers are.

    Returns:
        The break-even; NotEnough with reason "customers_on_list", "contact_cost_known",
        "profit_if_won_known" or "profit_if_won_positive".

    Raises:
        ValueError: contact_cost is negative, or base_share is outside [0, 1).
    """
    if isinstance(customers, NotEnough):
        return customers
    if isinstance(profit_if_won, NotEnough):
        return profit_if_won
    if isinstance(base_share, NotEnough):
        return base_share
    if contact_cost is None:
        return NotEnough("contact_cost_known", 0, 1)
    if profit_if_won is None:
        return NotEnough("profit_if_won_known", 0, 1)
    found = _break_even(
        customers, float(contact_cost), _number(profit_if_won), _number(base_share), horizon_days=horizon_days
    )
    return found if isinstance(found, NotEnough) else replace(found, audience=audience)


def detectable_rise(base_share: float, group: float) -> float | None:
    """The smallest rise over a share that two equal groups show with 80 % power at two-sided .05.

    Args:
        base_share: Share in the group left alone, in [0, 1).
        group: Customers in each group.

    Returns:
        The rise, in (0, 1 - base_share]; None when even a rise to 1 is not found with that power.

    References:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, equation 4.14.
    """
    if group < 1:
        return None
    at_test, at_power = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2), NormalDist().inv_cdf(POWER)

    def surplus(rise: float) -> float:
        share, middle = base_share + rise, base_share + rise / 2
        null = math.sqrt(2 * middle * (1 - middle))
        real = math.sqrt(max(0.0, base_share * (1 - base_share) + share * (1 - share)))
        return rise * math.sqrt(group) - at_test * null - at_power * real

    low, high = 0.0, 1 - base_share
    if surplus(high) < 0:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if surplus(middle) >= 0 else (middle, high)
    return high


def _break_even(
    customers: int, contact_cost: float, profit: float, base_share: float, *, horizon_days: int
) -> BreakEven | NotEnough:
    """The break-even of plain numbers."""
    if contact_cost < 0 or not 0 <= base_share < 1:
        msg = f"contact_cost must be 0 or more and base_share in [0, 1), not {contact_cost} and {base_share}"
        raise ValueError(msg)
    if customers < 1:
        return NotEnough("customers_on_list", customers, 1)
    if not (math.isfinite(profit) and profit > 0):
        return NotEnough("profit_if_won_positive", profit, 0)
    share = contact_cost / profit
    return BreakEven(
        audience="",
        customers=customers,
        contacted=max(1, customers // 2),
        contact_cost=contact_cost,
        contact_cost_total=customers * contact_cost,
        profit_if_won=profit,
        break_even_share=share,
        one_in=profit / contact_cost if contact_cost > 0 else None,
        reachable=share <= 1 - base_share,
        base_share=base_share,
        detectable_share=detectable_rise(base_share, customers / 2),
        horizon_days=horizon_days,
    )


def _number(given: float | Estimate) -> float:
    """The number itself, or an estimate's value."""
    return float(given.value) if isinstance(given, Estimate) else float(given)

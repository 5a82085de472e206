"""The customers who carry most of the value: a list to treat well, half of it set aside to see whether that pays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough, first_refusal
from retention_lib.models.customer_values import CustomerValues
from retention_lib.models.economics import BreakEven
from retention_lib.models.next_steps import list_break_even, set_aside
from retention_lib.models.value_at_stake import ValueAtStake

TOP_DECILE = "top_decile"


@dataclass(frozen=True, kw_only=True, eq=False)
class TopCustomers:
    """The tenth of the customers with the highest expected value: whom to treat, and who is left as usual.

    Attributes:
        table: One row a customer, the highest value first: customer_id (in clear), group ('contact' or 'control'),
            value (expected, money), purchases (expected), risk (chance of no purchase in the months ahead),
            profit_if_stays (money), and the consents known.
        share: Of the value of all customers, with those on the list.
        months: Calendar months ahead.
        horizon_days: Days in them.
        consents_known: Whether the store knows who agreed to be contacted; who agreed to no channel is left out.
        refused: Customers left out for that (count).
    """

    table: pd.DataFrame
    share: float
    months: int
    horizon_days: int
    consents_known: bool
    refused: int

    def to_frame(self) -> pd.DataFrame:
        """The list."""
        return self.table


def top_customers(
    values: CustomerValues | NotEnough,
    stakes: ValueAtStake | NotEnough,
    consents: pd.DataFrame | None,
    *,
    budget: int,
    rng: np.random.Generator,
) -> TopCustomers | NotEnough:
    """The list of the top tenth.

    Args:
        values: From `customer_values.customer_values`, of histories with `customer_id`.
        stakes: From `value_at_stake.value_at_stake`.
        consents: customer_id and a bool column a channel; None where consents are not known.
        budget: Customers who may be contacted (count); the list holds twice as many at most.
        rng: Decides which of two neighbours on the list is left as usual.

    Returns:
        The list; the `NotEnough` that came in; "customers_on_list" where nobody may be contacted.
    """
    if isinstance(values, NotEnough) or isinstance(stakes, NotEnough):
        return first_refusal(values, stakes)
    money = values.value
    order = np.argsort(-money, kind="stable")
    ranked = pd.DataFrame(
        {
            "customer_id": values.rows["customer_id"].array[order],
            "value": money[order],
            "purchases": values.purchases[order],
            "risk": stakes.risk[order],
            "profit_if_stays": stakes.profit_if_stays[order],
        }
    )
    halves = set_aside(ranked, consents, budget=budget, rng=rng)
    if isinstance(halves, NotEnough):
        return halves
    return TopCustomers(
        table=halves.table,
        share=float(halves.table["value"].sum() / max(float(money.sum()), 1e-12)),
        months=values.horizon.months,
        horizon_days=(values.horizon.ends[-1] - values.horizon.until).days,
        consents_known=consents is not None,
        refused=halves.refused,
    )


def top_test(listed: TopCustomers | NotEnough, *, contact_cost: float | None) -> BreakEven | NotEnough:
    """What treating the top tenth must bring to pay for itself.

    Args:
        listed: From `top_customers`.
        contact_cost: Cost of one contact or present (money); None where not known.

    Returns:
        The break-even; the `NotEnough` that came in; "customers_on_list" with fewer than 30 on the list, and the
        reasons of `economics.break_even`; "top_customers_who_may_leave" where so many buy again anyway that no test
        of this size could show a gain.
    """
    if isinstance(listed, NotEnough):
        return listed
    needed = list_break_even(
        listed.table, contact_cost=contact_cost, horizon_days=listed.horizon_days, audience=TOP_DECILE
    )
    if isinstance(needed, NotEnough) or needed.detectable_share is not None:
        return needed
    leaving = round((1 - needed.base_share) * len(listed.table))
    return NotEnough("top_customers_who_may_leave", leaving, len(listed.table))

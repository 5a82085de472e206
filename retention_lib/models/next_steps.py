"""What to try next: tests with a control group, ranked by the lift they need, inside the contact budget."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.economics import BreakEven, break_even
from retention_lib.models.lapse import MINIMUM_CUSTOMERS

CONTACT, CONTROL = "contact", "control"
MOST_AT_STAKE = "most_at_stake"
TOP_SHARE = 0.1
"""The share of those who may be contacted, the ones with the most at stake, who are an audience of their own."""

_NEARLY_ALL = 1 - 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class NextSteps:
    """Tests that may be run next month, the one that needs the smallest lift first.

    Attributes:
        steps: One break-even an audience; each contacts half of its list, drawn at random.
        budget: Customers who may be contacted in a month (count); the steps together stay within it.
        left_out: Audiences for which the budget left nothing, or of too few customers to learn from.
    """

    steps: tuple[BreakEven, ...]
    budget: int
    left_out: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a step, in order; the fields of `economics.BreakEven`."""
        return pd.DataFrame([asdict(step) for step in self.steps])


@dataclass(frozen=True, kw_only=True, eq=False)
class ContactList:
    """The customers of a test: whom to contact, and who is left alone.

    Attributes:
        table: One row a customer, the most at stake first: customer_id (in clear), group ('contact' or 'control'),
            risk (chance of no purchase in the horizon), profit_if_stays, at_stake (money), and the consents known.
        horizon_days: The horizon of the risk.
        consents_known: Whether the store knows who agreed to be contacted; who agreed to no channel is left out.
        refused: Customers left out for that (count).
    """

    table: pd.DataFrame
    horizon_days: int
    consents_known: bool
    refused: int

    def to_frame(self) -> pd.DataFrame:
        """The list."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class SetAside:
    """Customers of a test, half of them set aside.

    Attributes:
        table: As given, with `group` ('contact' or 'control') after the first column and the consents known.
        refused: Customers left out because they agreed to no channel (count).
    """

    table: pd.DataFrame
    refused: int


def next_steps(
    audiences: pd.DataFrame | NotEnough,
    listed: ContactList | NotEnough,
    *,
    gross_margin: float | None,
    contact_cost: float | None,
    budget: int,
    horizon_days: int,
) -> NextSteps | NotEnough:
    """Tests of contacting each audience, ranked by break-even lift.

    Args:
        audiences: Columns audience, customers (today), past_customers, past_returned (counts), past_spend (money of
            the returned within the horizon): how such customers went on by themselves.
        listed: The list of those with the most at stake, whose contacts are set aside first; NotEnough without one.
        gross_margin: Share of spend, in [0, 1]; None = not known.
        contact_cost: Cost of one contact (money); None = not known.
        budget: Customers who may be contacted in a month.
        horizon_days: Days after the contact in which a purchase counts.

    Returns:
        The steps; NotEnough("contact_cost_known"), ("margin_known") or ("customers_on_list") where there is none.
    """
    if isinstance(audiences, NotEnough):
        return audiences
    if contact_cost is None:
        return NotEnough("contact_cost_known", 0, 1)
    if gross_margin is None:
        return NotEnough("margin_known", 0, 1)
    of_the_score = _of_the_score(listed, contact_cost, horizon_days)
    rows = audiences.to_dict("records")
    told = [of_the_score, *(_of_the_past(row, gross_margin, contact_cost, horizon_days) for row in rows)]
    ranked = sorted(
        (plan for plan in told if isinstance(plan, BreakEven)), key=lambda plan: (plan.break_even_share, plan.audience)
    )
    left = budget - (of_the_score.contacted if isinstance(of_the_score, BreakEven) else 0)
    steps = []
    for plan in ranked:
        kept = plan if plan is of_the_score else plan.within(left)
        if kept is not None:
            steps.append(kept)
            left -= 0 if kept is of_the_score else kept.contacted
    if not steps:
        return NotEnough("customers_on_list", 0, 1)
    taken = {step.audience for step in steps}
    out = tuple(name for name in (*audiences["audience"], MOST_AT_STAKE) if name not in taken)
    return NextSteps(steps=tuple(steps), budget=budget, left_out=out)


def contact_list(
    customers: pd.DataFrame | NotEnough,
    consents: pd.DataFrame | None,
    *,
    budget: int,
    horizon_days: int,
    rng: np.random.Generator,
) -> ContactList | NotEnough:
    """The tenth of those who may be contacted with the most at stake, half of them set aside.

    Of two neighbours on the list chance decides who is left alone.

    Args:
        customers: Columns customer_id, risk, profit_if_stays, at_stake; the most at stake first.
        consents: customer_id and a bool column a channel; None where consents are not known.
        budget: Customers who may be contacted (count); the list holds twice as many at most.
        horizon_days: The horizon of the risk.
        rng: Decides which of two neighbours is left alone.

    Returns:
        The list; NotEnough("customers_on_list") where nobody may be contacted.
    """
    if isinstance(customers, NotEnough):
        return customers
    halves = set_aside(customers, consents, budget=budget, rng=rng)
    if isinstance(halves, NotEnough):
        return halves
    return ContactList(
        table=halves.table, horizon_days=horizon_days, consents_known=consents is not None, refused=halves.refused
    )


def set_aside(
    customers: pd.DataFrame, consents: pd.DataFrame | None, *, budget: int, rng: np.random.Generator
) -> SetAside | NotEnough:
    """The first tenth of those who may be contacted; of two neighbours chance decides who is left alone.

    Args:
        customers: With a `customer_id` before all else, the most important first.
        consents: customer_id and a bool column a channel; None where consents are not known.
        budget: Customers who may be contacted (count); the test holds twice as many at most.
        rng: Decides which of two neighbours is left alone.

    Returns:
        Both halves; NotEnough("customers_on_list") where nobody may be contacted.
    """
    chosen, refused = customers, 0
    if consents is not None:
        channels = [name for name in consents.columns if name != "customer_id"]
        willing = consents.loc[consents[channels].eq(True).any(axis="columns"), "customer_id"]
        agreed = customers["customer_id"].isin(willing)
        chosen, refused = customers.loc[agreed], int((~agreed).sum())
    pairs = min(math.ceil(TOP_SHARE * len(chosen) / 2), len(chosen) // 2, budget)
    if pairs == 0:
        return NotEnough("customers_on_list", 0, 1)
    table = chosen.head(2 * pairs).reset_index(drop=True).astype({"customer_id": object})
    if consents is not None:
        listed = consents[consents["customer_id"].isin(table["customer_id"])]
        table = table.merge(listed, on="customer_id", how="left", sort=False)
    first = rng.random(pairs) < 0.5
    contacted = np.column_stack([first, ~first]).ravel()
    table.insert(1, "group", np.where(contacted, CONTACT, CONTROL))
    return SetAside(table=table, refused=refused)


def _of_the_past(row: dict[Any, Any], margin: float, cost: float, horizon_days: int) -> BreakEven | NotEnough:
    """The break-even of an audience, from how such customers went on in the past."""
    past, returned = int(row["past_customers"]), int(row["past_returned"])
    if past < MINIMUM_CUSTOMERS or returned == 0:
        return NotEnough("customers_on_list", past, MINIMUM_CUSTOMERS)
    return break_even(
        int(row["customers"]),
        contact_cost=cost,
        profit_if_won=margin * float(row["past_spend"]) / returned,
        base_share=min(returned / past, _NEARLY_ALL),
        horizon_days=horizon_days,
        audience=str(row["audience"]),
    )


def _of_the_score(listed: ContactList | NotEnough, cost: float, horizon_days: int) -> BreakEven | NotEnough:
    """The break-even of those with the most at stake, from what the score expects of them."""
    if isinstance(listed, NotEnough):
        return listed
    return list_break_even(listed.table, contact_cost=cost, horizon_days=horizon_days, audience=MOST_AT_STAKE)


def list_break_even(
    table: pd.DataFrame, *, contact_cost: float | None, horizon_days: int, audience: str
) -> BreakEven | NotEnough:
    """What contacting the customers of a list must bring to pay for itself, from what is expected of them.

    Args:
        table: One row a customer: risk (chance of no purchase in the horizon), profit_if_stays (money).
        contact_cost: Cost of one contact (money); None where not known.
        horizon_days: The horizon.
        audience: Name of the list.

    Returns:
        The break-even; "customers_on_list" with fewer than 30 on the list, and the reasons of `economics.break_even`.
    """
    if len(table) < MINIMUM_CUSTOMERS:
        return NotEnough("customers_on_list", len(table), MINIMUM_CUSTOMERS)
    return break_even(
        len(table),
        contact_cost=contact_cost,
        profit_if_won=float(table["profit_if_stays"].mean()),
        base_share=min(1 - float(table["risk"].mean()), _NEARLY_ALL),
        horizon_days=horizon_days,
        audience=audience,
    )

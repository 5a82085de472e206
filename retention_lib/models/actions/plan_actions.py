"""The lists of a plan as things to do, those with the most money first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.decision_rule import LEAST_CUSTOMERS
from retention_lib.models.actions.plan import NOBODY, Plan
from retention_lib.models.actions.playbook_terms import UNTESTED

MOST_TOLD = 6
"""Lists told one by one; the table of the plan has all."""


@dataclass(frozen=True, kw_only=True)
class PlannedList:
    """A list to send.

    Attributes:
        scenario: Its scenario.
        offer: What it offers; `none`, a name, or `several`.
        contacts: Customers who get the message (count).
        control: Customers left alone (count).
        cost: Money; None where the cost of a message is not known.
        expected: Profit it is expected to add net of its cost; None where no test has measured it.
        source: measured, borrowed or untested.
        one_in: It pays if one in so many of those contacted orders who would not have; None where that is not known.
        start: First day of sending.
        verdict_on: Day of its verdict.
    """

    scenario: str
    offer: str
    contacts: int
    control: int
    cost: float | None
    expected: Estimate | None
    source: str
    one_in: float | None
    start: date
    verdict_on: date

    @property
    def judged_alone(self) -> bool:
        """Whether it is large enough for a verdict of its own."""
        return min(self.contacts, self.control) >= LEAST_CUSTOMERS

    def to_frame(self) -> pd.DataFrame:
        """One row, one column a field."""
        return pd.DataFrame([asdict(self)])


@dataclass(frozen=True, kw_only=True)
class PlanActions:
    """The lists to send, in order.

    Attributes:
        steps: The lists: those with a measured effect by the money expected, then the others by what their customers
            bring by themselves, of which any gain is a share.
    """

    steps: tuple[PlannedList, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a list."""
        return pd.concat([step.to_frame() for step in self.steps], ignore_index=True)


def plan_actions(plan: Plan | NotEnough, *, most: int = MOST_TOLD) -> PlanActions | NotEnough:
    """The lists of a plan as things to do.

    Args:
        plan: From `plan.plan`.
        most: Lists told at most.

    Returns:
        The lists; NotEnough("customers_to_contact") where nobody gets a message; the `NotEnough` that came in.
    """
    if isinstance(plan, NotEnough):
        return plan
    lists = plan.lists[plan.lists["contacts"] > 0]
    if lists.empty:
        return NOBODY
    worth = {"expected": lists["expected"].fillna(0.0), "base": lists["base"].fillna(0.0)}
    keys = lists.assign(tested=lists["source"] != UNTESTED, **worth)
    largest_first = keys.sort_values(["tested", "expected", "base", "contacts"], ascending=False, kind="stable")
    ordered = lists.loc[largest_first.index].head(most)
    return PlanActions(steps=tuple(_told(row, plan.start) for row in ordered.to_dict("records")))


def _told(row: Mapping[Any, Any], start: date) -> PlannedList:
    known = {name: _number(row[name]) for name in ("cost", "expected", "low", "high", "one_in")}
    value = known["expected"]
    expected = None if value is None else Estimate(value, low=known["low"], high=known["high"], level=0.95)
    return PlannedList(
        scenario=str(row["scenario"]),
        offer=str(row["offer"]),
        contacts=int(row["contacts"]),
        control=int(row["control"]),
        cost=known["cost"],
        expected=expected,
        source=str(row["source"]),
        one_in=known["one_in"],
        start=start,
        verdict_on=row["verdict_on"],
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)

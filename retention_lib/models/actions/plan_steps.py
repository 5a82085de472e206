"""What each step of a plan took away from the customers whom scenarios are about."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_lib.models.actions.allocation import Allocation
from retention_lib.models.actions.values import ALONE, LIMITED, NO_HOUR, REMOVED, STOPPED, TAKEN, UNPAID

TRIGGERED, LISTED = "triggered", "listed"
"""The first step and the last one."""

_LATER = (
    ("one_message", (TAKEN,)),
    ("offered", (ALONE, STOPPED, UNPAID)),
    ("within_limits", (NO_HOUR, LIMITED)),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanSteps:
    """How many customers are left after each step.

    Attributes:
        table: One row a scenario and step, by priority and in the order of the steps: scenario, step, customers
            (count left), lost (count that the step took away).
        reasons: Why candidates were taken away by those steps that choose: reason, customers (counts, of all scenarios
            together; one may be a candidate of several).
    """

    table: pd.DataFrame = field(repr=False)
    reasons: pd.DataFrame = field(repr=False)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios by priority."""
        return tuple(dict.fromkeys(self.table["scenario"]))

    @property
    def triggered(self) -> int:
        """Customers whom scenarios are about, each once a scenario (count)."""
        return self._sum(TRIGGERED)

    @property
    def listed(self) -> int:
        """Customers on lists (count)."""
        return self._sum(LISTED)

    @property
    def lost(self) -> pd.DataFrame:
        """One row a step but the first: step, customers (lost by it over all scenarios), the largest loss first."""
        later = self.table[self.table["step"] != TRIGGERED]
        sums = later.groupby("step", sort=False)["lost"].sum().reset_index(name="customers")
        return sums.sort_values("customers", ascending=False, kind="stable", ignore_index=True)

    def _sum(self, step: str) -> int:
        return int(self.table.loc[self.table["step"] == step, "customers"].sum())

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Overlap:
    """Customers whom several scenarios are about, before each gets one message.

    Attributes:
        table: One row a pair of scenarios, the most customers first: scenario, other (the one with less priority),
            customers (count in both), share (of the candidates of `other`, in [0, 1]).
    """

    table: pd.DataFrame = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """The pairs."""
        return self.table


def shared_customers(overlap: pd.DataFrame, allocation: Allocation) -> Overlap:
    """Customers whom several scenarios are about.

    Args:
        overlap: Of `measures.actions.candidates`: scenario, other, customers.
        allocation: Of the same candidates.
    """
    every = allocation.allocated.frame["scenario"].astype(str).value_counts()
    share = overlap["customers"] / every.reindex(overlap["other"]).to_numpy(dtype=float)
    ordered = overlap.assign(share=share).sort_values(
        ["customers", "scenario", "other"], ascending=[False, True, True], ignore_index=True
    )
    return Overlap(table=ordered)


def plan_steps(steps: pd.DataFrame, allocation: Allocation, issued: pd.DataFrame) -> PlanSteps:
    """All steps of a plan.

    Args:
        steps: The steps up to the candidates: scenario, step, customers.
        allocation: Who was chosen of them.
        issued: What was issued: scenario, contacts, control. A list that was issued before may hold others.
    """
    frame, removed = allocation.allocated.frame, allocation.removed
    names = [str(name) for name in frame["scenario"].cat.categories]
    codes = frame["scenario"].cat.codes.to_numpy()
    counts = np.zeros((len(names), len(REMOVED)), dtype=np.int64)
    np.add.at(counts, (codes, removed), 1)
    on_lists = issued.set_index("scenario")[["contacts", "control"]].sum(axis=1)
    rows = []
    for code, name in enumerate(names):
        left = int(counts[code].sum())
        for step, reasons in _LATER:
            left -= int(counts[code, list(reasons)].sum())
            rows.append((name, step, left))
        rows.append((name, LISTED, int(on_lists.get(name, 0))))
    later = pd.DataFrame(rows, columns=["scenario", "step", "customers"])
    both = pd.concat([steps[["scenario", "step", "customers"]], later], ignore_index=True)
    place = {name: at for at, name in enumerate(dict.fromkeys([*names, *both["scenario"]]))}
    table = both.sort_values("scenario", key=lambda each: each.map(place), kind="stable", ignore_index=True)
    before = table.groupby("scenario", sort=False)["customers"].shift()
    lost = (before.fillna(table["customers"]) - table["customers"]).clip(lower=0).astype("int64")
    told = pd.DataFrame({"reason": list(REMOVED[1:]), "customers": counts.sum(axis=0)[1:]})
    return PlanSteps(table=table.assign(lost=lost), reasons=told)

"""Customers by step before and after joining, as arrays: groups of customers who started and joined alike, and cells.

A cell is a group in a step. What customers did stands in entries, one for each customer and step in which anything
happened; cells of customers who did nothing are told by their number alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PERIOD_DAYS = 28
"""The length of a period in which effects are told."""

EARLY_DAYS = 3 * PERIOD_DAYS
"""The first days of a customer, in which it is seen who buys alike."""

_OUTCOMES = ("purchases", "revenue", "gross_profit")


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Customers by step.

    Attributes:
        started: Step of the first purchase, by group; -1 before the first step. Steps up to it are not looked at.
        joined: Step of joining, by group; `steps` for groups that never joined within the panel.
        settled: Whether the group's members had been customers for 84 days before they joined.
        customers: Customers, by group (counts).
        facts: From `measures.panels.joining_panel`, one row.
        row: Of entries, the place of the customer.
        cell: Of entries, the place of the cell: group times `steps` plus step.
        outcomes: Of entries, what happened, by name: `purchases`, `revenue`, and `gross_profit` where known.
        cluster: The household or customer, by place of the customer.
        steps: Steps (count).
        step_days: Length of a step.
    """

    started: Ints
    joined: Ints
    settled: Bools
    customers: Floats
    facts: pd.DataFrame
    row: Ints
    cell: Ints
    outcomes: dict[str, Floats]
    cluster: Ints
    steps: int
    step_days: int

    @property
    def period_steps(self) -> int:
        """Steps of a period of 28 days."""
        return max(1, round(PERIOD_DAYS / self.step_days))

    @property
    def never(self) -> Bools:
        """Which groups never joined."""
        return self.joined >= self.steps

    def sums(self, outcome: str) -> Floats:
        """An outcome's sums over customers: groups x steps."""
        cells = len(self.started) * self.steps
        told = np.bincount(self.cell, weights=self.outcomes[outcome], minlength=cells)
        return np.asarray(told.reshape(-1, self.steps), dtype=float)

    def of_steps(self, outcome: str, weights: Floats) -> Floats:
        """Each customer's outcomes added up with weights of cells: customers x columns.

        Args:
            outcome: Its name.
            weights: Cells (groups x steps, flat) x columns.
        """
        from scipy.sparse import csr_matrix

        shape = (len(self.cluster), len(weights))
        return np.asarray(csr_matrix((self.outcomes[outcome], (self.row, self.cell)), shape=shape) @ weights)


def panel(told: Any) -> Panel | NotEnough:
    """The panel as arrays.

    Args:
        told: From `measures.panels.joining_panel`: `customers`, `groups`, `facts`, `steps`, `step_days`; a refusal is
            handed on.

    Returns:
        The panel, with `active` (whether a customer bought in the step) among the outcomes.
    """
    if isinstance(told, NotEnough):
        return told
    return _arrays(told, told.customers, told.groups)


def segment_panel(told: Any, dimension: str, segment: str) -> Panel:
    """The panel of the customers of one segment.

    Args:
        told: From `measures.panels.joining_panel`.
        dimension: What customers are told apart by.
        segment: One of its values.
    """
    rows: pd.DataFrame = told.customers
    sizes: pd.DataFrame = told.segments
    sizes = sizes[(sizes["dimension"] == dimension) & (sizes["segment"] == segment)]
    return _arrays(told, rows[rows[dimension] == segment], sizes)


def _arrays(told: Any, rows: pd.DataFrame, groups: pd.DataFrame) -> Panel:
    """Some of the panel's customers as arrays."""
    keys = [pd.MultiIndex.from_frame(frame[["started", "joined", "settled"]]) for frame in (groups, rows)]
    group = keys[0].get_indexer(keys[1])
    lengths = rows["step"].str.len().to_numpy(dtype=np.int64) if len(rows) else np.zeros(0, dtype=np.int64)
    row = np.repeat(np.arange(len(rows)), lengths)
    outcomes = {name: _flat(rows[name]) for name in _OUTCOMES if name in rows}
    outcomes["active"] = (outcomes["purchases"] > 0).astype(float)
    return Panel(
        started=groups["started"].to_numpy(dtype=np.int64),
        joined=groups["joined"].to_numpy(dtype=np.int64),
        settled=groups["settled"].to_numpy(dtype=bool),
        customers=groups["customers"].to_numpy(dtype=float),
        facts=told.facts,
        row=row,
        cell=group[row] * told.steps + _flat(rows["step"]).astype(np.int64),
        outcomes=outcomes,
        cluster=rows["cluster"].to_numpy(dtype=np.int64),
        steps=int(told.steps),
        step_days=int(told.step_days),
    )


def _flat(lists: pd.Series) -> Floats:
    """Lists, one after another."""
    return np.concatenate(lists.to_list()).astype(float) if len(lists) else np.zeros(0)

"""The scenarios of which there is no list, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.lists import is_over, taken_experiments
from retention_lib.measures.actions.needs import missing_need
from retention_lib.measures.actions.triggers import triggered

if TYPE_CHECKING:
    from ibis.expr import types as ir

    from retention_lib.measures.actions.context import TriggerContext

DISABLED, TAKEN, NEEDS, OVER = "scenario_disabled", "experiment_taken", "scenario_needs", "later_lists"
"""Why a scenario is off.

The file says so; a test of its name is known from elsewhere; a table or column is missing; the report of a later month
issued lists already, and this one had none of the scenario.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenariosOff:
    """The scenarios of which there is no list.

    Attributes:
        table: One row a scenario: scenario, reason (`DISABLED`, `TAKEN`, `NEEDS`, `OVER`, or a code of `NotEnough`),
            lacks (the table or `table.column` that is missing, several of which one will do joined by `or`; else
            empty), have, need (the numbers of a `NotEnough`; else NaN).
        on: Scenarios that were looked at (count).
    """

    table: pd.DataFrame = field(repr=False)
    on: int

    @property
    def wanting(self) -> pd.DataFrame:
        """Those that are off though the file has them on."""
        return self.table[self.table["reason"] != DISABLED]

    def to_frame(self) -> pd.DataFrame:
        """The scenarios."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class Triggered:
    """The customers of each scenario.

    Attributes:
        tables: Columns of `due.TRIGGERED` by scenario, in the order of priority.
        off: The other scenarios.
    """

    tables: dict[str, ir.Table]
    off: ScenariosOff


def all_triggered(context: TriggerContext) -> Triggered:
    """The customers of all scenarios that are on.

    Args:
        context: The store up to a day, and the days of the plan.
    """
    found: dict[str, ir.Table] = {}
    off: list[tuple[str, str, str, NotEnough | None]] = [
        (name, DISABLED, "", None) for name, one in context.playbook.scenarios.items() if not one.enabled
    ]
    enabled = context.playbook.enabled
    taken = taken_experiments(context.store, list(enabled), month=context.month, start=context.start)
    own = {about.scenario for about in context.store.lists.issued(context.month).experiments}
    over = is_over(context.store, context.month)
    for name, scenario in enabled.items():
        lacks = missing_need(context.store, scenario)
        if over and name not in own:
            off.append((name, OVER, "", None))
        elif name in taken:
            off.append((name, TAKEN, "", None))
        elif lacks is not None:
            off.append((name, NEEDS, lacks, None))
        elif isinstance(rows := triggered(context, scenario), NotEnough):
            off.append((name, rows.reason, "", rows))
        else:
            found[name] = rows
    return Triggered(tables=found, off=ScenariosOff(table=_table(off), on=len(found)))


def _table(off: list[tuple[str, str, str, NotEnough | None]]) -> pd.DataFrame:
    rows = [
        (name, reason, lacks, float("nan") if why is None else why.have, float("nan") if why is None else why.need)
        for name, reason, lacks, why in off
    ]
    return pd.DataFrame(rows, columns=["scenario", "reason", "lacks", "have", "need"])

"""Who may be contacted for which reason: customers whom a scenario is about, step by step through what forbids it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.actions.due import TRIGGERED
from retention_lib.measures.actions.off import ScenariosOff, all_triggered
from retention_lib.settings.scenario import CHANNELS, Scenario

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.actions.people import People

STEPS = (
    *("triggered", "known", "not_held_out", "not_suppressed", "not_open", "consented", "under_cap"),
    *("one_message", "offered", "within_limits", "listed"),
)
"""What a customer passes on the way to a list, in this order."""

COUNTED = STEPS[: STEPS.index("one_message")]
"""The steps that are counted here; which message a customer gets is decided later."""

CANDIDATE_COLUMNS = (*("row", "scenario", "channel", "trigger_at", "send_from", "send_by", "strength", "priority"),)
"""The columns of the candidates."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Customers and the scenarios that may write to them.

    Attributes:
        frame: One row a customer and scenario, ordered by row, priority and scenario: row (int32, of
            `people.People.table`), scenario (categorical, in the order of priority), channel (categorical: the first of
            the scenario's that the customer agreed to), trigger_at, send_from, send_by (datetime64[s]: what it is
            about, the first and the last useful time), strength (float32; NaN where the scenario ranks nobody; larger
            goes first), priority (int16; 1 goes first).
        table: The same rows in the engine, for what stays there: customer_id, row, scenario (text), detail (text or
            NULL: what the message is about).
        steps: One row a scenario and step of `COUNTED`, in their order: scenario, step, customers (count left).
        off: The scenarios that were not looked at, and why.
        overlap: One row a pair of scenarios that share customers: scenario, other (the one with less priority),
            customers (count in both).
    """

    frame: pd.DataFrame
    table: ir.Table
    steps: pd.DataFrame
    off: ScenariosOff
    overlap: pd.DataFrame

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that were looked at, in the order of priority."""
        return tuple(self.frame["scenario"].cat.categories)

    def to_frame(self) -> pd.DataFrame:
        """The steps."""
        return self.steps


def candidates(context: TriggerContext, people: People) -> Candidates:
    """The customers of all scenarios who may be written to.

    Args:
        context: The store up to a day, and the days of the plan.
        people: From `people.people`.

    Returns:
        The candidates; without rows where no scenario finds anybody.
    """
    found = all_triggered(context)
    names = list(found.tables)
    scenarios = [context.playbook.scenarios[name] for name in names]
    table = _passed(found.tables, people, scenarios, cap=context.playbook.frequency_cap.messages)
    frame = _frame(table, names, scenarios)
    last = table.filter(table.fell == len(COUNTED))
    return Candidates(
        frame=frame,
        table=last.select("customer_id", "row", "detail", scenario=_name(last.code, names)),
        steps=_steps(table, names),
        off=found.off,
        overlap=_overlap(frame, names),
    )


def _passed(found: Mapping[str, ir.Table], people: People, scenarios: Sequence[Scenario], *, cap: int) -> ir.Table:
    """Everybody whom a scenario is about, with the number of steps passed and the channel; kept in the engine."""
    if not found:
        return _nobody(people)
    parts = [rows.select(*TRIGGERED, code=ibis.literal(code, "int16")) for code, rows in enumerate(found.values())]
    told = ibis.union(*parts) if len(parts) > 1 else parts[0]
    who = people.table
    joined = told.left_join(who, "customer_id")
    exempt = [code for code, scenario in enumerate(scenarios) if scenario.while_suppressed]
    channel = _channel(joined, scenarios)
    refusals = (
        joined.row.isnull(),
        joined.held_out,
        joined.suppressed & joined.code.notin(exempt) if exempt else joined.suppressed,
        joined.open_until.notnull(),
        channel.isnull(),
        joined.messages_lately >= cap,
    )
    fell = ibis.cases(*((refused, step) for step, refused in enumerate(refusals, start=1)), else_=len(COUNTED))
    return joined.select(
        *("customer_id", "row", "code", "trigger_at", "send_from", "send_by", "detail", "strength"),
        channel=channel.cast("int8"),
        fell=fell.cast("int8"),
    ).cache()


def _nobody(people: People) -> ir.Table:
    """No candidates, where no scenario is to be looked at."""
    stamps = {name: ibis.null("timestamp(6)") for name in ("trigger_at", "send_from", "send_by")}
    told = {"code": ibis.null("int16"), "detail": ibis.null("string"), "strength": ibis.null("float64")}
    kept = people.table.filter(ibis.literal(False))
    return kept.select("customer_id", "row", **stamps, **told, channel=ibis.null("int8"), fell=ibis.null("int8"))


def _channel(joined: ir.Table, scenarios: Sequence[Scenario]) -> ir.Value:
    """The place among `CHANNELS` of the first channel of the scenario by which the customer may be contacted."""
    first = [
        (joined.code == code, ibis.cases(*((joined[name], CHANNELS.index(name)) for name in scenario.channels)))
        for code, scenario in enumerate(scenarios)
    ]
    return ibis.cases(*first)


def _frame(table: ir.Table, names: Sequence[str], scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """The candidates as numbers; ids and texts stay in the engine."""
    kept = table.filter(table.fell == len(COUNTED))
    # Scenarios are numbered by priority, then by name, so that their number orders both.
    ordered = kept.order_by("row", "code").select(
        "row", "code", "channel", "trigger_at", "send_from", "send_by", "strength"
    )
    rows = ordered.to_pyarrow()
    code = rows["code"].to_numpy()
    priorities = np.array([scenario.priority for scenario in scenarios], dtype=np.int16)
    stamps = {name: rows[name].to_numpy().astype("datetime64[s]") for name in ("trigger_at", "send_from", "send_by")}
    return pd.DataFrame(
        {
            "row": rows["row"].to_numpy().astype(np.int32),
            "scenario": pd.Categorical.from_codes(code, categories=pd.Index(list(names), dtype=object)),
            "channel": pd.Categorical.from_codes(
                rows["channel"].to_numpy(), categories=pd.Index(list(CHANNELS), dtype=object)
            ),
            **stamps,
            "strength": rows["strength"].to_numpy(zero_copy_only=False).astype(np.float32),
            "priority": priorities[code],
        }
    )


def _steps(table: ir.Table, names: Sequence[str]) -> pd.DataFrame:
    """How many customers of each scenario each step leaves."""
    counts = table.group_by("code", "fell").aggregate(customers=table.count()).to_pandas()
    fallen = np.zeros((len(names), len(COUNTED) + 1), dtype=np.int64)
    fallen[counts["code"], counts["fell"]] = counts["customers"]
    # Who fell at a step passed those before it: what is left is everybody who fell at it or later, or nowhere.
    left = fallen[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    return pd.DataFrame(
        {
            "scenario": np.repeat(np.array(names, dtype=object), len(COUNTED)),
            "step": np.tile(np.array(COUNTED, dtype=object), len(names)),
            "customers": left.ravel(),
        }
    )


def _name(code: ir.Value, names: Sequence[str]) -> ir.Value:
    if not names:
        return ibis.null("string")
    return ibis.cases(*((code == at, name) for at, name in enumerate(names)))


def _overlap(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Customers shared by each pair of scenarios."""
    rows, codes = frame["row"].to_numpy(), frame["scenario"].cat.codes.to_numpy().astype(np.uint64)
    shared = np.zeros((len(names), len(names)), dtype=np.int64)
    if len(rows):
        starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
        # One bit a scenario: few sets of scenarios come up, however many customers there are.
        sets, customers = np.unique(
            np.bitwise_or.reduceat(np.left_shift(np.uint64(1), codes), starts), return_counts=True
        )
        member = (sets[:, None] >> np.arange(len(names), dtype=np.uint64)) & np.uint64(1)
        shared = (member.T * customers) @ member.astype(np.int64)
    first, second = np.triu_indices(len(names), k=1)
    found = pd.DataFrame(
        {
            "scenario": np.array(names, dtype=object)[first],
            "other": np.array(names, dtype=object)[second],
            "customers": shared[first, second].astype(np.int64),
        }
    )
    return found[found["customers"] > 0].reset_index(drop=True)

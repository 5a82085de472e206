"""Lists drawn: units put into arms by chance, each with its time, its offer and the terms of its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis.expr import types as ir

from retention_lib.measures.splitting import Arm, split_each
from retention_lib.settings.scenario import CONTROL, LEARNED_OFFER, NO_OFFER
from retention_lib.settings.scenarios import AbandonedCartScenario
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS, list_rows
from retention_lib.stores.listed import ListedExperiment, experiment_name

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.actions.terms import Terms
    from retention_lib.settings.calendar import Month
    from retention_lib.settings.scenario import Scenario


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """What lists are drawn from.

    Attributes:
        context: The store and the days of the plan.
        terms: What the playbook says of its scenarios.
        month: The month of the report.
        people: The store's customers: row, customer_id, unit.
    """

    context: TriggerContext
    terms: Terms
    month: Month
    people: ir.Table

    def scenario(self, name: str) -> Scenario:
        """A scenario of the playbook."""
        return self.context.playbook.scenarios[name]

    def name(self, scenario: str) -> str:
        """The name of a scenario's test."""
        return experiment_name(scenario, self.context.start)

    def term(self, scenario: str) -> Mapping[str, Any]:
        """What the terms say of a scenario."""
        own = self.terms.scenarios[self.terms.scenarios["scenario"] == scenario]
        return {str(name): own[name].iloc[0] for name in own.columns}

    def arms(self, scenario: str) -> tuple[Arm, ...]:
        """The arms of a scenario's test: the one left alone with its share, the others with equal parts of the rest."""
        control, treatments = float(self.term(scenario)["control_share"]), self.scenario(scenario).treatments
        each = (1 - control) / len(treatments)
        return (Arm(name=CONTROL, share=control), *(Arm(name=name, share=each) for name in treatments))


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnLists:
    """Lists that were drawn.

    Attributes:
        experiments: What is known of each.
        table: Their customers: the columns of the ledger and `scenario`.
    """

    experiments: tuple[ListedExperiment, ...]
    table: pd.DataFrame


def drawn_lists(named: pd.DataFrame, draw: Draw) -> DrawnLists:
    """Put the units of each list into its arms.

    Customers are assigned at the earliest time planned for them, whatever their arm: all arms of a test of delays are
    counted over the same days.

    Args:
        named: One row a customer: row, customer_id, unit, household_id, scenario, channel, offer, stratum,
            expected_value, send_at, send_by, about.
        draw: What the lists are drawn from.
    """
    scenarios = list(dict.fromkeys(named["scenario"]))
    if not scenarios:
        return DrawnLists(experiments=(), table=pd.DataFrame(columns=[*LEDGER_COLUMNS, "scenario"]))
    rows = named.merge(_variants(named, draw, scenarios), on="row", validate="one_to_one")
    delays = pd.concat([_delays(draw, own) for _, own in rows.groupby("scenario", sort=False)])
    send_at = rows["send_at"] + delays.reindex(rows.index)
    table = rows.assign(
        experiment_id=rows["scenario"].map(_names(draw, scenarios)), send_at=send_at, assigned_at=rows["send_at"]
    )
    groups = {str(name): own for name, own in table.groupby("scenario", sort=False)}
    experiments = tuple(_experiment(draw, scenario, groups[scenario]) for scenario in scenarios)
    return DrawnLists(experiments=experiments, table=list_rows(table).assign(scenario=table["scenario"]))


def _names(draw: Draw, scenarios: Sequence[str]) -> dict[str, str]:
    return {scenario: draw.name(scenario) for scenario in scenarios}


def _variants(named: pd.DataFrame, draw: Draw, scenarios: Sequence[str]) -> pd.DataFrame:
    """The arm of each customer: row, variant."""
    placed = named.assign(experiment_id=named["scenario"].map(_names(draw, scenarios)))
    schema = {"row": "int32", "experiment_id": "string", "stratum": "string"}
    rows = ibis.memtable(placed[list(schema)], schema=schema)
    people = rows.inner_join(draw.people.select("row", "unit"), "row").rename(customer_id="row")
    put = split_each(people, {draw.name(scenario): draw.arms(scenario) for scenario in scenarios})
    return put.select("variant", row="customer_id").order_by("row").to_pandas()


def _delays(draw: Draw, own: pd.DataFrame) -> pd.Series:
    """How much later than planned the message of each customer of a list goes, by the arm of a test of delays.

    One that falls into quiet hours waits for their end; one that would come too late goes as planned.
    """
    scenario = draw.scenario(str(own["scenario"].iloc[0]))
    none = pd.Series(pd.Timedelta(0), index=own.index)
    if not isinstance(scenario, AbandonedCartScenario) or len(scenario.delays_hours) < 2:
        return none
    first = min(scenario.delays_hours)
    hours = dict(zip(scenario.treatments, scenario.delays_hours, strict=True))
    later = pd.to_timedelta(own["variant"].map(hours).fillna(first) - first, unit="h")
    moved = _out_of_quiet(draw, own["channel"], own["send_at"] + later)
    last = pd.Timestamp(draw.context.start + timedelta(days=draw.context.send_days))
    fits = (later > pd.Timedelta(0)) & (moved <= own["send_by"]) & (moved < last)
    return (moved - own["send_at"]).where(fits, none)


def _out_of_quiet(draw: Draw, channels: pd.Series, times: pd.Series) -> pd.Series:
    """Times in hours at which nothing is sent by the channel, moved to the end of these."""
    moved, hours, days = times.copy(), times.dt.hour, times.dt.normalize()
    for name, channel in draw.context.playbook.channels.items():
        begins, ends = channel.quiet_from, channel.quiet_to
        inside = (hours >= begins) & (hours < ends) if begins <= ends else (hours >= begins) | (hours < ends)
        over = days + pd.to_timedelta(ends, unit="h") + pd.to_timedelta((hours >= ends).astype(int), unit="D")
        moved = moved.where(~(inside & (channels == name)), over)
    return moved


def _experiment(draw: Draw, scenario: str, rows: pd.DataFrame) -> ListedExperiment:
    """What is known of a list."""
    term, arms = draw.term(scenario), draw.arms(scenario)
    treated = rows[rows["variant"] != CONTROL]
    last_send: date = rows["send_at"].max().date()
    return ListedExperiment(
        experiment_id=draw.name(scenario),
        scenario=scenario,
        kind=str(term["kind"]),
        report=draw.month,
        shares={arm.name: round(arm.share, 12) for arm in arms},
        offers={arm.name: _offer(arm.name, treated) for arm in arms},
        channels=_numbers(treated["channel"]),
        customers={arm.name: int((rows["variant"] == arm.name).sum()) for arm in arms},
        window_days=int(term["window_days"]),
        after_days=0,
        contact_cost=_contact_cost(draw, treated),
        campaign_cost=float(term["campaign_cost"]),
        start=draw.context.start,
        last_send=last_send,
        verdict_on=_verdict_on(rows, window_days=int(term["window_days"])),
    )


def _verdict_on(rows: pd.DataFrame, *, window_days: int) -> date:
    """The first day on which every window is over, that of the arm with the longest delay from its message on."""
    assigned, sent = rows["assigned_at"].dt.normalize(), rows["send_at"].dt.normalize()
    last: pd.Timestamp = max(sent.max(), assigned.max() + (sent - assigned).max())
    return last.date() + timedelta(days=window_days)


def _offer(variant: str, treated: pd.DataFrame) -> str:
    """The offer of a variant: none for who is left alone, `auto` where its customers get several."""
    offers = sorted(set(treated.loc[treated["variant"] == variant, "offer"]))
    return NO_OFFER if not offers else offers[0] if len(offers) == 1 else LEARNED_OFFER


def _numbers(column: pd.Series) -> Mapping[str, int]:
    return {str(name): int(n) for name, n in column.value_counts().sort_index().items()}


def _contact_cost(draw: Draw, treated: pd.DataFrame) -> float | None:
    """The mean cost of the planned messages; None where the cost of one of the channels is not known."""
    costs = draw.terms.channels.set_index("channel")["cost"]
    each = treated["channel"].map(costs)
    return None if each.empty or each.isna().any() else round(float(each.mean()), 6)

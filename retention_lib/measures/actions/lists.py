"""The lists of a month: who is contacted and who is left alone, drawn once and from then on as they were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.audiences import CHANNELS, Audience, agreed, audiences
from retention_lib.measures.actions.drawing import Draw, drawn_lists
from retention_lib.measures.actions.list_counts import list_changes, list_counts
from retention_lib.measures.spreadsheets import spreadsheet_formula
from retention_lib.settings.scenario import CONTROL
from retention_lib.settings.scenarios import KINDS
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS, TIME
from retention_lib.stores.listed import ListedExperiment, experiment_name

if TYPE_CHECKING:
    from retention_lib.measures.actions.context import TriggerContext
    from retention_lib.measures.actions.people import People
    from retention_lib.measures.actions.terms import Terms
    from retention_lib.settings.calendar import Month
    from retention_lib.stores.store import Store

FILE_COLUMNS = (
    *("customer_id", "household_id", "channel", "send_at", "offer", "variant", "expected_value", "about"),
    "experiment_id",
)
"""The columns of a list as it is sent to."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ActionLists:
    """The lists of a report.

    Attributes:
        month: The month of the report.
        start: First day on which a message may be sent.
        experiments: What is known of each list, by the playbook's order of scenarios.
        table: Their customers, by list and id: the columns of the ledger (ids in clear; both arms have the time, the
            channel and the offer that were planned) and `scenario`.
        arms: The same without ids: row (of the people; -1 for who is no longer one of them), scenario, variant,
            channel, send_at, offer, value (money expected of a contact; NaN where nothing is measured).
        counts: One row a list, as it was issued: scenario, experiment_id, contacts, control, otherwise (customers who
            would be chosen now and are not on it, or are and would not be), withdrawn (`stopped`; counts of customers;
            only a list issued before has any of `otherwise` and `withdrawn`), kind, offer (`auto`: its customers get
            different ones), channels (their names, the most used first), contact_cost (money a message, NaN: not
            known), campaign_cost (money of the list beside them), control_share (of its units, in (0, 1)), window_days,
            first_send, last_send, verdict_on (dates).
        audiences: The hashed addresses of lists that go by advertising.
        taken: Scenarios of which a test of the month's name was issued elsewhere, so that there is no list.
        stopped: Whether each row of `table` was to be contacted and may not be any more: consent withdrawn, held out,
            or a complaint open.
        marked: Customers whose id the files mark with an apostrophe, as a spreadsheet would take it for a formula.
        consents_known: Whether the store knows who agreed to be written to.
    """

    month: Month
    start: date
    experiments: tuple[ListedExperiment, ...]
    table: pd.DataFrame
    arms: pd.DataFrame
    counts: pd.DataFrame
    audiences: tuple[Audience, ...]
    taken: tuple[str, ...]
    stopped: pd.Series
    marked: int
    consents_known: bool

    @property
    def customers(self) -> int:
        """Customers on all lists (count)."""
        return len(self.table)

    @property
    def ledger(self) -> Ledger:
        """The lists as a ledger of their own."""
        return Ledger.of(self.experiments, self.table)

    def contacts(self, scenario: str) -> int:
        """Customers of a list who get a message (count).

        Raises:
            KeyError: There is no such list.
        """
        return self._count(scenario, "contacts")

    def control(self, scenario: str) -> int:
        """Customers of a list who are left alone (count).

        Raises:
            KeyError: There is no such list.
        """
        return self._count(scenario, "control")

    def figures(self) -> dict[str, int]:
        """The counts of each list, by the figure's id."""
        rows = zip(self.counts["scenario"], self.counts["contacts"], self.counts["control"], strict=True)
        counted = [(f"{name}_contacts", n, f"{name}_control", held) for name, n, held in rows]
        return {id: int(n) for contacts, n, control, held in counted for id, n in ((contacts, n), (control, held))}

    def rows(self, scenario: str) -> pd.DataFrame:
        """The customers of a list, as in `table` without `scenario`."""
        return self.table.loc[self.table["scenario"] == scenario, list(LEDGER_COLUMNS)]

    def file(self, scenario: str) -> pd.DataFrame:
        """A list as it is sent to: those to contact by time, then those left alone, with nothing to send to them.

        Who may not be contacted any more keeps the variant, and has nothing to send either.

        Args:
            scenario: The list's scenario.

        Returns:
            customer_id, household_id, channel, send_at (text, YYYY-MM-DD HH:MM:SS), offer, variant, expected_value
            (text, to the hundredth), about, experiment_id.
        """
        rows = self.rows(scenario)
        alone = rows["variant"] == CONTROL
        empty = alone | self.stopped[rows.index]
        money = rows["expected_value"].map("{:.2f}".format, na_action="ignore")
        planned = {name: rows[name] for name in ("channel", "offer", "about")}
        planned["send_at"] = _time_texts(rows["send_at"])
        told = rows.assign(expected_value=money, **{name: cells.mask(empty, None) for name, cells in planned.items()})
        # The rows come ordered by customer, and this order keeps to it.
        order = np.lexsort((rows["send_at"].mask(empty), alone))
        return told.iloc[order][list(FILE_COLUMNS)].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The counts."""
        return self.counts

    def _count(self, scenario: str, column: str) -> int:
        rows = self.counts.loc[self.counts["scenario"] == scenario, column]
        if rows.empty:
            raise KeyError(scenario)
        return int(rows.iloc[0])


def action_lists(
    context: TriggerContext,
    people: People,
    chosen: pd.DataFrame | NotEnough,
    terms: Terms,
    *,
    month: Month,
    details: ir.Table | None = None,
) -> ActionLists | NotEnough:
    """Draw the control of each list, or issue again what the ledger holds of the month.

    A list of the ledger comes back row for row, whatever is chosen now: nobody moves between its arms, and none of its
    customers is on another list of the month. Customers of a unit are in one arm of a list. A month that is over gets
    no list that it lacks.

    Args:
        context: The store and the days of the plan.
        people: Its customers.
        chosen: One row a customer to be listed: row, scenario, channel, offer, stratum (text), send_at, send_by
            (times), expected_value (money; NaN where nothing is measured). Rows without a time are left out.
        terms: What the playbook says of its scenarios.
        month: The month of the report.
        details: What a message is about: row, scenario, detail (text).

    Returns:
        The lists; the `NotEnough` that came in where the ledger has none of the month either.

    Raises:
        DataError: The ledger was changed since it was written.
    """
    issued = context.store.lists.issued(month)
    if isinstance(chosen, NotEnough) and not issued:
        return chosen
    wanted = _none_chosen() if isinstance(chosen, NotEnough) else _planned(chosen)
    old = issued.rows().assign(scenario=lambda rows: rows["experiment_id"].map(_scenarios(issued)).astype(object))
    named = _named(people, wanted, details)
    free = ~named["scenario"].isin(_scenarios(issued).values()) & ~_listed_with(named, old)
    new = named[free & (not is_over(context.store, month))]
    names = list(dict.fromkeys(new["scenario"]))
    taken = taken_experiments(context.store, names, month=month, start=context.start)
    draw = Draw(context=context, terms=terms, month=month, people=people.table)
    fresh = drawn_lists(new[~new["scenario"].isin(taken)], draw)
    experiments = _ordered([*issued.experiments, *fresh.experiments], terms)
    table = _in_order(pd.concat([part for part in (old, fresh.table) if len(part)] or [fresh.table]), experiments)
    table = table.reset_index(drop=True)
    now = _as_now(people, table)
    stopped = _stopped(table, now, experiments)
    return ActionLists(
        month=month,
        start=context.start,
        experiments=experiments,
        table=table,
        arms=_arms(table, now),
        counts=list_counts(table, experiments, list_changes(named, old, table[stopped])),
        audiences=audiences(context.store, table, ~stopped, experiments),
        taken=tuple(taken),
        stopped=stopped,
        marked=int(spreadsheet_formula(table["customer_id"]).sum()),
        consents_known=people.consents_known,
    )


def taken_experiments(store: Store, scenarios: Sequence[str], *, month: Month, start: date) -> tuple[str, ...]:
    """The scenarios of which no list can be issued, as a test of its name is known from elsewhere.

    A report of another month that started in the same one issued it, or the store's own assignments hold it.

    Args:
        store: The store.
        scenarios: The scenarios' ids.
        month: The month of the report.
        start: First day on which a message may be sent.
    """
    own = {about.scenario for about in store.lists.issued(month).experiments}
    names = {experiment_name(scenario, start): scenario for scenario in scenarios if scenario not in own}
    known = {about.experiment_id for about in store.lists.experiments if about.report != month}
    assignments = store.find("assignments")
    if names and assignments is not None:
        found = assignments.filter(assignments.experiment_id.isin(list(names))).select("experiment_id").distinct()
        known |= set(found.to_pandas()["experiment_id"])
    return tuple(scenario for name, scenario in names.items() if name in known)


def is_over(store: Store, month: Month) -> bool:
    """Whether a later report issued lists: nobody can send one of this month any more.

    Args:
        store: The store.
        month: The month of the report.
    """
    return any(later > month for later in store.lists.months)


def _time_texts(times: pd.Series) -> pd.Series:
    """Times as the files have them, each different one told once; None for none."""
    codes, values = pd.factorize(times)
    told = np.array([*(value.strftime(TIME) for value in values), None], dtype=object)
    return pd.Series(told[codes], index=times.index, dtype=object)


def _scenarios(ledger: Ledger) -> dict[str, str]:
    """The scenario of each list by the name of its test."""
    return {about.experiment_id: about.scenario for about in ledger.experiments}


_CHOSEN = {
    "row": "int32",
    "scenario": "string",
    "channel": "string",
    "offer": "string",
    "stratum": "string",
    "expected_value": "float64",
    "send_at": "timestamp(0)",
    "send_by": "timestamp(0)",
}


def _none_chosen() -> pd.DataFrame:
    kinds = {"string": "object", "timestamp(0)": "datetime64[s]"}
    return pd.DataFrame(columns=list(_CHOSEN)).astype({name: kinds.get(kind, kind) for name, kind in _CHOSEN.items()})


def _planned(chosen: pd.DataFrame) -> pd.DataFrame:
    """The rows that can be sent, with texts for categories and money to the hundredth."""
    kept = chosen[chosen["send_at"].notna()]
    texts = {name: kept[name].astype(object) for name, kind in _CHOSEN.items() if kind == "string"}
    times = {name: kept[name].astype("datetime64[s]") for name in ("send_at", "send_by")}
    money = kept["expected_value"].astype("float64").round(2)
    return kept.assign(**texts, **times, expected_value=money)[list(_CHOSEN)].reset_index(drop=True)


def _named(people: People, wanted: pd.DataFrame, details: ir.Table | None) -> pd.DataFrame:
    """The chosen with their ids, units and what their message is about, by row."""
    keys = ibis.memtable(wanted[["row", "scenario"]], schema={"row": "int32", "scenario": "string"})
    known = people.table.select("row", "customer_id", "unit", "household_id")
    joined = keys.inner_join(known, "row")
    if details is None:
        told = joined.mutate(about=ibis.null("string"))
    else:
        texts = details.select("row", scenario=details.scenario.cast("string"), about=details.detail)
        told = joined.left_join(texts, ["row", "scenario"]).drop("row_right", "scenario_right")
    ids = told.order_by("row").to_pandas()
    return ids.merge(wanted.drop(columns="scenario"), on="row", validate="one_to_one")


def _listed_with(named: pd.DataFrame, old: pd.DataFrame) -> pd.Series:
    """Whether a customer, or one of the household, is on a list of the month that was issued before."""
    homes = named["household_id"].isin(old["household_id"].dropna())
    return named["customer_id"].isin(old["customer_id"]) | (homes & named["household_id"].notna())


def _ordered(experiments: Sequence[ListedExperiment], terms: Terms) -> tuple[ListedExperiment, ...]:
    """The lists as the playbook orders its scenarios; those it no longer has behind."""
    at = {str(scenario): place for place, scenario in enumerate(terms.scenarios["scenario"])}
    return tuple(sorted(experiments, key=lambda about: (at.get(about.scenario, len(at)), about.scenario)))


def _in_order(table: pd.DataFrame, experiments: Sequence[ListedExperiment]) -> pd.DataFrame:
    """The customers by list and id, as which they come within each list."""
    at = {about.scenario: place for place, about in enumerate(experiments)}
    order = np.argsort(table["scenario"].map(at).to_numpy(), kind="stable")
    return table.iloc[order][[*LEDGER_COLUMNS, "scenario"]]


def _as_now(people: People, table: pd.DataFrame) -> pd.DataFrame:
    """The customer of each row as things are now.

    Columns row (-1 for who is none of the people any more), the channels that may be used, held_out, suppressed.
    """
    ids = ibis.memtable(table[["customer_id"]].astype(object), schema={"customer_id": "string"}).distinct()
    known = people.table.select("row", "customer_id", *CHANNELS, "held_out", "suppressed")
    found = known.semi_join(ids, "customer_id").to_pandas()
    place = pd.Index(found["customer_id"], dtype=object).get_indexer(pd.Index(table["customer_id"], dtype=object))
    # Who is not found has the place -1, that of what is put behind the others.
    rows = np.append(found["row"].to_numpy(dtype=np.int32), np.int32(-1))[place]
    flags = (*CHANNELS, "held_out", "suppressed")
    told = {name: np.append(found[name].to_numpy(dtype=bool), False)[place] for name in flags}
    return pd.DataFrame({"row": rows, **told}, index=table.index)


def _arms(table: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    told = table.assign(row=now["row"], value=table["expected_value"])
    return told[["row", "scenario", "variant", "channel", "send_at", "offer", "value"]].reset_index(drop=True)


def _stopped(table: pd.DataFrame, now: pd.DataFrame, experiments: Sequence[ListedExperiment]) -> pd.Series:
    """Whether customers were to be contacted, and may not be as things are now."""
    exempt = [about.scenario for about in experiments if about.kind in KINDS and KINDS[about.kind].while_suppressed]
    refused = now["held_out"] | (now["suppressed"] & ~table["scenario"].isin(exempt))
    planned = table["channel"].notna() & (table["variant"] != CONTROL)
    return planned & (refused | ~agreed(table, now))

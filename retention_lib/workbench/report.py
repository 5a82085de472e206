"""One open report: its period, its facts, and the ways to show results."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.actions.lists import ActionLists
from retention_lib.measures.splitting import AssignmentList
from retention_lib.models.actions.plan_actions import PlanActions
from retention_lib.models.next_steps import ContactList, NextSteps
from retention_lib.models.top_customers import TopCustomers
from retention_lib.reports.blocks import (
    Table,
    actions_html,
    alerts_html,
    cards_html,
    finding_html,
    not_enough_html,
    table_csv,
    table_html,
    verdict_html,
)
from retention_lib.reports.cards import figure_card
from retention_lib.reports.figures import figure_record, figure_spec
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.payloads import ALERTS, CARDS, CHART, FIGURE, REPORT, TABLE, VERDICT
from retention_lib.reports.shown import alerts_texts, table_texts
from retention_lib.reports.style import chart_twins
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import N_, Words
from retention_lib.settings import Economics
from retention_lib.settings.models import Dataset, StoreSettings
from retention_lib.stores.identities import MergeReport
from retention_lib.stores.store import Store, open_store
from retention_lib.workbench.about import differing_parameters, report_facts
from retention_lib.workbench.handed_on import hand_on_action_lists, hand_on_list
from retention_lib.workbench.outputs import (
    cell_number,
    display,
    each_refusal_once,
    named_figures,
    sentence_output,
)
from retention_lib.workbench.period import ReportPeriod
from retention_lib.workbench.reference import ReferenceSample, reference_sample

PEERS: tuple[Dataset, ...] = ("cdnow", "complete_journey")
"""The public data sets that a simulated store is held against."""


class FigureSource(Protocol):
    """A result that names its figures, as their ids depend on the data."""

    def figures(self) -> Mapping[str, Any]:
        """Figures by id."""


@dataclass
class Report(ReportPeriod):
    """One report of a set, open in a notebook; what it is about is told by `ReportPeriod`."""

    _figures: dict[str, Any] = field(default_factory=dict, repr=False)
    _previous: dict[str, Any] = field(default_factory=dict, repr=False)
    _about: dict[str, Any] = field(default_factory=dict, repr=False)
    _not_asked: set[str] = field(default_factory=set, repr=False)
    _refused: list[tuple[int, NotEnough]] = field(default_factory=list, repr=False)

    @cached_property
    def words(self) -> Words:
        """The reader's language and the store's currency."""
        return Words(self.settings.language, self.store.currency)

    @cached_property
    def economics(self) -> Economics:
        """Margin, costs and discount rate of the store."""
        return self.settings.economics_for(self.id)

    @cached_property
    def merging(self) -> MergeReport | NotEnough:
        """Which customer ids are one person, as far as the store has `identities`."""
        return self.store.merging or NotEnough("identities_known", 0, 1)

    @property
    def rng(self) -> np.random.Generator:
        """A generator seeded by the report's id: the same numbers on every run."""
        return np.random.default_rng(zlib.crc32(self.id.encode()))

    def open(self, name: str) -> Store:
        """Another store of the set by name; the report's own for an empty name.

        Raises:
            LookupError: The set has no such store.
        """
        if not name:
            return self.store
        if name not in self.settings.stores:
            raise LookupError(f"the set has no store {name!r}; it has: {', '.join(self.settings.stores)}")
        return open_store(name, self.settings.stores[name], root=self.settings.root, set_name=self.settings.name)

    def reference_sample(self, name: str, *, until: date) -> ReferenceSample | NotEnough:
        """The histories of a published sample, to hold models to the literature; not asked for an empty name.

        Args:
            name: A store of the set.
            until: First day that is no longer seen.
        """
        if not name:
            return NotAsked("reference_store", 0, 1)
        return reference_sample(self.open(name), until=until)

    def public_peers(self) -> tuple[Store, ...]:
        """The public data sets that a simulated store is held against; none for a real store, which is a shop."""
        if not self.store.simulated:
            return ()
        root = self.settings.root
        return tuple(open_store(name, StoreSettings(dataset=name), root=root) for name in PEERS)

    def show_facts(self) -> None:
        """Show what the report is about; the page's header is made of it."""
        facts = report_facts(self, self.economics)
        lines = [facts["set_title"], facts["store_title"], facts["month"] or "", facts["data_to"] or ""]
        lines.append(differing_parameters(self))
        display({REPORT: facts, "text/plain": " | ".join(line for line in lines if line)})

    def figure(self, id: str, value: Any, *, previous: Any = None, n: float | None = None, about: Any = None) -> None:
        """Record a headline figure for cards, the figures file and the index.

        Args:
            id: Its id in `retention_lib.reports.figures`.
            value: An `Estimate`, a `NotEnough`, a number, a text or None.
            previous: The same figure of the month before, for the change on its card.
            n: The base, where the value does not carry one.
            about: The result whose facts the figure's formula names, where it names any.
        """
        if isinstance(value, NotAsked):
            self._not_asked.add(id)
            return
        self._figures[id], self._previous[id], self._about[id] = value, previous, about
        record = figure_record(id, value, self.words, n=n, about=about)
        display({FIGURE: record, "text/plain": f"{id} = {record['value']}"})

    def figures(self, values: Mapping[str, Any] | FigureSource | NotEnough, *, about: Any = None) -> None:
        """Record several figures, id to value.

        Args:
            values: Id to value, or a result that names its figures, as one with an arm in each id does; a refusal has
                none to name.
            about: The result whose facts the figures' formulas name, where they name any.
        """
        if isinstance(values, NotEnough):
            return
        for id, value in (values if isinstance(values, Mapping) else values.figures()).items():
            self.figure(id, value, about=about)

    def verdict(self, result: Any, **context: Any) -> None:
        """Show the report's answer.

        Args:
            result: The result that answers its question.
            **context: Further results the sentence needs (see `reports.findings` of the result's type).
        """
        said = verdict(result, self.words, **context)
        payload = {"status": said.status, "sentence": plain(said.sentence)}
        display({VERDICT: payload, "text/html": verdict_html(said, self.words)})

    def cards(self, *ids: str | tuple[str, ...] | NotEnough) -> None:
        """Show recorded figures as cards, four or five of them; those not asked of this store are left out.

        Args:
            *ids: Figures that `figure` was given before; a result may name several, a refusal names none.
        """
        named = [id for given in ids for id in named_figures(given)]
        dated = self.month is not None or self.store.as_of is not None
        period = self.words.month(str(self.whole_month.previous()), year=False) if dated else None
        shown = [id for id in named if id not in self._not_asked]
        cards = [
            figure_card(id, self._figures[id], self.words, previous=self._previous[id], period=period) for id in shown
        ]
        display({"text/html": cards_html(cards), CARDS: shown})

    def chart(self, plot: Callable[..., Any], result: Any, *, name: str | None = None, folded: bool = False) -> None:
        """Draw a result at two widths with its alt text, caption and finding; its data go to the tables.

        Args:
            plot: A function of `retention_lib.reports.charts`.
            result: What it draws; a `NotEnough` is shown as its sentence.
            name: The chart's name, unique in the notebook; the plot's own without `plot_` if omitted.
            folded: Whether the page shows it only to those who ask, as its sentence says what matters.
        """
        if isinstance(result, NotAsked):
            return
        said = finding(result, self.words)
        if isinstance(result, NotEnough):
            if not self._said(result):
                display(sentence_output(not_enough_html(result, self.words), said.sentence))
            return
        name = name or plot.__name__.removeprefix("plot_")
        twins = chart_twins(lambda ax: plot(result, self.words, ax=ax), name=name)
        chart = {
            "name": name,
            "alt": plain(said.alt),
            "caption": plain(said.caption),
            "narrow": twins.narrow,
            "folded": folded,
        }
        data = {"name": name, "csv": table_csv(result.to_frame())}
        display({"image/svg+xml": twins.wide, CHART: chart, TABLE: data}, {"image/svg+xml": {"alt": chart["alt"]}})
        display(sentence_output(finding_html(said.sentence), said.sentence))

    def table(self, name: str, result: Any, *, folded: bool = False) -> None:
        """Show a result as a small table and keep all its rows as `tables/<report>/<name>.csv`.

        A refusal that the chart or the finding above has said already is not said again; a table without rows
        is kept and not shown.

        Args:
            name: File name without ending.
            result: A result with a table in `retention_lib.reports.tables`, or a finished `Table`.
            folded: Whether the page shows it only to those who ask, as the sentence above it says what matters.
        """
        if isinstance(result, NotAsked) or (isinstance(result, NotEnough) and self._said(result)):
            return
        table = shown_table(result, self.words)
        if isinstance(table, NotAsked):
            return
        if isinstance(table, NotEnough):
            display({"text/html": table_html(table, self.words)})
            return
        data = table.frame if isinstance(result, Table) else result.to_frame()
        kept = {"name": name, "csv": table_csv(data)}
        if table.frame.empty:
            display({TABLE: kept, "text/plain": f"{name}: no rows"})
            return
        html = table_html(replace(table, folded=table.folded or folded), self.words)
        display({TABLE: {**kept, "shown": table_texts(table, self.words)}, "text/html": html})

    def contact_list(self, name: str, result: ContactList | TopCustomers | AssignmentList | NotEnough) -> None:
        """Hand a list of customers on as `actions/<report>_<name>.csv`, ids in clear; the page shows hashed ones.

        The ids in clear leave the kernel in an output of their own, which the executed notebook and the page lose.

        Args:
            name: What the file's name ends in, without the ending.
            result: The list, or why there is none.
        """
        self.finding(result)
        if isinstance(result, NotEnough):
            return
        hand_on_list(result, self.words, name=name, report=self.id, hashed=self.store.hashed_id)

    def action_lists(self, result: ActionLists | NotEnough) -> None:
        """Hand the lists of the month on as `actions/<scenario>.csv`, and to the ledger; the page shows hashed ids.

        Args:
            result: The lists, or why there are none.
        """
        self.finding(result)
        if not isinstance(result, NotEnough):
            hand_on_action_lists(
                result, self.words, report=self.id, settings=self.settings, hashed=self.store.hashed_id
            )

    def finding(self, result: Any) -> None:
        """Show the sentence of a result that has no chart."""
        if isinstance(result, NotAsked) or (isinstance(result, NotEnough) and self._said(result)):
            return
        said = finding(result, self.words).sentence
        display(sentence_output(finding_html(said), said))

    def actions(self, *results: Any) -> None:
        """Show what to do, in the order given; a refusal that nothing above has said is shown as its sentence."""
        several = (NextSteps, PlanActions)
        each = [step for result in results for step in (result.steps if isinstance(result, several) else (result,))]
        refusals = each_refusal_once([result for result in each if isinstance(result, NotEnough)], self._refusals)
        proposed = [action(result, self.words) for result in each if not isinstance(result, NotEnough)]
        steps = [step for step in proposed if step is not None]
        refused = [not_enough_html(refusal, self.words) for refusal in refusals]
        told = [". ".join(plain(text) for text in (step.title, step.note) if text) for step in steps]
        lines = "\n".join(f"{place}. {line}" for place, line in enumerate(told, start=1))
        if not steps and not refused:
            lines = self.words.say(N_("Nothing needs to be done."))
            refused = [finding_html(lines)]
        display(sentence_output(actions_html(steps, self.words) + "".join(refused), lines))

    def alerts(self, *results: Any) -> None:
        """Show how far the page can be trusted, worst first; ids merged and facts assumed are said with it.

        What the data cannot carry and a question above has said is not said again.
        """
        _, store = self.settings.store_settings(self.id)
        more: list[Any] = [self.store.merging] if self.store.merging else []
        more += [store] if store.assumptions else []
        alerts = [alert(result, self.words) for result in each_refusal_once((*results, *more), self._refusals)]
        display({ALERTS: alerts_texts(alerts, self.words), "text/html": alerts_html(alerts, self.words)})

    def record(self) -> pd.DataFrame:
        """All recorded figures as one frame, for the analyst's eyes."""
        records = [figure_record(id, value, self.words, about=self._about[id]) for id, value in self._figures.items()]
        return pd.DataFrame(records).assign(label=[figure_spec(row["id"]).label_in(self.words) for row in records])

    @property
    def _refusals(self) -> list[NotEnough]:
        """The refusals said so far."""
        return [refusal for _, refusal in self._refused]

    def _said(self, refusal: NotEnough) -> bool:
        """Whether a refusal was said before, or an equal one in this cell; from now on it is."""
        cell = cell_number()
        again = any(refusal is said or (cell == where and refusal == said) for where, said in self._refused)
        self._refused.append((cell, refusal))
        return again

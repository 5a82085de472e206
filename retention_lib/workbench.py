"""What a notebook holds: one report of a set, with its store, its month and the ways to show results.

Every method displays what it is given and attaches the data to the cell's output, so that JupyterLab shows the
same as the page, the kernel writes no file, and the runner collects figures and tables from the notebook::

    report = open_report(set_file, "churn_diagnosis", month=month)
    report.figure("lapse_rate", retention.lapse_rate, previous=before.lapse_rate)
    report.chart(plot_monthly_flows, flows)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.models.estimates import NotEnough
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
from retention_lib.reports.page import CHART, FIGURE, REPORT, TABLE, VERDICT
from retention_lib.reports.style import chart_twins
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words
from retention_lib.settings import RESERVED, Economics, Month, SetSettings, find_root, load_set, read_parameters
from retention_lib.stores.store import Store, open_store
from retention_lib.versions import package_versions


def open_report(set_file: str, report_id: str, *, month: str | None = None) -> Report:
    """Open one report of a set: its settings, its store and its month.

    Args:
        set_file: The set's parameter file; a relative path counts from the project's folder.
        report_id: The report's id in the file.
        month: 'YYYY-MM'; the file's month if omitted, else the last complete month of the store.

    Returns:
        The report; the cell shows what it is about.

    Raises:
        ParameterError: The parameter file or the month is wrong.
        DataError: The store's files are missing or break their contract.
        MonthError: The store has no such month.
    """
    path = Path(set_file) if Path(set_file).is_absolute() else find_root(Path.cwd()) / set_file
    settings = load_set(path)
    if report_id not in settings.reports:
        raise LookupError(f"{set_file} has no report {report_id!r}; it has: {', '.join(settings.reports)}")
    name, store_settings = settings.store_settings(report_id)
    store = open_store(name, store_settings, root=settings.root)
    report = Report(settings=settings, id=report_id, store=store, month=_month(settings, store, month))
    report.show_facts()
    return report


def _month(settings: SetSettings, store: Store, month: str | None) -> Month | None:
    """The month of the report; None where the store is pinned to a day or has no dates."""
    if store.as_of is not None or store.coverage is None:
        return None
    wanted = Month.parse(month) if month else settings.month
    if wanted is None:
        return store.last_complete_month()
    store.require_month(wanted)
    return wanted


@dataclass
class Report:
    """One report of a set, open in a notebook.

    Attributes:
        settings: The whole set.
        id: The report's id.
        store: The store it is about.
        month: The month it speaks about; None where the store is pinned to a day or has no dates.
    """

    settings: SetSettings
    id: str
    store: Store
    month: Month | None
    _figures: dict[str, Any] = field(default_factory=dict, repr=False)
    _previous: dict[str, Any] = field(default_factory=dict, repr=False)
    _refused: list[NotEnough] = field(default_factory=list, repr=False)

    @cached_property
    def words(self) -> Words:
        """The reader's language and the store's currency."""
        return Words(self.settings.language, self.store.currency)

    @cached_property
    def economics(self) -> Economics:
        """Margin, costs and discount rate of the store."""
        return self.settings.economics_for(self.id)

    @property
    def period_end(self) -> date:
        """The first day that is no longer seen (half-open).

        Raises:
            LookupError: The store has no dates.
        """
        if self.month is not None:
            return self.month.end
        last = self.store.as_of or (self.store.coverage.last_day if self.store.coverage else None)
        if last is None:
            raise LookupError(f"the store {self.store.name} has no dates, so the report has no period")
        return last + timedelta(days=1)

    @property
    def whole_month(self) -> Month:
        """The month that monthly figures read: the report's, else the last one whole when the data end.

        Raises:
            LookupError: The store has no dates.
        """
        return self.month or Month.of(self.period_end).previous()

    @property
    def rng(self) -> np.random.Generator:
        """A generator seeded by the report's id: the same numbers on every run."""
        return np.random.default_rng(zlib.crc32(self.id.encode()))

    def open(self, name: str) -> Store:
        """Another store of the set by name; the report's own for an empty name."""
        if not name:
            return self.store
        if name not in self.settings.stores:
            raise LookupError(f"the set has no store {name!r}; it has: {', '.join(self.settings.stores)}")
        return open_store(name, self.settings.stores[name], root=self.settings.root)

    def show_facts(self) -> None:
        """Show what the report is about; the page's header is made of it."""
        facts = self._facts()
        lines = [facts["set_title"], facts["store_title"], facts["month"] or "", facts["data_to"] or ""]
        lines.append(self._differing())
        _display({REPORT: facts, "text/plain": " | ".join(line for line in lines if line)})

    def figure(self, id: str, value: Any, *, previous: Any = None, n: float | None = None) -> None:
        """Record a headline figure for cards, the figures file and the index.

        Args:
            id: Its id in `retention_lib.reports.figures`.
            value: An `Estimate`, a `NotEnough`, a number, a text or None.
            previous: The same figure of the month before, for the change on its card.
            n: The base, where the value does not carry one.
        """
        self._figures[id], self._previous[id] = value, previous
        record = figure_record(id, value, self.words, n=n)
        _display({FIGURE: record, "text/plain": f"{id} = {record['value']}"})

    def figures(self, values: Mapping[str, Any]) -> None:
        """Record several figures, id to value."""
        for id, value in values.items():
            self.figure(id, value)

    def verdict(self, result: Any, **context: Any) -> None:
        """Show the report's answer.

        Args:
            result: The result that answers its question.
            **context: Further results the sentence needs (see `reports.findings` of the result's type).
        """
        said = verdict(result, self.words, **context)
        payload = {"status": said.status, "sentence": plain(said.sentence)}
        _display({VERDICT: payload, "text/html": verdict_html(said, self.words)})

    def cards(self, *ids: str) -> None:
        """Show recorded figures as cards, four or five of them."""
        dated = self.month is not None or self.store.as_of is not None
        period = self.words.month(str(self.whole_month.previous()), year=False) if dated else None
        cards = [
            figure_card(id, self._figures[id], self.words, previous=self._previous[id], period=period) for id in ids
        ]
        _display({"text/html": cards_html(cards), "application/vnd.retention.cards+json": list(ids)})

    def chart(self, plot: Callable[..., Any], result: Any, *, name: str | None = None) -> None:
        """Draw a result at two widths with its alt text, caption and finding; its data go to the tables.

        Args:
            plot: A function of `retention_lib.reports.charts`.
            result: What it draws; a `NotEnough` is shown as its sentence.
            name: The chart's name, unique in the notebook; the plot's own without `plot_` if omitted.
        """
        said = finding(result, self.words)
        if isinstance(result, NotEnough):
            self._refused.append(result)
            _display({"text/html": not_enough_html(result, self.words)})
            return
        name = name or plot.__name__.removeprefix("plot_")
        twins = chart_twins(lambda ax: plot(result, self.words, ax=ax), name=name)
        chart = {"name": name, "alt": plain(said.alt), "caption": plain(said.caption), "narrow": twins.narrow}
        data = {"name": name, "csv": table_csv(result.to_frame())}
        _display({"image/svg+xml": twins.wide, CHART: chart, TABLE: data}, {"image/svg+xml": {"alt": chart["alt"]}})
        _display({"text/html": finding_html(said.sentence)})

    def table(self, name: str, result: Any) -> None:
        """Show a result as a small table and keep all its rows as `tables/<report>/<name>.csv`.

        A refusal that the chart above has said already is not said again.

        Args:
            name: File name without ending.
            result: A result with a table in `retention_lib.reports.tables`, or a finished `Table`.
        """
        if any(result is refused for refused in self._refused):
            return
        table = shown_table(result, self.words)
        html = table_html(table, self.words)
        if isinstance(table, NotEnough):
            _display({"text/html": html})
            return
        data = table.frame if isinstance(result, Table) else result.to_frame()
        _display({TABLE: {"name": name, "csv": table_csv(data)}, "text/html": html})

    def finding(self, result: Any) -> None:
        """Show the sentence of a result that has no chart."""
        _display({"text/html": finding_html(finding(result, self.words).sentence)})

    def actions(self, *results: Any) -> None:
        """Show what to do, in the order given; a refused result is shown as its sentence."""
        steps = [action(result, self.words) for result in results if not isinstance(result, NotEnough)]
        refused = [not_enough_html(result, self.words) for result in results if isinstance(result, NotEnough)]
        _display({"text/html": actions_html(steps, self.words) + "".join(refused)})

    def alerts(self, *results: Any) -> None:
        """Show how far the page can be trusted, worst first."""
        alerts = [alert(result, self.words) for result in results]
        _display({"text/html": alerts_html(alerts, self.words)})

    def record(self) -> pd.DataFrame:
        """All recorded figures as one frame, for the analyst's eyes."""
        records = [figure_record(id, value, self.words) for id, value in self._figures.items()]
        return pd.DataFrame(records).assign(label=[figure_spec(row["id"]).label_in(self.words) for row in records])

    def _facts(self) -> dict[str, Any]:
        coverage = self.store.coverage
        last = self.store.as_of or (coverage.last_day if coverage else None)
        if last is not None and self.month is not None:
            last = min(last, self.month.end - timedelta(days=1))
        return {
            "id": self.id,
            "set_title": self.settings.title,
            "store_title": self._store_title(),
            "month": str(self.month) if self.month else None,
            "data_to": last.isoformat() if last else None,
            "language": self.settings.language,
            "currency": self.store.currency,
            "parameters": self._parameters(),
            "fingerprint": dict(self.store.fingerprint),
            "versions": package_versions(),
        }

    def _store_title(self) -> str:
        """The store's title; a set's only store without one goes by the set's."""
        _, store = self.settings.store_settings(self.id)
        only = len(self.settings.stores) == 1 and store.title is None and store.dataset is None
        return self.settings.title if only else self.store.title

    def _parameters(self) -> dict[str, Any]:
        money = {name: value for name, value in self.economics.model_dump().items() if name != "assumptions"}
        return {**money, "assumptions": self.economics.assumptions, **self._own_parameters()}

    def _own_parameters(self) -> dict[str, Any]:
        """The report's parameters as the notebook holds them now; outside a notebook, as the set gives them."""
        report = self.settings.reports[self.id]
        notebook = self.settings.root / "notebooks" / f"{report.notebook}.ipynb"
        declared = {parameter.name: parameter.default for parameter in read_parameters(notebook)}
        given = {name: value for name, value in {**declared, **report.parameters}.items() if name not in RESERVED}
        held = _notebook_variables()
        return {name: held.get(name, value) for name, value in given.items()}

    def _differing(self) -> str:
        """What an analyst should know who runs the notebook by hand: where its cell differs from the set."""
        held, wanted = self._own_parameters(), self.settings.reports[self.id].parameters
        differing = {name: value for name, value in wanted.items() if held[name] != value}
        if not differing:
            return ""
        values = ", ".join(f"{name} = {value!r}" for name, value in differing.items())
        return f"{self.settings.file.name} gives {values}; this notebook runs with its own cell's values"


def _notebook_variables() -> dict[str, Any]:
    """The variables of the running notebook; none outside one."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return {} if shell is None else dict(shell.user_ns)


def _display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    from IPython.display import display

    display(data, raw=True, metadata=metadata or {})


__all__ = ["Report", "open_report"]

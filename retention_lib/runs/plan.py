"""What a run will do: its month, and for each report whether it can run at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retention_lib.runs.months import StoreFacts, run_month
from retention_lib.settings.models import CHECK_FOLDER, CHECK_NOTEBOOK
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from retention_lib.settings.calendar import Month
    from retention_lib.settings.models import SetSettings
    from retention_lib.stores.store import Store


@dataclass(frozen=True, kw_only=True)
class PlannedReport:
    """One report of the plan.

    Attributes:
        id: The report.
        source: Its notebook's text.
        title: Title in the notebook's metadata, or its first heading; a message of the catalogue.
        cells: Cells of the notebook (count).
        sha256: Of the notebook's file.
        store: The name of its store.
        parameters: Its own parameters from the set.
        missing: Alternatives of tables, each of which would do; empty when nothing is missing.
    """

    id: str
    source: str
    title: str
    cells: int
    sha256: str
    store: str
    parameters: dict[str, Any]
    missing: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run that may begin.

    Attributes:
        settings: The set.
        month: The month that names the folder; None for data checks, which are about all days.
        reports: In the set's order.
        stores: What is known of each store the reports are about.
    """

    settings: SetSettings
    month: Month | None
    reports: tuple[PlannedReport, ...]
    stores: dict[str, StoreFacts]

    @property
    def folder(self) -> str:
        """The folder of the set's tree that the run makes anew."""
        return CHECK_FOLDER if self.month is None else str(self.month)

    @property
    def runnable(self) -> tuple[PlannedReport, ...]:
        """The reports for which a kernel will be started."""
        return tuple(r for r in self.reports if not r.missing and not self.lacks_month(r))

    def lacks_month(self, report: PlannedReport) -> bool:
        """Whether the report's store moves with the month and has no sale in it."""
        store = self.stores[report.store]
        return self.month is not None and store.dated and not store.holds(self.month)


def planned(settings: SetSettings, *, month: Month | None) -> Plan:
    """The plan of a run: notebooks read, stores opened and closed again, the month found.

    Args:
        settings: The set, already checked.
        month: The month of the command; None for the set's own or the last complete one.

    Raises:
        DataError: A file of a store or a notebook is missing or cannot be used.
        MonthError: The month is not in the data.
    """
    notebooks = {id: _notebook(settings, report.notebook) for id, report in settings.reports.items()}
    names = dict.fromkeys(settings.store_settings(id)[0] for id in settings.reports)
    stores = {name: _store_facts(settings, name) for name in names}
    found = _month(month or settings.month, settings, notebooks, stores)
    # Only now it is known which lists the reports see, and so whether a store has assignments by them alone.
    seen = {name: facts.seeing(found) for name, facts in stores.items()}
    reports = tuple(_planned_report(settings, id, notebooks[id], seen) for id in settings.reports)
    return Plan(settings=settings, month=found, reports=reports, stores=seen)


def _month(
    asked: Month | None, settings: SetSettings, notebooks: dict[str, str], stores: dict[str, StoreFacts]
) -> Month:
    """The run's month, from the stores of the reports that can be made."""
    reports = [_planned_report(settings, id, notebooks[id], stores) for id in settings.reports]
    used = {report.store for report in reports if not report.missing} or set(stores)
    return run_month(asked, [stores[name] for name in stores if name in used])


def planned_check(settings: SetSettings) -> Plan:
    """The plan of a data check: every store of the set, with what can be read of it.

    Args:
        settings: The set, already checked.

    Raises:
        DataError: The notebook is missing, or a store cannot be opened at all.
    """
    checks = settings.data_checks()
    source = _notebook(settings, CHECK_NOTEBOOK)
    stores = {name: _store_facts(settings, name, refuse=False) for name in settings.stores}
    titles = {name: settings.store_title(name, store.title) for name, store in stores.items()}
    reports = tuple(replace(_planned_report(checks, name, source, stores), title=titles[name]) for name in stores)
    return Plan(settings=checks, month=None, reports=reports, stores=stores)


def missing_tables(needs: Sequence[Sequence[str]], has: Callable[[str], bool]) -> tuple[tuple[str, ...], ...]:
    """What would have to be added, by alternative, the shortest only; empty when an alternative is complete.

    Args:
        needs: Alternatives, each a list of tables.
        has: Whether a table is there.
    """
    missing = [tuple(table for table in tables if not has(table)) for tables in needs]
    if not missing or not all(missing):
        return ()
    return tuple(dict.fromkeys(m for m in missing if not any(set(other) < set(m) for other in missing)))


def _notebook(settings: SetSettings, name: str) -> str:
    path = settings.root / "notebooks" / f"{name}.ipynb"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"notebooks/{name}.ipynb cannot be read: {problem}") from problem


def _planned_report(settings: SetSettings, report_id: str, source: str, stores: dict[str, StoreFacts]) -> PlannedReport:
    content = json.loads(source)
    ours = content.get("metadata", {}).get("retention", {})
    store = settings.store_settings(report_id)[0]
    return PlannedReport(
        id=report_id,
        source=source,
        title=ours.get("title") or _first_heading(content) or report_id,
        cells=len(content.get("cells", [])),
        sha256=hashlib.sha256(source.encode()).hexdigest(),
        store=store,
        parameters=dict(settings.reports[report_id].parameters),
        missing=missing_tables(ours.get("needs", []), stores[store].tables.__contains__),
    )


def _first_heading(content: dict[str, Any]) -> str | None:
    for cell in content.get("cells", []):
        if cell["cell_type"] == "markdown":
            for line in "".join(cell["source"]).splitlines():
                if line.startswith("# "):
                    return " ".join(line[2:].split())
    return None


def _store_facts(settings: SetSettings, name: str, *, refuse: bool = True) -> StoreFacts:
    """The store opened, asked and closed, so that no engine holds memory while the kernels run."""
    from retention_lib.stores.store import open_store

    store = open_store(name, settings.stores[name], root=settings.root, set_name=settings.name, refuse=refuse)
    try:
        return _facts(store)
    finally:
        store.close()


def _facts(store: Store) -> StoreFacts:
    coverage = store.coverage
    dated = coverage is not None and store.as_of is None
    rejected = {table: store.rejected(table) for table in store.tables}
    return StoreFacts(
        name=store.name,
        title=store.title,
        tables=tuple(store.tables),
        as_of=store.as_of,
        first_day=coverage.first_day if coverage else None,
        last_day=coverage.last_day if coverage else None,
        last_complete=_last_complete(store) if dated else None,
        fingerprint=dict(store.fingerprint),
        reconciliation={table: store.reconciliation(table).to_plain() for table in store.tables},
        rejected={table: path for table, path in rejected.items() if path is not None},
        refused={table: str(error) for table, error in store.refused.items()},
        lists=store.lists,
    )


def _last_complete(store: Store) -> Month | None:
    from retention_lib.stores.errors import MonthError

    try:
        return store.last_complete_month()
    except MonthError:
        return None  # `run_month` says so, unless another store has a complete month

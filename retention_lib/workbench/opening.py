"""The third cell of a notebook: a report of a set, or the check of a store, opened."""

from __future__ import annotations

from pathlib import Path

from retention_lib.settings import Month, SetSettings, find_root, load_set
from retention_lib.settings.models import CHECK_NOTEBOOK
from retention_lib.stores.store import Store, open_store
from retention_lib.workbench.report import Report


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
    settings = _loaded(set_file)
    if report_id not in settings.reports:
        raise LookupError(f"{set_file} has no report {report_id!r}; it has: {', '.join(settings.reports)}")
    name, store_settings = settings.store_settings(report_id)
    store = open_store(name, store_settings, root=settings.root, set_name=settings.name)
    report = Report(settings=settings, id=report_id, store=store, month=_month(settings, store, month))
    if store.coverage is not None or store.as_of is not None:
        store.see_lists(before=report.whole_month)
    report.show_facts()
    return report


def open_check(set_file: str, report_id: str) -> Report:
    """Open a store of a set to check its data; tables that cannot be used stand in `store.refused`.

    Args:
        set_file: The set's parameter file; a relative path counts from the project's folder.
        report_id: The store's name, or a report of the set whose notebook is the data check.

    Returns:
        The report, about all days of the store.

    Raises:
        ParameterError: The parameter file is wrong.
        DataError: The store cannot be opened at all.
    """
    given = settings = _loaded(set_file)
    wanted = settings.reports.get(report_id)
    if wanted is None or wanted.notebook != CHECK_NOTEBOOK:
        settings = settings.data_checks()
    if report_id not in settings.reports:
        raise LookupError(f"{set_file} has no store {report_id!r}; it has: {', '.join(settings.stores)}")
    name, store_settings = settings.store_settings(report_id)
    store = open_store(name, store_settings, root=settings.root, set_name=settings.name, refuse=False)
    asked = tuple(report.notebook for id, report in given.reports.items() if given.store_settings(id)[0] == name)
    report = Report(settings=settings, id=report_id, store=store, month=None, asked=tuple(dict.fromkeys(asked)))
    report.show_facts()
    return report


def _loaded(set_file: str) -> SetSettings:
    return load_set(Path(set_file) if Path(set_file).is_absolute() else find_root(Path.cwd()) / set_file)


def _month(settings: SetSettings, store: Store, month: str | None) -> Month | None:
    """The month of the report; None where the store is pinned to a day or has no dates."""
    if store.as_of is not None or store.coverage is None:
        return None
    wanted = Month.parse(month) if month else settings.month
    if wanted is None:
        return store.last_complete_month()
    store.require_month(wanted)
    return wanted

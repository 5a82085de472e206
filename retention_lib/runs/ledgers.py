"""The lists of a run on their way to the ledgers of the stores: read, held against what is there, and written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from retention_lib.runs.failure import Failure
from retention_lib.runs.publish import disk_errors
from retention_lib.stores.ledger import Ledger, ledger_folder
from retention_lib.stores.ledger_writing import WrittenList, write_lists
from retention_lib.stores.listed import ListedExperiment

if TYPE_CHECKING:
    from retention_lib.runs.execute import Finished
    from retention_lib.runs.fates import Fate
    from retention_lib.runs.plan import Plan, PlannedReport


def write_issued(file: Path, lists: Sequence[WrittenList]) -> None:
    """Write the lists of one report for the run, which puts them into the ledger; no file where there are none.

    Args:
        file: Where to.
        lists: The lists.
    """
    if lists:
        plain = [{"experiment": each.about.to_plain(), "csv": each.csv} for each in lists]
        file.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")


def without_contradictions(plan: Plan, folder: Path, finished: Mapping[str, Finished]) -> dict[str, Finished]:
    """The reports of a run, those that would draw a list anew that is in the ledger, or in a report before, failed.

    Args:
        plan: The run's plan.
        folder: The folder of what reports gave for the ledgers.
        finished: How each report ended, by id.

    Raises:
        DataError: A ledger cannot be read.
    """
    checked, drawn = dict(finished), dict[tuple[str, str, str], str]()
    for report in plan.reports:
        lists = _issued(folder, report) if report.id in finished and finished[report.id].failure is None else ()
        drawn |= _known(plan, report) if lists else {}
        own = {(report.store, *_key(each.about)): _hash(each.csv) for each in lists}
        other = next((key for key, value in own.items() if drawn.get(key, value) != value), None)
        if other is None:
            drawn |= own
        else:
            error = f"the list {other[2]} of {other[1]} was issued before with other customers"
            checked[report.id] = replace(finished[report.id], failure=Failure(kind="page", error=error), facts={})
    return checked


def keep_lists(plan: Plan, folder: Path, fates: Sequence[Fate]) -> None:
    """Write the lists of the reports that are to be published into the ledgers of their stores.

    Args:
        plan: The run's plan.
        folder: The folder of what reports gave for the ledgers.
        fates: What became of each report.

    Raises:
        DataError: A ledger cannot be read or written.
    """
    for fate in fates:
        lists = _issued(folder, fate.report) if fate.status == "published" else ()
        if lists:
            with disk_errors(plan.settings.root / "data"):
                write_lists(_ledger(plan, fate.report), lists)


def _ledger(plan: Plan, report: PlannedReport) -> Path:
    return ledger_folder(plan.settings.root, plan.settings.name, report.store)


def _known(plan: Plan, report: PlannedReport) -> dict[tuple[str, str, str], str]:
    """The lists that the ledger of the report's store holds."""
    ledger = Ledger.read(_ledger(plan, report))
    return {(report.store, *_key(about)): about.sha256 for about in ledger.experiments}


def _key(about: ListedExperiment) -> tuple[str, str]:
    return str(about.report), about.scenario


def _issued(folder: Path, report: PlannedReport) -> tuple[WrittenList, ...]:
    """What a report gave for the ledger."""
    file = folder / f"{report.id}.json"
    if not file.is_file():
        return ()
    plain = json.loads(file.read_text(encoding="utf-8"))
    return tuple(WrittenList(about=ListedExperiment.from_plain(each["experiment"]), csv=each["csv"]) for each in plain)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

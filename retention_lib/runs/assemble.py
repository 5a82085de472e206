"""The staged tree of a run: new reports, kept ones of failed reports, rejected rows, manifest and indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention_lib.reports.words import Words
from retention_lib.runs.fates import Fate
from retention_lib.runs.manifest import ReportRecord, read_manifest, write_manifest
from retention_lib.runs.pages import folders_up_to, write_indexes
from retention_lib.runs.plan import Plan
from retention_lib.runs.publish import Staging, link_or_copy
from retention_lib.runs.rejected import write_rejected
from retention_lib.stores.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """Builds the tree that will be published.

    Attributes:
        plan: The run's plan.
        staging: Where it is built.
        fates: Every report, in the set's order.
        started: When the run began.
    """

    plan: Plan
    staging: Staging
    fates: tuple[Fate, ...]
    started: datetime

    def build(self, published: Path | None) -> None:
        """Builds all of the tree.

        Args:
            published: The tree published now, from which other months and last good pages are taken.
        """
        words = Words(self.plan.settings.language)
        folder = self.staging.tree / self.plan.folder
        self.staging.copy_published(published, but=folder.name)
        folder.mkdir()
        records = [self._record(fate, folder, published, words) for fate in self.fates]
        write_rejected(folder / "rejected", self.plan.stores)
        write_manifest(folder, self.plan, records, started=self.started, ended=datetime.now(UTC))
        write_indexes(self.staging.tree, title=self.plan.settings.title, made=folder.name, words=words)

    def _record(self, fate: Fate, folder: Path, published: Path | None, words: Words) -> ReportRecord:
        """Puts a report's files into the month's folder and says what it put there."""
        facts: dict[str, Any] = {}
        if fate.status == "published" and fate.end is not None:
            facts = _shown(fate.end.facts)
            facts["files"] = _moved(self.staging.reports / fate.report.id, folder)
        elif fate.status == "failed":
            facts = _kept(fate.report.id, folder, published)
        return ReportRecord(
            id=fate.report.id,
            title=words.gettext(fate.report.title),
            status=fate.status,
            store=fate.report.store,
            parameters=fate.report.parameters,
            notebook_sha256=fate.report.sha256,
            reason=fate.reason(words),
            seconds=fate.end.seconds if fate.end else 0.0,
            **facts,
        )


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    report = facts["report"]
    return {
        "verdict": facts["verdict"],
        "headline": tuple(facts["headline"]),
        "data_to": report.get("data_to"),
        "currency": report.get("currency"),
    }


def _moved(source: Path, folder: Path) -> tuple[str, ...]:
    """A report's files moved from the worker's folder into the month's."""
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    for file in files:
        if (folder / file).exists():
            raise DataError(f"two reports of the set write {file.as_posix()}; give one of them another id")
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).rename(folder / file)
    return tuple(file.as_posix() for file in files)


def _kept(report_id: str, folder: Path, published: Path | None) -> dict[str, Any]:
    """What is kept of a failed report: its files of the same folder, or the page of the month before it."""
    for month in [] if published is None else folders_up_to(published, folder.name):
        files = _files_of(report_id, month)
        if f"{report_id}.html" not in files:
            continue
        if month.name != folder.name:
            return {"last_good": month.name}
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(str(month / file), str(folder / file))
        return {"last_good": month.name, "files": files}
    return {}


def _files_of(report_id: str, month: Path) -> tuple[str, ...]:
    for report in read_manifest(month)["reports"]:
        if report["id"] == report_id:
            return tuple(file for file in report["files"] if (month / file).is_file())
    return ()

"""The manifest of a month: what was run on what, and what became of it. The only file that knows the time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from retention_lib.runs.plan import Plan

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class ReportRecord:
    """One report in the manifest; what the indexes are made of.

    Attributes:
        id: The report.
        title: In the language of the set.
        status: `published`, `skipped` or `failed`.
        store: The name of its store.
        parameters: Its own parameters from the set.
        notebook_sha256: Of the notebook's file.
        reason: One sentence where it was skipped or failed.
        last_good: The month whose page is kept for a failed report.
        verdict: `status` and `sentence`; empty where it has none.
        headline: The ids of the figures on its cards.
        data_to: The last day its data reach.
        currency: Of its money.
        files: Its files in the month's folder, kept ones included.
        seconds: How long it took.
    """

    id: str
    title: str
    status: str
    store: str
    parameters: dict[str, Any]
    notebook_sha256: str
    reason: str | None = None
    last_good: str | None = None
    verdict: dict[str, Any] = field(default_factory=dict)
    headline: tuple[str, ...] = ()
    data_to: str | None = None
    currency: str | None = None
    files: tuple[str, ...] = ()
    seconds: float = 0.0


def write_manifest(
    folder: Path, plan: Plan, reports: Sequence[ReportRecord], *, started: datetime, ended: datetime
) -> None:
    """Writes the manifest of a month or of a set's data checks."""
    from retention_lib.versions import package_versions

    settings = plan.settings
    content = {
        "set": settings.name,
        "title": settings.title,
        "month": str(plan.month) if plan.month else None,
        "language": settings.language,
        "reports": [asdict(report) for report in reports],
        "economics": settings.economics.model_dump(mode="json"),
        "stores": {name: _store(plan, name) for name in plan.stores},
        "versions": package_versions(),
        "commit": commit(settings.root),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((ended - started).total_seconds(), 3),
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published month or of a set's data checks.

    Raises:
        DataError: The file is no manifest.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {"title": content["title"], "month": content["month"], "reports": content["reports"]}
    except (ValueError, KeyError, TypeError) as problem:
        place = f"{folder.parent.parent.name}/{folder.name}/{MANIFEST}"
        raise DataError(f"{place} is damaged; remove its folder and run again") from problem


def commit(root: Path) -> str | None:
    """The commit of the project's folder, with `+changes` when files differ from it; None outside git."""
    head = _git(root, "rev-parse", "HEAD")
    if head is None:
        return None
    return f"{head}+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else head


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(root), *arguments],  # noqa: S607 - git as the user has it
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _store(plan: Plan, name: str) -> dict[str, Any]:
    """A store's data as they were: fingerprints and the count of every row and cent."""
    facts = plan.stores[name]
    refused = {"refused": facts.refused} if facts.refused else {}
    return {
        "title": facts.title,
        "as_of": facts.as_of,
        "first_day": facts.first_day,
        "last_day": facts.last_day,
        "tables": {
            table: {"sha256": facts.fingerprint.get(table), **_counts(facts.reconciliation[table])}
            for table in facts.tables
        },
        **refused,
    }


def _counts(reconciliation: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in reconciliation.items() if key != "table"}

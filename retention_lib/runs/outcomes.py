"""What a run returns: each report's fate, and the exit code that follows from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["published", "skipped", "failed"]

EXIT_PUBLISHED = 0
EXIT_SOME_FAILED = 1
EXIT_NOTHING = 3
EXIT_DATA = 3


@dataclass(frozen=True, kw_only=True)
class ReportOutcome:
    """One report of a run.

    Attributes:
        id: The report.
        title: Its title, as on the index.
        status: `published`, `skipped` for want of tables, or `failed`.
        reason: One English sentence when it was skipped or failed.
        seconds: Time from start to page; 0 when no kernel ran.
    """

    id: str
    title: str
    status: Status
    reason: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A run of a set for a month, or of its data checks.

    Attributes:
        exit_code: 0 when every report is published or skipped, 1 when some failed, 3 when nothing was
            published, or a check found a table that cannot be used.
        published: The link `outputs/<set>`, or None when nothing was published.
        folder: The folder in it, as in `2017-12`; `check` for data checks.
        reports: Every report, in the set's order.
    """

    exit_code: int
    published: Path | None
    folder: str
    reports: tuple[ReportOutcome, ...]


def exit_code(reports: tuple[ReportOutcome, ...]) -> int:
    """The run's exit code from its reports' fates."""
    statuses = {report.status for report in reports}
    if "failed" not in statuses:
        return EXIT_PUBLISHED
    return EXIT_SOME_FAILED if "published" in statuses else EXIT_NOTHING

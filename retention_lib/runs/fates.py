"""What became of each report of a run, and why."""

from __future__ import annotations

from dataclasses import dataclass

from retention_lib.reports.text import plain
from retention_lib.reports.words import Words
from retention_lib.runs.execute import Finished
from retention_lib.runs.outcomes import ReportOutcome, Status
from retention_lib.runs.plan import Plan, PlannedReport
from retention_lib.runs.reasons import failure_sentence, missing_sentence, month_sentence

_ENGLISH = Words()


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What became of one report.

    Attributes:
        plan: The run's plan.
        report: The report.
        end: How its execution ended; None when no kernel was started for it.
    """

    plan: Plan
    report: PlannedReport
    end: Finished | None

    @property
    def status(self) -> Status:
        """Published, skipped for want of tables, or failed."""
        if self.report.missing:
            return "skipped"
        return "published" if self.end is not None and self.end.failure is None else "failed"

    def reason(self, words: Words) -> str | None:
        """One sentence for a report that is not published."""
        store = self.plan.stores[self.report.store]
        if self.report.missing:
            return plain(missing_sentence(self.report.missing, store, words))
        if self.end is None:
            return plain(month_sentence(self.plan.folder, store, words))
        return None if self.end.failure is None else plain(failure_sentence(self.end.failure, words))

    @property
    def outcome(self) -> ReportOutcome:
        """The same for the caller of the run."""
        return ReportOutcome(
            id=self.report.id,
            title=self.report.title,
            status=self.status,
            reason=self.reason(_ENGLISH),
            seconds=self.end.seconds if self.end else 0.0,
        )

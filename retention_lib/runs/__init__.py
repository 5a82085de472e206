"""A month's set of reports: planned, executed, collected and published in one atomic step.

`make_report` is the whole room, and `make_check` the same for data checks: it finds the month, starts papermill in
worker processes, gathers what the executed notebooks show, and replaces the published tree only when the new one
stands complete. Nothing in this room knows retail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retention_lib.runs.outcomes import ReportOutcome, RunResult
    from retention_lib.runs.run import make_check, make_report

__all__ = ["ReportOutcome", "RunResult", "make_check", "make_report"]


def __getattr__(name: str) -> Any:
    if name in {"make_report", "make_check"}:
        from retention_lib.runs import run

        return getattr(run, name)
    if name in {"RunResult", "ReportOutcome"}:
        from retention_lib.runs import outcomes

        return getattr(outcomes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

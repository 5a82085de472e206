"""What the person on duty sees: a bar for each report on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

    from retention_lib.runs.execute import Job
    from retention_lib.runs.outcomes import ReportOutcome


class Screen(Protocol):
    """Where a run's progress goes."""

    def at(self, job: Job, section: str, cell: int) -> None:
        """A cell of a report starts."""

    def finished(self, outcome: ReportOutcome) -> None:
        """A report came to its end."""

    def say(self, line: str) -> None:
        """A line about the whole run."""


@contextmanager
def screen(report_ids: Sequence[str]) -> Iterator[Screen]:
    """The right kind of screen for where the standard error leads."""
    if not sys.stderr.isatty():
        yield PlainScreen()
        return
    with _bars() as progress:
        yield _BarScreen(progress, report_ids)


class PlainScreen:
    """One line a section and one a finished report, for logs."""

    def __init__(self) -> None:
        self._sections: dict[str, str] = {}

    def at(self, job: Job, section: str, cell: int) -> None:
        """Says a section once, when its first cell starts."""
        if cell > 0 and section and self._sections.get(job.report) != section:
            self._sections[job.report] = section
            self.say(f"{job.report}: {section}")

    def finished(self, outcome: ReportOutcome) -> None:
        """Says how a report ended."""
        self.say(ending(outcome))

    def say(self, line: str) -> None:
        """Writes a line at once."""
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


class _BarScreen:
    """A bar a report; endings scroll above."""

    def __init__(self, progress: Progress, report_ids: Sequence[str]) -> None:
        self._progress = progress
        self._tasks = {id: progress.add_task(id, total=None, section="", start=False) for id in report_ids}

    def at(self, job: Job, section: str, cell: int) -> None:
        task = self._tasks[job.report]
        if cell == 1:
            self._progress.start_task(task)
        self._progress.update(task, total=job.cells + 2, completed=cell, section=section)

    def finished(self, outcome: ReportOutcome) -> None:
        self._progress.remove_task(self._tasks[outcome.id])
        self.say(ending(outcome))

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


def ending(outcome: ReportOutcome) -> str:
    """How a report ended, in one line."""
    if outcome.status == "published":
        return f"{outcome.id}: made in {outcome.seconds:.1f} s"
    return f"{outcome.id}: {outcome.status}. {outcome.reason}"


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[section]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )

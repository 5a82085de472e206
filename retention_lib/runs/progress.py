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


class SimulationScreen(Protocol):
    """Where the progress of a simulation goes."""

    begun: bool

    def at(self, done: int, customers: int) -> None:
        """So many of the customers are simulated; heard first when none is."""


@contextmanager
def simulation_screen(store: str) -> Iterator[SimulationScreen]:
    """The right kind of screen for a store that may have to be simulated; it shows nothing where it has not."""
    if not sys.stderr.isatty():
        yield _SimulationLines(store)
        return
    with _bars() as progress:
        yield _SimulationBar(progress, store)


class _SimulationLines:
    """A line when it begins and one when it ends, for logs."""

    def __init__(self, store: str) -> None:
        self.begun = False
        self._store = store

    def at(self, done: int, customers: int) -> None:
        if not self.begun or done == customers:
            said = "simulated" if done == customers else "simulating"
            sys.stderr.write(f"{self._store}: {said} {customers:,} customers\n")
            sys.stderr.flush()
        self.begun = True


class _SimulationBar:
    """A bar that goes when all is done."""

    def __init__(self, progress: Progress, store: str) -> None:
        self.begun = False
        self._progress = progress
        self._store = store

    def at(self, done: int, customers: int) -> None:
        if not self.begun:
            self.begun = True
            self._task = self._progress.add_task(self._store, total=customers, section="")
        self._progress.update(self._task, completed=done, section=f"{done:,} of {customers:,} customers simulated")


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

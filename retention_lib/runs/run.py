"""A run from the lock to the link: plan, execute, assemble, publish."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

from retention_lib.runs.execute import Finished, Job, Workers
from retention_lib.runs.fates import Fate
from retention_lib.runs.outcomes import EXIT_NOTHING, RunResult, exit_code
from retention_lib.runs.plan import Plan, PlannedReport, planned
from retention_lib.runs.progress import Screen, ending, screen
from retention_lib.runs.publish import Shelf, Staging, disk_errors, only_run, raise_disk_error

if TYPE_CHECKING:
    from retention_lib.runs.assemble import Assembly
    from retention_lib.settings.calendar import Month
    from retention_lib.settings.models import SetSettings


def make_report(settings: SetSettings, *, month: Month | None, jobs: int = 2, timeout_seconds: int = 600) -> RunResult:
    """Makes a set's reports for a month and publishes them in one step.

    Whatever happens, `outputs/<set>` holds either what it held before or the whole new tree.

    Args:
        settings: The set, already checked.
        month: The month; None for the set's own, or the last complete one in its data.
        jobs: Reports executed at a time.
        timeout_seconds: The time one report may take in all.

    Returns:
        What became of each report, with the exit code.

    Raises:
        MonthError: The month is not in the data.
        DataError: A file is missing or wrong, another run of the set is under way, or `outputs` cannot be
            written.
        WorkerError: The worker processes cannot work: the installation is at fault.
    """
    shelf = Shelf(outputs=settings.root / "outputs", name=settings.name)
    with _ended_by_signals(), only_run(shelf):
        shelf.check_free()
        shelf.tidy()
        try:
            return _run(settings, shelf, month=month, jobs=jobs, timeout_seconds=timeout_seconds)
        finally:
            shelf.tidy()


def _run(settings: SetSettings, shelf: Shelf, *, month: Month | None, jobs: int, timeout_seconds: int) -> RunResult:
    started = datetime.now(UTC)
    with disk_errors(shelf.outputs):
        staging = shelf.staged()
    count = min(jobs, len(settings.reports))
    with Workers(count, folder=settings.root / "notebooks", scratch=staging.scratch) as workers:
        plan = planned(settings, month=month)
        # The imports of the index pages take a second or two, which the workers need for their own as well.
        from retention_lib.runs.assemble import Assembly

        with screen([report.id for report in plan.runnable]) as shown:
            shown.say(f"{settings.name}, {plan.month}: {len(plan.runnable)} of {len(plan.reports)} reports to make")
            todo = [_job(plan, report, staging, timeout_seconds) for report in plan.runnable]
            fates = _fates(plan, _executed(workers, todo, plan, shown))
            result = _published(Assembly(plan=plan, staging=staging, fates=fates, started=started), shelf)
            _say_rest(result, shown)
    return result


def _executed(workers: Workers, todo: Sequence[Job], plan: Plan, shown: Screen) -> dict[str, Finished]:
    """Every report that had a kernel, by id."""
    finished: dict[str, Finished] = {}
    reports = {report.id: report for report in plan.reports}
    for end in workers.run(todo, shown.at):
        if end.failure is not None and end.failure.kind == "disk":
            raise_disk_error(int(end.failure.error), "outputs")
        finished[end.report] = end
        shown.finished(Fate(plan=plan, report=reports[end.report], end=end).outcome)
    return finished


def _fates(plan: Plan, finished: dict[str, Finished]) -> tuple[Fate, ...]:
    return tuple(Fate(plan=plan, report=report, end=finished.get(report.id)) for report in plan.reports)


def _published(assembly: Assembly, shelf: Shelf) -> RunResult:
    """The tree built and published, unless there is nothing new in it."""
    outcomes = tuple(fate.outcome for fate in assembly.fates)
    code = exit_code(outcomes)
    link = None
    if code != EXIT_NOTHING:
        with disk_errors(shelf.outputs):
            assembly.build(shelf.current())
            link = shelf.publish(assembly.staging)
    return RunResult(exit_code=code, published=link, month=str(assembly.plan.month), reports=outcomes)


def _job(plan: Plan, report: PlannedReport, staging: Staging, timeout_seconds: int) -> Job:
    settings = plan.settings
    own: dict[str, Any] = {"report_id": report.id, "month": str(plan.month), **report.parameters}
    return Job(
        report=report.id,
        source=report.source,
        cells=report.cells,
        parameters={"set_file": str(settings.file), **own},
        kept={"set_file": settings.file.relative_to(settings.root).as_posix(), **own},
        folder=staging.reports / report.id,
        root=settings.root,
        timeout=timeout_seconds,
    )


def _say_rest(result: RunResult, shown: Screen) -> None:
    """The reports that had no kernel, and where to look."""
    for report in result.reports:
        if report.status != "published" and not report.seconds:
            shown.say(ending(report))
    if result.published is None:
        shown.say("nothing was published; what was published before is intact")
    else:
        shown.say(f"published: {result.published / result.month / 'index.html'}")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets a polite kill or a closed terminal end the run as Ctrl-C does: nothing is left half made."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(name, _leave) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

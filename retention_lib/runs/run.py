"""A run from the lock to the link: plan, execute, assemble, publish."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from retention_lib.runs.execute import Finished, Job, Workers
from retention_lib.runs.fates import Fate
from retention_lib.runs.ledgers import keep_lists, without_contradictions
from retention_lib.runs.outcomes import EXIT_DATA, EXIT_NOTHING, RunResult, exit_code
from retention_lib.runs.plan import Plan, PlannedReport, planned, planned_check
from retention_lib.runs.progress import Screen, ending, screen
from retention_lib.runs.publish import Shelf, Staging, disk_errors, only_run, raise_disk_error
from retention_lib.runs.simulating import simulate_stores
from retention_lib.stores.snapshots import read_once
from retention_lib.stores.spilling import without_leftovers

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
    return _made(settings, partial(planned, settings, month=month), jobs=jobs, timeout_seconds=timeout_seconds)


def make_check(settings: SetSettings, *, jobs: int = 2, timeout_seconds: int = 600) -> RunResult:
    """Checks the data of a set's stores and publishes one page a store in `outputs/<set>/check`.

    The months stay as they are. A table that cannot be used stands on its store's page, with the reason.

    Args:
        settings: The set, already checked.
        jobs: Stores checked at a time.
        timeout_seconds: The time one check may take in all.

    Returns:
        What became of each check, with the exit code.

    Raises:
        DataError: A store cannot be opened at all, another run of the set is under way, or `outputs` cannot be
            written.
        WorkerError: The worker processes cannot work: the installation is at fault.
    """
    checks = settings.data_checks()
    result = _made(checks, partial(planned_check, settings), jobs=jobs, timeout_seconds=timeout_seconds)
    if result.published is not None:
        from retention_lib.runs.told import tell_checks

        stores = {report.id: report.title for report in result.reports if report.status == "published"}
        tell_checks(result.published / result.folder, stores)
    return result


def _made(settings: SetSettings, plan: Callable[[], Plan], *, jobs: int, timeout_seconds: int) -> RunResult:
    """A run under the set's lock, which leaves nothing behind but what it published."""
    shelf = Shelf(outputs=settings.root / "outputs", name=settings.name)
    with _ended_by_signals(), only_run(shelf):
        shelf.check_free()
        shelf.tidy()
        try:
            return _run(settings, shelf, plan, jobs=jobs, timeout_seconds=timeout_seconds)
        finally:
            shelf.tidy()


def _run(
    settings: SetSettings, shelf: Shelf, make_plan: Callable[[], Plan], *, jobs: int, timeout_seconds: int
) -> RunResult:
    started = datetime.now(UTC)
    with disk_errors(shelf.outputs):
        staging = shelf.staged()
    count = min(jobs, len(settings.reports))
    with (
        read_once(staging.scratch / "snapshots.json"),
        without_leftovers(settings.root / "data" / ".cache"),
        Workers(count, folder=settings.root / "notebooks", scratch=staging.scratch) as workers,
    ):
        simulate_stores(settings, dict.fromkeys(settings.store_settings(report)[0] for report in settings.reports))
        plan = make_plan()
        # The imports of the index pages take a second or two, which the workers need for their own as well.
        from retention_lib.runs.assemble import Assembly

        with screen([report.id for report in plan.runnable]) as shown:
            shown.say(f"{settings.name}, {plan.folder}: {len(plan.runnable)} of {len(plan.reports)} reports to make")
            todo = [_job(plan, report, staging, timeout_seconds) for report in plan.runnable]
            finished = without_contradictions(plan, staging.ledgers, _executed(workers, todo, plan, shown))
            fates = _fates(plan, finished)
            result = _published(Assembly(plan=plan, staging=staging, fates=fates, started=started), shelf)
            _say_rest(plan, result, shown)
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
            # Before the lists are published: once a reader may send them, no later run may draw them anew.
            keep_lists(assembly.plan, assembly.staging.ledgers, assembly.fates)
            link = shelf.publish(assembly.staging)
    plan = assembly.plan
    broken = any(store.refused for store in plan.stores.values())
    return RunResult(exit_code=EXIT_DATA if broken else code, published=link, folder=plan.folder, reports=outcomes)


def _job(plan: Plan, report: PlannedReport, staging: Staging, timeout_seconds: int) -> Job:
    settings = plan.settings
    month = str(plan.month) if plan.month else None
    own: dict[str, Any] = {"report_id": report.id, "month": month, **report.parameters}
    return Job(
        report=report.id,
        source=report.source,
        cells=report.cells,
        parameters={"set_file": str(settings.file), **own},
        kept={"set_file": settings.file.relative_to(settings.root).as_posix(), **own},
        folder=staging.reports / report.id,
        ledger=staging.ledgers / f"{report.id}.json",
        root=settings.root,
        timeout=timeout_seconds,
        index="index.html" if plan.month else "../index.html",
    )


def _say_rest(plan: Plan, result: RunResult, shown: Screen) -> None:
    """The reports that had no kernel, and where to look."""
    for report in result.reports:
        if report.status != "published" and not report.seconds:
            shown.say(ending(report))
    if result.published is None:
        for line in (line for store in plan.stores.values() for line in store.refused.values()):
            shown.say(line)
        shown.say("nothing was published; what was published before is intact")
        return
    made = [report.id for report in result.reports if report.status == "published"]
    for page in ["index"] if plan.month else made:
        shown.say(f"published: {result.published / result.folder / page}.html")


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

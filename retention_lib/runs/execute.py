"""Reports executed in worker processes, several at a time; nothing of them outlives the run."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from retention_lib.runs.failure import Failure, error_line

_GRACE_SECONDS = 20.0
_END_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """One report to run.

    Attributes:
        report: Its id.
        source: The notebook's text.
        cells: The number of its cells, for the progress bar.
        parameters: What papermill injects.
        kept: The same as saved in the executed notebook, paths relative to the root.
        folder: Where its files go; made by the worker.
        ledger: The file for the lists that its store's ledger is to hold; made by the worker where there are any.
        root: The project's folder.
        timeout: Seconds the whole notebook may take.
        index: Where the page's link back leads, relative to the page.
    """

    report: str
    source: str
    cells: int
    parameters: dict[str, Any]
    kept: dict[str, Any]
    folder: Path
    ledger: Path
    root: Path
    timeout: int
    index: str = "index.html"

    def to_json(self, *, alone: bool) -> str:
        """The job as one line for a worker; a report that runs alone may use every processor."""
        names = ("report", "source", "parameters", "kept", "timeout", "index")
        job = {name: getattr(self, name) for name in names}
        paths = {name: str(getattr(self, name)) for name in ("folder", "ledger", "root")}
        return json.dumps({**job, **paths, "alone": alone}) + "\n"


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A report that came to its end.

    Attributes:
        report: Its id.
        seconds: From the job's start to its end.
        failure: Why it failed, or None.
        facts: What the index needs: `report`, `verdict`, `figures`; empty for a failure.
    """

    report: str
    seconds: float
    failure: Failure | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[Job, str, int], None]
"""Hears about progress: the job, the section under way, the cell's number."""


class WorkerError(RuntimeError):
    """A worker could not work at all: a fault of the installation or of ours, not of a report."""


class Workers:
    """Worker processes that start at once, so that they load papermill while the run is still planned."""

    def __init__(self, count: int, *, folder: Path, scratch: Path) -> None:
        """Says what to start; entering the context starts it, leaving it ends everything.

        Args:
            count: How many processes.
            folder: The working folder of the kernels.
            scratch: A private folder with a short name for sockets, settings and logs.
        """
        self._count = count
        self._folder = folder
        self._scratch = scratch
        self._started = 0
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self._workers.append(self._start())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def run(self, jobs: Sequence[Job], listen: Listener) -> Iterator[Finished]:
        """Executes the jobs and yields each as it ends.

        Raises:
            WorkerError: A worker ended by itself.
        """
        waiting = deque(jobs)
        alone = min(len(jobs), len(self._workers)) < 2
        with selectors.DefaultSelector() as selector:
            while waiting or any(worker.job for worker in self._workers):
                for worker in self._workers:
                    if worker.job is None and waiting:
                        worker.give(waiting.popleft(), alone=alone)
                        selector.register(worker.news, selectors.EVENT_READ, worker)
                for key, _ in selector.select(timeout=0.5):
                    key.data.hear(listen)
                for worker in self._workers:
                    finished = worker.finished()
                    if finished is not None:
                        selector.unregister(worker.news)
                        self._replace_if_ended(worker)
                        yield finished

    def close(self) -> None:
        """Ends the workers and, through them, their kernels."""
        for worker in self._workers:
            worker.ask_to_end()
        for worker in self._workers:
            worker.end()

    def _replace_if_ended(self, worker: _Worker) -> None:
        if worker.ended:
            worker.end()
            self._workers[self._workers.index(worker)] = self._start()

    def _start(self) -> _Worker:
        self._started += 1
        scratch = self._scratch / f"w{self._started}"
        scratch.mkdir()
        return _Worker(self._folder, scratch)


class _Worker:
    """One worker process as the run sees it."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.job: Job | None = None
        self.ended = False
        self._end: Finished | None = None
        self._log = scratch / "log"
        self._rest = b""
        self._section = ""
        self._began = 0.0
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(scratch), "JPY_PARENT_PID": str(os.getpid())}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "retention_lib.runs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )

    @property
    def news(self) -> int:
        """The file descriptor its news arrive on."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def give(self, job: Job, *, alone: bool) -> None:
        """Hands over a job; a worker that died meanwhile is noticed by the end of its news."""
        assert self._process.stdin is not None
        self.job, self._end, self._section, self._began = job, None, "", time.monotonic()
        with suppress(BrokenPipeError):
            self._process.stdin.write(job.to_json(alone=alone).encode())
            self._process.stdin.flush()

    def hear(self, listen: Listener) -> None:
        """Reads the news that have arrived."""
        chunk = os.read(self.news, 1 << 16)
        if not chunk:
            self._died()
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._take(json.loads(line), listen)

    def finished(self) -> Finished | None:
        """The job's end if it has come, by itself or because the time is up."""
        if self.job is None:
            return None
        if self._end is None and time.monotonic() - self._began > self.job.timeout + _GRACE_SECONDS:
            self.ended = True
            self._fail(Failure(kind="timeout", section=self._section, error=str(self.job.timeout)))
        if self._end is not None:
            self.job = None
        return self._end

    def ask_to_end(self) -> None:
        """Closes its input: it kills its kernel and leaves."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def end(self) -> None:
        """Waits a moment for its leaving, then kills it; its kernel goes with it."""
        self.ask_to_end()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _take(self, event: dict[str, Any], listen: Listener) -> None:
        assert self.job is not None
        if event["event"] == "done":
            self._end = Finished(report=self.job.report, seconds=event["seconds"], facts=event["facts"])
        elif event["event"] == "failed":
            failure = Failure.from_json(event["failure"])
            self._end = Finished(report=self.job.report, seconds=event["seconds"], failure=failure)
        else:
            self._section = event["section"]
            listen(self.job, self._section, event["cell"])

    def _died(self) -> None:
        """The worker is gone: killed from outside (the report failed), or it fell over (a fault of ours)."""
        self.ended = True
        if self._process.wait() < 0:
            self._fail(Failure(kind="killed", section=self._section))
            return
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        raise WorkerError(error_line("worker", lines[-1] if lines else "ended without a word"))

    def _fail(self, failure: Failure) -> None:
        assert self.job is not None
        seconds = round(time.monotonic() - self._began, 3)
        self._end = Finished(report=self.job.report, seconds=seconds, failure=failure)

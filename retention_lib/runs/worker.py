"""A worker process: runs papermill on one report after another, and makes each one's page and files.

Jobs arrive as JSON lines on the standard input, news leaves as JSON lines on the standard output. The end of
the input is the end of the run: the kernel's process group is killed and the worker leaves at once.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

from retention_lib.runs.failure import Failure, error_line
from retention_lib.runs.kernel import die_with_parent, end_kernels


def main() -> None:
    """Serves jobs until the input ends."""
    die_with_parent()
    news = _private_output()
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    _load_papermill()

    def tell(event: dict[str, Any]) -> None:
        news.write(json.dumps(event) + "\n")
        news.flush()

    while True:
        serve(jobs.get(), tell)


def serve(job: dict[str, Any], tell: Callable[[dict[str, Any]], None]) -> None:
    """Makes one report and tells its progress and its end: `done` with what was collected, or `failed`."""
    from retention_lib.runs.notebook import ReportError, make_report_files

    started = time.monotonic()
    try:
        event: dict[str, Any] = {"event": "done", "facts": make_report_files(job, tell)}
    except ReportError as failed:
        event = {"event": "failed", "failure": failed.failure.to_json()}
    except OSError as problem:
        event = {"event": "failed", "failure": Failure(kind="disk", error=str(problem.errno or 0)).to_json()}
    except Exception as problem:  # noqa: BLE001 - one page's fault must not take the other reports along
        failure = Failure(kind="page", error=error_line(type(problem).__name__, str(problem)))
        event = {"event": "failed", "failure": failure.to_json()}
    tell(event | {"seconds": round(time.monotonic() - started, 3)})


def _load_papermill() -> None:
    """Imports papermill, which takes a second or two, while the run still plans.

    jsonschema takes as long again to compile a grammar for web addresses in its optional format checks. Notebooks
    are validated without them, so the module is declared missing, which jsonschema allows for.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill  # noqa: F401


def _listen(jobs: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    end_kernels()
    os._exit(0)


def _private_output() -> TextIO:
    """The standard output for news alone: whatever else prints goes to the log on the standard error."""
    news = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return news


if __name__ == "__main__":
    main()

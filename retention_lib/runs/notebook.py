"""One report inside a worker: papermill, the notebook made clean, its numbers, tables and page written."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.runs.collect import Collected, CollectError, collected, figures_text, without_lists
from retention_lib.runs.failure import Failure, error_line, heading
from retention_lib.runs.ledgers import write_issued
from retention_lib.runs.normal import normalised

if TYPE_CHECKING:
    from nbformat import NotebookNode

Tell = Callable[[dict[str, Any]], None]


class ReportError(Exception):
    """A report could not be made.

    Attributes:
        failure: Where and why.
    """

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.error)


def make_report_files(job: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Runs one notebook and writes its page, figures, tables, lists and executed notebook into the job's folder.

    Args:
        job: `report`, `source` (the notebook's text), `parameters` (as injected), `kept` (as saved),
            `folder`, `ledger` (the file for the lists that go into the store's ledger), `root`, `timeout` in
            seconds, `index` (where the page's link back leads), `alone` (whether no other report runs beside it).
        tell: Hears about every cell that starts.

    Returns:
        What the index needs: the report's facts, its verdict and the ids of its headline figures.

    Raises:
        ReportError: The notebook, the page or what it shows is at fault.
        OSError: The disk refused a file.
    """
    root = Path(job["root"])
    notebook = normalised(executed(job, tell), parameters=job["kept"], root=root)
    try:
        shown = collected(notebook)
        page = _page(without_lists(notebook), job["index"])
    except CollectError as problem:
        raise ReportError(Failure(kind="page", error=error_line("CollectError", str(problem)))) from problem
    _write(Path(job["folder"]), job["report"], notebook, shown, page)
    write_issued(Path(job["ledger"]), shown.issued)
    return {"report": shown.report, "verdict": shown.verdict, "headline": shown.headline}


def executed(job: dict[str, Any], tell: Tell) -> NotebookNode:
    """The notebook after papermill ran it in a kernel of its own.

    Raises:
        ReportError: A cell raised, took too long, or its kernel was killed.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    if not job["alone"]:
        os.environ["RETENTION_THREADS"] = "1"
    watch = _Watch(job, tell)
    try:
        notebook = papermill.execute_notebook(
            nbformat.reads(job["source"], as_version=4),
            None,
            parameters=job["parameters"],
            **_papermill_options(watch),
        )
    except PapermillExecutionError as problem:
        error = error_line(problem.ename, problem.evalue, root=Path(job["root"]))
        raise ReportError(watch.failure("raised", error)) from problem
    except CellTimeoutError as problem:
        raise ReportError(watch.failure("timeout", str(job["timeout"]))) from problem
    except DeadKernelError as problem:
        raise ReportError(watch.failure("killed", "")) from problem
    except OSError:
        raise
    except Exception as problem:
        # nbclient and papermill tell of a kernel that does not answer, or a broken notebook, in many ways.
        error = error_line(type(problem).__name__, str(problem), root=Path(job["root"]))
        raise ReportError(watch.failure("raised", error)) from problem
    _refuse_unfinished(notebook, watch)
    return notebook


class _Watch:
    """Follows a notebook's cells: the section under way, and the time left."""

    def __init__(self, job: dict[str, Any], tell: Tell) -> None:
        self.section = ""
        self._tell = tell
        self._ends = time.monotonic() + job["timeout"]

    def cell_starts(self, cell: NotebookNode, cell_index: int) -> None:
        """Called by nbclient before each cell, markdown included."""
        if cell.cell_type == "markdown":
            self.section = heading(cell.source) or self.section
        self._tell({"event": "cell", "section": self.section, "cell": cell_index + 1})

    def seconds_left(self, _cell: NotebookNode) -> float:
        """The whole report shares one time limit; nbclient takes nothing below zero."""
        return max(0.1, self._ends - time.monotonic())

    def failure(self, kind: Any, error: str) -> Failure:
        return Failure(kind=kind, section=self.section, error=error)


def _papermill_options(watch: _Watch) -> dict[str, Any]:
    from retention_lib.runs.manager import OwnKernelManager

    logging.getLogger("papermill").setLevel(logging.ERROR)
    return {
        "kernel_name": "python3",
        "language": "python",
        "progress_bar": False,
        "request_save_on_cell_execute": False,
        "autosave_cell_every": 0,
        "kernel_manager_class": OwnKernelManager,
        "shutdown_kernel": "immediate",
        "record_timing": False,
        "coalesce_streams": True,
        "on_cell_start": watch.cell_starts,
        "timeout_func": watch.seconds_left,
    }


def _refuse_unfinished(notebook: NotebookNode, watch: _Watch) -> None:
    """`exit()` ends a notebook early and papermill calls that a success; a half-made page is none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise ReportError(watch.failure("raised", error_line(output.ename, output.evalue)))


def _page(notebook: NotebookNode, index: str) -> str:
    from retention_lib.reports.page import PageError, render_page

    try:
        return render_page(notebook, index_href=index)
    except PageError as problem:
        raise CollectError(str(problem)) from problem


def _write(folder: Path, report: str, notebook: NotebookNode, shown: Collected, page: str) -> None:
    import nbformat

    folder.mkdir(parents=True)
    (folder / f"{report}.html").write_text(page, encoding="utf-8")
    (folder / f"{report}.figures.json").write_text(figures_text(shown.figures), encoding="utf-8")
    (folder / f"{report}.ipynb").write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    _write_files(folder / "tables" / report, shown.tables)
    lists = {f"{report}_{name}": text for name, text in shown.lists.items()}
    _write_files(folder / "actions", {**lists, **shown.named_lists})


def _write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """CSV files by name; no folder where there is none."""
    if texts:
        folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")

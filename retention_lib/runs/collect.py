"""What an executed notebook shows, by mime type: figures, tables, the verdict and the report's facts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retention_lib.reports.cells import safe_csv
from retention_lib.reports.figures import significant
from retention_lib.reports.payloads import CARDS, FIGURE, HANDED_ON, LEDGER, LIST, REPORT, TABLE, VERDICT
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS
from retention_lib.stores.ledger_writing import WrittenList
from retention_lib.stores.listed import ListedExperiment

if TYPE_CHECKING:
    from nbformat import NotebookNode


FIGURE_KEYS = (
    "id",
    "value",
    "low",
    "high",
    "level",
    "unit",
    "n",
    "formula",
    "p",
    "p_adjusted",
    "claimed",
    "reason",
)
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


class CollectError(Exception):
    """A notebook shows something that cannot be kept; one sentence for its author."""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What one executed notebook leaves besides itself.

    Attributes:
        report: The facts that `open_report` showed; empty when it showed none.
        verdict: The verdict's payload; empty when there is none.
        figures: One record a figure with the keys of `FIGURE_KEYS`, in the order of the notebook.
        tables: CSV text by name, in the order of the notebook.
        lists: CSV text of the customers to contact, ids in clear, by name.
        named_lists: The same of lists whose file is called by their name alone.
        issued: The lists that the store's ledger is to hold.
        headline: Ids of the figures shown as cards.
    """

    report: dict[str, Any]
    verdict: dict[str, Any]
    figures: list[dict[str, Any]]
    tables: dict[str, str]
    lists: dict[str, str]
    named_lists: dict[str, str]
    issued: list[WrittenList]
    headline: list[str]


def collected(notebook: NotebookNode) -> Collected:
    """Everything of ours in the outputs of an executed notebook.

    Raises:
        CollectError: A figure or table stands twice with different content, or a name is no file name.
    """
    figures: dict[str, dict[str, Any]] = {}
    for payload in payloads(notebook, FIGURE):
        _keep_once(figures, str(payload.get("id", "")), figure_record(payload), "figure")
    reports, verdicts = list(payloads(notebook, REPORT)), list(payloads(notebook, VERDICT))
    return Collected(
        report=reports[0] if reports else {},
        verdict=verdicts[0] if verdicts else {},
        figures=list(figures.values()),
        tables=_files(notebook, TABLE, "table"),
        lists=_files(notebook, LIST, "list", where=lambda payload: not payload.get("by_name")),
        named_lists=_files(notebook, LIST, "list", where=lambda payload: bool(payload.get("by_name"))),
        issued=[_issued(payload) for payload in payloads(notebook, LEDGER)],
        headline=[str(id) for id in payloads(notebook, CARDS)],
    )


def without_lists(notebook: NotebookNode) -> NotebookNode:
    """The notebook without its lists (changed in place): their ids are in clear, and stand in files of their own."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime in HANDED_ON:
                output.get("data", {}).pop(mime, None)
    return notebook


def payloads(notebook: NotebookNode, mime: str) -> Iterator[Any]:
    """The payloads of one mime type in the notebook's order; a list counts as its items."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            payload = output.get("data", {}).get(mime)
            if payload is None:
                continue
            parsed = json.loads(payload) if isinstance(payload, str) else payload
            yield from parsed if isinstance(parsed, list) else [parsed]


def figure_record(payload: dict[str, Any]) -> dict[str, Any]:
    """A figure with exactly the keys of `FIGURE_KEYS`; numbers rounded, null for what is not finite.

    Raises:
        CollectError: The figure has no id.
    """
    if not payload.get("id"):
        raise CollectError("a figure has no id; give it one")
    record = {key: _plain(payload.get(key)) for key in FIGURE_KEYS}
    if record["value"] is None and not record["reason"]:
        record["reason"] = "no_value"
    return record


def _plain(value: Any) -> Any:
    """A number with 12 significant digits, None for what is not finite; anything else as it is."""
    return significant(value) if isinstance(value, float) else value


def figures_text(figures: list[dict[str, Any]]) -> str:
    """The content of a figures file."""
    return json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _issued(payload: dict[str, Any]) -> WrittenList:
    """A list for the ledger, whose name is that of a file and whose rows are a list's."""
    try:
        about = ListedExperiment.from_plain(payload["experiment"])
        csv_text = str(payload["csv"])
    except (KeyError, TypeError, ValueError) as problem:
        raise CollectError(f"a list for the ledger cannot be read: {problem}") from problem
    if not _FILE_NAME.fullmatch(about.scenario) or csv_text.split("\n", 1)[0] != ",".join(LEDGER_COLUMNS):
        raise CollectError(f"the list {about.scenario!r} is none for the ledger; make it with report.action_lists")
    return WrittenList(about=about, csv=csv_text)


def _every(_payload: dict[str, Any]) -> bool:
    return True


def _files(
    notebook: NotebookNode, mime: str, kind: str, *, where: Callable[[dict[str, Any]], bool] = _every
) -> dict[str, str]:
    """The CSV texts shown under a mime type, by name."""
    files: dict[str, str] = {}
    for payload in filter(where, payloads(notebook, mime)):
        name = str(payload.get("name", ""))
        if not _FILE_NAME.fullmatch(name):
            raise CollectError(f"the {kind}'s name {name!r} is no file name; use small letters, digits, - and _")
        _keep_once(files, name, _csv_text(name, payload, kind), kind)
    return files


def _csv_text(name: str, payload: dict[str, Any], kind: str) -> str:
    try:
        return safe_csv(str(payload.get("csv", "")))
    except csv.Error as problem:
        raise CollectError(f"the {kind} {name} is not CSV: {problem}") from problem


def _keep_once(kept: dict[str, Any], name: str, content: Any, kind: str) -> None:
    if name in kept and kept[name] != content:
        raise CollectError(f"the {kind} {name} is shown twice with different content; give each its own name")
    kept[name] = content

"""The executed notebook as it is kept: the same bytes for the same data, and nothing of the machine."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.reports.payloads import HANDED_ON

if TYPE_CHECKING:
    from nbformat import NotebookNode

_ADDRESS = re.compile(r"(?<= at )0x[0-9a-f]{6,}\b")
_CELL_METADATA = ("papermill", "execution", "ExecuteTime", "collapsed")


def normalised(notebook: NotebookNode, *, parameters: dict[str, Any], root: Path) -> NotebookNode:
    """The executed notebook without times, random ids and paths of the machine (changed in place).

    Cell ids follow the position; what papermill and the kernel noted about this run goes; the injected cell
    is written again with the parameters given here; warnings (stderr) go: they name files of the machine.

    Args:
        notebook: The notebook as papermill returned it.
        parameters: The injected parameters, with paths relative to the project's folder.
        root: The project's folder; it is cut off wherever an output names it.

    Returns:
        The same notebook.
    """
    paths = machine_paths(root)
    notebook.metadata = _metadata(notebook.metadata)
    for position, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{position:03d}"
        for key in _CELL_METADATA:
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell["outputs"] = _outputs(cell.outputs, paths)
            if "injected-parameters" in cell.metadata.get("tags", []):
                cell["source"] = injected_source(parameters)
    return notebook


def injected_source(parameters: dict[str, Any]) -> str:
    """The source of papermill's parameter cell."""
    from papermill.translators import translate_parameters

    return str(translate_parameters("python3", "python", parameters, "Parameters")).rstrip("\n")


def machine_paths(root: Path) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the machine's folders with what stands for them, longest first; the root vanishes."""
    package = Path(__file__).resolve().parents[2]
    named = {str(Path(tempfile.gettempdir()).resolve()): "temporary/", str(Path.home()): "~/"}
    named |= {str(Path(sys.prefix).resolve()): "python/", str(Path(sys.base_prefix).resolve()): "python/"}
    named |= {str(package): "", str(root): "", str(root.resolve()): ""}
    longest = sorted((path for path in named if path != "/"), key=len, reverse=True)
    return [(re.compile(rf"(?<![\w.~-]){re.escape(path)}(?:/|(?![\w.-]))"), named[path]) for path in longest]


def without_machine(value: Any, paths: list[tuple[re.Pattern[str], str]]) -> Any:
    """The value with every text in it freed of the machine's folders and of memory addresses."""
    if isinstance(value, str):
        for pattern, instead in paths:
            value = pattern.sub(instead, value)
        return _ADDRESS.sub("0x0", value)
    if isinstance(value, dict):
        return type(value)({key: without_machine(inner, paths) for key, inner in value.items()})
    if isinstance(value, list):
        return [without_machine(inner, paths) for inner in value]
    return value


def _metadata(metadata: Any) -> Any:
    kept = {key: value for key, value in metadata.items() if key not in {"papermill", "widgets"}}
    kept["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    kept["language_info"] = {"name": "python"}
    return type(metadata)(kept)


def _outputs(outputs: list[Any], paths: list[tuple[re.Pattern[str], str]]) -> list[Any]:
    """Outputs without stderr, neighbouring pieces of stdout joined (their cuts depend on timing)."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output.text
            continue
        output.pop("transient", None)
        kept.append(output)
    return [_freed(output, paths) for output in kept]


def _freed(output: Any, paths: list[tuple[re.Pattern[str], str]]) -> Any:
    """An output freed of the machine, lists of customers left as they are: an id may look like an address of memory."""
    data = output.get("data", {})
    lists = {mime: data.pop(mime) for mime in HANDED_ON if mime in data}
    freed = without_machine(output, paths)
    if lists:
        freed["data"].update(lists)
    return freed

"""What executed data checks say, on the screen: the payloads their pages were made from, and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.reports.figures import figure_spec
from retention_lib.reports.payloads import ALERTS, CARDS, FIGURE, REPORT, TABLE, VERDICT
from retention_lib.reports.words import Words
from retention_lib.runs.failure import heading

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_COLOURS = {"stop": "red", "warn": "yellow", "ok": "green", "act": "red", "watch": "yellow", "good": "green"}
_MARKS = {"stop": "×", "warn": "!", "ok": "✓", "act": "×", "watch": "!", "good": "✓"}
_WIDTH = 120


def tell_checks(folder: Path, stores: Mapping[str, str]) -> None:
    """Writes what the published checks found to the standard output.

    Args:
        folder: The published folder of the set's checks.
        stores: Names of the stores whose checks are told, with their titles.
    """
    console = _console()
    for name, title in stores.items():
        notebook = json.loads((folder / f"{name}.ipynb").read_text(encoding="utf-8"))
        console.rule(_text(title, "bold"), align="left", characters="=")
        for part in _parts(notebook):
            console.print(part, soft_wrap=False)
    console.print()


def _console() -> Console:
    """The screen, as wide as it is; a file or a pipe takes lines of a fixed width."""
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else _WIDTH)


def _parts(notebook: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What is shown, in the notebook's order; a section's heading stands above its first part."""
    outputs = [data for cell in notebook["cells"] for data in _displayed(cell)]
    facts: dict[str, Any] = next((data[REPORT] for data in outputs if REPORT in data), {})
    words = Words(str(facts.get("language") or "en"), facts.get("currency"))
    figures = {data[FIGURE]["id"]: data[FIGURE] for data in outputs if FIGURE in data}
    said: set[str] = set()
    for title, shown in sorted(_sections(notebook), key=_rank):
        told = [part for data in shown for part in _output_parts(data, figures, words, said)]
        if told and title:
            yield _text(f"\n{words.gettext(title)}", "bold")
        yield from told


def _sections(notebook: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The notebook's sections in its order, each with its heading and what it shows."""
    sections: list[tuple[str, list[dict[str, Any]]]] = [("", [])]
    for cell in notebook["cells"]:
        title = heading("".join(cell["source"])) if cell["cell_type"] == "markdown" else None
        if title:
            sections.append((title, []))
        sections[-1][1].extend(_displayed(cell))
    return sections


def _rank(section: tuple[str, list[dict[str, Any]]]) -> int:
    """The answer comes first, then how sure it is; the rest stays as it stands."""
    shown = section[1]
    first = [kind for kind in (VERDICT, ALERTS) if any(kind in data for data in shown)]
    return {VERDICT: 0, ALERTS: 1}[first[0]] if first else 2


def _displayed(cell: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a cell shows the reader; its last value is for the analyst."""
    return [output["data"] for output in cell.get("outputs", []) if output["output_type"] == "display_data"]


def _output_parts(
    data: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]], words: Words, said: set[str]
) -> Iterator[RenderableType]:
    """The parts of one output; a sentence that was said is not said again."""
    if VERDICT in data:
        said.add(data[VERDICT]["sentence"])
        yield _marked(data[VERDICT]["status"], data[VERDICT]["sentence"])
    for alert in data.get(ALERTS, []):
        said.add(alert["sentence"])
        yield _marked(alert["level"], f"{alert['word']}: {alert['title']} {alert['sentence']}")
    if CARDS in data:
        yield _cards([figures[id] for id in data[CARDS] if id in figures], words)
    shown = data.get(TABLE, {}).get("shown", {})
    if rows := [shown["rows"][place] for place in shown.get("brief", range(len(shown.get("rows", []))))]:
        yield _text(shown["caption"])
        yield _table(shown, rows)
    text = "".join(data["text/plain"]) if {"text/html", "text/plain"} == set(data) else ""
    if text and text not in said:
        said.add(text)
        yield _text(text)


def _text(line: str, style: str = "") -> Any:
    from rich.text import Text

    return Text(line, style=style)


def _marked(status: str, sentence: str) -> Any:
    """A sentence behind its mark; later lines of it stand under the first."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_row(_text(_MARKS.get(status, "?"), _COLOURS.get(status, "")), _text(sentence))
    return grid


def _cards(figures: Sequence[Mapping[str, Any]], words: Words) -> Any:
    """Headline figures, in full where the page has them short."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for figure in figures:
        value, spec = figure["value"], figure_spec(figure["id"])
        text = value if isinstance(value, str) else words.value(value, spec.unit)
        grid.add_row(_text(spec.label_in(words)), _text(text, "bold"))
    return grid


def _table(shown: Mapping[str, Any], rows: Sequence[Sequence[str]]) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for place, name in enumerate(shown["header"]):
        table.add_column(_text(name), justify="right" if place in shown["numbers"] else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    return table

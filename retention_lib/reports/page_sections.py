"""The cells of an executed notebook as sections of a page: its headings, and what is shown under each as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retention_lib.reports.markdown import MarkdownPart, markdown_parts
from retention_lib.reports.payloads import CHART, FIGURE, REPORT
from retention_lib.reports.pictures import chart_html
from retention_lib.reports.safety import safe_html
from retention_lib.reports.text import escaped
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from nbformat import NotebookNode

KINDS = ("headline", "actions", "sure", "notes")
"""What a section may be beside a question: the tags of the cells that hold the headings."""

_TEXT = '<div class="text">'
_IMAGES = ("image/png", "image/jpeg")
_SILENT = frozenset({REPORT, FIGURE})


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it, as safe HTML.

    Attributes:
        id: Unique on the page, numbered, so that equal and Cyrillic headings make no trouble.
        kind: `headline`, `question`, `actions`, `sure` or `notes`.
        heading: The heading.
        parts: Texts, charts and tables, in order.
        landmark: Whether the section is a landmark; of equal headings only the first is.
    """

    id: str
    kind: str
    heading: str
    parts: tuple[str, ...]
    landmark: bool = True


@dataclass(kw_only=True)
class _Group:
    """A section on the way: its parts, how many cells it has and how much they show."""

    kind: str
    heading: str
    parts: list[str]
    cells: int = 0
    shown: int = 0

    @property
    def silent(self) -> bool:
        """Whether this is a question whose cells show nothing."""
        return self.kind == "question" and self.cells > 0 and self.shown == 0


def grouped_cells(notebook: NotebookNode, words: Words) -> tuple[str, list[str], list[Section]]:
    """Title, introduction and sections, in the order of the notebook.

    Args:
        notebook: Executed.
        words: The reader's language.
    """
    title = ""
    intro: list[str] = []
    groups: list[_Group] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = _cell_outputs(cell, words)
            (groups[-1].parts if groups else intro).extend(shown)
            if groups:
                groups[-1].cells, groups[-1].shown = groups[-1].cells + 1, groups[-1].shown + len(shown)
            continue
        if cell.cell_type != "markdown":
            continue
        for part in markdown_parts(cell.source, words.gettext):
            if part.level == 1 and not title:
                title = part.heading
                intro.extend(_bodies(part))
            elif part.level:
                groups.append(_Group(kind=_tagged(cell), heading=part.heading, parts=_bodies(part)))
            else:
                (groups[-1].parts if groups else intro).extend(_bodies(part))
    return title, intro, _sections([group for group in groups if not group.silent])


def _sections(groups: Sequence[_Group]) -> list[Section]:
    sections = [Section(id="", kind=one.kind, heading=one.heading, parts=tuple(one.parts)) for one in groups]
    if sections and sections[0].kind == "question" and all(section.kind != "headline" for section in sections):
        sections[0] = replace(sections[0], kind="headline")
    return [_answer_first(section) if section.kind == "headline" else section for section in sections]


def _answer_first(section: Section) -> Section:
    """The headline with its verdict and cards before the text that explains how to read them."""
    return replace(section, parts=tuple(sorted(section.parts, key=lambda part: part.startswith(_TEXT))))


def _tagged(cell: Mapping[str, Any]) -> str:
    tags = cell.get("metadata", {}).get("tags", [])
    return next((kind for kind in KINDS if kind in tags), "question")


def _bodies(part: MarkdownPart) -> list[str]:
    return [f"{_TEXT}{part.body}</div>"] if part.body else []


def _cell_outputs(cell: Mapping[str, Any], words: Words) -> list[str]:
    shown = (_output_html(output, words) for output in cell.get("outputs", []))
    return [html for html in shown if html]


def _output_html(output: Mapping[str, Any], words: Words) -> str:
    """One displayed output as safe HTML; all else is for the analyst or the runner.

    Streams, bare text, a cell's last value and the records of figures show nothing on a page.
    """
    data = output.get("data", {})
    if output.get("output_type") != "display_data" or _SILENT.intersection(data):
        return ""
    if "image/svg+xml" in data:
        alt = output.get("metadata", {}).get("image/svg+xml", {}).get("alt", "")
        chart = data.get(CHART, {"alt": alt})
        folded = words.say(N_("Chart")) if chart.get("folded") else ""
        return chart_html(chart, _joined_text(data["image/svg+xml"]), folded=folded)
    if "text/html" in data:
        return safe_html(_joined_text(data["text/html"]))
    if "text/markdown" in data:
        return "".join(part.body for part in markdown_parts(_joined_text(data["text/markdown"]), words.gettext))
    return _picture_html(output)


def _picture_html(output: Mapping[str, Any]) -> str:
    for kind in _IMAGES:
        content = re.sub(r"\s", "", _joined_text(output.get("data", {}).get(kind, "")))
        if content and re.fullmatch(r"[A-Za-z0-9+/=]+", content):
            alt = escaped(str(output.get("metadata", {}).get(kind, {}).get("alt", "")))
            return f'<figure class="chart only"><img src="data:{kind};base64,{content}" alt="{alt}"></figure>'
    return ""


def _joined_text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(content)

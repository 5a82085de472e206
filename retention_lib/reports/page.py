"""One self-contained HTML page from an executed notebook.

The notebook tells the story in the order an analyst works; the page tells it in the order an executive reads:
headline, first question, what to do, the other questions, how sure we are, method notes. A section is a
second level heading with all that follows it. The cell that holds the heading may carry one of the tags
`headline`, `actions`, `sure`, `notes`; a section without a tag is a question, and the first section is the
headline where none is tagged. A question whose cells show nothing is not put to this store and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.reports.markdown import MarkdownPart, markdown_parts
from retention_lib.reports.pictures import chart_html, with_shared_glyphs
from retention_lib.reports.safety import PageError, safe_html
from retention_lib.reports.text import clean_value, escaped, plain
from retention_lib.reports.words import N_, Words

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parent / "templates"
REPORT = "application/vnd.retention.report+json"
FIGURE = "application/vnd.retention.figure+json"
TABLE = "application/vnd.retention.table+json"
VERDICT = "application/vnd.retention.verdict+json"
CHART = "application/vnd.retention.chart+json"
ALERTS = "application/vnd.retention.alerts+json"
LIST = "application/vnd.retention.list+json"
LEDGER = "application/vnd.retention.ledger+json"

_KINDS = ("headline", "actions", "sure", "notes")
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


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that the template lays out; every text is safe HTML or escaped by the template.

    Attributes:
        title: The question the report answers, the page's one first-level heading.
        heading: The same as safe HTML.
        intro: What stood under the notebook's title; opens the method notes.
        sections: In the order of the page, method notes left out.
        notes: The method notes, folded.
        facts: What `open_report` said about the report.
    """

    title: str
    heading: str
    intro: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: Section | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def render_page(notebook: NotebookNode, *, words: Words | None = None, index_href: str = "index.html") -> str:
    """The page of an executed notebook, the same bytes for the same notebook.

    Args:
        notebook: Executed; its outputs carry what `workbench.Report` displayed.
        words: The reader's language; by default the one the notebook was run in.
        index_href: Where the link back leads, relative to the page.

    Raises:
        PageError: A cell ended in an error, or the notebook has no title.
    """
    facts = report_facts(notebook)
    words = words or Words(str(facts.get("language") or "en"), facts.get("currency"))
    page = collect_page(notebook, words)
    return _exported(notebook, page, words, index_href)


def report_facts(notebook: NotebookNode) -> dict[str, Any]:
    """What `open_report` displayed about the report; empty where a notebook has no such output."""
    for output in _outputs(notebook):
        facts = output.get("data", {}).get(REPORT)
        if isinstance(facts, Mapping):
            return dict(facts)
    return {}


def collect_page(notebook: NotebookNode, words: Words) -> Page:
    """The notebook's cells grouped into sections and put in the reader's order.

    Raises:
        PageError: A cell ended in an error, or the notebook has no title.
    """
    _refuse_errors(notebook)
    title, intro, sections = _grouped(notebook, words)
    if not title:
        raise PageError("the notebook has no title; its first cell starts with '# ' and the question it answers")
    ordered = _in_reading_order([section for section in sections if section.kind != "notes"])
    notes = _joined([section for section in sections if section.kind == "notes"])
    headings = [section.heading for section in ordered]
    numbered = tuple(
        replace(section, id=f"s{place + 1}", landmark=section.heading not in headings[:place])
        for place, section in enumerate(ordered)
    )
    return Page(
        title=_text_of(title),
        heading=title,
        intro=tuple(intro),
        sections=numbered,
        notes=replace(notes, id="notes") if notes else None,
        facts=report_facts(notebook),
    )


def page_context(page: Page, words: Words, index_href: str) -> dict[str, Any]:
    """What the template gets beside nbconvert's own names."""
    facts = page.facts
    month = facts.get("month")
    return {
        "page": page,
        "words": words,
        "subtitle": _subtitle(facts, words),
        "head_title": _head_title(page, words),
        "index_href": index_href,
        "index_label": _index_label(facts, words),
        "month": words.month(month) if month else "",
        "parameters": _pairs(facts.get("parameters"), words),
        "fingerprint": [(name, value[:16]) for name, value in _pairs(facts.get("fingerprint"), words)],
        "versions": _pairs(facts.get("versions"), words),
        "report_id": clean_value(facts.get("id", "")),
    }


def _exported(notebook: NotebookNode, page: Page, words: Words, index_href: str) -> str:
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="executive",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        language_code=words.language,
    )
    titled = nbformat.v4.new_notebook(metadata={"title": page.title})
    titled.nbformat_minor = notebook.get("nbformat_minor", titled.nbformat_minor)
    html, _ = exporter.from_notebook_node(titled, resources={"retention": page_context(page, words, index_href)})
    html = with_shared_glyphs(html)
    _refuse_repeated_ids(html)
    return "\n".join(line.rstrip() for line in html.split("\n") if line.strip()) + "\n"


def _outputs(notebook: NotebookNode) -> Iterable[Mapping[str, Any]]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def _refuse_errors(notebook: NotebookNode) -> None:
    for place, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                name = clean_value(output.get("ename", ""))
                raise PageError(f"cell {place} ended in {name}; a page is made only from a run without errors")


class _Ids(HTMLParser):
    """Collects the ids of a page and those that stand on it twice."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.repeated: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name == "id" and value:
                (self.repeated if value in self.seen else self.seen).add(value)


def _refuse_repeated_ids(html: str) -> None:
    ids = _Ids()
    ids.feed(html)
    if ids.repeated:
        first = min(ids.repeated)
        raise PageError(f"the id {first!r} stands twice on the page; give each chart a name of its own")


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


def _grouped(notebook: NotebookNode, words: Words) -> tuple[str, list[str], list[Section]]:
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
    return next((kind for kind in _KINDS if kind in tags), "question")


def _bodies(part: MarkdownPart) -> list[str]:
    return [f"{_TEXT}{part.body}</div>"] if part.body else []


def _in_reading_order(sections: Sequence[Section]) -> list[Section]:
    kinds = {kind: [section for section in sections if section.kind == kind] for kind in (*_KINDS, "question")}
    first, others = kinds["question"][:1], kinds["question"][1:]
    return [*kinds["headline"], *first, *kinds["actions"], *others, *kinds["sure"]]


def _joined(sections: Sequence[Section]) -> Section | None:
    if not sections:
        return None
    parts = [part for section in sections for part in section.parts]
    return replace(sections[0], parts=tuple(parts))


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


def _text_of(heading: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", plain(heading)))


def _subtitle(facts: Mapping[str, Any], words: Words) -> list[str]:
    parts = [str(facts["store_title"])] if facts.get("store_title") else []
    if facts.get("month"):
        parts.append(words.month(str(facts["month"])))
    if facts.get("data_to"):
        parts.append(words.say("data to {day}", day=words.date(str(facts["data_to"]))))
    return [clean_value(part) for part in [*parts, words.language_name]]


def _head_title(page: Page, words: Words) -> str:
    return " \u00b7 ".join([clean_value(page.title), *_subtitle(page.facts, words)[:-1]])


def _index_label(facts: Mapping[str, Any], words: Words) -> str:
    month, title = facts.get("month"), facts.get("set_title")
    if month and title:
        return words.say("{title}: all reports for {month}", title=str(title), month=words.month(str(month)))
    return words.say("{title}: all reports", title=str(title)) if title else words.say("All reports")


def _pairs(values: Any, words: Words) -> list[tuple[str, str]]:
    if not isinstance(values, Mapping):
        return []
    return [(clean_value(name), _written(value, words)) for name, value in sorted(values.items())]


def _written(value: Any, words: Words) -> str:
    if value is None:
        return words.say("not set")
    if isinstance(value, list | tuple):
        return ", ".join(clean_value(item) for item in value)
    return clean_value(value)

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

from retention_lib.reports.page_sections import KINDS, Section, grouped_cells
from retention_lib.reports.payloads import REPORT
from retention_lib.reports.pictures import with_shared_glyphs
from retention_lib.reports.safety import PageError
from retention_lib.reports.text import clean_value, plain
from retention_lib.reports.words import Words

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parent / "templates"


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
    title, intro, sections = grouped_cells(notebook, words)
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


def _in_reading_order(sections: Sequence[Section]) -> list[Section]:
    kinds = {kind: [section for section in sections if section.kind == kind] for kind in (*KINDS, "question")}
    first, others = kinds["question"][:1], kinds["question"][1:]
    return [*kinds["headline"], *first, *kinds["actions"], *others, *kinds["sure"]]


def _joined(sections: Sequence[Section]) -> Section | None:
    if not sections:
        return None
    parts = [part for section in sections for part in section.parts]
    return replace(sections[0], parts=tuple(parts))


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

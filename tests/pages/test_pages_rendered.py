"""The page made from a notebook, read as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nbformat
import pytest
from pages.sample import HOSTILE, sample_notebook

from retention_lib.reports.page import PageError, collect_page, render_page
from retention_lib.reports.payloads import CHART
from retention_lib.reports.words import Words


class Elements(HTMLParser):
    """Counts elements and collects attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)


def test_sections_stand_in_the_order_an_executive_reads() -> None:
    page = collect_page(sample_notebook(), Words("en", "USD"))
    kinds = [section.kind for section in page.sections]
    assert kinds == ["headline", "question", "actions", "question", "sure"]
    assert page.notes is not None
    assert page.title == "Who went quiet?"


def test_header_names_store_month_and_last_day() -> None:
    html = render_page(sample_notebook())
    assert "<bdi>Complete Journey</bdi>" in html
    assert "<bdi>December\u00a02017</bdi>" in html
    assert "<bdi>data to 31\u00a0December\u00a02017</bdi>" in html
    assert 'href="index.html">Public retail data: all reports for December\u00a02017</a>' in html
    assert "<title>Who went quiet? \u00b7 Complete Journey" in html


def test_method_notes_end_with_parameters_fingerprint_and_versions() -> None:
    notes = render_page(sample_notebook()).split("<details>")[1]
    places = [notes.index(text) for text in ("Asked by the head", "lapse_days", "9f2b9f2b", "retention_lib")]
    assert places == sorted(places)


def test_what_is_for_the_analyst_or_the_runner_stays_off_the_page() -> None:
    notebook = sample_notebook()
    stray = [
        nbformat.v4.new_output("stream", name="stderr", text="a warning"),
        nbformat.v4.new_output("execute_result", data={"text/html": "<p>a last value</p>"}),
        nbformat.v4.new_output("display_data", data={"text/plain": "bare text"}),
    ]
    notebook.cells.append(nbformat.v4.new_code_cell("print(1)", outputs=stray))
    html = render_page(notebook)
    for text in (
        "a warning",
        "a last value",
        "bare text",
        "print(1)",
        "open_report speaks",
        "for the runner",
    ):
        assert text not in html


def test_a_question_whose_cells_show_nothing_is_left_out() -> None:
    notebook = sample_notebook()
    quiet = [
        nbformat.v4.new_markdown_cell("## Is it simulated?\n\nAsked of some stores."),
        nbformat.v4.new_code_cell("shape = None"),
        nbformat.v4.new_code_cell("report.chart(plot, shape)"),
        nbformat.v4.new_markdown_cell("## Is a text enough?\n\nA question without cells stays."),
    ]
    notebook.cells[-3:-3] = quiet
    headings = [section.heading for section in collect_page(notebook, Words("en", "USD")).sections]
    assert "Is it simulated?" not in headings
    assert "Is a text enough?" in headings


def test_a_cell_that_failed_refuses_the_page() -> None:
    notebook = sample_notebook()
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="secret", traceback=["Traceback secret"])
    notebook.cells.append(nbformat.v4.new_code_cell("x", outputs=[error]))
    with pytest.raises(PageError, match=r"cell \d+ ended in KeyError") as caught:
        render_page(notebook)
    assert "secret" not in str(caught.value)


def test_a_notebook_without_a_title_is_refused() -> None:
    with pytest.raises(PageError, match="no title"):
        render_page(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## Headline")]))


def test_two_charts_of_one_name_are_refused() -> None:
    notebook = sample_notebook()
    chart = next(c for c in notebook.cells if any(CHART in o.data for o in c.get("outputs", [])))
    notebook.cells.append(chart)
    with pytest.raises(PageError, match="stands twice"):
        render_page(notebook)


def test_same_notebook_gives_the_same_bytes() -> None:
    assert render_page(sample_notebook()) == render_page(sample_notebook())


def test_page_names_no_foreign_place_and_no_script() -> None:
    html = render_page(sample_notebook())
    elements = Elements(html)
    assert "script" not in elements.tags
    assert "link" not in elements.tags
    assert set(re.findall(r"https?://[^\s\"'<)]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "https://example.org/window",
    }
    assert not [name for name, _ in elements.attributes if name.startswith("on")]


@pytest.fixture(scope="module")
def plain() -> Elements:
    return Elements(render_page(sample_notebook()))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_add_no_element_and_no_heading(plain: Elements, name: str) -> None:
    hostile = Elements(render_page(sample_notebook(hostile=HOSTILE[name])))
    assert hostile.tags == plain.tags
    links = [[value for key, value in page.attributes if key == "href"] for page in (hostile, plain)]
    assert links[0] == links[1]


def test_endless_value_is_cut_with_an_ellipsis() -> None:
    html = render_page(sample_notebook(hostile=HOSTILE["endless"]))
    assert "x\u2026" in html
    assert "x" * 400 not in html


def test_markdown_in_a_hostile_notebook_stays_text() -> None:
    notebook = sample_notebook()
    source = "## Odd\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:x) ![b](http://x)"
    notebook.cells.append(nbformat.v4.new_markdown_cell(source))
    html = render_page(notebook)
    assert "&lt;script&gt;" in html
    assert {"script", "img"}.isdisjoint(Elements(html).tags)
    assert all(not (value or "").startswith("javascript") for _, value in Elements(html).attributes)


def test_html_output_of_a_foreign_cell_passes_the_allow_list() -> None:
    notebook = sample_notebook()
    parts = (
        '<p onclick="x()">kept</p><style>p{}</style><iframe src="//x"></iframe>',
        '<form><input></form><a href="//x">a</a>',
    )
    output = nbformat.v4.new_output("display_data", data={"text/html": "".join(parts)})
    notebook.cells.append(nbformat.v4.new_code_cell("x", outputs=[output]))
    page = render_page(notebook)
    assert "<p>kept</p>" in page
    assert {"iframe", "form", "input"}.isdisjoint(Elements(page).tags)
    assert 'href="//x"' not in page

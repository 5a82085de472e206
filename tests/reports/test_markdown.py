from __future__ import annotations

from retention_lib.reports.markdown import markdown_messages, markdown_parts

SOURCE = """# Who went *quiet*?

A paragraph over
two lines.

## Почему

- one
- two

| a | b |
|---|---|
| c | d |
"""


def test_messages_are_headings_paragraphs_items_and_cells() -> None:
    expected = ["Who went *quiet*?", "A paragraph over two lines.", "Почему", "one", "two", "a", "b", "c", "d"]
    assert markdown_messages(SOURCE) == expected


def test_parts_are_cut_at_headings_and_translated() -> None:
    parts = markdown_parts(SOURCE, str.upper)
    assert [(part.level, part.heading) for part in parts] == [(1, "WHO WENT <em>QUIET</em>?"), (2, "ПОЧЕМУ")]
    assert parts[0].body == "<p>A PARAGRAPH OVER TWO LINES.</p>"
    assert "<li>ONE</li>" in parts[1].body


def test_html_and_hostile_links_are_text() -> None:
    body = markdown_parts("<b>x</b> [a](javascript:alert(1)) [b](//evil) [c](https://example.org)", str)[0].body
    assert "&lt;b&gt;x&lt;/b&gt;" in body
    assert 'href="javascript' not in body
    assert 'href="//evil"' not in body
    assert 'href="https://example.org"' in body


def test_headings_inside_quotes_do_not_divide_the_page() -> None:
    assert [part.level for part in markdown_parts("> ## no\n\ntext", str)] == [0]

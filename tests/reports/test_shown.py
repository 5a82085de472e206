"""What a command shows is what the page shows."""

from __future__ import annotations

import html
import re

import pandas as pd

from retention_lib.reports.blocks import Alert, Column, Table, alerts_html, table_html
from retention_lib.reports.shown import alerts_texts, table_texts
from retention_lib.reports.words import Words

WORDS = Words("en", "RUB")
TABLE = Table(
    columns=(
        Column(name="rule", header="Rule"),
        Column(name="rows", header="Rows", kind="integer"),
        Column(name="amount", header="Money", kind="money"),
        Column(name="share", header="Share", kind="share", low="low", high="high"),
        Column(name="day", header="Day", kind="date"),
    ),
    frame=pd.DataFrame(
        {
            "rule": ["no date\x1b[31m", "<b>repeat</b>"],
            "rows": [1234, 5],
            "amount": [12.5, None],
            "share": [0.25, 0.5],
            "low": [0.2, None],
            "high": [0.3, None],
            "day": ["2026-03-01", None],
        }
    ),
    caption="Rules **broken**",
)


def texts_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_table_texts_are_the_cells_as_shown() -> None:
    shown = table_texts(TABLE, WORDS)
    assert shown["header"] == ["Rule", "Rows", "Money", "Share", "Day"]
    assert shown["rows"] == [
        ["no date[31m", "1,234", "RUB\u00a012.50", "25.0% (20.0% to 30.0%)", "1\u00a0March\u00a02026"],
        ["<b>repeat</b>", "5", "\u2013", "50.0%", "\u2013"],
    ]
    assert shown["numbers"] == [1, 2, 3]


def test_every_cell_stands_on_the_page_as_well() -> None:
    page = texts_of(table_html(TABLE, WORDS))
    for row in table_texts(TABLE, WORDS)["rows"]:
        for cell in row:
            assert texts_of(html.escape(cell.split(" (")[0])) in page


def test_table_texts_end_with_the_table_s_limit() -> None:
    many = Table(columns=(Column(name="a", header="A"),), frame=pd.DataFrame({"a": list("xyz")}), caption="", limit=2)
    assert table_texts(many, WORDS)["rows"] == [["x"], ["y"]]


def test_alerts_texts_are_worst_first_and_equal_to_the_page() -> None:
    alerts = [
        Alert(level="ok", title="Days.", sentence=WORDS.say("**All** there.")),
        Alert(level="stop", title="Contacts.", sentence="Line 3."),
        Alert(level="warn", title="Gap.", sentence="May is missing."),
    ]
    shown = alerts_texts(alerts, WORDS)
    assert shown[0] == {"level": "stop", "word": "Do not rely on this", "title": "Contacts.", "sentence": "Line 3."}
    assert [alert["level"] for alert in shown] == ["stop", "warn", "ok"]
    assert shown[2]["sentence"] == "All there."
    page = texts_of(alerts_html(alerts, WORDS))
    texts = [alert[name] for alert in shown for name in ("word", "title", "sentence")]
    places = [page.index(text) for text in texts]
    assert places == sorted(places)

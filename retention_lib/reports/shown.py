"""Tables and alerts as plain texts, with the same words as their HTML: what a command shows on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retention_lib.reports.blocks import (
    LEVEL_WORDS,
    Alert,
    Column,
    Table,
    cell_interval,
    cell_text,
    is_missing,
    shown_cents,
    worst_first,
)
from retention_lib.reports.text import plain
from retention_lib.reports.words import DASH, Words


def table_texts(table: Table, words: Words) -> dict[str, Any]:
    """A table as it is shown.

    Args:
        table: The table.
        words: The reader's language and currency.

    Returns:
        `caption`, `header`, `rows` of cells, `numbers` (places of columns to align right), `brief` (places of the
        rows that matter where there is little room).
    """
    shown = table.frame.head(table.limit)
    cents = shown_cents(shown, table)
    return {
        "caption": plain(table.caption),
        "header": [plain(column.header) for column in table.columns],
        "rows": [
            [_cell(row, column, words, cents.get(column.name)) for column in table.columns]
            for row in shown.to_dict("records")
        ],
        "brief": [place for place, row in enumerate(shown.to_dict("records")) if not table.brief or row[table.brief]],
        "numbers": [place for place, column in enumerate(table.columns) if column.kind not in _LEFT],
    }


def alerts_texts(alerts: Sequence[Alert], words: Words) -> list[dict[str, str]]:
    """Alerts as they are shown, worst first: `level`, `word` (the level in words), `title`, `sentence`."""
    return [
        {
            "level": alert.level,
            "word": words.say(LEVEL_WORDS[alert.level]),
            "title": plain(alert.title),
            "sentence": plain(alert.sentence),
        }
        for alert in worst_first(alerts)
    ]


_LEFT = frozenset({"text", "month", "date"})


def _cell(row: dict[Any, Any], column: Column, words: Words, digits: int | None) -> str:
    """One value; its interval stands behind it."""
    value = row[column.name]
    if is_missing(value):
        return DASH
    body = plain(cell_text(value, column.kind, words, digits=digits))
    interval = cell_interval(row, column, words)
    return f"{body} ({interval})" if interval else body

"""The parts of a page as plain data, and their HTML: verdict, cards, actions, tables, findings, alerts.

Texts come in finished (`Words.say`) and are escaped here; cell values come in raw and are formatted, cleaned
and escaped here. Nothing a value holds can become markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.reports.cells import safe_line
from retention_lib.reports.figures import significant
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.text import clean_value, escaped, plain, sentence_html
from retention_lib.reports.words import DASH, N_, Words

Status = Literal["good", "watch", "act", "unknown"]
Level = Literal["ok", "warn", "stop"]
Kind = Literal[
    "text", "written", "integer", "number", "share", "points", "money", "days", "p", "parameter", "month", "date"
]
Tone = Literal["flat", "flat-up", "flat-down", "good-up", "good-down", "bad-up", "bad-down"]

STATUS_WORDS: dict[Status, str] = {
    "good": N_("Good"),
    "watch": N_("Watch"),
    "act": N_("Act"),
    "unknown": N_("Not known"),
}
LEVEL_WORDS: dict[Level, str] = {
    "ok": N_("Fine"),
    "warn": N_("Take care"),
    "stop": N_("Do not rely on this"),
}
_LEVEL_MARKS: dict[Level, str] = {"ok": "✓", "warn": "!", "stop": "×"}
_TONE_MARKS = {"up": "▲", "down": "▼", "flat": "●"}
_UNITS: dict[Kind, str] = {"integer": "count"}
_VALUE_SIZES = ((7, ""), (9, " long"), (13, " longer"))
# A longer table is folded: the chart above it says the same.
OPEN_ROWS = 8


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer in one or two sentences.

    Attributes:
        status: The traffic light: `good`, `watch`, `act`, or `unknown` where the data cannot tell.
        sentence: From `Words.say`, with the numbers in it; `**…**` in the message is shown strong.
    """

    status: Status
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One headline figure, all texts already formatted.

    Attributes:
        label: What it is.
        value: The value, compact; never wraps.
        interval: Its interval, or the reason why there is no value.
        change: The change on the period before, in words.
        change_tone: Whether the change is good, bad or neither, and its arrow.
        base: What it rests on.
    """

    label: str
    value: str
    interval: str | None = None
    change: str | None = None
    change_tone: Tone = "flat"
    base: str | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing to do.

    Attributes:
        title: What, and to how many customers, from `Words.say`.
        tested: Whether its money comes from a measured effect; otherwise it is marked untested. None for an
            action that promises no money, such as mending a file.
        facts: Label and text, as in ("Cost", "$300"); both finished texts.
        note: Why it is here and what judges it.
    """

    title: str
    tested: bool | None
    facts: tuple[tuple[str, str], ...] = ()
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One line of "How sure are we".

    Attributes:
        level: `ok`, `warn` or `stop`.
        title: Two or three words.
        sentence: What was found, with numbers.
    """

    level: Level
    title: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        name: Column of the frame.
        header: What the reader sees.
        kind: How values are written; `written` are numbers already in words, set like numbers.
        low: Column with the lower bound; with `high` the interval stands under the value.
        high: Column with the upper bound.
        under: Column with words that stand under the value, such as an interval in words; empty for none.
    """

    name: str
    header: str
    kind: Kind = "text"
    low: str | None = None
    high: str | None = None
    under: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A small table.

    Attributes:
        columns: Shown columns, in order; the first names the row.
        frame: The rows, raw values; NaN is shown as a dash.
        caption: What the table holds, with period and base.
        thin: Boolean column of the frame: true rows are greyed and marked as too few to judge.
        limit: Rows shown; the CSV file holds all.
        brief: Boolean column of the frame: the rows that matter where there is little room, as on a screen.
        folded: Whether it is folded on the page, for those who ask.
        whole: Whether it stays open however long it is; else a long table is folded.
    """

    columns: tuple[Column, ...]
    frame: pd.DataFrame
    caption: str
    thin: str | None = None
    limit: int = 40
    brief: str | None = None
    folded: bool = False
    whole: bool = False


def verdict_html(verdict: Verdict, words: Words) -> str:
    """The verdict with its traffic light, lamp and word."""
    status = escaped(words.say(STATUS_WORDS[verdict.status]))
    lamps = "".join(f'<i class="lamp {lamp}"></i>' for lamp in ("act", "watch", "good"))
    return (
        f'<div class="verdict {verdict.status}">'
        f'<p class="light"><span class="lamps" aria-hidden="true">{lamps}</span>'
        f'<strong class="status">{status}</strong></p>'
        f'<p class="sentence">{sentence_html(verdict.sentence)}</p></div>'
    )


def cards_html(cards: Sequence[Card]) -> str:
    """Headline cards in a row that folds to two columns on a phone."""
    items = "".join(f'<li class="card">{_card_body(card)}</li>' for card in cards)
    return f'<ul class="cards">{items}</ul>' if cards else ""


def actions_html(actions: Sequence[Action], words: Words) -> str:
    """What to do, in order, each with its facts; readable on a phone without sideways scrolling."""
    return f'<ol class="actions">{"".join(_action_item(action, words) for action in actions)}</ol>' if actions else ""


def table_html(table: Table | NotEnough, words: Words) -> str:
    """A table in a region that scrolls inside itself and can be reached by keyboard, or why there is none."""
    if isinstance(table, NotEnough):
        return not_enough_html(table, words)
    caption = escaped(table.caption)
    head = "".join(f'<th scope="col"{_align(column)}>{escaped(column.header)}</th>' for column in table.columns)
    shown = table.frame.head(table.limit)
    cents = shown_cents(shown, table)
    rows = "".join(_row_html(row, table, words, cents) for row in shown.to_dict("records"))
    left_out = len(table.frame) - len(shown)
    more = words.count("{n} more row is in the file.", "{n} more rows are in the file.", left_out) if left_out else ""
    note = f'<p class="note">{escaped(more)}</p>' if more else ""
    body = (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}">'
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )
    if not table.folded and (table.whole or len(shown) <= OPEN_ROWS):
        return body
    counted = words.count("(table with {n} row)", "(table with {n} rows)", len(shown))
    summary = f"{caption} {escaped(counted)}"
    return f'<details class="rows"><summary>{summary}</summary>{body}</details>'


def table_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV that no spreadsheet takes for a formula; numbers have 12 significant digits."""
    lines = [[str(name) for name in frame.columns]]
    lines += [[_csv_text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    return "".join(safe_line(line) for line in lines)


def finding_html(*sentences: str) -> str:
    """What a chart says, directly under it."""
    return "".join(f'<p class="finding">{sentence_html(sentence)}</p>' for sentence in sentences if sentence)


def note_html(sentence: str) -> str:
    """A small remark."""
    return f'<p class="note">{sentence_html(sentence)}</p>'


def alerts_html(alerts: Sequence[Alert], words: Words) -> str:
    """How far the page can be trusted, worst first."""
    items = "".join(_alert_item(alert, words) for alert in worst_first(alerts))
    return f'<ul class="alerts">{items}</ul>' if alerts else ""


def not_enough_html(refusal: NotEnough, words: Words) -> str:
    """The sentence that stands where the data cannot carry an answer."""
    return f'<p class="not-enough">{sentence_html(reason_sentence(refusal, words))}</p>'


def _card_body(card: Card) -> str:
    value = plain(card.value)
    size = next((name for longest, name in _VALUE_SIZES if len(value) <= longest), " longest")
    parts = [f'<p class="label">{escaped(card.label)}</p>', f'<p class="value{size}">{escaped(value)}</p>']
    if card.interval:
        parts.append(f'<p class="interval">{escaped(card.interval)}</p>')
    if card.change:
        tone, _, arrow = card.change_tone.partition("-")
        mark = f'<span aria-hidden="true">{_TONE_MARKS[arrow or "flat"]}</span>'
        parts.append(f'<p class="change {tone}">{mark} {escaped(card.change)}</p>')
    if card.base:
        parts.append(f'<p class="base">{escaped(card.base)}</p>')
    return "".join(parts)


def _fact_html(label: str, fact: str) -> str:
    """A fact; a file's path takes a line of its own on a phone and may break after a slash."""
    body = sentence_html(fact).replace("/", "/<wbr>").replace("</<wbr>", "</")
    kind = ' class="path"' if "/" in fact and " " not in fact else ""
    return f"<div{kind}><dt>{escaped(label)}</dt><dd>{body}</dd></div>"


def _action_item(action: Action, words: Words) -> str:
    badge = _badge(action, words)
    facts = "".join(_fact_html(label, fact) for label, fact in action.facts)
    note = f'<p class="note">{sentence_html(action.note)}</p>' if action.note else ""
    return (
        f'<li class="action"><p class="title">{sentence_html(action.title)}{badge}</p>'
        f'<dl class="facts">{facts}</dl>{note}</li>'
    )


def _badge(action: Action, words: Words) -> str:
    """Whether an action's money was measured; nothing for an action without."""
    if action.tested is None:
        return ""
    text = words.say(N_("measured")) if action.tested else words.say(N_("untested"))
    return f' <span class="badge {"tested" if action.tested else "untested"}">{escaped(text)}</span>'


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """The alerts by level, else in the order given."""
    rank = {"stop": 0, "warn": 1, "ok": 2}
    return sorted(alerts, key=lambda alert: rank[alert.level])


def _alert_item(alert: Alert, words: Words) -> str:
    return (
        f'<li class="{alert.level}"><span class="mark" aria-hidden="true">{_LEVEL_MARKS[alert.level]}</span>'
        f'<span class="aside">{escaped(words.say(LEVEL_WORDS[alert.level]))}: </span>'
        f"<strong>{escaped(alert.title)}</strong> {sentence_html(alert.sentence)}</li>"
    )


def _cents(amounts: pd.Series[Any]) -> int:
    """Digits for a column of money, the same in all its rows."""
    known = pd.to_numeric(amounts, errors="coerce").abs().dropna()
    return 0 if known.empty or known.max() >= 1_000 or (known % 1 == 0).all() else 2


def shown_cents(shown: pd.DataFrame, table: Table) -> dict[str, int]:
    """Digits of each column of money, by name."""
    return {column.name: _cents(shown[column.name]) for column in table.columns if column.kind == "money"}


def cell_interval(row: dict[Any, Any], column: Column, words: Words) -> str:
    """The interval of a cell in words; empty where its column has none."""
    if column.under is not None:
        return clean_value(row[column.under])
    if column.low is None or column.high is None:
        return ""
    return words.interval(row[column.low], row[column.high], _UNITS.get(column.kind, column.kind))


def _row_html(row: dict[Any, Any], table: Table, words: Words, cents: dict[str, int]) -> str:
    thin = bool(table.thin and row[table.thin])
    kind = ' class="thin"' if thin else ""
    cells = []
    for place, column in enumerate(table.columns):
        body = _cell_html(row, column, words, cents.get(column.name))
        if place == 0:
            few = words.say(N_("too few to judge"))
            mark = f" <small>{escaped(few)}</small>" if thin else ""
            cells.append(f'<th scope="row"{_align(column)}>{body}{mark}</th>')
        else:
            cells.append(f"<td{_align(column)}>{body}</td>")
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _cell_html(row: dict[Any, Any], column: Column, words: Words, digits: int | None) -> str:
    value = row[column.name]
    if is_missing(value):
        unknown = escaped(words.say(N_("not known")))
        return f'<span aria-hidden="true">{DASH}</span><span class="aside">{unknown}</span>'
    body = cell_text(value, column.kind, words, digits=digits)
    shown = f"<bdi>{escaped(body)}</bdi>" if column.kind == "text" else escaped(body)
    interval = cell_interval(row, column, words)
    return f"{shown} <small>{escaped(interval)}</small>" if interval else shown


def cell_text(value: Any, kind: Kind, words: Words, *, digits: int | None = None) -> str:
    """One value of a table as the reader sees it, still to be escaped."""
    if kind in {"text", "written"}:
        return clean_value(value)
    if kind == "month":
        return words.month(str(value)[:7])
    if kind == "date":
        return words.date(str(value))
    if kind == "money":
        return words.money(float(value), digits=digits)
    return words.value(float(value), _UNITS.get(kind, kind))


def _align(column: Column) -> str:
    if column.kind in {"month", "date"}:
        return ' class="solid"'
    return "" if column.kind == "text" else ' class="num"'


def is_missing(value: Any) -> bool:
    """Whether a cell has no value."""
    return value is None or (not isinstance(value, str) and bool(pd.isna(value)))


def _csv_text(value: Any) -> str:
    """One value as text; NUL would end the line in some readers."""
    if is_missing(value):
        return ""
    if not isinstance(value, str) and (isinstance(value, int | float) or hasattr(value, "item")):
        number = significant(value)
        return "" if number is None else str(number)
    return str(value).replace("\x00", "")

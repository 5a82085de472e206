"""How the dates and numbers of a guessed table are written: one format a table, proven by its columns together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retention_lib.settings.tables import TABLES
from retention_lib.stores.survey_numbers import Mark, number_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retention_lib.stores.mapping import TableGuess
    from retention_lib.stores.survey_dates import DateReading
    from retention_lib.stores.survey_values import ColumnValues

_FEW = 0.02


@dataclass(frozen=True, kw_only=True)
class TableDates:
    """How the dates of a table are written.

    Attributes:
        style: The strptime format; None where they are ISO or typed.
        evidence: What shows it, for a note.
        doubt: What speaks against it; empty when it is proven.
        assumed: Whether the order of day and month is assumed.
        unreadable: Columns whose dates are written in another format, each with a doubt.
    """

    style: str | None = None
    evidence: str = ""
    doubt: str = ""
    assumed: bool = False
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableNumbers:
    """How the numbers of a table are written.

    Attributes:
        seen: Whether some of them are text.
        decimal: The decimal mark.
        thousands: The mark between thousands; None when there is none.
        doubt: What speaks against it; empty when it is proven.
    """

    seen: bool
    decimal: Mark
    thousands: str | None
    doubt: str


def table_dates(guess: TableGuess) -> TableDates:
    """How the dates of a table are written, by its first column of dates and the others beside it."""
    readings = _readings(guess)
    if not readings:
        return TableDates()
    main = next(iter(readings))
    first = readings[main]
    style, other, evidence = first.style, first.other, first.evidence
    proof = _proof_elsewhere(guess, first) if other else None
    if proof is not None:
        column, turned = proof
        style, other, evidence = (first.other if turned else style), None, f"proven by the column {column}"
    unreadable = {
        name: _unreadable(guess, name, main, readings[name])
        for name in readings
        if name != main and _turned(readings[name], style) != style
    }
    theirs = guess.group.leaf.names[guess.columns[main].place]
    doubts = [_order_doubt(style or "", other, evidence)] if other else []
    if first.share < 1 - _FEW:
        doubts.append(
            f"{1 - first.share:.0%} of the values of {theirs} looked at are written in another way and are set "
            "aside; export them all in one format."
        )
    return TableDates(
        style=style,
        evidence="" if other else evidence,
        doubt=" ".join(doubts),
        assumed=other is not None,
        unreadable=unreadable,
    )


def _order_doubt(style: str, other: str, evidence: str) -> str:
    return (
        f"no day above 12 was seen, so day and month could be exchanged; {style} was taken, for {evidence}. "
        f'If it is wrong, write "{other}"; if it is right, take dates out of assumptions above.'
    )


def _readings(guess: TableGuess) -> dict[str, DateReading]:
    """How the mapped columns of dates are written, as far as they are text, the required ones first."""
    found = {}
    for column in TABLES[guess.table].columns:
        if column.kind not in ("timestamp", "date") or column.name not in guess.columns:
            continue
        values = guess.group.values[guess.columns[column.name].place]
        if values.dates is not None:
            found[column.name] = values.dates
    return found


def _proof_elsewhere(guess: TableGuess, first: DateReading) -> tuple[str, bool] | None:
    """Another column of the file that proves the order of day and month, and whether it is the other order."""
    head, turned = (first.style or "")[:5], (first.other or "")[:5]
    for name, values in zip(guess.group.leaf.names, guess.group.values, strict=True):
        reading = values.dates
        if reading is None or reading.other or not reading.numeric_order or reading.share < 1 - _FEW:
            continue
        if (reading.style or "")[:5] in (head, turned):
            return name, (reading.style or "")[:5] == turned
    return None


def _turned(reading: DateReading, style: str | None) -> str | None:
    """The format of a column, in the order of the table's where its own values leave both open."""
    return style if style is not None and style == reading.other else reading.style


def _unreadable(guess: TableGuess, name: str, main: str, reading: DateReading) -> str:
    theirs = guess.group.leaf.names[guess.columns[name].place]
    main_theirs = guess.group.leaf.names[guess.columns[main].place]
    written = reading.style or "ISO dates"
    return (
        f"{theirs} is written in another format ({written}) than {main_theirs}, and a table has one; export both "
        "alike, take the # away and name it."
    )


def table_numbers(guess: TableGuess) -> TableNumbers:
    """How the numbers of a table are written, by its columns of numbers together."""
    kinds = {column.name: column.kind for column in TABLES[guess.table].columns}
    places = [column.place for name, column in guess.columns.items() if kinds[name] in ("money", "number", "integer")]
    columns = [guess.group.values[place] for place in (*places, *guess.metrics.values())]
    texts = [column for column in columns if _is_text(column)]
    comma = guess.group.cyrillic or guess.group.leaf.delimiter == ";"
    style = number_style([column.numbers for column in texts], comma_likely=comma)
    doubt = style.doubt and f"{style.doubt}; write the other mark if it is wrong."
    return TableNumbers(seen=bool(texts), decimal=style.decimal, thousands=style.thousands, doubt=doubt)


def _is_text(column: ColumnValues) -> bool:
    return column.numbers.numbers > 0  # values that the file itself holds as numbers are no evidence

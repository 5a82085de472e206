"""What stops a table before its rows are judged: no rows, and notations that would have to be guessed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores import parsing
from retention_lib.stores.engine import rows
from retention_lib.stores.errors import DataError
from retention_lib.stores.numbers import is_foreign_number, sign_beside
from retention_lib.stores.rules import table_columns
from retention_lib.stores.shapes import shown_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.settings.tables import ColumnSpec
    from retention_lib.stores.parsing import Reading, Style
    from retention_lib.stores.sources import Source


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A condition of which a single row stops the table, because reading on would mean guessing.

    Attributes:
        column: The contract's column.
        text: Its values as the source writes them.
        predicate: Where the condition holds.
        remedy: What is wrong with the value and what to do, to stand after it.
    """

    column: str
    text: ir.StringValue
    predicate: ir.BooleanValue
    remedy: str


def check_notation(
    source: Source, raw: ir.Table, readings: Mapping[str, Reading], style: Style, engine: Backend
) -> set[str]:
    """Check that there are rows and that numbers and dates are written the way the parameter file says.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        readings: Its columns as the contract wants them.
        style: How values are written.
        engine: Where the rows are.

    Returns:
        The currencies' signs that stand beside amounts, in small letters.

    Raises:
        DataError: When there are no rows, or values would have to be guessed.
    """
    columns = [column for column in table_columns(source) if column.name in readings]
    place = f"tables.{source.table}.csv"
    suspects = [suspect for column in columns for suspect in _suspects(column, readings[column.name], style, place)]
    counts = {f"suspect:{number}": suspect.predicate.sum() for number, suspect in enumerate(suspects)}
    money = [readings[column.name] for column in columns if column.kind == "money"]
    texts = [reading.source for reading in money if reading.raw.type().is_string()]
    signs = {f"sign:{number}": sign_beside(text, style).collect(distinct=True) for number, text in enumerate(texts)}
    # One look at all rows answers everything.
    found = rows(engine, raw.aggregate(rows=raw.count(), **counts, **signs))[0]
    if found["rows"] == 0:
        raise DataError(f"{source.place}: no {source.table} under the column names; export the file again")
    for number, suspect in enumerate(suspects):
        if found[f"suspect:{number}"]:
            raise DataError(_sentence(suspect, source, raw, engine))
    return {sign for name in signs for sign in found[name] or ()}


def _suspects(column: ColumnSpec, reading: Reading, style: Style, place: str) -> Iterator[Suspect]:
    text, raw = reading.source, reading.raw
    if column.kind in ("timestamp", "date") and parsing.is_text_stamp(raw) and style.dates is None:
        serial = "is a spreadsheet's day number; format the column as a date and export again"
        foreign = f'is no ISO date and day and month are not guessed; set {place}.dates, like "%d.%m.%Y"'
        for pattern, remedy in ((parsing.LOOKS_LIKE_SERIAL, serial), (parsing.LOOKS_LIKE_DATE, foreign)):
            looks = ibis.cases((parsing.is_iso(text), False), else_=text.re_search(pattern))
            yield Suspect(column=column.name, text=text, predicate=looks, remedy=remedy)
    elif column.kind in ("money", "number", "integer") and raw.type().is_string():
        remedy = f"is a number in another notation; set {place}.decimal and {place}.thousands"
        foreign_number = is_foreign_number(text, style)
        yield Suspect(column=column.name, text=text, predicate=foreign_number, remedy=remedy)
    elif column.kind == "text" and raw.type().is_floating():
        rounded = raw.notnull() & (raw.abs() >= 2**53)
        remedy = "is an id kept as a rounded number; export the column as text"
        yield Suspect(column=column.name, text=text, predicate=rounded, remedy=remedy)


def _sentence(suspect: Suspect, source: Source, raw: ir.Table, engine: Backend) -> str:
    """The first row a suspicion holds for: its place, its value and the remedy."""
    marked = raw.select("source_index", "source_file", "source_row", value=suspect.text, suspect=suspect.predicate)
    first = rows(engine, marked.filter("suspect").order_by("source_index", "source_row").limit(1))[0]
    value, column = shown_value(first["value"]), source.column(suspect.column)
    return f"{first['source_file']}: row {first['source_row']}: {column} {value} {suspect.remedy}"

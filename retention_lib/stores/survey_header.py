"""Where the column names of a table stand: under the titles of a report, in one row or in two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from retention_lib.stores.mapping_names import is_known
from retention_lib.stores.parsing import BLANKS, LOOKS_LIKE_DATE

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEARCHED = 60
_LONGEST_NAME = 80
_NUMBER = re.compile(r"[+-]?[\d\s.,'’\u00a0\u202f]*\d[\d\s.,'’\u00a0\u202f]*\D{0,5}")
_TOTAL = re.compile(r"(?:итого|всего|итог|total|grand total|subtotal|общий итог)\b.*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Header:
    """The column names of a table.

    Attributes:
        place: Its place among the rows looked at, from 0.
        names: What the toolkit will call the columns.
        hints: The same, with the name of a merged cell above before the name below it.
    """

    place: int
    names: tuple[str, ...]
    hints: tuple[str, ...]


def found_header(rows: Sequence[Sequence[Any]]) -> Header | None:
    """The row of column names among the first rows of a table; None when every row looks like data.

    Args:
        rows: The first rows, as cells.
    """
    widths = sorted(_filled(row) for row in rows[:400] if _filled(row))
    if not widths:
        return None
    usual = widths[len(widths) // 2]
    best, found = 0.0, None
    for place, row in enumerate(rows[:_SEARCHED]):
        score = _score(row, usual)
        if score > best:
            best, found = score, place
    if found is None:
        return None
    return _header(rows, _lower_row(rows, found))


def _score(row: Sequence[Any], usual: int) -> float:
    """How much a row looks like column names; 0 when it does not."""
    cells = [cell for cell in row if not _is_blank(cell)]
    if not cells or 2 * len(cells) < usual or any(_is_value(cell) for cell in cells):
        return 0.0
    texts = [str(cell).strip(BLANKS) for cell in cells]
    if len({text.casefold() for text in texts}) < len(texts) * 0.7 or max(map(len, texts)) > _LONGEST_NAME:
        return 0.0
    return min(len(texts) / usual, 1.0) + 2.0 * sum(map(is_known, texts)) / len(texts)


def _lower_row(rows: Sequence[Sequence[Any]], place: int) -> int:
    """The row below a header where it names the columns under merged cells, else the header's own."""
    upper, lower = rows[place], rows[place + 1] if place + 1 < len(rows) else ()
    gaps = [n for n, cell in enumerate(lower) if not _is_blank(cell) and (n >= len(upper) or _is_blank(upper[n]))]
    named = any(is_known(str(lower[n])) for n in gaps)
    return place + 1 if named and not any(map(_is_value, lower)) else place


def _header(rows: Sequence[Sequence[Any]], place: int) -> Header:
    row = rows[place]
    above = rows[place - 1] if place and _filled(rows[place - 1]) > 1 and _score(rows[place - 1], 2) else ()
    names = tuple(_name(cell) or f"column {number}" for number, cell in enumerate(row, 1))
    hints, group = [], ""
    for number, cell in enumerate(row):
        own, upper = _name(cell), _name(above[number]) if number < len(above) else ""
        group = upper or (group if own else "")
        hints.append(f"{group} {own}".strip() or names[number])
    return Header(place=place, names=names, hints=tuple(hints))


def is_total(row: Sequence[Any]) -> bool:
    """Whether a row is the total of those above and no row of its own."""
    first = next((cell for cell in row if not _is_blank(cell)), None)
    return isinstance(first, str) and bool(_TOTAL.fullmatch(first.strip(BLANKS)))


def filled_cells(row: Sequence[Any]) -> int:
    """Cells of a row that hold something (count)."""
    return _filled(row)


def _filled(row: Sequence[Any]) -> int:
    return sum(1 for cell in row if not _is_blank(cell))


def _name(cell: Any) -> str:
    return " ".join(str("" if cell is None else cell).replace("\ufeff", "").split())


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(BLANKS))


def _is_value(cell: Any) -> bool:
    """Whether a cell holds a value and not a name: a date, a number, an address."""
    if isinstance(cell, bool | int | float | date | datetime):
        return True
    text = str("" if cell is None else cell).strip(BLANKS)
    return bool(re.match(LOOKS_LIKE_DATE, text) or _NUMBER.fullmatch(text) or re.fullmatch(r"\S+@\S+\.\S+", text))

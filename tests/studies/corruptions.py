"""Random corruptions of a small export: each case follows from its number."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from studies.exports import DIALECTS, Dialect, Grid, as_bytes, as_text, clean_grid, packed

T = TypeVar("T")

Corruption = Callable[[random.Random, Grid, Dialect], Grid]
TextCorruption = Callable[[random.Random, str, Dialect], str]
ByteCorruption = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A corrupted export.

    Attributes:
        number: What it follows from.
        dialect: What the parameter file says of it.
        names: The corruptions in it.
        content: The file.
    """

    number: int
    dialect: Dialect
    names: tuple[str, ...]
    content: bytes

    @property
    def file(self) -> str:
        """The file's name."""
        return f"orders{self.dialect.ending}"

    def __str__(self) -> str:
        return f"case {self.number} ({self.dialect.name}: {', '.join(self.names) or 'clean'})"


def case(number: int, *, names: tuple[str, ...] | None = None) -> Case:
    """The case of a number: one to three corruptions of any kind, or those that are named."""
    draw = random.Random(f"corruption {number}")
    dialect = draw.choice(DIALECTS)
    if names is None:
        names = tuple(draw.sample(ALL, draw.choice((1, 1, 1, 2, 2, 3))))
    grid = clean_grid(draw, dialect)
    for change in _named(names, GRIDS):
        grid = change(draw, grid, dialect) if grid else grid
    text = as_text(grid, dialect)
    for change in _named(names, TEXTS):
        text = change(draw, text, dialect)
    content = as_bytes(text, dialect)
    for change in _named(names, BYTES):
        content = change(draw, content)
    content = packed(content, dialect)
    for change in _named(names, FILES):
        content = change(draw, content)
    return Case(number=number, dialect=dialect, names=names, content=content)


def _named(names: tuple[str, ...], kind: dict[str, T]) -> list[T]:
    """The corruptions of a kind that are named, in the order they can follow one another."""
    return [change for name, change in kind.items() if name in names]


def _column_dropped(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    at = draw.randrange(len(grid[0]))
    return [row[:at] + row[at + 1 :] for row in grid]


def _column_renamed(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    return _with_header(grid, draw, lambda name: draw.choice((name.upper(), name + " 2", "сумма", name[:-1], "Итого")))


def _column_nameless(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    return _with_header(grid, draw, lambda _: draw.choice(("", " ", "\u00a0")))


def _column_named_like_data(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    return _with_header(grid, draw, lambda _: draw.choice(grid[-1][:4]))


def _with_header(grid: Grid, draw: random.Random, change: Callable[[str], str]) -> Grid:
    at = draw.randrange(len(grid[0]))
    return [[change(name) if place == at else name for place, name in enumerate(grid[0])], *grid[1:]]


def _column_doubled(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    at = draw.randrange(len(grid[0]))
    return [[*row, row[at]] for row in grid]


def _columns_shuffled(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    order = draw.sample(range(len(grid[0])), len(grid[0]))
    return [[row[at] for at in order] for row in grid]


def _column_added(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    name = draw.choice(("note", "Комментарий", "source_file", "reason", "fate", "row_hash", "raw:amount"))
    return [[*grid[0], name], *([*row, "x"] for row in grid[1:])]


def _header_lost(_: random.Random, grid: Grid, __: Dialect) -> Grid:
    return grid[1:]


def _header_repeated(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    at = draw.randrange(1, len(grid) + 1)
    return [*grid[:at], grid[0], *grid[at:]]


def _header_alone(_: random.Random, grid: Grid, __: Dialect) -> Grid:
    return grid[:1]


def _rows_doubled(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    again = draw.choices(grid[1:], k=draw.randint(1, 8)) if len(grid) > 1 else []
    return [*grid, *again]


def _rows_shuffled(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    return [*grid[:1], *draw.sample(grid[1:], len(grid) - 1)] if grid else grid


def _row_cut(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    at = draw.randrange(len(grid))
    return [row[: draw.randrange(len(row) + 1)] if place == at else row for place, row in enumerate(grid)]


def _row_longer(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    at = draw.randrange(len(grid))
    return [[*row, "x"] if place == at else row for place, row in enumerate(grid)]


def _total_line(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    word = draw.choice(("Итого", "Всего:", "Total", "ИТОГО ЗА ПЕРИОД"))
    row = ["" for _ in grid[0]]
    row[0], row[min(3, len(row) - 1)] = word, grid[-1][min(3, len(grid[-1]) - 1)] if grid[-1] else ""
    return [*grid, row]


def _title_line(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
    title = [draw.choice(("Отчёт о продажах", "Sales report", "")), *("" for _ in grid[0][1:])]
    return [title, *grid]


DATES = ("31.02.2024", "2024-02-30 10:00", "01.01.0001 0:00:00", "1970-01-01", "9999-12-31", "45292", "5/6/24", "вчера")
NUMBERS = ("NaN", "inf", "-inf", "1e3", "1E400", "9" * 30, "99999999999999.99", "1,234.50", "1.234,50", "1'234.5")
MORE_NUMBERS = (
    "(5.00)",
    "5-",
    "--5",
    "12.34567",
    "0x1F",
    "н/д",
    "12,5 ₽",
    "$12.50",
    "12 €",
    "1 2",
    "1\u202f234,5",
    "٣",
)
IDS = (
    *("NA", "null", " 00001 ", "00001\u200b", "С0001", "x" * 10_000, "\u202e12"),
    *("=cmd|'/C calc'!A0", "😀", "9007199254740993"),
)


def _cells(values: tuple[str, ...]) -> Corruption:
    def changed(draw: random.Random, grid: Grid, _: Dialect) -> Grid:
        at = draw.randrange(len(grid[0])) if draw.random() < 0.3 else min(len(grid[0]) - 1, draw.choice((0, 1, 2, 3)))
        share = draw.choice((0.02, 0.1, 0.1, 0.6, 1.0))
        hit = [place == 0 or draw.random() > share for place in range(len(grid))]
        return [row if whole else _replaced(row, at, draw.choice(values)) for row, whole in zip(grid, hit, strict=True)]

    return changed


def _replaced(row: list[str], at: int, value: str) -> list[str]:
    return [value if place == at else cell for place, cell in enumerate(row)]


GRIDS: dict[str, Corruption] = {
    "column_dropped": _column_dropped,
    "column_renamed": _column_renamed,
    "column_nameless": _column_nameless,
    "column_named_like_data": _column_named_like_data,
    "column_doubled": _column_doubled,
    "columns_shuffled": _columns_shuffled,
    "column_added": _column_added,
    "header_repeated": _header_repeated,
    "rows_doubled": _rows_doubled,
    "rows_shuffled": _rows_shuffled,
    "cells_of_dates": _cells(DATES),
    "cells_of_numbers": _cells(NUMBERS),
    "cells_of_more_numbers": _cells(MORE_NUMBERS),
    "cells_of_ids": _cells(IDS),
    "cells_emptied": _cells(("", " ", "\u00a0", "-")),
    "cells_with_breaks": _cells(("a\nb", "a\r\nb", 'say "hi"', "a;b,c\td", "\x00", "a\x00b", "\x1a", "\\", "'")),
    "total_line": _total_line,
    "header_alone": _header_alone,
    "title_line": _title_line,
    "header_lost": _header_lost,
    "row_cut": _row_cut,
    "row_longer": _row_longer,
}
"""What can happen to a table before it is written."""


def _delimiters_swapped(draw: random.Random, text: str, dialect: Dialect) -> str:
    return text.replace(dialect.delimiter, draw.choice([mark for mark in ",;\t|" if mark != dialect.delimiter]))


def _line_with_other_delimiters(draw: random.Random, text: str, dialect: Dialect) -> str:
    return _with_line(draw, text, lambda line: _delimiters_swapped(draw, line, dialect))


def _with_line(draw: random.Random, text: str, change: Callable[[str], str]) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    return "\n".join(change(line) if place == at else line for place, line in enumerate(lines))


def _inserted(marks: tuple[str, ...]) -> TextCorruption:
    def changed(draw: random.Random, text: str, _: Dialect) -> str:
        for _ in range(draw.choice((1, 1, 2, 5))):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice(marks) + text[at:]
        return text

    return changed


def _quote_after_delimiter(draw: random.Random, text: str, dialect: Dialect) -> str:
    places = [at for at, mark in enumerate(text) if mark == dialect.delimiter]
    if not places:
        return '"' + text
    at = draw.choice(places) + 1
    return text[:at] + '"' + text[at:]


def _line_quoted(draw: random.Random, text: str, _: Dialect) -> str:
    return _with_line(draw, text, lambda line: '"' + line.replace('"', '""') + '"')


def _cells_quoted(_: random.Random, text: str, dialect: Dialect) -> str:
    out = io.StringIO()
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    csv.writer(out, delimiter=dialect.delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(cells)
    return out.getvalue()


def _blank_lines(draw: random.Random, text: str, _: Dialect) -> str:
    blank = draw.choice(("", "", " ", "\t", "\u00a0"))
    lines = text.split("\n")
    at = draw.randrange(len(lines) + 1)
    return "\n".join([*lines[:at], *[blank] * draw.randint(1, 3), *lines[at:]])


def _line_of_delimiters(draw: random.Random, text: str, dialect: Dialect) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines) + 1)
    return "\n".join([*lines[:at], dialect.delimiter * draw.choice((1, 6, 6, 7)), *lines[at:]])


def _line_ends(draw: random.Random, text: str, _: Dialect) -> str:
    return text.replace("\n", draw.choice(("\r\n", "\r", "\n\r", "\r\r\n", "\u2028")))


def _mixed_line_ends(draw: random.Random, text: str, _: Dialect) -> str:
    end = draw.choice(("\r\n", "\r"))
    return "".join(mark if mark != "\n" or draw.random() < 0.7 else end for mark in text)


def _byte_order_mark(draw: random.Random, text: str, _: Dialect) -> str:
    return "\ufeff" * draw.choice((1, 1, 2)) + text


def _cut(draw: random.Random, text: str, _: Dialect) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _footer(draw: random.Random, text: str, _: Dialect) -> str:
    return text + draw.choice(("(60 rows affected)", "# end", "\n\n---\n", "...", "\x1a", "\x00" * 20, '"'))


def _no_last_line_end(_: random.Random, text: str, __: Dialect) -> str:
    return text.rstrip("\n")


def _pasted_twice(_: random.Random, text: str, __: Dialect) -> str:
    return text + text


TEXTS: dict[str, TextCorruption] = {
    "cells_quoted": _cells_quoted,
    "delimiters_swapped": _delimiters_swapped,
    "line_with_other_delimiters": _line_with_other_delimiters,
    "quote_inserted": _inserted(('"', '"', "'", '""')),
    "quote_after_delimiter": _quote_after_delimiter,
    "line_quoted": _line_quoted,
    "nul_inserted": _inserted(("\x00",)),
    "mark_inserted": _inserted(("\x07", "\x1b", "\x85", "\ufeff", "\u2028", "\u200b", "\\", "#", "%", "\x0b", "\x0c")),
    "line_break_inserted": _inserted(("\n", "\r", "\r\n")),
    "digit_inserted": _inserted(tuple("0123456789.,-")),
    "delimiter_inserted": _inserted((",", ";", "\t")),
    "blank_lines": _blank_lines,
    "line_of_delimiters": _line_of_delimiters,
    "line_ends": _line_ends,
    "mixed_line_ends": _mixed_line_ends,
    "byte_order_mark": _byte_order_mark,
    "text_cut": _cut,
    "footer": _footer,
    "no_last_line_end": _no_last_line_end,
    "pasted_twice": _pasted_twice,
}
"""What can happen to text."""


def _bits_flipped(draw: random.Random, content: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(draw.choice((1, 1, 3, 20))):
        if out:
            out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def _bytes_replaced(draw: random.Random, content: bytes) -> bytes:
    out = bytearray(content)
    for _ in range(draw.choice((1, 1, 3, 20))):
        if out:
            out[draw.randrange(len(out))] = draw.randrange(256)
    return bytes(out)


def _bytes_lost(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + content[at + draw.choice((1, 2, 17, 300)) :]


def _bytes_inserted(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.randbytes(draw.choice((1, 2, 30))) + content[at:]


def _bytes_zeroed(draw: random.Random, content: bytes) -> bytes:
    at, length = draw.randrange(len(content) + 1), draw.choice((1, 16, 512))
    return content[:at] + bytes(len(content[at : at + length])) + content[at + length :]


def _bytes_cut(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _block_repeated(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + content[max(0, at - draw.choice((1, 40, 400))) :]


def _other_encoding(draw: random.Random, content: bytes) -> bytes:
    for encoding in ("utf-8", "utf-16", "cp1251"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.encode(draw.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1251", "cp866")), "replace")
    return content


BYTES: dict[str, ByteCorruption] = {
    "bits_flipped": _bits_flipped,
    "bytes_replaced": _bytes_replaced,
    "bytes_lost": _bytes_lost,
    "bytes_inserted": _bytes_inserted,
    "bytes_zeroed": _bytes_zeroed,
    "bytes_cut": _bytes_cut,
    "block_repeated": _block_repeated,
    "other_encoding": _other_encoding,
}
"""What can happen to encoded text."""

FILES: dict[str, ByteCorruption] = {
    "file_bits_flipped": _bits_flipped,
    "file_cut": _bytes_cut,
    "file_bytes_lost": _bytes_lost,
    "file_emptied": lambda draw, content: b"\n" * draw.choice((0, 0, 1, 3)),
    "file_doubled": lambda draw, content: content + content,
    "file_packed": lambda draw, content: packed(content, DIALECTS[1]),
    "file_of_noise": lambda draw, content: draw.randbytes(draw.choice((1, 50, 4000))),
}
"""What can happen to a file, packed or not."""

ALL = (*GRIDS, *TEXTS, *BYTES, *FILES)

HARMLESS = ("cells_quoted", "columns_shuffled", "rows_shuffled", "rows_doubled", "no_last_line_end")
"""After these alone, every export is still to be trusted."""

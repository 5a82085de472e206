"""CSV files that a spreadsheet opens as data and never as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\0")
_TO_QUOTE = re.compile(r"[,\"\r\n]")
_TO_MEND = re.compile(r"[,\n](?:[ \u00a0]*[=+@\t\0]|[ \u00a0]+-|-(?!(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:[,\n])))")
_NEGATIVE_NUMBER = re.compile(r"-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def safe_cell(text: str) -> str:
    """The cell with a leading apostrophe where a spreadsheet would take it for a formula.

    A negative number stays a number; anything else that begins with = + - @, a tab, a carriage return or a
    NUL, spaces before it or not, gets the apostrophe.
    """
    if text.lstrip(" \u00a0").startswith(_DANGEROUS) and not _NEGATIVE_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def safe_csv(text: str) -> str:
    """CSV text with every cell made safe, quoted where needed, lines ended by a line feed.

    Raises:
        csv.Error: The text is not CSV.
    """
    if _safe_already(text):
        return text
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return "".join(safe_line(row) for row in rows)


def _safe_already(text: str) -> bool:
    """Whether every cell of a text is safe and stands without quotes, as in nearly all long lists."""
    return text.endswith("\n") and '"' not in text and "\r" not in text and not _TO_MEND.search("\n" + text)


def safe_line(cells: Iterable[str]) -> str:
    """A line of CSV: cells made safe, quoted where needed (Python's writer forgets a lone carriage return)."""
    written = [_quoted(safe_cell(cell)) for cell in cells]
    return ('""' if written == [""] else ",".join(written)) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _TO_QUOTE.search(cell) else cell

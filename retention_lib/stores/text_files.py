"""Text files: brought to UTF-8, cut to their header, and what is wrong with a line said without its content."""

from __future__ import annotations

import codecs
import csv
import gzip
import shutil
import zlib
from io import TextIOWrapper
from itertools import islice
from typing import IO, TYPE_CHECKING

from retention_lib.stores.columns import column_names
from retention_lib.stores.engine import quoted_text
from retention_lib.stores.errors import DataError
from retention_lib.stores.privacy import without_values
from retention_lib.stores.relations import Relation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from retention_lib.stores.sources import Source

_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK = 1 << 20
_TOP = 40


def text_relation(source: Source, path: Path, name: str, scratch: Path) -> Relation:
    """How the engine reads a text file; every column is text.

    Args:
        source: The table's source, which says how its text is written.
        path: The file.
        name: What errors call it.
        scratch: Where a copy in UTF-8 is written if need be.

    Raises:
        DataError: When the file is packed or encoded wrongly, is empty or has no usable header.
    """
    plain = _in_utf8(path, name, source, scratch)
    columns, top = _header(plain, name, source)
    if source.settings.header_row > 1:
        plain = _below(plain, source.settings.header_row, scratch)
    typed = "{" + ", ".join(f"{quoted_text(column)}: 'VARCHAR'" for column in columns) + "}"
    sql = (
        f"read_csv({quoted_text(str(plain))}, columns = {typed}, header = true, auto_detect = false, "
        f"delim = {quoted_text(source.style.delimiter)}, quote = '\"', escape = '\"', "
        "strict_mode = true, null_padding = false)"
    )
    row = f"row_number() OVER () + {source.settings.header_row}"
    return Relation(sql=sql, columns=tuple(columns), row=row, top=tuple(map(tuple, top)))


def _in_utf8(path: Path, name: str, source: Source, scratch: Path) -> Path:
    """The file itself where the engine reads it as it is, else a copy in UTF-8."""
    encoding = codecs.lookup(source.style.encoding).name
    try:
        _check_mark(path, name, source)
        if encoding in _UTF8 and path.suffix.lower() != ".gz":
            return path
        with (
            TextIOWrapper(_bytes_of(path), encoding="utf-8-sig" if encoding in _UTF8 else encoding, newline="") as text,
            scratch.open("w", encoding="utf-8", newline="") as copy,
        ):
            while chunk := text.read(_CHUNK):
                copy.write(chunk)
    except UnicodeError as error:
        raise DataError(_wrong_encoding(name, source)) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{name}: the packed file is cut off or damaged after line {_whole_lines(path)}; copy it again"
        ) from error
    return scratch


def _whole_lines(path: Path) -> int:
    """The lines of a broken packed file that can still be unpacked."""
    lines = 0
    try:
        with _bytes_of(path) as stream:
            for _ in stream:
                lines += 1
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return lines
    return lines


def _check_mark(path: Path, name: str, source: Source) -> None:
    """Check that a file's beginning does not prove another encoding than the one set."""
    wanted = codecs.lookup(source.style.encoding).name
    with _bytes_of(path) as stream:
        start = stream.read(_CHUNK)
    if wanted in _UTF8 and start.startswith(_UTF16_MARKS):
        raise DataError(f"{name}: is written in UTF-16; set tables.{source.table}.csv.encoding to utf-16")
    if not wanted.startswith("utf") and _is_utf8(start):
        raise DataError(f"{name}: is written in UTF-8; set tables.{source.table}.csv.encoding to utf-8")


def _is_utf8(start: bytes) -> bool:
    """Whether bytes are UTF-8 beyond ASCII: text of another encoding is so by a chance not worth naming."""
    try:
        return not codecs.getincrementaldecoder("utf-8")().decode(start).isascii()
    except UnicodeDecodeError:
        return False


def _bytes_of(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _wrong_encoding(name: str, source: Source, line: str = "") -> str:
    wanted = source.style.encoding
    other = "cp1251 or utf-16" if codecs.lookup(wanted).name in _UTF8 else "utf-8"
    return f"{name}: {line}is not {wanted} text; set tables.{source.table}.csv.encoding, perhaps to {other}"


def _header(plain: Path, name: str, source: Source) -> tuple[list[str], list[list[str]]]:
    """The column names in the header's line, and the first lines of the file."""
    number = source.settings.header_row
    place = f"{name}: line {number}"
    # Only the header is judged here; the engine says which later line is in another encoding.
    with plain.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        above = list(islice(text, number - 1))
        try:
            names = next(csv.reader(text, delimiter=source.style.delimiter), [])
        except csv.Error as error:
            raise DataError(f"{place} is no header of column names ({error}); mend the file") from error
        below = list(islice(text, _TOP))
    # A null character in a name is half a letter of UTF-16.
    if any(mark in column for column in names for mark in "\ufffd\0"):
        raise DataError(_wrong_encoding(name, source, f"line {number} "))
    if not any(column.strip() for column in names):
        raise DataError(_nothing(name, source, [*above, *below]))
    top = [_cells(line, source.style.delimiter) for line in [*above, "", *below][:_TOP]]
    return column_names(names, place), top


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line, as far as it can be read alone."""
    return [cell.strip(' "\r\n\t\u00a0') for cell in line.split(delimiter)]


def _nothing(name: str, source: Source, others: Sequence[str]) -> str:
    number = source.settings.header_row
    if not any(line.strip() for line in others):
        return f"{name}: the file is empty; export {source.table} again"
    return f"{name}: line {number} holds no column names; set tables.{source.table}.header_row to the line that does"


def _below(plain: Path, header_row: int, scratch: Path) -> Path:
    """A copy of a file from its header on; the engine's own skipping counts lines in another way."""
    copy = scratch.with_suffix(".below")
    # In this encoding every byte is a character, and lines end as they do where the header is looked for.
    with plain.open(encoding="latin-1", newline="") as text:
        above = sum(len(line) for line in islice(text, header_row - 1))
    with plain.open("rb") as whole, copy.open("wb") as rest:
        whole.seek(above)
        shutil.copyfileobj(whole, rest, _CHUNK)
    return copy


def reading_error(source: Source, message: str, scratch: Path) -> DataError:
    """What the engine could not read, as a sentence with the line and without the line's content.

    Args:
        source: The files being read.
        message: The engine's own words.
        scratch: The folder that was given to `raw_query`.
    """
    place = _file_in(source, message, scratch)
    found = message.partition("CSV Error on Line: ")[2]
    line = f"line {int(found.split()[0]) + source.settings.header_row - 1} " if found else ""
    if place.lower().endswith(".parquet"):
        # The engine's own words may repeat a value.
        return DataError(f"{place}: cannot be read as Parquet; write the file again")
    if "unicode" in message or "not utf-8" in message:
        return DataError(_wrong_encoding(place, source, line))
    if "unterminated quote" in message:
        return DataError(f"{place}: {line}opens a quote that is never closed; mend the line")
    if "Expected Number of Columns" in message:
        counts = message.partition("Expected Number of Columns: ")[2].split()
        return DataError(
            f"{place}: {line}has {counts[2]} columns where the header has {counts[0]}; mend the line "
            f"or set tables.{source.table}.csv.delimiter"
        )
    if "invalid state" in message:
        return DataError(
            f"{place}: a line ends in another way than those before it; save it with one kind of line ends"
        )
    first = without_values(message.strip().splitlines()[0])
    return DataError(f"{place}: {line}cannot be read ({first}); mend the file")


def _file_in(source: Source, message: str, scratch: Path) -> str:
    """The name of the file an engine's message is about."""
    for index, (path, name) in enumerate(zip(source.files, source.names, strict=True)):
        ours = [path, *(scratch / f"{index}.{ending}" for ending in ("csv", "below"))]
        if any(f"file = {one}\n" in message for one in ours):
            return name
    return source.place

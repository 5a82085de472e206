"""The head and a sample of the rest of a text file: its encoding, its delimiter, its records."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = 2 << 20
"""Bytes looked at from the beginning of a file."""

_WINDOW, _WINDOWS = 128 << 10, 24
_UNPACKED = 64 << 20
_DELIMITERS = (";", "\t", ",", "|")
_JUDGED = 300

# The commonest letters of Russian per thousand; the rarer ones count as five.
_RUSSIAN = dict.fromkeys("абвгдежзийклмнопрстуфхцчшщъыьэюяё", 5) | {
    "о": 109,
    "е": 85,
    "а": 80,
    "и": 74,
    "н": 67,
    "т": 63,
    "с": 55,
    "р": 47,
    "в": 45,
    "л": 44,
    "к": 35,
    "м": 32,
    "д": 30,
    "п": 28,
    "у": 26,
    "я": 20,
    "ы": 19,
    "ь": 17,
    "г": 17,
    "з": 16,
    "б": 16,
    "ч": 14,
    "й": 12,
    "х": 10,
}
_SINGLE_BYTE = ("cp1251", "cp866", "koi8-r", "cp1252")
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ")
_MARKS = frozenset("\u00a0№«»—–…’‘“”„•°§€£©®₽·")


@dataclass(frozen=True, kw_only=True)
class TextSample:
    """What was seen of a text file.

    Attributes:
        encoding: Its encoding, as Python names it.
        delimiter: The character between its columns; None when no character splits it into columns.
        records: The lines of its head by number, and the cells of each.
        rest: Cells of lines further down, without numbers.
        doubts: What could not be proven, as sentences.
    """

    encoding: str
    delimiter: str | None
    records: tuple[tuple[int, tuple[str, ...]], ...]
    rest: tuple[tuple[str, ...], ...]
    doubts: tuple[str, ...]


def text_sample(path: Path, name: str) -> TextSample:
    """Look at a text file.

    Args:
        path: The file, plain or packed by gzip.
        name: What errors call it.

    Raises:
        DataError: When the file is empty, damaged or in an encoding that cannot be told.
    """
    head, windows = _bytes(path, name)
    if not head.strip():
        raise DataError(f"{name}: the file is empty; export it again")
    encoding, doubts = _encoding(head, windows, name)
    whole = not windows
    text = _decoded(head, encoding)
    text = text if whole else text[: text.rfind("\n") + 1]
    delimiter = _delimiter(text)
    rest = [line for window in windows for line in _decoded(window, encoding).splitlines()[1:-1]]
    return TextSample(
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        delimiter=delimiter,
        records=tuple(_records(text, delimiter or ",")),
        rest=tuple(tuple(cells) for cells in csv.reader(rest, delimiter=delimiter or ",") if any(cells)),
        doubts=tuple(doubts),
    )


def _bytes(path: Path, name: str) -> tuple[bytes, list[bytes]]:
    """The head of a file and, where it is longer, pieces from all over the rest."""
    if path.suffix.lower() == ".gz":
        return _unpacked(path, name)
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size <= HEAD + _WINDOWS * _WINDOW:
            return stream.read(), []
        head, windows = stream.read(HEAD), []
        for number in range(1, _WINDOWS + 1):
            start = HEAD + (size - HEAD) * number // _WINDOWS - _WINDOW  # no piece overlaps another one
            stream.seek(start - start % 4)  # so that two-byte characters stay whole
            windows.append(stream.read(_WINDOW))
    return head, windows


def _unpacked(path: Path, name: str) -> tuple[bytes, list[bytes]]:
    try:
        with gzip.open(path, "rb") as stream:
            head = stream.read(HEAD)
            window = stream.read(_UNPACKED)[-_WINDOW:]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name}: the packed file is cut off or damaged; copy it again") from error
    return head, [window[len(window) % 4 :]] if window else []


def _encoding(head: bytes, windows: Sequence[bytes], name: str) -> tuple[str, list[str]]:
    """The encoding of a text and what speaks against it."""
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    for mark, encoding in marks.items():
        if head.startswith(mark):
            return encoding, []
    zeros = (head[0:4096:2].count(0), head[1:4096:2].count(0))
    if max(zeros) * 4 > min(len(head), 4096) // 2 and min(zeros) * 4 <= max(zeros):
        return ("utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"), []
    if 0 in head[:4096]:
        raise DataError(f"{name}: is no text file; name a file of text, a workbook or Parquet")
    if all(_is_utf8(part) for part in (head, *windows)):
        return "utf-8", []
    high = b"".join(re.findall(rb"[^\n]*[\x80-\xff][^\n]*\n?", b"\n".join([head, *windows])))[: 256 << 10]
    scores = sorted(((_score(high, encoding), encoding) for encoding in _SINGLE_BYTE), reverse=True)
    (best, encoding), (second, runner_up) = scores[:2]
    if best - second >= 0.2 or high.decode(encoding, "replace") == high.decode(runner_up, "replace"):
        return encoding, []
    return encoding, [f"the encoding may also be {runner_up}; look whether letters on the pages are right"]


def _is_utf8(part: bytes) -> bool:
    """Whether bytes are UTF-8, but for a character cut at either end."""
    body = part.lstrip(bytes(range(0x80, 0xC0)))
    if len(part) - len(body) > 3:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return False
    return True


def _score(text: bytes, encoding: str) -> float:
    """How much a text reads like words in an encoding: the mean over its characters beyond ASCII."""
    decoded = text.decode(encoding, errors="replace")
    strange = [character for character in decoded if character > "\x7f"]
    points = sum(_points(character) for character in strange)
    broken = len(re.findall(r"[а-яё][А-ЯЁ]|[A-Za-z][А-Яа-яё]|[А-Яа-яё][A-Za-z]|[À-ÿ]{4}|\d[А-Яа-яёÀ-ÿ]\d", decoded))
    return (points - 1.5 * broken) / max(len(strange), 1)


def _points(character: str) -> float:
    if character in _MARKS:
        return 0.5
    lower = character.lower()
    if lower in _RUSSIAN:
        return (0.4 if character == lower else 0.2) + _RUSSIAN[lower] / 100
    return 0.6 if character in _WESTERN else -2.0


def _decoded(part: bytes, encoding: str) -> str:
    if encoding == "utf-16" and not part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16-le"
    return part.decode(encoding, errors="replace")


def _delimiter(text: str) -> str | None:
    """The character that splits most lines into the same number of columns, the more the better."""
    best, found = 0.0, None
    lines = text.splitlines()[: _JUDGED + 40]
    for delimiter in _DELIMITERS:
        widths = Counter(len(cells) for cells in csv.reader(lines[-_JUDGED:], delimiter=delimiter) if cells)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]))
        score = (count / widths.total()) ** 2 * (width - 1)
        if width > 1 and score > best:
            best, found = score, delimiter
    return found


def _records(text: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]]:
    """The records of a text with the number of the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, line = [], 1
    try:
        for cells in reader:
            found.append((line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error:
        return found  # what comes after is judged, and said, when the file is taken in
    return found

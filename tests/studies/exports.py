"""Small exports of one shop, clean, in the ways that shops write them."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

COLUMNS = ("customer_id", "order_id", "ordered_at", "amount", "category")
NAMES = ("Кукушкина Жанна", "Огурцова Зинаида", "Brzeczyszczykiewicz Jan", "Featherstonehaugh Ann")
"""People whose names stand in a column that nobody asked for, and that no error may repeat."""

_RUSSIAN = ("Клиент", "Номер чека", "Дата", "Сумма, руб", "Группа")
_PERSONAL = ("ФИО", "Телефон")
_CATEGORIES = ("чай", "кофе", "соль; перец", "сыр, масло", "хлеб «Дарницкий»", "tea")
_START = datetime(2024, 1, 3, 9, 15)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a shop writes its tables.

    Attributes:
        name: What the dialect is called in a study.
        ending: The ending of its files.
        csv: How text is written, as the parameter file says it; `encoding`, `delimiter`, `decimal`, `dates`.
        headers: What it calls our columns.
        thousands: The mark it puts between thousands; blanks need no word in the parameter file.
    """

    name: str
    ending: str = ".csv"
    csv: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = COLUMNS
    thousands: str = ""

    @property
    def delimiter(self) -> str:
        """The character between columns."""
        return self.csv.get("delimiter", ",")

    @property
    def encoding(self) -> str:
        """The encoding of its text."""
        return self.csv.get("encoding", "utf-8")

    @property
    def decimal(self) -> str:
        """The decimal mark."""
        return self.csv.get("decimal", ".")

    @property
    def dates(self) -> str:
        """The strptime format of its dates."""
        return self.csv.get("dates", "%Y-%m-%d %H:%M:%S")

    @property
    def source(self) -> dict[str, Any]:
        """Its part of a parameter file, the path aside."""
        columns = {ours: theirs for ours, theirs in zip(COLUMNS, self.headers, strict=True) if ours != theirs}
        return {"csv": dict(self.csv) or None, "columns": columns}


_LOCAL = MappingProxyType({"delimiter": ";", "encoding": "cp1251", "decimal": ",", "dates": "%d.%m.%Y %H:%M"})

DIALECTS = (
    Dialect(name="plain"),
    Dialect(name="packed", ending=".csv.gz"),
    Dialect(name="local", csv=_LOCAL, headers=_RUSSIAN, thousands="\u00a0"),
    Dialect(name="wide", ending=".txt", csv={"delimiter": "\t", "encoding": "utf-16"}, headers=_RUSSIAN),
)

Grid = list[list[str]]
"""A header and rows of cells."""


def clean_grid(draw: random.Random, dialect: Dialect) -> Grid:
    """A header and 25 to 60 rows of sales, a refund among them, in a dialect's notation."""
    header = [*dialect.headers, *_PERSONAL]
    return [header, *(_sale(draw, dialect, number) for number in range(draw.randint(25, 60)))]


def _sale(draw: random.Random, dialect: Dialect, number: int) -> list[str]:
    customer = draw.randrange(20)
    stamp = _START + timedelta(days=draw.randrange(300), minutes=draw.randrange(600))
    kopecks = draw.randrange(1, 3_000_000) * (-1 if number % 13 == 5 else 1)
    return [
        f"{customer:05d}",
        f"A-{number // 2:04d}",
        stamp.strftime(dialect.dates),
        money(kopecks, dialect),
        draw.choice(_CATEGORIES),
        NAMES[customer % len(NAMES)],
        f"+7916555{customer:04d}",
    ]


def money(kopecks: int, dialect: Dialect) -> str:
    """An amount as a dialect writes it."""
    whole, rest = divmod(abs(kopecks), 100)
    grouped = f"{whole:,}".replace(",", dialect.thousands)
    return f"{'-' if kopecks < 0 else ''}{grouped}{dialect.decimal}{rest:02d}"


def as_text(grid: Grid, dialect: Dialect, *, line_end: str = "\n") -> str:
    """A grid as text."""
    out = io.StringIO()
    csv.writer(out, delimiter=dialect.delimiter, lineterminator=line_end).writerows(grid)
    return out.getvalue()


def as_bytes(text: str, dialect: Dialect) -> bytes:
    """Text in a dialect's encoding; what the encoding lacks becomes a question mark."""
    return text.encode(dialect.encoding, errors="replace")


def packed(content: bytes, dialect: Dialect) -> bytes:
    """A file's content, packed where the dialect packs."""
    return gzip.compress(content, mtime=0) if dialect.ending.endswith(".gz") else content

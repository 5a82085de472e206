"""How the engine reads one file: what every kind of file comes down to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Relation:
    """One file as the engine reads it.

    Attributes:
        sql: What stands after FROM.
        columns: The names of its columns, in their order.
        row: SQL of a row's number, as the file's own program shows it.
        top: The file's first lines or rows as text, to find the column names in where they are not in line 1.
        unit: What the file's own program counts.
    """

    sql: str
    columns: tuple[str, ...]
    row: str
    top: tuple[tuple[str, ...], ...] = ()
    unit: Literal["line", "row"] = "line"

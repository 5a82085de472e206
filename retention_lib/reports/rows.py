"""Rows of a result's table, for sentences and charts that name a few of them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.measures.sharing import FEWEST, RARE
from retention_lib.reports.words import N_, Words


def rows(table: pd.DataFrame) -> list[Any]:
    """The rows as named tuples, in order."""
    return list(table.itertuples(index=False))


def row(table: pd.DataFrame, label: Any) -> Any:
    """The row of an index label, as a mapping of column to value."""
    return table.loc[label]


def segment_name(segment: str, words: Words) -> str:
    """What a segment is called: its value, or words where it has none or may not be named."""
    if segment == RARE:
        return words.say(N_("values with fewer than {n} customers"), n=FEWEST)
    return segment or words.say(N_("not stated"))

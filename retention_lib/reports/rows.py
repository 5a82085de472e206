"""Rows of a result's table, for sentences and charts that name a few of them."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows(table: pd.DataFrame) -> list[Any]:
    """The rows as named tuples, in order."""
    return list(table.itertuples(index=False))


def row(table: pd.DataFrame, label: Any) -> Any:
    """The row of an index label, as a mapping of column to value."""
    return table.loc[label]

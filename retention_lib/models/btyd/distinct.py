"""Distinct combinations of columns: what depends on two of them is computed once for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class Distinct:
    """The distinct combinations of some columns.

    Attributes:
        columns: The columns at the combinations, in their order.
        place: Which combination each row has.
    """

    columns: tuple[np.ndarray, ...]
    place: np.ndarray

    @classmethod
    def of(cls, *columns: np.ndarray) -> Distinct:
        """From columns of one length.

        Args:
            columns: Numbers without NaN.
        """
        place = np.zeros(len(columns[0]), dtype=np.int64)
        for column in columns:
            codes, values = pd.factorize(column)
            place, _ = pd.factorize(place * np.int64(values.size) + codes)
        # numbered in the order in which they come: the first of each raises the highest number so far
        first = np.flatnonzero(np.diff(np.maximum.accumulate(place), prepend=-1))
        return cls(columns=tuple(column[first] for column in columns), place=place)

    @classmethod
    def of_histories(cls, rows: pd.DataFrame) -> Distinct:
        """The distinct histories of customers: frequency, recency, T.

        Args:
            rows: These columns, and others.
        """
        return cls.of(*(rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T")))

"""Sums that are the same on every run.

The engine adds floats in an order of its own, which shows in their last digits; they are cut off.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

_DIGITS = 10


def steady_sum(value: float) -> float:
    """A sum with ten digits.

    Args:
        value: The sum, in floats.
    """
    return float(f"{float(value):.{_DIGITS}g}")


def steady_sums(frame: pd.DataFrame, sums: Iterable[str]) -> pd.DataFrame:
    """The frame with its sums as floats of ten digits.

    Args:
        frame: Rows from the engine.
        sums: Columns of sums; NaN stays.
    """
    return frame.assign(**{name: _rounded(frame[name].astype("float64")) for name in sums})


def _rounded(values: pd.Series) -> pd.Series:
    size = np.floor(np.log10(values.abs().where(values != 0, 1.0)))
    # Divided by whole powers of ten, which floats hold exactly, where they are.
    down, up = 10.0 ** (size - _DIGITS + 1).clip(lower=0), 10.0 ** (_DIGITS - 1 - size).clip(lower=0)
    return (values / down * up).round() / up * down

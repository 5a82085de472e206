"""Ids that a spreadsheet would not take for texts."""

from __future__ import annotations

import pandas as pd

_FORMULA, _NEGATIVE = r"[ \xa0]*[=+\-@\t\r]", r"-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def spreadsheet_formula(ids: pd.Series) -> pd.Series:
    """Whether a spreadsheet would take ids for formulas, so that files mark them with an apostrophe.

    Args:
        ids: Texts.
    """
    texts = ids.astype("string")
    return (texts.str.match(_FORMULA) & ~texts.str.fullmatch(_NEGATIVE)).fillna(False).astype(bool)

"""Ids that a spreadsheet would not take for texts."""

from __future__ import annotations

import re

import pandas as pd

_BETWEEN = "\x01"
_FORMULA, _NEGATIVE = r"[ \xa0]*[=+\-@\t\r]", r"-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def spreadsheet_formula(ids: pd.Series) -> pd.Series:
    """Whether a spreadsheet would take ids for formulas, so that files mark them with an apostrophe.

    Args:
        ids: Texts.
    """
    # Lists have hundreds of thousands of ids and hardly ever such a one, which a look at all of them at once tells.
    if not re.search(f"(?:^|{_BETWEEN}){_FORMULA}", _BETWEEN.join(ids.dropna().astype(str))):
        return pd.Series(False, index=ids.index, name=ids.name)
    texts = ids.astype("string")
    return (texts.str.match(_FORMULA) & ~texts.str.fullmatch(_NEGATIVE)).fillna(False).astype(bool)

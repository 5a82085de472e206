"""The rows of a list: their columns, and the text that a file of them holds."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

KINDS = {
    "customer_id": "VARCHAR",
    "household_id": "VARCHAR",
    "experiment_id": "VARCHAR",
    "variant": "VARCHAR",
    "assigned_at": "TIMESTAMP",
    "stratum": "VARCHAR",
    "channel": "VARCHAR",
    "send_at": "TIMESTAMP",
    "offer": "VARCHAR",
    "expected_value": "DOUBLE",
    "about": "VARCHAR",
}
"""The columns of a list and their types in the engine."""

LEDGER_COLUMNS = tuple(KINDS)
"""The columns of a list: who, in which test and arm, since when, and what was planned for both arms alike."""

TIME = "%Y-%m-%d %H:%M:%S"
"""How files hold times, in the store's zone."""

_TO_QUOTE = re.compile(r"[,\"\r\n\x00]")
_BETWEEN = "\x01"


def list_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with all columns of a list, each of its type, as `Ledger.rows` gives them.

    Args:
        rows: As many of `LEDGER_COLUMNS` as are known.
    """
    import pandas as pd

    told: dict[str, Any] = {}
    for name, kind in KINDS.items():
        column = rows[name] if name in rows.columns else pd.Series(None, index=rows.index, dtype=object)
        if kind == "TIMESTAMP":
            told[name] = pd.to_datetime(column).astype("datetime64[us]")
        elif kind == "DOUBLE":
            told[name] = column.astype("float64")
        else:
            told[name] = _texts(column)
    return pd.DataFrame(told, index=rows.index)


def list_csv(rows: pd.DataFrame) -> str:
    """The rows of a list as the ledger's file holds them: UTF-8, ids as they are, times to the second, money to 0.01.

    Args:
        rows: `LEDGER_COLUMNS`, in any order of rows; the file is ordered by customer.
    """
    told = list_rows(rows)
    ordered = told["customer_id"].is_monotonic_increasing
    return csv_text(told if ordered else told.sort_values("customer_id", kind="stable"))


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV: texts quoted where need be, times to the second, money to 0.01, nothing for what is missing.

    It is made column by column, as lists have hundreds of thousands of rows.

    Args:
        frame: Columns of texts, times and money.
    """
    cells = [_cells(frame[name]) for name in frame.columns]
    lines = [",".join(row) for row in zip(*cells, strict=True)]
    return "\n".join([",".join(frame.columns), *lines]) + "\n"


def _cells(column: pd.Series) -> list[str]:
    """A column as texts, quoted where need be; nothing for what is not known."""
    if column.dtype.kind == "M":
        return _each(column, lambda time: time.strftime(TIME))
    if column.dtype.kind == "f":
        return ["" if math.isnan(value) else f"{value:.2f}" for value in column.tolist()]
    texts = column.fillna("").tolist()
    return [_quoted(text) for text in texts] if _TO_QUOTE.search(_BETWEEN.join(texts)) else texts


def _each(column: pd.Series, told: Callable[[Any], str]) -> list[str]:
    """What is told of each value, asked once for each that is different."""
    import pandas as pd

    codes, values = pd.factorize(column)
    said = [*(told(value) for value in values), ""]
    return [said[code] for code in codes.tolist()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _texts(column: pd.Series) -> np.ndarray:
    """Texts, None for what is not known: an empty cell of a file cannot be told from it."""
    import pandas as pd

    texts = column.astype(object).to_numpy(copy=True)
    if pd.api.types.infer_dtype(texts, skipna=True) not in {"string", "empty"}:
        texts[:] = [value if value != value or value is None else str(value) for value in texts.tolist()]  # noqa: PLR0124
    texts[column.isna().to_numpy() | (texts == "")] = None
    return texts

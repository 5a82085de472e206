"""Tables in the making: frozen dataclasses whose fields are arrays of one length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Columns = TypeVar("Columns")


def stacked(parts: Sequence[Columns]) -> Columns:
    """The rows of several parts one after another.

    Args:
        parts: Of one kind; at least one.
    """
    kind = type(parts[0])
    return kind(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in _names(parts[0])})


def picked(rows: Columns, places: NDArray[Any]) -> Columns:
    """Some of the rows.

    Args:
        rows: All of them.
        places: Which, as places in their order or as a mask.
    """
    return type(rows)(**{name: getattr(rows, name)[places] for name in _names(rows)})


def _names(rows: Any) -> list[str]:
    return [field.name for field in fields(rows)]

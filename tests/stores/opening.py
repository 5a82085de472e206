"""What the tests of this room share: a shop opened from a text, and its rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from retention_lib.stores.store import Store

PROJECT = Path(__file__).parents[2]

Shop = Callable[..., Store]


def records(store: Store, table: str = "transactions") -> list[dict[str, Any]]:
    """The rows of a table in their order, as plain Python values."""
    return store.table(table).to_pyarrow().to_pylist()


def reasons(store: Store, table: str = "transactions") -> dict[str, int]:
    """The rows of each finding."""
    return {reason.reason: reason.rows for reason in store.reconciliation(table).reasons}

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stores.opening import PROJECT, Shop

from retention_lib.settings.models import CsvFormat, StoreSettings, TableSource
from retention_lib.stores.store import Store, open_store


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Opens a store of one table from a file's content; `source` and `store` set further keys."""

    def opened(
        content: str | bytes,
        *,
        table: str = "transactions",
        file: str = "orders.csv",
        csv: dict[str, Any] | None = None,
        source: dict[str, Any] | None = None,
        store: dict[str, Any] | None = None,
    ) -> Store:
        path = tmp_path / "data" / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        written = TableSource(path=f"data/{file}", csv=CsvFormat(**csv) if csv else None, **(source or {}))
        zone = {"timezone": "Europe/Moscow", "currency": "RUB", **(store or {})}
        return open_store("shop", StoreSettings(tables={table: written}, **zone), root=tmp_path)

    return opened


@pytest.fixture(scope="session")
def public() -> Callable[[str], Store]:
    """Opens a public data set, taken in at most once for this checkout."""

    def opened(name: str) -> Store:
        return open_store(name, StoreSettings(dataset=name), root=PROJECT)  # type: ignore[arg-type]

    return opened

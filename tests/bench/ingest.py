"""What bringing a big export in takes: the first time, the second time, and by pandas."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.apart import Run, run_apart
from bench.big_csv import BigCsv, big_csv
from bench.measured import Measured

CACHE = Path(__file__).parents[2] / "data" / ".cache" / "bench"


def ingest_first_run(*, mebibytes: int) -> Measured:
    """The time to trusted, typed Parquet, against pandas doing as much of it as it can."""
    export = big_csv(CACHE, mebibytes=mebibytes)
    with _Shop(export) as shop:
        ours, peer = shop.opened(), shop.read_by_pandas()
    return Measured.of("ingest_first_run", ours, "pandas.read_csv to Parquet", peer)


def ingest_second_run(*, mebibytes: int) -> Measured:
    """The time to open what was brought in before, against the first time; the peak is the larger of both."""
    export = big_csv(CACHE, mebibytes=mebibytes)
    with _Shop(export) as shop:
        first, second = shop.opened(), shop.opened()
    largest = max(first.peak_mib, second.peak_mib)
    return Measured.of("ingest_second_run", replace(second, peak_mib=largest), "our first run", first)


class _Shop:
    """A project folder with the export in it, removed afterwards."""

    def __init__(self, export: BigCsv) -> None:
        self._export = export
        self._root = Path(mkdtemp(prefix="shop-", dir=CACHE))

    def __enter__(self) -> _Shop:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._root)

    def opened(self) -> Run:
        run = run_apart("bench.ingest:open_export", root=str(self._root), path=str(self._export.path))
        rows, total = run.result
        if (rows, Decimal(total)) != (self._export.rows, self._export.total):
            raise RuntimeError(f"the export has other rows or another total: {run.result}, {asdict(self._export)}")
        return run

    def read_by_pandas(self) -> Run:
        return run_apart("bench.ingest:read_by_pandas", root=str(self._root), path=str(self._export.path))


def open_export(*, root: str, path: str) -> list[Any]:
    """Open the export as a store and use it; its rows and its money, to be compared with what was written."""
    from retention_lib.settings.models import StoreSettings, TableSource
    from retention_lib.stores.store import open_store

    settings = StoreSettings(
        timezone="Europe/Moscow", currency="RUB", tables={"transactions": TableSource(path=path)}, as_of="2026-12-31"
    )
    with open_store("shop", settings, root=Path(root)) as store:
        counts = store.reconciliation("transactions")
        kept = store.table("transactions").count().execute()
        if kept != counts.rows_kept:
            raise RuntimeError(f"{kept} rows where {counts.rows_kept} were kept")
        return [counts.rows_in, str(counts.amount_in)]


def read_by_pandas(*, root: str, path: str) -> int:
    """The same file by pandas: the same types, unreadable and repeated rows left out, and Parquet written."""
    import pandas as pd

    sales = pd.read_csv(path, dtype=str, keep_default_na=False)
    sales["ordered_at"] = pd.to_datetime(sales["ordered_at"], format="%Y-%m-%d %H:%M:%S", errors="coerce")
    sales["amount"] = pd.to_numeric(sales["amount"], errors="coerce")
    sales["quantity"] = pd.to_numeric(sales["quantity"], errors="coerce")
    used = sales[(sales["customer_id"] != "") & sales["ordered_at"].notna() & sales["amount"].notna()]
    used.drop_duplicates().to_parquet(Path(root) / "sales.parquet", compression="zstd")
    return len(sales)

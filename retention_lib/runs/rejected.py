"""Every row that was not used, with its reason, as CSV for the person who mends the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from retention_lib.reports.cells import safe_line
from retention_lib.runs.months import StoreFacts


def write_rejected(folder: Path, stores: Mapping[str, StoreFacts]) -> None:
    """Writes `<table>.csv` for each table with rejected rows.

    In a set of several stores the files are called `<store>.<table>.csv`.

    Args:
        folder: The month's `rejected` folder, made when there is something to write.
        stores: The stores of the run.
    """
    for name, store in stores.items():
        for table, source in store.rejected.items():
            folder.mkdir(exist_ok=True)
            stem = table if len(stores) == 1 else f"{name}.{table}"
            with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
                file.writelines(_lines(source))


def _lines(source: Path) -> Iterator[str]:
    """A Parquet file as lines of CSV, read batch by batch; a missing value is an empty cell."""
    from pyarrow import parquet

    with parquet.ParquetFile(source) as file:
        yield safe_line(file.schema_arrow.names)
        for batch in file.iter_batches():
            columns = [column.to_pylist() for column in batch.columns]
            for row in zip(*columns, strict=True):
                yield safe_line("" if value is None else str(value) for value in row)

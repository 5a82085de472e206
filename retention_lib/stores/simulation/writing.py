"""A simulated store written to a folder: one Parquet file a table, one row group a block of customers.

Blocks are told in processes of their own and written in their order, so that the same settings give the same bytes
however many processes there are, and memory holds a few blocks whatever the size of the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
from pyarrow import parquet

from retention_lib.stores.simulation import Told
from retention_lib.stores.simulation.shop import block_count, open_shop
from retention_lib.stores.simulation.stage import BLOCK
from retention_lib.stores.simulation.tables import BlockSums, closing_tables
from retention_lib.stores.simulation.workers import told_blocks

if TYPE_CHECKING:
    from retention_lib.settings.simulation import Simulation


def write_simulation(
    simulation: Simulation, folder: Path, *, jobs: int = 2, piece: int = 1, told: Told | None = None
) -> dict[str, int]:
    """Simulate a store: `<table>.parquet`, and what is known of its truth in `truth/`.

    Args:
        simulation: The settings.
        folder: Where the files go; it is there, and is left half filled by an error.
        jobs: Processes that tell blocks (count).
        piece: Customers that a process tells in a row, rounded up to whole blocks; each process holds two pieces in
            memory at most. Neither of the two changes a byte.
        told: Hears how far it is, after each block.

    Returns:
        Rows of each file, by its place without the ending (`transactions`, `truth/customers`).

    Raises:
        OSError: The folder cannot be written.
        DataError: A process was ended from outside.
        SimulationError: A process fell over.
    """
    if told is not None:
        told(0, simulation.customers)
    with TableFiles(folder) as files:
        sums = reduce(BlockSums.added, _written_blocks(simulation, files, jobs=jobs, piece=piece, told=told))
        for place, table in closing_tables(open_shop(simulation), sums).items():
            files.write(place, table)
        return files.rows


def _written_blocks(
    simulation: Simulation, files: TableFiles, *, jobs: int, piece: int, told: Told | None
) -> Iterator[BlockSums]:
    """What is added up of each block, in their order, once its tables are written."""
    made = told_blocks(simulation, blocks=block_count(simulation), jobs=jobs, piece=-(-piece // BLOCK))
    # Closed at once when writing fails, so that no process is left.
    with closing(made):
        for number, block in enumerate(made, 1):
            for place, stream in block.tables.items():
                files.write(place, pa.ipc.open_stream(stream).read_all())
            if told is not None:
                told(min(number * BLOCK, simulation.customers), simulation.customers)
            yield block.sums


class TableFiles:
    """Parquet files of a folder, each written row group by row group."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, parquet.ParquetWriter] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with ExitStack() as last:
            for writer in self._writers.values():
                last.callback(writer.close)

    def write(self, place: str, table: pa.Table) -> None:
        """Append a table as a row group of its file, which is begun by the first one; none where there is no row.

        Raises:
            OSError: The file cannot be written.
        """
        if place not in self._writers:
            path = self._folder / f"{place}.parquet"
            path.parent.mkdir(exist_ok=True)
            self._writers[place] = _writer(path, table.schema)
            self.rows[place] = 0
        if table.num_rows:
            self._writers[place].write_table(table, row_group_size=table.num_rows)
            self.rows[place] += table.num_rows


def _writer(path: Path, schema: pa.Schema) -> parquet.ParquetWriter:
    """A file that reads back as plain text, numbers and stamps, whatever Arrow types hold them meanwhile."""
    return parquet.ParquetWriter(path, schema, compression="zstd", compression_level=1, store_schema=False)

"""Parquet files: their columns as the engine describes them, alike in every file of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.settings.tables import TABLES
from retention_lib.stores.engine import quoted_text
from retention_lib.stores.errors import DataError
from retention_lib.stores.relations import Relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.backends.duckdb import Backend

    from retention_lib.stores.sources import Source


def parquet_relations(source: Source, engine: Backend) -> list[Relation]:
    """How the engine reads the Parquet files of a table.

    Args:
        source: The table's source.
        engine: Asked for the columns.

    Raises:
        DataError: When a file cannot be read, or a column is text in one file and something else in another.
    """
    relations = []
    kinds: dict[str, tuple[str, str]] = {}
    ours = {source.column(column.name) for column in TABLES[source.table].columns} | set(source.metrics)
    for path, name in zip(source.files, source.names, strict=True):
        sql = f"read_parquet({quoted_text(str(path))}, file_row_number = true)"
        columns = described(engine, f"SELECT * EXCLUDE (file_row_number) FROM {sql}", name)  # noqa: S608 - quoted
        for column in ours & columns.keys():
            _check_alike(column, columns[column], name, *kinds.setdefault(column, (columns[column], name)))
        relations.append(Relation(sql=sql, columns=tuple(columns), row="file_row_number + 1"))
    return relations


def _check_alike(column: str, kind: str, name: str, other: str, other_name: str) -> None:
    """Check that text meets text: as text of the engine, the number 17 of another file would become the id 17.0."""
    if (kind == "VARCHAR") != (other == "VARCHAR"):
        raise DataError(
            f"{name}: {column} is {kind} here and {other} in {other_name}; write the column alike in all files"
        )


def described(engine: Backend, query: str, name: str) -> dict[str, str]:
    """The columns of a query over Parquet files and their types.

    Raises:
        DataError: When a file cannot be read.
    """
    import duckdb

    try:
        rows: Sequence[tuple[str, str]] = engine.raw_sql(f"DESCRIBE {query}").fetchall()
    except duckdb.Error as error:
        raise DataError(f"{name}: cannot be read as Parquet; write the file again") from error
    return {row[0]: row[1] for row in rows}

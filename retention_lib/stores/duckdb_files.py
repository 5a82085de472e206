"""Tables of a DuckDB file, attached read-only and written as Parquet."""

# ruff: noqa: S608 - every name and path in the SQL is quoted by the engine's rules.

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.settings.problems import nearest_name
from retention_lib.stores.engine import connect, quoted_name, quoted_text
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ibis.backends.duckdb import Backend

_CATALOG = "the database"
_SCHEMA = "main"
_KEPT_BY_PARQUET = (
    *("VARCHAR", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    *("UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP"),
)


def copy_table(file: Path, name: str, fresh: Path, *, store: str) -> None:
    """Write a table or view of a DuckDB file as Parquet: a table in its own order, a view ordered by its columns.

    Args:
        file: The DuckDB file.
        name: The table, with its schema where that is not `main`.
        fresh: The Parquet file to write; what does not fit into memory goes beside it.
        store: The store's name, for errors.

    Raises:
        DataError: When the file cannot be opened or has no such table.
    """
    import duckdb

    engine = connect(spill=fresh.parent)
    try:
        engine.raw_sql(f"ATTACH {quoted_text(str(file))} AS {quoted_name(_CATALOG)} (READ_ONLY)")
        engine.raw_sql(f"COPY ({_query(engine, name, store)}) TO {quoted_text(str(fresh))} (FORMAT parquet)")
    except duckdb.Error as error:
        raise DataError(f"{store}: {_failure(file, name, str(error))}") from None
    finally:
        engine.disconnect()


def no_table(store: str, name: str, found: Sequence[str]) -> DataError:
    """The error for a table that a database has not, with the nearest it has."""
    near = nearest_name(name, found)
    hint = f"; did you mean {near}?" if near else "; name it with its schema, like crm.orders"
    return DataError(f"{store}: the database has no table {name}{hint}")


def _query(engine: Backend, name: str, store: str) -> str:
    own, _, table = name.rpartition(".")
    schema = own or _SCHEMA
    found = engine.raw_sql(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables "
        f"WHERE table_catalog = {quoted_text(_CATALOG)} ORDER BY ALL"
    ).fetchall()
    kinds = {(schema.casefold(), table.casefold()): kind for schema, table, kind in found}
    if (schema.casefold(), table.casefold()) not in kinds:
        raise no_table(store, name, [one if own == _SCHEMA else f"{own}.{one}" for own, one, _ in found])
    relation = ".".join(map(quoted_name, (_CATALOG, schema, table)))
    columns = engine.raw_sql(f"DESCRIBE {relation}").fetchall()
    shown = ", ".join(_exact(quoted_name(column[0]), column[1]) for column in columns)
    ordered = "" if kinds[schema.casefold(), table.casefold()] == "BASE TABLE" else " ORDER BY ALL"
    return f"SELECT {shown} FROM {relation}{ordered}"


def _exact(column: str, kind: str) -> str:
    """A column as Parquet keeps it without loss: a huge integer would become a rounded number."""
    if kind.startswith(_KEPT_BY_PARQUET) and not kind.endswith("]"):
        return column
    return f"{column}::VARCHAR AS {column}"


def _failure(file: Path, name: str, message: str) -> str:
    if "Could not set lock" in message:
        return f"another program holds {file.name} open for writing; close it and run again"
    if "not a valid DuckDB" in message or "version" in message:
        return f"{file.name} is no DuckDB database that this version reads; export it again, or its tables as Parquet"
    return f"{name} in {file.name} cannot be read; check it, and what a view is made of"

"""Tables of a database server, reached by its Ibis address, fetched in batches and written as Parquet."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retention_lib.stores.duckdb_files import no_table
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.sql import SQLBackend
    from pydantic import SecretStr

_POSTGRES = ("postgres", "postgresql")
_ROWS = 50_000
_CONNECT_SECONDS = 20


class Server:
    """A server, connected to when the first table is read.

    All tables of a PostgreSQL server are read in one transaction, so that they belong to the same moment.
    """

    def __init__(self, store: str, address: SecretStr) -> None:
        """Says where the server is; no connection is made yet.

        Args:
            store: The store's name, for errors.
            address: The address with its secrets.
        """
        self._store = store
        self._address = address.get_secret_value()
        self._is_postgres = urlsplit(self._address).scheme in _POSTGRES
        self._open = ExitStack()

    def close(self) -> None:
        """End the transaction and the connection."""
        self._open.close()

    def copy_table(self, name: str, fresh: Path) -> None:
        """Write a table or view as Parquet, ordered by all its columns, for a server promises no order.

        Args:
            name: The table, with its schema if need be.
            fresh: The Parquet file to write; what is needed on the way lies beside it.

        Raises:
            DataError: When the server cannot be reached, or has no such table, or stops on the way.
        """
        from retention_lib.stores.engine import connect, quoted_text

        unordered = fresh.with_name("unordered.parquet")
        self._fetch(name, unordered)
        engine = connect(spill=fresh.parent)
        try:
            relation = f"read_parquet({quoted_text(str(unordered))})"
            engine.raw_sql(f"COPY (FROM {relation} ORDER BY ALL) TO {quoted_text(str(fresh))} (FORMAT parquet)")
        finally:
            engine.disconnect()

    def _fetch(self, name: str, path: Path) -> None:
        import pyarrow.parquet as pq

        rows = self._table(name)
        try:
            with rows.to_pyarrow_batches(chunk_size=_ROWS) as batches, pq.ParquetWriter(path, batches.schema) as out:
                for batch in batches:
                    out.write_batch(batch)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - every driver has errors of its own, and they may tell secrets
            raise DataError(
                f"{self._store}: {name} cannot be read to its end; check that the user may read it, and run again"
            ) from None

    def _table(self, name: str) -> ir.Table:
        """A table; PostgreSQL writes its values as text itself, for the driver stops at an infinity or a NaN."""
        from ibis.common.exceptions import TableNotFound

        *schemas, table = name.split(".")
        place = schemas[0] if len(schemas) == 1 else tuple(schemas) or None
        try:
            rows = self._server.table(table, database=place)
        except TableNotFound:
            schema = f"{name.rpartition('.')[0]}." if schemas else ""
            found = self._server.list_tables(database=place)
            raise no_table(self._store, name, [schema + one for one in found]) from None
        except DataError:
            raise
        except Exception:  # noqa: BLE001 - as above
            raise DataError(
                f"{self._store}: {name} cannot be read; check that the user may read it, and run again"
            ) from None
        if not self._is_postgres:
            return rows
        return rows.select(**{column: rows[column].cast("string") for column in rows.columns})

    @cached_property
    def _server(self) -> SQLBackend:
        """The connection, and in PostgreSQL one transaction around everything that will be read."""
        import ibis

        options = {"connect_timeout": _CONNECT_SECONDS} if self._is_postgres else {}
        try:
            server = ibis.connect(self._address, **options)
            self._open.callback(server.disconnect)
            if self._is_postgres:
                self._begin(server)
        except ImportError:
            engine = urlsplit(self._address).scheme
            raise DataError(
                f"{self._store}: the driver for {engine} is not installed; install ibis-framework[{engine}]"
            ) from None
        except Exception as error:  # noqa: BLE001 - every driver has errors of its own, and they may tell secrets
            raise DataError(f"{self._store}: {_failure(str(error).lower())}") from None
        return server

    def _begin(self, server: Any) -> None:
        import psycopg

        connection = server.con
        connection.execute("SET DateStyle = 'ISO'")
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        self._open.enter_context(connection.transaction())


def _failure(message: str) -> str:
    if any(word in message for word in ("password", "authentication", "role")):
        return (
            "the database refuses the user or the password; check connection "
            "(in a password written there, a character like @ or / is %40 or %2F; one from the environment stays "
            "as it is)"
        )
    if "does not exist" in message:
        return "the server has no such database; check its name in connection"
    return "the database cannot be reached; check connection, and that the server runs"

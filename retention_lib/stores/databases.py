"""Tables of a database, each read to a Parquet snapshot that is a source like any other file.

Addresses hold secrets, and the words of a driver may repeat them: errors of these modules say the store's name, what
failed and what to do, and nothing of the driver's own.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from retention_lib.stores.cache import file_hash
from retention_lib.stores.duckdb_files import copy_table
from retention_lib.stores.errors import DataError
from retention_lib.stores.servers import Server
from retention_lib.stores.snapshots import snapshot
from retention_lib.stores.sources import Source

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from pydantic import SecretStr

    from retention_lib.settings.models import TableSource


class Database:
    """The database of a store, opened when the first table is read and closed with the context."""

    def __init__(self, store: str, address: SecretStr, *, root: Path) -> None:
        """Says where the database is; nothing is opened yet.

        Args:
            store: The store's name in the set, for errors.
            address: The address with its secrets.
            root: The project's folder, from which the path of a DuckDB file counts.
        """
        self._store = store
        self._address = address
        self._root = root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_server" in self.__dict__:
            self._server.close()
            del self.__dict__["_server"]

    def source(self, table: str, settings: TableSource) -> Source:
        """One table, as it stands now or as this run has read it before.

        Args:
            table: The contract's table.
            settings: Its part of the parameter file, with the name the table has in the database.

        Raises:
            DataError: When the database cannot be reached or opened, or has no such table.
        """
        name = settings.table or table
        try:
            path = self._snapshot(name)
        except OSError as error:
            place = error.filename or self._cache
            raise DataError(f"{place}: {error.strerror}; free space or give access to the folder") from None
        metrics = tuple(settings.metrics or ())
        return Source(table=table, files=(path,), names=(name,), settings=settings, metrics=metrics)

    def _snapshot(self, name: str) -> Path:
        folder = self._cache / "snapshots"
        if self._parts.scheme != "duckdb":
            parts = self._parts
            place = [parts.scheme, parts.username, parts.hostname, str(parts.port), parts.path]
            return snapshot(folder, _key(*place, name), write=lambda fresh: self._server.copy_table(name, fresh))
        file = self._file
        return snapshot(
            folder,
            _key(str(file), name),
            write=lambda fresh: copy_table(file, name, fresh, store=self._store),
            name=_content(file, name, self._cache),
        )

    @property
    def _cache(self) -> Path:
        return self._root / "data" / ".cache"

    @cached_property
    def _parts(self) -> SplitResult:
        try:
            parts = urlsplit(self._address.get_secret_value())
            # Asked for only to be checked: it is read when it is used.
            _ = parts.port
        except ValueError:
            raise DataError(
                f"{self._store}: connection is no address; write it like postgres://user:password@host:5432/shop, "
                "and in a password a character like @ or / as %40 or %2F"
            ) from None
        return parts

    @property
    def _file(self) -> Path:
        """The DuckDB file that the address names."""
        path = self._address.get_secret_value().removeprefix("duckdb://")
        if not path:
            raise DataError(f"{self._store}: connection names no database; write it like duckdb://data/shop.duckdb")
        file = self._root / ("/" + path.lstrip("/") if path.startswith("/") else path)
        if not file.is_file():
            raise DataError(f"{self._store}: there is no file {path}; put it there or mend connection")
        return file

    @cached_property
    def _server(self) -> Server:
        return Server(self._store, self._address)


def _key(*parts: str | None) -> str:
    """A name for a table of a database; nothing of it can be read back, and no secret went into it."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _content(file: Path, name: str, folder: Path) -> str:
    """What decides the content of a table in a DuckDB file: the file, and what was not yet written into it."""
    wal = file.with_name(f"{file.name}.wal")
    folder.mkdir(parents=True, exist_ok=True)
    hashes = [file_hash(path, folder / "hashes") for path in (file, wal) if path.is_file()]
    return hashlib.sha256("\n".join([*hashes, name]).encode()).hexdigest()

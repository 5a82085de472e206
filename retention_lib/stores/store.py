"""A store opened for reading: its tables, what became of their rows, and the lists issued for it."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from retention_lib.settings.tables import TABLES
from retention_lib.stores.cache import CachedTable, cached_table
from retention_lib.stores.databases import Database
from retention_lib.stores.errors import DataError
from retention_lib.stores.facts import Coverage, store_facts
from retention_lib.stores.identities import persons_of
from retention_lib.stores.ledger import ASSIGNMENTS, LISTED, Ledger, ledger_folder
from retention_lib.stores.period import StorePeriod
from retention_lib.stores.privacy import hashed_id, set_key
from retention_lib.stores.spilling import SpillFolder
from retention_lib.stores.table_sources import table_sources
from retention_lib.stores.terms import store_terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.settings.calendar import Month
    from retention_lib.settings.models import StoreSettings
    from retention_lib.stores.facts import StoreFacts
    from retention_lib.stores.identities import MergeReport, Persons
    from retention_lib.stores.reconciliation import Reconciliation


class Store(StorePeriod):
    """A store whose tables were read, judged and counted; see `open_store`."""

    def __init__(
        self,
        facts: StoreFacts,
        tables: Mapping[str, CachedTable],
        refused: Mapping[str, DataError] | None = None,
        *,
        persons: Persons | None = None,
    ) -> None:
        super().__init__(facts, _covered(tables))
        self._tables = tables
        self._refused = dict(refused or {})
        self._persons = persons
        self._lists: Ledger | None = None
        self._seen_lists = Ledger()

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables the store has, in the contract's order."""
        return tuple(name for name in TABLES if self.has(name))

    @property
    def refused(self) -> Mapping[str, DataError]:
        """The tables that could not be used, each with its error; empty unless opened with `refuse=False`."""
        return self._refused

    def has(self, *tables: str) -> bool:
        """Whether the store has all of these tables."""
        return all(table in self._tables or self._only_listed(table) for table in tables)

    def table(self, name: str) -> ir.Table:
        """A table as an Ibis expression: the contract's columns that the source has, in canonical types.

        Text is trimmed, stamps are naive in the store's time zone, money is DECIMAL(18, 4). `transactions`
        always has `order_id`: a row without one is an order of its own, named by its file and row. With
        `identities`, `customer_id` is the person's, and `customers` has one row a person.

        Raises:
            DataError: When the store has no such table.
        """
        if not self.has(name):
            self._cached(name)
        return self._engine.table(name)

    def find(self, name: str) -> ir.Table | None:
        """A table where the store has it, else None, for measures that can do without."""
        return self.table(name) if self.has(name) else None

    def reconciliation(self, table: str) -> Reconciliation:
        """What became of every row and cent of a table.

        Raises:
            DataError: When the store has no such table.
        """
        if self._only_listed(table):
            return self._seen_lists.reconciliation(table)
        return self._cached(table).reconciliation

    @property
    def revenue_total(self) -> float:
        """Net money of the whole transactions source, whatever the month: rows used and rows set aside.

        Lines of totals are left out, for they repeat the money of other rows.

        Raises:
            DataError: When the store has no transactions.
        """
        return float(self.reconciliation("transactions").amount_of_rows or 0)

    def rejected(self, table: str) -> Path | None:
        """The rows set aside, as Parquet: `source_file`, `source_row`, `reason` and the source's columns.

        Raises:
            DataError: When the store has no such table.
        """
        return None if self._only_listed(table) else self._cached(table).rejected

    @property
    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of each table's source, in hexadecimal digits; of `lists` where any are seen."""
        seen = {"lists": self._seen_lists.fingerprint} if self._seen_lists else {}
        return {name: self._tables[name].fingerprint for name in TABLES if name in self._tables} | seen

    @property
    def lists(self) -> Ledger:
        """All lists that reports of the set issued for this store, whatever the month; empty where there are none.

        Raises:
            DataError: When the ledger cannot be read.
        """
        if self._lists is None:
            self._lists = Ledger.read(ledger_folder(self._facts.root, self._facts.set_name, self.name))
        return self._lists

    def use_lists(self, ledger: Ledger) -> None:
        """Take a ledger in the place of the one in the set's folder; none of it is seen until `see_lists`.

        Args:
            ledger: The lists.
        """
        self._lists, self._seen_lists = ledger, Ledger()
        self._renew_lists()

    def see_lists(self, *, before: Month) -> None:
        """From now on `assignments` holds the customers of the lists that reports of earlier months issued.

        Args:
            before: The month of the report.

        Raises:
            DataError: When the ledger cannot be read.
        """
        self._seen_lists = self.lists.before(before)
        self._renew_lists()

    @property
    def seen_lists(self) -> Ledger:
        """The lists that are seen; empty until `see_lists` was called."""
        return self._seen_lists

    @property
    def listed(self) -> ir.Table | None:
        """The customers of the lists that are seen; None where none is.

        The columns of a list (`ledger.LEDGER_COLUMNS`) with `scenario`, `kind`, `report` (text, YYYY-MM) and
        `verdict_on` (date: the first day on which the list's windows are closed).
        """
        return self._engine.table(LISTED) if self._seen_lists else None

    def hashed_id(self, customer_id: str) -> str:
        """A customer's id as pages show it: 12 hexadecimal digits, the same in every run of the set.

        Raises:
            DataError: When the set's key cannot be read or made.
        """
        return hashed_id(self._key, customer_id)

    @property
    def merging(self) -> MergeReport | None:
        """What became of the customer ids; None without `identities`."""
        return None if self._persons is None else self._persons.report(self.hashed_id)

    @cached_property
    def _key(self) -> bytes:
        return set_key(self._facts.root, self._facts.set_name)

    def close(self) -> None:
        """Let the engine go; expressions taken from the store no longer run."""
        if "_engine" in self.__dict__:
            self._engine.disconnect()
            self._spill.remove()
            del self.__dict__["_engine"], self.__dict__["_spill"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _only_listed(self, table: str) -> bool:
        """Whether a table is there by the lists that are seen alone."""
        return table == ASSIGNMENTS and table not in self._tables and bool(self._seen_lists)

    def _cached(self, table: str) -> CachedTable:
        if table not in self._tables:
            held = ", ".join(self.tables)
            raise DataError(f"{self.name}: the store has no {table} (it has {held}); name it in the store's tables")
        return self._tables[table]

    @cached_property
    def _spill(self) -> SpillFolder:
        """The folder for what the engine does not hold in memory."""
        return SpillFolder(self._facts.root / "data" / ".cache")

    @cached_property
    def _engine(self) -> Backend:
        """The engine with one view a table; started by the first table asked for."""
        from retention_lib.stores.engine import connect, keep_within_memory, quoted_name

        engine = connect()
        keep_within_memory(engine, self._spill.path)
        # Expressions may outlive the store, and the engine with them.
        weakref.finalize(engine, self._spill.remove)
        for name in self._tables:
            engine.raw_sql(f"CREATE VIEW {quoted_name(name)} AS {self._relation(name)}")
        if self._seen_lists:
            self._show_lists(engine)
        return engine

    def _relation(self, table: str) -> str:
        """SQL of a table as it was taken in, with persons for customers."""
        from retention_lib.stores.engine import quoted_text

        kept = self._tables[table].kept
        plain = f"FROM read_parquet({quoted_text(str(kept))})"
        return plain if self._persons is None else self._persons.relation(table, kept)

    def _renew_lists(self) -> None:
        """The views of lists made anew, where the engine has any yet."""
        if "_engine" in self.__dict__:
            self._show_lists(self._engine)

    def _show_lists(self, engine: Backend) -> None:
        from retention_lib.stores.ledger_views import show_lists

        source = self._relation(ASSIGNMENTS) if ASSIGNMENTS in self._tables else None
        show_lists(engine, self._seen_lists, source=source, persons=self._persons)


def _covered(tables: Mapping[str, CachedTable]) -> Coverage | None:
    """The days of the sales kept; None without transactions or without a sale among them."""
    sales = tables.get("transactions")
    if sales is None or sales.first_day is None or sales.last_day is None:
        return None
    return Coverage(first_day=sales.first_day, last_day=sales.last_day)


def open_store(name: str, settings: StoreSettings, *, root: Path, set_name: str = "", refuse: bool = True) -> Store:
    """Open a store: read what is new, trust what was read before.

    Tables are read once and kept as typed Parquet in `data/.cache`; opening the same again reads no data. A
    simulated store is made first where it is not there.

    Args:
        name: The store's name in the set.
        settings: Its part of the parameter file.
        root: The project's folder, from which paths count.
        set_name: The set's name, whose key hashes customer ids; the store's own name if omitted.
        refuse: Whether tables that break are an error; if not, they are left out and stand in `Store.refused`.

    Raises:
        DataError: When a file is missing or unreadable, the data break a contract, or a simulated store cannot be
            made.
    """
    facts = store_facts(name, settings, root=root, set_name=set_name or name)
    terms = store_terms(facts, settings)
    folder = root / "data" / ".cache"
    tables: dict[str, CachedTable] = {}
    refused: dict[str, DataError] = {}
    with Database(name, settings.connection, root=root) as database:
        for table, source in table_sources(name, settings, database, root).items():
            try:
                tables[table] = cached_table(source(), folder, terms)
            except DataError as error:
                refused[table] = error
    if refuse and refused:
        raise DataError("\n".join(str(error) for error in refused.values()))
    return Store(facts, tables, refused, persons=persons_of(tables, folder, largest=settings.largest_person))

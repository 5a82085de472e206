"""A store opened for reading: its tables, what became of their rows, and the days they cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from retention_lib.settings.calendar import Month
from retention_lib.settings.tables import TABLES
from retention_lib.stores.cache import CachedTable, cached_table
from retention_lib.stores.errors import DataError, MonthError
from retention_lib.stores.public import PUBLIC, dataset_source
from retention_lib.stores.sources import Source, file_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.settings.models import StoreSettings
    from retention_lib.stores.reconciliation import Reconciliation

_ENGINE = "duckdb://"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The days a store's sales cover.

    Attributes:
        first_day: The first day with a sale.
        last_day: The last day with a sale.
    """

    first_day: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class StoreFacts:
    """What is known about a store beside its tables.

    Attributes:
        name: The store's name in the set.
        title: What pages call it.
        currency: ISO 4217 code.
        timezone: The zone of its days and stamps.
        as_of: The last day of the data where it is pinned; such a store ignores the month asked for.
        completeness_days: A month is complete with a sale on or after its last day less so many days.
        zero_amount_is_purchase: Whether a purchase of nothing counts as a purchase.
    """

    name: str
    title: str
    currency: str
    timezone: str
    as_of: date | None
    completeness_days: int
    zero_amount_is_purchase: bool


class Store:
    """A store whose tables were read, judged and counted; see `open_store`."""

    def __init__(self, facts: StoreFacts, tables: Mapping[str, CachedTable]) -> None:
        self._facts = facts
        self._tables = tables

    @property
    def name(self) -> str:
        """The store's name in the set."""
        return self._facts.name

    @property
    def title(self) -> str:
        """What pages call the store."""
        return self._facts.title

    @property
    def currency(self) -> str:
        """The store's currency (ISO 4217)."""
        return self._facts.currency

    @property
    def timezone(self) -> str:
        """The zone of the store's days (IANA)."""
        return self._facts.timezone

    @property
    def as_of(self) -> date | None:
        """The last day of the data where the store pins it."""
        return self._facts.as_of

    @property
    def zero_amount_is_purchase(self) -> bool:
        """Whether a purchase of nothing counts as a purchase."""
        return self._facts.zero_amount_is_purchase

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables the store has, in the contract's order."""
        return tuple(name for name in TABLES if name in self._tables)

    def has(self, *tables: str) -> bool:
        """Whether the store has all of these tables."""
        return all(table in self._tables for table in tables)

    def table(self, name: str) -> ir.Table:
        """A table as an Ibis expression: the contract's columns that the source has, in canonical types.

        Text is trimmed, stamps are naive in the store's time zone, money is DECIMAL(18, 4). `transactions`
        always has `order_id`: a row without one is an order of its own, named by its file and row.

        Raises:
            DataError: When the store has no such table.
        """
        self._cached(name)
        return self._engine.table(name)

    def find(self, name: str) -> ir.Table | None:
        """A table where the store has it, else None, for measures that can do without."""
        return self.table(name) if self.has(name) else None

    @property
    def coverage(self) -> Coverage | None:
        """The days of the sales kept; None without transactions or without a sale among them."""
        sales = self._tables.get("transactions")
        if sales is None or sales.first_day is None or sales.last_day is None:
            return None
        return Coverage(first_day=sales.first_day, last_day=sales.last_day)

    def reconciliation(self, table: str) -> Reconciliation:
        """What became of every row and cent of a table.

        Raises:
            DataError: When the store has no such table.
        """
        return self._cached(table).reconciliation

    @property
    def revenue_total(self) -> float:
        """Net money of the whole transactions source, whatever the month: rows used and rows set aside.

        Raises:
            DataError: When the store has no transactions.
        """
        count = self.reconciliation("transactions")
        return float((count.amount_kept or 0) + (count.amount_rejected or 0))

    def rejected(self, table: str) -> Path | None:
        """The rows set aside, as Parquet: `source_file`, `source_row`, `reason` and the source's columns.

        Raises:
            DataError: When the store has no such table.
        """
        return self._cached(table).rejected

    @property
    def fingerprint(self) -> dict[str, str]:
        """SHA-256 of each table's source, in hexadecimal digits."""
        return {name: self._tables[name].fingerprint for name in self.tables}

    def last_complete_month(self) -> Month:
        """The last month with a sale on or after its last day less the completeness days.

        Raises:
            MonthError: When no month of the data is complete.
        """
        coverage = self.coverage
        if coverage is None:
            raise MonthError(f"{self.name}: no month is complete, for there are no sales; check the transactions")
        # A sale dated in the future is a slip of the till; it does not complete a month that is not over.
        last_day = min(coverage.last_day, date.today())
        month = Month.of(last_day)
        if last_day < month.end - timedelta(days=1 + self._facts.completeness_days):
            month = month.previous()
        if month < Month.of(coverage.first_day):
            raise MonthError(
                f"{self.name}: no month is complete, for the sales end on {coverage.last_day}; "
                f"wait for the month's end or ask for {Month.of(coverage.last_day)} as it is"
            )
        return month

    def require_month(self, month: Month) -> None:
        """Check that a month is in the data; a store without dated sales holds no month and refuses none.

        Raises:
            MonthError: Naming the first and the last month in the data.
        """
        coverage = self.coverage
        if coverage is None:
            return
        first, last = Month.of(coverage.first_day), Month.of(coverage.last_day)
        if not first <= month <= last:
            raise MonthError(
                f"{self.name}: {month} is not in the data, which hold {first} to {last}; ask for one of these"
            )

    def close(self) -> None:
        """Let the engine go; expressions taken from the store no longer run."""
        if "_engine" in self.__dict__:
            self._engine.disconnect()
            del self.__dict__["_engine"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _cached(self, table: str) -> CachedTable:
        if table not in self._tables:
            held = ", ".join(self.tables)
            raise DataError(f"{self.name}: the store has no {table} (it has {held}); name it in the store's tables")
        return self._tables[table]

    @cached_property
    def _engine(self) -> Backend:
        """The engine with one view a table; started by the first table asked for."""
        from retention_lib.stores.engine import connect, quoted_name, quoted_text

        engine = connect()
        for name, cached in self._tables.items():
            relation = f"read_parquet({quoted_text(str(cached.kept))})"
            engine.raw_sql(f"CREATE VIEW {quoted_name(name)} AS FROM {relation}")
        return engine


def open_store(name: str, settings: StoreSettings, *, root: Path) -> Store:
    """Open a store: read what is new, trust what was read before.

    Tables are read once and kept as typed Parquet in `data/.cache`; opening the same again reads no data.

    Args:
        name: The store's name in the set.
        settings: Its part of the parameter file.
        root: The project's folder, from which paths count.

    Raises:
        DataError: When a file is missing or unreadable, or the data break a contract.
    """
    facts = _facts(name, settings)
    sources = _sources(name, settings, root)
    folder = root / "data" / ".cache"
    tables = {
        source.table: cached_table(source, folder, timezone=facts.timezone, as_of=facts.as_of) for source in sources
    }
    return Store(facts, tables)


def _facts(name: str, settings: StoreSettings) -> StoreFacts:
    # A data set brings its own facts and settings allow none beside it.
    about = settings if settings.dataset is None else PUBLIC[settings.dataset]
    if about.timezone is None or about.currency is None:
        raise DataError(f"{name}: timezone and currency are not known; set both for the store")
    return StoreFacts(
        name=name,
        title=settings.title or about.title or name,
        currency=about.currency,
        timezone=about.timezone,
        as_of=about.as_of,
        completeness_days=settings.completeness_days,
        zero_amount_is_purchase=about.zero_amount_is_purchase,
    )


def _sources(name: str, settings: StoreSettings, root: Path) -> list[Source]:
    if settings.dataset is not None:
        dataset = PUBLIC[settings.dataset]
        return [dataset_source(dataset, table) for table in dataset.tables]
    if settings.connection.get_secret_value() != _ENGINE:
        raise DataError(f"{name}: connection names an engine this version does not read from; use {_ENGINE}")
    return [file_source(table, source, root=root) for table, source in settings.tables.items()]

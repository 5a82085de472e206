"""Which month a run is about, from what its stores hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from retention_lib.settings.calendar import Month
from retention_lib.settings.tables import TABLES
from retention_lib.stores.errors import MonthError
from retention_lib.stores.ledger import ASSIGNMENTS, Ledger


@dataclass(frozen=True, kw_only=True)
class StoreFacts:
    """What a run needs to know of a store once it is closed again.

    Attributes:
        name: The store.
        title: Its title.
        tables: The tables it has.
        as_of: The day its data are pinned to, or None.
        first_day: The first day with a sale; None without sales.
        last_day: The last day with a sale; None without sales.
        last_complete: The last month with all its sales, or None.
        fingerprint: SHA-256 of each table's source.
        reconciliation: Rows and money of each table, as JSON can hold them.
        rejected: The file of rejected rows of each table that has some.
        refused: Why a table could not be used at all, in a sentence; a run of reports begins without any.
        lists: The lists that reports issued for it, whatever the month.
    """

    name: str
    title: str
    tables: tuple[str, ...]
    as_of: date | None
    first_day: date | None
    last_day: date | None
    last_complete: Month | None
    fingerprint: dict[str, str]
    reconciliation: dict[str, dict[str, Any]]
    rejected: dict[str, Path]
    refused: dict[str, str] = field(default_factory=dict)
    lists: Ledger = field(default_factory=Ledger)

    @property
    def dated(self) -> bool:
        """Whether the store moves with the month: it has sales and is not pinned to a day."""
        return self.as_of is None and self.last_day is not None

    def seeing(self, month: Month) -> StoreFacts:
        """The same once the month of the reports is known, which see the lists of the months before it.

        Args:
            month: The month of the run; reports about a store pinned to a day have its own.
        """
        if self.as_of is None and self.last_day is None:
            return self
        seen = self.lists.before(month if self.as_of is None else Month.of(self.as_of + timedelta(days=1)).previous())
        if not seen:
            return self
        fingerprint = {**self.fingerprint, "lists": seen.fingerprint}
        if ASSIGNMENTS in self.tables:
            return replace(self, fingerprint=fingerprint)
        tables = tuple(name for name in TABLES if name in {*self.tables, ASSIGNMENTS})
        counts = {**self.reconciliation, ASSIGNMENTS: seen.reconciliation(ASSIGNMENTS).to_plain()}
        return replace(self, tables=tables, fingerprint=fingerprint, reconciliation=counts)

    def holds(self, month: Month) -> bool:
        """Whether any sale of a dated store can fall into the month."""
        if self.first_day is None or self.last_day is None:
            return False
        return month.start <= self.last_day and self.first_day < month.end


def run_month(asked: Month | None, stores: Sequence[StoreFacts]) -> Month:
    """The month that names the run's folder and is every dated report's period.

    Args:
        asked: The month of the command or the parameter file; None for the last complete one.
        stores: The stores that the run's reports are about.

    Raises:
        MonthError: No dated store holds the month asked for, or there is no month to be found.
    """
    dated = [store for store in stores if store.dated]
    pinned = [Month.of(store.as_of) for store in stores if store.as_of is not None]
    if asked is not None:
        if not _is_held(asked, dated, pinned):
            raise MonthError(f"the month {asked} is not in the data: {_spans(stores)}; ask for a month in it")
        return asked
    complete = [store.last_complete for store in dated if store.last_complete is not None]
    if complete:
        return max(complete)
    if dated:
        raise MonthError(f"the data hold no complete month yet: {_spans(dated)}; name the month with MONTH=")
    if pinned:
        return max(pinned)
    raise MonthError("the stores of this set have no dates; name the month with MONTH= or month: in its file")


def _is_held(month: Month, dated: list[StoreFacts], pinned: list[Month]) -> bool:
    """Pinned stores alone hold their own month only; stores without any date take every month."""
    if dated:
        return any(store.holds(month) for store in dated)
    return month in pinned if pinned else True


def _spans(stores: Sequence[StoreFacts]) -> str:
    spans = []
    for store in stores:
        if store.as_of is not None:
            spans.append(f"{store.name} is pinned to {store.as_of}")
        elif store.first_day is not None:
            spans.append(f"{store.name} has sales from {store.first_day} to {store.last_day}")
    return ", ".join(spans)

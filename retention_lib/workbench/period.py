"""What a report is about: its set, its store and its month, and how far they are seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from retention_lib.estimates import NotEnough
from retention_lib.settings import Month, SetSettings
from retention_lib.settings.playbook import Playbook
from retention_lib.stores.facts import Coverage
from retention_lib.stores.store import Store

Result = TypeVar("Result")


@dataclass
class ReportPeriod:
    """What a report is about.

    Attributes:
        settings: The whole set.
        id: The report's id.
        store: The store it is about.
        month: The month it speaks about; None where the store is pinned to a day or has no dates.
        asked: For the check of a store's data: the notebooks of the set's reports about the store.
    """

    settings: SetSettings
    id: str
    store: Store
    month: Month | None
    asked: tuple[str, ...] = ()

    @property
    def playbook(self) -> Playbook:
        """The scenarios, offers, channels and limits of the set."""
        return self.settings.playbook

    @property
    def period_end(self) -> date:
        """The first day that is no longer seen (half-open).

        Raises:
            LookupError: The store has no dates.
        """
        if self.month is not None:
            return self.month.end
        last = self.store.as_of or (self.store.coverage.last_day if self.store.coverage else None)
        if last is None:
            raise LookupError(f"the store {self.store.name} has no dates, so the report has no period")
        return last + timedelta(days=1)

    @property
    def whole_month(self) -> Month:
        """The month that monthly figures read: the report's, else the last one whole when the data end.

        Raises:
            LookupError: The store has no dates.
        """
        return self.month or Month.of(self.period_end).previous()

    @property
    def coverage(self) -> Coverage:
        """The first and the last day of the sales.

        Raises:
            LookupError: The store has no sales.
        """
        if self.store.coverage is None:
            raise LookupError(f"the store {self.store.name} has no sales, so the report has nothing to speak about")
        return self.store.coverage

    @property
    def seen_until(self) -> date:
        """The first day of which nothing is known: the period's end, or the data's where the month is not over.

        Raises:
            LookupError: The store has no dates, or no sales.
        """
        return self.coverage.last_day + timedelta(days=1) if self._unseen_days else self.period_end

    @property
    def told_until(self) -> date:
        """The same; for a store without sales, which has told all it will, the last day there is."""
        if self.store.coverage is not None:
            return self.seen_until
        return self.store.as_of + timedelta(days=1) if self.store.as_of else date.max

    @property
    def _unseen_days(self) -> int:
        """Days of the report's month still to come; 0 where it is over."""
        if self.month is None or self.store.coverage is None:
            return 0
        missing = (self.month.end - self.store.coverage.last_day).days - 1
        return missing if missing > self.store.completeness_days else 0

    def comparable(self, before: Result) -> Result | NotEnough:
        """A result of the month before, where the report's month is over and may be compared with it.

        Args:
            before: The result of the month before.
        """
        if self.month is None or not self._unseen_days:
            return before
        days = (self.month.end - self.month.start).days
        return NotEnough("month_whole", days - self._unseen_days, days)

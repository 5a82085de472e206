"""What a store is about: its name, its money, its time zone, and the days and months of its sales."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from retention_lib.settings.calendar import Month
from retention_lib.stores.errors import MonthError

if TYPE_CHECKING:
    from retention_lib.stores.facts import Coverage, StoreFacts


class StorePeriod:
    """What is known of a store beside its tables, and the time that its sales cover."""

    def __init__(self, facts: StoreFacts, coverage: Coverage | None) -> None:
        self._facts = facts
        self._coverage = coverage

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
    def completeness_days(self) -> int:
        """A month is complete with a sale on or after its last day less so many days."""
        return self._facts.completeness_days

    @property
    def simulated(self) -> bool:
        """Whether the store is simulated, so that the truth about it is known."""
        return self._facts.simulated_until is not None

    @property
    def coverage(self) -> Coverage | None:
        """The days of the sales kept; None without transactions or without a sale among them."""
        return self._coverage

    def last_complete_month(self) -> Month:
        """The last month with a sale on or after its last day less the completeness days.

        Raises:
            MonthError: When no month of the data is complete.
        """
        coverage = self.coverage
        if coverage is None:
            raise MonthError(f"{self.name}: no month is complete, for there are no sales; check the transactions")
        # A sale dated in the future is a slip of the till; it does not complete a month that is not over.
        last_day = min(coverage.last_day, max(date.today(), self._facts.simulated_until or date.min))
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

"""What a store says about all of its tables, by which each of their rows is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retention_lib.settings.models import StoreSettings
    from retention_lib.stores.facts import StoreFacts

NO_CURRENCY = "XXX"
"""The code of ISO 4217 for a currency that is not known."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What rows are judged by.

    Attributes:
        timezone: The store's time zone.
        today: The day it is there; without `as_of`, sales of a later day are a slip and are set aside.
        currency: The store's currency (ISO 4217); XXX when it is not known.
        as_of: The last day of the data where the store pins it.
        anonymous_limit: The share of rows without a customer, in [0, 1], above which a table is refused.
        exchange_rates: What one unit of another currency is worth in the store's own.
    """

    timezone: str
    today: date
    currency: str = NO_CURRENCY
    as_of: date | None = None
    anonymous_limit: float = 0.8
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """All of it but the day, as JSON can hold it: what decides how a file is taken in, whenever that is."""
        return {
            "timezone": self.timezone,
            "currency": self.currency,
            "as_of": self.as_of and self.as_of.isoformat(),
            "anonymous_limit": self.anonymous_limit,
            "exchange_rates": {code: str(rate) for code, rate in sorted(self.exchange_rates.items())},
        }


def store_terms(facts: StoreFacts, settings: StoreSettings) -> Terms:
    """The terms of a store.

    Args:
        facts: What is known about the store.
        settings: Its part of the parameter file.
    """
    return Terms(
        timezone=facts.timezone,
        # A simulated store has seen its last day, whatever the clock says.
        today=max(today_in(facts.timezone), facts.simulated_until or date.min),
        currency=facts.currency,
        as_of=facts.as_of,
        anonymous_limit=settings.anonymous_limit,
        # As the parameter file writes them, to the last digit.
        exchange_rates={code: Decimal(repr(rate)) for code, rate in settings.exchange_rates.items()},
    )


def today_in(timezone: str) -> date:
    """The day it is in a time zone."""
    return datetime.now(ZoneInfo(timezone)).date()

"""What is known about a store beside its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.settings.simulation import CURRENCY, TIMEZONE
from retention_lib.stores.errors import DataError
from retention_lib.stores.public import PUBLIC

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from retention_lib.settings.models import StoreSettings
    from retention_lib.stores.public import PublicDataset


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
        root: The project's folder, where the set's key is kept.
        set_name: The set whose key hashes its customer ids.
        simulated_until: The last day of a simulated store; None for a real one.
    """

    name: str
    title: str
    currency: str
    timezone: str
    as_of: date | None
    completeness_days: int
    zero_amount_is_purchase: bool
    root: Path
    set_name: str
    simulated_until: date | None = None


def store_facts(name: str, settings: StoreSettings, *, root: Path, set_name: str) -> StoreFacts:
    """What the settings, or the data set or simulation they name, say about a store.

    Args:
        name: The store's name in the set.
        settings: Its part of the parameter file.
        root: The project's folder.
        set_name: The set whose key hashes its customer ids.

    Raises:
        DataError: When time zone and currency are not known.
    """
    # A data set and a simulation bring their own facts, and settings allow none beside them.
    about: StoreSettings | PublicDataset = settings
    if settings.dataset is not None:
        about = PUBLIC[settings.dataset]
    elif settings.simulation is not None:
        about = settings.model_copy(update={"timezone": TIMEZONE, "currency": CURRENCY})
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
        root=root,
        set_name=set_name,
        simulated_until=None if settings.simulation is None else settings.simulation.until,
    )

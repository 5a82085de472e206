from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pytest

from retention_lib.measures.purchases import purchase_days
from retention_lib.settings import load_set
from retention_lib.stores.store import Store, open_store

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def journey() -> Store:
    """The real Complete Journey, as its parameter file opens it."""
    settings = load_set(PROJECT / "parameters" / "complete_journey.yml")
    ((name, store),) = settings.stores.items()
    # Left open to the end: what the measures cached in its engine is dropped there when Python lets it go.
    return open_store(name, store, root=PROJECT)


@pytest.fixture(scope="session")
def journey_days(journey: Store) -> ibis.Table:
    """Its purchase days to the end of 2017."""
    return purchase_days(journey.table("transactions"), until=date(2018, 1, 1))

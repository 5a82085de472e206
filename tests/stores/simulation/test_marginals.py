"""The simulated store looks like a shop: its measures lie within those of public data sets and published figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import parquet

from retention_lib.measures.shape import shape_facts
from retention_lib.models.shape import MEASURES, ShopShape, shop_shape
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.settings.simulation import CURRENCY, TIMEZONE, Simulation
from retention_lib.stores.simulation.sales import transactions
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.store import open_store
from retention_lib.workbench.report import PEERS

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shape(tmp_path_factory: pytest.TempPathFactory) -> ShopShape:
    """A store of 5,000 customers beside the public data sets."""
    root = tmp_path_factory.mktemp("shop")
    shop = open_shop(Simulation(customers=5_000))
    (root / "data").mkdir()
    parquet.write_table(transactions(tell_story(shop, 0)), root / "data" / "sales.parquet")
    tables = {"transactions": TableSource(path="data/sales.parquet")}
    store = open_store("sim", StoreSettings(timezone=TIMEZONE, currency=CURRENCY, tables=tables), root=root)
    peers = [open_store(name, StoreSettings(dataset=name), root=PROJECT) for name in PEERS]
    found = shop_shape(shape_facts(store, peers))
    assert isinstance(found, ShopShape)
    return found


def test_every_measure_can_be_compared(shape: ShopShape) -> None:
    assert len(shape.judged) == len(MEASURES)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_lies_within_the_range_of_known_shops(shape: ShopShape, measure: str) -> None:
    row = shape.table.set_index("measure").loc[measure]
    assert row["low"] <= row["shop"] <= row["high"]

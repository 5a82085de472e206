"""What the tests of the members' tables share: small stories, and their tables looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import pyarrow as pa
from stores.simulation.told import story

from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.story import Story

PROGRAMMES = ("level", "momentum", "invited")

KINDS = {
    "text": (pa.string(), pa.dictionary(pa.int32(), pa.string())),
    "timestamp": (pa.timestamp("us"),),
    "date": (pa.date32(),),
    "money": (pa.decimal128(18, 2),),
    "number": (pa.int64(), pa.float64()),
    "boolean": (pa.bool_(),),
}


CUSTOMERS = 5_000

told = partial(story, customers=CUSTOMERS)
"""The first block of a small store."""


def resized(**sizes: float) -> Story:
    """The same block with other sizes of what changes nothing of its story: points granted, second ids."""
    block = told()
    simulation = block.shop.simulation
    resized = simulation.model_copy(update={"sizes": simulation.sizes.model_copy(update=sizes)})
    return replace(block, shop=replace(block.shop, simulation=resized))


def assert_contract(table: pa.Table, name: str) -> None:
    """The columns of the contract, all of them and in its order, of its kinds and words."""
    assert table.column_names == list(TABLES[name].names)
    for column in TABLES[name].columns:
        assert table.schema.field(column.name).type in KINDS[column.kind], column.name
        if column.required:
            assert table[column.name].null_count == 0, column.name
        if column.choices:
            assert set(table[column.name].to_pylist()) <= set(column.choices), column.name


def orders_frame(block: Story) -> pd.DataFrame:
    """The orders with their stamps: `customer_id` (the first), `ordered_at`, `delivered_at`, and their fields."""
    frame = pd.DataFrame(vars(block.orders))
    numbers = block.people.number[frame.customer]
    frame["customer_id"] = [f"C{number:09d}" for number in numbers]
    first = pd.Timestamp(block.shop.calendar.first_day)
    days, seconds = pd.to_timedelta(frame.day, unit="D"), pd.to_timedelta(frame.second, unit="s")
    frame["ordered_at"] = first + days + seconds
    delivered = pd.to_timedelta(frame.delivered_day, unit="D") + pd.to_timedelta(frame.delivered_second, unit="s")
    frame["delivered_at"] = (first + delivered).where(frame.delivered_day >= 0)
    return frame

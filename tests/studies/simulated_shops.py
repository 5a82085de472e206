"""A simulated shop in memory, its tables and its truth, as an oracle sees them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce

import pandas as pd
import pyarrow as pa

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.effects import TruthSums, days_table
from retention_lib.stores.simulation.shop import block_count, open_shop, tell_story
from retention_lib.stores.simulation.stage import Floats, Shop
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.tables import MAKERS
from retention_lib.stores.simulation.truth import Truth, truth


class SimulatedShop:
    """All blocks of a simulation; tables are made when they are first asked for."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.shop: Shop = open_shop(simulation)
        self.stories: list[Story] = [tell_story(self.shop, block) for block in range(block_count(simulation))]
        self._made: dict[str, pd.DataFrame] = {}

    @cached_property
    def _truths(self) -> list[Truth]:
        return [truth(story) for story in self.stories]

    def table(self, name: str) -> pd.DataFrame:
        """A table as the shop has it; money in floats."""
        return self._kept(name, lambda: [MAKERS[name](story) for story in self.stories])

    def truth(self, name: str) -> pd.DataFrame:
        """A table of the truth: `customers`, `orders`, `subjects` or `outcomes`."""
        return self._kept(f"truth/{name}", lambda: [one.tables[name] for one in self._truths])

    def _kept(self, name: str, make: Callable[[], list[pa.Table]]) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = as_frame(pa.concat_tables(make()))
        return self._made[name]

    @cached_property
    def days(self) -> pd.DataFrame:
        """The truth's table of days."""
        sums = reduce(TruthSums.added, [one.sums for one in self._truths])
        return days_table(self.shop, sums).to_pandas().assign(month=self.shop.calendar.month)

    @cached_property
    def later_orders(self) -> pd.DataFrame:
        """The truth of all orders beyond the first ones, with `day`, days since the shop's first."""
        orders = self.truth("orders")
        orders = orders[orders["rank"] > 0]
        return orders.assign(day=(orders["ordered_on"] - pd.Timestamp(self.simulation.first_day)).dt.days)

    def expected(self, mechanism: str) -> float:
        """Purchases expected of those exposed to a mechanism of the rate, had it no effect."""
        values: Floats = self.truth("customers")[f"expected_{mechanism}"].to_numpy()
        return float(values.sum())


def as_frame(table: pa.Table) -> pd.DataFrame:
    """A table of Arrow for pandas: money as floats."""
    table = table.unify_dictionaries()
    for place, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            table = table.set_column(place, column.name, table[column.name].cast(pa.float64()))
    return table.to_pandas()

"""A simulated store in memory, as measures see one: tables in the engine, without what the till sold to strangers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import ibis.expr.types as ir
import pyarrow as pa

from retention_lib.stores.engine import connect
from retention_lib.stores.facts import Coverage
from retention_lib.stores.simulation.story import Story
from retention_lib.stores.simulation.tables import MAKERS


class ToldStore:
    """The tables of some stories, each made when it is first asked for."""

    zero_amount_is_purchase = False
    listed = None

    def __init__(self, stories: Sequence[Story]) -> None:
        self.stories = stories
        self._engine = connect()
        self._made: dict[str, ir.Table] = {}
        self._filled: dict[str, bool] = {}

    def table(self, name: str) -> ir.Table:
        """A table, as `Store.table` gives it."""
        if name not in self._made:
            rows = self.told(name)
            self._filled[name] = rows.num_rows > 0
            self._made[name] = self._engine.create_table(name, rows)
        return self._made[name]

    def told(self, name: str) -> pa.Table:
        """The rows of a table."""
        rows = pa.concat_tables([_plain(MAKERS[name](story)) for story in self.stories])
        return rows.filter(rows["customer_id"].is_valid()) if name == "transactions" else rows

    def find(self, name: str) -> ir.Table | None:
        """A table where the shop has rows of it."""
        table = self.table(name)
        return table if self._filled[name] else None

    def has(self, *tables: str) -> bool:
        """Whether the shop has rows of each of some tables."""
        return all(self.find(name) is not None for name in tables)

    @cached_property
    def coverage(self) -> Coverage:
        """The days of the sales."""
        day = self.table("transactions").ordered_at.date()
        first, last = (found.to_pyarrow().as_py() for found in (day.min(), day.max()))
        return Coverage(first_day=first, last_day=last)


def _plain(table: pa.Table) -> pa.Table:
    """Names as text, not as codes."""
    kinds = [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in table.schema]
    return table.cast(pa.schema(kinds))

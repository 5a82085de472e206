"""Ids that may be the same person written twice, ids found nowhere else, and order numbers used again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import pandas as pd

from retention_lib.estimates import NotEnough

REUSED_SHARE = 0.01
"""Order numbers used again below this share are slips of the till; above it, numbers begin anew."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LookAlikes:
    """Customer ids that differ only in the way they are written.

    Attributes:
        ids: Customer ids in all tables (count).
        table: One row a kind of difference that was found: kind ("zeros": leading zeros, "case": capitals,
            "letters": Cyrillic and Latin letters of one shape, "spaces": spaces inside, "several": more than
            one of these), groups (of ids that would be one), ids (in them), example (two hashed ids).
    """

    ids: int
    table: pd.DataFrame
    check: ClassVar[str] = "look_alikes"

    @property
    def groups(self) -> int:
        """Groups of ids that would be one (count)."""
        return int(self.table["groups"].sum())

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return self.groups > 0

    def to_frame(self) -> pd.DataFrame:
        """The kinds, one row each."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class OrphanIds:
    """Ids of one table that are not in the tables where they should be found again.

    Attributes:
        table: One row a table and id: table, column ("customer_id" or "order_id"), reference (names of the
            tables searched, a comma and a space between them), ids (distinct), orphans (of them, found in no
            reference), share (orphans / ids, in [0, 1]).
    """

    table: pd.DataFrame
    check: ClassVar[str] = "orphans"

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return bool((self.table["orphans"] > 0).any())

    @property
    def worst(self) -> pd.DataFrame:
        """The tables with orphans, the largest share first."""
        broken = self.table[self.table["orphans"] > 0]
        return broken.sort_values(["share", "table", "column"], ascending=[False, True, True], kind="stable")

    def to_frame(self) -> pd.DataFrame:
        """The tables, one row each."""
        return self.table


@dataclass(frozen=True, kw_only=True)
class ReusedOrders:
    """Order numbers with sales on several days: a till that counts anew gives two orders one number.

    Attributes:
        orders: Order numbers with a sale (count).
        reused: Of them, those with sales on several days (count).
        share: Their share, in [0, 1].
    """

    orders: int
    reused: int
    share: float
    check: ClassVar[str] = "reused_orders"

    @property
    def found(self) -> bool:
        """Whether they are more than slips."""
        return self.share > REUSED_SHARE

    def to_frame(self) -> pd.DataFrame:
        """The figures as one row."""
        return pd.DataFrame([asdict(self)])


def look_alikes(found: pd.DataFrame) -> LookAlikes | NotEnough:
    """Judge the groups of ids that would be one.

    Args:
        found: One row a kind: kind, groups, ids, example; and a row of kind "all" whose ids are all ids.

    Returns:
        The kinds found; NotEnough("customers_with_sales") without ids.
    """
    total = int(found.loc[found["kind"] == "all", "ids"].sum())
    if total == 0:
        return NotEnough("customers_with_sales", 0, 1)
    table = found[(found["kind"] != "all") & (found["groups"] > 0)]
    return LookAlikes(ids=total, table=table.reset_index(drop=True))


def orphan_ids(found: pd.DataFrame) -> OrphanIds | NotEnough:
    """Judge the ids that should be found in another table.

    Args:
        found: One row a table and id: table, column, reference, ids, orphans.

    Returns:
        The shares; NotEnough("tables_with_ids") where the store has no two tables to compare.
    """
    known = found[found["ids"] > 0]
    if known.empty:
        return NotEnough("tables_with_ids", 1, 2)
    return OrphanIds(table=known.assign(share=known["orphans"] / known["ids"]).reset_index(drop=True))


def reused_orders(found: pd.DataFrame) -> ReusedOrders | NotEnough:
    """Judge the order numbers that have sales on several days.

    Args:
        found: One row: orders, reused (counts); no row without sales.

    Returns:
        The share; NotEnough("sales_known") without a sale.
    """
    orders = int(found["orders"].sum())
    if orders == 0:
        return NotEnough("sales_known", 0, 1)
    reused = int(found["reused"].sum())
    return ReusedOrders(orders=orders, reused=reused, share=reused / orders)

"""Values that many customers share, and those so rare that they may name one.

A column of names, phones or addresses that was mapped to a category by mistake must not reach a page: a value is
named only where several customers share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr import types as ir

FEWEST = 5
"""A value that fewer customers share is not named."""

RARE = "(rare)"
"""What stands for all values that fewer customers share."""


def named_if_shared(rows: ir.Table, label: str, *, fewest: int) -> ir.Table:
    """The rows with rare labels replaced by `RARE`.

    Args:
        rows: A table with `customer_id`.
        label: A text column of it; an empty or missing label names nobody and stays.
        fewest: Customers who must share a label.
    """
    named = rows.filter(rows[label] != "")
    shared = named.group_by(label).aggregate(sharers=named.customer_id.nunique())
    known = rows.left_join(shared, label)
    kept = known.sharers.isnull() | (known.sharers >= fewest) | (known[label] == "")
    return known.select(
        **{name: known[name] for name in rows.columns if name != label}, **{label: kept.ifelse(known[label], RARE)}
    )

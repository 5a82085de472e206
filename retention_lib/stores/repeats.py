"""Rows that contradict or repeat another one, found without looking at all rows side by side."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.columns import own_columns
from retention_lib.stores.engine import keep, rows
from retention_lib.stores.rules import CONFLICT, DUPLICATE_KEPT, DUPLICATE_MERGED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.sources import Source

PLACE = ("source_index", "source_row")
"""What names a row of a source."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "assignments": ("customer_id", "experiment_id"),
    "outcomes": ("customer_id", "experiment_id"),
    "costs": ("month",),
}
"""What names a row of a table that has one row each: repeated rows are merged, differing ones set aside."""

LINE_KEY = ("customer_id", "order_id", "line_id", "ordered_at")
"""What names an order line where the source has line ids: lines that differ in the rest contradict."""

ORDER_KEY = ("customer_id", "order_id")
"""What names an order where each row is said to be a whole one."""


def with_repeats(source: Source, raw: ir.Table, judged: ir.Table, engine: Backend) -> ir.Table:
    """The judged rows with the fates of those that contradict or repeat another one filled in.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        judged: The same rows with their fates so far; null for an ordinary row.
        engine: Where the rows are.
    """
    good = judged.filter(judged.fate.isnull())
    repeats = keep(engine, "repeats", _repeats(source, raw, good))
    conflicts = _conflicts(source, good)
    if conflicts is not None:
        conflicts = keep(engine, "conflicts", conflicts)
        repeats = conflicts.union(repeats.anti_join(conflicts, PLACE))
    if rows(engine, repeats.aggregate(rows=repeats.count()))[0]["rows"] == 0:
        return judged
    fates = judged.left_join(repeats, PLACE)
    columns = {name: judged[name] for name in judged.columns}
    columns["fate"] = ibis.coalesce(judged.fate, repeats.repeat)
    return keep(engine, "judged_rows", fates.select(**columns))


def _conflicts(source: Source, good: ir.Table) -> ir.Table | None:
    """Rows that share a name and differ: none of them can be believed."""
    parts = [_contradicting(named, keys) for named, keys in _named_rows(source, good)]
    return ibis.union(*parts, distinct=False) if parts else None


def _named_rows(source: Source, good: ir.Table) -> list[tuple[ir.Table, list[ir.Value]]]:
    """Rows that have a name of their own, with what names them.

    A refund is no contradiction of its sale, so the sign of the amount belongs to the name of an order or line.
    """
    if source.table in KEYS:
        return [(good, [good[name] for name in KEYS[source.table]])]
    if source.table != "transactions" or "order_id" not in good.columns:
        return []
    named, whole = [], good
    if "line_id" in good.columns:
        lines, whole = good.filter(good.line_id.notnull()), good.filter(good.line_id.isnull())
        named.append((lines, [*(lines[name] for name in LINE_KEY), lines.amount.sign()]))
    if source.settings.repeated_orders == "conflict":
        named.append((whole, [*(whole[name] for name in ORDER_KEY), whole.amount.sign()]))
    return named


def _contradicting(table: ir.Table, key: list[ir.Value]) -> ir.Table:
    named = table.mutate(**{f"key:{number}": value for number, value in enumerate(key)})
    keys = [f"key:{number}" for number in range(len(key))]
    complete = named.filter([named[name].notnull() for name in keys])
    grouped = complete.group_by(keys).aggregate(low=complete.row_hash.min(), high=complete.row_hash.max())
    broken = grouped.filter(grouped.low != grouped.high)
    return complete.semi_join(broken, keys).select(*PLACE, repeat=ibis.literal(CONFLICT))


def _repeats(source: Source, raw: ir.Table, good: ir.Table) -> ir.Table:
    """Rows equal to an earlier one in every column of the source."""
    hashes = good.group_by("row_hash").aggregate(copies=good.count())
    candidates = good.semi_join(hashes.filter(hashes.copies > 1), "row_hash")
    marked = candidates.select(*PLACE, carries=_carries_id(candidates))
    whole = raw.inner_join(marked, PLACE)
    order = [whole[name] for name in PLACE]
    window = ibis.window(group_by=[whole[name] for name in own_columns(raw.columns)], order_by=order)
    copies = whole.mutate(copy=ibis.row_number().over(window))
    merged = ibis.literal(source.table in KEYS)
    if source.settings.duplicates == "merge":
        merged |= copies.carries
    repeat = ibis.ifelse(merged, DUPLICATE_MERGED, DUPLICATE_KEPT)
    return copies.filter(copies.copy > 0).select(*PLACE, repeat=repeat)


def _carries_id(table: ir.Table) -> ir.BooleanValue:
    """Whether a row names its order or its line, without which two equal rows may be two real events."""
    ids = [table[name].notnull() for name in ("order_id", "line_id") if name in table.columns]
    return reduce(or_, ids) if ids else ibis.literal(False)

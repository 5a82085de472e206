"""Fates that follow from other rows: rows that repeat or contradict one, or whose amount stands on another.

They are found without looking at all rows side by side.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores.columns import own_columns
from retention_lib.stores.engine import keep, rows
from retention_lib.stores.reconciliation import TOTAL_LINE
from retention_lib.stores.rules import AMOUNT_ELSEWHERE, CONFLICT, DUPLICATE_KEPT, DUPLICATE_MERGED, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """The judged rows with the fates filled in that follow from other rows.

    A row that repeats another one is merged whatever else is wrong with it, so that its money counts once.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        judged: The same rows with their fates so far; null for an ordinary row.
        engine: Where the rows are.
    """
    own, good = judged.filter(judged.fate.isnull() | (judged.fate != TOTAL_LINE)), judged.filter(judged.fate.isnull())
    repeats = keep(engine, "repeats", _repeats(source, raw, own))
    others = {"conflicts": _conflicts(source, good), "amounts_elsewhere": _amounts_elsewhere(source, own)}
    found = repeats.filter(repeats.repeat == DUPLICATE_MERGED)
    for part in [keep(engine, name, rows_of) for name, rows_of in others.items() if rows_of is not None] + [repeats]:
        found = found.union(part.anti_join(found, PLACE))
    found = keep(engine, "fates", found)
    if rows(engine, found.aggregate(rows=found.count()))[0]["rows"] == 0:
        return judged
    fates = judged.left_join(found, PLACE)
    columns = {name: judged[name] for name in judged.columns}
    columns["fate"] = ibis.coalesce(found.repeat, judged.fate)
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


def _amounts_elsewhere(source: Source, own: ir.Table) -> ir.Table | None:
    """Rows without an amount of an order that has one on another row, as many shops' exports write further lines."""
    if source.table != "transactions" or "order_id" not in own.columns:
        return None
    named = own.filter(own.order_id.notnull())
    lacking = named.filter(named.amount.isnull() & ~named[UNREADABLE + "amount"])
    # The few orders in question are found first, so that the many others are only passed by.
    amounts = named.filter(named.amount.notnull()).semi_join(lacking, "order_id")
    orders = amounts.select("order_id", buyer=amounts.customer_id).distinct()
    # Receipts of different customers may bear one number; further lines often name no customer.
    same = [
        lacking.order_id == orders.order_id,
        lacking.customer_id.isnull() | orders.buyer.isnull() | (lacking.customer_id == orders.buyer),
    ]
    return lacking.semi_join(orders, same).select(*PLACE, repeat=ibis.literal(AMOUNT_ELSEWHERE))


def _repeats(source: Source, raw: ir.Table, own: ir.Table) -> ir.Table:
    """Rows equal to an earlier one in every column of the source; of those that stay, only the ordinary ones."""
    hashes = own.group_by("row_hash").aggregate(copies=own.count())
    candidates = own.semi_join(hashes.filter(hashes.copies > 1), "row_hash")
    marked = candidates.select(*PLACE, carries=_carries_id(candidates), good=candidates.fate.isnull())
    whole = raw.inner_join(marked, PLACE)
    equal = own_columns(raw.columns)
    copies = whole.mutate(copy=_number_among(whole, equal))
    merged, noted = ibis.literal(source.table in KEYS), copies.good
    if source.settings.duplicates == "merge":
        merged |= copies.carries
    elif source.settings.duplicates == "across_files":
        # The second of two equal rows of a file repeats nothing but the second of another file.
        copies = copies.mutate(in_file=_number_among(copies, [*equal, "source_index"]))
        copies = copies.mutate(elsewhere=_number_among(copies, [*equal, "in_file"]))
        merged |= copies.elsewhere > 0
        # Who says so knows that the others are no repetitions.
        noted = ibis.literal(False)
    repeat = ibis.ifelse(merged, DUPLICATE_MERGED, DUPLICATE_KEPT)
    return copies.filter((copies.copy > 0) & (merged | noted)).select(*PLACE, repeat=repeat)


def _number_among(table: ir.Table, equal: Sequence[str]) -> ir.IntegerColumn:
    """The number of each row, from 0, among those that are equal in some columns."""
    window = ibis.window(group_by=[table[name] for name in equal], order_by=[table[name] for name in PLACE])
    return ibis.row_number().over(window)


def _carries_id(table: ir.Table) -> ir.BooleanValue:
    """Whether a row names its order or its line, without which two equal rows may be two real events."""
    ids = [table[name].notnull() for name in ("order_id", "line_id") if name in table.columns]
    return reduce(or_, ids) if ids else ibis.literal(False)

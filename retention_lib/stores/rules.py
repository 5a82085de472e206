"""Which rows a report may use: one ordered list of conditions for each table, the first that holds rejects.

The same list feeds the rejected rows, the reconciliation and the check of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis

from retention_lib.settings.tables import TABLES, ColumnSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from retention_lib.stores.reconciliation import Severity
    from retention_lib.stores.sources import Source

EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 1, 1)

DUPLICATE_MERGED = "duplicate_merged"
DUPLICATE_KEPT = "duplicate_kept"
CONFLICT = "conflicting_rows"

MONEY_OF: Mapping[str, str] = {
    "transactions": "amount",
    "loyalty_events": "value",
    "redemptions": "value",
    "web_events": "value",
}
"""The column whose sum is reconciled, for tables whose rows carry one amount."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "assignments": ("customer_id", "experiment_id"),
    "outcomes": ("customer_id", "experiment_id"),
    "costs": ("month",),
}
"""What names a row of a table that has one row each: repeated rows are merged, differing ones set aside."""

LINE_KEY = ("customer_id", "order_id", "line_id", "ordered_at")
"""What names an order line where the source has line ids: lines that differ in the rest contradict."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A column of the contract in rows that were read but not yet judged.

    Attributes:
        value: The value in its canonical type; null where there is none or it cannot be read.
        unreadable: Where the source holds something that is not of the column's kind.
    """

    value: ir.Value
    unreadable: ir.BooleanValue

    @property
    def missing(self) -> ir.BooleanValue:
        """Where the source holds nothing."""
        return self.value.isnull() & ~self.unreadable


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One condition on a row.

    Attributes:
        reason: Its code, as the rejected rows and the reconciliation show it.
        severity: `quarantine` sets the row aside; `warn` keeps it, without the value it is about.
        predicate: Where it holds.
    """

    reason: str
    severity: Severity
    predicate: ir.BooleanValue


def table_columns(source: Source) -> tuple[ColumnSpec, ...]:
    """The contract's columns of a table together with the measured columns the user named."""
    metrics = tuple(ColumnSpec(name, "money", required=True) for name in source.metrics)
    return TABLES[source.table].columns + metrics


def row_rules(source: Source, cells: Mapping[str, Cell], *, as_of: date | None) -> list[Rule]:
    """The rules of a table in their order.

    Args:
        source: The table's source, which says which columns and variants to expect.
        cells: The columns that the source has.
        as_of: The last day of the data where the store pins it.
    """
    rules: list[Rule] = []
    for column in table_columns(source):
        if column.name not in cells:
            continue
        cell = cells[column.name]
        rules += _required(column, cell, as_of) if column.required else _optional(column, cell)
    rules += [_one_of(group, cells) for group in TABLES[source.table].one_of]
    if source.settings.variants is not None:
        known = list(source.settings.variants)
        rules.append(_quarantine("unknown_variant", ~cells["variant"].value.isin(known)))
    return rules


def _required(column: ColumnSpec, cell: Cell, as_of: date | None) -> list[Rule]:
    rules = [_quarantine(f"missing_{column.name}", cell.missing)]
    if column.kind != "text":
        rules.append(_quarantine(f"unreadable_{column.name}", cell.unreadable))
    if column.kind in ("timestamp", "date"):
        day = cell.value.date() if column.kind == "timestamp" else cell.value
        outside = (day < ibis.literal(EARLIEST)) | (day >= ibis.literal(LATEST))
        rules.append(_quarantine(f"{column.name}_outside_1990_to_2099", outside))
        if as_of is not None:
            rules.append(_quarantine("after_as_of", day >= ibis.literal(as_of + timedelta(days=1))))
    return rules


def _optional(column: ColumnSpec, cell: Cell) -> list[Rule]:
    if column.kind == "text":
        return []
    return [Rule(reason=f"unreadable_{column.name}", severity="warn", predicate=cell.unreadable)]


def _one_of(group: tuple[str, ...], cells: Mapping[str, Cell]) -> Rule:
    missing = [~cells[name].missing for name in group if name in cells]
    return _quarantine(f"missing_{'_or_'.join(group)}", ~reduce(or_, missing))


def _quarantine(reason: str, predicate: ir.BooleanValue) -> Rule:
    return Rule(reason=reason, severity="quarantine", predicate=predicate)


def rejection(rules: list[Rule]) -> ir.StringValue:
    """The reason of the first rule that sets a row aside; null where none does."""
    branches = [(rule.predicate.fill_null(False), rule.reason) for rule in rules if rule.severity == "quarantine"]
    return ibis.cases(*branches, else_=ibis.null("string"))


def conflict_key(table: ir.Table, spec: TableSpec) -> list[ir.Value]:
    """What names a row, so that two differing rows under one name contradict; empty where nothing does.

    A refund of a line is no contradiction, so the sign of the amount belongs to the name of an order line.
    """
    if spec.name in KEYS:
        return [table[name] for name in KEYS[spec.name]]
    if spec.name == "transactions" and {"order_id", "line_id"} <= set(table.columns):
        return [*(table[name] for name in LINE_KEY), table.amount.sign().name("sign")]
    return []


def carries_id(table: ir.Table) -> ir.BooleanValue:
    """Whether a row names its order or its line, without which two equal rows may be two real events."""
    ids = [table[name].notnull() for name in ("order_id", "line_id") if name in table.columns]
    return reduce(or_, ids) if ids else ibis.literal(False)

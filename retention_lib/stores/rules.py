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

from retention_lib.settings.tables import TABLES, ColumnSpec
from retention_lib.stores.reconciliation import IN_THE_FUTURE, LEFT_OUT, TOTAL_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from retention_lib.stores.reconciliation import Severity
    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 1, 1)

DUPLICATE_MERGED = "duplicate_merged"
DUPLICATE_KEPT = "duplicate_kept"
CONFLICT = "conflicting_rows"
AFTER_AS_OF = "after_as_of"
ANONYMOUS = "missing_customer_id"
AMOUNT_ELSEWHERE = "amount_on_another_line"

BESIDE_THE_POINT = frozenset({TOTAL_LINE, LEFT_OUT, AFTER_AS_OF, AMOUNT_ELSEWHERE})
"""Reasons of rows that are set aside and say nothing about how good the others are."""

MONEY_OF: Mapping[str, str] = {
    "transactions": "amount",
    "loyalty_events": "value",
    "redemptions": "value",
    "web_events": "value",
}
"""The column whose sum is reconciled, for tables whose rows carry one amount."""


UNREADABLE = "unreadable:"
"""What the name of a column begins with that marks where a value cannot be read."""


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


def row_rules(
    source: Source, cells: Mapping[str, Cell], *, beside: Mapping[str, ir.BooleanValue], terms: Terms
) -> list[Rule]:
    """The rules of a table in their order.

    Args:
        source: The table's source, which says which columns and variants to expect.
        cells: The columns that the source has.
        beside: Reasons that set a row aside before its cells are looked at, and where they hold.
        terms: The store's terms.
    """
    rules = [_quarantine(reason, predicate) for reason, predicate in beside.items()]
    for column in table_columns(source):
        if column.name not in cells:
            continue
        cell = cells[column.name]
        rules += _required(column, cell, terms) if column.required else _optional(column, cell)
    rules += [_one_of(group, cells) for group in TABLES[source.table].one_of]
    if source.settings.variants is not None:
        known = list(source.settings.variants)
        rules.append(_quarantine("unknown_variant", ~cells["variant"].value.isin(known)))
    return rules


def _required(column: ColumnSpec, cell: Cell, terms: Terms) -> list[Rule]:
    rules = [_quarantine(f"missing_{column.name}", cell.missing)]
    if column.kind != "text" or column.choices:
        rules.append(_quarantine(_not_read(column), cell.unreadable))
    if column.kind in ("timestamp", "date"):
        day = cell.value.date() if column.kind == "timestamp" else cell.value
        outside = (day < ibis.literal(EARLIEST)) | (day >= ibis.literal(LATEST))
        rules.append(_quarantine(f"{column.name}_outside_1990_to_2099", outside))
        reason, last = (IN_THE_FUTURE, terms.today) if terms.as_of is None else (AFTER_AS_OF, terms.as_of)
        rules.append(_quarantine(reason, day >= ibis.literal(last + timedelta(days=1))))
    return rules


def _optional(column: ColumnSpec, cell: Cell) -> list[Rule]:
    if column.kind == "text" and not column.choices:
        return []
    return [Rule(reason=_not_read(column), severity="warn", predicate=cell.unreadable)]


def _not_read(column: ColumnSpec) -> str:
    return f"unknown_{column.name}" if column.choices else f"unreadable_{column.name}"


def _one_of(group: tuple[str, ...], cells: Mapping[str, Cell]) -> Rule:
    missing = [~cells[name].missing for name in group if name in cells]
    return _quarantine(f"missing_{'_or_'.join(group)}", ~reduce(or_, missing))


def _quarantine(reason: str, predicate: ir.BooleanValue) -> Rule:
    return Rule(reason=reason, severity="quarantine", predicate=predicate)


def rejection(rules: list[Rule]) -> ir.StringValue:
    """The reason of the first rule that sets a row aside; null where none does."""
    branches = [(rule.predicate.fill_null(False), rule.reason) for rule in rules if rule.severity == "quarantine"]
    return ibis.cases(*branches, else_=ibis.null("string"))


def is_kept(judged: ir.Table) -> ir.BooleanValue:
    """Whether reports use a judged row."""
    return judged.fate.isnull() | (judged.fate == DUPLICATE_KEPT)


def is_rejected(judged: ir.Table) -> ir.BooleanValue:
    """Whether a judged row is set aside."""
    return judged.fate.notnull() & ~judged.fate.isin([DUPLICATE_KEPT, DUPLICATE_MERGED])


def severity(reason: str) -> Severity:
    """What is done with the rows of a fate."""
    if reason == DUPLICATE_MERGED:
        return "merge"
    return "warn" if reason == DUPLICATE_KEPT else "quarantine"

"""What became of every row and every cent, counted from what was written and from what was not."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt

from retention_lib.stores.engine import rows
from retention_lib.stores.judging import WARN
from retention_lib.stores.numbers import MONEY
from retention_lib.stores.reconciliation import ReasonCount, Reconciliation
from retention_lib.stores.rules import MONEY_OF, is_kept, severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.judging import Judged
    from retention_lib.stores.reconciliation import Severity
    from retention_lib.stores.sources import Source

PLACES = 3
"""Rows of each finding that are named by file and row."""

_ROWS_OF_A_FILE = 1 << 40


@ibis.udf.agg.builtin(name="arg_min", signature=((dt.string, dt.int64, dt.int64), dt.Array(dt.string)))
def _first(value: ir.Value, order: ir.Value, count: int) -> ir.ArrayScalar: ...


def reconciled(source: Source, judged: Judged, kept: ir.Table, engine: Backend) -> Reconciliation:
    """The count of what went in, what was written and what was not, each on its own, compared.

    Args:
        source: The table's source.
        judged: Every row, and a column of `WARN` for each finding of rows that are kept.
        kept: The rows that were written.
        engine: Where the rows are.

    Raises:
        RuntimeError: When the parts do not add up, which is a fault of ours.
    """
    money = MONEY_OF.get(source.table)
    money = money if money in kept.columns else None
    reasons = _reasons(judged.rows, money, engine)
    parts = {"in": _total(judged.typed, money, engine), "kept": _total(kept, money, engine)}
    for part, done in (("rejected", "quarantine"), ("merged", "merge")):
        parts[part] = _sum_of([reason for reason in reasons if reason.severity == done], money)
    counts = {f"rows_{part}": count for part, (count, _) in parts.items()}
    amounts = {f"amount_{part}": amount for part, (_, amount) in parts.items()}
    reconciliation = Reconciliation(table=source.table, reasons=reasons, **counts, **amounts)  # type: ignore[arg-type]
    if not reconciliation.balanced:
        raise RuntimeError(f"{source.place}: the rows of {source.table} do not add up: {reconciliation}")
    return reconciliation


def _total(table: ir.Table, money: str | None, engine: Backend) -> tuple[int, Decimal | None]:
    """Rows and money of a table."""
    found = rows(engine, table.aggregate(rows=table.count(), amount=_sum(table, money)))[0]
    return found["rows"], _amount(found["amount"], money)


def _sum_of(reasons: list[ReasonCount], money: str | None) -> tuple[int, Decimal | None]:
    return sum(reason.rows for reason in reasons), _amount(sum(reason.amount or 0 for reason in reasons), money)


def _sum(table: ir.Table, money: str | None) -> ir.DecimalScalar:
    return ibis.null(MONEY) if money is None else table[money].sum()


def _amount(found: Any, money: str | None) -> Decimal | None:
    return None if money is None else found or Decimal("0.0000")


def _reasons(judged: ir.Table, money: str | None, engine: Backend) -> tuple[ReasonCount, ...]:
    """Rows, money and first places of every finding, the commonest first."""
    fated = judged.filter(judged.fate.notnull())
    fates = fated.group_by("fate").aggregate(**_facts(fated, money))
    counts = [_count(row["fate"], severity(row["fate"]), row, money) for row in rows(engine, fates)]
    kept = judged.filter(is_kept(judged))
    for column in judged.columns:
        if column.startswith(WARN):
            found = kept.filter(kept[column])
            (facts,) = rows(engine, found.aggregate(**_facts(found, money)))
            counts.append(_count(column.removeprefix(WARN), "warn", facts, money))
    return tuple(sorted((c for c in counts if c.rows), key=lambda count: (-count.rows, count.reason)))


def _facts(found: ir.Table, money: str | None) -> dict[str, ir.Scalar]:
    """What is told of the rows of a finding."""
    place = found.source_file + ":" + found.source_row.cast("string")
    order = found.source_index.cast("int64") * _ROWS_OF_A_FILE + found.source_row
    return {"rows": found.count(), "amount": _sum(found, money), "places": _first(place, order, PLACES)}


def _count(reason: str, done: Severity, found: Mapping[str, Any], money: str | None) -> ReasonCount:
    places = tuple(found["places"] or ())
    amount = _amount(found["amount"], money)
    return ReasonCount(reason=reason, severity=done, rows=found["rows"], amount=amount, places=places)

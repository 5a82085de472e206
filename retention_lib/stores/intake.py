"""One table from its files to typed Parquet: read, judge, count, write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import ibis

from retention_lib.stores import rules as rule_book
from retention_lib.stores.checks import check_notation, check_share_kept
from retention_lib.stores.contracts import check_contract
from retention_lib.stores.engine import connect, keep, rows, write_parquet
from retention_lib.stores.errors import DataError
from retention_lib.stores.parsing import MONEY, Reading, Style, read_column
from retention_lib.stores.reconciliation import ReasonCount, Reconciliation
from retention_lib.stores.sources import RAW, Source, contract_columns, raw_query, reading_error

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.reconciliation import Severity

KEPT, REJECTED = "kept.parquet", "rejected.parquet"

_PLACE = ("source_index", "source_row")
_UNREADABLE, _WARN = "unreadable:", "warn:"


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What became of a table's files.

    Attributes:
        reconciliation: The count of rows and money.
        first_day: The first day with a sale; None for a table other than transactions.
        last_day: The last day with a sale.
    """

    reconciliation: Reconciliation
    first_day: date | None
    last_day: date | None


def take_in(source: Source, folder: Path, *, timezone: str, as_of: date | None) -> Intake:
    """Read a table and write `kept.parquet` and, when rows are set aside, `rejected.parquet`.

    Args:
        source: The files.
        folder: An empty folder to write to.
        timezone: The store's time zone.
        as_of: The last day of the data where the store pins it.

    Raises:
        DataError: When the files cannot be read or break the contract.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    engine = connect(scratch / "intake.duckdb", spill=scratch)
    try:
        raw = _read(source, engine, scratch)
        judged = _judge(source, raw, engine, timezone=timezone, as_of=as_of)
        kept = _write_kept(source, judged, engine, folder / KEPT)
        _write_rejected(raw, judged, engine, folder / REJECTED)
        reconciliation = _reconcile(source, judged, kept, engine)
        check_share_kept(reconciliation, source)
        check_contract(kept, source)
        return Intake(reconciliation=reconciliation, **_sales_days(source, kept, engine))
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{folder.parent}: cannot be written to ({reason}); free space or give access") from error
    finally:
        engine.disconnect()


def _read(source: Source, engine: Backend, scratch: Path) -> ir.Table:
    query = raw_query(source, engine, scratch)
    try:
        engine.raw_sql(f"CREATE TABLE raw_rows AS {query}")
    except duckdb.Error as error:
        raise reading_error(source, str(error), scratch) from error
    return engine.table("raw_rows")


def _judge(source: Source, raw: ir.Table, engine: Backend, *, timezone: str, as_of: date | None) -> ir.Table:
    """Every row with its typed columns and its fate: null for an ordinary row, else a reason."""
    written = source.style
    style = Style(
        decimal=written.decimal,
        thousands=written.thousands,
        dates=written.dates,
        timezone=timezone,
        stamps=source.stamps,
    )
    kinds = {column.name: column.kind for column in rule_book.table_columns(source)}
    names = contract_columns(source, raw.columns)
    readings = {name: read_column(raw[origin], kinds[name], style) for name, origin in names.items()}
    check_notation(source, raw, readings, style, engine)
    typed = keep(engine, "typed_rows", _typed(source, raw, readings))
    cells = {name: _cell(typed, name) for name in readings}
    rules = rule_book.row_rules(source, cells, as_of=as_of)
    warnings = {_WARN + rule.reason: rule.predicate for rule in rules if rule.severity == "warn"}
    judged = typed.mutate(fate=rule_book.rejection(rules), **warnings)
    return _with_repeats(source, raw, judged, engine)


def _typed(source: Source, raw: ir.Table, readings: dict[str, Reading]) -> ir.Table:
    """The rows in canonical types, with a mark where a value cannot be read and a hash of the source row."""
    values = {name: reading.value for name, reading in readings.items()}
    if source.settings.variants is not None:
        short = {theirs: ours for ours, theirs in source.settings.variants.items()}
        values["variant"] = readings["variant"].source.substitute(short)
    marks = {_UNREADABLE + name: reading.unreadable for name, reading in readings.items()}
    row_hash = ibis.struct({name: raw[name] for name in _own_columns(raw)}).hash()
    return raw.select(*_PLACE, "source_file", row_hash=row_hash, **marks, **values)


def _cell(typed: ir.Table, name: str) -> rule_book.Cell:
    return rule_book.Cell(value=typed[name], unreadable=typed[_UNREADABLE + name])


def _own_columns(raw: ir.Table) -> list[str]:
    return [name for name in raw.columns if name.startswith(RAW)]


def _with_repeats(source: Source, raw: ir.Table, judged: ir.Table, engine: Backend) -> ir.Table:
    """The rows with the fates of those that contradict or repeat another one filled in."""
    good = judged.filter(judged.fate.isnull())
    conflicts = _conflicts(source, good)
    if conflicts is not None:
        conflicts = keep(engine, "conflicts", conflicts)
    repeats = keep(engine, "repeats", _repeats(source, raw, good))
    if conflicts is not None:
        repeats = conflicts.union(repeats.anti_join(conflicts, _PLACE))
    if rows(engine, repeats.aggregate(rows=repeats.count()))[0]["rows"] == 0:
        return judged
    fates = judged.left_join(repeats, _PLACE)
    columns = {name: judged[name] for name in judged.columns}
    columns["fate"] = ibis.coalesce(judged.fate, repeats.repeat)
    return keep(engine, "judged_rows", fates.select(**columns))


def _conflicts(source: Source, good: ir.Table) -> ir.Table | None:
    """Rows that share a name and differ: none of them can be believed."""
    key = rule_book.conflict_key(good, rule_book.TABLES[source.table])
    if not key:
        return None
    named = good.mutate(**{f"key:{number}": value for number, value in enumerate(key)})
    keys = [f"key:{number}" for number in range(len(key))]
    complete = named.filter([named[name].notnull() for name in keys])
    grouped = complete.group_by(keys).aggregate(low=complete.row_hash.min(), high=complete.row_hash.max())
    broken = grouped.filter(grouped.low != grouped.high)
    return complete.semi_join(broken, keys).select(*_PLACE, repeat=ibis.literal(rule_book.CONFLICT))


def _repeats(source: Source, raw: ir.Table, good: ir.Table) -> ir.Table:
    """Rows equal to an earlier one in every column of the source."""
    hashes = good.group_by("row_hash").aggregate(copies=good.count())
    candidates = good.semi_join(hashes.filter(hashes.copies > 1), "row_hash")
    marked = candidates.select(*_PLACE, carries=rule_book.carries_id(candidates))
    whole = raw.inner_join(marked, _PLACE)
    order = [whole[name] for name in _PLACE]
    window = ibis.window(group_by=[whole[name] for name in _own_columns(raw)], order_by=order)
    copies = whole.mutate(copy=ibis.row_number().over(window))
    merged = ibis.literal(source.table in rule_book.KEYS)
    if source.settings.duplicates == "merge":
        merged |= copies.carries
    repeat = ibis.ifelse(merged, rule_book.DUPLICATE_MERGED, rule_book.DUPLICATE_KEPT)
    return copies.filter(copies.copy > 0).select(*_PLACE, repeat=repeat)


def _is_kept(judged: ir.Table) -> ir.BooleanValue:
    return judged.fate.isnull() | (judged.fate == rule_book.DUPLICATE_KEPT)


def _write_kept(source: Source, judged: ir.Table, engine: Backend, path: Path) -> ir.Table:
    """Write the rows that reports use, in the source's order, and open what was written."""
    kept = judged.filter(_is_kept(judged)).order_by(_PLACE)
    specs = rule_book.table_columns(source)
    columns = {column.name: kept[column.name] for column in specs if column.name in kept.columns}
    if source.table == "transactions":
        # Without an order id each row is an order, named by its file and row.
        alone = kept.source_file + ":" + kept.source_row.cast("string")
        columns["order_id"] = ibis.coalesce(kept.order_id, alone) if "order_id" in columns else alone
    ordered = {column.name: columns[column.name] for column in specs if column.name in columns}
    write_parquet(engine, kept.select(**ordered), path)
    return engine.read_parquet(path)


def _write_rejected(raw: ir.Table, judged: ir.Table, engine: Backend, path: Path) -> None:
    """Write the rows set aside as they stand in the source, with place and reason; no file without any."""
    reasons = judged.filter(_is_rejected(judged)).select(*_PLACE, reason=judged.fate)
    rejected = keep(engine, "rejected_rows", raw.inner_join(reasons, _PLACE))
    if rows(engine, rejected.aggregate(rows=rejected.count()))[0]["rows"] == 0:
        return
    ours = {name: rejected[name] for name in ("source_file", "source_row", "reason")}
    theirs = {name: rejected[name] for name in _own_columns(raw)}
    plain = {name.removeprefix(RAW): value for name, value in theirs.items()}
    clash = {name.casefold() for name in plain} & set(ours)
    write_parquet(engine, rejected.order_by(_PLACE).select(**ours, **(theirs if clash else plain)), path)


def _is_rejected(judged: ir.Table) -> ir.BooleanValue:
    return judged.fate.notnull() & ~judged.fate.isin([rule_book.DUPLICATE_KEPT, rule_book.DUPLICATE_MERGED])


def _reconcile(source: Source, judged: ir.Table, kept: ir.Table, engine: Backend) -> Reconciliation:
    """Count what went in, what was written and what was not, each on its own, and compare."""
    money = rule_book.MONEY_OF.get(source.table)
    money = money if money in kept.columns else None
    reasons = _reasons(judged, money, engine)
    parts = {
        "in": _total(judged, money, engine),
        "kept": _total(kept, money, engine),
        "rejected": _total(judged.filter(_is_rejected(judged)), money, engine),
        "merged": _total(judged.filter(judged.fate == rule_book.DUPLICATE_MERGED), money, engine),
    }
    counts = {f"rows_{part}": count for part, (count, _) in parts.items()}
    amounts = {f"amount_{part}": amount for part, (_, amount) in parts.items()}
    reconciliation = Reconciliation(table=source.table, reasons=reasons, **counts, **amounts)  # type: ignore[arg-type]
    if not reconciliation.balanced:
        raise RuntimeError(f"{source.place}: the rows of {source.table} do not add up: {reconciliation}")
    return reconciliation


def _total(table: ir.Table, money: str | None, engine: Backend) -> tuple[int, Decimal | None]:
    """Rows and money of a table."""
    amount = ibis.null(MONEY) if money is None else table[money].sum()
    found = rows(engine, table.aggregate(rows=table.count(), amount=amount))[0]
    return found["rows"], None if money is None else found["amount"] or Decimal("0.0000")


def _reasons(judged: ir.Table, money: str | None, engine: Backend) -> tuple[ReasonCount, ...]:
    """Rows and money of every finding, the commonest first."""
    found = judged.filter(judged.fate.notnull())
    fates = [row["fate"] for row in rows(engine, found.select("fate").distinct())]
    counts = [_reason_count(fate, _severity(fate), found.filter(found.fate == fate), money, engine) for fate in fates]
    kept = judged.filter(_is_kept(judged))
    for column in judged.columns:
        if column.startswith(_WARN):
            reason = column.removeprefix(_WARN)
            counts.append(_reason_count(reason, "warn", kept.filter(kept[column]), money, engine))
    return tuple(sorted((c for c in counts if c.rows), key=lambda count: (-count.rows, count.reason)))


def _reason_count(reason: str, severity: Severity, table: ir.Table, money: str | None, engine: Backend) -> ReasonCount:
    count, amount = _total(table, money, engine)
    return ReasonCount(reason=reason, severity=severity, rows=count, amount=amount)


def _severity(reason: str) -> Severity:
    if reason == rule_book.DUPLICATE_MERGED:
        return "merge"
    return "warn" if reason == rule_book.DUPLICATE_KEPT else "quarantine"


def _sales_days(source: Source, kept: ir.Table, engine: Backend) -> dict[str, date | None]:
    """The first and the last day with a sale."""
    if source.table != "transactions":
        return {"first_day": None, "last_day": None}
    sales = kept.filter(kept.amount > 0)
    days = sales.aggregate(first_day=sales.ordered_at.min().date(), last_day=sales.ordered_at.max().date())
    return rows(engine, days)[0]

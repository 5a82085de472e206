"""One table from its files to typed Parquet: read, judge, count, write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import ibis

from retention_lib.stores.columns import RAW, own_columns, picking_columns
from retention_lib.stores.contracts import check_contract
from retention_lib.stores.counting import reconciled
from retention_lib.stores.engine import connect, keep, rows, write_parquet
from retention_lib.stores.errors import DataError
from retention_lib.stores.joining import with_joined
from retention_lib.stores.judging import judged_rows
from retention_lib.stores.repeats import PLACE
from retention_lib.stores.rules import is_kept, is_rejected, table_columns
from retention_lib.stores.shapes import shape_of
from retention_lib.stores.shares import check_shares
from retention_lib.stores.sources import raw_query
from retention_lib.stores.text_files import reading_error

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.stores.judging import Judged
    from retention_lib.stores.reconciliation import Reconciliation
    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

KEPT, REJECTED = "kept.parquet", "rejected.parquet"


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


def take_in(source: Source, folder: Path, terms: Terms) -> Intake:
    """Read a table and write `kept.parquet` and, when rows are set aside, `rejected.parquet`.

    Args:
        source: The files.
        folder: An empty folder to write to.
        terms: The store's terms.

    Raises:
        DataError: When the files cannot be read or break the contract.
    """
    scratch = folder / "scratch"
    scratch.mkdir()
    engine = connect(scratch / "intake.duckdb", spill=scratch)
    try:
        raw = _read(source, engine, scratch)
        judged = judged_rows(source, raw, engine, terms)
        kept = _write_kept(source, judged.rows, engine, folder / KEPT)
        _write_rejected(source, raw, judged, engine, folder / REJECTED)
        reconciliation = reconciled(source, judged, kept, engine)
        check_shares(source, raw, judged, reconciliation, terms, engine)
        if reconciliation.rows_kept:
            check_contract(kept, source)
        return Intake(reconciliation=reconciliation, **_sales_days(source, kept, engine))
    except duckdb.OutOfMemoryException as error:
        raise DataError(
            f"{source.place}: memory and the free space of {folder.parent} are too small for it; free space there "
            "or set RETENTION_THREADS to 1"
        ) from error
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{folder.parent}: cannot be written to ({reason}); free space or give access") from error
    finally:
        engine.disconnect()


def _read(source: Source, engine: Backend, scratch: Path) -> ir.Table:
    query = raw_query(source, engine, scratch)
    try:
        engine.raw_sql(f"CREATE TABLE raw_rows AS {query}")
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise reading_error(source, str(error), scratch) from error
    return with_joined(source, engine.table("raw_rows"))


def _write_kept(source: Source, judged: ir.Table, engine: Backend, path: Path) -> ir.Table:
    """Write the rows that reports use, in the source's order, and open what was written."""
    kept = judged.filter(is_kept(judged)).order_by(PLACE)
    specs = table_columns(source)
    columns = {column.name: kept[column.name] for column in specs if column.name in kept.columns}
    if source.table == "transactions":
        # Without an order id each row is an order, named by its file and row.
        alone = kept.source_file + ":" + kept.source_row.cast("string")
        columns["order_id"] = ibis.coalesce(kept.order_id, alone) if "order_id" in columns else alone
    ordered = {column.name: columns[column.name] for column in specs if column.name in columns}
    write_parquet(engine, kept.select(**ordered), path)
    return engine.read_parquet(path)


def _write_rejected(source: Source, raw: ir.Table, judged: Judged, engine: Backend, path: Path) -> None:
    """Write the rows set aside as they stand in the source, with place and reason; no file without any.

    Only columns that the store uses are written: others may hold names, and identifiers are nobody's business.
    """
    reasons = judged.rows.filter(is_rejected(judged.rows)).select(*PLACE, reason=judged.rows.fate)
    rejected = keep(engine, "rejected_rows", raw.inner_join(reasons, PLACE))
    if rows(engine, rejected.aggregate(rows=rejected.count()))[0]["rows"] == 0:
        return
    ours = {name: rejected[name] for name in ("source_file", "source_row", "reason")}
    used = {*judged.columns.values(), *(RAW + name for name in picking_columns(source))}
    theirs = {name: rejected[name] for name in own_columns(raw.columns) if name in used}
    if source.table == "identities":
        theirs[judged.columns["value"]] = shape_of(rejected[judged.columns["value"]].cast("string"))
    plain = {name.removeprefix(RAW): value for name, value in theirs.items()}
    clash = {name.casefold() for name in plain} & set(ours)
    write_parquet(engine, rejected.order_by(PLACE).select(**ours, **(theirs if clash else plain)), path)


def _sales_days(source: Source, kept: ir.Table, engine: Backend) -> dict[str, date | None]:
    """The first and the last day with a sale."""
    if source.table != "transactions":
        return {"first_day": None, "last_day": None}
    sales = kept.filter(kept.amount > 0)
    days = sales.aggregate(first_day=sales.ordered_at.min().date(), last_day=sales.ordered_at.max().date())
    return rows(engine, days)[0]

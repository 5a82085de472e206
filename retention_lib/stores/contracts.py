"""The schema of what comes out: canonical types, and nothing missing where it is required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis.expr.datatypes as dt

from retention_lib.stores import parsing
from retention_lib.stores.errors import DataError
from retention_lib.stores.numbers import MONEY
from retention_lib.stores.rules import table_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from retention_lib.settings.tables import ColumnKind, ColumnSpec
    from retention_lib.stores.sources import Source

TYPES: Mapping[ColumnKind, dt.DataType] = {
    "text": dt.string,
    "timestamp": parsing.STAMP,
    "date": dt.date,
    "money": MONEY,
    "number": dt.float64,
    "integer": dt.int64,
    "boolean": dt.boolean,
}
"""The engine's type of each kind of column."""


def schema(source: Source, columns: tuple[str, ...]) -> Any:
    """The pandera schema (Ibis backend) of a table as reports see it.

    Args:
        source: The table's source, which knows its measured columns.
        columns: The columns the source has.
    """
    import pandera.ibis as pa

    specs = {column.name: column for column in table_columns(source)}
    checked = {name: _column(pa, specs[name], specs[name].required) for name in columns}
    return pa.DataFrameSchema(checked, strict=True, ordered=True, name=source.table)


def _column(pa: Any, spec: ColumnSpec, required: bool) -> Any:
    return pa.Column(TYPES[spec.kind], nullable=not required)


def check_contract(table: ir.Table, source: Source) -> None:
    """Check a table against its schema.

    Raises:
        DataError: Naming every column that breaks the contract.
    """
    from pandera.errors import SchemaErrors

    try:
        schema(source, tuple(table.columns)).validate(table, lazy=True)
    except SchemaErrors as error:
        cases = sorted({str(case) for case in error.failure_cases["column"].tolist()})
        raise DataError(
            f"{source.place}: {source.table} breaks its contract in {', '.join(cases)}; "
            f"check tables.{source.table}.columns"
        ) from error

"""Workbooks: one sheet each, its cells brought to columns of one kind and kept aside as Parquet.

A column of dates stays dates and a column of numbers stays numbers; where kinds are mixed, every cell becomes text
the way the parameter file says text is written.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from retention_lib.settings.problems import nearest_name
from retention_lib.settings.tables import TABLES
from retention_lib.stores.columns import column_names
from retention_lib.stores.engine import quoted_name, quoted_text
from retention_lib.stores.errors import DataError
from retention_lib.stores.relations import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from python_calamine import CalamineSheet, CalamineWorkbook

    from retention_lib.settings.models import CsvFormat
    from retention_lib.stores.sources import Source

Kind = Literal["nothing", "boolean", "integer", "number", "stamp", "text"]

_EXACT = 2**53
_TOP = 40
_BATCH = 20_000


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet with its header found.

    Attributes:
        name: What errors call the file.
        cells: The sheet.
        columns: The names of its columns; None for a column that holds nothing at all.
        header_row: The row with the names, counted from 1.
    """

    name: str
    cells: CalamineSheet
    columns: tuple[str | None, ...]
    header_row: int

    def rows(self) -> Iterator[list[Any]]:
        """The rows under the header, blank ones included, so that their numbers stay those of the sheet."""
        return islice(self.cells.iter_rows(), self.header_row, None)


def workbook_relations(source: Source, scratch: Path) -> list[Relation]:
    """How the engine reads the sheets of a table's workbooks, once they are Parquet.

    Args:
        source: The table's source.
        scratch: The folder for the Parquet files.

    Raises:
        DataError: When a workbook cannot be read, it is not clear which sheet is meant, or a number in it was
            too long to be kept exactly.
    """
    sheets = [_sheet(source, path, name) for path, name in zip(source.files, source.names, strict=True)]
    kinds: dict[str, Kind] = {}
    for sheet in sheets:
        for column, kind in _kinds(sheet).items():
            kinds[column] = _common(kinds.get(column, "nothing"), kind)
    mapped = {source.column(column.name) for column in TABLES[source.table].columns} | set(source.metrics)
    relations = []
    for index, sheet in enumerate(sheets):
        _check_exact(sheet, [column for column in mapped if kinds.get(column) == "text"])
        path = scratch / f"{index}.parquet"
        _write(sheet, kinds, source.style, path)
        relations.append(_relation(sheet, path))
    return relations


def _relation(sheet: Sheet, path: Path) -> Relation:
    """The rows that hold something, and their numbers in the sheet."""
    columns = tuple(column for column in sheet.columns if column is not None)
    filled = ", ".join(f"{quoted_name(column)}::VARCHAR" for column in columns)
    file = f"read_parquet({quoted_text(str(path))}, file_row_number = true)"
    return Relation(
        sql=f"(SELECT * FROM {file} WHERE coalesce({filled}, NULL) IS NOT NULL)",  # noqa: S608 - names are quoted
        columns=columns,
        row=f"file_row_number + {sheet.header_row + 1}",
        top=tuple(tuple(map(_plain_text, row)) for row in islice(sheet.cells.iter_rows(), _TOP)),
        unit="row",
    )


def _sheet(source: Source, path: Path, name: str) -> Sheet:
    workbook = _opened(path, name)
    cells = _chosen(workbook, source, name)
    number = source.settings.header_row
    header = [_plain_text(cell) for cell in next(islice(cells.iter_rows(), number - 1, None), [])]
    header = _with_merged(header, cells, number - 1)
    if not any(header):
        raise DataError(
            f"{name}: row {number} holds no column names; set tables.{source.table}.header_row to the row that does"
        )
    names = column_names(header, f"{name}: row {number}")
    used = _used_columns(islice(cells.iter_rows(), number, None), len(header))
    columns = tuple(
        column if cell or filled else None for column, cell, filled in zip(names, header, used, strict=True)
    )
    return Sheet(name=name, cells=cells, columns=columns, header_row=number)


def _opened(path: Path, name: str) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    _check_whole(path, name)
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise DataError(f"{name}: is protected by a password; save it without one") from error
    except (CalamineError, ValueError) as error:
        raise _no_workbook(name) from error


def _check_whole(path: Path, name: str) -> None:
    """Check the parts of a packed workbook against their checksums, which the reader does not do to their end."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as parts:
            broken = parts.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _no_workbook(name) from error
    if broken is not None:
        raise DataError(f"{name}: is damaged; copy or export it again")


def _no_workbook(name: str) -> DataError:
    # Shops' systems often write a web page or text and call it .xls.
    return DataError(
        f"{name}: cannot be read as a workbook; open it in a spreadsheet and save it as .xlsx, or as text if it is text"
    )


def _chosen(workbook: CalamineWorkbook, source: Source, name: str) -> CalamineSheet:
    """The sheet the parameter file names, else the only one that holds data."""
    from python_calamine import CalamineError, SheetTypeEnum

    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    wanted = source.settings.sheet
    if wanted is not None and wanted not in names:
        near = nearest_name(wanted, names)
        hint = f"; did you mean {near}?" if near else ""
        raise DataError(
            f"{name}: has no sheet {wanted} (found: {', '.join(names)}); mend tables.{source.table}.sheet{hint}"
        )
    try:
        sheets = [workbook.get_sheet_by_name(sheet) for sheet in ([wanted] if wanted else names)]
    except CalamineError as error:
        raise _no_workbook(name) from error
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        raise DataError(f"{name}: the file is empty; export {source.table} again")
    if len(filled) > 1:
        listed = ", ".join(sheet.name for sheet in filled)
        raise DataError(f"{name}: several sheets hold data ({listed}); set tables.{source.table}.sheet to one of them")
    return filled[0]


def _with_merged(header: list[str], cells: CalamineSheet, row: int) -> list[str]:
    """The header with names that stand in rows above it because their cells reach down by being merged."""
    whole = list(header)
    first_column = cells.start[1] if cells.start else 0
    for (top, left), (bottom, _) in cells.merged_cell_ranges or ():
        place = left - first_column
        if top < row <= bottom and 0 <= place < len(whole) and not whole[place]:
            whole[place] = _plain_text(next(islice(cells.iter_rows(), top, None))[place])
    return whole


def _used_columns(rows: Iterable[list[Any]], width: int) -> list[bool]:
    """Which columns hold anything under the header."""
    used = [False] * width
    for row in rows:
        for place, cell in enumerate(row):
            if cell != "":
                used[place] = True
        if all(used):
            break
    return used


def _kinds(sheet: Sheet) -> dict[str, Kind]:
    """What the cells of each column have in common."""
    kinds: list[Kind] = ["nothing"] * len(sheet.columns)
    for row in sheet.rows():
        for place, cell in enumerate(row):
            if cell != "" and kinds[place] != "text":
                kinds[place] = _common(kinds[place], _kind(cell))
    return {column: kind for column, kind in zip(sheet.columns, kinds, strict=True) if column is not None}


def _kind(cell: Any) -> Kind:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int | float):
        return "integer" if _is_whole(cell) else "number"
    return "stamp" if isinstance(cell, date) else "text"


def _is_whole(number: float) -> bool:
    return abs(number) < _EXACT and number == int(number)


def _common(one: Kind, other: Kind) -> Kind:
    """The kind that holds the values of both."""
    if other in (one, "nothing"):
        return one
    if one == "nothing":
        return other
    return "number" if {one, other} == {"integer", "number"} else "text"


def _check_exact(sheet: Sheet, mixed: Sequence[str]) -> None:
    """Check that no number among text was too long for a spreadsheet: an id would come back as another one.

    Raises:
        DataError: Naming the row.
    """
    places = [(place, column) for place, column in enumerate(sheet.columns) if column in mixed]
    for number, row in enumerate(sheet.rows() if places else (), sheet.header_row + 1):
        for place, column in places:
            if isinstance(row[place], float) and not abs(row[place]) < _EXACT:
                raise DataError(
                    f"{sheet.name}: row {number}: {column} holds an id kept as a rounded number; "
                    "export the column as text"
                )


def _write(sheet: Sheet, kinds: Mapping[str, Kind], style: CsvFormat, path: Path) -> None:
    """Write the rows of a sheet as typed Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "nothing": pa.string(),
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "stamp": pa.timestamp("us"),
        "text": pa.string(),
    }
    places = [(place, column) for place, column in enumerate(sheet.columns) if column is not None]
    schema = pa.schema([(column, types[kinds[column]]) for _, column in places])
    rows = sheet.rows()
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            arrays = [
                _array([row[place] for row in batch], kinds[column], style, types[kinds[column]])
                for place, column in places
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def _array(cells: Sequence[Any], kind: Kind, style: CsvFormat, arrow: pa.DataType) -> pa.Array:
    import pyarrow as pa

    values = [None if cell == "" else cell for cell in cells]
    if kind == "text":
        values = [None if cell is None else _text(cell, style) for cell in values]
    elif kind == "integer":
        values = [None if cell is None else int(cell) for cell in values]
    elif kind == "stamp":
        values = [datetime.fromisoformat(cell.isoformat()) if cell is not None else None for cell in values]
    return pa.array(values, type=arrow)


def _text(cell: Any, style: CsvFormat) -> str:
    """A cell of a column of mixed kinds, written as the text around it is."""
    if isinstance(cell, date) and style.dates is not None:
        return cell.strftime(style.dates)
    if isinstance(cell, float) and not _is_whole(cell):
        return _plain_text(cell).replace(".", style.decimal)
    return _plain_text(cell)


def _plain_text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates as ISO writes them."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if _is_whole(cell) else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="auto")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip(" \t\r\n\u00a0")

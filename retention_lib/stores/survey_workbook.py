"""The sheets of a workbook and the columns of a Parquet file, as rows to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from python_calamine import CalamineSheet

_ROWS = 20_000


def workbook_rows(path: Path, name: str) -> dict[str, list[list[Any]]]:
    """The rows of every sheet that holds something, from its first row on.

    Args:
        path: The workbook.
        name: What errors call it.

    Raises:
        DataError: When it cannot be opened, or holds nothing.
    """
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            names = [s.name for s in book.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
            sheets = {sheet: book.get_sheet_by_name(sheet) for sheet in names}
            held = {sheet: _rows(cells) for sheet, cells in sheets.items() if cells.height}
    except calamine.PasswordError as error:
        raise DataError(f"{name}: is protected by a password; save it without one") from error
    except (calamine.CalamineError, ValueError) as error:
        raise DataError(f"{name}: cannot be opened as a workbook; save it as .xlsx, or export it as CSV") from error
    if not held:
        raise DataError(f"{name}: the file is empty; export it again")
    return held


def _rows(sheet: CalamineSheet) -> list[list[Any]]:
    """The first rows of a sheet, and its last ones where it is long; names merged downwards stand in each row."""
    rows = list(sheet.iter_rows())
    first_column = sheet.start[1] if sheet.start else 0
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        place = left - first_column
        for row in range(top + 1, min(bottom + 1, len(rows))):
            if rows[row][place] == "":
                rows[row][place] = rows[top][place]
    return rows if len(rows) <= _ROWS else [*rows[: _ROWS // 2], *rows[-_ROWS // 2 :]]


def parquet_columns(path: Path, name: str) -> dict[str, list[Any]]:
    """Some values of every column of a Parquet file, from its beginning and its end.

    Args:
        path: The file.
        name: What errors call it.

    Raises:
        DataError: When it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            groups = sorted({0, file.num_row_groups - 1}) if file.num_row_groups else []
            parts = [_ends(file.read_row_group(group)) for group in groups]
            names = file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{name}: cannot be read as Parquet; write the file again") from error
    if not parts:
        raise DataError(f"{name}: the file holds no rows; export it again")
    table = pa.concat_tables(parts)
    return {column: table.column(number).to_pylist() for number, column in enumerate(names)}


def _ends(table: Any) -> Any:
    import pyarrow as pa

    return table if table.num_rows <= _ROWS else pa.concat_tables([table[: _ROWS // 2], table[-_ROWS // 2 :]])

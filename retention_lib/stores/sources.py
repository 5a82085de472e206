"""Where the tables of a store come from, and one SQL query that yields a table's raw columns and each row's place."""

# ruff: noqa: S608 - every name and path in the SQL is quoted by the engine's rules.

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from retention_lib.settings.models import CsvFormat
from retention_lib.settings.problems import nearest_name
from retention_lib.settings.rules import WORKBOOK_ENDINGS
from retention_lib.stores.columns import RAW, check_columns
from retention_lib.stores.engine import quoted_name, quoted_text
from retention_lib.stores.errors import DataError
from retention_lib.stores.parquet_files import described, parquet_relations
from retention_lib.stores.text_files import text_relation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.backends.duckdb import Backend

    from retention_lib.settings.models import TableSource
    from retention_lib.stores.relations import Relation


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one table comes from.

    Attributes:
        table: The contract's table.
        files: The files, in the order of their rows; a table of a database is a Parquet file by now.
        names: What errors and rejected rows call each file.
        settings: Mapping, text format and rules for repeated rows.
        stamps: The zone of stamps that name none; None when they already are the store's.
        query: For a public data set, SQL with `{0}`, `{1}` ... for its files that yields the raw columns,
            `source_file` and `source_row`; None where the files are read as they are.
        metrics: The measured columns of `outcomes`.
    """

    table: str
    files: tuple[Path, ...]
    names: tuple[str, ...]
    settings: TableSource
    stamps: str | None = None
    query: str | None = None
    metrics: tuple[str, ...] = field(default=())

    @property
    def place(self) -> str:
        """What an error about the whole table names."""
        if len(self.names) == 1 or self.query is not None:
            return self.names[0]
        return self.settings.path or self.table

    @property
    def style(self) -> CsvFormat:
        """How text in the source is written; columns of a `.tsv` file stand a tab apart unless it says otherwise."""
        written = self.settings.csv or CsvFormat()
        if "delimiter" in written.model_fields_set or self.files[0].suffix.lower() != ".tsv":
            return written
        return written.model_copy(update={"delimiter": "\t"})

    def column(self, name: str) -> str:
        """What the source calls a column of the contract."""
        return " + ".join(self.parts(name))

    def parts(self, name: str) -> list[str]:
        """The source's columns that make up one of the contract: mostly one."""
        return self.settings.joined.get(name) or [self.settings.columns.get(name, name)]


def file_source(table: str, settings: TableSource, *, root: Path) -> Source:
    """The files a parameter file names for a table.

    Args:
        table: The contract's table.
        settings: Its part of the parameter file, with a path.
        root: The project's folder, from which relative paths count.

    Raises:
        DataError: When there is no such file, or one is empty.
    """
    path = settings.path or ""
    escaped = glob.escape(str(root / path)).replace("[*]", "*")
    # Path.glob takes no absolute pattern and would read brackets in a folder's name as one.
    found = sorted(glob.glob(escaped, recursive=True))  # noqa: PTH207
    files = tuple(Path(file) for file in found if Path(file).is_file())
    if not files:
        raise DataError(_missing_file(table, path, root))
    names = tuple(_shown(file, root) for file in files)
    for file, name in zip(files, names, strict=True):
        if file.stat().st_size == 0:
            raise DataError(f"{name}: the file is empty; export {table} again")
    return Source(table=table, files=files, names=names, settings=settings, metrics=tuple(settings.metrics or ()))


def _missing_file(table: str, path: str, root: Path) -> str:
    folder = (root / path).parent
    near = nearest_name(Path(path).name, [entry.name for entry in folder.iterdir()] if folder.is_dir() else [])
    hint = f"; did you mean {near}?" if near else f"; put it there or mend tables.{table}.path"
    return f"{path}: there is no such file{hint}"


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def raw_query(source: Source, engine: Backend, scratch: Path) -> str:
    """SQL that yields the source's rows: `source_index`, `source_file`, `source_row` and its own columns.

    `source_row` counts as a spreadsheet shows rows: the first row under a text file's header in line 1 is 2
    (blank lines do not count), the first row of a Parquet file is 1.

    Args:
        source: The files.
        engine: Asked for the columns of typed files.
        scratch: A folder for what is brought to a form the engine reads.

    Raises:
        DataError: When a file cannot be read or lacks a column that is wanted.
    """
    if source.query is not None:
        query = source.query.format(*(quoted_text(str(path)) for path in source.files))
        columns = [name for name in described(engine, query, source.place) if not name.startswith("source_")]
        return f"SELECT 0 AS source_index, source_file, source_row, {_as_raw(columns)} FROM ({query})"
    parts = []
    for index, (name, relation) in enumerate(zip(source.names, _relations(source, engine, scratch), strict=True)):
        check_columns(source, relation, name)
        parts.append(
            f"SELECT {index} AS source_index, {quoted_text(name)} AS source_file, {relation.row} AS source_row, "
            f"{_as_raw(relation.columns)} FROM {relation.sql}"
        )
    return " UNION ALL BY NAME ".join(parts)


def _as_raw(columns: Sequence[str]) -> str:
    return ", ".join(f"{quoted_name(name)} AS {quoted_name(RAW + name)}" for name in columns)


def _relations(source: Source, engine: Backend, scratch: Path) -> list[Relation]:
    """How the engine reads each file; all have the ending of the path that named them."""
    ending = source.files[0].suffix.lower()
    if ending == ".parquet":
        return parquet_relations(source, engine)
    if ending in WORKBOOK_ENDINGS:
        from retention_lib.stores.workbooks import workbook_relations

        return workbook_relations(source, scratch)
    files = enumerate(zip(source.files, source.names, strict=True))
    return [text_relation(source, path, name, scratch / f"{index}.csv") for index, (path, name) in files]

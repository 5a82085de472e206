"""Files behind a table, found and laid out as one SQL query of raw columns and each row's place."""

# ruff: noqa: S608 - every name and path in the SQL is quoted by the engine's rules.

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from retention_lib.settings.models import CsvFormat
from retention_lib.settings.problems import nearest_name
from retention_lib.stores.engine import quoted_name, quoted_text
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.backends.duckdb import Backend

    from retention_lib.settings.models import TableSource

RAW = "raw:"
"""What the name of a source's column begins with inside the engine, so that it never meets one of ours."""

_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where one table comes from.

    Attributes:
        table: The contract's table.
        files: The files, in the order of their rows.
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
        return self.names[0] if len(self.names) == 1 or self.query is not None else self.settings.path

    @property
    def style(self) -> CsvFormat:
        """How text in the source is written."""
        return self.settings.csv or CsvFormat()

    def column(self, name: str) -> str:
        """What the source calls a column of the contract."""
        return self.settings.columns.get(name, name)


def file_source(table: str, settings: TableSource, *, root: Path) -> Source:
    """The files a parameter file names for a table.

    Args:
        table: The contract's table.
        settings: Its part of the parameter file.
        root: The project's folder, from which relative paths count.

    Raises:
        DataError: When there is no such file, or one is empty.
    """
    pattern = str(root / settings.path)
    escaped = glob.escape(pattern).replace("[*]", "*")
    # Path.glob takes no absolute pattern and would read brackets in a folder's name as one.
    found = sorted(glob.glob(escaped, recursive=True))  # noqa: PTH207
    files = tuple(Path(path) for path in found if Path(path).is_file())
    if not files:
        raise DataError(_missing_file(table, settings.path, root))
    names = tuple(_shown(path, root) for path in files)
    for path, name in zip(files, names, strict=True):
        if path.stat().st_size == 0:
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

    `source_row` counts as a spreadsheet shows rows: the first row under a text file's header is 2 (blank
    lines do not count), the first row of a Parquet file is 1.

    Args:
        source: The files.
        engine: Asked for the columns of typed files.
        scratch: A folder for text brought to UTF-8.

    Raises:
        DataError: When a file cannot be read or lacks a column that is wanted.
    """
    if source.query is not None:
        query = source.query.format(*(quoted_text(str(path)) for path in source.files))
        columns = [name for name in _described(engine, query, source.place) if not name.startswith("source_")]
        return f"SELECT 0 AS source_index, source_file, source_row, {_as_raw(columns)} FROM ({query})"
    parts = []
    for index, (path, name) in enumerate(zip(source.files, source.names, strict=True)):
        relation, columns, row = _relation(source, path, engine, scratch / f"{index}.csv")
        check_columns(source, columns, name)
        parts.append(
            f"SELECT {index} AS source_index, {quoted_text(name)} AS source_file, {row} AS source_row, "
            f"{_as_raw(columns)} FROM {relation}"
        )
    return " UNION ALL BY NAME ".join(parts)


def _as_raw(columns: Sequence[str]) -> str:
    return ", ".join(f"{quoted_name(name)} AS {quoted_name(RAW + name)}" for name in columns)


def _relation(source: Source, path: Path, engine: Backend, scratch: Path) -> tuple[str, list[str], str]:
    """How the engine reads one file: its table function, its columns and its row number."""
    name = source.names[source.files.index(path)]
    if path.suffix.lower() == ".parquet":
        relation = f"read_parquet({quoted_text(str(path))}, file_row_number = true)"
        columns = _described(engine, f"SELECT * EXCLUDE (file_row_number) FROM {relation}", name)
        return relation, columns, "file_row_number + 1"
    plain = _in_utf8(path, name, source, scratch)
    columns = _header(plain, name, source)
    typed = "{" + ", ".join(f"{quoted_text(column)}: 'VARCHAR'" for column in columns) + "}"
    relation = (
        f"read_csv({quoted_text(str(plain))}, columns = {typed}, header = true, auto_detect = false, "
        f"delim = {quoted_text(source.style.delimiter)}, quote = '\"', escape = '\"', "
        "strict_mode = true, null_padding = false)"
    )
    return relation, columns, "row_number() OVER () + 1"


def _described(engine: Backend, query: str, name: str) -> list[str]:
    import duckdb

    try:
        return [row[0] for row in engine.raw_sql(f"DESCRIBE {query}").fetchall()]
    except duckdb.Error as error:
        raise DataError(f"{name}: cannot be read as Parquet; write the file again") from error


def _in_utf8(path: Path, name: str, source: Source, scratch: Path) -> Path:
    """The file itself where the engine reads it as it is, else a copy in UTF-8."""
    encoding = codecs.lookup(source.style.encoding).name
    packed = path.suffix.lower() == ".gz"
    with path.open("rb") as stream:
        start = stream.read(2)
    if not packed and encoding in _UTF8 and start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise DataError(f"{name}: is written in UTF-16; set tables.{source.table}.csv.encoding to utf-16")
    if encoding in _UTF8 and not packed:
        return path
    try:
        with (
            _opened(path, "utf-8-sig" if encoding in _UTF8 else encoding, packed) as text,
            scratch.open("w", encoding="utf-8", newline="") as copy,
        ):
            while chunk := text.read(_CHUNK):
                copy.write(chunk)
    except UnicodeError as error:
        raise DataError(_wrong_encoding(name, source)) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name}: the packed file is cut off or damaged; copy it again") from error
    return scratch


def _opened(path: Path, encoding: str, packed: bool) -> IO[str]:
    if packed:
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _wrong_encoding(name: str, source: Source, line: str = "") -> str:
    wanted = source.style.encoding
    other = "cp1251 or utf-16" if codecs.lookup(wanted).name in _UTF8 else "utf-8"
    return f"{name}: {line}is not {wanted} text; set tables.{source.table}.csv.encoding, perhaps to {other}"


def _header(plain: Path, name: str, source: Source) -> list[str]:
    """The column names in the first line, without blanks around them and without a byte order mark."""
    try:
        # Only the header is judged here; the engine says which later line is in another encoding.
        with plain.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            names = next(csv.reader(text, delimiter=source.style.delimiter), [])
    except csv.Error as error:
        raise DataError(f"{name}: line 1 is no header of column names ({error}); mend the file") from error
    if any("\ufffd" in column for column in names):
        raise DataError(_wrong_encoding(name, source, "line 1 "))
    columns = [column.strip(" \t\u00a0\ufeff") or f"column {number}" for number, column in enumerate(names, 1)]
    if not any(column.strip() for column in names):
        raise DataError(f"{name}: the file is empty; export {source.table} again")
    seen: set[str] = set()
    for column in columns:
        if column.lower() in seen:
            raise DataError(f"{name}: line 1 names the column {column} twice; rename one of them")
        seen.add(column.lower())
    return columns


def check_columns(source: Source, columns: Sequence[str], name: str) -> None:
    """Check that a file has every column that is required or named in the parameter file.

    Raises:
        DataError: Naming what was wanted, what was found and what is nearest.
    """
    from retention_lib.settings.tables import TABLES

    spec = TABLES[source.table]
    wanted = dict.fromkeys([*spec.required, *source.settings.columns, *source.metrics])
    for group in spec.one_of:
        if not any(source.column(column) in columns for column in group):
            wanted[group[0]] = None
    for column in wanted:
        if source.column(column) not in columns:
            raise DataError(_missing_column(source, column, columns, name))


def _missing_column(source: Source, column: str, columns: Sequence[str], name: str) -> str:
    wanted = source.column(column)
    near = nearest_name(wanted, columns)
    hint = f"; did you mean {near}?" if near else ""
    called = "" if wanted == column else f" for {column}"
    return (
        f"{name}: has no column {wanted}{called} (found: {', '.join(columns)}); "
        f"name it in tables.{source.table}.columns{hint}"
    )


def reading_error(source: Source, message: str, scratch: Path) -> DataError:
    """What the engine could not read, as a sentence with the line and without the line's content.

    Args:
        source: The files being read.
        message: The engine's own words.
        scratch: The folder that was given to `raw_query`.
    """
    place = _file_in(source, message, scratch)
    found = message.partition("CSV Error on Line: ")[2]
    line = f"line {found.split()[0]} " if found else ""
    if "unicode" in message or "not utf-8" in message:
        return DataError(_wrong_encoding(place, source, line))
    if "unterminated quote" in message:
        return DataError(f"{place}: {line}opens a quote that is never closed; mend the line")
    if "Expected Number of Columns" in message:
        counts = message.partition("Expected Number of Columns: ")[2].split()
        return DataError(
            f"{place}: {line}has {counts[2]} columns where the header has {counts[0]}; mend the line "
            f"or set tables.{source.table}.csv.delimiter"
        )
    first = message.strip().splitlines()[0]
    return DataError(f"{place}: {line}cannot be read ({first}); mend the file")


def _file_in(source: Source, message: str, scratch: Path) -> str:
    """The name of the file an engine's message is about."""
    for index, (path, name) in enumerate(zip(source.files, source.names, strict=True)):
        if f"file = {path}\n" in message or f"file = {scratch / f'{index}.csv'}\n" in message:
            return name
    return source.place


def contract_columns(source: Source, columns: Sequence[str]) -> dict[str, str]:
    """The contract's columns that the source has, to the engine's names of the source's columns."""
    from retention_lib.settings.tables import TABLES

    names = [*TABLES[source.table].names, *source.metrics]
    pairs = ((name, RAW + source.column(name)) for name in names)
    return {name: raw for name, raw in pairs if raw in columns}

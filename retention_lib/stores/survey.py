"""A look at a shop's files before anything is known about them: where the tables are and how they are written.

Only the head of a big text file is read, and pieces from all over the rest.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from retention_lib.settings.rules import TABLE_ENDINGS, TEXT_ENDINGS, WORKBOOK_ENDINGS
from retention_lib.stores.errors import DataError
from retention_lib.stores.mapping_names import plain_name
from retention_lib.stores.survey_clocks import clocks_of_days, with_clock
from retention_lib.stores.survey_header import filled_cells, found_header, is_total
from retention_lib.stores.survey_text import TextSample, text_sample
from retention_lib.stores.survey_values import ColumnValues, column_values
from retention_lib.stores.survey_workbook import parquet_columns, workbook_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FileKind = Literal["text", "workbook", "parquet"]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One table as it lies in a file: a text, a sheet of a workbook, a Parquet file.

    Attributes:
        path: The file.
        kind: How it is read.
        names: What the toolkit will call its columns.
        hints: The same, with the names of merged cells above them.
        cells: The values looked at, by column.
        header_row: The line or row of the column names, from 1.
        sheet: The sheet, where the workbook has several that hold something.
        encoding: The encoding of a text.
        delimiter: The character between the columns of a text.
        total_rows: Whether totals of the export itself stand among the rows.
        doubts: What is wrong or could not be proven, as sentences.
    """

    path: Path
    kind: FileKind
    names: tuple[str, ...]
    hints: tuple[str, ...]
    cells: tuple[tuple[Any, ...], ...]
    header_row: int = 1
    sheet: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    total_rows: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def form(self) -> tuple[Any, ...]:
        """What files of one table have in common."""
        names = tuple(name.casefold() for name in self.names)
        ending = next(ending for ending in TABLE_ENDINGS if self.path.name.lower().endswith(ending))
        folder = str(self.path.parent)
        return (folder, ending, self.sheet, self.header_row, self.encoding, self.delimiter, names)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Files of one form, which are one table.

    Attributes:
        leaf: One of them, with the doubts of all.
        paths: All of them, sorted.
        values: What the values of each column are, over all files.
        cyrillic: Whether names or words in it are Russian.
        clocks: Places of columns of days to those of their times; the values of such a day have its time.
        leaves: Each file with its rows as they were looked at, in the order of `paths`.
    """

    leaf: Leaf
    paths: tuple[Path, ...]
    values: tuple[ColumnValues, ...]
    cyrillic: bool
    clocks: Mapping[int, int] = field(default_factory=dict)
    leaves: tuple[Leaf, ...] = ()


def found_files(patterns: Iterable[str], *, root: Path) -> list[Path]:
    """The files that patterns name, sorted.

    Args:
        patterns: Paths, from here or from the project's folder; `*` stands for any characters, a folder for all
            the tables in it.
        root: The project's folder.

    Raises:
        DataError: When a pattern names nothing, or a file of a kind that cannot be read.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        files = _matches(pattern, Path.cwd()) or _matches(pattern, root)
        if not files:
            raise DataError(f"{pattern}: there is no such file; name the exports by a path such as 'exports/*.csv'")
        named = [file for file in files if file.name.lower().endswith(TABLE_ENDINGS)]
        if not named:
            raise DataError(f"{pattern}: is no table ({files[0].name}); export it as one of {', '.join(TABLE_ENDINGS)}")
        found |= dict.fromkeys(named)
    return sorted(found)


def _matches(pattern: str, folder: Path) -> list[Path]:
    whole = folder / pattern
    if whole.is_dir():
        return sorted(path.absolute() for path in whole.iterdir() if path.is_file() and path.name[0] not in ".~")
    escaped = glob.escape(str(whole)).replace("[*]", "*").replace("[?]", "?")
    # Path.glob takes no absolute pattern and would read brackets in a folder's name as one.
    paths = (Path(path).absolute() for path in glob.glob(escaped, recursive=True))  # noqa: PTH207
    return sorted(path for path in paths if path.is_file() and not path.name.startswith("~$"))


def survey(paths: Sequence[Path], *, root: Path) -> tuple[list[Group], list[str]]:
    """Look at files and bring those of one form together.

    Args:
        paths: The files.
        root: The project's folder, from which names are told.

    Returns:
        The groups in the order of their first files, and a sentence for each file that could not be looked at.
    """
    leaves: list[Leaf] = []
    failures: list[str] = []
    for path in paths:
        try:
            leaves += _leaves(path, shown_path(path, root))
        except DataError as error:
            failures.append(str(error))
    forms: dict[tuple[Any, ...], list[Leaf]] = {}
    for leaf in leaves:
        forms.setdefault(leaf.form, []).append(leaf)
    return [_group(alike) for alike in forms.values()], failures


def shown_path(path: Path, root: Path) -> str:
    """A path as a parameter file names it: from the project's folder where it lies in it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _leaves(path: Path, name: str) -> list[Leaf]:
    ending = path.name.lower()
    if path.stat().st_size == 0:
        raise DataError(f"{name}: the file is empty; export it again")
    if ending.endswith(TEXT_ENDINGS):
        return [_text_leaf(path, name)]
    if ending.endswith(WORKBOOK_ENDINGS):
        return _sheet_leaves(path, name)
    columns = parquet_columns(path, name)
    names = tuple(columns)
    return [Leaf(path=path, kind="parquet", names=names, hints=names, cells=tuple(map(tuple, columns.values())))]


def _text_leaf(path: Path, name: str) -> Leaf:
    sample = text_sample(path, name)
    if sample.delimiter is None:
        raise DataError(f"{name}: no delimiter splits its lines into columns; export it with ; or , between them")
    lines = [line for line, _ in sample.records]
    leaf = _table_leaf(path, name, [cells for _, cells in sample.records], "text", rest=sample.rest)
    place = leaf.header_row - 1
    return replace(
        leaf,
        header_row=lines[place],
        encoding=sample.encoding,
        delimiter=sample.delimiter,
        doubts=(*leaf.doubts, *_ragged(sample, place), *_encoding_doubts(sample, leaf)),
    )


def _sheet_leaves(path: Path, name: str) -> list[Leaf]:
    held = workbook_rows(path, name)
    leaves, problems = [], []
    for sheet, rows in held.items():
        try:
            leaf = _table_leaf(path, f"{name}, sheet {sheet}", rows, "workbook")
        except DataError as error:
            problems.append(error)
            continue
        leaves.append(replace(leaf, sheet=sheet if len(held) > 1 else None))
    if not leaves:
        raise problems[0]
    return leaves


def _table_leaf(
    path: Path, name: str, rows: Sequence[Sequence[Any]], kind: FileKind, *, rest: Sequence[Sequence[Any]] = ()
) -> Leaf:
    """A table whose header has to be found first; `header_row` counts the rows given here."""
    header = found_header(rows)
    if header is None:
        raise DataError(f"{name}: no line of column names was found; add one above the data")
    width = len(header.names)
    least = 2 if width > 2 else 1
    below = [row for row in (*rows[header.place + 1 :], *rest) if filled_cells(row)]
    if not below:
        raise DataError(f"{name}: there are no rows under the column names; export it again")
    totals = any(map(is_total, below))
    data = [row for row in below if filled_cells(row) >= least and not is_total(row)]
    cells = tuple(tuple(row[place] if place < len(row) else None for row in data) for place in range(width))
    return Leaf(
        path=path,
        kind=kind,
        names=header.names,
        hints=header.hints,
        cells=cells,
        header_row=header.place + 1,
        total_rows=totals,
        doubts=tuple(_twice(header.names)),
    )


def _twice(names: Sequence[str]) -> list[str]:
    folded = [name.casefold() for name in names]
    twice = dict.fromkeys(name for name in names if folded.count(name.casefold()) > 1)
    return [f"the column {name} is named twice, and the file cannot be read; rename one of them" for name in twice]


def _ragged(sample: TextSample, place: int) -> list[str]:
    """A doubt when a line has more or fewer columns than the header."""
    width = len(sample.records[place][1])
    broken = [(line, len(cells)) for line, cells in sample.records[place + 1 :] if cells and len(cells) != width]
    if not broken:
        return []
    line, count = broken[0]
    lines = f"line {line} has" if len(broken) == 1 else f"line {line} and {len(broken) - 1} more have"
    return [f"{lines} {count} columns where the header has {width}, and the file cannot be read; mend or remove them"]


def _encoding_doubts(sample: TextSample, leaf: Leaf) -> tuple[str, ...]:
    """The doubts of the encoding, unless the dictionary knows Russian column names in it."""
    from retention_lib.stores.mapping_names import is_known

    read = any(is_known(name) and not plain_name(name).isascii() for name in leaf.names)
    return () if read else sample.doubts


def _group(leaves: list[Leaf]) -> Group:
    columns = [sum((leaf.cells[place] for leaf in leaves), ()) for place in range(len(leaves[0].names))]
    words = " ".join((*leaves[0].names, *(str(cell) for column in columns for cell in column[:20])))
    cyrillic = any("а" <= letter <= "я" for letter in words.lower())
    names = leaves[0].hints
    values = _values(columns, names, cyrillic=cyrillic)
    clocks = clocks_of_days(names, values)
    for day, clock in clocks.items():
        columns[day] = tuple(map(with_clock, columns[day], columns[clock]))
    doubts = tuple(dict.fromkeys(doubt for leaf in leaves for doubt in leaf.doubts))
    return Group(
        leaf=replace(leaves[0], cells=(), doubts=doubts, total_rows=any(leaf.total_rows for leaf in leaves)),
        paths=tuple(leaf.path for leaf in leaves),
        values=_values(columns, names, cyrillic=cyrillic) if clocks else values,
        cyrillic=cyrillic,
        clocks=clocks,
        leaves=tuple(leaves),
    )


def _values(columns: Sequence[Sequence[Any]], names: Sequence[str], *, cyrillic: bool) -> tuple[ColumnValues, ...]:
    return tuple(
        column_values(column, day_first=cyrillic, compact_dates="дат" in name.lower() or "date" in name.lower())
        for column, name in zip(columns, names, strict=True)
    )

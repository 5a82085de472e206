"""The columns of a file: their names, which of them are wanted, and what the contract calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention_lib.settings.problems import nearest_name
from retention_lib.settings.tables import TABLES
from retention_lib.stores.errors import DataError
from retention_lib.stores.shapes import looks_like_data, shown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retention_lib.stores.relations import Relation
    from retention_lib.stores.sources import Source

RAW = "raw:"
"""What the name of a source's column begins with inside the engine, so that it never meets one of ours."""

_NO_HEADER = "looks like data and not like column names; add a line of column names above it or set header_row"
_KEYS = ("joined", "only", "without", "refunds")
_BLANKS = " \t\r\n\u00a0\ufeff"


def column_names(header: Sequence[str], place: str) -> list[str]:
    """The names in a header, words apart by one blank; a column without a name is called by its number.

    Args:
        header: The header's cells.
        place: The file and the line or row, for the error.

    Raises:
        DataError: When a name stands there twice.
    """
    # A heading broken into lines, as spreadsheets have them, could not be named in a parameter file.
    columns = [" ".join(cell.strip(_BLANKS).split()) or f"column {number}" for number, cell in enumerate(header, 1)]
    seen: set[str] = set()
    for column in columns:
        if column.lower() in seen:
            if looks_like_data(header):
                raise DataError(f"{place} {_NO_HEADER}")
            raise DataError(f"{place} names the column {shown_name(column)} twice; rename one of them")
        seen.add(column.lower())
    return columns


def wanted_columns(source: Source, columns: Sequence[str]) -> dict[str, str]:
    """The columns that a file must have, each with the contract's column it is for.

    They are the required ones and those named in the parameter file; a column that only picks rows is for itself.
    """
    spec = TABLES[source.table]
    wanted = dict.fromkeys([*spec.required, *source.settings.columns, *source.settings.joined, *source.metrics])
    if source.settings.order_numbers == "daily":
        wanted["order_id"] = None
    for group in spec.one_of:
        if not any(source.column(column) in columns for column in group):
            wanted[group[0]] = None
    read = {theirs: ours for ours in wanted for theirs in source.parts(ours)}
    return read | {name: name for name in picking_columns(source) if name not in read}


def picking_columns(source: Source) -> list[str]:
    """The source's columns whose values say which rows are left out and which are refunds."""
    settings = source.settings
    return list(dict.fromkeys([*settings.only, *settings.without, *settings.refunds]))


def check_columns(source: Source, relation: Relation, name: str) -> None:
    """Check that a file has every column that is required or named in the parameter file.

    Raises:
        DataError: Naming what was wanted, what was found and what is nearest, or the line that has them all.
    """
    wanted = wanted_columns(source, relation.columns)
    missing = {theirs: ours for theirs, ours in wanted.items() if theirs not in relation.columns}
    if not missing:
        return
    for number, cells in enumerate(relation.top, 1):
        if set(wanted) <= set(cells):
            raise DataError(
                f"{name}: the column names stand in {relation.unit} {number}; "
                f"set tables.{source.table}.header_row to {number}"
            )
    if looks_like_data(relation.columns):
        place = f"{relation.unit} {source.settings.header_row}"
        raise DataError(f"{name}: has no {_listed(missing)}, and {place} {_NO_HEADER}")
    raise DataError(f"{name}: has no {_listed(missing)} {_remedy(source, missing, relation.columns)}")


def _listed(missing: Mapping[str, str]) -> str:
    names = [theirs if theirs == ours else f"{theirs} for {ours}" for theirs, ours in missing.items()]
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _remedy(source: Source, missing: Mapping[str, str], columns: Sequence[str]) -> str:
    """What is there instead, what is nearest and where to name it."""
    near = [(nearest_name(name, columns), name) for name in missing]
    hints = [close if len(missing) == 1 else f"{close} for {name}" for close, name in near if close]
    hint = f"; did you mean {', '.join(hints)}?" if hints else ""
    them = "them" if len(missing) > 1 else "it"
    key = next((key for key in _KEYS if set(missing.values()) <= set(getattr(source.settings, key))), "columns")
    return f"(found: {', '.join(map(shown_name, columns))}); name {them} in tables.{source.table}.{key}{hint}"


def own_columns(columns: Sequence[str]) -> list[str]:
    """The engine's names of the source's own columns, in their order."""
    return [name for name in columns if name.startswith(RAW)]


def contract_columns(source: Source, columns: Sequence[str]) -> dict[str, str]:
    """The contract's columns that the source has, to the engine's names of the source's columns."""
    names = [*TABLES[source.table].names, *source.metrics]
    pairs = ((name, RAW + source.column(name)) for name in names)
    return {name: raw for name, raw in pairs if raw in columns}

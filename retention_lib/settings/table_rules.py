"""The rules between the keys of a store and of its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from retention_lib.settings.problems import nearest_name
from retention_lib.settings.rules import WORKBOOK_ENDINGS
from retention_lib.settings.strict import NAME, NAME_RULE, Broken, one_of_rule
from retention_lib.settings.tables import TABLES

_METRIC = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OWNERS = {
    "variants": "assignments",
    "metrics": "outcomes",
    "refunds": "transactions",
    "order_numbers": "transactions",
}


def broken_place(raw: Mapping[Any, Any]) -> Iterator[Broken]:
    """A table is a file or stands in a database, and keys of a kind of file stand at that kind only."""
    path, table = raw.get("path"), raw.get("table")
    if (path is None) == (table is None):
        rule = "is missing; name the file, or by table the table of a database"
        yield Broken(("path",), rule if path is None else "cannot stand beside table; keep one of the two")
    if not isinstance(path, str):
        for key in ("sheet", "header_row", "csv"):
            if raw.get(key) is not None:
                yield Broken((key,), "describes a file and has no meaning for a table of a database")
        return
    ending = path.lower()
    if raw.get("csv") is not None and ending.endswith(".parquet"):
        yield Broken(("csv",), "describes text files, and the path names a Parquet file")
    if raw.get("header_row") is not None and ending.endswith(".parquet"):
        yield Broken(("header_row",), "belongs to text files and workbooks, and the path names a Parquet file")
    if raw.get("sheet") is not None and not ending.endswith(WORKBOOK_ENDINGS):
        yield Broken(("sheet",), f"belongs to workbooks ({', '.join(WORKBOOK_ENDINGS)}), and the path names none")


def broken_connection(raw: Mapping[Any, Any]) -> Iterator[Broken]:
    """A table of a database needs an address; duckdb:// alone is an empty engine."""
    tables = raw.get("tables")
    if raw.get("connection", "duckdb://") != "duckdb://" or not isinstance(tables, Mapping):
        return
    named = [str(name) for name, source in tables.items() if isinstance(source, Mapping) and source.get("table")]
    if named:
        rule = f"is missing; {named[0]} stands in a database, so name its address, like postgres://... or duckdb://file"
        yield Broken(("connection",), rule)


def broken_rates(raw: Any, own: Any) -> Iterator[Broken]:
    """Exchange rates are of other currencies of ISO 4217."""
    from babel.numbers import list_currencies

    codes = list_currencies()
    for code in raw if isinstance(raw, Mapping) else ():
        if code not in codes:
            near = str(code).upper() if str(code).upper() in codes else None
            yield Broken(("exchange_rates", str(code)), "is no currency of ISO 4217", nearest=near)
        elif code == own:
            yield Broken(("exchange_rates", str(code)), "is the store's own currency and needs no rate")


def broken_values(table: str, raw: Any) -> Iterator[Broken]:
    """Values are given for columns with a fixed list of words, in our words, each of theirs once."""
    for column, words in raw.items() if isinstance(raw, Mapping) else ():
        place = ("tables", table, "values", str(column))
        known = {spec.name: spec.choices for spec in TABLES[table].columns if spec.choices}
        if column not in known:
            listed = ", ".join(known) or "none"
            yield Broken(place, f"is no column with a fixed list of words ({table} has: {listed})")
            continue
        theirs: list[str] = []
        for ours, named in words.items() if isinstance(words, Mapping) else ():
            if ours not in known[column]:
                near = nearest_name(str(ours), known[column])
                yield Broken((*place, str(ours)), one_of_rule(known[column]), nearest=near)
            theirs += [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]
        for name in sorted({name for name in theirs if theirs.count(name) > 1}):
            yield Broken(place, "must give each word of the data one meaning only", name)


def broken_joined(table: str, raw: Any, columns: Any) -> Iterator[Broken]:
    """Columns of dates are joined from two or more columns, each named once, and stand in no other place."""
    dates = [column.name for column in TABLES[table].columns if column.kind in ("timestamp", "date")]
    for column, parts in raw.items() if isinstance(raw, Mapping) else ():
        place = ("tables", table, "joined", str(column))
        if column not in dates:
            listed = ", ".join(dates) or "none"
            near = nearest_name(column, dates)
            yield Broken(place, f"is no column of dates ({table} has: {listed})", nearest=near)
        elif isinstance(columns, Mapping) and column in columns:
            yield Broken(place, "stands in columns as well; keep one of the two")
        elif isinstance(parts, list) and not len(set(map(str, parts))) == len(parts) > 1:
            yield Broken(place, "must name two columns or more, each once, like [Date, Time]")


def broken_picks(table: str, source: Mapping[Any, Any]) -> Iterator[Broken]:
    """Rows are picked by values, each in one key only; customers that name nobody need a column of customers."""
    picks = {key: source[key] for key in ("only", "without", "refunds") if isinstance(source.get(key), Mapping)}
    for key, columns in picks.items():
        for column, values in columns.items():
            place = ("tables", table, key, str(column))
            if values == []:
                yield Broken(place, "must name at least one value")
            kept = picks.get("only", {}).get(column) if key == "without" else None
            for value in sorted(_compared(values) & _compared(kept)):
                yield Broken(place, "stands in only as well; keep one of the two", value)
    if source.get("anonymous") and "customer_id" not in TABLES[table].names:
        yield Broken(("tables", table, "anonymous"), f"has no meaning for {table}, which has no customer_id")


def _compared(values: Any) -> set[str]:
    """Values as they are compared: without blanks around them and without case."""
    return {value.strip().lower() for value in values if isinstance(value, str)} if isinstance(values, list) else set()


def broken_variants(raw: Any) -> Iterator[Broken]:
    """Short names are usable, and no two stand for the same variant."""
    if not isinstance(raw, Mapping):
        return
    for name in raw:
        if not NAME.fullmatch(str(name)):
            yield Broken(("variants", str(name)), NAME_RULE)
    texts = [value for value in raw.values() if isinstance(value, str)]
    for value in sorted({value for value in texts if texts.count(value) > 1}):
        yield Broken(("variants",), "must give each variant of the data one short name only", value)


def broken_metrics(raw: Any) -> Iterator[Broken]:
    """Metrics have usable names that differ from each other and from the table's columns."""
    if not isinstance(raw, list):
        return
    if not raw:
        yield Broken(("metrics",), "must name at least one measured column")
    taken: set[str] = set()
    for name in raw:
        if not isinstance(name, str):
            continue
        if not _METRIC.fullmatch(name):
            yield Broken(("metrics", name), "is no usable name; take a-z, 0-9 and _ and begin with a letter")
        elif name in TABLES["outcomes"].names:
            yield Broken(("metrics", name), "is a column of its own and cannot be measured")
        elif name in taken:
            yield Broken(("metrics", name), "is listed twice")
        taken.add(name)


def broken_tables(raw: Any) -> Iterator[Broken]:
    """Tables and their columns are known ones, and keys of one table stand at that table only."""
    if not isinstance(raw, Mapping):
        return
    for name, source in raw.items():
        if name not in TABLES:
            yield Broken(("tables", str(name)), "is no table we know", nearest=nearest_name(name, TABLES))
        elif isinstance(source, Mapping):
            yield from _broken_source(str(name), source)


def _broken_source(table: str, source: Mapping[Any, Any]) -> Iterator[Broken]:
    for key, owner in _OWNERS.items():
        if source.get(key) is not None and table != owner:
            yield Broken(("tables", table, key), f"belongs to the table {owner} only")
    if table == "outcomes" and source.get("metrics") is None:
        yield Broken(("tables", table, "metrics"), "is missing; list the measured columns, like [visit, spend]")
    yield from broken_values(table, source.get("values"))
    yield from broken_picks(table, source)
    columns, metrics = source.get("columns"), source.get("metrics")
    yield from broken_joined(table, source.get("joined"), columns)
    known = list(TABLES[table].names)
    if TABLES[table].open_columns and isinstance(metrics, list):
        known += [name for name in metrics if isinstance(name, str) and _METRIC.fullmatch(name)]
    for column in columns if isinstance(columns, Mapping) else ():
        if column not in known:
            place = ("tables", table, "columns", str(column))
            yield Broken(place, f"is no column of {table}", nearest=nearest_name(column, known))

"""Every row of a table in canonical types with its fate: why it is set aside, or that it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis

from retention_lib.stores import rules as rule_book
from retention_lib.stores.checks import check_notation
from retention_lib.stores.columns import contract_columns, own_columns
from retention_lib.stores.currencies import check_signs, converted, foreign_currencies, named_currency
from retention_lib.stores.engine import keep
from retention_lib.stores.parsing import Reading, Style, read_column, source_text
from retention_lib.stores.picking import is_left_out, with_orders_of_a_day, with_refunds, without_nobodies
from retention_lib.stores.reconciliation import LEFT_OUT, TOTAL_LINE
from retention_lib.stores.repeats import PLACE, with_repeats

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from retention_lib.settings.tables import ColumnSpec
    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

WARN = "warn:"
"""What the name of a column begins with that marks the rows of a finding which are kept."""

_TOTAL = "^(?:общий |всего |grand |sub-?)?(?:итоги?|итого|всего|totals?|sum)(?:[ :.,;(\u00a0-].*)?$"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A table's rows, judged.

    Attributes:
        typed: Every row of the source in canonical types.
        rows: The same with `fate`: null for an ordinary row, else a reason.
        columns: The contract's columns that the source has, to the engine's names of the source's columns.
    """

    typed: ir.Table
    rows: ir.Table
    columns: Mapping[str, str]


def judged_rows(source: Source, raw: ir.Table, engine: Backend, terms: Terms) -> Judged:
    """Read and judge the rows of a table.

    Args:
        source: The table's source.
        raw: Its rows as they were read.
        engine: Where the rows are.
        terms: The store's terms.

    Raises:
        DataError: When values would have to be guessed, or currencies added up.
    """
    columns = contract_columns(source, raw.columns)
    readings = without_nobodies(source, _readings(source, raw, columns, terms))
    readings = with_refunds(source, raw, with_orders_of_a_day(source, readings))
    signs = check_notation(source, raw, readings, _style(source, terms), engine)
    if "currency" in readings:
        readings = _in_one_currency(source, raw, readings, terms, engine)
    else:
        check_signs(source, signs, terms)
    typed = keep(engine, "typed_rows", _typed(source, raw, readings))
    marks = {name: typed[rule_book.UNREADABLE + name] for name in readings}
    cells = {name: rule_book.Cell(value=typed[name], unreadable=marks[name]) for name in readings}
    beside = {TOTAL_LINE: typed.total_line, LEFT_OUT: typed.left_out}
    rules = rule_book.row_rules(source, cells, beside=beside, terms=terms)
    warnings = {WARN + rule.reason: rule.predicate for rule in rules if rule.severity == "warn"}
    judged = typed.mutate(fate=rule_book.rejection(rules), **warnings)
    return Judged(typed=typed, rows=with_repeats(source, raw, judged, engine), columns=columns)


def _style(source: Source, terms: Terms) -> Style:
    written = source.style
    return Style(
        decimal=written.decimal,
        thousands=written.thousands,
        dates=written.dates,
        timezone=terms.timezone,
        stamps=source.stamps,
    )


def _readings(source: Source, raw: ir.Table, columns: Mapping[str, str], terms: Terms) -> dict[str, Reading]:
    """The contract's columns as the source's text and as values."""
    specs = {column.name: column for column in rule_book.table_columns(source)}
    style = _style(source, terms)
    readings = {name: read_column(raw[origin], specs[name].kind, style) for name, origin in columns.items()}
    for name, reading in readings.items():
        if specs[name].choices:
            readings[name] = replace(reading, value=_chosen(reading.source, specs[name], source.settings.values))
    if source.settings.variants is not None:
        short = {theirs: ours for ours, theirs in source.settings.variants.items()}
        variant = readings["variant"]
        readings["variant"] = replace(variant, value=variant.source.substitute(short))
    if "currency" in readings:
        currency = readings["currency"]
        readings["currency"] = replace(currency, value=named_currency(currency.source, terms.currency))
    return readings


def _chosen(
    source: ir.StringValue, column: ColumnSpec, values: Mapping[str, Mapping[str, str | list[str]]]
) -> ir.StringValue:
    """Our words for those of the source, whatever their case; null for a word that stands for none."""
    theirs = values.get(column.name, {})
    branches = []
    for ours in column.choices:
        named = theirs.get(ours, [])
        words = [named] if isinstance(named, str) else named
        branches.append((source.lower().isin([word.strip().lower() for word in words]), ours))
    # A word of theirs that is ours as well means what the parameter file says.
    own = [(source.lower() == ours, ours) for ours in column.choices]
    return ibis.cases(*branches, *own, else_=ibis.null("string"))


def _in_one_currency(
    source: Source, raw: ir.Table, readings: dict[str, Reading], terms: Terms, engine: Backend
) -> dict[str, Reading]:
    """The readings with all money in the store's currency."""
    specs = rule_book.table_columns(source)
    money = [column.name for column in specs if column.kind == "money" and column.name in readings]
    currency = readings["currency"].value
    foreign = foreign_currencies(source, raw, currency, terms, engine)
    if not foreign:
        return readings
    rates = {code: terms.exchange_rates[code] for code in sorted(foreign)}
    changed = {name: replace(readings[name], value=converted(readings[name].value, currency, rates)) for name in money}
    return {**readings, **changed}


def _typed(source: Source, raw: ir.Table, readings: Mapping[str, Reading]) -> ir.Table:
    """The rows in canonical types, with a mark where a value cannot be read and a hash of the source row."""
    values = {name: reading.value for name, reading in readings.items()}
    marks = {rule_book.UNREADABLE + name: reading.unreadable for name, reading in readings.items()}
    own = own_columns(raw.columns)
    row_hash = ibis.struct({name: raw[name] for name in own}).hash()
    beside = {"total_line": _is_total_line(source, raw, readings), "left_out": is_left_out(source, raw)}
    return raw.select(*PLACE, "source_file", row_hash=row_hash, **beside, **marks, **values)


def _is_total_line(source: Source, raw: ir.Table, readings: Mapping[str, Reading]) -> ir.BooleanValue:
    """Whether a row begins with "Total" or the like and names no day, as the last line of many exports does.

    In a table without days a required column stands empty in such a row, or holds the word itself.
    """
    required = [column for column in rule_book.table_columns(source) if column.required]
    days = [readings[column.name].value.isnull() for column in required if column.kind in ("timestamp", "date")]
    names = [readings[column.name].source for column in required if column.kind == "text"]
    if days:
        undated = days[0]
    elif names:
        undated = ibis.or_(*(name.isnull() | name.lower().re_search(_TOTAL) for name in names))
    else:
        return ibis.literal(False)
    cells = [source_text(raw[name]) for name in own_columns(raw.columns)]
    # The engine looks at the cells only where the day is missing, which is seldom.
    return ibis.ifelse(undated, ibis.coalesce(*cells).lower().re_search(_TOTAL).fill_null(False), False)

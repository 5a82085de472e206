"""A guessed table as its part of a drafted parameter file: paths, how text is written, columns, words, doubts."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.settings.draft import DraftColumn, DraftTable
from retention_lib.settings.tables import TABLES, ColumnSpec
from retention_lib.stores.mapping_names import is_control, is_personal, is_price, known_words, plain_name
from retention_lib.stores.mapping_notation import TableDates, TableNumbers, table_dates, table_numbers
from retention_lib.stores.mapping_rules import cancelled_doubts, refunded_doubts, sales_rules
from retention_lib.stores.survey import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retention_lib.settings.draft_rules import DraftRule
    from retention_lib.stores.mapping import TableGuess
    from retention_lib.stores.survey import Group

_PLAIN_IDS = frozenset({"campaign_id", "experiment_id"})
_ID_OF_PERSON = frozenset({"value", "birth_date"})
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?", re.ASCII)
_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class TableDraft:
    """A table of the draft, and what it says about the store.

    Attributes:
        table: The table.
        dates_assumed: Whether the order of day and month in its dates is assumed.
    """

    table: DraftTable
    dates_assumed: bool


def drafted_table(guess: TableGuess, others: Sequence[TableGuess], *, root: Path) -> TableDraft:
    """A guessed table as the parameter file describes it.

    Args:
        guess: The table.
        others: All guessed tables, for a file may be two of them.
        root: The project's folder.
    """
    group = guess.group
    dates = table_dates(guess)
    numbers = table_numbers(guess)
    path, path_doubts = group_path(group.paths, root=root)
    values, value_doubts = _words(guess)
    rules = sales_rules(guess)
    cancelled = cancelled_doubts(guess, rules)
    table = DraftTable(
        name=guess.table,
        path=path,
        about=_about(group),
        doubts=(
            *path_doubts,
            *(f"{doubt}." for doubt in group.leaf.doubts),
            *_missing_group(guess),
            *cancelled,
            *refunded_doubts(guess),
        ),
        keys=_keys(group),
        rules=rules,
        csv=_csv(group, dates, numbers),
        csv_doubts=_without_blank({"dates": dates.doubt, "decimal": numbers.doubt}),
        columns=_columns(guess, dates),
        values=values,
        value_doubts=value_doubts,
        variants=_variants(guess),
        metrics=tuple(guess.metrics),
        unused=_unused(guess, [other for other in others if other.group is guess.group], rules),
        usable=not guess.missing or guess.table == "transactions",
    )
    return TableDraft(table=table, dates_assumed=dates.assumed)


def _without_blank(texts: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if text}


def group_path(paths: Sequence[Path], *, root: Path) -> tuple[str, tuple[str, ...]]:
    """One path, with a `*` where there are several files, and the doubts about it.

    Args:
        paths: Files of one folder.
        root: The project's folder.
    """
    if len(paths) == 1:
        return shown_path(paths[0], root), ()
    names = [path.name for path in paths]
    start = _common_start(names)
    end = _common_start([name[len(start) :][::-1] for name in names])[::-1]
    # A month or a number that all files share so far would leave out the next one.
    for prefix in dict.fromkeys((re.sub(r"\d[\d_.\- ]*$", "", start), start)):
        pattern = paths[0].parent / f"{prefix}*{end}"
        found = glob.glob(glob.escape(str(pattern)).replace("[*]", "*"))  # noqa: PTH207 - brackets in folders
        if {Path(one).absolute() for one in found} == set(paths):
            return shown_path(pattern, root), ()
    others = sorted({Path(one).name for one in found} - set(names))
    doubt = f"this pattern also meets files of another form ({', '.join(others[:_NAMED])}); move them elsewhere."
    return shown_path(pattern, root), (doubt,)


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    same = (one == other for one, other in zip(first, last, strict=False))
    return first[: next((place for place, equal in enumerate(same) if not equal), min(len(first), len(last)))]


def _about(group: Group) -> str:
    leaf, rows = group.leaf, max((column.rows for column in group.values), default=0)
    files = group.paths[0].name if len(group.paths) == 1 else f"{len(group.paths)} files of one form"
    sheet = f", sheet {leaf.sheet}" if leaf.sheet else ""
    totals = "; its own totals stand among the rows and are set aside" if leaf.total_rows else ""
    return f"{files}{sheet}: {rows:,} rows looked at{totals}."


def _keys(group: Group) -> dict[str, tuple[Any, str]]:
    keys: dict[str, tuple[Any, str]] = {}
    if group.leaf.sheet:
        keys["sheet"] = (group.leaf.sheet, "")
    if group.leaf.header_row > 1:
        unit = "line" if group.leaf.kind == "text" else "row"
        keys["header_row"] = (group.leaf.header_row, f"the {unit} of the column names; what stands above is left out")
    return keys


def _csv(group: Group, dates: TableDates, numbers: TableNumbers) -> dict[str, tuple[Any, str]]:
    """How text is written; for a workbook only what its cells of text need."""
    leaf, text = group.leaf, group.leaf.kind == "text"
    found: dict[str, tuple[Any, str]] = {}
    if text:
        found["delimiter"] = (leaf.delimiter, "")
        found["encoding"] = (leaf.encoding, "")
    if leaf.kind != "parquet" and numbers.seen:
        found["decimal"] = (numbers.decimal, "")
        if numbers.thousands is not None:
            found["thousands"] = (numbers.thousands, "" if numbers.thousands.isprintable() else "a no-break space")
    if leaf.kind != "parquet" and dates.style is not None:
        found["dates"] = (dates.style, dates.evidence)
    return found


def _columns(guess: TableGuess, dates: TableDates) -> tuple[DraftColumn, ...]:
    spec = TABLES[guess.table]
    found = []
    for name in (*spec.names, *guess.metrics):
        if name in guess.missing:
            found.append(DraftColumn(ours=name, theirs=None, doubt=_why_missing(guess, name)))
        elif name in dates.unreadable:
            found.append(DraftColumn(ours=name, theirs=None, doubt=dates.unreadable[name]))
        elif name in guess.columns or name in guess.metrics:
            found.append(_column(guess, name))
    return tuple(found)


def _column(guess: TableGuess, name: str) -> DraftColumn:
    place = guess.metrics[name] if name in guess.metrics else guess.columns[name].place
    theirs = guess.group.leaf.names[place]
    by_id = (name.endswith("_id") and name not in _PLAIN_IDS) or name in _ID_OF_PERSON
    hint = guess.group.leaf.hints[place]
    samples = guess.group.values[place].samples(personal=by_id or is_personal(theirs) or is_personal(hint))
    doubt = guess.columns[name].doubt if name in guess.columns else ""
    above = hint if theirs.startswith("column ") and hint != theirs else ""
    dated = any(column.name == name and column.kind in ("timestamp", "date") for column in TABLES[guess.table].columns)
    clock = guess.group.clocks.get(place) if dated else None
    parts = () if clock is None else (theirs, guess.group.leaf.names[clock])
    return DraftColumn(ours=name, theirs=theirs, samples=samples, doubt=doubt, above=above, parts=parts)


def _why_missing(guess: TableGuess, name: str) -> str:
    group = guess.group
    spec = next((column for column in TABLES[guess.table].columns if column.name == name), None)
    if spec is not None and spec.kind in ("timestamp", "date"):
        serials = [n for n, column in zip(group.leaf.names, group.values, strict=True) if _is_serial(n, column.texts)]
        if serials:
            return (
                f"{serials[0]} holds a spreadsheet's day numbers; format the column as a date, export again and "
                "write it here."
            )
    prices = [column for column in group.leaf.names if is_price(column)]
    if name == "amount" and prices:
        return (
            f"no column has the money of a row; {prices[0]} is the price of one piece. Add a column of price times "
            "quantity, less the discount, to the export, take the # away and name it."
        )
    kind = f" ({_KIND_WORDS[spec.kind]})" if spec is not None else ""
    return f"no column was found for {name}{kind}, which {guess.table} cannot do without; take the # away and name it."


_KIND_WORDS = {
    "text": "text",
    "timestamp": "dates",
    "date": "dates",
    "money": "money",
    "number": "numbers",
    "integer": "whole numbers",
    "boolean": "yes or no",
}


def _is_serial(name: str, texts: Sequence[str]) -> bool:
    dated = "дат" in name.casefold() or "date" in name.casefold()
    return dated and bool(texts) and all(_SERIAL.fullmatch(text) for text in texts[:50])


def _missing_group(guess: TableGuess) -> tuple[str, ...]:
    """Doubts about a table that cannot be used as it stands."""
    if not guess.missing or guess.table == "transactions":
        return ()
    listed = " and ".join(guess.missing)
    return (f"{guess.table} cannot do without {listed}; complete it and take the # away from each line.",)


def _words(guess: TableGuess) -> tuple[dict[str, dict[str, list[str]]], dict[str, str]]:
    """For columns with a fixed list of words: ours to theirs, and the doubts."""
    values: dict[str, dict[str, list[str]]] = {}
    doubts: dict[str, str] = {}
    for column in TABLES[guess.table].columns:
        if not column.choices or column.name not in guess.columns:
            continue
        texts = guess.group.values[guess.columns[column.name].place].texts
        known = known_words(guess.table, column.name, texts)
        if any(ours != word for ours, theirs in known.items() for word in theirs):
            values[column.name] = {ours: known[ours] for ours in column.choices if ours in known}
        unknown = [text for text in texts if not any(text in theirs for theirs in known.values())]
        doubts[column.name] = _words_doubt(column, known, unknown)
    return values, _without_blank(doubts)


def _words_doubt(column: ColumnSpec, known: Mapping[str, list[str]], unknown: Sequence[str]) -> str:
    if unknown:
        listed = ", ".join(f'"{text}"' for text in unknown[:_NAMED])
        return f"rows with {listed} are set aside; put these words behind one of ours ({', '.join(column.choices)})."
    several = [ours for ours, theirs in known.items() if len(theirs) > 1]
    return f"several words were taken for {', '.join(several)}; look whether they mean the same." if several else ""


def _variants(guess: TableGuess) -> dict[str, str]:
    """Short names for the groups of an experiment."""
    if guess.table != "assignments":
        return {}
    found: dict[str, str] = {}
    for number, text in enumerate(guess.group.values[guess.columns["variant"].place].texts[:20], 1):
        short = plain_name(text).replace(" ", "_")
        usable = short.isascii() and short[:1].isalnum() and short not in found
        name = "control" if is_control(text) and "control" not in found else short if usable else f"group_{number}"
        found[name] = text
    return found


def _unused(
    guess: TableGuess, users: Sequence[TableGuess], rules: Sequence[DraftRule]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Columns that neither a table nor a rule reads."""
    leaf = guess.group.leaf
    ruled = {name for rule in rules if rule.active and isinstance(rule.value, dict) for name in rule.value}
    taken = {place for user in users for place in (*(c.place for c in user.columns.values()), *user.metrics.values())}
    taken |= {guess.group.clocks[place] for place in taken if place in guess.group.clocks}
    taken |= {place for place, name in enumerate(leaf.names) if name in ruled}
    free = [place for place in range(len(leaf.names)) if place not in taken and guess.group.values[place].filled]
    return tuple(
        (leaf.names[place], guess.group.values[place].samples(personal=is_personal(leaf.names[place])))
        for place in free
    )

"""A drafted set from a look at a shop's files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retention_lib.settings.draft import Draft
from retention_lib.settings.draft_reports import drafted_reports
from retention_lib.stores.errors import DataError
from retention_lib.stores.mapping import is_same_table, mapped_tables
from retention_lib.stores.mapping_names import is_control
from retention_lib.stores.mapping_tables import drafted_table
from retention_lib.stores.shapes import looks_like_data, shown_name
from retention_lib.stores.signs import SIGNS
from retention_lib.stores.survey import found_files, shown_path, survey
from retention_lib.stores.terms import NO_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from retention_lib.settings.draft import DraftTable
    from retention_lib.stores.mapping import TableGuess
    from retention_lib.stores.survey import Group
    from retention_lib.stores.survey_values import ColumnValues

_ZONES = {
    "RUB": "Europe/Moscow",
    "KZT": "Asia/Almaty",
    "BYN": "Europe/Minsk",
    "UAH": "Europe/Kyiv",
    "GEL": "Asia/Tbilisi",
    "AMD": "Asia/Yerevan",
    "AZN": "Asia/Baku",
    "EUR": "Europe/Berlin",
    "GBP": "Europe/London",
    "PLN": "Europe/Warsaw",
    "TRY": "Europe/Istanbul",
    "USD": "America/New_York",
}
_OFFSETS = {
    "+03": "Europe/Moscow",
    "+05": "Asia/Yekaterinburg",
    "+07": "Asia/Novosibirsk",
    "+10": "Asia/Vladivostok",
    "-05": "America/New_York",
}
_OFFSET = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)? ?([+-]\d{2}):?\d{2}$")
_SEGMENTS = ("income_band", "age_band", "region", "sex", "acquisition_channel")
_NAMED = 8


def drafted_set(name: str, patterns: Sequence[str], *, root: Path) -> Draft:
    """Look at a shop's files and draft a parameter file for them.

    Args:
        name: The set's name.
        patterns: The files, with `*` for any characters.
        root: The project's folder.

    Raises:
        DataError: When there are no files, or none of them is a table we know.
    """
    paths = found_files(patterns, root=root)
    groups, failures = survey(paths, root=root)
    guesses, others = mapped_tables(groups)
    if not guesses:
        raise DataError("\n".join([*failures, *(_unknown(group, root) for group in others)]))
    drafts = [drafted_table(guess, guesses, root=root) for guess in guesses]
    tables = tuple(draft.table for draft in drafts)
    currency, currency_doubt = _currency(guesses)
    timezone, zone_doubt = _timezone(guesses, currency)
    usable = [table.name for table in tables if table.usable]
    apart = {guess.table: [group for group in others if is_same_table(guess, group)] for guess in guesses}
    left = [group for group in others if not any(group in groups for groups in apart.values())]
    doubts = {"currency": currency_doubt, "timezone": zone_doubt}
    assumed = [key for key in ("timezone", "currency") if doubts[key]]
    return Draft(
        name=name,
        data=" ".join(patterns),
        store={"timezone": timezone, "currency": currency},
        store_doubts={key: doubt for key, doubt in doubts.items() if doubt},
        assumptions=(*assumed, *(["dates"] if any(draft.dates_assumed for draft in drafts) else [])),
        tables=tables,
        notes=(*failures, *(_spare(group, tables, root) for group in left)),
        reports=drafted_reports(root / "notebooks", usable, _suggestions(guesses, tables)),
        urgent=tuple(_unread(guess, apart[guess.table], root) for guess in guesses if apart[guess.table]),
    )


def _unread(guess: TableGuess, apart: Sequence[Group], root: Path) -> str:
    """The doubt about files of a table that are not read, for a table is read from files of one form."""
    taken, files = len(guess.group.paths), [path for group in apart for path in group.paths]
    names = [shown_path(path, root) for path in files]
    listed = f"{', '.join(names[:_NAMED])}{f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''}"
    forms = dict.fromkeys(difference for group in apart for difference in _differences(guess.group, group))
    form = f" ({', '.join(forms)})" if forms else ""
    return (
        f"only {taken} of {taken + len(files)} files or sheets of {guess.table} can be read, and all pages would lack "
        f"the others: {listed}. They are of another form than {shown_path(guess.group.paths[0], root)}{form}, "
        "and a table has one form: export all of them alike, then run make new again under another name."
    )


def _differences(group: Group, other: Group) -> list[str]:
    """What keeps two groups of files apart, as far as it can be shown."""
    one, two = group.leaf, other.leaf
    told = {
        "ending": (group.paths[0].suffix, other.paths[0].suffix),
        "sheet": (one.sheet, two.sheet),
        "header row": (one.header_row, two.header_row),
    }
    if one.kind == two.kind == "text":
        told |= {"encoding": (one.encoding, two.encoding), "delimiter": (repr(one.delimiter), repr(two.delimiter))}
    found = [f"{what} {second}, not {first}" for what, (first, second) in told.items() if first != second]
    other_names = [name.casefold() for name in one.names] != [name.casefold() for name in two.names]
    return [*found, *(["other column names"] if other_names else [])]


def _unknown(group: Group, root: Path) -> str:
    found = _columns(group)
    return (
        f"{_place(group, root)}: is no table that was recognised{found}; sales need a customer, a date and an amount: "
        "name such columns in the export, or write the file by hand from parameters/template.yml"
    )


def _columns(group: Group) -> str:
    """The first columns of a file; nothing where its header holds what rows hold."""
    names = group.leaf.names
    return "" if looks_like_data(names) else f" (columns: {', '.join(map(shown_name, names[:_NAMED]))})"


def _place(group: Group, root: Path) -> str:
    sheet = f", sheet {group.leaf.sheet}" if group.leaf.sheet else ""
    more = f" and {len(group.paths) - 1} more" if len(group.paths) > 1 else ""
    return f"{shown_path(group.paths[0], root)}{more}{sheet}"


def _spare(group: Group, tables: Sequence[DraftTable], root: Path) -> str:
    found = _columns(group)
    alike, _ = mapped_tables([group])
    taken = [guess.table for guess in alike if any(table.name == guess.table for table in tables)]
    if taken:
        return f"{_place(group, root)}: may be {taken[0]} as well, for which another file was taken{found}."
    return f"{_place(group, root)}: no table was recognised{found}."


def _currency(guesses: Sequence[TableGuess]) -> tuple[str, str]:
    """The store's currency and the doubt about it."""
    sales = next((guess for guess in guesses if guess.table == "transactions"), guesses[0])
    column = sales.columns.get("currency")
    named = [SIGNS.get(text.lower(), (text,))[0] for text in _values(sales, column.place).texts] if column else []
    codes = [code for code in dict.fromkeys(named) if re.fullmatch("[A-Z]{3}", code)]
    if len(codes) == 1:
        return codes[0], ""
    if codes:
        first = SIGNS.get(_values(sales, column.place).commonest.lower(), (codes[0],))[0] if column else codes[0]
        others = ", ".join(f"{code}: 1.0" for code in codes if code != first)
        return first, (
            f"rows stand in {', '.join(codes)}, which are never added up; below this line add what one unit is worth "
            f"in {first}, with the right numbers: exchange_rates: {{{others}}}"
        )
    signs = dict.fromkeys(code for values in sales.group.values for code in values.numbers.currencies)
    in_names = dict.fromkeys(code for hint in sales.group.leaf.hints for code in _codes_in(hint))
    for code in (*signs, *in_names):
        if code != "USD" or "usd" in " ".join(sales.group.leaf.hints).lower():
            return code, ""
    if signs:
        return "USD", "the sign $ stands for several currencies; write CAD, AUD or another code if it is not USD."
    if any(guess.group.cyrillic for guess in guesses):
        return "RUB", "no file names the currency; roubles were taken because the files are in Russian."
    return NO_CURRENCY, "no file names the currency; XXX prints amounts without one. Write its code, like EUR."


def _values(guess: TableGuess, place: int) -> ColumnValues:
    return guess.group.values[place]


def _codes_in(name: str) -> list[str]:
    """Currencies named in a column's name: Сумма, руб. or Total (USD)."""
    words = re.findall(r"[^\W\d_]+|[₽€£₸₴$]", name.casefold())
    return [SIGNS[word][0] for word in words if word in SIGNS and len(word) != 2 and word != "р"]


def _timezone(guesses: Sequence[TableGuess], currency: str) -> tuple[str, str]:
    """The store's time zone and the doubt about it: no export proves one."""
    texts = [text for guess in guesses for values in guess.group.values if values.is_date for text in values.texts[:50]]
    offsets = dict.fromkeys(match[1] for text in texts if (match := _OFFSET.search(text)))
    mend = "It decides to which day a purchase belongs: write the shop's own, like Europe/Moscow"
    for offset in offsets:
        if offset in _OFFSETS:
            return _OFFSETS[offset], f"{_OFFSETS[offset]} was taken because stamps end in {offset}:00. {mend}."
    if currency in _ZONES:
        return _ZONES[
            currency
        ], f"no file names the time zone; {_ZONES[currency]} was taken because of the currency. {mend}."
    return "UTC", f"no file names the time zone. {mend}."


def _suggestions(guesses: Sequence[TableGuess], tables: Sequence[DraftTable]) -> Mapping[str, tuple[Any, str]]:
    """Values for the parameters of notebooks that only the data know."""
    by_table = {guess.table: guess for guess in guesses}
    found: dict[str, tuple[Any, str]] = {}
    if "customers" in by_table:
        columns = by_table["customers"].columns
        segment = next((name for name in _SEGMENTS if name in columns), None)
        found |= {} if segment is None else {"segment_by": (segment, "")}
    test = by_table.get("assignments")
    if test is not None:
        found["experiment"] = (_commonest(test, "experiment_id"), "")
        variants = next(table.variants for table in tables if table.name == "assignments")
        control = next((name for name, text in variants.items() if is_control(text)), None)
        doubt = "" if control else "no group is called control; write which one was left alone."
        found["control"] = (control or next(iter(variants)), doubt)
    if "outcomes" in by_table:
        metrics = by_table["outcomes"].metrics
        money = [name for name, place in metrics.items() if _values(by_table["outcomes"], place).numbers.fractions]
        found["metrics"] = (list(metrics), "")
        found["goal"] = ((money or list(metrics))[0], "taken for the metric that decides; name another if it is not.")
    return found


def _commonest(guess: TableGuess, column: str) -> str:
    return _values(guess, guess.columns[column].place).commonest

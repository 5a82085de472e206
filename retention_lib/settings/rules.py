"""The rules for single values of a parameter file and between its keys."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import SecretStr

from retention_lib.settings.problems import nearest_name
from retention_lib.settings.strict import NAME, NAME_RULE, Broken, one_of_rule, refusal

Number = TypeVar("Number", int, float)

TEXT_ENDINGS = (".csv", ".csv.gz", ".txt", ".txt.gz", ".tsv", ".tsv.gz")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TABLE_ENDINGS = (*TEXT_ENDINGS, *WORKBOOK_ENDINGS, ".parquet")
ENGINES = ("duckdb", "postgres", "postgresql")
RESERVED_REPORTS = frozenset({"index"})

_LOCALES = Path(__file__).parents[1] / "locale"
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/?#]*(?=@)")
_THOUSANDS = (" ", "\u00a0", "\u202f", ".", ",", "'", "’")


def between(low: float, high: float) -> Callable[[Number], Number]:
    """A rule that a number lies in [low, high]."""

    def rule(value: Number) -> Number:
        if not low <= value <= high:
            raise refusal(f"must be between {_plain(low)} and {_plain(high)}")
        return value

    return rule


def _plain(number: float) -> str:
    """A number as a person writes it into the file: 10000000, 0.5."""
    return f"{number:.0f}" if number == int(number) else f"{number:g}"


def at_least(low: float) -> Callable[[float], float]:
    """A rule that a number is not below `low`."""

    def rule(value: float) -> float:
        if not value >= low:
            raise refusal(f"must be {low:g} or more")
        return value

    return rule


def above(low: float) -> Callable[[float], float]:
    """A rule that a number is greater than `low`."""

    def rule(value: float) -> float:
        if not value > low:
            raise refusal(f"must be more than {low:g}")
        return value

    return rule


def some_once(values: list[Any]) -> list[Any]:
    """A list of at least one value, each once."""
    if not values or len(set(values)) < len(values):
        raise refusal("must name one or several, each once")
    return values


def filled(value: str) -> str:
    """A text that says something, on one line."""
    if not value.strip() or not value.isprintable():
        raise refusal("must be one line of text that is not blank")
    return value


def delimiter(value: str) -> str:
    """One character that can stand between columns."""
    if len(value) != 1 or value.isalnum() or value in "\"'\n\r\0":
        raise refusal('must be one character such as "," or ";" or "\\t"')
    return value


def encoding(value: str) -> str:
    """A text encoding that Python knows."""
    try:
        known = "\0" not in value and codecs.lookup(value)._is_text_encoding
    except LookupError:
        known = False
    if known:
        return value
    near = nearest_name(value, ("utf-8", "utf-8-sig", "utf-16", "cp1251", "cp1252", "koi8-r", "latin-1"))
    raise refusal("must be a text encoding such as utf-8 or cp1251", nearest=near)


def thousands(value: str) -> str:
    """A character that can stand between thousands."""
    if value not in _THOUSANDS:
        raise refusal('must be one of " ", ".", ",", "\'" or a no-break space, or be left out')
    return value


def date_format(value: str) -> str:
    """A strptime format from which a day comes back whole."""
    day = datetime(2023, 11, 25, tzinfo=UTC)  # aware, so that %z has an offset to write
    try:
        whole = datetime.strptime(day.strftime(value), value).date() == day.date()
    except (ValueError, re.error):
        whole = False
    if whole:
        return value
    raise refusal('must hold day, month and year, like "%d.%m.%Y" or "%d.%m.%Y %H:%M"')


def table_path(value: str) -> str:
    """A path with an ending that says how to read it."""
    if not value.isprintable() or not value.lower().endswith(TABLE_ENDINGS):
        raise refusal(f"must be a path that ends in {', '.join(TABLE_ENDINGS[:-1])} or {TABLE_ENDINGS[-1]}")
    return value


def database_table(value: str) -> str:
    """A table's name in a database, with its schema if need be."""
    parts = value.split(".")
    if not value.isprintable() or len(parts) > 3 or not all(part.strip() == part and part for part in parts):
        raise refusal("must be a table of the database, written like orders or crm.orders")
    return value


def connection(value: Any) -> Any:
    """An engine's address with every `${NAME}` taken from the environment; kept secret from here on.

    A user or password from the environment stands there as it is; in an address, marks such as @ and / are escaped.
    """
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise refusal("must be text")
    missing = [name for name in _VARIABLE.findall(value) if name not in os.environ]
    if missing:
        raise refusal(f"needs what is not set in the environment: {', '.join(missing)}")
    escaped = _USER_AND_PASSWORD.sub(lambda part: _filled_in(part[0], escape=True), value)
    clear = _filled_in(escaped)
    engine, separator, _ = clear.partition("://")
    if not separator or engine not in ENGINES:
        near = nearest_name(engine, ENGINES) if separator else None
        raise refusal(f"must begin with {', '.join(f'{name}://' for name in ENGINES)}", nearest=near)
    return SecretStr(clear)


def _filled_in(text: str, *, escape: bool = False) -> str:
    """A text with every `${NAME}` taken from the environment."""
    return _VARIABLE.sub(lambda match: quote(os.environ[match[1]], safe="") if escape else os.environ[match[1]], text)


def timezone(value: str) -> str:
    """A time zone of the IANA list."""
    from zoneinfo import available_timezones

    zones = available_timezones()
    if value not in zones:
        near = nearest_name(value, sorted(zones)) or nearest_name(value, _by_city(zones))
        raise refusal("must be a time zone such as Europe/Moscow", nearest=_by_city(zones).get(near or "", near))
    return value


def _by_city(zones: set[str]) -> dict[str, str]:
    """Time zones by the last part of their names."""
    return {zone.rpartition("/")[2]: zone for zone in sorted(zones, reverse=True) if "/" in zone}


def currency(value: str) -> str:
    """A currency of ISO 4217."""
    from babel.numbers import list_currencies

    codes = list_currencies()
    if value not in codes:
        near = value.upper() if value.upper() in codes else None
        raise refusal("must be a currency of ISO 4217 such as RUB or USD", nearest=near)
    return value


def language(value: str) -> str:
    """A language that the pages have been translated to."""
    known = ["en", *sorted(file.stem for file in _LOCALES.glob("*.po"))]
    if value not in known:
        raise refusal(one_of_rule(known), nearest=nearest_name(value, known))
    return value


def broken_stores(raw: Mapping[Any, Any]) -> Iterator[Broken]:
    """A set has one store or several named ones."""
    one, several = raw.get("store"), raw.get("stores")
    if one is not None and several is not None:
        yield Broken(("stores",), "cannot stand beside store; keep one of the two")
    elif one is None and not several:
        yield Broken(("store",), "is missing; describe the store, or several under stores")
    for name in several if isinstance(several, Mapping) else ():
        if not NAME.fullmatch(str(name)):
            yield Broken(("stores", str(name)), NAME_RULE)


def broken_reports(raw: Mapping[Any, Any]) -> Iterator[Broken]:
    """There is a report; each has a usable name and, among several stores, one of them."""
    reports = raw.get("reports")
    if reports is not None and not reports:
        yield Broken(("reports",), "must name at least one report")
    for name, report in reports.items() if isinstance(reports, Mapping) else ():
        if not NAME.fullmatch(str(name)):
            yield Broken(("reports", str(name)), NAME_RULE)
        elif name in RESERVED_REPORTS:
            yield Broken(("reports", str(name)), "is the name of the month's front page; choose another")
        chosen = report.get("store") if isinstance(report, Mapping) else getattr(report, "store", None)
        yield from _broken_choice(str(name), chosen, raw.get("stores"))


def _broken_choice(report: str, chosen: Any, stores: Any) -> Iterator[Broken]:
    place = ("reports", report, "store")
    if not isinstance(stores, Mapping) or not stores:
        if chosen is not None:
            yield Broken(place, "must be left out, for this set has one store", chosen)
        return
    names = [name for name in stores if NAME.fullmatch(str(name))]
    if chosen is None and len(stores) > 1:
        yield Broken(place, f"is missing; name one of the stores: {', '.join(names)}")
    elif isinstance(chosen, str) and chosen not in stores:
        yield Broken(place, one_of_rule(names) if names else "is no store", chosen, nearest_name(chosen, names))

"""What of a value an error may show: a date, a short number, else only the shape, for it may name a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

_LONGEST = 40
_LONGEST_NAME = 120
_MOST_DIGITS = 8
_BLANK = " \u00a0\u202f\u2009"
_CLOCK = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?: ?Z| ?[+-]\d{2}:?\d{0,2})?"
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}" + _CLOCK)
_NUMBER = re.compile(rf"[+-]?[{_BLANK}\d.,'\u2019]*\d[{_BLANK}\d.,'\u2019]*(?:[eE][+-]?\d+)?[{_BLANK}]*[^\w\d]?")
_PHONE = re.compile(r"\+?\d[\d\s()-]{7,}\d")


def shown_value(value: str) -> str:
    """A value as an error shows it: itself where it is a date or a number of fewer than nine digits."""
    text = value.strip()
    few = sum(c.isdigit() for c in text) <= _MOST_DIGITS
    plain = _DATE.fullmatch(text) or (few and _NUMBER.fullmatch(text))
    shown = text if plain else shape(text)
    return repr(shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…")


def shown_name(name: str) -> str:
    """A column's name as an error shows it: only its shape where it holds what rows hold, not names.

    A file read with a wrong delimiter or quote has whole rows for names.
    """
    telling = any(mark in name for mark in "\r\n@") or _DATE.search(name) or _PHONE.search(name)
    shown = "".join(c if c.isprintable() else " " for c in (shape(name) if telling else name))
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def shape(text: str) -> str:
    """The text with every letter as A and every digit as 0."""
    return "".join("0" if c.isdigit() else "A" if c.isalpha() else c for c in text)


def shape_of(text: ir.StringValue) -> ir.StringValue:
    """The same inside the engine."""
    return text.re_replace(r"[\p{L}\p{M}]", "A").re_replace(r"\p{N}", "0")


def looks_like_data(names: Sequence[str]) -> bool:
    """Whether a line that should name columns holds values: a mail address, a date, a phone, or mostly numbers."""
    filled = [name.strip() for name in names if name.strip()]
    telling = any("@" in name or _DATE.fullmatch(name) or _PHONE.fullmatch(name) for name in filled)
    return telling or 2 * sum(bool(_NUMBER.fullmatch(name)) for name in filled) > len(filled)

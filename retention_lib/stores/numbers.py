"""Numbers in text: read in the notation the parameter file gives and no other, with a currency's sign left aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from retention_lib.stores.signs import BESIDE_AMOUNTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

MONEY = dt.Decimal(18, 4)

_GROUP_MARKS = " \u00a0\u202f\u2009'\u2019"
_GAP = "[ \u00a0\u202f\u2009]*"
_MINUS = "\u2212"
_SIGN = f"(?:{'|'.join(re.escape(sign) for sign in BESIDE_AMOUNTS)})"
_SIGN_BEFORE = rf"(?i)^([+\-{_MINUS}]?){_GAP}{_SIGN}{_GAP}"
_SIGN_AFTER = rf"(?i){_GAP}{_SIGN}$"


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How the numbers of a source are written.

    Attributes:
        decimal: The decimal mark, `.` or `,`.
        thousands: The mark between thousands; blanks and apostrophes between them are always allowed.
    """

    decimal: str = "."
    thousands: str | None = None

    @property
    def plain(self) -> str:
        """A pattern of numbers that the engine reads as they are, which is what most are."""
        return r"^[+-]?\d+(?:\.\d+)?$" if self.decimal == "." else r"^[+-]?\d+$"

    @property
    def readable(self) -> str:
        """A pattern of numbers in this notation."""
        mark = re.escape(self.decimal)
        group = "[" + re.escape(_GROUP_MARKS + (self.thousands or "")) + "]"
        whole = rf"(?:\d+|\d{{1,3}}(?:{group}\d{{3}})+)"
        return rf"^[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?$"

    @property
    def foreign(self) -> str:
        """A pattern of numbers that may be in the other notation, where they are not readable in this one."""
        other = re.escape("," if self.decimal == "." else ".")
        marks = rf"\d.,{re.escape(_GROUP_MARKS)}"
        return rf"^[+-]?[{marks}]*{other}[{marks}]*\d$"


def exact_number(text: ir.StringValue, notation: Notation) -> ir.DecimalValue:
    """The number a text holds, exact to four digits; null where it holds none in this notation."""
    bare = without_sign(text)
    # Most texts meet the first pattern, and the engine asks the next one only for the rest.
    digits = ibis.cases(
        (text.re_search(notation.plain), text),
        (text.re_search(notation.readable), _pointed(text, notation)),
        (bare.re_search(notation.readable), _pointed(bare, notation)),
        else_=ibis.null("string"),
    )
    return digits.try_cast(MONEY)


def is_foreign_number(text: ir.StringValue, notation: Notation) -> ir.BooleanValue:
    """Whether a text is a number in the other notation: 1.234,50 where 1,234.50 is wanted, or the reverse."""
    bare = without_sign(text)
    return ibis.cases(
        (text.re_search(notation.plain), False),
        (text.re_search(notation.readable), False),
        (bare.re_search(notation.readable), False),
        else_=bare.re_search(notation.foreign),
    )


def sign_beside(text: ir.StringValue, notation: Notation) -> ir.StringValue:
    """The currency's sign beside a number, in small letters; null where there is none."""
    bare = without_sign(text)
    before = text.re_extract(rf"(?i)^[+\-{_MINUS}]?{_GAP}({_SIGN})", 1)
    after = text.re_extract(f"(?i)({_SIGN})$", 1)
    return ibis.cases(
        (text.re_search(notation.plain), ibis.null("string")),
        (text.re_search(notation.readable), ibis.null("string")),
        (bare.re_search(notation.readable), ibis.coalesce(before.nullif(""), after.nullif("")).lower()),
        else_=ibis.null("string"),
    )


def without_sign(text: ir.StringValue) -> ir.StringValue:
    """A text without a currency's sign before or after it, and with a minus as keyboards write it."""
    bare = text.re_replace(_SIGN_BEFORE, r"\1").re_replace(_SIGN_AFTER, "")
    return bare.re_replace(f"^{_MINUS}", "-")


def _pointed(text: ir.StringValue, notation: Notation) -> ir.StringValue:
    """A readable number as the engine writes it."""
    comma = "," if notation.decimal == "," else ""
    return text.translate(comma + _GROUP_MARKS + (notation.thousands or ""), "." if comma else "")

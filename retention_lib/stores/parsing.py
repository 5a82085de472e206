"""Values of a source column as the contract wants them, and which of them cannot be read.

Text is read strictly: a number in another notation or a date in an unknown one is never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from retention_lib.stores.numbers import MONEY, Notation, exact_number

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from retention_lib.settings.tables import ColumnKind

STAMP = dt.Timestamp(scale=6)
UTC_STAMP = dt.Timestamp(timezone="UTC")

# Excel and 1C write no-break spaces around and inside values; a byte order mark may survive a concatenation.
BLANKS = " \t\r\n\u00a0\u202f\u2009\ufeff"

_DAY, _CLOCK = r"\d{4}-\d{2}-\d{2}", r"[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_OFFSET = r"(Z|[+-]\d{2}(?::?\d{2})?)"
ISO_DATE = f"^{_DAY}(?:{_CLOCK})?$"
ISO_STAMP_WITH_OFFSET = f"^{_DAY}{_CLOCK} ?{_OFFSET}$"
LOOKS_LIKE_DATE = r"^\d{1,4}[./\\-]\d{1,2}[./\\-]\d{1,4}"
LOOKS_LIKE_SERIAL = r"^[2-6]\d{4}(\.\d+)?$"
_YES = ("true", "t", "yes", "y", "1", "1.0", "да", "истина")
_NO = ("false", "f", "no", "n", "0", "0.0", "нет", "ложь")


@ibis.udf.scalar.builtin(name="trim", signature=((dt.string, dt.string), dt.string))
def _trim(text: ir.Value, characters: str) -> ir.StringValue: ...


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), STAMP))
def _strptime(text: ir.Value, style: str) -> ir.TimestampValue: ...


@ibis.udf.scalar.builtin(name="try_strptime", signature=((dt.string, dt.string), UTC_STAMP))
def _strptime_with_offset(text: ir.Value, style: str) -> ir.TimestampValue: ...


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, UTC_STAMP), STAMP))
def _wall_clock(zone: str, moment: ir.Value) -> ir.TimestampValue: ...


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, STAMP), UTC_STAMP))
def _moment(zone: str, wall_clock: ir.Value) -> ir.TimestampValue: ...


@dataclass(frozen=True, kw_only=True)
class Style(Notation):
    """How the values of a source are written.

    Attributes:
        dates: The strptime format of dates; None when they are ISO.
        timezone: The store's time zone, to which every stamp is brought.
        stamps: The zone of stamps that name none; None when they already are the store's.
    """

    dates: str | None = None
    timezone: str
    stamps: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One column of the contract, read from one column of the source.

    Attributes:
        raw: The source's column as it is.
        source: The same as text without blanks around it; null where there is nothing.
        value: The value in its canonical type; null where there is none or it cannot be read.
    """

    raw: ir.Value
    source: ir.StringValue
    value: ir.Value

    @property
    def missing(self) -> ir.BooleanValue:
        """Where the source holds nothing."""
        return self.source.isnull()

    @property
    def unreadable(self) -> ir.BooleanValue:
        """Where the source holds something that is not of the column's kind."""
        return self.source.notnull() & self.value.isnull()


def read_column(raw: ir.Value, kind: ColumnKind, style: Style) -> Reading:
    """Read a source column as one kind of value."""
    source = source_text(raw)
    if kind == "text":
        return Reading(raw=raw, source=source, value=source)
    if kind in ("timestamp", "date"):
        stamp = _stamp(raw, source, style)
        return Reading(raw=raw, source=source, value=stamp.date() if kind == "date" else stamp)
    if kind == "boolean":
        return Reading(raw=raw, source=source, value=_boolean(source))
    return Reading(raw=raw, source=source, value=_number(raw, source, kind, style))


def source_text(raw: ir.Value) -> ir.StringValue:
    """A source column as text without blanks around it; null when nothing is left.

    Whole numbers lose their fraction, for a column of ids with a gap in it often arrives as 17.0.
    """
    kind = raw.type()
    if kind.is_floating():
        whole = (raw % 1 == 0) & (raw.abs() < 2**53)
        text = ibis.ifelse(whole, raw.try_cast("int64").cast("string"), raw.cast("string"))
        return ibis.ifelse(raw.isnan(), ibis.null("string"), text)
    if kind.is_integer():
        return raw.cast("string")
    text = raw.cast("string")
    blank = "[" + re.escape(BLANKS) + "]"
    # Few values have blanks around them, and looking is four times as quick as trimming.
    return ibis.ifelse(text.re_search(f"^{blank}|{blank}$"), _trim(text, BLANKS), text).nullif("")


def _number(raw: ir.Value, source: ir.StringValue, kind: ColumnKind, style: Style) -> ir.NumericValue:
    typed = raw.type().is_numeric() or raw.type().is_boolean()
    exact = raw.try_cast(MONEY) if typed else exact_number(source, style)
    if kind == "integer":
        return ibis.ifelse(exact == exact.round(0), exact.try_cast("int64"), ibis.null("int64"))
    return exact.cast("float64") if kind == "number" else exact


def is_iso(text: ir.StringValue) -> ir.BooleanValue:
    """Whether a text is an ISO day or stamp, with or without an offset."""
    return text.re_search(ISO_DATE) | text.re_search(ISO_STAMP_WITH_OFFSET)


def _boolean(source: ir.StringValue) -> ir.BooleanValue:
    word = source.lower()
    return ibis.cases((word.isin(_YES), True), (word.isin(_NO), False), else_=ibis.null("boolean"))


def is_text_stamp(raw: ir.Value) -> bool:
    """Whether a source column holds dates in letters or digits, not as a type of its own."""
    return not (raw.type().is_timestamp() or raw.type().is_date())


def _stamp(raw: ir.Value, source: ir.StringValue, style: Style) -> ir.TimestampValue:
    if not is_text_stamp(raw):
        if raw.type().is_timestamp() and raw.type().timezone is not None:
            return _wall_clock(style.timezone, raw)
        # A day names no hour, so only a stamp can be an hour of another zone's day.
        return _local(raw.cast(STAMP), style) if raw.type().is_timestamp() else raw.cast(STAMP)
    if style.dates is not None and re.search("%[zZ]", style.dates):
        return _wall_clock(style.timezone, _strptime_with_offset(source, style.dates))
    if style.dates is not None:
        return _local(_strptime(source, style.dates), style)
    naive = ibis.ifelse(source.re_search(ISO_DATE), source, ibis.null("string")).try_cast(STAMP)
    return ibis.coalesce(_local(naive, style), _wall_clock(style.timezone, _iso_moment(source)))


def _local(stamp: ir.TimestampValue, style: Style) -> ir.TimestampValue:
    if style.stamps is None:
        return stamp
    return _wall_clock(style.timezone, _moment(style.stamps, stamp))


def _iso_moment(source: ir.StringValue) -> ir.TimestampValue:
    """The moment of an ISO stamp with an offset (2024-01-01T23:30+03:00), whichever way that is spelt."""
    text = ibis.ifelse(source.re_search(ISO_STAMP_WITH_OFFSET), source, ibis.null("string"))
    clock = text.re_extract(rf"^(.*?) ?{_OFFSET}$", 1).nullif("").try_cast(STAMP)
    offset = text.re_extract(rf"{_OFFSET}$", 1)
    digits = offset.re_replace("[^0-9]", "").rpad(4, "0")
    minutes = digits.substr(0, 2).try_cast("int64") * 60 + digits.substr(2, 2).try_cast("int64")
    east = ibis.ifelse(offset.startswith("-"), -minutes, minutes)
    return _moment("UTC", clock - east.as_interval("m"))

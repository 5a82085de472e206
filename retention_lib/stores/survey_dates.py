"""How the dates of a column are written, proven on its values by the engine that will read them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from retention_lib.stores import parsing

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMERIC = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[./\\-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2})(?P<rest>\D.*)?", re.ASCII | re.DOTALL
)
_CLOCK = re.compile(
    r"(?P<gap>,? +|T)(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2})?(?P<fraction>\.\d{1,6})?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?",
    re.ASCII,
)
_EMPTY = re.compile(r"0?1[./]0?1[./](?:0001|1)(?:\D.*)?|0001-01-01.*|[\s.:/]*|0000-00-00.*", re.ASCII)
_ISO = re.compile(f"{parsing.ISO_DATE}|{parsing.ISO_STAMP_WITH_OFFSET}")
_WORDY = (
    *("%b %d, %Y %I:%M:%S %p", "%b %d, %Y, %I:%M:%S %p", "%b %d, %Y %I:%M %p", "%b %d, %Y, %I:%M %p", "%b %d, %Y"),
    *("%B %d, %Y %I:%M %p", "%B %d, %Y", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y", "%d %B %Y"),
    *("%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M", "%d-%b-%Y", "%d-%b-%y", "%a, %d %b %Y %H:%M:%S %z"),
)
_COMPACT = ("%Y%m%d%H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d")
_ENOUGH = 0.5


@dataclass(frozen=True, kw_only=True)
class DateReading:
    """How a column's dates are written.

    Attributes:
        style: The strptime format; None when they are ISO.
        share: Values it reads among those filled in, empty dates of 1C (01.01.0001) aside, in [0, 1].
        other: The format with day and month exchanged, where it reads as much; None when the order is proven.
        evidence: Why this order was taken, in words.
        unread: Values that it does not read (count).
    """

    style: str | None
    share: float
    other: str | None
    evidence: str
    unread: int

    @property
    def numeric_order(self) -> bool:
        """Whether day and month are numbers that could be exchanged."""
        return self.style is not None and bool(re.match(r"%[dm][./\\-]%[dm]", self.style))


def date_reading(texts: Sequence[str], *, day_first: bool, compact: bool = False) -> DateReading | None:
    """How the dates of a column are written; None when it holds no dates.

    Args:
        texts: Its different values in the order of the rows, without blanks around them.
        day_first: Which order is likelier where the values do not prove one and a slash stands between.
        compact: Whether 20240229 counts as a date, as the column's name may say.
    """
    values = [text for text in texts if not _EMPTY.fullmatch(text)]
    if not values:
        return None
    iso = sum(1 for text in values if _ISO.search(text))
    if iso >= _ENOUGH * len(values):
        return _reading(None, iso, len(values), evidence="they are ISO dates")
    styles = _numeric_styles(values)
    if styles:
        return _numeric_reading(values, styles, day_first=day_first)
    wordy = re.search(r"[A-Za-z]{3}", values[0]) is not None and re.search(r"\d{2}", values[0]) is not None
    digits = compact and re.match(r"(?:19|20)\d{6}", values[0]) is not None
    for style in (*(_WORDY if wordy else ()), *(_COMPACT if digits else ())):
        if not _read(values[:5], style):
            continue
        count = len(_read(values, style))
        if count >= _ENOUGH * len(values):
            return _reading(style, count, len(values), evidence="the year or the month shows which part is which")
    return None


def _reading(style: str | None, count: int, total: int, *, evidence: str, other: str | None = None) -> DateReading:
    return DateReading(style=style, share=count / total, other=other, evidence=evidence, unread=total - count)


def _numeric_styles(values: Sequence[str]) -> tuple[str, ...]:
    """The formats of the commonest form: one, or two where day and month could be exchanged; none without dates."""
    forms = Counter(form for form in map(_form, values) if form is not None)
    if sum(forms.values()) < _ENOUGH * len(values):
        return ()
    return forms.most_common(1)[0][0]


def _form(text: str) -> tuple[str, ...] | None:
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    clock = "" if match["rest"] is None else _clock_style(match["rest"])
    if clock is None:
        return None
    sep = match["sep"]
    if len(match["a"]) == 4:
        return (f"%Y{sep}%m{sep}%d{clock}",)
    if len(match["a"]) > 2:
        return None
    year = "%Y" if len(match["c"]) == 4 else "%y"
    return (f"%d{sep}%m{sep}{year}{clock}", f"%m{sep}%d{sep}{year}{clock}")


def _clock_style(text: str) -> str | None:
    """The format of what stands after the day; None when it is no time of day."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour = "%I" if match["half"] else "%H"
    half = "" if match["half"] is None else (" %p" if match["half"].startswith(" ") else "%p")
    style = f"{match['gap']}{hour}:%M{':%S' if match['second'] else ''}{'.%f' if match['fraction'] else ''}{half}"
    zone = match["zone"]
    if zone is None:
        return style
    named = "%Z" if zone.strip() in ("UTC", "GMT") else "%z"
    return f"{style} {named}" if zone.startswith(" ") else style + named


def _numeric_reading(values: Sequence[str], styles: tuple[str, ...], *, day_first: bool) -> DateReading:
    read = {style: _read(values, style) for style in styles}
    if len(styles) == 1:
        return _reading(styles[0], len(read[styles[0]]), len(values), evidence="the year stands first")
    by_day, by_month = styles
    first, second = (by_day, by_month) if len(read[by_day]) >= len(read[by_month]) else (by_month, by_day)
    if len(read[first]) > len(read[second]):
        proof = f"the day {max(stamp.day for stamp in read[first])} proves the order"
        return _reading(first, len(read[first]), len(values), evidence=proof)
    style, why = _likelier(read[by_day], read[by_month], by_day, by_month, day_first=day_first)
    other = by_month if style == by_day else by_day
    return _reading(style, len(read[style]), len(values), evidence=why, other=other)


def _likelier(
    days: Sequence[datetime], months: Sequence[datetime], by_day: str, by_month: str, *, day_first: bool
) -> tuple[str, str]:
    """The likelier of two formats that read the same values, and why."""
    now = datetime.now(UTC).replace(tzinfo=None)
    future = [sum(1 for stamp in stamps if stamp > now) for stamps in (days, months)]
    if future[0] != future[1]:
        return (by_day if future[0] < future[1] else by_month), "the other order gives days that have not come yet"
    back = [sum(1 for one, two in pairwise(stamps) if two < one) for stamps in (days, months)]
    if min(back) * 4 < max(back):
        return (by_day if back[0] < back[1] else by_month), "in this order the rows follow each other in time"
    if "." in by_day:
        return by_day, "with points the day mostly stands first"
    if "%p" in by_day or not day_first:
        return by_month, "in English exports with this mark the month mostly stands first"
    return by_day, "in Russian exports the day mostly stands first"


def _read(values: Sequence[str], style: str) -> list[datetime]:
    """The values that the engine reads by a format, in their order."""
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        query = "SELECT try_strptime(text, $style) FROM (SELECT unnest($texts::VARCHAR[]) AS text)"
        found = engine.execute(query, {"texts": list(values), "style": style}).fetchall()
    return [stamp.replace(tzinfo=None) for (stamp,) in found if stamp is not None]

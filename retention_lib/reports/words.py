"""Words, numbers, money and dates in the reader's language.

A sentence is one message with named placeholders, never glued from parts::

    words.say("In {month} **{lapsed}** went quiet", month=words.month("2017-12"), lapsed=households)
    words.count("{n} household", "{n} households", 214)

Messages are looked up in `retention_lib/locale/<language>.po`; English is the language of the source. Values
are plain text: they are cleaned here and escaped where HTML is made. `**words**` in a message are emphasis;
stars in a value stay stars. Numbers take the locale's own form (CLDR, by Babel), and never break inside.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from numbers import Integral
from pathlib import Path
from typing import Literal

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from retention_lib.reports.text import clean_value, isolated, marked

SOURCE_LANGUAGE = "en"
UNKNOWN_CURRENCY = "XXX"
CATALOGUES = Path(__file__).resolve().parents[1] / "locale"
NO_BREAK_SPACE = "\u00a0"
_CODE = re.compile(r"([A-Z]{3})(?=\d)")
MINUS = "\u2212"
DASH = "\u2013"
_SHORT = 100_000  # an amount below is as short in full as with digits enough to tell it from its neighbours

Unit = Literal[
    "share",
    "points",
    "count",
    "money",
    "money_per_customer",
    "money_per_week",
    "money_per_order",
    "days",
    "parameter",
    "p",
    "number",
    "ratio",
    "date",
    "text",
]

# Plain "en" writes dates the American way; the pages are read in many countries, so the day comes first.
_DATE_LOCALES = {"en": "en_GB"}


def N_(message: str) -> str:  # noqa: N802 - the gettext convention for a message that is translated later
    """Marks a message for the catalogue without translating it yet."""
    return message


RANGE = N_("{low} to {high}")


@lru_cache(maxsize=16)
def catalogue(language: str) -> NullTranslations:
    """The translations of one language, read from its `.po` file.

    Raises:
        LookupError: There is no catalogue for the language.
    """
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        known = sorted({SOURCE_LANGUAGE, *(file.stem for file in CATALOGUES.glob("*.po"))})
        raise LookupError(f"language {language!r} has no catalogue; choose one of {', '.join(known)}")
    return translations_from(path)


def translations_from(path: Path) -> GNUTranslations:
    """A `.po` file as gettext translations, plural rules included."""
    with path.open("rb") as file:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A difference in words.

    Attributes:
        direction: Whether the figure rose, fell or stayed (after rounding to what is shown).
        text: The sentence, as in "up 0.9 points on November".
    """

    direction: Literal["up", "down", "same"]
    text: str


@dataclass(frozen=True)
class Words:
    """The reader's language and currency.

    Attributes:
        language: Language code with a catalogue, such as `en`.
        currency: ISO 4217 code of money, or None where a report has no money.
        translations: Messages; by default the catalogue of the language.
    """

    language: str = SOURCE_LANGUAGE
    currency: str | None = None
    translations: NullTranslations | None = field(default=None, repr=False, compare=False)

    @property
    def locale(self) -> Locale:
        """The locale whose number formats are used."""
        return Locale.parse(self.language)

    @property
    def direction(self) -> str:
        """The direction of writing: `ltr` or `rtl`."""
        return str(self.locale.text_direction)

    @property
    def language_name(self) -> str:
        """The language's own name, as in "English"."""
        return str(self.locale.get_display_name(self.locale)).capitalize()

    def gettext(self, message: str) -> str:
        """The message in the reader's language, placeholders untouched."""
        return self._messages().gettext(message) if message else ""

    def say(self, message: str, **values: object) -> str:
        """One sentence with its placeholders filled.

        Args:
            message: English source message with named placeholders; `**words**` are emphasis.
            **values: Texts already formatted (`percent`, `money`, ...), whole numbers, dates or None.

        Raises:
            TypeError: A value is a float, whose number of digits only the caller can know.
        """
        return marked(self.gettext(message)).format(**self._filled(values))

    def count(self, one: str, many: str, n: int, **values: object) -> str:
        """A sentence in the plural form that n asks for; `{n}` is the number itself."""
        template = self._messages().ngettext(one, many, int(n))
        return marked(template).format(**self._filled({"n": int(n), **values}))

    def listed(self, items: list[str]) -> str:
        """Items as a list in words, as in "a, b and c"."""
        from babel.lists import format_list

        return format_list([clean_value(item) for item in items], locale=self._date_locale()) if items else ""

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share in [0, 1] as percent."""
        return self._formatted(share, self.locale.percent_formats[None].pattern, digits)

    def points(self, difference: float | None, digits: int = 1) -> str:
        """A difference of two shares in percentage points."""
        if _missing(difference):
            return DASH
        return self.say("{n} points", n=self.number(float(difference or 0) * 100, digits)).replace(" ", NO_BREAK_SPACE)

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with the locale's grouping and decimal signs."""
        return self._formatted(value, self.locale.decimal_formats[None].pattern, digits)

    def compact(self, value: float | None, finer: int = 0) -> str:
        """A number short enough for a card: whole below 10,000, then as in "12.3K"; `finer` adds digits."""
        if _missing(value) or abs(float(value or 0)) < (_SHORT if finer else 10_000):
            return self.number(value)
        return self._compact_money(value, known=False, finer=finer)

    def money(self, value: float | None, compact: bool = False, digits: int | None = None, finer: int = 0) -> str:
        """An amount in the report's currency; a bare number where the currency is not known (XXX).

        Args:
            value: The amount.
            compact: Short enough for a card, as in "$40.2K".
            digits: Digits after the decimal sign; by default cents below 1,000, and none for whole amounts.
            finer: Digits more than a compact amount has by default.
        """
        if _missing(value) or self.currency is None:
            return self.compact(value, finer) if compact else self.number(value, digits or 0)
        size, known = abs(float(value or 0)), self.currency != UNKNOWN_CURRENCY
        if compact and size >= (_SHORT if finer else 1_000):
            return self._compact_money(value, known=known, finer=finer)
        formats = self.locale.currency_formats["standard"] if known else self.locale.decimal_formats[None]
        if digits is None:
            cents = size < (100 if compact and not finer else 1_000) and not size.is_integer()
            digits = numbers.get_currency_precision(self.currency) if cents else 0
        return self._formatted(value, formats.pattern, digits)

    def days(self, value: float | None) -> str:
        """A number of days, as in "28 days"."""
        if _missing(value):
            return DASH
        whole = round(float(value or 0))
        return self.count("{n} day", "{n} days", whole).replace(" ", NO_BREAK_SPACE)

    def p_value(self, p: float | None) -> str:
        """A p value with three digits, as in "0.034" or "below 0.001"."""
        if _missing(p):
            return DASH
        if float(p or 0) < 0.001:
            return self.say("below {p}", p=self.number(0.001, 3)).replace(" ", NO_BREAK_SPACE)
        return self.number(p, 3)

    def month(self, month: str, year: bool = True) -> str:
        """A month named in words: "December 2017", or "December" without the year."""
        first = dt.date.fromisoformat(f"{month}-01")
        pattern = "LLLL y" if year else "LLLL"
        return dates.format_date(first, pattern, locale=self._date_locale()).replace(" ", NO_BREAK_SPACE)

    def date(self, day: dt.date | str, *, short: bool = False) -> str:
        """A day in words, as in "31 December 2017", or "31 Dec 2017" where there is little room."""
        when = dt.date.fromisoformat(day[:10]) if isinstance(day, str) else day
        written = dates.format_date(when, "medium" if short else "long", locale=self._date_locale())
        return written.replace(" ", NO_BREAK_SPACE)

    def value(self, value: float | None, unit: Unit | str, *, compact: bool = False, finer: int = 0) -> str:
        """A figure in the form of its unit (`FigureSpec.unit`), with `finer` digits more where it has any."""
        if unit.startswith("money"):
            return self.money(value, compact=compact, finer=finer)
        if unit == "count":
            return self.compact(value, finer) if compact else self.number(value)
        if unit in ("share", "points"):
            return (self.percent if unit == "share" else self.points)(value, 1 + finer)
        forms: Mapping[str, Callable[[float | None], str]] = {"days": self.days, "p": self.p_value}
        if unit in forms:
            return forms[unit](value)
        if unit == "ratio":
            return self.number(value, 2 + finer)
        small = not _missing(value) and abs(float(value or 0)) < 100
        return self.number(value, 3 if small else 1)

    def interval(self, low: float | None, high: float | None, unit: Unit | str, *, compact: bool = False) -> str:
        """A range in words, as in "9.2% to 11.9%"; empty where a bound is missing."""
        if _missing(low) or _missing(high):
            return ""
        return self.say(
            RANGE,
            low=self.value(low, unit, compact=compact),
            high=self.value(high, unit, compact=compact),
        )

    def change(self, now: float, before: float, unit: Unit | str, *, period: str) -> Change:
        """The difference to an earlier period in words; money as percent of what it was.

        Args:
            now: The figure.
            before: The same figure in the earlier period.
            unit: The figure's unit.
            period: The earlier period's name, as in "November".
        """
        amount = self._change_amount(now - before, before, unit)
        if not re.search(r"[1-9]", amount):
            return Change(direction="same", text=self.say("unchanged on {period}", period=period))
        if now > before:
            return Change(direction="up", text=self.say("up {amount} on {period}", amount=amount, period=period))
        return Change(direction="down", text=self.say("down {amount} on {period}", amount=amount, period=period))

    def _compact_money(self, value: float | None, *, known: bool, finer: int) -> str:
        rounded, locale, digits = _rounded(value, 4 + finer), self.locale, 1 + finer
        if not known:
            return _unbroken(numbers.format_compact_decimal(rounded, locale=locale, fraction_digits=digits))
        shortened = numbers.format_compact_currency(rounded, str(self.currency), locale=locale, fraction_digits=digits)
        return _unbroken(shortened)

    def _change_amount(self, difference: float, before: float, unit: str) -> str:
        if unit == "share":
            return self.points(abs(difference))
        if unit.startswith("money") and before > 0:
            return self.percent(abs(difference) / before)
        return self.value(abs(difference), unit, compact=True)

    def _messages(self) -> NullTranslations:
        return self.translations if self.translations is not None else catalogue(self.language)

    def _date_locale(self) -> Locale:
        return Locale.parse(_DATE_LOCALES.get(self.language, self.language))

    def _filled(self, values: dict[str, object]) -> dict[str, str]:
        return {name: self._fill(name, value) for name, value in values.items()}

    def _fill(self, name: str, value: object) -> str:
        if isinstance(value, str):
            return isolated(_as_value(value))
        if value is None:
            return DASH
        if isinstance(value, Integral):
            return self.number(int(value))
        if isinstance(value, dt.date):
            return self.date(value)
        raise TypeError(f"{{{name}}} is a {type(value).__name__}; format it first with percent, money or number")

    def _formatted(self, value: float | None, pattern: str, digits: int) -> str:
        if _missing(value):
            return DASH
        shape = numbers.parse_pattern(pattern)
        shape.frac_prec = (digits, digits)
        text = shape.apply(_plain_number(value), self.locale, currency=self.currency, currency_digits=False)
        return _unbroken(text)


def _as_value(value: str) -> str:
    """The value cleaned; emphasis marks of an inner sentence are dropped."""
    return clean_value(value, limit=300)


def _missing(value: float | None) -> bool:
    return value is None or not math.isfinite(float(value))


def _plain_number(value: float | None) -> float | int:
    number = value if value is not None else 0
    return int(number) if isinstance(number, Integral) else float(number)


def _rounded(value: float | None, digits: int) -> float:
    """Four significant digits or more, so that 999,960 is shown as 1.0M and not as 1,000.0K."""
    return float(f"{float(value or 0):.{digits}g}")


def _unbroken(text: str) -> str:
    """A number that cannot break over two lines, with a true minus, and none before a zero.

    A currency's code stands apart from its number, as CLDR wants it and Babel does not do.
    """
    solid = _CODE.sub(rf"\1{NO_BREAK_SPACE}", text).replace(" ", NO_BREAK_SPACE).replace("-", MINUS)
    return solid if re.search(r"[1-9]", solid) else solid.replace(MINUS, "")

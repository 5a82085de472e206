"""What the values of a column are: dates, numbers, words, identifiers of people."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Literal

from retention_lib.stores.parsing import BLANKS
from retention_lib.stores.shapes import shape
from retention_lib.stores.survey_dates import DateReading, date_reading
from retention_lib.stores.survey_numbers import NumberEvidence, number_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

Typed = Literal["text", "date", "number", "boolean"]

MOSTLY = 0.8
"""The share of values from which on a column counts as dates, numbers or the like."""

_SHOWN, _LONGEST = 3, 32
_WORDS = 20
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?", re.ASCII)
_PHONE = re.compile(r"(?:\+|\b[78])[\d\s()\-]{9,17}")
_NAME = r"[A-ZА-ЯЁ][a-zа-яё'’]+(?:-[A-ZА-ЯЁ][a-zа-яё]+)?"
_PERSON = re.compile(rf"{_NAME}(?: (?:[A-ZА-ЯЁ]\.|{_NAME})){{1,3}}|{_NAME} [A-ZА-ЯЁ]\. ?[A-ZА-ЯЁ]\.")
_YES_NO = frozenset(
    {"true", "false", "yes", "no", "y", "n", "t", "f", "1", "0", "да", "нет", "истина", "ложь", "1.0", "0.0"}
)


@dataclass(frozen=True, kw_only=True)
class ColumnValues:
    """What the values of a column are, as far as they were looked at.

    Attributes:
        rows: Rows looked at (count).
        filled: Rows with a value (count).
        texts: Its different values as text, in the order of the rows.
        commonest: The value that stands in most rows; empty when there is none.
        typed: What the file itself says the values are; `text` for a text file.
        dates: How its dates are written; None when it holds none.
        numbers: How its numbers are written.
        numeric: Share of filled values that are numbers, in [0, 1].
        email: Share that are e-mail addresses.
        phone: Share that are phone numbers.
        person: Share that look like names of people.
    """

    rows: int
    filled: int
    texts: tuple[str, ...]
    commonest: str
    typed: Typed
    dates: DateReading | None
    numbers: NumberEvidence
    numeric: float
    email: float
    phone: float
    person: float

    @property
    def is_date(self) -> bool:
        """Whether the column holds dates."""
        return self.typed == "date" or (self.dates is not None and self.dates.share >= 0.5)

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return not self.is_date and (self.typed == "number" or self.numeric >= MOSTLY)

    @property
    def is_clock(self) -> bool:
        """Whether the column holds times of day without a day."""
        return _share(_CLOCK, self.texts) >= MOSTLY

    @property
    def is_boolean(self) -> bool:
        """Whether the column holds yes and no."""
        words = {text.casefold() for text in self.texts}
        return bool(words) and words <= _YES_NO

    @property
    def is_personal(self) -> bool:
        """Whether the column holds addresses, phones or names of people."""
        return max(self.email, self.phone) >= 0.3 or (self.person >= MOSTLY and not self.is_date)

    @property
    def repeated(self) -> float:
        """Share of the filled rows whose value was there before, in [0, 1]."""
        return 1 - len(self.texts) / self.filled if self.filled else 0.0

    @property
    def is_word(self) -> bool:
        """Whether the column holds few short words, such as a channel or a category."""
        short = all(len(text) <= _LONGEST and not re.search(r"\d{5}|@", text) for text in self.texts)
        return 0 < len(self.texts) <= _WORDS and short and (self.repeated >= 0.5 or self.filled < _WORDS)

    def samples(self, *, personal: bool) -> tuple[str, ...]:
        """A few values to show.

        Args:
            personal: Whether only their shapes may be shown: letters as A, digits as 0.
        """
        plain = not personal and not self.is_personal and (self.is_date or self._small_numbers or self.is_word)
        shown = dict.fromkeys(text if plain else shape(text) for text in self.texts[:50])
        return tuple(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in list(shown)[:_SHOWN])

    @property
    def _small_numbers(self) -> bool:
        digits = (sum(character.isdigit() for character in text) for text in self.texts)
        return self.is_number and max(digits, default=0) < 9


def column_values(cells: Sequence[Any], *, day_first: bool, compact_dates: bool) -> ColumnValues:
    """What the values of a column are.

    Args:
        cells: The values looked at, as the file gives them; None or blank text where there is none.
        day_first: Which order of a date's numbers is likelier where nothing proves it.
        compact_dates: Whether 20240229 counts as a date.
    """
    filled = [cell for cell in cells if cell is not None and not (isinstance(cell, str) and not cell.strip(BLANKS))]
    words = [cell.strip(BLANKS) for cell in filled if isinstance(cell, str)]
    counts = Counter(as_text(cell) for cell in filled)
    different = tuple(counts)
    own_words = tuple(dict.fromkeys(words))
    typed = _typed(filled)
    evidence = number_evidence(own_words)
    return ColumnValues(
        rows=len(cells),
        filled=len(filled),
        texts=different,
        commonest=max(counts, key=lambda text: counts[text]) if counts else "",
        typed=typed,
        dates=date_reading(own_words, day_first=day_first, compact=compact_dates) if own_words else None,
        numbers=evidence,
        numeric=evidence.numbers / len(own_words) if own_words and typed == "text" else float(typed == "number"),
        email=_share(_EMAIL, own_words),
        phone=_share(_PHONE, different),
        person=_share(_PERSON, own_words),
    )


def as_text(cell: Any) -> str:
    """A cell as the toolkit will read it: whole numbers without a fraction, dates in ISO form."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.strip(BLANKS) if isinstance(cell, str) else str(cell)


def _typed(filled: Sequence[Any]) -> Typed:
    """What most of the cells are in the file itself."""
    kinds: dict[Typed, int] = {"text": 0, "date": 0, "number": 0, "boolean": 0}
    for cell in filled:
        if isinstance(cell, bool):
            kinds["boolean"] += 1
        elif isinstance(cell, date):
            kinds["date"] += 1
        else:
            kinds["text" if isinstance(cell, str | time) else "number"] += 1
    return max(kinds, key=lambda kind: kinds[kind]) if filled else "text"


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return sum(1 for text in texts if pattern.fullmatch(text)) / len(texts) if texts else 0.0

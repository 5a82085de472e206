"""How the numbers of a column are written: the decimal mark, what stands between thousands, the currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Literal

from retention_lib.stores.signs import BESIDE_AMOUNTS, SIGNS

_MARKS = "|".join(re.escape(sign) for sign in BESIDE_AMOUNTS)
_BLANKS = " \u00a0\u202f\u2009"
_NUMBER = re.compile(
    rf"(?:(?P<before>{_MARKS})\s?)?(?P<digits>[+\-\u2212]?(?:\d[\d.,'’{_BLANKS}]*|[.,]\d+))(?:\s?(?P<after>{_MARKS}))?",
    re.IGNORECASE | re.ASCII,
)
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)

Mark = Literal[".", ","]


@dataclass(frozen=True, kw_only=True)
class NumberEvidence:
    """What the values of a column say about how its numbers are written.

    Attributes:
        numbers: Values that are numbers (count).
        decimal: Values that prove a decimal mark, by mark (count).
        thousands: Values that prove a mark between thousands, by mark (count).
        either: Values like 1,234 that could be both, by mark (count).
        blank: The blank that stands between thousands; None when there is none.
        currencies: Codes of the currencies written beside the numbers.
        fractions: Whether some number has a decimal part.
        negative: Whether some number is below zero.
    """

    numbers: int = 0
    decimal: dict[str, int] = field(default_factory=dict)
    thousands: dict[str, int] = field(default_factory=dict)
    either: dict[str, int] = field(default_factory=dict)
    blank: str | None = None
    currencies: tuple[str, ...] = ()
    fractions: bool = False
    negative: bool = False


@dataclass(frozen=True, kw_only=True)
class NumberStyle:
    """How the numbers of a table are written.

    Attributes:
        decimal: The decimal mark.
        thousands: The mark between thousands; None when there is none.
        doubt: What speaks against it, as a sentence; empty when it is proven.
    """

    decimal: Mark = "."
    thousands: str | None = None
    doubt: str = ""


def number_evidence(texts: Iterable[str]) -> NumberEvidence:
    """What the values of a column say about how its numbers are written; values that are no numbers say nothing."""
    count, negative, fractions = 0, False, False
    decimal, thousands, either = dict[str, int](), dict[str, int](), dict[str, int]()
    blanks, currencies = dict[str, int](), dict[str, None]()
    for text in texts:
        match = _NUMBER.fullmatch(text)
        if match is None:
            continue
        count += 1
        digits = match["digits"].rstrip(_BLANKS)  # a blank before the currency groups nothing
        currencies |= {SIGNS[mark.lower()][0]: None for mark in (match["before"], match["after"]) if mark}
        negative |= digits.startswith(("-", "\u2212"))
        for blank in dict.fromkeys(character for character in digits if character in _BLANKS):
            blanks[blank] = blanks.get(blank, 0) + 1
        fractions |= _note_marks(digits.lstrip("+-\u2212"), decimal, thousands, either)
    return NumberEvidence(
        numbers=count,
        decimal=decimal,
        thousands=thousands,
        either=either,
        blank=max(blanks, key=lambda blank: blanks[blank]) if blanks else None,
        currencies=tuple(currencies),
        fractions=fractions,
        negative=negative,
    )


def number_of(cell: object, decimal: Mark) -> Decimal | None:
    """What a cell counts; None where it is no number.

    Args:
        cell: A number, or a text that may have a currency beside it.
        decimal: The decimal mark of texts.
    """
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return Decimal(str(cell)) if isinstance(cell, Decimal) or isfinite(cell) else None
    match = _NUMBER.fullmatch(str(cell).strip())
    if match is None:
        return None
    digits = re.sub(rf"[^\d{re.escape(decimal)}\-]", "", match["digits"].replace("\u2212", "-"))
    try:
        return Decimal(digits.replace(",", "."))
    except InvalidOperation:
        return None


def _note_marks(digits: str, decimal: dict[str, int], thousands: dict[str, int], either: dict[str, int]) -> bool:
    """Count what one number proves about its marks; whether it has a decimal part."""
    marks = [character for character in digits if character in ".,"]
    if not marks:
        return False
    last = marks[-1]
    if len(set(marks)) == 2:
        _count(decimal, last)
        _count(thousands, marks[0])
    elif len(marks) > 1:
        _count(thousands, last)
        return False
    elif _AMBIGUOUS.fullmatch(digits):
        _count(either, last)
        return False
    else:
        _count(decimal, last)
    return True


def _count(counts: dict[str, int], mark: str) -> None:
    counts[mark] = counts.get(mark, 0) + 1


def number_style(columns: Sequence[NumberEvidence], *, comma_likely: bool) -> NumberStyle:
    """How the numbers of a table are written, from what its columns say.

    Args:
        columns: The evidence of its columns with numbers.
        comma_likely: Whether a decimal comma is likelier where nothing proves the mark.
    """
    decimal, thousands, either = (_summed(columns, name) for name in ("decimal", "thousands", "either"))
    blank = next((column.blank for column in columns if column.blank), None)
    proofs = {mark: decimal.get(mark, 0) + thousands.get("," if mark == "." else ".", 0) for mark in (".", ",")}
    doubt = ""
    if all(proofs.values()):
        doubt = f"{proofs['.']} numbers looked at have a decimal point and {proofs[',']} a decimal comma"
    if any(proofs.values()):
        mark: Mark = "," if proofs[","] > proofs["."] else "."
    elif either:
        mark, doubt = _undecided(either, comma_likely=comma_likely)
    else:
        mark = "." if not comma_likely or blank is None else ","
    other = "," if mark == "." else "."
    grouped = other if thousands.get(other) or either.get(other) else blank
    return NumberStyle(decimal=mark, thousands=grouped, doubt=doubt)


def _undecided(either: dict[str, int], *, comma_likely: bool) -> tuple[Mark, str]:
    """The decimal mark where every mark seen could also stand between thousands, and the doubt."""
    seen = max(either, key=lambda mark: either[mark])
    mark: Mark = "," if (seen == ",") == comma_likely else "."
    meaning = "a decimal mark" if mark == seen else "a mark between thousands"
    return mark, f'numbers like 1{seen}234 can be read two ways; "{seen}" was taken for {meaning}'


def _summed(columns: Sequence[NumberEvidence], name: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for column in columns:
        for mark, count in getattr(column, name).items():
            total[mark] = total.get(mark, 0) + count
    return total

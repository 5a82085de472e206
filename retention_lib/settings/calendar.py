"""Calendar months: the period every report speaks about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, half-open: from its first day to the first day of the next.

    Attributes:
        year: From 1900 to 2200.
        month: From 1 to 12.

    Raises:
        ValueError: When the year or the month is out of range.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (_FIRST_YEAR <= self.year <= _LAST_YEAR and 1 <= self.month <= 12):
            raise ValueError(f"there is no month {self.month} of {self.year} between 1900 and 2200")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The month written as `YYYY-MM`.

        Raises:
            ValueError: When the text is anything else.
        """
        match = _MONTH.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no month; write the year and the month, like 2017-12")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that holds a day."""
        return cls(day.year, day.month)

    @classmethod
    def range(cls, first: Self, last: Self) -> list[Self]:
        """Every month from the first to the last, both included; empty when the last is earlier."""
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        return [first.shift(step) for step in range(count)]

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def start(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        """The first day of the next month, which is no longer part of this one."""
        return self.next().start if (self.year, self.month) != (_LAST_YEAR, 12) else date(_LAST_YEAR + 1, 1, 1)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days

    def shift(self, months: int) -> Self:
        """The month so many months later, or earlier when negative."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return type(self)(year, month + 1)

    def previous(self) -> Self:
        """The month before."""
        return self.shift(-1)

    def next(self) -> Self:
        """The month after."""
        return self.shift(1)

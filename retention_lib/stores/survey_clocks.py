"""Times of day that stand in a column of their own, beside the day they belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retention_lib.stores.joining import MIDNIGHT
from retention_lib.stores.mapping_names import words_of
from retention_lib.stores.survey_values import as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention_lib.stores.survey_values import ColumnValues

_DAY = words_of("date day дата день")
_TIME = words_of("time hour время час")


def clocks_of_days(names: Sequence[str], values: Sequence[ColumnValues]) -> dict[int, int]:
    """The places of columns of days to those of their times of day.

    A time belongs to a day when its name says nothing beside "time" that the day's name does not say: `Время` and
    `Время заказа` go with `Дата заказа`, `Время доставки` does not.

    Args:
        names: What the columns are called.
        values: What they hold.
    """
    days = {place: words_of(names[place]) - _DAY for place, column in enumerate(values) if _is_bare_day(column)}
    found: dict[int, int] = {}
    for clock in (place for place, column in enumerate(values) if column.is_clock):
        words = words_of(names[clock]) - _TIME
        fitting = [day for day, said in days.items() if words <= said and day not in found]
        if fitting:
            found[min(fitting, key=lambda day: (len(days[day] - words), abs(day - clock)))] = clock
    return found


def _is_bare_day(column: ColumnValues) -> bool:
    """Whether a column holds days without a time, or with midnight for all of them."""
    return column.is_date and all(":" not in text or re.search(MIDNIGHT, text) for text in column.texts)


def with_clock(day: Any, clock: Any) -> Any:
    """A day and its time as the toolkit will join them: text, where the day is text."""
    if not isinstance(day, str) or clock is None:
        return day
    return f"{re.sub(MIDNIGHT, '', day)} {as_text(clock)}"

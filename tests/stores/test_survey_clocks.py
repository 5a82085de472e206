"""Which column of times belongs to which column of days."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from retention_lib.stores.survey_clocks import clocks_of_days, with_clock
from retention_lib.stores.survey_values import ColumnValues, column_values

DAYS, TIMES, STAMPS = ["05.04.2024", "25.04.2024"], ["18:30", "9:05"], ["05.04.2024 18:30", "25.04.2024 9:05"]
MIDNIGHTS, IDS = ["05.04.2024 0:00:00", "25.04.2024 0:00:00"], ["01", "02"]


def values(cells: list[Any]) -> ColumnValues:
    return column_values(cells, day_first=True, compact_dates=False)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Дата": DAYS, "Время": TIMES}, {"Дата": "Время"}),
        ({"Время": TIMES, "id": IDS, "Дата продажи": MIDNIGHTS}, {"Дата продажи": "Время"}),
        ({"OrderDate": DAYS, "OrderTime": TIMES}, {"OrderDate": "OrderTime"}),
        ({"Дата": DAYS, "Время доставки": TIMES}, {}),
        ({"Дата": STAMPS, "Время": TIMES}, {}),
        ({"Дата доставки": DAYS, "Дата": DAYS, "Время": TIMES}, {"Дата": "Время"}),
        (
            {"Дата": DAYS, "Время": TIMES, "Дата доставки": DAYS, "Время доставки": TIMES},
            {"Дата": "Время", "Дата доставки": "Время доставки"},
        ),
        ({"Дата": [date(2024, 4, 5)], "Время": [time(18, 30)]}, {"Дата": "Время"}),
    ],
)
def test_time_goes_with_the_day_its_name_speaks_of(columns: dict[str, list[Any]], expected: dict[str, str]) -> None:
    names = list(columns)
    found = clocks_of_days(names, [values(cells) for cells in columns.values()])
    assert {names[day]: names[clock] for day, clock in found.items()} == expected


def test_a_column_of_times_is_no_column_of_days() -> None:
    for cells in (TIMES, [time(18, 30), time(9, 5)]):
        assert (values(cells).is_clock, values(cells).is_date) == (True, False)
    assert not values(["18:30", "a", "b"]).is_clock


def test_day_and_time_are_one_text() -> None:
    assert with_clock("05.04.2024 0:00:00", time(9, 5)) == "05.04.2024 09:05:00"
    assert with_clock("05.04.2024", None) == "05.04.2024"
    assert with_clock(date(2024, 4, 5), time(9, 5)) == date(2024, 4, 5)

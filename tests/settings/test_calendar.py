from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_lib.settings import Month

MONTHS = st.builds(Month, st.integers(1901, 2199), st.integers(1, 12))


def test_month_parse_and_text_are_inverse() -> None:
    assert Month.parse("2017-12") == Month(2017, 12)
    assert str(Month(2017, 2)) == "2017-02"


@pytest.mark.parametrize(
    "text",
    ["2017-13", "2017-00", "2017-1", "17-12", "2017/12", "2017-12-01", "", "2017-12\n", "٢٠١٧-12", "1899-12"],
)
def test_month_parse_refuses_anything_else(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


def test_month_is_half_open() -> None:
    assert Month(2017, 12).start == date(2017, 12, 1)
    assert Month(2017, 12).end == date(2018, 1, 1)
    assert Month(2024, 2).days == 29
    assert Month(2200, 12).end == date(2201, 1, 1)


@given(MONTHS)
def test_month_days_agree_with_the_standard_library(month: Month) -> None:
    assert month.days == calendar.monthrange(month.year, month.month)[1]
    assert Month.of(month.end - timedelta(days=1)) == month
    assert Month.of(month.end) == month.next()


@given(MONTHS, st.integers(-11, 11))
def test_month_shift_goes_back_and_keeps_order(month: Month, steps: int) -> None:
    assert month.shift(steps).shift(-steps) == month
    assert (month.shift(steps) > month) == (steps > 0)


def test_month_range_includes_both_ends() -> None:
    assert [*map(str, Month.range(Month(2017, 11), Month(2018, 2)))] == [
        "2017-11",
        "2017-12",
        "2018-01",
        "2018-02",
    ]
    assert Month.range(Month(2018, 1), Month(2018, 1)) == [Month(2018, 1)]
    assert Month.range(Month(2018, 2), Month(2018, 1)) == []


def test_month_previous_crosses_the_year() -> None:
    assert Month(2018, 1).previous() == Month(2017, 12)

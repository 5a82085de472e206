"""The calendar ahead, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from models.value_shop import made

from retention_lib.estimates import NotEnough
from retention_lib.models.horizon import Horizon, discount_factors, months_ahead, months_horizon
from retention_lib.models.season import Clock


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(1998, 1, 31), 1, date(1998, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 2, date(2024, 3, 31)),
        (date(2023, 12, 31), 12, date(2024, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 15), 2, date(2027, 1, 15)),
        (date(2026, 11, 15), 0, date(2026, 11, 15)),
    ],
)
def test_months_ahead_keeps_the_day_or_takes_the_months_last(day: date, months: int, expected: date) -> None:
    assert months_ahead(day, months) == expected


def test_discount_is_to_the_middle_of_the_month() -> None:
    # 21 % a year: 1.21^(-1/24), ..., and a month in the middle of the second year at 1.21^-1.5 = 1 / 1.331
    factors = discount_factors(19, 0.21)
    assert factors[0] == pytest.approx(1.21 ** (-1 / 24))
    assert factors[17] * factors[18] == pytest.approx(1.331**-2)
    assert discount_factors(3, 0.0).tolist() == [1, 1, 1]


def test_a_horizon_of_whole_months_has_their_days() -> None:
    found = made(months_horizon(date(2024, 1, 1), months=12, clock=Clock(), discount_rate_annual=0.1), Horizon)
    assert found.times.tolist() == np.cumsum([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]).tolist()
    assert (found.months, found.last_day) == (12, date(2024, 12, 31))
    weekly = months_horizon(date(2024, 1, 1), months=1, clock=Clock(unit_days=7), discount_rate_annual=0.1)
    assert made(weekly, Horizon).times.tolist() == [31 / 7]


def test_discounted_sums_take_each_month_by_itself() -> None:
    found = made(months_horizon(date(2024, 1, 1), months=2, clock=Clock(), discount_rate_annual=0.21), Horizon)
    # 4 in the first month and 2 in the second
    expected = 4 * 1.21 ** (-1 / 24) + 2 * 1.21 ** (-3 / 24)
    assert found.discounted(np.array([[4.0, 6.0]])).tolist() == pytest.approx([expected])


def test_a_refusal_of_the_months_stands_and_no_month_is_an_error() -> None:
    refusal = NotEnough("months_of_history", 1, 2)
    assert months_horizon(date(2024, 1, 1), months=refusal, clock=Clock(), discount_rate_annual=0.1) is refusal
    with pytest.raises(ValueError, match="1 month or more"):
        months_horizon(date(2024, 1, 1), months=0, clock=Clock(), discount_rate_annual=0.1)
    with pytest.raises(ValueError, match="discount rate above -1"):
        months_horizon(date(2024, 1, 1), months=1, clock=Clock(), discount_rate_annual=-1.0)

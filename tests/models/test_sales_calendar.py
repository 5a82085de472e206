"""Gaps in a calendar of sales, by hand and against shops whose closing days are known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.sales_calendar import LastMonth, SalesCalendar, last_month, sales_calendar

MONDAY = date(2024, 1, 1)


def days_sold(sold: np.ndarray | list[bool], *, start: date = MONDAY) -> pd.DataFrame:
    """A sale of 10 on each true day."""
    days = [start + timedelta(days=place) for place, open_ in enumerate(sold) if open_]
    return pd.DataFrame({"day": days, "orders": 1, "revenue": 10.0})


def year(*closed: tuple[date, date], weekly: int | None = None) -> pd.DataFrame:
    """2024 with a sale every day but in the closed spans (inclusive) and on a weekday (0 = Monday)."""
    every = [MONDAY + timedelta(days=place) for place in range(366)]
    sold = [day.weekday() != weekly and not any(first <= day <= last for first, last in closed) for day in every]
    return days_sold(sold)


def calendar(days: pd.DataFrame) -> SalesCalendar:
    found = sales_calendar(days)
    assert isinstance(found, SalesCalendar)
    return found


def test_a_month_without_sales_is_missing_and_a_gap() -> None:
    found = calendar(year((date(2024, 5, 1), date(2024, 5, 31))))
    assert found.found
    assert found.missing_months == ("2024-05",)
    assert found.gaps[["first_day", "last_day", "days"]].to_numpy().tolist() == [
        [date(2024, 5, 1), date(2024, 5, 31), 31]
    ]


def test_three_days_in_a_row_are_a_gap_in_a_shop_that_never_closes() -> None:
    # A weekday never missed is missed with chance 0.5 / 53 at most: 366 x 0.0094^3 is 0.0003, of two days 0.03.
    assert calendar(year((date(2024, 3, 5), date(2024, 3, 7)))).gaps["days"].tolist() == [3]
    assert calendar(year((date(2024, 3, 5), date(2024, 3, 6)))).gaps.empty


def test_a_gaps_expected_count_by_hand() -> None:
    # Tuesday 5 March to Thursday 7 March: 52 other Tuesdays (53 in 2024), 51 Wednesdays and Thursdays.
    found = calendar(year((date(2024, 3, 5), date(2024, 3, 7))))
    assert found.gaps["expected"].iloc[0] == pytest.approx(366 * (0.5 / 53) * (0.5 / 52) * (0.5 / 52), rel=1e-12)


def test_the_shops_own_closing_day_is_no_gap() -> None:
    closed_on_sundays = calendar(year(weekly=6))
    assert not closed_on_sundays.found
    # Saturday and Monday around a Sunday that is closed anyway: two days out of the ordinary.
    assert calendar(year((date(2024, 3, 9), date(2024, 3, 11)), weekly=6)).gaps.empty
    longer = calendar(year((date(2024, 3, 8), date(2024, 3, 11)), weekly=6))
    assert longer.gaps["days"].tolist() == [4]


def test_few_days_of_sales_are_judged_by_whole_months_only() -> None:
    days = days_sold([place in (0, 20, 95) for place in range(96)])  # January and April 2024
    found = calendar(days)
    assert found.gaps.empty
    assert found.missing_months == ("2024-02", "2024-03")


def test_days_are_filled_and_months_counted() -> None:
    days = pd.DataFrame(
        {
            "day": [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 2), date(2024, 2, 5)],
            "orders": [2, 0, 1, 0],  # refunds alone on the 31st and on the 5th
            "revenue": [30.0, -5.0, 7.0, -1.0],
        }
    )
    found = calendar(days)
    assert (found.first_day, found.last_day, found.days_with_sales) == (date(2024, 1, 30), date(2024, 2, 2), 2)
    assert found.days["revenue"].tolist() == [30.0, -5.0, 0.0, 7.0]
    assert found.months.to_dict("list") == {
        "month": ["2024-01", "2024-02"],
        "orders": [2, 1],
        "revenue": [25.0, 7.0],
        "days_with_sales": [1, 1],
        "days_seen": [2, 2],
        "days_in_month": [31, 29],
    }
    assert found.to_frame()["gap"].tolist() == [False] * 4


def test_days_of_a_gap_are_marked_in_the_frame() -> None:
    marked = calendar(year((date(2024, 3, 5), date(2024, 3, 7)))).to_frame()
    assert marked.loc[marked["gap"], "day"].tolist() == [date(2024, 3, 5), date(2024, 3, 6), date(2024, 3, 7)]


def test_no_sales_have_no_calendar() -> None:
    refunds = pd.DataFrame({"day": [MONDAY], "orders": [0], "revenue": [-1.0]})
    assert sales_calendar(refunds) == NotEnough("days_of_sales", 0, 1)
    assert last_month(pd.DataFrame({"last_day": [], "completeness_days": []})) == NotEnough("days_of_sales", 0, 1)


@pytest.mark.parametrize(
    ("last", "allowed", "missing", "complete"),
    [
        (date(2024, 2, 29), 0, 0, True),
        (date(2024, 2, 28), 1, 1, True),
        (date(2024, 2, 27), 1, 2, False),
        (date(2023, 12, 4), 1, 27, False),
    ],
)
def test_a_month_is_whole_up_to_the_days_a_store_allows(last: date, allowed: int, missing: int, complete: bool) -> None:
    found = last_month(pd.DataFrame({"last_day": [last], "completeness_days": [allowed]}))
    assert found == LastMonth(month=f"{last:%Y-%m}", last_day=last, days_missing=missing, complete=complete)
    assert found.found is not complete


@pytest.mark.parametrize(
    "open_share",
    [
        [1.0] * 7,
        [0.95] * 7,
        [0.8] * 7,
        [0.5] * 7,
        [0.9, 0.9, 0.9, 0.9, 0.9, 0.3, 0.0],
    ],
)
def test_shops_without_a_gap_seldom_raise_an_alarm(open_share: list[float]) -> None:
    """Of 200 calendars of independent days about one in a hundred may alarm: at most 7 have p above .99 at 1.5 %."""
    rng = np.random.default_rng(11)
    chances = np.resize(open_share, 300)
    alarms = sum(not calendar(days_sold(rng.random(300) < chances)).gaps.empty for _ in range(200))
    assert alarms <= 7


def test_a_gap_of_two_weeks_is_found_in_a_shop_that_sells_on_half_of_its_days() -> None:
    rng = np.random.default_rng(12)
    found = 0
    for _ in range(50):
        sold = rng.random(365) < 0.5
        sold[100:121] = False
        found += bool((calendar(days_sold(sold)).gaps["days"] >= 21).any())
    assert found >= 49  # 2^-21 x 365 is far below the limit

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, random_sales

from retention_lib.measures.staying import activity_patterns, months_seen
from retention_lib.settings.calendar import Month

MONTHS = Month.range(Month(2020, 10), Month(2021, 1))


@given(st.integers(0, 2**32), st.integers(1, 200))
@settings(max_examples=8, deadline=None)
def test_patterns_of_a_random_store_are_those_read_boundary_by_boundary(seed: int, lapse_days: int) -> None:
    orders = random_sales(seed)
    boundaries = [*(month.start for month in MONTHS), MONTHS[-1].end]
    expected: Counter[tuple[int, int, int]] = Counter()
    for _, group in orders.groupby("customer_id"):
        days = [day for day in group["ordered_at"].dt.date if day < boundaries[-1]]
        if not days:
            continue
        window = timedelta(days=lapse_days)
        active = sum(
            1 << place for place, end in enumerate(boundaries) if any(end - window <= day < end for day in days)
        )
        inside = sum(
            1 << place for place, month in enumerate(MONTHS) if any(month.start <= d < month.end for d in days)
        )
        first = sum(min(days) >= boundary for boundary in boundaries[:-1])
        expected[(first, active, inside)] += 1
    found = activity_patterns(engine_days(orders), MONTHS, lapse_days=lapse_days)
    keys = zip(found["first"], found["active"], found["bought"], strict=True)
    assert dict(zip(keys, found["customers"], strict=True)) == dict(expected)
    assert found.equals(found.sort_values(["first", "active", "bought"], ignore_index=True))


def test_patterns_by_hand() -> None:
    # Boundaries 1 October, November, December, January and February; thirty days of window.
    purchases = bought(
        ann="2020-09-15 2020-11-10",  # active on the first and the third boundary, bought in the second month
        bob="2020-12-02",  # the thirtieth day before January begins
        cid="2021-02-01",  # after the last boundary
    )
    assert activity_patterns(purchases, MONTHS, lapse_days=30).to_dict("records") == [
        {"first": 0, "active": 0b00101, "bought": 0b0010, "customers": 1},
        {"first": 3, "active": 0b01000, "bought": 0b0100, "customers": 1},
    ]


def test_no_months_give_no_rows() -> None:
    assert activity_patterns(bought(ann="2020-09-15"), [], lapse_days=30).empty


@pytest.mark.parametrize(
    ("starts", "first", "count"),
    [(date(2020, 11, 1), "2020-11", 3), (date(2020, 11, 2), "2020-12", 2), (date(2010, 1, 1), "2018-02", 36)],
)
def test_months_seen_begin_with_the_history(starts: date, first: str, count: int) -> None:
    found = months_seen(starts, Month(2021, 1))
    assert (str(found[0]), str(found[-1]), len(found)) == (first, "2021-01", count)


def test_months_seen_are_none_where_the_history_is_too_short() -> None:
    assert months_seen(date(2021, 1, 2), Month(2021, 1)) == []

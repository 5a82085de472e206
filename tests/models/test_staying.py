from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.intervals import wilson
from retention_lib.models.staying import staying

MONTHS = ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05"]  # six boundaries, 0 to 5


def patterns(*rows: tuple[int, str, str, int]) -> pd.DataFrame:
    """First boundary, activity on the boundaries and purchases in the months as marks from left to right, customers."""
    values = [
        (first, *(sum(1 << place for place, mark in enumerate(marks) if mark == "x") for marks in (active, bought)), n)
        for first, active, bought, n in rows
    ]
    return pd.DataFrame(values, columns=["first", "active", "bought", "customers"], dtype="int64")


# Followed for three months: what January (boundaries 0 to 1) and February (1 to 2) show.
ROWS = patterns(
    (0, ".xxxx.", "xxxx.", 60),  # back in January, active after three months
    (0, ".x....", "x....", 30),  # back in January and gone
    (0, ".x.x..", "x.x..", 10),  # back in January and in March; not active three months after January
    (0, "..xxxx", ".xxxx", 20),  # back in February, active after three months
    (0, "xxxxxx", "xxxxx", 80),  # stayed in both
    (0, "xx....", "x....", 20),  # stayed in January
    (0, "xx....", ".....", 99),  # active at both ends of January without buying in it
    (1, ".xxxxx", "xxxxx", 40),  # new in January, and stayed in February
    (3, "...xxx", "..xxx", 50),  # new in March, too late to be followed
)


def test_those_who_came_back_beside_those_who_stayed_by_hand() -> None:
    found = staying(ROWS, months=MONTHS, lapse_days=28)
    assert (found.first_month, found.last_month, found.months_after) == ("2020-01", "2020-02", 3)
    # 100 came back in January (60 active on the boundary after April), 20 in February (all).
    assert (found.came_back.n, found.came_back.value) == (120, pytest.approx(80 / 120))
    # January: 80 of 100 stayed on; February: 80 + 40 new of January + 60 who came back in January, all active after
    # May but those 60. Weights 100 and 20.
    february = 120 / 180
    assert found.stayed.value == pytest.approx((100 * 80 / 100 + 20 * february) / 120)
    assert found.stayed.n == pytest.approx(120 / (100 / 100 + 20 / 180))
    assert found.new.value == 1.0
    table = found.table.set_index(["group", "months_after"])["share"]
    assert table["came_back", 1] == pytest.approx((60 + 20) / 120)
    assert table["came_back", 2] == pytest.approx((60 + 10 + 20) / 120)


def test_a_customer_who_comes_back_twice_counts_once() -> None:
    rows = patterns((0, ".x.x..", "x.x..", 200), (0, "xxxxxx", "xxxxx", 100))
    six = [*MONTHS, "2020-06", "2020-07"]
    found = staying(rows.assign(active=rows["active"] + (rows["active"] & 32) * 6), months=six, lapse_days=28)
    assert found.came_back.n == 200


def test_a_longer_window_is_followed_in_longer_steps() -> None:
    months = [f"2020-{month:02d}" for month in range(1, 11)]
    rows = patterns((0, ".xxxxxxxxxx", "xxxxxxxxxx", 150), (0, "xxxxxxxxxxx", "xxxxxxxxxx", 300))
    found = staying(rows, months=months, lapse_days=70)  # three months a step
    assert sorted(set(found.table["months_after"])) == [3, 6, 9]
    assert (found.first_month, found.last_month) == ("2020-01", "2020-01")
    fewer = staying(rows.assign(customers=rows["customers"] // 2), months=months, lapse_days=70)
    assert isinstance(fewer, NotEnough) is False
    assert fewer.months_after < 9


def test_too_few_who_came_back_are_refused() -> None:
    rows = patterns((0, ".xxxxx", "xxxxx", 29), (0, "xxxxxx", "xxxxx", 300))
    assert staying(rows, months=MONTHS, lapse_days=28) == NotEnough("customers_came_back_followed", 29, 30)
    assert staying(rows.head(0), months=[], lapse_days=28) == NotEnough("customers_came_back_followed", 0, 30)


def test_new_customers_are_shown_where_there_are_thirty() -> None:
    few = ROWS.assign(customers=ROWS["customers"].where(ROWS["first"] != 1, 20))
    found = staying(few, months=MONTHS, lapse_days=28)
    assert found.new == NotEnough("customers_in_base", 20, 30)
    assert set(found.table["group"]) == {"came_back", "stayed"}


def test_a_refusal_passes_through() -> None:
    nothing = NotEnough("observations", 1, 2)
    assert staying(nothing, months=MONTHS, lapse_days=28) is nothing


def test_the_interval_of_those_who_came_back_covers_the_truth() -> None:
    """600 customers come back in two months and stay for three with a chance of .7."""
    rng = np.random.default_rng(8)
    hits = []
    for _ in range(500):
        kept = rng.binomial(150, 0.7)
        rows = patterns((0, ".xxxxx", "xxxxx", kept), (0, ".x....", "x....", 150 - kept), (0, "xxxxxx", "xxxxx", 50))
        found = staying(rows, months=MONTHS, lapse_days=28)
        hits.append(found.came_back.low <= 0.7 <= found.came_back.high)
        assert found.came_back == wilson(kept, 150)
    assert 0.93 <= np.mean(hits) <= 0.98

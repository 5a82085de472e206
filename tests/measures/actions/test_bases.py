"""What customers did so far: counted by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from measures.actions.plan_shop import context

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.bases import Bases, bases
from retention_lib.measures.actions.people import people

COSTED = {"transactions": "customer_id,order_id,ordered_at,amount,cost"}
SALES = [
    "a,a1,2026-05-01 10:00:00,100,60",
    "a,a2,2026-05-01 18:00:00,20,10",  # the same day: one purchase
    "a,a3,2026-06-05 10:00:00,50,20",
    "a,a4,2026-06-20 10:00:00,30,",  # no cost known
    "b,b1,2026-06-25 10:00:00,40,30",
    "c,c1,2026-05-10 10:00:00,80,50",
    "c,c1,2026-06-15 10:00:00,-80,-50",  # sent back
]
CUSTOMERS = [
    *('"a",,2026-05-01 09:00:00,yes,,', '"b",,2026-06-25 09:00:00,yes,,', '"c",,2026-05-10 09:00:00,yes,,'),
    *('"d",,2026-01-01 09:00:00,yes,,', '"e",,2026-06-29 09:00:00,yes,,'),
]


def told(folder: Path, gross_margin: float | None = 0.5, **rows: list[str]) -> Bases:
    plan = context(folder, headers=COSTED, **{"transactions": SALES, "customers": CUSTOMERS, **rows})
    found = bases(plan, people(plan), gross_margin=gross_margin)
    assert isinstance(found, Bases)
    return found


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_one_row_a_customer_at_the_place_of_people(tmp_path: Path) -> None:
    found = told(tmp_path)
    frame = found.frame
    assert frame["row"].tolist() == [0, 1, 2, 3, 4]
    assert frame["unit"].tolist() == [0, 1, 2, 3, 4]
    assert frame["frequency"].tolist() == [2, 0, -1, -1, -1]  # c sent everything back, d and e never bought
    assert frame["first_day"].tolist() == [day("2026-05-01"), day("2026-06-25"), -1, -1, -1]
    assert frame["last_day"].tolist() == [day("2026-06-20"), day("2026-06-25"), -1, -1, -1]
    assert (found.start, found.until, found.past_until) == (date(2026, 5, 1), date(2026, 7, 1), date(2026, 6, 10))


def test_money_of_days_and_profit_of_rows(tmp_path: Path) -> None:
    frame = told(tmp_path).frame
    # Days of 120, 50 and 30; costs of 70 and 20, and half of the 30 without one.
    assert frame["revenue"].tolist() == [200.0, 40.0, 0.0, 0.0, 0.0]
    assert frame.loc[0, "revenue_squares"] == 120**2 + 50**2 + 30**2
    assert frame["profit"].tolist() == [50.0 + 30.0 + 15.0, 10.0, 0.0, 0.0, 0.0]


def test_the_last_window_is_kept_apart(tmp_path: Path) -> None:
    frame = told(tmp_path).frame
    assert frame["past_frequency"].tolist() == [1, -1, -1, -1, -1]
    assert frame.loc[0, "past_last_day"] == day("2026-06-05")
    assert frame.loc[0, ["past_revenue", "past_revenue_squares", "past_profit"]].tolist() == [
        *(170.0, 120**2 + 50**2, 80.0)
    ]
    assert frame["window_purchases"].tolist() == [1, 1, 0, 0, 0]
    assert frame["window_profit"].tolist() == [15.0, 10.0, -30.0, 0.0, 0.0]


def test_who_was_registered_and_had_not_bought_was_waiting(tmp_path: Path) -> None:
    assert told(tmp_path).frame["waiting"].tolist() == [False, False, True, True, False]


def test_without_a_margin_sales_without_a_cost_have_that_of_the_others(tmp_path: Path) -> None:
    # Sales with a cost: 290 - 80 = 210 of revenue at a cost of 120, so 90 of 210.
    frame = told(tmp_path, gross_margin=None).frame
    assert frame.loc[0, "profit"] == pytest.approx(80 + 30 * 90 / 210, abs=1e-3)


def test_households_are_one_unit(tmp_path: Path) -> None:
    homes = [row.replace(",,2026", ",home,2026", 1) if row[1] in "ab" else row for row in CUSTOMERS]
    unit = told(tmp_path, customers=homes).frame["unit"].to_numpy()
    assert unit[0] == unit[1]
    assert len(np.unique(unit)) == 4


def test_repeat_purchases_by_day(tmp_path: Path) -> None:
    days = told(tmp_path).days
    assert dict(zip(days["day_index"], days["repeat_purchases"], strict=True)) == {0: 0, 35: 1, 50: 1, 55: 0}


def test_neither_cost_nor_margin(tmp_path: Path) -> None:
    plan = context(tmp_path, transactions=["a,a1,2026-05-01 10:00:00,100"])
    assert bases(plan, people(plan)) == NotEnough("margin_and_cost_known", 0, 1)

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import ibis
import pytest
from measures.tables import table

from retention_lib.measures.habits import CLASS_STARTS, stayers_and_leavers
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.rfm import rfm_customers
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)
LINES = {
    "customer_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "discount": "decimal(18, 4)",
    "category": "string",
}


def shop(*rows: tuple[str, str, int, int | None, str | None], drop: tuple[str, ...] = ()) -> ibis.Table:
    """Lines of (customer, day, amount, discount, category), without the columns dropped."""
    typed = [(who, datetime.fromisoformat(day), Decimal(amount), off, kind) for who, day, amount, off, kind in rows]
    return table(typed, LINES).drop(*drop)


GIVEN = (
    ("ann", "2020-02-10", 30, 5, "tea"),
    ("ann", "2020-02-10", 10, 0, "jam"),
    ("ann", "2020-02-12", -10, 0, "jam"),  # a return takes nothing off
    ("ann", "2020-03-20", 99, 9, "cups"),  # stays; bought too late to count
    ("bob", "2020-02-10", 10, None, None),
    ("bob", "2019-03-02", 10, -2, "tea"),  # 365 days before 1 March 2020; some sources write discounts below 0
    ("bob", "2019-03-01", 70, 7, "pots"),  # a day too long ago
    ("cid", "2020-03-20", 10, 0, "tea"),  # not active when the month began
)


def counted(transactions: ibis.Table) -> dict[tuple[str, int, bool], tuple[int, float, float]]:
    customers = rfm_customers(purchase_days(transactions, until=MARCH.end), month=MARCH)
    frame = stayers_and_leavers(transactions, customers, month=MARCH, lapse_days=30)
    keys = ["habit", "purchases_from", "lost"]
    assert frame[keys].equals(frame[keys].sort_values(keys, ignore_index=True))
    return {tuple(row[:3]): tuple(row[3:]) for row in frame.itertuples(index=False, name=None)}


def test_habits_by_hand() -> None:
    found = counted(shop(*GIVEN))
    assert found == {
        # The second day of ann had a negative net: one purchase. She paid 30 of 40 at a discount, in two categories.
        ("categories", 1, False): (1, 2.0, 4.0),
        ("discount_share", 1, False): (1, 0.75, 0.5625),
        # Half of bob's money was paid at a discount, and only one of his two lines has a category.
        ("categories", 2, True): (1, 1.0, 1.0),
        ("discount_share", 2, True): (1, 0.5, 0.25),
    }


@pytest.mark.parametrize(
    ("drop", "habits"),
    [(("discount",), {"categories"}), (("category",), {"discount_share"}), (("discount", "category"), set())],
)
def test_a_store_without_a_column_has_no_such_habit(drop: tuple[str, ...], habits: set[str]) -> None:
    transactions = shop(*GIVEN, drop=drop)
    customers = rfm_customers(purchase_days(transactions, until=MARCH.end), month=MARCH)
    frame = stayers_and_leavers(transactions, customers, month=MARCH, lapse_days=30)
    assert set(frame["habit"]) == habits
    assert list(frame.columns) == ["habit", "purchases_from", "lost", "customers", "total", "total_squares"]


@pytest.mark.parametrize(("purchases", "start"), [(1, 1), (2, 2), (3, 2), (4, 4), (7, 4), (8, 8), (20, 16)])
def test_classes_of_purchases_double(purchases: int, start: int) -> None:
    days = [f"2020-02-{day:02d}" for day in range(1, purchases + 1)]
    found = counted(shop(*(("ann", day, 10, 0, "tea") for day in days)))
    assert {key[1] for key in found} == {start}
    assert [after / before for before, after in pairwise(CLASS_STARTS)] == [2.0] * 7

"""Sizes of orders and customers, by hand and against pandas."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import engine_sales, random_sales, sales

from retention_lib.measures.sizes import (
    customer_nets,
    customer_totals,
    largest_customers,
    largest_orders,
    order_sizes,
    order_totals,
)

SHOP = (
    ("ann", "o1", "2024-01-01T10:00", "60"),
    ("ann", "o1", "2024-01-01T10:00", "40"),
    ("ann", "o2", "2024-01-02T10:00", "100.40"),
    ("bob", "o3", "2024-01-03T10:00", "5"),
    ("bob", "o3", "2024-01-09T10:00", "-5"),  # refunded in full: no order, and no net purchase
    ("cat", "o4", "2024-01-04T10:00", "-2"),
    ("dan", "o5", "2024-01-05T10:00", "900"),
)


def hashed(customer: str) -> str:
    return f"<{customer}>"


def customers(*rows: tuple[str, str, str, str]) -> ibis.Table:
    return customer_totals(order_totals(sales(*rows)))


def test_orders_are_netted_and_counted_by_size() -> None:
    # ln 100 = 4.6052, ln 100.4 = 4.6092, ln 2 = 0.6931, ln 900 = 6.8024
    assert order_sizes(order_totals(sales(*SHOP))).to_numpy().tolist() == [
        [69, True, 1, -2.0],
        [460, False, 2, 200.4],
        [680, False, 1, 900.0],
    ]


def test_the_largest_orders_name_day_and_hash() -> None:
    found = largest_orders(order_totals(sales(*SHOP)), hashed=hashed)
    assert found.iloc[:2].to_numpy().tolist() == [
        [date(2024, 1, 5), 900.0, "<dan>"],
        [date(2024, 1, 2), 100.4, "<ann>"],
    ]
    assert found["amount"].tolist() == [900.0, 100.4, 100.0, -2.0]


def test_the_largest_customers_stand_beside_all_others() -> None:
    found = largest_customers(customers(*SHOP), hashed=hashed)
    assert found.to_numpy().tolist() == [
        ["<ann>", 1, 3, 2, 200.4],
        ["<dan>", 1, 1, 1, 900.0],
        ["", 2, 3, 2, -2.0],
    ]


def test_one_customer_first_in_both_stands_once() -> None:
    found = largest_customers(customers(*SHOP[:3]), hashed=hashed)
    assert found.to_numpy().tolist() == [["<ann>", 1, 3, 2, 200.4], ["", 0, 0, 0, 0.0]]


def test_customers_without_a_net_purchase() -> None:
    assert customer_nets(customers(*SHOP)).to_numpy().tolist() == [[4, 2, -2.0]]


@pytest.mark.parametrize("seed", range(3))
def test_sizes_agree_with_pandas(seed: int) -> None:
    frame = random_sales(seed)
    found = order_sizes(order_totals(engine_sales(frame)))
    steps = np.floor(np.log(frame.groupby(["customer_id", "order_id"])["amount"].sum()) * 100).astype(int)
    assert dict(zip(found["log_step"], found["orders"], strict=True)) == steps.value_counts().to_dict()
    assert found["revenue"].sum() == pytest.approx(frame["amount"].sum())
    assert isinstance(found, pd.DataFrame)

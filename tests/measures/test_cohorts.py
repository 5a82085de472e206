from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from measures.tables import engine_sales, random_sales, sales

from retention_lib.measures.cohorts import monthly_cohorts
from retention_lib.measures.purchases import purchase_days

UNTIL = date(2021, 2, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_cohorts_of_a_random_store_are_those_of_a_group_by(seed: int) -> None:
    orders = random_sales(seed, customers=80, until=UNTIL)
    transactions = engine_sales(orders)
    months = orders["ordered_at"].dt.year * 12 + orders["ordered_at"].dt.month - 1
    first = months.groupby(orders["customer_id"]).transform("min")
    marked = orders.assign(first=first, age_months=months - first)
    cells = marked.groupby(["first", "age_months"])
    expected = cells.agg(active=("customer_id", "nunique"), revenue=("amount", "sum")).reset_index()
    sizes = marked.groupby("first")["customer_id"].nunique()
    found = monthly_cohorts(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)
    assert found["cohort"].tolist() == [f"{month // 12}-{month % 12 + 1:02d}" for month in expected["first"]]
    assert found["age_months"].tolist() == expected["age_months"].tolist()
    assert found["customers"].tolist() == expected["first"].map(sizes).tolist()
    assert found["active"].tolist() == expected["active"].tolist()
    assert found["revenue"].tolist() == pytest.approx(expected["revenue"].tolist())


def test_a_refund_counts_in_its_own_month_and_makes_nobody_active() -> None:
    shop = sales(
        ("ann", "1", "2020-11-30 23:00:00", "20.00"),
        ("ann", "1", "2021-01-02", "-5.00"),
        ("bob", "2", "2020-11-01", "10.00"),
        ("bob", "3", "2020-12-31", "4.00"),
        ("bob", "4", "2021-02-01", "99.00"),  # not seen
        ("cid", "5", "2021-01-05", "-3.00"),  # never bought
    )
    found = monthly_cohorts(shop, purchase_days(shop, until=UNTIL), until=UNTIL)
    assert found.to_dict("records") == [
        {"cohort": "2020-11", "age_months": 0, "customers": 2, "active": 2, "revenue": 30.0},
        {"cohort": "2020-11", "age_months": 1, "customers": 2, "active": 1, "revenue": 4.0},
        {"cohort": "2020-11", "age_months": 2, "customers": 2, "active": 0, "revenue": -5.0},
    ]


def test_a_store_without_a_purchase_has_no_cohort() -> None:
    shop = sales(("ann", "1", "2020-11-30", "-1.00"))
    found = monthly_cohorts(shop, purchase_days(shop, until=UNTIL), until=UNTIL)
    assert found.empty
    pd.testing.assert_index_equal(found.columns, pd.Index(["cohort", "age_months", "customers", "active", "revenue"]))

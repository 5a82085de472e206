from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pytest
from measures.tables import bought, sales

from retention_lib.measures.purchases import first_purchases, first_two_purchases, purchase_days, revenue_by_month

FEBRUARY = date(2020, 2, 1)


def occasions(transactions: ibis.Table, **options: bool) -> list[tuple[str, str, Decimal]]:
    days = purchase_days(transactions, until=FEBRUARY, **options).order_by("customer_id", "day").to_pyarrow()
    return [(row["customer_id"], row["day"].isoformat(), row["amount"]) for row in days.to_pylist()]


def test_several_orders_of_a_day_are_one_occasion() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05 09:00:00", "3.00"),
        ("ann", "o1", "2020-01-05 09:00:00", "4.50"),
        ("ann", "o2", "2020-01-05 20:00:00", "2.50"),
        ("ann", "o3", "2020-01-06 00:00:00", "1.00"),
        ("bob", "o4", "2020-01-05 12:00:00", "7.00"),
    )
    assert occasions(shop) == [
        ("ann", "2020-01-05", Decimal("10.0000")),
        ("ann", "2020-01-06", Decimal("1.0000")),
        ("bob", "2020-01-05", Decimal("7.0000")),
    ]


def test_a_refund_with_the_orders_id_nets_the_order_on_its_own_day() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05 09:00:00", "20.00"),
        ("ann", "o1", "2020-01-19 09:00:00", "-5.00"),
    )
    assert occasions(shop) == [("ann", "2020-01-05", Decimal("15.0000"))]


def test_an_order_refunded_in_full_is_no_purchase() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05 09:00:00", "20.00"),
        ("ann", "o1", "2020-01-19 09:00:00", "-20.00"),
        ("ann", "o2", "2020-01-20 09:00:00", "1.00"),
    )
    assert occasions(shop) == [("ann", "2020-01-20", Decimal("1.0000"))]


def test_a_refund_under_an_id_of_its_own_is_no_occasion_and_leaves_the_order() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05 09:00:00", "20.00"),
        ("ann", "r1", "2020-01-19 09:00:00", "-20.00"),
    )
    assert occasions(shop) == [("ann", "2020-01-05", Decimal("20.0000"))]


def test_the_same_order_id_of_two_customers_is_two_orders() -> None:
    shop = sales(("ann", "1", "2020-01-05", "5.00"), ("bob", "1", "2020-01-06", "-5.00"))
    assert occasions(shop) == [("ann", "2020-01-05", Decimal("5.0000"))]


@pytest.mark.parametrize(("counts", "days"), [(False, ["2020-01-07"]), (True, ["2020-01-05", "2020-01-07"])])
def test_a_day_of_zero_counts_only_where_the_store_says_so(counts: bool, days: list[str]) -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05", "0.00"),
        ("ann", "o2", "2020-01-06", "-1.00"),
        ("ann", "o3", "2020-01-07", "1.00"),
    )
    assert [day for _, day, _ in occasions(shop, zero_amount_is_purchase=counts)] == days


def test_an_order_refunded_in_full_is_no_purchase_even_where_zero_counts() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05", "20.00"),
        ("ann", "o1", "2020-01-19", "-20.00"),
        ("ann", "o2", "2020-01-06", "5.00"),
        ("ann", "r2", "2020-01-06", "-5.00"),
        ("ann", "gift", "2020-01-07", "0.00"),
        ("ann", "o3", "2020-01-08", "9.00"),
        ("ann", "o3", "2020-01-09", "-9.00"),
        ("ann", "gift too", "2020-01-08", "0.00"),
    )
    days = [day for _, day, _ in occasions(shop, zero_amount_is_purchase=True)]
    assert days == ["2020-01-07", "2020-01-08"]


def test_a_refund_of_a_sale_before_the_data_is_revenue_and_makes_no_customer() -> None:
    shop = sales(("ann", "o1", "2020-01-05", "-20.00"), ("bob", "o2", "2020-01-06", "50.00"))
    assert [customer for customer, _, _ in occasions(shop)] == ["bob"]
    assert first_purchases(purchase_days(shop, until=FEBRUARY)).count().to_pandas() == 1
    assert revenue_by_month(shop, until=FEBRUARY).to_dict("records") == [
        {"month": "2020-01", "revenue": 30.0, "buyers": 1}
    ]


def netted(rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, Decimal]]:
    """Purchase days one row at a time: orders netted on their first day, then days."""
    orders: dict[tuple[str, str], list[tuple[str, Decimal]]] = defaultdict(list)
    for customer, order, day, amount in rows:
        orders[customer, order].append((day, Decimal(amount)))
    days: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (customer, _), lines in orders.items():
        days[customer, min(day for day, _ in lines)] += sum((amount for _, amount in lines), Decimal(0))
    return [(*key, amount) for key, amount in sorted(days.items()) if amount > 0]


@pytest.mark.parametrize("seed", range(5))
def test_orders_of_several_lines_days_and_refunds_are_netted_as_by_hand(seed: int) -> None:
    # Few ids, so that customers share order ids and orders often lie on several days, also bought more on later ones.
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(300):
        customer, order = f"c{rng.integers(6)}", f"o{rng.integers(25)}"
        day = date(2020, 1, 1) + timedelta(days=int(rng.integers(31)))
        rows.append((customer, order, day.isoformat(), str(rng.choice(["10.00", "2.50", "-4.00", "-10.00"]))))
    assert occasions(sales(*rows)) == netted(rows)


def test_the_end_is_half_open() -> None:
    shop = sales(("ann", "o1", "2020-01-31 23:59:59", "1.00"), ("ann", "o2", "2020-02-01 00:00:00", "1.00"))
    assert [day for _, day, _ in occasions(shop)] == ["2020-01-31"]


def test_a_refund_after_the_end_is_not_seen_yet() -> None:
    shop = sales(("ann", "o1", "2020-01-31", "20.00"), ("ann", "o1", "2020-02-02", "-20.00"))
    assert len(occasions(shop)) == 1
    assert purchase_days(shop, until=date(2020, 3, 1)).count().to_pandas() == 0


def test_amounts_of_the_engine_stay_exact() -> None:
    shop = sales(*[("ann", "o1", "2020-01-05", "0.10")] * 3, ("ann", "o1", "2020-01-06", "-0.30"))
    assert occasions(shop) == []  # in floats 0.1 + 0.1 + 0.1 - 0.3 is above zero


def test_first_purchases_are_the_earliest_days() -> None:
    first = first_purchases(bought(ann="2020-01-09 2020-01-05 2020-03-01", bob="2020-02-02")).order_by("customer_id")
    assert [(row["customer_id"], row["first_day"]) for row in first.to_pyarrow().to_pylist()] == [
        ("ann", date(2020, 1, 5)),
        ("bob", date(2020, 2, 2)),
    ]


def test_revenue_by_month_deducts_refunds_where_they_are_made() -> None:
    shop = sales(
        ("ann", "o1", "2019-12-31 23:00:00", "20.00"),
        ("ann", "o1", "2020-01-02", "-5.00"),
        ("bob", "o2", "2020-01-03", "8.25"),
        ("bob", "o3", "2020-01-03", "0.75"),
        ("cid", "o4", "2020-02-01", "99.00"),
    )
    months = revenue_by_month(shop, until=FEBRUARY)
    assert months.to_dict("records") == [
        {"month": "2019-12", "revenue": 20.0, "buyers": 1},
        {"month": "2020-01", "revenue": 4.0, "buyers": 1},
    ]


def test_before_refunds_whoever_sent_everything_back_is_a_buyer() -> None:
    shop = sales(
        ("ann", "o1", "2020-01-05", "20.00"),
        ("ann", "o1", "2020-01-09", "-20.00"),
        ("bob", "o2", "2020-01-06", "10.00"),
        ("bob", "o2", "2020-01-07", "-4.00"),
    )
    days = purchase_days(shop, until=FEBRUARY, refunds=False).order_by("customer_id").to_pyarrow().to_pylist()
    assert [(row["customer_id"], row["day"], row["amount"]) for row in days] == [
        ("ann", date(2020, 1, 5), 20),
        ("bob", date(2020, 1, 6), 10),
    ]


def test_the_first_two_purchases_are_read_in_any_order_of_rows() -> None:
    purchases = bought(ann="2020-03-01 2020-01-05 2020-02-01", bob="2020-01-07")
    found = first_two_purchases(purchases).order_by("customer_id").to_pyarrow().to_pylist()
    assert found == [
        {"customer_id": "ann", "first_day": date(2020, 1, 5), "second_day": date(2020, 2, 1)},
        {"customer_id": "bob", "first_day": date(2020, 1, 7), "second_day": None},
    ]

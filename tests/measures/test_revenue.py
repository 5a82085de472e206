from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import SALES, engine_sales, random_sales, sales, table

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.revenue import revenue_parts
from retention_lib.settings.calendar import Month

MAY, JUNE = Month(2020, 5), Month(2020, 6)
LINES = {**dict(list(SALES.items())[:4]), "quantity": "float64"}


def parts(transactions: ibis.Table, *, month: Month = JUNE, compared: Month = MAY) -> dict[tuple[str, str], tuple]:
    found = revenue_parts(transactions, purchase_days(transactions, until=month.end), month=month, compared=compared)
    return {(row.kind, row.period): tuple(row)[2:] for row in found.itertuples(index=False)}


def test_customers_fall_into_kinds_by_the_months_they_buy_in() -> None:
    found = parts(
        sales(
            ("stayed", "1", "2020-05-03 10:00", "10"),
            ("stayed", "2", "2020-06-03 10:00", "30"),
            ("stayed", "3", "2020-06-04 10:00", "5"),
            ("new", "4", "2020-06-30 23:59", "7"),
            ("back", "5", "2020-04-30 10:00", "100"),
            ("back", "6", "2020-06-01 00:00", "8"),
            ("gone", "7", "2020-05-31 23:59", "20"),
            ("later", "8", "2020-07-01 00:00", "1000"),
        )
    )
    # customers, orders, items, sales, refunds
    assert found[("retained", "then")] == (1, 1, 1, 10, 0)
    assert found[("retained", "now")] == (1, 2, 2, 35, 0)
    assert found[("new", "now")] == (1, 1, 1, 7, 0)
    assert found[("reactivated", "now")] == (1, 1, 1, 8, 0)
    assert found[("lapsed", "then")] == (1, 1, 1, 20, 0)
    assert found[("lapsed", "now")] == (0, 0, 0, 0, 0)
    assert {kind for kind, _ in found} == {"retained", "new", "reactivated", "lapsed"}


def test_who_was_won_between_the_months_is_neither_new_nor_back() -> None:
    found = parts(
        sales(
            ("ann", "1", "2020-01-10 10:00", "10"),
            ("ann", "2", "2020-06-10 10:00", "10"),
            ("bob", "3", "2020-03-10 10:00", "10"),
            ("bob", "4", "2020-06-10 10:00", "10"),
        ),
        compared=Month(2020, 2),
    )
    assert {kind for kind, _ in found} == {"reactivated", "won_since"}


def test_a_refund_counts_in_the_month_in_which_it_is_booked() -> None:
    found = parts(
        sales(
            ("gone", "1", "2020-05-03 10:00", "50"),
            ("gone", "1", "2020-06-03 10:00", "-20"),
            ("old", "2", "2020-04-03 10:00", "90"),
            ("old", "2", "2020-06-03 10:00", "-90"),
        )
    )
    assert found[("lapsed", "then")] == (1, 1, 1, 50, 0)
    assert found[("lapsed", "now")] == (0, 0, 0, 0, 20)
    assert found[("refunded", "now")] == (0, 0, 0, 0, 90)


def test_items_are_units_unless_they_are_no_count_of_pieces() -> None:
    at = datetime(2020, 6, 3)
    rows = [("ann", "1", at, Decimal(9), units) for units in (3.0, 100.0, 9177.0, None, 0.0)]
    # 3 and 100 pieces; fuel in hundredths, nothing written and none at all are one item each.
    assert parts(table(rows, LINES))[("new", "now")][:3] == (1, 1, 106.0)


def test_without_order_ids_a_day_is_an_order() -> None:
    rows = [("ann", datetime(2020, 6, day, hour), Decimal(5)) for day, hour in ((1, 9), (1, 18), (2, 9))]
    found = parts(table(rows, {name: SALES[name] for name in ("customer_id", "ordered_at", "amount")}))
    assert found[("new", "now")] == (1, 2, 3, 15, 0)


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_the_kinds_hold_all_the_money_of_the_months(seed: int) -> None:
    orders = random_sales(seed)
    orders.loc[orders.index % 7 == 3, "amount"] *= -1
    found = parts(engine_sales(orders))
    for period, month in (("now", JUNE), ("then", MAY)):
        booked = orders.loc[orders["ordered_at"].dt.strftime("%Y-%m") == str(month), "amount"].sum()
        net = sum(values[3] - values[4] for (_, at), values in found.items() if at == period)
        assert net == pytest.approx(booked, abs=1e-6)

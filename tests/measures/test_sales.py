"""Sales by customer and day, by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pandas as pd
from measures.tables import table

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales

UNTIL = date(2021, 1, 1)
SCHEMA = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
}


def lines(*rows: tuple[str, str | None, str, int, int | None]) -> ibis.Table:
    """Lines of (customer, order, day, amount, cost)."""
    typed = [
        (customer, order, datetime.fromisoformat(day), Decimal(amount), None if cost is None else Decimal(cost))
        for customer, order, day, amount, cost in rows
    ]
    return table(typed, SCHEMA)


# Bob sends back a part of the first order and of the second, and one of no order; Eve never keeps what she orders.
LINES = lines(
    ("eve", "e", "2020-02-01", 9, 4),
    ("eve", "e", "2020-02-03", -9, -4),
    ("bob", "1", "2020-01-01", 50, 20),
    ("bob", "1", "2020-01-01", 30, None),
    ("bob", "1", "2020-01-09", -10, -4),
    ("bob", "2", "2020-01-05", 40, 15),
    ("bob", "2", "2020-01-09", -5, None),
    ("bob", None, "2020-01-09", -1, None),
    ("bob", "3", "2021-01-01", 70, 30),
)


def daily(rows: ibis.Table) -> Sales:
    return daily_sales(rows, purchase_days(rows, until=UNTIL), until=UNTIL)


def told(rows: ibis.Table | None) -> pd.DataFrame:
    assert rows is not None
    frame = rows.order_by(rows.columns[:2]).to_pandas()
    return frame.assign(**{name: frame[name].astype(str) for name in ("day",) if name in frame})


def test_everybody_has_a_number_in_the_order_of_ids() -> None:
    people = told(daily(LINES).people.order_by("number").relocate("number"))
    assert people[["number", "customer_id"]].to_numpy().tolist() == [[0, "bob"], [1, "eve"]]
    assert people["first_day"].astype(str).tolist() == ["2020-01-01", "NaT"]
    assert people["second_day"].astype(str).tolist() == ["2020-01-05", "NaT"]


def test_days_hold_money_and_profit_where_it_is_known() -> None:
    found = daily(LINES)
    days = told(found.days)
    assert days["number"].tolist() == [0, 0, 0, 1, 1]
    assert days["day"].str[:10].tolist() == ["2020-01-01", "2020-01-05", "2020-01-09", "2020-02-01", "2020-02-03"]
    assert days["revenue"].tolist() == [80, 40, -16, 9, -9]
    assert days["known_profit"].tolist() == [30, 25, -6, 5, -5]
    assert days["unpriced"].tolist() == [30, 0, -6, 0, 0]
    assert days["known"].tolist() == [1, 1, 1, 1, 1]
    bought = told(found.purchases)
    assert bought["amount"].tolist() == [70, 35]


def test_what_came_back_of_the_first_order_is_told_apart() -> None:
    back = told(daily(LINES).returned)
    assert back[["number", "revenue", "known_profit", "unpriced", "known"]].to_numpy().tolist() == [[0, -10, -6, 0, 1]]


def test_a_store_without_costs_or_orders() -> None:
    without = daily(LINES.drop("cost"))
    assert not without.has_costs
    assert without.returned is None
    assert without.days.columns == ("number", "day", "revenue")
    assert daily(LINES.drop("order_id")).returned is None

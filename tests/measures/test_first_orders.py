from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from measures.tables import bought, sales, table

from retention_lib.measures.first_orders import first_orders
from retention_lib.measures.purchases import purchase_days

LINES = {
    "customer_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "discount": "decimal(18, 4)",
    "category": "string",
    "channel": "string",
    "carrier": "string",
    "coupon_id": "string",
    "promised_at": "timestamp",
    "delivered_at": "timestamp",
}
START, UNTIL = date(2020, 1, 1), date(2020, 7, 1)


def line(
    customer: str,
    ordered: str,
    amount: int,
    *,
    category: str | None = "tea",
    promised: str | None = "2020-01-05T23:59:59",
    delivered: str | None = "2020-01-07T09:00:00",
    coupon: str | None = None,
) -> tuple[object, ...]:
    stamps = [stamp and datetime.fromisoformat(stamp) for stamp in (ordered, promised, delivered)]
    money = (Decimal(amount), Decimal(abs(amount)))
    return (customer, stamps[0], *money, category, "site", "post", coupon, *stamps[1:])


def found(*lines: tuple[object, ...], customers: ibis.Table | None = None, start: date = START) -> pd.DataFrame:
    sold = table(lines, LINES)
    return first_orders(sold, purchase_days(sold, until=UNTIL), customers, start=start, until=UNTIL)


def test_first_order_is_all_that_was_bought_on_the_first_day_and_no_more() -> None:
    (row,) = found(
        line("ann", "2020-01-02T10:00:00", 30, category="coffee"),
        line("ann", "2020-01-02T10:00:00", 20),
        line("ann", "2020-01-02T20:00:00", 15, coupon="off"),
        line("ann", "2020-01-02T21:00:00", -5),  # came back
        line("ann", "2020-02-01T10:00:00", 99, category="pets"),
    ).to_dict("records")
    assert row["day"] == pd.Timestamp("2020-01-02")
    assert (row["lines"], row["amount"], row["category"], row["month"]) == (3, 65.0, "tea", "2020-01")
    assert (row["discount_share"], row["coupon"]) == (0.5, True)
    assert (row["channel"], row["carrier"]) == ("site", "post")
    assert (row["second_days"], row["seen_days"]) == (30.0, 181.0)


def test_delivery_is_late_by_days_after_the_last_promised_day() -> None:
    frame = found(
        line("ann", "2020-01-02T10:00:00", 30),
        line("ann", "2020-01-02T10:00:00", 30, delivered="2020-01-08T09:00:00"),
        line("bob", "2020-01-03T10:00:00", 30, delivered="2020-01-05T20:00:00"),
        line("cid", "2020-01-04T10:00:00", 30, delivered=None),
        line("dee", "2020-01-04T11:00:00", 30, promised=None, delivered=None),
    )
    assert frame["promised_days"].tolist()[:3] == [3.0, 2.0, 1.0]
    assert frame["delivered_days"].tolist()[:2] == [6.0, 2.0]
    assert frame["late_days"].tolist()[:2] == [3.0, 0.0]  # on the promised day at any hour is on time
    assert frame["late_days"].isna().tolist() == [False, False, True, True]
    assert frame["promised_days"].isna().sum() == 1


def test_only_customers_who_begin_at_the_start_or_later_are_new() -> None:
    lines = [line("ann", "2020-01-02T10:00:00", 30), line("ann", "2020-03-05T10:00:00", 30)]
    lines += [line("bob", "2020-03-01T10:00:00", 30), line("cid", "2020-07-01T10:00:00", 30)]
    frame = found(*lines, start=date(2020, 3, 1))
    assert frame["day"].tolist() == [pd.Timestamp("2020-03-01")]
    assert frame["second_days"].isna().all()
    assert found(*lines, start=date(2020, 6, 30)).empty


def test_category_of_most_money_is_the_first_by_name_of_several() -> None:
    day = "2020-01-02T10:00:00"
    (row,) = found(
        line("ann", day, 10, category="tea"),
        line("ann", day, 20, category="pets"),
        line("ann", day, 10, category="tea"),
    ).to_dict("records")
    assert row["category"] == "pets"
    assert found(line("ann", day, 10, category=None))["category"].isna().all()


def test_what_is_known_of_the_customer_stands_beside_it() -> None:
    customers = table(
        [("ann", "north", None)], {"customer_id": "string", "region": "string", "acquisition_channel": "string"}
    )
    frame = found(line("ann", "2020-01-02T10:00:00", 9), line("bob", "2020-01-03T10:00:00", 9), customers=customers)
    assert frame["region"].astype(object).where(frame["region"].notna(), None).tolist() == ["north", None]
    assert frame["acquisition_channel"].isna().all()
    assert "customer_id" not in frame


def test_store_with_nothing_but_sales_has_first_orders_without_deliveries() -> None:
    sold = sales(("ann", "o1", "2020-01-02 10:00:00", "5"), ("ann", "o2", "2020-01-09 10:00:00", "5"))
    frame = first_orders(sold, bought(ann="2020-01-02 2020-01-09"), None, start=START, until=UNTIL)
    assert list(frame) == ["day", "lines", "amount", "second_days", "month", "seen_days"]
    assert frame["second_days"].tolist() == [7.0]


@pytest.mark.parametrize("turned", [False, True])
def test_order_of_rows_does_not_matter(turned: bool) -> None:
    lines = [line(name, "2020-01-02T10:00:00", 10 * place) for place, name in enumerate(("ann", "bob", "cid"), 1)]
    frame = found(*(lines[::-1] if turned else lines))
    assert frame["amount"].tolist() == [10.0, 20.0, 30.0]

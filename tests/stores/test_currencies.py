from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from stores.opening import Shop, records

from retention_lib.stores.errors import DataError

HEADER = "customer_id;ordered_at;amount;currency\n"


def opened(shop: Shop, *amounts: str, **options: Any) -> list[Decimal]:
    lines = "".join(f"1;2024-01-01;{amount}\n" for amount in amounts)
    header = "customer_id;ordered_at;amount\n" if amounts[0].count(";") == 0 else HEADER
    store = shop(header + lines, csv={"delimiter": ";", **options.pop("csv", {})}, **options)
    return [row["amount"] for row in records(store)]


@pytest.mark.parametrize(
    ("text", "csv", "currency"),
    [
        ("1 234,50 ₽", {"decimal": ","}, "RUB"),
        ("1\u00a0234,50\u00a0руб.", {"decimal": ","}, "RUB"),
        ("1234.5 Р.", {}, "RUB"),
        ("RUB 1234.50", {}, "RUB"),
        ("$1,234.50", {"thousands": ","}, "USD"),
        ("US$ 1234.5", {}, "USD"),
        ("1.234,50 €", {"decimal": ",", "thousands": "."}, "EUR"),
        ("$1234.50", {}, "CAD"),
        ("1234.50 CHF", {}, "XXX"),
    ],
)
def test_sign_beside_an_amount_is_left_aside(shop: Shop, text: str, csv: dict[str, str], currency: str) -> None:
    assert opened(shop, text, csv=csv, store={"currency": currency}) == [Decimal("1234.50")]


@pytest.mark.parametrize("text", ["-$5", "$-5", "\u22125 $", "\u2212$5", "-5 usd"])
def test_minus_beside_a_sign_is_read(shop: Shop, text: str) -> None:
    assert opened(shop, "$7", text, store={"currency": "USD"}) == [Decimal(7), Decimal(-5)]


def test_amounts_with_and_without_the_store_s_sign_are_one_currency(shop: Shop) -> None:
    assert opened(shop, "5 руб.", "6", "7 ₽") == [Decimal(5), Decimal(6), Decimal(7)]


def test_two_signs_stop(shop: Shop) -> None:
    with pytest.raises(DataError, match="amounts stand in RUB and USD, and currencies are never added up") as caught:
        opened(shop, "$5", "6 ₽", "7")
    assert "tables.transactions.columns.currency" in str(caught.value)


def test_two_signs_in_a_table_that_has_no_column_for_them_stop(shop: Shop) -> None:
    content = "customer_id,coupon_id,campaign_id,redeemed_at,value\n1,a,b,2024-01-01,$5\n1,a,b,2024-01-02,€5\n"
    with pytest.raises(DataError, match=r"EUR and USD, .*; export redemptions in the store's currency"):
        shop(content, table="redemptions")


def test_sign_of_another_currency_stops(shop: Shop) -> None:
    with pytest.raises(DataError, match="amounts stand in EUR and the store's currency is RUB; set currency to EUR"):
        opened(shop, "€5")


def test_sign_in_the_other_notation_stops(shop: Shop) -> None:
    with pytest.raises(DataError, match=r"row 2: amount '1\.234,50 ₽' is a number in another notation"):
        opened(shop, "1.234,50 ₽")


def test_unit_that_is_no_currency_is_not_read(shop: Shop) -> None:
    assert opened(shop, "5", "6", "7 шт") == [Decimal(5), Decimal(6)]


def test_other_currency_without_a_rate_stops_and_is_named(shop: Shop) -> None:
    with pytest.raises(DataError) as caught:
        opened(shop, "5;USD", "6;EUR", "7;RUB", store={"exchange_rates": {"USD": 90.0}})
    assert str(caught.value) == (
        "data/orders.csv: amounts stand in EUR and not in RUB alone, and currencies are never added up; "
        "write what one unit is worth in RUB under exchange_rates of the store"
    )


def test_other_currency_is_brought_to_the_store_s_own_to_the_last_digit(shop: Shop) -> None:
    rates = {"USD": 92.5083, "EUR": 100.1}
    found = opened(shop, "5;USD", "0.01;$", "-3;eur", "7;RUB", "8;", "9;643", store={"exchange_rates": rates})
    # 5 x 92.5083, 0.01 x 92.5083 = 0.925083, 3 x 100.1
    expected = ["462.5415", "0.9251", "-300.3", "7", "8", "9"]
    assert found == [Decimal(text) for text in expected]


def test_discount_and_cost_are_brought_to_the_store_s_currency_too(shop: Shop) -> None:
    content = "customer_id,ordered_at,amount,discount,cost,currency\n1,2024-01-01,5,1,2,USD\n"
    store = shop(content, store={"exchange_rates": {"USD": 90.0}})
    row = records(store)[0]
    assert (row["amount"], row["discount"], row["cost"], row["currency"]) == (450, 90, 180, "USD")
    assert store.reconciliation("transactions").amount_in == Decimal(450)


def test_store_of_an_unknown_currency_takes_one_and_refuses_two(shop: Shop) -> None:
    assert opened(shop, "5;USD", "6;USD", store={"currency": "XXX"}) == [Decimal(5), Decimal(6)]
    with pytest.raises(DataError, match=r"amounts stand in EUR and USD, .* set currency and exchange_rates"):
        opened(shop, "5;USD", "6;EUR", store={"currency": "XXX"})


def test_column_that_holds_no_currencies_is_shown_by_its_shape(shop: Shop) -> None:
    with pytest.raises(DataError, match="amounts stand in 'AAAAAA AAAA' and not in RUB alone"):
        opened(shop, "5;Иванов Пётр", "6;RUB")

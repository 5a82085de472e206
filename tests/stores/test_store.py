from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from stores.opening import Shop, records

from retention_lib.settings.calendar import Month
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.contracts import check_contract
from retention_lib.stores.errors import DataError, MonthError
from retention_lib.stores.sources import file_source
from retention_lib.stores.store import Store, open_store

HEADER = "customer_id,order_id,ordered_at,amount\n"


def sales(*days: str) -> str:
    return HEADER + "".join(f"1,o{number},{day},5\n" for number, day in enumerate(days))


def test_store_knows_its_facts(shop: Shop) -> None:
    store = shop(sales("2024-01-05"), store={"title": "My shop"})
    assert (store.name, store.title, store.currency, store.timezone) == ("shop", "My shop", "RUB", "Europe/Moscow")
    assert (store.as_of, store.zero_amount_is_purchase, store.tables) == (None, False, ("transactions",))
    assert store.has("transactions")
    assert not store.has("transactions", "customers")


def test_store_without_a_title_is_called_by_its_name(shop: Shop) -> None:
    assert shop(sales("2024-01-05")).title == "shop"


def test_table_has_canonical_types_and_the_contract_order(shop: Shop) -> None:
    store = shop("category,amount,ordered_at,customer_id,note\nc,5,2024-01-05,1,n\n")
    assert {name: str(kind) for name, kind in store.table("transactions").schema().items()} == {
        "customer_id": "string",
        "ordered_at": "timestamp(6)",
        "amount": "decimal(18, 4)",
        "order_id": "string",
        "category": "string",
    }
    assert list(store.table("transactions").columns)[:3] == ["customer_id", "ordered_at", "amount"]


def test_missing_table_is_named_with_those_there(shop: Shop) -> None:
    with pytest.raises(DataError, match=r"shop: the store has no customers \(it has transactions\)"):
        shop(sales("2024-01-05")).table("customers")


def test_coverage_is_the_days_with_a_sale(shop: Shop) -> None:
    content = sales("2024-01-05", "2024-03-02 23:59") + "1,r,2024-04-01,-5\n1,z,2024-05-01,0\n"
    coverage = shop(content).coverage
    assert coverage is not None
    assert (coverage.first_day, coverage.last_day) == (date(2024, 1, 5), date(2024, 3, 2))


@pytest.mark.parametrize(
    ("last_day", "completeness_days", "month"),
    [
        ("2024-02-29", 1, "2024-02"),
        ("2024-02-28", 1, "2024-02"),
        ("2024-02-27", 1, "2024-01"),
        ("2024-02-28", 0, "2024-01"),
        ("2024-02-20", 9, "2024-02"),
    ],
)
def test_last_complete_month_has_a_sale_near_its_end(
    shop: Shop, last_day: str, completeness_days: int, month: str
) -> None:
    store = shop(sales("2024-01-05", last_day), store={"completeness_days": completeness_days})
    assert str(store.last_complete_month()) == month


def test_no_complete_month_is_said(shop: Shop) -> None:
    with pytest.raises(MonthError, match="no month is complete, for the sales end on 2024-02-10"):
        shop(sales("2024-02-01", "2024-02-10")).last_complete_month()
    with pytest.raises(MonthError, match="there are no sales"):
        shop(HEADER + "1,r,2024-04-01,-5\n", file="refunds.csv").last_complete_month()


def test_month_outside_the_data_is_refused_with_the_months_there(shop: Shop) -> None:
    store = shop(sales("2024-01-05", "2024-03-02"))
    for month in Month.range(Month(2024, 1), Month(2024, 3)):
        store.require_month(month)
    for month in (Month(2023, 12), Month(2024, 4)):
        with pytest.raises(MonthError, match=f"{month} is not in the data, which hold 2024-01 to 2024-03"):
            store.require_month(month)
    assert (MonthError.exit_code, DataError.exit_code) == (2, 3)


def test_store_without_dates_refuses_no_month(public: Callable[[str], Store]) -> None:
    store = public("hillstrom")
    store.require_month(Month(1999, 1))
    assert store.coverage is None


def test_store_can_be_closed_and_asked_again(shop: Shop) -> None:
    with shop(sales("2024-01-05")) as store:
        assert len(records(store)) == 1
    assert len(records(store)) == 1
    store.close()


def test_other_engine_is_refused_without_its_address(tmp_path: Path) -> None:
    tables = {"transactions": TableSource(path="orders.csv")}
    settings = StoreSettings(timezone="UTC", currency="EUR", connection="postgres://me:secret@host/db", tables=tables)
    with pytest.raises(DataError) as caught:
        open_store("shop", settings, root=tmp_path)
    assert "secret" not in str(caught.value)


def test_contract_names_every_column_that_breaks_it(shop: Shop, tmp_path: Path) -> None:
    table = shop(sales("2024-01-05", "2024-01-06")).table("transactions")
    source = file_source("transactions", TableSource(path="data/orders.csv"), root=tmp_path)
    broken = table.mutate(customer_id=table.customer_id.nullif("1"), amount=table.amount.cast("float64"))
    with pytest.raises(DataError, match="transactions breaks its contract in amount, customer_id"):
        check_contract(broken, source)

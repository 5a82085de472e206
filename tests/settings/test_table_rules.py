from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from retention_lib.settings import StoreSettings, TableSource
from retention_lib.settings.tables import TABLES

SHOP = {"timezone": "Europe/Moscow", "currency": "RUB", "tables": {"transactions": {"path": "a.csv"}}}


def refused(model: type[Any], raw: dict[str, Any]) -> dict[str, str]:
    """The broken rules by place."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(raw)
    return {".".join(map(str, line["loc"])): line["msg"] for line in caught.value.errors()}


def store(**keys: Any) -> dict[str, Any]:
    return {**SHOP, **keys}


def events(values: Any) -> dict[str, Any]:
    return store(tables={"loyalty_events": {"path": "a.csv", "values": values}})


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        ({}, "path", "name the file, or by table"),
        ({"path": "a.csv", "table": "orders"}, "path", "cannot stand beside table"),
        ({"table": "orders", "sheet": "One"}, "sheet", "describes a file"),
        ({"table": "orders", "csv": {"decimal": ","}}, "csv", "describes a file"),
        ({"path": "a.csv", "sheet": "One"}, "sheet", "belongs to workbooks"),
        ({"path": "a.parquet", "header_row": 3}, "header_row", "belongs to text files and workbooks"),
        ({"path": "a.csv", "header_row": 0}, "header_row", "between 1 and 1000"),
        ({"table": "a.b.c.d"}, "table", "crm.orders"),
        ({"table": "a..b"}, "table", "crm.orders"),
    ],
)
def test_a_table_is_a_file_or_stands_in_a_database(raw: dict[str, Any], place: str, words: str) -> None:
    assert words in refused(TableSource, raw)[place]


def test_a_workbook_takes_sheet_header_row_and_notation() -> None:
    source = TableSource.model_validate({"path": "a.xlsx", "sheet": "Лист1", "header_row": 6, "csv": {"decimal": ","}})
    assert (source.sheet, source.header_row, source.table) == ("Лист1", 6, None)


def test_a_table_of_a_database_needs_its_address() -> None:
    tables = {"transactions": {"table": "crm.orders"}}
    assert "so name its address" in refused(StoreSettings, store(tables=tables))["connection"]
    named = StoreSettings.model_validate(store(tables=tables, connection="duckdb://data/shop.duckdb"))
    assert named.tables["transactions"].table == "crm.orders"


@pytest.mark.parametrize(
    ("keys", "place", "words"),
    [
        ({"joined": {"amount": ["a", "b"]}}, "amount", "is no column of dates (transactions has: ordered_at, promised"),
        ({"joined": {"ordered": ["a", "b"]}}, "ordered", "is no column of dates"),
        ({"joined": {"ordered_at": ["a"]}}, "ordered_at", "must name two columns or more"),
        ({"joined": {"ordered_at": ["a", "a"]}}, "ordered_at", "each once"),
        ({"joined": {"ordered_at": ["a", "b"]}, "columns": {"ordered_at": "a"}}, "ordered_at", "in columns as well"),
    ],
)
def test_joined_columns_are_dates_of_two_parts(keys: dict[str, Any], place: str, words: str) -> None:
    raw = store(tables={"transactions": {"path": "a.csv", **keys}})
    assert words in refused(StoreSettings, raw)[f"tables.transactions.joined.{place}"]


def test_a_day_and_its_time_may_be_joined() -> None:
    joined = {"ordered_at": ["Дата", "Время"]}
    raw = store(tables={"transactions": {"path": "a.csv", "joined": joined}})
    assert StoreSettings.model_validate(raw).tables["transactions"].joined == joined


def test_values_give_our_words_for_theirs() -> None:
    values = {"event": {"join": "Регистрация", "earn": ["Начисление", "Бонус"]}}
    read = StoreSettings.model_validate(events(values)).tables["loyalty_events"]
    assert read.values == values


@pytest.mark.parametrize(
    ("values", "place", "words"),
    [
        ({"tier": {"gold": "Золотой"}}, "tables.loyalty_events.values.tier", "no column with a fixed list of words"),
        ({"event": {"jion": "Регистрация"}}, "tables.loyalty_events.values.event.jion", "must be join, earn"),
        ({"event": {"join": "A", "earn": ["A", "B"]}}, "tables.loyalty_events.values.event", "one meaning only"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any], place: str, words: str) -> None:
    assert words in refused(StoreSettings, events(values))[place]


@pytest.mark.parametrize(
    ("rates", "place", "words"),
    [
        ({"usd": 92.5}, "exchange_rates.usd", "is no currency of ISO 4217"),
        ({"RUB": 1.0}, "exchange_rates.RUB", "own currency"),
        ({"USD": 0.0}, "exchange_rates.USD", "must be more than 0"),
    ],
)
def test_wrong_exchange_rates_are_refused(rates: dict[str, float], place: str, words: str) -> None:
    assert words in refused(StoreSettings, store(exchange_rates=rates))[place]


def test_currency_may_be_unknown_and_assumptions_are_named() -> None:
    read = StoreSettings.model_validate(store(currency="XXX", assumptions=["currency", "dates"]))
    assert (read.currency, read.assumptions) == ("XXX", ["currency", "dates"])
    assert "assumptions.0" in refused(StoreSettings, store(assumptions=["margin"]))


def test_columns_with_a_fixed_list_of_words() -> None:
    found = {(table.name, column.name) for table in TABLES.values() for column in table.columns if column.choices}
    expected = {("identities", "kind"), ("loyalty_events", "event"), ("web_events", "event"), ("feedback", "kind")}
    assert found == expected


@pytest.mark.parametrize(
    ("table", "keys", "place", "words"),
    [
        ("transactions", {"only": {"State": []}}, "only.State", "must name at least one value"),
        ("transactions", {"refunds": {"Kind": []}}, "refunds.Kind", "must name at least one value"),
        (
            "transactions",
            {"only": {"State": ["Done"]}, "without": {"State": ["Odd", " done"]}},
            "without.State",
            "stands in only as well",
        ),
        ("contacts", {"refunds": {"Kind": ["Back"]}}, "refunds", "belongs to the table transactions only"),
        ("contacts", {"order_numbers": "daily"}, "order_numbers", "belongs to the table transactions only"),
        ("costs", {"anonymous": ["0"]}, "anonymous", "has no meaning for costs, which has no customer_id"),
        ("transactions", {"only": {"State": "Done"}}, "only.State", "list"),
        ("transactions", {"only": ["Done"]}, "only", "dict"),
        ("transactions", {"anonymous": [0]}, "anonymous.0", "string"),
        ("transactions", {"duplicates": "drop"}, "duplicates", "across_files"),
        ("transactions", {"order_numbers": "weekly"}, "order_numbers", "daily"),
    ],
)
def test_rows_are_picked_by_lists_of_values(table: str, keys: dict[str, Any], place: str, words: str) -> None:
    raw = store(tables={table: {"path": "a.csv", **keys}})
    assert words in refused(StoreSettings, raw)[f"tables.{table}.{place}"]


def test_one_value_may_be_left_out_and_another_refunded() -> None:
    keys = {"only": {"State": ["Done", "Back"]}, "without": {"Till": ["Test"]}, "refunds": {"State": ["Back"]}}
    raw = store(tables={"transactions": {"path": "a.csv", "anonymous": ["0"], "order_numbers": "daily", **keys}})
    source = StoreSettings.model_validate(raw).tables["transactions"]
    assert (source.only, source.without, source.refunds) == (keys["only"], keys["without"], keys["refunds"])
    assert (source.anonymous, source.order_numbers, source.duplicates) == (["0"], "daily", "merge")

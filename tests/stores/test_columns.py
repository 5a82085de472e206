from __future__ import annotations

from typing import Any

import pytest
from stores.opening import Shop, records

from retention_lib.stores.errors import DataError


def refusal(shop: Shop, content: str, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        shop(content, **options)
    return str(caught.value)


def test_all_missing_columns_are_named_at_once(shop: Shop) -> None:
    columns = {"customer_id": "CLIENT", "amount": "SUM", "category": "Группа"}
    assert refusal(shop, "CLIENTS,DATE,TOTAL\n1,2024-01-01,5\n", source={"columns": columns}) == (
        "data/orders.csv: has no columns CLIENT for customer_id, ordered_at, SUM for amount, Группа for category "
        "(found: CLIENTS, DATE, TOTAL); name them in tables.transactions.columns; did you mean CLIENTS for CLIENT?"
    )


@pytest.mark.parametrize("line", ["Иванов,ivan@mail.ru,5", "1,2024-01-05,5", "Иванов,+7 916 123-45-67,5"])
def test_line_of_data_in_place_of_the_column_names_is_not_repeated(shop: Shop, line: str) -> None:
    assert refusal(shop, f"{line}\n2,2024-01-06,7\n") == (
        "data/orders.csv: has no columns customer_id, ordered_at, amount, and line 1 looks like data and not like "
        "column names; add a line of column names above it or set header_row"
    )


def test_line_of_data_with_a_value_twice_is_not_repeated(shop: Shop) -> None:
    said = refusal(shop, "ivan@mail.ru,ivan@mail.ru,5\n")
    assert said.startswith("data/orders.csv: line 1 looks like data and not like column names")


def test_words_of_the_parameters_are_bound_and_never_run(shop: Shop) -> None:
    command = "'; DROP TABLE assignments; --"
    store = shop(
        f'"{command}",experiment_id,variant\n1,e,"{command}"\n2,e,"x""; --"\n',
        table="assignments",
        source={"columns": {"customer_id": command}, "variants": {"a": command, "b": 'x"; --'}},
        store={"title": command},
    )
    assert [(row["customer_id"], row["variant"]) for row in records(store, "assignments")] == [("1", "a"), ("2", "b")]
    event = shop(
        f'customer_id,occurred_at,event\n1,2024-01-05,"{command}"\n',
        table="loyalty_events",
        source={"values": {"event": {"join": command}}},
    )
    assert [row["event"] for row in records(event, "loyalty_events")] == ["join"]

"""A day and its time in two columns, as tills and 1C write them."""

from __future__ import annotations

from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import duckdb
import openpyxl
import pytest
from stores.opening import Shop, reasons, records

from retention_lib.stores.errors import DataError

JOINED = {"columns": {"customer_id": "Клиент", "amount": "Сумма"}, "joined": {"ordered_at": ["Дата", "Время"]}}
HEADER = "Клиент;Дата;Сумма;Время\n"
RUSSIAN = {"delimiter": ";", "dates": "%d.%m.%Y %H:%M"}


def stamps(store: Any) -> list[datetime]:
    return [row["ordered_at"] for row in records(store)]


def test_day_and_time_are_read_as_one_by_the_format_of_dates(shop: Shop) -> None:
    lines = "1;05.04.2024;10;18:30\n2;06.04.2024 0:00:00;10; 9:05\n"
    store = shop(HEADER + lines, csv=RUSSIAN, source=JOINED)
    assert stamps(store) == [datetime(2024, 4, 5, 18, 30), datetime(2024, 4, 6, 9, 5)]


def test_iso_day_and_time_need_no_format(shop: Shop) -> None:
    store = shop(HEADER + "1;2024-04-05;10;18:30:01\n2;2024-04-06;10;\n", csv={"delimiter": ";"}, source=JOINED)
    assert stamps(store) == [datetime(2024, 4, 5, 18, 30, 1), datetime(2024, 4, 6)]


def test_what_cannot_be_joined_is_set_aside_and_shown_whole(shop: Shop) -> None:
    good = "".join(f"{number};05.04.2024;10;18:30\n" for number in range(5))
    store = shop(HEADER + good + "7;05.04.2024;10;25:30\n8;05.04.2024;10;\n9;;10;\n", csv=RUSSIAN, source=JOINED)
    assert reasons(store) == {"unreadable_ordered_at": 2, "missing_ordered_at": 1}
    held = duckdb.sql(f"SELECT source_row, \"Дата + Время\" FROM '{store.rejected('transactions')}'").fetchall()
    assert held == [(7, "05.04.2024 25:30"), (8, "05.04.2024"), (9, None)]


def test_rows_that_differ_in_the_time_alone_are_no_repeats(shop: Shop) -> None:
    lines = "1;o;2024-04-05;10;18:30\n1;o;2024-04-05;10;18:31\n1;o;2024-04-05;10;18:31\n"
    store = shop("Клиент;order_id;Дата;Сумма;Время\n" + lines, csv={"delimiter": ";"}, source=JOINED)
    assert reasons(store) == {"duplicate_merged": 1}


def test_typed_days_and_times_of_a_workbook(shop: Shop) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Клиент", "Дата", "Сумма", "Время"])
    book.active.append(["a", date(2024, 4, 5), 10, time(18, 30)])
    book.active.append(["b", date(2024, 4, 6), 10, time(9, 5, 7)])
    book.active.append(["c", date(2024, 4, 7), 10, None])
    content = BytesIO()
    book.save(content)
    store = shop(content.getvalue(), file="orders.xlsx", source=JOINED)
    assert stamps(store) == [datetime(2024, 4, 5, 18, 30), datetime(2024, 4, 6, 9, 5, 7), datetime(2024, 4, 7)]


def test_part_that_is_not_there_is_named_with_its_key(shop: Shop) -> None:
    with pytest.raises(DataError) as caught:
        shop("Клиент;Дата;Сумма;Времья\n1;2024-04-05;10;18:30\n", csv={"delimiter": ";"}, source=JOINED)
    assert str(caught.value) == (
        "data/orders.csv: has no column Время for ordered_at (found: Клиент, Дата, Сумма, Времья); "
        "name it in tables.transactions.joined; did you mean Времья?"
    )


def test_suspicious_day_is_shown_with_its_columns(shop: Shop) -> None:
    with pytest.raises(DataError, match=r"row 2: Дата \+ Время '05\.04\.2024 18:30' is no ISO date"):
        shop(HEADER + "1;05.04.2024;10;18:30\n", csv={"delimiter": ";"}, source=JOINED)

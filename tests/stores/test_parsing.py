from __future__ import annotations

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest
from stores.opening import Shop, reasons, records

from retention_lib.stores.errors import DataError
from retention_lib.stores.parsing import Style, read_column


def amounts(shop: Shop, *texts: str, csv: dict[str, Any] | None = None) -> list[Decimal]:
    lines = "".join(f'1;2024-01-01;"{text}"\n' for text in texts)
    store = shop("customer_id;ordered_at;amount\n" + lines, csv={"delimiter": ";", **(csv or {})})
    return [row["amount"] for row in records(store)]


def stamps(shop: Shop, *texts: str, csv: dict[str, Any] | None = None, zone: str = "Europe/Moscow") -> list[str]:
    lines = "".join(f"1,{text},5\n" for text in texts)
    store = shop("customer_id,ordered_at,amount\n" + lines, csv=csv, store={"timezone": zone})
    return [row["ordered_at"].isoformat(" ") for row in records(store)]


@pytest.mark.parametrize(
    ("text", "csv"),
    [
        ("1234.50", {}),
        ("1 234.50", {}),
        ("1\u00a0234.5", {}),
        ("1\u202f234.5", {}),
        ("\u00a01234.50 ", {}),
        ("+1234.5", {}),
        ("1.2345e3", {}),
        ("1,234.50", {"thousands": ","}),
        ("1\u00a0234,50", {"decimal": ","}),
        ("1.234,50", {"decimal": ",", "thousands": "."}),
        ("1'234.50", {"thousands": "'"}),
    ],
)
def test_number_is_read_in_its_notation(shop: Shop, text: str, csv: dict[str, str]) -> None:
    assert amounts(shop, text, csv=csv) == [Decimal("1234.5000")]


@pytest.mark.parametrize(
    ("text", "csv"),
    [
        ("1.234,50", {}),
        ("12,50", {}),
        ("1,234", {}),
        ("1,234.50", {"decimal": ",", "thousands": "."}),
        ("12.5", {"decimal": ","}),
    ],
)
def test_number_in_another_notation_stops(shop: Shop, text: str, csv: dict[str, str]) -> None:
    with pytest.raises(DataError) as caught:
        amounts(shop, "5", text, csv=csv)
    assert str(caught.value) == (
        f"data/orders.csv: row 3: amount {text!r} is a number in another notation; "
        "set tables.transactions.csv.decimal and tables.transactions.csv.thousands"
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-01-05", "2024-01-05 00:00:00"),
        ("2024-01-05 23:30", "2024-01-05 23:30:00"),
        ("2024-01-05T23:30:15.250", "2024-01-05 23:30:15.250000"),
        ("2024-01-05T23:30Z", "2024-01-06 02:30:00"),
        ("2024-01-05 23:30:00+00:00", "2024-01-06 02:30:00"),
        ("2024-01-05 23:30:00 -0230", "2024-01-06 05:00:00"),
        ("2024-01-05T02:30+03", "2024-01-05 02:30:00"),
    ],
)
def test_iso_stamp_is_brought_to_the_zone_of_the_store(shop: Shop, text: str, read: str) -> None:
    assert stamps(shop, text) == [read]


def test_stamp_with_offset_in_a_given_format_is_brought_to_the_zone() -> None:
    written = Style(dates="%d.%m.%Y %H:%M %z", timezone="Europe/Moscow")
    reading = read_column(ibis.literal("05.01.2024 23:30 +0000"), "timestamp", written)
    assert reading.value.to_pyarrow().as_py() == datetime(2024, 1, 6, 2, 30)


def test_naive_stamps_in_the_gap_and_the_overlap_stay_as_written(shop: Shop, tmp_path: Path) -> None:
    written = ["2024-03-31 02:30:00", "2024-10-27 02:30:00"]
    assert stamps(shop, *written, zone="Europe/Berlin") == written
    shutil.rmtree(tmp_path / "data" / ".cache")  # read anew, not from what was kept
    assert stamps(shop, *written, zone="Europe/Berlin") == written


def test_stamps_with_an_offset_are_one_moment_on_either_side_of_the_change_of_clocks(shop: Shop) -> None:
    # Clocks go from 2 to 3 at 01:00 UTC of 31 March and from 3 back to 2 at 01:00 UTC of 27 October.
    utc = ["2024-03-31T00:59Z", "2024-03-31T01:00Z", "2024-10-27T00:30Z", "2024-10-27T01:30Z"]
    assert stamps(shop, *utc, zone="Europe/Berlin") == [
        "2024-03-31 01:59:00",
        "2024-03-31 03:00:00",
        "2024-10-27 02:30:00",
        "2024-10-27 02:30:00",
    ]


def test_given_format_is_followed_where_days_and_months_could_be_swapped(shop: Shop) -> None:
    assert stamps(shop, "03.04.2024", csv={"dates": "%d.%m.%Y"}) == ["2024-04-03 00:00:00"]
    assert stamps(shop, "03.04.2024", csv={"dates": "%m.%d.%Y"}) == ["2024-03-04 00:00:00"]


@pytest.mark.parametrize("text", ["03.04.2024", "3/4/24", "2024/04/03", "03.04.2024 10:00"])
def test_date_in_no_known_order_stops(shop: Shop, text: str) -> None:
    with pytest.raises(DataError, match=r"row 3: ordered_at '.*' is no ISO date .* set tables.transactions.csv.dates"):
        stamps(shop, "2024-01-01", text)


def test_spreadsheet_day_number_stops_with_a_hint(shop: Shop) -> None:
    with pytest.raises(DataError, match="row 2: ordered_at '45292' is a spreadsheet's day number"):
        stamps(shop, "45292")


def test_typed_stamps_with_a_zone_are_converted(shop: Shop, tmp_path: Any) -> None:
    file = tmp_path / "typed.parquet"
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(
        "SELECT 1 AS customer_id, TIMESTAMPTZ '2024-01-05 23:30:00+00' AS ordered_at, 5 AS amount"
    ).write_parquet(str(file))
    store = shop(file.read_bytes(), file="orders.parquet")
    assert records(store)[0]["ordered_at"] == datetime(2024, 1, 6, 2, 30)


def test_ids_are_text_and_lose_nothing(shop: Shop) -> None:
    ids = ["00123", "123", "9007199254740993", "NA", "null", "C1", "С1"]
    lines = "".join(f" {name}\u00a0,2024-01-01,5\n" for name in ids)
    store = shop("customer_id,ordered_at,amount\n" + lines)
    assert [row["customer_id"] for row in records(store)] == ids


def test_whole_ids_kept_as_floats_lose_their_fraction(shop: Shop, tmp_path: Any) -> None:
    file = tmp_path / "floats.parquet"
    query = "SELECT {}::DOUBLE AS customer_id, DATE '2024-01-05' AS ordered_at, 5 AS amount"
    duckdb.sql(query.format("17")).write_parquet(str(file))
    assert records(shop(file.read_bytes(), file="a.parquet"))[0]["customer_id"] == "17"
    duckdb.sql(query.format("9007199254740993")).write_parquet(str(file))
    with pytest.raises(DataError, match="is an id kept as a rounded number; export the column as text"):
        shop(file.read_bytes(), file="b.parquet")


def test_consents_are_read_and_anything_else_is_left_out_with_a_note(shop: Shop) -> None:
    words = ["true", "No", "1", "0", "", "perhaps"]
    lines = "".join(f"{number},{word}\n" for number, word in enumerate(words))
    store = shop("customer_id,email_consent\n" + lines, table="customers")
    assert [row["email_consent"] for row in records(store, "customers")] == [True, False, True, False, None, None]
    assert reasons(store, "customers") == {"unreadable_email_consent": 1}

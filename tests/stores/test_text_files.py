from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stores.opening import Shop, records

from retention_lib.settings.models import TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.sources import Source
from retention_lib.stores.text_files import reading_error

HEADER = "customer_id,order_id,ordered_at,amount\n"
GOOD = HEADER + "001,a,2024-01-05 10:00,10.50\n002,b,2024-02-06,3\n"
TITLED = 'Sales, "all\nshops"\n\nfor 2024\n' + GOOD


def refusal(shop: Shop, content: str | bytes, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        shop(content, **options)
    return str(caught.value)


def test_lines_above_the_header_are_not_read(shop: Shop) -> None:
    store = shop(TITLED + "003,c,nonsense,5\n", source={"header_row": 5})
    assert [row["customer_id"] for row in records(store)] == ["001", "002"]
    rejected = store.rejected("transactions")
    assert rejected is not None
    import duckdb

    # Lines 6, 7 and 8 of the file.
    assert duckdb.sql(f"SELECT source_row FROM '{rejected}'").fetchall() == [(8,)]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_lines_above_the_header_end_as_the_files_lines_do(shop: Shop, ending: str) -> None:
    store = shop(TITLED.replace("\n", ending), source={"header_row": 5})
    assert [row["customer_id"] for row in records(store)] == ["001", "002"]


def test_broken_line_is_counted_from_the_files_beginning(shop: Shop) -> None:
    sentence = refusal(shop, TITLED + "003,c,2024-03-01\n", source={"header_row": 5})
    assert sentence.startswith("data/orders.csv: line 8 has 3 columns where the header has 4")


def test_header_further_down_is_pointed_at(shop: Shop) -> None:
    assert refusal(shop, "Sales;2024\nall shops\n" + GOOD) == (
        "data/orders.csv: the column names stand in line 3; set tables.transactions.header_row to 3"
    )


def test_blank_header_line_is_no_empty_file(shop: Shop) -> None:
    assert refusal(shop, "\n" + GOOD) == (
        "data/orders.csv: line 1 holds no column names; set tables.transactions.header_row to the line that does"
    )
    assert "line 9 holds no column names" in refusal(shop, GOOD, source={"header_row": 9})


def test_tsv_has_tabs_between_its_columns(shop: Shop) -> None:
    store = shop(GOOD.replace(",", "\t"), file="orders.tsv")
    assert records(store)[0]["amount"] == Decimal("10.5000")
    decimal = shop(GOOD.replace(",", "\t").replace("10.50", "10,50"), file="orders.tsv", csv={"decimal": ","})
    assert records(decimal) == records(store)
    assert records(shop(GOOD.replace(",", "|"), file="orders.tsv", csv={"delimiter": "|"})) == records(store)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866", "utf-8-sig"])
def test_every_encoding_gives_the_same_rows(shop: Shop, encoding: str) -> None:
    text = HEADER + "Жук,ё1,2024-01-05,10.50\n"
    expected = records(shop(text))
    assert expected[0]["customer_id"] == "Жук"
    content = text.encode(encoding)
    assert records(shop(content, file="other.csv", csv={"encoding": encoding})) == expected
    packed = gzip.compress(content)
    assert records(shop(packed, file="other.csv.gz", csv={"encoding": encoding})) == expected


def test_utf8_is_not_read_as_another_encoding(shop: Shop) -> None:
    content = (HEADER + "Жук,c,2024-03-01,5\n").encode()
    said = "is written in UTF-8; set tables.transactions.csv.encoding to utf-8"
    assert said in refusal(shop, content, csv={"encoding": "cp1251"})
    assert said in refusal(shop, gzip.compress(content), file="o.csv.gz", csv={"encoding": "koi8-r"})
    assert len(records(shop(GOOD, csv={"encoding": "cp1251"}))) == 2


def test_packed_utf16_without_saying_so_is_named(shop: Shop) -> None:
    assert "is written in UTF-16" in refusal(shop, gzip.compress(GOOD.encode("utf-16")), file="orders.csv.gz")


def test_odd_texts_come_in_whole(shop: Shop) -> None:
    odd = ["\U0001f469\u200d\U0001f467 family", "\u05e9\u05dc\u05d5\u05dd \u202egnp.exe", "x" * 10_000]
    odd += ["a\0b", "two\nlines"]
    odd += ["<script>alert(1)</script>", "=cmd|'/C calc'!A0", "[x](javascript:alert(1)) # h | `c`"]
    lines = "".join(f'{number},2024-01-05,5,"{text}"\n' for number, text in enumerate(odd))
    store = shop("customer_id,ordered_at,amount,category\n" + lines)
    assert [row["category"] for row in records(store)] == odd


def test_words_of_the_engine_lose_the_cells_they_quote(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    source = Source(table="transactions", files=(path,), names=("orders.csv",), settings=TableSource(path="orders.csv"))
    said = 'Could not convert "Анна Жук" of ivan@mail.ru, +7 916 123-45-67\nOriginal Line: Анна,5'
    assert str(reading_error(source, said, tmp_path)) == (
        'orders.csv: cannot be read (Could not convert "[hidden]" of [hidden], [hidden]); mend the file'
    )

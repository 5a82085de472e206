from __future__ import annotations

import gzip
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from stores.opening import Shop, records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import open_store

HEADER = "customer_id,order_id,ordered_at,amount\n"
GOOD = HEADER + "001,a,2024-01-05 10:00,10.50\n002,b,2024-02-06,3\n"


def refusal(shop: Shop, content: str | bytes, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        shop(content, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_missing_file_names_it_and_the_nearest(shop: Shop, tmp_path: Path) -> None:
    shop(GOOD)
    settings = StoreSettings(
        timezone="UTC", currency="EUR", tables={"transactions": TableSource(path="data/order.csv")}
    )
    with pytest.raises(DataError, match=r"data/order\.csv: there is no such file; did you mean orders\.csv\?"):
        open_store("shop", settings, root=tmp_path)


def test_missing_file_in_a_missing_folder_says_what_to_mend(tmp_path: Path) -> None:
    settings = StoreSettings(
        timezone="UTC", currency="EUR", tables={"transactions": TableSource(path="nowhere/x*.csv")}
    )
    with pytest.raises(DataError, match=r"nowhere/x\*\.csv: .* mend tables\.transactions\.path"):
        open_store("shop", settings, root=tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf\n"])
def test_empty_file_is_refused(shop: Shop, content: bytes) -> None:
    assert refusal(shop, content) == "data/orders.csv: the file is empty; export transactions again"


def test_header_alone_is_refused(shop: Shop) -> None:
    assert refusal(shop, HEADER).startswith("data/orders.csv: no transactions under the column names")


def test_missing_column_lists_found_and_nearest(shop: Shop) -> None:
    columns = {"customer_id": "CLIENT", "ordered_at": "DATE", "amount": "SUM"}
    sentence = refusal(shop, "CLIENTS,DATE,SUM\n1,2024-01-01,5\n", source={"columns": columns})
    assert sentence == (
        "data/orders.csv: has no column CLIENT for customer_id (found: CLIENTS, DATE, SUM); "
        "name it in tables.transactions.columns; did you mean CLIENTS?"
    )


def test_column_named_in_another_case_is_not_guessed(shop: Shop) -> None:
    assert "did you mean Customer_ID?" in refusal(shop, GOOD.replace("customer_id", "Customer_ID"))


def test_column_named_twice_is_refused(shop: Shop) -> None:
    assert "names the column AMOUNT twice" in refusal(shop, "customer_id,ordered_at,amount,AMOUNT\n1,2024-01-01,5,6\n")


def test_russian_column_names_with_spaces_and_byte_order_mark_are_mapped(shop: Shop) -> None:
    content = "\ufeff Клиент ;Дата; Сумма руб\n0012;05.01.2024 18:30;1 234,50\n"
    store = shop(
        content,
        csv={"delimiter": ";", "decimal": ",", "dates": "%d.%m.%Y %H:%M"},
        source={"columns": {"customer_id": "Клиент", "ordered_at": "Дата", "amount": "Сумма руб"}},
    )
    row = records(store)[0]
    assert (row["customer_id"], row["amount"]) == ("0012", Decimal("1234.5000"))
    assert row["ordered_at"].isoformat() == "2024-01-05T18:30:00"


def test_same_shop_written_three_ways_is_one_shop(shop: Shop) -> None:
    columns = {"customer_id": "Клиент", "order_id": "Чек", "ordered_at": "Дата", "amount": "Сумма"}
    plain = "Клиент,Чек,Дата,Сумма\n007,a1,2024-01-05 18:30:00,1234.50\nЖук,a2,2024-02-28 09:05:00,-3.07\n"
    local = "Клиент;Чек;Дата;Сумма\n007;a1;05.01.2024 18:30;1 234,50\nЖук;a2;28.02.2024 09:05;-3,07\n"
    stamps = {"delimiter": ";", "encoding": "cp1251", "decimal": ",", "dates": "%d.%m.%Y %H:%M"}
    utf8 = shop(plain, source={"columns": columns})
    cp1251 = shop(local.encode("cp1251"), file="local.csv", csv=stamps, source={"columns": columns})
    utf16 = shop(
        local.encode("utf-16"),
        file="wide.csv",
        csv=stamps | {"encoding": "utf-16"},
        source={"columns": columns},
    )
    packed = shop(gzip.compress(plain.encode()), file="packed.csv.gz", source={"columns": columns})
    file = utf8._tables["transactions"].kept.parent / "typed.parquet"
    duckdb.sql(
        "SELECT '007' AS \"Клиент\", 'a1' AS \"Чек\", TIMESTAMP_NS '2024-01-05 18:30:00' AS \"Дата\", "
        "1234.5::DOUBLE AS \"Сумма\" UNION ALL SELECT 'Жук', 'a2', '2024-02-28 09:05:00', -3.07"
    ).write_parquet(str(file))
    parquet = shop(file.read_bytes(), file="typed.parquet", source={"columns": columns})
    expected = records(utf8)
    assert [row["customer_id"] for row in expected] == ["007", "Жук"]
    for twin in (cp1251, utf16, packed, parquet):
        assert records(twin) == expected
        assert twin.reconciliation("transactions") == utf8.reconciliation("transactions")


def test_pattern_reads_all_files_in_order(shop: Shop, tmp_path: Path) -> None:
    shop(GOOD, file="part-2.csv")
    shop(GOOD.replace("001", "009"), file="part-1.csv")
    settings = StoreSettings(
        timezone="UTC", currency="EUR", tables={"transactions": TableSource(path="data/part-*.csv")}
    )
    store = open_store("shop", settings, root=tmp_path)
    assert [row["customer_id"] for row in records(store)] == ["009", "002", "001"]
    assert store.reconciliation("transactions").rows_merged == 1


def test_folder_with_brackets_and_quotes_in_its_name_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "[a] 'b' \"c\""
    folder.mkdir()
    (folder / "x.csv").write_text(GOOD)
    settings = StoreSettings(timezone="UTC", currency="EUR", tables={"transactions": TableSource(path="x.csv")})
    assert len(records(open_store("shop", settings, root=folder))) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("003,c,2024-03-01\n", "line 4 has 3 columns where the header has 4"),
        ("003,c,2024-03-01,5,6\n", "line 4 has 5 columns where the header has 4"),
        ('003,"c,2024-03-01,5\n', "line 4 opens a quote that is never closed"),
    ],
)
def test_broken_line_is_named_without_its_content(shop: Shop, row: str, said: str) -> None:
    sentence = refusal(shop, GOOD + row)
    assert sentence.startswith(f"data/orders.csv: {said}")
    assert "003" not in sentence


def test_wrong_encoding_is_named_with_the_line(shop: Shop) -> None:
    sentence = refusal(shop, (GOOD + "Жук,c,2024-03-01,5\n").encode("cp1251"))
    assert sentence.startswith("data/orders.csv: line 4 is not utf-8 text; set tables.transactions.csv.encoding")


def test_wrong_encoding_of_the_header_is_named(shop: Shop) -> None:
    content = "Клиент,Дата,Сумма\n1,2024-03-01,5\n".encode("cp1251")
    assert refusal(shop, content).startswith("data/orders.csv: line 1 is not utf-8 text")


def test_utf16_without_saying_so_is_named(shop: Shop) -> None:
    assert "is written in UTF-16" in refusal(shop, GOOD.encode("utf-16"))


def test_wrong_configured_encoding_is_named(shop: Shop) -> None:
    content = (GOOD + "Жук,c,2024-03-01,5\n").encode()
    assert "is not ascii text" in refusal(shop, content + b"\xff,d,2024-03-01,5", csv={"encoding": "ascii"})
    assert "is not utf-16 text" in refusal(shop, content + b"\xff", csv={"encoding": "utf-16"})


def test_cut_off_gzip_is_refused_even_at_a_line_end(shop: Shop) -> None:
    packed = gzip.compress((GOOD + "003,c,2024-03-01,5\n" * 5000).encode())
    # All 5003 lines are there, but not the sum that proves it.
    assert refusal(shop, packed[:-8], file="orders.csv.gz") == (
        "data/orders.csv.gz: the packed file is cut off or damaged after line 5003; copy it again"
    )
    assert "damaged after line 0;" in refusal(shop, GOOD, file="plain.csv.gz")


def test_cut_off_gzip_names_the_last_whole_line(shop: Shop) -> None:
    lines = [HEADER, *(f"{number},o{number},2024-01-05,{number}.50\n" for number in range(20_000))]
    packed = gzip.compress("".join(lines).encode())[:30_000]
    whole = zlib.decompressobj(wbits=31).decompress(packed).count(b"\n")
    assert f"damaged after line {whole};" in refusal(shop, packed, file="orders.csv.gz")


def test_damaged_parquet_is_refused(shop: Shop) -> None:
    assert "cannot be read as Parquet" in refusal(shop, b"PAR1 no", file="orders.parquet")


def test_blank_lines_and_line_breaks_in_quotes_are_read(shop: Shop) -> None:
    content = 'customer_id,ordered_at,amount,category\r\n1,2024-01-01,5,"a\r\nb"\r\n\r\n2,2024-01-02,6,"c""d"\r\n'
    assert [row["category"] for row in records(shop(content))] == ["a\r\nb", 'c"d']

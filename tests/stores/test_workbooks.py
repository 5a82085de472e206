from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from stores.opening import reasons, records

from retention_lib.settings.models import CsvFormat, StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import Store, open_store

HEADER = ["customer_id", "order_id", "ordered_at", "amount"]
ROW = ["001", "a", datetime(2024, 1, 5, 18, 30), 10.5]

Book = Callable[..., Store]


def write_book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]], merged: Sequence[str] = ()) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    path.parent.mkdir(exist_ok=True)
    book.save(path)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Opens a store of one workbook; `csv` and other options are keys of its table."""

    def opened(*rows: Sequence[Any], file: str = "orders.xlsx", merged: Sequence[str] = (), **keys: Any) -> Store:
        write_book(tmp_path / "data" / file, {"Лист1": rows}, merged)
        return opened_file(tmp_path, f"data/{file}", **keys)

    return opened


def opened_file(root: Path, path: str, *, csv: dict[str, Any] | None = None, **keys: Any) -> Store:
    table = TableSource(path=path, csv=CsvFormat(**csv) if csv else None, **keys)
    return open_store("shop", StoreSettings(timezone="UTC", currency="EUR", tables={"transactions": table}), root=root)


def refusal(book: Book, *rows: Sequence[Any], **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        book(*rows, **keys)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_cells_keep_their_kinds(book: Book) -> None:
    store = book(
        [*HEADER, "quantity"],
        ["007", "a", datetime(2024, 1, 5, 18, 30, 15), 1234.5, 3],
        ["Жук", "b", date(2024, 2, 29), -3.07, 0.5],
    )
    assert records(store) == [
        {
            "customer_id": "007",
            "ordered_at": datetime(2024, 1, 5, 18, 30, 15),
            "amount": Decimal("1234.5000"),
            "order_id": "a",
            "quantity": 3.0,
        },
        {
            "customer_id": "Жук",
            "ordered_at": datetime(2024, 2, 29),
            "amount": Decimal("-3.0700"),
            "order_id": "b",
            "quantity": 0.5,
        },
    ]


def test_ids_kept_as_numbers_have_no_fraction(book: Book) -> None:
    store = book(HEADER, [17, 5, *ROW[2:]], [9007199254740991, 6, *ROW[2:]])
    assert [(row["customer_id"], row["order_id"]) for row in records(store)] == [
        ("17", "5"),
        ("9007199254740991", "6"),
    ]


def test_ids_of_mixed_kinds_become_text(book: Book) -> None:
    store = book(HEADER, [17, "a", *ROW[2:]], ["A-17", 8, *ROW[2:]], ["  018 ", 8.5, *ROW[2:]])
    assert [row["customer_id"] for row in records(store)] == ["17", "A-17", "018"]
    assert [row["order_id"] for row in records(store)] == ["a", "8", "8.5"]


def test_id_that_a_spreadsheet_has_rounded_is_refused(book: Book) -> None:
    long = 12345678901234567890
    assert "row 2: customer_id" in refusal(book, HEADER, [long, *ROW[1:]])
    assert "is an id kept as a rounded number" in refusal(book, HEADER, [long, *ROW[1:]])
    assert refusal(book, HEADER, ROW, [long, *ROW[1:]]) == (
        "data/orders.xlsx: row 3: customer_id holds an id kept as a rounded number; export the column as text"
    )


def test_dates_and_amounts_in_text_cells_are_read_as_the_file_says(book: Book) -> None:
    store = book(
        HEADER,
        ROW,
        ["002", "b", "29.02.2024 09:05", "1 234,50"],
        ["003", "c", date(2024, 3, 1), "-3,07"],
        ["004", "d", "31.02.2024 00:00", 7],
        csv={"decimal": ",", "dates": "%d.%m.%Y %H:%M"},
    )
    assert [(row["ordered_at"], row["amount"]) for row in records(store)] == [
        (datetime(2024, 1, 5, 18, 30), Decimal("10.5000")),
        (datetime(2024, 2, 29, 9, 5), Decimal("1234.5000")),
        (datetime(2024, 3, 1), Decimal("-3.0700")),
    ]
    assert reasons(store) == {"unreadable_ordered_at": 1}


def test_dates_in_text_cells_are_not_guessed(book: Book) -> None:
    assert "day and month are not guessed" in refusal(book, HEADER, ROW, ["002", "b", "05.01.2024", 3])


def test_cells_of_other_kinds_are_text(book: Book) -> None:
    store = book([*HEADER, "category", "channel"], [*ROW, time(10, 30), True], [*ROW[:1], "b", *ROW[2:], "x", "y"])
    assert [(row["category"], row["channel"]) for row in records(store)] == [("10:30:00", "true"), ("x", "y")]


def test_errors_of_formulas_are_missing_values(book: Book) -> None:
    store = book(HEADER, ROW, ["002", "b", datetime(2024, 1, 6), "#N/A"], ["003", "c", datetime(2024, 1, 7), 5])
    assert reasons(store) == {"missing_amount": 1}


def test_rows_keep_the_numbers_of_the_sheet(book: Book) -> None:
    import duckdb

    store = book(["Sales", *[None] * 3], [None] * 4, HEADER, ROW, [None] * 4, ["", *ROW[1:]], ROW, header_row=3)
    assert store.reconciliation("transactions").rows_in == 3
    assert duckdb.sql(f"SELECT source_row FROM '{store.rejected('transactions')}'").fetchall() == [(6,)]


def test_merged_title_and_merged_header(book: Book) -> None:
    # The ids' names reach down over two rows; one title stands over two columns.
    rows = [
        ["Отчёт за 2024 год", None, None, None],
        [None, None, None, None],
        ["customer_id", "order_id", "Продажа", None],
        [None, None, "ordered_at", "amount"],
        ROW,
    ]
    store = book(*rows, merged=["A1:D1", "A3:A4", "B3:B4", "C3:D3"], header_row=4)
    assert [row["customer_id"] for row in records(store)] == ["001"]


def test_header_further_down_is_pointed_at(book: Book) -> None:
    assert refusal(book, ["Sales of 2024"], ["all shops"], HEADER, ROW) == (
        "data/orders.xlsx: the column names stand in row 3; set tables.transactions.header_row to 3"
    )


def test_blank_header_row_is_refused(book: Book) -> None:
    assert refusal(book, HEADER, ROW, header_row=5) == (
        "data/orders.xlsx: row 5 holds no column names; set tables.transactions.header_row to the row that does"
    )


def test_column_named_twice_is_refused(book: Book) -> None:
    assert "row 1 names the column AMOUNT twice" in refusal(book, [*HEADER, "AMOUNT"], [*ROW, 5])


def test_columns_without_a_name_and_without_cells_are_left_out(book: Book) -> None:
    assert records(book([*HEADER, None, "note"], [*ROW, None, "x"])) == records(book(HEADER, ROW))


def test_sheet_is_named_where_several_hold_data(tmp_path: Path) -> None:
    path = tmp_path / "data" / "orders.xlsx"
    write_book(path, {"Читай": [["hello"]], "Пусто": [], "Данные": [HEADER, ROW]})
    with pytest.raises(DataError) as caught:
        opened_file(tmp_path, "data/orders.xlsx")
    assert str(caught.value) == (
        "data/orders.xlsx: several sheets hold data (Читай, Данные); set tables.transactions.sheet to one of them"
    )
    assert len(records(opened_file(tmp_path, "data/orders.xlsx", sheet="Данные"))) == 1
    with pytest.raises(DataError, match=r"has no sheet Даные \(found: .*\); .*; did you mean Данные\?"):
        opened_file(tmp_path, "data/orders.xlsx", sheet="Даные")
    write_book(path, {"Пусто": [], "Данные": [HEADER, ROW]})
    assert len(records(opened_file(tmp_path, "data/orders.xlsx"))) == 1
    write_book(path, {"Пусто": []})
    with pytest.raises(DataError, match="the file is empty"):
        opened_file(tmp_path, "data/orders.xlsx")


def test_many_workbooks_agree_on_the_kind_of_a_column(tmp_path: Path) -> None:
    write_book(tmp_path / "data" / "orders-1.xlsx", {"A": [HEADER, [17, "a", *ROW[2:]]]})
    write_book(tmp_path / "data" / "orders-2.xlsx", {"B": [HEADER, ["A17", "b", "05.01.2024", 3]]})
    store = opened_file(tmp_path, "data/orders-*.xlsx", csv={"dates": "%d.%m.%Y"})
    assert [(row["customer_id"], row["ordered_at"].date()) for row in records(store)] == [
        ("17", date(2024, 1, 5)),
        ("A17", date(2024, 1, 5)),
    ]


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Лист1">
<table:table-row>{names}</table:table-row>
<table:table-row>
<table:table-cell office:value-type="string"><text:p>007</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2024-01-05T18:30:00">
<text:p>05.01.24</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1 234,50</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>
"""


def test_open_document_is_read(tmp_path: Path) -> None:
    import zipfile

    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    names = "".join(cell.format(name) for name in ("customer_id", "ordered_at", "amount"))
    with zipfile.ZipFile(tmp_path / "orders.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:x"/>')
        file.writestr("content.xml", ODS.replace("\n", "").format(names=names))
    (row,) = records(opened_file(tmp_path, "orders.ods"))
    assert (row["customer_id"], row["ordered_at"], row["amount"]) == (
        "007",
        datetime(2024, 1, 5, 18, 30),
        Decimal("1234.5000"),
    )


@pytest.mark.parametrize("content", [b"<html><table></table></html>", b"PK\x03\x04 cut off", b"a;b\n1;2\n"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "orders.xls").write_bytes(content)
    with pytest.raises(DataError, match=r"orders\.xls: cannot be read as a workbook; open it in a spreadsheet"):
        opened_file(tmp_path, "orders.xls")


def test_workbook_with_a_changed_cell_inside_is_refused(book: Book, tmp_path: Path) -> None:
    import zipfile

    book(HEADER, ROW)
    damaged = tmp_path / "data" / "damaged.xlsx"
    with zipfile.ZipFile(tmp_path / "data" / "orders.xlsx") as whole, zipfile.ZipFile(damaged, "w") as plain:
        for part in whole.namelist():
            plain.writestr(part, whole.read(part))
    content = damaged.read_bytes()
    assert content.count(b">10.5<") == 1
    damaged.write_bytes(content.replace(b">10.5<", b">99.5<"))
    with pytest.raises(DataError, match=r"data/damaged\.xlsx: is damaged; copy or export it again"):
        opened_file(tmp_path, "data/damaged.xlsx")


def test_cut_off_workbook_is_refused(book: Book, tmp_path: Path) -> None:
    book(HEADER, ROW)
    whole = (tmp_path / "data" / "orders.xlsx").read_bytes()
    for size in range(100, len(whole), 700):
        (tmp_path / "data" / "cut.xlsx").write_bytes(whole[:size])
        with pytest.raises(DataError, match="cannot be read as a workbook"):
            opened_file(tmp_path, "data/cut.xlsx")

"""A look at files that nothing is known about: encoding, delimiter, header, dates, numbers."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retention_lib.stores.errors import DataError
from retention_lib.stores.survey import Group, found_files, survey
from retention_lib.stores.survey_dates import date_reading
from retention_lib.stores.survey_header import found_header, is_total
from retention_lib.stores.survey_numbers import number_evidence, number_style
from retention_lib.stores.survey_values import column_values

SHOP = "Код клиента;Дата;Сумма;Товар\n" + "".join(
    f"{n:05d};{n % 28 + 1:02d}.02.2026;1 {200 + n},50;Молоко\n" for n in range(60)
)
ENGLISH = "id,day,amount\n" + "".join(f"{n:05d},2026-02-{n % 28 + 1:02d},{n}.50\n" for n in range(60))


def looked_at(folder: Path, content: bytes, name: str = "orders.csv") -> Group:
    (folder / name).write_bytes(content)
    groups, failures = survey([folder / name], root=folder)
    assert failures == []
    return groups[0]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r", "utf-8", "utf-16", "utf-16-le"])
def test_the_encoding_of_russian_text_is_told(tmp_path: Path, encoding: str) -> None:
    leaf = looked_at(tmp_path, SHOP.encode(encoding)).leaf
    assert (leaf.encoding, leaf.delimiter) == (encoding, ";")
    assert leaf.names == ("Код клиента", "Дата", "Сумма", "Товар")
    assert leaf.doubts == ()


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    leaf = looked_at(tmp_path, SHOP.encode("utf-8-sig")).leaf
    assert (leaf.encoding, leaf.names[0]) == ("utf-8", "Код клиента")


def test_western_letters_are_not_taken_for_russian(tmp_path: Path) -> None:
    text = ENGLISH.replace("id,day", "id,day").replace("\n00001", "\nMüller-Café").replace("\n00002", "\nJosé Peña")
    assert looked_at(tmp_path, text.encode("cp1252")).leaf.encoding == "cp1252"


def test_letters_far_down_a_big_file_decide_the_encoding(tmp_path: Path) -> None:
    head = "id,day,amount,city\n" + "00001,2026-02-01,10.50,Moscow\n" * 100_000
    tail = "00002,2026-02-01,10.50,Москва\n" * 5_000
    assert looked_at(tmp_path, (head + tail).encode("cp1251")).leaf.encoding == "cp1251"


@pytest.mark.parametrize("rows", [50_000, 130_000, 400_000])
def test_no_row_of_a_big_file_is_looked_at_twice(tmp_path: Path, rows: int) -> None:
    lines = "".join(f"{n:06d},2026-02-{n % 28 + 1:02d},{n}.50,AAAAAAAA\n" for n in range(rows))
    group = looked_at(tmp_path, f"client,day,amount,more\n{lines}".encode())
    assert len(group.values[0].texts) == group.values[0].filled <= rows
    # Up to 5 MB the whole file is looked at.
    assert (group.values[0].rows == rows) is (len(lines) < 5 << 20)


@pytest.mark.parametrize("delimiter", [";", "\t", ",", "|"])
def test_the_delimiter_is_the_one_that_makes_columns(tmp_path: Path, delimiter: str) -> None:
    rows = [["client", "day", "sum", "text"], *([f"{n}", "2026-01-01", '"1,50"', '"a; b"'] for n in range(30))]
    content = "\n".join(delimiter.join(row) for row in rows)
    leaf = looked_at(tmp_path, content.encode()).leaf
    assert (leaf.delimiter, len(leaf.names)) == (delimiter, 4)


def test_titles_above_and_totals_below_are_no_data(tmp_path: Path) -> None:
    titles = "Отчёт по продажам;;;\nПериод: 01.02.2026 - 28.02.2026;;;\n\n"
    group = looked_at(tmp_path, (titles + SHOP + "Итого;;99 999,00;\n").encode("cp1251"))
    assert group.leaf.header_row == 4
    assert group.leaf.names[0] == "Код клиента"
    assert group.leaf.total_rows
    assert [column.rows for column in group.values] == [60] * 4
    assert "Итого" not in group.values[0].texts


def test_a_line_with_too_few_columns_is_a_doubt_with_its_number(tmp_path: Path) -> None:
    group = looked_at(tmp_path, (SHOP + "Отчёт сформирован\n").encode())
    (doubt,) = group.leaf.doubts
    assert doubt.startswith("line 62 has 1 columns where the header has 4")


def test_a_column_named_twice_is_a_doubt(tmp_path: Path) -> None:
    group = looked_at(tmp_path, SHOP.replace("Товар", "сумма").encode())
    assert any("named twice" in doubt for doubt in group.leaf.doubts)


def test_the_lower_row_of_a_header_in_two_rows_names_the_columns() -> None:
    header = found_header(
        [
            ["Отчёт", "", "", ""],
            ["Контрагент", "Дата", "Продажи", ""],
            ["", "", "Количество", "Сумма, руб."],
            ["Ромашка", "01.02.2026", "2", "10,50"],
            ["Лютик", "02.02.2026", "1", "7,00"],
        ]
    )
    assert header is not None
    assert header.place == 2
    assert header.names == ("column 1", "column 2", "Количество", "Сумма, руб.")
    assert header.hints == ("Контрагент", "Дата", "Продажи Количество", "Продажи Сумма, руб.")


def test_rows_of_data_are_no_header() -> None:
    assert found_header([["00017", "anna@mail.ru", "2026-01-01"], ["00018", "olga@mail.ru", "2026-01-02"]]) is None


@pytest.mark.parametrize(("text", "expected"), [("Итого", True), ("Всего по магазину", True), ("Total:", True)])
def test_total_lines_are_told(text: str, expected: bool) -> None:
    assert is_total(["", text, "5"]) is expected
    assert not is_total(["Тотальная распродажа", "5"])


def test_a_workbook_gives_its_sheets_by_row_and_a_header_broken_into_lines_as_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Чеки"
    for row in (["Касса 1"], [], ["Карта\nклиента", "Дата", "Сумма"], ["0017", datetime(2026, 2, 1, 10), 12.5]):
        sheet.append(row)
    other = book.create_sheet("Клиенты")
    other.append(["Карта", "Пол"])
    other.append(["0017", "ж"])
    book.create_sheet("Пусто")
    book.save(tmp_path / "shop.xlsx")
    groups, failures = survey([tmp_path / "shop.xlsx"], root=tmp_path)
    assert failures == []
    assert [(group.leaf.sheet, group.leaf.header_row) for group in groups] == [("Чеки", 3), ("Клиенты", 1)]
    assert groups[0].leaf.names == ("Карта клиента", "Дата", "Сумма")
    assert [column.typed for column in groups[0].values] == ["text", "date", "number"]


def test_parquet_and_packed_text_are_looked_at_too(tmp_path: Path) -> None:
    table = pa.table({"client": ["1", "2"], "day": [date(2026, 1, 1), date(2026, 1, 2)], "sum": [1.5, 2.5]})
    pq.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(SHOP.encode("cp1251")))
    groups, failures = survey([tmp_path / "a.parquet", tmp_path / "b.csv.gz"], root=tmp_path)
    assert failures == []
    assert [group.leaf.kind for group in groups] == ["parquet", "text"]
    assert [column.typed for column in groups[0].values] == ["text", "date", "number"]
    assert groups[1].leaf.encoding == "cp1251"


def test_files_of_one_form_are_one_group(tmp_path: Path) -> None:
    for name, content in (("a1.csv", SHOP), ("a2.csv", SHOP), ("b.csv", ENGLISH)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    groups, _ = survey(found_files(["*.csv"], root=tmp_path), root=tmp_path)
    assert [[path.name for path in group.paths] for group in groups] == [["a1.csv", "a2.csv"], ["b.csv"]]
    assert groups[0].values[0].rows == 120


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "the file is empty"), (b"a\nb\nc\n", "no delimiter"), (b"PK\x03\x04\x00\x01\x02\x00" * 9, "no text file")],
)
def test_a_file_that_cannot_be_looked_at_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    groups, failures = survey([tmp_path / "x.csv"], root=tmp_path)
    assert groups == []
    assert failures[0].startswith("x.csv: ")
    assert said in failures[0]


def test_no_files_and_files_of_no_known_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.docx").write_bytes(b"x")
    with pytest.raises(DataError, match="there is no such file"):
        found_files(["*.csv"], root=tmp_path)
    with pytest.raises(DataError, match=r"is no table \(x\.docx\)"):
        found_files(["x.*"], root=tmp_path)


@pytest.mark.parametrize(
    ("texts", "style", "other"),
    [
        (["13.02.2026", "01.02.2026"], "%d.%m.%Y", None),
        (["01.02.2026 0:00:00", "25.02.2026 9:30:00"], "%d.%m.%Y %H:%M:%S", None),
        (["01.02.26", "31.12.25"], "%d.%m.%y", None),
        (["2/15/2026 1:05 PM", "1/2/2026 2:00 AM"], "%m/%d/%Y %I:%M %p", None),
        (["2026/02/15", "2026/01/02"], "%Y/%m/%d", None),
        (["Jan 5, 2026 1:05:22 PM", "Feb 7, 2026 1:05:22 AM"], "%b %d, %Y %I:%M:%S %p", None),
        (["2026-02-15 10:00:00 UTC"], "%Y-%m-%d %H:%M:%S %Z", None),
        (["2026-02-15", "2026-02-15T10:00:00+03:00"], None, None),
        (["01.02.2026", "03.04.2026"], "%d.%m.%Y", "%m.%d.%Y"),
        (["01/02/2026", "03/04/2026"], "%m/%d/%Y", "%d/%m/%Y"),
        (["01.01.0001 0:00:00", "28.02.2026 0:00:00"], "%d.%m.%Y %H:%M:%S", None),
    ],
)
def test_date_formats(texts: list[str], style: str | None, other: str | None) -> None:
    reading = date_reading(texts, day_first=False)
    assert reading is not None
    assert (reading.style, reading.other, reading.share) == (style, other, 1.0)


def test_an_order_of_the_rows_that_makes_sense_beats_the_habit_of_a_slash() -> None:
    days = [f"{day:02d}/{month:02d}/2026" for month in (1, 2, 3) for day in range(1, 13)]
    reading = date_reading(days, day_first=False)
    assert reading is not None
    assert reading.style == "%d/%m/%Y"
    assert reading.other == "%m/%d/%Y"


@pytest.mark.parametrize("texts", [["00017", "00018"], ["Молоко", "Хлеб"], ["1.5", "2.75"], ["20260215"], [""]])
def test_what_is_no_date_is_not_read_as_one(texts: list[str]) -> None:
    assert date_reading(texts, day_first=True) is None


def test_eight_digits_are_a_date_only_where_the_name_says_so() -> None:
    reading = date_reading(["20260215", "20260101"], day_first=True, compact=True)
    assert reading is not None
    assert reading.style == "%Y%m%d"


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (["1 234,50", "7,00"], ",", " "),
        (["1\u00a0234,50 ₽", "7"], ",", "\u00a0"),
        (["1,234.50", "12"], ".", ","),
        (["1.234,50", "12"], ",", "."),
        (["1.234.567", "12"], ",", "."),
        (["12.5", "0.125"], ".", None),
        (["12", "15"], ".", None),
    ],
)
def test_number_notation_is_proven(texts: list[str], decimal: str, thousands: str | None) -> None:
    style = number_style([number_evidence(texts)], comma_likely=False)
    assert (style.decimal, style.thousands, style.doubt) == (decimal, thousands, "")


def test_a_number_of_two_readings_and_two_notations_are_doubts() -> None:
    assert "two ways" in number_style([number_evidence(["1,234", "5"])], comma_likely=False).doubt
    assert "decimal comma" in number_style([number_evidence(["1,5", "2.5"])], comma_likely=True).doubt


def test_currencies_beside_numbers_are_noted() -> None:
    assert number_evidence(["1 234,50 ₽", "12 руб.", "$5"]).currencies == ("RUB", "USD")


def test_values_of_people_are_shown_as_shapes() -> None:
    def shown(*cells: str) -> tuple[str, ...]:
        values = column_values(cells * 3, day_first=True, compact_dates=False)
        return values.samples(personal=False)

    assert shown("anna@mail.ru", "olga@mail.ru") == ("AAAA@AAAA.AA",)
    assert shown("+7 916 123-45-67", "89161234567") == ("+0 000 000-00-00", "00000000000")
    assert shown("Анна Петрова", "Иванов И.И.") == ("AAAA AAAAAAA", "AAAAAA A.A.")
    assert shown("Молоко", "Хлеб") == ("Молоко", "Хлеб")
    assert shown("Позвоните Анне 89161234567", "Молоко") == ("AAAAAAAAA AAAA 00000000000", "AAAAAA")

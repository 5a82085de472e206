from __future__ import annotations

import ibis
import pytest

from retention_lib.stores.shapes import looks_like_data, shape, shape_of, shown_name, shown_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("03.04.2024", "03.04.2024"),
        ("2024/04/03 18:30", "2024/04/03 18:30"),
        ("2024-04-03 18:30:05+03:00", "2024-04-03 18:30:05+03:00"),
        ("1 234,50 ₽", "1 234,50 ₽"),
        ("12345678", "12345678"),
        ("123456789", "000000000"),
        ("+7 916 123-45-67", "+0 000 000-00-00"),
        ("89161234567", "00000000000"),
        ("ivan.petrov@mail.ru", "AAAA.AAAAAA@AAAA.AA"),
        ("Иванов Пётр, 1985", "AAAAAA AAAA, 0000"),
        ("Иванов" * 20, "AAAAAA" * 6 + "AAA…"),
    ],
)
def test_only_dates_and_short_numbers_are_shown(value: str, shown: str) -> None:
    assert shown_value(value) == repr(shown)


def test_shape_is_the_same_in_the_engine() -> None:
    text = "Жук-7 é@x.рф ①"
    assert shape_of(ibis.literal(text)).to_pyarrow().as_py() == shape(text)


@pytest.mark.parametrize(
    "line",
    [
        ["Иванов", "ivan@mail.ru", "да"],
        ["1", "2024-01-05", "Москва"],
        ["Пётр", "+7 (916) 123-45-67"],
        ["Пётр", "12", "3,5"],
    ],
)
def test_line_of_values_is_told_from_column_names(line: list[str]) -> None:
    assert looks_like_data(line)


@pytest.mark.parametrize("line", [["CLIENT", "DATE", "SUM"], ["Клиент", "2024", "2025", "Итого, руб", "e-mail"], [""]])
def test_column_names_are_no_data(line: list[str]) -> None:
    assert not looks_like_data(line)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Сумма, руб", "Сумма, руб"),
        ("Клиент;Номер чека;Дата", "Клиент;Номер чека;Дата"),
        ("017\tЖанна\t2024-01-05", "000 AAAAA 0000-00-00"),
        ("Имя\nЖанна", "AAA AAAAA"),
        ("Жанна +7 (916) 555-00-11", "AAAAA +0 (000) 000-00-00"),
        ("zhanna@example.com", "AAAAAA@AAAAAAA.AAA"),
        ("x" * 300, "x" * 119 + "…"),
        ("a\x00b", "a b"),
    ],
)
def test_column_names_are_shown_unless_they_are_rows(name: str, shown: str) -> None:
    assert shown_name(name) == shown

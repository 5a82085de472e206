"""Rules that the rows of sales tell: left out, refunds, nobody, numbers that begin anew, rows that repeat."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from retention_lib.settings import load_set
from retention_lib.settings.draft import write_draft
from retention_lib.settings.draft_rules import DraftRule
from retention_lib.stores.mapping import TableGuess, mapped_tables
from retention_lib.stores.mapping_draft import drafted_set
from retention_lib.stores.mapping_names import is_anonymous, state_of
from retention_lib.stores.mapping_rules import cancelled_doubts, refunded_doubts, sales_rules
from retention_lib.stores.mapping_tables import drafted_table
from retention_lib.stores.store import open_store
from retention_lib.stores.survey import survey

HEADER = "Код клиента;Дата;Номер чека;Товар;Сумма;"


def sales(folder: Path, header: str, lines: list[str]) -> list[TableGuess]:
    (folder / "sales.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    groups, failures = survey([folder / "sales.csv"], root=folder)
    assert failures == []
    return mapped_tables(groups)[0]


def rules(folder: Path, header: str, lines: list[str]) -> dict[str, DraftRule]:
    (guess,) = sales(folder, header, lines)
    found = {rule.key if rule.active else f"# {rule.key}": rule for rule in sales_rules(guess)}
    assert len(found) == len(sales_rules(guess))
    return found


def sale(number: int, *, customer: str = "", order: str = "", day: int = 0, end: str = "") -> str:
    """One sale of 100.50; every number is another customer, order and product unless said otherwise."""
    who, bill, when = customer or f"{number % 50:06d}", order or f"A-{number}", day or number % 28 + 1
    return f"{who};{when:02d}.02.2026;{bill};Чай {number % 7};100,50;{end}"


def test_sales_with_nothing_special_have_no_rules(tmp_path: Path) -> None:
    assert rules(tmp_path, HEADER, [sale(n) for n in range(200)]) == {}


def test_receipts_that_begin_anew_every_day_are_told(tmp_path: Path) -> None:
    found = rules(tmp_path, HEADER, [sale(n, order=f"{n // 28 + 1}") for n in range(280)])
    assert found["order_numbers"].value == "daily"
    assert "10 of 10 numbers of Номер чека stand on several days, 10 of them with several" in (
        found["order_numbers"].doubt
    )


def test_an_order_of_one_customer_on_several_days_is_only_a_suggestion(tmp_path: Path) -> None:
    lines = [sale(n, customer=f"{n // 4:06d}", order=f"A-{n // 4}", day=n % 28 + 1) for n in range(200)]
    assert list(rules(tmp_path, HEADER, lines)) == ["# order_numbers"]


def test_equal_lines_of_an_order_are_kept_with_their_money_in_the_doubt(tmp_path: Path) -> None:
    lines = [sale(n, customer=f"{n // 2 % 50:06d}", order=f"A-{n // 2}", day=1) for n in range(200)]
    found = rules(tmp_path, HEADER, [*lines, *lines[:3]])
    assert found["duplicates"].value == "across_files"
    assert "3 rows looked at, 301.50 of money" in found["duplicates"].doubt


def test_a_repeated_row_of_a_whole_order_is_left_to_be_merged(tmp_path: Path) -> None:
    lines = [sale(n) for n in range(200)]
    assert rules(tmp_path, HEADER, [*lines, *lines[:3]]) == {}


def test_cancelled_orders_are_left_out_and_unpaid_ones_suggested(tmp_path: Path) -> None:
    lines = [sale(n, end="Отменён;Нет" if n < 10 else "Новый;Нет" if n < 25 else "Выполнен;Да") for n in range(200)]
    found = rules(tmp_path, f"{HEADER}Статус;Оплачен", lines)
    assert found["without"].value == {"Статус": ["Отменён"]}
    assert "Статус Отменён (10 rows looked at, 1,005.00 of money)" in found["without"].doubt
    assert found["# without"].value == {"Статус": ["Отменён"], "Оплачен": ["Нет"]}
    assert "Оплачен Нет (25 rows looked at" in found["# without"].doubt


def test_refunds_of_an_operation_with_money_above_zero_are_told(tmp_path: Path) -> None:
    lines = [sale(n, end="Возврат" if n < 4 else "Продажа") for n in range(200)]
    assert rules(tmp_path, f"{HEADER}Тип операции", lines)["refunds"].value == {"Тип операции": ["Возврат"]}
    negative = [line.replace("100,50", "-100,50") if "Возврат" in line else line for line in lines]
    assert rules(tmp_path, f"{HEADER}Тип операции", negative) == {}


def test_an_order_given_back_later_is_no_refund_of_another_row(tmp_path: Path) -> None:
    lines = [sale(n, end="refunded" if n < 4 else "paid") for n in range(200)]
    assert list(rules(tmp_path, f"{HEADER}Financial Status", lines)) == ["# without"]


def test_words_in_a_column_of_another_name_are_only_suggested(tmp_path: Path) -> None:
    lines = [sale(n, end="отмена" if n < 4 else "норма") for n in range(200)]
    assert list(rules(tmp_path, f"{HEADER}Пометка", lines)) == ["# without"]


def test_a_column_of_yes_and_no_says_what_was_cancelled(tmp_path: Path) -> None:
    lines = [sale(n, end="Да" if n < 4 else "Нет") for n in range(200)]
    assert rules(tmp_path, f"{HEADER}Отменён", lines)["without"].value == {"Отменён": ["Да"]}


@pytest.mark.parametrize("nobody", ["999999999", "Частное лицо", "000000"])
def test_ids_that_name_nobody_are_told(tmp_path: Path, nobody: str) -> None:
    lines = [sale(n, customer=nobody if n % 3 == 0 else f"{n % 90 + 1:06d}") for n in range(300)]
    found = rules(tmp_path, HEADER, lines)
    assert found["anonymous"].value == [nobody]
    assert "100 rows looked at, 10,050.00 of money" in found["anonymous"].doubt


def test_one_large_customer_is_suggested_by_shape_only(tmp_path: Path) -> None:
    lines = [sale(n, customer="0742311" if n % 5 == 0 else f"{n % 90:07d}") for n in range(300)]
    found = rules(tmp_path, HEADER, lines)
    assert found["# anonymous"].value == ["0000000"]
    assert "0742311" not in found["# anonymous"].doubt
    assert "20% of all with a customer" in found["# anonymous"].doubt


def test_an_id_whose_name_is_nobodys_is_suggested(tmp_path: Path) -> None:
    lines = [
        sale(n, customer="0742311", end="Розничный покупатель") if n == 5 else sale(n, end=f"ООО Ромашка {n}")
        for n in range(200)
    ]
    assert rules(tmp_path, f"{HEADER}Наименование покупателя", lines)["# anonymous"].value == ["0000000"]


def test_a_usual_id_of_one_digit_is_a_customer(tmp_path: Path) -> None:
    assert rules(tmp_path, HEADER, [sale(n, customer=f"{1100 + n % 50}") for n in range(200)]) == {}


def test_orders_cancelled_by_a_date_only_are_a_doubt_with_their_money(tmp_path: Path) -> None:
    lines = [sale(n, end="05.02.2026" if n < 4 else "") for n in range(200)]
    (guess,) = sales(tmp_path, f"{HEADER}Дата отмены", lines)
    (doubt,) = cancelled_doubts(guess, ())
    assert doubt.startswith("Дата отмены is filled in 4 rows looked at, 402.00 of money: such orders stay in as sales")
    left_out = DraftRule(key="without", value={"Статус": ["Отменён"]}, doubt="is it so?")
    assert cancelled_doubts(guess, (left_out,)) == ()


def test_money_given_back_in_a_column_of_its_own_is_a_doubt(tmp_path: Path) -> None:
    lines = [sale(n, end="20,25" if n < 4 else "0,00") for n in range(200)]
    (guess,) = sales(tmp_path, f"{HEADER}Сумма возврата", lines)
    (doubt,) = refunded_doubts(guess)
    assert doubt.startswith("81.00 of money given back stands in Сумма возврата and is not subtracted")
    (none,) = sales(tmp_path, f"{HEADER}Сумма возврата", [sale(n, end="0,00") for n in range(200)])
    assert refunded_doubts(none) == ()


def test_text_among_dates_is_no_other_day_and_proves_how_it_is_written(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Код клиента", "Дата", "Номер чека", "Сумма"])
    for n in range(200):
        stamp = datetime(2026, 2, n // 2 % 28 + 1, 10, 5)
        sheet.append(
            [f"К{n // 2 % 40}", stamp if n % 7 else f"{stamp:%d.%m.%Y %H:%M}", n // 2, "1 240,50" if n % 9 == 0 else n]
        )
    book.save(tmp_path / "sales.xlsx")
    groups, _ = survey([tmp_path / "sales.xlsx"], root=tmp_path)
    (guess,) = mapped_tables(groups)[0]
    assert guess.group.values[1].typed == "date"
    assert [rule.key for rule in sales_rules(guess)] == []
    table = drafted_table(guess, [guess], root=tmp_path).table
    assert {key: value for key, (value, _) in table.csv.items()} == {
        "dates": "%d.%m.%Y %H:%M",
        "decimal": ",",
        "thousands": " ",
    }


def test_a_draft_with_every_rule_is_read_to_the_cent(tmp_path: Path) -> None:
    (tmp_path / "notebooks").symlink_to(Path(__file__).parents[2] / "notebooks")
    (tmp_path / "parameters").mkdir()
    ends = {0: "Отменён;Продажа", 1: "Выполнен;Возврат"}
    # 28 days of ten receipts of two lines each, numbered from 1 every day; a till's own card buys every third one.
    lines = [
        sale(
            n,
            customer="999999999" if receipt % 3 == 0 else f"{receipt * 7 + day:06d}",
            order=f"{receipt}",
            day=day,
            end=ends.get(receipt, "Выполнен;Продажа"),
        )
        for day in range(1, 29)
        for receipt in range(10)
        for n in (1, 2)
    ]
    # The first day's receipt 5 has one product twice.
    lines.append(next(line for line in lines if ";01.02.2026;5;" in line))
    (tmp_path / "sales.csv").write_text("\n".join([f"{HEADER}Статус;Тип операции", *lines]) + "\n", encoding="utf-8")
    draft = drafted_set("shop", [str(tmp_path / "sales.csv")], root=tmp_path)
    write_draft(draft, tmp_path / "parameters" / "shop.yml")
    settings = load_set(tmp_path / "parameters" / "shop.yml").stores["shop"]
    source = settings.tables["transactions"]
    assert (source.order_numbers, source.duplicates, source.anonymous) == ("daily", "across_files", ["999999999"])
    assert source.without == {"Статус": ["Отменён"]}
    assert source.refunds == {"Тип операции": ["Возврат"]}
    store = open_store("shop", settings, root=tmp_path)
    # Each day: receipt 0 left out, receipt 1 given back, eight sold, of two lines of 100.50; and one line more.
    assert store.revenue_total == Decimal("100.50") * (28 * 2 * (8 - 1) + 1)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Отменён", "cancel"),
        ("Аннулирован", "cancel"),
        ("voided", "cancel"),
        ("Возврат от покупателя", "refund"),
        ("partially_refunded", ""),
        ("Частичный возврат", ""),
        ("Не отменён", ""),
        ("Выполнен", ""),
    ],
)
def test_what_a_word_says_of_a_row(word: str, expected: str) -> None:
    assert state_of(word) == expected


def test_a_till_names_buyers_it_does_not_know() -> None:
    assert is_anonymous("Розничный  Покупатель")
    assert is_anonymous("Retail customer")
    assert not is_anonymous("Покупатель Анна")

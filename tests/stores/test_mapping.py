"""Which table a file is and which of its columns are ours, by exports as shops really have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention_lib.settings.tables import TABLES
from retention_lib.stores.errors import DataError
from retention_lib.stores.mapping import TableGuess, mapped_tables
from retention_lib.stores.mapping_draft import drafted_set
from retention_lib.stores.mapping_names import is_personal, known_words, name_fit, plain_name
from retention_lib.stores.mapping_notation import table_dates
from retention_lib.stores.mapping_tables import group_path
from retention_lib.stores.survey import survey


def guessed(folder: Path, header: str, *rows: str, name: str = "export.csv") -> dict[str, TableGuess]:
    """The tables of one file; each row is repeated with other ids and days."""
    lines = [row.format(id=n % 40, n=n, day=n % 28 + 1) for n in range(80) for row in rows]
    (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    groups, failures = survey([folder / name], root=folder)
    assert failures == []
    return {guess.table: guess for guess in mapped_tables(groups)[0]}


def named(guess: TableGuess) -> dict[str, str]:
    return {ours: guess.group.leaf.names[column.place] for ours, column in guess.columns.items()}


EXPORTS = {
    "1c": (
        "Контрагент;Код контрагента;Документ продажи;Номенклатура;Количество;Сумма, руб.;Дата документа",
        "Ромашка {id};00{id:03d};Реализация {n:06d};Чай;2;1 {n:03d},50;{day:02d}.02.2026 0:00:00",
        {
            "customer_id": "Код контрагента",
            "order_id": "Документ продажи",
            "amount": "Сумма, руб.",
            "ordered_at": "Дата документа",
            "quantity": "Количество",
            "product_id": "Номенклатура",
        },
    ),
    "bitrix": (
        "ID;DATE_INSERT;USER_ID;PRICE_DELIVERY;Сумма заказа;CURRENCY;STATUS_ID",
        "{n};{day:02d}.02.2026 10:00:00;{id};300.00;{n}50.10;RUB;F",
        {"customer_id": "USER_ID", "ordered_at": "DATE_INSERT", "amount": "Сумма заказа", "currency": "CURRENCY"},
    ),
    "magento": (
        "ID,Purchase Point,Purchase Date,Bill-to Name,Grand Total (Base),Grand Total (Purchased),Status,Customer Email",
        '{n:09d},Main Store,"Feb {day}, 2026 1:05:22 PM",Ann Lee,{n}.10,{n}.10,complete,c{id}@mail.com',
        {"customer_id": "Customer Email", "ordered_at": "Purchase Date", "amount": "Grand Total (Base)"},
    ),
    "iiko": (
        "Учетный день;Номер чека;Номер карты гостя;Блюдо;Группа блюда;Количество блюд;Сумма со скидкой;Сумма скидки",
        "{day:02d}.02.2026;{n};00{id:04d};Борщ;Супы;1;{n},50;10,00",
        {
            "customer_id": "Номер карты гостя",
            "ordered_at": "Учетный день",
            "order_id": "Номер чека",
            "amount": "Сумма со скидкой",
            "discount": "Сумма скидки",
            "product_id": "Блюдо",
            "category": "Группа блюда",
            "quantity": "Количество блюд",
        },
    ),
    "bank": (
        "Дата операции;Номер карты;Сумма операции;Валюта операции;Категория;Описание",
        "{day:02d}.02.2026 10:15:00;*{id:04d};-{n},50;RUB;Супермаркеты;Магнит",
        {
            "customer_id": "Номер карты",
            "ordered_at": "Дата операции",
            "amount": "Сумма операции",
            "currency": "Валюта операции",
            "category": "Категория",
        },
    ),
    "woocommerce": (
        "Order ID,Order Date,Customer User ID,Order Total Amount,Item Name,Quantity,Coupon Code",
        "{n},2026-02-{day:02d} 10:00,{id},{n}.50,Tea,1,",
        {"customer_id": "Customer User ID", "ordered_at": "Order Date", "amount": "Order Total Amount"},
    ),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_sales_of_well_known_systems_are_mapped(tmp_path: Path, name: str) -> None:
    header, row, expected = EXPORTS[name]
    guess = guessed(tmp_path, header, row)["transactions"]
    assert guess.missing == {}
    assert expected.items() <= named(guess).items()


OTHER_TABLES = {
    "customers": (
        "Код;ФИО;Дата рождения;Пол;Город;Согласие на SMS;Дата регистрации",
        "{n:05d};Анна Петрова;{day:02d}.03.1980;ж;Тверь;да;{day:02d}.02.2024",
    ),
    "identities": ("customer_id,тип идентификатора,значение", "{id:05d},email,a{n}@mail.ru"),
    "service": ("Клиент ID;Дата обращения;Тип обращения;Дата закрытия", "{id};2026-02-{day:02d};Жалоба;2026-03-01"),
    "loyalty_events": ("Номер карты;Дата операции;Тип операции;Баллы", "{id:05d};2026-02-{day:02d};Начисление;{n}"),
    "contacts": (
        "client_id,campaign,channel,sent_at,opened_at",
        "{id},spring,email,2026-02-{day:02d},2026-03-01",
    ),
    "assignments": ("user_id,test_name,group", "{n},march,Контроль"),
    "redemptions": ("Код клиента;Промокод;Кампания;Дата применения", "{id};SALE{n};весна;2026-02-{day:02d}"),
    "outcomes": ("user_id,experiment,visit,spend", "{n},march,1,{n}.50"),
    "web_events": ("session_id,event_time,event_type,product_id", "{id},2026-02-{day:02d} 10:00:00,add_to_cart,{n}"),
    "feedback": ("customer_id,Дата отзыва,Оценка,Шкала", "{id},2026-02-{day:02d},4,5"),
    "costs": ("Месяц;Привлечение;Удержание;Программа лояльности", "2026-02;{n}000,50;{n}00,50;{n}0,50"),
}


@pytest.mark.parametrize("table", OTHER_TABLES)
def test_every_other_table_is_recognised_by_its_columns(tmp_path: Path, table: str) -> None:
    header, row = OTHER_TABLES[table]
    guesses = guessed(tmp_path, header, row)
    assert list(guesses) == [table]
    assert guesses[table].missing == {}
    assert set(TABLES[table].required) <= set(guesses[table].columns)


@pytest.mark.parametrize("name", ["unsubscribed_at", "Дата отписки", "Unsubscribe date"])
def test_the_day_of_unsubscribing_is_found(tmp_path: Path, name: str) -> None:
    guess = guessed(
        tmp_path, f"client_id,campaign,channel,sent_at,{name}", "{id},spring,email,2026-02-{day:02d},2026-03-01"
    )
    assert named(guess["contacts"])["unsubscribed_at"] == name


def test_a_test_with_its_results_in_one_file_is_two_tables(tmp_path: Path) -> None:
    guesses = guessed(tmp_path, "user_id,test_name,group,visit,spend", "{n},march,Контроль,1,{n}.50")
    assert sorted(guesses) == ["assignments", "outcomes"]
    assert list(guesses["outcomes"].metrics) == ["visit", "spend"]


def test_the_price_of_a_piece_is_not_the_money_of_a_row(tmp_path: Path) -> None:
    row = "{n},{id:05d},2026-02-{day:02d},{n},2.50"
    guess = guessed(tmp_path, "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice", row)["transactions"]
    assert list(guess.missing) == ["amount"]


def test_columns_without_telling_names_are_taken_by_content_with_a_doubt(tmp_path: Path) -> None:
    guess = guessed(tmp_path, "a,Дата,c,d", "{id:05d},2026-02-{day:02d},{n}.25,x")["transactions"]
    assert named(guess) == {"ordered_at": "Дата", "amount": "c", "customer_id": "a"}
    assert "no name tells" in guess.columns["amount"].doubt
    assert "no name tells" in guess.columns["customer_id"].doubt
    assert guess.columns["ordered_at"].doubt == ""


def test_two_columns_of_one_clearness_are_a_doubt_that_names_both(tmp_path: Path) -> None:
    header = "Код клиента;Дата заказа;Дата продажи;Сумма"
    guess = guessed(tmp_path, header, "{id:05d};2026-02-{day:02d};2026-02-{day:02d};{n},50")["transactions"]
    assert "Дата заказа was taken; it may also be Дата продажи" in guess.columns["ordered_at"].doubt


def test_names_instead_of_codes_are_a_doubt(tmp_path: Path) -> None:
    people = ["Анна Петрова", "Иван Сидоров", "Пётр Ильин"]
    rows = [f"{who};2026-02-{{day:02d}};{{n}},50" for who in people]
    guess = guessed(tmp_path, "ФИО клиента;Дата;Сумма", *rows)["transactions"]
    assert "holds names" in guess.columns["customer_id"].doubt


def test_the_order_of_dates_may_be_proven_by_another_column(tmp_path: Path) -> None:
    header = "Код клиента;Дата заказа;Дата доставки;Сумма"
    guess = guessed(tmp_path, header, "{id};05.02.2026;{day:02d}.02.2026;{n},50")["transactions"]
    dates = table_dates(guess)
    assert (dates.style, dates.assumed, dates.doubt) == ("%d.%m.%Y", False, "")
    assert dates.evidence == "proven by the column Дата доставки"


def test_dates_of_another_format_in_one_table_are_left_out_with_a_doubt(tmp_path: Path) -> None:
    header = "Код клиента;Дата заказа;Дата доставки;Сумма"
    guess = guessed(tmp_path, header, "{id};{day:02d}.02.2026 10:30;{day:02d}.02.2026;{n},50")["transactions"]
    assert list(table_dates(guess).unreadable) == ["delivered_at"]


def test_dates_with_days_up_to_twelve_only_are_assumed(tmp_path: Path) -> None:
    guess = guessed(tmp_path, "Код клиента;Дата;Сумма", "{id};05.02.2026;{n},50")["transactions"]
    dates = table_dates(guess)
    assert dates.assumed
    assert "%m.%d.%Y" in dates.doubt


def test_firms_instead_of_codes_are_a_doubt(tmp_path: Path) -> None:
    guess = guessed(tmp_path, "Контрагент;Дата;Сумма", "ООО Ромашка {id};2026-02-{day:02d};{n},50")["transactions"]
    assert "two people of one name become one customer" in guess.columns["customer_id"].doubt
    coded = guessed(tmp_path, "Контрагент;Дата;Сумма", "К{id:05d};2026-02-{day:02d};{n},50")["transactions"]
    assert coded.columns["customer_id"].doubt == ""


def test_a_word_under_a_merged_name_belongs_to_what_stands_above(tmp_path: Path) -> None:
    header = "Документ;;Покупатель;;Номенклатура;Показатели;\nНомер;Дата;Код;Наименование;;Количество;Сумма"
    guess = guessed(tmp_path, header, "A-{n};{day:02d}.02.2026;{id:05d};Роза {id};Чай {n};1;{n},50")["transactions"]
    assert named(guess) == {
        "customer_id": "Код",
        "ordered_at": "Дата",
        "amount": "Сумма",
        "order_id": "Номер",
        "quantity": "Количество",
        "product_id": "column 5",
    }


def test_the_own_number_of_a_row_is_an_order_where_a_row_is_one(tmp_path: Path) -> None:
    guess = guessed(tmp_path, "ID;Дата;ID покупателя;Сумма", "{n};2026-02-{day:02d};{id};{n},50")["transactions"]
    assert named(guess)["order_id"] == "ID"
    lines = guessed(tmp_path, "ID;Дата;ID покупателя;Товар;Сумма", "{n};2026-02-{day:02d};{id};Чай;{n},50")
    assert "order_id" not in lines["transactions"].columns


def mapped(folder: Path, **files: str) -> dict[str, TableGuess]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    groups, _ = survey([folder / f"{name}.csv" for name in files], root=folder)
    return {guess.table: guess for guess in mapped_tables(groups)[0]}


def test_customers_are_named_by_the_ids_that_sales_know(tmp_path: Path) -> None:
    orders = "".join(f"{n};{n % 60 + 1};2026-02-{n % 28 + 1:02d};{n},50\n" for n in range(120))
    users = "".join(f"{n + 1};a{n}@mail.ru;2026-01-{n % 28 + 1:02d};Тверь\n" for n in range(60))
    found = mapped(
        tmp_path,
        orders="ID;ID покупателя;Дата;Сумма\n" + orders,
        users="ID;E-mail;Дата регистрации;Город\n" + users,
    )
    assert named(found["customers"])["customer_id"] == "ID"
    assert found["customers"].columns["customer_id"].doubt == ""


def test_ids_that_do_not_meet_those_of_sales_are_a_doubt(tmp_path: Path) -> None:
    orders = "".join(f"{n % 60 + 1};2026-02-{n % 28 + 1:02d};{n},50\n" for n in range(120))
    users = "".join(f"{n + 1:05d};2026-01-{n % 28 + 1:02d};Тверь\n" for n in range(60))
    found = mapped(
        tmp_path,
        orders="Код клиента;Дата;Сумма\n" + orders,
        users="Код клиента;Дата регистрации;Город\n" + users,
    )
    assert "(like 00000) is a customer of the sales (like 0)" in found["customers"].columns["customer_id"].doubt


def test_files_of_a_table_in_other_forms_are_the_first_doubt(tmp_path: Path) -> None:
    rows = "".join(f"{n % 20:05d};{n % 28 + 1:02d}.02.2026;{n},50\n" for n in range(80))
    text = "Код клиента;Дата;Сумма\n" + rows
    (tmp_path / "2026-01.csv").write_bytes(text.encode("cp1251"))
    (tmp_path / "2026-02.csv").write_bytes(text.encode("cp1251"))
    (tmp_path / "2026-03.csv").write_bytes(text.replace(";", "\t").replace("Код клиента", "Клиент").encode())
    (tmp_path / "notebooks").symlink_to(Path(__file__).parents[2] / "notebooks")
    draft = drafted_set("x", [str(tmp_path / "*.csv")], root=tmp_path)
    told = "only 2 of 3 files or sheets of transactions can be read"
    assert draft.summary(1)[0].startswith(f"DOUBT: {told}")
    assert draft.text.startswith(f"# DOUBT: {told}")
    assert "2026-03.csv" in draft.urgent[0]
    assert r"encoding utf-8, not cp1251, delimiter '\t', not ';', other column names" in draft.urgent[0]
    assert draft.notes == ()


@pytest.mark.parametrize(
    ("names", "others", "expected"),
    [
        (["orders_2025-01.csv", "orders_2025-02.csv"], [], "orders_*.csv"),
        (["orders1.csv", "orders2.csv"], ["orders_old.csv"], None),
        (["январь.csv", "март.csv"], [], "*.csv"),
        (["заказы.csv"], ["x.csv"], "заказы.csv"),
        (["a_2025.csv", "a_2026.csv"], ["a_readme.csv"], "a_202*.csv"),
    ],
)
def test_a_pattern_meets_the_files_of_the_group_and_no_other(
    tmp_path: Path, names: list[str], others: list[str], expected: str | None
) -> None:
    for name in (*names, *others):
        (tmp_path / name).write_text("x")
    path, doubts = group_path([tmp_path / name for name in sorted(names)], root=tmp_path)
    assert path == (expected or "orders*.csv")
    assert bool(doubts) is (expected is None)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("amount", "Сумма, руб."),
        ("amount", "orderTotal (RUB)"),
        ("customer_id", "CUSTOMER_ID"),
        ("ordered_at", "OpenDate.Typed"),
        ("order_id", "№ чека"),
        ("quantity", "Кол-во"),
    ],
)
def test_names_are_known_in_any_spelling(column: str, name: str) -> None:
    assert name_fit("transactions", column, name) >= 0.75


@pytest.mark.parametrize("name", ["Дата рождения", "Дата изменения", "Unit Price", "НДС", "Средний чек", "Shipping"])
def test_names_that_only_look_like_ours_are_left(name: str) -> None:
    assert all(name_fit("transactions", column, name) == 0 for column in ("ordered_at", "amount"))


def test_every_name_of_the_dictionary_is_of_a_known_table_and_column() -> None:
    from retention_lib.stores.mapping_names import _dictionary

    tables = _dictionary()["tables"]
    assert set(tables) == set(TABLES)
    for table, columns in tables.items():
        assert set(columns) - {"told_by"} <= set(TABLES[table].names)
    for place, words in _dictionary()["words"].items():
        table, _, column = place.partition(".")
        assert set(words) <= set(TABLES[table].column(column).choices)


def test_words_of_events_are_known_by_any_of_theirs() -> None:
    words = ["Начисление баллов", "Списание", "Сгорание", "Welcome-бонус", "Прочее"]
    known = known_words("loyalty_events", "event", words)
    assert known == {
        "earn": ["Начисление баллов"],
        "redeem": ["Списание"],
        "expire": ["Сгорание"],
        "grant": ["Welcome-бонус"],
    }


@pytest.mark.parametrize("name", ["ФИО клиента", "Customer Email", "Адрес доставки", "Billing Phone", "Менеджер"])
def test_columns_of_people_are_told_by_name(name: str) -> None:
    assert is_personal(name)


def test_plain_names() -> None:
    assert plain_name("orderTotal (RUB)") == "order total rub"
    assert plain_name("№\u00a0чека") == "номер чека"


def test_files_that_are_no_table_are_refused_without_their_rows(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "x.csv").write_text("цвет;вкус\nкрасный;сладкий\nсиний;кислый\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.csv: is no table that was recognised \(columns: цвет, вкус\)"):
        drafted_set("x", [str(tmp_path / "x.csv")], root=tmp_path)

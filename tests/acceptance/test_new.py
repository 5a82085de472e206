"""A first parameter file from messy exports: written without a question, and used without an edit."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from acceptance.conftest import Run, project_copy, retention

from retention_lib.settings import load_set
from retention_lib.stores.store import Store, open_store


@dataclass(frozen=True)
class Sale:
    """One receipt of the shop whose exports are tried here."""

    customer: int
    at: datetime
    kopecks: int

    @property
    def amount(self) -> Decimal:
        return Decimal(self.kopecks) / 100

    @property
    def russian(self) -> str:
        return f"{self.amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def sales(customers: int = 150, days: int = 480) -> list[Sale]:
    """A year and a quarter of a small shop, by time."""
    rng = np.random.default_rng(11)
    found = []
    for customer in range(customers):
        day = int(rng.integers(0, 200))
        while day < days:
            at = datetime(2025, 5, 1, 9) + timedelta(days=day, minutes=int(rng.integers(0, 700)))
            found.append(Sale(customer, at, int(rng.integers(10_000, 900_000))))
            day += int(rng.integers(5, 70))
    return sorted(found, key=lambda sale: sale.at)


def total(found: list[Sale]) -> Decimal:
    return sum((sale.amount for sale in found), Decimal(0))


def write(path: Path, rows: list[list[str]], *, encoding: str = "utf-8", delimiter: str = ",") -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project_copy(tmp_path)


def drafted(root: Path, pattern: str, name: str = "myshop") -> tuple[Run, str]:
    done = retention(root, "new", "--set", name, "--data", pattern)
    assert done.exit_code == 0, done.said
    return done, (root / "parameters" / f"{name}.yml").read_text(encoding="utf-8")


def opened(root: Path, name: str = "myshop") -> Store:
    settings = load_set(root / "parameters" / f"{name}.yml")
    return open_store(name, settings.stores[name], root=root)


def doubts(text: str) -> list[str]:
    """Each doubt with the line it stands above."""
    lines = iter(text.splitlines())
    return list(_doubts(lines))


def _doubts(lines: Iterator[str]) -> Iterator[str]:
    doubt = ""
    for line in lines:
        bare = line.strip()
        if bare.startswith("# DOUBT: ") or (doubt and bare.startswith("#   ")):
            doubt += bare.removeprefix("#")
        elif doubt:
            yield f"{bare.partition(':')[0]}: {' '.join(doubt.split())}"
            doubt = ""


def test_one_russian_export_is_reported_unedited_to_the_kopeck(root: Path) -> None:
    found = sales()
    rows = [
        [f"{s.customer:06d}", "Анна Петрова", "+7 916 123-45-67", f"К-{n:06d}", f"{s.at:%d.%m.%Y %H:%M:%S}", s.russian]
        for n, s in enumerate(found)
    ]
    header = ["Код клиента", "ФИО клиента", "Телефон", "Номер чека", "Дата продажи", "Сумма со скидкой"]
    write(root / "exports" / "Продажи за всё время.csv", [header, *rows], encoding="cp1251", delimiter=";")
    done, text = drafted(root, str(root / "exports" / "*.csv"))
    assert "make check SET=myshop" in done.said
    assert "Анна" not in text + done.said
    assert "916" not in text + done.said
    assert [doubt.partition(":")[0] for doubt in doubts(text)] == ["timezone", "currency", "# economics"]
    reported = retention(root, "report", "--set", "myshop")
    assert reported.exit_code == 0, reported.said
    (folder,) = (root / "outputs" / "myshop").glob("20*")
    figures = json.loads((folder / "churn_diagnosis.figures.json").read_text())
    (revenue,) = [figure["value"] for figure in figures if figure["id"] == "revenue_total"]
    assert Decimal(f"{revenue:.2f}") == total(found)
    with opened(root) as store:
        ids = set(store.table("transactions").customer_id.to_pyarrow().to_pylist())
    assert "000017" in ids


def test_a_report_of_1c_with_titles_a_header_in_two_rows_and_totals(root: Path) -> None:
    found = sales()
    rows = [
        ["Отчёт по продажам", "", "", "", ""],
        ["Период: 01.05.2025 - 24.08.2026", "", "", "", ""],
        ["", "", "", "", ""],
        ["Контрагент", "Документ", "Дата", "Продажи", ""],
        ["", "", "", "Количество", "Сумма, руб."],
        *(
            [f"ИП {s.customer:04d}", f"Реализация {n:06d}", f"{s.at:%d.%m.%y}", "1,000", s.russian]
            for n, s in enumerate(found)
        ),
        ["Итого", "", "", f"{len(found)},000", Sale(0, found[0].at, int(total(found) * 100)).russian],
    ]
    write(root / "exports" / "otchet.csv", rows, encoding="cp1251", delimiter=";")
    _, text = drafted(root, str(root / "exports" / "otchet.csv"))
    assert "header_row: 5" in text
    assert 'dates: "%d.%m.%y"' in text
    assert "customer_id: column 1 # Контрагент" in text
    with opened(root) as store:
        count = store.reconciliation("transactions")
    assert (count.amount_kept, count.rows_kept, count.rows_rejected) == (total(found), len(found), 1)


def test_a_day_and_its_time_in_two_columns(root: Path) -> None:
    found = sales()
    header = ["Номер чека", "Дата чека", "Время", "Карта клиента", "Сумма", "Время доставки"]
    rows = [
        [f"Ч-{n:06d}", f"{s.at:%d.%m.%Y}", f"{s.at:%H:%M:%S}", f"{s.customer:013d}", s.russian, "12:00"]
        for n, s in enumerate(found)
    ]
    write(root / "exports" / "cheki.csv", [header, *rows], encoding="cp1251", delimiter=";")
    _, text = drafted(root, str(root / "exports" / "cheki.csv"))
    settings = load_set(root / "parameters" / "myshop.yml").stores["myshop"].tables["transactions"]
    assert settings.joined == {"ordered_at": ["Дата чека", "Время"]}
    assert "ordered_at" not in settings.columns
    assert 'dates: "%d.%m.%Y %H:%M:%S"' in text
    (unused,) = re.findall(r"not used:\n((?: +# - .*\n)+)", text)
    assert [line.split(":")[0].strip(" #-") for line in unused.splitlines()] == ["Время доставки"]
    with opened(root) as store:
        stamps = store.table("transactions").ordered_at.to_pyarrow().to_pylist()
        assert store.reconciliation("transactions").amount_kept == total(found)
    assert stamps == [s.at.replace(microsecond=0) for s in found]


def test_an_export_of_shopify(root: Path) -> None:
    found = sales()
    header = ["Name", "Email", "Paid at", "Currency", "Subtotal", "Total", "Created at", "Lineitem quantity"]
    header += ["Lineitem name", "Lineitem price", "Billing Name", "Billing Phone"]
    rows = []
    for n, s in enumerate(found):
        at, money = f"{s.at:%Y-%m-%d %H:%M:%S} -0500", f"{s.amount:.2f}"
        person = ["Ann Lee", "+1 555 010 1234"]
        row = [f"#{1001 + n}", f"c{s.customer}@mail.com", at, "USD", money, money, at, "1", "Shirt", money, *person]
        rows.append(row)
        if n % 3 == 0:
            rows.append([row[0], row[1], "", "", "", "", at, "1", "Cap", "0.00", "", ""])
    write(root / "exports" / "orders_export_1.csv", [header, *rows])
    _, text = drafted(root, str(root / "exports"))
    assert "Ann" not in text
    assert "@mail.com" not in text
    assert "555" not in text
    assert any(doubt.startswith("amount: ") and "first line of each order" in doubt for doubt in doubts(text))
    settings = load_set(root / "parameters" / "myshop.yml").stores["myshop"]
    assert settings.currency == "USD"
    wanted = {"customer_id": "Email", "order_id": "Name", "amount": "Total", "ordered_at": "Created at"}
    assert wanted.items() <= settings.tables["transactions"].columns.items()
    with opened(root) as store:
        counts = store.reconciliation("transactions")
    assert counts.amount_kept == total(found)
    assert [(reason.reason, reason.rows) for reason in counts.reasons] == [
        ("amount_on_another_line", len(rows) - len(found))
    ]


def test_a_workbook_with_two_sheets(root: Path) -> None:
    found = sales()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Чеки"
    sheet.append(["Выгрузка из кассы"])
    sheet.merge_cells("A1:D1")
    sheet.append([])
    sheet.append(["№ чека", "Дата и время", "Карта\nклиента", "Сумма"])
    for n, s in enumerate(found):
        sheet.append([n + 1, s.at, f"{s.customer:013d}", float(s.amount)])
    clients = book.create_sheet("Клиенты")
    clients.append(["Карта клиента", "ФИО", "Дата рождения", "Город"])
    for customer in range(150):
        clients.append([f"{customer:013d}", "Анна Петрова", datetime(1980, 1 + customer % 12, 5), "Тверь"])
    (root / "exports").mkdir()
    book.save(root / "exports" / "kassa.xlsx")
    _, text = drafted(root, str(root / "exports" / "*.xlsx"))
    assert "Анна" not in text
    with opened(root) as store:
        assert store.tables == ("transactions", "customers")
        assert store.reconciliation("transactions").amount_kept == total(found)
        assert store.reconciliation("customers").rows_kept == 150


def test_several_tables_by_pattern(root: Path) -> None:
    found = sales()
    for year in (2025, 2026):
        rows = [
            [f"{s.customer:05d}", s.at.isoformat(), f"{s.amount:.2f}", f"A{n:06d}"]
            for n, s in enumerate(found)
            if s.at.year == year
        ]
        header = ["customerId", "created_at", "orderTotal", "orderId"]
        write(root / "exports" / f"orders_{year}.csv", [header, *rows])
    loyalty = [[f"{s.customer:05d}", f"{s.at:%d.%m.%Y}", "Начисление", str(s.kopecks // 1000)] for s in found]
    write(root / "exports" / "loyalty.csv", [["Номер карты", "Дата операции", "Тип операции", "Баллы"], *loyalty])
    mails = [[f"{n:05d}", "spring", "email", "2026-03-01 10:00:00"] for n in range(150)]
    write(root / "exports" / "mailings.csv", [["client_id", "campaign", "channel", "sent_at"], *mails])
    (root / "exports" / "notes.txt").write_text("hello\nworld\n")
    done, text = drafted(root, str(root / "exports" / "*"))
    assert "exports/orders_*.csv" in text
    assert re.search(r"not used: exports/notes\.txt", done.said)
    settings = load_set(root / "parameters" / "myshop.yml")
    assert settings.reports["loyalty_impact"].parameters == {}  # all campaigns are judged, none is chosen by guess
    assert settings.stores["myshop"].tables["loyalty_events"].values == {"event": {"earn": ["Начисление"]}}
    with opened(root) as store:
        assert store.tables == ("transactions", "loyalty_events", "contacts")
        assert store.reconciliation("transactions").amount_kept == total(found)
        assert store.reconciliation("loyalty_events").rows_rejected == 0


def test_dates_that_could_be_read_two_ways_are_an_assumption(root: Path) -> None:
    rows = [[f"{n % 40:05d}", f"{n % 12 + 1:02d}.{n % 7 + 1:02d}.2026", f"{n},50"] for n in range(300)]
    write(root / "exports" / "a.csv", [["Клиент", "Дата", "Сумма"], *rows], delimiter=";")
    _, text = drafted(root, str(root / "exports" / "a.csv"))
    assert load_set(root / "parameters" / "myshop.yml").stores["myshop"].assumptions == [
        "timezone",
        "currency",
        "dates",
    ]
    (doubt,) = [doubt for doubt in doubts(text) if doubt.startswith("dates: ")]
    assert "%m.%d.%Y" in doubt


def test_what_cannot_be_drafted_is_said_and_nothing_is_written(root: Path) -> None:
    write(root / "exports" / "a.csv", [["цвет", "вкус"], ["красный", "сладкий"]])
    before = sorted((root / "parameters").iterdir())
    for arguments, code, said in (
        (("--set", "public", "--data", "exports/a.csv"), 2, "never overwritten"),
        (("--set", "Мой", "--data", "exports/a.csv"), 2, "no usable name"),
        (("--set", "x", "--data", ""), 2, "make new SET=myshop DATA="),
        (("--set", "x", "--data", "exports/none*.csv"), 3, "there is no such file"),
        (("--set", "x", "--data", "exports/a.csv"), 3, "no table that was recognised (columns: цвет, вкус)"),
    ):
        done = retention(root, "new", *arguments)
        assert (done.exit_code, said in done.said) == (code, True), done.said
        assert "Traceback" not in done.said
    assert sorted((root / "parameters").iterdir()) == before

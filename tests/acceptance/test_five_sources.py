"""The same shop as text, as 1C writes it, as a workbook, as Parquet, in a DuckDB file and in PostgreSQL."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from acceptance.conftest import project_copy, retention
from postgres_server import PASSWORD, USER, Postgres

COLUMNS = ("Клиент", "Чек", "Дата", "Сумма", "Группа")
TYPES = "(Клиент VARCHAR, Чек VARCHAR, Дата TIMESTAMP, Сумма DECIMAL(12, 2), Группа VARCHAR)"
REPORTS = ("churn_diagnosis", "cohort_ltv")

Row = tuple[str | None, str, datetime, Decimal, str]

SET = """
title: One shop
store:
  connection: {connection}
  timezone: Europe/Moscow
  currency: RUB
  tables:
    transactions:
      {place}
      columns: {{customer_id: Клиент, order_id: Чек, ordered_at: Дата, amount: Сумма, category: Группа}}
economics: {{gross_margin: 0.3}}
reports:
  churn_diagnosis: {{}}
  cohort_ltv: {{cohort_by: week, horizon_months: 6}}
"""


def shop() -> list[Row]:
    """Two years of a small shop: refunds, repeated rows and sales without a customer among the rest."""
    rng = np.random.default_rng(11)
    rows: list[Row] = []
    for customer in range(640):
        day, pace, leaves = int(rng.integers(0, 500)), rng.gamma(2.0, 20.0), rng.beta(1.0, 5.0)
        while day < 730:
            at = datetime(2024, 7, 1, 10) + timedelta(days=day, minutes=int(rng.integers(0, 600)))
            amount = Decimal(int(rng.integers(5_000, 600_000))) / 100
            group = ("Чай", "Кофе; зёрна", 'Торт "Прага"')[int(rng.integers(0, 3))]
            id = None if rng.random() < 0.02 else f"{customer:05d}"
            rows.append((id, f"К-{len(rows):06d}", at, amount, group))
            if rng.random() < 0.05:
                rows.append((id, f"В-{len(rows):06d}", at + timedelta(days=3), -amount, group))
            if id and rng.random() < 0.03:
                rows.append(rows[-1])
            if rng.random() < leaves:
                break
            day += 1 + int(rng.exponential(pace))
    # The months must end on their own last days, whatever was drawn.
    return [row for row in rows if row[2] < datetime(2026, 6, 30)]


def plain_text(root: Path, rows: list[Row]) -> str:
    with (root / "data" / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *((row[0] or "", *row[1:]) for row in rows)])
    return "path: data/orders.csv"


def from_1c(root: Path, rows: list[Row]) -> str:
    def local(amount: Decimal) -> str:
        return f"{amount:,}".replace(",", "\u00a0").replace(".", ",")

    with (root / "data" / "orders.txt").open("w", encoding="cp1251", newline="") as file:
        file.write("Отчёт о продажах;;;;\r\nПериод: 2 года;;;;\r\n")
        lines = ((row[0] or "", row[1], row[2].strftime("%d.%m.%Y %H:%M"), local(row[3]), row[4]) for row in rows)
        csv.writer(file, delimiter=";").writerows([COLUMNS, *lines])
    written = 'csv: {delimiter: ";", encoding: cp1251, decimal: ",", dates: "%d.%m.%Y %H:%M"}'
    return f"path: data/orders.txt\n      header_row: 3\n      {written}"


def workbook(root: Path, rows: list[Row]) -> str:
    book = openpyxl.Workbook()
    book.active.title = "Инструкция"
    book.active.append(["Не удалять"])
    sheet = book.create_sheet("Продажи")
    sheet.append(["Отчёт о продажах"])
    sheet.merge_cells("A1:E1")
    for row in [COLUMNS, *rows]:
        sheet.append(list(row))
    book.save(root / "data" / "orders.xlsx")
    return "path: data/orders.xlsx\n      sheet: Продажи\n      header_row: 2"


def in_duckdb(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    written = pa.table(dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))
    connection.execute(f"CREATE TABLE orders {TYPES}")
    connection.register("written", written)
    connection.execute("INSERT INTO orders FROM written")


def parquet(root: Path, rows: list[Row]) -> str:
    with duckdb.connect() as connection:
        in_duckdb(connection, rows)
        connection.table("orders").write_parquet(str(root / "data" / "orders.parquet"))
    return "path: data/orders.parquet"


def duckdb_file(root: Path, rows: list[Row]) -> str:
    with duckdb.connect(root / "data" / "shop.duckdb") as connection:
        in_duckdb(connection, rows)
    return "table: orders"


def figures(root: Path, place: str, connection: str = "duckdb://") -> dict[str, bytes]:
    """The figures files of a run on the shop in one form."""
    (root / "parameters" / "shop.yml").write_text(SET.format(connection=connection, place=place))
    done = retention(root, "report", "--set", "shop")
    assert done.exit_code == 0, done.said
    (month,) = (root / "outputs" / "shop").glob("20*")
    assert month.name == "2026-06"
    return {report: (month / f"{report}.figures.json").read_bytes() for report in REPORTS}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The figures from plain text, of which the total is what was written."""
    root = project_copy(tmp_path_factory.mktemp("text"))
    found = figures(root, plain_text(root, shop()))
    total = next(figure for figure in json.loads(found["churn_diagnosis"]) if figure["id"] == "revenue_total")
    assert total["value"] == float(sum(row[3] for row in dict.fromkeys(shop())))
    values = {figure["id"]: figure for figure in json.loads(found["cohort_ltv"])}
    half_year = values["customer_equity_6m"]
    assert half_year["value"] is not None or half_year["reason"]
    return found


@pytest.mark.xdist_group("five_sources")
@pytest.mark.parametrize(
    ("write", "connection"),
    [
        (from_1c, "duckdb://"),
        (workbook, "duckdb://"),
        (parquet, "duckdb://"),
        (duckdb_file, "duckdb://data/shop.duckdb"),
    ],
)
def test_every_form_gives_the_same_figures(
    reference: dict[str, bytes], tmp_path: Path, write: Callable[[Path, list[Row]], str], connection: str
) -> None:
    root = project_copy(tmp_path)
    assert figures(root, write(root, shop()), connection) == reference


@pytest.mark.xdist_group("five_sources")
def test_postgres_gives_the_same_figures_and_is_read_once(
    reference: dict[str, bytes], tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    postgres.create("shop", f"CREATE TABLE orders {TYPES.replace('VARCHAR', 'text')}")
    with (
        psycopg.connect(postgres.address("shop").replace(USER, "postgres")) as connection,
        connection.cursor() as cursor,
    ):
        names = "(Клиент, Чек, Дата, Сумма, Группа)"
        cursor.executemany(f"INSERT INTO orders {names} VALUES (%s, %s, %s, %s, %s)", shop()[::-1])
    root = project_copy(tmp_path)
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    columns = "table: orders"
    address = postgres.address("shop", password="${SHOP_PASSWORD}")
    assert figures(root, columns, address) == reference
    with psycopg.connect(postgres.address("shop").replace(USER, "postgres")) as connection:
        scans = connection.execute("SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'orders'").fetchone()
    assert scans == (1,)
    told = [path for path in (root / "outputs").rglob("*") if path.is_file() and PASSWORD in path.read_text("latin-1")]
    assert told == []

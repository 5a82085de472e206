from __future__ import annotations

import json
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from postgres_server import PASSWORD, USER, Postgres
from pydantic import SecretStr
from stores.opening import reasons, records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.settings.rules import connection
from retention_lib.stores import snapshots
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import Store, open_store

COLUMNS = "customer_id text, order_id text, ordered_at timestamp, amount numeric(12, 2)"
ROWS = "('001', 'a', '2024-01-05 10:00', 10.50), ('Жук', 'b', '2024-02-06', 3)"


def opened(root: Path, address: str, **tables: Any) -> Store:
    tables = tables or {"transactions": "orders"}
    sources = {
        name: source if isinstance(source, TableSource) else TableSource(table=source)
        for name, source in tables.items()
    }
    settings = StoreSettings(timezone="Europe/Moscow", currency="RUB", connection=SecretStr(address), tables=sources)
    return open_store("shop", settings, root=root)


def refusal(root: Path, address: str, **tables: Any) -> str:
    with pytest.raises(DataError) as caught:
        opened(root, address, **tables)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert caught.value.__cause__ is None
    return sentence


def shop_file(root: Path, *statements: str) -> Path:
    """A DuckDB file with the orders."""
    file = root / "data" / "shop.duckdb"
    file.parent.mkdir(exist_ok=True)
    with duckdb.connect(file) as connection:
        for statement in statements or (f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}"):
            connection.execute(statement)
    return file


# A DuckDB file


@pytest.mark.parametrize("absolute", [False, True])
def test_duckdb_file_is_read(tmp_path: Path, absolute: bool) -> None:
    file = shop_file(tmp_path)
    store = opened(tmp_path, f"duckdb:///{file}" if absolute else "duckdb://data/shop.duckdb")
    assert [(row["customer_id"], row["ordered_at"], row["amount"]) for row in records(store)] == [
        ("001", datetime(2024, 1, 5, 10), Decimal("10.5000")),
        ("Жук", datetime(2024, 2, 6), Decimal("3.0000")),
    ]


def test_duckdb_table_keeps_its_order_and_its_exact_numbers(tmp_path: Path) -> None:
    shop_file(
        tmp_path,
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.orders AS SELECT 170141183460469231731687303715884105727::HUGEINT - range AS customer_id, "
        "TIMESTAMPTZ '2024-01-01 22:30:00+00' AS ordered_at, 0.1::DOUBLE AS amount, "
        "'2f7d5c3e-0000-0000-0000-000000000001'::UUID AS order_id FROM range(1000)",
    )
    rows = records(opened(tmp_path, "duckdb://data/shop.duckdb", transactions="crm.orders"))
    assert [row["customer_id"] for row in rows[:2]] == [
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105726",
    ]
    assert (rows[0]["ordered_at"], rows[0]["amount"]) == (datetime(2024, 1, 2, 1, 30), Decimal("0.1000"))
    assert rows[999]["customer_id"].endswith("4728")


def test_duckdb_view_is_read_in_an_order_of_its_own(tmp_path: Path) -> None:
    shop_file(
        tmp_path,
        f"CREATE TABLE o ({COLUMNS})",
        f"INSERT INTO o VALUES {ROWS}",
        "CREATE VIEW orders AS SELECT * FROM o ORDER BY customer_id DESC",
    )
    assert [row["customer_id"] for row in records(opened(tmp_path, "duckdb://data/shop.duckdb"))] == ["001", "Жук"]


def test_changed_duckdb_file_is_noticed_and_an_unchanged_one_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retention_lib.stores import databases

    file = shop_file(tmp_path)
    first = opened(tmp_path, "duckdb://data/shop.duckdb")
    with duckdb.connect(file) as connection:
        connection.execute("INSERT INTO orders VALUES ('003', 'c', '2024-03-01', 1)")
    second = opened(tmp_path, "duckdb://data/shop.duckdb")
    assert (len(records(first)), len(records(second))) == (2, 3)
    assert first.fingerprint != second.fingerprint

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(databases, "copy_table", refuse)
    assert opened(tmp_path, "duckdb://data/shop.duckdb").fingerprint == second.fingerprint


def test_missing_duckdb_file_and_table_are_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "duckdb://data/shop.duckdb") == (
        "shop: there is no file data/shop.duckdb; put it there or mend connection"
    )
    shop_file(tmp_path)
    assert refusal(tmp_path, "duckdb://data/shop.duckdb", transactions="order") == (
        "shop: the database has no table order; did you mean orders?"
    )
    assert "name it with its schema" in refusal(tmp_path, "duckdb://data/shop.duckdb", transactions="crm.purchases")


def test_what_is_no_duckdb_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.duckdb").write_bytes(b"no database at all" * 500)
    assert "is no DuckDB database that this version reads" in refusal(tmp_path, "duckdb://shop.duckdb")


def test_duckdb_file_that_another_program_writes_is_named(tmp_path: Path) -> None:
    import subprocess
    import sys

    file = shop_file(tmp_path)
    code = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert refusal(tmp_path, "duckdb://data/shop.duckdb") == (
            "shop: another program holds shop.duckdb open for writing; close it and run again"
        )
        writer.communicate()


# A PostgreSQL server


def test_postgres_table_is_read_whatever_its_types(postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.create(
        "types",
        "CREATE TYPE way AS ENUM ('shop', 'site')",
        "CREATE TABLE orders (customer_id numeric(25), order_id uuid, line_id int, ordered_at timestamptz, "
        "amount numeric, quantity float8, channel way, category jsonb, promised_at date, note bytea)",
        "INSERT INTO orders VALUES "
        "(1234567890123456789012345, 'a0000000-0000-0000-0000-000000000001', 1, '2024-01-01 22:30+00', 0.1, 2.5, "
        "'site', '{\"a\": 1}', '2024-01-07', 'x'), "
        "(17, 'a0000000-0000-0000-0000-000000000002', 1, '2024-07-01 12:00+02', -3.07, 1, 'shop', NULL, NULL, NULL), "
        "(18, 'a0000000-0000-0000-0000-000000000003', 1, 'infinity', 5, 1, NULL, NULL, NULL, NULL), "
        "(19, 'a0000000-0000-0000-0000-000000000004', 1, '2024-01-01', 'NaN', 1, NULL, NULL, NULL, NULL), "
        "(NULL, 'a0000000-0000-0000-0000-000000000005', 1, '2024-01-01', 4, 1, NULL, NULL, NULL, NULL)",
    )
    store = opened(tmp_path, address)
    first, second = sorted(records(store), key=lambda row: -len(row["customer_id"]))
    assert first == {
        "customer_id": "1234567890123456789012345",
        "ordered_at": datetime(2024, 1, 2, 1, 30),
        "amount": Decimal("0.1000"),
        "order_id": "a0000000-0000-0000-0000-000000000001",
        "line_id": "1",
        "quantity": 2.5,
        "category": '{"a": 1}',
        "channel": "site",
        "promised_at": datetime(2024, 1, 7),
    }
    assert (second["customer_id"], second["ordered_at"], second["amount"]) == (
        "17",
        datetime(2024, 7, 1, 13),
        Decimal("-3.0700"),
    )
    assert reasons(store) == {"unreadable_ordered_at": 1, "unreadable_amount": 1, "missing_customer_id": 1}


def test_rows_of_a_server_come_in_one_order(postgres: Postgres, tmp_path: Path) -> None:
    table = f"CREATE TABLE orders ({COLUMNS})"
    insert = (
        "INSERT INTO orders SELECT n % 97, n, '2024-01-01'::timestamp + n * interval '1 minute', n / 100.0 "
        "FROM generate_series(1, 120000) n ORDER BY "
    )
    forward = opened(tmp_path, postgres.create("forward", table, insert + "n"))
    backward = opened(tmp_path, postgres.create("backward", table, insert + "-n"))
    assert forward.fingerprint == backward.fingerprint
    assert forward.reconciliation("transactions").rows_kept == 120_000
    assert forward.reconciliation("transactions").amount_in == Decimal(120_000 * 120_001 // 2) / 100


def test_every_opening_reads_afresh_but_a_run_reads_once(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(snapshots.VARIABLE, raising=False)
    address = postgres.create("growing", f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}")
    one_more = "INSERT INTO orders VALUES ('003', 'c', '2024-03-01', 1)"
    note = tmp_path / "scratch" / "snapshots.json"
    note.parent.mkdir()
    with snapshots.read_once(note):
        assert os.environ[snapshots.VARIABLE] == str(note)
        before = opened(tmp_path, address)
        postgres.run("growing", one_more)
        within = opened(tmp_path, address)
    assert snapshots.VARIABLE not in os.environ
    after = opened(tmp_path, address)
    assert [len(records(store)) for store in (before, within, after)] == [2, 2, 3]
    known = json.loads(note.read_text())
    assert [Path(path).stem for path in known.values()] == [before.fingerprint["transactions"]]
    assert PASSWORD not in note.read_text()


def test_two_tables_belong_to_one_moment(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = postgres.create(
        "moment",
        f"CREATE TABLE orders ({COLUMNS})",
        f"INSERT INTO orders VALUES {ROWS}",
        "CREATE TABLE clients (customer_id text)",
        "INSERT INTO clients VALUES ('001')",
    )
    from retention_lib.stores.servers import Server

    copy_table = Server.copy_table

    def disturbed(self: Server, name: str, fresh: Path) -> None:
        copy_table(self, name, fresh)
        postgres.run("moment", "INSERT INTO clients VALUES ('002')")

    monkeypatch.setattr(Server, "copy_table", disturbed)
    store = opened(tmp_path, address, transactions="orders", customers="clients")
    assert [row["customer_id"] for row in records(store, "customers")] == ["001"]


def test_schema_and_mapping_of_a_servers_table(postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.create(
        "mapped",
        "CREATE SCHEMA crm",
        'CREATE TABLE crm."Заказы" ("Клиент" text, "Дата" date, "Сумма" numeric)',
        "INSERT INTO crm.\"Заказы\" VALUES ('007', '2024-01-05', 1234.5)",
        f"GRANT USAGE ON SCHEMA crm TO {USER}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA crm TO {USER}",
    )
    columns = {"customer_id": "Клиент", "ordered_at": "Дата", "amount": "Сумма"}
    store = opened(tmp_path, address, transactions=TableSource(table="crm.Заказы", columns=columns))
    (row,) = records(store)
    assert (row["customer_id"], row["amount"]) == ("007", Decimal("1234.5000"))
    assert refusal(tmp_path, address, transactions="crm.Закзы") == (
        "shop: the database has no table crm.Закзы; did you mean crm.Заказы?"
    )
    assert refusal(tmp_path, address, transactions="crm.Заказы").startswith("crm.Заказы: has no column")


def test_database_that_fails_is_named_without_its_secrets(postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.create("closed", f"CREATE TABLE orders ({COLUMNS})", "CREATE TABLE secret (customer_id text)")
    postgres.run("closed", f"REVOKE ALL ON secret FROM {USER}")
    wrong = postgres.address("closed", password="wrong-8642")
    said = {
        "shop: the database refuses the user or the password; check connection "
        "(in a password written there, a character like @ or / is %40 or %2F; one from the environment stays "
        "as it is)": refusal(tmp_path, wrong),
        "shop: the server has no such database; check its name in connection": refusal(
            tmp_path, postgres.address("nowhere")
        ),
        "shop: the database cannot be reached; check connection, and that the server runs": refusal(
            tmp_path, address.replace(str(postgres.port), "1")
        ),
        "shop: secret cannot be read to its end; check that the user may read it, and run again": refusal(
            tmp_path, address, transactions="secret"
        ),
        "shop: connection is no address; write it like postgres://user:password@host:5432/shop, "
        "and in a password a character like @ or / as %40 or %2F": refusal(
            tmp_path, address.replace(PASSWORD, "sl/ash")
        ),
    }
    for expected, found in said.items():
        assert found == expected
        assert not any(word in found for word in (PASSWORD, "wrong-8642", USER, "127.0.0.1"))


def test_password_with_special_characters(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = postgres.create("special", f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}")
    postgres.run(
        "special",
        "CREATE ROLE other LOGIN PASSWORD 'a@b/c:d'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO other",
    )
    assert len(records(opened(tmp_path, address.replace(f"{USER}:{PASSWORD}", "other:a%40b%2Fc%3Ad")))) == 2
    monkeypatch.setenv("SHOP_PASSWORD", "a@b/c:d")
    from_environment = connection(address.replace(f"{USER}:{PASSWORD}", "other:${SHOP_PASSWORD}"))
    assert len(records(opened(tmp_path, from_environment.get_secret_value()))) == 2


def test_tables_of_a_server_and_files_stand_in_one_store(postgres: Postgres, tmp_path: Path) -> None:
    address = postgres.create("both", f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}")
    (tmp_path / "clients.csv").write_text("customer_id\n001\n")
    store = opened(tmp_path, address, transactions="orders", customers=TableSource(path="clients.csv"))
    assert store.tables == ("transactions", "customers")


def test_engine_without_its_driver_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path, "clickhouse://reader:secret@shop.example/crm") == (
        "shop: the driver for clickhouse is not installed; install ibis-framework[clickhouse]"
    )


def test_snapshots_that_no_run_uses_are_forgotten(tmp_path: Path) -> None:
    def write(text: str) -> Any:
        return lambda path: path.write_text(text)

    old = snapshots.snapshot(tmp_path, "key", write=write("one"))
    other = snapshots.snapshot(tmp_path, "another", write=write("one"))
    os.utime(old, (0, 0))
    new = snapshots.snapshot(tmp_path, "key", write=write("two"))
    assert [path.exists() for path in (old, other, new)] == [False, True, True]
    assert sorted(path.name for path in (tmp_path / "key").iterdir()) == [new.name]


def test_server_that_ends_while_it_is_read_leaves_nothing(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retention_lib.stores.servers import Server

    address = postgres.create("ending", f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}")
    fetch = Server._fetch

    def cut(self: Server, name: str, path: Path) -> None:
        _ = self._server
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ending'"
        postgres.run("postgres", end)
        fetch(self, name, path)

    monkeypatch.setattr(Server, "_fetch", cut)
    assert refusal(tmp_path, address) == "shop: orders cannot be read; check that the user may read it, and run again"
    kept = [path for path in (tmp_path / "data" / ".cache" / "snapshots").rglob("*") if path.is_file()]
    assert kept == []

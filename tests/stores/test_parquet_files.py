from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from stores.opening import reasons, records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import Store, open_store


def opened(root: Path, *ids: str) -> Store:
    """A store of one Parquet file for each SQL expression of a customer's id."""
    for number, id in enumerate(ids, 1):
        rows = f"SELECT {id} AS customer_id, TIMESTAMP '2024-01-05' AS ordered_at, 5.25 AS amount, {id} AS note"
        duckdb.sql(rows).write_parquet(str(root / f"orders-{number}.parquet"))
    tables = {"transactions": TableSource(path="orders-*.parquet")}
    return open_store("shop", StoreSettings(timezone="UTC", currency="EUR", tables=tables), root=root)


def test_numbers_of_several_kinds_are_one_id(tmp_path: Path) -> None:
    rows = records(opened(tmp_path, "17::INTEGER", "17::BIGINT", "17::DOUBLE"))
    assert [row["customer_id"] for row in rows] == ["17", "17", "17"]


def test_text_in_one_file_and_numbers_in_another_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        opened(tmp_path, "'017'", "17::DOUBLE")
    assert str(caught.value) == (
        "orders-2.parquet: customer_id is DOUBLE here and VARCHAR in orders-1.parquet; "
        "write the column alike in all files"
    )


def test_amounts_that_are_no_numbers_are_set_aside(tmp_path: Path) -> None:
    written = ("5.5", "'nan'", "'inf'", "'-inf'", "1", "2", "2")
    rows = ", ".join(f"('{place}', DATE '2024-01-05', {amount}::DOUBLE)" for place, amount in enumerate(written))
    sql = f"SELECT * FROM (VALUES {rows}) AS sales(customer_id, ordered_at, amount)"
    duckdb.sql(sql).write_parquet(str(tmp_path / "sales.parquet"))
    tables = {"transactions": TableSource(path="sales.parquet")}
    store = open_store("shop", StoreSettings(timezone="UTC", currency="EUR", tables=tables), root=tmp_path)
    assert reasons(store) == {"missing_amount": 1, "unreadable_amount": 2}
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.amount_in, found.amount_kept) == (4, Decimal("10.5"), Decimal("10.5"))

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from stores.opening import Shop

from retention_lib.stores import engine
from retention_lib.stores.engine import connect, quoted_name, quoted_text
from retention_lib.stores.errors import DataError


def setting(name: str) -> object:
    return connect().raw_sql(f"SELECT current_setting('{name}')").fetchone()[0]


def test_engine_takes_the_threads_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_THREADS", "1")
    assert setting("threads") == 1


@pytest.mark.parametrize("given", ["", "0", "many", "-1"])
def test_engine_ignores_threads_that_are_no_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.delenv("RETENTION_THREADS", raising=False)
    usual = setting("threads")
    monkeypatch.setenv("RETENTION_THREADS", given)
    assert setting("threads") == usual


def test_engine_is_offline_and_in_utc() -> None:
    assert setting("autoinstall_known_extensions") is False
    assert setting("autoload_known_extensions") is False
    assert setting("TimeZone") == "UTC"


def test_quoting_survives_quotes(tmp_path: Path) -> None:
    name, text = "a\"b'c", "it's; DROP TABLE x"
    row = duckdb.sql(f"SELECT {quoted_text(text)} AS {quoted_name(name)}")
    assert (row.columns, row.fetchall()) == ([name], [(text,)])


def test_engine_of_an_intake_keeps_to_its_memory_and_spills_to_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_THREADS", "64")
    intake = connect(tmp_path / "intake.duckdb", spill=tmp_path)
    names = ("memory_limit", "temp_directory", "threads")
    found = intake.raw_sql("SELECT " + ", ".join(f"current_setting('{name}')" for name in names)).fetchone()
    assert found == ("1.0 GiB", str(tmp_path), 8)


def test_table_too_large_for_memory_is_no_fault_of_the_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "INTAKE_MEMORY_MIB", 4)
    with pytest.raises(DataError, match=r"data/orders\.csv: memory and the free space of .* are too small"):
        shop("customer_id,ordered_at,amount\n1,2024-01-05,5\n")

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from retention_lib.stores.engine import connect, quoted_name, quoted_text


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

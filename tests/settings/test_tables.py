from __future__ import annotations

import pytest

from retention_lib.settings import TABLES, ColumnSpec


def test_tables_are_the_twelve_of_the_plan() -> None:
    assert list(TABLES) == [
        "transactions", "customers", "identities", "service", "loyalty_events", "contacts",
        "assignments", "redemptions", "outcomes", "web_events", "feedback", "costs",
    ]  # fmt: skip


def test_transactions_need_who_when_and_how_much() -> None:
    assert TABLES["transactions"].required == ("customer_id", "ordered_at", "amount")
    assert TABLES["transactions"].column("amount") == ColumnSpec("amount", "money", True)
    assert TABLES["transactions"].column("order_id") == ColumnSpec("order_id", "text", False)


def test_every_identifier_is_text() -> None:
    kinds = {c.kind for table in TABLES.values() for c in table.columns if c.name.endswith("_id")}
    assert kinds == {"text"}


def test_every_moment_is_a_timestamp() -> None:
    kinds = {c.kind for table in TABLES.values() for c in table.columns if c.name.endswith("_at")}
    assert kinds == {"timestamp"}


def test_required_columns_come_first_and_names_differ() -> None:
    for table in TABLES.values():
        required = [column.required for column in table.columns]
        assert required == sorted(required, reverse=True)
        assert len(set(table.names)) == len(table.names)
        assert all(name in table.names for group in table.one_of for name in group)


def test_web_events_need_a_customer_or_a_session() -> None:
    assert TABLES["web_events"].one_of == (("customer_id", "session_id"),)


def test_column_of_another_table_is_refused() -> None:
    with pytest.raises(KeyError):
        TABLES["costs"].column("customer_id")

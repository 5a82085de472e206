"""Ids that look alike and ids that are found nowhere else, counted in the engine from ids by hand."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import sales, table

from retention_lib.measures.ids import (
    CYRILLIC,
    LATIN,
    ids_by_table,
    look_alike_ids,
    order_days,
    order_numbers,
    orphan_counts,
)


def ids(*customers: str | None, column: str = "customer_id") -> ibis.Table:
    return table([(customer,) for customer in customers], {column: "string"})


def hashed(customer: str) -> str:
    return f"<{customer}>"


def look_alikes(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    return look_alike_ids(ids_by_table(tables, "customer_id"), hashed=hashed)


def orphans(tables: dict[str, ibis.Table]) -> pd.DataFrame:
    return orphan_counts(tables, ids_by_table(tables, "customer_id"))


def groups(*customers: str) -> dict[str, tuple[int, int]]:
    """Groups and ids of each kind found, and of all ids."""
    found = look_alikes({"transactions": ids(*customers)})
    rows = zip(found["kind"], found["groups"], found["ids"], strict=True)
    return {kind: (count, size) for kind, count, size in rows if size}


@pytest.mark.parametrize(
    ("customers", "expected"),
    [
        (("00123", "123", "0123", "777"), {"zeros": (1, 3), "all": (0, 4)}),
        (("Ann", "ann"), {"case": (1, 2), "all": (0, 2)}),
        (("СОН-1", "COH-1"), {"letters": (1, 2), "all": (0, 2)}),  # Cyrillic, Latin
        (("сон", "СОН"), {"case": (1, 2), "all": (0, 2)}),
        (("A 1", "A1", "A\u00a01"), {"spaces": (1, 3), "all": (0, 3)}),
        (("0 a", "A"), {"several": (1, 2), "all": (0, 2)}),
        (("0", "00", "1", "10", "100"), {"zeros": (1, 2), "all": (0, 5)}),  # zeros at the end count
        (("a1", "b1"), {"all": (0, 2)}),
    ],
)
def test_ids_that_differ_in_spelling_only(customers: tuple[str, ...], expected: dict[str, tuple[int, int]]) -> None:
    assert groups(*customers) == expected


def test_ids_of_all_tables_are_compared_once_each() -> None:
    tables = {"transactions": ids("7", "7", "8"), "contacts": ids("007", None), "costs": ids("1", column="month")}
    found = look_alikes(tables).set_index("kind")
    assert found.loc["all", "ids"] == 3
    assert (found.loc["zeros", "groups"], found.loc["zeros", "example"]) == (1, "<007>, <7>")
    assert look_alikes({"costs": tables["costs"]})["ids"].sum() == 0


def test_twin_letters_pair_up_and_look_alike() -> None:
    assert len(CYRILLIC) == len(LATIN) == len(set(CYRILLIC))
    assert all("\u0400" <= letter <= "\u04ff" for letter in CYRILLIC)
    assert LATIN.isascii()


def test_numbers_in_a_row_have_no_look_alikes() -> None:
    """Ten thousand ids with a fixed width, as tills give them, raise no alarm."""
    numbers = np.random.default_rng(1).choice(10**6, 10_000, replace=False)
    assert set(groups(*(f"{number:06d}" for number in numbers))) == {"all"}


def test_orphans_are_ids_not_found_where_they_should_be() -> None:
    sales = table([("a", "o1"), ("b", "o2"), ("x", "o3")], {"customer_id": "string", "order_id": "string"})
    service = table(
        [("a", "o1"), ("a", "o9"), ("z", None), (None, "o9")], {"customer_id": "string", "order_id": "string"}
    )
    tables = {"transactions": sales, "customers": ids("a", "b", "c"), "service": service, "contacts": ids("x", "y")}
    found = orphans(tables)
    assert found.to_numpy().tolist() == [
        ["transactions", "customer_id", "customers", 3, 1],
        ["service", "customer_id", "customers, transactions", 2, 1],
        ["service", "order_id", "transactions", 2, 1],
        ["contacts", "customer_id", "customers, transactions", 2, 1],
    ]


def test_sales_alone_have_nothing_to_be_looked_up_in() -> None:
    assert orphans({"transactions": ids("a")}).empty


def test_order_numbers_are_used_again_where_they_have_sales_on_several_days() -> None:
    shop = sales(
        ("ann", "1", "2024-01-01T10:00", "60"),
        ("bob", "1", "2024-01-02T09:00", "5"),
        ("ann", "2", "2024-01-01T10:00", "1"),
        ("ann", "2", "2024-01-01T23:59", "1"),
        ("ann", "2", "2024-01-09T10:00", "-1"),
        ("ann", "3", "2024-01-09T10:00", "-1"),
    )
    assert order_numbers(order_days(shop)).to_dict("records") == [{"orders": 2, "reused": 1}]
    assert order_numbers(order_days(shop.filter(shop.amount > 100))).to_dict("records") == [{"orders": 0, "reused": 0}]

from __future__ import annotations

from collections.abc import Iterator

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from retention_lib.stores.engine import connect
from retention_lib.stores.linking import (
    identifiers,
    judged_groups,
    linked_ids,
    most_shared,
    shared_links,
    smallest_of_group,
)

Rows = list[tuple[str, str, str]]


@pytest.fixture
def engine() -> Iterator[Backend]:
    opened = connect()
    yield opened
    opened.disconnect()


def identities(engine: Backend, rows: Rows) -> ibis.Table:
    columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(NAMES)}
    return engine.create_table("identities", pa.table(columns))


NAMES = ("customer_id", "kind", "value")


def groups_of(engine: Backend, rows: Rows) -> dict[str, str]:
    """The group of every id that is in one."""
    linked = linked_ids(identifiers(identities(engine, rows), engine), engine).to_pyarrow().to_pylist()
    return {row["customer_id"]: row["group_id"] for row in linked}


@pytest.mark.parametrize(
    ("kind", "value", "form"),
    [
        ("email", " Ann@Shop.RU ", "ann@shop.ru"),
        ("email", "нет", None),
        ("email", "ann@shop", None),
        ("email", "two words@shop.ru", None),
        ("phone", "8 (916) 123-45-67", "79161234567"),
        ("phone", "+7 916 123 45 67", "79161234567"),
        ("phone", "9161234567", "79161234567"),
        ("phone", "007 916 123-45-67", "79161234567"),
        ("phone", "+49 30 1234567", "49301234567"),
        ("phone", "12-34-56", None),
        ("phone", "+7 000 000-00-00", None),
        ("phone", "-", None),
        ("card", " 0012 ", "0012"),
        ("card", "AbC", "AbC"),
        ("card", "  ", None),
        ("cookie", "GA1.2", "GA1.2"),
    ],
)
def test_equal_identifiers_have_one_form(engine: Backend, kind: str, value: str, form: str | None) -> None:
    found = identifiers(identities(engine, [("1", kind, value)]), engine).to_pyarrow().to_pylist()
    assert found == [{"customer_id": "1", "kind": kind, "identifier": form}]


def test_ids_that_share_an_identifier_are_one_group_named_by_the_smallest(engine: Backend) -> None:
    rows = [
        ("9", "email", "a@x.ru"),
        ("10", "email", "A@x.ru"),  # with 9, and as text 10 comes before 9
        ("10", "card", "77"),
        ("8", "card", "77"),
        ("5", "phone", "77"),  # too short to be a phone
        ("4", "email", "b@x.ru"),
        ("4", "email", "b@x.ru"),  # the same twice is nobody else
    ]
    assert groups_of(engine, rows) == {"9": "10", "10": "10", "8": "10"}


def test_a_value_links_only_within_its_kind(engine: Backend) -> None:
    assert groups_of(engine, [("1", "card", "a@x.ru"), ("2", "email", "a@x.ru")]) == {}


def test_leading_zeros_keep_ids_and_cards_apart(engine: Backend) -> None:
    rows = [("1", "card", "007"), ("01", "card", "7"), ("001", "card", "7")]
    assert groups_of(engine, rows) == {"01": "001", "001": "001"}


def test_no_identity_makes_no_group(engine: Backend) -> None:
    assert groups_of(engine, []) == {}


def united(rows: Rows) -> dict[str, str]:
    """The groups by union-find, of cards, written for this test alone."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for customer, _, value in rows:
        parent[root("id " + customer)] = root("value " + value)
    members: dict[str, set[str]] = {}
    for customer, _, _ in rows:
        members.setdefault(root("id " + customer), set()).add(customer)
    return {name: min(group) for group in members.values() if len(group) > 1 for name in group}


LINKS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25)


@settings(max_examples=10, deadline=None)
@given(LINKS)
def test_groups_are_those_of_union_find(links: list[tuple[int, int]]) -> None:
    rows = [(str(left), "card", f"k{right}") for left, right in links]
    engine = connect()
    assert groups_of(engine, rows) == united(rows)
    engine.disconnect()


@settings(deadline=None)
@given(LINKS)
def test_components_agree_with_union_find_on_codes(links: list[tuple[int, int]]) -> None:
    left = {name: code for code, name in enumerate(sorted({link[0] for link in links}))}
    right = {name: code for code, name in enumerate(sorted({link[1] for link in links}))}
    codes = np.array([(left[a], right[b]) for a, b in links], dtype=np.int64).reshape(-1, 2)
    found = smallest_of_group(codes[:, 0], codes[:, 1])
    # Names of two digits, so that text and number are in the same order.
    expected = united([(f"{left[a]:02}", "card", f"{b}") for a, b in links])
    assert [f"{code:02}" for code in found] == [expected.get(f"{code:02}", f"{code:02}") for code in range(len(left))]


PAIRS: Rows = [
    *[(f"a{number}", "phone", "+7 916 000 00 01") for number in range(4)],
    ("a0", "email", "a@x.ru"),
    ("a1", "email", "a@x.ru"),
    ("b1", "card", "1"),
    ("b2", "card", "1"),
    ("c1", "card", "2"),
    ("c2", "card", "2"),
    ("d1", "card", "3"),
    ("d2", "card", "3"),
]


def people(engine: Backend, *rows: tuple[str, str | None, str | None]) -> ibis.Table:
    columns = {name: [row[at] for row in rows] for at, name in enumerate(("customer_id", "birth_date", "sex"))}
    return engine.create_table("people", pa.table(columns)).mutate(birth_date=ibis._.birth_date.cast("date"))


def test_groups_too_large_or_contradicting_are_no_persons(engine: Backend) -> None:
    linked = linked_ids(identifiers(identities(engine, PAIRS), engine), engine)
    customers = people(
        engine,
        ("a0", "1990-01-01", "f"),
        ("a1", "1991-01-01", "f"),  # too many ids is said first
        ("b1", "1990-01-01", "f"),
        ("b2", "1990-01-02", "F"),
        ("c1", "1990-01-01", "f"),
        ("c2", None, "m"),
        ("d1", None, "F"),
        ("d2", "1990-01-01", "f"),
    )
    judged = judged_groups(linked, customers, largest=3).order_by("group_id").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in judged] == [
        ("a0", 4, "too_large"),
        ("b1", 2, "birth_date"),
        ("c1", 2, "sex"),
        ("d1", 2, None),
    ]
    without = judged_groups(linked, None, largest=4).to_pyarrow().to_pylist()
    assert [row["reason"] for row in without] == [None] * 4


def test_the_identifier_that_most_ids_carry_is_named(engine: Backend) -> None:
    known = identifiers(identities(engine, PAIRS), engine)
    linked = linked_ids(known, engine)
    groups = judged_groups(linked, None, largest=3).filter(ibis._.reason.notnull())
    named = most_shared(engine.table("shared_links"), linked, groups).to_pyarrow().to_pylist()
    assert named == [
        {
            "group_id": "a0",
            "ids": 4,
            "reason": "too_large",
            "kind": "phone",
            "identifier": "79160000001",
            "carriers": 4,
        }
    ]


def test_only_what_several_ids_carry_is_a_link(engine: Backend) -> None:
    rows = [("1", "card", "7"), ("2", "card", "7"), ("2", "card", "8"), ("2", "card", "8")]
    links = shared_links(identifiers(identities(engine, rows), engine), engine)
    assert sorted(row["customer_id"] + row["identifier"] for row in links.to_pyarrow().to_pylist()) == ["17", "27"]

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stores.opening import records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.identities import MergeReport, UnmergedGroup
from retention_lib.stores.store import Store, open_store

SALES = """customer_id,order_id,ordered_at,amount
0017,o1,2024-01-05,100.10
web-1,o2,2024-02-05,200.20
web-2,o3,2024-03-05,300.30
alone,o4,2024-03-06,7.00
"""
# 0017 and web-1 share a mail address, web-1 and web-2 a phone: one person.
IDENTITIES = """customer_id,kind,value
0017,email,Ann@shop.ru
web-1,email,ann@shop.ru
web-1,phone,8 (916) 123-45-67
web-2,phone,+79161234567
web-2,phone,000
"""
TABLES = {"transactions": SALES, "identities": IDENTITIES}

Shops = Callable[..., Store]


@pytest.fixture
def shop(tmp_path: Path) -> Shops:
    """Opens a store of several small tables; `store` sets further keys."""

    def opened(tables: dict[str, str], *, variants: dict[str, str] | None = None, **store: Any) -> Store:
        (tmp_path / "data").mkdir(exist_ok=True)
        for name, content in tables.items():
            (tmp_path / "data" / f"{name}.csv").write_text(content, encoding="utf-8")
        sources = {name: TableSource(path=f"data/{name}.csv") for name in tables}
        if variants:
            sources["assignments"] = TableSource(path="data/assignments.csv", variants=variants)
        settings = StoreSettings(tables=sources, **{"timezone": "Europe/Moscow", "currency": "RUB", **store})
        return open_store("shop", settings, root=tmp_path)

    return opened


def merging(store: Store) -> MergeReport:
    report = store.merging
    assert report is not None
    return report


def customers_of(store: Store, table: str = "transactions") -> list[str]:
    return sorted(row["customer_id"] for row in records(store, table))


def test_a_store_without_identities_merges_nothing(shop: Shops) -> None:
    store = shop({"transactions": SALES})
    assert store.merging is None
    assert customers_of(store) == ["0017", "alone", "web-1", "web-2"]


def test_ids_of_one_person_become_the_smallest_in_every_table(shop: Shops) -> None:
    service = "customer_id,opened_at\nweb-2,2024-01-05\nnobody,2024-01-06\n"
    events = "customer_id,session_id,occurred_at,event\nweb-1,s1,2024-01-05,visit\n,s2,2024-01-05,visit\n"
    store = shop({**TABLES, "service": service, "web_events": events})
    assert customers_of(store) == ["0017", "0017", "0017", "alone"]
    assert sum(row["amount"] for row in records(store)) == Decimal("607.60")
    assert customers_of(store, "service") == ["0017", "nobody"]
    assert {row["session_id"]: row["customer_id"] for row in records(store, "web_events")} == {"s1": "0017", "s2": None}
    assert set(customers_of(store, "identities")) == {"0017"}


def test_the_merge_report_counts_by_hand(shop: Shops) -> None:
    report = merging(shop(TABLES))
    frame = report.to_frame()
    assert dict(zip(frame["name"], frame["count"], strict=True)) == {
        "ids": 4,
        "persons": 2,
        "merged_ids": 2,
        "groups": 1,
        "largest_group": 3,
        "ids_without_identifier": 1,
        "values_unusable": 1,
        "too_large": 0,
        "conflicts": 0,
        "ids_unmerged": 0,
        "customers_joined": 0,
        "assignments_repeated": 0,
        "persons_in_two_variants": 0,
    }
    assert report.groups_unmerged.to_frame().empty


def test_the_reconciliation_stays_that_of_the_source(shop: Shops) -> None:
    store = shop(TABLES)
    assert store.reconciliation("transactions").rows_kept == 4
    assert store.revenue_total == pytest.approx(607.6)


def test_a_group_larger_than_a_person_stays_apart_and_is_named_by_hashes(shop: Shops) -> None:
    report = merging(store := shop(TABLES, largest_person=2))
    assert customers_of(store) == ["0017", "alone", "web-1", "web-2"]
    assert (report.persons, report.merged_ids, report.groups, report.largest_group) == (4, 0, 0, 0)
    assert (report.too_large, report.conflicts, report.ids_unmerged) == (1, 0, 3)
    # Mail address and phone are carried by two ids each; the address comes first by its kind.
    hashed = store.hashed_id("email:ann@shop.ru")
    assert report.groups_unmerged.groups == (
        UnmergedGroup(reason="too_large", ids=3, kind="email", value=hashed, carriers=2),
    )
    assert "ann@shop.ru" not in repr(report)


def test_two_birth_dates_or_sexes_are_two_persons(shop: Shops) -> None:
    customers = "customer_id,birth_date,sex\n0017,1990-01-01,f\nweb-1,1990-01-02,f\nweb-2,,\n"
    report = merging(store := shop({**TABLES, "customers": customers}))
    assert customers_of(store) == ["0017", "alone", "web-1", "web-2"]
    assert (report.conflicts, report.too_large, report.merged_ids) == (1, 0, 0)
    assert [group.reason for group in report.groups_unmerged.groups] == ["birth_date"]
    assert len(records(store, "customers")) == 3


def test_customers_have_one_row_a_person_the_earliest_known_first(shop: Shops) -> None:
    customers = (
        "customer_id,acquired_at,birth_date,sex,region,email_consent,sms_consent,household_id\n"
        "web-2,2023-05-01,,,Perm,true,true,\n"
        "0017,2022-03-01,1990-01-01,F,,false,,h9\n"
        "web-1,,,f,Omsk,true,,h1\n"
        "zoe,2024-01-01,,,,,,\n"
    )
    store = shop({**TABLES, "customers": customers})
    person, zoe = records(store, "customers")
    assert person["customer_id"] == "0017"
    assert str(person["acquired_at"]) == "2022-03-01 00:00:00"
    # 0017 came first and has no region; web-2 came next. Two ids agree to mail, one refused: the person refused.
    assert (person["region"], person["sex"], person["household_id"]) == ("Perm", "F", "h9")
    assert (person["email_consent"], person["sms_consent"]) == (False, True)
    assert (zoe["customer_id"], zoe["email_consent"]) == ("zoe", None)
    assert list(person)[:4] == ["customer_id", "acquired_at", "birth_date", "sex"]
    assert merging(store).customers_joined == 2


def test_customers_without_a_day_of_arrival_are_taken_by_id(shop: Shops) -> None:
    customers = "customer_id,region\nweb-2,Perm\nweb-1,Omsk\n0017,\n"
    store = shop({**TABLES, "customers": customers})
    assert records(store, "customers") == [{"customer_id": "0017", "region": "Omsk"}]


def test_a_person_in_two_variants_is_in_none(shop: Shops) -> None:
    assignments = (
        "customer_id,experiment_id,variant,assigned_at\n"
        "web-2,x,A,2024-01-03\n"
        "0017,x,A,2024-01-02\n"
        "0017,y,A,2024-01-02\n"
        "web-1,y,B,2024-01-02\n"
        "alone,y,B,2024-01-02\n"
    )
    store = shop({**TABLES, "assignments": assignments}, variants={"mail": "A", "none": "B"})
    found = [(row["experiment_id"], row["customer_id"], row["variant"]) for row in records(store, "assignments")]
    assert found == [("x", "0017", "mail"), ("y", "alone", "none")]
    assert str(records(store, "assignments")[0]["assigned_at"]) == "2024-01-02 00:00:00"
    report = merging(store)
    assert (report.assignments_repeated, report.persons_in_two_variants) == (1, 1)


def test_persons_are_worked_out_once_for_the_same_tables(shop: Shops, tmp_path: Path) -> None:
    def entries() -> dict[str, int]:
        folders = (tmp_path / "data" / ".cache").glob("persons-*")
        return {folder.name: (folder / "facts.json").stat().st_mtime_ns for folder in folders}

    shop(TABLES)
    first = entries()
    assert len(first) == 1
    shop(TABLES)
    assert entries() == first
    store = shop({**TABLES, "identities": "customer_id,kind,value\n0017,card,1\n"})
    assert customers_of(store) == ["0017", "alone", "web-1", "web-2"]
    shop(TABLES, largest_person=2)
    assert len(entries()) == 3


def test_a_killed_process_leaves_nothing_in_the_way(shop: Shops, tmp_path: Path) -> None:
    shop(TABLES)
    (entry,) = (tmp_path / "data" / ".cache").glob("persons-*")
    aside = entry.with_name(f".building-{entry.name}")
    entry.rename(aside)
    (aside / "facts.json").write_text(json.dumps({"half": "made"}), encoding="utf-8")
    assert merging(shop(TABLES)).persons == 2
    assert not aside.exists()


def test_tables_are_the_same_rows_on_every_opening(shop: Shops) -> None:
    customers = "customer_id,region\nweb-2,Perm\nweb-1,Omsk\n0017,\nzoe,Kazan\nbob,\n"
    first, second = (shop({**TABLES, "customers": customers}) for _ in range(2))
    assert records(first, "customers") == records(second, "customers")
    assert [row["customer_id"] for row in records(first, "customers")] == ["0017", "bob", "zoe"]

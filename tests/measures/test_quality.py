"""A shop with known faults, opened as users open theirs: what is counted, and what the checks make of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import pytest
from measures.tables import sales

from retention_lib.estimates import NotEnough
from retention_lib.measures.ids import order_days
from retention_lib.measures.quality import quality_facts, sales_days
from retention_lib.models.outliers import DominantCustomer, Outliers
from retention_lib.models.quality import DataQuality, data_alerts, data_quality
from retention_lib.models.row_checks import AnonymousSales
from retention_lib.models.sales_calendar import LastMonth
from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.store import Store, open_store


def opened(folder: Path, **tables: str) -> Store:
    (folder / "data").mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / "data" / f"{name}.csv").write_text(text)
    sources = {name: TableSource(path=f"data/{name}.csv") for name in tables}
    settings = StoreSettings(tables=sources, timezone="Europe/Moscow", currency="RUB", title="Shop")
    return open_store("shop", settings, root=folder, refuse=False)


def orders(*extra: str, customers: int = 40) -> str:
    """One order of 10 a day from 1 January to 27 February 2024 by customers in turn, and further lines."""
    days = [date.fromordinal(date(2024, 1, 1).toordinal() + place) for place in range(58)]
    lines = [f"c{place % customers:02d},n{place},{day},10.00" for place, day in enumerate(days)]
    return "\n".join(["customer_id,order_id,ordered_at,amount", *lines, *extra]) + "\n"


def judged(store: Store) -> DataQuality:
    return data_quality(quality_facts(store))


def test_days_hold_orders_with_a_sale_and_net_money() -> None:
    shop = sales(
        ("ann", "o1", "2024-01-01T10:00", "60"),
        ("ann", "o1", "2024-01-01T10:00", "40"),
        ("bob", "o2", "2024-01-01T23:59", "1"),
        ("bob", "o3", "2024-01-03T10:00", "-5"),
        ("bob", "o4", "2024-01-04T00:00", "7"),
    )
    seen = shop.filter(shop.ordered_at < ibis.timestamp("2024-01-04"))
    found = sales_days(seen, order_days(seen))
    assert found.to_numpy().tolist() == [[date(2024, 1, 1), 2, 101.0], [date(2024, 1, 3), 0, -5.0]]


def test_rows_money_and_first_places_of_every_rule(tmp_path: Path) -> None:
    store = opened(
        tmp_path, transactions=orders(",x1,2024-02-01,4.50", ",x2,2024-02-02,5.50", "c01,x3,2024-02-31,1.25")
    )
    facts = quality_facts(store)
    counts = facts["counts"].iloc[0]
    assert (counts["rows_in"], counts["rows_kept"], counts["rows_rejected"]) == (61, 58, 3)
    assert (counts["amount_in"], counts["amount_rejected"]) == (Decimal("591.25"), Decimal("11.25"))
    assert facts["rules"].drop(columns="share").to_numpy().tolist() == [
        ["transactions", "missing_customer_id", "quarantine", 2, 61, Decimal("10.00"), _places(store, 60, 61)],
        ["transactions", "unreadable_ordered_at", "quarantine", 1, 61, Decimal("1.25"), _places(store, 62)],
    ]
    assert facts["rules"]["share"].tolist() == [2 / 61, 1 / 61]
    anonymous = judged(store).anonymous
    assert isinstance(anonymous, AnonymousSales)
    assert (anonymous.rows, anonymous.amount, anonymous.amount_share) == (2, 10.0, pytest.approx(10 / 591.25))


def test_rows_that_are_used_or_merged_have_their_first_places_too(tmp_path: Path) -> None:
    lines = [f"c{place},o{place},2024-01-05,1,{'few' if place % 2 else 2}" for place in range(12)]
    text = "\n".join(["customer_id,order_id,ordered_at,amount,quantity", *lines, lines[0], lines[2]]) + "\n"
    rules = quality_facts(opened(tmp_path, transactions=text))["rules"]
    assert rules[["reason", "severity", "rows", "examples"]].to_numpy().tolist() == [
        ["unreadable_quantity", "warn", 6, "data/transactions.csv:3, data/transactions.csv:5, data/transactions.csv:7"],
        ["duplicate_merged", "merge", 2, "data/transactions.csv:14, data/transactions.csv:15"],
    ]


def _places(store: Store, *rows: int) -> str:
    """Places as the rejected rows write them."""
    import pyarrow.parquet as pq

    held = pq.read_table(store.rejected("transactions")).to_pylist()
    assert {row["source_row"] for row in held} >= set(rows)
    return ", ".join(f"{held[0]['source_file']}:{row}" for row in rows)


def test_a_wholesaler_and_an_absurd_order_are_found_with_hashed_ids(tmp_path: Path) -> None:
    many = [f"whole,w{number},2024-02-05,10.00" for number in range(90)]
    store = opened(tmp_path, transactions=orders(*many, "c01,big,2024-02-06,1000000.00"))
    quality = judged(store)
    assert isinstance(quality.outliers, Outliers)
    assert isinstance(quality.dominant, DominantCustomer)
    assert quality.outliers.largest.to_numpy().tolist() == [[date(2024, 2, 6), 1_000_000.0, store.hashed_id("c01")]]
    assert (quality.outliers.revenue_without, quality.outliers.mean_order_without) == (1_480.0, 10.0)
    assert quality.dominant.customer == store.hashed_id("c01")  # all but all of the money
    assert quality.dominant.dominates


def test_an_unfinished_month_is_told_and_ends_with_what_is_seen(tmp_path: Path) -> None:
    store = opened(tmp_path, transactions=orders())
    last = judged(store).last_month
    assert last == LastMonth(month="2024-02", last_day=date(2024, 2, 27), days_missing=2, complete=False)
    whole = data_quality(quality_facts(store, until=date(2024, 2, 1))).last_month
    assert isinstance(whole, LastMonth)
    assert whole.complete


def test_a_refused_table_is_a_stop_and_the_rest_is_checked(tmp_path: Path) -> None:
    store = opened(tmp_path, transactions=orders(), contacts="")
    quality = judged(store)
    (refused,) = quality.refused
    assert refused.table == "contacts"
    assert "contacts.csv" in refused.sentence
    assert data_alerts(quality)[0] is refused
    assert quality.counts.rows_in == 58


def test_without_sales_the_other_tables_are_checked(tmp_path: Path) -> None:
    store = opened(tmp_path, customers="customer_id,sex\n001,f\n1,m\n", transactions="")
    quality = judged(store)
    assert [refused.table for refused in quality.refused] == ["transactions"]
    assert isinstance(quality.calendar, NotEnough)
    assert isinstance(quality.anonymous, NotEnough)
    assert [check.check for check in quality.checks if check.found] == ["look_alikes"]


def test_a_clean_shop_is_in_order(tmp_path: Path) -> None:
    days = [date.fromordinal(date(2024, 1, 1).toordinal() + place) for place in range(60)]  # to 29 February
    lines = [f"c{place % 40:02d},n{place},{day},1{place % 3}.00" for place, day in enumerate(days)]
    store = opened(tmp_path, transactions="\n".join(["customer_id,order_id,ordered_at,amount", *lines]) + "\n")
    (line,) = data_alerts(judged(store))
    assert line.checks == (
        *("anonymous", "calendar", "last_month", "outliers", "dominant", "negative", "look_alikes"),
        *("reused_orders", "future", "repeats"),
    )


def test_only_the_tables_asked_about_are_judged(tmp_path: Path) -> None:
    store = opened(
        tmp_path,
        transactions=orders(),
        customers="customer_id,sex\n" + "".join(f"c{place:02d},f\n" for place in range(40)),
        contacts="customer_id,campaign_id,channel,sent_at\nZZ,1,email,2024-01-01\nzz,1,email,2024-01-01\n",
        feedback="",
    )
    facts = quality_facts(store, tables=("transactions", "customers", "costs"))
    quality = data_quality(facts)
    assert facts["counts"]["table"].tolist() == ["transactions", "customers"]
    assert quality.refused == ()
    assert [check.check for check in quality.checks if check.found] == ["last_month"]  # 27 of 29 days
    assert "customers_treated" not in facts["sufficiency"]["fact"].tolist()
    whole = judged(store)
    assert [refused.table for refused in whole.refused] == ["feedback"]
    assert {"look_alikes", "orphans"} <= {check.check for check in whole.checks if check.found}

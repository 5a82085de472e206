from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from stores.opening import Shop, reasons, records

from retention_lib.stores.errors import DataError
from retention_lib.stores.store import Store

HEADER = "customer_id,order_id,ordered_at,amount\n"
# Ten rows that can be used, so that one bad row beside them is a minority.
GOOD = HEADER + "".join(f"{number},o{number},2024-01-{number:02d},10\n" for number in range(1, 11))


def rejected(store: Store, table: str = "transactions") -> list[dict[str, object]]:
    file = store.rejected(table)
    return [] if file is None else duckdb.sql(f"FROM '{file}'").arrow().read_all().to_pylist()


@pytest.mark.parametrize(
    ("row", "reason", "amount"),
    [
        (",x,2024-02-01,7.25", "missing_customer_id", "7.25"),
        ("  ,x,2024-02-01,7.25", "missing_customer_id", "7.25"),
        ("1,x,,7.25", "missing_ordered_at", "7.25"),
        ("1,x,2024-02-31,7.25", "unreadable_ordered_at", "7.25"),
        ("1,x,soon,7.25", "unreadable_ordered_at", "7.25"),
        ("1,x,0001-01-01,7.25", "ordered_at_outside_1990_to_2099", "7.25"),
        ("1,x,1970-01-01,7.25", "ordered_at_outside_1990_to_2099", "7.25"),
        ("1,x,9999-12-31,7.25", "ordered_at_outside_1990_to_2099", "7.25"),
        ("1,x,2024-02-01,", "missing_amount", "0"),
        ("1,x,2024-02-01,NaN", "unreadable_amount", "0"),
        ("1,x,2024-02-01,inf", "unreadable_amount", "0"),
        ("1,x,2024-02-01,abc", "unreadable_amount", "0"),
        ("1,x,2024-02-01,123456789012345678901234", "unreadable_amount", "0"),
        (",x,soon,abc", "missing_customer_id", "0"),
    ],
)
def test_unusable_row_is_set_aside_with_its_first_reason(shop: Shop, row: str, reason: str, amount: str) -> None:
    store = shop(GOOD + row + "\n")
    found = store.reconciliation("transactions")
    assert (found.rows_in, found.rows_kept, found.rows_rejected) == (11, 10, 1)
    assert found.amount_rejected == Decimal(amount)
    assert found.amount_in == Decimal(100) + Decimal(amount)
    assert reasons(store) == {reason: 1}
    raw = [value or None for value in row.split(",")]
    expected = dict(zip(HEADER.strip().split(","), raw, strict=True))
    assert rejected(store) == [{"source_file": "data/orders.csv", "source_row": 12, "reason": reason, **expected}]


def test_row_after_the_pinned_last_day_is_set_aside_and_the_day_itself_kept(shop: Shop) -> None:
    store = shop(GOOD, store={"as_of": date(2024, 1, 3)})
    assert reasons(store) == {"after_as_of": 7}
    assert store.reconciliation("transactions").rows_kept == 3
    assert store.coverage is not None
    assert store.coverage.last_day == date(2024, 1, 3)


def test_nothing_set_aside_leaves_no_file(shop: Shop) -> None:
    assert shop(GOOD).rejected("transactions") is None


def test_mostly_unusable_rows_stop(shop: Shop) -> None:
    content = GOOD + ",x,2024-02-01,7\n" * 11
    with pytest.raises(DataError) as caught:
        shop(content)
    assert str(caught.value) == (
        "data/orders.csv: 11 of 21 rows cannot be used, most for missing_customer_id (11); "
        "check columns and csv of tables.transactions"
    )


def test_unreadable_optional_value_is_dropped_and_its_row_kept(shop: Shop) -> None:
    store = shop("customer_id,ordered_at,amount,quantity\n1,2024-01-01,5,two\n2,2024-01-01,6,3\n")
    assert [row["quantity"] for row in records(store)] == [None, 3.0]
    assert reasons(store) == {"unreadable_quantity": 1}
    assert store.reconciliation("transactions").amount_kept == Decimal(11)


def test_refund_and_gift_line_are_kept(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-12,-10\n2,o2,2024-01-12,0\n")
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.amount_kept) == (12, Decimal(90))


def test_repeated_row_with_an_order_id_is_merged_once(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-01,10\n" * 2)
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.rows_merged, found.amount_merged) == (10, 2, Decimal(20))
    assert reasons(store) == {"duplicate_merged": 2}
    assert records(store) == records(shop(GOOD, file="twin.csv"))


def test_repeated_row_is_kept_with_a_note_when_told_to(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-01,10\n", source={"duplicates": "keep"})
    assert store.reconciliation("transactions").rows_kept == 11
    assert reasons(store) == {"duplicate_kept": 1}


def test_repeated_row_without_an_id_is_kept_with_a_note(shop: Shop) -> None:
    store = shop(GOOD + ",,2024-03-01,1\n" + "1,,2024-02-01,7.5\n" * 2)
    assert reasons(store) == {"duplicate_kept": 1, "missing_customer_id": 1}
    assert store.reconciliation("transactions").rows_kept == 12
    assert [row["order_id"] for row in records(store)][-2:] == ["data/orders.csv:13", "data/orders.csv:14"]


def test_lines_of_one_order_add_up(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-01,2.5\n")
    assert (reasons(store), store.reconciliation("transactions").amount_kept) == ({}, Decimal("102.5"))


def test_lines_that_contradict_are_set_aside_and_a_refund_of_a_line_is_not(shop: Shop) -> None:
    header = "customer_id,order_id,line_id,ordered_at,amount\n"
    good = "".join(f"{number},o,{number},2024-01-01,5\n" for number in range(6))
    store = shop(header + good + "1,p,1,2024-01-01,5\n1,p,1,2024-01-01,6\n2,o,2,2024-01-01,-5\n")
    assert reasons(store) == {"conflicting_rows": 2}
    assert store.reconciliation("transactions").amount_rejected == Decimal(11)


def test_variants_take_their_short_names_and_unknown_ones_are_set_aside(shop: Shop) -> None:
    lines = "1,e,Mens\n2,e,None\n3,e,Womens\n4,e,Mens\n"
    store = shop(
        "customer_id,experiment_id,variant\n" + lines,
        table="assignments",
        source={"variants": {"mens": "Mens", "none": "None"}},
    )
    assert [row["variant"] for row in records(store, "assignments")] == ["mens", "none", "mens"]
    assert reasons(store, "assignments") == {"unknown_variant": 1}


def test_customer_in_two_variants_is_set_aside_and_a_repeated_assignment_merged(shop: Shop) -> None:
    lines = "1,e,a\n2,e,b\n1,e,b\n3,e,a\n3,e,a\n1,f,a\n4,e,a\n"
    store = shop("customer_id,experiment_id,variant\n" + lines, table="assignments")
    assert reasons(store, "assignments") == {"conflicting_rows": 2, "duplicate_merged": 1}
    found = store.reconciliation("assignments")
    assert (found.rows_in, found.rows_kept, found.rows_rejected, found.rows_merged) == (7, 4, 2, 1)
    assert found.amount_in is None


def test_outcomes_carry_the_metrics_named(shop: Shop) -> None:
    store = shop(
        "customer_id,experiment_id,visit,spent\n1,e,1,2.5\n2,e,0,0\n3,e,,1\n",
        table="outcomes",
        source={"metrics": ["visit", "spend"], "columns": {"spend": "spent"}},
    )
    assert records(store, "outcomes")[0] == {
        "customer_id": "1",
        "experiment_id": "e",
        "visit": Decimal(1),
        "spend": Decimal("2.5"),
    }
    assert reasons(store, "outcomes") == {"missing_visit": 1}


def test_web_event_needs_a_customer_or_a_session(shop: Shop) -> None:
    lines = "1,,2024-01-01,visit\n,s,2024-01-01,visit\n,,2024-01-01,visit\n"
    store = shop("customer_id,session_id,occurred_at,event\n" + lines, table="web_events")
    assert reasons(store, "web_events") == {"missing_customer_id_or_session_id": 1}
    with pytest.raises(DataError, match="has no column customer_id"):
        shop("occurred_at,event\n2024-01-01,visit\n", table="web_events", file="anonymous.csv")


def test_rejected_rows_keep_columns_named_like_ours(shop: Shop) -> None:
    store = shop(GOOD.replace("order_id", "reason") + ",x,2024-02-01,7\n")
    assert rejected(store)[0]["raw:reason"] == "x"

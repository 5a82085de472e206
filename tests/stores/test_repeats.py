from __future__ import annotations

from decimal import Decimal

import pytest
from stores.opening import Shop, reasons, records

HEADER = "customer_id,order_id,ordered_at,amount\n"
# Ten rows that can be used, so that one bad row beside them is a minority.
GOOD = HEADER + "".join(f"{number},o{number},2024-01-{number:02d},10\n" for number in range(1, 11))


def test_repeated_row_with_an_order_id_is_merged_once(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-01,10\n" * 2)
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.rows_merged, found.amount_merged) == (10, 2, Decimal(20))
    assert reasons(store) == {"duplicate_merged": 2}
    assert records(store) == records(shop(GOOD, file="twin.csv"))


@pytest.mark.parametrize("bad", [",x,2024-02-01,7", "2,x,2024-02-31,7", "2,x,2090-01-01,7"])
def test_money_of_a_repeated_row_that_is_set_aside_counts_once(shop: Shop, bad: str) -> None:
    store = shop(GOOD + f"{bad}\n" * 3)
    found = store.reconciliation("transactions")
    assert (found.rows_in, found.rows_kept, found.rows_rejected, found.rows_merged) == (13, 10, 1, 2)
    assert (found.amount_rejected, found.amount_merged) == (Decimal(7), Decimal(14))
    assert store.revenue_total == 107


def test_repeated_row_that_contradicts_another_one_is_merged_first(shop: Shop) -> None:
    header = "customer_id,order_id,line_id,ordered_at,amount\n"
    good = "".join(f"{number},o,{number},2024-01-01,5\n" for number in range(6))
    store = shop(header + good + "1,p,1,2024-01-01,5\n1,p,1,2024-01-01,5\n1,p,1,2024-01-01,6\n")
    assert reasons(store) == {"conflicting_rows": 2, "duplicate_merged": 1}
    assert store.revenue_total == 41


@pytest.mark.parametrize("told", ["merge", "keep"])
def test_repeated_row_that_is_set_aside_stays_so_where_nothing_is_merged(shop: Shop, told: str) -> None:
    bad = "1,,2024-02-31,7\n" if told == "merge" else "1,x,2024-02-31,7\n"
    store = shop(GOOD + bad * 2, source={"duplicates": told})
    assert reasons(store) == {"unreadable_ordered_at": 2}


def test_repeated_line_of_totals_is_a_line_of_totals(shop: Shop) -> None:
    store = shop(GOOD + "Итого,x,,100\n" * 2)
    assert (reasons(store), store.revenue_total) == ({"total_line": 2}, 100)


def test_further_lines_of_an_order_whose_amount_stands_on_the_first_have_a_reason_of_their_own(shop: Shop) -> None:
    further = "1,p,2024-02-01,20\n1,p,2024-02-01,\n,p,,\n"
    lacking = "2,q,2024-02-01,\n2,q,2024-02-02,\n1,r,2024-02-01,free\n1,,2024-02-01,\n"
    store = shop(GOOD + further + lacking)
    assert reasons(store) == {"amount_on_another_line": 2, "missing_amount": 3, "unreadable_amount": 1}
    assert store.reconciliation("transactions").amount_kept == Decimal(120)


def test_amount_of_another_customer_under_the_same_number_is_another_order(shop: Shop) -> None:
    lines = "1,o2,2024-02-01,\n,o3,2024-02-01,\n2,o2,2024-02-01,much\n2,o2,2024-02-03,\n"
    assert reasons(shop(GOOD + lines)) == {
        "amount_on_another_line": 2,
        "missing_amount": 1,
        "unreadable_amount": 1,
    }


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


def test_customer_in_two_variants_is_set_aside_and_a_repeated_assignment_merged(shop: Shop) -> None:
    lines = "1,e,a\n2,e,b\n1,e,b\n3,e,a\n3,e,a\n1,f,a\n4,e,a\n"
    store = shop("customer_id,experiment_id,variant\n" + lines, table="assignments")
    assert reasons(store, "assignments") == {"conflicting_rows": 2, "duplicate_merged": 1}
    found = store.reconciliation("assignments")
    assert (found.rows_in, found.rows_kept, found.rows_rejected, found.rows_merged) == (7, 4, 2, 1)
    assert found.amount_in is None


@pytest.mark.parametrize(("told", "kept"), [("sum", 12), ("conflict", 10)])
def test_rows_of_one_order_are_its_lines_or_a_conflict_as_told(shop: Shop, told: str, kept: int) -> None:
    store = shop(GOOD + "2,b,2024-01-01,5\n2,b,2024-01-01,6\n", source={"repeated_orders": told})
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.amount_in) == (kept, Decimal(111))


def test_refund_and_exact_copy_of_an_order_are_no_conflict(shop: Shop) -> None:
    lines = "2,b,2024-01-01,5\n2,b,2024-01-01,5\n2,b,2024-01-09,-5\n3,b,2024-01-01,7\n"
    store = shop(HEADER + lines, source={"repeated_orders": "conflict"})
    assert reasons(store) == {"duplicate_merged": 1}


def test_order_lines_with_ids_are_no_conflict_of_whole_orders(shop: Shop) -> None:
    header = "customer_id,order_id,line_id,ordered_at,amount\n"
    lines = "1,a,1,2024-01-01,5\n1,a,2,2024-01-01,6\n2,b,,2024-01-01,5\n2,b,,2024-01-01,6\n3,c,,2024-01-01,6\n"
    store = shop(header + lines, source={"repeated_orders": "conflict"})
    assert reasons(store) == {"conflicting_rows": 2}
    assert [row["customer_id"] for row in records(store)] == ["1", "1", "3"]

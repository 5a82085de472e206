from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores.opening import Shop, reasons, records

from retention_lib.settings.models import StoreSettings, TableSource
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import open_store

HEADER = "customer_id,order_id,ordered_at,amount,discount,cost,state\n"
GOOD = HEADER + "".join(f"{number},o{number},2024-01-{number:02d},10,1,4,Done\n" for number in range(1, 7))


def test_only_leaves_out_every_other_value_and_the_empty_cell(shop: Shop) -> None:
    rest = "7,p,2024-01-07,5,,, done \n7,q,2024-01-07,100,,,Cancelled\n7,r,2024-01-07,1000,,,\n"
    store = shop(GOOD + rest, source={"only": {"state": ["DONE"]}})
    found = store.reconciliation("transactions")
    assert (found.rows_in, found.rows_kept, found.rows_rejected) == (9, 7, 2)
    assert (found.amount_in, found.amount_kept, found.amount_rejected) == (Decimal(1165), Decimal(65), Decimal(1100))
    assert (reasons(store), store.revenue_total) == ({"left_out": 2}, 65)


def test_without_leaves_out_the_values_named_and_nothing_else(shop: Shop) -> None:
    rest = "7,p,2024-01-07,5,,,ОТМЕНЁН\n7,q,2024-01-07,100,,,test\n7,r,2024-01-07,1000,,,\n"
    store = shop(GOOD + rest, source={"without": {"state": ["Отменён", " Test "]}})
    assert (reasons(store), store.revenue_total) == ({"left_out": 2}, 1060)


def test_rows_left_out_for_one_column_stay_out_for_another(shop: Shop) -> None:
    rest = "7,p,2024-01-07,5,,,Done\n7,q,2024-01-07,5,,,Odd\n"
    store = shop(GOOD + rest, source={"only": {"state": ["Done"]}, "without": {"order_id": ["P"]}})
    assert (reasons(store), store.revenue_total) == ({"left_out": 2}, 60)


def test_many_rows_left_out_refuse_nothing_and_stand_among_the_rejected(shop: Shop) -> None:
    bad = "".join(f",x{number},soon,7,,,Draft\n" for number in range(20))
    store = shop(GOOD + bad, source={"without": {"state": ["Draft"]}})
    assert reasons(store) == {"left_out": 20}
    rejected = pq.read_table(store.rejected("transactions")).to_pylist()
    assert {(row["reason"], row["state"]) for row in rejected} == {("left_out", "Draft")}


def test_nothing_but_rows_left_out_names_the_keys(shop: Shop) -> None:
    with pytest.raises(DataError) as caught:
        shop(GOOD, source={"only": {"state": ["Выполнен"]}})
    assert str(caught.value) == (
        "data/orders.csv: none of 6 rows can be used, most for left_out (6); "
        "check only and without of tables.transactions"
    )


def test_line_of_totals_among_rows_left_out_is_a_line_of_totals(shop: Shop) -> None:
    assert reasons(shop(GOOD + "Итого,,,60,,,\n", source={"only": {"state": ["Done"]}})) == {"total_line": 1}


@pytest.mark.parametrize("key", ["only", "without", "refunds"])
def test_column_that_picks_rows_must_be_there(shop: Shop, key: str) -> None:
    with pytest.raises(DataError) as caught:
        shop(GOOD, source={key: {"stat": ["Done"]}})
    assert str(caught.value) == (
        "data/orders.csv: has no column stat (found: customer_id, order_id, ordered_at, amount, discount, cost, "
        f"state); name it in tables.transactions.{key}; did you mean state?"
    )


def test_money_of_refunds_is_negative_however_it_is_written(shop: Shop) -> None:
    back = "1,o1,2024-01-08,10,1,4,Refund\n2,o2,2024-01-08,-10,-1,-4,REFUND\n3,o3,2024-01-08,0,,,Refund\n"
    store = shop(GOOD + back, source={"refunds": {"state": ["refund"]}})
    found = store.reconciliation("transactions")
    assert (found.amount_in, found.amount_kept, store.revenue_total) == (Decimal(40), Decimal(40), 40)
    money = [(row["amount"], row["discount"], row["cost"]) for row in records(store)][-3:]
    assert money == [(-10, -1, -4), (-10, -1, -4), (0, None, None)]


def test_unreadable_refund_is_set_aside_as_any_other_row(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-08,much,1,4,Refund\n", source={"refunds": {"state": ["Refund"]}})
    assert reasons(store) == {"unreadable_amount": 1}


def test_customers_that_name_nobody_are_no_customers(shop: Shop) -> None:
    till = "999999999,p,2024-01-07,5,,,Done\n частное ЛИЦО ,q,2024-01-07,7,,,Done\n9,r,2024-01-07,8,,,Done\n"
    store = shop(GOOD + till, source={"anonymous": ["999999999", "Частное лицо"]})
    assert (reasons(store), store.revenue_total) == ({"missing_customer_id": 2}, 80)
    assert {row["customer_id"] for row in records(store)} == {"1", "2", "3", "4", "5", "6", "9"}


def test_a_number_given_every_day_anew_is_an_order_of_its_day(shop: Shop) -> None:
    lines = "".join(f"7,1,2024-02-0{day} 1{hour}:00,5,,,x\n" for day in (1, 2) for hour in (1, 2))
    store = shop(GOOD + lines, source={"order_numbers": "daily"})
    orders = [row["order_id"] for row in records(store)][-4:]
    assert orders == ["1 2024-02-01", "1 2024-02-01", "1 2024-02-02", "1 2024-02-02"]
    assert [row["order_id"] for row in records(shop(GOOD + lines))][-4:] == ["1"] * 4


def test_order_of_an_unreadable_day_keeps_its_number(shop: Shop) -> None:
    store = shop(GOOD + "7,1,2024-02-31,5,,,x\n" * 2, source={"order_numbers": "daily"})
    assert reasons(store) == {"unreadable_ordered_at": 1, "duplicate_merged": 1}


def test_daily_numbers_need_a_column_of_numbers(shop: Shop) -> None:
    with pytest.raises(DataError, match="has no column order_id"):
        shop("customer_id,ordered_at,amount\n1,2024-01-01,5\n", source={"order_numbers": "daily"})


@pytest.mark.parametrize(
    ("told", "kept", "merged", "noted"),
    [
        ("across_files", [10, 10, 3, 10, 1, 1], 4, 0),
        ("merge", [10, 3, 1], 7, 0),
        ("keep", [10, 10, 3, 10, 10, 10, 1, 1, 3, 10], 0, 7),
    ],
)
def test_equal_rows_of_a_file_stay_and_those_of_another_file_go(
    tmp_path: Path, told: str, kept: list[int], merged: int, noted: int
) -> None:
    ten, three, one = "1,o1,2024-01-01,10\n", "2,o2,2024-01-02,3\n", "3,o3,2024-01-03,1\n"
    # The ten stands there 2, 3 and 1 times, the three 1, 0 and 1 times, the one twice in the last file.
    files = {"a": ten * 2 + three, "b": ten * 3, "c": one * 2 + three + ten}
    for name, lines in files.items():
        (tmp_path / f"{name}.csv").write_text("customer_id,order_id,ordered_at,amount\n" + lines)
    source = TableSource.model_validate({"path": "*.csv", "duplicates": told})
    shop = StoreSettings(timezone="Europe/Moscow", currency="RUB", tables={"transactions": source})
    store = open_store("shop", shop, root=tmp_path)
    found = store.reconciliation("transactions")
    assert [int(row["amount"]) for row in records(store)] == kept
    assert (found.rows_in, found.rows_kept, found.rows_merged) == (10, len(kept), merged)
    assert reasons(store).get("duplicate_kept", 0) == noted
    assert (found.amount_in, found.amount_kept) == (Decimal(68), Decimal(sum(kept)))


def test_rows_of_a_customer_are_one_across_files_or_not(shop: Shop) -> None:
    store = shop("customer_id,age\n1,30\n1,30\n", table="customers", source={"duplicates": "across_files"})
    assert reasons(store, "customers") == {"duplicate_merged": 1}


def test_rows_of_one_file_are_all_kept_across_files(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-01,10,1,4,Done\n", source={"duplicates": "across_files"})
    assert (store.reconciliation("transactions").rows_kept, store.revenue_total) == (7, 70)


LINES = st.sampled_from(["1,o1,2024-01-01,10", "2,o1,2024-01-01,10", "2,o2,2024-01-02,3"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=st.lists(st.lists(LINES, min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_row_stands_across_files_as_often_as_in_the_file_that_has_most(files: list[list[str]]) -> None:
    most: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for number, lines in enumerate(files):
            most |= Counter(lines)
            text = "\n".join(["customer_id,order_id,ordered_at,amount", *lines, ""])
            Path(folder, f"{number}.csv").write_text(text)
        source = TableSource(path="*.csv", duplicates="across_files")
        shop = StoreSettings(timezone="UTC", currency="RUB", tables={"transactions": source})
        kept = records(open_store("shop", shop, root=Path(folder)))
    assert (
        Counter(
            f"{row['customer_id']},{row['order_id']},{row['ordered_at']:%Y-%m-%d},{row['amount']:.0f}" for row in kept
        )
        == most
    )

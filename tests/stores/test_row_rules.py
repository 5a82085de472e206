from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

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


def test_row_dated_after_today_is_set_aside(shop: Shop) -> None:
    today = datetime.now(ZoneInfo("Europe/Moscow")).date()
    later = today + timedelta(days=1)
    store = shop(GOOD + f"1,x,{today} 23:59,5\n1,y,{later},7\n")
    assert reasons(store) == {"in_the_future": 1}
    assert store.reconciliation("transactions").amount_rejected == Decimal(7)
    assert rejected(store)[0]["source_row"] == 13


def test_pinned_last_day_may_lie_in_the_future(shop: Shop) -> None:
    later = date.today() + timedelta(days=30)
    assert reasons(shop(GOOD + f"1,y,{later},7\n", store={"as_of": later})) == {}


def test_day_of_delivery_may_lie_in_the_future(shop: Shop) -> None:
    later = date.today() + timedelta(days=30)
    store = shop(f"customer_id,ordered_at,amount,promised_at\n1,2024-01-01,5,{later}\n")
    assert reasons(store) == {}


@pytest.mark.parametrize("line", ["Итого,,,107.25", ",Всего:,,107.25", "TOTAL,,,107.25", "Итого за январь,,,107.25"])
def test_line_of_totals_is_set_aside_and_no_revenue(shop: Shop, line: str) -> None:
    store = shop(GOOD + ",x,2024-02-01,7.25\n" + line + "\n")
    assert reasons(store) == {"missing_customer_id": 1, "total_line": 1}
    found = store.reconciliation("transactions")
    assert (found.amount_in, found.amount_kept, found.amount_rejected) == (
        Decimal("214.50"),
        Decimal(100),
        Decimal("114.50"),
    )
    assert store.revenue_total == 107.25


def test_total_in_the_column_of_the_day_is_a_line_of_totals(shop: Shop) -> None:
    store = shop("ordered_at,customer_id,amount\n2024-01-01,1,5\nИтого,,5\n")
    assert reasons(store) == {"total_line": 1}


def test_customer_called_total_with_a_day_is_a_customer(shop: Shop) -> None:
    assert reasons(shop(GOOD + "Total,x,2024-02-01,7\nTotalfina,x,,7\n")) == {"missing_ordered_at": 1}


def test_line_of_totals_in_a_table_without_days(shop: Shop) -> None:
    store = shop("customer_id,region\n1,a\n2,Итого\nИтого,2\n", table="customers")
    assert [row["customer_id"] for row in records(store, "customers")] == ["1", "2"]
    assert reasons(store, "customers") == {"total_line": 1}


def test_words_of_a_fixed_list_are_ours_or_those_named(shop: Shop) -> None:
    words = ["Начисление", "бонус ", "Регистрация", "JOIN", "redeem", "списание"]
    lines = "".join(f"{number},2024-01-01,{word}\n" for number, word in enumerate(words))
    store = shop(
        "customer_id,occurred_at,event\n" + lines,
        table="loyalty_events",
        source={"values": {"event": {"join": "Регистрация", "earn": ["Начисление", "Бонус"]}}},
    )
    found = [row["event"] for row in records(store, "loyalty_events")]
    assert found == ["earn", "earn", "join", "join", "redeem"]
    assert reasons(store, "loyalty_events") == {"unknown_event": 1}


def test_word_of_theirs_that_is_ours_as_well_means_what_the_file_says(shop: Shop) -> None:
    store = shop(
        "customer_id,occurred_at,event\n1,2024-01-01,grant\n",
        table="loyalty_events",
        source={"values": {"event": {"earn": "grant"}}},
    )
    assert records(store, "loyalty_events")[0]["event"] == "earn"


def test_unknown_word_in_an_optional_column_is_left_out_with_a_note(shop: Shop) -> None:
    lines = "1,2024-01-01,5,5,review\n2,2024-01-01,4,5,poll\n3,2024-01-01,4,5,\n"
    store = shop("customer_id,given_at,score,scale,kind\n" + lines, table="feedback")
    assert [row["kind"] for row in records(store, "feedback")] == ["review", None, None]
    assert reasons(store, "feedback") == {"unknown_kind": 1}


def test_unreadable_optional_value_is_dropped_and_its_row_kept(shop: Shop) -> None:
    store = shop("customer_id,ordered_at,amount,quantity\n1,2024-01-01,5,two\n2,2024-01-01,6,3\n")
    assert [row["quantity"] for row in records(store)] == [None, 3.0]
    assert reasons(store) == {"unreadable_quantity": 1}
    assert store.reconciliation("transactions").amount_kept == Decimal(11)


def test_refund_and_gift_line_are_kept(shop: Shop) -> None:
    store = shop(GOOD + "1,o1,2024-01-12,-10\n2,o2,2024-01-12,0\n")
    found = store.reconciliation("transactions")
    assert (found.rows_kept, found.amount_kept) == (12, Decimal(90))


def test_variants_take_their_short_names_and_unknown_ones_are_set_aside(shop: Shop) -> None:
    lines = "1,e,Mens\n2,e,None\n3,e,Womens\n4,e,Mens\n"
    store = shop(
        "customer_id,experiment_id,variant\n" + lines,
        table="assignments",
        source={"variants": {"mens": "Mens", "none": "None"}},
    )
    assert [row["variant"] for row in records(store, "assignments")] == ["mens", "none", "mens"]
    assert reasons(store, "assignments") == {"unknown_variant": 1}


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
    content = GOOD.replace("order_id", "reason") + ",x,2024-02-01,7\n"
    assert rejected(shop(content, source={"columns": {"order_id": "reason"}}))[0]["raw:reason"] == "x"


def test_rejected_rows_leave_out_columns_the_store_does_not_use(shop: Shop) -> None:
    store = shop("phone,customer_id,ordered_at,amount\n+79161234567,1,2024-01-01,5\n+79161234568,,2024-01-01,6\n")
    assert list(rejected(store)[0]) == ["source_file", "source_row", "reason", "customer_id", "ordered_at", "amount"]


def test_rejected_identifiers_are_shapes(shop: Shop) -> None:
    lines = "1,email,a@b.ru\n2,phone,89161234567\n,email,Жук.2@почта.рф\n"
    store = shop("customer_id,kind,value\n" + lines, table="identities")
    assert [row["value"] for row in rejected(store, "identities")] == ["AAA.0@AAAAA.AA"]

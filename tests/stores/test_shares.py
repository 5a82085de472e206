from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from stores.opening import Shop, reasons

from retention_lib.stores.errors import DataError

HEADER = "customer_id,order_id,ordered_at,amount\n"
# Ten rows that can be used, so that one bad row beside them is a minority.
GOOD = HEADER + "".join(f"{number},o{number},2024-01-{number:02d},10\n" for number in range(1, 11))


def numbered(lines: str) -> str:
    """The lines with a column more that is another in each."""
    return "".join(f"{line},s{number}\n" for number, line in enumerate(lines.splitlines()))


def test_mostly_unusable_rows_stop(shop: Shop) -> None:
    content = GOOD + "".join(f"9,x{number},soon,7\n" for number in range(11))
    with pytest.raises(DataError) as caught:
        shop(content)
    assert str(caught.value) == (
        "data/orders.csv: 11 of 21 rows cannot be used, most for unreadable_ordered_at "
        "(11, the first in row 12: 'AAAA'); "
        "check columns and csv of tables.transactions"
    )


def test_rows_without_a_customer_are_set_aside_up_to_the_limit(shop: Shop) -> None:
    anonymous = "".join(f",x{number},2024-02-01,7\n" for number in range(40))
    found = shop(GOOD + anonymous).reconciliation("transactions")
    assert (found.rows_kept, found.rows_rejected, found.amount_rejected) == (10, 40, Decimal(280))
    with pytest.raises(DataError) as caught:
        shop(GOOD + anonymous + ",y,2024-02-01,7\n")
    assert str(caught.value) == (
        "data/orders.csv: 41 of 51 rows name no customer, more than the store's anonymous_limit of 80%; "
        "check tables.transactions.columns.customer_id or raise anonymous_limit"
    )
    assert shop(GOOD + anonymous + ",y,2024-02-01,7\n", store={"anonymous_limit": 0.85}).has("transactions")


def test_bad_rows_among_the_named_stop_however_many_are_anonymous(shop: Shop) -> None:
    anonymous = "".join(f",x{number},2024-02-01,7\n" for number in range(10))
    with pytest.raises(DataError, match="11 of 21 rows cannot be used, most for unreadable_amount"):
        shop(GOOD + anonymous + "".join(f"9,y{number},2024-02-01,much\n" for number in range(11)))


def test_repeated_rows_make_a_table_neither_better_nor_worse(shop: Shop) -> None:
    bad = "".join(f"9,x{number},soon,7\n" for number in range(6))
    good = "".join(f"1,g{number},2024-01-05,7\n" for number in range(5))
    with pytest.raises(DataError, match="6 of 11 rows cannot be used"):
        shop(HEADER + good * 4 + bad)
    assert shop(HEADER + good + "1,h,2024-01-05,7\n" + bad * 4).reconciliation("transactions").rows_rejected == 6


def test_mostly_unknown_words_stop_and_name_the_key(shop: Shop) -> None:
    with pytest.raises(
        DataError, match=r"unknown_event \(1, the first in row 2: 'AAAAAAA'\); check tables\.web_events\.values\.event"
    ):
        shop("customer_id,occurred_at,event\n1,2024-01-01,покупка\n", table="web_events")


def test_many_lines_of_totals_do_not_make_a_table_unusable(shop: Shop) -> None:
    lines = "".join(f"Итого по {number},,,10\n" for number in range(20))
    assert shop(GOOD + lines).reconciliation("transactions").rows_kept == 10


def test_many_further_lines_without_an_amount_do_not_make_a_table_unusable(shop: Shop) -> None:
    further = "".join(f",o{number % 10 + 1},,\n{number},o3,2024-01-03,\n" for number in range(10))
    store = shop(GOOD.replace("amount\n", "amount,sku\n").replace(",10\n", ",10,a\n") + numbered(further))
    assert reasons(store) == {"amount_on_another_line": 11, "missing_amount": 9}


def test_stamps_in_another_format_than_the_one_given_stop_and_show_one(shop: Shop) -> None:
    content = HEADER + "1,a,05.01.2024 18:30,5\n2,b,06.01.2024 18:30,5\n"
    with pytest.raises(DataError, match=r"unreadable_ordered_at \(2, the first in row 2: '05\.01\.2024 18:30'\)"):
        shop(content, csv={"dates": "%d.%m.%Y"})


def test_sales_that_are_all_after_the_pinned_last_day_stop(shop: Shop) -> None:
    with pytest.raises(DataError) as caught:
        shop(GOOD, store={"as_of": date(2023, 12, 31)})
    assert str(caught.value) == (
        "data/orders.csv: none of 10 rows can be used, most for after_as_of (10); check as_of of the store"
    )


def test_table_beside_the_sales_may_be_empty_before_the_pinned_last_day(shop: Shop) -> None:
    store = shop("customer_id,opened_at\n1,2024-01-01\n", table="service", store={"as_of": date(2023, 12, 31)})
    assert store.reconciliation("service").rows_kept == 0

from __future__ import annotations

import pytest
from measures.tables import table

from retention_lib.measures.units import CUSTOMERS, judged_units

PEOPLE = {"customer_id": "string", "household_id": "string"}
ROWS = {"customer_id": "string", "amount": "int64"}


def units_of(*people: tuple[str, str | None]) -> list[tuple[str, int]]:
    units = judged_units(table(people, PEOPLE))
    rows = units.of(table([("ann", 1), ("bob", 2), ("h1", 4), ("new", 8)], ROWS))
    frame = rows.group_by("unit").aggregate(amount=rows.amount.sum()).order_by("unit").to_pandas()
    return list(zip(frame["unit"], frame["amount"], strict=True))


def test_members_of_a_household_are_one_and_others_stand_for_themselves() -> None:
    # The customer h1 is not the household h1; new has no row among the customers.
    found = units_of(("ann", "h1"), ("bob", "h1"), ("h1", None))
    assert found == [("h1", 4), ("h1/household", 3), ("new", 8)]


def test_rows_keep_their_columns_and_their_number() -> None:
    units = judged_units(table([("ann", "h1")], PEOPLE))
    rows = units.of(table([("ann", 1), ("ann", 1), ("bob", 2)], ROWS))
    assert list(rows.columns) == ["customer_id", "amount", "unit"]
    assert rows.count().execute() == 3


@pytest.mark.parametrize(
    "customers",
    [
        None,
        table([("ann", "h1")], PEOPLE).drop("household_id"),
        table([("ann", None)], PEOPLE),
        table([], PEOPLE),
    ],
)
def test_without_a_household_units_are_customers(customers: object) -> None:
    assert judged_units(customers) is CUSTOMERS
    assert CUSTOMERS.name == "customer"
    assert CUSTOMERS.of(table([("ann", 1)], ROWS)).unit.execute().tolist() == ["ann"]


def test_one_household_is_enough_to_judge_by_households() -> None:
    assert judged_units(table([("ann", None), ("bob", "h1")], PEOPLE)).name == "household"

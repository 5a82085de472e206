from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pytest
from measures.tables import bought, table

from retention_lib.measures.acquisition import acquisition_costs
from retention_lib.measures.income import income_facts

UNTIL = date(2020, 3, 1)
PEOPLE = {
    "customer_id": "string",
    "acquired_at": "timestamp",
    "acquisition_channel": "string",
    "acquisition_cost": "decimal(18, 4)",
}
COSTS = {
    "month": "string",
    "acquisition": "decimal(18, 4)",
    "retention": "decimal(18, 4)",
    "loyalty_running": "decimal(18, 4)",
}


def people(*rows: tuple[str, str | None, str | None, str | None]) -> ibis.Table:
    typed = [
        (who, when and datetime.fromisoformat(when), channel, None if cost is None else Decimal(cost))
        for who, when, channel, cost in rows
    ]
    return table(typed, PEOPLE)


def groups(**channels: str | None) -> ibis.Table:
    return table(list(channels.items()), {"customer_id": "string", "channel": "string"})


def test_money_spent_on_people_who_bought_nothing_is_counted_and_people_acquired_later_are_not() -> None:
    known = people(
        ("ann", "2020-01-01", "web", "10.00"),
        ("bob", "2020-01-05", "web", "20.00"),
        ("cid", "2020-02-05", "web", "5.00"),  # never bought
        ("dee", "2020-02-05", "fair", None),
        ("eve", "2020-03-05", "web", "99.00"),  # acquired after the end
        ("fay", None, "fair", "7.00"),
    )
    days = bought(ann="2020-01-01 2020-02-01", bob="2020-01-09", dee="2020-02-06", fay="2020-01-01")
    named = groups(ann="web", bob="web", dee="fair", fay="fair")
    found = acquisition_costs(known, None, days, until=UNTIL, groups=named)
    rows = [tuple(row) for row in found.itertuples(index=False)]
    assert rows == [
        ("customers", "", "", 4, 3, 42.0, 574.0, 37.0),
        ("customers", "channel", "fair", 1, 1, 7.0, 49.0, 7.0),
        ("customers", "channel", "web", 3, 2, 35.0, 525.0, 30.0),
    ]


def test_large_costs_have_squares_too() -> None:
    found = acquisition_costs(people(("ann", None, None, "1183920.09")), None, bought(ann="2020-01-01"), until=UNTIL)
    assert found["squares"].tolist() == [pytest.approx(1183920.09**2)]


def test_people_without_a_purchase_are_in_no_group_by_the_first_order() -> None:
    known = people(("ann", "2020-01-01", "web", "10.00"), ("cid", "2020-02-05", "web", "5.00"))
    named = table([("ann", "tea")], {"customer_id": "string", "first_category": "string"})
    found = acquisition_costs(known, None, bought(ann="2020-01-01"), until=UNTIL, groups=named)
    assert found.loc[found["dimension"] == "first_category", ["segment", "known", "cost"]].values.tolist() == [
        ["tea", 1, 10.0]
    ]


def test_months_are_told_apart_with_their_costs_where_they_are_over_and_who_bought_first_in_them() -> None:
    costs = table(
        [
            (month, Decimal(money), None, None)
            for month, money in (("2019-11", 8), ("2020-01", 30), ("2020-02", 12), ("2020-03", 99))
        ],
        COSTS,
    )
    days = bought(ann="2020-01-01 2020-02-01", bob="2020-02-09", old="2019-12-30 2020-01-02")
    found = acquisition_costs(None, costs, days, until=UNTIL)
    assert found[["source", "dimension", "segment", "known", "customers", "cost"]].values.tolist() == [
        ["costs", "month", "2019-11", 1, 0, 8.0],
        ["costs", "month", "2019-12", 0, 1, 0.0],
        ["costs", "month", "2020-01", 1, 1, 30.0],
        ["costs", "month", "2020-02", 1, 1, 12.0],
    ]
    assert acquisition_costs(None, None, days, until=UNTIL).empty


def test_income_facts_compare_the_last_year_with_the_one_before() -> None:
    until = date(2021, 1, 1)  # the last 365 days begin on 2020-01-02, those before on 2019-01-02
    days = bought(
        ann="2019-01-02 2020-01-02 2020-06-01", bob="2019-12-31", cid="2020-03-01", dee="2018-12-31 2019-01-01"
    )
    (row,) = income_facts(days, until=until).to_dict("records")
    assert row == {"buyers": 2, "purchases": 3, "revenue": 30.0, "earlier_buyers": 2, "stayed": 1, "days": 732}
    empty = income_facts(bought(), until=until).to_dict("records")
    assert empty == [dict.fromkeys(row, 0)]

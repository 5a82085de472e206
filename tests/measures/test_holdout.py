"""A global hold-out, counted by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pytest
from measures.tables import table as typed_table

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.holdout import Holdout, HoldoutReading, holdout, month_days
from retention_lib.measures.holdout_arms import holdout_arms

UNTIL = date(2025, 4, 5)
ASSIGNED = {"customer_id": "string", "experiment_id": "string", "variant": "string", "assigned_at": "timestamp"}
SOLD = {
    "customer_id": "string",
    "ordered_at": "timestamp",
    "order_id": "string",
    "amount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
    "discount": "decimal(18, 4)",
}
SENT = {"customer_id": "string", "campaign_id": "string", "sent_at": "timestamp", "cost": "decimal(18, 4)"}
USED = {
    "customer_id": "string",
    "coupon_id": "string",
    "campaign_id": "string",
    "redeemed_at": "timestamp",
    "order_id": "string",
    "value": "decimal(18, 4)",
}
START = "2025-01-01 09:00"
GROUPS = [(name, "h25", "holdout" if name[0] == "h" else "marketed", START) for name in ("h1", "h2", "m1", "m2", "m3")]
SALES = [
    ("h1", "2024-12-01 10:00", "o1", "100", "60", "0"),  # 40 before
    ("h1", "2025-01-10 10:00", "o2", "50", "30", "0"),  # 20 in month 1
    ("h1", "2025-02-10 10:00", "o3", "80", "40", "0"),  # comes back
    ("h1", "2025-03-01 10:00", "o3", "-80", "-40", "0"),
    ("m1", "2024-11-01 10:00", "o4", "30", "20", "0"),  # 10 before
    ("m1", "2025-01-05 10:00", "o5", "200", "100", "0"),  # 100 in month 1, less delivery and message
    ("m1", "2025-03-10 10:00", "o6", "60", "30", "15"),  # 30 in month 3; its coupon is in the sales
    ("m2", "2025-01-01 08:00", "o7", "90", "50", "0"),  # 40 before, as it was bought before the assignment
    ("m2", "2025-02-20 10:00", "o8", "40", "10", "0"),  # 30 in month 2
    ("m3", "2025-04-04 10:00", "o9", "500", "1", "0"),  # after month 3
]
MESSAGES = [
    ("m1", "offer", "2025-01-03 10:00", "0.5"),
    ("m2", "offer", "2025-01-03 10:00", "0.5"),
    ("m3", "news", "2025-02-03 10:00", "0.1"),
    ("h1", "news", "2025-02-03 10:00", "0.1"),
    ("m1", "offer", "2024-12-03 10:00", "9"),  # before
]
COUPONS = [
    ("m1", "free_delivery", "offer", "2025-01-05 10:00", "o5", "10"),
    ("m1", "fifth_off", "offer", "2025-03-10 10:00", "o6", "15"),
]


def table(rows: Iterable[tuple[Any, ...]], schema: dict[str, str]) -> ibis.Table:
    """Rows whose times and amounts are written as text."""
    read_as = {"timestamp": datetime.fromisoformat, "decimal(18, 4)": Decimal, "string": lambda text: text}
    kinds = [read_as[kind] for kind in schema.values()]
    return typed_table([tuple(kind(cell) for kind, cell in zip(kinds, row, strict=True)) for row in rows], schema)


class Tables:
    """A store of tables in memory."""

    zero_amount_is_purchase = False
    listed: ibis.Table | None = None

    def __init__(self, **tables: ibis.Table) -> None:
        self.tables = tables

    def find(self, name: str) -> ibis.Table | None:
        return self.tables.get(name)

    def table(self, name: str) -> ibis.Table:
        return self.tables[name]

    def has(self, *names: str) -> bool:
        return all(name in self.tables for name in names)


def store(groups: list[tuple[str, ...]] = GROUPS, **others: Any) -> Any:
    tables = {
        "assignments": table(groups, ASSIGNED),
        "transactions": table(SALES, SOLD),
        "contacts": table(MESSAGES, SENT),
        "redemptions": table(COUPONS, USED),
    }
    return Tables(**{name: found for name, found in (tables | others).items() if found is not None})


def read(shop: Any, reading: HoldoutReading, until: date = UNTIL, **options: Any) -> Holdout:
    found = holdout(shop, reading, until=until, **options)
    assert isinstance(found, Holdout), found
    return found


def total(found: Holdout, month: int, arm: str, first: str = "profit", second: str = "profit") -> dict[str, float]:
    sums = found.sums
    here = sums[(sums["month"] == month) & (sums["arm"] == arm) & (sums["first"] == first) & (sums["second"] == second)]
    assert len(here) == 1
    return here.iloc[0][["n", "first_total", "second_total", "product"]].to_dict()


def test_each_month_holds_all_that_was_left_until_its_end() -> None:
    found = read(store(), HoldoutReading(experiment="h25"))
    assert (found.arm, found.others, found.listed, found.unit) == ("holdout", "everybody else", True, "customer")
    assert sorted(set(found.sums["month"])) == [1, 2, 3]
    # Held out: 20, less a newsletter of 0.10 on day 33.
    assert [total(found, month, "holdout")["first_total"] for month in (1, 2, 3)] == pytest.approx([20, 19.9, 19.9])
    # The others: 100 - 10 - 0.5 and -0.5; then 30 - 0.1; then 30.
    others = [total(found, month, "everybody else") for month in (1, 2, 3)]
    assert [one["first_total"] for one in others] == pytest.approx([89, 118.9, 148.9])
    assert [one["product"] for one in others] == pytest.approx(
        [89.5**2 + 0.5**2, 89.5**2 + 29.5**2 + 0.1**2, 119.5**2 + 29.5**2 + 0.1**2]
    )
    assert [one["n"] for one in others] == [3, 3, 3]


def test_what_was_before_goes_along_with_each_month() -> None:
    found = read(store(), HoldoutReading(experiment="h25"))
    before = total(found, 2, "everybody else", "before", "before")
    assert (before["first_total"], before["product"]) == pytest.approx((50, 10**2 + 40**2))
    both = total(found, 2, "everybody else", "profit", "before")
    assert (both["second_total"], both["product"]) == pytest.approx((50, 89.5 * 10 + 29.5 * 40))


def test_only_whole_months_count_and_none_after_the_plan() -> None:
    assert read(store(), HoldoutReading(experiment="h25"), until=date(2025, 1, 30)).sums.empty
    early = read(store(), HoldoutReading(experiment="h25"), until=date(2025, 1, 31))
    assert set(early.sums["month"]) == {1}
    late = read(store(), HoldoutReading(experiment="h25", months=2), until=date(2026, 6, 1))
    assert (set(late.sums["month"]), set(late.sums["days"]), late.verdict_on) == ({1, 2}, {30, 61}, date(2025, 3, 3))
    assert [month_days(month) for month in (1, 6, 12)] == [30, 182, 365]


def test_who_was_reached_leaves_out_what_everybody_gets() -> None:
    arms = read(store(), HoldoutReading(experiment="h25")).arms.set_index("arm")
    assert arms.loc["holdout", ["units", "members", "contacted", "messages"]].tolist() == [2, 2, 1, 1]
    assert arms.loc["everybody else", ["units", "contacted", "messages"]].tolist() == [3, 3, 3]
    regular = read(store(), HoldoutReading(experiment="h25", regular=("news*",))).arms.set_index("arm")
    assert regular["contacted"].tolist() == [0, 2]
    unknown = read(store(contacts=None), HoldoutReading(experiment="h25"))
    assert unknown.arms["contacted"].isna().all()


def test_a_message_has_the_stated_cost_where_the_table_has_none() -> None:
    free = table([row[:3] for row in MESSAGES], {name: kind for name, kind in SENT.items() if name != "cost"})
    found = read(store(contacts=free), HoldoutReading(experiment="h25", contact_cost=2.0))
    assert total(found, 1, "everybody else")["first_total"] == pytest.approx(100 - 10 - 4)


def test_beside_a_hold_out_alone_stand_all_who_had_bought() -> None:
    found = read(store(GROUPS[:2]), HoldoutReading(experiment="h25"))
    # Held out is h1 alone: h2 had not bought by then, and of the others only those count who had. So had m2, at 8 h.
    assert not found.listed
    assert found.arms["units"].tolist() == [1, 2]
    assert total(found, 1, "everybody else")["first_total"] == pytest.approx(100 - 10 - 0.5 - 0.5)


def test_households_count_where_they_are_held_out_whole() -> None:
    kinds = {"customer_id": "string", "household_id": "string"}
    whole = table([("h1", "A"), ("h2", "A"), ("m1", "B"), ("m2", "B"), ("m3", None)], kinds)
    found = read(store(customers=whole), HoldoutReading(experiment="h25"))
    assert found.unit == "household"
    assert found.arms[["units", "members"]].to_numpy().tolist() == [[1, 2], [2, 3]]
    assert total(found, 1, "everybody else")["product"] == pytest.approx((89.5 - 0.5) ** 2)
    torn = table([("h1", "A"), ("m1", "A"), ("m2", "B"), ("m3", "B")], kinds)
    assert read(store(customers=torn), HoldoutReading(experiment="h25")).unit == "customer"


def test_late_comers_and_those_in_both_groups_are_left_out() -> None:
    groups = [*GROUPS, ("h3", "h25", "holdout", "2025-02-01 09:00"), ("h2", "h25", "marketed", START)]
    found = read(store(groups), HoldoutReading(experiment="h25"))
    assert found.later == 1
    assert found.arms["units"].tolist() == [1, 3]


def test_a_hold_out_is_known_by_its_name_and_by_having_no_campaign() -> None:
    groups = [
        ("h1", "h24", "Hold-Out", "2025-01-01"),
        ("m1", "h24", "marketed", "2025-01-01"),
        ("b", "h25", "global_holdout", "2025-03-01"),
        ("c", "offer", "holdout", "2024-06-01"),
        ("d", "test", "control", "2024-06-01"),
        ("e", "next", "holdout", "2025-05-01"),
    ]
    shop = store(groups)
    found = holdout_arms(shop.find("assignments"), shop.find("contacts"), until=UNTIL)
    assert found[["experiment", "arm"]].to_numpy().tolist() == [["h24", "Hold-Out"], ["h25", "global_holdout"]]
    assert found["first_day"].tolist() == [pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-01")]
    assert isinstance(holdout(shop, HoldoutReading(), until=UNTIL), NotAsked)  # neither has run for half a year
    assert read(shop, HoldoutReading(), until=date(2025, 7, 1)).experiment == "h24"
    assert holdout_arms(None, None, until=UNTIL).empty


def test_large_money_is_summed_exactly() -> None:
    # In a currency of small units: 5 million before and 3 million after for each, 2 million more a month later.
    days = {"2024-12-01 10:00": "5000000", "2025-01-10 10:00": "3000000", "2025-02-10 10:00": "2000000.25"}
    sales = [
        (name, day, f"{name}{day}", amount, "0", "0") for name in ("h1", "h2", "m1") for day, amount in days.items()
    ]
    shop = store(transactions=table(sales, SOLD), contacts=None, redemptions=None)
    found = read(shop, HoldoutReading(experiment="h25"))
    assert total(found, 1, "holdout")["product"] == 2 * 3e6**2
    assert total(found, 2, "holdout")["product"] == pytest.approx(2 * 5_000_000.25**2, rel=1e-15)
    assert total(found, 1, "everybody else", "profit", "before")["product"] == 3e6 * 5e6
    assert total(found, 1, "holdout", "before", "before")["product"] == 2 * 5e6**2


def test_what_cannot_be_read_says_why() -> None:
    assert isinstance(holdout(store(), HoldoutReading(experiment=""), until=UNTIL), NotAsked)
    assert isinstance(holdout(store(), HoldoutReading(), until=UNTIL), NotAsked)  # runs since three months
    with pytest.raises(ValueError, match=r"no test 'h26'.*h25"):
        holdout(store(), HoldoutReading(experiment="h26"), until=UNTIL)
    undated = table(
        [row[:3] for row in GROUPS], {name: kind for name, kind in ASSIGNED.items() if name != "assigned_at"}
    )
    assert holdout(store(assignments=undated), HoldoutReading(experiment="h25"), until=UNTIL) == NotEnough(
        "held_out_dated", 0, 1
    )
    costless = table(
        [(*row[:4], *row[5:]) for row in SALES], {name: kind for name, kind in SOLD.items() if name != "cost"}
    )
    strangers = [("x", "h25", "holdout", START)]
    assert holdout(store(strangers), HoldoutReading(experiment="h25"), until=UNTIL) == NotEnough(
        "held_out_customers", 0, 1
    )
    assert holdout(store(transactions=costless), HoldoutReading(experiment="h25"), until=UNTIL) == NotEnough(
        "margin", 0, 1
    )
    stated = read(store(transactions=costless), HoldoutReading(experiment="h25"), gross_margin=0.5)
    assert total(stated, 1, "holdout")["first_total"] == pytest.approx(25)

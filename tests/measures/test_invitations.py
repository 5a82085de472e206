from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest
from measures.tables import engine_sales, random_sales, sales, table

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.invitations import Invitation, InvitedCustomers, invited_customers, joining_by_arm
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales
from retention_lib.measures.units import judged_units

ASSIGNED = {
    "customer_id": "string",
    "experiment_id": "string",
    "variant": "string",
    "assigned_at": "timestamp",
    "stratum": "string",
}
EVENTS = {"customer_id": "string", "occurred_at": "timestamp", "event": "string"}
START, UNTIL = date(2025, 3, 1), date(2025, 5, 1)
ASKED = Invitation(experiment="welcome", periods=2)
REFUSAL = NotEnough("loyalty_events", 0, 1)
ARMS = {"ann": "invite", "bob": "invite", "cid": "none", "dan": "none", "eve": "invite"}


def assigned(arms: dict[str, str], *, day: date = START, experiment: str = "welcome") -> list[tuple[object, ...]]:
    at = datetime.combine(day, datetime.min.time()) + timedelta(minutes=5)
    return [(name, experiment, arm, at, "new") for name, arm in arms.items()]


def joined(**days: str) -> Programme:
    rows = [(name, datetime.fromisoformat(f"{day} 12:00"), "join") for name, day in days.items()]
    return programme(table(rows, EVENTS), until=UNTIL)


def sold(transactions: ibis.Table) -> Sales:
    return daily_sales(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)


def shop() -> Sales:
    """Ann and Cid buy before and after; Bob only before, Dan only after; Eve never."""
    return sold(
        sales(
            ("ann", "1", "2024-02-01 10:00", "5.00"),  # more than 364 days before
            ("ann", "2", "2024-11-01 10:00", "10.00"),
            ("ann", "3", "2025-02-20 10:00", "20.00"),
            ("ann", "4", "2025-03-01 00:01", "30.00"),  # the day of the invitation
            ("ann", "4", "2025-04-25 09:00", "-3.00"),  # the last day followed
            ("ann", "5", "2025-04-26 09:00", "99.00"),  # the day after
            ("bob", "6", "2025-02-28 10:00", "7.00"),
            ("cid", "7", "2025-01-01 10:00", "1.00"),
            ("cid", "8", "2025-03-10 10:00", "2.00"),
            ("cid", "9", "2025-03-10 11:00", "2.00"),  # one occasion
            ("dan", "10", "2025-04-01 10:00", "4.00"),
            ("zoe", "11", "2025-04-01 10:00", "4.00"),  # in no arm
        )
    )


def measured(
    rows: list[tuple[object, ...]],
    members: Programme,
    *,
    asked: Invitation = ASKED,
    of: Sales | None = None,
    **more: Any,
) -> InvitedCustomers:
    found = invited_customers(table(rows, ASSIGNED), members, of or shop(), invitation=asked, **more)
    assert isinstance(found, InvitedCustomers)
    return found


def test_what_customers_bought_before_and_after_by_hand() -> None:
    found = measured(assigned(ARMS), joined(ann="2025-03-05", dan="2025-04-26"))
    # Two periods of 28 days from 1 March end with 25 April; Dan joins the day after.
    assert (found.periods, found.days, found.first, found.last) == (2, 56, START, START)
    rows = found.customers.drop(columns=["cluster", "stratum"]).astype(object)
    none = float("nan")
    expected = pd.DataFrame(
        [
            (True, 394.0, 9.0, True, 1, 2, 1, 27.0, 30.0),
            (False, 1.0, 1.0, True, 0, 1, 1, 0.0, 7.0),
            (False, 59.0, 59.0, False, 1, 1, 1, 4.0, 1.0),
            (False, none, none, False, 1, 0, 0, 4.0, 0.0),
            (False, none, none, True, 0, 0, 0, 0.0, 0.0),
        ],
        columns=[
            *("joined", "days_known", "days_since", "invited"),
            *("purchases", "before_purchases", "late_purchases", "revenue", "before_revenue"),
        ],
    )
    pd.testing.assert_frame_equal(rows, expected.astype(object), check_dtype=False)
    assert found.customers["stratum"].nunique() == 1
    assert found.customers["cluster"].is_unique
    assert (found.members_already, found.mixed, found.unseen) == (0, 0, 0)


def test_costs_give_the_profit_of_the_days_followed() -> None:
    transactions = sales(("ann", "1", "2025-03-02 10:00", "10.00"), ("ann", "2", "2025-03-03 10:00", "5.00"))
    cost = ibis.ifelse(transactions.order_id == "1", ibis.literal("6.00").cast("decimal(18, 4)"), ibis.null())
    found = measured(assigned(ARMS), joined(ann="2025-03-05"), of=sold(transactions.mutate(cost=cost)))
    ann = found.customers.iloc[0]
    assert (ann["revenue"], ann["known_profit"], ann["unpriced"]) == (15, 4, 5)
    assert found.customers.iloc[1][["revenue", "known_profit", "unpriced"]].tolist() == [0, 0, 0]


def test_whoever_is_left_out_is_left_out_of_both_arms_and_counted() -> None:
    early = joined(ann="2025-02-01", cid="2025-02-28", bob="2025-03-01")
    rows = assigned(ARMS) + assigned({"eve": "none"}) + assigned({"bob": "invite"})
    late = assigned({"fay": "invite"}, day=date(2025, 3, 7))  # followed to 1 May, a day too long
    crowd = assigned({f"x{place}": "none" for place in range(20)})
    found = measured(rows + late + crowd, early)
    assert found.members_already == 2  # Bob joined on the day itself
    assert found.mixed == 1
    assert found.unseen == 1
    assert len(found.customers) == 2 + 20  # Bob and Dan
    assert found.last == date(2025, 3, 7)


def test_so_many_periods_are_followed_as_nine_tenths_have_been_seen_for() -> None:
    arms = {f"x{place}": "invite" for place in range(19)}
    rows = assigned(arms) + assigned({"ann": "none"}, day=date(2025, 4, 30))
    found = measured(rows, joined(x1="2025-03-05"), asked=replace(ASKED, periods=13))
    assert (found.periods, found.unseen, len(found.customers)) == (2, 1, 19)


def test_strata_are_told_apart_by_numbers() -> None:
    rows = [(*row[:4], stratum) for row, stratum in zip(assigned(ARMS), ["b", None, "a", "b", "a"], strict=True)]
    found = measured(rows, joined(ann="2025-03-05")).customers["stratum"].tolist()
    assert found[0] == found[3]
    assert found[2] == found[4]
    assert len(set(found)) == 3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_store_by_plain_counting(seed: int) -> None:
    orders = random_sales(seed, until=date(2025, 5, 1))
    names = sorted(set(orders["customer_id"]))
    arms = {name: "invite" if place % 3 else "none" for place, name in enumerate(names)}
    found = measured(assigned(arms), joined(zoe="2025-04-01"), of=sold(engine_sales(orders))).customers
    days = purchase_days(engine_sales(orders), until=UNTIL).to_pandas()
    age = (pd.to_datetime(days["day"]) - pd.Timestamp(START)).dt.days
    for column, low, high in (("purchases", 0, 56), ("before_purchases", -364, 0), ("late_purchases", -91, 0)):
        counts = days[(age >= low) & (age < high)].groupby("customer_id").size().reindex(names, fill_value=0)
        assert found[column].tolist() == counts.tolist()
    past = age[age < 0].groupby(days["customer_id"]).agg(["min", "max"]).reindex(names)
    assert found["days_known"].fillna(-1).tolist() == (-past["min"]).fillna(-1).tolist()
    assert found["days_since"].fillna(-1).tolist() == (-past["max"]).fillna(-1).tolist()


def test_households_are_clusters() -> None:
    people = table([("ann", "h"), ("cid", "h"), ("bob", None)], {"customer_id": "string", "household_id": "string"})
    found = measured(assigned(ARMS), joined(ann="2025-03-05"), units=judged_units(people))
    together = found.customers.groupby("cluster")["purchases"].agg(list)
    assert sorted(map(sorted, together)) == [[0], [0], [1], [1, 1]]


def test_an_arm_but_the_control_is_invited() -> None:
    found = measured(assigned(ARMS | {"bob": "sms"}), joined(ann="2025-03-05"))
    assert found.customers["invited"].tolist() == [True, True, False, False, True]


def test_what_is_not_asked_or_cannot_be_answered() -> None:
    members, of, known = joined(ann="2025-03-05"), shop(), table(assigned(ARMS), ASSIGNED)
    assert invited_customers(known, REFUSAL, of, invitation=ASKED) is REFUSAL
    assert isinstance(invited_customers(known, members, of, invitation=Invitation(experiment="")), NotAsked)
    fresh = table(assigned(ARMS, day=date(2025, 4, 20)), ASSIGNED)
    assert invited_customers(fresh, members, of, invitation=ASKED) == NotEnough("invitation_periods", 0, 1)


def test_a_wrong_name_is_told_with_those_that_there_are() -> None:
    members, of, known = joined(ann="2025-03-05"), shop(), table(assigned(ARMS), ASSIGNED)
    with pytest.raises(LookupError, match="'welcom' has no dated rows in assignments; known: welcome"):
        invited_customers(known, members, of, invitation=Invitation(experiment="welcom"))
    with pytest.raises(LookupError, match="known: none"):
        invited_customers(None, members, of, invitation=ASKED)
    with pytest.raises(LookupError, match="no arm 'control' that was not invited; it has: invite, none"):
        invited_customers(known, members, of, invitation=replace(ASKED, control="control"))


def test_joining_within_60_days_by_arm() -> None:
    # Followed are those assigned up to 2 March; Bob joins on the 60th day, Cid on the 61st, Eve was a member.
    members = joined(bob="2025-04-29", cid="2025-04-30", eve="2025-02-01", ann="2025-03-01")
    rows = assigned(ARMS) + assigned({"fay": "invite"}, day=date(2025, 3, 3)) + assigned({"ann": "a"}, experiment="x")
    found = joining_by_arm(table(rows, ASSIGNED), members)
    assert isinstance(found, pd.DataFrame)
    assert found.to_dict("records") == [
        {"experiment": "welcome", "arm": "invite", "customers": 2, "joined": 2},
        {"experiment": "welcome", "arm": "none", "customers": 2, "joined": 0},
        {"experiment": "x", "arm": "a", "customers": 1, "joined": 1},
    ]
    assert isinstance(joining_by_arm(None, members), NotAsked)
    assert joining_by_arm(None, REFUSAL) is REFUSAL

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from measures.tables import table

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import Sales, daily_sales
from retention_lib.measures.tier_gaps import tier_orders
from retention_lib.measures.tiers import LEFT, NOT_YET, Tiers, member_tiers, standing, tier_activity, tier_moves

UNTIL = date(2021, 1, 1)
EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp",
    "event": "string",
    "tier": "string",
    "points": "float64",
    "value": "float64",
}
LINES = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)", "cost": "decimal(18, 4)"}

STORY = (
    # Ann joins in bronze, reaches silver and gold; bob stays in bronze; cid leaves; dan joins lately.
    ("ann", "2019-06-01T10:00", "join", None, None, None),
    ("ann", "2019-06-01T10:00", "tier", "bronze", None, None),
    ("ann", "2020-02-01T12:00", "tier", "silver", None, None),
    ("ann", "2020-05-01T12:00", "tier", "gold", None, None),
    ("ann", "2020-02-01T13:00", "earn", None, 100.0, None),  # of the order that reached silver: bronze still
    ("ann", "2020-03-01T13:00", "grant", None, 50.0, None),
    ("ann", "2020-04-01T13:00", "redeem", None, -40.0, 8.0),
    ("bob", "2019-06-01T10:00", "join", None, None, None),
    ("bob", "2019-06-01T10:00", "tier", "bronze", None, None),
    ("cid", "2019-06-01T10:00", "join", None, None, None),
    ("cid", "2019-06-01T10:00", "tier", "bronze", None, None),
    ("cid", "2019-12-01T10:00", "tier", "silver", None, None),
    ("cid", "2020-03-01T10:00", "leave", None, None, None),
    ("dan", "2020-12-01T10:00", "join", None, None, None),
    ("dan", "2020-12-01T10:00", "tier", "bronze", None, None),
)
SOLD = (
    ("ann", "2020-01-15T09:00", "10", "6"),
    ("ann", "2020-02-01T11:00", "20", "12"),  # reaches silver, so made in bronze
    ("ann", "2020-03-01T09:00", "30", "18"),
    ("ann", "2020-06-01T09:00", "40", "20"),
    ("bob", "2019-07-01T09:00", "99", "60"),  # before the days that count
    ("bob", "2020-12-30T09:00", "50", "30"),
    ("eve", "2020-03-01T09:00", "1000", "1"),  # no member
)


def told(rows: Iterable[tuple[object, ...]] = STORY, *, until: date = UNTIL) -> Programme:
    typed = [(row[0], datetime.fromisoformat(str(row[1])), *row[2:]) for row in rows]
    return programme(table(typed, EVENTS), until=until, fewest=1)


def lines(rows: Iterable[tuple[str, str, str, str]] = SOLD) -> ibis.Table:
    typed = [(row[0], datetime.fromisoformat(row[1]), Decimal(row[2]), Decimal(row[3])) for row in rows]
    return table(typed, LINES)


def sold(*, costs: bool = True) -> Sales:
    transactions = lines() if costs else lines().drop("cost")
    return daily_sales(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)


def known(tiers: Tiers | NotEnough) -> Tiers:
    assert isinstance(tiers, Tiers)
    return tiers


def spells(tiers: Tiers) -> list[tuple[object, ...]]:
    frame = tiers.spells.order_by("customer_id", "from_day").to_pandas()
    days = [[None if pd.isna(day) else str(day)[:10] for day in frame[name]] for name in ("from_day", "until_day")]
    return list(zip(frame["customer_id"], frame["rank"], *days, strict=True))


def test_a_tier_lasts_until_the_next_one_or_until_the_member_left() -> None:
    tiers = known(member_tiers(told()))
    assert tiers.names == ("bronze", "silver", "gold")
    assert spells(tiers) == [
        ("ann", 0, "2019-06-01", "2020-02-01"),
        ("ann", 1, "2020-02-01", "2020-05-01"),
        ("ann", 2, "2020-05-01", None),
        ("bob", 0, "2019-06-01", None),
        ("cid", 0, "2019-06-01", "2019-12-01"),
        ("cid", 1, "2019-12-01", "2020-03-01"),
        ("dan", 0, "2020-12-01", None),
    ]


def test_tiers_are_ordered_as_members_reach_them_or_as_they_are_named() -> None:
    # By name it would be bronze, gold, silver; gold is reached by most only after silver.
    assert known(member_tiers(told())).names == ("bronze", "silver", "gold")
    assert known(member_tiers(told(), tiers=["silver", "none such", "bronze"])).names == ("silver", "bronze", "gold")


def test_members_without_a_tier_stand_below_the_lowest() -> None:
    rows = [
        ("ann", "2020-01-01T10:00", "join", None, None, None),
        ("ann", "2020-03-01T10:00", "tier", "silver", None, None),
        ("bob", "2020-01-01T10:00", "join", None, None, None),
    ]
    tiers = known(member_tiers(told(rows)))
    assert tiers.names == ("", "silver")
    assert spells(tiers) == [
        ("ann", 0, "2020-01-01", "2020-03-01"),
        ("ann", 1, "2020-03-01", None),
        ("bob", 0, "2020-01-01", None),
    ]


def test_events_without_tiers_name_none() -> None:
    rows = [("ann", "2020-01-01T10:00", "join", None, None, None)]
    tiers = known(member_tiers(told(rows)))
    assert tiers.names == ()
    activity = tier_activity(tiers, sold(), start=date(2020, 1, 1))
    assert isinstance(activity, pd.DataFrame)
    assert activity.empty
    assert tier_moves(tiers).names == ()


def test_activity_by_hand() -> None:
    found = tier_activity(known(member_tiers(told())), sold(), start=date(2020, 1, 1))
    assert isinstance(found, pd.DataFrame)
    rows = found.set_index("tier")
    # Bronze: ann 31 days to 1 February, bob 366, dan 31; ann's orders of 15 January and 1 February, bob's.
    assert rows.loc["bronze", ["members", "seen", "member_days", "orders"]].tolist() == [2, 3, 31 + 366 + 31, 3]
    assert rows.loc["bronze", ["revenue", "known_profit", "unpriced"]].tolist() == [80, 32, 0]
    assert rows.loc["bronze", ["credited", "redeemed", "paid"]].tolist() == [100, 0, 0]
    # Silver: ann 90 days from 1 February to 1 May, cid 60 to 1 March.
    assert rows.loc["silver", ["members", "seen", "member_days", "orders"]].tolist() == [0, 2, 90 + 60, 1]
    assert rows.loc["silver", ["credited", "redeemed", "valued", "paid"]].tolist() == [50, 40, 40, 8]
    assert rows.loc["gold", ["members", "seen", "member_days", "revenue"]].tolist() == [1, 1, 245, 40]
    assert rows.loc["bronze", ["day_squares", "order_squares", "order_days"]].tolist() == [
        31**2 + 366**2 + 31**2,
        2**2 + 1,
        2 * 31 + 1 * 366,
    ]
    assert rows.loc["bronze", ["revenue_squares", "revenue_days"]].tolist() == [30**2 + 50**2, 30 * 31 + 50 * 366]


def test_activity_without_costs_knows_no_profit() -> None:
    found = tier_activity(known(member_tiers(told())), sold(costs=False), start=date(2020, 1, 1))
    assert found["known_profit"].isna().all()
    assert found["revenue"].tolist() == [80, 30, 40]


def test_moves_over_a_year_by_hand() -> None:
    moves = tier_moves(known(member_tiers(told())))
    assert (moves.since, moves.until, moves.months) == (date(2020, 1, 1), UNTIL, 12)
    assert list(moves.table.itertuples(index=False, name=None)) == [
        (NOT_YET, 0, 1),  # dan
        (0, 0, 1),  # bob
        (0, 2, 1),  # ann
        (1, LEFT, 1),  # cid
    ]


def test_a_young_programme_is_looked_at_over_half_a_year() -> None:
    rows = [(row[0], str(row[1]).replace("2019-06", "2020-06"), *row[2:]) for row in STORY if row[0] != "cid"]
    moves = tier_moves(known(member_tiers(told(rows))))
    assert (moves.since, moves.months) == (date(2020, 7, 1), 6)


def test_who_had_left_before_is_in_no_move() -> None:
    rows = [*STORY, ("old", "2019-01-01T10:00", "join", None, None, None)]
    rows += [
        ("old", "2019-01-01T10:00", "tier", "bronze", None, None),
        ("old", "2019-02-01T10:00", "leave", None, None, None),
    ]
    assert tier_moves(known(member_tiers(told(rows)))).table["members"].sum() == 4


def test_standing_counts_orders_since_joining_and_who_bought_lately() -> None:
    story = told()
    found = standing(known(member_tiers(story)), tier_orders(story, lines()))
    assert list(found.itertuples(index=False, name=None)) == [
        (0, 0, 0.0, 1, 0),  # dan has not ordered
        (0, 2, 140.0, 1, 1),  # bob: 99 + 50, in steps of ten
        (2, 4, 100.0, 1, 0),  # ann's last order is of June
    ]


@pytest.mark.parametrize("measure", [tier_moves, lambda given: standing(given, given), member_tiers])
def test_a_missing_programme_is_handed_on(measure: object) -> None:
    missing = NotEnough("points_known", 0, 1)
    assert callable(measure)
    assert measure(missing) is missing
    assert tier_activity(missing, sold(), start=UNTIL) is missing

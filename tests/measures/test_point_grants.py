"""What points were given for and whom they helped, and recommendations: by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from measures.tables import table
from measures.test_accrual import EVENTS, NOBODY, SALES, Shop, event, order, rewards, shop

from retention_lib.measures.point_grants import granted_points
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.referral import referred_customers, rewarded_referrals
from retention_lib.measures.sales import Sales, daily_sales

UNTIL = date(2026, 7, 1)
CHANNELS = {"customer_id": "string", "acquisition_channel": "string", "acquisition_cost": "decimal(18, 4)"}


def with_reason(row: tuple[object, ...], reason: str) -> tuple[object, ...]:
    return (*row[:4], reason, *row[5:])


def gifts(who: str) -> list[tuple[object, ...]]:
    """A member who is given 100 on day 1 and 50 on day 2, and uses 120 of them on day 3."""
    return [
        event(who, 0, "join"),
        with_reason(event(who, 1, "grant", 100, valid=30), "welcome"),
        with_reason(event(who, 2, "grant", 50, valid=600), "birthday"),
        event(who, 3, "redeem", -120),
    ]


def told(of: Shop, points: float = 120.0) -> pd.DataFrame:
    found = granted_points(of.lots, of.orders, rewards(of, points))
    assert isinstance(found, pd.DataFrame)
    return found.set_index(["kind", "reason"])


def test_points_are_counted_by_reason_first_in_first_out() -> None:
    # Five members of whom each takes 100 of the welcome points and 20 of the birthday's; the latter outlive the data.
    rows = told(shop([row for place in range(5) for row in gifts(f"m{place}")], []))
    assert rows.loc[("grant", "welcome"), ["grants", "members", "points", "redeemed"]].tolist() == [5, 5, 500, 500]
    assert rows.loc[("grant", "welcome"), ["over", "over_redeemed", "over_expired"]].tolist() == [500, 500, 0]
    assert rows.loc[("grant", "birthday"), ["points", "redeemed", "over"]].tolist() == [250, 100, 0]
    assert rows.loc[("all", ""), ["grants", "members", "points", "redeemed", "over"]].tolist() == [10, 5, 750, 600, 500]
    assert rows.loc[("all", ""), ["over_squares", "redeemed_products"]].tolist() == [5 * 100**2, 5 * 100 * 100]
    assert rows.loc[("all", ""), "dated"] == 10
    assert rows.loc["grant", "valid_days"].to_dict() == {"welcome": 30.0, "birthday": 600.0}


@pytest.mark.parametrize(
    ("points", "helped"),
    [(100.0, {"welcome": 5}), (120.0, {"welcome": 5, "birthday": 5}), (150.0, {"welcome": 5, "birthday": 5})],
)
def test_a_gift_helped_where_the_balance_would_not_have_been_enough(points: float, helped: dict[str, int]) -> None:
    # From 100 points on the welcome gift alone was enough, a day before the birthday's.
    rows = told(shop([row for place in range(5) for row in gifts(f"m{place}")], []), points)
    found = rows.loc["grant", "helped"].to_dict()
    assert {reason: count for reason, count in found.items() if count} == helped
    assert (rows["reached"] == 5).all()


def test_a_gift_that_was_not_needed_did_not_help() -> None:
    events = [row for place in range(5) for row in [*gifts(f"m{place}")[:3], event(f"m{place}", 1.5, "earn", 20)]]
    rows = told(shop(events, []), 150.0)
    # 170 on day 2: without the birthday's 120, without the welcome's 70, without what was earned still 150.
    assert rows["helped"].to_dict() == {
        ("all", ""): 0,
        ("earn", ""): 0,
        ("grant", "birthday"): 5,
        ("grant", "welcome"): 5,
    }


def test_a_reason_of_a_few_members_is_not_named() -> None:
    rows = told(shop(gifts("ann"), []))
    assert [key for key in rows.index if key[0] == "grant"] == [("grant", "(rare)")]


def test_expired_and_forfeited_points_are_lost_and_reversed_ones_are_not() -> None:
    events = [row for place in range(5) for row in [*gifts(f"m{place}")[:2], event(f"m{place}", 31, "expire", -100)]]
    rows = told(shop(events, []), 100.0)
    assert rows.loc[("grant", "welcome"), ["expired", "over_expired", "redeemed"]].tolist() == [500, 500, 0]


def test_no_programme_is_handed_on() -> None:
    of = shop(gifts("ann"), [])
    assert granted_points(NOBODY, of.orders, rewards(of, 9.0)) is NOBODY
    assert granted_points(of.lots, NOBODY, rewards(of, 9.0)) is NOBODY
    assert granted_points(of.lots, of.orders, NOBODY) is NOBODY


# Recommendations

ORDERS = [
    order("old", 0, 10),
    order("eve", 40, 100, 60),  # before the programme
    order("eve", 230, 500, 100),  # later than half a year
    order("ann", 60, 100, 60),
    order("ann", 200, 40),
    order("bob", 70, 30, 10),
    order("new", 500, 30, 10),  # too late to be followed
]
PEOPLE = table(
    [
        ("old", "search", None),
        ("eve", "search", Decimal(7)),
        ("ann", "Refer-a-friend", Decimal(3)),
        ("bob", "По рекомендации", None),
        ("new", "search", Decimal(9)),
        ("moon", "referral", Decimal(1)),
    ],
    CHANNELS,
)


def sales() -> Sales:
    sold = table(ORDERS, SALES)
    return daily_sales(sold, purchase_days(sold, until=UNTIL), until=UNTIL)


def joined(*more: tuple[object, ...]) -> Programme:
    return programme(table([event("ann", 50, "join"), *more], EVENTS), until=UNTIL, fewest=1)


def test_new_customers_are_followed_for_half_a_year_from_their_first_purchase() -> None:
    found = referred_customers(joined(), sales(), PEOPLE).set_index("group")
    # Who bought in the first 28 days may be older than the data.
    assert found["new_before"].to_dict() == {"referral": 0, "others": 1}
    assert found["new_since"].to_dict() == {"referral": 2, "others": 1}
    assert found["customers"].to_dict() == {"referral": 2, "others": 1}
    assert found.loc["referral", ["revenue", "known_profit", "unpriced"]].tolist() == [170, 60, 40]
    assert found.loc["referral", ["profit_squares", "unpriced_squares", "products"]].tolist() == [2000, 1600, 1600]
    assert found.loc["others", ["revenue", "known_profit"]].tolist() == [100, 40]
    assert found[["priced", "cost"]].to_numpy().tolist() == [[1, 3], [1, 7]]


def test_rewards_for_recommendations_are_found_by_their_reason() -> None:
    given = event("ann", 60, "grant", 50)
    found = rewarded_referrals(
        joined(with_reason(given, "Referral"), with_reason(event("ann", 61, "grant", 50), "другое"))
    )
    assert found[["grants", "members", "points"]].to_numpy().tolist() == [[1, 1, 50.0]]
    assert found["since"].iloc[0] == date(2025, 2, 20)


def test_a_store_without_channels_says_nothing_of_customers() -> None:
    assert referred_customers(joined(), sales(), None).empty
    assert referred_customers(joined(), sales(), PEOPLE.drop("acquisition_channel")).empty
    unpriced = referred_customers(joined(), sales(), PEOPLE.drop("acquisition_cost"))
    assert unpriced["priced"].tolist() == [0, 0]
    assert referred_customers(NOBODY, sales(), PEOPLE) is NOBODY
    assert rewarded_referrals(NOBODY) is NOBODY

"""Rewards and running cost of members: by hand, and against pandas on the events of a simulated shop."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from measures.tables import bought, table
from studies.simulated_shops import SimulatedShop

from retention_lib.estimates import NotAsked
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.programme_costs import followed_members, member_rewards, points_on_sales, running_costs
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.tables import MAKERS

EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp",
    "event": "string",
    "points": "float64",
    "value": "decimal(18, 4)",
}
COSTS = {"month": "string", "loyalty_running": "decimal(18, 4)"}
SALES = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)"}
STAYS = {"customer_id": "string", "from_day": "date", "until_day": "date"}
UNTIL = date(2020, 4, 15)
NO_PROGRAMME = NotAsked("programme_known", 0, 1)


def entries(*rows: tuple[str, str, str, float | None, str | None]) -> Programme:
    """A programme of (customer, day, event, points, value)."""
    typed = [(row[0], datetime.fromisoformat(row[1]), *row[2:4], row[4] and Decimal(row[4])) for row in rows]
    return programme(table(typed, EVENTS), until=UNTIL)


def stays(*rows: tuple[str, str, str]) -> ibis.Table:
    return table([(who, date.fromisoformat(first), date.fromisoformat(last)) for who, first, last in rows], STAYS)


@cache
def two() -> Programme:
    """Ann stays; Bob leaves on 15 March; Eve joins after both and is not followed."""
    return entries(
        ("ann", "2020-01-10", "join", None, None),
        ("ann", "2020-01-15", "earn", 100, None),
        ("ann", "2020-02-06", "redeem", -30, "15"),
        ("ann", "2020-02-07", "redeem", -20, None),
        ("ann", "2020-04-11", "redeem", -10, "5"),  # no longer followed
        ("bob", "2020-01-31", "join", None, None),
        ("bob", "2020-01-31", "grant", 50, None),
        ("bob", "2020-03-15", "leave", None, None),
        ("bob", "2020-03-30", "expire", -50, None),
        ("eve", "2020-04-01", "join", None, None),
    )


FOLLOWED = (("ann", "2020-01-10", "2020-04-10"), ("bob", "2020-01-31", "2020-03-31"))


def test_rewards_by_period_since_joining_by_hand() -> None:
    found = member_rewards(two(), stays(*FOLLOWED))
    expected = pd.DataFrame(
        {
            "period": [0, 1, 2, 3],  # Ann's first 28 days end with 6 February
            "members": [2, 2, 2, 1],  # Bob is followed for 60 days, Ann for 91
            "credited": [150.0, 0, 0, 0],
            "earned": [100.0, 0, 0, 0],  # the rest was granted
            "redeemed": [30.0, 20, 0, 0],
            "valued": [30.0, 0, 0, 0],
            "paid": [15.0, 0, 0, 0],
            "net_points": [120.0, -20, -50, 0],
            "squares": [900.0, 2_500, 2_500, 2_500],  # of Ann alone: 30, then 50
        }
    )
    pd.testing.assert_frame_equal(found, expected)


def test_running_costs_by_calendar_month_by_hand() -> None:
    costs = table([("2020-01", Decimal(10)), ("2020-02", Decimal(20)), ("2020-03", None)], COSTS)
    found = running_costs(two(), costs, stays(*FOLLOWED))
    assert list(found["month"]) == ["2020-01", "2020-02", "2020-03", "2020-04"]
    assert list(found["running"].fillna(-1)) == [10, 20, -1, -1]
    # Ann 22 days of January and Bob one; Bob 14 days of March; of April Ann's and Eve's first 14 days are seen.
    assert list(found["member_months"]) == pytest.approx([23 / 31, 2, 1 + 14 / 31, 28 / 30])
    assert list(found["measured_months"]) == pytest.approx([23 / 31, 2, 1 + 14 / 31, 9 / 30])
    assert list(found["paid"]) == [0, 15, 0, 5]
    assert list(found["redeemed"]) == [0, 50, 0, 10]
    assert list(found["valued"]) == [0, 30, 0, 10]


def test_a_store_without_costs_knows_no_running_cost() -> None:
    found = running_costs(two(), None, stays(*FOLLOWED))
    assert found["running"].isna().all()
    assert found["measured_months"].sum() == pytest.approx(23 / 31 + 2 + 1 + 14 / 31 + 9 / 30)


def test_nobody_followed_has_no_month() -> None:
    assert member_rewards(two(), stays()).empty
    assert running_costs(two(), None, stays())["measured_months"].sum() == 0


def test_points_are_held_against_what_members_bought_as_members() -> None:
    rows = [("ann", "2020-01-09", 80), ("ann", "2020-01-10", 40), ("bob", "2020-03-15", 7), ("bob", "2020-03-16", 500)]
    transactions = table([(who, datetime.fromisoformat(day), Decimal(money)) for who, day, money in rows], SALES)
    sales = daily_sales(transactions, purchase_days(transactions, until=UNTIL), until=UNTIL)
    (all_days,) = points_on_sales(two(), sales).to_dict("records")
    # Ann's purchase of the day before she joined and Bob's of the day after he left are not a member's.
    assert all_days == {"members": 3, "revenue": 47, "credited": 150, "redeemed": 60, "valued": 40, "paid": 20}
    (late,) = points_on_sales(two(), sales, since=date(2020, 2, 7)).to_dict("records")
    assert late == {"members": 3, "revenue": 7, "credited": 0, "redeemed": 30, "valued": 10, "paid": 5}


def test_followed_are_those_with_a_past() -> None:
    purchases = bought(ann="2019-10-01", bob="2019-12-31", eve="2020-03-01")
    sales = daily_sales(table([], SALES), purchases, until=UNTIL)
    found = followed_members(two(), sales, periods=2, settled_days=31).order_by("customer_id").to_pandas()
    assert list(found["customer_id"]) == ["ann", "bob", "eve"]
    assert [str(day)[:10] for day in found["until_day"]] == ["2020-03-06", "2020-03-27", "2020-04-15"]
    longer = followed_members(two(), sales, periods=2, settled_days=32)
    assert list(longer.to_pandas()["customer_id"]) == ["ann"]
    # Eve joined on 1 April, fourteen days before the first that is no longer seen.
    for least_days, expected in ((13, 3), (14, 2)):
        seen = followed_members(two(), sales, periods=2, settled_days=31, least_days=least_days)
        assert seen.count().to_pandas() == expected


def test_nobody_is_followed_beyond_the_day_on_which_the_last_joined() -> None:
    purchases = bought(ann="2019-10-01", bob="2019-12-01", eve="2020-01-01")
    sales = daily_sales(table([], SALES), purchases, until=UNTIL)
    last = date(2020, 4, 2)
    found = followed_members(two(), sales, periods=3, settled_days=31, until=last).order_by("customer_id").to_pandas()
    assert list(found["customer_id"]) == ["ann", "bob", "eve"]
    # Ann's 84 days would end on 3 April and Bob's on 24 April; Eve joined on 1 April.
    assert [str(day)[:10] for day in found["until_day"]] == ["2020-04-02"] * 3
    seen = followed_members(two(), sales, periods=3, settled_days=31, least_days=1, until=last)
    assert list(seen.order_by("customer_id").to_pandas()["customer_id"]) == ["ann", "bob"]
    for none in (None, NO_PROGRAMME):
        whole = followed_members(two(), sales, periods=3, settled_days=31, until=none).order_by("customer_id")
        days = [str(day)[:10] for day in whole.to_pandas()["until_day"]]
        assert days == ["2020-04-03", "2020-04-15", "2020-04-15"]


def test_a_store_without_a_programme_is_not_asked() -> None:
    members = stays(*FOLLOWED)
    assert member_rewards(NO_PROGRAMME, members) is NO_PROGRAMME
    assert running_costs(NO_PROGRAMME, None, members) is NO_PROGRAMME
    assert member_rewards(two(), NO_PROGRAMME) is NO_PROGRAMME
    assert running_costs(two(), None, NO_PROGRAMME) is NO_PROGRAMME


def test_the_simulated_programme_costs_what_its_events_say() -> None:
    until = date(2026, 7, 1)
    shop = SimulatedShop(Simulation(customers=2000, months=18, until=date(2026, 6, 30), seed=5))
    events = ibis.memtable(pa.concat_tables(MAKERS["loyalty_events"](story) for story in shop.stories))
    found = programme(events, until=until)
    first = found.members.joined
    members = found.members.select("customer_id", from_day=first, until_day=first + ibis.interval(days=4 * 28))
    members = members.mutate(until_day=members.until_day.cast("date"))
    rewards = member_rewards(found, members)
    # The same by pandas.
    told = shop.table("loyalty_events").assign(day=lambda rows: rows["occurred_at"].dt.normalize())
    joined = told[told["event"] == "join"].set_index("customer_id")["day"]
    used = told[told["event"] == "redeem"]
    used = used.assign(period=(used["day"] - used["customer_id"].map(joined)).dt.days // 28)
    used = used[used["period"] < 4]
    by_period = used.groupby("period")["points"].sum().reindex(range(4), fill_value=0)
    assert list(rewards["redeemed"]) == pytest.approx(list(-by_period))
    assert list(rewards["paid"]) == pytest.approx(list(-by_period))  # a point pays a rouble
    assert rewards["squares"].iloc[-1] == pytest.approx((used.groupby("customer_id")["points"].sum() ** 2).sum())
    assert rewards["members"].iloc[0] == len(joined)
    # All balances together, of whoever joined, at the end of all events.
    whole = member_rewards(found, members.mutate(until_day=ibis.date("2026-07-01")))
    assert whole["net_points"].sum() == pytest.approx(told["points"].sum())
    assert rewards["redeemed"].sum() > 1_000

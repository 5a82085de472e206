from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import ibis
import pandas as pd
from measures.tables import bought, table

from retention_lib.estimates import NotEnough
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.tier_gaps import GAP_DAYS, month_pace, tier_gaps, tier_orders
from retention_lib.measures.tiers import member_tiers

UNTIL = date(2021, 1, 1)
EVENTS = {"customer_id": "string", "occurred_at": "timestamp", "event": "string", "tier": "string"}
LINES = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)"}
JOINED = "2020-01-01T09:00"


def told(**tiers: Mapping[str, str]) -> Programme:
    """Members who joined in bronze on the first of January, with the days on which they reached other tiers."""
    rows = []
    for customer, reached in tiers.items():
        rows += [(customer, JOINED, "join", None), (customer, JOINED, "tier", "bronze")]
        rows += [(customer, f"{day}T12:00", "tier", tier) for tier, day in reached.items()]
    return programme(
        table([(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in rows], EVENTS), until=UNTIL, fewest=1
    )


def lines(**orders: str) -> ibis.Table:
    """Orders at noon of some days, the first for 10, the next for 20 and so on."""
    rows = [
        (customer, datetime.fromisoformat(f"{day}T12:00"), Decimal(10 * place))
        for customer in orders
        for place, day in enumerate(orders[customer].split(), start=1)
    ]
    return table(rows, LINES)


def gaps(story: Programme, transactions: ibis.Table) -> pd.DataFrame:
    found = tier_gaps(member_tiers(story), tier_orders(story, transactions))
    assert isinstance(found, pd.DataFrame)
    return found


def days(row: pd.Series) -> dict[str, str]:
    known = row[list(GAP_DAYS)].dropna()
    return {name: str(pd.Timestamp(value, unit="D").date()) for name, value in known.items()}


def test_orders_count_from_the_moment_of_joining_whatever_came_back() -> None:
    rows = [
        ("ann", datetime(2020, 1, 1, 8), Decimal(10)),  # an hour before joining
        ("ann", datetime(2020, 1, 1, 9), Decimal(20)),
        ("ann", datetime(2020, 2, 1, 9), Decimal(30)),
        ("ann", datetime(2020, 2, 1, 18), Decimal(5)),  # the same day
        ("ann", datetime(2020, 2, 2, 9), Decimal(-30)),
        ("bob", datetime(2020, 2, 2, 9), Decimal(30)),  # no member
        ("ann", datetime(2021, 1, 1, 9), Decimal(30)),  # not seen yet
    ]
    found = tier_orders(told(ann={}), table(rows, LINES))
    assert isinstance(found, ibis.Table)
    frame = found.order_by("place").to_pandas()
    assert frame["amount"].astype(float).tolist() == [20, 35]
    assert frame["place"].tolist() == [1, 2]


def test_the_gaps_around_a_tier_by_hand() -> None:
    story = told(ann={"silver": "2020-04-01"})
    orders = "2020-01-10 2020-02-01 2020-03-05 2020-04-01 2020-04-20 2020-05-01 2020-06-01 2020-07-01 2020-08-01"
    (row,) = (rows for _, rows in gaps(story, lines(ann=orders)).iterrows())
    assert row[["tier", "orders", "spend_before", "spend"]].tolist() == ["silver", 4, 60, 100]
    assert days(row) == {
        "earlier_start": "2020-01-10",
        "earlier_end": "2020-02-01",
        "before_start": "2020-02-01",
        "before_end": "2020-03-05",
        "short_start": "2020-03-05",
        "reached": "2020-04-01",
        "next_end": "2020-04-20",
        "second_end": "2020-05-01",
        "later_start": "2020-05-01",  # the first order 30 days after or later
        "later_end": "2020-06-01",
        "latest_end": "2020-07-01",
    }


def test_gaps_that_another_tier_touches_are_not_clean() -> None:
    # Silver with the second order, gold with the fourth: of the gaps before gold, one ends in reaching silver and the
    # next begins with it; the one after silver ends in no tier, its second does.
    story = told(ann={"silver": "2020-02-01", "gold": "2020-04-01"})
    found = gaps(story, lines(ann="2020-01-10 2020-02-01 2020-03-20 2020-04-01 2020-06-01")).set_index("tier")
    assert days(found.loc["silver"]) == {
        "short_start": "2020-01-10",
        "reached": "2020-02-01",
        "next_end": "2020-03-20",
        # 20 March comes 30 days after, but the gap that begins with it ends in gold.
    }
    assert days(found.loc["gold"]) == {
        "short_start": "2020-03-20",
        "reached": "2020-04-01",
        "next_end": "2020-06-01",
        "later_start": "2020-06-01",
    }


def test_a_tier_named_the_morning_after_belongs_to_the_order_before() -> None:
    story = told(ann={"silver": "2020-02-02"})
    (row,) = (rows for _, rows in gaps(story, lines(ann="2020-01-10 2020-02-01 2020-03-01")).iterrows())
    assert days(row)["reached"] == "2020-02-01"
    assert row["orders"] == 2


def test_a_tier_of_joining_or_one_that_is_lower_is_not_reached() -> None:
    story = told(ann={"gold": "2020-02-01"}, bob={"silver": "2020-02-01", "gold": "2020-03-01", "bronze": "2020-06-01"})
    orders = "2020-01-10 2020-02-01 2020-03-01 2020-06-01"
    found = gaps(story, lines(ann=orders, bob=orders))
    assert list(zip(found["member"], found["tier"], found["orders"], strict=True)) == [
        (0, "gold", 2),
        (1, "silver", 2),
        (1, "gold", 3),
    ]


def test_a_programme_without_tiers_has_no_gaps() -> None:
    joined = programme(table([("ann", datetime(2020, 1, 1), "join", None)], EVENTS), until=UNTIL, fewest=1)
    assert gaps(joined, lines(ann="2020-01-10 2020-02-01")).empty
    assert gaps(told(ann={}), lines(ann="2020-01-10 2020-02-01")).empty


def test_the_pace_of_a_month_is_that_of_the_same_customers() -> None:
    purchases = bought(
        ann="2020-01-05 2020-02-05 2020-02-20 2020-03-05 2020-04-05",  # 2 in February, 1 in March
        bob="2020-01-05 2020-03-05 2020-03-06 2020-05-05",  # none in February, 2 in March
        cid="2020-02-01 2020-03-05 2020-04-05",  # began in February
        dan="2020-01-05 2020-02-05 2020-03-05",  # perhaps no customer any more after March
        eva="2020-01-05 2020-02-05 2020-03-05 2020-04-05",  # joined in March
    )
    story = told(fay={})
    joined = table([("eva", datetime(2020, 3, 3), "join", None)], EVENTS)
    both = Programme(
        members=story.members.union(programme(joined, until=UNTIL, fewest=1).members),
        events=story.events.union(programme(joined, until=UNTIL, fewest=1).events),
        known=story.known,
        until=UNTIL,
    )
    found = month_pace(purchases, member_tiers(both))
    assert isinstance(found, pd.DataFrame)
    march = 50 * 12 + 2
    assert found.set_index("month").loc[march].tolist() == [1 + 2, 2 + 0]  # ann and bob, now and before
    # Of April nothing is told: bob alone bought after it, and not in it.
    assert march + 1 not in set(found["month"])


def test_missing_programmes_are_handed_on() -> None:
    missing = NotEnough("points_known", 0, 1)
    story = told(ann={})
    assert tier_orders(missing, lines(ann="2020-01-10")) is missing
    assert tier_gaps(missing, missing) is missing
    assert tier_gaps(member_tiers(story), missing) is missing
    assert month_pace(bought(ann="2020-01-10"), missing) is missing

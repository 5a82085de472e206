"""The panel around joining, by hand on a tiny store."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import table

from retention_lib.estimates import NotAsked
from retention_lib.measures.panels import SETTLED_DAYS, JoiningPanel, joining_panel
from retention_lib.measures.programme import PERIOD_DAYS, programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.sales import daily_sales
from retention_lib.measures.units import Units
from retention_lib.models.impact.panel import EARLY_DAYS
from retention_lib.models.impact.panel import PERIOD_DAYS as MODELLED_DAYS

START = date(2020, 1, 1)
UNTIL = START + timedelta(days=7 * 20 + 3)
"""Twenty weeks, and three days at the beginning that belong to no whole one."""

ORIGIN = START + timedelta(days=3)
LINES = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)", "cost": "decimal(18, 4)"}
EVENTS = {"customer_id": "string", "occurred_at": "timestamp", "event": "string"}


def at(day: int, hour: int = 12) -> datetime:
    """A moment so many days after the first day of step 0."""
    return datetime(ORIGIN.year, ORIGIN.month, ORIGIN.day, hour) + timedelta(days=day)


SOLD: tuple[tuple[str, int, int, int | None], ...] = (
    # Ann: first purchase before the first whole step, so from step 0 on; a refund alone in step 9.
    ("ann", -1, 10, 4),
    ("ann", 0, 20, 8),
    ("ann", 3, 30, None),
    ("ann", 63, -5, None),
    ("ann", 90, 40, 10),
    # Bob: first purchase in step 1, another one in the same step that is not looked at; joins after 84 days.
    ("bob", 7, 50, 20),
    ("bob", 10, 60, 20),
    ("bob", 70, 70, 20),
    ("bob", 91, 80, 30),  # on the day of joining
    # Cid: as bob, but joins after 83 days.
    ("cid", 7, 50, 20),
    ("cid", 92, 5, 1),
    # Dan: joins with the first purchase; eve joins before it; fay never joins and never comes back.
    ("dan", 14, 9, 3),
    ("dan", 30, 9, 3),
    ("eve", 14, 9, 3),
    ("fay", 14, 9, 3),
)
JOINED = {"bob": 91, "cid": 90, "dan": 14, "eve": 2, "gus": 50, "hal": 10_000}
"""Gus never buys; hal joins after the last day that is seen."""


def shop(sold: Any = SOLD, joined: dict[str, int] | None = None, *, costs: bool = True, **options: Any) -> JoiningPanel:
    rows = [(who, at(day), Decimal(amount), None if cost is None else Decimal(cost)) for who, day, amount, cost in sold]
    lines = table(rows, LINES)
    lines = lines if costs else lines.drop("cost")
    joins = [(who, at(day), "join") for who, day in (JOINED if joined is None else joined).items()]
    joins += [("dan", at(80), "leave")] if joined is None else []
    sales = daily_sales(lines, purchase_days(lines, until=UNTIL), until=UNTIL)
    found = joining_panel(sales, programme(table(joins, EVENTS), until=UNTIL), start=START, **options)
    assert isinstance(found, JoiningPanel)
    return found


def row(panel: JoiningPanel, number: int) -> dict[str, Any]:
    """What is told of a customer, by the place of the id; lists as lists."""
    frame = panel.customers.set_index("number")
    return {name: list(v) if isinstance(v, np.ndarray | list) else v for name, v in frame.loc[number].items()}


ANN, BOB, CID, DAN, EVE, FAY = range(6)


def test_measures_and_models_mean_the_same_periods() -> None:
    assert (PERIOD_DAYS, SETTLED_DAYS) == (MODELLED_DAYS, EARLY_DAYS) == (28, 84)


def test_steps_are_whole_weeks_that_end_with_the_last_day_seen() -> None:
    panel = shop()
    assert (panel.steps, panel.step_days, panel.origin) == (20, 7, ORIGIN)
    long = shop(step_days=14)
    assert (long.steps, long.origin) == (10, START + timedelta(days=3))


def test_a_customer_has_what_happened_after_the_step_of_the_first_purchase() -> None:
    panel = shop()
    ann = row(panel, ANN)
    assert (ann["started"], ann["joined"], ann["settled"]) == (-1, 20, False)
    assert ann["step"] == [0, 9, 12]
    assert ann["purchases"] == [2.0, 0.0, 1.0]
    assert ann["revenue"] == [50.0, -5.0, 40.0]
    bob = row(panel, BOB)
    assert (bob["started"], bob["step"], bob["purchases"], bob["revenue"]) == (1, [10, 13], [1.0, 1.0], [70.0, 80.0])
    assert list(panel.customers["number"]) == [ANN, BOB, CID, DAN]


def test_a_past_is_84_days_as_a_customer_before_joining() -> None:
    panel = shop()
    assert (row(panel, BOB)["joined"], row(panel, BOB)["settled"]) == (13, True)  # 91 - 7 = 84 days
    assert (row(panel, CID)["joined"], row(panel, CID)["settled"]) == (12, False)  # 90 - 7 = 83 days


def test_groups_hold_everybody_who_bought() -> None:
    groups = shop().groups
    told = {(one.started, one.joined, bool(one.settled)): one.customers for one in groups.itertuples()}
    # Eve joined in step 0, before her first purchase; fay in the group of those who never joined.
    assert told == {
        (-1, 20, False): 1,
        (1, 13, True): 1,
        (1, 12, False): 1,
        (2, 2, False): 1,
        (2, 0, False): 1,
        (2, 20, False): 1,
    }


def test_gross_profit_needs_costs_or_a_margin() -> None:
    # Ann in step 0: 20 - 8 known, 30 without a cost; in step 9 a refund of 5 without one.
    assert row(shop(), ANN)["gross_profit"] == [12.0, 0.0, 30.0]
    assert row(shop(gross_margin=0.4), ANN)["gross_profit"] == pytest.approx([24.0, -2.0, 30.0])
    assert row(shop(costs=False, gross_margin=0.4), ANN)["gross_profit"] == pytest.approx([20.0, -2.0, 16.0])
    assert "gross_profit" not in shop(costs=False).customers


def test_facts_count_all_members_also_those_who_never_bought() -> None:
    facts = shop().facts.iloc[0].to_dict()
    assert facts == {
        "members": 5,  # bob, cid, dan, eve, gus; hal is not seen
        "at_first_purchase": 3,  # dan on the day of the first purchase, eve before it, gus without one
        "join_days": 5,
        "leavers": 1,
        "settled": 1,
        "never": 2,
        "customers": 6,
        "on_purchase_day": 1,
    }


def test_a_household_is_a_cluster() -> None:
    homes = table([("bob", "h1"), ("dan", "h1"), ("fay", "h2")], {"customer_id": "string", "household": "string"})
    panel = shop(units=Units(name="household", members=homes))
    clusters = panel.customers.set_index("number")["cluster"]
    assert clusters[BOB] == clusters[DAN]
    assert len({clusters[ANN], clusters[BOB], clusters[CID]}) == 3
    assert shop().customers["cluster"].is_unique


def test_pasts_are_of_those_seen_for_84_days_before_joining() -> None:
    pasts = shop().pasts.set_index("number")
    # Cid joined a day too early; dan and eve with the first purchase or before it; fay was seen from 14 to 140.
    assert list(pasts.index) == [ANN, BOB, FAY]
    assert list(pasts["member"]) == [False, True, False]
    told = ["first_amount", "purchases_1", "purchases_2", "purchases_3", "revenue"]
    # Ages of ann's purchases: 1, 4, 91, and a refund at 64; of bob's 3, 63, 84, each from the first; he joins
    # on the last, which therefore is none of his past.
    assert list(pasts.loc[ANN, told]) == [10.0, 2, 0, 0, 45.0]
    assert list(pasts.loc[BOB, told]) == [50.0, 1, 0, 1, 130.0]
    assert list(pasts.loc[FAY, told]) == [9.0, 0, 0, 0, 0.0]


def test_segments_split_the_groups_by_early_purchases_and_what_else_is_known() -> None:
    known = table(
        [("ann", "web"), ("bob", "shop"), *((who, None) for who in ("cid", "dan", "eve", "fay"))],
        {"customer_id": "string", "channel": "string"},
    )
    panel = shop(groups=known)
    segments = panel.segments
    for dimension in ("early", "channel"):
        part = segments[segments["dimension"] == dimension]
        sums = part.groupby(["started", "joined", "settled"])["customers"].sum()
        assert sums.to_dict() == panel.groups.set_index(["started", "joined", "settled"])["customers"].to_dict()
    early = segments[segments["dimension"] == "early"].groupby("segment")["customers"].sum().to_dict()
    # Cid's second purchase is 85 days after the first; eve and fay have none; dan one, ann and bob two.
    assert early == {"0": 3, "1": 1, "2-3": 2}
    channel = segments[segments["dimension"] == "channel"].groupby("segment")["customers"].sum().to_dict()
    assert channel == {"": 4, "shop": 1, "web": 1}
    assert row(panel, BOB)["channel"] == "shop"
    assert row(panel, BOB)["early"] == "2-3"


def test_a_past_has_three_times_28_days_less_the_first() -> None:
    """A purchase of 1, 2, 4, ... money at each edge: days 1-27, 28-55 and 56-83; day 84 may be that of joining."""
    ages = (0, 1, 27, 28, 55, 56, 83, 84)
    panel = shop([("ann", age, 2**place, 0) for place, age in enumerate(ages)], {"ann": 84})
    (past,) = panel.pasts.to_dict("records")
    assert [past[name] for name in ("first_amount", "purchases_1", "purchases_2", "purchases_3")] == [1.0, 2, 2, 2]
    assert past["revenue"] == 2 + 4 + 8 + 16 + 32 + 64
    assert past["member"]


def test_segments_keep_customers_of_whom_nothing_is_known() -> None:
    """Only ann and bob are in the table of channels: the others are in the group without a name."""
    known = table([("ann", "web"), ("bob", "shop")], {"customer_id": "string", "channel": "string"})
    panel = shop(groups=known)
    channel = panel.segments[panel.segments["dimension"] == "channel"]
    assert channel.groupby("segment")["customers"].sum().to_dict() == {"": 4, "shop": 1, "web": 1}
    assert len(panel.customers) == len(shop().customers)
    assert row(panel, DAN)["channel"] == ""


def test_comparing_ends_where_nobody_is_left_without_the_programme() -> None:
    assert shop().compared_until == UNTIL  # ann and fay never joined
    sold = [(who, day, 10, 4) for who in ("ann", "bob") for day in (0, 7, 14, 130)]
    # Bob joins on day 100, in step 14: from the beginning of that step on, day 98, all are members.
    assert shop(sold, {"ann": 90, "bob": 100}).compared_until == ORIGIN + timedelta(days=98)


def test_a_refused_programme_is_handed_on() -> None:
    sales = table([("ann", at(0), Decimal(1), None)], LINES)
    told = daily_sales(sales, purchase_days(sales, until=UNTIL), until=UNTIL)
    assert joining_panel(told, NotAsked("loyalty_events", 0, 1), start=START) == NotAsked("loyalty_events", 0, 1)


def entries(panel: JoiningPanel) -> dict[tuple[int, int], tuple[float, float]]:
    """Purchases and money by customer and step."""
    told = {}
    for one in panel.customers.itertuples():
        for step, bought, paid in zip(one.step, one.purchases, one.revenue, strict=True):
            told[one.number, int(step)] = (bought, paid)
    return told


PURCHASES = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(-3, 139), st.integers(1, 9)), min_size=1)


@settings(max_examples=8, deadline=None)
@given(sold=PURCHASES, joined=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 139)))
def test_joining_changes_no_cell_and_the_sums_are_those_of_the_store(
    sold: list[tuple[str, int, int]], joined: dict[str, int]
) -> None:
    """Whether somebody joins later changes nothing of what is told of before; an oracle in plain Python counts."""
    lines = [(who, day, amount, 1) for who, day, amount in sold]
    joined = joined or {"zed": 5}
    panel, nobody = shop(lines, joined), shop(lines, {"zed": 5})
    assert entries(panel) == entries(nobody)
    first = {who: min(day for one, day, _ in sold if one == who) for who, _, _ in sold}
    numbers = {who: place for place, who in enumerate(sorted(first))}
    expected: dict[tuple[int, int], list[Any]] = {}
    for who, day, amount in sold:
        step = day // 7
        if step > max(first[who] // 7, -1):
            days, paid = expected.setdefault((numbers[who], step), [set(), 0.0])
            days.add(day)
            expected[numbers[who], step][1] = paid + amount
    assert entries(panel) == {key: (len(days), paid) for key, (days, paid) in expected.items()}
    settled = {numbers[who]: who in joined and joined[who] - first[who] >= 84 for who in first}
    told = panel.customers.set_index("number")["settled"]
    assert all(bool(told[number]) == settled[number] for number in told.index)
    assert panel.groups["customers"].sum() == len(first)


def test_customers_are_in_the_order_of_their_numbers() -> None:
    panel = shop()
    assert panel.customers["number"].is_monotonic_increasing
    assert panel.pasts["number"].is_monotonic_increasing

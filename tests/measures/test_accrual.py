"""First rewards, and purchases run through the ledger at other rates: by hand, and day by day in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pytest
from measures.tables import table
from studies.simulated_shops import SimulatedShop
from studies.told_stores import ToldStore

from retention_lib.estimates import NotAsked
from retention_lib.measures.accrual import FirstRewards, first_rewards, redeeming_balances
from retention_lib.measures.accrual_rates import BOUGHT, ReplayedRewards, replayed_rewards
from retention_lib.measures.member_orders import MemberOrders, member_orders
from retention_lib.measures.points import PointLots, lots
from retention_lib.measures.programme import Programme, programme
from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.redemption import points_paid
from retention_lib.measures.sales import daily_sales
from retention_lib.settings.simulation import Simulation

FIRST, UNTIL = date(2025, 1, 1), date(2026, 7, 1)
LAST = (UNTIL - FIRST).days - 1
EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp(6)",
    "event": "string",
    "points": "float64",
    "reason": "string",
    "earned_at": "timestamp(6)",
    "expires_at": "timestamp(6)",
    "value": "decimal(18, 4)",
}
SALES = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp(6)",
    "amount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
}
NOBODY = NotAsked("loyalty_events", 0, 1)


def at(day: float) -> datetime:
    """A moment, in days from the first midnight."""
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(minutes=round(day * 1440))


def event(who: str, day: float, kind: str, points: float = 0.0, *, valid: int | None = None) -> tuple[object, ...]:
    """An entry; what is credited names itself as a lot and expires so many days after its day."""
    lot = at(day) if points > 0 else None
    expires = None if valid is None else at(int(day) + valid)
    return (who, at(day), kind, points, "gift" if kind == "grant" else None, lot, expires, None)


def order(who: str, day: float, amount: float, cost: float | None = None) -> tuple[object, ...]:
    spent = None if cost is None else Decimal(f"{cost:.2f}")
    return (who, f"{who}{day}", at(day), Decimal(f"{amount:.2f}"), spent)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A shop's programme and what its members bought."""

    told: Programme
    orders: MemberOrders
    lots: PointLots


def shop(events: list[tuple[object, ...]], orders: list[tuple[object, ...]]) -> Shop:
    """The shop, with 30 members more who joined on the last day and did nothing."""
    events = events + [event(f"z{place:02}", LAST, "join") for place in range(30)]
    sold = table([order("till", 0, 1.0, 1.0), *orders], SALES)
    told = programme(table(events, EVENTS), until=UNTIL, fewest=1)
    sales = daily_sales(sold, purchase_days(sold, until=UNTIL), until=UNTIL)
    bought, held = member_orders(told, sales, sold), lots(told)
    assert isinstance(bought, MemberOrders)
    assert isinstance(held, PointLots)
    return Shop(told=told, orders=bought, lots=held)


def days_to(accounts: ibis.Table, orders: MemberOrders) -> dict[str, int]:
    """Day of the first reward, counted from the first day of the shop, by member."""
    named = accounts.inner_join(orders.accounts.select("account", "customer_id"), "account").to_pandas()
    there = named[named["reached"].notna()]
    return {row.customer_id: (pd.Timestamp(row.reached).date() - FIRST).days for row in there.itertuples()}


def rewards(of: Shop, points: float) -> FirstRewards:
    found = first_rewards(of.told, of.orders, points)
    assert isinstance(found, FirstRewards)
    return found


ANN = [
    event("ann", 10.5, "join"),
    event("ann", 10.6, "grant", 100, valid=20),
    event("ann", 15, "earn", 150, valid=180),
    event("ann", 30, "expire", -100),
    event("ann", 40, "earn", 100, valid=180),
    event("ann", 60, "earn", 50, valid=180),
]


def test_points_that_expired_do_not_bring_a_reward() -> None:
    found = rewards(shop(ANN, []), 300.0)
    assert days_to(found.accounts, shop(ANN, []).orders) == {"ann": 60}


def test_what_a_payment_takes_counts_to_the_balance_of_its_moment() -> None:
    # Credited and used at one moment: the balance after it is 0, and was 300 before the payment.
    events = [event("ann", 10, "join"), event("ann", 20, "grant", 300, valid=9), event("ann", 20, "redeem", -300)]
    of = shop(events, [])
    assert days_to(rewards(of, 300.0).accounts, of.orders) == {"ann": 20}
    assert redeeming_balances(of.told)[["redemptions", "lowest"]].to_numpy().tolist() == [[1, 300.0]]


def test_orders_and_profit_are_counted_from_the_moment_of_joining_to_the_day_of_the_reward() -> None:
    # The order of day 10 before joining does not count, that after it does; so does the one on the day of the reward.
    orders = [
        order("ann", 10.2, 1000, 900),
        order("bob", 10.9, 100, 60),
        order("ann", 20, 200, 120),
        order("ann", 60.9, 50),
        order("ann", 61, 70, 10),
    ]
    of = shop([*ANN, event("bob", 10.5, "join"), event("bob", 30, "grant", 400, valid=9)], orders)
    there = rewards(of, 300.0).ways.query("outcome == 'reached'").drop(columns=["way", "followed", "outcome"])
    columns = ["days", "orders", "members", "revenue", "known_profit", "unpriced"]
    assert there[columns].to_numpy().tolist() == [[20, 1, 1, 100, 40, 0], [50, 2, 1, 250, 80, 50]]
    assert there[["profit_squares", "unpriced_squares", "products"]].to_numpy().tolist() == [
        [1600, 0, 0],
        [6400, 2500, 4000],
    ]


def test_members_leave_stay_open_or_get_there() -> None:
    events = [event(name, 0, "join") for name in ("left", "late", "open", "there")]
    events += [event("left", 100, "leave"), event("late", 100, "leave")]
    events += [event("late", 200, "grant", 300), event("there", 400, "grant", 300)]
    ways = rewards(shop(events, []), 300.0).ways
    found = {(row.outcome, row.days, row.followed): row.members for row in ways.itertuples()}
    # 30 joined on the last day; a balance after leaving is nobody's reward.
    expected = {("left", 100, 365): 2, ("open", LAST, 365): 1, ("reached", 400, 365): 1, ("open", 0, 0): 30}
    assert found == expected


def test_who_joined_before_the_sales_or_has_no_joining_is_left_out() -> None:
    events = [event("old", -3, "join"), event("ghost", 5, "earn", 400), event("ann", 5, "join")]
    accounts = shop(events, []).orders.accounts.to_pandas()
    assert set(accounts["customer_id"]) == {"ann", *(f"z{place:02}" for place in range(30))}


def test_too_few_members_and_no_programme_are_said() -> None:
    told = programme(table([event("ann", 1, "join")], EVENTS), until=UNTIL, fewest=1)
    sold = table([order("ann", 0, 5)], SALES)
    sales = daily_sales(sold, purchase_days(sold, until=UNTIL), until=UNTIL)
    few = member_orders(told, sales, sold)
    assert (few.reason, few.have, few.need) == ("members_with_joining", 1, 30)
    assert member_orders(NOBODY, sales, sold) is NOBODY
    assert first_rewards(NOBODY, few, 300.0) is NOBODY
    assert replayed_rewards(NOBODY, few, 300.0) is NOBODY
    assert redeeming_balances(NOBODY) is NOBODY


def random_shop(seed: int) -> tuple[Shop, dict[str, list[tuple[int, float]]], list[tuple[object, ...]]]:
    """Members with orders that earn 5 %, credited after two days for 60 days, and gifts for 10 to 40 days."""
    rng = np.random.default_rng(seed)
    events, orders, bought = [], [], {}
    for place in range(40):
        who, joined = f"m{place:02}", int(rng.integers(1, 300))
        events.append(event(who, joined, "join"))
        # On days of their own, so that a lot is told by its moment.
        days = sorted(rng.choice(np.arange(joined + 1, LAST), rng.integers(1, 12), replace=False).tolist())
        bought[who] = [(day, float(rng.integers(10, 4000))) for day in days]
        orders += [order(who, day, amount) for day, amount in bought[who]]
        events += [
            event(who, day + 2, "earn", 0.05 * amount, valid=60) for day, amount in bought[who] if day + 2 <= LAST
        ]
        given = [day for day in rng.integers(joined, LAST, 2).tolist() if day + 2 not in days]
        gifts = {day: event(who, day + 0.5, "grant", 50, valid=int(rng.integers(10, 40))) for day in given}
        events += list(gifts.values())
    return shop(events, orders), bought, events


def replay_by_day(
    bought: Mapping[str, list[tuple[int, float]]],
    points_of: Callable[[str, int], float],
    gifts: Mapping[str, list[tuple[int, int, float]]],
) -> dict[str, int]:
    """The first day on which orders that earn points, two days later for 60 days, and gifts are worth 300 points."""
    found = {}
    for who, orders in bought.items():
        credits = [(day + 2, day + 62, points_of(who, place)) for place, (day, _) in enumerate(orders)] + gifts[who]
        for day in range(LAST + 1):
            if sum(points for start, end, points in credits if start <= day < end) >= 300 - 1e-6:
                found[who] = day
                break
    return found


@pytest.mark.parametrize("seed", range(4))
def test_replayed_rewards_are_those_counted_day_by_day(seed: int) -> None:
    of, bought, events = random_shop(seed)
    replay = replayed_rewards(of.lots, of.orders, 300.0, proposed_rates=[4.0, 11.5])
    assert isinstance(replay, ReplayedRewards)
    pace = replay.pace
    assert (pace.valid_days, pace.credit_days) == (60, 2)
    # Orders of the last two days are not credited yet, and neither is their money counted.
    assert pace.rate == pytest.approx(5.0)
    gifts = defaultdict(list)
    for row in events:
        if row[2] == "grant":
            start, end = ((moment.date() - FIRST).days for moment in (row[1], row[6]))
            gifts[row[0]].append((start, end, row[3]))
    nothing = defaultdict(list)
    before = {who: np.cumsum([0.0, *(amount for _, amount in orders)]) for who, orders in bought.items()}
    cuts = np.quantile([so_far for who in bought for so_far in before[who][:-1]], [1 / 3, 2 / 3])
    assert pace.cuts == pytest.approx(tuple(cuts))
    # Sums of whole amounts are exact: an order belongs to the first third where no more than the cut was spent before.
    steps = {who: [1 + 0.5 * sum(value > cuts + 1e-6) for value in before[who]] for who in bought}
    money = [(amount, steps[who][place]) for who, orders in bought.items() for place, (_, amount) in enumerate(orders)]
    weight = sum(amount * step for amount, step in money) / sum(amount for amount, _ in money)
    schemes = {
        "replayed": lambda who, place: 0.05 * bought[who][place][1],
        "same": lambda who, place: 0.05 * bought[who][place][1],
        "flat_0": lambda who, place: 0.04 * bought[who][place][1],
        "flat_1": lambda who, place: 0.115 * bought[who][place][1],
        "growth_0": lambda who, place: 0.05 / weight * steps[who][place] * bought[who][place][1],
        "growth_2": lambda who, place: 0.115 / weight * steps[who][place] * bought[who][place][1],
    }
    ways = replay.ways
    joined = {row[0]: (row[1].date() - FIRST).days for row in events if row[2] == "join"}
    for way, points_of in schemes.items():
        for name, given in ((way, gifts), (way + BOUGHT, nothing)):
            expected = replay_by_day(bought, points_of, given)
            there = ways[(ways["way"] == name) & (ways["outcome"] == "reached")]
            wanted = defaultdict(lambda: [0, 0.0])
            for who, day in expected.items():
                until = [amount for made, amount in bought[who] if made <= day]
                found = wanted[(day - joined[who], len(until))]
                found[0] += 1
                found[1] += sum(until)
            got = there.groupby(["days", "orders"])[["members", "revenue"]].sum()
            assert {key: list(row) for key, row in zip(got.index, got.to_numpy(), strict=True)} == dict(wanted)
            assert int(ways.loc[ways["way"] == name, "members"].sum()) == 40 + 30


def test_a_growing_rate_costs_what_the_flat_one_costs() -> None:
    of, bought, _ = random_shop(9)
    replay = replayed_rewards(of.lots, of.orders, 300.0)
    assert isinstance(replay, ReplayedRewards)
    schemes = replay.schemes.set_index("way")
    assert schemes["rate"].round(6).to_dict() == {
        "replayed": 5.0,
        "same": 5.0,
        "flat_0": 7.5,
        "flat_1": 10.0,
        "growth_0": 5.0,
        "growth_1": 7.5,
        "growth_2": 10.0,
    }
    assert (schemes["rate"] / schemes["first"]).loc["growth_1"] == pytest.approx(replay.pace.weight)
    spend = pd.Series([amount for orders in bought.values() for _, amount in orders])
    assert replay.pace.spent <= spend.sum() + 1
    assert 1.0 < replay.pace.weight < 2.0


def test_purchases_that_earn_nothing_are_not_replayed() -> None:
    replay = replayed_rewards(
        *parts(shop([event("ann", 1, "join"), event("ann", 2, "grant", 9)], [order("ann", 3, 9)]))
    )
    assert isinstance(replay, ReplayedRewards)
    assert replay.schemes.empty
    assert replay.ways.empty


def test_points_without_expiry_stay_and_a_year_is_looked_at() -> None:
    events = [event("ann", 1, "join"), event("ann", 4, "earn", 100), event("ann", 404, "earn", 200)]
    of = shop(events, [order("ann", 2, 1000), order("ann", 402, 2000)])
    replay = replayed_rewards(*parts(of))
    assert isinstance(replay, ReplayedRewards)
    assert replay.pace.valid_days is None
    assert (replay.pace.typical_spend, replay.pace.typical_members) == (1000.0, 1)
    there = replay.ways.query("way == 'replayed' and outcome == 'reached'")
    assert there[["days", "orders"]].to_numpy().tolist() == [[403, 2]]


def parts(of: Shop) -> tuple[PointLots, MemberOrders, float]:
    return of.lots, of.orders, 300.0


def test_a_simulated_shop_shows_its_rules() -> None:
    simulation = Simulation(customers=3_000, months=24, until=date(2026, 6, 30), seed=3)
    told_store = ToldStore(SimulatedShop(simulation).stories)
    told = programme(told_store.table("loyalty_events"), until=UNTIL, fewest=1)
    sold = told_store.table("transactions")
    sales = daily_sales(sold, purchase_days(sold, until=UNTIL), until=UNTIL)
    orders, held = member_orders(told, sales, sold), lots(told)
    balances = redeeming_balances(told)
    # Points can be used from 300 on, and a point pays a rouble (docs/simulated-store.md, stores/simulation/ledger.py).
    assert 300 <= balances["lowest"].iloc[0] < 310
    paid = points_paid(told)
    assert paid["paid"].iloc[0] == paid["points"].iloc[0]
    replay = replayed_rewards(held, orders, 300.0)
    found = first_rewards(told, orders, 300.0)
    assert isinstance(replay, ReplayedRewards)
    assert isinstance(found, FirstRewards)
    # Between 3 and 7 points for 100 roubles by tier, for 180 days.
    assert 3 < replay.pace.rate < 7
    assert replay.pace.valid_days == 180
    shares = [
        ways.loc[(ways["followed"] == 365) & (ways["outcome"] == "reached"), "members"].sum()
        for ways in (found.ways, replay.ways.query("way == 'replayed'"))
    ]
    everybody = found.ways.loc[found.ways["followed"] == 365, "members"].sum()
    assert abs(shares[0] - shares[1]) / everybody < 0.03

"""Lots of points and their ledger: by hand, against first in first out entry by entry, and in a simulated shop."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import table
from studies.simulated_shops import SimulatedShop
from studies.told_stores import ToldStore

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.measures.points import PointLots, credits_by_reason, ledger, lots, open_points
from retention_lib.measures.programme import programme
from retention_lib.models.points import PointsLedger, points_ledger
from retention_lib.settings.simulation import Simulation

FIRST, UNTIL = date(2025, 1, 1), date(2026, 7, 1)
EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp(6)",
    "event": "string",
    "points": "float64",
    "reason": "string",
    "earned_at": "timestamp(6)",
    "expires_at": "timestamp(6)",
}
Entry = tuple[str, int, str, float]


def at(day: int | None) -> datetime | None:
    """Midnight of a day, counted from the first."""
    return None if day is None else datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day)


def entry(
    who: str,
    day: int,
    event: str,
    points: float | None = None,
    *,
    lot: int | None = None,
    expires: int | None = None,
    reason: str | None = None,
) -> tuple[object, ...]:
    """A row of `loyalty_events`; days are counted from the first."""
    return (who, at(day), event, points, reason, at(lot), at(expires))


def lots_of(*rows: tuple[object, ...]) -> PointLots:
    found = lots(programme(table(rows, EVENTS), until=UNTIL, fewest=1))
    assert isinstance(found, PointLots)
    return found


def ledger_of(found: PointLots) -> PointsLedger:
    told = points_ledger(ledger(found), credits_by_reason(found), open_points(found))
    assert isinstance(told, PointsLedger)
    return told


def gone(found: PointLots, *, booked: bool = True) -> list[tuple[str, int, int, str, float]]:
    """What went, as (customer, day of crediting, day, event, points)."""
    moved = found.movements.filter(found.movements.booked == booked)
    frame = moved.inner_join(found.lots.select("lot", "earned"), "lot").to_pandas()
    rows = zip(
        frame["customer_id"],
        [(day - pd.Timestamp(FIRST)).days for day in pd.to_datetime(frame["earned"])],
        [(day - pd.Timestamp(FIRST)).days for day in pd.to_datetime(frame["day"])],
        frame["event"],
        frame["points"].astype(float),
        strict=True,
    )
    return sorted(rows)


def left(found: PointLots) -> dict[tuple[str, int], float]:
    """What is left of each lot, by customer and day of crediting."""
    frame = found.lots.to_pandas()
    days = [(day - pd.Timestamp(FIRST)).days for day in pd.to_datetime(frame["earned"])]
    sums: dict[tuple[str, int], float] = defaultdict(float)
    for who, day, points in zip(frame["customer_id"], days, frame["left"].astype(float), strict=True):
        sums[who, day] += points
    return dict(sums)


def test_debits_that_name_no_lot_take_first_in_first_out() -> None:
    found = lots_of(
        entry("ann", 0, "join"),
        entry("ann", 1, "earn", 100),
        entry("ann", 2, "grant", 50, reason="birthday"),
        entry("ann", 5, "redeem", -120),
        entry("ann", 6, "adjust", -10),
        entry("bob", 3, "earn", 40),
    )
    assert gone(found) == [("ann", 1, 5, "redeem", 100), ("ann", 2, 5, "redeem", 20), ("ann", 2, 6, "adjust", 10)]
    assert left(found) == {("ann", 1): 0, ("ann", 2): 20, ("bob", 3): 40}
    rows = found.lots.order_by("customer_id", "earned").to_pandas()
    assert rows["kind"].tolist() == ["earn", "grant", "earn"]
    assert rows["reason"].tolist() == ["", "birthday", ""]


def test_debits_that_name_their_lot_take_from_it() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100, lot=1),
        entry("ann", 2, "earn", 50, lot=2),
        entry("ann", 5, "redeem", -30, lot=2),
        entry("ann", 6, "redeem", -5),  # of those that are left, the first
    )
    assert gone(found) == [("ann", 1, 6, "redeem", 5), ("ann", 2, 5, "redeem", 30)]


def test_what_a_named_lot_does_not_hold_comes_from_the_others() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100, lot=1), entry("ann", 2, "earn", 50, lot=2), entry("ann", 5, "redeem", -70, lot=2)
    )
    assert gone(found) == [("ann", 1, 5, "redeem", 20), ("ann", 2, 5, "redeem", 50)]


def test_two_lots_of_one_name_as_of_two_ids_that_were_merged() -> None:
    found = lots_of(
        entry("ann", 1, "grant", 100, lot=1, reason="promotion"),
        entry("ann", 1, "grant", 100, lot=1, reason="promotion"),
        entry("ann", 5, "redeem", -40, lot=1),
        entry("ann", 31, "expire", -60, lot=1),
        entry("ann", 31, "expire", -90, lot=1),
    )
    assert left(found) == {("ann", 1): 10}
    assert sum(points for *_, points in gone(found)) == 190
    assert ledger_of(found).balanced


def test_an_expiry_without_a_name_takes_from_the_lot_whose_date_has_passed() -> None:
    # The grant was credited last and expires first; what is left of it goes, and not the older lot.
    found = lots_of(
        entry("ann", 1, "earn", 100, expires=181),
        entry("ann", 10, "grant", 50, expires=40),
        entry("ann", 40, "expire", -50),
        entry("ann", 60, "redeem", -30),
        entry("ann", 181, "expire", -70),
    )
    assert gone(found) == [
        ("ann", 1, 60, "redeem", 30),
        ("ann", 1, 181, "expire", 70),
        ("ann", 10, 40, "expire", 50),
    ]
    assert gone(found, booked=False) == []


def test_an_expiry_does_not_take_from_a_lot_that_was_used_up() -> None:
    # The short grant was used up, so that its date passed without an entry; what expires on day 181 is the long lot.
    found = lots_of(
        entry("ann", 1, "grant", 50, expires=31),
        entry("ann", 2, "earn", 100, expires=181),
        entry("ann", 5, "redeem", -80),
        entry("ann", 181, "expire", -70),
    )
    assert gone(found) == [("ann", 1, 5, "redeem", 50), ("ann", 2, 5, "redeem", 30), ("ann", 2, 181, "expire", 70)]


def test_a_reversal_without_a_name_takes_from_the_lot_earned_last() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100),
        entry("ann", 10, "earn", 60),
        entry("ann", 11, "grant", 50),
        entry("ann", 15, "reverse", -50),
        entry("ann", 16, "reverse", -20),  # the lot holds 10 more; the rest comes from the oldest
        entry("ann", 20, "earn", 80),
        entry("bob", 5, "grant", 30),
        entry("bob", 6, "reverse", -5),  # nothing was earned
    )
    assert gone(found) == [
        ("ann", 1, 16, "reverse", 10),
        ("ann", 10, 15, "reverse", 50),
        ("ann", 10, 16, "reverse", 10),
        ("bob", 5, 6, "reverse", 5),
    ]


def test_points_past_their_date_are_gone_though_no_entry_says_so() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100, expires=101),
        entry("ann", 50, "earn", 100, expires=150),
        entry("ann", 60, "redeem", -30),
        entry("ann", 120, "redeem", -30),  # not from the first lot, which is past its date
        entry("ann", 125, "redeem", -20),
        entry("bob", 540, "earn", 10, expires=546),  # the first day that is not seen
    )
    assert gone(found) == [
        ("ann", 1, 60, "redeem", 30),
        ("ann", 50, 120, "redeem", 30),
        ("ann", 50, 125, "redeem", 20),
    ]
    assert gone(found, booked=False) == [("ann", 1, 101, "expire", 70), ("ann", 50, 150, "expire", 50)]
    assert left(found)["bob", 540] == 10
    told = ledger_of(found)
    assert (told.by_date, told.points_outstanding.value, told.balanced) == (120, 10, True)
    may = told.table.set_index("month").loc["2025-05"]
    assert (may["expired"], may["expired_by_date"], may["outstanding"]) == (50, 50, 0)


def test_points_of_those_who_left_are_gone_unless_their_account_goes_on() -> None:
    found = lots_of(
        entry("ann", 0, "join"),
        entry("ann", 1, "earn", 100, expires=181),
        entry("ann", 30, "leave"),
        entry("bob", 0, "join"),
        entry("bob", 1, "earn", 70),
        entry("bob", 30, "leave"),
        entry("bob", 31, "forfeit", -70),
        # Two ids of one customer: one left, the other is used on.
        entry("cid", 0, "join"),
        entry("cid", 1, "earn", 50),
        entry("cid", 30, "leave"),
        entry("cid", 40, "redeem", -20),
        # Back again.
        entry("dan", 0, "join"),
        entry("dan", 1, "earn", 10),
        entry("dan", 30, "leave"),
        entry("dan", 60, "join"),
    )
    assert gone(found, booked=False) == [("ann", 1, 30, "forfeit", 100)]
    assert left(found) == {("ann", 1): 0, ("bob", 1): 0, ("cid", 1): 30, ("dan", 1): 10}
    told = ledger_of(found)
    assert told.balanced
    assert told.total("all")[["forfeited", "forfeited_by_date"]].tolist() == [170, 100]


def test_debits_beyond_all_credits_are_kept() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 50),
        entry("ann", 5, "redeem", -80),
        entry("ann", 40, "earn", 20),  # makes up for some of it
        entry("bob", 2, "redeem", -10, lot=0),  # a lot from before the data
        entry("bob", 3, "earn", 15, lot=3),
    )
    assert gone(found) == [("ann", 1, 5, "redeem", 50), ("ann", 40, 5, "redeem", 20)]
    beyond = found.overdrawn.order_by("customer_id").to_pandas()
    assert beyond["points"].astype(float).tolist() == [10, 10]
    told = ledger_of(found)
    assert (told.overdrawn, told.accounts_overdrawn, told.balanced) == (20, 2, True)
    table = told.table.set_index("month")
    # January: ann 30 below zero, bob 10 with 15 left; February: ann 10, bob 10.
    assert table.loc["2025-01", ["outstanding", "overdrawn"]].tolist() == [-25, 40]
    assert table.loc["2025-02", ["outstanding", "overdrawn"]].tolist() == [-5, 20]
    assert told.points_outstanding.value == 15


def test_signs_do_not_matter_where_a_source_writes_none() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100),
        entry("ann", 2, "redeem", 30),
        entry("ann", 3, "reverse", 20),
        entry("ann", 4, "join"),
    )
    assert gone(found) == [("ann", 1, 2, "redeem", 30), ("ann", 1, 3, "reverse", 20)]


def test_points_given_back_are_a_lot_of_their_own_and_an_adjustment() -> None:
    found = lots_of(
        entry("ann", 1, "earn", 100, lot=1), entry("ann", 2, "redeem", -30, lot=1), entry("ann", 3, "reverse", 30)
    )
    assert left(found) == {("ann", 1): 70, ("ann", 3): 30}
    told = ledger_of(found)
    assert told.total("all")[["adjusted", "reversed", "burned"]].tolist() == [30, 0, 30]


def test_parts_of_points_add_up_too() -> None:
    rows = [entry("ann", day, "earn", 0.1) for day in range(1, 31)]
    told = ledger_of(lots_of(*rows, entry("ann", 40, "redeem", -2.9)))
    assert told.balanced
    assert told.points_outstanding.value == pytest.approx(0.1)


def test_ledger_by_hand() -> None:
    found = lots_of(
        entry("ann", 0, "join"),
        entry("ann", 1, "earn", 100, reason="purchase"),
        entry("ann", 2, "grant", 200, expires=60, reason="welcome"),
        entry("ann", 10, "redeem", -50),
        entry("ann", 35, "adjust", -5),
        entry("ann", 36, "adjust", 7),
        entry("ann", 60, "expire", -200),
        entry("bob", 31, "join"),
        entry("bob", 33, "earn", 60, reason="purchase"),
        entry("bob", 34, "reverse", -20),
        entry("bob", 59, "leave"),
        entry("bob", 59, "forfeit", -40),
    )
    table = ledger_of(found).table.set_index("month")
    columns = ["opening", "earned", "granted", "adjusted", "burned", "reversed", "expired", "forfeited", "outstanding"]
    assert table.loc["2025-01", [*columns, "members"]].tolist() == [0, 100, 200, 0, 50, 0, 0, 0, 250, 1]
    assert table.loc["2025-02", [*columns, "members"]].tolist() == [250, 60, 0, 2, 0, 20, 0, 0, 292, 2]
    assert table.loc["2025-03", [*columns, "members"]].tolist() == [292, 0, 0, 0, 0, 0, 200, 40, 52, 1]
    assert table.loc["2026-06", columns].tolist() == [52, 0, 0, 0, 0, 0, 0, 0, 52]
    assert len(table) == 18


def test_reasons_by_hand_and_rare_ones_unnamed() -> None:
    rows = [entry(f"c{n}", 1, "grant", 10, lot=1, reason="welcome") for n in range(5)]
    rows += [entry("c0", 2, "grant", 30, lot=2, reason="for Ann"), entry("c0", 3, "redeem", -4, lot=1)]
    rows += [entry("c1", 3, "expire", -10, lot=1), entry("c2", 3, "adjust", -3, lot=1)]
    told = credits_by_reason(lots_of(*rows))
    assert isinstance(told, pd.DataFrame)
    assert told["reason"].tolist() == ["(rare)", "welcome"]
    row = told.loc[told["reason"] == "welcome"].iloc[0]
    assert row[["lots", "members", "points", "burned", "reversed", "expired", "forfeited", "left"]].tolist() == [
        *(5, 5, 50, 4, 3, 10, 0, 33)
    ]


def test_open_points_by_age_and_expiry() -> None:
    last = (UNTIL - FIRST).days - 1
    found = lots_of(
        entry("ann", last, "earn", 1, expires=last + 30),  # of the last day; the thirtieth day ahead
        entry("ann", last - 29, "earn", 2, expires=last + 31),
        entry("bob", last - 30, "earn", 4, expires=last + 180),
        entry("bob", last - 364, "earn", 8, expires=last + 181),
        entry("cid", last - 365, "earn", 16),
    )
    told = open_points(found)
    assert isinstance(told, pd.DataFrame)
    rows = {by: part[["days", "points", "members"]].fillna(-1).to_numpy().tolist() for by, part in told.groupby("by")}
    infinite = float("inf")
    assert rows["age"] == [[30, 3, 1], [90, 4, 1], [365, 8, 1], [infinite, 16, 1]]
    assert rows["expiry"] == [[30, 1, 1], [90, 2, 1], [180, 4, 1], [infinite, 8, 1], [-1, 16, 1]]
    assert rows["all"] == [[-1, 31, 3]]


def test_refusals() -> None:
    asked = NotAsked("loyalty_events_known", 0, 1)
    assert lots(asked) is asked
    assert ledger(asked) is asked
    rows = [entry("ann", 1, "join"), entry("ann", 2, "redeem", -5)]
    assert lots(programme(table(rows, EVENTS), until=UNTIL, fewest=1)) == NotEnough("points_credited", 0, 1)
    bare = table([("ann", at(1), "join")], dict(list(EVENTS.items())[:3]))
    assert lots(programme(bare, until=UNTIL, fewest=1)) == NotEnough("points_known", 0, 1)


def queue(rows: list[Entry], days: int | None) -> tuple[list[tuple[str, int, int, str, float]], float]:
    """First in first out, entry by entry: what went by lot and day, and what no lot covered."""
    lots_of_each: dict[str, list[list[float]]] = defaultdict(list)
    owed: dict[str, list[list[object]]] = defaultdict(list)
    moved: dict[tuple[str, int, int, str], float] = defaultdict(float)
    for who, day, event, points in sorted(rows, key=lambda row: (row[1], row[3] < 0, row[2])):
        if points > 0:
            held = [float(day), points]
            for debt in owed[who]:
                part = min(held[1], float(str(debt[2])))
                moved[who, day, int(str(debt[0])), str(debt[1])] += part
                held[1] -= part
                debt[2] = float(str(debt[2])) - part
            lots_of_each[who].append(held)
            continue
        rest = -points
        for held in lots_of_each[who]:
            if days is None or day < held[0] + days:
                part = min(held[1], rest)
                moved[who, int(held[0]), day, event] += part
                held[1] -= part
                rest -= part
        owed[who].append([day, event, rest])
    beyond = sum(float(str(debt[2])) for debts in owed.values() for debt in debts)
    return sorted((*key, points) for key, points in moved.items() if points > 0), beyond


credit = st.tuples(st.sampled_from("ab"), st.integers(0, 200), st.sampled_from(["earn", "grant"]), st.integers(1, 60))
debit = st.tuples(
    st.sampled_from("ab"), st.integers(0, 200), st.sampled_from(["redeem", "adjust", "redeem"]), st.integers(-60, -1)
)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.one_of(credit, debit), min_size=30, max_size=60), st.sampled_from([None, 30, 60]))
def test_against_first_in_first_out_entry_by_entry(rows: list[Entry], days: int | None) -> None:
    # Two entries of a customer on one day are one, so that their order cannot matter.
    rows = list({(who, day): (who, day, event, float(points)) for who, day, event, points in rows}.values())
    rows.append(("z", 3, "earn", 5.0))
    found = lots_of(
        *(
            entry(who, day, event, points, expires=day + days if points > 0 and days else None)
            for who, day, event, points in rows
        )
    )
    moved, beyond = queue(rows, days)
    assert gone(found) == moved
    assert float(found.overdrawn.points.sum().fill_null(0).to_pandas()) == beyond
    assert ledger_of(found).balanced


anything = st.tuples(
    st.sampled_from("ab"),
    st.integers(0, 60),
    st.sampled_from(["earn", "grant", "redeem", "reverse", "adjust", "expire", "forfeit", "leave", "join"]),
    st.integers(-40, 40),
    st.one_of(st.none(), st.integers(0, 60)),
    st.one_of(st.none(), st.integers(0, 600)),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(anything, max_size=60))
def test_no_point_is_lost_whatever_the_entries(
    rows: list[tuple[str, int, str, int, int | None, int | None]],
) -> None:
    told = [entry(who, day, event, points, lot=lot, expires=ends) for who, day, event, points, lot, ends in rows]
    found = lots_of(*told, entry("z", 3, "earn", 5), entry("z", 3, "redeem", -1))
    assert ledger_of(found).balanced
    lot, moved = found.lots.to_pandas(), found.movements.to_pandas()
    went = moved.groupby("lot")["points"].sum().reindex(lot["lot"]).fillna(0).astype(float)
    assert (lot["points"].astype(float).to_numpy() == went.to_numpy() + lot["left"].astype(float).to_numpy()).all()
    assert (lot["left"] >= 0).all()
    assert (moved["points"] > 0).all()


@cache
def shop_events() -> ibis.Table:
    simulation = Simulation(customers=3_000, months=18, until=UNTIL - timedelta(days=1), seed=5)
    return ToldStore(SimulatedShop(simulation).stories).table("loyalty_events")


def test_a_simulated_shop_by_its_names() -> None:
    found = lots(programme(shop_events(), until=UNTIL, fewest=1))
    assert isinstance(found, PointLots)
    told = ledger_of(found)
    assert (told.balanced, told.difference, told.by_date, told.overdrawn) == (True, 0, 0, 0)
    events = shop_events().to_pandas()
    booked = found.movements.group_by("event").aggregate(points=found.movements.points.sum()).to_pandas()
    for event, points in booked.itertuples(index=False):
        debits = events.loc[(events["event"] == event) & (events["points"] < 0), "points"]
        assert float(points) == -debits.sum()
    # What is left of each lot is what its entries add up to.
    of_lots = events.groupby(["customer_id", "earned_at"])["points"].sum()
    assert found.lots.left.sum().to_pandas() == of_lots.sum()
    assert (found.lots.left > 0).sum().to_pandas() == (of_lots > 0).sum()


def test_a_simulated_shop_without_names_and_with_merged_ids() -> None:
    events = shop_events()
    by_name = lots(programme(events, until=UNTIL, fewest=1))
    unnamed = events.mutate(earned_at=ibis.ifelse(events.points > 0, events.earned_at, ibis.null("timestamp(6)")))
    by_rule = lots(programme(unnamed, until=UNTIL, fewest=1))
    assert isinstance(by_name, PointLots)
    assert isinstance(by_rule, PointLots)
    assert ledger_of(by_rule).balanced
    known, found = (
        frame.movements.filter(frame.movements.event == "redeem").to_pandas().groupby(["lot", "day"])["points"].sum()
        for frame in (by_name, by_rule)
    )
    elsewhere = known.astype(float).sub(found.astype(float), fill_value=0).abs().sum() / 2
    assert elsewhere < 0.03 * float(known.sum())
    # Pairs of customers become one, with two joinings, two welcomes and grants of one moment.
    merged = events.mutate(customer_id=events.customer_id.substr(0, 9))
    told = ledger_of(lots_of_table(merged))
    assert told.balanced
    # Where one of them left, what the others have not touched since counts as left behind.
    assert told.points_outstanding.value + told.by_date == ledger_of(by_name).points_outstanding.value
    assert told.by_date > 0


def lots_of_table(events: ibis.Table) -> PointLots:
    found = lots(programme(events, until=UNTIL, fewest=1))
    assert isinstance(found, PointLots)
    return found

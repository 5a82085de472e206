"""The ledger of points, replayed row by row by other means than those that wrote it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores.simulation.members import PROGRAMMES, assert_contract, orders_frame, resized, told

from retention_lib.measures.profile_person import loyalty_part
from retention_lib.settings.tables import TABLES
from retention_lib.stores.simulation.ledger import Wishes, loyalty_events, taken
from retention_lib.stores.simulation.points import Lots
from retention_lib.stores.simulation.stage import NEVER

CREDITS, DEBITS = {"earn", "grant"}, {"redeem", "reverse", "expire", "forfeit"}


@cache
def events(programme: str = "level") -> pd.DataFrame:
    return loyalty_events(told(programme=programme)).to_pandas()


def end_of(programme: str) -> pd.Timestamp:
    return pd.Timestamp(told(programme=programme).shop.simulation.until) + timedelta(days=1)


@dataclass
class Account:
    """A customer's account in a replay: lots by the moment of crediting."""

    left: dict[pd.Timestamp, int] = field(default_factory=dict)
    expires: dict[pd.Timestamp, pd.Timestamp] = field(default_factory=dict)
    member: bool = False

    def usable(self, at: pd.Timestamp) -> int:
        return sum(points for lot, points in self.left.items() if lot < at < self.expires[lot])


def replay(frame: pd.DataFrame) -> Iterator[tuple[Any, Account]]:
    """Every row in its order with its customer's account before it; the account is changed after."""
    accounts: dict[str, Account] = defaultdict(Account)
    for row in frame.itertuples(index=False):
        account = accounts[row.customer_id]
        yield row, account
        if row.event in {"join", "leave"}:
            account.member = row.event == "join"
        elif row.earned_at in account.left:
            account.left[row.earned_at] += int(row.points)
        elif row.event != "tier":
            account.left[row.earned_at] = int(row.points)
            account.expires[row.earned_at] = row.expires_at


def balances(frame: pd.DataFrame) -> dict[str, Account]:
    return {row.customer_id: account for row, account in replay(frame)}


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_ledger_keeps_to_the_contract_and_its_order(programme: str) -> None:
    table = loyalty_events(told(programme=programme))
    assert_contract(table, "loyalty_events")
    frame = table.to_pandas()
    assert set(frame.event) == set(TABLES["loyalty_events"].column("event").choices)
    assert set(frame.reason.dropna()) == {"purchase", "welcome", "review", "referral", "birthday", "promotion"}
    assert frame.sort_values(["customer_id", "occurred_at"], kind="stable").index.equals(frame.index)
    assert frame.occurred_at.max() < end_of(programme)
    assert not frame.duplicated().any()


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_points_are_credited_with_plus_and_go_with_minus(programme: str) -> None:
    frame = events(programme)
    assert (frame.points[frame.event.isin(CREDITS)] > 0).all()
    assert (frame.points[frame.event.isin(DEBITS)] < 0).all()
    adjusted = frame.points[frame.event == "adjust"]
    assert (adjusted > 0).any()
    assert (adjusted < 0).any()
    assert frame.points[frame.event.isin(["join", "tier", "leave"])].isna().all()


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_lot_closes_and_is_never_overdrawn(programme: str) -> None:
    frame, end = events(programme), end_of(programme)
    for row, account in replay(frame):
        if row.event == "join":
            assert not account.member
        elif row.event not in {"leave", "tier"}:
            assert account.member
        if row.event == "leave":
            assert account.usable(row.occurred_at) == 0
        opens = row.event in CREDITS or (row.event == "adjust" and row.points > 0)
        if opens:
            assert row.earned_at == row.occurred_at
            assert row.earned_at not in account.left
        elif row.points < 0:
            assert row.earned_at < row.occurred_at
            assert account.left[row.earned_at] + row.points >= 0
            if row.event == "expire":
                assert row.occurred_at == account.expires[row.earned_at]
                assert account.left[row.earned_at] + row.points == 0
            else:
                assert row.occurred_at < account.expires[row.earned_at]
    for account in balances(frame).values():
        outstanding = {lot: points for lot, points in account.left.items() if points}
        assert account.member or not outstanding
        assert all(account.expires[lot] >= end for lot in outstanding)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_credits_less_debits_are_the_points_outstanding_and_the_measured_balance(programme: str) -> None:
    frame = events(programme)
    sums = frame.groupby("event", observed=True).points.sum()
    outstanding = {customer: sum(account.left.values()) for customer, account in balances(frame).items()}
    assert sums[[*CREDITS, "adjust"]].sum() + sums[list(DEBITS)].sum() == sum(outstanding.values())
    end = end_of(programme).date()
    measured = loyalty_part(ibis.memtable(loyalty_events(told(programme=programme))), until=end).execute()
    assert measured.set_index("customer_id").points_balance.to_dict() == pytest.approx(outstanding)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_redemptions_take_the_lot_credited_first_and_pay_part_of_an_order(programme: str) -> None:
    frame, story = events(programme), told(programme=programme)
    orders = orders_frame(story)
    amounts = orders.set_index(["customer_id", "ordered_at"]).amount
    paid: dict[tuple[str, pd.Timestamp], int] = defaultdict(int)
    for row, account in replay(frame):
        if row.event != "redeem":
            continue
        key = (row.customer_id, row.occurred_at)
        if key not in paid:
            assert account.usable(row.occurred_at) >= 300
        older = [lot for lot in account.left if lot < row.earned_at and account.expires[lot] > row.occurred_at]
        assert sum(account.left[lot] for lot in older) == 0
        assert row.value == -row.points
        paid[key] -= int(row.points)
    assert len(paid) > 20
    assert all(points * 100 <= 0.30 * amounts[key] for key, points in paid.items())
    assert frame.value[frame.event != "redeem"].isna().all()


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_orders_of_members_earn_by_tier_when_they_are_delivered(programme: str) -> None:
    frame, end = events(programme), end_of(programme)
    histories: dict[str, list[Any]] = defaultdict(list)
    for row in frame[frame.event.isin(["join", "tier", "leave"])].itertuples(index=False):
        histories[row.customer_id].append(row)
    expected = []
    for order in orders_frame(told(programme=programme)).itertuples(index=False):
        rows = histories[order.customer_id]
        before = [row for row in rows if row.occurred_at < order.ordered_at]
        left = next((row.occurred_at for row in rows if row.event == "leave"), end)
        if not before or order.ordered_at >= left.normalize():
            continue
        percent = {"bronze": 3, "silver": 5, "gold": 7}[[row.tier for row in before if row.event == "tier"][-1]]
        credited = order.ordered_at + timedelta(days=3) if order.channel == 2 else order.delivered_at
        points = order.amount * percent // 100 // 100
        if points and credited < left:
            expected.append((order.customer_id, credited.floor("min"), points))
    earned = frame[frame.event == "earn"]
    found = list(zip(earned.customer_id, earned.earned_at.dt.floor("min"), earned.points.astype(int), strict=True))
    assert sorted(found) == sorted(expected)
    assert len(found) > 100


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_lots_expire_after_the_days_their_reason_gives(programme: str) -> None:
    frame = events(programme)
    credits = frame[frame.expires_at.notna()]
    days = (credits.expires_at - credits.earned_at.dt.normalize()).dt.days
    found = days.groupby(credits.reason.astype(object).fillna("adjust")).agg(["min", "max"])
    expected = {"adjust": 180, "birthday": 30, "promotion": 30, "purchase": 180, "referral": 180, "review": 180}
    assert found["min"].to_dict() == found["max"].to_dict() == {**expected, "welcome": 60}
    assert (credits.expires_at == credits.expires_at.dt.normalize()).all()


def test_birthday_points_come_a_week_before_each_birthday_of_a_member() -> None:
    story, frame = told(), events()
    birth = pd.Series(pd.to_datetime(story.people.birth), index=[f"C{n:09d}" for n in story.people.number])
    grants = frame[frame.reason == "birthday"]
    birthday = grants.occurred_at.dt.normalize() + timedelta(days=7)
    born = birth[grants.customer_id].reset_index(drop=True)
    shown = birthday.reset_index(drop=True)
    leap = (born.dt.month == 2) & (born.dt.day == 29)
    assert (shown.dt.month == born.dt.month)[~leap].all()
    assert (shown.dt.day == born.dt.day)[~leap].all()
    members = frame[frame.event == "join"].set_index("customer_id").occurred_at
    left = frame[frame.event == "leave"].set_index("customer_id").occurred_at
    expected = 0
    for customer, joined in members.items():
        stop = min(left.get(customer, end_of("level")), end_of("level"))
        for year in range(joined.year, stop.year + 2):
            day = pd.Timestamp(year, birth[customer].month, 1) + timedelta(days=int(birth[customer].day) - 1)
            expected += joined <= day - timedelta(days=7) + timedelta(hours=9) < stop
    assert len(grants) == expected


def test_reviews_that_are_paid_for_are_in_the_feedback() -> None:
    from retention_lib.stores.simulation.voices import feedback

    said = feedback(told()).to_pandas()
    reviews = set(said[said.kind == "review"][["customer_id", "given_at"]].itertuples(index=False, name=None))
    granted = events()[events().reason == "review"]
    assert set(granted[["customer_id", "occurred_at"]].itertuples(index=False, name=None)) <= reviews
    assert len(granted) > 50


def test_what_came_back_loses_its_points_as_far_as_they_are_left() -> None:
    frame = events()
    earned = frame[frame.event == "earn"].set_index(["customer_id", "earned_at"]).points
    back = frame[frame.event == "reverse"].groupby(["customer_id", "earned_at"]).points.sum()
    assert len(back) > 20
    assert (-back <= earned[back.index]).all()
    assert told(refunds=0.0).orders.refunded.sum() == 0
    assert "reverse" not in set(loyalty_events(told(refunds=0.0)).to_pandas().event)


def test_tiers_are_those_of_the_story_and_of_its_days() -> None:
    story, frame = told(), events()
    tiers = frame[frame.event == "tier"]
    assert (tiers[tiers.tier == "bronze"].shape[0]) == (frame.event == "join").sum()
    for place, tier in enumerate(("silver", "gold")):
        day = story.fates.tier_days[place]
        reached = np.flatnonzero(day < NEVER)
        found = tiers[tiers.tier == tier].set_index("customer_id").occurred_at.dt.normalize()
        first = pd.Timestamp(story.shop.calendar.first_day)
        assert found.to_dict() == {f"C{c:09d}": first + timedelta(days=int(day[c])) for c in reached}
        assert len(reached) > 10


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("welcome_points", {"welcome"}),
        ("birthday_points", {"birthday"}),
        ("action_points", {"review", "referral"}),
    ],
)
def test_a_size_of_zero_grants_nothing(size: str, reason: set[str]) -> None:
    frame = loyalty_events(resized(**{size: 0.0})).to_pandas()
    others = {"welcome", "birthday", "review", "referral", "promotion", "purchase"} - reason
    assert set(frame.reason.dropna()) == others


def test_without_a_programme_the_ledger_is_empty() -> None:
    story = told()
    nobody = np.full(story.people.count, NEVER)
    fates = replace(story.fates, joined=nobody, quit=nobody, tier_days=np.stack([nobody, nobody]))
    member = np.zeros_like(story.occasions.member)
    table = loyalty_events(replace(story, fates=fates, occasions=replace(story.occasions, member=member)))
    assert table.num_rows == 0
    assert table.schema == loyalty_events(story).schema


def test_a_customer_of_two_ids_has_one_account() -> None:
    frame = loyalty_events(resized(split_ids=0.5)).to_pandas()
    joined = frame[frame.event == "join"]
    assert joined.customer_id.str[1:].is_unique
    assert set(frame.customer_id) == set(joined.customer_id)
    assert joined.customer_id.str.startswith("D").any()


def _lots(rows: list[tuple[int, int, int, int]]) -> Lots:
    customer, earned, expires, points = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    none = np.full(len(rows), -1)
    return Lots(
        customer=customer, earned=earned, expires=expires, points=points, event=none, reason=none, purchase=none
    )


def _wishes(rows: list[tuple[int, int, int, int, int]]) -> Wishes:
    customer, moment, lot, least, most = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Wishes(customer=customer, moment=moment, event=np.zeros_like(lot), lot=lot, least=least, most=most)


def test_points_go_first_in_first_out() -> None:
    lots = _lots([(0, 10, 100, 50), (0, 20, 60, 30), (0, 30, 200, 40), (1, 15, 90, 500)])
    wanted = _wishes(
        [
            (0, 20, -1, 0, 10),  # the second lot is credited at this very moment: not yet usable
            (0, 40, -1, 111, 60),  # 110 are left, too few
            (0, 50, -1, 110, 60),  # 40 of the first, 20 of the second
            (0, 60, -1, 0, 25),  # the second expires now: all from the third
            (0, 70, 2, 0, 99),  # back from the third: the 15 that are left
            (1, 91, -1, 0, 5),  # expired
        ]
    )
    found = taken(lots, wanted)
    order = np.lexsort((found.lot, found.wish))
    rows = list(zip(found.wish[order].tolist(), found.lot[order].tolist(), found.points[order].tolist(), strict=True))
    assert rows == [(0, 0, 10), (2, 0, 40), (2, 1, 20), (3, 2, 25), (4, 2, 15)]


moment = st.integers(0, 60)


@settings(deadline=None, max_examples=200)
@given(
    lots=st.lists(st.tuples(st.integers(0, 3), moment, st.integers(1, 40), st.integers(1, 50)), max_size=25),
    wanted=st.lists(
        st.tuples(st.integers(0, 3), moment, st.integers(0, 30), st.integers(0, 40), st.integers(1, 60)), max_size=25
    ),
)
def test_taking_agrees_with_a_replay_one_by_one(
    lots: list[tuple[int, int, int, int]], wanted: list[tuple[int, int, int, int, int]]
) -> None:
    unique = {
        (customer, earned): (customer, earned, earned + valid, points) for customer, earned, valid, points in lots
    }
    rows = [unique[key] for key in sorted(unique)]
    own = [
        (customer, at, which if which < len(rows) and rows[which][:2] < (customer, at) else -1, least, most)
        for customer, at, which, least, most in sorted(wanted, key=lambda wish: wish[:2])
    ]
    own = [wish for wish in own if wish[2] < 0 or rows[wish[2]][0] == wish[0]]
    left, expected = [points for *_, points in rows], []
    for place, (customer, at, which, least, most) in enumerate(own):
        usable = [
            lot
            for lot, (owner, earned, expires, _) in enumerate(rows)
            if owner == customer and earned < at < expires and which in (-1, lot)
        ]
        if sum(left[lot] for lot in usable) < least:
            continue
        for lot in usable:
            points = min(left[lot], most - sum(gone for wish, _, gone in expected if wish == place))
            left[lot] -= points
            if points:
                expected.append((place, lot, points))
    found = taken(_lots(rows), _wishes(own))
    assert sorted(zip(found.wish.tolist(), found.lot.tolist(), found.points.tolist(), strict=True)) == expected

from __future__ import annotations

from datetime import date
from pathlib import Path

import ibis
import pandas as pd
import pytest
from measures.profile_shop import shop

from retention_lib.measures.actions.hours import (
    KINDS,
    HabitCounts,
    channel_hours,
    habit_counts,
    later_scenarios,
    moments,
    prompt_scenarios,
)
from retention_lib.settings.playbook import Playbook
from retention_lib.stores.store import Store

UNTIL = date(2026, 7, 1)

# 1 June 2026 is a Monday; the cut-off of 28 days is 3 June.
SALES = """customer_id,order_id,ordered_at,amount
    ann,o1,2026-05-30 20:15:00,10
    ann,o1,2026-05-30 20:15:00,5
    ann,o2,2026-05-30 20:50:00,7
    ann,o3,2026-06-02 00:00:00,7
    ann,o4,2026-06-06 21:05:00,7
    ann,o5,2026-06-07 08:00:00,7
    ann,o6,2026-06-08 08:00:00,-7
    bob,o7,2026-06-01 09:59:59,3
    bob,o8,2026-06-20 00:00:00,3
    old,o9,2025-06-30 12:00:00,3
    new,o10,2026-07-01 00:00:01,3
    who,o11,2026-06-05 12:00:00,3"""

# opened by a machine; by bob; by bob's machine and then clicked by bob; clicked by a scanner; opened after the end
MESSAGES = """customer_id,campaign_id,channel,sent_at,opened_at,clicked_at
    ann,k1,email,2026-05-01 10:00:00,2026-05-01 10:00:59,
    bob,k1,email,2026-05-01 10:00:00,2026-05-02 19:30:00,2026-05-02 19:31:00
    bob,k2,email,2026-06-10 10:00:00,2026-06-10 10:00:03,2026-06-10 10:01:00
    bob,k3,email,2026-06-11 10:00:00,,2026-06-11 10:00:20
    cid,k3,email,2026-06-30 10:00:00,2026-07-02 10:00:00,
    cid,k4,email,2026-06-30 10:00:00,,"""

PEOPLE = ("ann", "bob", "cid", "new", "old")


def people() -> ibis.Table:
    """Everybody but `who`, whom nobody may write to."""
    return ibis.memtable({"row": list(range(len(PEOPLE))), "customer_id": list(PEOPLE)})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return shop(tmp_path, "transactions", "contacts", transactions=SALES, contacts=MESSAGES)


def hours(counts: HabitCounts, row: int) -> dict[int, int]:
    own = counts.now.set_index("row").loc[row]
    return {hour: int(own[f"hour_{hour}"]) for hour in range(24) if own[f"hour_{hour}"]}


def weekdays(counts: HabitCounts, row: int) -> dict[int, int]:
    own = counts.now.set_index("row").loc[row]
    return {day: int(own[f"day_{day}"]) for day in range(1, 8) if own[f"day_{day}"]}


def test_moments_are_orders_and_what_people_opened(store: Store) -> None:
    told = moments(store, people(), until=UNTIL).order_by("row", "kind", "day", "hour").to_pandas()
    rows = [(row.row, KINDS[row.kind], str(row.day)[:10], row.hour) for row in told.itertuples()]
    assert rows == [
        (0, "machines", "2026-05-01", 10),
        (0, "purchases", "2026-05-30", 20),
        (0, "purchases", "2026-06-02", -1),
        (0, "purchases", "2026-06-06", 21),
        (0, "purchases", "2026-06-07", 8),
        (1, "machines", "2026-06-11", 10),
        (1, "openings", "2026-05-02", 19),
        (1, "openings", "2026-06-10", 10),
        (1, "purchases", "2026-06-01", 9),
        (1, "purchases", "2026-06-20", -1),
    ]


def test_counts_are_of_openings_where_there_are_any(store: Store) -> None:
    counts = habit_counts(store, people(), until=UNTIL)
    assert counts.now[["row", "openings"]].to_numpy().tolist() == [[0, False], [1, True]]
    assert hours(counts, 0) == {20: 1, 21: 1, 8: 1}
    assert hours(counts, 1) == {19: 1, 10: 1}
    # Saturdays 30 May and 6 June, Tuesday 2 June, Sunday 7 June; bob's are purchases too
    assert weekdays(counts, 0) == {6: 2, 2: 1, 7: 1}
    assert weekdays(counts, 1) == {1: 1, 6: 1}


def test_the_past_knows_only_what_was_known_and_what_came_first(store: Store) -> None:
    counts = habit_counts(store, people(), until=UNTIL)
    past = counts.past.set_index("row")
    assert (counts.cutoff, list(past.index)) == (date(2026, 6, 3), [0, 1])
    assert past.loc[0, ["hour_20", "hour_21", "day_6", "day_2"]].tolist() == [1, 0, 1, 1]
    # from then on ann bought on Saturday at 21 and on Sunday at 8; bob, who reads messages, clicked at 10
    later = past[[name for name in past.columns if name.startswith("then_")]]
    assert [{name: count for name, count in row.items() if count} for _, row in later.iterrows()] == [
        {"then_hour_8": 1, "then_hour_21": 1, "then_day_6": 1, "then_day_7": 1},
        {"then_hour_10": 1, "then_day_6": 1},
    ]
    assert past.loc[1, ["hour_19", "hour_10"]].tolist() == [1, 0]
    assert past["openings"].tolist() == [False, True]


def test_the_grid_holds_every_moment(store: Store) -> None:
    grid = habit_counts(store, people(), until=UNTIL).grid
    assert grid.groupby("kind")[["moments", "before"]].sum().to_numpy().tolist() == [[2, 1], [2, 1], [6, 3]]
    assert grid.loc[
        (grid["kind"] == "purchases") & (grid["hour"] == -1), ["weekday", "moments"]
    ].to_numpy().tolist() == [
        [2, 1],
        [6, 1],
    ]


def test_a_sample_holds_no_more_than_asked(tmp_path: Path) -> None:
    lines = [f"c{number},o{number}{turn},2026-06-{turn:02d} 12:00:00,1" for number in range(300) for turn in (1, 9)]
    many = shop(tmp_path, "transactions", transactions="\n".join(["customer_id,order_id,ordered_at,amount", *lines]))
    ids = ibis.memtable({"row": list(range(300)), "customer_id": [f"c{number}" for number in range(300)]})
    counts = habit_counts(many, ids, until=UNTIL, most_customers=100)
    assert len(counts.now) == 300
    assert len(counts.past) == 100
    again = habit_counts(many, ids, until=UNTIL, most_customers=100)
    assert counts.past.equals(again.past)


def test_a_store_without_sales_or_messages_has_no_moments(tmp_path: Path) -> None:
    bare = shop(tmp_path, "customers")
    counts = habit_counts(bare, people(), until=UNTIL)
    assert counts.now.empty
    assert counts.past.empty
    assert counts.grid.empty


def test_messages_without_reactions_say_nothing(tmp_path: Path) -> None:
    sent = "customer_id,campaign_id,channel,sent_at\n ann,k1,email,2026-05-01 10:00:00"
    quiet = shop(tmp_path, "transactions", "contacts", transactions=SALES, contacts=sent)
    assert set(habit_counts(quiet, people(), until=UNTIL).grid["kind"]) == {"purchases"}


def test_hours_of_channels_are_those_of_the_playbook() -> None:
    playbook = Playbook.model_validate({"channels": {"email": {"quiet_from": 22, "quiet_to": 8}}})
    told = channel_hours(playbook).set_index("channel")
    assert told.loc["email"].tolist() == [22, 8]
    assert told.loc["sms"].tolist() == [21, 9]
    assert list(told.index) == ["ads", "email", "messenger", "sms"]


def test_birthdays_and_replenishment_may_be_sent_later() -> None:
    playbook = Playbook.model_validate({"scenarios": {"nappies": {"kind": "replenishment"}, "birthday": False}})
    assert later_scenarios(playbook) == ("nappies", "replenishment")
    assert prompt_scenarios(playbook) == ("abandoned_cart", "browsed_category", "rescue")


def test_counts_of_a_customer_who_does_something_every_hour(tmp_path: Path) -> None:
    hours_ = [
        f"ann,o{number},{stamp},1"
        for number, stamp in enumerate(pd.date_range("2025-07-01 00:30", periods=8760, freq="h"))
    ]
    busy = shop(tmp_path, "transactions", transactions="\n".join(["customer_id,order_id,ordered_at,amount", *hours_]))
    counts = habit_counts(busy, people(), until=UNTIL)
    assert set(hours(counts, 0).values()) == {365}
    # a year from a Tuesday holds 53 of them
    assert weekdays(counts, 0) == {1: 52 * 24, 2: 53 * 24, **dict.fromkeys(range(3, 8), 52 * 24)}

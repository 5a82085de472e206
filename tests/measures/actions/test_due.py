from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
from measures.actions.trigger_shop import told
from measures.tables import table

from retention_lib.measures.actions.context import TriggerContext
from retention_lib.measures.actions.due import one_a_customer, sendable, still_fresh_since
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenarios import ReviewRequestScenario

ROWS = {
    "customer_id": "string",
    "trigger_at": "timestamp",
    "due": "timestamp",
    "detail": "string",
    "strength": "decimal(18, 4)",
}
START = date(2026, 7, 1)


def context(**options: Any) -> TriggerContext:
    nothing: Any = None
    return TriggerContext(store=nothing, until=START, start=START, playbook=Playbook(), **options)


def rows(*lines: str) -> ibis.Table:
    """Lines of customer, due (its trigger as well), detail and strength."""
    typed = []
    for line in lines:
        customer, due, detail, strength = line.split(",")
        at = datetime.fromisoformat(f"2026-{due}:00")
        typed.append((customer, at, at, detail or None, int(strength) if strength else None))
    return table(typed, ROWS)


def test_message_waits_from_what_is_due_and_is_fresh_for_so_many_days_of_it() -> None:
    scenario = ReviewRequestScenario(wait_hours=1.5, fresh_days=10)
    found = sendable(
        rows(
            "past,06-25 12:00,a,1",
            "over,06-21 00:00,,",
            "just,06-21 00:01,,",
            "soon,07-07 22:29,,",
            "late,07-07 22:30,,",
        ),
        context(),
        scenario,
    )
    assert told(found) == {
        "just": ("06-21 00:01", "07-01 00:00", "07-01 00:01", None, None),
        "past": ("06-25 12:00", "07-01 00:00", "07-05 12:00", "a", 1.0),
        "soon": ("07-07 22:29", "07-07 23:59", "07-17 22:29", None, None),
    }


def test_wait_may_outlast_what_is_fresh_or_ends() -> None:
    two = rows("ann,06-30 12:00,,", "bob,07-03 12:00,,")
    day = ReviewRequestScenario(wait_hours=24, fresh_days=1)
    assert told(sendable(two, context(), day)) == {}
    ended = two.mutate(ends=ibis.timestamp("2026-07-03 00:00:00"))
    found = told(sendable(ended, context(), ReviewRequestScenario(wait_hours=0, fresh_days=9)))
    assert found == {"ann": ("06-30 12:00", "07-01 00:00", "07-03 00:00", None, None)}


def test_what_lasts_is_fresh_from_another_moment_and_may_be_sent_later_where_the_trigger_says_so() -> None:
    one = rows("ann,01-30 12:00,,", "bob,07-09 00:00,,").mutate(fresh_from=ibis.timestamp("2026-07-09 00:00:00"))
    scenario = ReviewRequestScenario(fresh_days=2)
    assert told(sendable(one, context(), scenario)) == {
        "ann": ("01-30 12:00", "07-01 00:00", "07-11 00:00", None, None)
    }
    assert list(told(sendable(one, context(), scenario, days=9))) == ["ann", "bob"]
    assert list(told(sendable(one, context(send_days=9), scenario))) == ["ann", "bob"]
    assert told(sendable(one, context(), scenario, wait_hours=36))["ann"][1] == "07-01 00:00"


def test_one_row_a_customer_is_the_latest_then_the_strongest_then_the_first_by_name() -> None:
    found = sendable(
        rows(
            "ann,06-28 12:00,a,9",
            "ann,06-29 12:00,b,1",
            "bob,06-28 12:00,b,",
            "bob,06-28 12:00,c,3",
            "cid,06-28 12:00,,3",
            "cid,06-28 12:00,y,3",
            "cid,06-28 12:00,x,3",
        ),
        context(),
        ReviewRequestScenario(fresh_days=10),
    )
    assert {name: row[3] for name, row in told(one_a_customer(found)).items()} == {"ann": "b", "bob": "c", "cid": "x"}
    strongest = one_a_customer(found, [found.strength.desc()])
    assert told(strongest)["ann"][3] == "a"


def test_what_happened_before_is_no_longer_fresh() -> None:
    assert still_fresh_since(context(), ReviewRequestScenario(fresh_days=20), after_days=10) == date(2026, 6, 1)

from __future__ import annotations

from datetime import datetime

import ibis
from measures.tables import bought, table

from retention_lib.measures.funnel import (
    Sessions,
    abandoned_carts,
    minutes_to_purchase,
    month_sessions,
    visitors_by_steps,
)
from retention_lib.settings.calendar import Month

JUNE = Month(2020, 6)
EVENTS = {"occurred_at": "timestamp", "event": "string", "customer_id": "string", "session_id": "string"}
SHORT = {"v": "visit", "w": "view", "a": "cart_add", "c": "checkout", "p": "purchase"}


Rows = list[tuple[object, ...]]


def session(name: str, began: str, steps: str, customer: str | None = None, *, seconds: int = 60) -> Rows:
    """A session with a step a minute, as in `session("s", "2020-06-01", "vwa")`."""
    start = datetime.fromisoformat(began).timestamp()
    return [
        (datetime.fromtimestamp(start + seconds * place), SHORT[step], customer, name)
        for place, step in enumerate(steps)
    ]


def opened(*sessions: Rows) -> Sessions:
    found = month_sessions(events(*sessions), month=JUNE)
    assert found is not None
    return found


def events(*sessions: Rows) -> ibis.Table:
    return table([row for rows in sessions for row in rows], EVENTS)


def test_a_step_counts_when_a_later_one_occurred() -> None:
    found = opened(
        session("s1", "2020-06-01", "vwacp", "ann"),
        session("s2", "2020-06-02", "vp", "ann"),  # bought without a trace of the cart
        session("s3", "2020-05-31 23:59", "va", "bob"),  # began in May
        session("s4", "2020-06-05", "v"),
        session("s5", "2020-06-05", "v"),
        session("s6", "2020-04-30", "v"),  # too early
        session("s7", "2020-07-01", "v"),  # too late
    )
    assert found.recorded == ("visit", "view", "cart_add", "checkout", "purchase")
    frame = visitors_by_steps(found)
    assert frame is not None
    places = [*range(0, 10, 2), *range(1, 10, 2), 10]  # this month's columns, the month before's, visitors
    rows = {tuple(row[:-1]): row[-1] for row in frame.iloc[:, places].itertuples(index=False, name=None)}
    assert rows == {
        (2, 2, 2, 2, 2, 0, 0, 0, 0, 0): 1,  # ann
        (0, 0, 0, 0, 0, 1, 1, 1, 0, 0): 1,  # bob
        (1, 0, 0, 0, 0, 0, 0, 0, 0, 0): 2,  # two who did not sign in are two visitors
    }


def test_a_step_that_the_store_does_not_record_is_none() -> None:
    found = opened(session("s1", "2020-06-01", "vp", "ann"), session("s2", "2020-06-02", "v", "bob"))
    frame = visitors_by_steps(found)
    assert frame is not None
    assert list(frame) == ["visit_now", "visit_before", "purchase_now", "purchase_before", "visitors"]


def test_without_sessions_a_customers_day_is_one() -> None:
    rows = [*session("", "2020-06-01 10:00", "v", "ann"), *session("", "2020-06-01 23:00", "a", "ann")]
    rows += [*session("", "2020-06-02 10:00", "v", "ann"), *session("", "2020-06-02 10:00", "v")]
    found = month_sessions(table(rows, EVENTS).drop("session_id"), month=JUNE)
    frame = visitors_by_steps(found)
    assert frame is not None
    assert frame.to_dict("records") == [
        {"visit_now": 2, "visit_before": 0, "cart_add_now": 1, "cart_add_before": 0, "visitors": 1}
    ]


def test_minutes_to_the_purchase() -> None:
    frame = minutes_to_purchase(
        opened(
            session("s1", "2020-06-01", "vacp", seconds=90),
            session("s2", "2020-06-02", "vaacp", seconds=60),  # from the first of two
            session("s3", "2020-05-02", "vp"),  # from nothing
            session("s4", "2020-06-03", "vac"),  # to nothing
        )
    )
    assert frame is not None
    assert list(frame.itertuples(index=False, name=None)) == [
        ("cart_add", True, 3.0, 2),
        ("checkout", True, 1.0, 1),
        ("checkout", True, 1.5, 1),
    ]


def test_carts_left_behind_and_bought_within_a_week() -> None:
    found = opened(
        session("s1", "2020-06-01", "va", "ann"),
        session("s2", "2020-06-01", "vac", "bob"),
        session("s3", "2020-06-02", "va", "cid"),
        session("s4", "2020-06-22 23:00", "va", "dan"),
        session("s5", "2020-06-24", "va", "eve"),  # no whole week after it
        session("s6", "2020-06-01", "va"),  # nobody known
        session("s7", "2020-06-01", "vacp", "fay"),  # bought
        session("s8", "2020-05-30", "va", "gus"),  # in May
    )
    purchases = bought(
        ann="2020-06-08", bob="2020-06-09", dan="2020-05-01 2020-06-22", eve="2020-06-25", gus="2020-06-01"
    )
    frame = abandoned_carts(found, purchases)
    assert frame is not None
    assert frame.to_dict("records") == [{"customers": 4, "bought": 2}]


def test_a_cart_bought_later_on_the_day_was_bought_anyway_and_one_before_it_was_not() -> None:
    cart = session("s1", "2020-06-10 12:00", "va", "ann")
    frame = abandoned_carts(opened(cart), bought(ann="2020-06-09"))
    assert frame is not None
    assert frame["bought"].iloc[0] == 0


def test_a_store_without_events() -> None:
    assert month_sessions(None, month=JUNE) is None
    assert visitors_by_steps(None) is None
    assert minutes_to_purchase(None) is None
    assert abandoned_carts(None, bought(ann="2020-06-01")) is None


def test_a_store_without_visits_in_the_months() -> None:
    found = opened(session("s1", "2020-01-01", "v"))
    assert found.recorded == ()
    frame = visitors_by_steps(found)
    assert frame is not None
    assert frame.empty
    assert abandoned_carts(found, bought(ann="2020-06-01")) is not None

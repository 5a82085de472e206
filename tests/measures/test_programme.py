"""Members and entries of a programme, by hand."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
from measures.tables import table

from retention_lib.estimates import NotAsked
from retention_lib.measures.programme import Programme, programme

EVENTS = {
    "customer_id": "string",
    "occurred_at": "timestamp",
    "event": "string",
    "points": "float64",
    "reason": "string",
    "earned_at": "timestamp",
}
UNTIL = date(2021, 1, 1)

STORY = (
    ("ann", "2020-01-05T10:00", "join", None, None, None),
    ("ann", "2020-01-05T10:01", "grant", 100.0, "welcome", None),
    ("ann", "2020-02-01T09:00", "earn", 10.0, None, "2020-02-01T09:00"),
    ("bob", "2020-01-01T00:00", "join", None, None, None),
    ("bob", "2020-03-01T12:00", "leave", None, None, None),
    ("cid", "2020-01-01T00:00", "join", None, None, None),
    ("cid", "2020-03-01T12:00", "leave", None, None, None),
    ("cid", "2020-06-01T12:00", "join", None, None, None),  # came back
    ("dan", "2020-04-04T23:59", "earn", 5.0, None, None),  # joined before the export begins
    ("eve", "2020-12-31T23:59", "join", None, None, None),
    ("fay", "2021-01-01T00:00", "join", None, None, None),  # on the first day that is not seen
    ("gus", "2020-05-05T08:00", "earn", 5.0, None, None),
    ("gus", "2020-05-06T08:00", "join", None, None, None),  # points before the card
    ("hal", "2020-05-05T08:00", "earn", 5.0, None, None),
    ("hal", "2020-07-07T08:00", "leave", None, None, None),  # left, with no join in the export
)


def told(*, until: date = UNTIL, schema: dict[str, str] | None = None) -> Programme:
    schema = schema or EVENTS
    rows = [
        (row[0], datetime.fromisoformat(row[1]), row[2], row[3], row[4], row[5] and datetime.fromisoformat(row[5]))
        for row in STORY
    ]
    found = programme(table([row[: len(schema)] for row in rows], schema), until=until, fewest=1)
    assert isinstance(found, Programme)
    return found


def members(found: Programme) -> dict[str, tuple[str, str | None]]:
    frame = found.members.to_pandas()
    left = [None if pd.isna(day) else str(day)[:10] for day in frame["left"]]
    joined = [str(day)[:10] for day in frame["joined"]]
    return dict(zip(frame["customer_id"], zip(joined, left, strict=True), strict=True))


def test_members_join_at_the_first_join_and_leave_with_the_last_one_not_taken_back() -> None:
    assert members(told()) == {
        "ann": ("2020-01-05", None),
        "bob": ("2020-01-01", "2020-03-01"),
        "cid": ("2020-01-01", None),
        "dan": ("2020-04-04", None),
        "eve": ("2020-12-31", None),
        "gus": ("2020-05-06", None),
        "hal": ("2020-05-05", "2020-07-07"),
    }


def test_what_is_not_seen_yet_changes_no_member() -> None:
    """Before June cid has left; what comes later changes nothing earlier but that."""
    assert members(told(until=date(2020, 6, 1))) == {
        "ann": ("2020-01-05", None),
        "bob": ("2020-01-01", "2020-03-01"),
        "cid": ("2020-01-01", "2020-03-01"),
        "dan": ("2020-04-04", None),
        "gus": ("2020-05-06", None),
        "hal": ("2020-05-05", None),
    }


def test_entries_have_every_column_whatever_the_store_knows() -> None:
    found = told()
    events = found.events.to_pandas()
    assert len(events) == len(STORY) - 1
    grant = events[events["event"] == "grant"].iloc[0]
    assert (grant["points"], grant["reason"], grant["tier"]) == (100.0, "welcome", "")
    assert str(grant["day"])[:10] == "2020-01-05"
    assert pd.isna(grant["earned_at"])
    assert pd.isna(grant["value"])
    assert events.loc[events["event"] == "join", "points"].eq(0).all()
    assert found.known == {"points", "reason", "earned_at"}
    bare = told(schema=dict(list(EVENTS.items())[:3]))
    assert bare.known == frozenset()
    assert list(bare.events.columns) == list(found.events.columns)
    assert members(bare) == members(found)


def test_a_store_without_a_programme_is_not_asked() -> None:
    assert programme(None, until=UNTIL) == NotAsked("loyalty_events", 0, 1)

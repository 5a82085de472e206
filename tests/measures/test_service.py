"""What was told to the shop before a day is read as of that day: nothing that came after it counts."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest
from measures.tables import bought, table

from retention_lib.measures.leaving import ActiveBase, active_base
from retention_lib.measures.service import contact_reasons, review_reasons

CUTOFF = date(2020, 4, 1)
FEEDBACK = {
    "customer_id": "string",
    "given_at": "timestamp",
    "score": "float64",
    "scale": "int64",
    "answered_at": "timestamp",
}
SERVICE = {"customer_id": "string", "opened_at": "timestamp", "closed_at": "timestamp"}
STAMPS = [
    ("2020-03-01", "2020-03-02"),
    ("2020-03-24 23:59", "2020-03-31 23:59"),
    ("2020-03-29 23:59", "2020-04-01 09:00"),  # two days end before the cut-off, without an answer
    ("2020-03-30 00:00", "2020-04-01 00:00"),  # two days end with the cut-off's first moment
    ("2020-03-31", "2020-04-01 10:00"),
    ("2020-03-31", None),
    ("2020-04-01", "2020-04-02"),
]
NAMES = [f"c{place}" for place in range(len(STAMPS))]


@pytest.fixture
def base() -> ActiveBase:
    everyone = bought(**dict.fromkeys([*NAMES, "nobody"], "2020-03-20"))
    return active_base(everyone, cutoff=CUTOFF, quiet_after=30, horizon_days=90)


def day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def seen_on_the_day(stamps: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """The stamps as they stood on the cut-off: what came later had not happened."""
    first = CUTOFF.isoformat()
    known = [(begun, None if ended is not None and ended >= first else ended) for begun, ended in stamps]
    return [(begun, ended) for begun, ended in known if begun < first]


def reviews(base: ActiveBase, stamps: list[tuple[str, str | None]]) -> pd.DataFrame:
    rows = [(name, day(begun), 1, 5, day(ended)) for name, (begun, ended) in zip(NAMES, stamps, strict=False)]
    return review_reasons(base, table(rows, FEEDBACK))


def contacts(base: ActiveBase, stamps: list[tuple[str, str | None]]) -> pd.DataFrame:
    rows = [(name, day(begun), day(ended)) for name, (begun, ended) in zip(NAMES, stamps, strict=False)]
    return contact_reasons(base, table(rows, SERVICE))


def customers(frame: pd.DataFrame, reason: str) -> dict[bool, int]:
    sums = frame[frame["reason"] == reason].groupby("exposed")["customers"].sum()
    return {bool(exposed): int(number) for exposed, number in sums.items()}


def test_what_came_after_the_day_changes_nothing(base: ActiveBase) -> None:
    known = seen_on_the_day(STAMPS)
    assert len(known) < len(STAMPS)
    pd.testing.assert_frame_equal(reviews(base, STAMPS), reviews(base, known))
    pd.testing.assert_frame_equal(contacts(base, STAMPS), contacts(base, known))


def test_reviews_too_young_to_be_answered_late_are_neither(base: ActiveBase) -> None:
    frame = reviews(base, STAMPS)
    # c0 in a day; c1 and c2 late; c3 to c5 too young; c6 after the day, so compared with beside `nobody`.
    assert customers(frame, "bad_review_answered") == {True: 1, False: 2}
    assert customers(frame, "bad_review_unanswered") == {True: 2, False: 2}


def test_contacts_too_young_to_stand_open_are_neither(base: ActiveBase) -> None:
    late = [("2020-03-24 23:59", None), ("2020-03-25 00:00", None), ("2020-03-01", "2020-03-08")]
    frame = contacts(base, late)
    assert customers(frame, "contact_open") == {True: 1, False: len(NAMES) + 1 - 3}
    assert customers(frame, "contact") == {True: 3, False: len(NAMES) + 1 - 3}


def test_a_young_review_leaves_what_the_older_ones_showed(base: ActiveBase) -> None:
    rows = [
        ("c0", day("2020-03-01"), 1, 5, day("2020-03-02")),
        ("c0", day("2020-03-31"), 1, 5, None),
        ("c1", day("2020-03-01"), 1, 5, None),
        ("c1", day("2020-03-31"), 1, 5, day("2020-03-31")),
    ]
    frame = review_reasons(base, table(rows, FEEDBACK))
    assert customers(frame, "bad_review_answered")[True] == 1
    assert customers(frame, "bad_review_unanswered")[True] == 1

from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd
import pytest
from measures.tables import bought, table

from retention_lib.measures.leaving import ActiveBase, active_base, counted_reasons, reasons_frame
from retention_lib.measures.service import contact_reasons, review_reasons

CUTOFF = date(2020, 4, 1)
SERVICE = {"customer_id": "string", "opened_at": "timestamp", "kind": "string", "closed_at": "timestamp"}
FEEDBACK = {
    "customer_id": "string",
    "given_at": "timestamp",
    "score": "float64",
    "scale": "int64",
    "kind": "string",
    "answered_at": "timestamp",
}


@pytest.fixture
def base() -> ActiveBase:
    purchases = bought(
        ann="2020-03-30 2020-04-15",  # two days silent, stays
        bob="2019-04-02 2020-03-02 2020-07-01",  # the window's first day; back on the day after the horizon
        cid="2020-01-01 2020-03-31 2020-06-29",  # back on the horizon's last day
        dan="2020-03-01",  # silent a day too long
        eve="2020-04-02",  # first seen later
        fay="2020-03-30",
    )
    return active_base(purchases, cutoff=CUTOFF, quiet_after=30, horizon_days=90)


def day(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def rows(frame: pd.DataFrame, reason: str) -> dict[bool, tuple[int, int]]:
    """Customers and quiet of a reason, with it and without."""
    sums = frame[frame["reason"] == reason].groupby("exposed")[["customers", "quiet"]].sum()
    return {bool(exposed): (int(n), int(quiet)) for exposed, n, quiet in sums.itertuples()}


def test_the_base_by_hand(base: ActiveBase) -> None:
    frame = base.customers.order_by("customer_id").to_pandas().set_index("customer_id")
    assert base.size == 4
    assert frame["quiet"].to_dict() == {"ann": False, "bob": True, "cid": False, "fay": True}
    assert frame["silence_from"].to_dict() == {"ann": 0, "bob": 28, "cid": 0, "fay": 0}
    # bob's first purchase is on the year's first day; cid's is before the last 90 days.
    assert frame["year_from"].to_dict() == {"ann": 1, "bob": 2, "cid": 2, "fay": 1}
    assert frame["recent_from"].to_dict() == {"ann": 1, "bob": 1, "cid": 1, "fay": 1}


def test_reasons_are_counted_by_class(base: ActiveBase) -> None:
    marks = table([("ann", True), ("fay", False), ("zoe", True)], {"customer_id": "string", "met": "boolean"})
    frame = counted_reasons(base, marks, {"it": (ibis._.met, ~ibis._.met)})
    # bob and cid have no row: neither condition is met. zoe is not active.
    assert list(frame.itertuples(index=False, name=None)) == [
        ("it", 0, 1, 1, False, 1, 1),
        ("it", 0, 1, 1, True, 1, 0),
    ]


def review(
    customer: str, given: str, score: float, *, scale: int = 5, answered: str = "", kind: str = "review"
) -> tuple:
    return (customer, day(given), score, scale, kind, day(answered))


def test_bad_reviews_answered_quickly_or_not(base: ActiveBase) -> None:
    feedback = table(
        [
            review("ann", "2020-03-29 23:59", 2, answered="2020-03-31 23:59"),  # in two days
            review("bob", "2020-01-02", 1, answered="2020-01-04 00:01"),  # a minute late
            review("cid", "2020-01-01", 1),  # too long ago
            review("fay", "2020-03-01", 3),  # not bad
            review("fay", "2020-03-01", 1, scale=10, kind="survey"),  # no review
            review("fay", "2020-04-01", 1),  # not known yet
        ],
        FEEDBACK,
    )
    frame = review_reasons(base, feedback)
    assert rows(frame, "bad_review_answered") == {True: (1, 0), False: (2, 1)}
    assert rows(frame, "bad_review_unanswered") == {True: (1, 1), False: (2, 1)}


def test_one_bad_review_without_an_answer_is_enough(base: ActiveBase) -> None:
    feedback = table(
        [review("ann", "2020-03-01", 1, answered="2020-03-02"), review("ann", "2020-03-05", 4, scale=10)], FEEDBACK
    )
    assert rows(review_reasons(base, feedback), "bad_review_unanswered")[True] == (1, 0)
    assert True not in rows(review_reasons(base, feedback), "bad_review_answered")


def test_a_store_that_knows_no_answers_has_bad_reviews(base: ActiveBase) -> None:
    feedback = table([review("bob", "2020-03-01", 2)], FEEDBACK).drop("answered_at", "kind")
    assert rows(review_reasons(base, feedback), "bad_review") == {True: (1, 1), False: (3, 1)}


def test_contacts_by_kind_and_how_long_they_stood_open(base: ActiveBase) -> None:
    five = [(f"x{number}", day("2020-03-01"), "refund", day("2020-03-02")) for number in range(5)]
    service = table(
        [
            ("ann", day("2020-03-01"), "refund", day("2020-03-08")),  # settled on the seventh day
            ("bob", day("2020-03-01"), "refund", None),
            ("cid", day("2020-03-01"), "Ms Smith", day("2020-03-10")),
            ("fay", day("2019-12-31"), "refund", None),  # too long ago
            *five,
        ],
        SERVICE,
    )
    frame = contact_reasons(base, service)
    assert set(frame["reason"]) == {"contact: refund", "contact: (rare)", "contact_open"}
    assert rows(frame, "contact: refund") == {True: (2, 1), False: (1, 1)}
    assert rows(frame, "contact_open") == {True: (2, 1), False: (1, 1)}


def test_contacts_of_no_kind(base: ActiveBase) -> None:
    service = table([("ann", day("2020-03-01"), None, None)], SERVICE).drop("kind", "closed_at")
    assert rows(contact_reasons(base, service), "contact") == {True: (1, 0), False: (3, 2)}


def test_a_store_without_the_tables_has_no_such_reasons(base: ActiveBase) -> None:
    parts = [review_reasons(base, None), contact_reasons(base, None)]
    assert reasons_frame(parts).empty
    assert "reason" in reasons_frame(parts)

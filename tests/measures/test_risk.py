"""What was known of customers at a cut-off, by hand; and that nothing later is."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import engine_sales, random_sales, sales, table

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.risk import RiskWindow, risk_cutoffs, risk_rows

CUTOFF = date(2020, 7, 1)
WINDOW = RiskWindow(cutoff=CUTOFF, horizon_days=90, seen_until=date(2020, 12, 1))
LINES = {
    "customer_id": "string",
    "order_id": "string",
    "ordered_at": "timestamp",
    "amount": "decimal(18, 4)",
    "discount": "decimal(18, 4)",
    "cost": "decimal(18, 4)",
    "quantity": "float64",
    "category": "string",
    "channel": "string",
    "promised_at": "timestamp",
    "delivered_at": "timestamp",
}


def rows_at(transactions: ibis.Table, window: RiskWindow = WINDOW, **others: ibis.Table) -> pd.DataFrame:
    """The rows, by customer."""
    known = purchase_days(transactions, until=window.cutoff)
    return risk_rows(known, transactions, window=window, others=others).set_index("customer_id")


def stamped(day: str | None) -> datetime | None:
    """A stamp at noon."""
    return None if day is None else datetime.fromisoformat(f"{day}T12:00")


def lines(*rows: tuple[Any, ...]) -> ibis.Table:
    """Lines of (customer, order, day, amount, discount, cost, quantity, category, channel, promised, delivered)."""
    typed = []
    for customer, order, day, *rest in rows:
        money = [Decimal(str(value)) for value in rest[:3]]
        typed.append((customer, order, stamped(day), *money, float(rest[3]), *rest[4:6], *map(stamped, rest[6:])))
    return table(typed, LINES)


def test_risk_rows_count_the_rhythm_before_the_cutoff_and_the_horizon_after() -> None:
    found = rows_at(
        sales(
            ("ann", "1", "2020-04-02T10:00", "10"),
            ("ann", "2", "2020-04-12T10:00", "20"),
            ("ann", "3", "2020-06-21T10:00", "30"),
            ("ann", "4", "2020-07-01T10:00", "40"),
            ("bob", "5", "2020-06-30T10:00", "5"),
            ("bob", "6", "2020-09-29T10:00", "7"),
            ("old", "7", "2019-06-01T10:00", "9"),
            ("new", "8", "2020-07-02T10:00", "9"),
        )
    )
    assert list(found.index) == ["ann", "bob"]
    ann = found.loc["ann"]
    assert (ann["frequency"], ann["recency"], ann["T"], ann["silence"]) == (2, 80, 89, 9)
    assert (ann["purchases_30"], ann["purchases_90"], ann["purchases_365"]) == (1, 3, 3)
    assert (ann["gap_mean"], ann["gap_sd"]) == (40, 30)  # gaps of 10 and 70 days
    assert ann["silence_ratio"] == pytest.approx(9 / 40)
    assert (ann["spend"], ann["average_order"], ann["spend_ahead"]) == (60, 20, 40)
    assert found["silent"].tolist() == [False, True]  # bob's next purchase is on the first day after the horizon
    assert pd.isna(found.loc["bob", "gap_mean"])


def test_risk_rows_know_what_lines_say() -> None:
    found = rows_at(
        lines(
            ("ann", "1", "2020-05-01", 90, 10, 50, 2, "tea", "site", "2020-05-05", "2020-05-07"),
            ("ann", "1", "2020-05-01", 10, 0, 5, 1, "cups", "site", "2020-05-05", "2020-05-07"),
            ("ann", "1", "2020-05-20", -10, 0, -5, -1, "cups", "site", None, None),
            ("ann", "2", "2020-06-28", 40, 0, 20, 4, "tea", "app", "2020-07-03", None),
            ("bob", "3", "2020-06-01", 50, 0, 20, 1, None, "shop", "2020-06-05", "2020-07-09"),
        )
    )
    ann, bob = found.loc["ann"], found.loc["bob"]
    assert ann["refund_share"] == pytest.approx(10 / 140)
    assert ann["discount_share"] == pytest.approx(10 / 150)
    assert (ann["items"], ann["categories"], ann["profit"], ann["last_channel"]) == (7, 2, 60, "app")
    assert (ann["late_first"], ann["late_last"]) == (1, 1)  # the second parcel is not due yet
    assert (bob["late_first"], bob["late_last"]) == (1, 1)  # promised before the cut-off and not there
    assert pd.isna(bob["categories"])


def test_risk_rows_know_what_other_tables_say() -> None:
    contacts = table(
        [("ann", stamped("2020-06-01"), stamped("2020-07-02")), ("ann", stamped("2020-06-02"), stamped("2020-06-02"))],
        {"customer_id": "string", "sent_at": "timestamp", "opened_at": "timestamp"},
    )
    web = table(
        [
            ("ann", stamped("2020-06-20"), "visit", "a"),
            ("ann", stamped("2020-06-20"), "cart_add", "a"),
            ("ann", stamped("2020-05-01"), "visit", "b"),
            ("ann", stamped("2020-07-01"), "visit", "c"),
        ],
        {"customer_id": "string", "occurred_at": "timestamp", "event": "string", "session_id": "string"},
    )
    ledger = table(
        [("ann", stamped("2020-01-05"), "join", "bronze"), ("ann", stamped("2020-07-05"), "leave", None)],
        {"customer_id": "string", "occurred_at": "timestamp", "event": "string", "tier": "string"},
    )
    reviews = table(
        [("ann", stamped("2020-06-05"), 2.0, 5, stamped("2020-07-04")), ("ann", stamped("2020-06-06"), 9.0, 10, None)],
        {
            "customer_id": "string",
            "given_at": "timestamp",
            "score": "float64",
            "scale": "int64",
            "answered_at": "timestamp",
        },
    )
    people = table([("ann", "north"), ("bob", None)], {"customer_id": "string", "region": "string"})
    bought = sales(("ann", "1", "2020-05-01T10:00", "10"), ("bob", "2", "2020-05-01T10:00", "10"))
    found = rows_at(
        bought, contacts=contacts, web_events=web, loyalty_events=ledger, feedback=reviews, customers=people
    )
    ann = found.loc["ann"]
    assert (ann["messages"], ann["opened"]) == (2, 1)
    assert (ann["visits_30"], ann["visits_90"], ann["visit_ago"], ann["carts"]) == (1, 2, 11, 1)
    assert (ann["member"], ann["tier"], ann["region"]) == (1, "bronze", "north")
    assert (ann["reviews"], ann["bad_reviews"], ann["bad_unanswered"]) == (2, 1, 1)
    assert found.loc["bob"][["messages", "visits_30", "member", "region"]].isna().all()


def test_risk_rows_without_a_whole_horizon_do_not_know_what_followed() -> None:
    window = RiskWindow(cutoff=CUTOFF, horizon_days=90, seen_until=date(2020, 9, 28))
    found = rows_at(sales(("ann", "1", "2020-05-01T10:00", "10")), window)
    assert found[["silent", "spend_ahead"]].isna().all(axis=None)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_risk_rows_known_at_a_cutoff_do_not_change_with_what_comes_later(seed: int) -> None:
    frame = random_sales(seed)
    late = frame["ordered_at"] >= pd.Timestamp(CUTOFF)
    changed = pd.concat(
        [
            frame[~late],
            frame[late].assign(amount=lambda sold: sold["amount"] * 3),
            # An order of before that comes back in full afterwards, and somebody new.
            frame[~late].head(3).assign(amount=lambda bought: -bought["amount"], ordered_at=pd.Timestamp("2020-08-01")),
            frame.tail(1).assign(customer_id="zoe", ordered_at=pd.Timestamp("2020-08-02")),
        ]
    )
    before, after = rows_at(engine_sales(frame)), rows_at(engine_sales(changed))
    known = [name for name in before if name not in ("silent", "spend_ahead")]
    pd.testing.assert_frame_equal(before[known], after[known])


def test_risk_cutoffs_never_reach_into_a_later_stage() -> None:
    cutoffs = risk_cutoffs(date(2024, 7, 1), date(2026, 7, 1), horizon_days=90)
    assert cutoffs[-2:] == [date(2026, 1, 1), date(2026, 4, 1)]
    # The same seasons a year before today, the test and the choice are among those for training.
    assert {date(2025, 7, 1), date(2025, 4, 1), date(2025, 1, 1)} <= set(cutoffs[:-2])
    assert max(cutoffs[:-2]) == date(2025, 10, 1)


def test_risk_cutoffs_of_one_year_leave_two_windows_for_training() -> None:
    cutoffs = risk_cutoffs(date(2017, 1, 1), date(2018, 1, 1), horizon_days=90)
    assert cutoffs == [date(2017, 3, 1), date(2017, 4, 1), date(2017, 7, 1), date(2017, 10, 1)]


def test_risk_cutoffs_of_a_short_history_are_few() -> None:
    assert risk_cutoffs(date(2020, 1, 1), date(2020, 3, 1), horizon_days=90) == []
    assert len(risk_cutoffs(date(2020, 1, 1), date(2020, 9, 1), horizon_days=90)) < 3

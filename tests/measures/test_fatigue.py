from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import pandas as pd
from measures.tables import bought, table

from retention_lib.measures.fatigue import BAND_STARTS, contact_fatigue
from retention_lib.measures.rfm import rfm_customers
from retention_lib.settings.calendar import Month

MARCH = Month(2020, 3)
SENT = {"customer_id": "string", "channel": "string", "sent_at": "timestamp", "opened_at": "timestamp"}
CONSENTS = {"customer_id": "string", "email_consent": "boolean"}
NAMES = ("ann", "bob", "cid", "dan", "eve")


def messages(who: str, sent: int, opened: int, *, channel: str = "email") -> list[tuple[object, ...]]:
    """Messages on days before March, the first so many of them opened an hour later."""
    days = [datetime(2020, 2, 28) - timedelta(days=place) for place in range(sent)]
    return [(who, channel, day, day + timedelta(hours=1) if place < opened else None) for place, day in enumerate(days)]


def counted(rows: list[tuple[object, ...]], **tables: ibis.Table) -> pd.DataFrame:
    """Ann and bob stay, cid, dan and gus go quiet, eve was quiet already; all but one have been known for long."""
    old = "2019-06-01 "
    purchases = bought(
        ann=old + "2020-02-10 2020-03-20",
        bob=old + "2020-02-10 2020-03-20",
        cid=old + "2020-02-10",
        dan=old + "2020-02-10",
        eve=old,
        gus=old + "2020-02-10",
        new="2020-02-10 2020-03-20",
    )
    found = {"contacts": table(rows, SENT), **tables}
    frame = contact_fatigue(rfm_customers(purchases, month=MARCH), found.get, month=MARCH, lapse_days=30)
    assert frame is not None
    return frame


def test_bands_by_hand() -> None:
    rows = [
        *messages("ann", 1, 1),
        *messages("bob", 4, 2),
        *messages("cid", 5, 0),
        *messages("eve", 5, 1),
        *messages("zoe", 1, 0),  # never bought
        *messages("new", 2, 1),  # known for too short a time
        ("dan", "email", datetime(2020, 3, 1), None),  # too late
        ("dan", "email", datetime(2019, 12, 1, 23), None),  # too long ago
        *[row for who in NAMES for row in messages(who, 1, 0, channel="sms")],
    ]
    rows += [*messages("dan", 4, 0)]
    customers = table([("ann", True), ("bob", False), ("cid", True), ("dan", None)], CONSENTS)
    frame = counted(rows, customers=customers).set_index(["channel", "messages_from"])
    email = frame.loc["email"]
    assert email.index.tolist() == [0, 1, 4]
    assert email["messages_to"].tolist() == [0, 1, 5]
    assert email["customers"].tolist() == [0, 1, 4]
    # Of bob, cid and dan only bob and cid said yes or no; eve has no row.
    assert email[["asked", "withdrawn"]].to_numpy().tolist() == [[0, 0], [1, 0], [2, 1]]
    assert email.loc[4, ["sent", "opened", "sent_squares", "opened_squares", "sent_opened"]].tolist() == [
        *(18, 3),
        *(16 + 25 + 25 + 16, 4 + 1, 8 + 5),
    ]
    # Of the five active customers gus got none; eve was not active.
    assert email[["active", "lost"]].to_numpy().tolist() == [[1, 1], [1, 0], [3, 2]]
    sms = frame.loc["sms"]
    assert sms["opened"].isna().all()
    assert sms.loc[1, ["customers", "asked", "active", "lost"]].tolist() == [5, 0, 4, 2]


def test_a_channel_that_reached_a_few_is_left_out() -> None:
    rows = [*[row for who in NAMES for row in messages(who, 1, 0)], *messages("ann", 3, 0, channel="a letter to Ann")]
    assert set(counted(rows)["channel"]) == {"email"}


def test_the_last_band_has_no_end() -> None:
    rows = [row for who in NAMES for row in messages(who, 1 if who != "dan" else 30, 0)]
    frame = counted(rows).set_index("messages_from")
    assert frame.index.tolist() == [0, 1, 21]
    assert pd.isna(frame.loc[21, "messages_to"])


def test_bands_follow_one_another() -> None:
    assert list(BAND_STARTS) == sorted(set(BAND_STARTS))


def test_a_store_without_messages_has_none() -> None:
    customers = rfm_customers(bought(ann="2020-02-10"), month=MARCH)
    assert contact_fatigue(customers, {}.get, month=MARCH, lapse_days=30) is None

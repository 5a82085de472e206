from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from measures.actions.plan_shop import context, order, rows

from retention_lib.measures.actions.people import people
from retention_lib.settings import Month
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.listed import ListedExperiment


def flags(frame: pd.DataFrame, name: str) -> list[str]:
    """The ids for which a column says yes."""
    return sorted(frame.index[frame[name].astype(bool)])


def test_everybody_who_bought_or_registered_has_a_row_in_the_order_of_ids(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            transactions=[
                *order("dan", "2026-05-01", "2026-06-01"),
                *order("bob", "2026-07-02"),
                *order("cid", "2026-06-30"),
            ],
            customers=["amy,,2026-06-30,true,,", "eva,,2026-07-01,true,,", "dan,,,true,,", "bob,,2026-07-02,true,,"],
        )
    )
    frame = rows(found.table)
    assert list(frame.index) == ["amy", "cid", "dan"]
    assert list(frame["row"]) == [0, 1, 2]
    assert frame["row"].dtype == np.int32
    assert flags(frame, "bought") == ["cid", "dan"]
    assert flags(frame, "registered") == ["amy", "dan"]
    dan = frame.loc["dan"]
    assert (str(dan["first_day"])[:10], str(dan["last_day"])[:10], dan["purchase_days"]) == (
        "2026-05-01",
        "2026-06-01",
        2,
    )
    assert pd.isna(frame.loc["amy", "first_day"])
    assert found.count == 3


def test_without_customers_everybody_who_bought_may_be_written_to(tmp_path: Path) -> None:
    found = people(context(tmp_path, transactions=[*order("bob", "2026-06-01"), *order("amy", "2026-06-01")]))
    frame = rows(found.table)
    assert not found.consents_known
    assert found.unit == "customer"
    assert flags(frame, "email") == flags(frame, "sms") == flags(frame, "messenger") == ["amy", "bob"]
    assert list(frame["unit"]) == ["amy", "bob"]
    assert flags(frame, "ads") == []  # no address is known
    assert list(frame["messages_lately"]) == [0, 0]


def test_consent_is_what_the_customer_gave_and_nothing_else(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            transactions=[*order("new", "2026-06-01")],
            customers=["amy,,,true,false,", "bob,,,,true,true"],
            identities=["amy,email,amy@x.org", "bob,email,bob@x.org"],
        )
    )
    frame = rows(found.table)
    assert found.consents_known
    assert (flags(frame, "email"), flags(frame, "sms"), flags(frame, "messenger")) == (["amy"], ["bob"], ["bob"])
    assert flags(frame, "ads") == ["amy"]  # bob has an address and did not agree to e-mails


def test_where_some_consents_are_known_nobody_gave_the_others(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            headers={"customers": "customer_id,email_consent"},
            customers=["amy,true"],
            transactions=order("amy", "2026-06-01"),
        )
    )
    frame = rows(found.table)
    assert (flags(frame, "email"), flags(frame, "sms"), flags(frame, "messenger")) == (["amy"], [], [])


def test_who_unsubscribed_is_not_written_to_by_that_channel(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            transactions=[*order("amy", "2026-06-01"), *order("bob", "2026-06-01"), *order("cid", "2026-06-01")],
            contacts=[
                "amy,k,E-Mail,2026-05-01 10:00:00,2026-05-02 10:00:00",
                "bob,k,post,2026-05-01 10:00:00,2026-05-02 10:00:00",  # no channel of ours: from all of them
                "cid,k,sms,2026-05-01 10:00:00,2026-07-01 00:00:00",  # not yet
            ],
        )
    )
    frame = rows(found.table)
    assert (flags(frame, "email"), flags(frame, "sms")) == (["cid"], ["amy", "cid"])
    assert flags(frame, "messenger") == ["amy", "cid"]


def test_a_hold_out_holds_out_the_household_while_it_is_under_way(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            transactions=[line for name in ("amy", "bob", "cid", "dan") for line in order(name, "2026-06-01")],
            customers=["amy,h1,,,,", "bob,h1,,,,", "cid,h2,,,,", "dan,h3,,,,"],
            assignments=[
                "amy,global,holdout,2026-01-01 00:00:00",
                "cid,global,marketed,2026-01-01 00:00:00",
                "dan,older,holdout,2025-01-01 00:00:00",  # more than a year ago
            ],
        )
    )
    frame = rows(found.table)
    assert flags(frame, "held_out") == ["amy", "bob"]
    assert found.held_out == 2
    assert frame["open_until"].isna().all()  # a hold-out is no open test
    assert found.unit == "household"
    assert list(frame["unit"]) == ["h1/household", "h1/household", "h2/household", "h3/household"]


def test_an_open_complaint_suppresses(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            playbook={"suppress_days": 30},
            transactions=[line for name in "abcdefghi" for line in order(name, "2026-06-01")],
            service=[
                "a,2026-06-20 10:00:00,",  # open
                "b,2026-06-20 10:00:00,2026-06-25 10:00:00",  # closed
                "c,2026-06-20 10:00:00,2026-07-01 00:00:00",  # closed later than is seen
                "d,2026-05-31 10:00:00,",  # too long ago
            ],
            feedback=[
                "e,2026-06-20 10:00:00,2,5,review,",
                "f,2026-06-20 10:00:00,3,5,review,",
                "g,2026-06-20 10:00:00,1,5,review,2026-06-21 10:00:00",
                "h,2026-06-20 10:00:00,1,5,survey,",
                "i,2026-06-01 00:00:00,4,10,review,",
            ],
        )
    )
    assert flags(rows(found.table), "suppressed") == ["a", "c", "e", "i"]
    assert found.suppressed == 4


def test_without_days_nobody_is_suppressed(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            playbook={"suppress_days": 0},
            transactions=order("a", "2026-06-01"),
            service=["a,2026-06-30 10:00:00,"],
        )
    )
    assert found.suppressed == 0


def test_messages_of_late_are_counted_back_from_the_start(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            playbook={"frequency_cap": {"messages": 2, "days": 10}},
            transactions=[*order("a", "2026-06-01"), *order("b", "2026-06-01")],
            contacts=[
                "a,k,email,2026-06-20 23:59:59,",
                "a,k,email,2026-06-21 00:00:00,",
                "a,k,sms,2026-06-30 23:59:59,",
                "a,k,sms,2026-07-01 00:00:00,",
            ],
        )
    )
    assert list(rows(found.table)["messages_lately"]) == [2, 0]


def test_what_forbids_a_message_is_seen_up_to_a_later_start(tmp_path: Path) -> None:
    """The report ends on 1 July and the messages start on the fifteenth; purchases after the report are not seen."""
    found = people(
        context(
            tmp_path,
            start=date(2026, 7, 15),
            transactions=[
                *(line for name in "abcdefgh" for line in order(name, "2026-06-01")),
                *order("h", "2026-07-05"),
            ],
            contacts=[
                "a,k,email,2026-06-20 10:00:00,2026-07-14 23:59:59",
                "b,k,email,2026-06-20 10:00:00,2026-07-15 00:00:00",  # not yet
                "b,k,email,2026-07-14 23:59:59,",
                "b,k,email,2026-07-15 00:00:00,",
            ],
            service=[
                "c,2026-07-08 10:00:00,",
                "d,2026-06-20 10:00:00,2026-07-10 10:00:00",  # closed before the start
                "e,2026-07-15 00:00:00,",
            ],
            assignments=["f,offer_9,mail,2026-07-03 00:00:00", "g,global,holdout,2026-07-03 00:00:00"],
        )
    )
    frame = rows(found.table)
    assert flags(frame, "email") == ["b", "c", "d", "e", "f", "g", "h"]
    assert flags(frame, "suppressed") == ["c"]
    assert flags(frame, "held_out") == ["g"]
    assert list(frame.index[frame["open_until"].notna()]) == ["f"]
    assert frame["messages_lately"].to_dict() == {**dict.fromkeys("cdefgh", 0), "a": 1, "b": 2}
    assert frame.at["h", "purchase_days"] == 1


def test_a_test_of_late_is_open_for_its_window(tmp_path: Path) -> None:
    found = people(
        context(
            tmp_path,
            transactions=[line for name in "abcdef" for line in order(name, "2026-05-01")],
            customers=["a,h1,,,,", "b,h1,,,,", "c,,,,,", "d,,,,,", "e,,,,,", "f,,,,,"],
            assignments=[
                "a,offer_9,mail,2026-06-10 00:00:00",  # 28 days: to 8 July
                "c,offer_9,none,2026-06-03 00:00:00",  # to 1 July
                "d,welcome_2026_06,treatment,2026-06-15 11:00:00",  # a list: 21 days, to 6 July
                "e,welcome_2026_06,control,2026-06-10 11:00:00",  # to 1 July
                "f,offer_9,none,",
            ],
        )
    )
    frame = rows(found.table)
    until = {name: str(day)[:10] for name, day in frame["open_until"].items() if not pd.isna(day)}
    assert until == {"a": "2026-07-08", "b": "2026-07-08", "d": "2026-07-06"}
    assert found.open == 3


def ledger(*customers: tuple[str, str], send_at: str, verdict_on: date, channel: str = "email") -> Ledger:
    """A ledger with one list of June."""
    listed = ListedExperiment(
        experiment_id="welcome_2026_06",
        scenario="welcome",
        kind="welcome",
        report=Month(2026, 5),
        shares={"control": 0.2, "treatment": 0.8},
        offers={"control": "none", "treatment": "none"},
        channels={channel: 1},
        customers={"control": 1, "treatment": 1},
        window_days=21,
        after_days=0,
        contact_cost=1.0,
        campaign_cost=0.0,
        start=date(2026, 6, 1),
        last_send=date(2026, 6, 20),
        verdict_on=verdict_on,
    )
    people = pd.DataFrame(customers, columns=["customer_id", "variant"])
    at = pd.Timestamp(send_at)
    return Ledger.of(
        [listed], people.assign(experiment_id="welcome_2026_06", assigned_at=at, send_at=at, channel=channel)
    )


@pytest.mark.parametrize(("verdict_on", "still_open"), [(date(2026, 7, 2), ["a", "b"]), (date(2026, 7, 1), [])])
def test_a_list_of_the_ledger_is_open_until_its_verdict(
    tmp_path: Path, verdict_on: date, still_open: list[str]
) -> None:
    plan = context(tmp_path, transactions=[line for name in "abc" for line in order(name, "2026-05-01")])
    plan.store.use_lists(
        ledger(("a", "treatment"), ("b", "control"), send_at="2026-06-20 12:00", verdict_on=verdict_on)
    )
    plan.store.see_lists(before=plan.month)
    frame = rows(people(plan).table)
    assert sorted(frame.index[frame["open_until"].notna()]) == still_open


@pytest.mark.parametrize(("channel", "heard"), [("email", [1, 0, 0]), ("ads", [0, 0, 0])])
def test_messages_of_a_list_count_where_no_table_tells_them(tmp_path: Path, channel: str, heard: list[int]) -> None:
    plan = context(tmp_path, transactions=[line for name in "abc" for line in order(name, "2026-05-01")])
    pair = (("a", "treatment"), ("b", "control"))
    listed = ledger(*pair, send_at="2026-06-20 12:00", verdict_on=date(2026, 7, 1), channel=channel)
    plan.store.use_lists(listed)
    plan.store.see_lists(before=plan.month)
    assert list(rows(people(plan).table)["messages_lately"]) == heard


def test_messages_of_a_list_are_those_sent_where_a_table_tells_them(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        transactions=[line for name in "abc" for line in order(name, "2026-05-01")],
        contacts=["c,welcome_2026_06,email,2026-06-20 12:00:00,"],
    )
    listed = ledger(("a", "treatment"), ("b", "control"), send_at="2026-06-20 12:00", verdict_on=date(2026, 7, 1))
    plan.store.use_lists(listed)
    plan.store.see_lists(before=plan.month)
    assert list(rows(people(plan).table)["messages_lately"]) == [0, 0, 1]


def test_a_plan_that_starts_later_sees_no_more_customers(tmp_path: Path) -> None:
    plan = context(
        tmp_path,
        start=date(2026, 7, 10),
        transactions=[*order("a", "2026-06-01"), *order("b", "2026-07-05")],
        contacts=["a,k,email,2026-07-05 10:00:00,"],
    )
    found = people(plan)
    assert found.count == 1
    assert list(rows(found.table)["messages_lately"]) == [1]
    assert plan.month == Month(2026, 6)


def test_a_start_that_is_seen_already_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="start is 2026-06-30, but sales are seen to the day before 2026-07-01"):
        context(tmp_path, start=date(2026, 6, 30), transactions=order("a", "2026-06-01"))

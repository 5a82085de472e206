"""What a page says of judged lists, read from results whose numbers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import yaml
from reports import actions_judged_results as over

from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words
from retention_lib.settings.playbook import Playbook

WORDS = Words(currency="USD")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            over.month_lost,
            "Last month's 2 lists lost $14.4K (−$17.9K to −$10.9K) on 1,600 customers, coupons and messages",
        ),
        (over.month_even, "Last month's list brought $400 from 800 customers, which may be chance (−$2.1K to $2.9K)."),
        (over.month_alike, "how sure that is cannot be said"),
        (over.month, "Shown to pay on its own: Win back the quiet."),
        (over.month, "Shown to lose money: Second order."),
        (over.month, "1 list is too small to be judged alone (fewer than 30 on a side): it counts in the total."),
        (over.month, "Not counted, as they may not be read: Goes with the last purchase ("),
        (
            over.record,
            "Of 10 lists in 3 months, “Win back the quiet” brought most: $17.6K in all. Shown on their own to pay: 3; "
            "to lose money: 3.",
        ),
        (over.terms, "Taken from the ledger, as the parameters of this report leave it open: the days of the window"),
        (over.decisions, "Change Second order (discount20 is likelier to pay; −$6.33 a contact)."),
        (over.decisions_asked, "Second order leaves its offer to the playbook: this month it goes with discount20."),
        (over.decisions_stopped, "Stop Birthday (−$10.00 a contact, pays with a chance of less than 1%)."),
        (over.decisions_changed, "brings orders, but the offer costs more"),
        (over.decisions_kept, "pays with a chance of more than 99%"),
        (over.gains, "“Birthday” (no offer) raises what customers bring most: by"),
        (
            partial(over.gains, -9.0),
            "Nothing measured raises what customers bring; “Birthday” (no offer) does least harm",
        ),
        (partial(over.gains, 0.0), "which may be chance"),
        (over.gains, "Of 1 other nothing is known."),
        (over.no_gains, "No list or test has measured yet what these messages bring."),
        (over.still_open, "2 lists are still open; the first verdict is due on 28 July 2026"),
    ],
)
def test_the_sentence_says_what_was_found(made: Callable[[], Any], said: str) -> None:
    assert said in plain(finding(made(), WORDS).sentence).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("made", "status"), [(over.month, "watch"), (over.month_lost, "act"), (over.month_even, "watch")]
)
def test_the_verdict_of_a_month_follows_its_interval(made: Callable[[], Any], status: str) -> None:
    assert verdict(made(), WORDS).status == status


def test_lists_that_may_not_be_read_are_an_alert() -> None:
    assert alert(over.everything(), WORDS).level == "warn"
    assert alert(over.sound(), WORDS).level == "ok"
    assert "No list has been judged yet." in alert(over.none_yet(), WORDS).sentence


def test_what_is_changed_or_stopped_is_something_to_do() -> None:
    told = action(over.decisions(), WORDS)
    assert told is not None
    assert told.tested
    assert "Second order" in told.title
    assert action(over.decisions_kept(), WORDS) is None


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (over.decisions, {"scenarios": {"welcome": {"offer": "discount20"}}}),
        (over.decisions_stopped, {"scenarios": {"birthday_again": {"kind": "birthday", "offer": "none"}}}),
    ],
)
def test_what_is_to_be_written_can_be_written_as_it_stands(made: Callable[[], Any], line: dict[str, Any]) -> None:
    told = action(made(), WORDS)
    assert told is not None
    found = [yaml.safe_load(value) for _, value in told.facts if value.startswith("scenarios")]
    assert found == [line]
    book = Playbook.model_validate({"offers": {"discount20": {}}, **line})
    assert set(line["scenarios"]) <= set(book.enabled)


def test_what_this_month_does_by_itself_is_nothing_to_do() -> None:
    assert action(over.decisions_asked(), WORDS) is None
    said = shown_table(over.decisions_asked(), WORDS).frame.set_index("scenario").loc["Second order", "told"]
    assert said == "change: discount20 is likelier to pay; this month it goes with that"
    stopped = shown_table(over.decisions_stopped(), WORDS).frame["told"].tolist()
    assert stopped == ["stop: it does not pay; no list this month"]


def test_a_decision_that_was_followed_is_not_told_again() -> None:
    found = over.decisions_followed()
    assert found.table.set_index("scenario")["now"].to_dict() == {
        "abandoned_cart": "sent",
        "birthday": "off",
        "reactivation": "off",
        "welcome": "other",
    }
    assert action(found, WORDS) is None
    assert "Change" not in finding(found, WORDS).sentence


def test_offers_chosen_for_each_customer_are_kept_as_long_as_they_are_chosen() -> None:
    mixed = tuple(over.one_list("reactivation", 9.0, months_ago=ago, offers={"treatment": "auto"}) for ago in range(3))
    chosen = over.decided(over.everything(lists=mixed), over.asked(reactivation="auto"))
    assert chosen.table[["decision", "now"]].to_numpy().tolist() == [["keep", "sent"]]
    fixed = over.decided(over.everything(lists=mixed), over.asked(reactivation="discount20"))
    assert fixed.table[["decision", "now"]].to_numpy().tolist() == [["keep", "other"]]


def test_a_cheaper_offer_is_asked_for_where_none_was_measured() -> None:
    told = action(over.decisions_changed(), WORDS)
    assert told is not None
    assert "write a cheaper one" in plain(told.note)


def test_tables_hide_what_may_not_be_read() -> None:
    table = shown_table(over.month(), WORDS)
    row = table.frame[table.frame["scenario"] == "Goes with the last purchase"].iloc[0]
    assert row["profit"] != row["profit"]
    assert len(table.columns) <= 7
    captions = [shown_table(made(), WORDS).caption for made in (over.month, over.everything, over.record, over.learned)]
    assert len(set(captions)) == 4

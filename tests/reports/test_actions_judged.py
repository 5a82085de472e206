"""What a page says of judged lists, read from results whose numbers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import yaml
from reports import actions_judged_results as over
from reports import actions_plan_results as plans

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
            "The 2 lists judged last month lost $14.4K (−$17.9K to −$10.9K) on 1,600 customers, coupons and messages",
        ),
        (
            over.month_even,
            "The list judged last month brought $400 from 800 customers, which may be chance (−$2.1K to $2.9K).",
        ),
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
        (
            over.record_lost,
            "Of 2 lists in 1 month, no scenario’s lists earned money; “Second order” came nearest: −$6.4K. Shown",
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
        (partial(over.gains, 1.5), "seems to raise what customers bring most, by 3%, which may be chance (−5.5% to"),
        (
            partial(over.gains, 0.0),
            "Nothing is shown to raise what customers bring; “Birthday” (no offer) comes nearest: 0%",
        ),
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


@pytest.mark.parametrize(
    ("made", "level", "text"),
    [
        (
            partial(over.written_to, 0, 0),
            "ok",
            "All 2 judged lists may be read: split as planned and nobody left alone was contacted. Not known: whether "
            "both sides were alike before (2 of 2 lists).",
        ),
        (
            partial(over.written_to, 18, 0, 3),
            "warn",
            "All 3 judged lists may be read: split as planned. On 2 lists 21 of 400 left alone got the message all the "
            "same, which makes gains look smaller. Not known: whether both sides were alike before (3 of 3 lists).",
        ),
        (
            partial(over.written_to, 0, 0, known=False),
            "ok",
            "All 2 judged lists may be read: split as planned. Not known: whether both sides were alike before (2 of 2 "
            "lists) and who got messages (1 of 2 lists).",
        ),
        (
            partial(over.apart, 800, 0.0),
            "ok",
            "The judged list may be read: split as planned, both sides alike before and nobody left alone was "
            "contacted.",
        ),
        # A gap of 4.7 is 2.97 errors of 1.58 each, where the spread is 20: p = .003.
        (
            partial(over.apart, 800, 4.7),
            "warn",
            "The judged list may be read: split as planned and nobody left alone was contacted. On 1 list both sides "
            "differed before by more than chance usually makes them.",
        ),
        # 200 of 840 where 168 were planned: 32 off, 2.76 errors of 11.6 each: p = .006.
        (
            partial(over.apart, 640, 0.0),
            "warn",
            "The judged list may be read: both sides alike before and nobody left alone was contacted. 1 list is "
            "further off its planned split than chance usually makes it.",
        ),
    ],
)
def test_of_judged_lists_no_more_is_said_than_was_checked(made: Callable[[], Any], level: str, text: str) -> None:
    found = alert(made(), WORDS)
    assert (found.level, plain(found.sentence)) == (level, text)


def test_who_was_written_to_is_told_of_sound_lists_beside_broken_ones() -> None:
    found = alert(over.written_to(60, 18), WORDS)
    assert plain(found.sentence).startswith(
        "May not be read: 1 of 2 judged lists (those left alone were not). Nothing is learned from these. On 1 list 18 "
        "of 200 left alone got"
    )


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        # Measured rows come first, though one borrowed from elsewhere is larger.
        (
            [("birthday", "none", 0.1, 0.05, True), ("welcome", "discount20", 0.2, 0.05, False)],
            "“Second order” (discount20) raises what customers bring most: by 20% (15.0% to 25.0%; seen with the "
            "same offer elsewhere).",
        ),
        (
            [("birthday", "none", 0.1, 0.05, True), ("welcome", "discount20", 0.2, 0.3, False)],
            "“Second order” (discount20) seems to raise what customers bring most, by 20%, which may be chance "
            "(−10.0% to 50.0%; seen with the same offer elsewhere). “Birthday” (no offer) is shown to: by 10% (5.0% to "
            "15.0%).",
        ),
        (
            [("birthday", "none", -0.1, 0.05, True), ("welcome", "discount20", -0.2, 0.3, False)],
            "Nothing is shown to raise what customers bring; “Birthday” (no offer) comes nearest: −10% (−15.0% to "
            "−5.0%).",
        ),
        (
            [("birthday", "none", -0.2, 0.05, True), ("welcome", "discount20", -0.1, 0.05, False)],
            "Nothing measured raises what customers bring; “Second order” (discount20) does least harm: −10% (−15.0% "
            "to −5.0%; seen with the same offer elsewhere).",
        ),
    ],
)
def test_the_best_message_is_that_with_the_largest_gain(rows: list[Any], text: str) -> None:
    found = finding(over.gains_of(*rows), WORDS)
    assert plain(found.sentence).replace("\N{NO-BREAK SPACE}", " ") == text
    best = "20%" if "20% (" in text or "20%," in text else "−10%"
    assert found.alt is not None
    assert found.alt.endswith(f"at best {best}.")


def test_what_is_changed_or_stopped_is_something_to_do() -> None:
    told = action(over.decisions(), WORDS)
    assert told is not None
    assert told.tested
    assert "Second order" in told.title
    assert action(over.decisions_kept(), WORDS) is None


def test_a_change_names_the_entry_and_the_one_key_to_set() -> None:
    told = action(over.decisions(), WORDS)
    assert told is not None
    found = {label: value for label, value in told.facts if label.startswith("To change")}
    assert found == {"To change, set under playbook, scenarios, welcome": "offer: discount20"}
    entry = {"priority": 3, "channels": ["sms"], "offer": "none"}
    changed = entry | yaml.safe_load(found["To change, set under playbook, scenarios, welcome"])
    book = Playbook.model_validate({"offers": {"discount20": {}}, "scenarios": {"welcome": changed}})
    now = book.enabled["welcome"]
    assert (now.offer, now.priority, now.channels) == ("discount20", 3, ["sms"])
    assert "set `offer` alone: its other keys stay" in plain(told.note or "")


def test_a_scenario_sent_again_can_be_written_as_it_stands_with_its_other_keys() -> None:
    told = action(over.decisions_stopped(), WORDS)
    assert told is not None
    line = {"scenarios": {"birthday_again": {"kind": "birthday", "offer": "none"}}}
    assert [yaml.safe_load(value) for _, value in told.facts if value.startswith("scenarios")] == [line]
    assert set(line["scenarios"]) <= set(Playbook.model_validate(line).enabled)
    assert "take along the other keys of its entry, such as `priority` and `channels`" in plain(told.note or "")
    assert "its other keys stay" not in plain(told.note or "")


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
    by_customer = plans.learned_offers(by_customer=True)
    chosen = over.decided(over.everything(lists=mixed), over.asked(reactivation="auto"), by_customer)
    assert chosen.table[["decision", "now"]].to_numpy().tolist() == [["keep", "sent"]]
    # The test says nothing any more, so that the messages go without an offer.
    unknown = over.decided(over.everything(lists=mixed), over.asked(reactivation="auto"))
    assert unknown.table[["decision", "now"]].to_numpy().tolist() == [["keep", "other"]]
    fixed = over.decided(over.everything(lists=mixed), over.asked(reactivation="discount20"))
    assert fixed.table[["decision", "now"]].to_numpy().tolist() == [["keep", "other"]]


def test_a_scenario_is_not_told_to_ask_for_what_the_file_says_already() -> None:
    """Lists with different offers for different customers paid, the present one loses."""
    mixed = tuple(over.one_list("welcome", 20.0, months_ago=ago, offers={"treatment": "auto"}) for ago in (2, 3, 4))
    lost = tuple(over.one_list("welcome", -20.0, months_ago=ago) for ago in (0, 1))
    found = over.decided(over.everything(lists=(*mixed, *lost)), over.asked(welcome="auto"))
    told = found.table.set_index("offer")[["decision", "better", "now"]]
    assert told.loc["none"].tolist() == ["stop", "", "stopped"]
    assert told.loc["auto", "now"] == "other"


def test_where_no_better_offer_is_known_none_is_told_to_be_written() -> None:
    """Orders were brought at a cost above their worth, and a test still gives customers different offers."""
    dear = over.one_list(
        "reactivation", 10.0, sizes=(4_000, 1_000), campaign_cost=200_000.0, offers={"treatment": "auto"}
    )
    policy = plans.learned_offers(by_customer=True)
    found = over.decided(over.everything(lists=(dear,)), over.asked(reactivation="auto"), policy)
    assert found.table[["decision", "better", "now"]].to_numpy().tolist() == [["change", "", "write"]]
    told = action(found, WORDS)
    assert told is not None
    assert "offer: " not in " ".join(value for _, value in told.facts)
    assert "write a cheaper one" in plain(told.note)
    assert shown_table(found, WORDS).frame["told"].tolist() == ["change: brings orders, but the offer costs more"]


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

"""What the plan of a month says, word for word, from numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from reports import actions_plan_results as made
from reports.results import said

from retention_lib.models.actions.plan_actions import plan_actions
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.findings.actions_plan import pays_if
from retention_lib.reports.findings.actions_steps import GROUPS, grouped_steps
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_a_plan_says_who_gets_what_for_how_much_and_what_it_is_worth() -> None:
    # 100 candidates of each, half of them shared with the next: 80, 40 and 40 are contacted at 1 each, and the 80 with
    # a gift of 2 for each of their 10 orders. Birthdays add 80 x (0.4 x 100 - 1), welcomes 40 x (0.2 x 100 - 1).
    found = verdict(made.paying(), WORDS)
    assert found.status == "good"
    assert said(found.sentence) == (
        "160 customers get one of 3 messages this month for $1.8K. As past lists and tests show, 120 of these contacts "
        "add $3.9K net of their cost ($3.5K to $4.2K). The other 40 are untested: they pay if they bring back 1 in 10 "
        "of 40."
    )


def test_what_may_be_a_loss_is_called_so() -> None:
    found = verdict(made.doubtful(), WORDS)
    assert found.status == "watch"
    assert "but that may as well be a loss (" in said(found.sentence)


def test_without_a_measured_effect_no_money_is_promised() -> None:
    found = said(verdict(made.untested(), WORDS).sentence)
    assert "add" not in found
    # 160 messages of 1 and 1,600 of gifts, where 1,600 orders leave 16,000 - 1,600, 9 each: 196 orders more.
    assert found.endswith(
        "What they bring is untested: more than one order from each of 160 would have to come for them."
    )


@pytest.mark.parametrize(
    ("one_in", "text"),
    [
        (40.0, "they pay if they bring back 1 in 40 of 1,200"),
        (40.9, "they pay if they bring back 1 in 40 of 1,200"),
        (2000.0, "they pay if they bring a single order more"),
        (0.5, "more than one order from each of 1,200 would have to come for them"),
        (math.inf, "they cost nothing, so that any order more pays"),
    ],
)
def test_when_contacts_pay(one_in: float, text: str) -> None:
    assert said(pays_if(one_in, 1_200, WORDS)) == text


def test_lists_are_told_with_file_verdict_and_whether_they_were_tested() -> None:
    first, last = (action(made.to_send(place), WORDS) for place in (0, 2))
    assert (first.tested, last.tested) == (True, False)
    assert said(first.title) == "Send 80 customers the message “Birthday” with the offer: gift"
    assert dict(first.facts)["List"] == "actions/birthday.csv"
    assert said(dict(first.facts)["Verdict"]) == "28 July 2026"
    assert "Expected, as its past lists show" in dict(first.facts)
    assert said(last.title) == "Send 40 customers the message “my own”, without an offer"
    assert said(dict(last.facts)["Pays"]) == "they pay if they bring back 1 in 10 of 40"


@pytest.mark.parametrize(
    ("control", "note"),
    [
        (0, "Nobody of so small a list is left alone: it counts in no verdict."),
        (20, "20 more customers of the list are left alone, too few to judge it by itself: it counts in the total."),
        (30, "30 more customers of the list are left alone by chance: beside them it will be judged."),
    ],
)
def test_a_list_says_whether_those_left_alone_can_judge_it(control: int, note: str) -> None:
    assert said(str(action(replace(made.to_send(), control=control), WORDS).note)) == note


def test_costs_that_are_not_known_are_said_so() -> None:
    assert "what they cost is not known" in said(verdict(made.unpriced(), WORDS).sentence)
    assert dict(action(made.to_send(result=made.unpriced()), WORDS).facts)["Cost"] == "not known"


def test_limits_and_lists_that_were_dropped_are_told() -> None:
    found = alert(made.limited(), WORDS)
    assert "More customers would be worth a message than the limits allow." in found.sentence
    assert "not worth their own fixed cost: my own." in said(found.sentence)
    assert found.level == "warn"
    assert alert(made.paying(), WORDS).level == "ok"


def test_every_customer_is_counted_once_among_what_became_of_them() -> None:
    counts = grouped_steps(made.steps())
    assert list(counts.columns) == list(GROUPS)
    assert counts.loc["birthday"].tolist() == [100, 18, 12, 10, 0, 0, 0]
    assert counts.loc["welcome", "one_message"] == 50
    found = said(finding(made.steps(), WORDS).sentence)
    assert found.startswith("The scenarios are about 420 customers, each counted once a scenario; 200 of them")


def test_the_table_of_lists_fits_a_page() -> None:
    table = shown_table(made.paying(), WORDS)
    assert len(table.columns) == 7
    assert table.frame["worth"].tolist() == ["$3.1K", "$760", "untested"]
    assert table.frame["pays"].tolist()[2] == "1 in 10"


def test_what_lists_can_teach() -> None:
    assert "No list alone can show" in said(finding(made.small_power(), WORDS).sentence)
    assert alert(made.small_power(), WORDS).level == "warn"
    assert said(finding(made.power(), WORDS).sentence).startswith("3 lists of 3 can show alone")
    assert alert(made.power(), WORDS).level == "ok"


@pytest.mark.parametrize(("ratio", "level"), [(1.02, "ok"), (1.4, "warn"), (0.6, "warn")])
def test_the_base_is_held_against_what_came(ratio: float, level: str) -> None:
    assert alert(made.known_base(ratio), WORDS).level == level
    assert alert(made.unchecked_base(), WORDS).level == "warn"


def test_offers_of_a_past_test() -> None:
    assert said(finding(made.learned_offers(), WORDS).sentence) == (
        "As the test offer_3 shows, 240 customers get the offer that suits each best: gift 90 and tenth 150. 60 are "
        "better left alone. In that test choosing was worth $1.25 a customer more than one offer for all."
    )
    one = said(finding(made.learned_offers(by_customer=False), WORDS).sentence)
    assert one == "The test offer_3 found one offer best for all of 300 customers: tenth."


def test_nobody_wanted_twice() -> None:
    assert "0 pairs" in finding(made.no_overlap(), WORDS).sentence
    assert said(finding(made.overlap(), WORDS).sentence).startswith("Most often wanted twice: 50 customers")


def test_what_to_do_is_empty_of_lists_that_nobody_gets() -> None:
    assert len(plan_actions(made.limited()).steps) <= 2

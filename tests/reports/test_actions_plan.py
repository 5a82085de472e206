"""What the plan of a month says, word for word, from numbers by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from reports import actions_judged_results as judged
from reports import actions_plan_results as made
from reports.results import said

from retention_lib.estimates import NotAsked
from retention_lib.models.actions.issued_lists import IssuedLists
from retention_lib.models.actions.judged import Judged
from retention_lib.models.actions.plan_actions import plan_actions
from retention_lib.reports.charts.actions_plan import plot_lists
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
        "160 customers get one of 3 messages from 1 July 2026 on, for $1.8K. By past results 120 of them bring $3.9K "
        "after all costs ($3.5K to $4.2K). The other 40 are untested."
    )


def test_the_verdict_begins_with_what_last_months_lists_earned() -> None:
    told = {name: verdict(made.paying(), WORDS, judged=found) for name, found in before().items()}
    assert said(told["lost"].sentence).startswith(
        "The 2 lists judged last month lost $14.4K, coupons and messages paid. 160 customers"
    )
    assert said(told["even"].sentence).startswith(
        "The list judged last month brought $400, which may be chance. 160 customers"
    )
    assert said(told["alike"].sentence).startswith(
        "The list judged last month brought -$800; how sure that is cannot be said. 160"
    )
    assert said(told["none"].sentence).startswith("160 customers")
    assert {name: one.status for name, one in told.items()} == {
        "lost": "watch",
        "even": "good",
        "alike": "good",
        "none": "good",
    }


def before() -> dict[str, Judged]:
    """What was judged before: lists that lost money, one that may be chance, one nothing varies in, none."""
    made_before = {"lost": judged.month_lost(), "even": judged.month_even(), "alike": judged.month_alike()}
    months = {**made_before, "none": NotAsked("lists", 0, 1)}
    return {name: replace(judged.everything(), last_month=month) for name, month in months.items()}


def test_the_chart_of_the_plan_says_how_much_of_it_is_known() -> None:
    assert said(finding(made.paying(), WORDS).sentence) == (
        "Most go to “Birthday”: 80 of 160 messages. Of 3 lists 2 have past results to go by; expected to pay even "
        "at the low end of the interval: 2. The others are untested."
    )
    assert (
        said(finding(made.doubtful(), WORDS).sentence)
        .split(";")[1]
        .startswith(" expected to pay even at the low end of the interval: none.")
    )
    assert said(finding(made.untested(), WORDS).sentence).endswith("says yet what any of them brings.")


def test_no_list_is_drawn_as_sure_to_pay() -> None:
    label = plot_lists(made.paying(), WORDS).get_xlabel()
    assert said(label).replace("\n", " ").endswith("green: pays at 95%, red: loses, brown: either, grey: untested")


def test_what_may_be_a_loss_is_called_so() -> None:
    found = verdict(made.doubtful(), WORDS)
    assert found.status == "watch"
    assert "but a loss is possible (" in said(found.sentence)


def test_without_a_measured_effect_no_money_is_promised() -> None:
    found = said(verdict(made.untested(), WORDS).sentence)
    assert "after all costs" not in found
    # 160 messages of 1 and 1,600 of gifts, where 1,600 orders leave 16,000 - 1,600, 9 each: 196 orders more.
    assert found.endswith(
        "What the messages bring is untested: they pay if more than one extra order comes from each of 160, which is "
        "unlikely."
    )


@pytest.mark.parametrize(
    ("one_in", "text"),
    [
        (40.0, "1 in 40 customers buys because of them"),
        (40.9, "1 in 40 customers buys because of them"),
        (2000.0, "they bring a single extra order"),
        (0.5, "more than one extra order comes from each of 1,200, which is unlikely"),
        (math.inf, "any order comes of them, as they cost nothing"),
    ],
)
def test_when_contacts_pay(one_in: float, text: str) -> None:
    assert said(pays_if(one_in, 1_200, WORDS)) == text


def test_lists_are_told_with_file_verdict_and_whether_they_were_tested() -> None:
    first, last = (action(made.to_send(place), WORDS) for place in (0, 2))
    assert (first.tested, last.tested) == (True, False)
    assert said(first.title) == "Send 80 customers the message “Birthday”: with gift"
    assert dict(first.facts)["List"] == "actions/birthday.csv"
    assert said(dict(first.facts)["Verdict"]) == "28 July 2026"
    assert "Expected, by its own lists" in dict(first.facts)
    assert said(last.title) == "Send 40 customers the message “my own”: no offer"
    assert said(dict(last.facts)["Pays if"]) == "1 in 10 customers buys because of them"
    assert said(action(replace(made.to_send(), contacts=1, offer="several"), WORDS).title) == (
        "Send 1 customer the message “Birthday”: the offer in the file"
    )


@pytest.mark.parametrize(
    ("control", "note"),
    [
        (0, "So small a list leaves nobody alone: nothing can be learned from it."),
        (20, "20 more are on the list to be left alone: too few to judge it by itself, so it counts in the total."),
        (30, "30 more are on the list to be left alone, so that the others can be held against them."),
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
    assert found == (
        "200 of 420 are on a list; who fits two scenarios is counted in both. Most of the others (100): get another "
        "message."
    )


def test_the_table_of_lists_fits_a_page() -> None:
    table = shown_table(made.paying(), WORDS)
    assert len(table.columns) == 7
    assert table.frame["worth"].tolist() == ["$3.1K", "$760", "untested"]
    assert table.frame["pays"].tolist()[2] == "1 in 10"


def test_what_lists_can_teach() -> None:
    assert said(finding(made.small_power(), WORDS).sentence) == (
        "None of 3 lists is large enough to show by itself a gain of 25% a customer. 3 lists need more than this "
        "month. Added up over the months, “Birthday” gets there first, after 4 lists."
    )
    assert alert(made.small_power(), WORDS).level == "warn"
    assert said(finding(made.power(), WORDS).sentence).startswith("3 of 3 lists are large enough to show")
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
    assert said(finding(made.overlap(), WORDS).sentence).startswith("Most often fit for two at once: 50 customers")


def test_what_to_do_is_empty_of_lists_that_nobody_gets() -> None:
    assert len(plan_actions(made.limited()).steps) <= 2


def test_lists_that_the_file_would_not_issue_so_any_more_are_named() -> None:
    empty = pd.DataFrame()
    told = IssuedLists(changed=("welcome", "long_asleep"), customers=empty, pairs=empty, effects=empty)
    found = alert(replace(made.paying(), issued=told), WORDS)
    assert found.level == "warn"
    assert "otherwise by now: Second order and long asleep." in said(found.sentence)
    assert alert(replace(made.paying(), issued=replace(told, changed=())), WORDS) == alert(made.paying(), WORDS)

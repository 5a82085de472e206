"""What is said of plans of tests, of their lists, and of decisions after tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reports import experiment_plan_results as made
from reports import experiment_validity_results as read
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.decision import decision
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.findings.winback import list_table
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def spoken(text: str) -> str:
    """A sentence with plain blanks, emphasis left out."""
    return said(text).replace("\u00a0", " ")


def judged(result: Any) -> tuple[str, str]:
    found = verdict(result, WORDS)
    return found.status, spoken(found.sentence)


def test_a_plan_says_how_many_and_when() -> None:
    assert judged(made.plan()) == (
        "good",
        "741 customers in each of 3 groups show a change of 50% in orders per customer with a chance of 80%. It "
        "takes 2,223 of the 4,000 there are. The verdict can be read on 23 September 2026.",
    )
    status, sentence = judged(made.filled_later())
    assert status == "watch"
    assert "1,000 are there; with 1,200 new ones a month the groups are full after 31 days." in sentence


def test_a_plan_without_customers_says_what_they_could_show() -> None:
    assert judged(made.too_few()) == (
        "act",
        "Too few customers for this test: a change of 10% in orders per customer takes 15,961 in each of 3 groups, "
        "and there are 4,000 in all. All of them together show a change of 36% or more.",
    )
    assert "No change that could be hoped for" in judged(made.hopeless())[1]
    todo = [action(result, WORDS) for result in (made.too_few(), made.hopeless())]
    assert [one.tested for one in todo if one is not None] == [None, None]
    assert spoken(todo[0].title).startswith("Look for a change of 36% or more")  # type: ignore[union-attr]


def test_the_curve_says_what_other_changes_take() -> None:
    assert spoken(finding(made.of_profit(), WORDS).sentence) == (
        "A change of 20% takes 2,651 in each group, one of 10% takes 10,216, and one of 60% only 334. A message at "
        "$0.50 pays back from a change of 5.0% on."
    )
    table = shown_table(made.of_profit(), WORDS)
    assert not isinstance(table, NotEnough)
    row = table.frame.iloc[5]
    assert (row["amount"], row["group"], row["all"], row["there"]) == ("$2.40", 2_651, 5_302, "yes")


def test_who_can_be_in_a_test_is_told_step_by_step() -> None:
    assert spoken(finding(made.left_after_holdout(), WORDS).sentence) == (
        "3,270 customers can be in a test that starts on 1 July 2026: 20,000 ever bought, 13,550 of them in the last "
        "365 days, 12,271 of these may be written to, 3,424 of those are in no other test and 3,270 are left by the "
        "new hold-out."
    )
    assert [alert(made.eligible(consents_known=known), WORDS).level for known in (True, False)] == ["ok", "warn"]


def test_a_list_says_who_is_where_and_what_the_file_does_to_ids() -> None:
    sentence = spoken(finding(made.by_household(), WORDS).sentence)
    assert sentence.startswith(
        "The list of spring holds 9 customers: 3 in none, 3 in mail and 3 in push. Chance decided,"
    )
    assert "2 ids begin with a sign that spreadsheets take for a formula" in sentence
    assert "get no campaign until 1 July 2027; the other 3" in spoken(finding(made.holdout(), WORDS).sentence)
    table = list_table(made.by_household(), WORDS, hashed=lambda id: f"#{id}", file="actions/x.csv")
    assert table.frame["variant"].tolist() == ["none"] * 2 + ["mail"] * 2 + ["push"] * 2
    assert "customer_id" not in table.frame
    assert set(table.frame["customer"].str[0]) == {"#"}


@pytest.mark.parametrize(
    ("make", "status", "begins"),
    [
        (made.ship, "good", "Send mail to everybody. It leaves $4.95 a customer ($3.29 to $6.61) after all costs"),
        (made.by_customer, "good", "Choose the offer by customer: nothing for 20%, mail for 50% and push for 30%."),
        (made.without_some, "good", "Send mail to most, and leave 10% of customers alone"),
        (made.stop, "act", "Stop. No offer pays: the likeliest, push, leaves"),
        (made.may_pay, "watch", "Not decided: test mail once more. It left $0.27 a customer"),
        (made.not_over, "watch", "Interim, no winner"),
    ],
)
def test_an_answer_leads_with_what_to_do(make: Callable[[], Any], status: str, begins: str) -> None:
    found, sentence = judged(make())
    assert found == status
    assert sentence.startswith(begins)


def test_an_invalid_test_is_told_by_its_check_and_is_to_be_run_again() -> None:
    assert judged(made.invalid()) == judged(read.broken())
    assert spoken(finding(made.invalid(), WORDS).sentence).startswith("Invalid: no answer is given")
    step = action(made.invalid(), WORDS)
    assert step is not None
    assert step.title.startswith("Find out why the test broke")
    assert step.facts == ()


def test_the_money_is_told_once_for_all_customers() -> None:
    assert "On all 50,000 customers who can be written to that is $252.3K." in judged(made.ship())[1]
    assert "written to" not in judged(made.stop())[1]
    facts = dict(action(made.ship(), WORDS).facts)  # type: ignore[union-attr]
    assert facts["On all who can be written to"] == "$252.3K"


def test_an_answer_that_waits_names_its_day() -> None:
    waiting = made.decided(lasting=read.waiting())
    assert judged(waiting)[1].startswith("Wait until 1 July 2026.")
    assert spoken(finding(waiting, WORDS).sentence).startswith("Keep running until 1 July 2026.")
    open_ended = decision(made.may_pay().evidence, NotEnough("goal_known", 0, 1))
    assert judged(open_ended)[1].startswith("Not decided: test mail once more.")


def test_the_table_of_an_answer_says_what_is_not_known() -> None:
    table = shown_table(made.ship(), WORDS)
    assert not isinstance(table, NotEnough)
    assert table.frame[["guardrail", "kept"]].to_numpy().tolist() == [["–", "–"], ["–", "–"]]
    refusal = NotEnough("margin_and_cost_known", 0, 1)
    assert shown_table(made.decided(validity=read.broken(), profits=refusal), WORDS) is refusal

"""What the page says about the effects of a test, its guardrails, its large orders and the traps."""

from __future__ import annotations

import pytest
from reports import effect_results as tested
from reports.results import said

from retention_lib.models.experiments.effects import Effects
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.metric_names import difference_text, differences_text, mean_text, metric_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def test_each_arm_is_told_by_what_it_did_to_the_goal() -> None:
    assert sentence(tested.found()) == (
        "mail raised spend per customer by $1 ($0.91 to $1.09), that is by 20%. Whether push changes spend per "
        "customer "
        "cannot be told: it may be by anything between -$0.08 and +$0.10. A change of $0.13 or more would mostly have "
        "been seen. Changed beyond chance as well: share who visited (mail +10.0 points; push +10.0 points)."
    )
    caption = said(finding(tested.found(), WORDS).caption)
    assert caption.startswith("All 3,000 customers as they were assigned; 95% intervals of the difference")
    assert "3 of 4 hold after correction for testing 4" in caption
    assert "the largest change is 100% (share who visited, mail)" in said(finding(tested.found(), WORDS).alt)


def test_arms_that_lower_the_goal_are_told_so() -> None:
    assert sentence(tested.lowered()).startswith(
        "mail lowered spend per customer by $1 ($0.91 to $1.09), that is by 20%. push lowered spend per customer by "
        "$0.50"
    )


def test_without_any_effect_the_sentence_says_what_could_hide() -> None:
    text = sentence(tested.not_shown())
    assert text.startswith("Whether mail changes spend per customer cannot be told")
    assert text.endswith("Nothing else that was looked at changed by more than chance.")


def test_what_is_beyond_chance_only_alone_is_not_called() -> None:
    assert sentence(tested.nearly()).startswith(
        "mail may have changed spend per customer by +$0.10 ($0.01 to $0.18), but among so many comparisons that can "
        "be "
        "chance."
    )


@pytest.mark.parametrize(
    ("fails", "start"),
    [
        ("sample_ratio_broken", "No effect is called, as the test is not valid: the 4 differences"),
        ("interim", "No winner yet: the test is not over, so the 4 differences"),
    ],
)
def test_a_test_that_is_not_valid_has_no_winner(fails: str, start: str) -> None:
    found = sentence(tested.found(fails=fails))
    assert found.startswith(start)
    assert "raised" not in found


def test_what_cannot_be_judged_says_why_and_what_would_have_been_seen() -> None:
    few = sentence(tested.too_few())
    assert few.startswith(
        "What mail did to spend per customer cannot be judged: too few in the arm (5 against 5). Only a"
    )
    alike = sentence(tested.alike())
    assert alike.startswith(
        "What mail did to spend per customer cannot be judged: it never varies (1,000 against 1,000)."
    )
    assert "seen" not in alike.split(".")[0]


def test_an_effect_on_nothing_has_no_per_cent() -> None:
    assert sentence(tested.of_nothing()).startswith("mail raised spend per customer by $1 ($0.91 to $1.09).")
    assert "Empty chart: none of 2 effects" in said(finding(tested.of_nothing(), WORDS).alt)


def test_table_of_effects_holds_the_numbers_and_no_guardrails() -> None:
    frame = shown_table(tested.found(), WORDS).frame
    assert [[said(cell) for cell in line] for line in frame.values.tolist()] == [
        ["spend per customer", "mail", "$5", "$6", "+$1", "below 0.001", "$0.91 to $1.09"],
        ["spend per customer", "push", "$5", "$5.01", "+$0.01", "0.823", "-$0.08 to $0.10"],
        ["share who visited", "mail", "10.0%", "20.0%", "+10.0 points", "below 0.001", "6.90 points to 13.1 points"],
        ["share who visited", "push", "10.0%", "20.0%", "+10.0 points", "below 0.001", "6.90 points to 13.1 points"],
    ]
    refused = shown_table(tested.too_few(), WORDS).frame
    assert refused["p"].tolist() == ["too few in the arm", "too few in the arm"]
    assert refused["range"].tolist() == ["", ""]
    assert set(shown_table(tested.found(fails="interim"), WORDS).frame["p"]) == {"not called"}


def test_what_was_known_before_is_told_as_customers_saved() -> None:
    # Half of the variance saved is worth as much as twice the customers.
    text = said(alert(tested.adjusted(), WORDS).sentence)
    assert "as much as a test larger by 100% (50% of the variance of the goal)" in text
    assert "not adjusted" in said(alert(tested.unadjusted(), WORDS).sentence)
    frame = shown_table(tested.adjusted(), WORDS).frame
    assert frame.loc[0, ["relative", "plain", "saved"]].map(said).tolist() == ["20.0%", "+$1", "50%"]
    assert frame.loc[1, "saved"] == DASH


def test_guardrails_are_summed_and_those_that_got_worse_are_named() -> None:
    held = tested.kept(mail=10_000, push=10_100, n=100_000)
    assert sentence(held) == "Limits that must not be passed: 2 looked at, 2 kept, 0 broken, 0 cannot be told."
    # 10 % of 1,000 allow 1 point; 16 % are 6 points more, 3 at least.
    broken = sentence(tested.kept(mail=160, push=133))
    assert broken.startswith(
        "Limits that must not be passed: 2 looked at, 0 kept, 1 broken, 1 cannot be told. mail made it"
    )
    assert "the share who unsubscribed rose from 10.0% to 16.0%, and 1.00 points at most was allowed." in broken
    assert "push made it worse: the share who unsubscribed rose from 10.0% to 13.3%; whether by more than" in broken
    assert "discounts are its price" not in broken
    frame = shown_table(tested.kept(mail=160), WORDS).frame
    assert frame["verdict"].tolist() == ["broken", "cannot be told"]
    assert said(frame.loc[0, "rise"]) == "+6.00 points"
    assert said(frame.loc[0, "range"]) == "3.06 points to 8.94 points"


def test_a_discount_that_gives_discounts_is_explained() -> None:
    assert sentence(tested.discounted()).endswith(
        "Where the offer is itself a discount, more discounts are its price, and the profit bears them."
    )


@pytest.mark.parametrize(
    ("agrees", "shown", "text"),
    [
        (True, True, "Cutting the largest amounts down to a cap changes no answer"),
        (
            False,
            True,
            "The effect of mail on revenue per customer rests on a few large amounts: it is +$1 ($0.40 to $1.60)",
        ),
        (False, False, "A few large amounts hide the effect of mail on revenue per customer: it is +$0.10"),
    ],
)
def test_large_orders_are_told(agrees: bool, shown: bool, text: str) -> None:
    assert sentence(tested.capped(agrees=agrees, shown=shown)).startswith(text)
    assert len(shown_table(tested.capped(agrees=agrees), WORDS).columns) == 7


def test_traps_are_shown_with_the_honest_number() -> None:
    text = sentence(tested.trapped())
    assert text.startswith(
        "Looking at buyers only would pick the wrong arm: a buyer brought mail $40, push $45 and none $50, so push "
        "looks best, but over everybody it is mail, as the offer changes who buys at all."
    )
    # Openers 9 against 5: +80 %; all customers 6 against 5: +20 %.
    assert "with mail they brought +80% against all who were left alone, where the honest change over everybody" in text
    assert "is +20%. The keen open" in text
    misled = sentence(tested.trapped(reverses=False, openers=False))
    assert misled.startswith("Looking at buyers only would mislead: a buyer brought mail $45")
    assert sentence(tested.trapped(buyers=False)).startswith("Looking at those who opened the message would flatter")
    table = shown_table(tested.trapped(), WORDS)
    assert [said(cell) for cell in table.frame.loc[0]] == ["buyers only", "mail", "100", "$40", "$50", "-20%", "+20%"]
    caption = said(finding(tested.trapped(), WORDS).caption)
    assert caption == "Spend per customer; 700 customers in the groups that mislead, changes against none."


def test_metrics_are_written_in_their_unit() -> None:
    assert metric_name("gross_profit", WORDS, unit="household") == "gross profit per household"
    assert metric_name("opened_app", WORDS, kind="share") == "share with opened app"
    assert (said(mean_text(0.0057, "share", WORDS)), said(mean_text(0.25, "count", WORDS))) == ("0.57%", "0.250")
    assert said(difference_text(3.0, "count", WORDS, sign=True)) == "+3.00"
    assert (difference_text(float("nan"), "money", WORDS), differences_text(float("nan"), 1.0, "money", WORDS)) == (
        DASH,
        "",
    )


def test_households_are_called_households() -> None:
    given = tested.found()
    found = Effects(**{**vars(given), "unit": "household"})
    assert "All 3,000 households" in said(finding(found, WORDS).caption)
    assert "spend per household" in sentence(found)

"""What is said of customers whom an offer moves, and of which offer is for whom."""

from __future__ import annotations

from reports import experiment_uplift_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.reports.feature_names import feature_name, known_group
from retention_lib.reports.findings import action, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def test_segments_name_the_best_and_the_worst_group() -> None:
    """By hand: 40, 2 and -3 with an error of 2.83 each; nearly all of their scatter is true."""
    found = sentence(made.segments())
    assert found.startswith("discount works differently by income: +$39.")
    assert "a customer for low (" in found
    assert "for high (" in found


def test_segments_that_do_not_differ_are_not_ranked() -> None:
    assert sentence(made.segments_alike()) == (
        "It cannot be shown that an offer works better for some customers than for others: by the 1 way tried to part "
        "them, groups differ by no more than chance makes them."
    )


def test_a_broken_test_names_no_groups_offers_or_customers() -> None:
    for result in (made.segments_withheld(), made.curves_withheld(), made.policy_withheld(), made.alone(withheld="x")):
        assert "said to" in sentence(result) or "No offer is recommended" in sentence(result)
    for result in (made.segments_withheld(), made.curves_withheld(), made.policy_withheld()):
        assert shown_table(result, WORDS) == NotEnough("sample_ratio_broken", 0, 1)
    assert action(made.policy_withheld(), WORDS) is None


def test_a_curve_says_what_half_of_the_customers_bring() -> None:
    """By hand: 2,000 x (.5 + 3 x .25) = 2,500 against 1,000 by chance."""
    found = sentence(made.curves("discount"))
    assert found.startswith("The model foresees whom discount moves: sent to the most promising half, it brings $2,500")
    assert found.endswith("to a half drawn by chance, $1,000.")


def test_a_curve_that_ranks_nobody_says_so() -> None:
    assert sentence(made.curves_flat()).startswith("Whom discount moves cannot be foreseen")


def test_a_rule_that_pays_says_its_gain_and_who_gets_what() -> None:
    assert sentence(made.policy()) == (
        "Choosing the offer by customer pays more than one offer for all: +$26.00 a customer, against +$20.00 with "
        "discount for everybody. That is +$6.00 a customer ($2.00 to $10.00), on customers the rule had not seen. It "
        "gives nothing to 10%, free_delivery to 50% and discount to 40%."
    )


def test_one_offer_stays_with_the_reason() -> None:
    found = sentence(made.single_stays())
    assert found.startswith("One offer for all stays: discount. That choosing by customer does better cannot be shown")
    assert "+$1.00 a customer against discount for everybody (-$3.00 to $5.00)" in found
    assert sentence(made.policy(gain=-2.0)).startswith(
        "One answer for all: discount. Choosing by customer does no better"
    )
    assert action(made.single_stays(), WORDS) is None


def test_the_action_tells_the_money_of_a_thousand_customers() -> None:
    found = action(made.policy(), WORDS)
    assert found is not None
    assert said(found.facts[0][1]) == "$6,000 ($2,000 to $10,000)"
    assert [text for _, text in found.facts[1:]] == ["10%", "50%", "40%"]


def test_customers_to_leave_alone_are_named_only_where_shown() -> None:
    assert sentence(made.alone()).startswith(
        "Leave 20% of the customers alone: discount brought -$12.00 for each of them"
    )
    unsure = made.alone(effect=-3.0)
    assert "cannot be shown" in sentence(unsure)
    assert action(unsure, WORDS) is None
    assert sentence(made.alone(effect=None)) == (
        "The model expects discount to pay with every customer: nobody is to be left alone."
    )


def test_things_known_of_customers_are_called_by_words() -> None:
    assert feature_name("orders_before", WORDS) == "orders before the test"
    assert feature_name("acquisition_channel_search", WORDS) == "won by: search"
    assert feature_name("on_web", WORDS) == "on web"
    assert known_group("recency", "85+", WORDS) == "days since the last order: 85+"
    assert known_group("newbie", "yes", WORDS) == "newbie: yes"


def test_tables_are_small_and_written() -> None:
    for result in (made.segments(), made.curves(), made.policy(), made.groups()):
        table = shown_table(result, WORDS)
        assert not isinstance(table, NotEnough)
        assert len(table.columns) <= 7
        assert table.frame.map(lambda cell: isinstance(cell, str)).all().all()

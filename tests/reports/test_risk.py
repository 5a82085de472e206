"""Sentences and tables of the churn risk and of what is at stake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from reports import risk_results as made

from retention_lib.estimates import NotEnough
from retention_lib.models.risk_features import THEMES
from retention_lib.models.risk_scores import CANDIDATES
from retention_lib.reports.blocks import Table, table_html
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.findings.risk import SCORES, SUBJECTS
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def told(result: Any) -> str:
    """The sentence as plain text with plain spaces."""
    return plain(finding(result, WORDS).sentence).replace("\u00a0", " ")


def test_the_score_is_said_in_pairs_before_anything_else() -> None:
    sentence = told(made.risk())
    assert sentence.startswith(
        "The score puts the customer who will be silent above the one who will buy in 87.6% of pairs (days of silence "
        "alone: 79.8%; the purchase model alone: 83.3%). Its lead over the purchase model alone is more than chance"
    )
    assert "Where it says 55%, 54% stayed silent." in sentence
    assert sentence.endswith("A risk score is not a chance to persuade.")
    assert "AUC" not in sentence


def test_a_score_without_a_purchase_model_is_held_against_silence_alone() -> None:
    lone = replace(made.risk(), auc_palive=NotEnough("purchase_model_fit", 0, 1), better_baseline="recency")
    assert "(days of silence alone: 79.8%)." in told(lone)


def test_a_score_no_better_than_a_baseline_says_so() -> None:
    sentence = told(made.risk(beats=False))
    assert "It is no better than the purchase model alone, so the lists use that." in sentence


def test_a_baseline_that_was_chosen_says_so() -> None:
    sentence = told(made.unsure())
    assert sentence.startswith("Days of silence put the customer")
    assert "so the lists use it" in sentence
    assert "the same season a year before" in finding(made.unsure(), WORDS).caption


def test_the_purchase_model_chosen_says_so() -> None:
    assert told(made.risk("palive", beats=False)).startswith("The purchase model puts the customer")


def test_importance_says_that_it_is_no_cause() -> None:
    sentence = told(made.important())
    assert "Site visits (without it 21.4 of a hundred pairs fewer are sorted right)" in sentence
    assert "Purchase rhythm and Who they are" in sentence
    assert "not what makes customers go" in sentence
    assert "then" not in told(made.important(("rhythm", 0.2, 0.01), ("money", 0.0, 0.01)))


def test_stakes_say_total_interval_and_where_it_is() -> None:
    sentence = told(made.stakes())
    assert sentence.startswith("In the next 90 days $97.4K of gross profit are at stake ($88.4K to $106.4K)")
    assert "36% of it is with customers whose risk is above 90%" in sentence
    assert "the 340 customers with most at stake hold half of it" in sentence
    caption = plain(finding(made.stakes(), WORDS).caption)
    assert "If nobody left, all would bring $200K." in sentence
    assert "was 1.7% more than what came in" in caption
    assert "was 4.0% less than what came in" in plain(finding(made.stakes(ratio=0.96), WORDS).caption)


def test_sales_are_not_called_profit_where_no_margin_is_known() -> None:
    sentence = told(made.stakes("revenue"))
    assert "of sales are at stake" in sentence
    assert "No margin is known, so this is not profit." in sentence


@pytest.mark.parametrize("result", [made.risk(), made.important(), made.stakes()])
def test_alt_texts_hold_a_number(result: Any) -> None:
    said = finding(result, WORDS)
    assert any(letter.isdigit() for letter in said.alt)
    assert any(letter.isdigit() for letter in said.caption)


@pytest.mark.parametrize(
    "result", [made.risk(), made.unsure(), made.chosen_from(), made.important(), made.stakes(), made.calibrated()]
)
def test_tables_are_shown(result: Any) -> None:
    table = shown_table(result, WORDS)
    assert isinstance(table, Table)
    assert len(table.frame) > 0
    assert "nan" not in table_html(table, WORDS).lower()


def test_the_alert_warns_where_the_level_was_off() -> None:
    assert alert(made.risk(), WORDS).level == "ok"
    off = alert(made.unsure(), WORDS)
    assert off.level == "warn"
    assert "expected 80.0% to stay silent, 79.0% did" in plain(off.sentence)


@pytest.mark.parametrize("code", ["risk_windows", "risk_silent", "risk_buying", "stakes_buyers"])
def test_refusals_have_a_sentence(code: str) -> None:
    assert "7" in finding(NotEnough(code, 7, 50), WORDS).sentence


def test_every_candidate_and_every_subject_has_a_name() -> None:
    assert set(SCORES) == set(CANDIDATES)
    assert set(SUBJECTS) == set(THEMES)

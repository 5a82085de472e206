"""Sentences of spend and margin: each number by hand, each source by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import spend_results as made

from retention_lib.estimates import NotEnough
from retention_lib.models.margins import Margin
from retention_lib.reports.blocks import table_html
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_independent_spend_is_one_mean() -> None:
    assert "$40.00" in finding(made.alike(), WORDS).sentence
    told = alert(made.alike(), WORDS)
    assert told.level == "ok"
    assert "does not depend on frequency" in told.sentence
    assert "Gamma-Gamma" in told.sentence


def test_customers_who_spend_alike_are_said_to() -> None:
    result = replace(made.alike(), kind="alike")
    assert "$40.00" in finding(result, WORDS).sentence
    assert "no more than chance" in finding(result, WORDS).sentence
    assert "spend alike" in alert(result, WORDS).sentence


@pytest.mark.parametrize(
    ("exponent", "word", "many"), [(0.5, "spends more", "$79.37"), (-0.5, "spends less", "$11.34")]
)
def test_dependent_spend_is_named_with_two_points_of_its_curve(exponent: float, word: str, many: str) -> None:
    # 30 x (10.5 / 1.5) ^ +-0.5
    sentence = finding(made.by_frequency(exponent=exponent), WORDS).sentence
    assert word in sentence
    assert "$30.00" in sentence
    assert many in sentence
    assert "10 repeat purchases" in sentence
    told = alert(made.by_frequency(exponent=exponent), WORDS).sentence
    assert "spend by frequency" in told
    assert "0.300" in told


@pytest.mark.parametrize(
    ("margin", "level", "said"),
    [
        (made.margin(), "ok", "their own cost, refunds included: 40.0%"),
        (made.margin(stated=0.41), "ok", "their own cost"),
        (made.margin(stated=0.5), "warn", "The parameter file says 50.0%"),
        (made.margin(share=0.8), "warn", "80.0% of revenue names its cost"),
        (made.margin(share=0.8, stated=0.41), "warn", "the rest leaves 41.0%"),
        (made.stated_margin(), "ok", "Gross profit is 30.0% of revenue, as the parameter file says"),
        (made.stated_margin(None), "warn", "values are revenue"),
    ],
)
def test_the_source_of_the_margin_is_said(margin: Margin, level: str, said: str) -> None:
    told = alert(margin, WORDS)
    assert told.level == level
    assert said in told.sentence


def test_refunds_without_an_order_and_customers_who_kept_nothing_are_said() -> None:
    sentence = alert(made.margin(), WORDS).sentence
    assert "take 3.0% of what was bought" in sentence
    assert "12 customers sent back all" in sentence
    assert "1 customer sent back all" in finding(made.margin(without_net=1), WORDS).sentence
    assert "Refunds" not in alert(made.stated_margin(), WORDS).sentence


def test_first_and_later_orders_are_told_apart() -> None:
    sentence = finding(made.margin(), WORDS).sentence
    assert "42.0%" in sentence
    assert "38.0%" in sentence


def test_the_table_has_a_row_a_group() -> None:
    page = table_html(shown_table(made.margin(), WORDS), WORDS)
    for text in ("channel: web", "at a discount", "at full price", "42.0%", "45.0%", "1,000"):
        assert text in page
    assert shown_table(made.stated_margin(None), WORDS) == NotEnough("margin_known", 0, 1)
    assert "30.0%" in table_html(shown_table(made.stated_margin(), WORDS), WORDS)

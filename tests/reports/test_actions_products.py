"""Sentences, tables and charts of pairs of products, intervals and hit rates."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from reports import actions_products_results as made

from retention_lib.estimates import NotEnough
from retention_lib.reports.charts import actions_products as charts
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.findings.actions_products import product_label
from retention_lib.reports.reasons import REASONS
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def said(result: object) -> str:
    return plain(finding(result, WORDS).sentence).replace("\xa0", " ")


def test_pairs_say_how_many_hold_and_name_the_closest() -> None:
    assert said(made.pairs()) == (
        "3 of 39,800 pairs of products go together: the second is bought with the first or within 14 days after it "
        "oftener than chance would have it. The closest: of 400 customers who bought coffee (kitchen), 38% bought "
        "filters (kitchen) as well, 7.5 times (6.6 to 8.5) what baskets of that size hold by chance."
    )
    assert "pairs of categories" in said(made.category_pairs())


def test_the_base_of_pairs_says_who_and_what_was_left_out() -> None:
    caption = plain(finding(made.pairs(), WORDS).caption)
    assert caption == (
        "100,000 of 1,000,000 customers, drawn by chance, and the 200 commonest of 25,000 products in a year. At least "
        "20 bought both; one-sided binomial test, Holm's correction over all pairs (5% for even one false pair); "
        "interval 95%."
    )
    whole = replace(made.pairs(), customers=800, of_customers=800, items=60, of_items=60)
    assert plain(finding(whole, WORDS).caption).startswith("800 customers and 60 products in a year.")
    assert "categories" in finding(made.category_pairs(), WORDS).caption


def test_intervals_say_when_the_commonest_product_is_bought_again() -> None:
    assert said(made.intervals()) == (
        "3 products are bought again often enough to know when. The one bought again most often, milk (dairy), is "
        "bought again after 13 days, in every second case after 7 to 29 (6,000 intervals). A customer's own pace "
        "counts as much as the product's from 2 intervals of the customer on."
    )
    assert "own pace" not in said(made.alike_intervals())


def test_hit_rates_say_both_and_how_much_more() -> None:
    assert said(made.rates()) == (
        "80.0% (77.4% to 82.4%) of the customers bought at least one of ten products named by what they buy again; of "
        "the ten best sellers 60.0% (56.9% to 63.0%) bought one: 33% more hits (26.0% to 41.1%)."
    )
    assert "fewer hits" in said(made.worse_rates())


@pytest.mark.parametrize(
    ("build", "level"), [(made.rates, "ok"), (made.even_rates, "warn"), (made.worse_rates, "warn")]
)
def test_a_list_that_popularity_matches_is_said(build: object, level: str) -> None:
    told = alert(build(), WORDS)  # type: ignore[operator]
    assert told.level == level
    assert ("Naming the best sellers to everybody would do as well." in told.sentence) == (level == "warn")


def test_how_many_of_the_named_are_bought_and_to_whom_one_can_be_named() -> None:
    assert plain(alert(made.rates(), WORDS).sentence) == (
        "Of ten products named by own purchases 3.0 are bought within 30 days, of ten best sellers 1.5. A product can "
        "be named to 95.0% of the active customers; 25.0% of all products are named to somebody."
    )


def test_tables_name_products_and_keep_to_the_width() -> None:
    pairs, days = shown_table(made.pairs(), WORDS), shown_table(made.intervals(), WORDS)
    assert not isinstance(pairs, NotEnough)
    assert not isinstance(days, NotEnough)
    first = pairs.frame.iloc[0]
    assert (first["pair"], first["next"], first["times"], first["range"]) == (
        *("coffee (kitchen)", "filters (kitchen)"),
        *("7.5", "6.6 to 8.5"),
    )
    assert first["day_share"] == pytest.approx(0.8)
    assert days.frame.iloc[0][["name", "early", "middle", "late"]].tolist() == ["milk (dairy)", 7, 13, 29]
    captions = {table.caption for table in (pairs, days, shown_table(made.category_pairs(), WORDS))}  # type: ignore[union-attr]
    assert len(captions) == 3
    assert max(len(pairs.columns), len(days.columns)) <= 7


def test_a_product_is_not_named_twice() -> None:
    assert product_label("tea", "tea") == product_label("tea", "") == "tea"
    assert product_label("P0001", "coffee") == "P0001 (coffee)"


def test_charts_show_what_the_results_hold() -> None:
    ax = charts.plot_product_pairs(made.pairs(), WORDS)
    assert [float(x) for x, _ in ax.collections[1].get_offsets()] == [7.5, 3.75, 2.5]
    assert "7.5 x" in [text.get_text() for text in ax.texts]
    ax = charts.plot_product_intervals(made.intervals(), WORDS)
    assert "7 · 13 · 29" in [text.get_text() for text in ax.texts]
    ax = charts.plot_hit_rates(made.rates(), WORDS)
    assert [text.get_text() for text in ax.texts] == ["80.0%", "60.0%"]
    assert ax.get_xticks().max() <= 1


@pytest.mark.parametrize("refusal", made.REFUSALS)
def test_what_is_missing_is_said_with_its_numbers(refusal: NotEnough) -> None:
    assert refusal.reason in REASONS
    assert not any(math.isnan(number) for number in (refusal.have, refusal.need))
    assert said(refusal).endswith(".")

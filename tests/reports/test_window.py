"""What is said and drawn of when a customer is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from reports import results as made
from reports.results import said
from reports.test_charts import drawn
from reports.window_results import CUTOFF, chance, definitions, grid, groups, one_class, slow_rhythm, who_stays

from retention_lib.estimates import NotEnough
from retention_lib.models.lapse import ReturnChance, return_chance
from retention_lib.reports.blocks import Table
from retention_lib.reports.charts import window as charts
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.shown import table_texts
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def cells_of(result: Any) -> list[list[str]]:
    """The cells of a result's table as they are shown, row by row."""
    texts = table_texts(made.made(shown_table(result, WORDS), Table), WORDS)
    return [[said(cell) for cell in row] for row in texts["rows"]]


def test_a_window_with_open_rhythms_says_how_many_there_are() -> None:
    told = alert(slow_rhythm(), WORDS)
    assert said(told.sentence) == (
        "The window rests on 100 customers with at least three gaps between purchases: 30 days or more (95% interval). "
        "Of 20 of them it is only known that their rhythm is slower than their silence is long."
    )
    assert told.level == "warn"
    closed = said(alert(made.window(known=50), WORDS).sentence)
    assert "between purchases: 28 to 28 days (95% interval). Of 0 of them" in closed


def test_windows_by_purchases_are_given_longest_first_without_a_claim() -> None:
    assert said(finding(groups(), WORDS).sentence) == (
        "By purchases in the twelve months, the same rule gives windows of 90 days (4-6), 28 days (7-12) and 7 days "
        "(13+); in part by arithmetic, for many purchases leave room for short gaps only."
    )
    same = groups(("4-6", 28, 60), ("7-12", 28, 60), ("13+", 7, 20))
    assert "28 days (4-6) and 28 days (7-12); in part by arithmetic" in said(finding(same, WORDS).sentence)
    assert [row[0] for row in cells_of(same)] == ["4-6", "7-12"]
    assert "in part by arithmetic" in shown_table(same, WORDS).caption


def test_categories_that_ask_for_a_window_of_their_own_are_named_longest_first() -> None:
    named = said(finding(groups(("", 90, 60), ("tea", 28, 60), by="category"), WORDS).sentence)
    assert named == (
        "One window of 28 days does not do for all: by the category they spend most on it would be 90 days (not "
        "stated)."
    )
    assert [row[0] for row in cells_of(groups())] == ["4-6", "7-12", "13+"]


def test_groups_that_do_not_differ_are_said_in_one_sentence_and_not_shown() -> None:
    same = groups(("tea", 28, 60), ("pots", 28, 60), ("few", 99, 3), by="category")
    assert said(finding(same, WORDS).sentence) == (
        "No category asks for a window of its own: 28 days lies in the interval of all 2."
    )
    assert shown_table(same, WORDS).frame.empty


def test_the_chance_to_return_leads_with_everyone_and_says_how_steady_it_is() -> None:
    assert said(finding(chance(0.5, 0.7, 0.6), WORDS).sentence) == (
        "Of 100 customers silent for more than 28 days on 1 October 2017, 60% (50.2% to 69.1%) bought again within 90 "
        "days; at 3 earlier month starts it was 50% to 70%. Of the 40 of them silent for no more than 42 "
        "days, 75% did (59.8% to 85.8%). Most of the silent come back, so this page calls them quiet (overdue), not "
        "lapsed."
    )
    assert "month starts" not in said(finding(chance(0.5), WORDS).sentence)


@pytest.mark.parametrize(
    ("just", "rest", "last"),
    [
        (20, 60, "Most of the silent come back, so this page calls them quiet (overdue), not lapsed."),
        # 40 of 100, of whom 20 of the 40 who had just gone quiet; then 45 of 100, whose interval reaches 55%.
        (20, 20, "half or more come back, so this page calls them quiet (overdue), not lapsed."),
        (19, 26, "may be chance, so this page calls them quiet (overdue), not lapsed."),
        (19, 11, "Most of the silent do not come back, so this page calls them lapsed."),
    ],
)
def test_the_silent_are_lapsed_only_where_all_and_the_latest_stay_away(just: int, rest: int, last: str) -> None:
    frame = pd.DataFrame({"silence_days": [29, 100], "customers": [40, 60], "returned": [just, rest]})
    told = made.made(return_chance(frame, lapse_days=28, cutoff=CUTOFF), ReturnChance)
    assert said(finding(told, WORDS).sentence).endswith(last)


def test_the_latest_are_not_mentioned_where_they_are_few() -> None:
    frame = pd.DataFrame({"silence_days": [29, 100], "customers": [29, 71], "returned": [29, 0]})
    told = said(finding(made.made(return_chance(frame, lapse_days=28, cutoff=CUTOFF), ReturnChance), WORDS).sentence)
    assert "silent for no more than" not in told
    assert told.endswith("calls them lapsed.")


def test_number_of_purchases_tells_who_comes_back() -> None:
    told = finding(grid(), WORDS)
    assert said(told.sentence) == (
        "How often they had bought tells who comes back: silent for more than 28 days, 90% of the customers with 10 "
        "purchases or more (50) bought again within 90 days, and 10% of those with 1 purchase (60)."
    )
    assert "tells little" in said(finding(grid(many=6), WORDS).sentence)
    alone = said(finding(one_class(), WORDS).sentence)
    assert alone == "Of 80 customers with 1 purchase silent for more than 28 days, 25% bought within 90 days."


def test_the_table_of_returns_holds_both_figures_with_their_base() -> None:
    cells = cells_of(grid())
    assert cells[0][0] == "1 purchase"
    assert [row[1] for row in cells] == ["\u2013"] * 3  # nobody had only just reached the window
    assert [row[3] for row in cells] == ["60", "12", "50"]


def test_the_same_customers_are_kept_to_three_shares() -> None:
    told = finding(definitions(), WORDS)
    assert said(told.sentence).startswith(
        "The same 100 customers are kept to 20%, 55% or 70%: bought between days 85 and 91 after their first purchase, "
        "between days 61 and 90, or on day 85 or later."
    )
    assert said(told.caption) == (
        "n = 100 customers whose first purchase is known to be their first, followed for 91 days to 245 days."
    )
    assert "too few are known to be new" in said(finding(definitions(new=False), WORDS).caption)


def test_who_came_back_is_held_against_who_had_stayed() -> None:
    told = finding(who_stays(), WORDS)
    assert said(told.sentence) == (
        "Of 200 who came back, 70% (63.3% to 75.9%) were still active 3 months later, against 90% of those who had "
        "stayed."
    )
    assert said(finding(who_stays(new=40), WORDS).sentence).endswith("Of the 40 new it was 100%.")
    assert "January 2020 to February 2020" in said(told.caption)
    later = said(finding(who_stays(months=8, lapse_days=90), WORDS).sentence)
    assert "were still active 6 months later" in later


RESULTS: list[Callable[[], Any]] = [
    groups,
    chance,
    grid,
    definitions,
    who_stays,
]


@pytest.mark.parametrize("build", RESULTS)
def test_every_result_has_numbers_and_a_table(build: Callable[[], Any]) -> None:
    told = finding(build(), WORDS)
    for text in (told.sentence, told.alt, told.caption):
        assert not set("{}") & set(text)
        assert not text or re.search(r"\d", text)
        assert "nan" not in said(text).lower().split()
    cells = cells_of(build())
    assert cells
    assert "nan" not in str(cells).lower()
    assert len(build().to_frame())


REASONS = [
    "categories_to_compare",
    "customers_came_back_followed",
    "customers_followed_by_definition",
    "customers_stayed_followed",
    "customers_with_known_rhythm",
    "values_seen_to_quantile",
    "window_groups",
]


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_is_a_sentence(reason: str) -> None:
    told = said(finding(NotEnough(reason, 3, 30), WORDS).sentence)
    assert told.endswith(".")
    assert "There is not enough data for this answer" not in told


def test_cells_hold_share_and_customers() -> None:
    texts = [text.get_text() for text in drawn(charts.plot_returns_by_purchases, grid(), "wide").texts]
    assert texts == ["75%", "200", "10%", "60", "25%", "12", "97%", "300", "90%", "50"]

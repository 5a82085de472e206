"""Sentences, tables and charts of where customers go quiet."""

from __future__ import annotations

from typing import Any

import pytest
from reports import where_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.measures.rfm import RFM_GROUPS, UNSCORED
from retention_lib.measures.sharing import RARE
from retention_lib.measures.where import BAD_SCORE, CUSTOMER_DIMENSIONS, NO_MEMBER
from retention_lib.reports.blocks import Table, table_html
from retention_lib.reports.charts.where import (
    band_name,
    plot_contact_fatigue,
    plot_rfm_groups,
    plot_rfm_migration,
    plot_where,
)
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.segment_names import DIMENSIONS, GROUPS, dimension_name, named_segment, segment_of
from retention_lib.reports.style import chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def drawn(plot: Any, result: Any) -> Any:
    with styled("wide"):
        ax = chart_axes("wide")
        plot(result, WORDS, ax=ax)
        return ax


def table_of(result: Any) -> Table:
    found = shown_table(result, WORDS)
    assert isinstance(found, Table)
    assert table_html(found, WORDS)
    return found


def test_every_dimension_and_group_has_a_name() -> None:
    assert set(GROUPS) == {*RFM_GROUPS, UNSCORED}
    assert {"rfm", "channel", "tier", "feedback", *CUSTOMER_DIMENSIONS} <= set(DIMENSIONS)
    assert dimension_name("household_id", WORDS) == "household id"


@pytest.mark.parametrize(
    ("dimension", "segment", "name"),
    [
        ("tier", NO_MEMBER, "not in the programme"),
        ("feedback", BAD_SCORE, "a bad one"),
        ("region", BAD_SCORE, "(bad)"),  # a region may be called so
        ("region", "", "not stated"),
        ("region", RARE, "values with fewer than 5 customers"),
        ("rfm", "almost_lost", "almost lost"),
    ],
)
def test_segments_have_names(dimension: str, segment: str, name: str) -> None:
    assert segment_of(dimension, segment, WORDS) == name
    assert named_segment(dimension, segment, WORDS).startswith(name)


def test_the_segment_that_loses_most_and_the_one_that_loses_least_are_named() -> None:
    # South: 200 of 1,000 against north and moon, 109 of 1,012; at that rate it would have lost 107.7.
    found = finding(made.rates(), WORDS)
    assert said(found.sentence) == (
        "They leave most in south (region): 20.0% of 1,000 went quiet, against 10.8% of the others; that is 92 more "
        "than if they had left like the others. They leave least in north (region): 10.0% of 1,000, against 20.7% of "
        "the others. That is where they leave, not yet why."
    )
    assert "2,112 customers" in said(found.caption)
    # North, south and those not stated against the others; gold against not in the programme, once.
    assert "4 comparisons" in said(found.caption)


def test_groups_that_do_not_differ_are_not_ranked() -> None:
    found = finding(made.rates(("region", "north", 100, 10), ("region", "south", 100, 11)), WORDS)
    assert said(found.sentence) == (
        "No group leaves more or less than the others of its kind by more than chance, in 1 comparison."
    )


def test_thin_groups_are_warned_of() -> None:
    found = alert(made.rates(), WORDS)
    assert (found.level, said(found.sentence)[:35]) == ("warn", "1 group has fewer than 30 customers")
    assert alert(made.rates(*made.SEGMENTS[:2]), WORDS).level == "ok"


def test_where_shows_the_strongest_with_their_dimension() -> None:
    ax = drawn(plot_where, made.rates())
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0] == "south (region)"
    assert "champions (RFM group)" not in labels
    rests = dict(zip(labels, ax.collections[2].get_offsets()[:, 0], strict=True))
    assert rests["north (region)"] == pytest.approx(209 / 1012)
    table = table_of(made.rates())
    assert set(table.frame["dimension"]) == {"region", "loyalty tier", "RFM group"}


def test_groups_say_who_brings_the_money() -> None:
    # At the end: 90 champions, 84 loyal, 9 promising, 20 at risk, 10 new; money 9,800 + 3,500 of 14,290.
    found = finding(made.groups(), WORDS)
    assert said(found.sentence) == (
        "Champions and loyal customers are 82% of the 213 customers and brought 93% of the last year's money. 9% are "
        "in groups that are slipping away, and brought 6% of it."
    )
    assert "December 2017" in said(found.caption)
    table = table_of(made.groups())
    assert table.frame["silence"].tolist()[0] == "3 to 40"
    assert table.frame["bought"].tolist()[0] == "2"


def test_groups_are_drawn_with_customers_and_money() -> None:
    ax = drawn(plot_rfm_groups, made.groups())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["champions", "loyal", "new", "promising", "at risk"]
    customers, money = (dots.get_offsets()[:, 0] for dots in ax.collections[1:])
    assert customers[0] == pytest.approx(90 / 213)
    assert money[0] == pytest.approx(9800 / 14290)


def test_the_slide_is_told_with_its_money() -> None:
    found = finding(made.migration(), WORDS)
    assert said(found.sentence) == (
        "20 of 150 champions, loyal and potential loyal customers slid into a group that is slipping away, with $900 "
        "behind them; 44 came the other way. The largest move down in December: 20 of 50 loyal customers to “at risk”; "
        "they had spent $900 in the year before."
    )
    assert said(found.alt).startswith("The largest move down in December: 20 of 50 loyal customers")


def test_a_month_without_a_slide_says_so() -> None:
    found = finding(made.migration(("loyal", "champions", 50, 10.0, 10.0)), WORDS)
    assert said(found.sentence) == (
        "None of the 50 champions, loyal and potential loyal customers slid into a group that is slipping away."
    )


def test_moves_are_drawn_as_percents_of_the_row() -> None:
    ax = drawn(plot_rfm_migration, made.migration())
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    # Champions and loyal are the first two rows and columns; at risk is the last but one of five columns.
    assert (cells[0.5, 0.5], cells[1.5, 0.5], cells[0.5, 1.5]) == ("60", "40", "60")
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["1 champions", "2 loyal", "4 new", "9 at risk", "10 dormant"]
    moved = table_of(made.migration())
    assert moved.frame["from_group"].tolist()[0] == "loyal"
    assert "stayed" not in set(moved.frame["move"])


def test_habits_are_called_different_only_beyond_chance() -> None:
    told = said(finding(made.habits(), WORDS).sentence)
    assert told == (
        "Those who went quiet had bought from 2.5 categories, those who stayed and bought as often from 2.5: no "
        "difference beyond chance. At a discount those who went quiet had paid 40.0% of their money, those who stayed "
        "and bought as often 20.0%: a difference beyond chance."
    )
    assert "20.0%: no difference" in said(finding(made.habits(quiet_share=0.21), WORDS).sentence)
    table = table_of(made.habits())
    assert table.frame["alike"].tolist() == ["2.50", "20.0%"]


def test_messages_say_what_is_known_of_consents_and_openings() -> None:
    chosen = "The shop chose whom to write to: this compares groups, and does not show what a message does."
    found = finding(made.fatigue(), WORDS)
    assert said(found.sentence) == (
        "6 of 303 customers who got messages by email are without consent now, withdrawn or never given; who withdraws "
        "also gets fewer messages. Of messages 20.0% were opened by those sent 4 to 5, 50.0% by those sent 1. Of the "
        "active who got 4 to 5 messages 5.0% went quiet, of those who got none 20.0%. " + chosen
    )
    none = said(finding(made.fatigue(withdrawn=0), WORDS).sentence)
    assert none.startswith("None of the 303 customers who got messages by email is without consent now.")
    silent = said(finding(made.fatigue(withdrawn=None, opened=False), WORDS).sentence)
    assert silent == (
        "The store does not say who consents to email. Of the active who got 4 to 5 messages 5.0% went "
        "quiet, of those who got none 20.0%. " + chosen
    )


def test_messages_are_drawn_by_band_without_thin_ones() -> None:
    ax = drawn(plot_contact_fatigue, made.fatigue())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["none", "1", "4 to 5"]
    assert [text.get_text() for text in ax.texts] == ["of messages opened", "went quiet", "without consent now"]
    quiet = drawn(plot_contact_fatigue, made.fatigue(withdrawn=None, opened=False))
    assert [text.get_text() for text in quiet.texts] == ["went quiet"]


def test_a_table_of_messages_leaves_out_what_nobody_knows() -> None:
    assert "withdrawn_share" in [column.name for column in table_of(made.fatigue()).columns]
    names = [column.name for column in table_of(made.fatigue(withdrawn=None, opened=False)).columns]
    assert names == ["channel", "messages", "customers", "active", "lapse"]


@pytest.mark.parametrize(
    ("least", "most", "name"), [(0, 0, "none"), (3, 3, "3"), (4, 5, "4 to 5"), (21, None, "21 or more")]
)
def test_bands_have_names(least: int, most: int | None, name: str) -> None:
    assert band_name(least, most, WORDS) == name


@pytest.mark.parametrize(
    "reason",
    [
        "customers_in_rfm_groups",
        "customers_scored",
        "customers_scored_start",
        "habit_columns",
        "customers_compared",
        "customers_mailed_lately",
        "dimensions_known",
    ],
)
def test_refusals_are_sentences(reason: str) -> None:
    assert said(finding(NotEnough(reason, 3, 30), WORDS).sentence).endswith(".")

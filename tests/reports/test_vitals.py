"""What the page says of how many customers stay: verdict, net rates, vital signs, second purchases, flows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from reports import results as made
from reports.results import said
from reports.vitals_results import LESS, MORE, REFUSAL, SAME, flows, second, signs

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.changes import LapseChange, UsualLapse
from retention_lib.models.retention import MonthRetention
from retention_lib.models.vitals import vital_signs
from retention_lib.reports.charts.churn import plot_monthly_flows
from retention_lib.reports.findings import finding, verdict
from retention_lib.reports.findings.vitals import share_in_words
from retention_lib.reports.shown import table_texts
from retention_lib.reports.style import HATCH_INCOMPLETE, chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def month(*rows: tuple[int | None, int | None, int]) -> MonthRetention:
    return made.retention(flows=made.monthly_flows([("2017-12", *row) for row in rows]))


def test_a_month_leads_with_its_counts_and_what_they_are_worth() -> None:
    # 214 of 2,037; of 100 quiet 60 came back, of 40 just gone quiet 30: 86 and 54 of the 214 stay away.
    found = verdict(made.retention(), WORDS, change=SAME, returns=made.returns())
    assert said(found.sentence) == (
        "214 of 2,037 active customers went quiet in December 2017 (no purchase for 28 days): 10.5% (9.2% to 11.9%), "
        "about the same as the month before (0.9 points more, within chance). On past experience about three in five "
        "of the quiet buy again within 90 days, and about three in four of those who have just gone quiet, so expect "
        "55 to 85 to be really lost."
    )
    assert found.status == "good"  # 2,037 became 2,014, which is within chance


def test_where_most_do_not_return_the_page_says_lapsed() -> None:
    found = said(verdict(made.retention(), WORDS, change=REFUSAL, returns=made.returns(back=30)).sentence)
    assert found.startswith("214 of 2,037 active customers lapsed in December 2017 (no purchase for 28 days): 10.5%")
    # 30 of 100 came back, and 15 of the 40 who had just lapsed: 150 and 134 of the 214 stay away.
    assert "38% of those who have just lapsed buy again within 90 days" in found
    assert "about 30% of all the lapsed, so expect 130 to 150 to be really lost." in found


@pytest.mark.parametrize(
    ("change", "clause", "status"),
    [
        (MORE, "5.0 points more than the month before, which is more than chance", "act"),
        (LESS, "5.0 points less than the month before, which is more than chance", "good"),
        (replace(SAME, value=-0.001), "0.1 points less, within chance)", "good"),
        (REFUSAL, "11.9%).", "good"),
        (Estimate(0.2), "11.9%).", "good"),
    ],
)
def test_a_change_is_called_chance_unless_its_interval_excludes_zero(change: Any, clause: str, status: str) -> None:
    found = verdict(made.retention(), WORDS, change=change, returns=REFUSAL)
    assert clause in said(found.sentence)
    assert found.status == status


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([(5, 3, 900), (28, 59, 100), (29, 28, 99)], "good"),  # a customer fewer is chance
        ([(5, 3, 900), (28, 59, 100), (29, 28, 20)], "watch"),
        ([(5, 3, 400), (28, 59, 600), (29, 28, 600)], "act"),
        ([(5, 3, 29)], "unknown"),
    ],
)
def test_the_light_is_not_nervous(rows: list[tuple[int | None, int | None, int]], status: str) -> None:
    assert verdict(month(*rows), WORDS, change=REFUSAL, returns=REFUSAL).status == status


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.756, "about three in four"), (0.891, "about nine in ten"), (0.07, "about 7%"), (0.0, "about 0%")],
)
def test_shares_are_said_as_a_reader_says_them(share: float, words: str) -> None:
    assert said(share_in_words(share, WORDS)) == words


def test_retention_above_100_percent_is_explained() -> None:
    found = said(finding(month((5, 3, 90), (28, 59, 10), (29, 28, 30)), WORDS).sentence)
    assert found.startswith("Net of those who came back, retention (CRR) is 120.0% (")
    assert found.endswith(
        ") and churn -20.0%: more came back than went quiet, so the net pair passes 100% and 0%. It is no share of "
        "anyone; the gross pair is."
    )
    usual = said(finding(made.retention(), WORDS).sentence)
    assert "98.6% (96." in usual
    assert "churn 1.4%" in usual
    assert "passes 100%" not in usual


def test_months_that_cannot_be_compared_are_hatched_and_the_caption_says_why() -> None:
    found = flows(first_day=date(2017, 8, 5), last_day=date(2018, 1, 20))
    caption = said(finding(found, WORDS).caption)
    assert 'Hatched up to November 2017: the data begin too late to know who is new, so "new" means unseen' in caption
    assert caption.endswith("January 2018 is hatched because it is not over.")
    with styled("wide"):
        ax = plot_monthly_flows(found, WORDS, ax=chart_axes("wide"))
    assert [bar.get_hatch() or "" for bar in ax.patches[:3]] == [HATCH_INCOMPLETE, "", HATCH_INCOMPLETE]
    assert "hatched" not in said(finding(flows(), WORDS).caption).lower()


def test_vital_signs_say_the_level_what_moved_and_what_is_not_known() -> None:
    # 32.50 now and 30.00 before: up 8.3%.
    assert said(finding(signs(), WORDS).sentence) == (
        "75.0% of all customers have bought a second time; who bought in the last twelve months did so 51.6 times on "
        "average (days with a purchase), and an order is $32.50. Changed since November by more than "
        "chance explains, each looked at alone: Stayed active (up 5.0 points), Purchases a buyer in a year (up 0.05) "
        "and Average order (up 8.3%). Not known from these data: Goods returned."
    )


def test_vital_signs_that_did_not_move_are_said_in_one_sentence() -> None:
    found = said(finding(signs(month=SAME, year=SAME, often=REFUSAL), WORDS).sentence)
    assert "Since November nothing has changed by more than chance explains." in found
    assert "Since December 2016 nothing has changed by more than chance explains." in found
    assert "75.0% of all customers have bought a second time, and an order is $32.50 on average." in found


def test_nothing_is_said_of_changes_where_nothing_can_be_compared() -> None:
    for month in (REFUSAL, Estimate(0.03)):
        found = said(finding(signs(month=month), WORDS).sentence)
        assert "ince November" not in found


def test_the_table_of_vital_signs_marks_what_is_more_than_chance() -> None:
    shown = table_texts(shown_table(signs(year=SAME), WORDS), WORDS)
    cells = [[said(cell) for cell in row] for row in shown["rows"]]
    assert [said(cell) for cell in shown["header"]] == [
        *("What", "Value (95% interval)", "Base", "Change on November 2017", "Change on December 2016")
    ]
    assert [row[:4] for row in cells] == [
        ["Stayed active", "90.0% (88.0% to 92.0%)", "2,037", "up 5.0 points, more than chance"],
        ["Bought again", "75.0% (70.0% to 80.0%)", "2,469", "up 5.0 points, more than chance"],
        ["Purchases a buyer in a year", "51.6 (49.8 to 53.4)", "2,469", "up 0.05, more than chance"],
        ["Average order", "$32.50 ($31 to $34)", "2,062", "up 8.3%, more than chance"],
    ]
    assert cells[0][4] == "up 0.9 points"
    # Without anything to compare with, the column is left out.
    assert len(table_texts(shown_table(signs(), WORDS), WORDS)["header"]) == 4
    nothing = table_texts(shown_table(signs(month=Estimate(0.0, low=-0.1, high=0.1)), WORDS), WORDS)
    assert nothing["rows"][0][3] == "unchanged"


def test_second_purchases_say_when_they_come_and_which_cohort_is_weak() -> None:
    found = finding(second(), WORDS)
    assert said(found.sentence) == (
        "Of 1,200 new customers 40% (37.3% to 42.8%) bought again within 90 days; 10% had done so by day 30 and 20% by "
        "day 60."
    )
    assert "40% of the first cohort and 40% of the last" in said(found.alt)
    assert "December 2019 to November 2020, each followed for 90 days" in said(found.caption)
    weak = said(finding(second(weak=10), WORDS).sentence)
    assert "Those won in May 2020 came back least: 10% (5.5% to 17.4%), fewer than chance explains." in weak


def test_refused_vital_signs_say_why() -> None:
    context = {"on_month": REFUSAL, "on_year": REFUSAL, "second": REFUSAL, "costs": NotAsked("costs_known", 0, 1)}
    refused = vital_signs(NotEnough("customers_active_start", 0, 1), now=made.retention(), **context)
    assert isinstance(shown_table(refused, WORDS), NotEnough)
    assert "Nobody was active" in said(finding(refused, WORDS).sentence)


def test_a_lapse_change_is_made_of_finished_numbers() -> None:
    frame = LapseChange(
        month="2017-12", before="2017-11", lapse_rate=MORE, retention_gross=LESS, crr=SAME, churn_rate=REFUSAL
    ).to_frame()
    assert np.isclose(frame.set_index("figure").loc["lapse_rate", "value"], 0.05)


USUAL = UsualLapse(low=0.08, high=0.18, middle=0.095, months=12)
RISEN = Estimate(0.05, low=0.03, high=0.07)


def test_the_months_before_stand_beside_the_month() -> None:
    found = verdict(made.retention(), WORDS, change=REFUSAL, usual=USUAL, returns=REFUSAL)
    assert said(found.sentence).endswith(
        "10.5% (9.2% to 11.9%); in the 12 months before it was 8.0% to 18.0%, 9.5% in the middle."
    )


@pytest.mark.parametrize(
    ("usual", "on_year", "status"),
    [
        (USUAL, REFUSAL, "act"),  # 10.5% is more than 9.5%
        (replace(USUAL, middle=0.12), REFUSAL, "good"),  # a rise to less than in most months
        (replace(USUAL, middle=0.12), RISEN, "watch"),  # and more than a year ago
        (REFUSAL, REFUSAL, "act"),
    ],
)
def test_a_rise_is_an_alarm_only_above_what_is_usual(usual: Any, on_year: Any, status: str) -> None:
    found = verdict(made.retention(), WORDS, change=RISEN, on_year=on_year, usual=usual, returns=REFUSAL)
    assert found.status == status

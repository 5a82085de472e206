"""Sentences, table and chart of late first deliveries, from results whose numbers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports.late_results import estimate, hazard, late, withheld
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.hazards import HazardRatios
from retention_lib.models.late_delivery import BALANCE, CHANCE, PLACEBO, SUPPORT, LateDelivery
from retention_lib.reports.charts.late import plot_late_delivery
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.safety import safe_svg
from retention_lib.reports.style import PALETTE, Width, chart_axes, chart_twins, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
NO_DATES = NotEnough("delivery_dates", 0, 1)


def test_claimed_difference_is_said_of_100_customers_with_what_could_explain_it_away() -> None:
    found = finding(late(), WORDS)
    assert said(found.sentence) == (
        "Of 100 customers whose first delivery was late, 6 fewer came back within 90 days (4 to 9) than would have "
        "with a delivery on time, after accounting for carrier, region, basket and season. To explain this, something "
        "unseen would have to make both lateness and staying away 1.4 times likelier (1.3 times to leave it within "
        "chance). As seen, before accounting for anything, the gap is -13 of 100."
    )
    assert "-13 as seen, -6 after accounting" in said(found.alt)
    assert said(found.caption) == (
        "400 late and 2,000 on time, seen for 90 days after the promised day; left out: 60 who bought again before it, "
        "270 not seen for so long. Lines: 95% intervals, before the promised day 99%."
    )


def test_more_who_come_back_are_more() -> None:
    more = said(finding(late(estimate(0.008, 0.002, 0.014, claimed=True)), WORDS).sentence)
    assert "0.8 more came back within 90 days (0.2 to 1.4)" in more
    assert "lateness and coming back" in more


def test_difference_that_may_be_chance_is_not_claimed() -> None:
    result = late(estimate(-0.02, -0.05, 0.01, claimed=False, reason=CHANCE))
    found = said(finding(result, WORDS).sentence)
    assert said(finding(result, WORDS).caption).endswith("before the promised day 99%; grey: may be chance.")
    assert found == (
        "Whether a late first delivery keeps customers away cannot be told: of 100 such customers, between 5 fewer and "
        "1 more came back within 90 days than would have with a delivery on time, after accounting for carrier, "
        "region, basket and season."
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (SUPPORT, "too few of the customers on time are like the late ones"),
        (BALANCE, "cannot be weighted to look like"),
        (PLACEBO, "even before the promised day"),
    ],
)
def test_adjustment_that_cannot_be_trusted_leaves_the_raw_gap(reason: str, words: str) -> None:
    found = said(finding(withheld(reason), WORDS).sentence)
    assert found.startswith(
        "Of 100 customers whose first delivery was late, 13 fewer came back within 90 days (12 to 15) than of 100 on "
        "time."
    )
    assert "This is a raw gap" in found
    assert words in found
    assert "6" not in found
    assert said(finding(withheld(reason), WORDS).alt) == (
        "Dots with intervals, customers of 100: late less on time is -13 as seen and -0.1 before the promised day."
    )
    assert "grey" not in finding(withheld(reason), WORDS).caption
    assert alert(withheld(reason), WORDS).level == "warn"


@pytest.mark.parametrize("result", [late(), withheld(SUPPORT), withheld(CHANCE), hazard(), hazard(0.9, 0.8, 1.1)])
def test_no_sentence_calls_it_an_effect(result: LateDelivery | HazardRatios) -> None:
    found = finding(result, WORDS)
    assert "effect" not in f"{found.sentence} {found.alt} {found.caption}"
    assert "nan" not in said(f"{found.sentence} {found.alt} {found.caption}").split()


def test_alert_says_how_alike_the_groups_are() -> None:
    found = alert(late(), WORDS)
    assert found.level == "ok"
    assert "0.01 standard deviations; 0% of the late ones" in said(found.sentence)
    assert "-0.1 of 100 more or fewer bought again (-1.1 to 0.9; 99% interval)" in said(found.sentence)


def test_pace_of_the_second_purchase_is_a_number_of_times() -> None:
    assert said(finding(hazard(), WORDS).sentence) == (
        "All else known being equal, customers whose first delivery was late make their second purchase at 0.70 times "
        "the pace of those on time (0.64 to 0.76). There is no sign that the gap changes with time."
    )
    assert "may be chance" in finding(hazard(0.9, 0.8, 1.1), WORDS).sentence
    assert "closes later" in finding(replace(hazard(), course="early"), WORDS).sentence


def test_pace_of_those_who_may_not_be_alike_claims_no_likeness() -> None:
    assert said(finding(hazard(trusted=False), WORDS).sentence) == (
        "Without claiming to compare like with like, customers whose first delivery was late make their second "
        "purchase at 0.70 times the pace of those on time (0.64 to 0.76). There is no sign that the gap changes with "
        "time."
    )
    assert said(finding(hazard(0.9, 0.8, 1.1, trusted=False), WORDS).sentence) == (
        "Without claiming to compare like with like, the pace of the second purchase after a late first delivery is "
        "0.90 times that after one on time (0.80 to 1.10), which may be chance."
    )
    assert "alike" not in shown_table(hazard(trusted=False), WORDS).caption


def test_table_of_ratios_names_each_feature() -> None:
    table = shown_table(hazard(), WORDS)
    assert not isinstance(table, NotEnough)
    assert [said(name) for name in table.frame["name"]] == [
        "First delivery late, against on time",
        "Carrier post, against standard",
        "Region not known, against rare ones",
        "10 points more discount",
        "basket not known",
    ]
    drawn = shown_table(replace(hazard(), drawn_from=90_000), WORDS)
    assert "drawn by chance from 90,000" in said(drawn.caption)


def test_store_without_dates_of_delivery_says_so() -> None:
    sentence = "The store has no promised and actual dates of delivery, so late first deliveries are not known."
    assert finding(NO_DATES, WORDS).sentence == sentence


@pytest.mark.parametrize("result", [late(), withheld(SUPPORT), late(estimate(0.02, 0.01, 0.03, claimed=True))])
def test_chart_is_drawn_at_both_widths_the_same_each_time(result: LateDelivery) -> None:
    one, two = (chart_twins(lambda ax: plot_late_delivery(result, WORDS, ax=ax), name="late") for _ in range(2))
    assert one == two
    for svg in (one.wide, one.narrow):
        safe_svg(svg)


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_chart_shows_the_numbers_and_greys_what_is_not_claimed(width: Width) -> None:
    with styled():
        axes = plot_late_delivery(withheld(CHANCE), WORDS, ax=chart_axes(width))
    (dots,) = axes.collections[1:]
    assert dots.get_offsets()[:, 0].tolist() == pytest.approx([-13.4, -6.5, -0.1])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as seen", "like with like", "before due day"]
    from matplotlib.colors import to_rgba

    assert tuple(dots.get_facecolors()[1]) == to_rgba(PALETTE["muted"])


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize("reason", [SUPPORT, BALANCE, PLACEBO])
def test_chart_leaves_out_an_adjustment_that_cannot_be_trusted(reason: str, width: Width) -> None:
    with styled():
        axes = plot_late_delivery(withheld(reason), WORDS, ax=chart_axes(width))
    (dots,) = axes.collections[1:]
    assert dots.get_offsets()[:, 0].tolist() == pytest.approx([-13.4, -0.1])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["as seen", "before due day"]

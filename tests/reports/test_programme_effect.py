"""Sentences, tables and charts of what joining changes, and what is never shown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from reports import programme_money_results as earned
from reports import programme_results as joined
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.joining_checks import joining_checks
from retention_lib.models.posteriors import Prior
from retention_lib.models.programme_profit import programme_profit
from retention_lib.reports.charts.programme_effect import plot_balance, plot_member_gap, plot_programme_effect
from retention_lib.reports.figures import figure_record
from retention_lib.reports.findings import alert, finding, verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.style import chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
REFUSAL = NotEnough("customers", 3, 30)
MINUS = "\u2212"
LINE_51 = NotEnough("control_group", 0, 30)


def spoken(result: Any, *, gap: Any = REFUSAL, profit: Any = REFUSAL) -> str:
    return said(verdict(result, WORDS, gap=gap, profit=profit).sentence)


# What is claimed


def test_a_claimed_effect_leads_the_verdict_with_its_interval_the_gap_and_the_money() -> None:
    found = verdict(joined.effect(), WORDS, gap=joined.gap(), profit=earned.profit())
    told = said(found.sentence)
    assert told.startswith(
        "Members probably buy 15.0% more because they joined (10.0% to 20.0%), counted in purchases over their first "
        "12 weeks as members. That members make 100% more purchases than others is no measure: before they joined it "
        "was 90% more. After rewards and running cost it earned "
    )
    assert "on 100 members. With the points that they will still use it is $" in told
    assert found.status == "good"


def test_an_effect_below_zero_is_less_and_calls_for_an_act() -> None:
    found = verdict(joined.harmful(), WORDS, gap=REFUSAL, profit=REFUSAL)
    assert said(found.sentence) == (
        "Members probably buy 15.0% less because they joined (10.0% to 20.0%), counted in purchases over their first "
        "12 weeks as members."
    )
    assert found.status == "act"


def test_an_effect_within_chance_is_no_effect() -> None:
    found = verdict(joined.by_chance(), WORDS, gap=joined.gap(before=None), profit=REFUSAL)
    told = said(found.sentence)
    assert told == (
        "No effect of joining is shown: purchases of members in their first 12 weeks differ from what was expected "
        "without the programme by 3.0% less to 7.0% more, which chance alone can do. That members make 100% more "
        "purchases than others says who joins."
    )
    assert found.status == "watch"


def test_money_stands_beside_the_share() -> None:
    told = said(finding(joined.effect(), WORDS).sentence)
    assert "That is $3 of sales a member and four weeks ($2 to $4), and $1.20 of gross profit" in told
    without = said(finding(joined.effect(costs=False), WORDS).sentence)
    assert "That is $3 of sales a member and four weeks ($2 to $4). " in without
    assert "gross profit" not in without


def test_whether_an_effect_lasts_is_said_of_a_claimed_one_alone() -> None:
    """The builder's chart has six periods after joining, 24 weeks, and four fifths of the effect after the headline."""
    effect = joined.effect()
    told = said(finding(effect, WORDS).sentence)
    assert told.endswith("It lasts: in the weeks after, up to week 24, it is 12.0% more (7.0% to 17.0%).")
    chance = joined.estimate(0.01, 0.05, claimed=False, reason="effect_not_shown")
    turned = joined.estimate(-0.12, 0.05, claimed=True)
    for later, size in ((chance, "1.0% more"), (turned, "12.0% less")):
        told = said(finding(replace(effect, later=later), WORDS).sentence)
        assert f"Whether it lasts cannot be told: in the weeks after, up to week 24, it is {size}" in told
    for silent in (joined.effect(alone=True), joined.by_chance()):
        assert "lasts" not in said(finding(silent, WORDS).sentence)


def test_what_would_undo_the_claim_is_said_beside_it() -> None:
    sure = said(finding(joined.effect(), WORDS).sentence)
    assert "not certain" not in sure
    assert "Counted as" not in sure
    told = said(finding(replace(joined.effect(), breakdown=0.4, drift=0.008), WORDS).sentence)
    assert "if members and others drifted apart by 0.8% every four weeks" in told
    assert "changes of up to 2.0% were seen before joining, chance included" in told
    other = said(finding(replace(joined.effect(), additive=joined.estimate(-0.2, 0.1)), WORDS).sentence)
    assert re.search(r"in per cent it would be .0\.200 purchases a member and four weeks", other)
    assert "would be" not in said(finding(joined.by_chance(), WORDS).sentence)


# What is refused: no number stands as an effect


@pytest.mark.parametrize("design", joined.DESIGNS)
def test_a_refused_design_says_why_and_no_size(design: str) -> None:
    result = joined.refused(design)
    found = verdict(result, WORDS, gap=joined.gap(), profit=REFUSAL)
    told = said(found.sentence)
    assert found.status == "unknown"
    assert told.startswith("No effect of the programme can be claimed. ")
    assert said(reason_sentence(NotEnough(design, 0, 1), WORDS)) in told
    assert told.endswith(
        "That members make 100% more purchases than others is no measure: before they joined it was 90% more."
    )
    assert set(re.findall(r"\d+(?:\.\d+)?%", told)) == {"100%", "90%"}  # nothing of the 47 % that was measured


def test_one_group_that_is_large_enough_is_told_without_a_plural() -> None:
    assert said(reason_sentence(NotEnough("segments_measured", 1, 2), WORDS)) == (
        "Groups of customers with enough members to be measured: 1; a comparison needs 2."
    )


@pytest.mark.parametrize("design", joined.DESIGNS)
def test_a_refused_design_shows_its_reason_where_finding_table_and_chart_would_stand(design: str) -> None:
    told = joined.refused(design).claimable
    assert told == NotEnough(design, 0, 1)
    for shown in (told, joined.refused(design)):
        found = finding(shown, WORDS)
        assert said(found.sentence) == said(reason_sentence(told, WORDS))
        assert not re.search(r"\d", said(found.sentence) + found.alt + found.caption)


@pytest.mark.parametrize("design", joined.DESIGNS)
def test_a_figure_of_a_refused_design_is_empty_and_not_claimed(design: str) -> None:
    effect = joined.refused(design).claimable
    for name, value in (("did_effect_relative", effect.relative), ("did_effect", effect.weekly)):
        record = figure_record(name, value, WORDS)
        assert (record["value"], record["low"], record["high"]) == (None, None, None)
        assert (record["claimed"], record["reason"]) == (False, design)
    record = figure_record("incremental_gross_profit", effect.incremental_profit, WORDS)
    assert (record["value"], record["reason"]) == (None, design)


def test_a_store_with_nobody_to_compare_with_has_no_effect_anywhere() -> None:
    """Line 51 of the bad inputs: all joined at once and there is nobody else."""
    told = said(verdict(LINE_51, WORDS, gap=REFUSAL, profit=REFUSAL).sentence)
    assert "Of 30 customers needed to compare members with, 0 are left" in told
    assert "%" not in told
    assert joining_checks(LINE_51) == ()
    record = figure_record("did_effect_relative", LINE_51.relative, WORDS)
    assert (record["value"], record["claimed"], record["reason"]) == (None, False, "control_group")


@pytest.mark.parametrize("design", joined.DESIGNS)
def test_no_profit_is_told_of_a_refused_effect(design: str) -> None:
    result = joined.refused(design)
    asked = (result.relative, result.incremental_profit, earned.costs())
    found = programme_profit(*asked, prior=Prior(), rng=np.random.default_rng(1))
    assert isinstance(found, NotEnough)
    assert found.reason == design


def test_the_gap_beside_a_refused_effect_has_no_bar_of_it() -> None:
    assert list(joined.without_effect().to_frame()["what"]) == ["gap", "before"]
    assert list(joined.beside().to_frame()["what"]) == ["gap", "before", "effect"]
    with styled("wide"):
        ax = plot_member_gap(joined.without_effect(), WORDS, ax=chart_axes("wide"))
        assert [round(bar.get_width(), 2) for bar in ax.patches] == [1.0, 0.9]


# The checks


def test_checks_of_a_sound_design_pass_in_words() -> None:
    told = {one.kind: alert(one, WORDS) for one in joining_checks(joined.effect())}
    assert list(told) == ["before", "placebo", "anticipation", "at_purchases", "overlap", "who", "scales", "drift"]
    assert {one.level for one in told.values()} == {"ok"}
    assert "(p 0.620, 900 members tested)" in said(told["before"].sentence)
    assert said(told["who"].sentence).startswith("The effect is that on 1,000 of 1,500 members")
    assert "300 joined with their first purchase and have no before" in said(told["who"].sentence)
    assert "2.0% of the members measured joined on a day with a purchase" in said(told["at_purchases"].sentence)
    assert "drift apart by 5.0% every four weeks" in said(told["drift"].sentence)


@pytest.mark.parametrize(
    ("design", "kind"),
    [
        ("pretrend_rejected", "before"),
        ("placebo_rejected", "placebo"),
        ("overlap_poor", "overlap"),
        ("joined_one_day", "one_day"),
        ("before_untested", "tested"),
    ],
)
def test_a_check_that_refuses_the_claim_stops(design: str, kind: Any) -> None:
    found = alert(joined.check(kind, design=design), WORDS)
    assert found.level == "stop"
    assert kind not in ("before", "placebo") or said(found.sentence).endswith("below 0.01); none is claimed.")
    kinds = {one.kind for one in joining_checks(joined.refused(design))}
    assert not {"scales", "drift"} & kinds  # these speak of the size of an effect


def test_joining_at_purchases_warns_and_the_time_before_stops() -> None:
    told = {one.kind: alert(one, WORDS) for one in joining_checks(joined.refused())}
    assert (told["at_purchases"].level, told["before"].level) == ("warn", "stop")
    assert said(told["at_purchases"].sentence).startswith("90.0% of the members measured joined on a day with a pur")


def test_all_joined_on_one_day_stops() -> None:
    found = alert(joined.check("one_day", design="joined_one_day"), WORDS)
    assert found.level == "stop"
    assert said(found.sentence).startswith("All members joined on one day")


def test_a_past_too_short_to_test_stops() -> None:
    found = alert(joined.check("tested", design="before_untested"), WORDS)
    assert found.level == "stop"
    assert said(found.sentence).startswith("Only 8 of 1,000 members were customers long enough to test")


def test_scales_that_disagree_warn() -> None:
    effect = joined.effect()
    other = replace(effect, additive=joined.estimate(-0.2, 0.1))
    unsure = replace(effect, additive=joined.estimate(0.05, 0.1))
    assert not effect.disagrees
    for one in (other, unsure):
        assert one.disagrees
        check = next(found for found in joining_checks(one) if found.kind == "scales")
        assert alert(check, WORDS).level == "warn"


# The gap, segments, twins


def test_the_gap_is_said_with_why_it_is_no_effect() -> None:
    told = said(finding(joined.gap(), WORDS).sentence)
    assert told == (
        "Members spend $49 in four weeks and other customers $17: a gap of $32 that says who joins, not what joining "
        "does. Before they joined, the same members already bought 90% more often than the others."
    )
    record = figure_record("naive_difference", joined.gap().weekly, WORDS)
    assert (record["value"], record["claimed"], record["reason"]) == (8.0, False, "selection")


def test_segments_that_differ_are_named_and_others_not() -> None:
    told = said(finding(joined.differing(), WORDS).sentence)
    assert "none early on (purchases in the first 12 weeks) and 4 or more early" in told
    assert "web" not in told
    alike = said(finding(joined.segments(), WORDS).sentence)
    assert alike.startswith("No group is shown to gain more from the programme than others")
    assert "from 12.5% to 17.5%" in alike


def test_twins_tell_an_effect_only_when_they_are_alike() -> None:
    told = said(finding(joined.twins(), WORDS).sentence)
    assert "members bought 14.0% more (8.0% to 20.0%)" in told
    assert alert(joined.twins(), WORDS).level == "ok"
    unlike = finding(joined.unlike(), WORDS)
    assert "14.0%" not in said(unlike.sentence)
    assert "a difference of 0.40 standard deviations is left" in said(unlike.sentence)
    assert alert(joined.unlike(), WORDS).level == "warn"
    few = replace(joined.twins(), effective=12.0)
    assert not few.alike
    assert "14.0%" not in said(finding(few, WORDS).sentence)


def test_tables_show_periods_groups_and_features() -> None:
    table = shown_table(joined.effect(), WORDS)
    assert list(table.frame["weeks"])[:4] == [
        f"{MINUS}12 to {MINUS}9",
        f"{MINUS}8 to {MINUS}5",
        f"{MINUS}4 to {MINUS}1",
        "1 to 4",
    ]
    assert [column.name for column in table.columns][:2] == ["weeks", "members"]
    groups = shown_table(joined.segments(), WORDS)
    assert len(groups.frame) == 3
    assert "p_adjusted" in [column.name for column in groups.columns]
    features = shown_table(joined.twins(), WORDS)
    assert list(features.frame["what"])[:2] == ["First purchase, money", "Purchases, weeks 1-4"]


# Charts


def test_dots_of_the_effect_are_at_the_middle_of_their_weeks() -> None:
    with styled("wide"):
        ax = plot_programme_effect(joined.effect(), WORDS, ax=chart_axes("wide"))
        dots = {float(x): float(y) for line in ax.lines if line.get_marker() == "o" for x, y in line.get_xydata()}
    before, after = dict.fromkeys((-10.0, -6.0, -2.0), 0.01), dict.fromkeys((2.0, 6.0, 10.0, 14.0, 18.0, 22.0), 0.15)
    assert dots == before | after


def test_dots_of_the_balance_are_the_differences() -> None:
    with styled("wide"):
        ax = plot_balance(joined.twins(), WORDS, ax=chart_axes("wide"))
        before, after = ([float(x) for x in line.get_xdata()] for line in ax.lines if line.get_marker() == "o")
    assert before == [0.8, 0.5, 0.4, 0.4, 0.6, -0.3]
    assert after == [0.03, 0.01, 0.01, 0.01, 0.01, 0.01]

"""Sentences, tables and chart of an invitation at random, from results whose numbers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reports import invitation_results as invited
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.invitation import SAMPLE_RATIO, UNBALANCED, InvitationEffect
from retention_lib.reports.charts.invitation import plot_invitation_effect
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.style import PALETTE, Width, chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_a_claimed_effect_is_said_of_all_invited_of_those_who_joined_and_in_money() -> None:
    found = finding(invited.effect(), WORDS)
    assert said(found.sentence) == (
        "Invited at random, customers made 10.0% more purchases in 364 days (2.0% to 18.0%) than those not invited. "
        "40% of the invited joined because of it; these bought 20.0% more often than they would have without the "
        "programme (4.0% to 36.0%). That is $150 of gross profit for each customer invited ($30 to $270), before "
        "rewards and running cost. Comparing members with the others would mislead: those who joined made 2.5 times "
        "as many purchases, as frequent buyers are the ones who join."
    )
    assert said(found.caption) == (
        "1,000 customers invited by chance and 1,000 left out, followed for 364 days from 8 June 2025; adjusted for "
        "what they bought before; 95% intervals, grey: may be chance."
    )
    assert verdict(invited.effect(), WORDS).status == "good"


def test_fewer_purchases_are_fewer_and_call_for_a_stop() -> None:
    found = said(finding(invited.harmful(), WORDS).sentence)
    assert "made 10.0% fewer purchases in 364 days (2.0% to 18.0%)" in found
    assert "bought 20.0% less often" in found
    assert "That is -$150 of gross profit for each customer invited (-$270 to -$30)" in found
    assert verdict(invited.harmful(), WORDS).status == "act"
    assert said(action(invited.harmful(), WORDS).title) == "Stop inviting customers as it was done here"


def test_what_may_be_chance_is_not_claimed_and_asks_for_more_customers() -> None:
    found = said(finding(invited.by_chance(), WORDS).sentence)
    assert found.startswith(
        "Whether the programme makes customers buy more often cannot be told from the invitation: in 364 days the "
        "invited made 10.0% more purchases than the others (-4.0% to 18.0%), which chance alone can do."
    )
    assert "for these the change lies between -8.0% and 36.0%" in found
    assert "which may be chance, before rewards" in found
    assert verdict(invited.by_chance(), WORDS).status == "watch"
    next_step = action(invited.by_chance(), WORDS)
    assert next_step.tested is False
    assert said(next_step.facts[0][1]) == "a change of 14% or more among all invited"


@pytest.mark.parametrize(
    ("reason", "words"),
    [(SAMPLE_RATIO, "not as many were invited as were meant to be"), (UNBALANCED, "bought differently even before it")],
)
def test_arms_that_chance_did_not_draw_show_no_effect_as_such(reason: str, words: str) -> None:
    result = invited.withheld(reason)
    found = finding(result, WORDS)
    assert words in said(found.sentence)
    assert "10.0%" not in f"{found.sentence}{found.alt}"
    assert verdict(result, WORDS).status == "unknown"
    assert action(result, WORDS) is None
    table = shown_table(result, WORDS).frame
    assert set(table["effect"]) == set(table["relative"]) == {"–"}
    assert set(table["interval"]) == {""}
    assert table["without"].iloc[0] == "2.00"
    with styled("wide"):
        assert not plot_invitation_effect(result, WORDS, ax=chart_axes("wide")).axison


def test_hardly_any_who_joined_for_it_are_not_spoken_of() -> None:
    result = invited.hardly_taken()
    assert "moved the share that joined by 2.0 points, too little" in said(finding(result, WORDS).sentence)
    told = alert(result, WORDS)
    assert told.level == "warn"
    assert "The invitation made few join" in said(told.sentence)
    assert "10.0% of those not invited joined too" in said(told.sentence)
    assert alert(invited.effect(), WORDS).level == "ok"
    assert shown_table(result, WORDS).frame["effect"].tolist()[:2] == ["0.20", "–"]


def test_without_a_margin_nothing_is_said_of_profit() -> None:
    made = invited.effect()
    table = made.table[made.table["metric"] != "gross_profit"]
    result = replace(made, table=table, gross_profit=NotEnough("margin_known", 0, 1))
    assert "profit" not in said(finding(result, WORDS).sentence)
    assert action(result, WORDS).tested is False


def test_a_claim_with_profit_says_what_inviting_the_others_brings() -> None:
    step = action(invited.effect(), WORDS)
    assert said(step.title) == "Invite the 1,000 customers left out so far"
    assert said(step.facts[0][1]) == "$150K ($30K to $270K) in 364 days"
    assert step.tested


@pytest.mark.parametrize(("p", "level"), [(0.4, "ok"), (0.02, "warn"), (0.0002, "stop")])
def test_groups_unlike_before_are_told(p: float, level: str) -> None:
    told = alert(invited.balance(p), WORDS)
    assert told.level == level
    assert "0.07 standard deviations" in said(told.sentence)
    assert shown_table(invited.balance(p), WORDS).frame["name"].iloc[0] == "Purchases in the year before"


def test_an_invitation_found_is_named_with_what_to_do() -> None:
    found = said(alert(invited.found(), WORDS).sentence)
    assert found == (
        "Of arm invite of experiment welcome_2025 44.0% joined the programme within 60 days, of arm none 1.0%: it "
        "looks like an invitation at random, the safest way to judge the programme. If it was one, name it in the "
        "parameter loyalty_impact.invitation."
    )


def test_the_table_writes_counts_and_money_each_in_its_unit() -> None:
    rows = shown_table(invited.effect(), WORDS).frame
    assert [said(cell) for cell in rows.iloc[1]] == [
        *("Purchases", "those who joined for it", "800", "2.50", "3.00", "0.50"),
        *("0.10 to 0.90", "20.0%", "0.002"),
    ]
    assert [said(cell) for cell in rows.iloc[4]][3:7] == ["$1,500", "$1,650", "$150", "$30 to $270"]


@pytest.mark.parametrize("width", ["wide", "narrow"])
@pytest.mark.parametrize(
    ("result", "colour"),
    [(invited.effect(), "returned"), (invited.harmful(), "lost"), (invited.by_chance(), "muted")],
)
def test_the_chart_has_a_row_an_effect_and_greys_what_may_be_chance(
    width: Width, result: InvitationEffect, colour: str
) -> None:
    from matplotlib.colors import to_rgba

    with styled(width):
        ax = plot_invitation_effect(result, WORDS, ax=chart_axes(width))
        assert len(ax.get_yticklabels()) == 6
        dots = ax.collections[-1]
        assert [tuple(face) for face in dots.get_facecolors()] == [to_rgba(PALETTE[colour])] * 6

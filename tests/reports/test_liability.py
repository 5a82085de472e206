"""What pages say of points still to be used, from numbers by hand."""

from __future__ import annotations

from reports import liability_results as points
from reports.results import said
from reports.spend_results import margin

from retention_lib.estimates import NotEnough
from retention_lib.reports.blocks import Table
from retention_lib.reports.charts.liability import plot_points_owed, plot_ultimate_redemption
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.style import chart_axes
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_the_rate_is_told_with_what_is_used_already() -> None:
    found = finding(points.redemption(), WORDS)
    assert said(found.sentence) == (
        "In the end 45.0% of all points credited so far will have been used (41.0% to 50.0%); 25.0% have been already. "
        "That is 71% of points that live 6 months and 6% of those that live 1 month. "
        "Of the 50,000 points outstanding, 40% will still be used, the rest never."
    )
    assert said(found.caption).startswith("100,000 points by the month")
    alone = said(finding(points.redemption(groups=1), WORDS).sentence)
    assert "Points valid" not in alone


def test_nothing_is_said_of_points_outstanding_where_there_are_none() -> None:
    found = said(finding(points.redemption(outstanding=0.0, groups=1), WORDS).sentence)
    assert found == (
        "In the end 25.0% of all points credited so far will have been used (25.0% to 25.0%); 25.0% have been already."
    )
    assert "outstanding" not in said(finding(points.owed(points.redemption(outstanding=0.0)), WORDS).sentence)


def test_an_assumption_is_named_as_one() -> None:
    told = said(finding(points.young(), WORDS).sentence)
    assert (
        "8,000 of the points outstanding will get older than any seen so far, 4 months: that 50% of these are used is "
        "an assumption, and the interval reaches from none of them to all." in told
    )
    warned, fine = alert(points.young(), WORDS), alert(points.redemption(), WORDS)
    assert (warned.level, fine.level) == ("warn", "ok")
    assert "an assumption" in said(warned.sentence)
    assert "by 6% up or down" in said(fine.sentence)
    owed = finding(points.owed(points.young()), WORDS)
    assert "Points for $800 will get older" in said(owed.sentence)
    assert said(owed.caption).endswith("Points older than any seen so far are in the sum, not in the bars.")


def test_what_is_owed_is_told_in_money() -> None:
    found = finding(points.owed(), WORDS)
    assert said(found.sentence) == (
        "For points credited so far we owe $2K at face value ($1.6K to $2.5K). If every point outstanding were used it "
        "would be $5K, but 60% of them never will be. A point pays $0.10, as the redemptions of the last year show."
    )
    assert "before 1 May 2026" in said(found.caption)
    stated = said(finding(points.owed(point_value=0.05), WORDS).sentence)
    assert "A point pays $0.05, as the parameter file says." in stated


def test_the_cost_of_goods_is_told_where_a_margin_is_known() -> None:
    known = margin()
    assert known.overall is not None
    told = said(finding(points.owed(margin=known), WORDS).sentence)
    cost = WORDS.money(2_000 * (1 - known.overall.value), compact=True)
    assert f"The goods that they will pay for cost {cost}" in told.replace("\u00a0", " ")


def test_the_table_goes_from_all_points_to_the_cost_of_those_used() -> None:
    table = shown_table(points.owed(), WORDS)
    assert isinstance(table, Table)
    assert table.frame["points"].tolist() == [50_000.0, 30_000.0, 20_000.0, 20_000.0]
    assert table.frame["money"].tolist()[:3] == [5_000.0, 3_000.0, 2_000.0]
    assert table.frame["money"].isna().tolist() == [False, False, False, True]
    months = shown_table(points.redemption(), WORDS)
    assert isinstance(months, Table)
    assert months.frame["month"].tolist() == ["2026-04", "2026-03", "2026-02", "2026-01"]


def test_bars_are_the_shares_used_and_still_to_come() -> None:
    ax = chart_axes()
    plot_ultimate_redemption(points.redemption(), WORDS, ax=ax)
    heights = [round(bar.get_height(), 3) for bar in ax.patches]
    assert heights == [0.45, 0.5, 0.3, 0.05, 0.0, 0.0, 0.2, 0.35]
    colours = [bar.get_facecolor() for bar in ax.patches[:4]]
    assert colours[0] == colours[2] != colours[1]  # February has 20 customers
    assert len(ax.collections[0].get_segments()) == 2


def test_bars_of_money_are_the_points_times_their_value() -> None:
    ax = chart_axes()
    plot_points_owed(points.owed(), WORDS, ax=ax)
    assert [round(bar.get_height()) for bar in ax.patches] == [1_400, 600]
    empty = chart_axes()
    plot_points_owed(points.owed(points.redemption(outstanding=0.0)), WORDS, ax=empty)
    assert not empty.axison


def test_refusals_have_their_sentences() -> None:
    few = finding(NotEnough("point_redemptions", 40, 100), WORDS).sentence
    assert (
        said(few)
        == "Members have paid with points 40 times; 100 are needed to say how many of the others will be used."
    )
    short = finding(NotEnough("redemption_months", 2, 4), WORDS).sentence
    assert said(short) == "Points were used in 2 months; 4 are needed to say how many of the others will be."

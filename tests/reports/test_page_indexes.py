from __future__ import annotations

import re
from dataclasses import replace

from retention_lib.reports.index import (
    HeadlineFigure,
    MonthPage,
    ReportEntry,
    SetPage,
    TrendPoint,
    render_month_index,
    render_set_index,
    trend_svg,
)
from retention_lib.reports.words import Words

WORDS = Words("en", "USD")
EVIL = '<img src=x onerror="alert(1)">'


def published(share: float, title: str = "Who went quiet?") -> ReportEntry:
    figure = HeadlineFigure(id="lapse_rate", label="Went quiet", text=WORDS.percent(share), value=share)
    return ReportEntry(
        id="churn_diagnosis",
        title=title,
        status="published",
        href="churn_diagnosis.html",
        verdict_status="watch",
        verdict=WORDS.say("**{share}** went quiet.", share=WORDS.percent(share)),
        figures=(figure,),
    )


def test_month_index_says_verdict_reason_and_last_good_page() -> None:
    failed = ReportEntry(
        id="ltv", title="Worth?", status="failed", href="ltv.html", reason="The file is gone.", last_good="2017-11"
    )
    skipped = ReportEntry(id="ab", title="Campaign?", status="skipped", reason="No table contacts.")
    html = render_month_index(
        MonthPage(title="Shop", month="2017-12", reports=(published(0.1), failed, skipped)), WORDS
    )
    for text in (
        "<strong>10.0%</strong> went quiet.",
        "The file is gone.",
        "the last good one, of November\u00a02017",
        "No table contacts.",
        "Watch</span>",
        "Failed</span>",
        "Skipped</span>",
        'href="../index.html"',
    ):
        assert text in html
    assert html.count("<h1>") == 1


def test_indexes_escape_everything() -> None:
    month = MonthPage(title=EVIL, month="2017-12", reports=(published(0.1, title=EVIL),))
    for html in (render_month_index(month, WORDS), render_set_index(SetPage(title=EVIL, months=(month,)), WORDS)):
        assert "<img" not in html
        assert "&lt;img" in html


def test_set_index_shows_newest_first_with_links_into_the_months() -> None:
    months = tuple(
        MonthPage(title="Shop", month=month, reports=(published(share),))
        for month, share in (("2017-11", 0.09), ("2018-01", 0.11), ("2017-12", 0.1))
    )
    html = render_set_index(SetPage(title="Shop", months=months), WORDS)
    assert re.findall(r'<h3><a href="(\d{4}-\d{2})/index.html">', html) == ["2018-01", "2017-12", "2017-11"]
    assert 'href="2018-01/churn_diagnosis.html"' in html
    assert "9.0% in November\u00a02017, 10.0% in December\u00a02017 and 11.0% in January\u00a02018" in html


def test_failed_months_add_nothing_to_a_trend() -> None:
    failed = ReportEntry(id="churn_diagnosis", title="Who?", status="failed", figures=published(0.5).figures)
    months = (
        MonthPage(title="Shop", month="2017-11", reports=(published(0.1),)),
        MonthPage(title="Shop", month="2017-12", reports=(failed,)),
    )
    html = render_set_index(SetPage(title="Shop", months=months), WORDS)
    assert "<svg" not in html
    assert "50.0%" not in html


def test_a_trend_needs_two_months_and_leaves_gaps() -> None:
    points = [
        TrendPoint(month=f"2017-0{n}", value=v, text=str(v)) for n, v in ((1, 1.0), (2, None), (3, 1.0), (4, 2.0))
    ]
    assert trend_svg("x", points[:2], WORDS) == ""
    drawn = trend_svg("x", points, WORDS)
    assert drawn.count("<polyline") == 1
    assert drawn.count("<circle") == 2
    assert "None" not in drawn


def test_a_figure_that_never_changes_has_no_trend() -> None:
    points = [TrendPoint(month=f"2017-0{month}", value=3.0, text="3") for month in (1, 2)]
    assert trend_svg("x", points, WORDS) == ""


def test_set_index_links_to_the_data_checks() -> None:
    good = replace(published(0.1, title="My shop"), href="east.html")
    failed = ReportEntry(
        id="west", title="West", status="failed", href="west.html", reason="A cell stopped.", last_good="check"
    )
    html = render_set_index(SetPage(title="Shop", months=(), checks=(good, failed)), WORDS)
    assert '<a href="check/east.html">My shop</a>' in html
    assert '<a href="check/west.html">West</a>' in html
    assert "A cell stopped." in html
    assert "The page behind the link is the last good one." in html
    assert "Data checks" not in render_set_index(SetPage(title="Shop", months=()), WORDS)


def test_reports_that_answer_the_same_question_are_told_apart_by_their_ids() -> None:
    reports = (
        ReportEntry(id="ab_campaign", title="Did it pay?", status="published", href="ab_campaign.html"),
        ReportEntry(id="broken_test", title="Did it pay?", status="published", href="broken_test.html"),
        ReportEntry(id="churn_diagnosis", title="Who went quiet?", status="published", href="churn_diagnosis.html"),
    )
    month = MonthPage(title="Shop", month="2026-06", reports=reports)
    for html in (render_month_index(month, WORDS), render_set_index(SetPage(title="Shop", months=(month,)), WORDS)):
        assert ">Did it pay? \u00b7 ab campaign</a>" in html
        assert ">Did it pay? \u00b7 broken test</a>" in html
        assert ">Who went quiet?</a>" in html

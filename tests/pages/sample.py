"""A small executed notebook, made by hand, with every kind of output that a report shows."""

from __future__ import annotations

from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports import blocks, payloads
from retention_lib.reports.cards import figure_card
from retention_lib.reports.figures import figure_record
from retention_lib.reports.index import HeadlineFigure, MonthPage, ReportEntry, TrendPoint
from retention_lib.reports.style import PALETTE, chart_twins, is_narrow
from retention_lib.reports.words import Words

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "link": "[click](javascript:alert(1)) # heading",
    "backticks": "`code` ```fence```",
    "pipes": "a | b | c",
    "stars": "**not strong** {month} %s",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202egnp.exe",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 family",
    "nul": "a\x00b\r\nc",
    "endless": "x" * 10_000,
    "attribute": '" onmouseover="alert(1)" id="main',
}


def sample_notebook(words: Words | None = None, hostile: str = "Soft drinks") -> NotebookNode:
    """A finished churn report; `hostile` stands wherever data can reach."""
    words = words or Words("en", "USD")
    cells = [
        _markdown("# Who went quiet?\n\nAsked by the head of retail. The answer is a share of households."),
        _code(_facts()),
        *_headline(words, hostile),
        *_question(words),
        *_segments(words, hostile),
        _markdown("## What to do", "actions"),
        _code(_html(blocks.actions_html(_actions(words), words))),
        _markdown("## How sure are we?", "sure"),
        _code(_html(blocks.alerts_html(_alerts(words, hostile), words))),
        _markdown(
            "## Method notes\n\nA household is *quiet* after the [lapse window](https://example.org/window).\n\n"
            "- One definition a line.\n- <b>HTML</b> is text here.",
            "notes",
        ),
        _code(
            {
                payloads.FIGURE: [figure_record("crr", 0.9, words)],
                "text/html": "<p>records are for the runner</p>",
            }
        ),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def _headline(words: Words, hostile: str) -> list[NotebookNode]:
    sentence = words.say(
        "One household in ten that was buying has gone quiet: **{share}** in {month} ({interval}), "
        "against {before} in {earlier}. Most buy {category}; nine in ten return.",
        share=words.percent(0.105),
        month=words.month("2017-12", year=False),
        interval=words.interval(0.092, 0.119, "share"),
        before=words.percent(0.095),
        earlier=words.month("2017-11", year=False),
        category=hostile,
    )
    verdict = blocks.Verdict(status="watch", sentence=sentence)
    gone = Estimate(0.105, low=0.092, high=0.119, n=2037)
    november = words.month("2017-11", year=False)
    cards = [
        figure_card("lapse_rate", gone, words, previous=0.095, period=november),
        figure_card(
            "retention_gross",
            Estimate(0.895, low=0.881, high=0.908, n=2037),
            words,
            previous=0.905,
            period=november,
        ),
        figure_card("customers_reactivated", 185, words, previous=192, period=november),
        figure_card("revenue_total", 4_596_039.58, words, previous=4_596_039.58, period=november),
        figure_card("return_chance_beyond", NotEnough("households_silent", 3, 30), words),
    ]
    bundle = {payloads.VERDICT: {"status": "watch", "sentence": sentence}} | _html(blocks.verdict_html(verdict, words))
    return [_markdown("## Headline"), _code(bundle), _code(_html(blocks.cards_html(cards)))]


def _question(words: Words) -> list[NotebookNode]:
    lapsed = [204, 190, 211, 170, 206, 192, 230, 205, 180, 194, 214]
    back = [16, 124, 158, 192, 150, 190, 185, 200, 201, 190, 185]

    def draw(ax: Any) -> None:
        months = [f"2017-{month:02d}" for month in range(2, 13)]
        ax.bar(range(11), back, color=PALETTE["returned"], width=0.7)
        ax.bar(range(11), [-n for n in lapsed], color=PALETTE["lost"], width=0.7)
        ax.axhline(0, color=PALETTE["ink"], linewidth=1)
        step = 3 if is_narrow(ax) else 1
        ax.set_xticks(range(0, 11, step), [words.month(m, year=False)[:3] for m in months[::step]])
        ax.text(10.6, 90, words.say("came back"), color=PALETTE["returned"], weight="bold")
        ax.text(10.6, -90, words.say("went quiet"), color=PALETTE["lost"], weight="bold")

    finding = words.say(
        "In {month} **{lapsed} went quiet and {back} came back**, so the base shrank by {loss}.",
        month=words.month("2017-12", year=False),
        lapsed=214,
        back=185,
        loss=29,
    )
    alt = words.say("{lapsed} households went quiet and {back} came back.", lapsed=214, back=185)
    return [
        _markdown("## How does the base move?\n\nUp is gained, down is lost."),
        _code(_chart("base flow", draw, alt, words.say("Households by month, n = {n}.", n=2469))),
        _code(_html(blocks.finding_html(finding))),
    ]


def _segments(words: Words, hostile: str) -> list[NotebookNode]:
    frame = pd.DataFrame(
        {
            "segment": [hostile, "Bakery", None, "Fuel"],
            "base": [1259, 186, 91, 11],
            "share": [0.156, 0.016, 0.022, float("nan")],
            "low": [0.136, 0.005, 0.006, float("nan")],
            "high": [0.177, 0.047, 0.077, float("nan")],
            "spend": [1_234_567.8, 86_123.0, 412.5, 12.0],
            "silence": [12, 31, 8, 61],
            "p": [0.0001, 0.034, 0.5, float("nan")],
            "thin": [False, False, False, True],
        }
    )
    columns = (
        blocks.Column(name="segment", header=words.say("Favourite department")),
        blocks.Column(name="base", header=words.say("Households"), kind="integer"),
        blocks.Column(name="share", header=words.say("Went quiet"), kind="share", low="low", high="high"),
        blocks.Column(name="spend", header=words.say("Sales a year"), kind="money"),
        blocks.Column(name="silence", header=words.say("Usual gap"), kind="days"),
        blocks.Column(name="p", header=words.say("p against the rest"), kind="p"),
    )
    table = blocks.Table(columns=columns, frame=frame, caption=words.say("By department"), thin="thin")
    csv = {payloads.TABLE: {"name": "segments", "csv": blocks.table_csv(frame)}}
    return [
        _markdown("## How does the base move?\n\nEqual headings make no trouble."),
        _code(csv | _html(blocks.table_html(table, words))),
        _code(_html(blocks.table_html(NotEnough("households_in_segment", 3, 30), words))),
    ]


def _actions(words: Words) -> list[blocks.Action]:
    facts = (
        (words.say("Households"), words.number(120)),
        (words.say("Cost"), words.money(300)),
        (words.say("Pays if it brings back"), words.say("1 in {n}", n=40)),
        (words.say("List"), "actions/reactivation.csv"),
    )
    note = words.say(
        "{share} are left alone; judged on {day}.", share=words.percent(0.1, 0), day=words.date("2018-01-31")
    )
    quiet = words.say("Write to the **{n} quiet households** that spent most", n=120)
    second = words.say("Thank the {n} who came back", n=185)
    return [
        blocks.Action(title=quiet, tested=False, facts=facts, note=note),
        blocks.Action(title=second, tested=True, facts=facts[:2]),
    ]


def _alerts(words: Words, hostile: str) -> list[blocks.Alert]:
    rows = words.say("{n} rows in, {n} used.", n=1_469_307)
    few = words.say("{n} groups have fewer than 30 households, such as {name}.", n=3, name=hostile)
    gap = words.say("No sales on {n} days of the month.", n=2)
    return [
        blocks.Alert(level="ok", title=words.say("Data"), sentence=rows),
        blocks.Alert(level="warn", title=words.say("Thin"), sentence=few),
        blocks.Alert(level="stop", title=words.say("Gap"), sentence=gap),
    ]


def _facts() -> dict[str, Any]:
    facts = {
        "id": "churn_diagnosis",
        "set_title": "Public retail data",
        "store_title": "Complete Journey",
        "month": "2017-12",
        "data_to": "2017-12-31",
        "language": "en",
        "currency": "USD",
        "parameters": {"lapse_days": 28, "as_of": None},
        "fingerprint": {"transactions": "9f2b" * 16},
        "versions": {"retention_lib": "0.1.0", "duckdb": "1.5.0"},
    }
    return {payloads.REPORT: facts, "text/html": "<p>open_report speaks to the analyst only</p>"}


def _chart(name: str, draw: Any, alt: str, caption: str) -> dict[str, Any]:
    twins = chart_twins(draw, name=name)
    return {
        payloads.CHART: {"name": name, "alt": alt, "caption": caption, "narrow": twins.narrow},
        "image/svg+xml": twins.wide,
    }


def _html(html: str) -> dict[str, Any]:
    return {"text/html": html}


def _markdown(source: str, *tags: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def _code(data: dict[str, Any]) -> NotebookNode:
    output = nbformat.v4.new_output("display_data", data=data)
    return nbformat.v4.new_code_cell("report.show()", outputs=[output])


def sample_month(month: str, share: float, words: Words, earlier: tuple[str, ...] = ()) -> MonthPage:
    """A month with one report of each status."""
    text = words.percent(share)
    points = tuple(TrendPoint(month=past, value=share / 2, text=words.percent(share / 2)) for past in earlier)
    figure = HeadlineFigure(id="lapse_rate", label=words.say("Went quiet"), text=text, value=share, earlier=points)
    sales = HeadlineFigure(id="revenue_month", label=words.say("Sales in the month"), text="$420.1K", value=420_100)
    verdict = words.say("One household in ten has gone quiet: **{share}**.", share=text)
    failed = words.say("The file {file} could not be read.", file="data/cdnow.txt")
    skipped = words.say("The store has no table {table}.", table="contacts")
    return MonthPage(
        title="Public retail data",
        month=month,
        data_to="2017-12-31",
        reports=(
            ReportEntry(
                id="churn_diagnosis",
                title=words.say("Who went quiet?"),
                status="published",
                href="churn_diagnosis.html",
                verdict_status="watch",
                verdict=verdict,
                figures=(figure, sales),
            ),
            ReportEntry(
                id="cohort_ltv",
                title=words.say("What is a customer worth?"),
                status="failed",
                href="cohort_ltv.html",
                reason=failed,
                last_good="2017-11",
            ),
            ReportEntry(id="ab", title=words.say("Did the campaign pay?"), status="skipped", reason=skipped),
        ),
    )

from __future__ import annotations

import csv
import io
from html import unescape

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports.blocks import (
    Action,
    Alert,
    Card,
    Column,
    Table,
    Verdict,
    actions_html,
    alerts_html,
    cards_html,
    finding_html,
    table_csv,
    table_html,
    verdict_html,
)
from retention_lib.reports.cards import figure_card
from retention_lib.reports.safety import safe_html
from retention_lib.reports.words import Words

WORDS = Words("en", "USD")
EVIL = "<script>alert(1)</script>\"'&"


def table(**options: object) -> Table:
    frame = pd.DataFrame(
        {
            "name": [EVIL, None, "b"],
            "n": [1200, 5, pd.NA],
            "share": [0.1, np.nan, 0.3],
            "low": [0.05, np.nan, 0.1],
            "high": [0.2, np.nan, 0.5],
            "few": [False, True, False],
        }
    )
    columns = (
        Column(name="name", header="Group"),
        Column(name="n", header="Customers", kind="integer"),
        Column(name="share", header="Lost", kind="share", low="low", high="high"),
    )
    return Table(columns=columns, frame=frame, caption="Groups", **options)


def test_verdict_says_its_status_in_words_and_escapes() -> None:
    html = verdict_html(Verdict(status="act", sentence=WORDS.say("**{n}** of {name}", n=3, name=EVIL)), WORDS)
    assert '<strong class="status">Act</strong>' in html
    assert "<strong>3</strong> of &lt;script&gt;" in html
    assert "<script>" not in html


def test_table_formats_and_marks_missing_and_thin() -> None:
    html = table_html(table(thin="few"), WORDS)
    assert 'role="region" tabindex="0" aria-label="Groups"' in html
    assert '<td class="num">1,200</td><td class="num">10.0% <small>5.0% to 20.0%</small></td>' in html
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 3
    assert '<tr class="thin">' in html
    assert "too few to judge" in html
    assert html.count("not known") == 3
    assert "<script>" not in html


def test_table_says_how_many_rows_it_left_out() -> None:
    assert "2 more rows are in the file." in table_html(table(limit=1), WORDS)


def test_money_columns_have_the_same_cents_in_every_row() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "m": [412.5, 12.0]})
    columns = (Column(name="a", header="A"), Column(name="m", header="M", kind="money"))
    html = table_html(Table(columns=columns, frame=frame, caption="c"), WORDS)
    assert "$412.50" in html
    assert "$12.00" in html


def test_every_block_accepts_the_refusal() -> None:
    refused = NotEnough("no_such_code", 3, 30)
    assert "needs 30, there are 3" in table_html(refused, WORDS)
    card = figure_card("crr", refused, WORDS)
    assert card.value == "\u2013"
    assert "needs 30, there are 3" in str(card.interval)


@pytest.mark.parametrize(
    ("id", "now", "before", "value", "tone"),
    [
        ("lapse_rate", 0.105, 0.09, "10.5%", "bad-up"),
        ("crr", 0.95, 0.9, "95.0%", "good-up"),
        ("customers_reactivated", 185, 192, "185", "bad-down"),
        ("customers_passed_through", 5, 3, "5", "flat-up"),
        ("revenue_month", 2_300_000.0, 2_300_000.0, "$2.3M", "flat"),
    ],
)
def test_card_of_a_figure(id: str, now: float, before: float, value: str, tone: str) -> None:
    card = figure_card(
        id,
        Estimate(now, low=now, high=now, n=2037),
        WORDS,
        previous=Estimate(before, low=before, high=before),
        period="May",
    )
    assert (card.value, card.change_tone, card.base) == (value, tone, "n = 2,037")


def test_the_day_of_a_card_is_short_enough_for_it() -> None:
    for day in (f"2026-{month:02d}-30" for month in (1, *range(3, 13))):
        assert len(figure_card("planned_verdict_on", day, WORDS).value) <= 13
    assert figure_card("planned_verdict_on", "2026-06-30", WORDS).value == "30\u00a0Jun\u00a02026"


def test_card_without_a_month_before_shows_no_change() -> None:
    assert figure_card("crr", 0.9, WORDS).change is None
    assert figure_card("crr", 0.9, WORDS, previous=NotEnough("x", 0, 1), period="May").change is None


def test_long_values_get_smaller_type() -> None:
    sizes = [cards_html([Card(label="a", value="9" * length)]) for length in (5, 8, 12, 20)]
    assert [html.split('class="value')[1].split('"')[0] for html in sizes] == ["", " long", " longer", " longest"]


def test_alerts_stand_worst_first_and_are_read_out() -> None:
    alerts = [Alert(level=level, title=level, sentence=EVIL) for level in ("ok", "stop", "warn")]
    html = alerts_html(alerts, WORDS)
    assert html.index("Do not rely on this") < html.index("Take care") < html.index("Fine")
    assert "<script>" not in html


def test_actions_are_marked_untested_or_measured() -> None:
    facts = (("List", "actions/reactivation.csv"), ("Cost", EVIL))
    html = actions_html([Action(title="Write", tested=False, facts=facts), Action(title="Stop", tested=True)], WORDS)
    assert html.index("untested") < html.index("measured")
    assert "actions/<wbr>reactivation.csv" in html
    assert "<script>" not in html


def test_all_blocks_pass_the_allow_list_unchanged() -> None:
    blocks = [
        verdict_html(Verdict(status="good", sentence="a"), WORDS),
        cards_html([figure_card("crr", Estimate(0.9, n=9), WORDS, previous=0.8, period="May")]),
        table_html(table(thin="few"), WORDS),
        actions_html([Action(title="a", tested=True, facts=(("b", "c/d"),), note="e")], WORDS),
        alerts_html([Alert(level="ok", title="a", sentence="b")], WORDS),
        finding_html("a", "b"),
    ]
    for html in blocks:
        assert unescape(safe_html(html)) == unescape(html)


def test_csv_is_inert_in_a_spreadsheet_and_exact() -> None:
    values = ["=cmd|'/C calc'!A0", "+7 999", "@x", "\t=1", " =1", "-x", "plain", "00123", "a\nb", "n\x00"]
    frame = pd.DataFrame({"=name": values, "n": [-5.0, 1 / 3, np.nan, 1e15, 2, 3, 4, 5, 6, 7]})
    rows = list(csv.reader(io.StringIO(table_csv(frame))))
    assert rows[0] == ["'=name", "n"]
    assert [row[0] for row in rows[1:]] == [
        "'=cmd|'/C calc'!A0",
        "'+7 999",
        "'@x",
        "'\t=1",
        "' =1",
        "'-x",
        "plain",
        "00123",
        "a\nb",
        "n",
    ]
    assert [row[1] for row in rows[1:4]] == ["-5.0", "0.333333333333", ""]


@pytest.mark.parametrize(
    ("id", "estimate", "value", "interval"),
    [
        ("clv_new_customer_12m", Estimate(1123.0, low=1098.0, high=1150.0), "$1,123", "$1,098 to $1,150"),
        ("customer_equity_12m", Estimate(12.346e6, low=12.3e6, high=12.41e6), "$12.35M", "$12.3M to $12.41M"),
        ("customer_equity_12m", Estimate(12.3e6, low=11e6, high=14e6), "$12.3M", "$11M to $14M"),
        ("top_decile_share", Estimate(0.4412, low=0.4411, high=0.4413), "44.12%", "44.11% to 44.13%"),
        ("ltv_cac", Estimate(3.1234, low=3.1221, high=3.1251), "3.123", "3.122 to 3.125"),
        ("customers", Estimate(5.0, low=5.0, high=5.0), "5", "5 to 5"),
    ],
)
def test_card_has_digits_enough_to_tell_a_value_from_its_interval(
    id: str, estimate: Estimate, value: str, interval: str
) -> None:
    card = figure_card(id, estimate, WORDS)
    assert (card.value.replace("\u00a0", " "), (card.interval or "").replace("\u00a0", " ")) == (value, interval)

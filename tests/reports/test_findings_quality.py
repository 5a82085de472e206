"""What the check of the data says, word for word, from results whose numbers are known by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from reports import quality_results as made
from reports.results import said

from retention_lib.measures.ids import KINDS as KINDS_MEASURED
from retention_lib.models.quality import AnonymousSales, FutureRows, RepeatedRows
from retention_lib.models.sufficiency import NEEDS
from retention_lib.reports.blocks import table_html
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.findings.quality import CHECKS, KINDS
from retention_lib.reports.findings.sufficiency import NEEDED, REPORTS, UNCLAIMED
from retention_lib.reports.rules import rule_text
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words
from retention_lib.stores.rules import IN_THE_FUTURE

WORDS = Words(currency="USD")


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (
            made.counts(),
            "Of 150 rows, 129 are used, 20 set aside with a reason and 1 dropped as repeated. Every row and every "
            "cent is accounted for.",
        ),
        (
            made.counts(rejected=0, merged=0),
            "All 150 rows are used. Every row and every cent is accounted for.",
        ),
        (made.rules(), "4 findings. The most rows, 18 of transactions (15.0%), have this one: no customer."),
        (made.rules(broken=False), "No row broke a rule: 0 findings."),
        (made.calendar(), "No sales in May 2024: is a part of the data missing, or was the shop closed?"),
        (
            made.calendar(gap=(date(2024, 3, 5), date(2024, 3, 9))),
            "No sales from 5 March 2024 to 9 March 2024 (5 days): is a part of the data missing, or was the shop "
            "closed?",
        ),
        (made.calendar(gap=None), "Sales on 260 of 260 days; every pause fits the shop's own week."),
        (
            made.large_orders(),
            "83.3% of the money is in 1 of 101 orders, each over $999.83 where the median is $99.98. Sales are $60,000 "
            "with them and $10,000 without; the mean order $594.06 and $100.",
        ),
        (
            made.large_orders(largest=120.0),
            "None of 101 orders is far larger than the rest: the median is $99.98, none is over $999.83.",
        ),
        (
            made.dominant(),
            "One customer (0a1b2c3d4e5f) has 60.0% of the rows and 30.0% of sales: a wholesaler or a test account? "
            "Without it sales are $7,000, and the mean order $35 instead of $20.",
        ),
        (
            made.dominant(rows=20, revenue=70.0),
            "No customer dominates: the largest of 100 has 2.0% of the rows and 1.0% of sales.",
        ),
        (
            made.alike(),
            "13 customer ids may be 6 customers written in two ways: leading zeros (4) and Cyrillic and Latin letters "
            "of one shape (2). They are counted apart; where they are one person, there are fewer customers who buy "
            "more often.",
        ),
        (made.alike(found=False), "No two of 900 customer ids differ in spelling only."),
        (
            made.orphans(),
            "20 of 200 customers in contacts are in neither customers nor transactions. 3 of 30 orders in service are "
            "not in transactions.",
        ),
        (
            made.orphans(found=False),
            "Every customer and order of 2 comparisons is found in the other table.",
        ),
        (
            made.enough(),
            "The data can carry 1 of 4 reports. Customers who go quiet needs 30 customers with four purchases in a "
            "year (there are 0). Value of customers needs 500 customers who bought (there are 412) and customers with "
            "three purchases or more, at least 1 (there are 0). Effect of mailings needs the table contacts. Test of a "
            "campaign needs the table assignments.",
        ),
    ],
)
def test_a_finding_says_it_with_numbers(result: Any, sentence: str) -> None:
    assert said(finding(result, WORDS).sentence) == sentence


@pytest.mark.parametrize(
    ("result", "level", "sentence"),
    [
        (made.refused(), "stop", f"{made.SENTENCE}."),
        (
            made.anonymous(),
            "warn",
            "15.0% of the sales rows (18 of 120) and 15.0% of the money name no customer. Their $180.50 is part of the "
            "total, but of no figure about customers.",
        ),
        (
            AnonymousSales(rows=1, rows_in=9_999, share=1 / 9_999, amount=-5.0, amount_share=None),
            "warn",
            "0.010% of the sales rows (1 of 9,999) name no customer. Their -$5.00 is part of the total, but of no "
            "figure about customers.",
        ),
        (made.anonymous(rows=0), "ok", "Every one of 120 sales rows names its customer."),
        (
            made.future(),
            "warn",
            "Dated after the last day the data may hold, and left out: 2 of 120 rows of transactions (1.7%).",
        ),
        (FutureRows(table=made.future().table.iloc[:0]), "ok", "No row is dated after the data's last day."),
        (
            made.repeats(),
            "warn",
            "4 rows contradict others of the same id; which are right cannot be known, so all are set aside. 3 rows "
            "equal earlier ones and are used, for without an order id they may be sales of their own.",
        ),
        (RepeatedRows(table=made.repeats().table.iloc[:0]), "ok", "No row repeats or contradicts another one."),
        (
            made.last_month(),
            "warn",
            "May 2024 is not over: the last sale is of 19 May 2024, 12 days before its end. Do not compare it with "
            "whole months.",
        ),
        (made.last_month(missing=0), "ok", "May 2024 is whole: the last sale is of 31 May 2024."),
        (
            made.negative(),
            "warn",
            "2 of 50 customers have no net purchase: they returned what they bought, or paid nothing. The model of "
            "spend leaves them out.",
        ),
        (made.negative(customers=0), "ok", "Each of 50 customers paid more than was returned."),
        (
            made.in_order(),
            "ok",
            "Checked and in order: customers named on every sale, calendar and future dates.",
        ),
        (
            made.value_report(buyers_three_times=9),
            "stop",
            "It needs 500 customers who bought (there are 412); without it, no value is forecast.",
        ),
        (
            made.value_report(buyers=500, buyers_three_times=9, history_days=200),
            "warn",
            "It needs 364 days of history (there are 200); without it, the forecast is not tested on purchases it had "
            "not seen.",
        ),
        (made.value_report(buyers=500, buyers_three_times=9), "ok", "All 6 things this report needs are there."),
    ],
)
def test_an_alert_says_how_far_to_trust(result: Any, level: str, sentence: str) -> None:
    found = alert(result, WORDS)
    assert (found.level, said(found.sentence)) == (level, sentence)


@pytest.mark.parametrize(
    ("result", "level"),
    [
        (made.calendar(), "warn"),
        (made.calendar(gap=None), "ok"),
        (made.large_orders(), "warn"),
        (made.large_orders(largest=120.0), "ok"),
        (made.dominant(), "warn"),
        (made.dominant(rows=20, revenue=70.0), "ok"),
        (made.alike(), "warn"),
        (made.orphans(), "warn"),
        (made.orphans(found=False), "ok"),
    ],
)
def test_an_alert_warns_where_its_finding_does(result: Any, level: str) -> None:
    found = alert(result, WORDS)
    assert found.level == level
    assert found.sentence == finding(result, WORDS).sentence


def test_gaps_beyond_three_are_counted_and_a_missing_month_is_named_once() -> None:
    calendar = made.calendar()
    gap = calendar.gaps.iloc[0]
    more = [{**gap, "first_day": date(2024, 7, day), "last_day": date(2024, 7, day), "days": day} for day in (3, 4, 5)]
    crowded = type(calendar)(
        days=calendar.days,
        months=calendar.months,
        gaps=type(calendar.gaps)([gap.to_dict(), *more]),
        missing_months=calendar.missing_months,
    )
    assert said(finding(crowded, WORDS).sentence).startswith(
        "No sales in May 2024, from 5 July 2024 to 5 July 2024 (5 days), from 4 July 2024 to 4 July 2024 (4 days) and "
        "1 more time: "
    )


@pytest.mark.parametrize(
    ("broken", "changed", "status", "sentence"),
    [
        (
            True,
            {},
            "act",
            "The data can carry 1 of 4 reports. Left out, for they cannot be read or trusted: contacts. 3 checks found "
            "something to look at.",
        ),
        (False, {}, "watch", "The data can carry 1 of 4 reports."),
        (False, {"has_transactions": 0, "has_results": 0}, "act", "The data can carry 0 of 4 reports."),
    ],
)
def test_the_verdict_is_how_many_reports_can_be_made(
    broken: bool, changed: dict[str, float], status: str, sentence: str
) -> None:
    found = verdict(made.enough(**changed), WORDS, quality=made.quality(broken=broken))
    assert (found.status, said(found.sentence)) == (status, sentence)


def test_all_reports_carried_are_good() -> None:
    everything = {need.fact: 1_000.0 for needs in NEEDS.values() for need in needs} | {"days_since_purchase": 1.0}
    assert verdict(made.enough(**everything), WORDS, quality=made.quality(broken=False)).status == "good"


def test_what_to_mend_is_an_action_that_promises_no_money() -> None:
    mend, bring = action(made.refused(), WORDS), action(made.value_report(), WORDS)
    assert said(mend.title) == "Mend the table contacts, then check again"
    assert (mend.note, mend.tested) == (f"{made.SENTENCE}.", None)
    assert said(bring.title) == "To answer Value of customers, bring what it lacks"
    assert said(bring.facts[0][1]) == "500 customers who bought (there are 412)"
    assert len(bring.facts) == 2


def shown(result: Any) -> list[list[Any]]:
    table = shown_table(result, WORDS)
    html = table_html(table, WORDS)
    assert "nan" not in html.lower().split()
    names = [column.name for column in table.columns]
    return [[said(cell) if isinstance(cell, str) else cell for cell in row] for row in table.frame[names].to_numpy()]


def test_rows_and_money_stand_to_the_cent() -> None:
    assert shown(made.counts()) == [
        ["transactions, rows", "120", "99", "20", "1"],
        ["transactions, money", "$1,200.55", "$990.55", "$200.00", "$10.00"],
        ["customers, rows", "30", "30", "0", "0"],
    ]


def test_rules_stand_with_what_is_done_and_where() -> None:
    stop, first, *_ = shown(made.rules())
    assert stop[:3] == ["the table cannot be used", "contacts", "STOP: table left out"]
    assert stop[6] == made.SENTENCE
    assert first == ["no customer", "transactions", "rows set aside", 18, 0.15, "$180.50", "a.csv:2, a.csv:9"]
    assert [row[2] for row in shown(made.rules())][3] == "WARN: rows used"


def test_outliers_stand_with_and_without() -> None:
    assert shown(made.large_orders()) == [
        ["All orders and refunds", 101, 60_000.0, pytest.approx(60_000 / 101)],
        ["Without the very large ones", 100, 10_000.0, 100.0],
        ["The very large ones", 1, 50_000.0, 50_000.0],
        ["3 May 2024, customer 0a1b2c3d4e5f", 1, 50_000.0, 50_000.0],
    ]


def test_the_largest_customer_stands_with_and_without() -> None:
    assert shown(made.dominant()) == [
        ["Everyone", 100, 10_000.0, 20.0],
        ["Without 0a1b2c3d4e5f", 99, 7_000.0, 35.0],
        ["Only 0a1b2c3d4e5f", 1, 3_000.0, 10.0],
    ]


def test_ids_and_needs_have_their_tables() -> None:
    assert shown(made.alike())[0] == ["leading zeros", 4, 9, "aa11, bb22"]
    assert shown(made.orphans())[0] == ["contacts", "customer_id", "customers, transactions", 200, 20, 0.1]
    met = {tuple(row[:2]): row[2] for row in shown(made.enough())}
    assert met["Value of customers", "500 customers who bought (there are 412)"] == "no"
    assert met["Value of customers", "the table transactions"] == "yes"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("missing_amount", "no amount"),
        ("unreadable_ordered_at", "ordered_at cannot be read"),
        ("ordered_at_outside_1990_to_2099", "ordered_at lies before 1990 or after 2099"),
        ("unknown_event", "event is a word that the parameter file does not explain"),
        (IN_THE_FUTURE, "dated in the future"),
        ("something_new", "something_new"),
    ],
)
def test_a_rule_is_named_in_words(reason: str, text: str) -> None:
    assert said(rule_text(reason, WORDS)) == text


def test_every_code_has_its_words() -> None:
    needs = {need.requirement for needs in NEEDS.values() for need in needs}
    assert needs == set(NEEDED) == set(UNCLAIMED)
    assert set(NEEDS) == set(REPORTS)
    assert set(KINDS_MEASURED) == set(KINDS)
    made_checks = [made.anonymous(), made.future(), made.repeats(), made.calendar(), made.last_month()]
    made_checks += [made.large_orders(), made.dominant(), made.negative(), made.alike(), made.orphans()]
    assert {check.check for check in [*made_checks, made.value_report()]} == set(CHECKS)

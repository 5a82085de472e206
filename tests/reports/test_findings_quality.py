"""What the check of the data says, word for word, from results whose numbers are known by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from reports import quality_results as made
from reports.results import said

from retention_lib.measures.ids import KINDS as KINDS_MEASURED
from retention_lib.models.quality import RowCounts, RuleCounts
from retention_lib.models.row_checks import AnonymousSales, FutureRows, RepeatedRows
from retention_lib.models.sufficiency import NEEDS, report_sufficiency, sufficiency
from retention_lib.reports.blocks import table_html
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.findings.quality import CHECKS, KINDS
from retention_lib.reports.findings.quality_tables import short_places
from retention_lib.reports.findings.sufficiency import NEEDED, REPORTS, UNCLAIMED
from retention_lib.reports.rules import rule_text
from retention_lib.reports.shown import table_texts
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
        (made.rules(broken=False), "No row broke a rule."),
        (
            RuleCounts(table=made.rules().table.iloc[:1], judged=30),
            "In the tables that could be read, no row broke a rule.",
        ),
        (RuleCounts(table=made.rules().table.iloc[:1], judged=0), "No row could be read, so no rule was put to any."),
        (
            RuleCounts(table=made.rules().table.iloc[1:2], judged=120),
            "One finding: no customer. Rows of transactions: 18 (15.0%).",
        ),
        (
            RowCounts(table=made.counts(rejected=0, merged=0).table, refused=("contacts",)),
            "All 150 rows are used. Every row and every cent is accounted for. Not counted, for they could not be "
            "read: contacts.",
        ),
        (
            RowCounts(table=made.counts().table.iloc[:0], refused=("transactions",)),
            "No row could be read, so there is nothing to count.",
        ),
        (made.calendar(), "No sales in May 2024: is a part of the data missing, or was the shop closed?"),
        (
            made.calendar(gap=(date(2024, 3, 5), date(2024, 3, 9))),
            "No sales from 5 March 2024 to 9 March 2024 (5 days): is a part of the data missing, or was the shop "
            "closed?",
        ),
        (made.calendar(gap=None), "Days with sales: 260 of 260; every pause fits the shop's own week."),
        (
            made.large_orders(),
            "83.3% of the money is in 1 of 101 orders: over $999.83, where the median is $99.98. Sales are $60,000 "
            "with them and $10,000 without; the mean order goes from $594.06 to $100.",
        ),
        (
            made.large_orders(largest=120.0),
            "No order is far larger than the rest: the median of 101 is $99.98, and none is over $999.83.",
        ),
        (
            made.dominant(),
            "One customer (0a1b2c3d4e5f) has 60.0% of the rows and 30.0% of sales: a wholesaler, a test account or the "
            "till's id for unknown buyers? Without it sales are $7,000; the mean order goes from $20 to $35.",
        ),
        (
            made.dominant(revenue=10_500.0),
            "One customer (0a1b2c3d4e5f) has 60.0% of the rows and 60.0% of sales: a wholesaler, a test account or the "
            "till's id for unknown buyers? Without it sales are $7,000; the mean order stays $35.",
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
            "Every id is found in the other table; 2 pairs of tables were compared.",
        ),
        (
            made.enough(),
            "The data can carry 3 of 6 reports. Customers who go quiet needs 30 customers with four purchases in a "
            "year (there are 0). Value of customers needs 500 customers who bought (there are 412) and customers with "
            "three purchases or more, at least 1 (there are 0). Loyalty programme and campaigns needs the table "
            "loyalty_events or contacts. Test of a "
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
            "15.0% of the sales rows (18 of 120) and 15.0% of the money name no customer. They are set aside: their "
            "$180.50 is in no figure about customers.",
        ),
        (
            AnonymousSales(rows=1, rows_in=9_999, share=1 / 9_999, amount=-5.0, amount_share=None),
            "warn",
            "0.010% of the sales rows (1 of 9,999) name no customer. They are set aside: their -$5.00 is in no figure "
            "about customers.",
        ),
        (made.anonymous(rows=0), "ok", "Every sales row names its customer; rows looked at: 120."),
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
            "equal earlier ones and are used, for they may be sales of their own.",
        ),
        (
            RepeatedRows(table=made.repeats(merged=2, others=1).table.assign(conflicting=0, kept=0)),
            "warn",
            "2 sales rows ($10.50) equal others and were dropped. If equal lines of one receipt are sales of their own "
            "(the same product scanned twice), write duplicates: keep, or duplicates: across_files where exports "
            "overlap. 1 row of another table equals an earlier one and was dropped.",
        ),
        (
            made.reused(),
            "warn",
            "40.0% of the order numbers (80 of 200) have sales on several days: the numbers seem to begin anew. "
            "Different receipts are then taken for one order.",
        ),
        (made.reused(again=2), "ok", "2 of 200 order numbers have sales on several days, too few to matter."),
        (made.reused(again=0), "ok", "Each order number has its sales on one day; numbers looked at: 200."),
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
            "Customers who returned what they bought, or paid nothing: 2 of 50. The model of spend leaves them out.",
        ),
        (made.negative(customers=0), "ok", "Every customer paid more than was returned."),
        (
            made.in_order(),
            "ok",
            "Checked, with nothing to note: sales without a customer, calendar and future dates.",
        ),
        (
            made.value_report(buyers_three_times=9),
            "stop",
            "It needs 500 customers who bought (there are 412); without it, no value is forecast.",
        ),
        (
            report_sufficiency(made.facts(history_days=119, buyers_four_times_in_year=30), "churn_diagnosis"),
            "warn",
            "It needs 120 days of history (there are 119); without it, how many of the quiet come back is not said.",
        ),
        (made.value_report(buyers=500, buyers_three_times=9), "ok", "All 5 things this report needs are there."),
        (
            made.horizon(),
            "warn",
            "It looks 6 months ahead and not the 12 asked for: the sales reach back 200 days, and no forecast is made "
            "for longer than that.",
        ),
        (made.horizon(400), "ok", "The forecast looks 12 months ahead; the sales reach back 400 days."),
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
            "The data can carry 3 of 6 reports. Left out, for they cannot be read or trusted: contacts. To look at: "
            "sales without a customer, future dates and repeated rows.",
        ),
        (False, {}, "watch", "The data can carry 3 of 6 reports."),
        (False, {"has_transactions": 0, "has_results": 0}, "act", "The data can carry 0 of 6 reports."),
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


@pytest.mark.parametrize(
    ("result", "title", "note"),
    [
        (made.dominant(), "Find out who 0a1b2c3d4e5f is", "under anonymous in the table of transactions"),
        (made.repeats(merged=1), "Check the repeated rows", "write duplicates: across_files."),
        (made.repeats(others=1), "Check the repeated rows", "The rows are in the folder rejected"),
        (made.alike(), "Write the ids of 6 customers in one way", "a table of identities"),
        (made.orphans(), "Find the ids without a match", "under columns"),
        (made.reused(), "Tell orders with the same number apart", "write order_numbers: daily"),
    ],
)
def test_a_fault_that_can_be_mended_names_its_remedy(result: Any, title: str, note: str) -> None:
    found = action(result, WORDS)
    assert said(found.title) == title
    assert note in (found.note or "")


def test_reports_not_asked_for_are_not_missed() -> None:
    asked = sufficiency(made.facts(), ["churn_diagnosis", "data_check"])
    assert said(finding(asked, WORDS).sentence).startswith(
        "The data can carry the report. Customers who go quiet needs"
    )
    found = verdict(asked, WORDS, quality=made.quality(broken=False))
    assert (found.status, said(found.sentence)) == ("good", "The data can carry the report.")
    lacking = sufficiency(made.facts(), ["ab_campaign"])
    assert said(finding(lacking, WORDS).sentence).startswith("The data cannot carry the report. Test of a campaign")


def test_a_set_that_asks_for_nothing_says_so() -> None:
    nothing = sufficiency(made.facts(), [])
    assert said(finding(nothing, WORDS).sentence) == "The parameter file asks for no report about these data."
    assert shown(nothing) == []
    assert nothing.to_frame().empty


def test_places_are_told_by_file_name_and_row() -> None:
    assert short_places("data/may 2.csv:2, data/may 2.csv:9, june.csv:4") == "may 2.csv:2, 9, june.csv:4"
    assert short_places("a/x.csv:5, b/x.csv:5") == "x.csv:5, x.csv:5"
    assert short_places("") == ""


def test_without_a_large_order_there_is_no_table_of_nothing() -> None:
    assert shown(made.large_orders(largest=120.0)) == []


def test_where_there_is_little_room_only_what_matters_is_shown() -> None:
    needs = table_texts(shown_table(made.enough(), WORDS), WORDS)
    assert {needs["rows"][place][2] for place in needs["brief"]} == {"no"}
    assert len(needs["brief"]) < len(needs["rows"])
    assert table_texts(shown_table(made.dominant(rows=20, revenue=70.0), WORDS), WORDS)["brief"] == []
    assert table_texts(shown_table(made.counts(), WORDS), WORDS)["brief"] == [0, 1, 2]


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
    assert first == ["no customer", "transactions", "rows set aside", 18, 0.15, "$180.50", "a.csv:2, 9"]
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


@pytest.mark.parametrize(("days", "ago"), [(1.0, "1 day ago"), (45.0, "45 days ago"), (0.0, "0 days ago")])
def test_age_of_the_last_purchase_is_in_its_plural(days: float, ago: str) -> None:
    needs = [row[1] for row in shown(made.enough(days_since_purchase=days))]
    assert f"a purchase in the last 30 days (the last was {ago})" in needs


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
        ("amount_on_another_line", "a further line of an order whose amount stands on another line"),
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
    made_checks += [made.reused(), made.large_orders(), made.dominant(), made.negative(), made.alike(), made.orphans()]
    assert {check.check for check in [*made_checks, made.value_report(), made.horizon()]} == set(CHECKS)

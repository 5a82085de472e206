"""Sentences, tables and charts of cohorts, payback and groups by how customers were won."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from models.cohort_cells import alike
from reports import cohort_results as won
from reports.results import said
from reports.test_charts import drawn

from retention_lib.estimates import NotEnough
from retention_lib.reports.blocks import Table, table_html
from retention_lib.reports.charts import cohorts as charts
from retention_lib.reports.findings import action, finding
from retention_lib.reports.period_names import period_name, period_range, periods_text, short_name
from retention_lib.reports.reasons import REASONS
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def told(result: Any) -> str:
    return said(finding(result, WORDS).sentence)


def table(result: Any) -> Table:
    found = shown_table(result, WORDS)
    assert isinstance(found, Table)
    assert table_html(found, WORDS)
    return found


def cells(found: Table, name: str) -> list[str]:
    return [said(str(value)) for value in found.frame[name]]


def test_cohorts_read_the_oldest_of_thirty_customers() -> None:
    found = finding(won.cohorts(), WORDS)
    assert said(found.sentence) == (
        "Of the 40 customers won in October 2017, 25.0% bought 1 month later and 20.0% 2 months later, "
        "the last one seen "
        "whole."
    )
    assert "between 25.0% and 50.0%" in said(found.alt)  # 10 of 40 and 25 of 50; December has 29 customers
    assert "3 cohorts, 119 customers" in said(found.caption)


@pytest.mark.parametrize(
    "rows",
    [
        [("2017-12-01", 0, 40, 40, 400.0)],  # one month of data
        [("2017-11-01", 0, 5, 5, 50.0), ("2017-11-01", 1, 5, 2, 9.0), ("2017-12-01", 0, 35, 35, 300.0)],
        [("2017-11-01", 0, 20, 20, 50.0), ("2017-11-01", 1, 20, 2, 9.0), ("2017-12-01", 0, 20, 20, 99.0)],
    ],
)
def test_cohorts_too_young_or_too_small_say_so(rows: list[won.Row]) -> None:
    assert told(won.cohorts(*rows)) == (
        "No cohort of 30 customers or more has a second period yet; 40 customers bought for the first time."
    )


def test_a_month_that_is_not_over_is_not_told() -> None:
    assert "bought 1 month later." in told(won.cohorts(until=date(2017, 12, 31)))


def test_large_cohorts_when_the_data_begin_are_named() -> None:
    found = told(won.old_customers())
    assert "The cohorts of July 2017 to August 2017 are far larger than the others" in found
    assert found.startswith("Of the 30 customers won in September 2017")
    assert "dashed" in finding(won.cohort_value(won.old_customers()), WORDS).caption


def test_cohort_value_says_profit_only_with_a_margin() -> None:
    # 560 over 40 customers is 14, of it 10 in the first month.
    profit, revenue = (told(won.earned(margin=margin)) for margin in (0.5, None))
    assert profit.startswith("A customer won in October 2017 has brought $7.00 of gross profit in 3 months, $5.00 of")
    assert revenue.startswith("A customer won in October 2017 has brought $14.00 of revenue in 3 months, $10.00 of")
    assert revenue.endswith("no margin is given.")


def test_matrices_tell_the_first_period_and_those_that_follow() -> None:
    # Later: 8 + 10 of 40 and 25 of 50 customers, over 40 + 40 + 50 customer-months.
    assert told(won.matrix()).startswith(
        "A customer buys 1.00 times in the month of the first purchase, and 0.33 times"
    )
    assert told(won.matrix("revenue")).startswith("A customer brings $11.11 of revenue")
    # All customers of the opening cohorts bought a second time, none of those after them did.
    left = told(won.matrix_of(won.old_customers()))
    assert left.startswith("A customer buys 1.00 times in the month of the first purchase, and 0.00 times in each")
    assert left.endswith(
        "Left out: customers won in July 2017 to August 2017, of whom some may be older than the data."
    )
    alone = told(won.matrix_of(won.opening_alone()))
    assert "and 0.20 times in each" in alone  # one more purchase in the five months from August to December
    assert alone.endswith("That counts customers won in July 2017, of whom some may be older than the data.")
    young = won.matrix("revenue", ("2017-12-01", 0, 40, 40, 400.0))
    assert (
        told(young) == "A customer brings $10.00 of revenue in the month of the first purchase; no "
        "later one is over yet."
    )


def test_the_calendar_says_whom_the_last_whole_month_came_from() -> None:
    # December: 60 of October, 100 of November and 100 of its own.
    assert told(won.calendar([*alike("2017-11-01", 30, 2.0, 2.0)])) == (
        "The sales of December 2017 came from customers won before it."
    )
    year_old = won.calendar(alike("2016-12-01", 10, *[2.0] * 13))
    assert told(year_old) == "Of the sales of December 2017 100.0% came from customers won a year or more before."
    assert told(won.calendar()) == "Of the sales of December 2017 38.5% came from customers won in it."
    old = won.calendar([*alike("2016-12-01", 10, *[2.0] * 13), *alike("2017-12-01", 30, 2.0)])
    assert told(old) == (
        "Of the sales of December 2017 75.0% came from customers won in it and 25.0% from customers won a year or more "
        "before."
    )
    none = won.calendar(alike("2017-12-01", 30, 2.0), until=date(2017, 12, 20))
    assert told(none) == "No period has been seen whole yet; $60 of sales so far."


def test_the_newest_cohorts_are_better_worse_or_alike() -> None:
    assert told(won.change()).startswith(
        "The newest customers are better: those won in November 2017 brought $10.00 each in 1 month, "
        "those before $5.00; "
        "the difference is $5"
    )
    assert "The newest customers are worse" in told(won.change(newest=2.0))
    # 60 customers are fewer than the 100 it takes in each group to say that no difference is clear.
    assert told(won.change(newest=10.0)) == (
        "Too few to tell: the 60 customers won in November 2017 brought $7.00 each in 2 months, the 120 before them "
        "$7.00."
    )
    many = won.change(newest=10.0, size=100)
    assert told(many) == (
        "No clear difference to those before at the same age (3 comparisons): those won in November 2017 brought $7.00 "
        "each in 2 months, those before $7.00."
    )
    assert told(won.change(newest=10.0, size=100, scale=1000.0)).endswith(
        "brought $7,000 each in 2 months, those before $7,000."
    )
    assert "Fewer of the newest customers come back" in told(won.change(newest=12.0, back=False, spread=8.0))
    assert cells(table(won.change()), "what")[:2] == ["Gross profit each in 1 month", "Gross profit each in 2 months"]


def test_more_at_one_age_of_several_is_not_more_who_come_back() -> None:
    # Of 120 a cohort bought 1 month later: 40 % before, 90 % of November; 3 months later: 50 % of all.
    found = told(won.one_age())
    assert found.startswith(
        "At 1 age of 2 compared more of the newest customers bought. Of those won in November 2017 90.0% bought "
        "1 month later, of those before 40.0%;"
    )
    assert "come back" not in found
    assert "Those won in September 2017 brought $5.95 each in 4 months, those before $5.95." in found


def test_a_ceiling_is_what_a_customer_brought() -> None:
    # Half of 400 + 600 + 100 over 119 customers first; then half of 100 + 100 over 90.
    found = action(won.ceiling(), WORDS)
    assert found is not None
    assert "below $5.73, what one brought in the first 2 months" in said(found.title)
    assert [said(text) for _, text in found.facts] == ["90", "$4.62"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("customers", "over the 1,234 who bought."),
        ("costs", "over the 1,234 customers won in them."),
        ("settings", "as the parameter file says; the data do not tell."),
    ],
)
def test_the_source_of_the_cost_is_named(source: str, sentence: str) -> None:
    assert told(won.cost(source=source)).endswith(sentence)
    assert "$5.00" in told(won.cost(source=source))


def test_months_left_out_of_the_cost_are_named() -> None:
    sentence = told(won.cost(source="costs", opening=("2017-07", "2017-08")))
    assert "Left out, with the spending: customers won in July 2017 to August 2017, of whom some may be" in sentence


def test_payback_says_when_or_not_yet() -> None:
    # 5, 7, 9, 11, 11, 11 a customer; the halves of the intervals are far below 1.
    assert told(won.paid(4.0)).startswith(
        "Winning a customer costs $4.00, and the month of the first purchase pays that back, with $5.00 "
        "of gross profit."
    )
    assert "which is paid back within 3 months, with $9.00 of gross profit." in told(won.paid(8.0))
    # Halves of 1.96 x 4 x (1, 2, 3, 4) / sqrt(59): 1.02, 2.04, 3.06, 4.08: 9.04 at most, 6.9 at least.
    assert "within 3 months; by" not in told(won.paid(8.0))
    assert "by the interval it may be 2 months, or longer than the 6 months seen" in told(won.paid(8.5, spread=8.0))
    assert "within 3 months (3 months to 4 months by the 95% interval)" in told(won.paid(8.5, spread=4.0))
    assert "after 6 months, the longest seen, one has not yet paid that back, with $11.00" in told(won.paid(20.0))
    assert "In 6 months one has brought 1.4 times that cost" in told(won.paid(8.0))
    assert "Left out: customers won in July 2017 to August 2017" in told(won.paid(opening=True))
    free = told(won.paid(0.0))
    assert "In 6 months one brings $11.00 of gross profit." in free


def test_the_rule_of_three_to_four_is_nowhere_and_turnover_is_no_profit() -> None:
    texts = [told(result) for result in (won.paid(), won.groups(), won.income())]
    assert not any("3-4" in text or "3 to 4" in text for text in texts)
    assert "turnover and not profit" in texts[2]
    assert "$50.00" not in texts[2]
    assert "= about $125 of revenue a customer" in texts[2]
    # 20 an order x 2.5 orders x 100 / 77 years = 64.935: three digits.
    assert "= about $64.90 of revenue a customer" in told(won.income(stayed=23))
    assert not any("income-based" in text.lower() for text in texts[:2])


def test_groups_name_the_best_and_the_worst_and_what_is_not_known() -> None:
    found = told(won.groups())
    assert "By channel, a customer from shop brings most, $20.00 in 3 months, and one from web least, $13.00." in found
    assert "By price of the first order none of 2 groups brings more or less" in found
    assert "First category is not recorded." in found
    thin = told(won.groups(shop=alike("2017-09-01", 40, 5.0, segment="web")))
    assert "By channel no two groups hold 30 customers old enough." in thin


def test_groups_that_stand_out_on_one_side_are_told_alone() -> None:
    many = [each for name in "abc" for each in alike("2017-09-01", 60, 20.0, segment=name)]
    high = told(won.groups(shop=[*many, *alike("2017-09-01", 60, 60.0, segment="rich")]))
    assert "By channel, a customer from rich brings most" in high


def test_cohorts_that_stand_out_are_named() -> None:
    assert told(won.ranks()) == (
        "Worth less than the others at the same age: customers won in October 2017; October 2017 "
        "brought $2.00 each. The "
        "others brought $5.00 each in 3 months."
    )
    assert (
        told(won.ranks(odd=10.0)) == "In 3 months no cohort brings more or less than the others "
        "beyond chance, of 3 compared."
    )
    assert "Worth more than the others" in told(won.ranks(odd=30.0))


def test_tables_of_cohorts_payback_and_groups() -> None:
    shown = table(won.cohorts())
    assert cells(shown, "cohort") == ["December 2017", "November 2017", "October 2017"]
    assert shown.frame["kept_1"].tolist()[1:] == [0.5, 0.25]
    assert shown.frame["revenue"].tolist() == pytest.approx([100 / 29, 14.0, 14.0])
    revenue = table(won.cohorts(margin=None))
    assert "value" not in [column.name for column in revenue.columns]
    ages = table(won.paid(8.0))
    assert cells(ages, "time") == ["1 month", "2 months", "3 months", "6 months"]
    by_group = table(won.groups())
    assert cells(by_group, "group") == ["shop", "web", "not stated", "other channels", "at a discount", "at full price"]
    assert cells(by_group, "paid")[cells(by_group, "group").index("web")] == "1 month"
    late = table(won.groups(costs=50.0))
    assert cells(late, "paid")[cells(late, "group").index("web")] == "not yet in 4 months"
    ranked = table(won.ranks())
    assert "split" not in [column.name for column in ranked.columns]
    assert cells(ranked, "group")[0] == "October 2017"


def test_more_is_tried_only_where_a_channel_brings_beyond_doubt_more_for_its_cost() -> None:
    found = action(won.groups(), WORDS)
    assert found is not None
    assert said(found.title).startswith(
        "Try to win more customers by shop: one brings 4.0 times what it costs there, by web 1.3"
    )
    assert found.tested is False
    assert action(won.groups(shop=alike("2017-09-01", 40, 5.0, segment="web")), WORDS) is None


def test_periods_have_names() -> None:
    assert [said(period_name(label, WORDS)) for label in ("2026-01", "2026-Q1", "2026", "2026-01-05")] == [
        "January 2026",
        "Q1 2026",
        "2026",
        "week of 5 January 2026",
    ]
    assert [said(short_name(label, WORDS)) for label in ("2026-01", "2026-Q1", "2026", "2026-01-05")] == [
        "Jan 26",
        "Q1 26",
        "2026",
        "5 Jan",
    ]
    assert said(period_range("2026-01", "2026-01", WORDS)) == "January 2026"
    assert [said(periods_text(2, by, WORDS)) for by in ("month", "week", "quarter")] == [
        "2 months",
        "2 weeks",
        "2 quarters",
    ]  # type: ignore[arg-type]


def test_cells_of_cohorts_are_percents_grey_below_thirty_and_empty_where_not_seen() -> None:
    rows = (("2017-09-01", 0, 9, 9, 90.0), ("2017-09-01", 2, 9, 3, 9.0))
    ax = drawn(charts.plot_cohort_retention, won.cohorts(*rows, *won_rows()), "wide")
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts[(0.5, 1.5)] == "25"
    assert texts[(1.5, 1.5)] == "20"
    assert texts[(1.5, 0.5)] == "33"
    assert texts[(0.5, 2.5)] == "50"
    assert len(ax.patches) == 3  # the small cohort's three months


def won_rows() -> tuple[won.Row, ...]:
    return (
        ("2017-10-01", 0, 40, 40, 400.0),
        ("2017-10-01", 1, 40, 10, 100.0),
        ("2017-10-01", 2, 40, 8, 60.0),
        ("2017-11-01", 0, 50, 50, 600.0),
        ("2017-11-01", 1, 50, 25, 100.0),
    )


def test_months_that_are_not_over_are_hatched() -> None:
    ax = drawn(charts.plot_cohort_retention, won.cohorts(until=date(2017, 12, 20)), "wide")
    assert [bool(patch.get_hatch()) for patch in ax.patches] == [True, True]
    bars = drawn(charts.plot_cohort_calendar, won.calendar(until=date(2017, 12, 20)), "wide")
    hatched = {round(patch.get_x()) for patch in bars.patches if patch.get_hatch()}
    assert hatched == {2}


def test_a_chart_of_cohorts_too_young_says_so() -> None:
    young = won.cohorts(("2017-12-01", 0, 40, 40, 400.0))
    ax = drawn(charts.plot_cohort_retention, young, "narrow")
    assert [text.get_text() for text in ax.texts] == ["nothing to draw yet"]


def test_of_many_cohorts_the_newest_large_ones_are_drawn() -> None:
    shop = [*won.many(), *alike("2017-12-01", 9, 5.0)]
    ax = drawn(charts.plot_cohort_retention, won.of(shop), "wide")
    labels = [label.get_text().replace("\u00a0", " ") for label in ax.get_yticklabels()]
    assert len(labels) == 24
    assert labels[-1] == "Nov 17"
    assert "The newest 24" in finding(won.of(shop), WORDS).caption


@pytest.mark.parametrize(
    "code",
    [
        "acquisition_cost_known",
        "cohorts_to_compare",
        "income_customers",
        "income_history_days",
        "income_left",
        "splits_known",
    ],
)
def test_refusals_have_a_sentence(code: str) -> None:
    assert code in REASONS
    assert told(NotEnough(code, 1, 2))

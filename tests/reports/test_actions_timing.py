"""What is said of hours, stages and next orders, with numbers by hand."""

from __future__ import annotations

import pytest
from reports import actions_timing_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.reports.blocks import Table, table_html
from retention_lib.reports.charts.actions_timing import plot_buying_hours, plot_own_hours, plot_stages
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.style import chart_axes, styled
from retention_lib.reports.tables import shown_table
from retention_lib.reports.time_names import hour_name, weekday_name
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_own_hours_are_praised_where_they_are_used() -> None:
    told = said(finding(made.own_hours(), WORDS).sentence)
    assert told.startswith(
        "Own hours would have met more: in the last 28 days, 75.0% of what 80 customers opened came "
        "within two hours of the hour we would have chosen for each, against 0.0% for 20:00, the best hour for all: "
        "75.0 points more ("
    )
    assert "The weekday is Saturday for all, as own ones would have met no more." in told


def test_one_hour_for_all_where_own_ones_gain_nothing() -> None:
    told = said(finding(made.one_hour(), WORDS).sentence)
    assert told.startswith(
        "Everybody is written to at 20:00: in the last 28 days, 0.0% of what 60 customers bought came near their own "
        "usual hours and 75.0% near 20:00. The gain of "
    )
    assert "is not surely above 0" in told


def test_one_hour_for_all_where_all_are_alike() -> None:
    told = said(finding(made.all_alike(), WORDS).sentence)
    assert told.startswith(
        "Everybody is written to at 09:00: at the own hour 0.0 points more would have been met, the same for each of 80"
    )


def test_hours_that_cannot_be_judged_say_why() -> None:
    told = said(finding(made.few_again(), WORDS).sentence)
    assert told.startswith("Everybody is written to at 20:00. 5 customers whose habits were known did it again")
    assert (alert(made.few_again(), WORDS).level, alert(made.own_hours(), WORDS).level) == ("warn", "ok")
    assert "900 messages that nobody else opened" in said(alert(made.own_hours(), WORDS).sentence)


def test_hours_of_a_store_without_times() -> None:
    told = said(finding(made.unknown(), WORDS).sentence)
    assert "Everybody is written to at 10:00." in told
    assert "Of weekdays nothing is known, so the first possible day is taken." in told


def test_own_weekdays_are_said_to_be_used() -> None:
    assert "The own weekday is used too: it met 75.0 points more" in said(finding(made.own_weekdays(), WORDS).sentence)


def test_buying_hours_name_the_best() -> None:
    told = said(finding(made.when(), WORDS).sentence)
    assert told.startswith("Most is bought around 20:00, of the hours in which messages may be sent:")
    assert "between 18:00 and 22:00. The strongest day is Saturday" in told
    assert "between 22:00 and 02:00" in said(finding(made.at_night(), WORDS).sentence)


def test_stages_say_what_comes_without_help() -> None:
    told = said(finding(made.standing(), WORDS).sentence)
    assert told == (
        "40 customers are overdue by their own rhythm and 20 are due; 60 have gone quiet (silent for more than 60 "
        "days) and 160 have lapsed (for more than twice as long). In the last 21 days, 40.0% of those then active "
        "bought, 20.0% of those overdue and 5.0% of those quiet."
    )
    assert "In the last" not in said(finding(made.young(), WORDS).sentence)


def test_next_orders_say_how_often_they_held() -> None:
    assert said(finding(made.expected(), WORDS).sentence) == (
        "About 12 customers are expected to buy within 7 days, 80 within 28 days."
    )
    held = said(alert(made.expected(), WORDS).sentence)
    assert "84.0% (81.6% to 86.1%) did so between the two days foreseen for them; 80% is what was meant." in held
    assert [
        alert(one, WORDS).level for one in (made.expected(), made.expected(inside=650), made.expected_of_few())
    ] == [
        "ok",
        "warn",
        "warn",
    ]
    assert isinstance(shown_table(made.expected_of_few(), WORDS), NotEnough)


def test_send_plans_say_when_and_what_was_left_out() -> None:
    told = said(finding(made.planned(), WORDS).sentence)
    assert told.startswith("3 messages are planned from 4 July 2026 to 6 July 2026, most on 4 July")
    assert told.endswith("1 more customer is in the audience of advertisements, at no hour.")
    one = said(finding(made.planned("2026-07-04T20:00"), WORDS).sentence)
    assert one.startswith("One message is planned, for 4 July 2026.")
    assert "audience" not in one


@pytest.mark.parametrize("result", [made.own_hours(), made.standing(), made.expected(), made.planned()])
def test_tables_are_small_and_whole(result: object) -> None:
    table = shown_table(result, WORDS)
    assert isinstance(table, Table)
    assert len(table.columns) <= 7
    assert {column.name for column in table.columns} <= set(table.frame.columns)
    assert table_html(table, WORDS).count("<tr>") == 1 + len(table.frame)


def test_captions_are_unlike_each_other() -> None:
    tables = [shown_table(one, WORDS) for one in (made.own_hours(), made.standing(), made.expected(), made.planned())]
    assert len({table.caption for table in tables if isinstance(table, Table)}) == 4


def test_the_frame_of_a_night_shop_goes_round_midnight() -> None:
    with styled():
        ax = plot_buying_hours(made.at_night(), WORDS, ax=chart_axes())
    assert sorted(patch.get_x() for patch in ax.patches) == [-26, -2, 22]


def test_dots_are_the_shares() -> None:
    with styled():
        ax = plot_own_hours(made.own_hours(), WORDS, ax=chart_axes())
    dots = [float(dot.get_offsets()[0][0]) for dot in ax.collections if len(dot.get_offsets()) == 1]
    assert {round(dot, 6) for dot in dots} == {0.0, 0.75}


def test_bars_are_customers_and_stages_nobody_was_in_are_left_out() -> None:
    with styled():
        ax = plot_stages(made.standing(), WORDS, ax=chart_axes())
    assert [bar.get_width() for bar in ax.patches] == [30, 90, 20, 40, 60, 160]


def test_times_have_names() -> None:
    assert [weekday_name(day, WORDS, short=True) for day in (1, 7)] == ["Mon", "Sun"]
    assert [hour_name(hour) for hour in (9, 20, 25, -2)] == ["09:00", "20:00", "01:00", "22:00"]

"""What is said of past tests and of a hold-out, to the word."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from reports import experiment_past_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.reports.blocks import Table
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def sentence(result: object) -> str:
    return said(finding(result, WORDS).sentence)


def test_past_tests_are_counted_by_what_they_showed() -> None:
    assert sentence(made.past()) == (
        "Shown to pay: 1 of 5 offers in 4 earlier tests; shown to lose money: 1; cannot be told: 2. Not "
        "judged, as the test was not sound: 1. On average over the 3 sound tests a contact brought a profit "
        "of $1.67 (-$12.68 to $16.01), which may be nothing. From one campaign to the next the true profit "
        "differs by about $3.65 a contact."
    )


def test_where_nothing_was_shown_it_says_so() -> None:
    assert sentence(made.past_open()) == (
        "None of 3 offers in 3 earlier tests was shown to pay or to lose money: chance alone can do what was "
        "seen. Not judged, as the test was not sound: 1."
    )
    assert sentence(made.past_unsound()) == "No earlier test is sound, so nothing is learned from the 1 there are."


def test_an_unsound_test_has_no_number_in_the_table() -> None:
    table = shown_table(made.past(), WORDS)
    assert isinstance(table, Table)
    assert table.frame["said"].tolist() == ["paid", "lost money", *["cannot be told"] * 2, "the split is broken"]
    assert pd.isna(table.frame["profit"].iloc[-1])
    assert table.frame["profit"].iloc[:4].tolist() == pytest.approx([30, -20, 5, -5])
    assert len(table.columns) <= 7


def test_how_many_tests_were_sound_is_told() -> None:
    told = alert(made.past(), WORDS)
    assert (told.level, said(told.sentence)) == (
        "warn",
        "Not sound, by the sizes of their arms or by what was bought before: 1 of 4; nothing is learned from these.",
    )
    assert alert(made.past_named("spring"), WORDS).level == "ok"
    running = replace(made.past(), left_out=pd.DataFrame({"test": ["now"], "reason": ["running"]}))
    assert said(alert(running, WORDS).sentence).endswith(
        "Not read, as they still run, are too many or do not say who was left alone: 1."
    )


def test_a_hold_out_over_says_what_campaigns_brought() -> None:
    assert sentence(made.together()) == (
        "All campaigns of 12 months together brought $24 of gross profit a customer ($19.05 to $28.95), "
        "coupons and sending paid: $91.2K on the 3,800 customers whom they may reach."
    )
    assert sentence(made.together(gain=-3.0)) == (
        "All campaigns of 12 months together lost $36 a customer ($31.05 to $40.95), coupons and sending "
        "counted: $136.8K on the 3,800 customers whom they may reach."
    )
    assert sentence(made.together_open()).startswith(
        "Whether all campaigns together pay cannot be told: over 12 months they changed what a customer leaves by $0.24"
    )


def test_a_hold_out_that_runs_has_no_verdict() -> None:
    assert sentence(made.together_so_far()) == (
        "No verdict before 1 January 2026: 200 customers are held out of all campaigns until then. After 5 of"
        " 12 months the campaigns changed what a customer leaves by $10.00 ($6.80 to $13.20); nothing is "
        "claimed from a look on the way."
    )


def test_a_hold_out_that_was_reached_shows_no_number() -> None:
    reached = made.together_reached()
    assert sentence(reached) == (
        "The hold-out says nothing about the campaigns: they reached 45% of those held out, against 39% of the others."
    )
    table = shown_table(reached, WORDS)
    assert isinstance(table, Table)
    assert table.frame["effect"].isna().all()
    assert alert(reached, WORDS).level == "stop"


def test_the_hold_out_s_alert_says_whom_campaigns_reached() -> None:
    assert (alert(made.together(), WORDS).level, alert(made.together_unknown(), WORDS).level) == ("ok", "warn")
    few = alert(made.together(contacted=(10, 1_500)), WORDS)
    assert (few.level, said(few.sentence)) == (
        "warn",
        "Campaigns reached 5.0% of the customers held out of all of them (39.5% of the others), which makes "
        "what campaigns do look smaller.",
    )


def test_a_refusal_goes_through() -> None:
    refusal = NotEnough("held_out_months", 0, 1)
    assert sentence(refusal) == "The first month of the hold-out is not over yet."
    assert shown_table(refusal, WORDS) == refusal

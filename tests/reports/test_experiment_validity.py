"""Sentences about tests that may be read, looks before their end, and gains that last or do not."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from reports import experiment_validity_results as made
from reports.results import said

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.lasting import Course
from retention_lib.reports.findings import alert, finding, verdict
from retention_lib.reports.findings.experiment_check_words import CHECKS
from retention_lib.reports.findings.experiment_checks import check_sentence
from retention_lib.reports.findings.experiment_lasting import COURSES
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")


def test_a_broken_test_has_a_red_banner_without_a_winner() -> None:
    found = verdict(made.broken(), WORDS)
    assert found.status == "act"
    assert said(found.sentence) == (
        "No winner is called: this test is not valid. The arms do not have the planned sizes: arm mail is off by 2.4 "
        "points of 9,520 customers. Chance does that in fewer than 1 test of 1,000, so something else chose who is in "
        "which arm. Besides: the split is broken in a group."
    )
    assert said(finding(made.broken(), WORDS).sentence) == said(found.sentence)
    assert alert(made.broken(), WORDS).level == "stop"


def test_a_split_held_against_assumed_sizes_says_what_to_write_down() -> None:
    remedy = "If the arms were not meant to be equal, write their planned sizes into planned_split."
    assumed = replace(made.BROKEN, assumed=True)
    assert said(check_sentence(assumed, WORDS)).endswith(f"who is in which arm. {remedy}")
    assert remedy not in said(check_sentence(made.BROKEN, WORDS))
    assert remedy not in said(check_sentence(replace(assumed, level="ok"), WORDS))


def test_an_interim_test_says_when_it_may_be_judged() -> None:
    found = verdict(made.interim(), WORDS)
    assert found.status == "watch"
    assert said(found.sentence).startswith("Interim, no winner: the test can be judged from 6 May 2026 on, in 16 days.")


def test_a_valid_test_says_what_is_to_be_kept_in_mind() -> None:
    assert verdict(made.validity(), WORDS).status == "good"
    assert said(finding(made.validity(), WORDS).sentence) == (
        "The test can be read: 2 checks found nothing against it."
    )
    assert said(finding(made.warned(), WORDS).sentence) == (
        "The test can be read: none of 3 checks forbids it. To be kept in mind: Households in two arms."
    )


def test_the_alert_counts_the_checks_and_names_those_that_cannot_be_made() -> None:
    found = alert(made.warned(), WORDS)
    assert (found.level, said(found.sentence)) == (
        "ok",
        "2 of 4 checks of the test found nothing. Not known from these data: Other tests.",
    )


@pytest.mark.parametrize("unit", ["customer", "household"])
@pytest.mark.parametrize("level", ["stop", "warn", "ok", "unknown", "interim"])
@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_check_is_said_at_every_level(name: str, level: str, unit: str) -> None:
    one = made.check(name, level, unit=unit)
    if name == "sample_ratio_days":
        one = type(one)(**{**vars(one), "about": "2026-05-06"})
    sentence = said(check_sentence(one, WORDS))
    assert sentence.endswith(".")
    assert "{" not in sentence
    told = alert(one, WORDS)
    assert told.level == {"stop": "stop", "interim": "warn", "warn": "warn"}.get(level, "ok")
    assert said(told.title).endswith(".")
    other = {"customer": "household", "household": "customer"}[unit]
    assert f"{one.base:,.0f} {other}s" not in sentence


def test_days_and_metrics_of_checks_are_named_in_words() -> None:
    day = made.Check(name="sample_ratio_days", level="stop", found=1, base=9, p=1e-9, about="2025-12-08")
    assert "most of all on 8 December 2025" in said(check_sentence(day, WORDS))
    apart = made.Check(name="unbalanced_before", level="stop", found=-0.21, base=7, p=1e-9, about="orders_before")
    assert "orders per customer differs by 21.0%" in said(check_sentence(apart, WORDS))


def test_the_table_of_checks_begins_with_the_gravest() -> None:
    table = shown_table(made.broken(), WORDS)
    assert not isinstance(table, NotEnough)
    assert [str(one) for one in table.frame["result"]] == ["No winner", "No winner", "Take care", "Fine", "Not known"]
    assert said(table.frame["found"].iloc[2]) == "141"
    assert shown_table(made.validity(), WORDS).folded  # type: ignore[union-attr]


def test_why_nothing_is_called_in_few_words() -> None:
    assert said(why_withheld("interim", WORDS)) == "the test is not over"
    assert said(why_withheld("a code of another room", WORDS)) == "the test is not valid"


def test_a_look_that_left_zero_may_be_called() -> None:
    found = finding(made.looks(), WORDS)
    assert said(found.sentence).startswith("mail may be called before the end: since 4 February 2026 the band has")
    assert "Whether the gain lasts, the weeks after the window must still show." in said(found.sentence)
    assert said(found.caption).startswith("12,000 customers whose window is closed, in mail and none;")


def test_looks_without_a_winner_say_so() -> None:
    assert said(finding(made.undecided(), WORDS).sentence).startswith("No winner yet, after 24 looks: on ")
    assert "may be stopped" in said(finding(made.losing(), WORDS).sentence)
    assert "contradict one another" in said(finding(made.drifting(), WORDS).sentence)


@pytest.mark.parametrize(
    ("course", "words"),
    [
        (
            "lasts",
            "The gain of mail lasts: +$2 in the first 28 days, and the 56 days after took back 90% of it at most",
        ),
        ("part_lost", "Of what mail gained, 40% was only bought earlier (10.0% to 90.0%): +$2 in the first 28 days"),
        ("all_lost", "What mail gained was only bought earlier: +$2 in the first 28 days became +$1.20"),
        ("grows", "The gain of mail grew"),
        ("no_gain", "mail gained nothing in the first 28 days that can be told from chance (+$2, $1 to $3)"),
        ("cannot_tell", "Whether the gain of mail lasts cannot be told: it was +$2 in the first 28 days, and the 56"),
        ("waiting", "Whether the gain lasts is not known before 1 July 2026: the 56 days after the window"),
        ("withheld", "Nothing is said of a gain, as the test is not valid."),
    ],
)
def test_what_became_of_a_gain(course: str, words: str) -> None:
    assert said(finding(made.lasting(course), WORDS).sentence).startswith(words)
    assert course in COURSES


def test_every_course_has_its_words() -> None:
    assert set(COURSES) == set(get_args(Course))


def test_a_gain_that_is_waited_for_is_not_skipped_by_an_early_stop() -> None:
    assert "They are waited for even where the sending stops earlier." in said(finding(made.waiting(), WORDS).sentence)


def test_several_arms_have_a_sentence_each() -> None:
    assert said(finding(made.several(), WORDS).sentence).count("The gain of") == 4


@pytest.mark.parametrize("kind", ["money", "share", "count"])
def test_tables_of_looks_and_gains_fit(kind: str) -> None:
    for result in (made.lasting(kind=kind, scale=0.01 if kind == "share" else 1.0), made.looks()):  # type: ignore[arg-type]
        table = shown_table(result, WORDS)
        assert not isinstance(table, NotEnough)
        assert len(table.columns) <= 7
        assert {column.name for column in table.columns} <= set(table.frame.columns)

"""What was counted is what the words say: households or customers, never one for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from matplotlib import pyplot as plt
from reports import campaign_results as mailed
from reports import effect_results as tested
from reports import experiment_profit_results as paid
from reports import results as made
from reports.results import said

from retention_lib.reports.charts.loyalty import plot_event_study
from retention_lib.reports.findings import action, alert, finding, verdict
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import Words

WORDS = Words(currency="USD")
Says = Callable[[str], str]


def counted(result: Any, unit: str) -> Any:
    return replace(result, unit=unit)


def found(result: Any) -> str:
    made_of = finding(result, WORDS)
    return f"{made_of.sentence} {made_of.alt} {made_of.caption}"


def stepped(result: Any) -> str:
    step = action(result, WORDS)
    return f"{step.title} {step.facts} {step.note}"


def tabled(result: Any) -> str:
    table = shown_table(result, WORDS)
    return f"{table.caption} {[column.header for column in table.columns]}"


def campaign_verdict(unit: str) -> str:
    one = replace(mailed.effect("8", unit=unit), single=True)
    gap = counted(mailed.naive(), unit)
    return verdict(mailed.effects(unit=unit), WORDS, naive=gap, chosen=one, payback=mailed.payback(unit=unit)).sentence


SAID: dict[str, Says] = {
    "campaigns": campaign_verdict,
    "campaigns by type": lambda unit: found(mailed.effects(unit=unit)),
    "a mailing that pays": lambda unit: found(mailed.payback(unit=unit)),
    "event study": lambda unit: found(counted(made.study(), unit)),
    "naive gap": lambda unit: found(counted(made.naive(), unit)),
    "next campaign": lambda unit: stepped(mailed.effects(unit=unit)),
    "other mail, none": lambda unit: alert(counted(made.others(touched=0), unit), WORDS).sentence,
    "other mail, some": lambda unit: alert(counted(made.others(), unit), WORDS).sentence,
    "other mail, most": lambda unit: alert(counted(made.others(touched=30), unit), WORDS).sentence,
    "weekly table": lambda unit: tabled(counted(made.study(), unit)),
    "effects": lambda unit: found(counted(tested.found(), unit)),
    "effects table": lambda unit: tabled(counted(tested.found(), unit)),
    "effects, finer": lambda unit: tabled(counted(tested.found(), unit).precision),
    "traps": lambda unit: found(counted(tested.trapped(), unit)),
    "traps table": lambda unit: tabled(counted(tested.trapped(), unit)),
    "large orders": lambda unit: tabled(counted(tested.capped(), unit)),
    "split": lambda unit: alert(counted(made.split(), unit), WORDS).sentence,
    "split table": lambda unit: tabled(counted(made.split(), unit)),
    "in two arms": lambda unit: alert(counted(made.mixed(), unit), WORDS).sentence,
    "in one arm": lambda unit: alert(counted(made.mixed(both=0), unit), WORDS).sentence,
}


@pytest.mark.parametrize("case", SAID)
def test_words_name_what_was_counted(case: str) -> None:
    households, customers = (said(plain(SAID[case](unit))).lower() for unit in ("household", "customer"))
    assert "household" in households
    assert "customer" not in households
    assert "customer" in customers
    assert "household" not in customers


def test_profit_says_what_it_rests_on() -> None:
    notes = [action(counted(paid.earned(), unit), WORDS).note for unit in ("household", "customer")]
    assert [note.split(";")[0] for note in notes] == [
        f"Measured against 1,000 {units} left alone by chance" for units in ("households", "customers")
    ]


def test_the_chart_names_what_was_counted() -> None:
    for unit in ("household", "customer"):
        _, ax = plt.subplots()
        assert plot_event_study(counted(made.study(), unit), WORDS, ax=ax).get_ylabel() == f"difference a {unit}-week"
        plt.close("all")


def test_what_is_no_household_is_a_customer() -> None:
    assert [of_unit(unit, household="h", customer="c") for unit in ("household", "customer")] == ["h", "c"]


def test_units_in_two_arms_are_counted() -> None:
    warned = alert(made.mixed(), WORDS)
    assert (warned.level, said(warned.sentence)) == (
        "warn",
        "3 of 200 households have members in two arms; they are left out of both.",
    )
    assert alert(made.mixed(both=0, unit="customer"), WORDS).level == "ok"

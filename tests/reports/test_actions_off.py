from __future__ import annotations

from dataclasses import replace

from reports.actions_off_results import nothing_off, off

from retention_lib.measures.actions.off import DISABLED
from retention_lib.reports.findings import finding
from retention_lib.reports.tables import shown_table
from retention_lib.reports.text import plain
from retention_lib.reports.words import Words

WORDS = Words(currency="EUR")


def test_scenarios_that_could_not_be_looked_at_are_named() -> None:
    assert plain(finding(off(), WORDS).sentence) == (
        "6 of 9 scenarios that are on had to be left out: Birthday, Looked and did not buy, Amends after a complaint, "
        "Win back the quiet, Goes with the last purchase and Runs out soon."
    )


def test_one_scenario_is_told_in_the_singular() -> None:
    one = replace(nothing_off(), on=1)
    assert plain(finding(one, WORDS).sentence) == "1 scenario is on and has the data it needs."


def test_what_the_file_switched_off_is_not_missed() -> None:
    disabled = off().table[off().table["reason"] == DISABLED]
    for result in (nothing_off(), replace(off(), table=disabled, on=15)):
        assert plain(finding(result, WORDS).sentence) == "All 15 scenarios that are on have the data they need."


def test_table_says_of_each_why() -> None:
    table = shown_table(off(), WORDS)
    assert list(table.frame["why"]) == [
        "switched off in the parameter file",
        "needs the column birth_date of the table customers",
        "needs the table identities",
        "needs the table feedback or the column kind of the table service",
        "a test of this month's name is known from elsewhere",
        "the month is over: the report of a later month has issued its lists already",
        "The product bought again most often has 7 intervals; 20 are needed to know when it runs out.",
    ]
    assert table.frame["name"].iloc[0] == "Second order"

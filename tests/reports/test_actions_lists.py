"""What is said of the lists of a month."""

from __future__ import annotations

from dataclasses import replace

from reports import actions_lists_results as made
from reports.results import said

from retention_lib.reports.blocks import Table
from retention_lib.reports.findings import alert, finding
from retention_lib.reports.findings.actions_files import columns_table, files_table
from retention_lib.reports.findings.winback import list_table
from retention_lib.reports.scenario_names import SCENARIOS, channel_name, scenario_name, variant_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import Words
from retention_lib.settings.scenarios import STANDARD

WORDS = Words(currency="USD")


def test_lists_say_how_many_are_contacted_and_when_they_are_judged() -> None:
    assert said(finding(made.listed(), WORDS).sentence) == (
        "2 lists: 12 customers are to be contacted, and 6, drawn by chance, are left alone, so that each list can be "
        "judged. The verdict is due on 23 July 2026. The audience for Looked and did not buy holds 3 hashed addresses "
        "of 3 customers; for 1 there is none that may be used."
    )
    assert said(finding(made.none(), WORDS).sentence) == "No list is issued: 0 customers are to be contacted."
    assert said(finding(made.changed(), WORDS).sentence).endswith(
        "The files mark 2 ids with an apostrophe, which a spreadsheet would take for formulas. The store does not know "
        "who agreed to be contacted: check that before sending."
    )


def test_lists_issued_before_say_what_has_changed() -> None:
    found = alert(made.listed(), WORDS)
    assert (found.level, said(found.sentence)) == (
        "ok",
        "Who is left alone was drawn by chance and stays so on every run: 6 customers.",
    )
    later = alert(made.changed(), WORDS)
    assert later.level == "warn"
    assert said(later.sentence).split(": 6 customers. ")[1] == (
        "The lists stand as they were issued; by today's data 5 customers would be on another or on none. 1 "
        "customer may no longer be contacted, having withdrawn the consent, complained or been held out: the file has "
        "nothing to send there. No list for "
        "Birthday and own rule: a test of this month's name is known from elsewhere. The store does not know who "
        "agreed to be contacted: check that before sending."
    )


def test_the_tables_of_lists_hold_no_id_in_clear() -> None:
    table = shown_table(made.listed(), WORDS)
    assert isinstance(table, Table)
    assert table.frame["name"].tolist() == ["Win back the quiet", "Looked and did not buy"]
    first = list_table(made.listed(), WORDS, hashed=lambda id: f"<{id}>", file="actions/*.csv")
    assert len(first.columns) <= 7
    rows = first.frame[[column.name for column in first.columns]].astype(str).to_numpy().tolist()
    assert rows == [
        ["<rea04>", "Win back the quiet", "contact", "e-mail", "2026-07-02 18:00:00", "18:00", "coupon"],
        ["<ret02>", "Looked and did not buy", "contact", "advertising", "2026-07-02 18:00:00", "18:00", "coupon"],
    ]
    assert first.folded
    assert "customer_id" not in first.frame.columns
    assert "all 18 customers" in first.caption


def test_who_loads_the_files_is_told_which_and_what_their_columns_mean() -> None:
    files = files_table(made.listed(), WORDS, file="actions/second_*.csv")
    assert files.frame[[files.columns[0].name, "file", "contacts", "control", "by"]].to_numpy().tolist() == [
        ["Win back the quiet", "second_reactivation.csv", 8, 4, "e-mail"],
        ["Looked and did not buy", "second_retargeting.csv", 4, 2, "advertising"],
    ]
    assert files.whole
    assert columns_table(WORDS).frame["name"].tolist() == list(made.listed().file("reactivation").columns)


def test_the_table_of_files_tells_what_each_still_sends() -> None:
    assert said(files_table(made.listed(), WORDS, file="actions/*.csv").caption).endswith("by what and when")
    found = files_table(made.changed(), WORDS, file="actions/*.csv")
    assert found.frame[["file", "contacts", "control"]].to_numpy().tolist() == [
        ["reactivation.csv", 8, 4],
        ["retargeting.csv", 3, 2],
    ]
    assert said(found.caption).endswith("; without 1 who may not be contacted any more, to whom the file sends nothing")


def test_channels_stand_in_the_order_of_the_counts() -> None:
    lists = made.listed()
    mixed = replace(lists, counts=lists.counts.assign(channels=["sms, email", "ads"]))
    assert files_table(mixed, WORDS, file="actions/*.csv").frame["by"].tolist() == ["SMS, e-mail", "advertising"]


def test_a_list_that_nobody_gets_is_no_file_to_load() -> None:
    lists = made.listed()
    alone = replace(lists, counts=lists.counts.assign(contacts=[8, 0]))
    assert files_table(alone, WORDS, file="actions/*.csv").frame["file"].tolist() == ["reactivation.csv"]
    assert said(finding(alone, WORDS).sentence).startswith("1 list: 8 customers are to be contacted")


def test_every_scenario_has_a_name() -> None:
    assert set(SCENARIOS) == set(STANDARD)
    assert scenario_name("my_own_rule", WORDS) == "my own rule"
    variants = ("control", "treatment", "after_24h", "coupon")
    assert [variant_name(variant, WORDS) for variant in variants] == [
        "leave alone",
        "contact",
        "contact after 24 h",
        "coupon",
    ]
    assert [channel_name(channel, WORDS) for channel in ("sms", "pigeon")] == ["SMS", "pigeon"]

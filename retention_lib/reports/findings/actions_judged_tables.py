"""The small tables of what the lists of the playbook earned, what is done with each scenario, and what was learned."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.actions.decisions import ScenarioDecisions, TrackRecord
from retention_lib.models.actions.judged import Judged, OpenLists
from retention_lib.models.actions.last_month import LastMonth
from retention_lib.models.actions.learned import LearnedEffects
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.actions_decisions import DECISIONS, said_why
from retention_lib.reports.findings.experiment_effects import REFUSALS
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

STANDINGS = {
    "paid": N_("paid"),
    "lost": N_("lost money"),
    "open": N_("may be chance"),
    "small": N_("too few customers"),
}
_SOURCES = {"measured": N_("own lists"), "borrowed": N_("same offer elsewhere"), "untested": N_("untested")}


@shown_table.register
def _(result: LastMonth, words: Words) -> Table:
    return _lists(result.table, words.say(N_("Lists judged since the last report, by what a contact left")), words)


@shown_table.register
def _(result: Judged, words: Words) -> Table | NotEnough:
    if result.table.empty:
        return NotAsked("lists", 0, 1)
    return _lists(
        result.table, words.say(N_("All lists judged so far, the latest first, by what a contact left")), words
    )


def _lists(table: pd.DataFrame, caption: str, words: Words) -> Table:
    """Lists with what they earned, and whether that may be said."""
    columns = (
        Column(name="scenario", header=words.say(N_("List"))),
        Column(name="month", header=words.say(N_("Month")), kind="month"),
        Column(name="contacts", header=words.say(N_("Contacts")), kind="integer"),
        Column(name="control", header=words.say(N_("Left alone")), kind="integer"),
        Column(name="profit", header=words.say(N_("Profit a contact")), kind="money", low="low", high="high"),
        Column(name="total", header=words.say(N_("Profit of the list")), kind="money"),
        Column(name="said", header=words.say(N_("It paid?"))),
    )
    said = [_said(str(row["standing"]), str(row["reason"]), words) for row in table.to_dict("records")]
    names = _names(table["scenario"], words, scenario_name)
    return Table(columns=columns, frame=table.assign(said=said, scenario=names), caption=caption)


@shown_table.register
def _(result: ScenarioDecisions, words: Words) -> Table:
    table = result.table
    columns = (
        Column(name="scenario", header=words.say(N_("Scenario"))),
        Column(name="offer", header=words.say(N_("Offer"))),
        Column(name="told", header=words.say(N_("Decision"))),
        Column(name="lists", header=words.say(N_("Lists")), kind="integer"),
        Column(name="profit", header=words.say(N_("Profit a contact")), kind="money", low="low", high="high"),
        Column(name="total", header=words.say(N_("Profit of all lists")), kind="money"),
        Column(name="chance", header=words.say(N_("Chance that it pays")), kind="share"),
    )
    told = [
        words.say(
            N_("{decision}: {why}"), decision=words.say(DECISIONS[str(row["decision"])]), why=said_why(row, words)
        )
        for row in table.to_dict("records")
    ]
    frame = table.assign(
        told=told,
        scenario=_names(table["scenario"], words, scenario_name),
        offer=_names(table["offer"], words, offer_name),
    )
    caption = words.say(
        N_("What each scenario's own lists earned, what to do, and the chance that its next lists pay, by all lists")
    )
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: TrackRecord, words: Words) -> Table:
    table = result.table
    columns = (
        Column(name="scenario", header=words.say(N_("Scenario"))),
        Column(name="month", header=words.say(N_("Month")), kind="month"),
        Column(name="contacts", header=words.say(N_("Contacts")), kind="integer"),
        Column(
            name="total", header=words.say(N_("Profit of the list")), kind="money", low="total_low", high="total_high"
        ),
        Column(name="said", header=words.say(N_("It paid?"))),
    )
    said = [words.say(STANDINGS[str(one)]) for one in table["standing"]]
    frame = table.assign(said=said, scenario=_names(table["scenario"], words, scenario_name))
    return Table(columns=columns, frame=frame, caption=words.say(N_("What each scenario earned, month by month")))


@shown_table.register
def _(result: OpenLists, words: Words) -> Table:
    columns = (
        Column(name="scenario", header=words.say(N_("List"))),
        Column(name="start", header=words.say(N_("Start")), kind="date"),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="control", header=words.say(N_("Left alone")), kind="integer"),
        Column(name="verdict_on", header=words.say(N_("Verdict on")), kind="date"),
    )
    frame = result.table.assign(scenario=_names(result.table["scenario"], words, scenario_name))
    return Table(columns=columns, frame=frame, caption=words.say(N_("Lists still open, by the day of their verdict")))


@shown_table.register
def _(result: LearnedEffects, words: Words) -> Table:
    table = result.effects
    columns = (
        Column(name="scenario", header=words.say(N_("Scenario"))),
        Column(name="offer", header=words.say(N_("Offer"))),
        Column(name="mean", header=words.say(N_("Gain expected")), kind="share", low="low", high="high"),
        Column(name="said", header=words.say(N_("Known from"))),
        Column(name="lists", header=words.say(N_("Lists")), kind="integer"),
        Column(name="contacts", header=words.say(N_("Contacts")), kind="integer"),
    )
    frame = table.assign(
        said=[words.say(_SOURCES[str(one)]) for one in table["source"]],
        scenario=_names(table["scenario"], words, scenario_name),
        offer=_names(table["offer"], words, offer_name),
    )
    caption = words.say(
        N_("What the next lists are expected to bring, as a share of what their customers bring without a message")
    )
    return Table(columns=columns, frame=frame, caption=caption)


def _names(codes: pd.Series, words: Words, named: Callable[[str, Words], str]) -> list[str]:
    return [named(str(code), words) for code in codes]


def _said(standing: str, reason: str, words: Words) -> str:
    """Whether a list paid, or why nothing is said."""
    if standing in STANDINGS:
        return words.say(STANDINGS[standing])
    return words.say(REFUSALS[reason]) if reason in REFUSALS else why_withheld(reason, words)

"""Sentences about the scenarios of which there is no list."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.off import DISABLED, NEEDS, OVER, TAKEN, ScenariosOff
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: ScenariosOff, words: Words) -> Finding:
    wanting = result.wanting
    if wanting.empty:
        sentence = words.count(
            "{n} scenario is on and has the data it needs.",
            "All {n} scenarios that are on have the data they need.",
            result.on,
        )
        return Finding(sentence=sentence)
    names = words.listed([scenario_name(str(name), words) for name in wanting["scenario"]])
    message = N_("**{off} of {all} scenarios** that are on had to be left out: {names}.")
    every = result.on + len(wanting)
    return Finding(sentence=words.say(message, off=len(wanting), all=every, names=names))


@shown_table.register
def _(result: ScenariosOff, words: Words) -> Table:
    rows = [row for _, row in result.table.iterrows()]
    frame = result.table.assign(
        name=[scenario_name(str(row["scenario"]), words) for row in rows], why=[_why(row, words) for row in rows]
    )
    columns = (
        Column(name="name", header=words.say(N_("Scenario"))),
        Column(name="why", header=words.say(N_("Why there is no list"))),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("Scenarios without a list")))


def _why(row: Any, words: Words) -> str:
    reason = str(row["reason"])
    if reason == DISABLED:
        return words.say(N_("switched off in the parameter file"))
    if reason == TAKEN:
        return words.say(N_("a test of this month's name is known from elsewhere"))
    if reason == OVER:
        return words.say(N_("the month is over: the report of a later month has issued its lists already"))
    if reason == NEEDS:
        return _needed(str(row["lacks"]), words)
    return reason_sentence(NotEnough(reason, row["have"], row["need"]), words)


def _needed(lacks: str, words: Words) -> str:
    """What a store would have to have: a table, a column, or one of several."""
    each = []
    for need in lacks.split(" or "):
        table, _, column = need.partition(".")
        message = N_("the column {column} of the table {table}") if column else N_("the table {table}")
        each.append(words.say(message, table=table, column=column))
    if len(each) == 1:
        return words.say(N_("needs {what}"), what=each[0])
    return words.say(N_("needs {one} or {other}"), one=", ".join(each[:-1]), other=each[-1])

"""Sentences about looks at a test before its end, where they were agreed before its start."""

from __future__ import annotations

from typing import Any

from retention_lib.models.experiments.sequential import DRIFTING, Sequential
from retention_lib.reports.blocks import Column, Kind, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.metric_names import difference_text, differences_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_KINDS: dict[str, Kind] = {"share": "points", "money": "money", "count": "number"}


def shown_arm(result: Sequential) -> str:
    """The arm that a sentence or a chart is about: the winner, else the one whose lower bound is highest."""
    table = result.summary.sort_values("low", kind="stable")
    return result.winner or str(table["arm"].iloc[-1])


@finding.register
def _(result: Sequential, words: Words) -> Finding:
    row = next(one for one in rows(result.summary) if one.arm == shown_arm(result))
    looks = result.looks[result.looks["arm"] == row.arm]
    alt = words.say(
        N_("A band that narrows over {n} looks around the effect of {arm}: at the last one from {low} to {high}."),
        n=len(looks),
        arm=row.arm,
        low=difference_text(row.low, result.kind, words),
        high=difference_text(row.high, result.kind, words),
    )
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "{n} households whose window is closed, in {arm} and {control}; the band holds at all looks together, "
                "agreed on {declared}."
            ),
            customer=N_(
                "{n} customers whose window is closed, in {arm} and {control}; the band holds at all looks together, "
                "agreed on {declared}."
            ),
        ),
        n=int(row.base + row.control_base),
        arm=row.arm,
        control=result.control,
        declared=result.rule.declared,
    )
    return Finding(sentence=_sentence(row, len(looks), result, words), alt=alt, caption=caption)


def _sentence(row: Any, looks: int, result: Sequential, words: Words) -> str:
    """What may be said early."""
    if result.withheld:
        return words.say(N_("**Nothing is called at early looks**, as the test is not valid."))
    shown = {
        "arm": row.arm,
        "goal": metric_name(result.metric, words, unit=result.unit, kind=result.kind),
        "effect": difference_text(row.effect, result.kind, words, sign=True),
        "interval": differences_text(row.low, row.high, result.kind, words),
        "since": row.crossed,
        "day": result.last_look,
        "looks": looks,
    }
    parts = [words.say(_message(row), **shown)]
    losers = [arm for arm in result.losers if arm != row.arm]
    if losers:
        parts.append(words.say(N_("Shown to lower it: {arms}."), arms=words.listed(losers)))
    return " ".join(parts)


def _message(row: Any) -> str:
    """The message about the arm shown."""
    if row.reason == DRIFTING:
        return N_(
            "**The looks contradict one another**: what {arm} does to {goal} changes with time, so nothing is called "
            "early ({effect} at the last look, {interval})."
        )
    if not row.claimed:
        return N_(
            "**No winner yet, after {looks} looks**: on {day}, {arm} changes {goal} by {effect}, and anything from "
            "{interval} is possible. The band allows for looking every day, so one may look again."
        )
    if row.low > 0:
        return N_(
            "**{arm} may be called before the end**: since {since} the band has stayed above zero, with {effect} "
            "{goal} ({interval}). Whether the gain lasts, the weeks after the window must still show."
        )
    return N_(
        "**{arm} may be stopped**: since {since} the band has stayed below zero, with {effect} {goal} ({interval})."
    )


@shown_table.register
def _(result: Sequential, words: Words) -> Table:
    counted = of_unit(result.unit, household=N_("Households"), customer=N_("Customers"))
    frame = result.summary.assign(units=lambda table: table["base"] + table["control_base"])
    columns = (
        Column(name="arm", header=words.say(N_("Arm"))),
        Column(name="effect", header=words.say(N_("Effect")), kind=_KINDS[result.kind], low="low", high="high"),
        Column(name="crossed", header=words.say(N_("Told from zero since")), kind="date"),
        Column(name="units", header=words.say(counted), kind="integer"),
        Column(name="buyers", header=words.say(N_("Buyers")), kind="integer"),
    )
    caption = words.say(N_("What early looks have shown by {day}, arm by arm"), day=result.last_look)
    return Table(columns=columns, frame=frame, caption=caption)

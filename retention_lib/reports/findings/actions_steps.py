"""Sentences about who is in which list: what each step took away, and customers with several reasons."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from retention_lib.models.actions.plan_steps import Overlap, PlanSteps
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "listed": (),
        "consented": ("consented",),
        "apart": ("known", "not_held_out", "not_suppressed", "not_open"),
        "under_cap": ("under_cap",),
        "one_message": ("one_message",),
        "offered": ("offered",),
        "within_limits": ("within_limits", "listed"),
    }
)
"""The steps that a reader is shown together, by the name of what took customers away; first those who are listed."""

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "listed": N_("on a list"),
        "consented": N_("did not agree"),
        "apart": N_("held out, complaint or still in a list"),
        "under_cap": N_("hear enough already"),
        "one_message": N_("get another message"),
        "offered": N_("better left alone"),
        "within_limits": N_("past the limits"),
    }
)
"""What each of these is called."""


def grouped_steps(steps: PlanSteps) -> pd.DataFrame:
    """Customers by scenario and by what became of them.

    Args:
        steps: From `models.actions.plan_steps`.

    Returns:
        One row a scenario, in their order, one column a key of `GROUPS` (counts).
    """
    lost = steps.table.pivot(index="scenario", columns="step", values="lost").reindex(list(steps.scenarios))
    listed = steps.table[steps.table["step"] == "listed"].set_index("scenario")["customers"]
    told = {"listed": listed.reindex(lost.index).fillna(0)}
    for name, members in GROUPS.items():
        if members:
            told[name] = lost.reindex(columns=list(members)).fillna(0).sum(axis=1)
    return pd.DataFrame(told).astype("int64")


def most_lost(steps: PlanSteps) -> tuple[str, int]:
    """What kept a message from most of the customers whom scenarios are about, and how many they are.

    Args:
        steps: From `models.actions.plan_steps`.

    Returns:
        A message of `NAMES`, and the count.
    """
    away = grouped_steps(steps).sum().drop("listed").sort_values(ascending=False, kind="stable")
    return NAMES[str(away.index[0])], int(away.iloc[0])


@finding.register
def _(result: PlanSteps, words: Words) -> Finding:
    if not result.scenarios:
        sentence = words.say(N_("No scenario is switched on with all that it needs: 0 customers are looked at."))
        return Finding(sentence=sentence, alt=words.say(N_("No bar: 0 scenarios look for customers.")))
    largest, n = most_lost(result)
    sentence = words.say(
        N_("**{listed} of {n}** are on a list; who fits two scenarios is counted in both."),
        n=result.triggered,
        listed=result.listed,
    )
    if n:
        message = N_("Most of the others ({many}): {reason}.")
        sentence += " " + words.say(message, reason=words.say(largest), many=n)
    alt = words.say(
        N_("Bars by scenario of what became of {n} customers: {listed} are on a list."),
        n=result.triggered,
        listed=result.listed,
    )
    caption = words.say(
        N_("Customers whom {n} scenarios are about, by the first thing that kept a message from them."),
        n=len(result.scenarios),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@shown_table.register
def _(result: PlanSteps, words: Words) -> Table:
    counts = grouped_steps(result).reset_index()
    about = counts[list(GROUPS)].sum(axis=1)
    apart = counts["apart"] + counts["under_cap"]
    frame = counts.assign(
        name=[scenario_name(str(name), words) for name in counts["scenario"]], about=about, apart=apart
    )
    columns = (
        Column(name="name", header=words.say(N_("Scenario"))),
        Column(name="about", header=words.say(N_("Is about")), kind="integer"),
        Column(name="consented", header=words.say(N_("Did not agree")), kind="integer"),
        Column(name="apart", header=words.say(N_("Set apart or capped")), kind="integer"),
        Column(name="one_message", header=words.say(N_("Other message")), kind="integer"),
        Column(name="offered", header=words.say(N_("Left alone")), kind="integer"),
        Column(name="listed", header=words.say(N_("On the list")), kind="integer"),
    )
    caption = words.say(N_("Customers by scenario and what kept a message from them; the rest is past the limits"))
    return Table(columns=columns, frame=frame, caption=caption)


@finding.register
def _(result: Overlap, words: Words) -> Finding:
    if result.table.empty:
        return Finding(sentence=words.say(N_("No customer is wanted by two scenarios: 0 pairs of them overlap.")))
    first = result.table.iloc[0]
    sentence = words.say(
        N_(
            "Most often fit for two at once: **{n}** customers for “{one}” and “{other}”. Each household hears of one "
            "only, the first by priority that still has a place."
        ),
        n=int(first["customers"]),
        one=scenario_name(str(first["scenario"]), words),
        other=scenario_name(str(first["other"]), words),
    )
    return Finding(sentence=sentence)


@shown_table.register
def _(result: Overlap, words: Words) -> Table:
    frame = result.table.assign(
        one=[scenario_name(str(name), words) for name in result.table["scenario"]],
        two=[scenario_name(str(name), words) for name in result.table["other"]],
    )
    columns = (
        Column(name="one", header=words.say(N_("Goes first"))),
        Column(name="two", header=words.say(N_("Gives way"))),
        Column(name="customers", header=words.say(N_("Customers in both")), kind="integer"),
        Column(name="share", header=words.say(N_("Of the second")), kind="share"),
    )
    caption = words.say(N_("Customers whom two scenarios are about"))
    return Table(columns=columns, frame=frame, caption=caption)

"""The tables of why customers leave: reasons, features of first orders, steps to a purchase."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.first_experience import FirstOrderExperience
from retention_lib.models.funnel import Funnel
from retention_lib.models.leaving import ReasonsToLeave
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.why_words import feature_name, level_name, reason_name, step_name
from retention_lib.reports.words import DASH, N_, Words


@shown_table.register
def _(result: FirstOrderExperience, words: Words) -> Table:
    columns = (
        Column(name="feature", header=words.say(N_("First order"))),
        Column(name="level", header=words.say(N_("Level"))),
        Column(name="customers", header=words.say(N_("New customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Bought again")), kind="share", low="low", high="high"),
        Column(name="difference", header=words.say(N_("Against the others")), kind="points"),
        Column(name="p_adjusted", header=words.say(N_("p, corrected")), kind="p"),
    )
    frame = result.table.assign(
        feature=[feature_name(name, words) for name in result.table["feature"]],
        level=[level_name(*pair, words) for pair in zip(result.table["feature"], result.table["level"], strict=True)],
    )
    caption = words.say(
        N_("Second purchases within {days} by feature of the first order; raw comparison"),
        days=words.days(result.horizon_days),
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


@shown_table.register
def _(result: ReasonsToLeave, words: Words) -> Table:
    columns = (
        Column(name="reason", header=words.say(N_("What they met with"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Went quiet")), kind="share"),
        Column(name="alike_share", header=words.say(N_("Customers alike")), kind="share"),
        Column(name="difference", header=words.say(N_("Difference")), kind="points", low="low", high="high"),
        Column(name="raw_difference", header=words.say(N_("Raw difference")), kind="points"),
        Column(name="behind", header=words.say(N_("If the cause, it cost")), kind="written"),
    )
    frame = result.table.assign(
        reason=[reason_name(name, words) for name in result.table["reason"]],
        behind=[_behind(reason, words) for reason in rows(result.table)],
    )
    caption = words.say(
        N_(
            "Customers active on {cutoff} who bought nothing in the next {days}, with and without each reason, among "
            "customers alike in silence and number of purchases; not proof of cause"
        ),
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption)


def _behind(reason: Any, words: Words) -> str:
    """How many customers a reason cost if it is the cause, with the interval."""
    if math.isnan(reason.behind_it):
        return DASH
    return words.say(
        N_("{n} ({low} to {high})"),
        n=round(reason.behind_it),
        low=words.number(round(reason.behind_low)),
        high=words.number(round(reason.behind_high)),
    )


@shown_table.register
def _(result: Funnel, words: Words) -> Table:
    columns = (
        Column(name="step", header=words.say(N_("Step"))),
        Column(name="sessions", header=words.say(N_("Visits")), kind="integer"),
        Column(name="of_all", header=words.say(N_("Of all")), kind="share"),
        Column(name="rate", header=words.say(N_("Of the step before")), kind="share", low="low", high="high"),
        Column(
            name="change",
            header=words.say(N_("Change on the month before")),
            kind="points",
            low="change_low",
            high="change_high",
        ),
        Column(name="p_adjusted", header=words.say(N_("p, corrected")), kind="p"),
    )
    frame = result.steps.assign(step=[step_name(step, words) for step in result.steps["step"]])
    caption = words.say(N_("Visits of {month} by the farthest step they reached"), month=words.month(result.month))
    return Table(columns=columns, frame=frame, caption=caption)

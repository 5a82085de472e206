"""Tables about customers who were invited into the programme at random."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.impact.invitation import InvitationEffect
from retention_lib.models.impact.invitation_balance import RandomBalance
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

METRICS = {"purchases": N_("Purchases"), "revenue": N_("Revenue"), "gross_profit": N_("Gross profit")}
GROUPS = {"invited": N_("all invited"), "joined": N_("those who joined for it")}
_FEATURES = {
    "before_purchases": N_("Purchases in the year before"),
    "late_purchases": N_("Purchases in the last quarter before"),
    "before_revenue": N_("Revenue in the year before"),
    "days_known": N_("Days since the first purchase"),
    "days_since": N_("Days since the last purchase"),
}


@shown_table.register
def _(result: InvitationEffect, words: Words) -> Table:
    headers = {
        "metric": N_("What"),
        "group": N_("Among"),
        "customers": N_("Customers"),
        "without": N_("Without"),
        "with_it": N_("With"),
        "effect": N_("Difference"),
        "interval": N_("95% interval"),
        "relative": N_("Change"),
        "p": N_("p, corrected"),
    }
    columns = tuple(
        Column(name=name, header=words.say(header), kind="text" if name in ("metric", "group") else "written")
        for name, header in headers.items()
    )
    caption = words.say(
        N_("What a customer buys in {days}, with and without the invitation or the programme"),
        days=words.days(result.days),
    )
    # Where the design carries no claim, no difference is shown as if it were one.
    hidden = ["effect", "low", "high", "relative", "p_adjusted"] if result.refused else []
    told = result.table.assign(**dict.fromkeys(hidden, math.nan))
    lines = [_line(one, words) for one in told.to_dict("records")]
    return Table(columns=columns, frame=type(result.table)(lines, columns=list(headers)), caption=caption)


def _line(one: Any, words: Words) -> list[str]:
    """One metric among one group, in words."""

    def amount(value: float) -> str:
        return words.number(value, 2) if one["metric"] == "purchases" else words.money(value)

    known = one["low"] == one["low"]
    between = words.say(N_("{low} to {high}"), low=amount(one["low"]), high=amount(one["high"])) if known else ""
    return [
        words.say(METRICS[one["metric"]]),
        words.say(GROUPS[one["group"]]),
        words.number(one["customers"]),
        amount(one["without"]),
        amount(one["with_it"]),
        amount(one["effect"]),
        between,
        words.percent(one["relative"]),
        words.p_value(one["p_adjusted"]),
    ]


@shown_table.register
def _(result: RandomBalance, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Before the invitation"))),
        Column(name="invited", header=words.say(N_("Invited")), kind="number"),
        Column(name="left_out", header=words.say(N_("Left out")), kind="number"),
        Column(name="difference", header=words.say(N_("Difference, in standard deviations")), kind="number"),
    )
    frame = result.table.assign(name=[words.say(_FEATURES[name]) for name in result.table["feature"]])
    return Table(
        columns=columns,
        frame=frame,
        caption=words.say(N_("What those invited and those left out had bought before the invitation")),
    )

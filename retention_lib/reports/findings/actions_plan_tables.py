"""Tables of the plan of a month, and what customers do by themselves."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.actions.plan import Plan
from retention_lib.models.actions.playbook_terms import UNTESTED
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words


@shown_table.register
def _(result: Plan, words: Words) -> Table:
    lists = result.lists.to_dict("records")
    frame = result.lists.assign(
        name=[scenario_name(str(row["scenario"]), words) for row in lists],
        offers=[offer_name(str(row["offer"]), words) for row in lists],
        worth=[_worth(row, words) for row in lists],
        range=[words.interval(row["low"], row["high"], "money", compact=True) for row in lists],
        pays=[_one_in(row, words) for row in lists],
    )
    columns = (
        Column(name="name", header=words.say(N_("List")), under="offers"),
        Column(name="contacts", header=words.say(N_("Contact")), kind="integer"),
        Column(name="control", header=words.say(N_("Leave alone")), kind="integer"),
        Column(name="cost", header=words.say(N_("Cost")), kind="money"),
        Column(name="worth", header=words.say(N_("Expected")), kind="written", under="range"),
        Column(name="pays", header=words.say(N_("Pays if it brings")), kind="written"),
        Column(name="verdict_on", header=words.say(N_("Verdict")), kind="date"),
    )
    caption = words.say(
        N_("The lists from {start} on: cost with the coupons expected, and profit expected net of it where measured"),
        start=result.start,
    )
    return Table(columns=columns, frame=frame, caption=caption)


def _worth(row: dict[Any, Any], words: Words) -> str:
    """The profit expected, or that it was never measured."""
    if row["source"] == UNTESTED or math.isnan(float(row["expected"])):
        return words.say(N_("untested"))
    return words.money(float(row["expected"]), compact=True)


def _one_in(row: dict[Any, Any], words: Words) -> str:
    """One order more in so many contacts."""
    one_in = float(row["one_in"])
    if math.isnan(one_in):
        return DASH
    if math.isinf(one_in) or one_in >= row["contacts"]:
        return words.say(N_("1 order more"))
    if one_in < 1:
        return words.say(N_("more than 1 in 1"))
    return words.say(N_("1 in {n}"), n=math.floor(one_in))

"""Tables of rates of accrual held side by side, and of what points were given for."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.accrual_rates import GrowingRates, RateProposals
from retention_lib.models.point_grants import PointGrants
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.accrual import points_text
from retention_lib.reports.findings.point_grants import reason_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: RateProposals, words: Words) -> Table:
    return _rates(result, result.table[result.table["kind"] != "growth"], words)


@shown_table.register
def _(result: GrowingRates, words: Words) -> Table:
    return _rates(result, result.table, words, folded=True)


def _rates(result: RateProposals | GrowingRates, rows: pd.DataFrame, words: Words, *, folded: bool = False) -> Table:
    """Rates side by side."""
    columns = (
        Column(name="scheme", header=words.say(N_("Points for 100 of sales"))),
        Column(name="reaching", header=words.say(N_("Reach a reward")), kind="share", low="low", high="high"),
        Column(
            name="bought",
            header=words.say(N_("By buying alone")),
            kind="share",
            low="bought_low",
            high="bought_high",
        ),
        Column(name="bought_orders", header=words.say(N_("Orders")), kind="integer"),
        Column(name="bought_days", header=words.say(N_("Days")), kind="integer"),
        Column(name="bought_profit", header=words.say(N_("Gross profit by then")), kind="money"),
        Column(name="cost", header=words.say(N_("Cost of 100 of sales")), kind="money"),
        Column(name="more_a_year", header=words.say(N_("More a year")), kind="money"),
    )
    message = (
        N_(
            "Rates that grow with spend: members with a reward of {points} points within {time} of joining, and what "
            "the points cost if all are used"
        )
        if folded
        else N_(
            "Members with a reward of {points} points within {time} of joining, and what the points cost if all are "
            "used; orders and days (medians) and gross profit (mean) of those who get there by buying alone"
        )
    )
    caption = words.say(message, points=points_text(result.reward, words), time=words.days(result.horizon))
    frame = rows.assign(
        scheme=[scheme_name(row, words) for row in rows.to_dict("records")],
        more_a_year=[float(f"{more:.3g}") for more in rows["more_a_year"]],
    )
    return Table(columns=columns, frame=frame, caption=caption, folded=folded)


def scheme_name(row: Any, words: Words) -> str:
    """A way to earn points in words.

    Args:
        row: A row of `RateProposals.table`, as a mapping.
        words: The reader's language.
    """
    rate = points_text(row["rate"], words)
    if row["kind"] == "growth":
        return words.say(
            N_("{first} to {top}, growing with spend ({rate} on average)"),
            first=points_text(row["first"], words),
            top=points_text(2 * row["first"], words),
            rate=rate,
        )
    names = {
        "today": N_("{rate} on average, as now"),
        "same": N_("{rate} for everybody"),
        "flat": N_("{rate} for everybody"),
    }
    return words.say(names[row["kind"]], rate=rate)


@shown_table.register
def _(result: PointGrants, words: Words) -> Table:
    columns = (
        Column(name="name", header=words.say(N_("Given for"))),
        Column(name="members", header=words.say(N_("Members")), kind="integer"),
        Column(name="each", header=words.say(N_("Points each")), kind="integer"),
        Column(name="valid_days", header=words.say(N_("Valid, days")), kind="integer"),
        Column(name="used", header=words.say(N_("Used")), kind="share", low="used_low", high="used_high"),
        Column(name="expired", header=words.say(N_("Expired or lost")), kind="share"),
        Column(name="cost", header=words.say(N_("Cost so far")), kind="money"),
        Column(name="helped", header=words.say(N_("First rewards that needed them")), kind="integer"),
    )
    message = (
        N_(
            "Points by what they were given for: shares are of points whose time is over, the cost is that of all "
            "points used, at face value"
        )
        if result.dated
        else N_(
            "Points by what they were given for: shares are those so far, as points do not expire, and the cost is "
            "that of all points used, at face value"
        )
    )
    table = result.table
    names = [reason_name(row["kind"], row["reason"], words) for row in table.to_dict("records")]
    return Table(columns=columns, frame=table.assign(name=names), caption=words.say(message), thin="thin")

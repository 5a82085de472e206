"""Tables of what the programme earned and cost, and of the kinds of programmes."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.programme_costs import ProgrammeCosts
from retention_lib.models.programme_kinds import ProgrammeKinds
from retention_lib.models.programme_profit import ProgrammeProfit
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.effect_words import WEEKS
from retention_lib.reports.findings.programme_kinds import kind_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: ProgrammeProfit, words: Words) -> Table:
    rewards = N_("Rewards used, in sales already") if result.rewards_in_sales else N_("- rewards used")
    items: list[tuple[str, object]] = [
        (N_("Extra gross profit, as measured"), result.measured),
        (N_("Extra gross profit, weighed with the belief beforehand"), result.incremental),
        (rewards, result.rewards),
        (N_("- running cost"), result.running),
        (N_("= profit of the programme"), result.profit),
        (N_("Points held that will be used"), result.owed),
        (N_("Profit once these are used"), result.after_owed),
    ]
    told = [_row(words.say(name), item, result.members) for name, item in items if isinstance(item, Estimate)]
    columns = (
        Column(name="item", header=words.say(N_("Money"))),
        Column(name="amount", header=words.say(N_("All of them")), kind="money", low="low", high="high"),
        Column(name="each", header=words.say(N_("A member")), kind="money"),
    )
    caption = words.say(
        N_("What the programme earned and cost on {members} members in their first {weeks} weeks"),
        weeks=WEEKS * result.periods,
        members=result.members,
    )
    return Table(columns=columns, frame=pd.DataFrame(told), caption=caption)


def _row(name: str, estimate: Estimate, members: int) -> dict[str, object]:
    value = estimate.value
    return {"item": name, "amount": value, "low": estimate.low, "high": estimate.high, "each": value / members}


@shown_table.register
def _(result: ProgrammeCosts, words: Words) -> Table:
    columns = (
        Column(name="week", header=words.say(N_("Weeks since joining")), kind="integer"),
        Column(name="members", header=words.say(N_("Members followed")), kind="integer"),
        Column(name="credited", header=words.say(N_("Points credited")), kind="integer"),
        Column(name="redeemed", header=words.say(N_("Points used")), kind="integer"),
        Column(name="rewards", header=words.say(N_("Rewards a member")), kind="money"),
        Column(name="rewards_so_far", header=words.say(N_("So far")), kind="money", low="low", high="high"),
    )
    caption = words.say(N_("Rewards used by {n} members in steps of four weeks from joining"), n=result.members)
    return Table(
        columns=columns,
        frame=result.table.assign(week=WEEKS * (result.table["period"] + 1)),
        caption=caption,
        folded=True,
    )


@shown_table.register
def _(result: ProgrammeKinds, words: Words) -> Table:
    names = [kind_name(row, words) for row in rows(result.table)]
    columns = (
        Column(name="name", header=words.say(N_("What members get"))),
        Column(name="cost", header=words.say(N_("Cost, of sales")), kind="share", low="cost_low", high="cost_high"),
        Column(name="lift", header=words.say(N_("More sales needed")), kind="share", low="lift_low", high="lift_high"),
    )
    caption = words.say(
        N_(
            "What each kind costs of members' sales, and how much more they have to buy before it pays (a dash: no "
            "lift is enough)"
        )
    )
    return Table(columns=columns, frame=result.table.assign(name=names), caption=caption)

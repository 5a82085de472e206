"""The tables of where customers go quiet."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.fatigue import ContactFatigue
from retention_lib.models.habits import StayersAndLeavers
from retention_lib.models.rfm import RfmGroups, RfmMigration
from retention_lib.models.where import WhereRates
from retention_lib.reports.blocks import Column, Kind, Table
from retention_lib.reports.charts.where import band_name
from retention_lib.reports.segment_names import dimension_name, group_name, segment_of
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@shown_table.register
def _(result: WhereRates, words: Words) -> Table:
    pairs = result.table[["dimension", "segment"]].itertuples(index=False)
    frame = result.table.assign(
        segment=[segment_of(dimension, segment, words) for dimension, segment in pairs],
        dimension=[dimension_name(dimension, words) for dimension in result.table["dimension"]],
    )
    columns = (
        Column(name="dimension", header=words.say(N_("Told apart by"))),
        Column(name="segment", header=words.say(N_("Group"))),
        Column(name="base", header=words.say(N_("Active at start")), kind="integer"),
        Column(name="lost", header=words.say(N_("Went quiet")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share", low="low", high="high"),
        Column(name="rest_share", header=words.say(N_("Of the others")), kind="share"),
        Column(name="p_adjusted", header=words.say(N_("p, corrected")), kind="p"),
    )
    caption = words.count(
        "Customers who went quiet by everything the store knows of them; p corrected for {n} comparison",
        "Customers who went quiet by everything the store knows of them; p corrected for {n} comparisons",
        result.tests,
    )
    return Table(columns=columns, frame=frame, thin="thin", caption=caption, limit=60)


@shown_table.register
def _(result: RfmGroups, words: Words) -> Table:
    frame = result.table.assign(
        group=[group_name(group, words) for group in result.table["group"]],
        silence=_ranges(result.table, "silence", words),
        bought=_ranges(result.table, "frequency", words),
    )
    columns = (
        Column(name="group", header=words.say(N_("RFM group"))),
        Column(name="silence", header=words.say(N_("Days silent")), kind="written"),
        Column(name="bought", header=words.say(N_("Purchases")), kind="written"),
        Column(name="customers_start", header=words.say(N_("Customers at start")), kind="integer"),
        Column(name="customers_end", header=words.say(N_("At end")), kind="integer"),
        Column(name="share", header=words.say(N_("Share")), kind="share"),
        Column(name="revenue_share", header=words.say(N_("Of the money")), kind="share"),
        Column(name="lapse", header=words.say(N_("Went quiet")), kind="share", low="low", high="high"),
    )
    caption = N_("RFM groups in {month}; went quiet: of those of the group who were active when the month began")
    return Table(columns=columns, frame=frame, thin="thin", caption=words.say(caption, month=words.month(result.month)))


@shown_table.register
def _(result: RfmMigration, words: Words) -> Table:
    moved = result.table.loc[result.table["move"] != "stayed"]
    moved = moved.sort_values(["revenue", "from_group", "to_group"], ascending=[False, True, True])
    frame = moved.assign(
        **{end: [group_name(group, words) for group in moved[end]] for end in ("from_group", "to_group")}
    )
    columns = (
        Column(name="from_group", header=words.say(N_("From"))),
        Column(name="to_group", header=words.say(N_("To"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(name="share", header=words.say(N_("Of the group")), kind="share"),
        Column(name="revenue", header=words.say(N_("Spent in the year before")), kind="money"),
    )
    caption = words.say(N_("Moves between RFM groups in {month}, by money"), month=words.month(result.month))
    return Table(columns=columns, frame=frame, thin="thin", caption=caption, limit=12)


@shown_table.register
def _(result: StayersAndLeavers, words: Words) -> Table:
    names = ("habit", "stayed", "quiet", "alike", "difference", "p_adjusted")
    lines = [_habit_line(row, words) for row in result.table.to_dict("records")]
    kinds: tuple[Kind, ...] = ("text", "written", "written", "written", "written", "p")
    headers = (
        words.say(N_("In the year before")),
        words.say(N_("Stayed")),
        words.say(N_("Went quiet")),
        words.say(N_("Stayed, bought as often")),
        words.say(N_("Difference to these")),
        words.say(N_("p, corrected")),
    )
    columns = tuple(
        Column(name=name, header=header, kind=kind) for name, header, kind in zip(names, headers, kinds, strict=True)
    )
    caption = words.say(
        N_("Means over the {stayed} customers who stayed and the {quiet} who went quiet in {month}"),
        stayed=result.customers_stayed,
        quiet=result.customers_quiet,
        month=words.month(result.month),
    )
    return Table(columns=columns, frame=pd.DataFrame(lines, columns=list(names)), caption=caption)


@shown_table.register
def _(result: ContactFatigue, words: Words) -> Table:
    bands = zip(result.table["messages_from"], result.table["messages_to"], strict=True)
    frame = result.table.assign(messages=[band_name(int(least), most, words) for least, most in bands])
    columns = [
        Column(name="channel", header=words.say(N_("Channel"))),
        Column(name="messages", header=words.say(N_("Messages"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
        Column(
            name="withdrawn_share",
            header=words.say(N_("Without consent now")),
            kind="share",
            low="withdrawn_low",
            high="withdrawn_high",
        ),
        Column(name="opened_share", header=words.say(N_("Opened")), kind="share", low="opened_low", high="opened_high"),
        Column(name="active", header=words.say(N_("Active at start")), kind="integer"),
        Column(name="lapse", header=words.say(N_("Went quiet")), kind="share", low="lapse_low", high="lapse_high"),
    ]
    known = [column for column in columns if column.kind != "share" or frame[column.name].notna().any()]
    caption = words.say(
        N_("By messages in the {days} before {month}; without consent now: withdrawn or never given"),
        days=words.days(result.days),
        month=words.month(result.month),
    )
    return Table(columns=tuple(known), frame=frame, thin="thin", caption=caption)


def _ranges(table: pd.DataFrame, name: str, words: Words) -> list[str]:
    """The least and the most of a group in words."""
    ends = zip(table[f"{name}_least"], table[f"{name}_most"], strict=True)
    return [
        words.number(least) if least == most else words.say(N_("{first} to {last}"), first=int(least), last=int(most))
        for least, most in ends
    ]


def _habit_line(row: dict[Any, Any], words: Words) -> list[Any]:
    share = row["habit"] == "discount_share"
    label = words.say(N_("Money paid at a discount") if share else N_("Categories bought from"))

    def written(value: float) -> str:
        return words.percent(value) if share else words.number(value, 2)

    low, high = (words.points(row[end]) if share else words.number(row[end], 2) for end in ("alike_low", "alike_high"))
    difference = words.say(N_("{low} to {high}"), low=low, high=high)
    levels = (written(row[name]) for name in ("stayed", "quiet", "alike_stayed"))
    return [label, *levels, difference, row["p_adjusted"]]

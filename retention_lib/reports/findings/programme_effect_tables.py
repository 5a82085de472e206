"""Tables of what joining the programme changes."""

from __future__ import annotations

from retention_lib.models.impact.group_time_check import GroupTimeCheck
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.segments import SegmentEffects
from retention_lib.models.impact.twins import Twins
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.effect_words import WEEKS
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_FEATURES = {
    "first_amount": N_("First purchase, money"),
    "purchases_1": N_("Purchases, weeks 1-4"),
    "purchases_2": N_("Purchases, weeks 5-8"),
    "purchases_3": N_("Purchases, weeks 9-12"),
    "revenue": N_("Money, weeks 1-12"),
    "started": N_("First purchase, date"),
}


def feature_name(feature: str, words: Words) -> str:
    """What a feature of a customer's past is called."""
    return words.say(_FEATURES[feature])


@shown_table.register
def _(result: ProgrammeEffect, words: Words) -> Table:
    table = result.by_period
    frame = table.assign(weeks=[_weeks(int(period), words) for period in table["period"]])
    columns = (
        Column(name="weeks", header=words.say(N_("Weeks from joining"))),
        Column(name="members", header=words.say(N_("Members")), kind="integer"),
        Column(name="purchases", header=words.say(N_("Purchases")), kind="integer"),
        Column(name="expected", header=words.say(N_("Expected without")), kind="integer"),
        Column(name="effect", header=words.say(N_("Difference")), kind="share", low="low", high="high"),
        Column(name="p", header=words.say(N_("p")), kind="p"),
    )
    caption = words.say(N_("Purchases of members by four weeks from joining, against what was expected without it"))
    return Table(columns=columns, frame=frame, caption=caption)


def _weeks(period: int, words: Words) -> str:
    """The weeks of a period, as in "5 to 8"."""
    first = WEEKS * period + 1 if period >= 0 else WEEKS * period
    return words.say(N_("{first} to {last}"), first=words.number(first), last=words.number(first + WEEKS - 1))


@shown_table.register
def _(result: SegmentEffects, words: Words) -> Table:
    table = result.table
    frame = table.assign(
        split=[split_name(name, words) for name in table["dimension"]],
        group=[segment_of(*pair, words) for pair in zip(table["dimension"], table["segment"], strict=True)],
    )
    columns = (
        Column(name="split", header=words.say(N_("Told apart by"))),
        Column(name="group", header=words.say(N_("Group"))),
        Column(name="members", header=words.say(N_("Members")), kind="integer"),
        Column(name="effect", header=words.say(N_("As measured")), kind="share", low="low", high="high"),
        Column(
            name="shrunk", header=words.say(N_("Likely effect")), kind="share", low="shrunk_low", high="shrunk_high"
        ),
        Column(name="p_adjusted", header=words.say(N_("p, corrected")), kind="p"),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("Effect of joining on purchases, by group")))


@shown_table.register
def _(result: Twins, words: Words) -> Table:
    frame = result.balance.assign(what=[feature_name(name, words) for name in result.balance["feature"]])
    columns = (
        Column(name="what", header=words.say(N_("What is made alike"))),
        Column(name="before", header=words.say(N_("Before weighting")), kind="number"),
        Column(name="after", header=words.say(N_("After")), kind="number"),
    )
    caption = words.say(N_("Differences between members and others, in standard deviations"))
    return Table(columns=columns, frame=frame, caption=caption)


@shown_table.register
def _(result: GroupTimeCheck, words: Words) -> Table:
    columns = (
        Column(name="event_time", header=words.say(N_("Periods of four weeks from joining")), kind="integer"),
        Column(name="units", header=words.say(N_("Members")), kind="integer"),
        Column(
            name="effect", header=words.say(N_("More purchases a member")), kind="parameter", low="low", high="high"
        ),
    )
    caption = words.say(N_("Group-time effects on the additive scale, intervals for all periods at once"))
    return Table(columns=columns, frame=result.by_event_time, caption=caption)

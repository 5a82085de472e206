"""Sentences of what stands beside the effect of joining: the plain gap, groups of customers, and customers alike."""

from __future__ import annotations

from retention_lib.models.impact.member_gap import GapBeside, MemberGap
from retention_lib.models.impact.segments import SegmentEffects
from retention_lib.models.impact.twins import Twins
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, finding, finding_alert
from retention_lib.reports.findings.effect_words import more_or_less
from retention_lib.reports.rows import rows
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.words import N_, Words


def _named(dimension: str, segment: str, words: Words) -> str:
    """A group with what it is told apart by."""
    split, group = split_name(dimension, words), segment_of(dimension, segment, words)
    return words.say(N_("{group} ({split})"), group=group, split=split)


@finding.register
def _(result: GapBeside, words: Words) -> Finding:
    gap = result.gap
    alt = words.say(
        N_("Bars: members buy {gap} more than others; what of it joining did stands below, with its interval."),
        gap=words.percent(gap.purchases_relative, 0),
    )
    caption = words.say(
        N_("{members} members and {others} customers who never joined, in the weeks in which there were members."),
        members=gap.members,
        others=gap.others,
    )
    return Finding(sentence=finding(gap, words).sentence, alt=alt, caption=caption)


@finding.register
def _(result: MemberGap, words: Words) -> Finding:
    gap = result.difference
    sentence = words.say(
        N_(
            "Members spend {member} in four weeks and other customers {other}: a gap of **{gap}** that says who joins, "
            "not what joining does."
        ),
        member=words.money(result.member_mean),
        other=words.money(result.other_mean),
        gap=words.money(gap.value),
    )
    if result.before is not None and result.before > 0:
        before = words.say(
            N_("Before they joined, the same members already bought {before} more often than the others."),
            before=words.percent(result.before, 0),
        )
        sentence = f"{sentence} {before}"
    return Finding(sentence=sentence)


@finding.register
def _(result: SegmentEffects, words: Words) -> Finding:
    low, high = result.table["shrunk"].min(), result.table["shrunk"].max()
    differing = rows(result.differ)
    if differing:
        names = [_named(one.dimension, one.segment, words) for one in differing]
        sentence = words.say(
            N_("The effect differs from that on the others for {names}, beyond what chance explains."),
            names=words.listed(names),
        )
    else:
        sentence = words.say(
            N_(
                "**No group is shown to gain more from the programme than others**: their likely effects run from "
                "{low} to {high}, no further apart than chance may put them."
            ),
            low=words.percent(float(low)),
            high=words.percent(float(high)),
        )
    alt = words.say(
        N_("Dots with intervals by group of customers: the effect lies between {low} and {high}."),
        low=words.percent(float(low)),
        high=words.percent(float(high)),
    )
    caption = words.say(
        N_(
            "Effect on purchases in the first weeks as a member, against others of the same group; small groups are "
            "pulled towards the average, as chance makes them jump; bars: 95% intervals."
        )
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: Twins, words: Words) -> Finding:
    found = result.relative
    message = (
        N_(
            "Against customers who had bought alike in their first 12 weeks, members bought **{effect}** ({range}) "
            "compared with what they would have without the programme."
        )
        if result.alike
        else N_(
            "Customers who never joined cannot be weighted to have bought like the members before: a difference of "
            "{worst} standard deviations is left."
        )
    )
    sentence = words.say(
        message,
        effect=more_or_less(found, words),
        range=words.interval(found.low, found.high, "share"),
        worst=words.number(result.worst, 2),
    )
    alt = words.say(
        N_(
            "Dots by feature: differences between members and others of up to {before} standard deviations before "
            "weighting and {after} after."
        ),
        before=words.number(float(result.balance["before"].abs().max()), 2),
        after=words.number(result.worst, 2),
    )
    caption = words.say(
        N_("{members} members and {others} others, worth {effective} of equal weight; first 12 weeks as customers."),
        members=result.members,
        others=result.others,
        effective=round(result.effective),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@alert.register
def _(result: Twins, words: Words) -> Alert:
    return finding_alert(result, words, found=not result.alike, title=words.say(N_("Like with like.")))

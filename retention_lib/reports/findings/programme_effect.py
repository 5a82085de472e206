"""Sentences about what joining the programme changes, for whom, and how far that can be trusted."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.joining import DESIGN_P
from retention_lib.models.impact.joining_checks import JoiningCheck, Kind
from retention_lib.models.impact.member_gap import GapBeside, MemberGap
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.segments import SegmentEffects
from retention_lib.models.impact.twins import Twins
from retention_lib.models.programme_profit import ProgrammeProfit
from retention_lib.reports.blocks import Alert, Status, Verdict
from retention_lib.reports.findings.base import Finding, alert, finding, verdict
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.rows import rows
from retention_lib.reports.segment_names import segment_of, split_name
from retention_lib.reports.words import N_, Words

WEEKS = 4
"""Of a period."""

_EFFECT = {
    True: N_(
        "**Members probably buy {effect} more because they joined** ({range}), counted in purchases over their first "
        "{weeks} weeks as members."
    ),
    False: N_(
        "**Members probably buy {effect} less because they joined** ({range}), counted in purchases over their first "
        "{weeks} weeks as members."
    ),
}
_NOT_SHOWN = N_(
    "**No effect of joining is shown**: purchases of members in their first {weeks} weeks differ from what was "
    "expected without the programme by {range}, which chance alone can do."
)
_MONEY = {
    "pays": N_("After rewards and running cost it **earned {profit}** ({low} to {high}) on {n} members."),
    "open": N_(
        "Whether it pays is open: after rewards and running cost {profit} is left on {n} members ({low} to {high}); "
        "the chance that it pays is {chance}."
    ),
    "loses": N_("After rewards and running cost it **lost {profit}** ({low} to {high}) on {n} members."),
}
_OWED = N_("With the points that they will still use it is {after}, and the chance {chance}.")


@verdict.register
def _(
    result: ProgrammeEffect,
    words: Words,
    *,
    gap: MemberGap | NotEnough,
    profit: ProgrammeProfit | NotEnough,
    **context: object,
) -> Verdict:
    if result.design is not None:
        refused = words.say(
            N_("**No effect of the programme can be claimed.** {reason}"),
            reason=reason_sentence(NotEnough(result.design, 0, 1), words),
        )
        return Verdict(status="unknown", sentence=" ".join([refused, *_gap(gap, words)]))
    told = [_effect(result, words), *_gap(gap, words), *_money(profit, words)]
    return Verdict(status=_status(result, profit), sentence=" ".join(told))


def _status(result: ProgrammeEffect, profit: ProgrammeProfit | NotEnough) -> Status:
    """The light: green only for an effect that pays."""
    if isinstance(profit, ProgrammeProfit):
        if profit.standing == "pays" and result.relative.claimed:
            return "good"
        return "act" if profit.standing == "loses" else "watch"
    return "act" if result.relative.claimed and result.relative.value < 0 else "watch"


def _effect(result: ProgrammeEffect, words: Words) -> str:
    """The effect, or that none is shown."""
    found = result.relative
    weeks = WEEKS * result.periods
    if not found.claimed:
        return words.say(_NOT_SHOWN, weeks=weeks, range=_less_to_more(found, words))
    return words.say(
        _EFFECT[found.value > 0], effect=words.percent(abs(found.value)), range=_range(found, words), weeks=weeks
    )


def _less_to_more(found: Estimate, words: Words) -> str:
    """An interval around nothing, as less and more."""
    low, high = found.low or 0.0, found.high or 0.0
    if low < 0 < high:
        return words.say(N_("{less} less to {more} more"), less=words.percent(-low), more=words.percent(high))
    return words.interval(low, high, "share")


def _range(found: Estimate, words: Words) -> str:
    """The interval in the direction of the effect."""
    low, high = sorted(abs(bound or 0.0) for bound in (found.low, found.high))
    return words.interval(low, high, "share")


def _gap(gap: MemberGap | NotEnough, words: Words) -> list[str]:
    """What the plain comparison says, and why it is no effect."""
    if isinstance(gap, NotEnough):
        return []
    shown = {"gap": words.percent(gap.purchases_relative, 0)}
    if gap.before is None or gap.before <= 0:
        return [words.say(N_("That members make {gap} more purchases than others says who joins."), **shown)]
    return [
        words.say(
            N_(
                "That members make {gap} more purchases than others is no measure: before they joined it was {before} "
                "more."
            ),
            **shown,
            before=words.percent(gap.before, 0),
        )
    ]


def _money(profit: ProgrammeProfit | NotEnough, words: Words) -> list[str]:
    """What the effect is worth."""
    if isinstance(profit, NotEnough):
        return []
    found, sign = profit.profit, -1 if profit.standing == "loses" else 1
    low, high = sorted(sign * (bound or 0.0) for bound in (found.low, found.high))
    told = [
        words.say(
            _MONEY[profit.standing],
            profit=words.money(sign * found.value, compact=True),
            low=words.money(low, compact=True),
            high=words.money(high, compact=True),
            n=profit.members,
            chance=words.percent(profit.chance.value, 0),
        )
    ]
    after, chance = profit.after_owed, profit.chance_after_owed
    if isinstance(after, Estimate) and isinstance(chance, Estimate):
        told.append(
            words.say(_OWED, after=words.money(after.value, compact=True), chance=words.percent(chance.value, 0))
        )
    return told


@finding.register
def _(result: ProgrammeEffect, words: Words) -> Finding:
    if result.design is not None:
        return finding(result.claimable, words)
    found = result.relative
    told = [_effect(result, words), _in_money(result, words), *_lasting(result, words), *_doubts(result, words)]
    alt = words.say(
        N_(
            "Dots with intervals by four weeks before and after joining: around zero before, {effect} on average in "
            "the first {weeks} weeks after."
        ),
        effect=words.percent(found.value),
        weeks=WEEKS * result.periods,
    )
    caption = words.say(
        N_(
            "{members} members with at least 12 weeks as customers before they joined, and {others} customers who "
            "never did; bars: 95% intervals; shaded: 95% for all dots at once; in colour: the weeks of the headline."
        ),
        members=result.members,
        others=result.controls,
    )
    return Finding(sentence=" ".join(told), alt=alt, caption=caption)


def _lasting(result: ProgrammeEffect, words: Words) -> list[str]:
    """Whether the effect is seen after the weeks of the headline too."""
    later = result.later
    if not result.relative.claimed or isinstance(later, NotEnough):
        return []
    message = (
        N_("It lasts: in the weeks after, up to week {week}, it is {later} ({range}).")
        if later.claimed and later.value * result.relative.value > 0
        else N_("Whether it lasts cannot be told: in the weeks after, up to week {week}, it is {later} ({range}).")
    )
    week = WEEKS * (int(result.by_period["period"].max()) + 1)
    shown = {"later": _signed(later, words), "range": words.interval(later.low, later.high, "share")}
    return [words.say(message, week=week, **shown)]


def _doubts(result: ProgrammeEffect, words: Words) -> list[str]:
    """What would undo the claim."""
    if not result.relative.claimed:
        return []
    told = []
    if result.breakdown < 1:
        told.append(
            words.say(
                N_(
                    "It is not certain: if members and others drifted apart by {drift} every four weeks for another "
                    "reason, nothing would be left of it, and changes of up to {steepest} were seen before joining, "
                    "chance included."
                ),
                drift=words.percent(result.drift),
                steepest=words.percent(result.steepest),
            )
        )
    if result.disagrees:
        told.append(
            words.say(
                N_(
                    "Counted as purchases a member and not in per cent it would be {additive}; why per cent count here "
                    "is said under “How sure are we?”."
                ),
                additive=_additive(result, words),
            )
        )
    return told


def _in_money(result: ProgrammeEffect, words: Words) -> str:
    """Sales and profit a member."""
    sales = result.revenue_each
    shown = {"sales": words.money(sales.value), "range": words.interval(sales.low, sales.high, "money")}
    if isinstance(result.profit_each, NotEnough):
        return words.say(N_("That is {sales} of sales a member and four weeks ({range})."), **shown)
    return words.say(
        N_(
            "That is {sales} of sales a member and four weeks ({range}), and {profit} of gross profit ({profit_range})."
        ),
        **shown,
        profit=words.money(result.profit_each.value),
        profit_range=words.interval(result.profit_each.low, result.profit_each.high, "money"),
    )


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
        effect=_signed(found, words),
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


def _signed(found: Estimate, words: Words) -> str:
    """An effect with more or less."""
    if found.value < 0:
        return words.say(N_("{effect} less"), effect=words.percent(-found.value))
    return words.say(N_("{effect} more"), effect=words.percent(found.value))


_CHECKS: dict[Kind, tuple[str, str, str]] = {
    "who": (
        N_("Who is measured."),
        N_(
            "The effect is that on {members} of {all} members: those with 12 weeks as customers before they joined. "
            "{first} joined with their first purchase and have no before; nothing is claimed for them. Who left again "
            "({leavers}) counts as a member."
        ),
        "",
    ),
    "before": (
        N_("Before joining."),
        N_("Members and others moved alike in the 12 weeks before joining (p {pretrend}, {tested} members tested)."),
        N_("Members and others already moved apart before joining (p {pretrend}, below {limit}); none is claimed."),
    ),
    "placebo": (
        N_("A made-up date."),
        N_("Had they joined 12 weeks earlier, no effect would be seen ({placebo}, p {placebo_p})."),
        N_("An effect would be seen even 12 weeks before they joined (p {placebo_p}, below {limit}); none is claimed."),
    ),
    "anticipation": (
        N_("Just before."),
        N_("Members did not hold back or bring forward purchases in the four weeks before joining (p {anticipation})."),
        N_("Members changed already in the four weeks before joining (p {anticipation})."),
    ),
    "at_purchases": (
        N_("How they join."),
        N_("{share} of the members measured joined on a day with a purchase, so buying did not decide the day."),
        N_(
            "{share} of the members measured joined on a day with a purchase: who buys is more active anyway, and a "
            "comparison takes that for an effect."
        ),
    ),
    "scales": (
        N_("Two ways to count."),
        N_("Counted as purchases a member rather than in per cent, the answer is the same ({additive})."),
        N_(
            "Counted as purchases a member rather than in per cent, the answer would be {additive}. That way of "
            "counting takes members and others to gain and lose as many purchases, not as large a share of them: "
            "whoever buys more loses more with a season or with time."
        ),
    ),
    "overlap": (
        N_("Their like."),
        N_("{inside} of the members have others who bought as much early on."),
        N_("Only {inside} of the members have others who bought as much early on: the groups cannot be compared."),
    ),
    "drift": (
        N_("If they drift apart."),
        N_("The claim holds unless the groups drift apart by {drift} every four weeks, more than was seen before."),
        N_(
            "The claim would be undone if the groups drifted apart by {drift} every four weeks after joining; changes "
            "of up to {steepest} were seen before it, chance included."
        ),
    ),
    "one_day": (
        N_("One day."),
        "",
        N_("All members joined on one day: whatever else changed for them on that day would be taken for the effect."),
    ),
    "tested": (
        N_("Too short a past."),
        "",
        N_("Only {tested} of {members} members were customers long enough to test whether they moved like the others."),
    ),
}


@alert.register
def _(result: JoiningCheck, words: Words) -> Alert:
    title, passed, failed = _CHECKS[result.kind]
    effect, facts = result.effect, result.effect.facts.iloc[0]
    sentence = words.say(
        passed if result.passed else failed,
        members=effect.members,
        all=int(facts["members"]),
        first=int(facts["at_first_purchase"]),
        leavers=int(facts["leavers"]),
        pretrend=words.p_value(effect.pretrend_p),
        limit=words.number(DESIGN_P, 2),
        tested=effect.tested,
        placebo=_signed(effect.placebo, words),
        placebo_p=words.p_value(effect.placebo.p),
        anticipation=words.p_value(effect.anticipation.p),
        share=words.percent(facts["on_purchase_day"] / max(facts["settled"], 1)),
        additive=_additive(effect, words),
        inside=words.percent(1 - effect.outside),
        drift=words.percent(effect.drift),
        steepest=words.percent(effect.steepest),
    )
    stops = result.kind in ("before", "placebo", "overlap", "one_day", "tested") and not result.passed
    return Alert(
        level="stop" if stops else "ok" if result.passed else "warn", title=words.say(title), sentence=sentence
    )


def _additive(effect: ProgrammeEffect, words: Words) -> str:
    found = effect.additive
    return words.say(
        N_("{value} purchases a member and four weeks, {low} to {high}"),
        value=words.number(found.value, 3),
        low=words.number(found.low, 3),
        high=words.number(found.high, 3),
    )


@alert.register
def _(result: Twins, words: Words) -> Alert:
    return Alert(
        level="ok" if result.alike else "warn",
        title=words.say(N_("Like with like.")),
        sentence=finding(result, words).sentence,
    )

"""Sentences about what joining the programme changes, and what it earned."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.member_gap import MemberGap
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.programme_profit import ProgrammeProfit
from retention_lib.reports.blocks import Status, Verdict
from retention_lib.reports.findings.base import Finding, finding, verdict
from retention_lib.reports.findings.effect_words import WEEKS, additive_effect, more_or_less
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.words import N_, Words

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
    shown = {"later": more_or_less(later, words), "range": words.interval(later.low, later.high, "share")}
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
                additive=additive_effect(result, words),
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

"""Sentences about what speaks for and against the effect of coupon campaigns."""

from __future__ import annotations

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.campaign_checks import LevelOverlap, PretendedStart, TrendBreakdown
from retention_lib.models.campaign_effect import CHANCE, CLAIM_P, CampaignEffect
from retention_lib.models.campaign_effects import CampaignEffects
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import alert, check_alert, finding
from retention_lib.reports.findings.campaign_effects import campaigns_named, change_in_words, type_name, why_not
from retention_lib.reports.words import N_, Words


@alert.register
def _(result: CampaignEffects, words: Words) -> Alert:
    each = [*result.types, result.overall]
    able = [effect for effect in each if not effect.refused]
    apart = [effect for effect in able if not effect.agree]
    if not able:
        message = N_("In none of {all} comparisons can an effect be told, so there is nothing to agree on.")
        return Alert(level="ok", title=words.say(N_("Two scales.")), sentence=words.say(message, all=len(each)))
    if not apart:
        message = N_("Per cent and money agree for all {all} comparisons.")
        return Alert(level="ok", title=words.say(N_("Two scales.")), sentence=words.say(message, all=len(able)))
    first = apart[0]
    message = N_(
        "For {name} the comparison says {relative} of sales in per cent and {money} a week ({interval}) in money, and "
        "only one of them is beyond chance. The mailed bought {ratio} times as much before, so it matters whether both "
        "groups would have changed by the same per cent or by the same amount; nothing is claimed where they differ "
        "({n} of {all} comparisons)."
    )
    name = type_name(first.name, words) if first is not result.overall else words.say(N_("all campaigns"))
    additive = first.additive
    return Alert(
        level="warn",
        title=words.say(N_("Two scales.")),
        sentence=words.say(
            message,
            name=name,
            relative=change_in_words(first.relative, words),
            money=words.money(additive.value, digits=2),
            interval=words.interval(additive.low, additive.high, "money"),
            ratio=words.number(first.levels.ratio, 1),
            n=len(apart),
            all=len(able),
        ),
    )


@alert.register
def _(result: CampaignEffect, words: Words) -> Alert:
    title = words.say(N_("Campaign {name}."), name=result.name)
    if not result.single:
        title = words.say(N_("All campaigns together."))
    shown = {"n": len(result.campaigns), "reason": why_not(result.relative.reason, words)}
    if result.refused:
        message = N_("What {n} campaigns did, taken together, cannot be told: {reason}.")
    elif result.relative.claimed:
        message = N_("Over {n} campaigns sales changed by {change}, beyond chance.")
    elif result.relative.reason == CHANCE:
        message = N_("Over {n} campaigns sales changed by {change}, which chance alone can do.")
    else:
        message = N_("Over {n} campaigns sales changed by {change}, but nothing is claimed: {reason}.")
    sentence = words.say(message, **shown, change=change_in_words(result.relative, words))
    return check_alert(found=result.refused, title=title, sentence=sentence)


@alert.register
def _(result: PretendedStart, words: Words) -> Alert:
    title = words.say(N_("A pretended start."))
    if isinstance(result.placebo, NotEnough):
        return Alert(level="warn", title=title, sentence=finding(result.placebo, words).sentence)
    message = (
        N_(
            "Had {campaigns} begun {weeks} weeks earlier, when nothing was sent, sales would seem to have changed by "
            "{change}, p {p}: the comparison finds effects where there are none, and no claim is made."
        )
        if result.rejected
        else N_(
            "Had {campaigns} begun {weeks} weeks earlier, when nothing was sent, the comparison would find {change}, "
            "p {p}: nothing, as it should."
        )
    )
    placebo = result.placebo
    shown = {"weeks": result.weeks, "change": change_in_words(placebo, words), "p": words.p_value(placebo.p)}
    shown["campaigns"] = campaigns_named(result.campaign, words)
    sentence = words.say(message, **shown)
    ahead = result.anticipation
    if isinstance(ahead, Estimate) and ahead.p is not None and ahead.p < CLAIM_P:
        sentence += " " + words.say(
            N_("In the two weeks just before the start sales had changed already, by {change}."),
            change=change_in_words(ahead, words),
        )
    return Alert(level="stop" if result.rejected else "ok", title=title, sentence=sentence)


@alert.register
def _(result: LevelOverlap, words: Words) -> Alert:
    shown = {"overlap": words.percent(result.overlap, 0), "ratio": words.number(result.ratio, 1)}
    shown["campaigns"] = campaigns_named(result.campaign, words)
    message = (
        N_(
            "Before {campaigns} began the mailed bought {ratio} times as much as those left alone, and their levels "
            "overlap by {overlap} only: these cannot show what the mailed would have done, and no claim is made."
        )
        if result.poor
        else N_(
            "Before {campaigns} began the mailed bought {ratio} times as much as those left alone; their levels "
            "overlap by {overlap}, enough to compare."
        )
    )
    return Alert(
        level="stop" if result.poor else "ok",
        title=words.say(N_("Like with like.")),
        sentence=words.say(message, **shown),
    )


@alert.register
def _(result: TrendBreakdown, words: Words) -> Alert:
    shown = {
        "campaigns": campaigns_named(result.campaign, words),
        "weeks": result.weeks,
        "largest": words.percent(result.largest),
        "times": words.number(result.breakdown, 1),
        "p": words.p_value(result.pretrend_p),
    }
    if result.rejected:
        message = N_(
            "The groups drifted apart before {campaigns} began (by up to {largest} in {weeks} weeks, p {p}), so no "
            "effect is claimed."
        )
        level = "stop"
    elif result.breakdown == 0:
        message = N_(
            "Before {campaigns} began the groups drifted by up to {largest} from one {weeks} weeks to the next (p "
            "{p}); as no effect is claimed, there is none that a drift could undo."
        )
        level = "ok"
    else:
        message = N_(
            "Before {campaigns} began the groups drifted by up to {largest} from one {weeks} weeks to the next (p "
            "{p}). A drift of {times} times that afterwards would undo the effect."
        )
        level = "ok" if result.breakdown >= 1 else "warn"
    return Alert(
        level="stop" if level == "stop" else "warn" if level == "warn" else "ok",
        title=words.say(N_("A drift of its own.")),
        sentence=words.say(message, **shown),
    )

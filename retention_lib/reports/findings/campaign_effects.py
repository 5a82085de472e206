"""Sentences about what coupon campaigns did to sales."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models import campaign_effect as of
from retention_lib.models.campaign_effect import CampaignEffect
from retention_lib.models.campaign_effects import CampaignEffects, GapAndEffect
from retention_lib.models.campaign_payback import CampaignPayback
from retention_lib.models.impact import NaiveDifference
from retention_lib.reports.blocks import Status, Verdict
from retention_lib.reports.findings.base import Finding, finding, verdict
from retention_lib.reports.findings.campaign_payback import payback_clause
from retention_lib.reports.rows import rows
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

WHY_NOT = {
    of.OVERLAP: N_("those mailed bought so much more than those left alone that these cannot stand in for them"),
    of.PRETREND: N_("the two groups were drifting apart before the start"),
    of.PLACEBO: N_("a start five weeks earlier, when nothing was sent, seems to have worked as well"),
    of.SCALES: N_("in per cent and in money the comparison says different things"),
    of.CHANCE: N_("chance alone can do that"),
}
"""Why an effect is not claimed."""

FEW = N_("too few mailed to judge")

CLAIMED = N_("yes")
SHORT = {
    of.OVERLAP: N_("no: unlike groups"),
    of.PRETREND: N_("no: drifting before"),
    of.PLACEBO: N_("no: same before the start"),
    of.SCALES: N_("no: scales differ"),
    of.CHANCE: N_("no: chance"),
}
"""The same in a word or two, for a table."""


def why_not(reason: str | None, words: Words) -> str:
    """Why an effect is not claimed, in words."""
    return words.say(WHY_NOT.get(reason or "", FEW))


def campaigns_named(campaign: str, words: Words) -> str:
    """One campaign by its name, or several."""
    return words.say(N_("campaign {name}"), name=campaign) if campaign else words.say(N_("the campaigns"))


def change_in_words(estimate: Estimate, words: Words) -> str:
    """A relative effect with its sign and interval."""
    return words.say(
        N_("{change} ({interval})"),
        change=words.percent(estimate.value),
        interval=words.interval(estimate.low, estimate.high, "share"),
    )


def type_name(name: str, words: Words) -> str:
    """What a type of campaigns is called."""
    return name or words.say(N_("campaigns without a type"))


@verdict.register
def _(
    result: CampaignEffects,
    words: Words,
    *,
    naive: NaiveDifference | NotEnough,
    chosen: CampaignEffect | NotEnough | None = None,
    payback: CampaignPayback | NotEnough | None = None,
    **context: object,
) -> Verdict:
    pays = payback_clause(payback, words)
    gap = _gap(result, naive, words)
    about = chosen if isinstance(chosen, CampaignEffect) else result.overall
    each = [about, *result.types]
    claimed = [effect for effect in each if effect.relative.claimed]
    if not claimed:
        told = _refused(about, words) if about.refused else _nothing_shown(about, words)
        unsure: Status = "unknown" if about.refused else "watch"
        return Verdict(status=unsure, sentence=" ".join(part for part in (told, pays, gap) if part))
    best = max(claimed, key=lambda effect: effect.relative.value)
    shown = {"type": _about(best, words), "change": change_in_words(best.relative, words)}
    up = best.relative.value > 0
    message = (
        N_("**Campaigns raise sales** ({type}): by {change}, beyond chance.")
        if up
        else N_("**Campaigns lower sales** ({type}): by {change}, beyond chance.")
    )
    status: Status = "good" if up else "act"
    # What pays is said of the campaigns that the page is about, not of another type.
    parts = (words.say(message, **shown), pays if best is about else "", gap)
    return Verdict(status=status, sentence=" ".join(part for part in parts if part))


def _about(effect: CampaignEffect, words: Words) -> str:
    """What an effect is about: a type, a campaign, or all campaigns."""
    if effect.single:
        return campaigns_named(effect.name, words)
    return effect.name or words.say(N_("all campaigns"))


def _refused(effect: CampaignEffect, words: Words) -> str:
    """That the comparison cannot carry an effect, and why."""
    message = (
        N_("**What {campaign} did cannot be told**: {reason}.")
        if effect.single
        else N_("**What campaigns did cannot be told**: {reason}.")
    )
    campaign, reason = campaigns_named(effect.name, words), why_not(effect.relative.reason, words)
    return words.say(message, campaign=campaign, reason=reason)


def _nothing_shown(effect: CampaignEffect, words: Words) -> str:
    """That no campaign is shown to work, and what the comparison gave."""
    message = of_unit(
        effect.unit,
        household=N_(
            "**No campaign is shown to change what households buy**: against those left alone, sales of the mailed "
            "changed by {change} a household-week ({interval})."
        ),
        customer=N_(
            "**No campaign is shown to change what customers buy**: against those left alone, sales of the mailed "
            "changed by {change} a customer-week ({interval})."
        ),
    )
    if effect.name:
        message = of_unit(
            effect.unit,
            household=N_(
                "**No campaign is shown to change what households buy**: when campaign {name} began, sales of the "
                "mailed changed by {change} a household-week ({interval}) against those left alone."
            ),
            customer=N_(
                "**No campaign is shown to change what customers buy**: when campaign {name} began, sales of the "
                "mailed changed by {change} a customer-week ({interval}) against those left alone."
            ),
        )
    change = effect.additive
    interval = words.interval(change.low, change.high, "money")
    parts = [words.say(message, name=effect.name, change=words.money(change.value, digits=2), interval=interval)]
    if effect.relative.reason not in (None, of.CHANCE):
        reason = why_not(effect.relative.reason, words)
        parts.append(words.say(N_("Not even that can be taken for an effect: {reason}."), reason=reason))
    return " ".join(parts)


def _gap(result: CampaignEffects, naive: NaiveDifference | NotEnough, words: Words) -> str:
    """What the plain comparison says; empty without one."""
    if isinstance(naive, NotEnough):
        return ""
    message = of_unit(
        result.unit,
        household=N_(
            "Mailed households spend {treated} a week and the others {control}, but that gap says who was mailed, not "
            "what the mail did."
        ),
        customer=N_(
            "Mailed customers spend {treated} a week and the others {control}, but that gap says who was mailed, not "
            "what the mail did."
        ),
    )
    means = (words.money(mean, digits=2) for mean in (naive.treated_mean, naive.control_mean))
    return words.say(message, **dict(zip(("treated", "control"), means, strict=True)))


@finding.register
def _(result: GapAndEffect, words: Words) -> Finding:
    effect = result.effect
    gap = words.money(result.naive.difference.value, digits=2)
    more = N_("The mailed spend **{gap} a week more** than the others: campaigns go to those who buy much.")
    if result.naive.difference.value <= 0:
        more = N_("The plain gap between the mailed and the others is **{gap} a week**.")
    told = _refused(effect, words) if effect.refused else _course(effect, words)
    alt = words.say(
        N_("Three dots: the plain gap at {gap} a week, and the change when campaigns began, which cannot be told."),
        gap=gap,
    )
    if not effect.refused:
        alt = words.say(
            N_("Three dots with intervals: the plain gap at {gap} a week, the effect of campaigns at {change}."),
            gap=gap,
            change=words.money(effect.additive.value, digits=2),
        )
    caption = words.say(
        of_unit(
            effect.unit,
            household=N_(
                "Gap: {mailed} households reached by campaigns and {others} others, all weeks; effect: {treated} first "
                "reached by {campaigns}, {before} weeks before and up to {after} from the start; 95% intervals."
            ),
            customer=N_(
                "Gap: {mailed} customers reached by campaigns and {others} others, all weeks; effect: {treated} first "
                "reached by {campaigns}, {before} weeks before and up to {after} from the start; 95% intervals."
            ),
        ),
        campaigns=campaigns_named(effect.name if effect.single else "", words),
        mailed=result.naive.treated,
        others=result.naive.controls,
        treated=effect.treated,
        before=effect.weeks_before,
        after=effect.weeks_after,
    )
    return Finding(sentence=f"{words.say(more, gap=gap)} {told}", alt=alt, caption=caption)


def _course(effect: CampaignEffect, words: Words) -> str:
    """How the mailed bought once campaigns had begun, against the course of the others."""
    message = (
        N_(
            "Once {campaigns} had begun they bought **{change} a week less** than the others' course lets expect "
            "({interval}); taken in per cent instead of as an equal amount, the change is {relative}."
        )
        if effect.additive.value < 0
        else N_(
            "Once {campaigns} had begun they bought **{change} a week more** than the others' course lets expect "
            "({interval}); taken in per cent instead of as an equal amount, the change is {relative}."
        )
    )
    told = words.say(
        message,
        campaigns=campaigns_named(effect.name if effect.single else "", words),
        change=words.money(abs(effect.additive.value), digits=2),
        interval=words.interval(effect.additive.low, effect.additive.high, "money"),
        relative=change_in_words(effect.relative, words),
    )
    if effect.relative.claimed:
        return told
    reason = why_not(effect.relative.reason, words)
    return f"{told} {words.say(N_('No effect is claimed: {reason}.'), reason=reason)}"


@finding.register
def _(result: CampaignEffects, words: Words) -> Finding:
    shown = result.types or (result.overall,)
    claimed = [effect for effect in shown if effect.relative.claimed]
    sentence = " ".join(part for part in (_by_type(result, claimed, words), _use(result.table, words)) if part)
    able = [effect.relative.value for effect in shown if not effect.refused]
    alt = words.say(N_("Grey dots for {n} types of campaigns, none of which can be told."), n=len(shown))
    if able:
        lowest, highest = (words.percent(pick(able)) for pick in (min, max))
        alt = words.say(
            N_("Dots with intervals by type of campaign around a line at no change: from {lowest} to {highest}."),
            lowest=lowest,
            highest=highest,
        )
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "{treated} households first reached by one of {campaigns} campaigns, against up to {controls} left "
                "alone over the same weeks; 95% intervals."
            ),
            customer=N_(
                "{treated} customers first reached by one of {campaigns} campaigns, against up to {controls} left "
                "alone over the same weeks; 95% intervals."
            ),
        ),
        treated=result.overall.treated,
        campaigns=len(result.overall.campaigns),
        controls=result.overall.controls,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _by_type(result: CampaignEffects, claimed: list[CampaignEffect], words: Words) -> str:
    """Which types changed sales, or the one that came nearest to it."""
    shown = result.types or (result.overall,)
    if claimed:
        best = max(claimed, key=lambda effect: abs(effect.relative.value))
        return words.say(
            N_("Sales changed by **{change}** with {type}; a claim is made for {n} of {all} types."),
            change=change_in_words(best.relative, words),
            type=type_name(best.name, words),
            n=len(claimed),
            all=len(shown),
        )
    able = [effect for effect in shown if not effect.refused]
    if not able:
        codes = dict.fromkeys(effect.relative.reason for effect in shown)
        return words.say(
            N_("**What campaigns did cannot be told for any type** ({all} compared): {reasons}."),
            all=len(shown),
            reasons=words.listed([why_not(code, words) for code in codes]),
        )
    nearest = min(able, key=lambda effect: 1.0 if effect.relative.p is None else effect.relative.p)
    named = {
        "change": change_in_words(nearest.relative, words),
        "type": type_name(nearest.name, words),
        "reason": why_not(nearest.relative.reason, words),
        "all": len(shown),
    }
    if len(shown) == 1:
        message = N_("**No effect can be claimed**: sales changed by {change}, but {reason}.")
    else:
        message = N_(
            "**No effect can be claimed for any of {all} types.** Nearest to it is {type}: sales changed by {change}, "
            "but {reason}."
        )
    return words.say(message, **named)


def _use(table: pd.DataFrame, words: Words) -> str:
    """How many coupons were used, by type; empty where not known."""
    # A mailing without a coupon, such as a letter, has none to use.
    known = table[~table["everything"] & (table["used"] > 0)]
    if known.empty:
        return ""
    low, high = known.loc[known["used"].idxmin()], known.loc[known["used"].idxmax()]
    named = {
        "low": words.percent(float(low["used"])),
        "high": words.percent(float(high["used"])),
        "least": type_name(str(low["name"]), words),
        "most": type_name(str(high["name"]), words),
    }
    if len(known) == 1:
        return words.say(N_("{high} of the mailings led to a used coupon."), **named)
    return words.say(N_("Of the mailings, {low} ({least}) to {high} ({most}) led to a used coupon."), **named)


def campaign_rows(result: CampaignEffects, words: Words) -> pd.DataFrame:
    """The table by type with names and reasons in words.

    Returns:
        The table of the result with `label` (the type, or all campaigns) and `told` (whether the effect is claimed, or
        why not, in a word or two).
    """
    everything = words.say(N_("All campaigns"))
    labels = [everything if row.everything else type_name(str(row.name), words) for row in rows(result.table)]
    told = [
        words.say(CLAIMED if row.claimed else FEW if row.few else SHORT.get(str(row.reason), FEW))
        for row in rows(result.table)
    ]
    return result.table.assign(label=labels, told=told)

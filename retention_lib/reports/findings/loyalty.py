"""Sentences of the loyalty report."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.models.campaigns import RedemptionRates
from retention_lib.models.impact import EventStudy, NaiveDifference, OtherContacts
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import row
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: NaiveDifference, words: Words) -> Finding:
    message = of_unit(
        result.unit,
        household=N_(
            "In the weeks after, mailed households spent {treated} a week and the others {control}: a gap of **{gap}** "
            "that says who was mailed, not what the mail did."
        ),
        customer=N_(
            "In the weeks after, mailed customers spent {treated} a week and the others {control}: a gap of **{gap}** "
            "that says who was mailed, not what the mail did."
        ),
    )
    return Finding(
        sentence=words.say(
            message,
            treated=words.money(result.treated_mean, digits=2),
            control=words.money(result.control_mean, digits=2),
            gap=words.money(result.difference.value, digits=2),
        )
    )


@finding.register
def _(result: EventStudy, words: Words) -> Finding:
    sentence = _drifting(result, words) if result.refused else _course(result, words)
    shown = N_(
        "Dots with intervals for {weeks} weeks around a line at zero, before and after the start of the campaign."
    )
    alt = words.say(shown, weeks=result.weeks_before + result.weeks_after)
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "{treated} mailed and {controls} unmailed households, {weeks} weeks; each week against the week "
                "before the start, the sentence against all weeks before; bars: 95% intervals."
            ),
            customer=N_(
                "{treated} mailed and {controls} unmailed customers, {weeks} weeks; each week against the week "
                "before the start, the sentence against all weeks before; bars: 95% intervals."
            ),
        ),
        treated=result.households_treated,
        controls=result.households_control,
        weeks=result.weeks_before + result.weeks_after,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _named(campaign: str, words: Words) -> str:
    """The campaign of a study by its name, where it has one."""
    return words.say(N_("campaign {name}"), name=campaign) if campaign else words.say(N_("the campaign"))


def _drifting(result: EventStudy, words: Words) -> str:
    """That the groups were drifting apart before, so that nothing is told."""
    message = N_(
        "Before {campaign} the two groups differed by more than chance in how they moved over {weeks} weeks, so **what "
        "it did cannot be told**."
    )
    return words.say(message, campaign=_named(result.campaign, words), weeks=result.weeks_before)


def _course(result: EventStudy, words: Words) -> str:
    """What the mailed bought against the others' course, how both moved before, and why it is not the number above."""
    # Week -1 is the reference and 0 by construction, so it is no difference that was found.
    effect, leads = result.did_effect, result.effects[result.effects["week"] < -1]
    message = (
        N_(
            "From the start of {campaign} on the mailed spent **{effect} a week less** than the others' course would "
            "have given ({interval}), set against all weeks before."
        )
        if effect.value < 0
        else N_(
            "From the start of {campaign} on the mailed spent **{effect} a week more** than the others' course would "
            "have given ({interval}), set against all weeks before."
        )
    )
    told = words.say(
        message,
        campaign=_named(result.campaign, words),
        effect=words.money(abs(effect.value), digits=2),
        interval=words.interval(effect.low, effect.high, "money"),
    )
    if not effect.claimed:
        told = f"{told} {words.say(N_('Chance alone can do that.'))}"
    before = words.interval(float(leads["effect"].min()), float(leads["effect"].max()), "money")
    alike = words.say(
        N_("In the weeks before, the two groups moved alike: differences of {before}, as chance makes them."),
        before=before,
    )
    if not result.newcomers:
        return f"{told} {alike}"
    newcomers = N_(
        "Here those count too who first bought after the comparison had begun, so the number is not that of the "
        "comparison by type, which leaves them out."
    )
    return f"{told} {words.say(newcomers)} {alike}"


@finding.register
def _(result: RedemptionRates, words: Words) -> Finding:
    table = result.table
    top, low = row(table, table["share"].idxmax()), row(table, table["share"].idxmin())
    sentence = words.say(
        N_(
            "Over {n} campaigns **{share}** of those mailed used a coupon, from {low} (campaign {worst}) to {high} "
            "(campaign {best}). A used coupon is not a gained sale: many would have bought anyway."
        ),
        n=len(table),
        share=words.percent(result.overall.value),
        low=words.percent(low["share"]),
        worst=low["campaign"],
        high=words.percent(top["share"]),
        best=top["campaign"],
    )
    alt = words.say(
        N_(
            "Dots with intervals by campaign: the share of mailed customers who used a coupon runs from {low} to "
            "{high}."
        ),
        low=words.percent(low["share"]),
        high=words.percent(top["share"]),
    )
    caption = words.say(
        N_("{mailed} mailings to customers in {n} campaigns, newest below; bars: 95% intervals."),
        mailed=int(table["mailed"].sum()),
        n=len(table),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@alert.register
def _(result: OtherContacts, words: Words) -> Alert:
    told: dict[str, Any] = {"touched": result.touched, "treated": result.treated}
    effect = result.effect_without
    if not isinstance(effect, NotEnough):
        told["effect"] = words.money(effect.value, digits=2)
        told["interval"] = words.interval(effect.low, effect.high, "money")
    sentence = words.say(_other_mail(result), campaign=_named(result.campaign, words), **told)
    return check_alert(found=result.touched > 0, title=words.say(N_("Other mail.")), sentence=sentence)


def _other_mail(result: OtherContacts) -> str:
    """What is said of other campaigns that reached those mailed."""
    effect = result.effect_without
    if result.touched == 0:
        return of_unit(
            result.unit,
            household=N_("No campaign but {campaign} reached the mailed households before the comparison ended."),
            customer=N_("No campaign but {campaign} reached the mailed customers before the comparison ended."),
        )
    if not isinstance(effect, NotEnough) and effect.reason == "pretrend_rejected":
        return of_unit(
            result.unit,
            household=N_(
                "Of {treated} households mailed by {campaign}, another campaign reached {touched} before the "
                "comparison ended; without them the groups were drifting apart before the start."
            ),
            customer=N_(
                "Of {treated} customers mailed by {campaign}, another campaign reached {touched} before the "
                "comparison ended; without them the groups were drifting apart before the start."
            ),
        )
    if isinstance(effect, NotEnough):
        return of_unit(
            result.unit,
            household=N_(
                "Of {treated} households mailed by {campaign}, another campaign reached {touched} before the "
                "comparison ended; too few are left without them."
            ),
            customer=N_(
                "Of {treated} customers mailed by {campaign}, another campaign reached {touched} before the "
                "comparison ended; too few are left without them."
            ),
        )
    return of_unit(
        result.unit,
        household=N_(
            "Of {treated} households mailed by {campaign}, another campaign reached {touched} before the "
            "comparison ended; without them the change is {effect} a household-week ({interval})."
        ),
        customer=N_(
            "Of {treated} customers mailed by {campaign}, another campaign reached {touched} before the "
            "comparison ended; without them the change is {effect} a customer-week ({interval})."
        ),
    )

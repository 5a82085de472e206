"""Sentences of the loyalty report."""

from __future__ import annotations

from retention_lib.measures.campaigns import CampaignWeeks
from retention_lib.models.campaigns import RedemptionRates
from retention_lib.models.estimates import NotEnough
from retention_lib.models.impact import EventStudy, NaiveDifference, OtherContacts
from retention_lib.reports.blocks import Action, Alert, Status, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict
from retention_lib.reports.rows import row
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

PARALLEL = 0.05


@verdict.register
def _(result: EventStudy, words: Words, *, naive: NaiveDifference | NotEnough, campaign: CampaignWeeks) -> Verdict:
    effect = result.did_effect
    shown = {
        "campaign": campaign.campaign_id,
        "day": campaign.started,
        "change": words.money(effect.value, digits=2),
        "interval": words.interval(effect.low, effect.high, "money"),
    }
    if effect.claimed:
        message = of_unit(
            result.unit,
            household=N_(
                "Campaign {campaign} (from {day}) changed sales by **{change} a household-week** ({interval}), beyond "
                "chance."
            ),
            customer=N_(
                "Campaign {campaign} (from {day}) changed sales by **{change} a customer-week** ({interval}), beyond "
                "chance."
            ),
        )
        status: Status = "good" if effect.value > 0 else "act"
    elif result.pretrend_p < PARALLEL:
        message = N_(
            "**No effect of campaign {campaign} (from {day}) can be claimed**: the groups were drifting apart before "
            "it."
        )
        status = "unknown"
    else:
        message = of_unit(
            result.unit,
            household=N_(
                "**No effect of campaign {campaign} (from {day}) is shown**: compared with their own past and with "
                "households left alone, sales changed by {change} a household-week ({interval}), which chance alone "
                "can do."
            ),
            customer=N_(
                "**No effect of campaign {campaign} (from {day}) is shown**: compared with their own past and with "
                "customers left alone, sales changed by {change} a customer-week ({interval}), which chance alone "
                "can do."
            ),
        )
        status = "watch"
    return Verdict(status=status, sentence=f"{words.say(message, **shown)} {_raw_gap(naive, words)}".strip())


def _raw_gap(naive: NaiveDifference | NotEnough, words: Words) -> str:
    """What the plain comparison would have said, and whether the gap was there before; empty without a gap."""
    if isinstance(naive, NotEnough) or naive.difference.value <= 0:
        return ""
    gap = words.money(naive.difference.value, digits=2)
    if naive.gap_before is None:
        return words.say(N_("The mailed spent {gap} a week more than the others; that gap is no effect."), gap=gap)
    before = words.money(naive.gap_before, digits=2)
    return words.say(
        N_(
            "The mailed spent {gap} a week more than the others afterwards, and {before} more before it: the gap "
            "says who "
            "was mailed."
        ),
        gap=gap,
        before=before,
    )


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
    # Week -1 is the reference and 0 by construction, so it is no difference that was found.
    effect, leads = result.did_effect, result.effects[result.effects["week"] < -1]
    before = words.interval(float(leads["effect"].min()), float(leads["effect"].max()), "money")
    trend = (
        N_("The weeks before differ by more than chance (p {p}), so the comparison cannot carry a claim.")
        if result.pretrend_p < PARALLEL
        else N_("In the weeks before, the two groups moved alike (differences of {before}, p {p}).")
    )
    message = (
        N_(
            "From the start on the mailed spent **{effect} a week less** than the others' course would have given "
            "({interval})."
        )
        if effect.value < 0
        else N_(
            "From the start on the mailed spent **{effect} a week more** than the others' course would have given "
            "({interval})."
        )
    )
    interval = words.interval(effect.low, effect.high, "money")
    sentence = words.say(message, effect=words.money(abs(effect.value), digits=2), interval=interval)
    sentence += " " + words.say(trend, p=words.p_value(result.pretrend_p), before=before)
    alt = words.say(
        of_unit(
            result.unit,
            household=N_(
                "Dots with intervals by week around a line at zero: on average {effect} a household-week after the "
                "start of the campaign."
            ),
            customer=N_(
                "Dots with intervals by week around a line at zero: on average {effect} a customer-week after the "
                "start of the campaign."
            ),
        ),
        effect=words.money(effect.value, digits=2),
    )
    caption = words.say(
        of_unit(
            result.unit,
            household=N_(
                "{treated} mailed and {controls} unmailed households, {weeks} weeks; each week against week -1, the "
                "headline against all weeks before; bars: 95% intervals, clustered by household."
            ),
            customer=N_(
                "{treated} mailed and {controls} unmailed customers, {weeks} weeks; each week against week -1, the "
                "headline against all weeks before; bars: 95% intervals, clustered by customer."
            ),
        ),
        treated=result.households_treated,
        controls=result.households_control,
        weeks=result.weeks_before + result.weeks_after,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


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


@action.register
def _(result: EventStudy, words: Words) -> Action:
    if result.did_effect.claimed and result.did_effect.value > 0:
        title = N_("Repeat the campaign, and leave a random tenth unmailed")
    else:
        title = N_("Before the next campaign, leave a **random tenth unmailed**")
    half = (float(result.did_effect.high or 0) - float(result.did_effect.low or 0)) / 2
    mailed = of_unit(
        result.unit, household=N_("Households mailed this time"), customer=N_("Customers mailed this time")
    )
    change = of_unit(
        result.unit,
        household=N_("a change of about {size} a household-week or more"),
        customer=N_("a change of about {size} a customer-week or more"),
    )
    facts = (
        (words.say(mailed), words.number(result.households_treated)),
        (words.say(N_("This comparison can show")), words.say(change, size=words.money(half, digits=2))),
    )
    note = words.say(
        N_(
            "The mailing went to those who buy more anyway, so no comparison afterwards is safe. A group left alone by "
            "chance costs a tenth of the mailing and answers the question."
        )
    )
    return Action(title=words.say(title), tested=False, facts=facts, note=note)


@alert.register
def _(result: EventStudy, words: Words) -> Alert:
    alike = result.pretrend_p >= PARALLEL
    message = (
        N_("The groups moved alike before the campaign (joint test of the weeks before: p {p}).")
        if alike
        else N_("The groups already drifted apart before the campaign (joint test: p {p}); no effect is claimed.")
    )
    return Alert(
        level="ok" if alike else "stop",
        title=words.say(N_("Before the start.")),
        sentence=words.say(message, p=words.p_value(result.pretrend_p)),
    )


@alert.register
def _(result: OtherContacts, words: Words) -> Alert:
    effect = result.effect_without
    counts = {"touched": result.touched, "treated": result.treated}
    if result.touched == 0:
        message = of_unit(
            result.unit,
            household=N_("No other campaign reached the mailed households before the comparison ended."),
            customer=N_("No other campaign reached the mailed customers before the comparison ended."),
        )
        sentence = words.say(message)
    elif isinstance(effect, NotEnough):
        message = of_unit(
            result.unit,
            household=N_(
                "Another campaign also reached {touched} of {treated} mailed households; too few are left without them."
            ),
            customer=N_(
                "Another campaign also reached {touched} of {treated} mailed customers; too few are left without them."
            ),
        )
        sentence = words.say(message, **counts)
    else:
        message = of_unit(
            result.unit,
            household=N_(
                "Another campaign also reached {touched} of {treated} mailed households before the comparison ended; "
                "without them the change is {effect} a household-week ({interval})."
            ),
            customer=N_(
                "Another campaign also reached {touched} of {treated} mailed customers before the comparison ended; "
                "without them the change is {effect} a customer-week ({interval})."
            ),
        )
        interval = words.interval(effect.low, effect.high, "money")
        sentence = words.say(message, **counts, effect=words.money(effect.value, digits=2), interval=interval)
    return Alert(level="warn" if result.touched else "ok", title=words.say(N_("Other mail.")), sentence=sentence)

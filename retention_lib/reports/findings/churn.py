"""Sentences of the churn diagnosis."""

from __future__ import annotations

from retention_lib.models.estimates import Estimate, NotEnough
from retention_lib.models.lapse import LapseWindow, ReturnChance
from retention_lib.models.retention import LapseCurve, MonthlyFlows, MonthRetention
from retention_lib.models.survival import PurchaseSurvival
from retention_lib.reports.blocks import Alert, Status, Verdict
from retention_lib.reports.findings.base import Finding, alert, finding, verdict
from retention_lib.reports.rows import rows
from retention_lib.reports.style import FEW
from retention_lib.reports.words import N_, Words


@verdict.register
def _(
    result: MonthRetention,
    words: Words,
    *,
    change: Estimate | NotEnough,
    returns: ReturnChance | NotEnough,
) -> Verdict:
    sentences = [
        words.say(
            N_(
                "**{lapsed} of {start}** customers who were buying when {month} began went quiet: {share} "
                "({interval}) have not bought for {days}{change}."
            ),
            lapsed=result.customers_lapsed,
            start=result.customers_active_start,
            month=words.month(result.month),
            share=words.percent(result.lapse_rate.value),
            interval=words.interval(result.lapse_rate.low, result.lapse_rate.high, "share"),
            days=words.days(result.lapse_days),
            change=_change_clause(change, words),
        )
    ]
    sentences.append(_expected_loss(result, returns, words))
    return Verdict(status=_status(result, change), sentence=" ".join(part for part in sentences if part))


def _change_clause(change: Estimate | NotEnough, words: Words) -> str:
    """The change on the month before as the end of a sentence; empty where there is no month before."""
    if isinstance(change, NotEnough) or change.low is None or change.high is None:
        return ""
    size = words.points(abs(change.value))
    if change.low > 0:
        return words.say(N_(", {points} more than the month before, which is more than chance"), points=size)
    if change.high < 0:
        return words.say(N_(", {points} less than the month before, which is more than chance"), points=size)
    if change.value >= 0:
        return words.say(N_(", about the same as the month before ({points} more, within chance)"), points=size)
    return words.say(N_(", about the same as the month before ({points} less, within chance)"), points=size)


def _expected_loss(result: MonthRetention, returns: ReturnChance | NotEnough, words: Words) -> str:
    """What past experience says of those who went quiet; empty where nothing was measured."""
    if isinstance(returns, NotEnough) or isinstance(returns.lapsed_in_month, NotEnough):
        return ""
    chance = returns.lapsed_in_month
    lost = round(result.customers_lapsed * (1 - chance.value))
    return words.say(
        N_(
            "On past experience {just} of customers who have just gone quiet buy again within {days} ({all} of all the "
            "quiet, however long), so expect about **{lost}** not to come back by then."
        ),
        just=words.percent(chance.value, 0),
        all=words.percent(returns.beyond.value, 0),
        days=words.days(returns.horizon_days),
        lost=lost,
    )


def _status(result: MonthRetention, change: Estimate | NotEnough) -> Status:
    """The light of the verdict.

    Unknown under 30 customers; act when more than half lapse, or more than chance explains; watch when the base
    shrinks; else good.
    """
    if result.customers_active_start < FEW:
        return "unknown"
    rising = isinstance(change, Estimate) and change.low is not None and change.low > 0
    if rising or result.lapse_rate.value > 0.5:
        return "act"
    return "watch" if result.customers_active_end < result.customers_active_start else "good"


@finding.register
def _(result: MonthRetention, words: Words) -> Finding:
    if result.crr.value > 1:
        sentence = words.say(
            N_(
                "Net of those who came back, retention (CRR) is {crr} and churn {churn}: more came back than went "
                "quiet, so the net pair passes 100% and 0%. It is no share of anyone; the gross pair is."
            ),
            crr=words.percent(result.crr.value),
            churn=words.percent(result.churn_rate.value),
        )
    else:
        sentence = words.say(
            N_(
                "Net of those who came back, retention (CRR) is {crr} and churn {churn}; the gross pair above does "
                "not count them in."
            ),
            crr=words.percent(result.crr.value),
            churn=words.percent(result.churn_rate.value),
        )
    return Finding(sentence=sentence)


@finding.register
def _(result: MonthlyFlows, words: Words) -> Finding:
    last, first = result.table.iloc[-1], result.table.iloc[0]
    change = int(last["end"] - last["start"])
    moved = (
        # Where the data begin with the month, a base that grew from nothing would be no growth.
        N_("nobody was active when it began and {end} when it ended")
        if not last["start"]
        else N_("the active base grew by {change}, from {start} to {end}")
        if change > 0
        else N_("the active base shrank by {change}, from {start} to {end}")
        if change < 0
        else N_("the active base stayed at {end}")
    )
    base = words.say(moved, change=abs(change), start=int(last["start"]), end=int(last["end"]))
    sentence = words.say(
        N_(
            "In {month} **{lapsed} went quiet, {back} came back and {new} were new**: {base}. {passed} more came and "
            "went inside the month."
        )
        if last["passed_through"]
        else N_("In {month} **{lapsed} went quiet, {back} came back and {new} were new**: {base}."),
        month=words.month(str(last["month"])),
        lapsed=int(last["lapsed"]),
        back=int(last["reactivated"]),
        new=int(last["new"]),
        base=base,
        passed=int(last["passed_through"]),
    )
    alt = words.say(
        N_(
            "Bars by month: between {low} and {high} customers went quiet each month; in the last one {lapsed} went "
            "quiet, {back} came back and {new} were new."
        ),
        low=int(result.table["lapsed"].min()),
        high=int(result.table["lapsed"].max()),
        lapsed=int(last["lapsed"]),
        back=int(last["reactivated"]),
        new=int(last["new"]),
    )
    caption = words.say(
        N_(
            "Customers by month, {first} to {last}; active = bought in the last {days}. Early months count as new "
            "everyone not seen before."
        ),
        first=words.month(str(first["month"])),
        last=words.month(str(last["month"])),
        days=words.days(result.lapse_days),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: LapseWindow, words: Words) -> Finding:
    sentence = words.say(
        N_(
            "By customers' own rhythm, a silence of {risk} is unusual for half of them and **{lapse}** for four in "
            "five. {outside} of {known} customers ({share}) bought too seldom in the last twelve months for the rule "
            "to judge them."
        ),
        risk=words.days(result.at_risk_days),
        lapse=words.days(result.lapse_days),
        outside=result.customers_outside,
        known=result.customers_known,
        share=words.percent(result.share_outside.value),
    )
    return Finding(sentence=sentence)


@finding.register
def _(result: LapseCurve, words: Words) -> Finding:
    used, short, long = result.used, result.table.iloc[0], result.table.iloc[-1]
    sentence = words.say(
        N_(
            "With a window of {short_days} the month's lapse would read {short}, with {long_days} {long}; with the "
            "{days} used here it is **{share}**. A rate without its window says nothing."
        ),
        short_days=words.days(short["lapse_days"]),
        short=words.percent(short["share"]),
        long_days=words.days(long["lapse_days"]),
        long=words.percent(long["share"]),
        days=words.days(result.lapse_days),
        share=words.percent(used["share"]),
    )
    alt = words.say(
        N_(
            "Falling line: the share that went quiet is {short} under a window of {short_days} and {long} under "
            "{long_days}."
        ),
        short=words.percent(short["share"]),
        short_days=words.days(short["lapse_days"]),
        long=words.percent(long["share"]),
        long_days=words.days(long["lapse_days"]),
    )
    caption = words.say(
        N_("{month}, customers active when it began (n = {n} under the window used); band: 95% interval."),
        month=words.month(result.month),
        n=int(used["start"]),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: ReturnChance, words: Words) -> Finding:
    beyond = result.beyond
    outlook = (
        N_("Most of the silent come back, so this page calls them quiet, not lost.")
        if result.word == "quiet"
        else N_("Most of the silent do not come back.")
    )
    sentence = words.say(
        N_(
            "Of {n} customers silent for more than {window} on {cutoff}, **{share}** ({interval}) bought again within "
            "{days}. {outlook}"
        ),
        n=int(beyond.n or 0),
        window=words.days(result.lapse_days),
        cutoff=result.cutoff,
        share=words.percent(beyond.value, 0),
        interval=words.interval(beyond.low, beyond.high, "share"),
        days=words.days(result.horizon_days),
        outlook=words.say(outlook),
    )
    just = result.lapsed_in_month
    if isinstance(just, Estimate):
        sentence += " " + words.say(
            N_("Of the {n} who had gone quiet in the month before, {share} did ({interval})."),
            n=int(just.n or 0),
            share=words.percent(just.value, 0),
            interval=words.interval(just.low, just.high, "share"),
        )
    first, last = result.bands.iloc[0], result.bands.iloc[-1]
    alt = words.say(
        N_(
            "Dots with intervals by days of silence: {first} of the most recent buyers bought again within {days}, "
            "{last} of those silent longest."
        ),
        first=words.percent(first["share"], 0),
        last=words.percent(last["share"], 0),
        days=words.days(result.horizon_days),
    )
    caption = words.say(
        N_("One row a customer, {n} customers known on {cutoff}, followed for {days}; bars: 95% intervals."),
        n=int(result.bands["customers"].sum()),
        cutoff=result.cutoff,
        days=words.days(result.horizon_days),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@finding.register
def _(result: PurchaseSurvival, words: Words) -> Finding:
    if result.median_days is None:
        middle = words.say(N_("Fewer than half of the customers came back in the time seen."))
    else:
        middle = words.say(N_("Half of the customers are back within **{days}**."), days=words.days(result.median_days))
    shares = [
        words.say(N_("{share} by day {day}"), share=words.percent(float(row.share)), day=int(row.days))
        for row in rows(result.returned)
    ]
    sentence = (
        middle
        if not shares
        else words.say(N_("{middle} Returned: {shares}."), middle=middle, shares=words.listed(shares))
    )
    alt = (
        words.say(
            N_("Falling curve of the share not yet back after a purchase; {shares}."),
            shares=words.listed(shares),
        )
        if shares
        else words.say(
            N_("Falling curve of the share not yet back after a purchase, of {n} customers."), n=result.customers
        )
    )
    caption = words.say(
        N_(
            "One purchase a customer, the first in the twelve months seen; n = {n}, of whom {events} bought again; "
            "band: 95% interval."
        ),
        n=result.customers,
        events=result.events,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


@alert.register
def _(result: LapseWindow, words: Words) -> Alert:
    return Alert(
        level="warn" if result.share_outside.value > 0.5 else "ok",
        title=words.say(N_("Window.")),
        sentence=words.say(
            N_(
                "The lapse window rests on {n} customers with at least three gaps between purchases; before rounding "
                "it is {low} to {high} days (95% interval)."
            ),
            n=result.customers_judged,
            low=words.number(result.lapse.low, 1),
            high=words.number(result.lapse.high, 1),
        ),
    )

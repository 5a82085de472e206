"""Sentences about when a customer is gone: the window, who comes back, and who stays after coming back."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.changes import beyond_chance
from retention_lib.models.definitions import RetentionDefinitions
from retention_lib.models.lapse import LapseWindow, ReturnChance
from retention_lib.models.retention import LapseCurve
from retention_lib.models.returning import ReturnsByPurchases
from retention_lib.models.staying import Staying
from retention_lib.models.window_groups import WindowGroups
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import rows, segment_name
from retention_lib.reports.words import N_, Words

NAMED_GROUPS = 3


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


@alert.register
def _(result: LapseWindow, words: Words) -> Alert:
    low, high = result.lapse.low, result.lapse.high
    message = (
        N_(
            "The window rests on {n} customers with at least three gaps between purchases: {low} to {high} days (95% "
            "interval). Of {open} of them it is only known that their rhythm is slower than their silence is long."
        )
        if high is not None
        else N_(
            "The window rests on {n} customers with at least three gaps between purchases: {low} days or more (95% "
            "interval). Of {open} of them it is only known that their rhythm is slower than their silence is long."
        )
    )
    return check_alert(
        found=result.share_outside.value > 0.5 or high is None,
        title=words.say(N_("Window.")),
        sentence=words.say(
            message,
            n=result.customers_judged,
            low=words.number(low),
            high=words.number(high),
            open=result.customers_unreached,
        ),
    )


@finding.register
def _(result: WindowGroups, words: Words) -> Finding:
    store = words.days(result.lapse_days)
    if result.by == "purchases":
        message, named = (
            N_(
                "By purchases in the twelve months, the same rule gives windows of {groups}; in part by arithmetic, "
                "for many purchases leave room for short gaps only."
            ),
            result.judged,
        )
    elif result.differing.empty:
        message, named = (
            N_("No category asks for a window of its own: {window} lies in the interval of all {n}."),
            result.differing,
        )
    else:
        message, named = (
            N_("One window of {window} does not do for all: by the category they spend most on it would be {groups}."),
            result.differing.head(NAMED_GROUPS),
        )
    groups = words.listed([_group_window(row, result, words) for row in rows(named)])
    return Finding(sentence=words.say(message, window=store, n=len(result.judged), groups=groups))


def _group_window(row: Any, result: WindowGroups, words: Words) -> str:
    """A group and its window, as in "120 days (4-6)"."""
    group, lapse, low = str(row.group), float(row.lapse), float(row.low)
    days = words.say(N_("over {days}"), days=words.days(low)) if pd.isna(lapse) else words.days(lapse)
    name = group if result.by == "purchases" else segment_name(group, words)
    return words.say(N_("{days} ({group})"), days=days, group=name)


@finding.register
def _(result: LapseCurve, words: Words) -> Finding:
    used, short, long = result.used, result.table.iloc[0], result.table.iloc[-1]
    sentence = words.say(
        N_(
            "With a window of {short_days} the month's lapse would read {short}, with {long_days} {long}; with the "
            "{days} used here it is **{share}**."
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
    told = [_beyond(result, words), _just_reached(result, words), _outlook(result, words)]
    return Finding(sentence=" ".join(part for part in told if part))


def _beyond(result: ReturnChance, words: Words) -> str:
    """Everyone beyond the window, and how steady that share was at the earlier cut-offs."""
    earlier = result.earlier["share"]
    message = (
        N_(
            "Of {n} customers silent for more than {window} on {cutoff}, **{share}** ({interval}) bought again within "
            "{days}; at {months} earlier month starts it was {low} to {high}."
        )
        if len(earlier) > 1
        else N_(
            "Of {n} customers silent for more than {window} on {cutoff}, **{share}** ({interval}) bought again within "
            "{days}."
        )
    )
    return words.say(
        message,
        n=int(result.beyond.n or 0),
        window=words.days(result.lapse_days),
        cutoff=result.cutoff,
        share=words.percent(result.beyond.value, 0),
        interval=words.interval(result.beyond.low, result.beyond.high, "share"),
        days=words.days(result.horizon_days),
        months=len(earlier),
        low=words.percent(float(earlier.min()), 0),
        high=words.percent(float(earlier.max()), 0),
    )


def _just_reached(result: ReturnChance, words: Words) -> str:
    """Those who had only just passed the window; empty where there was nobody."""
    just = result.just_reached
    if isinstance(just, NotEnough):
        return ""
    return words.say(
        N_("Of the {n} of them silent for no more than {longest}, {share} did ({interval})."),
        n=int(just.n or 0),
        longest=words.days(int(1.5 * result.lapse_days)),
        share=words.percent(just.value, 0),
        interval=words.interval(just.low, just.high, "share"),
    )


def _outlook(result: ReturnChance, words: Words) -> str:
    """What that makes of the silent."""
    latest = result.lapsed_in_month
    if result.word == "lapsed":
        message = N_("Most of the silent do not come back, so this page calls them lapsed.")
    elif result.beyond.value > 0.5:
        message = N_("Most of the silent come back, so this page calls them quiet (overdue), not lapsed.")
    elif isinstance(latest, Estimate) and latest.value >= 0.5:
        message = N_(
            "Of those who went quiet in the month before, half or more come back, so this page calls them quiet "
            "(overdue), not lapsed."
        )
    else:
        message = N_(
            "That most of the silent stay away may be chance, so this page calls them quiet (overdue), not lapsed."
        )
    return words.say(message)


@finding.register
def _(result: ReturnsByPurchases, words: Words) -> Finding:
    classes = result.beyond
    few, many = classes.iloc[0], classes.iloc[-1]
    said = {
        "window": words.days(result.lapse_days),
        "days": words.days(result.horizon_days),
        "share": words.percent(few["share"], 0),
        "n": int(few["customers"]),
        "class_": class_name(few["purchases_from"], few["purchases_to"], words),
        "other": words.percent(many["share"], 0),
        "other_n": int(many["customers"]),
        "other_class": class_name(many["purchases_from"], many["purchases_to"], words),
    }
    if len(classes) == 1:
        message = N_("Of {n} customers with {class_} silent for more than {window}, **{share}** bought within {days}.")
    elif beyond_chance(result.spread):
        message = N_(
            "How often they had bought tells who comes back: silent for more than {window}, **{other}** of the "
            "customers with {other_class} ({other_n}) bought again within {days}, and {share} of those with {class_} "
            "({n})."
        )
    else:
        message = N_(
            "How often they had bought tells little: silent for more than {window}, **{other}** of the customers with "
            "{other_class} ({other_n}) bought again within {days}, and {share} of those with {class_} ({n})."
        )
    alt = words.say(
        N_(
            "Shaded cells by number of purchases and days of silence: of those silent for more than {window}, {share} "
            "with {class_} bought again, {other} with {other_class}."
        ),
        **said,
    )
    caption = words.say(
        N_("Share that bought within {days} after {cutoff}, and customers; grey: fewer than 30."),
        days=said["days"],
        cutoff=result.cutoff,
    )
    return Finding(sentence=words.say(message, **said), alt=alt, caption=caption)


def class_name(least: int, most: Any, words: Words) -> str:
    """A class of purchases, as in "4 to 9 purchases"."""
    if pd.isna(most):
        return words.say(N_("{n} purchases or more"), n=int(least))
    last = int(most)
    if last == int(least):
        return words.count("{n} purchase", "{n} purchases", last)
    return words.say(N_("{least} to {most} purchases"), least=int(least), most=last)


@finding.register
def _(result: RetentionDefinitions, words: Words) -> Finding:
    period, bracket = (result.of(name).iloc[-1] for name in ("in_period", "bracket"))
    shares = {
        "period": words.percent(result.in_period.value, 0),
        "bracket": words.percent(result.bracket.value, 0),
        "later": words.percent(result.on_or_after.value, 0),
    }
    days = {
        "from_": int(period["from_day"]),
        "to": int(period["to_day"]),
        "first": int(bracket["from_day"]),
        "last": int(bracket["to_day"]),
    }
    sentence = words.say(
        N_(
            "The same {n} customers are kept to **{period}, {bracket} or {later}**: bought between days {from_} and "
            "{to} after their first purchase, between days {first} and {last}, or on day {from_} or later. On or "
            "after counts up to the end of the data, so it falls short for those who came last: compare it only "
            "between customers followed for as long."
        ),
        n=result.customers,
        **shares,
        **days,
    )
    alt = words.say(
        N_("Three lines by days since the first purchase; by day {to} they read {period}, {bracket} and {later}."),
        **shares,
        to=days["to"],
    )
    base = (
        N_("n = {n} customers whose first purchase is known to be their first, followed for {short} to {long}.")
        if result.new
        else N_(
            "n = {n} customers first seen in the last year that can be followed, for {short} to {long}; too few are "
            "known to be new."
        )
    )
    followed = {"short": words.days(result.followed_days), "long": words.days(result.longest_days)}
    return Finding(sentence=sentence, alt=alt, caption=words.say(base, n=result.customers, **followed))


@finding.register
def _(result: Staying, words: Words) -> Finding:
    back, stayed = result.came_back, result.stayed
    sentence = words.count(
        "Of {n_back} who came back, **{back}** ({interval}) were still active {n} month later, against {stayed} of "
        "those who had stayed.",
        "Of {n_back} who came back, **{back}** ({interval}) were still active {n} months later, against {stayed} of "
        "those who had stayed.",
        result.months_after,
        n_back=int(back.n or 0),
        back=words.percent(back.value, 0),
        interval=words.interval(back.low, back.high, "share"),
        stayed=words.percent(stayed.value, 0),
    )
    if isinstance(result.new, Estimate):
        sentence += " " + words.say(
            N_("Of the {n} new it was {share}."), n=int(result.new.n or 0), share=words.percent(result.new.value, 0)
        )
    alt = words.count(
        "Lines by months since then: after {n} month {back} of those who came back were active, {stayed} of those who "
        "had stayed.",
        "Lines by months since then: after {n} months {back} of those who came back were active, {stayed} of those "
        "who had stayed.",
        result.months_after,
        back=words.percent(back.value, 0),
        stayed=words.percent(stayed.value, 0),
    )
    caption = words.say(
        N_(
            "Customers who came back, stayed or were new from {first} to {last} and bought then; active = bought in "
            "the last {days}; band: 95% interval."
        ),
        first=words.month(result.first_month),
        last=words.month(result.last_month),
        days=words.days(result.lapse_days),
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)

"""Sentences of what points will still be used, and of what is owed for them."""

from __future__ import annotations

import pandas as pd

from retention_lib.models.liability import PointsLiability
from retention_lib.models.redemption import Redemption
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, finding
from retention_lib.reports.words import N_, Words

_USED = N_(
    "In the end **{rate}** of all points credited so far will have been used ({interval}); {used} have been already."
)


@finding.register
def _(result: Redemption, words: Words) -> Finding:
    rate = result.rate
    shown = {
        "rate": words.percent(rate.value),
        "interval": words.interval(rate.low, rate.high, "share"),
        "used": words.percent(result.redeemed / result.credited),
        "outstanding": words.number(result.outstanding),
        "share": words.percent(1 - result.unused_share, 0),
    }
    told = [words.say(_USED, **shown), _by_validity(result.groups, words)]
    if result.outstanding >= 1:
        message = N_("Of the {outstanding} points outstanding, {share} will still be used, the rest never.")
        told.append(words.say(message, **shown))
    told.append(_tail(result, words))
    caption = words.say(
        N_("{points} points by the month in which they were credited; light: still to come; lines: {level} intervals."),
        points=words.number(result.credited),
        level=words.percent(result.level, 0),
    )
    alt = words.say(
        N_("Bars by month: the share of points used so far and, in the last months, still to come; {rate} in the end."),
        **shown,
    )
    return Finding(sentence=" ".join(part for part in told if part), alt=alt, caption=caption)


def _by_validity(groups: pd.DataFrame, words: Words) -> str:
    """Points that live longest against those that live shortest; empty where all live alike."""
    dated = groups[groups["validity"] > 0]
    if len(dated) < 2:
        return ""
    short, long = dated.iloc[0], dated.iloc[-1]
    return words.say(
        N_("That is {long} of points that live {long_time} and {short} of those that live {short_time}."),
        long_time=_months(int(long["validity"]), words),
        long=words.percent(long["rate"], 0),
        short_time=_months(int(short["validity"]), words),
        short=words.percent(short["rate"], 0),
    )


def _months(count: int, words: Words) -> str:
    return words.count("{n} month", "{n} months", count)


def _tail(result: Redemption, words: Words) -> str:
    """What stands on an assumption; empty where nothing does."""
    if result.tail is None:
        return ""
    return words.say(
        N_(
            "{points} of the points outstanding will get older than any seen so far, {age}: that {share} of these are "
            "used is an assumption, and the interval reaches from none of them to all."
        ),
        points=words.number(result.tail.points),
        age=_months(result.tail.ages, words),
        share=words.percent(result.tail.share, 0),
    )


@finding.register
def _(result: PointsLiability, words: Words) -> Finding:
    face = result.face
    shown = {
        "face": words.money(face.value, compact=True),
        "interval": words.interval(face.low, face.high, "money", compact=True),
        "most": words.money(result.most, compact=True),
        "unused": words.percent(result.redemption.unused_share, 0),
        "day": result.redemption.until,
    }
    told = [words.say(N_("For points credited so far we owe **{face}** at face value ({interval})."), **shown)]
    told.append(_at_cost(result, words))
    if result.redemption.outstanding >= 1:
        message = N_("If every point outstanding were used it would be {most}, but {unused} of them never will be.")
        told.append(words.say(message, **shown))
    told += [_beyond(result, words), _value_of_a_point(result, words)]
    caption = words.say(
        N_("Money that points credited before {day} will pay, by month; bars: {level} intervals."),
        **shown,
        level=words.percent(result.redemption.level, 0),
    )
    if result.redemption.tail is not None:
        caption += " " + words.say(N_("Points older than any seen so far are in the sum, not in the bars."))
    alt = words.say(N_("Bars by month ahead: what points will pay, {face} in all."), **shown)
    return Finding(sentence=" ".join(part for part in told if part), alt=alt, caption=caption)


def _at_cost(result: PointsLiability, words: Words) -> str:
    cost = result.at_cost
    if result.margin is None or not hasattr(cost, "low"):
        return ""
    return words.say(
        N_("The goods that they will pay for cost **{cost}** ({interval}), at a margin of {margin}."),
        cost=words.money(cost.value, compact=True),
        interval=words.interval(cost.low, cost.high, "money", compact=True),
        margin=words.percent(result.margin),
    )


def _beyond(result: PointsLiability, words: Words) -> str:
    tail = result.redemption.tail
    if tail is None:
        return ""
    return words.say(
        N_(
            "Points for {money} will get older than any seen so far; the sum takes {share} of them to be used, the "
            "interval none to all."
        ),
        money=words.money(result.beyond, compact=True),
        share=words.percent(tail.share, 0),
    )


def _value_of_a_point(result: PointsLiability, words: Words) -> str:
    told = {
        "redemptions": N_("A point pays {value}, as the redemptions of the last year show."),
        "settings": N_("A point pays {value}, as the parameter file says."),
    }
    value = result.point_value
    digits = next((few for few in (2, 3) if abs(round(value, few) - value) < value / 100), 4)
    return words.say(told[result.source], value=words.money(value, digits=digits))


@alert.register
def _(result: Redemption, words: Words) -> Alert:
    title = words.say(N_("Points still to be used."))
    if result.tail is not None:
        return Alert(level="warn", title=title, sentence=_tail(result, words))
    message = N_(
        "Points have been seen until all were used or lost, so their future stands on what earlier ones did; a single "
        "month usually moves all redemptions by {shock} up or down, and that is in the interval."
    )
    return Alert(level="ok", title=title, sentence=words.say(message, shock=words.percent(result.shock_sd, 0)))

"""Sentences and the table of a global hold-out: what all campaigns together left."""

from __future__ import annotations

import math

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.holdout import CONTACTED_SHARE, CampaignsTogether
from retention_lib.reports.blocks import Alert, Column, Level, Table
from retention_lib.reports.findings.base import Finding, alert, finding
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

_FEW_CONTACTED = 0.01

_EARNED = N_(
    "All campaigns of {months} months together **brought {amount} of gross profit a customer** ({interval}), coupons "
    "and sending paid: {total} on the {others} customers whom they may reach."
)
_COST = N_(
    "All campaigns of {months} months together **lost {amount} a customer** ({interval}), coupons and sending counted: "
    "{total} on the {others} customers whom they may reach."
)
_OPEN = N_(
    "**Whether all campaigns together pay cannot be told**: over {months} months they changed what a customer leaves "
    "by {amount} ({interval}), which chance alone can do."
)
_SO_FAR = N_(
    "**No verdict before {date}**: {held} customers are held out of all campaigns until then. After {months} of "
    "{planned} months the campaigns changed what a customer leaves by {amount} ({interval}); nothing is claimed from a "
    "look on the way."
)
_REFUSED = {
    "unbalanced_before": N_(
        "**The hold-out says nothing about the campaigns**: those held out bought differently from the others even "
        "before it began, more than chance explains."
    ),
    "holdout_contacted": N_(
        "**The hold-out says nothing about the campaigns**: they reached {contacted} of those held out, against "
        "{contacted_others} of the others."
    ),
}


@finding.register
def _(result: CampaignsTogether, words: Words) -> Finding:
    alt = words.say(
        N_("An empty chart: after {months} months the hold-out carries no comparison.")
        if not result.drawn
        else N_(
            "A line of the difference so far, month by month, with its band; after {months} months it is {amount}."
        ),
        months=result.months,
        amount=words.money(result.per_customer.value),
    )
    caption = words.say(
        N_(
            "Gross profit less coupons and sending, a customer, since the start: {others} whom campaigns may reach "
            "against {held} held out; the band is the {level} interval of each month."
        ),
        others=result.others,
        held=result.held_out,
        level=words.percent(result.per_customer.level, 0),
    )
    return Finding(sentence=_sentence(result, words), alt=alt, caption=caption)


def _sentence(result: CampaignsTogether, words: Words) -> str:
    """The verdict of the hold-out, or why there is none."""
    profit = result.per_customer
    if profit.claimed:
        return _claimed(result, words)
    shares = {"contacted": words.percent(result.contacted, 0)}
    shares["contacted_others"] = words.percent(result.contacted_others, 0)
    if profit.reason in _REFUSED:
        return words.say(_REFUSED[profit.reason], **shares)
    if profit.low is None:
        return reason_sentence(NotEnough(str(profit.reason), profit.n or 0, 0), words)
    return words.say(
        _SO_FAR if profit.reason == "interim" else _OPEN,
        date=result.verdict_on,
        held=result.held_out,
        months=result.months,
        planned=result.planned,
        amount=words.money(profit.value),
        interval=words.interval(profit.low, profit.high, "money"),
    )


def _claimed(result: CampaignsTogether, words: Words) -> str:
    profit, total = result.per_customer, result.total
    earned = profit.value > 0
    low, high = (profit.low or 0.0, profit.high or 0.0) if earned else (-(profit.high or 0.0), -(profit.low or 0.0))
    return words.say(
        _EARNED if earned else _COST,
        months=result.months,
        amount=words.money(abs(profit.value)),
        interval=words.interval(low, high, "money"),
        total=words.money(abs(total.value), compact=True),
        others=result.others,
    )


@alert.register
def _(result: CampaignsTogether, words: Words) -> Alert:
    title = words.say(N_("Hold-out."))
    if result.contacted is None or result.contacted_others is None:
        unknown = N_("No table tells whom campaigns reached, so whether those held out were left alone is not known.")
        return Alert(level="warn", title=title, sentence=words.say(unknown))
    broken = result.contacted > CONTACTED_SHARE * result.contacted_others
    level: Level = "stop" if broken else "warn" if result.contacted > _FEW_CONTACTED else "ok"
    message = (
        N_("Campaigns reached {contacted} of the customers held out of all of them, and {others} of the others.")
        if level == "ok"
        else N_(
            "Campaigns reached {contacted} of the customers held out of all of them ({others} of the others), which "
            "makes what campaigns do look smaller."
        )
    )
    contacted, others = (words.percent(share) for share in (result.contacted, result.contacted_others))
    return Alert(level=level, title=title, sentence=words.say(message, contacted=contacted, others=others))


@shown_table.register
def _(result: CampaignsTogether, words: Words) -> Table:
    columns = (
        Column(name="month", header=words.say(N_("Months since the start")), kind="integer"),
        Column(name="profit", header=words.say(N_("A customer held out")), kind="money"),
        Column(name="effect", header=words.say(N_("Campaigns made it")), kind="money", low="low", high="high"),
    )
    caption = words.say(N_("Gross profit less coupons and sending since the start, and what all campaigns changed"))
    newest = result.table.iloc[::-1].reset_index(drop=True)
    if not result.drawn:
        newest = newest.assign(effect=math.nan, low=math.nan, high=math.nan)
    return Table(columns=columns, frame=newest, caption=caption, folded=True)

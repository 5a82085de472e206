"""Sentences about the churn risk and what is at stake."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.risk import ChurnRisk
from retention_lib.models.risk_importance import Importance
from retention_lib.models.stakes import ProfitAtStake
from retention_lib.reports.blocks import Alert
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.words import N_, Words

SCORES = {
    "recency": N_("days of silence alone"),
    "palive": N_("the purchase model alone"),
    "pace": N_("the pace of purchases"),
    "logistic": N_("everything known, added up"),
    "boosted": N_("everything known, with what works together"),
}

SUBJECTS = {
    "rhythm": N_("Purchase rhythm"),
    "money": N_("Order size"),
    "basket": N_("Baskets"),
    "discounts": N_("Discounts"),
    "refunds": N_("Returns"),
    "delivery": N_("Late deliveries"),
    "channel": N_("Sales channel"),
    "messages": N_("Messages"),
    "visits": N_("Site visits"),
    "programme": N_("Bonus programme"),
    "service": N_("Service contacts"),
    "reviews": N_("Reviews"),
    "person": N_("Who they are"),
}

_GOOD_ERROR = 0.02
_GOOD_SLOPE = (0.9, 1.1)


@finding.register
def _(result: ChurnRisk, words: Words) -> Finding:
    shown = _middle_bin(result)
    sentence = " ".join(
        [
            _sorting(result, words),
            _choice_made(result, words),
            words.say(
                N_("Where it says {said}, {actual} stayed silent. A risk score is not a chance to persuade."),
                said=words.percent(shown.predicted, 0),
                actual=words.percent(shown.actual, 0),
            ),
        ]
    )
    alt = words.say(
        N_(
            "Ten dots, the share that stayed silent against the risk given before, beside the line on which both are "
            "equal; the mean distance is {error}."
        ),
        error=words.points(result.calibration_error.value),
    )
    return Finding(sentence=sentence, alt=alt, caption=_tested_caption(result, words))


def _sorting(result: ChurnRisk, words: Words) -> str:
    fitted = isinstance(result.auc_palive, Estimate)
    if result.chosen == "recency":
        message = N_(
            "Days of silence put the customer who will be silent above the one who will buy in **{score} of pairs**."
        )
    elif result.chosen == "palive":
        message = N_(
            "The purchase model puts the customer who will be silent above the one who will buy in **{score} of "
            "pairs** (days of silence alone: {recency})."
        )
    elif fitted:
        message = N_(
            "The score puts the customer who will be silent above the one who will buy in **{score} of pairs** (days "
            "of silence alone: {recency}; the purchase model alone: {palive})."
        )
    else:
        message = N_(
            "The score puts the customer who will be silent above the one who will buy in **{score} of pairs** (days "
            "of silence alone: {recency})."
        )
    return words.say(
        message,
        score=words.percent(result.auc.value),
        recency=words.percent(result.auc_recency.value),
        palive=words.percent(result.auc_palive.value if fitted else None),
    )


def _choice_made(result: ChurnRisk, words: Words) -> str:
    baseline = words.say(SCORES[result.better_baseline])
    if result.beats_baselines:
        return words.say(
            N_("Its lead over {baseline} is more than chance: {low} to {high} of a hundred pairs."),
            baseline=baseline,
            low=words.number((result.advantage.low or 0.0) * 100, 1),
            high=words.number((result.advantage.high or 0.0) * 100, 1),
        )
    if result.chosen == result.better_baseline:
        return words.say(N_("Nothing that knows more did better on an earlier window, so the lists use it."))
    return words.say(N_("It is no better than {baseline}, so the lists use that."), baseline=baseline)


def _middle_bin(result: ChurnRisk) -> Any:
    """The bin whose risk is nearest to a half, where a wrong level would show most."""
    return min(rows(result.calibration.table), key=lambda row: abs(row.predicted - 0.5))


def _tested_caption(result: ChurnRisk, words: Words) -> str:
    said = words.say(
        N_(
            "Customers who bought in the year before {test}, n = {n}; silent = no purchase in the {days} from then on. "
            "Learned and chosen on earlier windows only. Bars: 95% interval."
        ),
        test=words.date(result.test_cutoff),
        n=result.customers,
        days=words.days(result.horizon_days),
    )
    if result.seasons_seen:
        return said
    unseen = words.say(
        N_("The data do not hold the same season a year before, so today's level is that of the mean season seen.")
    )
    return f"{said} {unseen}"


@finding.register
def _(result: Importance, words: Words) -> Finding:
    first = result.table.iloc[0]
    told = [words.say(SUBJECTS[row.subject]) for row in rows(result.table.iloc[1:3]) if float(row.low) > 0]
    known = {
        "first": words.say(SUBJECTS[first["subject"]]),
        "drop": words.number(100 * float(first["drop"]), 1),
        "others": words.listed(told),
    }
    message = (
        N_(
            "The score lives on: **{first}** (without it {drop} of a hundred pairs fewer are sorted right), then "
            "{others}. That says what goes with silence, not what makes customers go."
        )
        if told
        else N_(
            "The score lives on: **{first}** (without it {drop} of a hundred pairs fewer are sorted right). That says "
            "what goes with silence, not what makes customers go."
        )
    )
    alt = words.say(
        N_(
            "Dots by subject: how many of a hundred pairs fewer are sorted right without it, {drop} for the first, "
            "{first}."
        ),
        **known,
    )
    caption = words.say(
        N_(
            "What is known of a subject shuffled among customers, on the window from {cutoff}, n = {n}; {all} of pairs "
            "sorted right with all. Bars: 95% interval."
        ),
        cutoff=words.date(result.cutoff),
        n=result.customers,
        all=words.percent(result.auc),
    )
    return Finding(sentence=words.say(message, **known), alt=alt, caption=caption)


@finding.register
def _(result: ProfitAtStake, words: Words) -> Finding:
    money = {
        "total": words.money(result.total.value, compact=True),
        "low": words.money(result.total.low, compact=True),
        "high": words.money(result.total.high, compact=True),
        "all": words.money(result.if_all_stay, compact=True),
        "days": words.days(result.horizon_days),
    }
    message = (
        N_(
            "In the next {days} **{total} of sales are at stake** ({low} to {high}): what each customer would bring by "
            "staying, times the chance of no purchase. If nobody left, all would bring {all}. No margin is known, so "
            "this is not profit."
        )
        if result.measure == "revenue"
        else N_(
            "In the next {days} **{total} of gross profit are at stake** ({low} to {high}): what each customer would "
            "bring by staying, times the chance of no purchase. If nobody left, all would bring {all}."
        )
    )
    where = words.say(
        N_(
            "{gone} of it is with customers whose risk is above {edge}, most of them gone already; the {n} customers "
            "with most at stake hold half of it."
        ),
        gone=words.percent(result.likely_gone, 0),
        edge=words.percent(0.9, 0),
        n=result.half_of,
    )
    top = result.deciles.iloc[0]
    alt = words.say(
        N_("Bars by tenth of the customers, highest risk first: {most} in the first, {least} in the last."),
        most=words.money(float(top["at_stake"]), compact=True),
        least=words.money(float(result.deciles["at_stake"].iloc[-1]), compact=True),
    )
    return Finding(sentence=f"{words.say(message, **money)} {where}", alt=alt, caption=_stakes_caption(result, words))


def _stakes_caption(result: ProfitAtStake, words: Words) -> str:
    off = result.ratio.value - 1
    message = (
        N_(
            "n = {n} customers on {cutoff}. By staying: the purchases expected of a customer who has not left, times "
            "the money of one. On the window from {test} that, times the chance of not having left, was {off} more "
            "than what came in ({low} to {high} of it). The money is not what a contact would win."
        )
        if off >= 0
        else N_(
            "n = {n} customers on {cutoff}. By staying: the purchases expected of a customer who has not left, times "
            "the money of one. On the window from {test} that, times the chance of not having left, was {off} less "
            "than what came in ({low} to {high} of it). The money is not what a contact would win."
        )
    )
    return words.say(
        message,
        n=len(result.customers),
        cutoff=words.date(result.cutoff),
        test=words.date(result.test_cutoff),
        off=words.percent(abs(off)),
        low=words.percent(result.ratio.low, 0),
        high=words.percent(result.ratio.high, 0),
    )


@alert.register
def _(result: ChurnRisk, words: Words) -> Alert:
    slope = result.calibration_slope.value
    wrong = result.calibration_error.value > _GOOD_ERROR or not _GOOD_SLOPE[0] <= slope <= _GOOD_SLOPE[1]
    sentence = words.say(
        N_(
            "On the window from {cutoff} it expected {said} to stay silent, {actual} did; by tenths of the customers "
            "it was {error} off on average."
        ),
        cutoff=words.date(result.test_cutoff),
        said=words.percent(result.expected_silent),
        actual=words.percent(result.silent),
        error=words.points(result.calibration_error.value),
    )
    return check_alert(found=wrong, title=words.say(N_("Risk score.")), sentence=sentence)

"""Sentences about what a mailing must bring to pay for itself."""

from __future__ import annotations

from retention_lib.estimates import NotEnough
from retention_lib.models.campaign_payback import CampaignPayback
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


def payback_clause(payback: CampaignPayback | NotEnough | None, words: Words) -> str:
    """Whether a mailing pays, in one sentence of a verdict; empty where it is not known what it costs."""
    if payback is None or isinstance(payback, NotEnough):
        return ""
    messages = {
        "pays": N_("**It pays**: at {cost}, {needed} a week more is enough."),
        "loses": N_("**It does not pay**: at {cost}, it takes {needed} a week more."),
        "open": N_("Whether it pays is open: at {cost}, {needed} a week more would be enough."),
        "unknown": N_("Whether it pays is not known: at {cost}, it takes {needed} a week more."),
    }
    each = N_("{cost} a mailing (assumed)") if payback.cost_assumed else N_("{cost} a mailing")
    cost = words.say(each, cost=words.money(payback.contact_cost, digits=2))
    return words.say(messages[payback.answer], cost=cost, needed=words.money(payback.needed_weekly, digits=2))


def _cost(payback: CampaignPayback, words: Words) -> str:
    """What a message costs, and whether that is assumed."""
    cost = words.money(payback.contact_cost, digits=2)
    return words.say(N_("{cost} (assumed)"), cost=cost) if payback.cost_assumed else cost


def _margin(payback: CampaignPayback, words: Words) -> str:
    """The margin, and whether it is assumed."""
    margin = words.percent(payback.margin, 0)
    return words.say(N_("{margin} (assumed)"), margin=margin) if payback.margin_assumed else margin


@finding.register
def _(result: CampaignPayback, words: Words) -> Finding:
    needs = of_unit(
        result.unit,
        household=N_(
            "A mailing costs {cost}. At a margin of {margin} it pays if a mailed household buys **{needed} more**, "
            "{weekly} a week over {weeks} weeks."
        ),
        customer=N_(
            "A mailing costs {cost}. At a margin of {margin} it pays if a mailed customer buys **{needed} more**, "
            "{weekly} a week over {weeks} weeks."
        ),
    )
    told = words.say(
        needs,
        cost=_cost(result, words),
        margin=_margin(result, words),
        needed=words.money(result.needed, digits=2),
        weekly=words.money(result.needed_weekly, digits=2),
        weeks=result.weeks,
    )
    coupons = words.say(N_("What the shop pays for used coupons is not counted; with it, more is needed."))
    return Finding(sentence=f"{told} {_measured(result, words)} {coupons}")


def _measured(result: CampaignPayback, words: Words) -> str:
    """What was measured beside what is needed."""
    if isinstance(result.measured, NotEnough):
        return words.say(N_("What campaigns did cannot be told, so **whether it pays is not known**."))
    messages = {
        "pays": N_("Measured is {change} a week ({interval}): **it pays**."),
        "loses": N_("Measured is {change} a week ({interval}): **it does not pay**."),
        "open": N_("Measured is {change} a week ({interval}), so **whether it pays is open**."),
    }
    if result.campaign:
        messages = {
            "pays": N_("Measured for campaign {name} is {change} a week ({interval}): **it pays**."),
            "loses": N_("Measured for campaign {name} is {change} a week ({interval}): **it does not pay**."),
            "open": N_("Measured for campaign {name} is {change} a week ({interval}), so **whether it pays is open**."),
        }
    return words.say(
        messages[result.answer],
        name=result.campaign,
        change=words.money(result.measured.value, digits=2),
        interval=words.interval(result.measured.low, result.measured.high, "money"),
    )

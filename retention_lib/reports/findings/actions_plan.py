"""Sentences about the plan of a month: how many get which message for what money, and what it is worth."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.base import Base
from retention_lib.models.actions.break_even import BreakEvenLift
from retention_lib.models.actions.plan import Plan
from retention_lib.models.actions.plan_actions import PlannedList
from retention_lib.models.actions.playbook_terms import MEASURED, NO_OFFER
from retention_lib.reports.blocks import Action, Alert, Verdict
from retention_lib.reports.findings.actions_steps import most_lost
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding, verdict
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.words import N_, Words

_FAR_OFF = 0.25


@verdict.register
def _(result: Plan, words: Words, **_: Any) -> Verdict:
    paid = isinstance(result.expected, Estimate) and result.expected.low is not None and result.expected.low > 0
    if result.lists.empty:
        return Verdict(status="watch", sentence=_nobody(result, words))
    return Verdict(status="good" if paid else "watch", sentence=f"{_who(result, words)} {_worth(result, words)}")


@finding.register
def _(result: Plan, words: Words) -> Finding:
    if result.lists.empty:
        return Finding(sentence=_nobody(result, words), alt=words.say(N_("No bar: 0 lists are planned.")))
    largest = result.lists.sort_values("contacts", ascending=False, kind="stable").iloc[0]
    sentence = words.say(
        N_("The largest list is **{name}** with {n} of the {all} customers to contact. {worth}"),
        name=scenario_name(str(largest["scenario"]), words),
        n=int(largest["contacts"]),
        all=result.contacts,
        worth=_worth(result, words),
    )
    alt = words.count(
        "Bars of customers to contact by list; the longest of {n} list is {name} with {contacts}.",
        "Bars of customers to contact by list; the longest of {n} lists is {name} with {contacts}.",
        len(result.lists),
        name=scenario_name(str(largest["scenario"]), words),
        contacts=int(largest["contacts"]),
    )
    caption = words.say(
        N_("{n} customers to contact and {control} left alone by chance, from {start} on."),
        n=result.contacts,
        control=result.control,
        start=result.start,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _nobody(result: Plan, words: Words) -> str:
    """That there is no list, and what kept messages from most."""
    if not result.steps.scenarios:
        return words.say(N_("**No list this month**: no scenario is switched on with all that it needs."))
    if not result.steps.triggered:
        return words.say(N_("**No list this month**: no customer is in any situation that a scenario waits for."))
    reason, lost = most_lost(result.steps)
    message = N_(
        "**No list this month**: of {n} customers whom scenarios are about, each counted once a scenario, none is "
        "left. Most of them: {reason}, {many}."
    )
    return words.say(message, n=result.steps.triggered, reason=words.say(reason), many=lost)


def _who(result: Plan, words: Words) -> str:
    """How many get one of how many messages, for what money."""
    if isinstance(result.cost, NotEnough):
        return words.count(
            "**{contacts} customers get {n} message this month**; what it costs is not known.",
            "**{contacts} customers get one of {n} messages this month**; what they cost is not known.",
            result.count,
            contacts=result.contacts,
        )
    return words.count(
        "**{contacts} customers get {n} message this month** for {cost}.",
        "**{contacts} customers get one of {n} messages this month** for {cost}.",
        result.count,
        contacts=result.contacts,
        cost=words.money(result.cost.value, compact=True),
    )


def _worth(result: Plan, words: Words) -> str:
    """What was ever measured in money, and what the rest must bring."""
    parts = [_measured(result, words)] if isinstance(result.expected, Estimate) else []
    if isinstance(result.untested, BreakEvenLift):
        parts.append(_untested(result.untested, words, all_of_it=not parts))
    return " ".join(parts)


def _measured(result: Plan, words: Words) -> str:
    expected = result.expected
    assert isinstance(expected, Estimate)
    told = {
        "value": words.money(expected.value, compact=True),
        "range": words.interval(expected.low, expected.high, "money", compact=True),
        "n": int(expected.n or 0),
    }
    if expected.low is not None and expected.low > 0:
        return words.say(
            N_("As past lists and tests show, {n} of these contacts add **{value}** net of their cost ({range})."),
            **told,
        )
    return words.say(
        N_(
            "As past lists and tests show, {n} of these contacts add {value} net of their cost, but that may as "
            "well be a loss ({range})."
        ),
        **told,
    )


def _untested(lift: BreakEvenLift, words: Words, *, all_of_it: bool) -> str:
    """What contacts without a measured effect must bring."""
    if all_of_it:
        message = N_("What they bring is **untested**: {pays}.")
        return words.say(message, pays=pays_if(lift.one_in, lift.contacts, words))
    message = N_("The other {n} are **untested**: {pays}.")
    return words.say(message, n=lift.contacts, pays=pays_if(lift.one_in, lift.contacts, words))


def pays_if(one_in: float, contacts: int, words: Words) -> str:
    """When contacts pay for themselves.

    Args:
        one_in: They pay if one in so many brings an order that would not have come.
        contacts: How many they are.
        words: The reader's language.
    """
    if math.isinf(one_in):
        return words.say(N_("they cost nothing, so that any order more pays"))
    if one_in < 1:
        return words.say(N_("more than one order from each of {n} would have to come for them"), n=contacts)
    if one_in >= contacts:
        return words.say(N_("they pay if they bring a single order more"))
    return words.say(N_("they pay if they bring back 1 in {one_in} of {n}"), one_in=math.floor(one_in), n=contacts)


@action.register
def _(result: PlannedList, words: Words) -> Action:
    told = {"n": result.contacts, "name": scenario_name(result.scenario, words)}
    if result.offer == NO_OFFER:
        title = words.say(N_("Send **{n}** customers the message “{name}”, without an offer"), **told)
    else:
        message = N_("Send **{n}** customers the message “{name}” with the offer: {offer}")
        title = words.say(message, **told, offer=offer_name(result.offer, words))
    cost = words.say(N_("not known")) if result.cost is None else words.money(result.cost)
    facts = (
        (words.say(N_("Cost")), cost),
        _money(result, words),
        (words.say(N_("List")), f"actions/{result.scenario}.csv"),
        (words.say(N_("Verdict")), words.date(result.verdict_on)),
    )
    return Action(title=title, tested=result.source == MEASURED, facts=facts, note=_left_alone(result, words))


def _left_alone(result: PlannedList, words: Words) -> str:
    """By whom the list is judged, as far as it is."""
    if not result.control:
        return words.say(N_("Nobody of so small a list is left alone: it counts in no verdict."))
    if not result.judged_alone:
        return words.count(
            "{n} more customer of the list is left alone, too few to judge it by itself: it counts in the total.",
            "{n} more customers of the list are left alone, too few to judge it by itself: it counts in the total.",
            result.control,
        )
    return words.count(
        "{n} more customer of the list is left alone by chance: beside that one it will be judged.",
        "{n} more customers of the list are left alone by chance: beside them it will be judged.",
        result.control,
    )


def _money(result: PlannedList, words: Words) -> tuple[str, str]:
    """What a list is expected to earn, or when it pays."""
    if result.expected is not None:
        value = words.money(result.expected.value, compact=True)
        told = words.interval(result.expected.low, result.expected.high, "money", compact=True)
        if result.source == MEASURED:
            return words.say(N_("Expected, as its past lists show")), f"{value} ({told})"
        return words.say(N_("Expected, as others with this offer show")), f"{value} ({told})"
    if result.one_in is None:
        return words.say(N_("Pays")), words.say(N_("not known"))
    return words.say(N_("Pays")), pays_if(result.one_in, result.contacts, words)


@alert.register
def _(result: Plan, words: Words) -> Alert:
    sentences = [
        words.say(
            N_("Of the worth that any choice within the limits could have, this one reaches {share} or more."),
            share=words.percent(1 - result.gap, 1),
        )
    ]
    if result.dropped:
        names = words.listed([scenario_name(name, words) for name in result.dropped])
        sentences.append(words.say(N_("Left out, as they are not worth their own fixed cost: {names}."), names=names))
    short = result.limits[result.limits["price"] > 0]
    if len(short):
        sentences.append(words.say(N_("More customers would be worth a message than the limits allow.")))
    return check_alert(
        found=result.gap > 0.05 or bool(result.dropped), title=words.say(N_("Choice.")), sentence=" ".join(sentences)
    )


@alert.register
def _(result: Base, words: Words) -> Alert:
    title = words.say(N_("What customers do by themselves."))
    ratio = result.ratio
    if isinstance(ratio, NotEnough):
        sentence = words.say(N_("It could not be held against what came: nothing was to be expected of the last days."))
        return check_alert(found=True, title=title, sentence=sentence)
    sentence = words.say(
        N_(
            "In the last {days} customers brought {share} of what had been expected of them ({range}, by chance "
            "alone). Messages are valued on what is expected of the next."
        ),
        days=words.days(result.window_days),
        share=words.percent(ratio.value, 0),
        range=words.interval(ratio.low, ratio.high, "share"),
    )
    return check_alert(found=abs(ratio.value - 1) > _FAR_OFF, title=title, sentence=sentence)

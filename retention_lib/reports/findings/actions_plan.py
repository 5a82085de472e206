"""Sentences about the plan of a month: how many get which message for what money, and what it is worth."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.actions.base import Base
from retention_lib.models.actions.break_even import BreakEvenLift
from retention_lib.models.actions.judged import Judged
from retention_lib.models.actions.last_month import LastMonth
from retention_lib.models.actions.plan import SEVERAL, Plan
from retention_lib.models.actions.plan_actions import PlannedList
from retention_lib.models.actions.playbook_terms import MEASURED, NO_OFFER, UNTESTED
from retention_lib.reports.blocks import Action, Alert, Verdict
from retention_lib.reports.findings.actions_judged import earned_in_short
from retention_lib.reports.findings.actions_steps import most_lost
from retention_lib.reports.findings.base import Finding, action, alert, check_alert, finding, verdict
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.words import N_, Words

_FAR_OFF = 0.25


@verdict.register
def _(result: Plan, words: Words, *, judged: Judged | None = None, **_: Any) -> Verdict:
    before = judged.last_month if judged is not None else None
    earned = [earned_in_short(before, words)] if isinstance(before, LastMonth) else []
    if result.lists.empty:
        return Verdict(status="watch", sentence=" ".join([*earned, _nobody(result, words)]))
    paid = isinstance(result.expected, Estimate) and result.expected.low is not None and result.expected.low > 0
    lost = isinstance(before, LastMonth) and before.profit.claimed and before.profit.value < 0
    sentence = " ".join([*earned, _who(result, words), _worth(result, words)])
    return Verdict(status="good" if paid and not lost else "watch", sentence=sentence)


@finding.register
def _(result: Plan, words: Words) -> Finding:
    if result.lists.empty:
        return Finding(sentence=_nobody(result, words), alt=words.say(N_("No bar: 0 lists are planned.")))
    largest = result.lists.sort_values("contacts", ascending=False, kind="stable").iloc[0]
    most = words.say(
        N_("Most go to “{name}”: **{n} of {all} messages**."),
        n=int(largest["contacts"]),
        all=result.contacts,
        name=scenario_name(str(largest["scenario"]), words),
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
    return Finding(sentence=f"{most} {_sure(result, words)}", alt=alt, caption=caption)


def _sure(result: Plan, words: Words) -> str:
    """How many lists were ever measured, and how many of them pay at the low end of their interval too."""
    lists = result.lists[result.lists["contacts"] > 0]
    known = lists[lists["source"] != UNTESTED]
    if known.empty:
        return words.say(N_("No past list or test says yet what any of them brings."))
    paying = int((known["low"] > 0).sum())
    told = words.count(
        "Of {all} lists {n} has past results to go by; expected to pay even at the low end of the interval: {paying}.",
        "Of {all} lists {n} have past results to go by; expected to pay even at the low end of the interval: {paying}.",
        len(known),
        all=len(lists),
        paying=words.number(paying) if paying else words.say(N_("none")),
    )
    return told if len(known) == len(lists) else f"{told} {words.say(N_('The others are untested.'))}"


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
    """How many get one of how many messages from when on, for what money."""
    told = {"contacts": result.contacts, "start": result.start}
    if isinstance(result.cost, NotEnough):
        return words.count(
            "**{contacts} customers get {n} message from {start} on**; what it costs is not known.",
            "**{contacts} customers get one of {n} messages from {start} on**; what they cost is not known.",
            result.count,
            **told,
        )
    return words.count(
        "**{contacts} customers get {n} message from {start} on**, for {cost}.",
        "**{contacts} customers get one of {n} messages from {start} on**, for {cost}.",
        result.count,
        **told,
        cost=words.money(result.cost.value, compact=True),
    )


def _worth(result: Plan, words: Words) -> str:
    """What was ever measured in money, and that the rest was not; without any, when the messages pay."""
    measured = isinstance(result.expected, Estimate)
    parts = [_measured(result, words)] if measured else []
    if isinstance(result.untested, BreakEvenLift):
        parts.append(_untested(result.untested, words, all_of_it=not measured))
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
        message = N_("By past results {n} of them bring **{value}** after all costs ({range}).")
        return words.say(message, **told)
    message = N_("By past results {n} of them bring {value} after all costs, but a loss is possible ({range}).")
    return words.say(message, **told)


def _untested(lift: BreakEvenLift, words: Words, *, all_of_it: bool) -> str:
    """That contacts have no measured effect, and where none has, what they must bring."""
    if not all_of_it:
        return words.say(N_("The other {n} are **untested**."), n=lift.contacts)
    pays = pays_if(lift.one_in, lift.contacts, words)
    return words.say(N_("What the messages bring is **untested**: they pay if {pays}."), pays=pays)


def pays_if(one_in: float, contacts: int, words: Words) -> str:
    """When contacts pay for themselves, as what follows "if".

    Args:
        one_in: They pay if one in so many brings an order that would not have come.
        contacts: How many they are.
        words: The reader's language.
    """
    if math.isinf(one_in):
        return words.say(N_("any order comes of them, as they cost nothing"))
    if one_in < 1:
        return words.say(N_("more than one extra order comes from each of {n}, which is unlikely"), n=contacts)
    if one_in >= contacts:
        return words.say(N_("they bring a single extra order"))
    return words.say(N_("1 in {one_in} customers buys because of them"), one_in=math.floor(one_in))


@action.register
def _(result: PlannedList, words: Words) -> Action:
    title = words.count(
        "Send **{n}** customer the message “{name}”: {offer}",
        "Send **{n}** customers the message “{name}”: {offer}",
        result.contacts,
        name=scenario_name(result.scenario, words),
        offer=_offered(result, words),
    )
    cost = words.say(N_("not known")) if result.cost is None else words.money(result.cost)
    facts = (
        (words.say(N_("Cost")), cost),
        _money(result, words),
        (words.say(N_("List")), f"actions/{result.scenario}.csv"),
        (words.say(N_("Verdict")), words.date(result.verdict_on)),
    )
    return Action(title=title, tested=result.source == MEASURED, facts=facts, note=_left_alone(result, words))


def _offered(result: PlannedList, words: Words) -> str:
    """What comes with a message."""
    name = offer_name(result.offer, words)
    if result.offer in (NO_OFFER, SEVERAL):
        return words.say(N_("no offer")) if result.offer == NO_OFFER else words.say(N_("the offer in the file"))
    return words.say(N_("with {offer}"), offer=name)


def _left_alone(result: PlannedList, words: Words) -> str:
    """By whom the list is judged, as far as it is."""
    if not result.control:
        return words.say(N_("So small a list leaves nobody alone: nothing can be learned from it."))
    if not result.judged_alone:
        return words.count(
            "{n} more is on the list to be left alone: too few to judge it by itself, so it counts in the total.",
            "{n} more are on the list to be left alone: too few to judge it by itself, so it counts in the total.",
            result.control,
        )
    return words.count(
        "{n} more is on the list to be left alone, so that the others can be held against that one.",
        "{n} more are on the list to be left alone, so that the others can be held against them.",
        result.control,
    )


def _money(result: PlannedList, words: Words) -> tuple[str, str]:
    """What a list is expected to earn, or when it pays."""
    if result.expected is not None:
        value = words.money(result.expected.value, compact=True)
        told = words.interval(result.expected.low, result.expected.high, "money", compact=True)
        if result.source == MEASURED:
            return words.say(N_("Expected, by its own lists")), f"{value} ({told})"
        return words.say(N_("Expected, by this offer elsewhere")), f"{value} ({told})"
    if result.one_in is None:
        return words.say(N_("Pays if")), words.say(N_("not known"))
    return words.say(N_("Pays if")), pays_if(result.one_in, result.contacts, words)


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
    changed = () if result.issued is None else result.issued.changed
    if changed:
        message = N_("Told as they were issued, though the file or newer data say otherwise by now: {names}.")
        names = words.listed([scenario_name(name, words) for name in changed])
        sentences.append(words.say(message, names=names))
    short = result.limits[result.limits["price"] > 0]
    if len(short):
        sentences.append(words.say(N_("More customers would be worth a message than the limits allow.")))
    return check_alert(
        found=result.gap > 0.05 or bool(result.dropped) or bool(changed),
        title=words.say(N_("Choice.")),
        sentence=" ".join(sentences),
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

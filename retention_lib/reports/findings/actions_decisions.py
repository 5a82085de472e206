"""Sentences about what to do with each scenario, and what its lists have taught."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.actions.decision_rule import KEEP_CHANCE, LEAST_CUSTOMERS, STOP_CHANCE
from retention_lib.models.actions.decisions import ScenarioDecisions
from retention_lib.models.actions.learned import LearnedEffects
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.findings.experiment_profit import chance
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.words import N_, Words

DECISIONS = {
    "keep": N_("keep"),
    "change": N_("change"),
    "stop": N_("stop"),
    "keep_testing": N_("keep testing"),
}
"""The decisions in words."""

BECAUSE = {
    "pays": N_("it pays"),
    "orders_shown": N_("brings orders, but the offer costs more"),
    "other_offer": N_("{offer} is likelier to pay"),
    "does_not_pay": N_("it does not pay"),
    "open": N_("cannot be told yet"),
}
"""The clauses of the rule in few words."""

_GROUPS = {
    "keep": N_("**Keep** {names}."),
    "change": N_("**Change** {names}."),
    "stop": N_("**Stop** {names}."),
    "keep_testing": N_("Keep testing {names}."),
}

_RULE = N_(
    "The rule was fixed beforehand: a scenario is kept when the chance that its messages pay is {keep} or more; below "
    "{stop}, by all that is known and by its own lists of {least} customers or more in each arm alone, it is changed "
    "where its customers do order more or another offer is likelier to pay, and else stopped; otherwise it is tested "
    "further, and so again once these lists are old."
)


@finding.register
def _(result: ScenarioDecisions, words: Words) -> Finding:
    parts = [
        words.say(message, names=words.listed([_named(row, words) for row in _rows(result, decision)]))
        for decision, message in _GROUPS.items()
        if _rows(result, decision)
    ]
    rule = words.say(
        _RULE, keep=words.percent(KEEP_CHANCE, 0), stop=words.percent(STOP_CHANCE, 0), least=LEAST_CUSTOMERS
    )
    return Finding(sentence=" ".join([*parts, rule]))


@action.register
def _(result: ScenarioDecisions, words: Words) -> Action | None:
    changed, stopped = _rows(result, "change"), _rows(result, "stop")
    if not changed and not stopped:
        return None
    parts = []
    if stopped:
        names = words.listed([scenario_name(str(row["scenario"]), words) for row in stopped])
        parts.append(words.say(N_("stop {names}"), names=names))
    if changed:
        names = words.listed([scenario_name(str(row["scenario"]), words) for row in changed])
        parts.append(words.say(N_("change the offer of {names}"), names=names))
    title = words.listed(parts)
    lost = sum(float(row["total"]) for row in (*changed, *stopped))
    facts = (
        (words.say(N_("Their lists left")), words.money(lost, compact=True)),
        (words.say(N_("Contacts")), words.number(sum(int(row["contacts"]) for row in (*changed, *stopped)))),
    )
    note = words.say(
        N_(
            "Their messages pay with a chance below {stop}. A scenario that is stopped gets no list until its offer is "
            "another one, or its lists are old."
        ),
        stop=words.percent(STOP_CHANCE, 0),
    )
    return Action(title=title[:1].upper() + title[1:], tested=True, facts=facts, note=note)


@finding.register
def _(result: LearnedEffects, words: Words) -> Finding:
    counts = {name: int((result.effects["source"] == name).sum()) for name in ("measured", "borrowed", "untested")}
    if not result.lists and not result.tests:
        message = N_("No list has been judged yet, so nothing is known of what the messages bring: all is untested.")
        return Finding(sentence=words.say(message))
    message = N_(
        "Learned from {lists} and {tests}. Scenarios with their offers that were measured on lists of their own: "
        "{measured}; that borrow from the same offer to other customers: {borrowed}; untested: {untested}."
    )
    return Finding(
        sentence=words.say(
            message,
            lists=words.count("{n} list", "{n} lists", result.lists),
            tests=words.count("{n} other test", "{n} other tests", result.tests),
            **counts,
        )
    )


def said_why(row: dict[Any, Any], words: Words) -> str:
    """Why something was decided, in few words.

    Args:
        row: A row of the decisions.
        words: The reader's language.
    """
    return words.say(BECAUSE[str(row["because"])], offer=offer_name(str(row["better"]), words))


def _rows(result: ScenarioDecisions, decision: str) -> list[dict[Any, Any]]:
    return result.table[result.table["decision"] == decision].to_dict("records")


def _named(row: dict[Any, Any], words: Words) -> str:
    """A scenario with what it left a contact, or why it is changed."""
    name = scenario_name(str(row["scenario"]), words)
    if row["decision"] == "keep_testing":
        return name
    told = {
        "name": name,
        "money": words.money(float(row["profit"]), digits=2),
        "chance": chance(Estimate(float(row["chance"])), words),
        "why": said_why(row, words),
    }
    if row["decision"] == "change":
        return words.say(N_("{name} ({why}; {money} a contact)"), **told)
    return words.say(N_("{name} ({money} a contact, pays with a chance of {chance})"), **told)

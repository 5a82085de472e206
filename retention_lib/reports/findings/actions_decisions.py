"""Sentences about what to do with each scenario."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.actions.decision_rule import KEEP_CHANCE, LEAST_CUSTOMERS, STOP_CHANCE
from retention_lib.models.actions.decisions import ScenarioDecisions
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
    "open": N_("not sure enough either way"),
}
"""The clauses of the rule in few words."""

_GROUPS = {
    "keep": N_("**Keep** {names}."),
    "change": N_("**Change** {names}."),
    "stop": N_("**Stop** {names}."),
    "keep_testing": N_("Keep testing {names}."),
}

_NOW = {
    "changed": N_("{told}; this month it goes with that"),
    "other": N_("{told}; it has another offer now"),
    "off": N_("{told}; it is not in the playbook any more"),
    "stopped": N_("{told}; no list this month"),
    "write": N_("{told}; write it in the parameter file"),
}
"""What this month does of a decision by itself, or what is left to do."""

_RULE = N_(
    "The rule: keep what pays with a chance of {keep} or more, change or stop what pays with one below {stop} (also by "
    "its own lists of {least} or more a side), test the rest further."
)


@finding.register
def _(result: ScenarioDecisions, words: Words) -> Finding:
    parts = [
        words.say(message, names=words.listed([_named(row, words) for row in _rows(result, decision)]))
        for decision, message in _GROUPS.items()
        if _rows(result, decision)
    ]
    parts += _by_itself(result, words)
    rule = words.say(
        _RULE, keep=words.percent(KEEP_CHANCE, 0), stop=words.percent(STOP_CHANCE, 0), least=LEAST_CUSTOMERS
    )
    return Finding(sentence=" ".join([*parts, rule]))


@action.register
def _(result: ScenarioDecisions, words: Words) -> Action | None:
    changed = [row for row in _rows(result, "change") if row["now"] == "write"]
    stopped = _rows(result, "stop")
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
        *_lines(result, changed, stopped, words),
    )
    note = " ".join(_notes(result, changed, stopped, words))
    return Action(title=title[:1].upper() + title[1:], tested=True, facts=facts, note=note)


def _by_itself(result: ScenarioDecisions, words: Words) -> list[str]:
    """What this month does of the decisions without anybody."""
    message = N_("{name} leaves its offer to the playbook: this month it goes with {offer}.")
    return [
        words.say(
            message,
            name=scenario_name(str(row["scenario"]), words),
            offer=offer_name(str(row["better"]), words),
        )
        for row in _rows(result, "change")
        if row["now"] == "changed"
    ]


def _lines(
    result: ScenarioDecisions, changed: list[dict[Any, Any]], stopped: list[dict[Any, Any]], words: Words
) -> list[tuple[str, str]]:
    """What to write in the parameter file, word for word."""
    # The key alone: an entry pasted over one that is there would take its other keys away.
    entry = N_("To change, set under playbook, scenarios, {name}")
    others = [
        (words.say(entry, name=str(row["scenario"])), f"offer: {row['better']}") for row in changed if row["better"]
    ]
    again = [
        f"{row['scenario']}_again: {{kind: {result.kinds[str(row['scenario'])]}, offer: {row['offer']}}}"
        for row in stopped
        # The condition of one of the shop's own is not known here.
        if result.kinds[str(row["scenario"])] != "condition"
    ]
    if not again:
        return others
    return [*others, (words.say(N_("To send it all the same")), f"scenarios: {{{', '.join(again)}}}")]


def _notes(
    result: ScenarioDecisions, changed: list[dict[Any, Any]], stopped: list[dict[Any, Any]], words: Words
) -> list[str]:
    """What the lines do, and what no line says."""
    notes = [words.say(N_("Their messages pay with a chance below {stop}."), stop=words.percent(STOP_CHANCE, 0))]
    if stopped:
        message = N_(
            "A scenario that is stopped gets no list until its offer is another one, or its lists are old; under "
            "another name it is sent all the same and judged anew: take along the other keys of its entry, such as "
            "`priority` and `channels`."
        )
        notes.append(words.say(message))
    if any(row["better"] for row in changed):
        notes.append(words.say(N_("In an entry that the file has already set `offer` alone: its other keys stay.")))
    dear = [scenario_name(str(row["scenario"]), words) for row in changed if not row["better"]]
    if dear:
        message = N_("No other offer was measured that would pay with {names}: write a cheaper one, or `none`.")
        notes.append(words.say(message, names=words.listed(dear)))
    unknown = dict.fromkeys(str(row["better"]) for row in changed if row["better"] and not _offered(result, row))
    if unknown:
        message = N_("Name it under `offers` first, where the file does not have it: {names}.")
        notes.append(words.say(message, names=words.listed(list(unknown))))
    return notes


def _offered(result: ScenarioDecisions, row: dict[Any, Any]) -> bool:
    return row["better"] in result.offers


def said_why(row: dict[Any, Any], words: Words) -> str:
    """Why something was decided, in few words, and what this month does of it.

    Args:
        row: A row of the decisions.
        words: The reader's language.
    """
    told = _because(row, words)
    # Where no better offer is known, there is none to write.
    silent = row["now"] not in _NOW or (row["now"] == "write" and not row["better"])
    return told if silent else words.say(_NOW[str(row["now"])], told=told)


def _because(row: dict[Any, Any], words: Words) -> str:
    return words.say(BECAUSE[str(row["because"])], offer=offer_name(str(row["better"]), words))


def _rows(result: ScenarioDecisions, decision: str) -> list[dict[Any, Any]]:
    """The rows of a decision that still stands: neither followed already nor of a scenario that is gone."""
    table = result.table
    return table[(table["decision"] == decision) & ~table["now"].isin(["other", "off"])].to_dict("records")


def _named(row: dict[Any, Any], words: Words) -> str:
    """A scenario with what it left a contact, or why it is changed."""
    name = scenario_name(str(row["scenario"]), words)
    if row["decision"] == "keep_testing":
        return name
    told = {
        "name": name,
        "money": words.money(float(row["profit"]), digits=2),
        "chance": chance(Estimate(float(row["chance"])), words),
        "why": _because(row, words),
    }
    if row["decision"] == "change":
        return words.say(N_("{name} ({why}; {money} a contact)"), **told)
    return words.say(N_("{name} ({money} a contact, pays with a chance of {chance})"), **told)

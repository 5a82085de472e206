"""Sentences about what to do after a test: the answer, its money, and the rule that gave it."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.decision import Because, Decision, Label
from retention_lib.models.experiments.policy import OfferPolicy
from retention_lib.reports.blocks import Action, Column, Status, Table, Verdict
from retention_lib.reports.findings.base import Finding, action, finding, verdict
from retention_lib.reports.findings.experiment_profit import chance
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import DASH, N_, Words

LABELS: dict[Label, str] = {
    "ship": N_("ship"),
    "ship_part": N_("ship to a part"),
    "stop": N_("stop"),
    "keep_running": N_("keep running"),
    "invalid": N_("invalid"),
}
"""The answers in words."""

_STATUS: dict[Label, Status] = {
    "ship": "good",
    "ship_part": "good",
    "stop": "act",
    "keep_running": "watch",
    "invalid": "act",
}
_GUARDS = {"held": N_("held"), "broken": N_("broken"), "not_shown": N_("not shown")}
_KEPT = {
    "lasts": N_("kept"),
    "part_lost": N_("partly lost"),
    "all_lost": N_("lost again"),
    "grows": N_("grew"),
    "no_gain": N_("no gain"),
    "cannot_tell": N_("cannot be told"),
    "waiting": N_("not over yet"),
}

_ANSWERS: dict[Because, str] = {
    "weeks_after": N_(
        "**Wait until {until}.** The offer's time is over, but not the weeks after it, in which a gain may be lost "
        "again."
    ),
    "pays": N_("**Send {arm} to everybody.** It leaves {profit} after all costs, and pays with a chance of {chance}."),
    "better_by_customer": N_(
        "**Choose the offer by customer: {shares}.** That leaves {profit} more than {single} for all."
    ),
    "some_lose": N_(
        "**Send {arm} to most, and leave {share} of customers alone**, whom it only costs money. It leaves {profit} "
        "after all costs, and pays with a chance of {chance}."
    ),
    "does_not_pay": N_(
        "**Stop.** No offer pays: the likeliest, {arm}, leaves {profit} after all costs, and pays with a chance of "
        "{chance}."
    ),
    "guardrail": N_(
        "**Stop {arm}.** It leaves {profit}, but something got worse that must not, as the table of guardrails shows."
    ),
    "lowers_goal": N_("**Stop.** Every offer lowered what it was to raise."),
    "may_pay": N_(
        "**Not decided: test {arm} once more.** It left {profit} after all costs, and pays with a chance of {chance}: "
        "too little to be sure."
    ),
}
_TEST_UNTIL = N_(
    "**Not decided: test {arm} once more.** It left {profit} after all costs, and pays with a chance of {chance}: too "
    "little to be sure. A test that starts now can be read on {until}."
)

_RULE = N_(
    "The rule was fixed beforehand: an offer is sent when the chance that it pays is {ship} or more and nothing gets "
    "worse that must not; all are given up when no chance reaches {stop}; in between the test goes on."
)


@verdict.register
def _(result: Decision, words: Words) -> Verdict:
    validity = result.evidence.validity
    if result.because in ("not_valid", "not_over") and not isinstance(validity, NotEnough):
        return verdict(validity, words)
    return Verdict(status=_STATUS[result.label], sentence=_answer(result, words))


@finding.register
def _(result: Decision, words: Words) -> Finding:
    said = words.say(LABELS[result.label])
    label = said[:1].upper() + said[1:]
    if result.because == "not_valid":
        answer = words.say(N_("**{label}**: no answer is given, as the test is not valid."), label=label)
    elif result.because == "not_over":
        answer = words.say(N_("**{label}**: before the test is over there is no winner."), label=label)
    elif result.until is not None:
        answer = words.say(N_("**{label} until {until}**."), label=label, until=result.until)
    else:
        answer = words.say(N_("**{label}**."), label=label)
    rule, percent = result.rule, words.percent
    stated = words.say(_RULE, ship=percent(rule.ship_chance, 0), stop=percent(rule.stop_chance, 0))
    return Finding(sentence=f"{answer} {stated}")


def _answer(result: Decision, words: Words) -> str:
    """The sentences of the clause that decided."""
    until_told = result.because == "may_pay" and result.until is not None
    message = _TEST_UNTIL if until_told else _ANSWERS[result.because]
    parts = [words.say(message, **_facts(result, words))]
    if result.label in ("ship", "ship_part"):
        parts.append(_on_base(result, words))
    if result.because == "may_pay":
        parts.append(_plan(result, words))
    return " ".join(part for part in parts if part)


def _facts(result: Decision, words: Words) -> dict[str, Any]:
    alone, policy = result.evidence.alone, result.evidence.policy
    return {
        "arm": result.arm or DASH,
        "until": result.until,
        "profit": _profit(result, words),
        "chance": DASH if result.profit is None else chance(result.profit.probability, words),
        "shares": DASH if isinstance(policy, NotEnough) else _shares(policy, words),
        "single": DASH if isinstance(policy, NotEnough) else policy.single,
        "share": DASH if isinstance(alone, NotEnough) else words.percent(alone.share, 0),
    }


def _profit(result: Decision, words: Words) -> str:
    """The money a customer that the answer rests on."""
    each = result.per_customer
    if each is None:
        return DASH
    if each.low is None or each.high is None:
        return words.say(N_("{money} a customer"), money=words.money(each.value, digits=2))
    message = N_("{money} a customer ({interval})")
    return words.say(
        message, money=words.money(each.value, digits=2), interval=words.interval(each.low, each.high, "money")
    )


def _on_base(result: Decision, words: Words) -> str:
    """The same over all customers who can be sent offers."""
    if result.on_base is None or result.base is None:
        return ""
    message = N_("On all {n} customers who can be written to that is {money}.")
    return words.say(message, n=result.base, money=words.money(result.on_base.value, compact=True))


def _plan(result: Decision, words: Words) -> str:
    """What another test takes."""
    if isinstance(result.plan, NotEnough):
        return ""
    plan = result.plan
    effect = words.percent(plan.design.smallest_effect, 0)
    if plan.feasible or plan.detectable is None:
        message = N_("It takes {n} customers in each group to show a change of {effect}.")
        return words.say(message, n=plan.customers_per_arm, effect=effect)
    message = N_(
        "As many customers as in this test show a change of {detectable} or more; a change of {effect} takes {n} in "
        "each group."
    )
    detectable = words.percent(plan.detectable, 0)
    return words.say(message, detectable=detectable, effect=effect, n=plan.customers_per_arm)


def _shares(policy: OfferPolicy, words: Words) -> str:
    """What share of customers gets what."""
    given = policy.arms[policy.arms["share"] > 0]
    told = {arm: N_("{arm} for {share}") for arm in given["arm"]} | {policy.control: N_("nothing for {share}")}
    each = [words.say(told[row.arm], arm=row.arm, share=words.percent(row.share, 0)) for row in rows(given)]
    return words.listed(each)


@shown_table.register
def _(result: Decision, words: Words) -> Table | NotEnough:
    if isinstance(result.evidence.profits, NotEnough):
        return result.evidence.profits
    frame = result.to_frame()
    frame = frame.assign(
        guardrail=[_said(_GUARDS, code, words) for code in frame["guardrail"]],
        kept=[_said(_KEPT, code, words) for code in frame["kept"]],
    )
    columns = (
        Column(name="arm", header=words.say(N_("Offer"))),
        Column(name="profit", header=words.say(N_("Profit a customer")), kind="money", low="low", high="high"),
        Column(name="chance", header=words.say(N_("Chance that it pays")), kind="share"),
        Column(name="guardrail", header=words.say(N_("Guardrails"))),
        Column(name="kept", header=words.say(N_("Gain in the weeks after"))),
    )
    caption = words.say(N_("What the decision rests on, offer by offer"))
    return Table(columns=columns, frame=frame, caption=caption)


def _said(names: dict[str, str], code: Any, words: Words) -> str:
    return words.say(names[code]) if code in names else DASH


def _note(result: Decision, facts: dict[str, Any], words: Words) -> str | None:
    """What the step rests on."""
    if result.because == "better_by_customer":
        return words.say(N_("Measured on customers from whom the choice was not learned."))
    if result.chance is None:
        return None
    message = N_(
        "The chance that it pays is {chance}; the rule sends an offer at {ship} and gives all up below {stop}."
    )
    rule = result.rule
    ship, stop = words.percent(rule.ship_chance, 0), words.percent(rule.stop_chance, 0)
    return words.say(message, chance=facts["chance"], ship=ship, stop=stop)


@action.register
def _(result: Decision, words: Words) -> Action | None:
    titles: dict[Because, str] = {
        "pays": N_("Send **{arm}** to all customers like these, and keep a tenth without it to see that it lasts"),
        "better_by_customer": N_("Send each customer the offer that suits best: {shares}"),
        "some_lose": N_("Send **{arm}**, but not to the {share} of customers whom it only costs money"),
        "does_not_pay": N_("Do not send these offers again as they are"),
        "guardrail": N_("Do not send **{arm}** again before what got worse is mended"),
        "lowers_goal": N_("Stop these offers now"),
        "weeks_after": N_("Send nothing more of this offer before {until}"),
        "not_valid": N_("Find out why the test broke, mend it, and run it again; nothing can be read from this one"),
        "not_over": N_("Wait for the end: whoever looks again and again finds a winner by chance"),
        "may_pay": N_("Test **{arm}** once more before it is sent to everybody"),
    }
    if result.because not in titles:
        return None
    facts = _facts(result, words)
    told = [(words.say(N_("Profit a customer, after all costs")), facts["profit"])] if result.per_customer else []
    if result.on_base is not None:
        total = words.money(result.on_base.value, compact=True)
        told.append((words.say(N_("On all who can be written to")), total))
    tested = True if result.per_customer is not None else None
    title = words.say(titles[result.because], **facts)
    return Action(title=title, tested=tested, facts=tuple(told), note=_note(result, facts, words))

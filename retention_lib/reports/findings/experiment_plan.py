"""Sentences about the plan of a test: how large it must be, and what larger and smaller changes take."""

from __future__ import annotations

from typing import Any

from retention_lib.models.experiments.planning import TestPlan
from retention_lib.reports.blocks import Action, Alert, Column, Table, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict
from retention_lib.reports.metric_names import difference_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_WORTH_SAYING = 0.01


@verdict.register
def _(result: TestPlan, words: Words) -> Verdict:
    if not result.feasible:
        return Verdict(status="act", sentence=_too_few(result, words))
    status = "good" if result.recruiting_days == 0 else "watch"
    return Verdict(status=status, sentence=_size(result, words))  # type: ignore[arg-type]


@finding.register
def _(result: TestPlan, words: Words) -> Finding:
    parts = (_trade(result, words), _past(result, words), _pays(result, words))
    return Finding(
        sentence=" ".join(part for part in parts if part),
        alt=_alt(result, words),
        caption=_caption(result, words),
    )


def _size(result: TestPlan, words: Words) -> str:
    """Groups that find the smallest effect, and when."""
    message = of_unit(
        result.base.unit,
        household=N_(
            "**{n} households in each of {arms} groups** show a change of {effect} in {goal} with a chance of {power}. "
            "{there} The verdict can be read on **{day}**."
        ),
        customer=N_(
            "**{n} customers in each of {arms} groups** show a change of {effect} in {goal} with a chance of {power}. "
            "{there} The verdict can be read on **{day}**."
        ),
    )
    return words.say(message, **_facts(result, words), there=_there(result, words), day=result.verdict_on)


def _trade(result: TestPlan, words: Words) -> str:
    """What smaller and larger changes take."""
    first, last = (result.curve.iloc[place] for place in (0, -1))
    message = N_(
        "A change of {effect} takes **{n} in each group**, one of {small} takes {many}, and one of {large} only {few}."
    )
    return words.say(
        message,
        **_facts(result, words),
        small=words.percent(first["effect"], _digits(first["effect"])),
        many=int(first["n_per_arm"]),
        large=words.percent(last["effect"], _digits(last["effect"])),
        few=int(last["n_per_arm"]),
    )


def _too_few(result: TestPlan, words: Words) -> str:
    """What a test would take, and what can be had instead."""
    message = of_unit(
        result.base.unit,
        household=N_(
            "**Too few households for this test**: a change of {effect} in {goal} takes {n} in each of {arms} groups, "
            "and there are {count} in all. {instead}"
        ),
        customer=N_(
            "**Too few customers for this test**: a change of {effect} in {goal} takes {n} in each of {arms} groups, "
            "and there are {count} in all. {instead}"
        ),
    )
    return words.say(message, **_facts(result, words), count=result.supply.count, instead=_instead(result, words))


def _instead(result: TestPlan, words: Words) -> str:
    if result.detectable is None:
        return words.say(N_("No change that could be hoped for would be seen with so few."))
    message = N_("All of them together show a change of {detectable} or more.")
    return words.say(message, detectable=words.percent(result.detectable, 0))


def _facts(result: TestPlan, words: Words) -> dict[str, Any]:
    base, design = result.base, result.design
    return {
        "n": result.n_per_arm,
        "arms": design.arms,
        "effect": words.percent(design.smallest_effect, _digits(design.smallest_effect)),
        "goal": metric_name(base.metric, words, unit=base.unit, kind=base.kind),
        "power": words.percent(design.power, 0),
    }


def _digits(share: float) -> int:
    """Digits of a relative effect, so that 2.5 % is not shown as 3 %."""
    return 0 if abs(share * 100 - round(share * 100)) < 1e-9 else 1


def _there(result: TestPlan, words: Words) -> str:
    """Whether there are enough for it."""
    if result.recruiting_days:
        message = N_("{count} are there; with {arrivals} new ones a month the groups are full after {days}.")
        arrivals = round(result.supply.arrivals_per_day * 30)
        days = words.days(result.recruiting_days)
        return words.say(message, count=result.supply.count, arrivals=arrivals, days=days)
    return words.say(N_("It takes {needed} of the {count} there are."), needed=result.needed, count=result.supply.count)


def _past(result: TestPlan, words: Words) -> str:
    """What is saved by knowing how customers were before."""
    if result.base.saved < _WORTH_SAYING:
        return ""
    message = N_("Taking into account what each bought before makes the test smaller by {saved}.")
    return words.say(message, saved=words.percent(result.base.saved, 0))


def _pays(result: TestPlan, words: Words) -> str:
    """From which change on a contact pays."""
    if result.break_even is None or result.contact_cost is None:
        return ""
    message = N_("A message at {cost} pays back from a change of {effect} on.")
    cost = words.money(result.contact_cost, digits=2)
    return words.say(message, cost=cost, effect=words.percent(result.break_even, 1))


def _alt(result: TestPlan, words: Words) -> str:
    first, last = result.curve.iloc[0], result.curve.iloc[-1]
    message = N_("Falling line: a change of {small} takes {many} in each group, a change of {large} takes {few}.")
    return words.say(
        message,
        small=words.percent(first["effect"], 1),
        many=int(first["n_per_arm"]),
        large=words.percent(last["effect"], 1),
        few=int(last["n_per_arm"]),
    )


def _caption(result: TestPlan, words: Words) -> str:
    base = result.base
    message = of_unit(
        base.unit,
        household=N_("{goal} of {n} households by themselves: {mean}. {level} confidence."),
        customer=N_("{goal} of {n} customers by themselves: {mean}. {level} confidence."),
    )
    name = metric_name(base.metric, words, unit=base.unit, kind=base.kind)
    mean = words.percent(base.mean) if base.binary else difference_text(base.mean, base.kind, words)
    level = words.percent(result.design.level, 0)
    return words.say(message, goal=name[:1].upper() + name[1:], n=base.n, mean=mean, level=level)


@shown_table.register
def _(result: TestPlan, words: Words) -> Table:
    base, arms = result.base, result.design.arms
    told = [
        {
            "effect": row.effect,
            "amount": difference_text(row.effect * base.mean, base.kind, words),
            "group": row.n_per_arm,
            "all": row.n_per_arm * arms,
            "there": words.say(N_("yes")) if row.n_per_arm * arms <= result.supply.count else words.say(N_("no")),
        }
        for row in rows(result.curve)
    ]
    each = of_unit(base.unit, household=N_("Households a group"), customer=N_("Customers a group"))
    columns = (
        Column(name="effect", header=words.say(N_("Change to find")), kind="share"),
        Column(name="amount", header=words.say(N_("That is")), kind="written"),
        Column(name="group", header=words.say(each), kind="integer"),
        Column(name="all", header=words.say(N_("In all groups")), kind="integer"),
        Column(name="there", header=words.say(N_("Are there enough now?"))),
    )
    message = N_("Size of a test of {arms} groups by the smallest change in {goal} that it is to find")
    goal = metric_name(base.metric, words, unit=base.unit, kind=base.kind)
    caption = words.say(message, arms=arms, goal=goal)
    return Table(columns=columns, frame=type(result.curve)(told), caption=caption)


@alert.register
def _(result: TestPlan, words: Words) -> Alert:
    dates = result.dates
    message = N_(
        "The size of the test takes customers to scatter as they did over the last {days}. In another season they may "
        "buy more or less, and the test then finds a little more or less than planned."
    )
    days = words.days(dates.window_days + dates.after_days)
    return Alert(level="ok", title=words.say(N_("Planned size.")), sentence=words.say(message, days=days))


@action.register
def _(result: TestPlan, words: Words) -> Action | None:
    if not result.feasible:
        return Action(title=_larger(result, words), tested=None)
    base, design = result.base, result.design
    title = words.say(
        of_unit(
            base.unit,
            household=N_("Test the next offer on **{n}** households, drawn by chance, in {arms} groups of one size"),
            customer=N_("Test the next offer on **{n}** customers, drawn by chance, in {arms} groups of one size"),
        ),
        n=result.needed,
        arms=design.arms,
    )
    effect = words.percent(design.smallest_effect, _digits(design.smallest_effect))
    facts = [
        (words.say(N_("In each group")), words.number(result.n_per_arm)),
        (words.say(N_("Smallest change it finds")), effect),
        (words.say(N_("Verdict on")), words.date(result.verdict_on) if result.verdict_on else ""),
    ]
    if result.contact_cost is not None:
        contacts = result.customers_per_arm * (design.arms - 1)
        facts.append((words.say(N_("Cost of the messages")), words.money(contacts * result.contact_cost)))
    note = words.say(N_("Leave the first group alone, and look at the result only when the time is over."))
    return Action(title=title, tested=False, facts=tuple(facts), note=note)


def _larger(result: TestPlan, words: Words) -> str:
    """What to do where there are too few customers for the test."""
    if result.detectable is None:
        return words.say(N_("Do not test this on so few: put the effort into more customers who can be written to"))
    message = N_("Look for a change of **{effect}** or more, or gather more customers first: fewer groups help as well")
    return words.say(message, effect=words.percent(result.detectable, 0))

"""Sentences about the plan of a test: how large it must be, who is in it, and who is left out of all campaigns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retention_lib.measures.planning import Eligible
from retention_lib.measures.splitting import HOLDOUT, MARKETED, AssignmentList
from retention_lib.models.experiments.planning import TestPlan
from retention_lib.reports.blocks import Action, Alert, Column, Table, Verdict
from retention_lib.reports.findings.base import Finding, action, alert, finding, verdict
from retention_lib.reports.findings.winback import SHOWN_CUSTOMERS, list_table
from retention_lib.reports.metric_names import difference_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_STEPS = {
    "bought": N_("Ever bought"),
    "active": N_("Bought in the last {days}"),
    "agreed": N_("May be written to"),
    "free": N_("In no other test, and not held out"),
    "left": N_("Not taken by the new hold-out"),
}
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


@finding.register
def _(result: Eligible, words: Words) -> Finding:
    message = N_("**{free} customers** can be in a test that starts on {day}: {told}.")
    counts = dict(zip(result.counts["step"], result.counts["customers"], strict=True))
    told = [
        words.say(N_("{n} ever bought"), n=int(counts["bought"])),
        words.say(N_("{n} of them in the last {days}"), n=int(counts["active"]), days=_days(result, words)),
        words.say(N_("{n} of these may be written to"), n=int(counts["agreed"])),
        words.say(N_("{n} of those are in no other test"), n=int(counts["free"])),
    ]
    if "left" in counts:
        told.append(words.say(N_("{n} are left by the new hold-out"), n=int(counts["left"])))
    return Finding(sentence=words.say(message, free=result.customers, day=result.on, told=words.listed(told)))


def _days(result: Eligible, words: Words) -> str:
    return words.days(result.audience.active_days)


@shown_table.register
def _(result: Eligible, words: Words) -> Table:
    labels = {step: words.say(label, days=_days(result, words)) for step, label in _STEPS.items()}
    frame = result.counts.assign(step=[labels[step] for step in result.counts["step"]])
    columns = (
        Column(name="step", header=words.say(N_("Who is left"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
    )
    return Table(columns=columns, frame=frame, caption=words.say(N_("From all customers to those who can be tested")))


@alert.register
def _(result: Eligible, words: Words) -> Alert:
    title = words.say(N_("Consent."))
    if result.consents_known:
        sentence = words.say(N_("Only customers who agreed to be written to are on the lists."))
        return Alert(level="ok", title=title, sentence=sentence)
    message = N_("The store does not know who agreed to be contacted: check that before anything is sent.")
    return Alert(level="warn", title=title, sentence=words.say(message))


@finding.register
def _(result: AssignmentList, words: Words) -> Finding:
    sentence = _holdout(result, words) if result.is_holdout else _arms(result, words)
    marked = words.count(
        "{n} id begins with a sign that spreadsheets take for a formula, so an apostrophe stands before it: take it "
        "away before the list is read again.",
        "{n} ids begin with a sign that spreadsheets take for a formula, so an apostrophe stands before each: take "
        "them away before the list is read again.",
        result.marked,
    )
    return Finding(sentence=f"{sentence} {marked}" if result.marked else sentence)


def _arms(result: AssignmentList, words: Words) -> str:
    """Who is in a test."""
    each = [words.say(N_("{n} in {arm}"), n=int(row.customers), arm=row.arm) for row in rows(result.arms)]
    message = of_unit(
        result.unit,
        household=N_(
            "The list of **{name}** holds {n} customers: {arms}. Chance decided, household by household, so that "
            "nobody reads the offer of another group at home."
        ),
        customer=N_("The list of **{name}** holds {n} customers: {arms}. Chance decided for each."),
    )
    return words.say(message, name=result.experiment, n=result.customers, arms=words.listed(each))


def _holdout(result: AssignmentList, words: Words) -> str:
    """Who is left out of all campaigns."""
    share = result.arms.loc[result.arms["arm"] == HOLDOUT, "share"].iloc[0]
    message = N_(
        "**{held} customers, {share}, get no campaign until {day}**; the other {others} get all of them. What the "
        "others bring more by then is what all campaigns together are worth."
    )
    return words.say(
        message,
        held=result.in_arm(HOLDOUT),
        share=words.percent(float(share)),
        day=result.ends,
        others=result.in_arm(MARKETED),
    )


@action.register
def _(result: AssignmentList, words: Words) -> Action:
    if result.is_holdout:
        title = N_("Leave **{n}** customers out of every campaign for a year")
        n, name = result.in_arm(HOLDOUT), HOLDOUT
    else:
        name = str(result.arms["arm"].iloc[0])
        title = N_("Send each group its offer on {day}, and nothing to the **{n}** customers of {arm}")
        n = result.in_arm(name)
    facts = (
        (words.say(N_("Customers on the list")), words.number(result.customers)),
        (words.say(N_("Starts")), words.date(result.start)),
    )
    note = words.say(
        N_("Give the list to the store as rows of its table assignments: the next report on {name} reads it there."),
        name=result.experiment,
    )
    return Action(title=words.say(title, n=n, day=result.start, arm=name), tested=None, facts=facts, note=note)


@list_table.register
def _(result: AssignmentList, words: Words, *, hashed: Callable[[str], str], file: str) -> Table:
    first = result.table.groupby("variant", sort=False).head(SHOWN_CUSTOMERS // len(result.arms) + 1)
    frame = first.assign(customer=[hashed(id) for id in first["customer_id"]]).drop(columns="customer_id")
    columns = (
        Column(name="customer", header=words.say(N_("Customer, id hashed"))),
        Column(name="variant", header=words.say(N_("Group"))),
        Column(name="stratum", header=words.say(N_("Weeks with purchases"))),
        Column(name="assigned_at", header=words.say(N_("Starts")), kind="date"),
    )
    message = N_("Some of the {n} customers of {name}; all of them, with their ids, are in {file}")
    caption = words.say(message, n=result.customers, name=result.experiment, file=file)
    return Table(columns=columns, frame=frame, caption=caption)

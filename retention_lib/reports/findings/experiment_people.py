"""Sentences about who may be in a test, who is put into it, and who is left out of all campaigns."""

from __future__ import annotations

from collections.abc import Callable

from retention_lib.measures.planning import Eligible
from retention_lib.measures.splitting import HOLDOUT, MARKETED, AssignmentList
from retention_lib.reports.blocks import Action, Alert, Column, Table
from retention_lib.reports.findings.base import Finding, action, alert, finding
from retention_lib.reports.findings.winback import SHOWN_CUSTOMERS, list_table
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

"""Sentences about tests of contacting customers: what each must bring to pay, what it can show, and its list."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import singledispatch
from typing import Any

from retention_lib.models.economics import BreakEven
from retention_lib.models.next_steps import CONTACT, CONTROL, ContactList, NextSteps
from retention_lib.models.top_customers import TOP_DECILE, TopCustomers
from retention_lib.reports.blocks import Action, Column, Table
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.words import N_, Words

SHOWN_CUSTOMERS = 5

_TITLES = {
    "just_quiet": N_(
        "Write to **{letters}** of the {n} customers who went quiet in the month, drawn at random, and leave the "
        "others alone"
    ),
    "one_order": N_(
        "Invite **{letters}** of the {n} customers who bought for the first time in the month to a "
        "second order, drawn at random, and leave the others alone"
    ),
    "bad_review": N_(
        "Offer amends to **{letters}** of the {n} customers with a bad review in the month, drawn at random, and "
        "answer the others as usual"
    ),
    "most_at_stake": N_(
        "Write to **{letters}** of the {n} customers with the most at stake, drawn at random, and leave the others "
        "alone"
    ),
    "top_decile": N_(
        "Treat **{letters}** of the {n} most valuable customers, drawn at random, better than usual, and leave the "
        "others as they are"
    ),
}


@action.register
def _(result: BreakEven, words: Words) -> Action:
    title = words.say(_TITLES[result.audience], letters=result.contacted, n=result.customers)
    facts = (
        (words.say(N_("Customers")), words.number(result.customers)),
        (words.say(N_("Cost of the test")), words.money(result.contacted * result.contact_cost)),
        (words.say(N_("Pays")), _pays(result, words)),
    )
    return Action(title=title, tested=False, facts=facts, note=_test_note(result, words))


def _pays(result: BreakEven, words: Words) -> str:
    """When a contact pays for itself."""
    if not result.one_in:
        return words.say(N_("with any lift: a contact costs nothing"))
    keeps = result.audience == TOP_DECILE
    if not result.reachable:
        return words.say(
            N_("not at this cost: even keeping everyone would not cover it")
            if keeps
            else N_("not at this cost: even bringing everyone back would not cover it")
        )
    needed = math.ceil(result.contacted * result.break_even_share)
    told = _kept(needed, words) if keeps else _brought_back(needed, words)
    if result.one_in > result.contacted:
        return told
    return words.say(N_("{when} (1 in {one_in})"), when=told, one_in=words.number(max(1.0, result.one_in), 0))


def _kept(needed: int, words: Words) -> str:
    """How many of the best customers must stay because they were treated."""
    return words.count(
        "if it keeps {n} customer more than stay by themselves",
        "if it keeps {n} customers more than stay by themselves",
        needed,
    )


def _brought_back(needed: int, words: Words) -> str:
    """How many must come back because they were contacted."""
    return words.count(
        "if it brings back {n} customer more than come by themselves",
        "if it brings back {n} customers more than come by themselves",
        needed,
    )


def _test_note(result: BreakEven, words: Words) -> str:
    """What a test on one month's list can show."""
    base, days = words.percent(result.base_share, 0), words.days(result.horizon_days)
    room = 1 - result.base_share
    if result.detectable_share is None:
        return words.say(
            N_("{base} come back by themselves. So few customers cannot show any lift: pool several months."), base=base
        )
    lift = words.points(result.detectable_share)
    if result.detectable_share > room / 2:
        return words.say(
            N_(
                "{base} come back by themselves, and a test of this size shows only a lift of {lift} or more of the "
                "{room} "
                "possible: one month can hardly show it, so pool several. Judge each list {days} after the contact."
            ),
            base=base,
            lift=lift,
            room=words.points(room),
            days=days,
        )
    return words.say(
        N_(
            "{base} come back by themselves, so only the difference to those left alone counts. A test of this size "
            "shows "
            "a lift of {lift} or more; a smaller one needs several months together. Judge it {days} after the contact."
        ),
        base=base,
        lift=lift,
        days=days,
    )


@finding.register
def _(result: NextSteps, words: Words) -> Finding:
    contacted = sum(step.contacted for step in result.steps)
    sentence = words.count(
        "One test. It contacts {contacted} customers of the {budget} that may be contacted in a month.",
        "{n} tests, the one that needs the smallest lift first. Together they contact {contacted} customers of the "
        "{budget} that may be contacted in a month; contact nobody twice.",
        len(result.steps),
        contacted=contacted,
        budget=result.budget,
    )
    return Finding(sentence=sentence)


@finding.register
def _(result: ContactList, words: Words) -> Finding:
    table = result.table
    groups = table["group"].value_counts()
    sentence = words.say(
        N_(
            "The list for the test of the most at stake holds **{contact}** customers to contact and as many like "
            "them, drawn at random, to leave alone; together {money} are at stake with them. {consents}"
        ),
        contact=int(groups[CONTACT]),
        money=words.money(float(table["at_stake"].sum()), compact=True),
        consents=consents_said(result, words),
    )
    return Finding(sentence=sentence)


def consents_said(result: ContactList | TopCustomers, words: Words) -> str:
    """Whether those on a list agreed to be contacted, as far as it is known.

    Args:
        result: The list.
        words: The reader's language.
    """
    if not result.consents_known:
        return words.say(N_("The store does not know who agreed to be contacted: check that before sending."))
    return words.count(
        "{n} customer who agreed to no channel is left out.",
        "{n} customers who agreed to no channel are left out.",
        result.refused,
    )


def list_caption(result: ContactList | TopCustomers, words: Words, file: str) -> str:
    """What the table with the first customers of a list is.

    Args:
        result: The list.
        words: The reader's language.
        file: Where all of them stand.
    """
    return words.count(
        "The first of {n} customer on the list; all of them, with their ids, are in {file}",
        "The first of {n} customers on the list; all of them, with their ids, are in {file}",
        len(result.table),
        file=file,
    )


@singledispatch
def list_table(result: Any, words: Words, *, hashed: Callable[[str], str], file: str) -> Table:
    """The first customers of a list with their ids hashed, by the list's type.

    Args:
        result: The list.
        words: The reader's language and currency.
        hashed: Makes a customer's id what a page may show.
        file: Where the whole list stands, ids in clear.

    Raises:
        TypeError: No table is written for lists of this type.
    """
    raise TypeError(f"no table is written for a list of type {type(result).__name__}")


@list_table.register
def _(result: ContactList, words: Words, *, hashed: Callable[[str], str], file: str) -> Table:
    groups = {CONTACT: words.say(N_("contact")), CONTROL: words.say(N_("leave alone"))}
    first = result.table.head(SHOWN_CUSTOMERS)
    frame = first.assign(
        customer=[hashed(id) for id in first["customer_id"]], group=[groups[group] for group in first["group"]]
    ).drop(columns="customer_id")
    columns = (
        Column(name="customer", header=words.say(N_("Customer, id hashed"))),
        Column(name="group", header=words.say(N_("Test"))),
        Column(
            name="risk",
            header=words.say(N_("No purchase in {days}"), days=words.days(result.horizon_days)),
            kind="share",
        ),
        Column(name="profit_if_stays", header=words.say(N_("Profit if the customer stays")), kind="money"),
        Column(name="at_stake", header=words.say(N_("At stake")), kind="money"),
    )
    return Table(columns=columns, frame=frame, caption=list_caption(result, words, file))

"""Sentences about what the lists of the playbook earned: those judged last month, and each scenario's by month."""

from __future__ import annotations

import pandas as pd

from retention_lib.measures.actions.list_reading import ListedTerms
from retention_lib.models.actions.decisions import TrackRecord
from retention_lib.models.actions.judged import OpenLists
from retention_lib.models.actions.last_month import LastMonth
from retention_lib.reports.blocks import Verdict
from retention_lib.reports.findings.base import Finding, finding, verdict
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.words import N_, Words

_TAKEN = {
    "window_days": N_("the days of the window"),
    "after_days": N_("the days after it"),
    "control": N_("who was left alone"),
    "planned_split": N_("the planned sizes of the arms"),
    "campaign_cost": N_("the cost of the list"),
    "contact_cost": N_("the cost of a message"),
}


def earned_sentence(result: LastMonth, words: Words) -> str:
    """What the lists judged last month earned together, in one sentence; for verdicts too.

    Args:
        result: The lists of the month.
        words: The reader's language and currency.
    """
    profit = result.profit
    told = {
        "money": words.money(abs(profit.value), compact=True),
        "value": words.money(profit.value, compact=True),
        "interval": words.interval(profit.low, profit.high, "money", compact=True),
        "contacts": words.count("{n} customer", "{n} customers", result.contacts),
    }
    if profit.low is None:
        return words.count(
            "The list judged last month brought {value} from {contacts}; how sure that is cannot be said.",
            "The {n} lists judged last month brought {value} from {contacts}; how sure that is cannot be said.",
            result.counted,
            **told,
        )
    if profit.claimed and profit.value > 0:
        return words.count(
            "**The list judged last month earned {money}** ({interval}) from {contacts}, coupons and messages paid.",
            "**The {n} lists judged last month earned {money}** ({interval}) from {contacts}, coupons and messages "
            "paid.",
            result.counted,
            **told,
        )
    if profit.claimed:
        return words.count(
            "**The list judged last month lost {money}** ({interval}) on {contacts}, coupons and messages paid.",
            "**The {n} lists judged last month lost {money}** ({interval}) on {contacts}, coupons and messages paid.",
            result.counted,
            **told,
        )
    return words.count(
        "The list judged last month brought {value} from {contacts}, which may be chance ({interval}).",
        "The {n} lists judged last month brought {value} from {contacts}, which may be chance ({interval}).",
        result.counted,
        **told,
    )


def earned_in_short(result: LastMonth, words: Words) -> str:
    """The same for a verdict that has more to say; interval and base stand on the card.

    Args:
        result: The lists of the month.
        words: The reader's language and currency.
    """
    profit = result.profit
    told = {"money": words.money(abs(profit.value), compact=True), "value": words.money(profit.value, compact=True)}
    if profit.low is None:
        return words.count(
            "The list judged last month brought {value}; how sure that is cannot be said.",
            "The {n} lists judged last month brought {value}; how sure that is cannot be said.",
            result.counted,
            **told,
        )
    if profit.claimed and profit.value > 0:
        return words.count(
            "**The list judged last month earned {money}**, coupons and messages paid.",
            "**The {n} lists judged last month earned {money}**, coupons and messages paid.",
            result.counted,
            **told,
        )
    if profit.claimed:
        return words.count(
            "**The list judged last month lost {money}**, coupons and messages paid.",
            "**The {n} lists judged last month lost {money}**, coupons and messages paid.",
            result.counted,
            **told,
        )
    return words.count(
        "The list judged last month brought {value}, which may be chance.",
        "The {n} lists judged last month brought {value}, which may be chance.",
        result.counted,
        **told,
    )


@finding.register
def _(result: LastMonth, words: Words) -> Finding:
    parts = [earned_sentence(result, words), *_outstanding(result.table, words), *_not_counted(result, words)]
    alt = words.say(
        N_(
            "Dots with intervals, one a list: net profit of a contact, {lists} in all; together {money} on {contacts} "
            "customers."
        ),
        lists=words.count("{n} list", "{n} lists", len(result.table)),
        money=words.money(result.profit.value, compact=True),
        contacts=result.contacts,
    )
    caption = words.say(
        N_(
            "Gross profit less coupons, messages and the list's own cost, against {control} customers left alone by "
            "chance; lines: 95% intervals, which alone decide the colour."
        ),
        control=result.control,
    )
    return Finding(sentence=" ".join(parts), alt=alt, caption=caption)


@verdict.register
def _(result: LastMonth, words: Words, **context: object) -> Verdict:
    profit = result.profit
    status = "watch" if not profit.claimed else "good" if profit.value > 0 else "act"
    return Verdict(status=status, sentence=earned_sentence(result, words))  # type: ignore[arg-type]


def _outstanding(table: pd.DataFrame, words: Words) -> list[str]:
    """The lists that were shown to pay, or to lose money, on their own."""
    messages = {"paid": N_("Shown to pay on its own: {names}."), "lost": N_("Shown to lose money: {names}.")}
    names = {one: table.loc[table["standing"] == one, "scenario"] for one in messages}
    return [
        words.say(messages[one], names=words.listed([scenario_name(str(name), words) for name in found]))
        for one, found in names.items()
        if len(found)
    ]


def _not_counted(result: LastMonth, words: Words) -> list[str]:
    """Lists that are in the total only, or not even there."""
    parts = []
    small = int((result.table["standing"] == "small").sum())
    if small:
        one = "{n} list is too small to be judged alone (fewer than 30 on a side): it counts in the total."
        many = "{n} lists are too small to be judged alone (fewer than 30 on a side): they count in the total."
        parts.append(words.count(one, many, small))
    broken = result.table[result.table["standing"] == "invalid"]
    if len(broken):
        names = [
            words.say(
                N_("{name} ({why})"),
                name=scenario_name(str(row["scenario"]), words),
                why=why_withheld(str(row["reason"]), words),
            )
            for row in broken.to_dict("records")
        ]
        parts.append(words.say(N_("Not counted, as they may not be read: {names}."), names=words.listed(names)))
    return parts


@finding.register
def _(result: TrackRecord, words: Words) -> Finding:
    months = result.table["month"].nunique()
    best = result.scenarios[0]
    total = float(result.table.loc[result.table["scenario"] == best, "total"].sum())
    told = {
        "lists": words.count("{n} list", "{n} lists", len(result.table)),
        "months": words.count("{n} month", "{n} months", int(months)),
        "name": scenario_name(best, words),
        "total": words.money(total, compact=True),
    }
    message = N_("Of **{lists}** in {months}, “{name}” brought most: {total} in all.")
    if total <= 0:
        message = N_("Of **{lists}** in {months}, no scenario’s lists earned money; “{name}” came nearest: {total}.")
    shown = _shown_alone(result.table, words)
    alt = words.say(
        N_("Bars by scenario and month: what the lists earned, from {name} with {total} down."),
        name=told["name"],
        total=told["total"],
    )
    caption = words.say(
        N_("Net profit of all contacts of a list; lines: 95% intervals; hatched: too few to be called alone.")
    )
    return Finding(sentence=f"{words.say(message, **told)} {shown}", alt=alt, caption=caption)


def _shown_alone(table: pd.DataFrame, words: Words) -> str:
    """How many lists were shown on their own to pay, or to lose money."""
    paid, lost = (int((table["standing"] == one).sum()) for one in ("paid", "lost"))
    if not paid and not lost:
        return words.say(N_("None of them alone is shown to pay or to lose money."))
    return words.say(N_("Shown on their own to pay: {paid}; to lose money: {lost}."), paid=paid, lost=lost)


@finding.register
def _(result: ListedTerms, words: Words) -> Finding:
    what = words.listed([words.say(_TAKEN[name]) for name in result.taken])
    message = N_(
        "This test is the list \u201c{name}\u201d of the playbook, started on {start}. It is read as it was "
        "issued: over {days} from each planned message, with {share} left alone."
    )
    parts = [
        words.say(
            message,
            name=scenario_name(result.scenario, words),
            start=result.start,
            days=words.days(result.window_days + result.after_days),
            share=words.percent(result.shares, 0),
        )
    ]
    if what:
        more = N_("Taken from the ledger, as the parameters of this report leave it open: {what}.")
        parts.append(words.say(more, what=what))
    return Finding(sentence=" ".join(parts))


@finding.register
def _(result: OpenLists, words: Words) -> Finding:
    one = "{n} list is still open; its verdict is due on {first}."
    many = "{n} lists are still open; the first verdict is due on {first}, the last on {last}."
    days = result.table["verdict_on"]
    return Finding(sentence=words.count(one, many, len(result.table), first=days.min(), last=days.max()))

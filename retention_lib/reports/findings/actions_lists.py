"""Sentences about the lists of a month: how many are contacted, where the lists stand, and what changed since."""

from __future__ import annotations

from collections.abc import Callable

from retention_lib.measures.actions.lists import ActionLists
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.findings.winback import list_table
from retention_lib.reports.scenario_names import channel_name, scenario_name, variant_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words
from retention_lib.settings.scenario import CONTROL


@finding.register
def _(result: ActionLists, words: Words) -> Finding:
    contacts, control = int(result.counts["contacts"].sum()), int(result.counts["control"].sum())
    if not result.customers:
        return Finding(sentence=words.say(N_("No list is issued: 0 customers are to be contacted.")))
    sentences = [
        words.count(
            "{n} list: **{contacts}** customers are to be contacted, and {control}, drawn by chance, are left alone, "
            "so that the list can be judged.",
            "{n} lists: **{contacts}** customers are to be contacted, and {control}, drawn by chance, are left alone, "
            "so that each list can be judged.",
            int((result.counts["contacts"] > 0).sum()),
            contacts=words.number(contacts),
            control=words.number(control),
        ),
        _verdicts(result, words),
        *_audiences(result, words),
        *_notes(result, words),
    ]
    return Finding(sentence=" ".join(sentences))


def _verdicts(result: ActionLists, words: Words) -> str:
    """When the lists are judged."""
    first, last = result.counts["verdict_on"].min(), result.counts["verdict_on"].max()
    if first == last:
        return words.say(N_("The verdict is due on {day}."), day=words.date(first))
    message = N_("The first verdict is due on {first}, the last on {last}.")
    return words.say(message, first=words.date(first), last=words.date(last))


def _audiences(result: ActionLists, words: Words) -> list[str]:
    """What the hashed addresses reach."""
    return [
        words.say(
            N_(
                "The audience for {name} holds {addresses} hashed addresses of {customers} customers; for {without} "
                "there is none that may be used."
            ),
            name=scenario_name(each.scenario, words),
            addresses=words.number(len(each.table)),
            customers=words.number(each.customers),
            without=words.number(each.without_address),
        )
        for each in result.audiences
    ]


def _notes(result: ActionLists, words: Words) -> list[str]:
    notes = []
    if result.marked:
        notes.append(
            words.count(
                "The files mark {n} id with an apostrophe, which a spreadsheet would take for a formula.",
                "The files mark {n} ids with an apostrophe, which a spreadsheet would take for formulas.",
                result.marked,
            )
        )
    if not result.consents_known:
        notes.append(_unknown_consents(words))
    return notes


def _unknown_consents(words: Words) -> str:
    """That nobody was left out for want of consent, and who has to look."""
    return words.say(N_("**The store does not know who agreed to be contacted**: check that before sending."))


@alert.register
def _(result: ActionLists, words: Words) -> Alert:
    control = int(result.counts["control"].sum())
    changed, gone = (int(result.counts[name].sum()) for name in ("otherwise", "withdrawn"))
    sentences = [
        words.say(
            N_("Who is left alone was drawn by chance and stays so on every run: {n} customers."),
            n=words.number(control),
        )
    ]
    if changed:
        sentences.append(
            words.count(
                "The lists stand as they were issued; by today's data {n} customer would be on another or on none.",
                "The lists stand as they were issued; by today's data {n} customers would be on another or on none.",
                changed,
            )
        )
    if gone:
        sentences.append(
            words.count(
                "{n} customer may no longer be contacted, having withdrawn the consent, complained or been held out: "
                "the file has nothing to send there.",
                "{n} customers may no longer be contacted, having withdrawn the consent, complained or been held out: "
                "the files have nothing to send to them.",
                gone,
            )
        )
    if result.taken:
        message = N_("No list for {names}: a test of this month's name is known from elsewhere.")
        names = words.listed([scenario_name(scenario, words) for scenario in result.taken])
        sentences.append(words.say(message, names=names))
    if not result.consents_known:
        sentences.append(_unknown_consents(words))
    found = bool(changed or gone or result.taken or not result.consents_known)
    return check_alert(found=found, title=words.say(N_("Lists.")), sentence=" ".join(sentences))


@shown_table.register
def _(result: ActionLists, words: Words) -> Table:
    names = [scenario_name(scenario, words) for scenario in result.counts["scenario"]]
    columns = (
        Column(name="name", header=words.say(N_("List"))),
        Column(name="contacts", header=words.say(N_("Contact")), kind="integer"),
        Column(name="control", header=words.say(N_("Leave alone")), kind="integer"),
        Column(name="first_send", header=words.say(N_("First sent")), kind="date"),
        Column(name="last_send", header=words.say(N_("Last sent")), kind="date"),
        Column(name="verdict_on", header=words.say(N_("Verdict")), kind="date"),
    )
    caption = words.say(
        N_("The lists that start on {day}: whom each contacts, when, and when it is judged"), day=result.start
    )
    return Table(columns=columns, frame=result.counts.assign(name=names), caption=caption)


@list_table.register
def _(result: ActionLists, words: Words, *, hashed: Callable[[str], str], file: str) -> Table:
    shown = result.table[result.table["variant"] != CONTROL].groupby("scenario", sort=False).head(1)
    frame = shown.assign(
        customer=[hashed(id) for id in shown["customer_id"]],
        name=[scenario_name(scenario, words) for scenario in shown["scenario"]],
        group=[variant_name(variant, words) for variant in shown["variant"]],
        by=[channel_name(channel, words) for channel in shown["channel"]],
        hour=shown["send_at"].dt.strftime("%H:%M"),
    )
    columns = (
        Column(name="customer", header=words.say(N_("Customer, id hashed"))),
        Column(name="name", header=words.say(N_("List"))),
        Column(name="group", header=words.say(N_("Group"))),
        Column(name="by", header=words.say(N_("Channel"))),
        Column(name="send_at", header=words.say(N_("Day")), kind="date"),
        Column(name="hour", header=words.say(N_("Hour"))),
        Column(name="offer", header=words.say(N_("Offer"))),
    )
    caption = words.say(
        N_("The first customer to contact of each list; all {n} customers, with their ids, are in {file}"),
        n=words.number(result.customers),
        file=file,
    )
    return Table(columns=columns, frame=frame.drop(columns="customer_id"), caption=caption, folded=True)

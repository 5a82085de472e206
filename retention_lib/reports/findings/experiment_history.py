"""Sentences and the table of a store's past tests."""

from __future__ import annotations

import math

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.history import PastTests
from retention_lib.reports.blocks import Alert, Column, Table
from retention_lib.reports.findings.base import Finding, alert, check_alert, finding
from retention_lib.reports.findings.experiment_effects import REFUSALS
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words

STANDINGS = {
    "paid": N_("paid"),
    "lost": N_("lost money"),
    "open": N_("cannot be told"),
}


@finding.register
def _(result: PastTests, words: Words) -> Finding:
    sentence = " ".join(part for part in (_counted(result, words), _mean(result, words)) if part)
    alt = words.say(
        N_("Dots with intervals, one an offer of an earlier test: the profit of a contact, {n} offers in all."),
        n=int((result.table["valid"]).sum()),
    )
    days = words.days(result.days) if result.days is not None else ""
    caption = words.say(
        N_(
            "Gross profit less coupons and sending over {days} from the assignment; lines: 95% intervals, colours: "
            "shown after correction for all offers."
        )
        if days
        else N_("Gross profit less sending; lines: 95% intervals, colours: shown after correction for all offers."),
        days=days,
    )
    return Finding(sentence=sentence, alt=alt, caption=caption)


def _counted(result: PastTests, words: Words) -> str:
    """How many offers paid, lost, and cannot be told."""
    counts = {name: int((result.table["standing"] == name).sum()) for name in (*STANDINGS, "invalid")}
    told = {"offers": len(result.table), "tests": result.tests, **counts}
    if not counts["paid"] + counts["lost"] + counts["open"]:
        return words.say(N_("No earlier test is sound, so nothing is learned from the {tests} there are."), **told)
    message = (
        N_(
            "Shown to pay: **{paid} of {offers} offers** in {tests} earlier tests; shown to lose money: {lost}; cannot "
            "be told: {open}."
        )
        if counts["paid"] or counts["lost"]
        else N_(
            "**None of {offers} offers** in {tests} earlier tests was shown to pay or to lose money: chance alone can "
            "do what was seen."
        )
    )
    parts = [words.say(message, **told)]
    if counts["invalid"]:
        parts.append(words.say(N_("Not judged, as the test was not sound: {invalid}."), **told))
    return " ".join(parts)


def _mean(result: PastTests, words: Words) -> str:
    """What a contact left on average, and how far campaigns are apart."""
    if not isinstance(result.mean, Estimate):
        return ""
    mean = result.mean
    sure = (mean.low or 0.0) > 0 or (mean.high or 0.0) < 0
    message = (
        N_("On average over the {sound} sound tests a contact brought a profit of {amount} ({interval}).")
        if sure
        else N_(
            "On average over the {sound} sound tests a contact brought a profit of {amount} ({interval}), which may be "
            "nothing."
        )
    )
    between = words.interval(mean.low, mean.high, "money")
    parts = [words.say(message, sound=result.sound, amount=words.money(mean.value), interval=between)]
    if result.spread > 0 and not math.isnan(result.spread):
        apart = N_("From one campaign to the next the true profit differs by about {spread} a contact.")
        parts.append(words.say(apart, spread=words.money(result.spread)))
    return " ".join(parts)


@alert.register
def _(result: PastTests, words: Words) -> Alert:
    unsound = result.tests - result.sound
    message = (
        N_(
            "Not sound, by the sizes of their arms or by what was bought before: {unsound} of {tests}; nothing is "
            "learned from these."
        )
        if unsound
        else N_("Sound, by the sizes of their arms and by what was bought before: all {tests}.")
    )
    parts = [words.say(message, unsound=unsound, tests=result.tests)]
    if len(result.left_out):
        more = N_("Not read, as they still run, are too many or do not say who was left alone: {left}.")
        parts.append(words.say(more, left=len(result.left_out)))
    return check_alert(found=unsound > 0, title=words.say(N_("Earlier tests.")), sentence=" ".join(parts))


@shown_table.register
def _(result: PastTests, words: Words) -> Table:
    frame = result.table
    said = [_said(str(row["standing"]), str(row["reason"]), words) for row in frame.to_dict("records")]
    # An unsound test has no result, not even an uncertain one.
    hidden = {name: frame[name].where(frame["valid"]) for name in ("profit", "low", "high")}
    columns = (
        Column(name="test", header=words.say(N_("Test"))),
        Column(name="arm", header=words.say(N_("Offer"))),
        Column(name="started", header=words.say(N_("Start")), kind="date"),
        Column(name="contacts", header=words.say(N_("Contacts")), kind="integer"),
        Column(name="profit", header=words.say(N_("Profit a contact")), kind="money", low="low", high="high"),
        Column(name="said", header=words.say(N_("It paid?"))),
    )
    caption = words.say(N_("Earlier tests of this store, the latest first, by what a contact left"))
    return Table(columns=columns, frame=frame.assign(said=said, **hidden), caption=caption)


def _said(standing: str, reason: str, words: Words) -> str:
    """Whether an offer paid, or why nothing is said."""
    if standing in STANDINGS:
        return words.say(STANDINGS[standing])
    return words.say(REFUSALS[reason]) if reason in REFUSALS else why_withheld(reason, words)

"""Sentences about offers: what they were measured to bring, and which one a past test found best for whom."""

from __future__ import annotations

import math

import pandas as pd

from retention_lib.models.actions.offer_gains import OfferGains
from retention_lib.models.actions.offers import LearnedOffers
from retention_lib.models.actions.playbook_terms import LEFT_ALONE
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.offer_names import offer_name
from retention_lib.reports.scenario_names import scenario_name
from retention_lib.reports.tables import shown_table
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: LearnedOffers, words: Words) -> Finding:
    counts = result.to_frame().set_index("offer")["customers"]
    alone, every = int(counts.get(LEFT_ALONE, 0)), int(counts.sum())
    if not result.by_customer:
        message = N_("The test {test} found one offer best for all of {n} customers: **{offer}**.")
        best = str(counts.idxmax())
        return Finding(sentence=words.say(message, test=result.test, n=every, offer=offer_name(best, words)))
    offers = [str(name) for name in counts[counts > 0].index if name != LEFT_ALONE]
    sentence = words.say(
        N_("As the test {test} shows, {n} customers get the offer that suits each best: {offers}."),
        test=result.test,
        n=every - alone,
        offers=words.listed([f"{offer_name(name, words)} {words.number(int(counts[name]))}" for name in offers]),
    )
    if alone:
        told = words.count("{n} is better left alone.", "{n} are better left alone.", alone)
        sentence = f"{sentence} {told}"
    if math.isfinite(result.gain):
        message = N_("In that test choosing was worth {money} a customer more than one offer for all.")
        sentence = f"{sentence} {words.say(message, money=words.money(result.gain))}"
    return Finding(sentence=sentence)


@finding.register
def _(result: OfferGains, words: Words) -> Finding:
    best = _largest(result.table)
    parts = [_most(result, best, words)]
    shown = result.table[result.table["low"] > 0]
    if best["low"] <= 0 and len(shown):
        parts.append(
            words.say(
                N_("“{name}” ({offer}) is shown to: by **{gain}** ({interval})."), **_told(_largest(shown), words)
            )
        )
    if result.untested:
        parts.append(words.count("Of {n} other nothing is known.", "Of {n} others nothing is known.", result.untested))
    return Finding(
        sentence=" ".join(parts),
        alt=words.say(
            N_("By what share each of {rows} messages with its offer raises what customers bring, at best {gain}."),
            rows=len(result.table),
            gain=words.percent(float(best["gain"]), 0),
        ),
        caption=words.say(
            N_("From {lists} and {tests}; older ones count less, few are drawn to the rest; lines: 95% intervals."),
            lists=words.count("{n} list", "{n} lists", result.lists),
            tests=words.count("{n} other test", "{n} other tests", result.tests),
        ),
    )


def _largest(table: pd.DataFrame) -> pd.Series:
    """The row with the largest gain: the table begins with what own lists measured, whatever else is larger."""
    return table.iloc[int(table["gain"].to_numpy().argmax())]


def _most(result: OfferGains, best: pd.Series, words: Words) -> str:
    """What the message with the largest gain does, as far as it is known."""
    if best["low"] > 0:
        message = N_("“{name}” ({offer}) raises what customers bring most: by **{gain}** ({interval}).")
    elif (result.table["high"] < 0).all():
        message = N_(
            "Nothing measured raises what customers bring; “{name}” ({offer}) does least harm: {gain} ({interval})."
        )
    elif best["gain"] > 0:
        message = N_(
            "“{name}” ({offer}) seems to raise what customers bring most, by {gain}, which may be chance ({interval})."
        )
    else:
        message = N_(
            "Nothing is shown to raise what customers bring; “{name}” ({offer}) comes nearest: {gain} ({interval})."
        )
    return words.say(message, **_told(best, words))


def _told(row: pd.Series, words: Words) -> dict[str, str]:
    """A message with its offer and gain; one borrowed from other scenarios is called so."""
    interval = words.interval(float(row["low"]), float(row["high"]), "share")
    if not row["measured"]:
        interval = words.say(N_("{interval}; seen with the same offer elsewhere"), interval=interval)
    return {
        "name": scenario_name(str(row["scenario"]), words),
        "offer": offer_name(str(row["offer"]), words),
        "gain": words.percent(float(row["gain"]), 0),
        "interval": interval,
    }


@shown_table.register
def _(result: LearnedOffers, words: Words) -> Table:
    counts = result.to_frame()
    frame = counts.assign(name=[offer_name(str(name), words) for name in counts["offer"]])
    columns = (
        Column(name="name", header=words.say(N_("Offer"))),
        Column(name="customers", header=words.say(N_("Customers")), kind="integer"),
    )
    caption = words.say(
        N_("What customers of this month's scenarios are offered by the rule of {test}"), test=result.test
    )
    return Table(columns=columns, frame=frame, caption=caption)

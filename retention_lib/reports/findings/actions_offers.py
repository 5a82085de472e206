"""Sentences about which offer a past test found best for whom."""

from __future__ import annotations

import math

from retention_lib.models.actions.offers import LearnedOffers
from retention_lib.models.actions.playbook_terms import LEFT_ALONE
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.offer_names import offer_name
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

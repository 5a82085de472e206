"""Sentences about which offer is for whom, and about customers to leave alone."""

from __future__ import annotations

from typing import Any

from retention_lib.estimates import Estimate
from retention_lib.models.experiments.left_alone import LeftAlone
from retention_lib.models.experiments.policy import OfferedGroups, OfferPolicy
from retention_lib.reports.blocks import Action
from retention_lib.reports.feature_names import feature_name
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.findings.experiment_uplift import money_range, signed_money
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.rows import rows
from retention_lib.reports.text import clean_value
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: OfferPolicy, words: Words) -> Finding:
    return Finding(sentence=_sentence(result, words), alt=_alt(result, words), caption=_caption(result, words))


def _sentence(result: OfferPolicy, words: Words) -> str:
    """Whether offers by customer are worth more than one offer for all."""
    if result.withheld is not None:
        return words.say(N_("**No offer is recommended**: {why}."), why=why_withheld(result.withheld, words))
    values = {
        "gain": signed_money(result.gain.value, words),
        "range": money_range(result.gain.low, result.gain.high, words),
        "single": clean_value(result.single),
    }
    if not result.preferred:
        return words.say(_stays(result), **values)
    message = N_(
        "**Choosing the offer by customer pays more than one offer for all**: {value} a customer, against "
        "{single_value} with {single} for everybody. That is {gain} a customer ({range}), on customers the rule had "
        "not seen. It gives {parts}."
    )
    return words.say(
        message,
        value=signed_money(result.value.value, words),
        single_value=signed_money(result.single_value.value, words),
        parts=words.listed([_part(one, result, words) for one in rows(result.arms) if one.customers > 0]),
        **values,
    )


def _stays(result: OfferPolicy) -> str:
    """The message where one offer, or none, stays for all."""
    if result.gain.low is None:
        return N_(
            "**One answer for all: {single}.** The model finds no customers for whom another one would bring more, so "
            "that customers differ cannot be shown."
        )
    if result.gain.value <= 0:
        return N_(
            "**One answer for all: {single}.** Choosing by customer does no better: a rule of who gets what is worth "
            "{gain} a customer against {single} for everybody ({range})."
        )
    if result.single == result.control:
        return N_(
            "**Leaving all alone did best, and choosing by customer cannot be shown to do better**: a rule of who "
            "gets what is worth {gain} a customer against leaving all alone ({range}), which chance can do."
        )
    return N_(
        "**One offer for all stays: {single}.** That choosing by customer does better cannot be shown: a rule of who "
        "gets what is worth {gain} a customer against {single} for everybody ({range}), which chance can do."
    )


def _part(one: Any, result: OfferPolicy, words: Words) -> str:
    """To how many the rule gives an arm."""
    share = words.percent(one.share, 0)
    if one.arm == result.control:
        return words.say(N_("nothing to {share}"), share=share)
    return words.say(N_("{arm} to {share}"), arm=clean_value(one.arm), share=share)


def _alt(result: OfferPolicy, words: Words) -> str:
    return words.say(
        N_("Dots with intervals: a rule of who gets what gains {gain} a customer against {single} for everybody."),
        gain=signed_money(result.gain.value, words),
        single=clean_value(result.single),
    )


def _caption(result: OfferPolicy, words: Words) -> str:
    message = of_unit(
        result.unit,
        household=N_(
            "Profit a customer of the rule beyond that of one arm for all; {n} households ({share} of the test), each "
            "judged by models that have not seen it; 95% intervals."
        ),
        customer=N_(
            "Profit a customer of the rule beyond that of one arm for all; {n} customers ({share} of the test), each "
            "judged by models that have not seen it; 95% intervals."
        ),
    )
    return words.say(message, n=result.units, share=words.percent(result.share, 0))


@finding.register
def _(result: OfferedGroups, words: Words) -> Finding:
    if result.table.empty:
        return Finding(sentence=words.say(N_("The rule gives the same to all kinds of customers.")))
    first = result.table.groupby("arm", sort=False).head(1)
    told = [words.say(N_("{arm}: {trait}"), arm=clean_value(one.arm), trait=trait(one, words)) for one in rows(first)]
    message = N_("What sets those apart who would get each arm: {parts}.")
    return Finding(sentence=words.say(message, parts="; ".join(told)))


def trait(one: Any, words: Words) -> str:
    """By what the customers of an offer differ from the others.

    Args:
        one: A row of the groups.
        words: The reader's language.
    """
    name = feature_name(one.feature, words)
    if one.flag:
        here, elsewhere = words.percent(one.here, 0), words.percent(one.elsewhere, 0)
    else:
        here, elsewhere = words.number(one.here, 1), words.number(one.elsewhere, 1)
    message = N_("{name} ({here} against {elsewhere})")
    return words.say(message, name=name, here=here, elsewhere=elsewhere)


@action.register
def _(result: OfferPolicy, words: Words) -> Action | None:
    if not result.preferred:
        return None
    facts = [
        (words.say(N_("{arm} to"), arm=clean_value(one.arm)), words.percent(one.share, 0))
        for one in rows(result.arms)
        if one.customers > 0
    ]
    more = (words.say(N_("More profit for 1,000 customers")), _thousand(result.gain, words))
    note = N_(
        "Measured against {single} for everybody, on customers the rule had not seen. Keep 1 customer in 10 on "
        "{single}, drawn by chance, to see the gain last."
    )
    return Action(
        title=words.say(N_("Choose the offer by customer")),
        tested=True,
        facts=(more, *facts),
        note=words.say(note, single=clean_value(result.single)),
    )


@finding.register
def _(result: LeftAlone, words: Words) -> Finding:
    return Finding(sentence=_alone(result, words))


def _alone(result: LeftAlone, words: Words) -> str:
    """Whether some customers are better left alone."""
    arm = clean_value(result.arm)
    if result.withheld is not None:
        return words.say(
            N_("**Nobody is said to be better left alone**: {why}."), why=why_withheld(result.withheld, words)
        )
    if not isinstance(result.effect, Estimate):
        return words.say(N_("The model expects {arm} to pay with every customer: nobody is to be left alone."), arm=arm)
    message = (
        N_(
            "**Leave {share} of the customers alone**: {arm} brought {effect} for each of them ({range}), on customers "
            "the model had not seen."
        )
        if result.shown
        else N_(
            "The model expects {arm} to lose money with {share} of the customers, but that cannot be shown: it brought "
            "{effect} for each of them ({range})."
        )
    )
    return words.say(
        message,
        share=words.percent(result.share, 0),
        arm=arm,
        effect=signed_money(result.effect.value, words),
        range=money_range(result.effect.low, result.effect.high, words),
    )


@action.register
def _(result: LeftAlone, words: Words) -> Action | None:
    if not result.shown or not isinstance(result.effect, Estimate):
        return None
    facts = (
        (words.say(N_("Share of the customers")), words.percent(result.share, 0)),
        (words.say(N_("Lost with 1,000 of them")), _thousand(result.effect, words)),
    )
    note = N_("Measured on customers the model had not seen; who they are stands in the table above.")
    title = words.say(
        N_("Leave the {n} customers alone with whom {arm} loses money"),
        n=result.customers,
        arm=clean_value(result.arm),
    )
    return Action(title=title, tested=True, facts=facts, note=words.say(note))


def _thousand(found: Estimate, words: Words) -> str:
    """Money of 1,000 customers with its interval."""
    low, high = (None if bound is None else 1000 * bound for bound in (found.low, found.high))
    message = N_("{amount} ({range})")
    return words.say(message, amount=words.money(1000 * found.value, digits=0), range=money_range(low, high, words))

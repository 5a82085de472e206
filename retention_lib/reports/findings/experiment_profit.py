"""Sentences of what a campaign test earned: a contact, on everybody, and on orders that would have come anyway."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.arm_profit import Profit
from retention_lib.models.experiments.profit import ProfitParts, Profits
from retention_lib.models.experiments.subsidy import SubsidyShares
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.rows import rows
from retention_lib.reports.text import clean_value
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, RANGE, Words

_WHOLE = 100.0
"""Amounts from which on cents are left out of sentences."""

_SURE = 0.99

PART_NAMES = {
    "sales": N_("sales"),
    "goods": N_("goods"),
    "gross_profit": N_("gross profit"),
    "coupon": N_("coupons"),
    "sending": N_("sending"),
    "campaign": N_("campaign"),
    "left": N_("what is left"),
}
_TOLD = {
    "pays": N_(
        "**{arm}** earned **{profit}** a contact ({range}) after all costs: it pays, with a chance of {chance}."
    ),
    "loses": N_(
        "**{arm}** brought **{profit}** a contact ({range}) after all costs: it does not pay; the chance that it does "
        "is {chance}."
    ),
    "open": N_(
        "Whether **{arm}** pays is open: {profit} a contact ({range}) after all costs, with a chance of {chance} that "
        "it is a gain."
    ),
}
_REFUSED = N_("**{arm}** brought {profit} a contact after all costs. {why}")
_WITHHELD = N_("**No arm is said to pay or to lose**: {why}.")


@finding.register
def _(result: Profits, words: Words) -> Finding:
    if result.withheld is not None:
        return _nothing_told(result.withheld, words, caption=_caption(result, words))
    return Finding(sentence=_sentence(result, words), alt=_alt(result, words), caption=_caption(result, words))


def _sentence(result: Profits, words: Words) -> str:
    best = result.best
    told = [_arm(one, words) for one in [best, *(one for one in result.arms if one is not best)]]
    return " ".join(part for part in (*told, _weighed(best, words), _everybody(result, words)) if part)


def _arm(one: Profit, words: Words) -> str:
    """What one arm earned, and whether that is a gain."""
    values = {"arm": clean_value(one.arm), "profit": amount(one.per_contact, words)}
    if isinstance(one.probability, NotEnough) or one.standing == "withheld":
        return words.say(_REFUSED, why=reason_sentence(_refusal(one.probability), words), **values)
    return words.say(
        _TOLD[one.standing], range=between(one.per_contact, words), chance=chance(one.probability, words), **values
    )


def _refusal(chance: Estimate | NotEnough) -> NotEnough:
    return chance if isinstance(chance, NotEnough) else NotEnough("effect_interval", 0, 1)


def _weighed(one: Profit, words: Words) -> str:
    """The profit once weighed with what was believed before."""
    if isinstance(one.weighed, NotEnough):
        return ""
    message = N_("Weighed with how campaigns usually turn out, {arm} brings {profit} a contact ({range}).")
    profit, width = amount(one.weighed, words), between(one.weighed, words)
    return words.say(message, arm=clean_value(one.arm), profit=profit, range=width)


def _everybody(result: Profits, words: Words) -> str:
    """The best arm sent to the whole base."""
    best = result.best
    if isinstance(best.on_base, NotEnough) or result.base is None:
        return ""
    return words.say(
        N_("Sent to all {n} customers, were they like these, {arm} would bring {money} ({range})."),
        n=result.base,
        arm=clean_value(best.arm),
        money=words.money(best.on_base.value, compact=True),
        range=words.interval(best.on_base.low, best.on_base.high, "money", compact=True)
        or words.say(N_("no interval")),
    )


def _nothing_told(code: str, words: Words, *, caption: str) -> Finding:
    """What stands under an empty chart of a test that may not be called."""
    alt = words.say(N_("Empty chart: {why}."), why=why_withheld(code, words))
    return Finding(sentence=words.say(_WITHHELD, why=why_withheld(code, words)), alt=alt, caption=caption)


def _alt(result: Profits, words: Words) -> str:
    return words.say(
        N_("Dots with intervals, one an arm: {arm} comes first of {n} with {profit} a contact."),
        arm=clean_value(result.best.arm),
        n=len(result.arms),
        profit=amount(result.best.per_contact, words),
    )


def _caption(result: Profits, words: Words) -> str:
    values = {"control": clean_value(result.control), "n": sum(one.contacts for one in result.arms)}
    if result.days is None:
        message = N_(
            "Profit a contact beyond that of {control}, all costs taken off; {n} contacts; bars: 95% intervals."
        )
        return words.say(message, **values)
    message = N_(
        "Profit a contact beyond that of {control} within {days}, all costs taken off; {n} contacts; bars: 95% "
        "intervals."
    )
    return words.say(message, days=words.days(result.days), **values)


@finding.register
def _(result: ProfitParts, words: Words) -> Finding:
    parts = {one.part: one.amount for one in rows(shown_parts(result))}
    left = parts.pop("left")
    items = [
        words.say(N_("{amount} {part}"), amount=_signed(value, words), part=words.say(PART_NAMES[name]))
        for name, value in parts.items()
    ]
    values = {"arm": clean_value(result.best), "parts": words.listed(items), "left": _signed(left, words)}
    if result.withheld is not None:
        return _nothing_told(result.withheld, words, caption=_parts_caption(result, words))
    sentence = words.say(N_("A contact of **{arm}** brought {parts}. That leaves **{left}**."), **values)
    alt = words.say(
        N_("Bars from the extra sales of a contact of {arm} down to what is left of them, {left}."), **values
    )
    return Finding(sentence=sentence, alt=alt, caption=_parts_caption(result, words))


def shown_parts(parts: ProfitParts) -> pd.DataFrame:
    """The parts of the best arm that are told: those that are not nothing, and what is left.

    Args:
        parts: Of all arms.
    """
    table = parts.of(parts.best)
    return table[(table["amount"] != 0) | (table["part"] == "left")].reset_index(drop=True)


def _parts_caption(result: ProfitParts, words: Words) -> str:
    values = {"arm": clean_value(result.best), "n": result.contacts}
    if result.days is None:
        return words.say(N_("Money a contact of {arm}, of {n} contacts in all; lines: 95% intervals."), **values)
    message = N_("Money a contact of {arm} within {days}, of {n} contacts in all; lines: 95% intervals.")
    return words.say(message, days=words.days(result.days), **values)


@finding.register
def _(result: SubsidyShares, words: Words) -> Finding:
    if result.withheld is not None:
        return _nothing_told(result.withheld, words, caption=_subsidy_caption(result, words))
    sentence = " ".join(_subsidy(one, words) for one in rows(result.table))
    shown = result.table.dropna(subset=["share"])
    alt = words.say(
        N_(
            "One bar an arm, of all orders made with its coupon, split into those that came anyway and extra ones: "
            "{shares}."
        ),
        shares=words.listed([_share_of(one, words) for one in rows(shown)]) or words.number(0),
    )
    return Finding(sentence=sentence, alt=alt, caption=_subsidy_caption(result, words))


def _subsidy_caption(result: SubsidyShares, words: Words) -> str:
    message = N_(
        "{n} orders made with a coupon of the test. Taken for granted: every extra order was made with a coupon, and "
        "nobody ordered less because of one; lines: 95% intervals."
    )
    return words.say(message, n=int(result.table["coupon_orders"].sum()))


def _subsidy(one: Any, words: Words) -> str:
    """How many of an arm's coupon orders would have come anyway."""
    values = {"n": int(one.coupon_orders), "arm": clean_value(one.arm)}
    if one.share != one.share:
        return words.say(N_("Only {n} orders were made with the coupon of **{arm}**, too few to tell."), **values)
    low, share, high = (words.percent(min(max(part, 0.0), 1.0), 0) for part in (one.low, one.share, one.high))
    if one.low <= 0 and one.high >= 1:
        message = N_(
            "How many of the {n} orders made with the coupon of **{arm}** would have come anyway cannot be told: it "
            "may be none of them, or all."
        )
        return words.say(message, **values)
    message = N_(
        "Of the {n} orders made with the coupon of **{arm}**, about **{share}** would have come without it ({low} to "
        "{high})."
    )
    return words.say(message, share=share, low=low, high=high, **values)


def _share_of(one: Any, words: Words) -> str:
    share = words.percent(min(max(one.share, 0.0), 1.0), 0)
    return words.say(N_("{share} anyway ({arm})"), share=share, arm=clean_value(one.arm))


@action.register
def _(result: Profits, words: Words) -> Action | None:
    """What to do with the best arm; nothing where the test may not be called."""
    best = result.best
    if best.standing == "withheld":
        return None
    titles = {
        "pays": N_("Send **{arm}** to customers like these, and leave a random tenth alone to see that it lasts"),
        "open": N_("Do not send **{arm}** to everybody on this evidence: it may lose money"),
        "loses": N_("Do not send any arm again as it is: **{arm}**, the best of them, loses money"),
    }
    facts = [
        (words.say(N_("Profit a contact")), _told_amount(best.per_contact, words)),
        (words.say(N_("Chance that it pays")), chance(best.probability, words)),
    ]
    if isinstance(best.on_base, Estimate):
        money = words.money(best.on_base.value, compact=True)
        width = words.interval(best.on_base.low, best.on_base.high, "money", compact=True)
        both = words.say(N_("{profit} ({range})"), profit=money, range=width)
        facts.append((words.say(N_("Sent to all {n} customers"), n=result.base), both))
    message = of_unit(
        result.unit,
        household=N_(
            "Measured against {n} households left alone by chance; coupons, sending and campaign are taken off."
        ),
        customer=N_(
            "Measured against {n} customers left alone by chance; coupons, sending and campaign are taken off."
        ),
    )
    note = words.say(message, n=round((best.per_contact.n or 0) - best.units))
    return Action(
        title=words.say(titles[best.standing], arm=clean_value(best.arm)), tested=True, facts=tuple(facts), note=note
    )


def chance(probability: Estimate | NotEnough, words: Words) -> str:
    """A chance in whole per cent, never none and never certain.

    Args:
        probability: In [0, 1].
        words: The reader's language.
    """
    return words.say(N_("not told")) if isinstance(probability, NotEnough) else _percent(probability.value, words)


def _percent(share: float, words: Words) -> str:
    if share > _SURE:
        return words.say(N_("more than {share}"), share=words.percent(_SURE, 0))
    if share < 1 - _SURE:
        return words.say(N_("less than {share}"), share=words.percent(1 - _SURE, 0))
    return words.percent(share, 0)


def amount(estimate: Estimate, words: Words) -> str:
    """Money a contact, with cents where it is small.

    Args:
        estimate: The money.
        words: The reader's language and currency.
    """
    return words.money(estimate.value, digits=_digits(estimate))


def between(estimate: Estimate, words: Words) -> str:
    """The interval of money a contact, with as many digits as the money.

    Args:
        estimate: The money.
        words: The reader's language and currency.
    """
    if estimate.low is None or estimate.high is None:
        return words.say(N_("no interval"))
    low, high = (words.money(bound, digits=_digits(estimate)) for bound in (estimate.low, estimate.high))
    return words.say(RANGE, low=low, high=high)


def _told_amount(estimate: Estimate, words: Words) -> str:
    return words.say(N_("{profit} ({range})"), profit=amount(estimate, words), range=between(estimate, words))


def _digits(estimate: Estimate) -> int:
    return 0 if max(abs(bound or 0.0) for bound in (estimate.value, estimate.low, estimate.high)) >= _WHOLE else 2


def _signed(value: float, words: Words) -> str:
    text = words.money(value, digits=0 if abs(value) >= _WHOLE else 2)
    return f"+{text}" if value > 0 else text

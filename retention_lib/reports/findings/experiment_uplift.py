"""Sentences about customers for whom an offer works better than for others, and whether a model finds them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from retention_lib.models.experiments.segments import OfferSegments
from retention_lib.models.experiments.uplift import GainCurves
from retention_lib.reports.feature_names import known_dimension, known_segment
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.findings.experiment_validity import why_withheld
from retention_lib.reports.metric_names import difference_text, differences_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.text import clean_value
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, RANGE, Words

_WHOLE = 100.0
"""Amounts from which on cents are left out of sentences."""

_NET = "net_full"
_MOST_TOLD = 2
_MOST_DRAWN = 16


def clearest(result: OfferSegments) -> pd.DataFrame:
    """The segments of the way to part customers by which an offer works most differently, as far as can be seen.

    Args:
        result: From `models.experiments.segments.segment_effects`.

    Returns:
        Rows of its table: one arm in the segments of one dimension, and the other arms in them as far as there is room.
    """
    first = result.dimensions.sort_values("p", kind="stable").iloc[0]
    here = result.table[result.table["dimension"] == first["dimension"]]
    leading = here[here["arm"] == first["arm"]]
    return pd.concat([leading, here[here["arm"] != first["arm"]]]).head(_MOST_DRAWN)


@finding.register
def _(result: OfferSegments, words: Words) -> Finding:
    return Finding(
        sentence=_segments_sentence(result, words), alt=_segments_alt(result, words), caption=_caption(result, words)
    )


def _segments_sentence(result: OfferSegments, words: Words) -> str:
    """By what an offer works differently, or that nothing can be shown."""
    if result.withheld is not None:
        return words.say(N_("**No group is said to differ**: {why}."), why=why_withheld(result.withheld, words))
    shown = result.shown.head(_MOST_TOLD)
    if shown.empty:
        return words.count(
            "**It cannot be shown that an offer works better for some customers than for others**: by the {n} way "
            "tried to part them, groups differ by no more than chance makes them.",
            "**It cannot be shown that an offer works better for some customers than for others**: by the {n} ways "
            "tried to part them, groups differ by no more than chance makes them.",
            n=result.dimensions["dimension"].nunique(),
        )
    return " ".join(_one_dimension(one, result, words) for one in rows(shown))


def _one_dimension(one: Any, result: OfferSegments, words: Words) -> str:
    """The best and the worst segment of a dimension that matters."""
    table = result.table
    own = table[(table["dimension"] == one.dimension) & (table["arm"] == one.arm)].sort_values("shrunk", kind="stable")
    best, worst = own.iloc[-1], own.iloc[0]
    message = of_unit(
        result.unit,
        household=N_(
            "**{arm} works differently by {dimension}**: {best} a household for {best_group} ({best_range}), {worst} "
            "for {worst_group} ({worst_range})."
        ),
        customer=N_(
            "**{arm} works differently by {dimension}**: {best} a customer for {best_group} ({best_range}), {worst} "
            "for {worst_group} ({worst_range})."
        ),
    )
    return words.say(
        message,
        arm=clean_value(one.arm),
        dimension=known_dimension(one.dimension, words),
        best=group_effect(best["shrunk"], result, words),
        best_group=known_segment(best["segment"], words),
        best_range=group_range(best["shrunk_low"], best["shrunk_high"], result, words),
        worst=group_effect(worst["shrunk"], result, words),
        worst_group=known_segment(worst["segment"], words),
        worst_range=group_range(worst["shrunk_low"], worst["shrunk_high"], result, words),
    )


def _segments_alt(result: OfferSegments, words: Words) -> str:
    table = clearest(result)
    best = table.sort_values("shrunk", kind="stable").iloc[-1]
    return words.say(
        N_("Dots with intervals, groups by {dimension}: the offer moves {segment} most, by {effect} ({arm})."),
        dimension=known_dimension(best["dimension"], words),
        segment=known_segment(best["segment"], words),
        effect=group_effect(best["shrunk"], result, words),
        arm=clean_value(best["arm"]),
    )


def _caption(result: OfferSegments, words: Words) -> str:
    message = of_unit(
        result.unit,
        household=N_(
            "Change in {metric} against {control}, by {dimension}; {n} households; drawn towards their mean; 95% "
            "intervals."
        ),
        customer=N_(
            "Change in {metric} against {control}, by {dimension}; {n} customers; drawn towards their mean; 95% "
            "intervals."
        ),
    )
    table = clearest(result)
    own = table[table["arm"] == table.iloc[0]["arm"]]
    n = int(own["control_base"].sum() + table["base"].sum())
    name = known_dimension(table.iloc[0]["dimension"], words)
    metric = measured(result, words)
    return words.say(message, metric=metric, control=clean_value(result.control), dimension=name, n=n)


def measured(result: OfferSegments, words: Words) -> str:
    """What was compared between groups.

    Args:
        result: From `models.experiments.segments.segment_effects`.
        words: The reader's language.
    """
    if result.metric != _NET:
        return metric_name(result.metric, words, unit=result.unit, kind=result.kind)
    message = of_unit(result.unit, household=N_("profit per household"), customer=N_("profit per customer"))
    return words.say(message)


def group_effect(value: float, result: OfferSegments, words: Words) -> str:
    """The effect in a group, with its sign.

    Args:
        value: The effect.
        result: Whose it is.
        words: The reader's language and currency.
    """
    return (
        signed_money(value, words) if result.kind == "money" else difference_text(value, result.kind, words, sign=True)
    )


def group_range(low: float, high: float, result: OfferSegments, words: Words) -> str:
    """The interval of the effect in a group.

    Args:
        low: Lower bound.
        high: Upper bound.
        result: Whose it is.
        words: The reader's language and currency.
    """
    if result.kind == "money":
        return money_range(low, high, words)
    return differences_text(low, high, result.kind, words)


@finding.register
def _(result: GainCurves, words: Words) -> Finding:
    if result.withheld is not None:
        sentence = words.say(
            N_("**No customers are said to answer better than others**: {why}."),
            why=why_withheld(result.withheld, words),
        )
    else:
        sentence = " ".join(_one_curve(one, result, words) for one in rows(result.summary))
    return Finding(sentence=sentence, alt=_curves_alt(result, words), caption=_curves_caption(result, words))


def _one_curve(one: Any, result: GainCurves, words: Words) -> str:
    """Whether the model finds those whom an offer moves."""
    values = {
        "arm": clean_value(one.arm),
        "area": gain_text(one.area, result, words, sign=True),
        "range": _gain_range(one.low, one.high, result, words),
    }
    if not one.ranks:
        message = N_(
            "**Whom {arm} moves cannot be foreseen**: taking the most promising customers first is worth {area} for "
            "1,000 customers against drawing them by chance ({range})."
        )
        return words.say(message, **values)
    message = N_(
        "**The model foresees whom {arm} moves**: sent to the most promising half, it brings {gain} for 1,000 "
        "customers ({half_range}); to a half drawn by chance, {chance}."
    )
    return words.say(
        message,
        gain=gain_text(one.half_gain, result, words),
        half_range=_gain_range(one.half_low, one.half_high, result, words),
        chance=gain_text(one.half_by_chance, result, words),
        **values,
    )


def _curves_alt(result: GainCurves, words: Words) -> str:
    best = rows(result.summary.sort_values("best_gain", ascending=False, kind="stable"))[0]
    return words.say(
        N_("Curves with bands, one an offer: that of {arm} is highest at {share} of the customers, with {gain}."),
        arm=clean_value(best.arm),
        share=words.percent(best.best_share, 0),
        gain=gain_text(best.best_gain, result, words),
    )


def _curves_caption(result: GainCurves, words: Words) -> str:
    message = (
        N_(
            "Profit for 1,000 customers beyond {control}, those expected to bring most reached first; {n} customers "
            "judged by models that have not seen them; bands: 95%; dashes: drawn by chance."
        )
        if result.metric == "money"
        else N_(
            "Buyers for 1,000 customers beyond {control}, those expected to bring most profit reached first; {n} "
            "customers judged by models that have not seen them; bands: 95%; dashes: drawn by chance."
        )
    )
    return words.say(message, control=clean_value(result.control), n=result.units)


def gain_text(gain: float, result: GainCurves, words: Words, *, sign: bool = False) -> str:
    """A gain for 1,000 customers in the unit of its curve.

    Args:
        gain: Money, or buyers.
        result: The curves.
        words: The reader's language and currency.
        sign: Write the sign of a gain too.
    """
    if result.metric == "money":
        return signed_money(gain, words) if sign else words.money(gain, digits=0)
    text = words.say(N_("{n} buyers"), n=words.number(gain, 1))
    return f"+{text}" if sign and gain > 0 else text


def _gain_range(low: float, high: float, result: GainCurves, words: Words) -> str:
    if result.metric == "money":
        return money_range(low, high, words)
    return words.say(RANGE, low=words.number(low, 1), high=words.number(high, 1))


def signed_money(amount: float, words: Words) -> str:
    """Money with its sign, with cents where it is small.

    Args:
        amount: The money.
        words: The reader's language and currency.
    """
    text = words.money(amount, digits=0 if abs(amount) >= _WHOLE else 2)
    return f"+{text}" if amount > 0 else text


def money_range(low: float | None, high: float | None, words: Words) -> str:
    """An interval of money a customer, with cents where it is small.

    Args:
        low: Lower bound; None where there is none.
        high: Upper bound.
        words: The reader's language and currency.
    """
    if low is None or high is None or math.isnan(low):
        return words.say(N_("no interval"))
    digits = 0 if max(abs(low), abs(high)) >= _WHOLE else 2
    return words.say(RANGE, low=words.money(low, digits=digits), high=words.money(high, digits=digits))

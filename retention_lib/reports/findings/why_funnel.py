"""Sentences about the way to the checkout: where visits end, what changed, and how fast buyers are."""

from __future__ import annotations

import pandas as pd

from retention_lib.estimates import Estimate
from retention_lib.models.funnel import Funnel
from retention_lib.reports.rows import row
from retention_lib.reports.why_words import step_name
from retention_lib.reports.words import N_, Words


def funnel_sentences(result: Funnel, words: Words) -> str:
    """Where most visits end; what changed; what became of the carts left behind."""
    told = [_leak(result, words), _changed(result, words), _carts(result, words)]
    return " ".join(sentence for sentence in told if sentence)


def speed_sentence(result: Funnel, words: Words) -> str:
    """The median minutes from the cart, or where that is not known from the checkout, to the purchase."""
    if result.speed.empty:
        return ""
    leg = result.speed.iloc[0]
    said = {"minutes": words.number(leg["minutes"], 1), "step": step_name(leg["leg"], words)}
    if pd.isna(leg["previous"]):
        return words.say(N_("Half of the buyers are done within {minutes} minutes (counted from: {step})."), **said)
    return words.say(
        N_("Half of the buyers are done within {minutes} minutes, {previous} the month before (counted from: {step})."),
        previous=words.number(leg["previous"], 1),
        **said,
    )


def _leak(result: Funnel, words: Words) -> str:
    """How many visits get to the end, and the step at which most are lost."""
    last = result.steps.iloc[-1]
    reached = {"share": words.percent(last["of_all"]), "sessions": result.sessions}
    if last["step"] == "purchase":
        ended = words.say(N_("**{share} of {sessions} visits** ended in a purchase."), **reached)
    else:
        step = step_name(last["step"], words)
        ended = words.say(N_("**{share} of {sessions} visits** got to the last step: {step}."), step=step, **reached)
    before = result.steps["step"].shift(1)[result.steps["step"] == result.leak].iloc[0]
    lost = words.say(
        N_('Most are lost on the way from "{before}" to "{leak}": {rate} go on.'),
        before=step_name(str(before), words),
        leak=step_name(result.leak, words),
        rate=words.percent(row(result.steps.set_index("step"), result.leak)["rate"], 0),
    )
    return f"{ended} {lost}"


def _changed(result: Funnel, words: Words) -> str:
    """The step that got worse beyond chance, or that none did; nothing where there is no month before."""
    if result.worse is None:
        known = result.steps["change"].notna().any()
        return words.say(N_("No step got worse than in the month before by more than chance.")) if known else ""
    worse = row(result.steps.set_index("step"), result.worse)
    return words.say(
        N_('Worse than the month before by more than chance: the way to "**{step}**", {rate} after {previous}.'),
        step=step_name(result.worse, words),
        rate=words.percent(worse["rate"]),
        previous=words.percent(worse["previous_rate"]),
    )


def _carts(result: Funnel, words: Words) -> str:
    """How many who left a cart bought within a week anyway."""
    if not isinstance(result.carts, Estimate):
        return ""
    return words.count(
        "{share} of {n} customer who left a cart bought within a week anyway.",
        "{share} of {n} customers who left a cart bought within a week anyway.",
        int(result.carts.n or 0),
        share=words.percent(result.carts.value, 0),
    )

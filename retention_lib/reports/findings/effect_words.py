"""How an effect of the programme is said: more or less, in purchases, by periods of four weeks."""

from __future__ import annotations

from retention_lib.estimates import Estimate
from retention_lib.models.impact.panel import PERIOD_DAYS
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.reports.words import N_, Words

WEEKS = PERIOD_DAYS // 7
"""Of a period."""


def more_or_less(found: Estimate, words: Words) -> str:
    """A relative effect without its sign, as so much more or less."""
    if found.value < 0:
        return words.say(N_("{effect} less"), effect=words.percent(-found.value))
    return words.say(N_("{effect} more"), effect=words.percent(found.value))


def additive_effect(effect: ProgrammeEffect, words: Words) -> str:
    """The effect counted as purchases a member, with its interval."""
    found = effect.additive
    return words.say(
        N_("{value} purchases a member and four weeks, {low} to {high}"),
        value=words.number(found.value, 3),
        low=words.number(found.low, 3),
        high=words.number(found.high, 3),
    )

"""A headline card made from a figure: value, interval, change on the month before, base."""

from __future__ import annotations

import math
from typing import Any, Literal

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.reports.blocks import Card, Tone
from retention_lib.reports.figure_specs import Better
from retention_lib.reports.figures import figure_spec
from retention_lib.reports.reasons import reason_sentence
from retention_lib.reports.words import DASH, N_, RANGE, Words

_BASE = N_("n = {n}")
_BOUNDS = 3  # a value, its low and its high
_FINEST = 2


def figure_card(
    id: str,
    value: Any,
    words: Words,
    *,
    previous: Any = None,
    period: str | None = None,
    base: str | None = None,
) -> Card:
    """The card of one figure.

    Args:
        id: The figure's id in `retention_lib.reports.figures`.
        value: An `Estimate`, a `NotEnough`, a number, a text or None.
        words: The reader's language and currency.
        previous: The same figure in the period before; no change is shown without it.
        period: That period's name in words, as in "November".
        base: What the figure rests on, in words; "n = 2,037" from the estimate if omitted.
    """
    spec = figure_spec(id)
    label = spec.label_in(words)
    if isinstance(value, NotEnough):
        return Card(label=label, value=DASH, interval=reason_sentence(value, words))
    if isinstance(value, str):
        return Card(label=label, value=words.date(value, short=True) if spec.unit == "date" else value, base=base)
    number = _number(value)
    better = spec.better if _beyond_chance(value, previous) else None
    change, tone = _change(number, _number(previous), words, unit=spec.unit, better=better, period=period)
    texts = _texts(value, words, spec.unit)
    return Card(
        label=label,
        value=texts[0],
        interval=words.say(RANGE, low=texts[1], high=texts[2]) if len(texts) == _BOUNDS else None,
        change=change,
        change_tone=tone,
        base=base or _base(value, words),
    )


def _beyond_chance(value: Any, previous: Any) -> bool:
    """Whether of two estimates one lies outside the other's interval; else a change is neither good nor bad."""
    pair = (value, previous)
    if not all(isinstance(each, Estimate) and each.low is not None and each.high is not None for each in pair):
        return False
    return not (value.low <= previous.value <= value.high and previous.low <= value.value <= previous.high)


def _number(value: Any) -> float | None:
    plain = value.value if isinstance(value, Estimate) else value
    if plain is None or isinstance(plain, str | NotEnough):
        return None
    return float(plain) if math.isfinite(float(plain)) else None


def _texts(value: Any, words: Words, unit: str) -> list[str]:
    """The value and its bounds, with as few digits as tell apart what differs."""
    told = [value.value, value.low, value.high] if isinstance(value, Estimate) else []
    bounds = [float(bound) for bound in told if bound is not None and math.isfinite(bound)]
    numbers = bounds if len(bounds) == _BOUNDS else [_number(value)]
    texts: list[str] = []
    for finer in range(_FINEST + 1):
        texts = [words.value(number, unit, compact=True, finer=finer) for number in numbers]
        if len(set(texts)) == len(set(numbers)):
            return texts
    return texts


def _base(value: Any, words: Words) -> str | None:
    n = value.n if isinstance(value, Estimate) else None
    return None if n is None else words.say(_BASE, n=words.number(n))


def _change(
    now: float | None,
    before: float | None,
    words: Words,
    *,
    unit: str,
    better: Better | None,
    period: str | None,
) -> tuple[str | None, Tone]:
    if now is None or before is None or period is None:
        return None, "flat"
    change = words.change(now, before, unit, period=period)
    return change.text, _tone(change.direction, better)


def _tone(direction: Literal["up", "down", "same"], better: Better | None) -> Tone:
    if direction == "same":
        return "flat"
    if better is None:
        return "flat-up" if direction == "up" else "flat-down"
    if direction == "up":
        return "good-up" if better == "up" else "bad-up"
    return "good-down" if better == "down" else "bad-down"

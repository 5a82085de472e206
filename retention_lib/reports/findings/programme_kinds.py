"""Sentences of which kind of programme needs the smallest lift."""

from __future__ import annotations

import math
from typing import Any

from retention_lib.models.programme_kinds import ProgrammeKinds
from retention_lib.reports.blocks import Action
from retention_lib.reports.findings.base import Finding, action, finding
from retention_lib.reports.rows import rows
from retention_lib.reports.words import N_, Words

_ALIKE = 0.005
_KINDS = {
    "discount": N_("{off} off at the till"),
    "combined": N_("{off} off and {back} back in points"),
    "points": N_("{back} back in points"),
}


@finding.register
def _(result: ProgrammeKinds, words: Words) -> Finding:
    promised = [row for row in rows(result.asked) if row.kind in _KINDS]
    able = sorted((row for row in promised if not math.isnan(row.lift)), key=lambda row: row.lift)
    told = [_smallest(able, promised, result, words), _of_points(result, words), *_of_today(result, words)]
    told.append(words.say(N_("How much more each brings, only a test can tell.")))
    alt = (
        words.say(
            N_("Dots by kind of programme: how much more sales each needs, {low} at least and {high} at most."),
            low=words.percent(able[0].lift),
            high=words.percent(able[-1].lift),
        )
        if able
        else words.say(N_("Empty chart: at a margin of {margin} no lift is enough."), margin=_margin(result, words))
    )
    caption = words.say(
        N_("On a gross margin of {margin}; lines: {level} intervals; before the cost of running a programme."),
        margin=_margin(result, words),
        level=words.percent(result.level, 0),
    )
    return Finding(sentence=" ".join(text for text in told if text), alt=alt, caption=caption)


def kind_name(row: Any, words: Words) -> str:
    """What a kind promises, as in "5% off at the till".

    Args:
        row: A row of the table of kinds.
        words: The reader's language.
    """
    if row.kind == "today":
        return words.say(N_("today's points"))
    if row.kind == "points_goods":
        return words.say(N_("{back} back in points, at the cost of goods"), back=_share(row.bonus, words))
    return words.say(_KINDS[row.kind], off=_share(row.discount, words), back=_share(row.bonus, words))


def _share(share: float, words: Words) -> str:
    """A share with as few digits as it needs."""
    digits = next(
        digits for digits in (0, 1, 2) if digits == 2 or math.isclose(share * 100, round(share * 100, digits))
    )
    return words.percent(share, digits)


def _margin(result: ProgrammeKinds, words: Words) -> str:
    return words.percent(result.margin.value)


def _smallest(able: list[Any], promised: list[Any], result: ProgrammeKinds, words: Words) -> str:
    """The kind that needs least, and what the others need."""
    never = [kind_name(row, words) for row in promised if math.isnan(row.lift)]
    margin = _margin(result, words)
    if not able:
        message = N_("At a gross margin of {margin} none of these can pay: {names} cost all of it.")
        return words.say(message, margin=margin, names=words.listed(never))
    if len(able) > 1 and not never and able[-1].lift - able[0].lift < _ALIKE:
        message = N_(
            "At a gross margin of {margin}, all of these need about **the same**: {low} to {high} more sales to "
            "members for {names}."
        )
        low, high = (words.percent(row.lift) for row in (able[0], able[-1]))
        names = words.listed([kind_name(row, words) for row in able])
        return words.say(message, margin=margin, low=low, high=high, names=names)
    best = able[0]
    told = words.say(
        N_("At a gross margin of {margin}, **{kind}** needs least: {lift} more sales to members."),
        margin=margin,
        kind=kind_name(best, words),
        lift=words.percent(best.lift),
    )
    others = [
        words.say(N_("{lift} for {kind}"), lift=words.percent(row.lift), kind=kind_name(row, words)) for row in able[1:]
    ]
    if others:
        told += " " + words.say(N_("It takes {others}."), others=words.listed(others))
    if never:
        told += " " + words.say(N_("No lift is enough for {names}."), names=words.listed(never))
    return told


def _of_points(result: ProgrammeKinds, words: Words) -> str:
    """What is assumed of points."""
    if not result.used_known:
        message = N_(
            "How many points will ever be used is not known, so all are counted as used: the most that points can cost."
        )
        return words.say(message)
    goods = result.of("points_goods")
    told = words.say(
        N_("Of 100 points credited {used} are expected to be used, each counted as money lost."),
        used=words.number(100 * result.used.value),
    )
    if goods is None or math.isnan(goods["lift"]):
        return told
    message = N_(
        "Where they only pay for goods that would not have been bought otherwise, {lift} more sales are enough."
    )
    return f"{told} {words.say(message, lift=words.percent(goods['lift']))}"


def _of_today(result: ProgrammeKinds, words: Words) -> list[str]:
    """What today's programme needs, beside what it is measured to bring."""
    row, effect = result.of("today"), result.effect_shown
    if row is None or math.isnan(row["lift"]):
        return []
    shown: dict[str, object] = {"cost": words.percent(row["cost"]), "lift": words.percent(row["lift"])}
    needed = words.say(
        N_(
            "Today's points pay {cost} of members' sales and alone take {lift} more sales; the cost of running the "
            "programme is not counted here."
        ),
        **shown,
    )
    if effect is None or effect.low is None or effect.high is None:
        return [needed, words.say(N_("What the programme brings is not shown."))]
    shown = {
        "effect": words.percent(effect.value),
        "low": words.percent(effect.low),
        "high": words.percent(effect.high),
    }
    if effect.low > row["lift"]:
        message = N_("Measured are **{effect} more sales** ({low} to {high}): enough for the points.")
    elif effect.high < row["lift"]:
        message = N_("Measured are **{effect} more sales** ({low} to {high}): not enough for the points.")
    else:
        message = N_("Measured are **{effect} more sales** ({low} to {high}): this may or may not pay for the points.")
    return [needed, words.say(message, **shown)]


@action.register
def _(result: ProgrammeKinds, words: Words) -> Action | None:
    promised = [row for row in rows(result.asked) if row.kind in _KINDS and not math.isnan(row.lift)]
    if not promised or not result.used_known:
        return None
    best, today = min(promised, key=lambda row: row.lift), result.of("today")
    if today is not None and today["lift"] <= best.lift:
        return None
    facts = tuple(
        (kind_name(row, words), words.say(N_("pays from {lift} more sales on"), lift=words.percent(row.lift)))
        for row in sorted(promised, key=lambda row: row.lift)
    )
    title = words.say(
        N_("Test **{kind}** on members drawn by chance: it pays from {lift} more sales to them than to the others on"),
        kind=kind_name(best, words),
        lift=words.percent(best.lift),
    )
    note = words.say(N_("What each kind brings is not known before a test; this is what it has to bring."))
    return Action(title=title, tested=False, facts=facts, note=note)

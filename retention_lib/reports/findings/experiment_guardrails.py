"""Sentences and tables about what a test must not make worse, and about a few large orders."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.experiments.guardrails import Guardrails
from retention_lib.models.experiments.outliers import CappedEffects
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.metric_names import difference_text, differences_text, mean_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import DASH, N_, Words

_VERDICTS = {"held": N_("kept"), "broken": N_("broken"), "not_shown": N_("cannot be told")}
_SAID = {
    "broken": N_("{arm} made it worse: the {metric} rose from {control} to {mean}, and {allowed} at most was allowed."),
    "worse": N_(
        "{arm} made it worse: the {metric} rose from {control} to {mean}; whether by more than the {allowed} allowed "
        "cannot be told."
    ),
}
_HEADERS = {
    "metric": N_("Guardrail"),
    "arm": N_("Arm"),
    "control": N_("Left alone"),
    "mean": N_("With it"),
    "rise": N_("Rise and 95% interval"),
    "allowed": N_("Allowed"),
    "verdict": N_("Limit"),
}


@finding.register
def _(result: Guardrails, words: Words) -> Finding:
    told = [_said(row, result, words) for row in rows(result.table)]
    counts = {verdict: int((result.table["verdict"] == verdict).sum()) for verdict in _VERDICTS}
    message = N_("Limits that must not be passed: {n} looked at, {held} kept, {broken} broken, {open} cannot be told.")
    summed = words.say(
        message, n=len(result.table), held=counts["held"], broken=counts["broken"], open=counts["not_shown"]
    )
    gift = (
        [
            words.say(
                N_("Where the offer is itself a discount, more discounts are its price, and the profit bears them.")
            )
        ]
        if "discount_share" in set(result.table.loc[result.table["worse"], "metric"])
        else []
    )
    return Finding(sentence=" ".join([summed, *filter(None, told), *gift]))


def _said(row: Any, result: Guardrails, words: Words) -> str:
    """A guardrail that got worse; nothing of the others."""
    message = _SAID.get("broken" if row.verdict == "broken" else "worse" if row.worse else "")
    if message is None:
        return ""
    return words.say(
        message,
        arm=row.arm,
        metric=metric_name(row.metric, words, unit=result.unit, kind="share"),
        control=mean_text(row.control_mean, "share", words),
        mean=mean_text(row.arm_mean, "share", words),
        allowed=difference_text(row.allowed, "share", words),
    )


@shown_table.register
def _(result: Guardrails, words: Words) -> Table:
    columns = tuple(
        Column(
            name=name,
            header=words.say(header),
            kind="text" if name in ("metric", "arm", "verdict") else "written",
            under="range" if name == "rise" else None,
        )
        for name, header in _HEADERS.items()
    )
    lines = [_line(row, result, words) for row in rows(result.table)]
    message = N_("What no arm may make worse by more than {margin} of what it is without")
    caption = words.say(message, margin=words.percent(result.margin, 0))
    return Table(columns=columns, frame=pd.DataFrame(lines, columns=[*_HEADERS, "range"]), caption=caption)


def _line(row: Any, result: Guardrails, words: Words) -> list[str]:
    between = differences_text(row.low, row.high, "share", words)
    rise = difference_text(row.effect, "share", words, sign=True)
    return [
        metric_name(row.metric, words, unit=result.unit, kind="share"),
        row.arm,
        mean_text(row.control_mean, "share", words),
        mean_text(row.arm_mean, "share", words),
        rise,
        difference_text(row.allowed, "share", words),
        words.say(_VERDICTS[row.verdict]),
        between or "",
    ]


@finding.register
def _(result: CappedEffects, words: Words) -> Finding:
    changed = rows(result.table[~result.table["agrees"].astype(bool)])
    if not changed:
        message = N_("Cutting the largest amounts down to a cap changes no answer ({n} effects looked at both ways).")
        return Finding(sentence=words.say(message, n=len(result.table)))
    return Finding(sentence=" ".join(_resting(row, result, words) for row in changed))


def _resting(row: Any, result: CappedEffects, words: Words) -> str:
    """An effect that is beyond chance one way only."""
    shown = row.low > 0 or row.high < 0
    message = (
        N_(
            "The effect of {arm} on {metric} rests on a few large amounts: it is {effect} ({range}), but {capped} "
            "({capped_range}) once the largest are cut down."
        )
        if shown
        else N_(
            "A few large amounts hide the effect of {arm} on {metric}: it is {effect} ({range}), but {capped} "
            "({capped_range}) once the largest are cut down."
        )
    )
    return words.say(
        message,
        arm=row.arm,
        metric=metric_name(row.metric, words, unit=result.unit),
        effect=difference_text(row.effect, "money", words, sign=True),
        range=differences_text(row.low, row.high, "money", words) or DASH,
        capped=difference_text(row.capped_effect, "money", words, sign=True),
        capped_range=differences_text(row.capped_low, row.capped_high, "money", words) or DASH,
    )


@shown_table.register
def _(result: CappedEffects, words: Words) -> Table:
    headers = {
        "metric": N_("What"),
        "arm": N_("Arm"),
        "effect": N_("As it is"),
        "interval": N_("95% interval"),
        "capped": N_("Largest cut down"),
        "capped_interval": N_("95% interval"),
        "cut": N_("Money cut"),
    }
    columns = tuple(
        Column(name=name, header=words.say(header), kind="text" if name in ("metric", "arm") else "written")
        for name, header in headers.items()
    )
    lines = [
        [
            metric_name(row.metric, words, unit=result.unit),
            row.arm,
            difference_text(row.effect, "money", words, sign=True),
            differences_text(row.low, row.high, "money", words) or DASH,
            difference_text(row.capped_effect, "money", words, sign=True),
            differences_text(row.capped_low, row.capped_high, "money", words) or DASH,
            words.percent(row.share_cut),
        ]
        for row in rows(result.table)
    ]
    caption = of_unit(
        result.unit,
        household=N_("Differences per household, with all amounts and with the largest cut down"),
        customer=N_("Differences per customer, with all amounts and with the largest cut down"),
    )
    frame = pd.DataFrame(lines, columns=list(headers))
    return Table(columns=columns, frame=frame, caption=words.say(caption), folded=True)

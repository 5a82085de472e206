"""Sentences about comparisons that mislead: buyers only, openers only."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.experiments.traps import BUYERS, OPENERS, Traps
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.base import Finding, finding
from retention_lib.reports.metric_names import mean_text, metric_name
from retention_lib.reports.rows import row, rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words


@finding.register
def _(result: Traps, words: Words) -> Finding:
    groups = [result.table[result.table["group"] == group] for group in dict.fromkeys(result.table["group"])]
    told = [
        _buyers(part, result, words) if part.iloc[0]["group"] == BUYERS else _openers(part, words) for part in groups
    ]
    return Finding(sentence=" ".join(told), alt=_alt(result, words), caption=_caption(result, words))


def _buyers(table: Any, result: Traps, words: Words) -> str:
    """What buyers only would have said, and why it is a trap."""
    parts = [
        words.say(N_("{arm} {mean}"), arm=one.arm, mean=mean_text(one.mean, result.kind, words)) for one in rows(table)
    ]
    parts.append(words.say(N_("{arm} {mean}"), arm=result.control, mean=_control_mean(table, result, words)))
    known = table.dropna(subset=["naive", "honest"])
    if BUYERS in result.reversed_groups:
        message = N_(
            "**Looking at buyers only would pick the wrong arm**: a buyer brought {buyers}, so {naive} looks best, but "
            "over everybody it is {honest}, as the offer changes who buys at all."
        )
        named = {side: str(known.loc[known[side].idxmax(), "arm"]) for side in ("naive", "honest")}
        return words.say(message, buyers=words.listed(parts), **named)
    message = N_(
        "**Looking at buyers only would mislead**: a buyer brought {buyers}. The offer changes who buys at all, so its "
        "buyers are other people than those of {control}."
    )
    return words.say(message, buyers=words.listed(parts), control=result.control)


def _control_mean(table: Any, result: Traps, words: Words) -> str:
    return mean_text(float(table.iloc[0]["control_mean"]), result.kind, words)


def _openers(table: Any, words: Words) -> str:
    """What openers only would have said of the arm that they flatter most."""
    known = table.dropna(subset=["naive", "honest"])
    if known.empty:
        return ""
    most = row(known, (known["naive"] - known["honest"]).abs().idxmax())
    message = N_(
        "**Looking at those who opened the message would flatter the offer**: with {arm} they brought {naive} against "
        "all who were left alone, where the honest change over everybody is {honest}. The keen open, with or without "
        "an offer."
    )
    return words.say(
        message, arm=most["arm"], naive=_signed(most["naive"], words), honest=_signed(most["honest"], words)
    )


def _signed(change: float, words: Words) -> str:
    text = words.percent(change, 0)
    return f"+{text}" if change > 0 else text


def _alt(result: Traps, words: Words) -> str:
    known = result.table.dropna(subset=["naive", "honest"])
    if known.empty:
        return words.say(N_("Empty chart: nothing can be drawn of {n} comparisons."), n=len(result.table))
    far = row(known, (known["naive"] - known["honest"]).abs().idxmax())
    return words.say(
        N_("Pairs of dots, the misleading change and the honest one, furthest apart for {arm}: {naive} and {honest}."),
        arm=far["arm"],
        naive=_signed(far["naive"], words),
        honest=_signed(far["honest"], words),
    )


def _caption(result: Traps, words: Words) -> str:
    message = of_unit(
        result.unit,
        household=N_("{goal}; {n} households in the groups that mislead, changes against {control}."),
        customer=N_("{goal}; {n} customers in the groups that mislead, changes against {control}."),
    )
    goal = metric_name(result.goal, words, unit=result.unit, kind=result.kind)
    return words.say(message, goal=goal[:1].upper() + goal[1:], n=int(result.table["n"].sum()), control=result.control)


_GROUPS = {BUYERS: N_("buyers only"), OPENERS: N_("openers only")}


@shown_table.register
def _(result: Traps, words: Words) -> Table:
    headers = {
        "group": N_("Group"),
        "arm": N_("Arm"),
        "n": of_unit(result.unit, household=N_("Households"), customer=N_("Customers")),
        "mean": N_("With it"),
        "control": N_("Left alone"),
        "naive": N_("Misleading change"),
        "honest": N_("Honest change"),
    }
    columns = tuple(
        Column(name=name, header=words.say(header), kind="text" if name in ("group", "arm") else "written")
        for name, header in headers.items()
    )
    lines = [
        [
            words.say(_GROUPS[one.group]),
            one.arm,
            words.number(one.n),
            mean_text(one.mean, result.kind, words),
            mean_text(one.control_mean, result.kind, words),
            _signed(one.naive, words),
            _signed(one.honest, words),
        ]
        for one in rows(result.table)
    ]
    goal = metric_name(result.goal, words, unit=result.unit, kind=result.kind)
    caption = words.say(N_("What buyers or openers alone would have said of the {goal}"), goal=goal)
    return Table(columns=columns, frame=pd.DataFrame(lines, columns=list(headers)), caption=caption, folded=True)

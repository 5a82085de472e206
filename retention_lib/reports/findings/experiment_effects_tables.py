"""Tables of what the arms of a test changed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from retention_lib.models.experiments.effects import GOAL, EffectPrecision, Effects
from retention_lib.reports.blocks import Column, Table
from retention_lib.reports.findings.experiment_effects import REFUSALS
from retention_lib.reports.metric_names import difference_text, differences_text, mean_text, metric_name
from retention_lib.reports.rows import rows
from retention_lib.reports.tables import shown_table
from retention_lib.reports.units import of_unit
from retention_lib.reports.words import N_, Words

_HEADERS = {
    "metric": N_("What"),
    "arm": N_("Arm"),
    "control": N_("Left alone"),
    "mean": N_("With it"),
    "effect": N_("Difference"),
    "p": N_("p, corrected"),
}
_UNDER = {"effect": "range", "relative": "range"}
_FINER = {
    "metric": N_("What"),
    "arm": N_("Arm"),
    "relative": N_("Change"),
    "plain": N_("Difference, not adjusted"),
    "saved": N_("Noise saved"),
    "least": N_("Would be seen from"),
}


@shown_table.register
def _(result: Effects, words: Words) -> Table:
    caption = of_unit(
        result.unit,
        household=N_("What each arm changed, per household assigned"),
        customer=N_("What each arm changed, per customer assigned"),
    )
    return Table(
        columns=_columns(_HEADERS, words), frame=_frame(result, _effect, _HEADERS, words), caption=words.say(caption)
    )


@shown_table.register
def _(result: EffectPrecision, words: Words) -> Table:
    caption = of_unit(
        result.effects.unit,
        household=N_("How finely each change is known, per household assigned"),
        customer=N_("How finely each change is known, per customer assigned"),
    )
    frame = _frame(result.effects, _precision, _FINER, words)
    return Table(columns=_columns(_FINER, words), frame=frame, caption=words.say(caption), folded=True)


def _columns(headers: dict[str, str], words: Words) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=name,
            header=words.say(header),
            kind="text" if name in ("metric", "arm") else "written",
            under=_UNDER.get(name),
        )
        for name, header in headers.items()
    )


def _frame(result: Effects, line: Any, headers: dict[str, str], words: Words) -> pd.DataFrame:
    """The rows of the goal's metrics in words."""
    told = rows(result.table[result.table["role"] == GOAL])
    names = [metric_name(one.metric, words, unit=result.unit, kind=one.kind) for one in told]
    lines = [[name, one.arm, *line(one, words)] for name, one in zip(names, told, strict=True)]
    return pd.DataFrame(lines, columns=[*headers, "range"])


def _effect(row: Any, words: Words) -> list[str]:
    """Means, difference, interval and p-value."""
    return [
        mean_text(row.control_mean, row.kind, words),
        mean_text(row.arm_mean, row.kind, words),
        difference_text(row.effect, row.kind, words, sign=True),
        _p_value(row, words),
        differences_text(row.low, row.high, row.kind, words) or "",
    ]


def _p_value(row: Any, words: Words) -> str:
    """The p-value, or why there is none; no test that is not valid has one."""
    if not row.claimed and row.reason not in REFUSALS:
        return words.say(N_("not called"))
    return words.p_value(row.p_adjusted) if row.p == row.p else words.say(REFUSALS[row.reason])


def _precision(row: Any, words: Words) -> list[str]:
    """Relative change, the difference without history, what history saved, and what would have been seen."""
    return [
        words.percent(row.relative),
        difference_text(row.plain_effect, row.kind, words, sign=True),
        words.percent(row.variance_reduction, 0),
        difference_text(row.detectable, row.kind, words),
        words.interval(row.relative_low, row.relative_high, "share") or "",
    ]

"""Comparisons of buyers or openers only, beside the honest one of all customers: traps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.effects import Effects

ALL, BUYERS, OPENERS = "all", "buyers", "openers"


@dataclass(frozen=True, kw_only=True, eq=False)
class Traps:
    """What a comparison of buyers or of openers only would have said of the goal.

    Attributes:
        table: One row a group and arm: group (`buyers` against the control's buyers, `openers` against all of the
            control), arm, n (of the group in the arm), mean (of the goal among them), control_mean (what they are held
            against), naive (mean / control mean - 1), honest_mean, honest (the same two of all customers of the arm);
            NaN where the control's is not above 0.
        goal: The metric.
        kind: How it is written.
        control: Name of the control arm.
        unit: What was counted: `customer` or `household`.
    """

    table: pd.DataFrame
    goal: str
    kind: str
    control: str
    unit: str

    @property
    def reversed_groups(self) -> tuple[str, ...]:
        """The groups in which another arm does best than among all customers."""
        found = []
        known = self.table.dropna(subset=["naive", "honest"])
        for group, rows in known.groupby("group", sort=False):
            if len(rows) > 1 and rows["naive"].idxmax() != rows["honest"].idxmax():
                found.append(str(group))
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def traps(facts: pd.DataFrame | NotEnough, effects: Effects | NotEnough) -> Traps | NotEnough:
    """What buyers only and openers only would have said of the goal.

    Who buys, or opens, is decided after the arms were drawn and partly by the offer itself: such groups are no longer
    alike in the arms, and their difference is no effect of the offer.

    Args:
        facts: Columns group (`all`, `buyers`, `openers`), arm, metric, n, total, from `measures.experiment_traps`.
        effects: The honest effects.

    Returns:
        The comparisons; NotAsked("trap_groups") for a test that is not valid (nothing honest stands beside them), or
        where neither buyers nor openers can be told apart.
    """
    for given in (facts, effects):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(facts, pd.DataFrame)
    assert isinstance(effects, Effects)
    if effects.status != "valid":
        return NotAsked("trap_groups", 0, 1)
    of_goal = facts[(facts["metric"] == effects.goal) & (facts["n"] > 0)]
    kind = str(effects.goals["kind"].iloc[0])
    means = {(row["group"], row["arm"]): row for row in of_goal.to_dict("records")}
    groups = [group for group in (BUYERS, OPENERS) if group != BUYERS or kind != "share"]
    rows = [
        _row(group, honest, means, effects.control) for group in groups for honest in effects.goals.to_dict("records")
    ]
    known = [row for row in rows if row is not None]
    if not known:
        return NotAsked("trap_groups", 0, 1)
    table = pd.DataFrame(known)
    return Traps(table=table, goal=effects.goal, kind=kind, control=effects.control, unit=effects.unit)


def _row(
    group: str, honest: Mapping[Any, Any], means: Mapping[tuple[Any, Any], Any], control: str
) -> dict[str, Any] | None:
    """One group of one arm; None where nobody is in it, or in what it is held against."""
    found, held = means.get((group, honest["arm"])), means.get((BUYERS if group == BUYERS else ALL, control))
    if found is None or held is None:
        return None
    mean, control_mean = found["total"] / found["n"], held["total"] / held["n"]
    return {
        "group": group,
        "arm": honest["arm"],
        "n": int(found["n"]),
        "mean": float(mean),
        "control_mean": float(control_mean),
        "naive": float(mean / control_mean - 1) if control_mean > 0 else math.nan,
        "honest_mean": float(honest["arm_mean"]),
        "honest": float(honest["relative"]),
    }

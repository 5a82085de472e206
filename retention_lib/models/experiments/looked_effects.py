"""Effects of a test for which early looks were agreed: on the goal the looks decide, to the end."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.effects import Effects
from retention_lib.models.experiments.sequential import Sequential


def under_looks(effects: Effects | NotEnough, looks: Sequential | NotEnough) -> Effects | NotEnough:
    """The effects with those on the goal as all looks together leave them.

    A second test at the end, beside the looks, would be another chance to find what is not there.

    Args:
        effects: From `effects.effects`.
        looks: From `sequential.sequential`; where it is a refusal (no looks were agreed, or none is allowed) the
            effects stay as they are.

    Returns:
        The effects; on the goal with effect, bounds and claim of the looks, and the p-value that holds at all of them
        where it matches the bounds (looks without a planned end), else none.
    """
    if isinstance(effects, NotEnough) or isinstance(looks, NotEnough):
        return effects
    table = effects.table.copy()
    goal = table["metric"] == effects.goal
    told = [_told(row, looks.effect(row["arm"])) for row in table[goal].to_dict("records")]
    changed = pd.DataFrame(told, index=table.index[goal])
    kept = table.astype({"claimed": object, "reason": object})
    kept.loc[goal, changed.columns] = changed
    return replace(effects, table=kept.astype({"claimed": bool}))


def _told(row: Mapping[Hashable, Any], found: Estimate) -> dict[str, Any]:
    """What the looks change in the row of an arm."""
    assert found.low is not None
    assert found.high is not None
    mean = float(row["control_mean"]) or math.nan
    return {
        "effect": found.value,
        "low": found.low,
        "high": found.high,
        "arm_mean": row["control_mean"] + found.value,
        "relative": found.value / mean,
        "relative_low": found.low / mean,
        "relative_high": found.high / mean,
        "p": math.nan if found.p is None else found.p,
        "p_adjusted": math.nan if found.p_adjusted is None else found.p_adjusted,
        "claimed": found.claimed,
        "reason": found.reason,
    }

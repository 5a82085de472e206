"""Whether the effects of a test rest on a few large orders: amounts as they are beside amounts capped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.comparisons import Comparison, comparison
from retention_lib.models.experiments.metrics import Metric
from retention_lib.models.experiments.moments import Moments

CAPPED = "_capped"


@dataclass(frozen=True, kw_only=True, eq=False)
class CappedEffects:
    """Effects on amounts as they are, and on amounts of which the largest are capped.

    Attributes:
        table: One row a metric and arm: metric, arm, control_mean, effect, low, high, capped_effect, capped_low,
            capped_high (money a unit; both adjusted for what was known before, where it is), share_cut (of the
            control's money that lies above the cap), agrees (whether both say the same: above 0, below 0, or
            neither). NaN where an interval is refused.
        control: Name of the control arm.
        level: Confidence level.
        unit: What was counted: `customer` or `household`.
    """

    table: pd.DataFrame
    control: str
    level: float
    unit: str

    @property
    def agrees(self) -> bool:
        """Whether capping changes nothing of what is said."""
        return bool(self.table["agrees"].all())

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def capped_effects(
    moments: Moments | NotEnough, *, control: str | NotEnough, level: float = 0.95
) -> CappedEffects | NotEnough:
    """The effects on the amounts that have a capped twin, both ways.

    Args:
        moments: Of all arms; a column `<metric>_capped` holds the metric winsorised over all arms together.
        control: The arm to compare with.
        level: Confidence level.

    Returns:
        The effects; NotAsked("amounts_capped") where no column is capped.
    """
    for given in (moments, control):
        if isinstance(given, NotEnough):
            return given
    assert isinstance(moments, Moments)
    assert isinstance(control, str)
    names = [name for name in moments.columns if f"{name}{CAPPED}" in moments.columns]
    arms = [arm for arm in moments.names if arm != control]
    rows = [_row(moments, name, arm, control, level) for name in names for arm in arms]
    if not rows:
        return NotAsked("amounts_capped", 0, 1)
    return CappedEffects(table=pd.DataFrame(rows), control=control, level=level, unit=moments.unit)


def _row(moments: Moments, name: str, arm: str, control: str, level: float) -> Mapping[str, Any]:
    """One metric of one arm, both ways."""
    capped_column = Metric(name=name, column=f"{name}{CAPPED}", history=f"{name}_before")
    raw = comparison(moments, Metric(name=name, column=name), arm=arm, control=control, level=level)
    capped = comparison(moments, capped_column, arm=arm, control=control, level=level)
    return {
        "metric": name,
        "arm": arm,
        "control_mean": raw.control_mean,
        "effect": raw.effect,
        "low": raw.low,
        "high": raw.high,
        "capped_effect": capped.effect,
        "capped_low": capped.low,
        "capped_high": capped.high,
        "share_cut": 1 - capped.control_mean / raw.control_mean if raw.control_mean > 0 else np.nan,
        "agrees": _said(raw) == _said(capped),
    }


def _said(found: Comparison) -> int:
    """1 where the interval lies above 0, -1 below, else 0."""
    return int(found.low > 0) - int(found.high < 0)

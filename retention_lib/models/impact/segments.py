"""For whom the programme works: its effect by segment, drawn towards that of all as far as chance explains differences.

Members of a segment are compared with the others of the same segment. Segments by early purchases are judged on what
came after those: customers put into a class by what they did in some weeks are nearer to the mean in the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.impact.comparisons import Compared, two_sided_p
from retention_lib.models.impact.panel import EARLY_DAYS, Panel, segment_panel
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.purchases_compared import FEWEST_MEMBERS, PERIODS_AFTER, purchases_compared
from retention_lib.models.intervals import holm_adjusted, normal_quantile
from retention_lib.models.shrinkage import shrunk

EARLY = "early"
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class SegmentEffects:
    """The effect on purchases by segment.

    Attributes:
        table: One row a segment with 30 measured members: `dimension`, `segment`, `members`, `effect` (relative),
            `low`, `high`, `shrunk` (drawn towards the dimension's mean), `shrunk_low`, `shrunk_high`, `p` (of the
            difference from the dimension's other segments together), `p_adjusted` (Holm, over all segments).
        dimensions: One row a dimension: `dimension`, `segments` (count), `spread` (standard deviation of true effects,
            log scale; 0 where chance explains all), `heterogeneity_p` (Cochran's Q).
        whole: The effect on all.
    """

    table: pd.DataFrame
    dimensions: pd.DataFrame
    whole: Estimate

    @property
    def differ(self) -> pd.DataFrame:
        """The segments whose effect differs from that of the others beyond chance, after correction."""
        return self.table[self.table["p_adjusted"] < 1 - _LEVEL]

    def to_frame(self) -> pd.DataFrame:
        """The segments."""
        return self.table


def segment_effects(
    told: Any, effect: ProgrammeEffect | NotEnough, *, periods: int = PERIODS_AFTER
) -> SegmentEffects | NotEnough:
    """The effect by every segment of every dimension that the panel knows.

    Args:
        told: From `measures.panels.joining_panel`.
        effect: The effect on all; where its design is refused, so are the segments.
        periods: Periods of 28 days of the headline.

    Returns:
        The effects; NotEnough("segments_measured") with fewer than two segments of 30 measured members.

    References:
        As in `models.shrinkage`.
    """
    if isinstance(effect, NotEnough):
        return effect
    if effect.design is not None:
        return NotAsked(effect.design, 0, 1)
    rows: list[dict[str, Any]] = []
    for dimension, segment in _pairs(told):
        found = _logs(segment_panel(told, dimension, segment), dimension, periods)
        if found is not None:
            rows.append({"dimension": dimension, "segment": segment, **found})
    table = pd.DataFrame(rows, columns=["dimension", "segment", "members", "log", "sd"])
    table = table[table.groupby("dimension")["log"].transform("size") > 1]
    if table.empty:
        return NotEnough("segments_measured", len(rows), 2)
    parts = {str(name): _shrunk(part) for name, part in table.groupby("dimension", sort=False)}
    whole = pd.concat([part.table for part in parts.values()], ignore_index=True)
    whole["p_adjusted"] = holm_adjusted(whole["p"].to_numpy())
    told_of = [
        {"dimension": name, "segments": len(part.table), "spread": part.spread, "heterogeneity_p": part.p}
        for name, part in parts.items()
    ]
    return SegmentEffects(table=whole, dimensions=pd.DataFrame(told_of), whole=effect.relative)


def _pairs(told: Any) -> list[tuple[str, str]]:
    """Dimensions and segments with enough settled members, in the panel's order; not those without a name."""
    sizes: pd.DataFrame = told.segments
    members = sizes[sizes["settled"] & (sizes["joined"] < told.steps) & (sizes["segment"] != "")]
    count = members.groupby(["dimension", "segment"], sort=False)["customers"].sum()
    return [(str(dimension), str(segment)) for dimension, segment in count[count >= FEWEST_MEMBERS].index]


def _logs(panel: Panel, dimension: str, periods: int) -> dict[str, float] | None:
    """The logarithm of a segment's effect with its standard error; None where it cannot carry one."""
    skipped = EARLY_DAYS if dimension == EARLY else 0
    found = purchases_compared(panel, periods=periods, skipped_days=skipped)
    if isinstance(found, NotEnough):
        return None
    return _told(found.compared, found.members)


def _told(found: Compared, members: float) -> dict[str, float] | None:
    log, sd = float(found.logs()[0]), math.sqrt(found.ratio_covariance[0, 0])
    return {"members": members, "log": log, "sd": sd} if math.isfinite(log) and sd > 0 else None


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shrunk:
    """A dimension's segments with shrunken effects."""

    table: pd.DataFrame
    spread: float
    p: float


def _shrunk(part: pd.DataFrame) -> _Shrunk:
    """Effects drawn towards their mean by how much of their scatter is chance."""
    log, sd = part["log"].to_numpy(dtype=float), part["sd"].to_numpy(dtype=float)
    found, reach = shrunk(log, sd**2), normal_quantile(_LEVEL)
    table = part[["dimension", "segment", "members"]].assign(
        effect=np.expm1(log),
        low=np.expm1(log - reach * sd),
        high=np.expm1(log + reach * sd),
        shrunk=np.expm1(found.value),
        shrunk_low=np.expm1(found.value - reach * found.sd),
        shrunk_high=np.expm1(found.value + reach * found.sd),
        p=[two_sided_p(z, 1.0) for z in found.against_others],
    )
    return _Shrunk(table=table, spread=found.spread, p=found.p)

"""What speaks for and against the effect of a campaign: an earlier start, the levels before, a drift of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.impact.stacked import Contrasts, Stacks, relative_contrasts

PLACEBO_WEEKS = 5
"""The pretended start lies so many weeks before the true one."""

ANTICIPATION_WEEKS = 2
"""Weeks just before the start in which customers might already have known of it."""

BLOCK_WEEKS = 4
"""Weeks before the start are compared in blocks of so many, as single weeks are mostly chance."""

LEAST_OVERLAP = 0.3
"""Overlap of the levels before, in [0, 1], under which two groups are too different: two normal distributions overlap
so far when their means lie two standard deviations apart."""

_WEEKS_BEFORE_PLACEBO = 2


@dataclass(frozen=True, kw_only=True)
class PretendedStart:
    """The effect that a start before the true one seems to have had, from the weeks before only.

    Attributes:
        placebo: Relative effect of a start `PLACEBO_WEEKS` earlier, p that there is none.
        anticipation: Relative effect of the last `ANTICIPATION_WEEKS` before the start against those before them.
        weeks: How much earlier the pretended start lies (weeks).
        campaign: The campaign it is about; empty for several.
    """

    placebo: Estimate | NotEnough
    anticipation: Estimate | NotEnough
    weeks: int
    campaign: str = ""

    @property
    def rejected(self) -> bool:
        """Whether the pretended start seems to have had an effect, so that the true one's is not believed."""
        return isinstance(self.placebo, Estimate) and self.placebo.p is not None and self.placebo.p < 0.05

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True)
class LevelOverlap:
    """How alike treated and controls were in what they spent before.

    Attributes:
        overlap: Share in which the two distributions of weekly sales before the start lie over one another, in [0, 1];
            1 where they are the same.
        ratio: Mean sales of the treated before the start over those of the controls; None where these had none.
        campaign: The campaign it is about; empty for several.
    """

    overlap: float
    ratio: float | None
    campaign: str = ""

    @property
    def poor(self) -> bool:
        """Whether the groups are too different for one to show what the other would have done."""
        return self.overlap < LEAST_OVERLAP

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True)
class TrendBreakdown:
    """How much of an own drift of the treated an effect bears.

    Attributes:
        breakdown: How many times the largest change seen before, from block to block of weeks, the treated would have
            to drift apart in each block after the start until the interval holds no effect; 0 where it does already,
            or where no effect is claimed for other reasons.
        largest: That largest change (share of sales).
        pretrend_p: Joint test that the blocks before do not differ; None with too few clusters.
        weeks: Weeks in a block.
        campaign: The campaign it is about; empty for several.
    """

    breakdown: float
    largest: float
    pretrend_p: float | None
    weeks: int
    campaign: str = ""

    @property
    def rejected(self) -> bool:
        """Whether the groups drifted apart before the start by more than chance."""
        return self.pretrend_p is not None and self.pretrend_p < 0.05

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def pretended_start(stacks: Stacks) -> PretendedStart:
    """The placebo date and the weeks just before the start.

    Args:
        stacks: The sums; only weeks before the start are used, of stacks with two or more before the pretended one.
    """
    return PretendedStart(
        placebo=_earlier(stacks, PLACEBO_WEEKS), anticipation=_earlier(stacks, ANTICIPATION_WEEKS), weeks=PLACEBO_WEEKS
    )


def relative_estimate(contrast: Contrasts | NotEnough, *, level: float = 0.95, n: float) -> Estimate | NotEnough:
    """A log ratio as a relative change: -0.05 for 5 % less."""
    if isinstance(contrast, NotEnough):
        return contrast
    found = contrast.estimate(level=level, n=n)
    value, low, high = (math.expm1(bound or 0.0) for bound in (found.value, found.low, found.high))
    return Estimate(value, low=low, high=high, level=level, n=n, p=found.p)


def _earlier(stacks: Stacks, weeks: int) -> Estimate | NotEnough:
    """The relative effect of a start some weeks before the true one, in the weeks before the true one."""
    held = stacks.weeks_of(int(stacks.week[0]), -weeks)
    enough = held >= _WEEKS_BEFORE_PLACEBO
    if not enough.any():
        return NotEnough("weeks_before_placebo", int(held.max(initial=0)) + weeks, weeks + _WEEKS_BEFORE_PLACEBO)
    kept = stacks.only(enough).between(int(stacks.week[0]), 0)
    treated = float(kept.of_units(treated=True).sum())
    return relative_estimate(relative_contrasts(kept, (kept.week >= -weeks).astype(float)[:, None]), n=treated)


def level_overlap(levels: pd.DataFrame, stacks: Stacks, numbers: list[int]) -> LevelOverlap:
    """Overlap of the levels before the start, each stack weighted by its treated.

    Args:
        levels: From `measures.campaign_stacks`: stack, treated, level, units.
        stacks: The sums of the same stacks.
        numbers: Their numbers in `levels`.
    """
    own = levels[levels["stack"].isin(numbers)]
    counts = own.groupby(["stack", "level", "treated"], dropna=False)["units"].sum().unstack("treated", fill_value=0)
    counts = counts.reindex(columns=[False, True], fill_value=0).astype(float)
    totals = counts.groupby(level="stack").transform("sum")
    treated = counts[True] / counts[True].sum()
    # The controls of each stack as if they were as many as its treated.
    controls = counts[False] / totals[False] * totals[True] / counts[True].sum()
    both = pd.DataFrame({"treated": treated, "controls": controls.fillna(0.0)}).groupby("level", dropna=False).sum()
    return LevelOverlap(overlap=float(both.min(axis=1).sum()), ratio=_ratio_before(stacks))


def _ratio_before(stacks: Stacks) -> float | None:
    """Mean weekly sales before the start, treated over controls, each stack weighted by its treated."""
    before = np.nansum(stacks.sales[:, stacks.week < 0], axis=1)
    units = {group: stacks.of_units(treated=group) for group in (True, False)}
    weight = units[True] / stacks.weeks_of(int(stacks.week[0]), 0)
    means = {}
    for group, count in units.items():
        chosen = stacks.treated == group
        sums = np.bincount(stacks.stack[chosen], before[chosen], minlength=stacks.count)
        means[group] = float((weight * sums / count).sum())
    return means[True] / means[False] if means[False] > 0 else None


def trend_breakdown(stacks: Stacks, effect: Estimate | NotEnough) -> TrendBreakdown | NotEnough:
    """How large a drift of the treated would undo the effect, against the largest seen before the start.

    Args:
        stacks: The sums.
        effect: The relative effect with its interval.

    Returns:
        The breakdown; NotEnough("blocks_before") with fewer than two blocks of weeks before the start.

    References:
        Rambachan and Roth (2023), A more credible approach to parallel trends, Review of Economic Studies 90, section
        2.4.1 (bounds on relative magnitudes). The largest change before is taken as it was estimated, without its own
        uncertainty, and the effect is that against the mean of all weeks before.
    """
    if isinstance(effect, NotEnough):
        return effect
    before = stacks.between(int(stacks.week[0]), 0)
    blocks = (-1 - before.week) // BLOCK_WEEKS
    deepest = int((stacks.weeks_of(int(stacks.week[0]), 0).max() - 1) // BLOCK_WEEKS)
    if deepest < 1:
        return NotEnough("blocks_before", int(blocks.max(initial=0)) + 1, 2)
    blocks = np.minimum(blocks, deepest)
    design = (blocks[:, None] == np.arange(1, deepest + 1)).astype(float)
    fitted = relative_contrasts(before, design)
    if isinstance(fitted, NotEnough):
        return fitted
    largest = float(np.abs(np.diff(fitted.values, prepend=0.0)).max())
    nearest = _nearest_log(effect)
    weeks = stacks.week[stacks.week >= 0][: int(stacks.weeks_of(0, int(stacks.week[-1]) + 1).max())]
    steps = float((weeks // BLOCK_WEEKS + 1).mean())
    return TrendBreakdown(
        breakdown=nearest / (largest * steps) if largest > 0 else 0.0,
        largest=float(np.expm1(largest)),
        pretrend_p=fitted.joint_p(),
        weeks=BLOCK_WEEKS,
    )


def _nearest_log(effect: Estimate) -> float:
    """How far the interval stays from no effect, as a logarithm; 0 where it holds it."""
    bounds: NDArray[np.float64] = np.log1p(np.array([effect.low or 0.0, effect.high or 0.0]))
    return 0.0 if bounds[0] <= 0 <= bounds[1] else float(np.abs(bounds).min())

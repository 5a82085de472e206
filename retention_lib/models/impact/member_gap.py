"""How much more members bring than others: the plain comparison, which says who joined and not what joining did."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.impact.comparisons import scaled
from retention_lib.models.impact.panel import PERIOD_DAYS, Bools, Panel
from retention_lib.models.intervals import signed_interval

SELECTION = "selection"
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class MemberGap:
    """Members against customers who never joined, with nothing held equal.

    Attributes:
        member_mean: Net revenue of members, from the step after joining, a customer and period of 28 days.
        other_mean: That of customers who never joined, in the same steps.
        difference: Their gap; never `claimed`, reason "selection".
        relative: The gap as a share of the others' mean.
        purchases_relative: The same gap in purchases.
        before: The gap of purchases between the measured members before they joined and the others, as a share; None
            where no time before joining is seen.
        members: Members (count).
        others: Customers who never joined (count).
    """

    member_mean: float
    other_mean: float
    difference: Estimate
    relative: float
    purchases_relative: float
    before: float | None
    members: int
    others: int

    @property
    def weekly(self) -> Estimate:
        """The gap a customer and week."""
        return scaled(self.difference, 7 / PERIOD_DAYS)

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True)
class GapBeside:
    """The plain gap in purchases beside the effect of joining, as shares.

    Attributes:
        gap: The plain gap.
        effect: The effect; None where none may be told.
    """

    gap: MemberGap
    effect: Estimate | None

    def to_frame(self) -> pd.DataFrame:
        """The bars: `what` ("gap", "before", "effect") and `value`, with `low` and `high` of the effect."""
        rows = [{"what": "gap", "value": self.gap.purchases_relative}]
        if self.gap.before is not None:
            rows.append({"what": "before", "value": self.gap.before})
        if self.effect is not None:
            rows.append(
                {"what": "effect", "value": self.effect.value, "low": self.effect.low, "high": self.effect.high}
            )
        return pd.DataFrame(rows, columns=["what", "value", "low", "high"])


def gap_beside(gap: MemberGap | NotEnough, effect: Estimate | NotEnough) -> GapBeside | NotEnough:
    """The plain gap beside the effect.

    Args:
        gap: From `member_gap`.
        effect: The effect on purchases, or why none may be told.
    """
    if isinstance(gap, NotEnough):
        return gap
    return GapBeside(gap=gap, effect=None if isinstance(effect, NotEnough) else effect)


def member_gap(panel: Panel | NotEnough) -> MemberGap | NotEnough:
    """The plain gap between members and the others.

    Args:
        panel: From `models.impact.panel.panel`.

    Returns:
        The gap; NotEnough("member_gap") where there are no members, or nobody else who buys in the same steps.
    """
    if isinstance(panel, NotEnough):
        return panel
    step = np.arange(panel.steps)
    known = step > panel.started[:, None]
    members = known & (step > panel.joined[:, None])
    steps = members.any(axis=0)
    others = known & panel.never[:, None] & steps
    before = known & (step < panel.joined[:, None]) & (panel.settled & ~panel.never)[:, None]
    mine, theirs = _mean(panel, "revenue", members), _mean(panel, "revenue", others)
    bought = [_mean(panel, "purchases", cells).value for cells in (members, others, before)]
    if not mine.base or not theirs.base or theirs.value <= 0 or bought[1] <= 0:
        return NotEnough("member_gap", 0, 1)
    past = _mean(panel, "purchases", known & panel.never[:, None] & before.any(axis=0)).value
    gap = signed_interval(
        mine.value - theirs.value, math.hypot(mine.sd, theirs.sd), level=_LEVEL, n=mine.base + theirs.base, signed=True
    )
    return MemberGap(
        member_mean=mine.value,
        other_mean=theirs.value,
        difference=Estimate(
            gap.value, low=gap.low, high=gap.high, level=_LEVEL, n=gap.n, claimed=False, reason=SELECTION
        ),
        relative=mine.value / theirs.value - 1,
        purchases_relative=bought[0] / bought[1] - 1,
        before=bought[2] / past - 1 if before.any() and past > 0 else None,
        members=mine.base,
        others=theirs.base,
    )


@dataclass(frozen=True, kw_only=True)
class _Mean:
    """A mean a customer and period, its standard error and its customers."""

    value: float
    sd: float
    base: int


def _mean(panel: Panel, outcome: str, cells: Bools) -> _Mean:
    """Mean a customer and period over cells, as a ratio of sums over customers."""
    periods = cells.sum(axis=1) / panel.period_steps
    whole = float((panel.customers * periods).sum())
    if whole <= 0:
        return _Mean(value=0.0, sd=0.0, base=0)
    inside = cells.ravel()[panel.cell]
    told = np.bincount(panel.row[inside], weights=panel.outcomes[outcome][inside], minlength=len(panel.cluster))
    group = np.zeros(len(panel.cluster), dtype=np.int64)
    group[panel.row] = panel.cell // panel.steps
    mean = float(told.sum()) / whole
    silent = panel.customers - np.bincount(group, minlength=len(panel.customers))
    squares = float(((told - mean * periods[group]) ** 2).sum() + (silent * (mean * periods) ** 2).sum())
    return _Mean(value=mean, sd=math.sqrt(squares) / whole, base=int(panel.customers[periods > 0].sum()))

"""Members' purchases held against those expected without the programme: who is compared with whom, and the headline.

What speaks for and against the comparison is told in `joining`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.comparisons import Compared, compared
from retention_lib.models.impact.counterfactual import Counterfactual, counterfactual
from retention_lib.models.impact.panel import Bools, Floats, Panel

PERIODS_AFTER = 3
"""Periods of the headline."""

FEWEST_MEMBERS, FEWEST_CONTROLS, FEWEST_PURCHASES = 30, 30, 30
"""The smallest groups, and the fewest purchases of members as members, that carry an effect."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PurchasesCompared:
    """Members' purchases held against what was expected, without the checks of the design.

    Attributes:
        cells: Which cells are what.
        fit: What was expected.
        compared: The headline.
        relative: The headline as a share of what was expected.
        members: Members measured (count).
    """

    cells: Cells
    fit: Counterfactual
    compared: Compared
    relative: Estimate
    members: float


def purchases_compared(panel: Panel, *, periods: int, skipped_days: int = 0) -> PurchasesCompared | NotEnough:
    """The headline on purchases.

    Args:
        panel: From `models.impact.panel.panel`.
        periods: Periods of 28 days of the headline.
        skipped_days: Days after the step of the first purchase that are left out.

    Returns:
        The headline, or a refusal as of `joining`.
    """
    cells = Cells.of(panel, periods, skipped_days=skipped_days)
    refusal = _refusal(panel, cells)
    if refusal is not None:
        return refusal
    fit = counterfactual(panel, "purchases", untreated=cells.untreated)
    if not fit.converged:
        return NotEnough("fit_converged", 0, 1)
    told = compared(panel, "purchases", fit, cells.headline[..., None])
    members = float(panel.customers[cells.headline.any(axis=1)].sum())
    relative = told.ratio(n=members)
    if isinstance(relative, NotEnough) or told.observed[0] < FEWEST_PURCHASES:
        return NotEnough("member_purchases", float(told.observed[0]), FEWEST_PURCHASES)
    return PurchasesCompared(cells=cells, fit=fit, compared=told, relative=relative, members=members)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Which cells are what; groups x steps.

    Attributes:
        untreated: Seen before joining, after the step of the first purchase.
        since: Steps since that of joining.
        measured: Of members with a past, from the step after joining, where anybody is left to compare them with.
        headline: Of these, the first periods.
    """

    untreated: Bools
    since: Floats
    measured: Bools
    headline: Bools

    @classmethod
    def of(cls, panel: Panel, periods: int, *, skipped_days: int = 0) -> Cells:
        """The cells of a panel.

        Args:
            panel: The panel.
            periods: Periods of the headline.
            skipped_days: Days after the step of the first purchase that are left out.
        """
        step = np.arange(panel.steps)
        known = step > panel.started[:, None] + skipped_days // panel.step_days
        since = (step - panel.joined[:, None]).astype(float)
        untreated = known & (since < 0)
        told = (untreated.any(axis=1) & panel.settled & ~panel.never)[:, None]
        # A step in which nobody is without the programme has no one to be compared with.
        compared = (untreated & (panel.customers > 0)[:, None]).any(axis=0)
        measured = told & known & (since > 0) & compared
        return cls(
            untreated=untreated,
            since=since,
            measured=measured,
            headline=measured & (since <= periods * panel.period_steps),
        )

    def period(self, panel: Panel, at: int) -> Bools:
        """The cells of a period from joining; 0 is the first after the step of joining."""
        place = (self.since - 1) // panel.period_steps
        return np.asarray(self.measured & (place == at))


def _refusal(panel: Panel, cells: Cells) -> NotEnough | None:
    """Why there is no effect to speak of; None where there may be one."""
    members = float(panel.customers[cells.headline.any(axis=1)].sum())
    settled = float(panel.customers[panel.settled & ~panel.never].sum())
    others = float(panel.customers[panel.joined > panel.joined[panel.settled].min(initial=panel.steps)].sum())
    if settled < FEWEST_MEMBERS:
        return NotEnough("members_settled", settled, FEWEST_MEMBERS)
    if others < FEWEST_CONTROLS:
        return NotEnough("control_group", others, FEWEST_CONTROLS)
    seen = settled_seen(panel)
    if seen < FEWEST_MEMBERS:
        return NotEnough("members_with_after", seen, FEWEST_MEMBERS)
    if members < FEWEST_MEMBERS:
        return NotEnough("control_group", members, FEWEST_CONTROLS)
    return None


def settled_seen(panel: Panel) -> float:
    """Members with a past who are seen in a step after that of joining (count)."""
    return float(panel.customers[panel.settled & (panel.joined < panel.steps - 1)].sum())

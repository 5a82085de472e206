"""The panel around joining as units by period, for effects by group and period."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.panel import Panel
from retention_lib.models.impact.staggered import StaggeredPanel

_CLASSES = (1, 2, 3, 4, 6, 9, 13)
"""Purchases at which a class of early purchases begins."""


def staggered_panel(panel: Panel | NotEnough, outcome: str, *, early_periods: int = 3) -> StaggeredPanel | NotEnough:
    """Customers by period of 28 days, treated from the first whole one as a member on.

    The period in which a member joins is neither before nor after: compare with `gap=1`. Customers are compared with
    those who came in the same period and bought as often in their first ones: without that, the heavier buyers, of whom
    more join, would fall further by themselves, as their purchases wear off in proportion. Steps before the first whole
    period are left out.

    Args:
        panel: Customers by step; a refusal is handed on.
        outcome: Name of the outcome: `purchases`, `active`, `revenue`, or `gross_profit` where known.
        early_periods: Periods after that of the first purchase by which customers are told apart, and which are not
            looked at any further; 0 for none. Who joins in them has no past that could be compared.

    Returns:
        One row a customer who did anything, and one for all alike who did nothing, with their number.
    """
    if isinstance(panel, NotEnough):
        return panel
    who, place = np.unique(panel.row, return_inverse=True)
    group = np.zeros(len(who), dtype=np.int64)
    group[place] = panel.cell // panel.steps
    quiet = panel.customers - np.bincount(group, minlength=len(panel.customers))
    still = np.flatnonzero(quiet > 0)
    rows = np.append(group, still)
    skipped = panel.steps % panel.period_steps
    came = np.maximum((panel.started[rows] - skipped) // panel.period_steps + 1, 0)
    joined = (panel.joined[rows] - skipped) // panel.period_steps + 1
    bought = _by_period(panel, "purchases", place, len(rows))
    beyond = panel.cluster.max(initial=-1) + 1
    return StaggeredPanel(
        outcomes=_by_period(panel, outcome, place, len(rows)),
        first_treated=np.where(panel.never[rows], np.nan, joined),
        strata=np.searchsorted(_CLASSES, _early(bought, came, early_periods), side="right"),
        clusters=np.append(panel.cluster[who], beyond + np.arange(len(still))),
        observed_from=came + early_periods,
        copies=np.append(np.ones(len(who)), quiet[still]),
    )


def _by_period(panel: Panel, outcome: str, place: NDArray[np.int64], rows: int) -> Any:
    """An outcome by row and whole period, sparse."""
    from scipy.sparse import csr_array

    periods, skipped = divmod(panel.steps, panel.period_steps)
    step = panel.cell % panel.steps - skipped
    seen = step >= 0
    content = (panel.outcomes[outcome][seen], (place[seen], step[seen] // panel.period_steps))
    return csr_array(content, shape=(rows, periods))


def _early(bought: Any, came: NDArray[np.int64], periods: int) -> NDArray[np.float64]:
    """Purchases of each row in its first periods."""
    entries = bought.tocoo()
    early = (entries.col >= came[entries.row]) & (entries.col < came[entries.row] + periods)
    return np.asarray(
        np.bincount(entries.row[early], weights=entries.data[early], minlength=bought.shape[0]), dtype=float
    )

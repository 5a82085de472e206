"""The effect of joining once more, group by group and on the additive scale: a check on the primary one, no claim.

References:
    Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods, Journal of Econometrics 225.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.impact.group_time import group_time_effects
from retention_lib.models.impact.joining import LEADS
from retention_lib.models.impact.panel import Panel
from retention_lib.models.impact.panel_units import staggered_panel
from retention_lib.models.impact.programme_effect import ProgrammeEffect
from retention_lib.models.impact.purchases_compared import PERIODS_AFTER

_BEFORE, _AFTER = 3, 12


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupTimeCheck:
    """Group-time effects of joining on purchases a member and period, put together.

    Attributes:
        overall: Over the first periods, groups weighted by members.
        relative: The same as a share of what was expected.
        pretrend: Joint test of the periods before joining, its p as value.
        by_event_time: One row a period from joining: `event_time` (0 is the period of joining), `effect`,
            `standard_error`, `low`, `high` (all periods at once), `units` (members).
    """

    overall: Estimate | NotEnough
    relative: Estimate | NotEnough
    pretrend: float | NotEnough
    by_event_time: pd.DataFrame = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """The effects by period from joining."""
        return self.by_event_time


def group_time_check(
    panel: Panel | NotEnough,
    effect: ProgrammeEffect | NotEnough,
    *,
    rng: np.random.Generator,
    periods: int = PERIODS_AFTER,
) -> GroupTimeCheck | NotEnough:
    """The group-time effects of joining, customers of one start and one early frequency compared with each other.

    Args:
        panel: From `models.impact.panel.panel`.
        effect: The primary effect; where its design is refused, none is told here either.
        rng: Draws the bands.
        periods: Periods of 28 days of the headline.

    Returns:
        The effects; a refusal of the panel or of the effects is handed on.
    """
    if isinstance(effect, NotEnough):
        return effect
    if effect.design is not None:
        return NotAsked(effect.design, 0, 1)
    units = staggered_panel(panel, "purchases")
    found = group_time_effects(units, gap=1, base_periods=LEADS, periods_before=LEADS + 1)
    if isinstance(found, NotEnough):
        return found
    by_time = found.by_event_time(rng=rng, first=-_BEFORE, last=_AFTER)
    if isinstance(by_time, NotEnough):
        return by_time
    pretest = found.pretest_by_event_time(periods=LEADS)
    return GroupTimeCheck(
        overall=found.overall(periods=periods, seen_for=periods),
        relative=found.relative(periods=periods, seen_for=periods),
        pretrend=pretest if isinstance(pretest, NotEnough) else pretest.p,
        by_event_time=by_time.to_frame(),
    )

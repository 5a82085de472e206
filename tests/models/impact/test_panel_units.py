"""Units by step from the panel around joining."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.impact.aggregation import GroupTimeEffects
from retention_lib.models.impact.group_time import group_time_effects
from retention_lib.models.impact.panel import Panel
from retention_lib.models.impact.panel_units import staggered_panel
from retention_lib.models.impact.staggered import StaggeredPanel


def joiners(*, step_days: int = 28) -> Panel:
    """Four steps; 10 customers start before them and 5 of these join in step 1; 6 never did anything more."""
    row = np.array([0, 0, 1, 2, 3, 3])
    step = np.array([0, 2, 3, 1, 2, 3])
    group = np.array([0, 0, 0, 1, 1, 1])
    return Panel(
        started=np.array([-1, -1]),
        joined=np.array([1, 4]),
        settled=np.array([True, False]),
        customers=np.array([5.0, 5.0]),
        facts=pd.DataFrame(),
        row=row,
        cell=group * 4 + step,
        outcomes={"purchases": np.array([1.0, 2, 5, 1, 1, 1])},
        cluster=np.array([7, 3, 7, 9]),
        steps=4,
        step_days=step_days,
    )


def test_customers_who_did_nothing_are_counted_without_a_row_each() -> None:
    panel = staggered_panel(joiners(), "purchases", early_periods=0)
    assert isinstance(panel, StaggeredPanel)
    assert panel.outcomes.toarray().tolist() == [
        [1, 0, 2, 0],
        [0, 0, 0, 5],
        [0, 1, 0, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    # the first whole period as a member is the one after that of joining
    assert np.array_equal(np.asarray(panel.first_treated), [2, 2, np.nan, np.nan, 2, np.nan], equal_nan=True)
    assert np.asarray(panel.copies).tolist() == [1, 1, 1, 1, 3, 3]
    assert np.asarray(panel.clusters).tolist() == [7, 3, 7, 9, 10, 11]
    assert np.asarray(panel.observed_from).tolist() == np.asarray(panel.strata).tolist() == [0] * 6


def test_steps_make_periods_of_28_days_and_early_purchases_make_kinds() -> None:
    panel = staggered_panel(joiners(step_days=14), "purchases", early_periods=1)
    assert isinstance(panel, StaggeredPanel)
    assert panel.outcomes.toarray().tolist() == [[1, 2], [0, 5], [1, 0], [0, 2], [0, 0], [0, 0]]
    assert np.array_equal(np.asarray(panel.first_treated), [1, 1, np.nan, np.nan, 1, np.nan], equal_nan=True)
    assert np.asarray(panel.strata).tolist() == [1, 0, 1, 0, 0, 0]
    assert np.asarray(panel.observed_from).tolist() == [1] * 6


def test_effects_of_the_panel_by_hand() -> None:
    effects = group_time_effects(staggered_panel(joiners(), "purchases", early_periods=0), gap=1)
    assert isinstance(effects, GroupTimeEffects)
    # sums of the five members by period: 1, 0, 2, 5; of the five others: 0, 1, 1, 1; the base is period 0
    assert effects.effects["event_time"].tolist() == [-1, 0, 1]
    assert effects.effects["effect"].round(12).tolist() == [(-1 - 1) / 5, (1 - 1) / 5, (4 - 1) / 5]
    # customers 0 and 2 are of one household
    assert effects.clusters == 9
    assert effects.pretest() == NotEnough("periods_before_treatment", 0, 1)


def test_a_refusal_is_handed_on() -> None:
    refusal = NotEnough("programme_members", 3, 30)
    assert staggered_panel(refusal, "purchases") is refusal

"""Where early looks were agreed, the looks decide on the goal and no second test does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.effects import Effects, effects
from retention_lib.models.experiments.look_rules import LookRule
from retention_lib.models.experiments.looked_effects import under_looks
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.sequential import Sequential, sequential

RULE = LookRule(
    declared=date(2026, 1, 1), first_day=date(2026, 2, 1), until=date(2026, 4, 1), window_days=7, comparisons=1
)


def _units(gain: float) -> pd.DataFrame:
    """4,000 customers assigned over 20 days, half of them mailed."""
    rng = np.random.default_rng(3)
    arm = np.where(np.arange(4_000) % 2 == 0, "none", "mail")
    spend = rng.gamma(2, 5, 4_000) + np.where(arm == "mail", gain, 0.0)
    day = [date(2026, 2, 1 + at) for at in rng.integers(0, 20, 4_000)]
    return pd.DataFrame({"day": day, "arm": arm, "spend": spend, "conversion": (spend > 5).astype(float)})


def _found(gain: float) -> tuple[Effects, Sequential]:
    units = _units(gain)
    values = units.melt(["day", "arm"], ["spend", "conversion"], var_name="metric")
    values["square"] = values["value"] ** 2
    days = values.groupby(["day", "arm", "metric"], as_index=False).agg(
        n=("value", "size"), total=("value", "sum"), total_squares=("square", "sum")
    )
    looks = sequential(days, control="none", metric="spend", rule=RULE)
    found = effects(moments_of(units.drop(columns="day")), control="none", goal="spend")
    assert isinstance(found, Effects)
    assert isinstance(looks, Sequential)
    return found, looks


def test_the_goal_has_bounds_and_claim_of_the_looks_and_other_metrics_keep_theirs() -> None:
    found, looks = _found(gain=2.0)
    told = under_looks(found, looks)
    assert isinstance(told, Effects)
    goal, band = told.effect("spend", "mail"), looks.effect("mail")
    assert (goal.value, goal.low, goal.high, goal.claimed) == (band.value, band.low, band.high, True)
    assert told.table.loc[told.table["metric"] == "conversion"].equals(
        found.table.loc[found.table["metric"] == "conversion"].astype(told.table.dtypes)
    )
    relative = told.effect("spend", "mail", relative=True)
    assert relative.value == pytest.approx(band.value / found.goals["control_mean"].iloc[0])


def test_what_one_test_at_the_end_would_claim_the_looks_may_not() -> None:
    found, looks = _found(gain=0.8)
    assert found.effect("spend", "mail").claimed
    told = under_looks(found, looks)
    assert isinstance(told, Effects)
    assert not told.effect("spend", "mail").claimed
    assert told.effect("spend", "mail").reason == "not_crossed"


def test_no_p_value_is_told_beside_the_bounds_of_a_planned_end() -> None:
    _, looks = _found(gain=2.0)
    planned = replace(looks, rule=replace(RULE, planned=4_000))
    assert planned.effect("mail").p is None
    assert looks.effect("mail").p is not None


def test_refusals_change_nothing() -> None:
    found, looks = _found(gain=2.0)
    refusal = NotEnough("looks_cohorts", 3, 7)
    assert under_looks(found, refusal) is found
    assert under_looks(refusal, looks) is refusal

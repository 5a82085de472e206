"""By which slope a difference between arms is sharpened: over both arms, or inside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from retention_lib.models.experiments.contrasts import ArmPair
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.slopes import overall_slope, slopes

# The arm spends 1 more whatever it bought before, and had bought 1 more before by chance.
FRAME = pd.DataFrame({"arm": ["a", "a", "b", "b"], "spend": [1.0, 1.0, 0.0, 0.0], "before": [1.0, 3.0, 0.0, 2.0]})


def over_both(told: Moments, above: str, known: str) -> float:
    columns = (above, known)
    return overall_slope(told.aggregates("a", *columns) + told.aggregates("b", *columns), above, known)


def test_the_slope_over_both_arms_is_that_of_the_line_through_all_units() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"arm": ["a"] * 40 + ["b"] * 60, "before": rng.gamma(2, 5, 100)})
    frame["spend"] = 0.6 * frame["before"] + rng.normal(0, 3, 100) + 4 * (frame["arm"] == "a")
    line = np.polyfit(frame["before"], frame["spend"], 1)
    assert over_both(moments_of(frame), "spend", "before") == pytest.approx(line[0], rel=1e-10)


def test_the_effect_is_in_the_slope_over_both_arms_and_not_in_that_inside_them() -> None:
    # By hand: products between the arms 1 x 1 x 1, squares 4 inside and 1 between them.
    told = moments_of(FRAME)
    inside = ArmPair(moments=told, arm="a", control="b", covariate="before")
    assert over_both(told, "spend", "before") == pytest.approx(1 / 5)
    assert inside.slope({"spend": 1.0}) == pytest.approx(0.0)
    assert inside.difference({"spend": 1.0}).part.value == pytest.approx(1.0)


def test_what_never_varied_before_has_no_slope() -> None:
    frame = FRAME.assign(before=2.0)
    assert over_both(moments_of(frame), "spend", "before") == 0.0
    assert slopes(np.array([3.0, 3.0]), np.array([0.0, 6.0])).tolist() == [0.0, 0.5]

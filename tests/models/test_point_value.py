"""What a point pays: as given, or as redemptions paid."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.point_value import PointValue, point_value

PAID = pd.DataFrame({"entries": [40], "points": [5_000.0], "paid": [2_500.0]})
UNKNOWN = pd.DataFrame({"entries": [0], "points": [0.0], "paid": [0.0]})


def test_a_point_pays_what_redemptions_paid() -> None:
    assert point_value(PAID) == PointValue(money=0.5, source="redemptions")
    assert point_value(UNKNOWN) == NotEnough("point_value_known", 0, 1)


def test_a_value_of_the_settings_goes_before_that_of_the_data() -> None:
    assert point_value(PAID, given=2) == PointValue(money=2.0, source="settings")
    assert point_value(UNKNOWN, given=0.1) == PointValue(money=0.1, source="settings")


@pytest.mark.parametrize("given", [0.0, -1.0, math.nan, math.inf])
def test_a_value_that_pays_nothing_is_refused(given: float) -> None:
    with pytest.raises(ValueError, match="point_value is money above 0"):
        point_value(PAID, given=given)


def test_no_programme_is_handed_on() -> None:
    silent = NotAsked("loyalty_events", 0, 1)
    assert point_value(silent, given=2.0) is silent

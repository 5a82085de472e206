"""Points owed: the rate times points credited, less those used, times what a point pays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from models.points_past import month_lengths, steady_past
from models.test_redemption import LOST, USED

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.liability import PointsLiability, points_liability
from retention_lib.models.margins import Margin
from retention_lib.models.point_value import PointValue
from retention_lib.models.redemption import Redemption, redemption

PAID = PointValue(money=0.5, source="redemptions")
STATED = PointValue(money=0.1, source="settings")
UNKNOWN = NotEnough("point_value_known", 0, 1)
NO_MARGIN = NotEnough("margin_known", 0, 1)


@pytest.fixture(scope="module")
def points() -> Redemption:
    rows = steady_past(USED, LOST, months=24, factors=month_lengths(24), buckets=40)
    found = redemption(rows, rng=np.random.default_rng(1))
    assert isinstance(found, Redemption)
    return found


def margin(overall: float | None) -> Margin:
    known = None if overall is None else Estimate(overall)
    return Margin(
        source=None if overall is None else "settings",
        overall=known,
        first=known,
        repeat=known,
        stated=overall,
        costed_share=0.0,
        kept=Estimate(1.0),
        customers=100,
        customers_without_net=0,
        groups=pd.DataFrame(),
    )


def owed(found: PointsLiability | NotEnough) -> PointsLiability:
    assert isinstance(found, PointsLiability)
    return found


def test_money_is_rate_times_credited_less_used_times_value(points: Redemption) -> None:
    told = owed(points_liability(points, PAID, margin=margin(0.4)))
    assert (told.point_value, told.source) == (0.5, "redemptions")
    assert told.face.value == pytest.approx((points.rate.value * points.credited - points.redeemed) * 0.5)
    assert told.face.low == pytest.approx((points.expected.low or 0) * 0.5)
    assert told.face.level == 0.9
    assert isinstance(told.at_cost, Estimate)
    assert told.at_cost.value == pytest.approx(told.face.value * 0.6)
    assert told.at_cost.high == pytest.approx((told.face.high or 0) * 0.6)
    assert told.most == pytest.approx(points.outstanding * 0.5)
    assert told.unused == pytest.approx(told.most - told.face.value)
    assert told.beyond == 0
    assert told.ahead["value"].sum() == pytest.approx(told.face.value)


def test_where_the_value_of_a_point_is_from_is_kept(points: Redemption) -> None:
    told = owed(points_liability(points, STATED, margin=margin(None)))
    assert (told.point_value, told.source, told.margin) == (0.1, "settings", None)
    assert told.at_cost == NotEnough("margin_known", 0, 1)
    assert told.face.value == pytest.approx(points.expected.value * 0.1)


def test_points_without_known_end_are_in_the_money_too() -> None:
    rows = steady_past([0.1] * 12, [0.0] * 12, months=12, validity=-1, buckets=40)
    found = redemption(rows, rng=np.random.default_rng(1))
    told = owed(points_liability(found, PAID, margin=NO_MARGIN))
    assert isinstance(found, Redemption)
    assert found.tail is not None
    assert told.beyond == pytest.approx(found.tail.points * 0.5)


def test_refusals(points: Redemption) -> None:
    silent = NotAsked("points_known", 0, 1)
    assert points_liability(silent, silent, margin=NO_MARGIN) is silent
    assert points_liability(points, UNKNOWN, margin=NO_MARGIN) is UNKNOWN

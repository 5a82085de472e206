"""Errors of past forecasts and the calibration by frequency, by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from reports import backtest_results as made

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest_views import frequency_calibration, past_forecasts
from retention_lib.models.uncertainty import ForecastErrors

REFUSAL = NotEnough("backtest_days", 60, 112)


def test_errors_and_bounds_are_shares_of_the_forecast() -> None:
    # 1,000 expected each time, 920 to 1,080 inside; 1,040, 970, 900, 1,020 and 940 came.
    found = past_forecasts(made.errors())
    assert found.table["error"].tolist() == pytest.approx([0.04, -0.03, -0.1, 0.02, -0.06])
    assert found.table[["low", "high"]].to_numpy().tolist() == [pytest.approx([-0.08, 0.08])] * 5
    assert (found.inside, found.level, found.table["inside"].tolist()) == (4, 0.90, [True, True, False, True, True])
    assert found.table["end"].iloc[0] == date(2025, 3, 31)  # 90 days from 1 January
    assert found.table["last"].tolist() == [False] * 4 + [True]


def test_past_days_stand_in_order_of_time() -> None:
    shuffled = ForecastErrors(table=made.errors().table.iloc[[4, 2, 0, 3, 1]])
    assert past_forecasts(shuffled).table["cutoff"].is_monotonic_increasing


def test_without_intervals_nothing_is_inside_or_outside() -> None:
    found = past_forecasts(made.errors(half=None))
    assert (found.level, found.inside, found.table["inside"].tolist()) == (None, 0, [None] * 5)


def test_a_total_that_was_not_forecast_is_refused() -> None:
    assert past_forecasts(made.errors(), total="revenue") == NotEnough("forecast_errors", 0, 1)
    assert past_forecasts(REFUSAL) is REFUSAL


def test_groups_under_thirty_are_thin_and_nothing_but_thin_ones_is_refused() -> None:
    found = frequency_calibration(made.tried())
    assert found.table["thin"].tolist() == [False, False, True]
    assert found.judged["frequency"].tolist() == ["0", "1"]
    assert frequency_calibration(made.tried(groups=(("0", 29, 1.0, 1.0),))) == NotEnough("holdout_customers", 29, 30)
    assert frequency_calibration(REFUSAL) is REFUSAL


def test_frames_are_the_tables() -> None:
    for result in (made.past(), made.calibrated()):
        pd.testing.assert_frame_equal(result.to_frame(), result.table)

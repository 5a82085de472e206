from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.calendar import calendar, season_shape, weekday_shape
from retention_lib.stores.simulation.stage import Calendar


def days(**sizes: float) -> Calendar:
    return calendar(Simulation(sizes=Sizes(**sizes)), np.random.default_rng(5), categories=8)


def test_calendar_covers_the_window() -> None:
    found = days()
    assert (found.first_day, found.days) == (date(2024, 7, 1), 730)
    assert found.dates[-1] == np.datetime64("2026-06-30")
    assert found.month[[0, 30, 31, 729]].tolist() == [0, 0, 1, 23]


def test_season_is_highest_in_december_by_its_size_and_one_over_a_year() -> None:
    found = days(season=0.4)
    middle_of_december = int((np.datetime64("2024-12-16") - np.datetime64("2024-07-01")).astype(int))
    assert season_shape(date(2024, 12, 16)) == pytest.approx(1.0, abs=0.02)
    assert abs(int(found.season.argmax()) % 365 - middle_of_december) <= 1
    assert found.season[:365].mean() == pytest.approx(1.0, abs=1e-9)
    trough = int(found.season[:365].argmin())
    heights = season_shape(date(2024, 12, 16)) - season_shape(found.dates[trough].astype(date))
    assert np.log(found.season.max() / found.season.min()) == pytest.approx(0.4 * heights, rel=0.02)


def test_weekday_is_highest_on_saturdays_and_one_over_a_week() -> None:
    found = days(weekday=0.2)
    assert [weekday_shape(date(2026, 6, 20)), weekday_shape(date(2026, 6, 22))] == [1.0, -0.5]
    assert found.weekday[:7].mean() == pytest.approx(1.0)
    saturday = found.dates[int(found.weekday.argmax())].astype(date)
    assert saturday.weekday() == 5
    assert np.log(found.weekday.max() / found.weekday.min()) == pytest.approx(0.2 * 1.5)


def test_prices_rise_twice_and_buying_falls_by_the_elasticity() -> None:
    found = days(price_rise=0.1, price_elasticity=2.0)
    # 35 % and 70 % of 24 months: the ninth and the seventeenth month.
    assert [found.price_index[found.month == month][0].round(9) for month in (7, 8, 15, 16)] == [1, 1.1, 1.1, 1.21]
    np.testing.assert_allclose(found.price, found.price_index**-2.0)


def test_shock_is_shared_by_a_month_and_has_its_size() -> None:
    found = days(monthly_shock=0.2)
    assert [len(set(found.shock[found.month == month])) for month in range(24)] == [1] * 24
    # The standard deviation of 24 draws lies within these bounds in 99 % of samples (chi-square, 23 degrees).
    assert (
        0.2 * 0.634
        < np.std([np.log(found.shock[found.month == month][0]) for month in range(24)], ddof=1)
        < 0.2 * 1.386
    )


def test_stock_outs_last_two_weeks_each() -> None:
    missing = days(stock_out=0.6).out_of_stock
    assert (missing >= 0).sum() in range(6 * 14, 7 * 14 + 1)
    assert missing.max() < 8


@pytest.mark.parametrize(
    ("size", "factor"),
    [("season", "season"), ("weekday", "weekday"), ("monthly_shock", "shock"), ("price_elasticity", "price")],
)
def test_factor_of_size_zero_is_one(size: str, factor: str) -> None:
    assert getattr(days(**{size: 0.0}), factor) == pytest.approx(1.0)


def test_without_stock_outs_nothing_is_missing_and_without_rises_prices_stay() -> None:
    found = days(stock_out=0.0, price_rise=0.0)
    assert set(found.out_of_stock) == {-1}
    assert set(found.price_index) == {1.0}

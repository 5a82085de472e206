"""What the days of the window do to all customers alike: seasons, shocks, price rises and goods out of stock."""

from __future__ import annotations

from datetime import date

import numpy as np

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation.stage import Calendar, Floats, Ints

# Heights by month (January first) and by weekday (Monday first); the largest is 1: a size is the log of the peak.
_MONTHS = np.array([-0.5, -0.3, 0.1, -0.1, -0.2, -0.3, -0.4, -0.3, 0.1, 0.2, 0.7, 1.0])
_WEEKDAYS = np.array([-0.5, -0.4, -0.2, 0.1, 0.6, 1.0, 0.2])

_RISES = (0.35, 0.70)
_STOCK_OUT_DAYS = 14
_STOCK_OUT_EVERY = 120


def calendar(simulation: Simulation, rng: np.random.Generator, *, categories: int) -> Calendar:
    """The days of a simulation.

    Args:
        simulation: The settings.
        rng: For the shocks and the goods out of stock.
        categories: Categories of products (count).
    """
    sizes = simulation.sizes
    days = np.datetime64(simulation.first_day, "D") + np.arange(simulation.days)
    months = days.astype("datetime64[M]").astype(np.int64)
    month = months - months[0]
    index = _price_index(month, simulation.months, rise=sizes.price_rise)
    shocks = sizes.monthly_shock * rng.standard_normal(simulation.months) - sizes.monthly_shock**2 / 2
    return Calendar(
        first_day=simulation.first_day,
        season=_season(days, sizes.season),
        weekday=_weekday(days, sizes.weekday),
        shock=np.exp(shocks)[month],
        price=index**-sizes.price_elasticity,
        price_index=index,
        out_of_stock=_out_of_stock(simulation, rng, categories),
        month=month,
    )


def season_shape(day: date) -> float:
    """The height of the yearly season on a day before it is scaled; 1 in the middle of December."""
    return float(_season_shapes(np.array([day], dtype="datetime64[D]"))[0])


def weekday_shape(day: date) -> float:
    """The height of the weekly season on a day before it is scaled; 1 on Saturdays."""
    return float(_WEEKDAYS[day.weekday()])


def _season(days: np.ndarray, size: float) -> Floats:
    """The yearly factor, with mean 1 over the days of a common year."""
    year = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")
    return np.exp(size * _season_shapes(days)) / np.exp(size * _season_shapes(year)).mean()


def _season_shapes(days: np.ndarray) -> Floats:
    """Heights by day: straight lines between the middles of months."""
    months = days.astype("datetime64[M]")
    place = months.astype(np.int64) % 12 + (days - months).astype(np.int64) / 30.4
    return np.interp(place, np.arange(12) + 0.5, _MONTHS, period=12)


def weekdays(days: np.ndarray) -> Ints:
    """The weekday of each day, 0 for Monday."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday


def _weekday(days: np.ndarray, size: float) -> Floats:
    return np.exp(size * _WEEKDAYS[weekdays(days)]) / np.exp(size * _WEEKDAYS).mean()


def _price_index(month: Ints, months: int, *, rise: float) -> Floats:
    rises = sum((month >= int(months * part)).astype(np.int64) for part in _RISES)
    return np.asarray((1 + rise) ** rises, dtype=np.float64)


def _out_of_stock(simulation: Simulation, rng: np.random.Generator, categories: int) -> Ints:
    """Once in every stretch of days, one category is out of stock for two weeks."""
    missing = np.full(simulation.days, -1, dtype=np.int64)
    for start in range(0, simulation.days, _STOCK_OUT_EVERY):
        first = start + int(rng.integers(_STOCK_OUT_EVERY - _STOCK_OUT_DAYS))
        category = int(rng.integers(categories))
        if simulation.sizes.stock_out > 0:
            missing[first : first + _STOCK_OUT_DAYS] = category
    return missing

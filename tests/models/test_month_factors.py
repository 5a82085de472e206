"""Months ahead: their draws hold what then happens as often as they say, and know a season when they see one."""

from __future__ import annotations

import numpy as np
import pytest

from retention_lib.models.month_factors import MonthsAhead, MonthsSeen, months_ahead

MONTHS = np.arange(30)
AHEAD = np.arange(30, 36)


def ahead(log_factors: np.ndarray, variance: float, rng: np.random.Generator, *, count: int = 2_000) -> MonthsAhead:
    seen = MonthsSeen(month=MONTHS, log_factors=log_factors, counting=np.full(30, variance))
    return months_ahead(seen, AHEAD, rng=rng, count=count)


def test_months_all_alike_go_on_alike() -> None:
    rng = np.random.default_rng(1)
    told = ahead(np.full(30, 0.2), 1e-6, rng)
    assert told.draws.shape == (2_000, 6)
    assert np.median(told.draws, axis=0) == pytest.approx(np.exp(0.2), rel=0.005)
    assert told.draws.std(axis=0).max() < 0.02
    assert told.shock_sd < 0.01


def test_chance_of_counting_is_no_shock() -> None:
    rng = np.random.default_rng(2)
    seen = 0.3 * rng.standard_normal(30)
    counted = ahead(seen, 0.09, rng)
    shaken = ahead(seen, 1e-4, rng)
    assert counted.shock_sd < 0.12
    assert shaken.shock_sd > 0.2
    assert np.log(counted.draws[:, 0]).std() < np.log(shaken.draws[:, 0]).std() / 1.5


def test_a_season_seen_twice_comes_again() -> None:
    rng = np.random.default_rng(3)
    height = 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)
    seen = height[MONTHS % 12] + 0.03 * rng.standard_normal(30)
    told = ahead(seen, 1e-4, rng)
    assert np.median(np.log(told.draws), axis=0) == pytest.approx(height[AHEAD % 12], abs=0.1)
    assert told.season_sd > 0.1


def test_a_slow_drift_is_followed() -> None:
    seen = np.linspace(0, 0.6, 30)
    told = ahead(seen, 1e-4, np.random.default_rng(4))
    assert np.median(np.log(told.draws[:, 0])) == pytest.approx(0.6, abs=0.08)  # not the mean, 0.3


def test_intervals_hold_the_next_months() -> None:
    rng, held, stores = np.random.default_rng(5), 0, 150
    for _ in range(stores):
        season = 0.12 * rng.standard_normal(12)
        level = np.cumsum(0.015 * rng.standard_normal(36))
        truth = level + season[np.arange(36) % 12] + 0.06 * rng.standard_normal(36)
        seen = truth[:30] + 0.08 * rng.standard_normal(30)
        told = ahead(seen, 0.08**2, rng, count=500)
        low, high = np.quantile(told.draws.mean(axis=1), [0.05, 0.95])
        held += low <= np.exp(truth[30:]).mean() <= high
    assert 0.84 <= held / stores <= 0.97

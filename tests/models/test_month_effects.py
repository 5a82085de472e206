"""Effects of the months of the year, against other algebra, another library and simulations with a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from retention_lib.models.month_effects import month_effects

_TRUE = np.array([-0.3, -0.2, 0.0, 0.1, 0.0, -0.1, -0.1, 0.0, 0.0, 0.1, 0.1, 0.4])


def _counts(rng: np.random.Generator, effects: np.ndarray, *, months: int, shock: float) -> tuple[np.ndarray, ...]:
    month = 600 + np.arange(months)
    expected = np.full(months, 2_000.0)
    rate = np.exp(effects[month % 12] + shock * rng.standard_normal(months) + 0.01 * np.arange(months))
    return month, rng.poisson(expected * rate).astype(float), expected


def test_effects_agree_with_hendersons_equations() -> None:
    month, actual, expected = _counts(np.random.default_rng(1), _TRUE, months=40, shock=0.05)
    found = month_effects(month, actual, expected)
    assert found.effect_sd > 0
    # Henderson (1950): one system of equations for fixed effects and predictions, without the inverse of V.
    fixed = np.column_stack([np.ones(40), month])
    which = (month[:, None] % 12 == np.arange(12)).astype(float)
    inverse = np.diag(1 / (1 / actual + found.shock_sd**2))
    both = np.column_stack([fixed, which])
    system = both.T @ inverse @ both
    system[2:, 2:] += np.eye(12) / found.effect_sd**2
    solution = np.linalg.solve(system, both.T @ inverse @ np.log(actual / expected))
    assert found.effects == pytest.approx(solution[2:], abs=1e-8)
    assert found.covariance == pytest.approx(np.linalg.inv(system)[2:, 2:], abs=1e-8)


def test_variances_agree_with_statsmodels() -> None:
    rng = np.random.default_rng(2)
    month = 600 + np.arange(120)
    ratio = _TRUE[month % 12] + 0.11 * rng.standard_normal(120)
    huge = np.full(120, 1e12)  # counting is no source of chance, which the other library does not know
    found = month_effects(month, huge * np.exp(ratio), huge)
    frame = pd.DataFrame({"ratio": ratio, "time": np.arange(120) / 12, "which": month % 12})
    fit = smf.mixedlm("ratio ~ time", frame, groups="which").fit(reml=True)
    # The grid's steps are of about a third.
    assert found.effect_sd == pytest.approx(float(fit.cov_re.iloc[0, 0]) ** 0.5, rel=0.3)
    assert found.shock_sd == pytest.approx(fit.scale**0.5, rel=0.3)
    other = np.array([float(fit.random_effects[name].iloc[0]) for name in range(12)])
    assert found.effects == pytest.approx(other, abs=0.02)


def test_chance_is_seldom_taken_for_a_season() -> None:
    rng = np.random.default_rng(3)
    told = [month_effects(*_counts(rng, np.zeros(12), months=30, shock=0.08)).effect_sd > 0 for _ in range(100)]
    # Half of a chi-square with one degree of freedom lies at 0, and 32 % of it beyond 1: 16 of 100 are meant.
    assert sum(told) <= 26


def test_effects_are_found_and_their_errors_are_as_large_as_said() -> None:
    rng = np.random.default_rng(4)
    inside = []
    for _ in range(60):
        effects = 0.25 * rng.standard_normal(12)
        found = month_effects(*_counts(rng, effects, months=36, shock=0.06))
        # The level is not told from the mean effect: only differences are.
        apart = np.eye(12) - 1 / 12
        sd = np.sqrt(np.diag(apart @ found.covariance @ apart))
        inside += list(np.abs(apart @ (found.effects - effects)) < 1.645 * sd)
    assert np.mean(inside) == pytest.approx(0.90, abs=0.04)


def test_a_trend_is_no_season() -> None:
    month = 600 + np.arange(36)
    expected = np.full(36, 5_000.0)
    found = month_effects(month, expected * np.exp(0.02 * np.arange(36)), expected)
    assert found.effects == pytest.approx(np.zeros(12), abs=1e-9)

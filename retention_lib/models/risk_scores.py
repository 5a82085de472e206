"""The candidates for the churn risk: chances of no purchase in a horizon, learned on past windows.

All but the first stand on the purchase model (MBG/NBD), which sees frequency, recency and age. A store has seasons that
the model does not know: in each past window the horizon is stretched until the model's silent customers are as many as
there were, and a window ahead takes the stretch of the same season a year before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.risk_features import PACE, Design, design, logit

Candidate = Literal["recency", "palive", "pace", "logistic", "boosted"]
CANDIDATES: tuple[Candidate, ...] = ("recency", "palive", "pace", "logistic", "boosted")
"""From the simplest to the most complex."""

RIDGE = 20.0
TREES, RATE = 30, 0.12
"""Twice as many trees that learn half as fast make the score no better and the page slower."""

_WIDEST_LOG = 2.0
_FARTHEST_LEVEL = 20.0
_HALVINGS = 40
_STEPS = 30
_HALF_A_MONTH = 16
_CHUNK = 100_000
_LEARNED_ON = 60_000
_TREND_KEPT = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """Rows of windows with the purchase model's word on them.

    Attributes:
        rows: From `measures.risk.risk_rows`.
        chance: Logit of the purchase model's chance of no purchase at the window's stretch of the horizon, one a row.
    """

    rows: pd.DataFrame
    chance: np.ndarray

    @property
    def silent(self) -> np.ndarray:
        """Whether no purchase followed, as 0 and 1."""
        return self.rows["silent"].to_numpy(dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """A candidate, learned.

    Attributes:
        name: Which candidate.
        predict: From windows to chances of no purchase, one a row.
    """

    name: Candidate
    predict: Callable[[Windows], np.ndarray]

    def chances(self, windows: Windows) -> np.ndarray:
        """Chances of no purchase in the horizon, one a row."""
        size = len(windows.rows)
        parts = [
            self.predict(Windows(rows=windows.rows.iloc[at : at + _CHUNK], chance=windows.chance[at : at + _CHUNK]))
            for at in range(0, size, _CHUNK)
        ]
        return np.concatenate(parts) if parts else np.empty(0)


def with_chances(
    rows: pd.DataFrame, model: BetaGeometric | None, stretches: Mapping[date, float], *, horizon_days: int
) -> Windows:
    """Rows with the purchase model's word on them.

    Args:
        rows: Of one or more windows; column cutoff (date).
        model: The purchase model; without one the silence speaks for itself.
        stretches: By how much each window's horizon is stretched.
        horizon_days: The horizon.
    """
    if model is None:
        return Windows(rows=rows, chance=np.log1p(rows["silence"].to_numpy(dtype=float)) - np.log1p(horizon_days))
    days = rows["cutoff"].map(stretches).to_numpy(dtype=float) * horizon_days
    return Windows(rows=rows, chance=logit(_silence(model, rows, days)))


def stretch(rows: pd.DataFrame, model: BetaGeometric | None, *, horizon_days: int) -> float:
    """How much longer a past window's horizon would have to be for the model to expect the silent that there were.

    Args:
        rows: Of one window, with `silent`.
        model: The purchase model, time in days.
        horizon_days: The horizon.

    Returns:
        A factor between exp(-2) and exp(2): above 1 in a season of much buying. 1 without a model.
    """
    if model is None:
        return 1.0
    low, high, silent = -_WIDEST_LOG, _WIDEST_LOG, rows["silent"].to_numpy(dtype=float).mean()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        too_many = _silence(model, rows, np.exp(middle) * horizon_days).mean() > silent
        low, high = (middle, high) if too_many else (low, middle)
    return float(np.exp((low + high) / 2))


def stretch_ahead(past: Mapping[date, float], cutoff: date, *, settled: Collection[date]) -> float:
    """The stretch expected of a window whose horizon is not known.

    Args:
        past: Stretches of windows that were over on the cut-off.
        cutoff: The window's cut-off.
        settled: Past cut-offs old enough to be compared with the year after.

    Returns:
        That of the same season a year before, moved by half of the change in a year that the windows show which
        have a settled year before as well; the mean of all where the season a year before was not seen.
    """
    logs = {day: float(np.log(factor)) for day, factor in past.items()}
    before = same_season(logs, cutoff)
    if before is None:
        return float(np.exp(np.mean([*logs.values()]))) if logs else 1.0
    known = {day: logs[day] for day in logs if day in settled}
    pairs = [(day, same_season(known, day)) for day in logs]
    changes = [logs[day] - logs[earlier] for day, earlier in pairs if earlier is not None]
    trend = _TREND_KEPT * float(np.mean(changes)) if changes else 0.0
    return float(np.exp(logs[before] + trend))


def same_season(days: Iterable[date], cutoff: date) -> date | None:
    """The cut-off about a year before another: the first of the same month, or one within half a month.

    Args:
        days: Cut-offs to look among.
        cutoff: The other.
    """
    wanted = cutoff - timedelta(days=365)
    return next((day for day in sorted(days) if abs((day - wanted).days) <= _HALF_A_MONTH), None)


def learn(name: Candidate, training: Windows, rng: np.random.Generator) -> Score:
    """Learn a candidate on past windows; of many rows a part drawn by chance.

    Args:
        name: recency: logistic regression on the days of silence; palive: on the purchase model's word; pace: with a
            ridge, on the pace of purchases beside the purchase model's word; logistic: the same on everything known;
            boosted: shallow trees that correct that one.
        training: Past windows with what followed.
        rng: Source of randomness of the draw and of the trees.
    """
    if len(training.rows) > _LEARNED_ON:
        kept = np.sort(rng.permutation(len(training.rows))[:_LEARNED_ON])
        training = Windows(rows=training.rows.iloc[kept], chance=training.chance[kept])
    if name in ("recency", "palive"):
        return _baseline(name, training)
    made = design(training.rows, training.chance, only=PACE if name == "pace" else None)
    weights = _ridge(made.matrix(training.rows, training.chance), training.silent, training.chance)
    if name == "boosted":
        return _boosted(made, weights, training, rng)
    return Score(name=name, predict=lambda windows: _expit(_linear(made, weights, windows)))


def recalibration(silent: np.ndarray, chance: np.ndarray) -> tuple[float, float]:
    """Level and slope, on the scale of the logit, that fit an outcome best.

    Args:
        silent: What followed, as 0 and 1.
        chance: Chances of it, from a score that has not seen it.
    """
    matrix = np.column_stack([np.ones(chance.size), logit(chance)])
    level, slope = _ridge(matrix, silent, np.zeros(chance.size), ridge=0.0)
    return float(level), float(slope)


def recalibrated(chance: np.ndarray, level: float, slope: float, *, keep_mean: bool = False) -> np.ndarray:
    """Chances with another level and slope.

    Args:
        chance: Chances.
        level: Added to the logit.
        slope: Times the logit; one that would turn the order round is not taken.
        keep_mean: Take the slope and leave the mean chance as it is, since the level is that of another season.
    """
    if slope <= 0:
        return chance
    scaled = slope * logit(chance)
    if not keep_mean:
        return _expit(level + scaled)
    low, high, mean = -_FARTHEST_LEVEL, _FARTHEST_LEVEL, chance.mean()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _expit(middle + scaled).mean() > mean else (middle, high)
    return _expit((low + high) / 2 + scaled)


def _baseline(name: Candidate, training: Windows) -> Score:
    """A logistic regression on one number."""

    def matrix(windows: Windows) -> np.ndarray:
        days = windows.rows["silence"].to_numpy(dtype=float)
        return np.column_stack([np.ones(days.size), np.log1p(days) if name == "recency" else windows.chance])

    weights = _ridge(matrix(training), training.silent, np.zeros(len(training.rows)), ridge=0.0)
    return Score(name=name, predict=lambda windows: _expit(matrix(windows) @ weights))


def _boosted(made: Design, weights: np.ndarray, training: Windows, rng: np.random.Generator) -> Score:
    """A Newton step from the logistic regression, taken by trees: they learn what it leaves over."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    start = _linear(made, weights, training)
    mean = np.clip(_expit(start), 1e-3, 1 - 1e-3)
    weight = mean * (1 - mean)
    trees = HistGradientBoostingRegressor(
        max_iter=TREES,
        learning_rate=RATE,
        max_leaf_nodes=12,
        min_samples_leaf=max(40, len(training.rows) // 400),
        l2_regularization=5.0,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    with threadpool_limits(limits=1):
        trees.fit(made.binned(training.rows, training.chance), (training.silent - mean) / weight, sample_weight=weight)

    def predict(windows: Windows) -> np.ndarray:
        # More than one thread would wait for each other at every tree where the machine is busy.
        with threadpool_limits(limits=1):
            correction = trees.predict(made.binned(windows.rows, windows.chance))
        return _expit(_linear(made, weights, windows) + correction)

    return Score(name="boosted", predict=predict)


def _linear(made: Design, weights: np.ndarray, windows: Windows) -> np.ndarray:
    return windows.chance + made.linear(windows.rows, windows.chance, weights)


def _ridge(matrix: np.ndarray, silent: np.ndarray, offset: np.ndarray, *, ridge: float = RIDGE) -> np.ndarray:
    """Logistic regression beside an offset, all but the first column held towards 0, by Newton's method."""
    penalty = np.full(matrix.shape[1], ridge)
    penalty[0] = 1e-9
    weights = np.zeros(matrix.shape[1])
    loss = np.inf
    for _ in range(_STEPS):
        mean = _expit(offset + matrix @ weights)
        curvature = np.maximum(mean * (1 - mean), 1e-6)
        hessian = matrix.T @ (matrix * curvature[:, None]) + np.diag(penalty)
        step = np.linalg.solve(hessian, matrix.T @ (silent - mean) - penalty * weights)
        weights = weights + step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
        before, loss = loss, float(np.abs(step).max())
        if loss < 1e-4 or loss > 4 * before:
            break
    return weights


def _silence(model: BetaGeometric, rows: pd.DataFrame, days: Any) -> np.ndarray:
    x, recency, age = (rows[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    return model.chance_of_no_purchase(x, recency, age, days)


def _expit(value: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))

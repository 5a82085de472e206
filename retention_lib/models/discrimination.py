"""How well a chance sorts and how far it may be taken at its word: areas under the ROC curve, calibration, lift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from retention_lib.estimates import Estimate
from retention_lib.models.intervals import normal_quantile, wilson

LEVEL = 0.95
TOP_SHARE = 0.1
_FARTHEST = 1e-6
_STEPS = 25


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Chances beside what happened.

    Attributes:
        table: One row a bin of equal count, by rising chance: bin (from 1), predicted (mean chance), actual, low, high
            (share in which it happened; Wilson), n.
        error: Expected calibration error: the mean absolute gap of predicted and actual over the bins, by count.
        slope: Slope of the logistic regression of what happened on the logit of the chance; 1 is right.
    """

    table: pd.DataFrame
    error: Estimate
    slope: Estimate

    def to_frame(self) -> pd.DataFrame:
        """The bins."""
        return self.table


def auc(outcome: ArrayLike, score: ArrayLike) -> Estimate:
    """Area under the ROC curve with DeLong's interval.

    It is the share of pairs, one with the outcome and one without, in which the one with it has the higher score; ties
    count half.

    Args:
        outcome: Whether it happened, one a customer; both must occur.
        score: Higher where it is thought likelier.

    Returns:
        The area in [0, 1]; the interval is symmetric in its logit, so that it stays inside.

    References:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44; Sun and Xu (2014) for the ranks.
    """
    happened = np.asarray(outcome, dtype=bool)
    value, positive, negative = _placements(happened, np.asarray(score, dtype=float))
    sd = float(np.sqrt(_variance(positive) + _variance(negative)))
    held = min(max(value, _FARTHEST), 1 - _FARTHEST)
    half = normal_quantile(LEVEL) * sd / (held * (1 - held))
    low, high = (1 / (1 + np.exp(-(np.log(held / (1 - held)) + side))) for side in (-half, half))
    return Estimate(value, low=min(value, float(low)), high=max(value, float(high)), level=LEVEL, n=happened.size)


def auc_difference(outcome: ArrayLike, score: ArrayLike, other: ArrayLike) -> Estimate:
    """How much larger the area under one score is than under another, on the same customers.

    Args:
        outcome: Whether it happened, one a customer.
        score: The one score.
        other: The other.

    Returns:
        The first area minus the second with DeLong's paired interval and two-sided p-value.

    References:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44.
    """
    happened = np.asarray(outcome, dtype=bool)
    first, positive, negative = _placements(happened, np.asarray(score, dtype=float))
    second, other_positive, other_negative = _placements(happened, np.asarray(other, dtype=float))
    sd = float(np.sqrt(_variance(positive - other_positive) + _variance(negative - other_negative)))
    gap, half = first - second, normal_quantile(LEVEL) * sd
    p = 2 * NormalDist().cdf(-abs(gap) / sd) if sd > 0 else float(gap == 0)
    return Estimate(gap, low=gap - half, high=gap + half, level=LEVEL, n=happened.size, p=p)


def calibration(
    outcome: ArrayLike, chance: ArrayLike, *, rng: np.random.Generator, bins: int = 10, draws: int = 200
) -> Calibration:
    """Chances beside what happened, in bins of equal count.

    Args:
        outcome: Whether it happened, one a customer; both must occur.
        chance: The chance given to it, in [0, 1].
        rng: Source of randomness for the bootstrap of the error.
        bins: Bins of equal count.
        draws: Bootstrap draws over customers.

    Returns:
        The bins, the error and the slope. The absolute gaps of a resample are larger than those of the data by chance
        alone, so the interval of the error is that of the resamples, moved by their mean to the estimate.
    """
    order = np.argsort(np.asarray(chance, dtype=float), kind="stable")
    happened, said = np.asarray(outcome, dtype=float)[order], np.asarray(chance, dtype=float)[order]
    place = np.arange(happened.size) * bins // happened.size
    value = _gap(happened, said, place, bins)
    errors = _drawn(happened.size, lambda rows: _gap(happened[rows], said[rows], place[rows], bins), rng, draws)
    low, high = (float(end) for end in np.maximum(0.0, np.quantile(errors, _TAILS) - errors.mean() + value))
    error = Estimate(value, low=min(low, value), high=max(high, value), level=LEVEL, n=happened.size)
    return Calibration(table=_bins(happened, said, place), error=error, slope=_slope(happened, said))


def top_lift(outcome: ArrayLike, score: ArrayLike, *, rng: np.random.Generator, draws: int = 200) -> Estimate:
    """How much oftener it happens in the tenth with the highest score than in all.

    Args:
        outcome: Whether it happened, one a customer.
        score: Higher where it is thought likelier.
        rng: Source of randomness for the bootstrap.
        draws: Bootstrap draws over customers.
    """
    order = np.argsort(-np.asarray(score, dtype=float), kind="stable")
    happened = np.asarray(outcome, dtype=float)[order]
    top = np.arange(happened.size) < max(1, round(TOP_SHARE * happened.size))

    def lift(rows: np.ndarray) -> float:
        within = top[rows]
        return float(happened[rows][within].mean() / happened[rows].mean()) if within.any() else 1.0

    return _bootstrapped(lift, happened.size, rng, draws)


def average_precision(outcome: ArrayLike, score: ArrayLike, *, rng: np.random.Generator, draws: int = 200) -> Estimate:
    """Average precision, with a bootstrap interval over customers.

    Args:
        outcome: Whether it happened, one a customer.
        score: Higher where it is thought likelier.
        rng: Source of randomness for the bootstrap.
        draws: Bootstrap draws.
    """
    order = np.argsort(-np.asarray(score, dtype=float), kind="stable")
    happened = np.asarray(outcome, dtype=float)[order]
    ends = np.append(np.flatnonzero(np.diff(np.asarray(score, dtype=float)[order])), happened.size - 1)

    def precision(rows: np.ndarray) -> float:
        times = np.bincount(rows, minlength=happened.size)
        found, seen = np.cumsum(times * happened)[ends], np.cumsum(times)[ends]
        return float((np.diff(found, prepend=0.0) * found / np.maximum(seen, 1)).sum() / max(found[-1], 1.0))

    return _bootstrapped(precision, happened.size, rng, draws)


def log_losses(outcome: ArrayLike, chance: ArrayLike) -> np.ndarray:
    """The logarithmic loss of each customer's chance (natural log).

    Args:
        outcome: Whether it happened.
        chance: The chance given to it.
    """
    said = np.clip(np.asarray(chance, dtype=float), _FARTHEST, 1 - _FARTHEST)
    return np.asarray(-np.log(np.where(np.asarray(outcome, dtype=bool), said, 1 - said)))


_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def _placements(happened: np.ndarray, score: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The area, and for each customer the share of the other group on the right side of the score."""
    from scipy.stats import rankdata

    positive, negative = score[happened], score[~happened]
    if not positive.size or not negative.size:
        raise ValueError("an area under the ROC curve needs customers of both kinds")
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[: positive.size] - rankdata(positive)) / negative.size
    below = 1 - (ranks[positive.size :] - rankdata(negative)) / positive.size
    return float(above.mean()), above, below


def _variance(placements: np.ndarray) -> float:
    """Variance of the mean placement."""
    return float(placements.var(ddof=1) / placements.size) if placements.size > 1 else 0.0


def _bins(happened: np.ndarray, said: np.ndarray, place: np.ndarray) -> pd.DataFrame:
    rows = []
    for at in np.unique(place):
        share = wilson(float(happened[place == at].sum()), float((place == at).sum()))
        rows.append((int(at) + 1, said[place == at].mean(), share.value, share.low, share.high, int(share.n or 0)))
    return pd.DataFrame(rows, columns=["bin", "predicted", "actual", "low", "high", "n"])


def _gap(happened: np.ndarray, said: np.ndarray, place: np.ndarray, bins: int) -> float:
    gaps = np.bincount(place, weights=said - happened, minlength=bins)
    return float(np.abs(gaps).sum() / happened.size)


def _slope(happened: np.ndarray, said: np.ndarray) -> Estimate:
    """The slope with its interval from the information matrix."""
    held = np.clip(said, _FARTHEST, 1 - _FARTHEST)
    design = np.column_stack([np.ones(held.size), np.log(held / (1 - held))])
    if np.ptp(design[:, 1]) == 0:
        return Estimate(0.0, low=0.0, high=0.0, level=LEVEL, n=held.size)
    at = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        mean = 1 / (1 + np.exp(-design @ at))
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        step = np.linalg.solve(information, design.T @ (happened - mean))
        at = at + np.clip(step, -2, 2)
    half = normal_quantile(LEVEL) * float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return Estimate(float(at[1]), low=float(at[1]) - half, high=float(at[1]) + half, level=LEVEL, n=held.size)


def _drawn(size: int, statistic: Callable[[np.ndarray], float], rng: np.random.Generator, draws: int) -> np.ndarray:
    """A statistic of resampled rows."""
    return np.array([statistic(rng.integers(0, size, size)) for _ in range(draws)])


def _bootstrapped(
    statistic: Callable[[np.ndarray], float], size: int, rng: np.random.Generator, draws: int
) -> Estimate:
    value = statistic(np.arange(size))
    low, high = np.quantile(_drawn(size, statistic, rng, draws), _TAILS)
    return Estimate(value, low=min(float(low), value), high=max(float(high), value), level=LEVEL, n=size)

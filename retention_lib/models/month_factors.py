"""What months ahead will do to all customers alike: the level of today, its drift, the season, and shocks.

The logarithm of a month's factor is taken as

    level + slow drift + effect of the month of the year + shock of that month + chance of counting,

all normal. How large drift, effects and shocks are is not chosen but averaged over: each combination counts by how
likely it makes the months seen, times a prior that holds large ones for unlikely.

References:
    Durbin and Koopman (2012), Time series analysis by state space methods, chapter 2 (the local level model).
    Hoeting, Madigan, Raftery and Volinsky (1999), Bayesian model averaging, Statistical Science 14.
    Rasmussen and Williams (2006), Gaussian processes for machine learning, section 2.7 (a level without a prior).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

_SHOCK_SDS = (0.0, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35)
_DRIFT_SDS = (0.0, 0.01, 0.02, 0.035, 0.055)
_SEASON_SDS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.22, 0.3)
_PRIOR_SHOCK, _PRIOR_DRIFT = 0.08, 0.02

UNKNOWN_SEASON, KNOWN_SEASON = 0.15, 0.03
"""How large effects of months of the year may well be, log scale: where nothing is known of the season, and where the
factors are already told without it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MonthsAhead:
    """Draws of the factors of months ahead.

    Attributes:
        draws: Factors, draw x month.
        shock_sd: Mean standard deviation of a month's shock, log scale.
        drift_sd: Mean standard deviation of the drift of a month.
        season_sd: Mean standard deviation of the effects of the months of the year.
    """

    draws: np.ndarray
    shock_sd: float
    drift_sd: float
    season_sd: float


@dataclass(frozen=True, kw_only=True, eq=False)
class MonthsSeen:
    """What past months did to all customers alike; arrays over at least two months.

    Attributes:
        month: Running number, whose remainder by 12 is the month of the year; ascending.
        log_factors: Logarithm of the factor.
        counting: Its variance by the chance of counting.
    """

    month: np.ndarray
    log_factors: np.ndarray
    counting: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sizes:
    """One combination of standard deviations, with what it tells of the months ahead."""

    sds: tuple[float, float, float]
    likelihood: float
    mean: np.ndarray
    covariance: np.ndarray


def months_ahead(
    seen: MonthsSeen, ahead: np.ndarray, *, rng: np.random.Generator, count: int, season: float = UNKNOWN_SEASON
) -> MonthsAhead:
    """Draws of what months ahead do, given what months before did.

    Args:
        seen: The months before.
        ahead: Running numbers of the months ahead.
        rng: For the draws.
        count: Draws.
        season: How large effects of months of the year may well be (standard deviation, log scale).
    """
    every = np.concatenate([seen.month, ahead])
    parts = (
        np.eye(len(every)),
        (np.minimum.outer(every, every) - every.min()).astype(float),
        (every[:, None] % 12 == every[None, :] % 12).astype(float),
    )
    priors = (_PRIOR_SHOCK, _PRIOR_DRIFT, season)
    sizes = [_told(sds, parts, seen, priors) for sds in product(_SHOCK_SDS, _DRIFT_SDS, _SEASON_SDS)]
    likelihood = np.array([each.likelihood for each in sizes])
    chance = np.exp(likelihood - likelihood.max())
    chance /= chance.sum()
    which = rng.choice(len(sizes), count, p=chance)
    noise = rng.standard_normal((count, len(ahead)))
    draws = np.empty((count, len(ahead)))
    for place in np.unique(which):
        rows = which == place
        draws[rows] = sizes[place].mean + noise[rows] @ _root(sizes[place].covariance).T
    shock, drift, season = (float(chance @ np.array([each.sds[k] for each in sizes])) for k in range(3))
    return MonthsAhead(draws=np.exp(draws), shock_sd=shock, drift_sd=drift, season_sd=season)


def _told(
    sds: tuple[float, float, float], parts: tuple[np.ndarray, ...], seen: MonthsSeen, priors: tuple[float, float, float]
) -> _Sizes:
    """What standard deviations of shock, drift and season tell: their likelihood, and the months ahead."""
    n = len(seen.month)
    every = np.sum([sd**2 * part for sd, part in zip(sds, parts, strict=True)], axis=0)
    precision = np.linalg.inv(every[:n, :n] + np.diag(seen.counting))
    ones = np.ones(n)
    weight = float(ones @ precision @ ones)
    level = float(ones @ precision @ seen.log_factors) / weight
    rest = seen.log_factors - level
    gain = every[n:, :n] @ precision
    short = 1.0 - gain @ ones
    prior = sum((sd / wide) ** 2 for sd, wide in zip(sds, priors, strict=True))
    fit = np.linalg.slogdet(precision)[1] - np.log(weight) - rest @ precision @ rest
    return _Sizes(
        sds=sds,
        likelihood=float(fit - prior) / 2,
        mean=level + gain @ rest,
        covariance=every[n:, n:] - gain @ every[:n, n:] + np.outer(short, short) / weight,
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose square is the covariance, which may be singular."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))

"""Bounds that hold at every look at a test: how far from zero an effect must be, however often one looks.

References:
    Robbins (1970), Statistical methods related to the law of the iterated logarithm, Annals of Mathematical
    Statistics 41 (the normal mixture); Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central
    limit theory and asymptotic confidence sequences, Annals of Statistics 52 (arXiv 2103.06476v7: equations 9 for the
    bounds, 155 for the p-value and 161 for the tuning, as GrowthBook has them); Armitage, McPherson and Rowe (1969),
    Repeated significance tests on accumulating data, JRSS A 132 (the recursion for the chance to cross).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNPLANNED = 5_000
"""Units at which the bounds are tuned where no number was planned; GrowthBook's default."""

_LOOKS = 250
_CELLS = 601


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Bounds by a normal mixture: the effect is outside them at any look at all with probability `alpha` at most.

    Attributes:
        rho_squared: Its tuning, per unit; the bounds are tightest near the number of units it was tuned at.
        alpha: The probability at which it crosses, in endless looks.
        planned: Units after which nothing is looked at any more; None where looks have no end.
    """

    rho_squared: float
    alpha: float
    planned: float | None = None

    def errors(self, units: float) -> float:
        """How many standard errors the effect is from its bounds.

        Args:
            units: Units of both arms so far (count, above 0).
        """
        x = units * self.rho_squared
        return math.sqrt(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / self.alpha))

    def p(self, effect: float, error: float, units: float) -> float:
        """The p-value that holds at every look, in endless looks.

        Args:
            effect: The effect.
            error: Its standard error, above 0.
            units: Units of both arms so far (count, above 0).
        """
        x = units * self.rho_squared
        evidence = x / (x + 1) * (effect / error) ** 2 / 2 - math.log(x + 1) / 2
        return min(1.0, math.exp(-evidence))


def endless(*, alpha: float, tuned_at: float = UNPLANNED) -> Mixture:
    """Bounds that hold at every look, without end: GrowthBook's.

    Args:
        alpha: The error allowed, over all looks together.
        tuned_at: Units at which the bounds are tightest.
    """
    return Mixture(rho_squared=_scale(alpha) / tuned_at, alpha=alpha)


def until_planned(planned: float, *, alpha: float) -> Mixture:
    """Bounds that hold at every look until the planned number of units is in.

    They have the shape of the endless ones and spend on these looks what those would keep for all that follow, so
    they are closer: at the end 2.7 standard errors instead of 3.0 (error .05).

    Args:
        planned: Units of both arms at the planned end (count).
        alpha: The error allowed, over all looks together.
    """
    return Mixture(rho_squared=_scale(alpha) / planned, alpha=_spent_until_the_end(alpha), planned=planned)


def crossing_probability(bounds: Floats) -> float:
    """The chance that an effect of nothing crosses its bounds at any of so many looks after equal parts of the data.

    Args:
        bounds: Bound at each look, in standard errors on either side.
    """
    looks = len(bounds)
    edges = np.asarray(bounds) * np.sqrt(np.arange(1, looks + 1) / looks)
    places = np.linspace(-edges.max(), edges.max(), _CELLS)
    step, sd = places[1] - places[0], 1 / math.sqrt(looks)
    kernel = _normal((places[:, None] - places[None, :]) / sd) / sd * step
    density = _normal(places / sd) / sd * _inside(places, edges[0], step)
    for edge in edges[1:]:
        density = (kernel @ density) * _inside(places, edge, step)
    return float(1 - density.sum() * step)


@lru_cache(maxsize=32)
def _spent_until_the_end(alpha: float) -> float:
    """The error of endless looks at which those until the planned end, with daily looks and more, err by `alpha`."""
    from scipy.optimize import brentq

    times = np.arange(1, _LOOKS + 1) / _LOOKS

    def excess(endless_alpha: float) -> float:
        mixture = Mixture(rho_squared=_scale(alpha), alpha=endless_alpha)
        return crossing_probability(np.array([mixture.errors(time) for time in times])) - alpha

    return float(brentq(excess, alpha, 0.9, xtol=1e-5))


def _scale(alpha: float) -> float:
    """Tuning times units: the bounds are tightest, in the limit, where their square root is tuned to the units."""
    return -2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))


def _normal(x: Floats) -> Floats:
    return np.asarray(np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))


def _inside(places: Floats, edge: float, step: float) -> Floats:
    """The part of each cell that is inside the bounds."""
    return np.clip((edge - np.abs(places)) / step + 0.5, 0.0, 1.0)

"""Estimates that are functions of totals over units, with their joint uncertainty from one matrix of products.

A total is a count of units or a sum of what they did. Whatever is a smooth function of totals has the influence
`gradient . z` for a unit that adds `z` to them, so that the covariance of any number of estimates is `J G J'`, with the
gradients J and the sum G over clusters of `z z'`. Influences of units are never written down: one small matrix carries
them all.

References:
    Tsiatis (2006), Semiparametric theory and missing data, chapter 3 (influence functions and their variance);
    Liang and Zeger (1986), Biometrika 73 (sums over clusters).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile

Floats = NDArray[np.float64]

_ROWS_AT_ONCE = 128
_DRAWS, _DRAWS_AT_ONCE = 20_000, 2_000
_ROUNDING = 1e-13


@dataclass(frozen=True, kw_only=True, eq=False)
class Linearised:
    """Estimates with the gradients that carry their uncertainty.

    Attributes:
        values: The estimates.
        gradients: How each depends on every total: estimates x totals, sparse (scipy, CSR).
        products: Sums over clusters of products of what they add to totals: totals x totals, sparse (scipy, CSR).
    """

    values: Floats
    gradients: Any
    products: Any

    def covariance(self) -> Floats:
        """Covariance of the estimates, clusters being independent; 0 with those that do not vary."""
        varies = self.standard_errors() > 0
        rows = [(half @ self.gradients.T).toarray() for _, half in self._halves()]
        return np.vstack(rows) * np.outer(varies, varies) if rows else np.zeros((0, 0))

    def standard_errors(self) -> Floats:
        """Standard error of each estimate; exactly 0 where units of one kind do not differ."""
        squares, sizes = [np.zeros(0)], [np.zeros(0)]
        for part, half in self._halves():
            terms = half.multiply(part)
            squares.append(np.asarray(terms.sum(axis=1)).ravel())
            sizes.append(np.asarray(abs(terms).sum(axis=1)).ravel())
        variances = np.concatenate(squares)
        # What is left when all terms cancel is their rounding.
        return np.sqrt(np.where(variances > _ROUNDING * np.concatenate(sizes), variances, 0.0))

    def _halves(self) -> Iterator[tuple[Any, Any]]:
        """Gradients, and their products with those of totals, some rows at once."""
        for start in range(0, len(self.values), _ROWS_AT_ONCE):
            part = self.gradients[start : start + _ROWS_AT_ONCE]
            yield part, part @ self.products

    def combined(self, weights: Floats) -> Linearised:
        """Sums of the estimates with known weights.

        Args:
            weights: Sums x estimates.
        """
        return Linearised(values=weights @ self.values, gradients=_mixed(weights, self), products=self.products)


def weighted_means(estimates: Linearised, sizes: Linearised, picks: Floats) -> Linearised:
    """Means of picked estimates, each weighted by its size, where sizes are as uncertain as the estimates.

    Args:
        estimates: What is averaged.
        sizes: The weight of each, such as the units it stands for.
        picks: Means x estimates: how often each counts, mostly 0 or 1; every mean picks one at least.

    References:
        Callaway and Sant'Anna (2021), section 3.3 and corollary 2.
    """
    counted = picks * sizes.values
    total = counted.sum(axis=1, keepdims=True)
    weights = counted / total
    values = weights @ estimates.values
    shifts = picks * (estimates.values[None, :] - values[:, None]) / total
    gradients = _mixed(weights, estimates) + _mixed(shifts, sizes)
    return Linearised(values=values, gradients=gradients, products=estimates.products)


def ratios(numerators: Linearised, denominators: Linearised) -> Linearised:
    """Estimates over estimates, one by one, by the delta method.

    Args:
        numerators: Estimates.
        denominators: As many, none of them 0.
    """
    values = numerators.values / denominators.values
    gradients = _mixed(np.diag(1 / denominators.values), numerators)
    gradients = gradients - _mixed(np.diag(values / denominators.values), denominators)
    return Linearised(values=values, gradients=gradients, products=numerators.products)


def estimate_of(told: Linearised, *, level: float, n: float) -> Estimate | NotEnough:
    """The first of the estimates with its interval and the p-value of no effect, by the normal approximation.

    Args:
        told: The estimates.
        level: Confidence level.
        n: Units it stands for (count).

    Returns:
        The estimate; NotEnough("sales_variation") where units of one kind do not differ, as a width of nothing would
        claim certainty.
    """
    value, error = float(told.values[0]), float(told.standard_errors()[0])
    if error == 0:
        return NotEnough("sales_variation", 0, 1)
    reach = normal_quantile(level) * error
    p = math.erfc(abs(value) / error / math.sqrt(2))
    return Estimate(value, low=value - reach, high=value + reach, level=level, n=n, p=p)


def simultaneous_reach(covariance: Floats, *, level: float, rng: np.random.Generator) -> float:
    """How many standard errors to either side hold all estimates at once: the quantile of max |t|.

    Args:
        covariance: Of the estimates; those without a variance are left aside.
        level: Share of data sets in which all of them shall lie within.
        rng: Source of randomness.

    References:
        Callaway and Sant'Anna (2021), section 4.1, algorithm 1: the multiplier bootstrap draws this very distribution;
        Montiel Olea and Plagborg-Moller (2019), Simultaneous confidence bands, Journal of Applied Econometrics 34.
    """
    errors = np.sqrt(np.diag(covariance))
    kept = errors > 0
    single = normal_quantile(level)
    if kept.sum() < 2:
        return single
    correlation = covariance[np.ix_(kept, kept)] / np.outer(errors[kept], errors[kept])
    lengths, axes = np.linalg.eigh(correlation)
    root = axes * np.sqrt(np.clip(lengths, 0, None))
    largest = [
        np.abs(rng.standard_normal((_DRAWS_AT_ONCE, len(root))) @ root.T).max(axis=1)
        for _ in range(_DRAWS // _DRAWS_AT_ONCE)
    ]
    all_independent = NormalDist().inv_cdf(0.5 + level ** (1 / len(root)) / 2)
    # Sidak (1967): never wider than for independent estimates, never narrower than for a single one
    return float(np.clip(np.quantile(np.concatenate(largest), level), single, all_independent))


def _mixed(weights: Floats, told: Linearised) -> Any:
    """Gradients of weighted sums."""
    from scipy.sparse import csr_array

    return csr_array(weights) @ told.gradients

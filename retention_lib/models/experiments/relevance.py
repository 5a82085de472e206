"""A regression that finds out which of many columns matter: each has a prior of its own, learned from the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 200
_SETTLED = 1e-3
_LEAST = 1e-12


def relevance_regression(design: Floats, target: Floats, variance: Floats) -> Floats:
    """Weights of a linear regression, those of columns that say nothing drawn to 0.

    The weight of the first column is free. Every other one is normal around 0 before the data are seen, with a variance
    of its own that makes the data most likely: where a column says nothing beyond chance, the variance shrinks to 0 and
    the weight with it, while a column that matters keeps nearly all of its weight.

    Args:
        design: Rows by columns.
        target: What is explained.
        variance: Of the noise of each row, > 0.

    Returns:
        One weight a column; 0 for a column that is 0 in all rows.

    References:
        MacKay (1992), Bayesian interpolation, Neural Computation 4; Tipping (2001), Sparse Bayesian learning and the
        relevance vector machine, Journal of Machine Learning Research 1, equation 13 (by expectation maximisation,
        appendix A).
    """
    sharp = 1 / np.sqrt(variance)
    rows = design * sharp[:, None]
    size = np.sqrt((rows**2).sum(axis=0))
    told = size > 0
    gram = (rows.T @ rows)[np.ix_(told, told)] / np.outer(size[told], size[told])
    pull = (rows.T @ (target * sharp))[told] / size[told]
    weights = np.zeros(design.shape[1])
    weights[told] = _settled(gram, pull, free=bool(told[0])) / size[told]
    return weights


def _settled(gram: Floats, pull: Floats, *, free: bool) -> Floats:
    """The weights of columns of length 1, noise of variance 1."""
    prior = pull**2 + 1
    weights = np.zeros(len(pull))
    for _ in range(STEPS):
        precision = 1 / np.maximum(prior, _LEAST)
        if free:
            precision[0] = 0.0
        spread = np.linalg.inv(gram + np.diag(precision))
        weights = spread @ pull
        before, prior = prior, weights**2 + np.diag(spread)
        if np.abs(np.log(prior / before)).max() < _SETTLED:
            break
    return weights

"""Weights that make one group look like another, and how well they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_RIDGE = 1e-4
_STEPS, _NEAR, _SHORTEST = 200, 1e-8, 1e-4


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Weights of the others that give their columns the means of the group.

    Attributes:
        weights: Of the others, adding up to 1.
        before: Standardised difference of each column's means, group less others, before weighting (standard
            deviations of the group's and the others' pooled, unweighted).
        after: The same after weighting.
        effective: How many others of equal weight would be as precise (count).
        outside: Share of the group more unlike the others than the most unlike of these is, in [0, 1].
    """

    weights: Floats
    before: Floats
    after: Floats
    effective: float
    outside: float


def balanced(columns: Floats, group: Bools) -> Balance:
    """Entropy balancing: the weights nearest to equal ones under which the others have the group's means.

    The logarithm of a weight is linear in the columns, as the odds of a logistic propensity to be in the group are; so
    an estimate with these weights is right if that propensity or a linear outcome is. A small ridge keeps it finite
    where no weights reach the means: the standardised differences then say so.

    Args:
        columns: Customers by columns, none following from the others.
        group: Who is in the group; the others get weights.

    References:
        Hainmueller (2012), Entropy balancing for causal effects, Political Analysis 20, equation 8;
        Zhao and Percival (2017), Entropy balancing is doubly robust, Journal of Causal Inference 5.
    """
    spread = np.sqrt((columns[group].var(axis=0) + columns[~group].var(axis=0)) / 2)
    scaled = (columns - columns[group].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    others = scaled[~group]
    slopes = _slopes(others)
    weights = _softmax(others @ slopes)
    index = scaled @ slopes
    return Balance(
        weights=weights,
        before=-others.mean(axis=0),
        after=-(weights @ others),
        effective=float(1 / (weights**2).sum()),
        outside=float((index[group] > index[~group].max()).mean()),
    )


def _softmax(index: Floats) -> Floats:
    odds = np.exp(index - index.max())
    return np.asarray(odds / odds.sum())


def _slopes(others: Floats) -> Floats:
    """The dual's minimum by Newton's method with halved steps; the group's means are 0 here."""
    slopes = np.zeros(others.shape[1])
    value = _dual(others, slopes)
    for _ in range(_STEPS):
        weights = _softmax(others @ slopes)
        mean = weights @ others
        gradient = mean + _RIDGE * slopes
        curve = (others * weights[:, None]).T @ others - np.outer(mean, mean) + _RIDGE * np.eye(len(slopes))
        step = np.linalg.solve(curve, gradient)
        if gradient @ step < _NEAR:
            break
        length = 1.0
        while (tried := _dual(others, slopes - length * step)) > value and length > _SHORTEST:
            length /= 2
        slopes, value = slopes - length * step, tried
    return slopes


def _dual(others: Floats, slopes: Floats) -> float:
    index = others @ slopes
    top = index.max()
    return float(np.log(np.exp(index - top).sum()) + top + _RIDGE * (slopes**2).sum() / 2)

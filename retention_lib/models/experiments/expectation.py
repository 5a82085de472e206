"""What a unit brings by itself, from what was known of it before, learned by trees."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TREES, RATE, LEAVES = 60, 0.1, 8
LEARNED_ON = 80_000
"""Units that the trees see at most."""

_BINS = 20
_LEAST_SHARE, _LEAST_LEVEL = 0.05, 0.05
_LEAST_VARIANCE, _LEAST_NOISE = 1e-3, 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What units bring, learned on some of them.

    Attributes:
        values: What is expected of each unit.
        mean: Their mean over the units learned on.
        least: The expectation below which effects shrink no further.
    """

    values: Floats = field(repr=False)
    mean: float
    least: float

    @property
    def level(self) -> Floats:
        """Expectations in multiples of their mean; 1 for all where units bring nothing on the whole."""
        if self.mean <= 0:
            return np.ones(len(self.values))
        return np.asarray(np.maximum(self.values, self.least) / self.mean)


def expectation(numbers: Floats, outcome: Floats, learned: Bools, *, rng: np.random.Generator) -> Expectation:
    """What units bring, whatever they were offered.

    Args:
        numbers: Units by features, without NaN.
        outcome: What they brought.
        learned: The units to learn from; the others are only told.
        rng: Draws the units that trees see where there are many.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    seen = np.flatnonzero(learned)
    seen = seen if len(seen) <= LEARNED_ON else rng.choice(seen, LEARNED_ON, replace=False)
    trees = HistGradientBoostingRegressor(
        max_iter=TREES,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=max(40, len(seen) // 300),
        l2_regularization=50.0,
        max_bins=64,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    # More than one thread would wait for each other at every tree where the machine is busy.
    with threadpool_limits(limits=1):
        trees.fit(numbers[seen], outcome[seen])
        values = np.asarray(trees.predict(numbers), dtype=float)
    mean = float(values[learned].mean())
    least = max(float(np.quantile(values[learned], _LEAST_SHARE)), _LEAST_LEVEL * mean)
    return Expectation(values=values, mean=mean, least=least)


def noise(expected: Floats, off: Floats) -> Floats:
    """By how much units with such an expectation are off (square of money), > 0.

    Args:
        expected: Of each unit.
        off: What each is off by.
    """
    parts = np.array_split(np.argsort(expected, kind="stable"), _BINS)
    squares = off**2
    floor = max(_LEAST_VARIANCE * float(squares.mean()), _LEAST_NOISE)
    middles = [expected[part].mean() for part in parts]
    return np.asarray(np.interp(expected, middles, np.maximum([squares[part].mean() for part in parts], floor)))

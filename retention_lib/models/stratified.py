"""A difference of shares among people alike: Mantel and Haenszel's, over classes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from retention_lib.models.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile


@dataclass(frozen=True, kw_only=True)
class AlikeDifference:
    """Two groups compared within classes.

    Attributes:
        share: Share with the outcome in the first group, over classes weighted by n1 n0 / n, in [0, 1].
        other_share: The same in the other group; with the same weights, so that the two differ by `difference`.
        difference: First minus other, in [-1, 1], with its interval; `p` of the test of Cochran, Mantel and Haenszel,
            None where nothing can differ; n = people in classes that hold both groups.
    """

    share: float
    other_share: float
    difference: Estimate


def alike_difference(
    cases: np.ndarray, base: np.ndarray, other_cases: np.ndarray, other_base: np.ndarray, *, level: float = 0.95
) -> AlikeDifference | NotEnough:
    """The Mantel-Haenszel difference of two shares over classes.

    Args:
        cases: People of the first group with the outcome, one value a class (count).
        base: People of the first group.
        other_cases: People of the other group with the outcome.
        other_base: People of the other group.
        level: Confidence level.

    Returns:
        The difference; NotEnough("customers_alike") when no class holds people of both groups.

    Raises:
        ValueError: A class has more cases than people.

    References:
        Mantel and Haenszel (1959); the weights for differences: Cochran (1954), Biometrics 10; the interval: Sato
        (1989), Biometrics 45, consistent both for many small classes and for few large ones.
    """
    a, n1, b, n0 = (np.asarray(column, dtype=float) for column in (cases, base, other_cases, other_base))
    if ((a < 0) | (b < 0) | (a > n1) | (b > n0)).any():
        msg = "a class needs 0 <= cases <= people in both groups"
        raise ValueError(msg)
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return NotEnough("customers_alike", 0, 1)
    a, n1, b, n0 = a[both], n1[both], b[both], n0[both]
    weight = n1 * n0 / (n1 + n0)
    share, other = float((weight * a / n1).sum() / weight.sum()), float((weight * b / n0).sum() / weight.sum())
    value = share - other
    half = normal_quantile(level) * math.sqrt(_sato_variance(a, n1, b, n0))
    estimate = Estimate(
        value,
        low=max(-1.0, value - half),
        high=min(1.0, value + half),
        level=level,
        n=float(n1.sum() + n0.sum()),
        p=_test(a, n1, b, n0),
    )
    return AlikeDifference(share=share, other_share=other, difference=estimate)


def _sato_variance(a: np.ndarray, n1: np.ndarray, b: np.ndarray, n0: np.ndarray) -> float:
    """Sato's variance of the difference; 0 at the least, where rounding leaves less."""
    n = n1 + n0
    weight = n1 * n0 / n
    value = float((weight * (a / n1 - b / n0)).sum() / weight.sum())
    p = (n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2
    q = (a * (n0 - b) + b * (n1 - a)) / (2 * n)
    return max(0.0, (value * p.sum() + q.sum()) / weight.sum() ** 2)


def _test(a: np.ndarray, n1: np.ndarray, b: np.ndarray, n0: np.ndarray) -> float | None:
    """Two-sided p-value of Cochran, Mantel and Haenszel's test, without correction for continuity.

    None when no class has people both with the outcome and without.
    """
    from scipy.special import chdtrc

    n, m = n1 + n0, a + b
    variance = np.where(n > 1, n1 * n0 * m * (n - m) / (n**2 * np.maximum(n - 1, 1)), 0.0).sum()
    if variance == 0:
        return None
    return float(chdtrc(1, (a - n1 * m / n).sum() ** 2 / variance))

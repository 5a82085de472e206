"""A difference of shares among people alike: Mantel and Haenszel's, over classes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile, share_difference


@dataclass(frozen=True, kw_only=True)
class AlikeDifference:
    """Two groups compared within classes.

    Attributes:
        share: Share with the outcome in the first group, over classes weighted by n1 n0 / n, in [0, 1].
        other_share: The same in the other group; with the same weights, so that the two differ by `difference`.
        difference: First minus other, in [-1, 1], with its interval; `p` of the test of Cochran, Mantel and Haenszel,
            None where nothing can differ; n = people in classes that hold both groups.
        base: People of the first group in classes that hold both (count).
        other_base: People of the other group in them.
        excess: People of the first group with the outcome, in these classes, beyond those who would have it with the
            other group's share in each class (count, below 0 where fewer have it), with its interval; n = base.
    """

    share: float
    other_share: float
    difference: Estimate
    base: int
    other_base: int
    excess: Estimate


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
        (1989), Biometrics 45, consistent both for many small classes and for few large ones. Where every class is of
        one outcome, or each group is, its variance is 0; the interval then is Newcombe's of the pooled table.
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
    # Rounding must not push a share past 1.
    share, other = (min(1.0, float((weight * each).sum() / weight.sum())) for each in (a / n1, b / n0))
    value = share - other
    p, excess = _test(a, n1, b, n0), _excess(a, n1, b, n0, level)
    if p is None or abs(value) > 1 - 1e-9:
        low, high = _bounds_without_variance(a, n1, b, n0, level)
        excess = replace(excess, low=low * n1.sum(), high=high * n1.sum())
    else:
        half = normal_quantile(level) * math.sqrt(_sato_variance(a, n1, b, n0))
        low, high = max(-1.0, value - half), min(1.0, value + half)
    return AlikeDifference(
        share=share,
        other_share=other,
        difference=Estimate(value, low=low, high=high, level=level, n=float(n1.sum() + n0.sum()), p=p),
        base=int(n1.sum()),
        other_base=int(n0.sum()),
        excess=excess,
    )


def _excess(a: np.ndarray, n1: np.ndarray, b: np.ndarray, n0: np.ndarray, level: float) -> Estimate:
    """Cases beyond those expected from the other group's share of each class, with a normal interval."""
    variance = n1**2 * (_share_variance(a, n1) + _share_variance(b, n0))
    value, half = float((a - n1 * b / n0).sum()), normal_quantile(level) * math.sqrt(float(variance.sum()))
    return Estimate(value, low=value - half, high=value + half, level=level, n=float(n1.sum()))


def _share_variance(cases: np.ndarray, base: np.ndarray) -> np.ndarray:
    """The variance of each class's share without bias; a class of one person has that of the group's common share."""
    common = cases.sum() / base.sum()
    own = cases / base * (1 - cases / base) / np.maximum(base - 1, 1)
    return np.where(base > 1, own, common * (1 - common))


def _bounds_without_variance(
    a: np.ndarray, n1: np.ndarray, b: np.ndarray, n0: np.ndarray, level: float
) -> tuple[float, float]:
    """Newcombe's bounds of the pooled table, where nobody differs from the rest of the class or of the group.

    Where some classes are all of the one outcome and some of the other, nobody differs from the class: the table of
    those who do holds no case, and the wider of its bounds is taken on both sides.
    """
    first, other, people, others = (float(column.sum()) for column in (a, b, n1, n0))
    mixed = {first / people, other / others} - {0.0, 1.0}
    found = share_difference(0 if mixed else first, people, 0 if mixed else other, others, level=level)
    if isinstance(found, NotEnough) or found.low is None or found.high is None:
        msg = "a class needs people in both groups"
        raise ValueError(msg)
    wide = max(-found.low, found.high)
    return (-wide, wide) if mixed else (found.low, found.high)


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

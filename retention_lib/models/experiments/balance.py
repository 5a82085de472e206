"""Whether the arms of a test were alike before it, in everything known of their customers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.moments import Moments

BEFORE = "_before"
"""What names of columns end in that hold what a unit did before the test."""

_LEAST_SPREAD = 1e-8
_UNITS_PER_COLUMN = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The arms held beside one another before the test.

    Attributes:
        p: P-value of one test over all columns and arms; near 0 where chance did not draw the arms.
        columns: Columns compared (count); of columns that say the same one counts.
        widest: The column in which two arms differ most, in its own spread.
        gap: That difference as a share of the control's mean, signed; 0 where that mean is 0.
    """

    p: float
    columns: int
    widest: str
    gap: float


def balance(moments: Moments, columns: Sequence[str], *, control: str) -> Balance | NotEnough:
    """One test of all that is known of the arms' units before the test.

    The distance of the arms' means, in the spread of all units of the test, is what chance alone would make it where
    the arms were drawn by chance, whatever the shape of the columns: chi-squared with columns x (arms - 1) degrees of
    freedom.

    Args:
        moments: The moments of the arms.
        columns: Those to compare; what never varies is left out.
        control: The arm that gaps are told against.

    Returns:
        The comparison; NotEnough("columns_before") where nothing is known before, NotEnough("units_per_column") where
        the smallest arm has fewer than 20 units for each column.

    References:
        Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered comparative studies,
        Statistical Science 23, equation 11 (d squared over the randomisation's own covariance).
    """
    known = [name for name in columns if moments.known(name)]
    arms = moments.names
    units = np.array([moments.units(arm) for arm in arms], dtype=float)
    if not known:
        return NotEnough("columns_before", 0, 1)
    if units.min() < _UNITS_PER_COLUMN * len(known):
        return NotEnough("units_per_column", float(units.min()), _UNITS_PER_COLUMN * len(known))
    means = np.array([[moments.mean(arm, name) for name in known] for arm in arms])
    total = _total_covariance(moments, known, means)
    spread = np.sqrt(np.diag(total))
    varying = spread > 0
    if not varying.any():
        return NotEnough("columns_before", 0, 1)
    names = [name for name, varies in zip(known, varying, strict=True) if varies]
    scaled = (means[:, varying] - _weighed(means, units)[varying]) / spread[varying]
    correlations = total[np.ix_(varying, varying)] / np.outer(spread[varying], spread[varying])
    p, rank = _distance_p(scaled, correlations, units)
    widest, gap = _widest(moments, names, scaled, control)
    return Balance(p=p, columns=rank, widest=widest, gap=gap)


def columns_before(moments: Moments, known_before: Sequence[str] = ()) -> list[str]:
    """The columns of the moments that were known before the test.

    Args:
        moments: The moments of the arms.
        known_before: Those whose name does not end in `_before`.
    """
    return [name for name in moments.columns if name.endswith(BEFORE) or name in known_before]


def _weighed(means: Floats, units: Floats) -> Floats:
    """The mean over all arms."""
    return np.asarray(units @ means / units.sum(), dtype=float)


def _total_covariance(moments: Moments, names: Sequence[str], means: Floats) -> Floats:
    """The covariance over all units of the test, whatever their arm."""
    units = np.array([moments.units(arm) for arm in moments.names], dtype=float)
    apart = means - _weighed(means, units)
    sums = apart.T @ (apart * units[:, None])
    for at, first in enumerate(names):
        for place, second in enumerate(names[at:], start=at):
            spreads = [moments.spread(arm, first, second) for arm in moments.names]
            within = sum((spread.n - 1) * spread.covariance for spread in spreads)
            sums[at, place] += within
            if place != at:
                sums[place, at] += within
    return np.asarray(sums / (units.sum() - 1), dtype=float)


def _distance_p(scaled: Floats, correlations: Floats, units: Floats) -> tuple[float, int]:
    """The p-value of the arms' distance, and how many columns say something of their own."""
    from scipy.special import chdtrc

    values, vectors = np.linalg.eigh(correlations)
    kept = values > _LEAST_SPREAD * values.max()
    turned = scaled @ vectors[:, kept] / np.sqrt(values[kept])
    statistic = float(units @ (turned**2).sum(axis=1))
    rank = int(kept.sum())
    return float(chdtrc(rank * (len(units) - 1), statistic)), rank


def _widest(moments: Moments, names: Sequence[str], scaled: Floats, control: str) -> tuple[str, float]:
    """The column in which an arm is furthest from the control, and by what share."""
    at = moments.names.index(control)
    apart = scaled - scaled[at]
    arm, column = np.unravel_index(np.abs(apart).argmax(), apart.shape)
    name = names[int(column)]
    left_alone = moments.mean(control, name)
    if left_alone == 0:
        return name, 0.0
    return name, (moments.mean(moments.names[int(arm)], name) - left_alone) / abs(left_alone)

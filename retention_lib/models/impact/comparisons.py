"""What was observed held against what was expected, over sets of cells, with errors clustered by household."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.counterfactual import Counterfactual
from retention_lib.models.impact.panel import Bools, Floats, Panel
from retention_lib.models.intervals import normal_quantile

_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """Observed and expected sums of some sets of cells, and how they vary together.

    Attributes:
        observed: By set.
        expected: By set.
        ratio_covariance: Of the logarithms of observed over expected: sets x sets.
        difference_covariance: Of observed less expected.
        clusters: Clusters with a part in it (count).
    """

    observed: Floats
    expected: Floats
    ratio_covariance: Floats
    difference_covariance: Floats
    clusters: int

    def logs(self) -> Floats:
        """Logarithms of observed over expected, by set; NaN where one of them is not above 0."""
        told = (self.observed > 0) & (self.expected > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(told, np.log(self.observed / self.expected), np.nan)

    def ratio(self, at: int = 0, *, n: float | None = None, level: float = _LEVEL) -> Estimate | NotEnough:
        """Observed over expected, less 1; NotEnough("sums_positive") where one of them is not above 0."""
        if self.observed[at] <= 0 or self.expected[at] <= 0:
            return NotEnough("sums_positive", 0, 1)
        value, sd = math.log(self.observed[at] / self.expected[at]), math.sqrt(self.ratio_covariance[at, at])
        half = normal_quantile(level) * sd
        return Estimate(
            math.expm1(value),
            low=math.expm1(value - half),
            high=math.expm1(value + half),
            level=level,
            n=n,
            p=two_sided_p(value, sd),
        )

    def difference(self, at: int = 0, *, over: float = 1.0, n: float | None = None) -> Estimate:
        """Observed less expected, divided by something known."""
        value = float(self.observed[at] - self.expected[at])
        sd = math.sqrt(self.difference_covariance[at, at])
        half = normal_quantile(_LEVEL) * sd
        return Estimate(
            value / over,
            low=(value - half) / over,
            high=(value + half) / over,
            level=_LEVEL,
            n=n,
            p=two_sided_p(value, sd),
        )


def compared(panel: Panel, outcome: str, fit: Counterfactual, cells: Bools) -> Compared:
    """Hold sets of cells against what was expected, with errors clustered by household.

    Args:
        panel: The panel.
        outcome: The outcome of the fit.
        fit: What was expected.
        cells: Groups x steps x sets.
    """
    cells = cells & np.isfinite(fit.expected)[..., None]
    flat = cells.reshape(-1, cells.shape[2]).astype(float)
    observed = flat.T @ panel.sums(outcome).ravel()
    expected = flat.T @ np.nan_to_num(fit.expected).ravel()
    slopes = fit.influence(cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_ratio = np.nan_to_num(flat / observed - slopes / expected, posinf=0.0, neginf=0.0)
    both = panel.of_steps(outcome, np.hstack([by_ratio, flat - slopes]))
    clusters, place = np.unique(panel.cluster, return_inverse=True)
    sums = np.stack([np.bincount(place, weights=column, minlength=len(clusters)) for column in both.T], axis=1)
    told = int((np.abs(sums).sum(axis=1) > 0).sum())
    covariance = np.asarray(sums.T @ sums, dtype=float) * (told / max(told - 1, 1))
    size = flat.shape[1]
    return Compared(
        observed=observed,
        expected=expected,
        ratio_covariance=covariance[:size, :size],
        difference_covariance=covariance[size:, size:],
        clusters=told,
    )


def two_sided_p(value: float, sd: float) -> float:
    """The p-value of a value with a normal error.

    Args:
        value: The value.
        sd: Its standard error.
    """
    return math.erfc(abs(value) / sd / math.sqrt(2)) if sd > 0 else 1.0


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """An estimate in another unit.

    Args:
        estimate: The estimate.
        factor: What it is multiplied with; above 0.
    """
    low = None if estimate.low is None else estimate.low * factor
    high = None if estimate.high is None else estimate.high * factor
    return replace(estimate, value=estimate.value * factor, low=low, high=high)

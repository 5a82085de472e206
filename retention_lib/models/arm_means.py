"""Means of two arms drawn by chance, sharpened by what was known of the customers before."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retention_lib.models.ratios import Part, Ratio, fieller

CUSTOMERS_PER_COLUMN = 20
"""Customers an arm needs for each column of what was known before."""

_MOST_LEVERAGE, _LEAST_SPREAD = 0.99, 1e-6

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A weighted sum of means.

    Attributes:
        part: Its value and squared standard error.
        freedom: Degrees of freedom of its test (Welch and Satterthwaite).
    """

    part: Part
    freedom: float

    @property
    def value(self) -> float:
        """The weighted sum."""
        return self.part.value

    @property
    def error(self) -> float:
        """Its standard error."""
        return math.sqrt(self.part.variance)

    @property
    def p(self) -> float:
        """Two-sided p-value of the test against 0; 1 where nothing varies."""
        from scipy.special import stdtr

        return 1.0 if self.part.variance == 0 else 2 * float(stdtr(self.freedom, -abs(self.value) / self.error))

    def half(self, level: float) -> float:
        """Half the width of the interval at a level."""
        return self.quantile(level) * self.error

    def quantile(self, level: float) -> float:
        """The two-sided quantile of Student's distribution at a level."""
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, 0.5 + level / 2))


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmMeans:
    """Means of several outcomes in the arm left out (first) and the arm treated (second), with their covariance.

    Attributes:
        means: 2 by outcomes: what the mean of all customers would be in either arm.
        covariance: Of these, arms one after the other (2 outcomes by 2 outcomes).
        own: The part of either arm in it (2 by outcomes by outcomes).
        freedom: Clusters less estimated columns, in either arm.
        columns: How many columns were adjusted for (count).
    """

    means: Floats
    covariance: Floats
    own: Floats
    freedom: tuple[float, float]
    columns: int

    def contrast(self, left_out: Floats, treated: Floats) -> Contrast:
        """A weighted sum of the means.

        Args:
            left_out: Weight of each outcome's mean in the arm left out.
            treated: Weight of each outcome's mean in the arm treated.
        """
        weights = np.concatenate([left_out, treated])
        value = float(weights @ self.means.ravel())
        variance = max(float(weights @ self.covariance @ weights), 0.0)
        parts = [float(w @ own @ w) for w, own in zip((left_out, treated), self.own, strict=True)]
        spread = sum(part**2 / free for part, free in zip(parts, self.freedom, strict=True))
        freedom = sum(parts) ** 2 / spread if spread > 0 else sum(self.freedom)
        return Contrast(part=Part(value=value, variance=variance), freedom=freedom)

    def ratio(self, over: tuple[Floats, Floats], under: tuple[Floats, Floats], *, level: float) -> Ratio:
        """The ratio of two weighted sums with Fieller's interval.

        Args:
            over: Weights of the numerator, as in `contrast`.
            under: Weights of the denominator.
            level: Confidence level.
        """
        first, second = self.contrast(*over), self.contrast(*under)
        covariance = float(np.concatenate(over) @ self.covariance @ np.concatenate(under))
        quantile = first.quantile(level)
        return fieller(first.part, second.part, covariance=covariance, quantile=quantile)


def arm_means(outcomes: Floats, treated: Bools, clusters: Ints, *, known: Floats | None = None) -> ArmMeans:
    """The mean of each outcome in either arm over all customers, regression-adjusted.

    In each arm the outcomes are regressed on what was known before, and the regression is read at the mean of all
    customers: least squares with interactions, which chance alone makes right in large samples, whatever the true
    shape. The errors are those of the residuals (HC2), added up by cluster; they are about these customers, of whom
    only what they would have done in the other arm is unknown.

    Args:
        outcomes: Customers by outcomes.
        treated: Whether each customer is in the arm treated.
        clusters: Number of each customer's cluster, from 0.
        known: Customers by columns known before the arms were drawn, without a constant; the first columns count where
            an arm has fewer than 20 customers for each. None for plain means.

    References:
        Lin (2013), Agnostic notes on regression adjustments to experimental data, Annals of Applied Statistics 7;
        MacKinnon and White (1985), Journal of Econometrics 29 (HC2).
    """
    columns = _columns(treated, known)
    centre = columns.mean(axis=0)
    sums = np.zeros((2, int(clusters.max()) + 1, outcomes.shape[1]))
    means, freedom = np.empty((2, outcomes.shape[1])), []
    for arm, chosen in enumerate((~treated, treated)):
        means[arm], parts = _weighed(outcomes[chosen], columns[chosen], centre)
        members = clusters[chosen]
        for at in range(outcomes.shape[1]):
            sums[arm, :, at] = np.bincount(members, weights=parts[:, at], minlength=sums.shape[1])
        freedom.append(max(np.count_nonzero(np.bincount(members)) - columns.shape[1], 1.0))
    own = np.stack([part.T @ part for part in sums])
    across = sums[0].T @ sums[1]
    covariance = np.block([[own[0], across], [across.T, own[1]]])
    return ArmMeans(
        means=means,
        covariance=covariance,
        own=own,
        freedom=(freedom[0], freedom[1]),
        columns=columns.shape[1] - 1,
    )


def _columns(treated: Bools, known: Floats | None) -> Floats:
    """A constant, and those columns that either arm can carry and in which either arm differs."""
    constant = np.ones((len(treated), 1))
    if known is None:
        return constant
    smaller = min(int(treated.sum()), int((~treated).sum()))
    kept = known[:, : smaller // CUSTOMERS_PER_COLUMN]
    spread = kept.std(axis=0)
    scaled = (kept - kept.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    within = np.minimum(scaled[treated].std(axis=0), scaled[~treated].std(axis=0))
    return np.hstack([constant, scaled[:, within > _LEAST_SPREAD]])


def _weighed(outcomes: Floats, columns: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """The regression's value at the centre, and what each customer's residual adds to its error."""
    inverse = np.linalg.pinv(columns.T @ columns, rcond=1e-10, hermitian=True)
    fitted = inverse @ (columns.T @ outcomes)
    weights = columns @ (inverse @ centre)
    leverage = np.einsum("ij,jk,ik->i", columns, inverse, columns, optimize=True)
    residuals = (outcomes - columns @ fitted) / np.sqrt(1 - leverage.clip(max=_MOST_LEVERAGE))[:, None]
    return centre @ fitted, weights[:, None] * residuals

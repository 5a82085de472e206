"""The difference between an arm and control of weighted sums of outcomes, sharpened by what was known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from retention_lib.models.arm_means import Contrast
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.ratios import Part

Weights: TypeAlias = Mapping[str, float]
"""How much of each column is in a sum: `{"gross_profit_full": 1.0, "coupon_cost_full": -1.0}`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ArmPair:
    """An arm and control, and the column known before the test by which their difference is sharpened.

    The outcome less `slope` times the column is compared instead of the outcome (CUPED). The slope is that inside the
    arms, one for both, so that the difference is that of an analysis of covariance (`slopes` says why it is not the
    one over both arms by which effects on metrics are adjusted). As the slope of a sum is the sum of
    the slopes, the differences of the parts of a sum add up to that of the sum.

    Attributes:
        moments: Means and covariances of the columns.
        arm: The arm.
        control: The arm left alone.
        covariate: The column known before; None for plain means.

    References:
        Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
        pre-experiment data, WSDM, equations 4 and 5.
    """

    moments: Moments
    arm: str
    control: str
    covariate: str | None = None

    def difference(self, weights: Weights) -> Contrast:
        """Mean in the arm less mean in control, a unit, with Welch and Satterthwaite's degrees of freedom.

        Args:
            weights: What is compared.
        """
        adjusted = self.adjusted(weights)
        own = [self._error(name, adjusted, adjusted) for name in (self.arm, self.control)]
        variance = max(sum(own), 0.0)
        spread = sum(part**2 / max(self.units(name) - 1, 1) for part, name in zip(own, self._names, strict=True))
        freedom = variance**2 / spread if spread > 0 else sum(self.units(name) for name in self._names) - 2.0
        value = self.mean(self.arm, adjusted) - self.mean(self.control, adjusted)
        return Contrast(part=Part(value=value, variance=variance), freedom=freedom)

    def covariance(self, first: Weights, second: Weights) -> float:
        """Of the estimates of two differences.

        Args:
            first: What one of them compares.
            second: What the other does.
        """
        one, other = self.adjusted(first), self.adjusted(second)
        return sum(self._error(name, one, other) for name in self._names)

    def slope(self, weights: Weights) -> float:
        """By how much the sum rises with the column known before, inside the arms; 0 where that never varies.

        Args:
            weights: What is compared.
        """
        if self.covariate is None:
            return 0.0
        own = {self.covariate: 1.0}
        variance = self._pooled(own, own)
        return self._pooled(weights, own) / variance if variance > 0 else 0.0

    def adjusted(self, weights: Weights) -> Weights:
        """The weights less the slope times the column known before: what is compared in truth.

        Args:
            weights: What is to be compared.
        """
        if self.covariate is None:
            return weights
        return {**weights, self.covariate: weights.get(self.covariate, 0.0) - self.slope(weights)}

    def mean(self, arm: str, weights: Weights) -> float:
        """Mean of a weighted sum in an arm, a unit, as it is."""
        return sum(weight * self.moments.mean(arm, column) for column, weight in weights.items())

    def units(self, arm: str) -> int:
        """Units of an arm (count)."""
        return self.moments.units(arm)

    @property
    def _names(self) -> tuple[str, str]:
        return self.arm, self.control

    def _error(self, arm: str, first: Weights, second: Weights) -> float:
        """Covariance of two means in an arm."""
        known = min((self.moments.spread(arm, column).n for column in (*first, *second)), default=0)
        return self._within(arm, first, second) / known if known > 0 else 0.0

    def _within(self, arm: str, first: Weights, second: Weights) -> float:
        return sum(
            one * other * self.moments.spread(arm, column, beside).covariance
            for column, one in first.items()
            for beside, other in second.items()
        )

    def _pooled(self, first: Weights, second: Weights) -> float:
        """Covariance inside the arms, both taken together: what the arms differ by has no part in it."""
        sizes = [self.units(name) - 1 for name in self._names]
        within = sum(n * self._within(name, first, second) for n, name in zip(sizes, self._names, strict=True))
        return within / max(sum(sizes), 1)

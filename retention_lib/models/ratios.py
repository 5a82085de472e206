"""The interval of a ratio whose denominator is estimated too."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A ratio of two estimates.

    Attributes:
        value: Numerator over denominator; NaN where the denominator is 0.
        low: Lower bound; NaN where the bounds do not close: the denominator cannot be told from 0.
        high: Upper bound, or NaN.
    """

    value: float
    low: float
    high: float

    @property
    def bounded(self) -> bool:
        """Whether the interval closes."""
        return not math.isnan(self.low)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The numerator or the denominator of a ratio.

    Attributes:
        value: Its estimate.
        variance: Its squared standard error.
    """

    value: float
    variance: float


def fieller(numerator: Part, denominator: Part, *, covariance: float, quantile: float) -> Ratio:
    """A ratio with Fieller's interval: all r at which numerator - r * denominator is no further from 0 than by chance.

    For the effect on those who take an offer (the effect of the offer over the share that takes it) it is the interval
    of Anderson and Rubin, which holds its level however few take the offer.

    Args:
        numerator: The estimate above.
        denominator: The estimate below.
        covariance: Of the two.
        quantile: The two-sided quantile of the level, 1.96 for 95 % in large samples.

    References:
        Fieller (1954), Some problems in interval estimation, JRSS B 16; Anderson and Rubin (1949), Annals of
        Mathematical Statistics 20.
    """
    value = numerator.value / denominator.value if denominator.value != 0 else math.nan
    square = quantile**2
    # (n - r d)^2 <= q^2 (V_n - 2 r C + r^2 V_d), a parabola in r that opens upwards where d differs from 0.
    a = denominator.value**2 - square * denominator.variance
    b = numerator.value * denominator.value - square * covariance
    c = numerator.value**2 - square * numerator.variance
    if a <= 0:
        return Ratio(value=value, low=math.nan, high=math.nan)
    half = math.sqrt(max(b * b - a * c, 0.0))
    return Ratio(value=value, low=(b - half) / a, high=(b + half) / a)

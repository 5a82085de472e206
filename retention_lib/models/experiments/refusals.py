"""Why two arms of a test cannot be compared, and what a test of their size would have found."""

from __future__ import annotations

import math

from retention_lib.models.economics import detectable_rise
from retention_lib.models.experiments.metrics import Metric
from retention_lib.models.experiments.moments import Moments
from retention_lib.models.experiments.noise import difference_noise

MINIMUM_CUSTOMERS = 30
MINIMUM_CONVERSIONS = 5
MINIMUM_ORDERS = 30
"""Units, conversions (and as many others), and orders behind a ratio, that an arm needs for an interval."""

_BOUGHT = frozenset({"orders", "revenue", "gross_profit", "spend"})
_NEVER_NEGATIVE = frozenset({"refunded", "discount"})


def refusal(moments: Moments, metric: Metric, arms: tuple[str, str]) -> str | None:
    """Why two arms cannot be compared, if so."""
    binary = metric.per is None and moments.binary(metric.column)
    smallest = min(moments.spread(arm, one).n for arm in arms for one in metric.columns)
    if smallest < 2 or (smallest < MINIMUM_CUSTOMERS and not binary):
        return "customers_per_arm"
    if binary and any(_few(moments, arm, metric.column) for arm in arms):
        # Below ten customers an arm could not have five conversions and five others.
        return "customers_per_arm" if smallest < 2 * MINIMUM_CONVERSIONS else "few_conversions"
    if metric.per is not None and any(_few_orders(moments, arm, metric.per) for arm in arms):
        return "few_orders"
    if not binary and any(_few_bought(moments, arm, metric.column) for arm in arms):
        return "few_conversions"
    varies = all(moments.variance(arm, metric.column) > 0 for arm in arms)
    return None if varies else "zero_variance"


def _few(moments: Moments, arm: str, column: str) -> bool:
    """Whether a 0/1 column has fewer than five of either."""
    found = moments.spread(arm, column)
    return found.n * min(found.first, 1 - found.first) < MINIMUM_CONVERSIONS - 0.5


def _few_bought(moments: Moments, arm: str, column: str) -> bool:
    """Whether too few units are behind what was bought for a mean to be near normal."""
    if column in _BOUGHT and "conversion" in moments.columns and moments.binary("conversion"):
        bought = moments.spread(arm, "conversion")
        return bought.n * bought.first < MINIMUM_CONVERSIONS - 0.5
    if column not in _NEVER_NEGATIVE:
        return False
    # (sum)^2 / sum of squares is at most the number of units above 0 (Cauchy and Schwarz).
    found = moments.spread(arm, column)
    squares = found.first**2 + found.covariance * (found.n - 1) / found.n
    return squares == 0 or found.n * found.first**2 / squares < MINIMUM_CONVERSIONS


def _few_orders(moments: Moments, arm: str, per: str) -> bool:
    """Whether a ratio has too small a denominator for the delta method."""
    counted = per if per == "orders" else next((one for one in ("orders", "conversion") if one in moments.columns), per)
    found = moments.spread(arm, counted)
    return not found.n * found.first >= MINIMUM_ORDERS or not moments.mean(arm, per) > 0


def least(moments: Moments, metric: Metric, arms: tuple[str, str], level: float) -> float:
    """Smallest effect found in 80 of 100 tests of this size; NaN where the spread is not known."""
    sizes = [moments.spread(arm, metric.column).n for arm in arms]
    if metric.per is not None or min(sizes) < 2:
        return math.nan
    if moments.binary(metric.column):
        share = moments.mean(arms[1], metric.column)
        rise = None if share >= 1 else detectable_rise(share, 2 / sum(1 / size for size in sizes))
        return math.nan if rise is None else rise
    variances = [moments.variance(arm, metric.column) for arm in arms]
    if min(variances) == 0:
        return math.nan
    return difference_noise(variances, sizes).detectable(level)

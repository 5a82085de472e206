"""Intervals of shares, of differences of shares, of means and of fitted parameters, and Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile of a confidence level, 1.96 for .95.

    Raises:
        ValueError: The level is not inside (0, 1).
    """
    if not 0 < level < 1:
        msg = f"a confidence level is between 0 and 1, not {level}"
        raise ValueError(msg)
    return NormalDist().inv_cdf(0.5 + level / 2)


def _check_counts(successes: float, base: float) -> None:
    """Refuse counts that are no counts: such a share is a fault of the caller, not of the data."""
    if not (math.isfinite(successes) and math.isfinite(base) and 0 <= successes <= base):
        msg = f"a share needs 0 <= successes <= base, not {successes} of {base}"
        raise ValueError(msg)


def wilson(successes: float, base: float, *, level: float = 0.95) -> Estimate | NotEnough:
    """A share with Wilson's score interval.

    Args:
        successes: Customers with the property (count).
        base: Customers in the denominator (count).
        level: Confidence level.

    Returns:
        The share and its bounds in [0, 1], and n = base; NotEnough("customers_in_base") on an empty base.

    Raises:
        ValueError: Not 0 <= successes <= base.

    References:
        Wilson (1927), Probable inference, JASA 22.
    """
    _check_counts(successes, base)
    if base == 0:
        return NotEnough("customers_in_base", 0, 1)
    z = normal_quantile(level)
    share = successes / base
    spread = 1 + z**2 / base
    centre = (share + z**2 / (2 * base)) / spread
    half = z / spread * math.sqrt(share * (1 - share) / base + z**2 / (4 * base**2))
    # At the ends the bound is the share itself; rounding must not push it past 0 or 1.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == base else min(1.0, centre + half)
    return Estimate(share, low=low, high=high, level=level, n=base)


def share_difference(
    successes: float, base: float, other_successes: float, other_base: float, *, level: float = 0.95
) -> Estimate | NotEnough:
    """The difference of two independent shares with Newcombe's hybrid score interval.

    Args:
        successes: Customers with the property in the first group (count).
        base: Customers in the first group (count).
        other_successes: Customers with the property in the second group (count).
        other_base: Customers in the second group (count).
        level: Confidence level.

    Returns:
        First share minus second, in [-1, 1], with bounds and n = both bases together;
        NotEnough("customers_in_base") when either group is empty.

    References:
        Newcombe (1998), Interval estimation for the difference between independent proportions,
        Statistics in Medicine 17, method 10.
    """
    first = wilson(successes, base, level=level)
    second = wilson(other_successes, other_base, level=level)
    if isinstance(first, NotEnough):
        return first
    if isinstance(second, NotEnough):
        return second
    low, high = square_and_add(first, second, sign=-1)
    value = first.value - second.value
    return Estimate(value, low=low, high=high, level=level, n=base + other_base)


def square_and_add(first: Estimate, second: Estimate, *, sign: int) -> tuple[float, float]:
    """Bounds of first + sign * second from the bounds of two independent estimates.

    Args:
        first: One estimate, with an interval.
        second: Another, with one at the same level.
        sign: 1 for the sum, -1 for the difference.

    Raises:
        ValueError: An estimate has no interval.

    References:
        Zou and Donner (2008), Construction of confidence limits about effect measures, Statistics in
        Medicine 27, equations 3 and 4 (the method of variance estimates recovery).
    """
    if first.low is None or first.high is None or second.low is None or second.high is None:
        msg = "both estimates need an interval"
        raise ValueError(msg)
    second_down, second_up = second.value - second.low, second.high - second.value
    if sign < 0:
        second_down, second_up = second_up, second_down
    value = first.value + sign * second.value
    low = value - math.hypot(first.value - first.low, second_down)
    return low, value + math.hypot(first.high - first.value, second_up)


def mean_interval(mean: float, variance: float, n: int, *, level: float = 0.95) -> Estimate | NotEnough:
    """A mean with Student's interval.

    Args:
        mean: Sample mean.
        variance: Sample variance (n - 1 in the denominator).
        n: Observations.
        level: Confidence level.

    Returns:
        The mean with bounds; without bounds and with reason "zero_variance" when all observations are
        equal, as a width of nothing would claim certainty; NotEnough("observations") below two.

    Raises:
        ValueError: Mean or variance is not finite, or the variance is negative.
    """
    if n < 2:
        return NotEnough("observations", n, 2)
    if not (math.isfinite(mean) and math.isfinite(variance) and variance >= 0):
        msg = f"a mean's interval needs a finite mean and a variance of 0 or more, not {mean} and {variance}"
        raise ValueError(msg)
    if variance == 0:
        return Estimate(mean, n=n, reason="zero_variance")
    from scipy.special import stdtrit

    normal_quantile(level)  # refuses a level outside (0, 1)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * math.sqrt(variance / n)
    return Estimate(mean, low=mean - half, high=mean + half, level=level, n=n)


def signed_interval(value: float, sd: float, *, level: float, n: float | None = None, signed: bool = False) -> Estimate:
    """An amount with its interval: on the scale of its logarithm, or of the amount itself where it may be negative.

    Args:
        value: The amount.
        sd: Its standard deviation, in the unit of the amount.
        level: Confidence level.
        n: What it rests on (count).
        signed: Whether a part of the amount may be negative, as a loss on the first order may. An amount of 0 or less
            is signed in any case.
    """
    width = normal_quantile(level) * sd
    if signed or value <= 0:
        return Estimate(value, low=value - width, high=value + width, level=level, n=n)
    factor = math.exp(width / value)
    return Estimate(value, low=value / factor, high=value * factor, level=level, n=n)


def sd_behind(estimate: Estimate) -> float:
    """The standard deviation behind the interval of an amount, in its unit; 0 without an interval.

    Bounds by the same factor from the amount are read on the scale of logarithms, all others on that of the amount;
    there the wider side counts, as the other may have been cut off at 0.
    """
    value, low, high, level = estimate.value, estimate.low, estimate.high, estimate.level
    if low is None or high is None or level is None:
        return 0.0
    if low > 0 and math.isclose(low * high, value**2, rel_tol=1e-6):
        return value * math.log(high / low) / 2 / normal_quantile(level)
    return max(high - value, value - low) / normal_quantile(level)


def log_parameter_frame(
    names: Sequence[str], values: Sequence[float], covariance: Sequence[Sequence[float]]
) -> pd.DataFrame:
    """Fitted parameters with 95 % intervals on the log scale.

    Args:
        names: Of the parameters.
        values: The parameters, > 0.
        covariance: Of their logarithms.

    Returns:
        One row a parameter: parameter, value, low, high.
    """
    fitted = np.array(values, dtype=float)
    spread = np.exp(normal_quantile(0.95) * np.sqrt(np.diag(np.array(covariance))))
    return pd.DataFrame({"parameter": list(names), "value": fitted, "low": fitted / spread, "high": fitted * spread})


def holm_adjusted(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """P-values adjusted for several comparisons by Holm's step-down method.

    Args:
        p_values: P-values in [0, 1]; NaN marks a comparison that was not made and is not counted.

    Returns:
        Adjusted p-values in the given order; NaN where the input is NaN.

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6.
    """
    raw = np.asarray(p_values, dtype=float)
    adjusted = np.full(raw.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(raw))
    order = tested[np.argsort(raw[tested], kind="stable")]
    steps = raw[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted

"""Quantiles of values of which some are only known to be larger than what was seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile

# Rounding of a product of shares must not decide whether a share of exactly .8 is reached.
ROUNDING = 1e-12


def survival_steps(
    values: np.ndarray, counts: np.ndarray, observed: np.ndarray, *, level: float = 0.95
) -> pd.DataFrame:
    """Kaplan and Meier's curve of counted values, with its log-log band.

    Args:
        values: Values, in any order; one that is not observed is known to be larger than the value given.
        counts: How many each stands for.
        observed: Whether the value itself was seen (bool).
        level: Confidence level of the band.

    Returns:
        One row a distinct value, ordered: value, survival (share larger, in [0, 1]), low, high.

    References:
        Kaplan and Meier (1958), JASA 53; band: Kalbfleisch and Prentice (1980), with Greenwood's variance.
    """
    distinct, places = np.unique(values, return_inverse=True)
    seen, everyone = (np.bincount(places, weights=weights) for weights in (counts * observed, counts))
    at_risk = everyone[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - seen / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(seen / (at_risk * (at_risk - seen)))
        half = normal_quantile(level) * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    # At 1 and at 0 the band is undefined: the curve itself is the bound.
    flat = (survival >= 1) | (survival <= 0)
    low, high = np.where(flat, survival, low), np.where(flat, survival, high)
    return pd.DataFrame({"value": distinct, "survival": survival, "low": low, "high": high})


def censored_quantile(
    values: np.ndarray, counts: np.ndarray, observed: np.ndarray, *, share: float, level: float = 0.95
) -> Estimate | NotEnough:
    """A quantile by Kaplan and Meier's curve, with the interval of Brookmeyer and Crowley.

    Args:
        values: Values, in any order; one that is not observed is known to be larger than the value given.
        counts: How many each stands for.
        observed: Whether the value itself was seen (bool).
        share: Which quantile, in (0, 1).
        level: Confidence level.

    Returns:
        The smallest value that at least this share does not pass; its interval holds the values at which the
        band of the curve holds that share, without an upper bound where the band never comes down to it.
        NotEnough("values_seen_to_quantile") where the curve itself does not.

    References:
        Brookmeyer and Crowley (1982), Biometrics 38, with the log-log band.
    """
    steps = survival_steps(values, counts, observed, level=level)
    value, low, high = (_first_at(steps, name, 1 - share) for name in ("survival", "low", "high"))
    n = int(counts.sum())
    if value is None:
        return NotEnough("values_seen_to_quantile", int(counts[observed].sum()), n)
    return Estimate(value, low=low, high=high, level=level, n=n)


def _first_at(steps: pd.DataFrame, column: str, share: float) -> float | None:
    """The first value at which a curve has come down to a share."""
    reached = np.flatnonzero(steps[column].to_numpy() <= share + ROUNDING)
    return float(steps["value"].to_numpy()[reached[0]]) if reached.size else None

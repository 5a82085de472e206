"""The share to whom something has happened by a time, where some leave before and some are not there yet."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.models.intervals import normal_quantile

Floats = NDArray[np.float64]
_TINY = 1e-9  # of a share: 0 and 1 are missed by rounding
_COLUMNS = ("days", "share", "low", "high", "competing", "at_risk")


def cumulative_incidence(episodes: pd.DataFrame, *, outcome: str, competing: str, level: float = 0.95) -> pd.DataFrame:
    """Aalen and Johansen's curve on counted episodes.

    Who leaves can no longer get there and is not taken for somebody who might; who is not there yet counts for as long
    as seen.

    Args:
        episodes: Columns days (length, 0 or more), outcome (text; neither of the two: censored), members (count).
        outcome: The outcome whose share is wanted.
        competing: The outcome after which it cannot happen any more.
        level: Confidence level.

    Returns:
        One row a day on which anything ended, ordered: days, share (in [0, 1]), low, high (by the complementary log-log
        of the share), competing (share who left before, in [0, 1]), at_risk (episodes still open just before that day,
        count). No rows without episodes.

    Raises:
        ValueError: A length is missing or negative.

    References:
        Aalen and Johansen (1978), An empirical transition matrix, Scandinavian Journal of Statistics 5;
        Marubini and Valsecchi (1995), Analysing survival data from clinical trials, chapter 10 (the variance);
        Choudhury (2002), Non-parametric confidence interval estimation for competing risks, Statistics in Medicine 21.
    """
    days = episodes["days"].to_numpy(dtype="float64")
    if not (days >= 0).all():
        msg = "every episode needs a length of 0 days or more"
        raise ValueError(msg)
    if not len(days):
        return pd.DataFrame({name: np.zeros(0) for name in _COLUMNS}).astype({"at_risk": "int64"})
    times, place = np.unique(days, return_inverse=True)
    members, kind = episodes["members"].to_numpy(dtype="float64"), episodes["outcome"].to_numpy()
    ended, own, other = (
        np.bincount(place, weights=members * mask, minlength=len(times)).astype("float64")
        for mask in (np.ones(len(days)), kind == outcome, kind == competing)
    )
    at_risk = ended.sum() - ended.cumsum() + ended
    # Whether anything has happened before each time.
    before = np.concatenate([[1.0], np.cumprod(1 - (own + other) / at_risk)[:-1]])
    share, gone = (before * own / at_risk).cumsum(), (before * other / at_risk).cumsum()
    error = np.sqrt(np.maximum(_variance(share, before, own, own + other, at_risk), 0.0))
    low, high = _bounds(share, error, level)
    columns = dict(zip(_COLUMNS, (times, share, low, high, gone, at_risk), strict=True))
    return pd.DataFrame(columns).astype({"at_risk": "int64"})


def _variance(share: Floats, before: Floats, own: Floats, ends: Floats, at_risk: Floats) -> Floats:
    """The variance of the share at each time, by sums over the times up to it."""
    stayed = at_risk - ends
    spread = np.divide(ends, at_risk * stayed, out=np.zeros_like(ends), where=stayed > 0)
    cross = before * own / at_risk**2
    single = before**2 * (at_risk - own) * own / at_risk**3
    # (share(t) - share(s))^2 spread(s), summed over s up to t, without a square of times by times.
    squares = share**2 * spread.cumsum() - 2 * share * (share * spread).cumsum() + (share**2 * spread).cumsum()
    return squares + single.cumsum() - 2 * (share * cross.cumsum() - (share * cross).cumsum())


def _bounds(share: Floats, error: Floats, level: float) -> tuple[Floats, Floats]:
    """Bounds that stay in [0, 1]; the share itself where it has no error."""
    inner = (share > _TINY) & (share < 1 - _TINY) & (error > 0)
    kept = np.where(inner, share, 0.5)
    width = normal_quantile(level) * error / (kept * np.abs(np.log(kept)))
    low, high = kept ** np.exp(width), kept ** np.exp(-width)
    return np.where(inner, low, share), np.where(inner, high, share)

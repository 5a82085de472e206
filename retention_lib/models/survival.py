"""How long until the next purchase: Kaplan and Meier's curve on counted episodes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough

if TYPE_CHECKING:
    from lifelines import KaplanMeierFitter

MINIMUM_EPISODES = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class PurchaseSurvival:
    """Time to the next purchase, with those still waiting counted as censored.

    Attributes:
        curve: Ordered: days, survival (share not yet returned, in [0, 1]), low, high (95 %, log-log),
            at_risk (episodes still open just before that day, count).
        median_days: Days by which half have bought; None when fewer than half have within what was seen.
        returned: One row a horizon: days, share (bought by then, in [0, 1]), low, high. A horizon longer
            than anything observed has no row.
        customers: Episodes (count).
        events: Episodes that ended in a purchase (count).
    """

    curve: pd.DataFrame
    median_days: float | None
    returned: pd.DataFrame
    customers: int
    events: int

    def to_frame(self) -> pd.DataFrame:
        """The curve."""
        return self.curve


def time_to_purchase(
    episodes: pd.DataFrame | NotEnough, *, horizons: Sequence[int] = (30, 60, 90)
) -> PurchaseSurvival | NotEnough:
    """The Kaplan-Meier curve of the time to the next purchase.

    Args:
        episodes: Columns days (length of the episode, 0 or more), observed (True when it ended in a
            purchase, False when the data end first), customers (count of such episodes).
        horizons: Days for which the share returned is wanted.

    Returns:
        The curve and its readings; NotEnough("episodes") below 30 episodes,
        NotEnough("episodes_that_ended") when none ended in a purchase.

    Raises:
        ValueError: A duration is missing or negative.

    References:
        Kaplan and Meier (1958), JASA 53; interval by exponential Greenwood (Kalbfleisch and Prentice).
    """
    if isinstance(episodes, NotEnough):
        return episodes
    counted = episodes.loc[episodes["customers"] > 0]
    customers = int(counted["customers"].sum())
    events = int(counted.loc[counted["observed"].astype(bool), "customers"].sum())
    if customers < MINIMUM_EPISODES:
        return NotEnough("episodes", customers, MINIMUM_EPISODES)
    if events == 0:
        return NotEnough("episodes_that_ended", 0, 1)
    days = counted["days"].to_numpy(dtype="float64", na_value=np.nan)
    if not (days >= 0).all():
        msg = "every episode needs a length of 0 days or more"
        raise ValueError(msg)
    curve = _curve(_fitted(counted, days))
    median = curve.loc[curve["survival"] <= 0.5, "days"]
    return PurchaseSurvival(
        curve=curve,
        median_days=float(median.iloc[0]) if len(median) else None,
        returned=_returned(curve, horizons),
        customers=customers,
        events=events,
    )


def _fitted(episodes: pd.DataFrame, days: np.ndarray) -> KaplanMeierFitter:
    """The fitter of lifelines on the counted rows."""
    from lifelines import KaplanMeierFitter

    # Integers: lifelines warns of non-integer weights, whose variance it would not vouch for.
    weights = episodes["customers"].to_numpy(dtype="int64")
    return KaplanMeierFitter().fit(days, episodes["observed"].to_numpy(dtype=bool), weights=weights)


def _curve(fitter: KaplanMeierFitter) -> pd.DataFrame:
    """The fitted curve as a plain frame."""
    survival = fitter.survival_function_.iloc[:, 0]
    low, high = (fitter.confidence_interval_.iloc[:, side].to_numpy() for side in (0, 1))
    level = survival.to_numpy()
    # The log-log interval is undefined at 1 and 0: there the curve itself is the bound.
    low, high = np.where(np.isnan(low), level, low), np.where(np.isnan(high), level, high)
    at_risk = fitter.event_table["at_risk"].reindex(survival.index).to_numpy(dtype="int64")
    columns = {"days": survival.index.to_numpy(), "survival": level, "low": low, "high": high}
    return pd.DataFrame({**columns, "at_risk": at_risk})


def _returned(curve: pd.DataFrame, horizons: Sequence[int]) -> pd.DataFrame:
    """Share returned by each horizon the curve reaches."""
    seen = math.inf if curve["survival"].iloc[-1] == 0 else float(curve["days"].iloc[-1])
    rows = []
    for horizon in sorted(horizon for horizon in set(horizons) if horizon <= seen):
        at = curve.loc[curve["days"] <= horizon].iloc[-1]
        rows.append((horizon, 1 - at["survival"], 1 - at["high"], 1 - at["low"]))
    return pd.DataFrame(rows, columns=["days", "share", "low", "high"])

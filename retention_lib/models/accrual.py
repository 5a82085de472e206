"""How soon members hold a reward they can use: who gets there, after how many orders, and what they brought by then."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retention_lib.estimates import Estimate, NotEnough, figures_frame
from retention_lib.models.incidence import cumulative_incidence
from retention_lib.models.intervals import mean_interval, normal_quantile, wilson
from retention_lib.models.margins import Margin

FEWEST = 30
"""Members (count) below which nothing is said of a group."""

HORIZONS = (182, 365)
"""Half a year and a year after joining (days)."""

HALF = 0.5
"""The share of members of whom fewer getting there in time is too slow."""

_LEVEL = 0.95
_REACHED, _LEFT = "reached", "left"
Row = Mapping[Hashable, Any]


@dataclass(frozen=True, kw_only=True)
class SmallestReward:
    """From how many points on a reward can be used.

    Attributes:
        points: So many.
        stated: Whether the parameters say so; otherwise it is what members had when they paid with points.
        redemptions: Payments with points it rests on (count).
    """

    points: float
    stated: bool
    redemptions: int


def smallest_reward(
    balances: pd.DataFrame | NotEnough, *, given: float | Literal["auto"] = "auto"
) -> SmallestReward | NotEnough:
    """The points from which a reward can be used: as given, or as members' payments with points show.

    These show it by the balance that 99 of 100 payments had at least, rounded down to two digits: a programme's rule is
    a round number, and a payment in a hundred may be a mistake that was let pass.

    Args:
        balances: From `measures.accrual.redeeming_balances`.
        given: The points; `auto` to find them.

    Returns:
        The points; NotEnough("redemptions_of_points") for fewer than 30 payments, unless they are given.
    """
    if isinstance(balances, NotEnough):
        return balances
    seen = balances.iloc[0]
    count = int(seen["redemptions"])
    if given != "auto":
        return SmallestReward(points=float(given), stated=True, redemptions=count)
    if count < FEWEST:
        return NotEnough("redemptions_of_points", count, FEWEST)
    return SmallestReward(points=_round_down(float(seen["lowest"])), stated=False, redemptions=count)


def _round_down(points: float) -> float:
    """To two significant digits; what is not above 0 is the smallest reward there can be, 1 point."""
    if points <= 0:
        return 1.0
    step = 10.0 ** (math.floor(math.log10(points)) - 1)
    return float(f"{math.floor(points / step + 1e-9) * step:.6g}")


@dataclass(frozen=True, kw_only=True, eq=False)
class AccrualSpeed:
    """How soon members come to their first usable reward.

    Attributes:
        reward: The points from which it can be used.
        horizon: Days after joining that the figures are about: a year, or half of it in a younger programme.
        reaching: Share of all members who get there within the horizon, in [0, 1]; who left before does not.
        reaching_half_year: The same within half a year.
        orders: Median orders from joining to the reward, of members who could be followed for the horizon and got
            there in it.
        days: Median days, of the same members.
        profit: Mean gross profit they brought until then, in money.
        revenue: Mean net money they paid until then.
        without_order: Share of them who got there without a single order, in [0, 1].
        left_share: Share of all members who leave the programme before they got there, within the horizon, in [0, 1].
        members: Members whose joining is known (count).
        newcomers: Of them, those who joined in the last 365 days.
        reached: The members that orders, days and profit are about (count).
        curve: Share there by days since joining, up to the horizon: columns as in `incidence.cumulative_incidence`.
    """

    reward: SmallestReward
    horizon: int
    reaching: Estimate
    reaching_half_year: Estimate | NotEnough
    orders: Estimate | NotEnough
    days: Estimate | NotEnough
    profit: Estimate | NotEnough
    revenue: Estimate | NotEnough
    without_order: Estimate | NotEnough
    left_share: float
    members: int
    newcomers: int
    reached: int
    curve: pd.DataFrame = field(repr=False)

    @property
    def slow(self) -> bool | None:
        """Whether fewer than half of the members get there within the horizon; None where chance leaves it open."""
        low, high = self.reaching.low or 0.0, self.reaching.high or 0.0
        if high < HALF:
            return True
        return None if low < HALF else False

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def accrual_speed(
    ways: pd.DataFrame | NotEnough, reward: SmallestReward | NotEnough, *, margin: Margin | NotEnough
) -> AccrualSpeed | NotEnough:
    """How many members get to a first usable reward, how soon, and what they have brought by then.

    The share is that of all who join: who is not there yet counts for as long as seen, who left cannot get there any
    more (Aalen and Johansen). Orders, days and profit are about those who joined a horizon ago or earlier and got there
    within it, so that the quick do not count for more.

    Args:
        ways: From `measures.accrual.first_rewards`, its `ways`.
        reward: From `smallest_reward`.
        margin: From `margins.profit_margin`; for profit only.

    Returns:
        The speed; NotEnough("members_followed_half_year") for fewer than 30 members who joined half a year ago.
    """
    if isinstance(ways, NotEnough):
        return ways
    if isinstance(reward, NotEnough):
        return reward
    followed = {days: int(ways.loc[ways["followed"] >= days, "members"].sum()) for days in HORIZONS}
    enough = [days for days in HORIZONS if followed[days] >= FEWEST]
    if not enough:
        return NotEnough("members_followed_half_year", followed[HORIZONS[0]], FEWEST)
    horizon = max(enough)
    curve = cumulative_incidence(ways, outcome=_REACHED, competing=_LEFT)
    there = _there(ways, horizon)
    return AccrualSpeed(
        reward=reward,
        horizon=horizon,
        reaching=share_by(curve, horizon, int(ways["members"].sum())),
        reaching_half_year=share_by(curve, HORIZONS[0], int(ways["members"].sum())),
        orders=median_of(there, "orders"),
        days=median_of(there, "days"),
        profit=mean_profit(there, margin),
        revenue=_mean_revenue(there),
        without_order=_without_order(there),
        left_share=float(_until(curve, horizon)["competing"].max()) if len(_until(curve, horizon)) else 0.0,
        members=int(ways["members"].sum()),
        newcomers=int(ways.loc[ways["followed"] < HORIZONS[1], "members"].sum()),
        reached=int(there["members"].sum()),
        curve=_until(curve, horizon),
    )


def _until(curve: pd.DataFrame, days: int) -> pd.DataFrame:
    return curve.loc[curve["days"] <= days].reset_index(drop=True)


def share_by(curve: pd.DataFrame, days: int, members: int) -> Estimate:
    """The share there by a day.

    Args:
        curve: From `incidence.cumulative_incidence`.
        days: Days since joining.
        members: The base (count).
    """
    seen = _until(curve, days)
    if seen.empty:
        return Estimate(0.0, n=members)
    last = seen.iloc[-1]
    return Estimate(float(last["share"]), low=float(last["low"]), high=float(last["high"]), level=_LEVEL, n=members)


def _there(ways: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Those who could be followed for the horizon and got there in it."""
    return ways[(ways["followed"] >= horizon) & (ways["outcome"] == _REACHED) & (ways["days"] <= horizon)]


def median_of(there: pd.DataFrame, column: str) -> Estimate | NotEnough:
    """The median of a count over members, with the interval of its order statistics.

    Args:
        there: Columns members (count) and the one named.
        column: Such as `days`.

    Returns:
        The median, a value that was seen; NotEnough("members_at_reward") for fewer than 30.

    References:
        Conover (1999), Practical nonparametric statistics, 3rd edition, section 3.2.
    """
    n = int(there["members"].sum())
    if n < FEWEST:
        return NotEnough("members_at_reward", n, FEWEST)
    by_value = there.groupby(column)["members"].sum().sort_index()
    values, upto = by_value.index.to_numpy(dtype=float), by_value.cumsum().to_numpy()
    half = normal_quantile(_LEVEL) * math.sqrt(n) / 2
    ranks = (n / 2, max(1.0, math.floor(n / 2 - half)), min(float(n), math.ceil(n / 2 + half) + 1))
    median, low, high = (_ranked(values, upto, rank) for rank in ranks)
    return Estimate(median, low=low, high=high, level=_LEVEL, n=n)


def _ranked(values: NDArray[np.float64], upto: NDArray[Any], rank: float) -> float:
    """The value of a rank, counted from 1."""
    return float(values[int(np.searchsorted(upto, rank))])


def mean_profit(there: pd.DataFrame, margin: Margin | NotEnough) -> Estimate | NotEnough:
    """The mean gross profit of members until they got there.

    Args:
        there: Columns members, known_profit, unpriced, profit_squares, unpriced_squares, products.
        margin: Of sales without a cost of their own.

    Returns:
        Money; NotEnough("margin_known") without a margin, NotEnough("members_at_reward") for fewer than 30.
    """
    if isinstance(margin, NotEnough):
        return margin
    if margin.overall is None:
        return NotEnough("margin_known", 0, 1)
    share = margin.overall.value if margin.stated is None else margin.stated
    sums = there.sum(numeric_only=True)
    squares = sums["profit_squares"] + 2 * share * sums["products"] + share**2 * sums["unpriced_squares"]
    return _mean(int(sums["members"]), float(sums["known_profit"] + share * sums["unpriced"]), float(squares))


def _mean_revenue(there: pd.DataFrame) -> Estimate | NotEnough:
    n = int(there["members"].sum())
    return (
        Estimate(float(there["revenue"].sum()) / n, n=n) if n >= FEWEST else NotEnough("members_at_reward", n, FEWEST)
    )


def _mean(n: int, total: float, squares: float) -> Estimate | NotEnough:
    if n < FEWEST:
        return NotEnough("members_at_reward", n, FEWEST)
    mean = total / n
    return mean_interval(mean, max(squares / n - mean**2, 0.0) * n / (n - 1), n, level=_LEVEL)


def _without_order(there: pd.DataFrame) -> Estimate | NotEnough:
    n = int(there["members"].sum())
    if n < FEWEST:
        return NotEnough("members_at_reward", n, FEWEST)
    return wilson(int(there.loc[there["orders"] == 0, "members"].sum()), n, level=_LEVEL)

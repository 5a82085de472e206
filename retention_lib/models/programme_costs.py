"""What a programme cost on the members on whom its effect is measured: rewards used, and their part of running it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.intervals import normal_quantile, sd_behind
from retention_lib.models.redemption import Redemption

LEVEL = 0.95
NEEDED_MEMBERS = 30
NEEDED_KNOWN = 0.5
"""Share of the months of membership with a known running cost, below which it counts as not known."""


@dataclass(frozen=True, kw_only=True)
class UsedShares:
    """How many of the points credited will ever be used.

    Attributes:
        earned: Share of points that purchases earn, in [0, 1].
        others: Share of all others, such as gifts, which live shorter, in [0, 1].
    """

    earned: Estimate
    others: Estimate

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgrammeCosts:
    """What the programme cost on some members while they were followed (money).

    Attributes:
        rewards: What the points that they used were worth, at face value. The interval is that of as many other members
            like them.
        running: Their part of what running the programme cost, by months of membership, rewards not among it.
        owed: What they will still use of the points credited meanwhile: points credited x the share of their kind that
            is ever used - points used, at face value, never more than they hold.
        point_value: What a point pays (money).
        redeemed: Points used.
        held: Points on their accounts at the end.
        members: Members followed (count).
        periods: Periods of 28 days that the longest is followed (count).
        known_share: Share of their months of membership with a known running cost, in [0, 1].
        rewards_in_sales: Whether sales are already net of points used.
        table: One row a period since joining: period, members, credited, redeemed (points), rewards, rewards_so_far
            (money a member followed), low, high (95 %, of rewards_so_far).
    """

    rewards: Estimate
    running: Estimate | NotEnough
    owed: Estimate | NotEnough
    point_value: float
    redeemed: float
    held: float
    members: int
    periods: int
    known_share: float
    rewards_in_sales: bool
    table: pd.DataFrame = field(repr=False)

    @property
    def rewards_taken_off(self) -> float:
        """The rewards that profit is still to be lessened by (money): none where sales are net of them."""
        return 0.0 if self.rewards_in_sales else self.rewards.value

    @property
    def total(self) -> float:
        """Rewards that are still to be taken off and the running cost as far as it is known (money)."""
        running = self.running.value if isinstance(self.running, Estimate) else 0.0
        return self.rewards_taken_off + running

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def used_shares(redemption: Redemption | NotEnough, earned: Redemption | NotEnough) -> UsedShares | NotEnough:
    """The shares of points ever used, of those that purchases earn and of all others.

    Args:
        redemption: From `redemption.redemption`, of all points.
        earned: The same of the points that purchases earn.

    Returns:
        The shares; the `NotEnough` that came in. The error of the others is at most what all of that of the whole would
        make of them, and this is taken.
    """
    if isinstance(redemption, NotEnough) or isinstance(earned, NotEnough):
        return first_refusal(redemption, earned)
    others = redemption.credited - earned.credited
    if others <= 0:
        return UsedShares(earned=earned.rate, others=earned.rate)
    points = redemption.rate.value * redemption.credited - earned.rate.value * earned.credited
    value, sd = min(max(points / others, 0.0), 1.0), sd_behind(redemption.rate) * redemption.credited / others
    half = normal_quantile(LEVEL) * sd
    share = Estimate(value, low=max(value - half, 0.0), high=min(value + half, 1.0), level=LEVEL, n=redemption.rate.n)
    return UsedShares(earned=earned.rate, others=share)


def programme_costs(
    rewards: pd.DataFrame | NotEnough,
    running: pd.DataFrame | NotEnough,
    *,
    used: UsedShares | NotEnough,
    value: float | NotEnough,
    running_cost_holds_rewards: bool = False,
    rewards_in_sales: bool = False,
) -> ProgrammeCosts | NotEnough:
    """The cost of the programme on the members followed.

    Args:
        rewards: From `measures.programme_costs.member_rewards`.
        running: From `measures.programme_costs.running_costs`.
        used: From `used_shares`; a `NotEnough` leaves `owed` open alone.
        value: What a point pays (money), from `point_value.point_value`; points used whose own money is known keep it.
        running_cost_holds_rewards: Whether the running cost holds the points used; they are taken out of it.
        rewards_in_sales: Whether sales are already net of points used, so that they are not taken off again.

    Returns:
        The costs; the `NotEnough` that came in; NotEnough("members_followed") below 30 members,
        NotEnough("running_cost_below_rewards") where the running cost should hold the rewards and is less than these.
    """
    if isinstance(rewards, NotEnough) or isinstance(running, NotEnough):
        return first_refusal(rewards, running)
    members = int(rewards["members"].max()) if len(rewards) else 0
    if members < NEEDED_MEMBERS:
        return NotEnough("members_followed", members, NEEDED_MEMBERS)
    if isinstance(value, NotEnough):
        return value
    known = running[running["running"].notna()]
    paid = _money(known, value)
    if running_cost_holds_rewards and known["running"].sum() < paid.sum():
        return NotEnough("running_cost_below_rewards", float(known["running"].sum()), float(paid.sum()))
    table = _table(rewards, value)
    total, last = _money(rewards, value).sum(), table.iloc[-1]
    held = max(float(rewards["net_points"].sum()), 0.0)
    return ProgrammeCosts(
        rewards=Estimate(float(total), low=last["low"] * members, high=last["high"] * members, level=LEVEL, n=members),
        running=_running(running, known["running"] - (paid if running_cost_holds_rewards else 0.0)),
        owed=_owed(used, rewards, held, value),
        point_value=value,
        redeemed=float(rewards["redeemed"].sum()),
        held=held,
        members=members,
        periods=len(rewards),
        known_share=_known_share(running),
        rewards_in_sales=rewards_in_sales,
        table=table,
    )


def _money(points: pd.DataFrame, value: float) -> pd.Series:
    """What points used were worth: their own money where it is known, else the value of a point."""
    return points["paid"] + (points["redeemed"] - points["valued"]) * value


def _table(rewards: pd.DataFrame, value: float) -> pd.DataFrame:
    """Rewards a member by period since joining, and their sum so far with the interval of a mean."""
    money, members = _money(rewards, value), float(rewards["members"].max())
    so_far, points = money.cumsum(), rewards["redeemed"].cumsum()
    variance = (rewards["squares"] / members - (points / members) ** 2).clip(lower=0) * members / (members - 1)
    half = normal_quantile(LEVEL) * value * np.sqrt(variance / members)
    return rewards[["period", "members", "credited", "redeemed"]].assign(
        rewards=money / members,
        rewards_so_far=so_far / members,
        low=(so_far / members - half).clip(lower=0),
        high=so_far / members + half,
    )


def _running(running: pd.DataFrame, spent: pd.Series) -> Estimate | NotEnough:
    """The part of those followed in what was spent, by months of membership; months not known count as the others."""
    share = _known_share(running)
    if share < NEEDED_KNOWN or not spent.sum() > 0:
        return NotEnough("running_cost_known", 0, 1)
    rows = running.loc[spent.index]
    part = (rows["measured_months"] / rows["member_months"].where(rows["member_months"] > 0)).fillna(0.0)
    return Estimate(float((spent * part).sum()) / share, n=float(running["measured_months"].sum()))


def _known_share(running: pd.DataFrame) -> float:
    """Share of the months of membership of those followed with a known running cost."""
    months = running["measured_months"]
    return float(months[running["running"].notna()].sum() / months.sum()) if months.sum() > 0 else 0.0


def _owed(used: UsedShares | NotEnough, rewards: pd.DataFrame, held: float, value: float) -> Estimate | NotEnough:
    """What will still be used of the points credited, at face value."""
    if isinstance(used, NotEnough):
        return used
    credited, earned, redeemed = (float(rewards[name].sum()) for name in ("credited", "earned", "redeemed"))
    parts = ((earned, used.earned), (credited - earned, used.others))
    half = normal_quantile(LEVEL) * math.hypot(*(points * sd_behind(share) for points, share in parts))
    points = sum(points * share.value for points, share in parts)
    found = [value * min(max(each - redeemed, 0.0), held) for each in (points, points - half, points + half)]
    return Estimate(found[0], low=found[1], high=found[2], level=LEVEL, n=float(rewards["members"].max()))

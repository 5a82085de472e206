"""Whether members would hold a reward sooner at another rate of accrual, and what that rate costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.accrual import FEWEST, AccrualSpeed, accrual_speed
from retention_lib.models.margins import Margin

TODAY, REPLAYED = "today", "replayed"
MOST_APART = 0.05
"""Difference of the share there, by the ledger and with today's points added up by lot, that is not trusted."""

BOUGHT = "_bought"
"""How the name of a way ends that leaves out points given for anything but buying."""


class Pace(Protocol):
    """How points are earned by buying today, as `measures.accrual_rates.AccrualPace` says."""

    @property
    def rate(self) -> float:
        """Points for 100 of money."""

    @property
    def spent(self) -> float:
        """Money that members spent."""

    @property
    def valid_days(self) -> int | None:
        """Days that points are valid."""

    @property
    def typical_spend(self) -> float:
        """What the median member spends in these days."""

    @property
    def typical_members(self) -> int:
        """Members it rests on (count)."""

    @property
    def sales_year(self) -> float:
        """Members' purchases in the last 365 days."""

    @property
    def cuts(self) -> Sequence[float]:
        """Money spent so far at which a growing rate rises."""


class Replay(Protocol):
    """Members' purchases at other rates, as `measures.accrual_rates.ReplayedRewards` has them."""

    @property
    def pace(self) -> Pace:
        """How points are earned today."""

    @property
    def schemes(self) -> pd.DataFrame:
        """The rates: way, kind, rate, first."""

    @property
    def ways(self) -> pd.DataFrame:
        """The members' ways to a reward at each."""

    @property
    def proposed(self) -> bool:
        """Whether the flat rates were given."""


@dataclass(frozen=True, kw_only=True)
class GrowingRates:
    """The rates that grow with spend, as rows of `RateProposals.table` beside today's.

    Attributes:
        table: The rows of the kinds `today`, `same` and `growth`.
        horizon: Days after joining that the table is about.
        reward: Points of the smallest reward.
    """

    table: pd.DataFrame
    horizon: int
    reward: float

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


@dataclass(frozen=True, kw_only=True, eq=False)
class RateProposals:
    """The first reward at today's rate and at others.

    Attributes:
        table: One row a way to earn points, today's as it was first: way, kind (`today`; `same`: one rate for all at
            today's cost; `flat`: a proposed one; `growth`: rates that grow with spend, at the cost of the flat rate of
            the same mean), rate (mean points for 100 of money), first (those of the first third of purchases; missing
            for today's); share there within the horizon (with low and high), median orders and days, mean profit
            (money) of `accrual_speed`, with all points (`reaching`, ...) and with those earned by buying alone
            (`bought`, `bought_low`, `bought_orders`, ...); cost (money of points, at face value, for 100 of sales),
            more_a_year (what they cost more than today's on the sales of the last 365 days, money) and lift (by which
            share members would have to buy more for a proposal to pay for itself, if every point is used; infinite
            where it never does); missing where not known.
        curves: The share there by days since joining: way, kind, rate, bought (bool: by buying alone), days, share.
        horizon: Days after joining that the table is about.
        reward: Points of the smallest reward.
        rate: Today's points for 100 of money.
        valid_days: Days that earned points are valid; None where they do not expire.
        typical_points: Points that the median member earns by buying in these days (a year where they do not expire).
        typical_members: Members it rests on (count).
        cuts: Money spent so far at which a growing rate rises.
        apart: Share there when today's points are added up lot by lot, less the share by the ledger's own entries, in
            [-1, 1].
        members: Members whose joining is known (count).
        proposed: Whether the flat rates were given; otherwise they only show what a higher rate would do.
    """

    table: pd.DataFrame
    curves: pd.DataFrame = field(repr=False)
    horizon: int
    reward: float
    rate: float
    valid_days: int | None
    typical_points: float
    typical_members: int
    cuts: tuple[float, ...]
    apart: float
    members: int
    proposed: bool

    @property
    def growing(self) -> GrowingRates:
        """The rates that grow with spend."""
        table = self.table[self.table["kind"].isin(["today", "same", "growth"])].reset_index(drop=True)
        return GrowingRates(table=table, horizon=self.horizon, reward=self.reward)

    @property
    def trusted(self) -> bool:
        """Whether today's points, added up by lot, end where members really were."""
        return abs(self.apart) <= MOST_APART

    @property
    def expires_first(self) -> bool | None:
        """Whether the median member's points expire before they are enough; None where they never expire."""
        if self.valid_days is None or self.typical_members < FEWEST:
            return None
        return self.typical_points < self.reward

    def of(self, kind: str) -> pd.DataFrame:
        """The rows of a kind, in order."""
        return self.table[self.table["kind"] == kind]

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def rate_proposals(
    speed: AccrualSpeed | NotEnough,
    replay: Replay | NotEnough,
    *,
    margin: Margin | NotEnough,
    value: float | NotEnough,
) -> RateProposals | NotEnough:
    """Today's rate against proposed ones, on the same purchases.

    Args:
        speed: From `accrual.accrual_speed`.
        replay: From `measures.accrual_rates.replayed_rewards`.
        margin: From `margins.profit_margin`; for profit only.
        value: What a point pays, from `point_value.point_value`; for costs only.

    Returns:
        The comparison; NotEnough("points_earned") where purchases earn no points.
    """
    if isinstance(speed, NotEnough):
        return speed
    if isinstance(replay, NotEnough):
        return replay
    pace = replay.pace
    if replay.schemes.empty:
        return NotEnough("points_earned", 0, 1)
    found = _speeds(replay, speed, margin)
    # Buying alone is told by the points that were earned; all points, by the ledger itself.
    found |= {TODAY: speed, TODAY + BOUGHT: found[REPLAYED + BOUGHT]}
    today = pd.DataFrame([{"way": TODAY, "kind": TODAY, "rate": pace.rate, "first": float("nan")}])
    schemes = pd.concat([today, replay.schemes[replay.schemes["kind"] != REPLAYED]], ignore_index=True)
    profit = None if isinstance(margin, NotEnough) else margin.overall
    shares = pd.DataFrame([_row(scheme, found) for scheme in schemes.to_dict("records")])
    return RateProposals(
        table=shares.join(_costs(schemes, pace, value=_number(value), margin=_number(profit))),
        curves=_curves(schemes, found),
        horizon=speed.horizon,
        reward=speed.reward.points,
        rate=pace.rate,
        valid_days=pace.valid_days,
        typical_points=pace.typical_spend * pace.rate / 100,
        typical_members=pace.typical_members,
        cuts=tuple(pace.cuts),
        apart=found[REPLAYED].reaching.value - speed.reaching.value,
        members=speed.members,
        proposed=replay.proposed,
    )


def _speeds(replay: Replay, speed: AccrualSpeed, margin: Margin | NotEnough) -> dict[str, AccrualSpeed]:
    """The speed of each way; all members are the same, so that what is enough for one is enough for all."""
    parts = {way: accrual_speed(rows, speed.reward, margin=margin) for way, rows in replay.ways.groupby("way")}
    return {str(way): part for way, part in parts.items() if isinstance(part, AccrualSpeed)}


def _row(scheme: Any, found: dict[str, AccrualSpeed]) -> dict[str, Any]:
    """A row of the table, without costs."""
    alone = found.get(scheme["way"] + BOUGHT)
    return {**scheme} | _figures(found[scheme["way"]], "reaching", "") | _figures(alone, "bought", "bought_")


def _costs(schemes: pd.DataFrame, pace: Pace, *, value: float, margin: float) -> pd.DataFrame:
    """What each way costs, and by how much members would have to buy more for it.

    Of 100 of sales m is left as profit, c goes for points, and all sales bear the new rate c', those that would be made
    anyway too: (1 + lift) (m - c') = m - c.
    """
    more = (schemes["rate"] - pace.rate) / 100 * value
    left = margin - schemes["rate"] / 100 * value
    lift = (more / left.where(left > 0)).where(left > 0, math.inf).where(left.notna())
    return pd.DataFrame(
        {"cost": schemes["rate"] * value, "more_a_year": more * pace.sales_year, "lift": lift.where(more != 0, 0.0)}
    )


def _figures(speed: AccrualSpeed | None, share: str, start: str) -> dict[str, float]:
    """The figures of a way as columns; missing ones are NaN."""
    reaching = None if speed is None else speed.reaching
    bounds = {f"{start}{end}": _number(getattr(reaching, end, None)) for end in ("low", "high")}
    columns = {share: _number(reaching), **bounds}
    return columns | {
        f"{start}{name}": float("nan") if speed is None else _number(getattr(speed, name))
        for name in ("orders", "days", "profit")
    }


def _number(found: Estimate | NotEnough | float | None) -> float:
    """The value; NaN where there is none."""
    if isinstance(found, Estimate):
        return found.value
    return float("nan") if found is None or isinstance(found, NotEnough) else found


def _curves(schemes: pd.DataFrame, found: dict[str, AccrualSpeed]) -> pd.DataFrame:
    """The curves of all ways, one under the other."""
    told = [
        found[scheme["way"] + end]
        .curve[["days", "share"]]
        .assign(way=scheme["way"], kind=scheme["kind"], rate=scheme["rate"], bought=bool(end))
        for scheme in schemes.to_dict("records")
        for end in ("", BOUGHT)
        if scheme["way"] + end in found
    ]
    return pd.concat(told, ignore_index=True)[["way", "kind", "rate", "bought", "days", "share"]]

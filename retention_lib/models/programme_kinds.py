"""Which kind of programme pays: the lift in members' sales that a discount, points, or both need to break even.

Let members buy goods for 1 at list prices, of which m is gross profit, and let the programme raise what they buy by a
lift L. It costs c on all of these goods, also on those bought anyway, and pays when

    (1 + L)(m - c) = m,    so L = c / (m - c), and never where c >= m.

- *Discount*, d of the list price off at the till: c = d. A member pays 1 - d for goods that cost 1 - m.
- *Points*, b of what is paid credited, of which u is ever used. At face value each point used pays for goods that would
  have been bought for money: c = b u. At the cost of goods it buys goods on top, which cost 1 - m: c = b u (1 - m).
- *Both*: points are credited on what is paid, (1 - d), so c = d + b (1 - d) u at face value. At the cost of goods a
  point buys goods for 1 / (1 - d) at list prices, so c = d + b (1 - d) u (1 - m) / (1 - d) = d + b u (1 - m).

The truth of points lies between face value and the cost of goods. What running a programme costs comes on top.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotAsked, NotEnough, first_refusal
from retention_lib.models.intervals import normal_quantile, sd_behind
from retention_lib.models.margins import Margin

LEVEL = 0.90
"""Of all intervals here, as that of the redemption rate."""

LEVELS = (0.5, 1.0, 1.5, 2.0)
"""Sizes of the promise, in multiples of the one asked for."""

Kind = Literal["discount", "points", "points_goods", "combined", "today"]
KINDS: tuple[Kind, ...] = ("discount", "combined", "points", "points_goods")
"""A discount, half of both, points at face value, points at the cost of goods; by what they usually cost."""

_COLUMNS = ("kind", "size", "discount", "bonus", "cost", "cost_low", "cost_high", "lift", "lift_low", "lift_high")
_Cost = Callable[[float, float], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgrammeKinds:
    """The lift in members' sales that each kind of programme needs, on the store's own margin.

    Attributes:
        table: One row a kind and size: kind, size (multiple of the promise asked for), discount, bonus (shares of the
            price), cost, cost_low, cost_high (share of members' sales), lift, lift_low, lift_high (share; NaN where the
            cost reaches the margin, so that no lift pays). The kind "today", where it is known, has size 1.
        margin: Gross profit in a unit of sales.
        used: Share of points credited that are ever used; 1 where `used_known` is false.
        used_known: Whether that share is known; if not, all are counted as used, the most that points can cost.
        effect: The lift that today's programme is measured to have; NotEnough where none can be told.
        level: Of the intervals.
    """

    table: pd.DataFrame = field(repr=False)
    margin: Estimate
    used: Estimate
    used_known: bool
    effect: Estimate | NotEnough
    level: float

    @property
    def asked(self) -> pd.DataFrame:
        """The kinds at the promise asked for, and today's programme."""
        return self.table[self.table["size"] == 1].reset_index(drop=True)

    def of(self, kind: Kind) -> pd.Series | None:
        """One kind at the promise asked for; None where it is not known."""
        rows = self.asked[self.asked["kind"] == kind]
        return None if rows.empty else rows.iloc[0]

    @property
    def effect_shown(self) -> Estimate | None:
        """The measured lift where it is claimed."""
        return self.effect if isinstance(self.effect, Estimate) and self.effect.claimed else None

    def to_frame(self) -> pd.DataFrame:
        """The table of kinds."""
        return self.table


def programme_kinds(
    margin: Margin | NotEnough,
    redemption: Estimate | NotEnough,
    *,
    discount_share: float = 0.05,
    bonus_share: float = 0.05,
    effect: Estimate | NotEnough,
    today: float | NotEnough,
) -> ProgrammeKinds | NotEnough:
    """The lift that each kind of programme needs to break even.

    Args:
        margin: From `margins.profit_margin`.
        redemption: Share of points credited that will ever be used, in [0, 1]; where it is `NotEnough` all count as
            used.
        discount_share: Taken off the price, in [0, 1).
        bonus_share: Credited as points, share of what is paid at face value, in [0, 1).
        effect: The measured relative effect of today's programme on members' sales.
        today: What points paid today, as a share of members' sales, from `rewards_share`.

    Returns:
        The kinds; the `NotEnough` of the margin; a `NotAsked` redemption (no programme) itself; NotEnough
        ("margin_known") without a margin above 0.

    Raises:
        ValueError: A share is not in [0, 1).
    """
    if isinstance(margin, NotEnough):
        return margin
    if isinstance(redemption, NotAsked):
        return redemption
    for name, share in (("discount_share", discount_share), ("bonus_share", bonus_share)):
        if not 0 <= share < 1:
            msg = f"{name} is a share in [0, 1), not {share}"
            raise ValueError(msg)
    if margin.overall is None or margin.overall.value <= 0:
        return NotEnough("margin_known", 0, 1)
    used = Estimate(1.0) if isinstance(redemption, NotEnough) else redemption
    rows = [
        _row(kind, size, (size * discount_share, size * bonus_share), margin.overall, used)
        for size in LEVELS
        for kind in KINDS
        if size * max(discount_share, bonus_share) < 1
    ]
    if not isinstance(today, NotEnough):
        rows.append(_priced("today", 1.0, (0.0, math.nan), lambda _m, _u: today, (margin.overall, used)))
    return ProgrammeKinds(
        table=pd.DataFrame(rows, columns=list(_COLUMNS)),
        margin=margin.overall,
        used=used,
        used_known=isinstance(redemption, Estimate),
        effect=effect,
        level=LEVEL,
    )


def rewards_share(
    points: pd.DataFrame | NotEnough,
    *,
    value: float | NotEnough,
    rewards_in_sales: bool = False,
) -> float | NotEnough:
    """What points paid, as a share of what members bought while members.

    Args:
        points: From `measures.programme_costs.points_on_sales`.
        value: What a point pays (money), from `point_value.point_value`, for points used whose money is not known.
        rewards_in_sales: Whether sales are net of points used, so that these are added again.

    Returns:
        The share; the `NotEnough` that came in; NotEnough("sales_known") where members bought nothing.
    """
    if isinstance(points, NotEnough) or isinstance(value, NotEnough):
        return first_refusal(points, value)
    row = points.iloc[0]
    paid = float(row["paid"] + (row["redeemed"] - row["valued"]) * value)
    bought = float(row["revenue"]) + (paid if rewards_in_sales else 0.0)
    return paid / bought if bought > 0 else NotEnough("sales_known", 0, 1)


def needed_lift(margin: float, cost: float) -> float:
    """The lift in members' sales that pays a cost borne by all of them; NaN where none does.

    Args:
        margin: Gross profit in a unit of sales, before the programme.
        cost: Of the programme in a unit of sales.
    """
    return cost / (margin - cost) if cost < margin else math.nan


def _row(kind: Kind, size: float, shares: tuple[float, float], margin: Estimate, used: Estimate) -> dict[str, object]:
    """One kind at one size."""
    d, b = shares
    promises: dict[Kind, tuple[float, float]] = {"discount": (d, 0.0), "combined": (d / 2, b / 2)}
    off, back = promises.get(kind, (0.0, b))

    def cost(m: float, u: float) -> float:
        goods = 1 - m if kind == "points_goods" else 1.0
        return off + back * (1 - off) * u * goods

    return _priced(kind, size, (off, back), cost, (margin, used))


def _priced(
    kind: Kind, size: float, shares: tuple[float, float], cost: _Cost, known: tuple[Estimate, Estimate]
) -> dict[str, object]:
    """A kind's cost and needed lift with intervals, from those of the margin and of the share of points used.

    References:
        Zou and Donner (2008), Construction of confidence limits about effect measures, Statistics in Medicine 27 (the
        method of variance estimates recovery, here for a function of two independent estimates).
    """
    margin, used = (_bounds(estimate) for estimate in known)
    costs = _spread(cost, margin, used)
    lifts = _spread(lambda m, u: needed_lift(m, cost(m, u)), margin, used)
    values = (kind, size, *shares, *costs, *lifts)
    return dict(zip(_COLUMNS, values, strict=True))


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    """Value, lower and upper bound at `LEVEL`, a share kept in [0, 1]."""
    half = normal_quantile(LEVEL) * sd_behind(estimate)
    return estimate.value, max(estimate.value - half, 0.0), min(estimate.value + half, 1.0)


def _spread(
    function: _Cost, margin: tuple[float, float, float], used: tuple[float, float, float]
) -> tuple[float, float, float]:
    """A function of both with its bounds; NaN where it has none."""
    m, u = margin[0], used[0]
    value = function(m, u)
    moves = [[function(at, u) - value for at in margin[1:]], [function(m, at) - value for at in used[1:]]]
    if any(math.isnan(move) for each in moves for move in each):
        # A bound of the margin is reached by the cost: the lift has no upper bound.
        lowest = [min(0.0, *(move for move in each if not math.isnan(move)), 0.0) for each in moves]
        return value, max(value - math.hypot(*lowest), 0.0), math.nan
    low = value - math.hypot(*(min(0.0, *each) for each in moves))
    return value, low, value + math.hypot(*(max(0.0, *each) for each in moves))

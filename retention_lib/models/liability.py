"""What a programme owes for points: those that will still be used, times what a point costs.

    points owed = ultimate redemption rate x points credited - points redeemed,

at face value (what a point pays) and at the cost of the goods that it pays for. Points that will not be used cost
nothing.

References:
    IFRS 15 (2014), paragraphs B39 to B47: points are owed as far as customers are expected to use them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough, figures_frame, first_refusal
from retention_lib.models.margins import Margin
from retention_lib.models.point_value import PointValue
from retention_lib.models.redemption import Redemption


@dataclass(frozen=True, kw_only=True, eq=False)
class PointsLiability:
    """What is owed for points credited so far.

    Attributes:
        face: Money that points still to be used will pay.
        at_cost: What the goods cost that they will pay for; NotEnough("margin_known") where no margin is known.
        point_value: Money that a point pays.
        source: Where that is from: "redemptions" (money paid over points used, last 365 days) or "settings".
        margin: Gross margin that `at_cost` rests on, in [0, 1]; None where none is known.
        most: Money, if all points outstanding were used.
        beyond: Money of points older than any that were seen, all of which are in the upper bound and none in the lower
            one; 0 where nothing stands on an assumption.
        ahead: One row a month ahead: month (YYYY-MM), value, low, high (money, face value).
        redemption: The points.
    """

    face: Estimate
    at_cost: Estimate | NotEnough
    point_value: float
    source: Literal["redemptions", "settings"]
    margin: float | None
    most: float
    beyond: float
    ahead: pd.DataFrame
    redemption: Redemption

    @property
    def unused(self) -> float:
        """Money that points outstanding which will not be used would have paid."""
        return self.redemption.unused * self.point_value

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each; columns as in `figures_frame`."""
        return figures_frame(self)


def points_liability(
    redemption: Redemption | NotEnough,
    value: PointValue | NotEnough,
    *,
    margin: Margin | NotEnough,
) -> PointsLiability | NotEnough:
    """What is owed for the points credited so far, at face value and at the cost of goods.

    Args:
        redemption: From `redemption.redemption`.
        value: What a point pays, from `point_value.point_value`.
        margin: From `margins.profit_margin`.

    Returns:
        The money; the `NotEnough` that came in.
    """
    if isinstance(redemption, NotEnough) or isinstance(value, NotEnough):
        return first_refusal(redemption, value)
    money = value.money
    gross = None if isinstance(margin, NotEnough) else margin.overall
    tail = redemption.tail
    months = redemption.ahead
    face = _times(redemption.expected, money)
    return PointsLiability(
        face=face,
        at_cost=NotEnough("margin_known", 0, 1) if gross is None else _times(face, 1 - gross.value),
        point_value=money,
        source=value.source,
        margin=None if gross is None else gross.value,
        most=redemption.outstanding * money,
        beyond=0.0 if tail is None else tail.points * money,
        ahead=months[["month"]].assign(
            value=months["expected"] * money, low=months["low"] * money, high=months["high"] * money
        ),
        redemption=redemption,
    )


def _times(estimate: Estimate, factor: float) -> Estimate:
    """An estimate in another unit; a factor known so much better than points that its own error does not count."""
    low, high = ((0.0 if bound is None else bound) * factor for bound in (estimate.low, estimate.high))
    low, high = min(low, high), max(low, high)
    return Estimate(estimate.value * factor, low=low, high=high, level=estimate.level, n=estimate.n)

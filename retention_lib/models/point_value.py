"""What a point pays, in money: the one value that rewards, liability and rates of accrual are all told at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from retention_lib.estimates import NotEnough


@dataclass(frozen=True, kw_only=True)
class PointValue:
    """What a point pays when it is used.

    Attributes:
        money: Money, > 0.
        source: Where that is from: "redemptions" (money paid over points used, last 365 days) or "settings".
    """

    money: float
    source: Literal["redemptions", "settings"]


def point_value(
    payments: pd.DataFrame | NotEnough, *, given: float | Literal["auto"] = "auto"
) -> PointValue | NotEnough:
    """What a point pays: as given, or as the redemptions of the last 365 days paid.

    Args:
        payments: From `measures.redemption.points_paid`: one row, points (used, of known money) and paid (that money).
        given: Money, > 0; "auto" to take paid / points.

    Returns:
        The value; the `NotEnough` that came in; NotEnough("point_value_known") with "auto" where no redemption tells
        what it paid.

    Raises:
        ValueError: A given value is not above 0.
    """
    if isinstance(payments, NotEnough):
        return payments
    if given != "auto":
        if not (math.isfinite(given) and given > 0):
            msg = f"point_value is money above 0 or auto, not {given}"
            raise ValueError(msg)
        return PointValue(money=float(given), source="settings")
    points, paid = (float(payments[name].sum()) for name in ("points", "paid"))
    if not (points > 0 and paid > 0):
        return NotEnough("point_value_known", 0, 1)
    return PointValue(money=paid / points, source="redemptions")

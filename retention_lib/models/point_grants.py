"""What points were given for, how many of them were used, what that cost, and whom they brought to a first reward."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.intervals import normal_quantile

FEWEST = 30
"""Members (count) below which a reason is not judged."""

_LEVEL = 0.95
_ALL = "all"
Row = Mapping[Hashable, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class PointGrants:
    """Points credited, by what they were given for.

    Attributes:
        table: One row a kind and reason, those with most points first: kind (earn, grant, adjust), reason (empty where
            unknown), grants (lots), members (who got any; counts), each (points of a lot, mean), valid_days (median;
            missing where they do not expire), points (credited), share (of all points credited, in
            [0, 1]), used with used_low and used_high (share redeemed of the lots that are over, in [0, 1]; missing
            where none is, or their members are fewer than 30), expired (share of them that expired or was forfeited),
            cost (money of what was redeemed so far, at face value; missing where a point's value is not known), helped
            (members who came to their first reward and would not have had enough that day without these points) and
            helped_share (of all who came to it); thin (fewer than 30 members).
        used: Share redeemed of all points in lots that are over.
        expired: Share of them that expired or was forfeited unused.
        points: All points credited.
        granted: Share of them that was given away, and not for buying, in [0, 1].
        gifts_used: Share redeemed of the points given away in lots that are over; None where none is.
        dated: Whether points have dates of expiry; without, no lot is ever over, and shares are those so far.
        reached: Members who came to a first reward, of those whose joining is known (count).
        members: Members who were credited with points (count).
    """

    table: pd.DataFrame
    used: Estimate | NotEnough
    expired: Estimate | NotEnough
    points: float
    granted: float
    gifts_used: float | None
    dated: bool
    reached: int
    members: int

    def to_frame(self) -> pd.DataFrame:
        """The table."""
        return self.table


def point_grants(granted: pd.DataFrame | NotEnough, *, value: float | NotEnough) -> PointGrants | NotEnough:
    """Points by what they were given for.

    Args:
        granted: From `measures.point_grants.granted_points`.
        value: What a point pays, from `point_value.point_value`; for the cost only.

    Returns:
        The points; NotEnough("points_credited") where none were.
    """
    if isinstance(granted, NotEnough):
        return granted
    rows = granted.to_dict("records")
    whole = next((row for row in rows if row["kind"] == _ALL), None)
    if whole is None or whole["points"] <= 0:
        return NotEnough("points_credited", 0, 1)
    paid = float("nan") if isinstance(value, NotEnough) else value
    table = pd.DataFrame([_row(row, whole, paid) for row in rows if row["kind"] != _ALL])
    return PointGrants(
        table=table.sort_values("points", ascending=False, kind="stable", ignore_index=True),
        used=_share(whole, "redeemed"),
        expired=_share(whole, "expired"),
        points=float(whole["points"]),
        granted=float(table.loc[table["kind"] == "grant", "points"].sum() / whole["points"]),
        gifts_used=_gifts_used(rows),
        dated=bool(whole["dated"] > 0),
        reached=int(whole["reached"]),
        members=int(whole["members"]),
    )


def _gifts_used(rows: list[dict[Hashable, Any]]) -> float | None:
    """Redeemed of gifts that are over."""
    gifts = [row for row in rows if row["kind"] == "grant"]
    over = float(sum(row["over"] for row in gifts))
    return float(sum(row["over_redeemed"] for row in gifts)) / over if over > 0 else None


def _row(row: Row, whole: Row, value: float) -> dict[str, Any]:
    used, expired = _share(row, "redeemed"), _share(row, "expired")
    none = float("nan")
    return {
        **{name: row[name] for name in ("kind", "reason", "grants", "members", "points")},
        "each": row["points"] / row["grants"] if row["grants"] else none,
        "valid_days": row["valid_days"],
        "share": row["points"] / whole["points"],
        "used": none if isinstance(used, NotEnough) else used.value,
        "used_low": none if isinstance(used, NotEnough) or used.low is None else used.low,
        "used_high": none if isinstance(used, NotEnough) or used.high is None else used.high,
        "expired": none if isinstance(expired, NotEnough) else expired.value,
        "cost": row["redeemed"] * value,
        "helped": row["helped"],
        "helped_share": row["helped"] / row["reached"] if row["reached"] else none,
        "thin": row["members"] < FEWEST,
    }


def _share(row: Row, part: str) -> Estimate | NotEnough:
    """The share of points in lots that are over, as a ratio of sums over members (by the delta method)."""
    over, n = float(row["over"]), int(row["members"])
    if over <= 0:
        return NotEnough("points_over", 0, 1)
    if n < FEWEST:
        return NotEnough("members_with_points", n, FEWEST)
    share = float(row[f"over_{part}"]) / over
    squares = row[f"{part}_squares"] - 2 * share * row[f"{part}_products"] + share**2 * row["over_squares"]
    half = normal_quantile(_LEVEL) * math.sqrt(max(float(squares), 0.0)) / over
    return Estimate(share, low=max(0.0, share - half), high=min(1.0, share + half), level=_LEVEL, n=n)

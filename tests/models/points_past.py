"""A past of points made by hand or by chance, in the form of `measures.redemption.point_triangle`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

FIRST = 54 * 12  # January 2024, in months since January 1970
COLUMNS = ["bucket", "validity", "cohort", "age", "customers", "credited", "redeemed", "lost", "redemptions"]


def month_start(month: int) -> date:
    return date(1970 + month // 12, month % 12 + 1, 1)


def steady_past(
    used: Sequence[float],
    lost: Sequence[float],
    *,
    months: int = 18,
    factors: np.ndarray | None = None,
    credited: float = 1_000.0,
    validity: int = 6,
    buckets: int = 2,
) -> pd.DataFrame:
    """A past without chance: each month credits so many points to each bucket; shares of those alive go at each age.

    Args:
        used: Share used by age, in a month of a factor of 1.
        lost: Share lost by age.
        months: Months seen, from January 2024 on.
        factors: Of each month, its length in it; 1 if omitted.
        credited: Points of a bucket and month.
        validity: In months.
        buckets: How many, all alike.
    """
    path, rows = np.ones(months) if factors is None else factors, []
    for cohort in range(months):
        alive = credited
        for age in range(min(len(used), months - cohort)):
            rate = used[age] * path[cohort + age]
            redeemed, gone = alive * rate, alive * min(lost[age], 1 - rate)
            some = (50, credited) if age == 0 else (0, 0.0)
            row = (validity, FIRST + cohort, age, *some, redeemed, gone, 10 if redeemed else 0)
            rows += [(bucket, *row) for bucket in range(buckets)]
            alive -= redeemed + gone
    return pd.DataFrame(rows, columns=COLUMNS).assign(until=month_start(FIRST + months))


def month_lengths(months: int, *, first: int = FIRST) -> np.ndarray:
    """Days of months over their mean, 30.4375."""
    starts = (first + np.arange(months + 1)).astype("datetime64[M]").astype("datetime64[D]")
    return np.diff(starts).astype(float) / 30.4375

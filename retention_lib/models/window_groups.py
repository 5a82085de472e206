"""Whether one window does for everybody: the window of groups of customers beside the store's own.

By category the groups are held against the store's own window. By purchases they are only shown: the gaps come from the
same twelve months as the purchases, so that many purchases leave room for short gaps only, and customers of one and the
same rhythm have different windows by arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.lapse import MINIMUM_CUSTOMERS, LapseWindow, gap_quantile

By = Literal["purchases", "category"]


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowGroups:
    """The lapse window of each group of customers.

    Attributes:
        table: One row a group, those with the longest window first, groups too small to judge last: group
            (text), customers (judged by the rule, count), at_risk, lapse (days; missing where not reached), low,
            high (of lapse; `high` missing where the silence of too many is longer than their rhythm shows), thin
            (bool: fewer than 30 customers), differs (bool: the interval leaves out the store's own window; missing by
            purchases, where that says nothing).
        by: What makes the groups: purchases in the look-back, or the category with most of a customer's spend.
        lapse_days: The store's own window.
        level: Confidence level of each interval, so that all of them together hold with 95 %.
    """

    table: pd.DataFrame
    by: By
    lapse_days: int
    level: float

    @property
    def differing(self) -> pd.DataFrame:
        """The groups for which the store's own window does not do; none by purchases."""
        return self.table.loc[self.table["differs"].fillna(value=False)].reset_index(drop=True)

    @property
    def judged(self) -> pd.DataFrame:
        """The groups with enough customers."""
        return self.table.loc[~self.table["thin"]].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """The table of groups."""
        return self.table


def window_groups(
    gaps: pd.DataFrame | NotEnough, *, window: LapseWindow | NotEnough, by: By
) -> WindowGroups | NotEnough:
    """The window of each group by the rule of `lapse.lapse_window`.

    Args:
        gaps: Columns group (text), gap_p80, reached and customers as for `lapse.lapse_window`.
        window: The store's own window.
        by: What makes the groups.

    Returns:
        The windows; NotEnough("window_groups") where fewer than two groups have 30 customers to judge,
        NotEnough("categories_to_compare") where there are no categories.
    """
    if isinstance(gaps, NotEnough):
        return gaps
    if isinstance(window, NotEnough):
        return window
    if gaps.empty and by == "category":
        return NotEnough("categories_to_compare", 0, 1)
    sizes = gaps.groupby("group")["customers"].sum()
    judged = int((sizes >= MINIMUM_CUSTOMERS).sum())
    if judged < 2:
        return NotEnough("window_groups", judged, 2)
    level = 1 - 0.05 / judged  # Bonferroni's correction
    rows = [_row(str(name), gaps.loc[gaps["group"] == name], window.lapse_days, level) for name in sizes.index]
    table = pd.DataFrame(rows).sort_values(
        ["thin", "lapse", "group"], ascending=[True, False, True], na_position="first", ignore_index=True
    )
    if by == "purchases":
        table["differs"] = pd.array([None] * len(table), dtype="boolean")
    return WindowGroups(table=table, by=by, lapse_days=window.lapse_days, level=level)


def _row(name: str, gaps: pd.DataFrame, lapse_days: int, level: float) -> dict[str, object]:
    """A group's window, and whether its interval leaves out the store's."""
    customers = int(gaps["customers"].sum())
    at_risk, lapse = (gap_quantile(gaps, share=share, level=level) for share in (0.5, 0.8))
    thin = customers < MINIMUM_CUSTOMERS
    low, high = _bound(lapse, "low"), _bound(lapse, "high")
    return {
        "group": name,
        "customers": customers,
        "at_risk": at_risk.value if isinstance(at_risk, Estimate) else np.nan,
        "lapse": lapse.value if isinstance(lapse, Estimate) else np.nan,
        "low": low,
        "high": high,
        "thin": thin,
        # A missing bound is NaN and leaves nothing out.
        "differs": not thin and bool(low > lapse_days or high < lapse_days),
    }


def _bound(lapse: Estimate | NotEnough, side: Literal["low", "high"]) -> float:
    """A bound of the interval; NaN where there is none."""
    bound = getattr(lapse, side) if isinstance(lapse, Estimate) else None
    return np.nan if bound is None else float(bound)

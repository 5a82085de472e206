"""Whether customers were split over the arms of a test as planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough, unit_of

SAMPLE_RATIO_LIMIT = 0.001
MINIMUM_EXPECTED = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleRatio:
    """Whether the arms have the sizes they were meant to have.

    Attributes:
        statistic: Pearson's chi-squared.
        p: Its p-value.
        broken: p below .001: the split is not what was planned, and no effect may be claimed.
        table: One row an arm: arm, customers, expected (counts), share, expected_share (in [0, 1]).
        unit: What `customers` counts: `customer` or `household`.
    """

    statistic: float
    p: float
    broken: bool
    table: pd.DataFrame
    unit: str = "customer"

    @property
    def customers(self) -> int:
        """Customers, or households, in all arms (count)."""
        return int(self.table["customers"].sum())

    def to_frame(self) -> pd.DataFrame:
        """The table of arms."""
        return self.table


def sample_ratio(
    counts: pd.DataFrame | Mapping[str, int] | NotEnough, *, expected: Mapping[str, float] | None = None
) -> SampleRatio | NotEnough:
    """Whether customers were split over the arms as planned.

    Args:
        counts: Customers by arm, as a mapping or as columns arm, customers and, where they are households, unit.
        expected: Planned ratio by arm, of any sum; equal arms if omitted. A planned arm that nobody is in
            counts as empty.

    Returns:
        The chi-squared test; NotEnough("arms") below two arms, NotEnough("customers_expected_per_arm")
        when an arm should hold fewer than five.

    Raises:
        ValueError: An arm is in counts but not planned, or a ratio is not positive.
    """
    if isinstance(counts, NotEnough):
        return counts
    unit = unit_of(counts)
    if isinstance(counts, pd.DataFrame):
        counts = dict(zip(counts["arm"], counts["customers"], strict=True))
    ratio = dict.fromkeys(counts, 1.0) if expected is None else dict(expected)
    unplanned = [arm for arm in counts if arm not in ratio]
    if unplanned or any(not part > 0 for part in ratio.values()):
        msg = f"every arm needs a planned ratio above 0; planned: {ratio}, found: {list(counts)}"
        raise ValueError(msg)
    if len(ratio) < 2:
        return NotEnough("arms", len(ratio), 2)
    found = np.array([counts.get(arm, 0) for arm in ratio], dtype=float)
    planned = np.array(list(ratio.values())) / sum(ratio.values())
    total = found.sum()
    if (total * planned).min() < MINIMUM_EXPECTED:
        return NotEnough("customers_expected_per_arm", float((total * planned).min()), MINIMUM_EXPECTED)
    return _sample_ratio(list(ratio), found, planned, unit=unit)


def _sample_ratio(arms: list[str], found: np.ndarray, planned: np.ndarray, *, unit: str) -> SampleRatio:
    """Pearson's test of the found against the planned split."""
    from scipy.special import chdtrc

    wanted = found.sum() * planned
    statistic = float(((found - wanted) ** 2 / wanted).sum())
    p = float(chdtrc(len(arms) - 1, statistic))
    table = pd.DataFrame({"arm": arms, "customers": found.astype("int64"), "expected": wanted})
    table = table.assign(share=found / found.sum(), expected_share=planned)
    return SampleRatio(statistic=statistic, p=p, broken=p < SAMPLE_RATIO_LIMIT, table=table, unit=unit)

"""Whether the newest customers are better or worse than those before, at the same age."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.cohort_sums import AgeMeans, CohortSums, Grain, Measure, age_means, period_label
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, CohortTriangles
from retention_lib.models.intervals import holm_adjusted, normal_quantile, share_difference
from retention_lib.models.segments import SIGNIFICANCE, p_against_rest

TELLING_CUSTOMERS = 100  # in each of two groups, to say that no difference is clear
_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """What is compared for a kind of period: how many of the newest cohorts, with how many before, at which ages."""

    newest: int
    before: int
    ages: tuple[int, ...]


COMPARED: Mapping[Grain, _Compared] = MappingProxyType(
    {
        "month": _Compared(newest=3, before=12, ages=(0, 1, 3, 6, 12)),
        "week": _Compared(newest=4, before=52, ages=(0, 1, 4, 13, 26)),
        "quarter": _Compared(newest=1, before=4, ages=(0, 1, 2, 4)),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortChange:
    """The newest cohorts against those before, at the same ages; only periods that are over.

    At each age the newest are the last cohorts seen through it, so that they are other ones at another age.

    Attributes:
        by: The period.
        measure: "gross_profit" or "revenue", of the rows of kind "value".
        table: One row a kind and age: kind ("value": money a customer up to and including that age; "retention": share
            that bought at that age), age, newest_from, newest_to, before_from, before_to (cohorts, text),
            newest_customers, before_customers (counts), newest, before, difference, low, high (95 %), p (two-sided;
            NaN: nothing varies), p_adjusted (Holm over all rows), differs (p_adjusted below .05).
        left_out: Cohorts left out, as they may hold customers won before the data begin.
    """

    by: Grain
    measure: Measure
    table: pd.DataFrame
    left_out: tuple[str, ...]

    @property
    def strongest(self) -> pd.Series | None:
        """The row that differs with the smallest p-value, the oldest age of several; None when none does."""
        apart = self.table.loc[self.table["differs"]].sort_values(["p", "age"], ascending=[True, False])
        return None if apart.empty else apart.iloc[0]

    @property
    def oldest_telling(self) -> pd.Series | None:
        """The money at the highest age at which both groups have 100 customers; None where they never have."""
        enough = self.table[["newest_customers", "before_customers"]].min(axis=1) >= TELLING_CUSTOMERS
        rows = self.table.loc[(self.table["kind"] == "value") & enough]
        return None if rows.empty else rows.iloc[-1]

    def agreeing(self, row: pd.Series) -> int:
        """At how many ages the same kind differs, beyond chance, in the same direction as the given row."""
        same = np.sign(self.table["difference"]) == np.sign(row["difference"])
        return int((same & self.table["differs"] & (self.table["kind"] == row["kind"])).sum())

    def to_frame(self) -> pd.DataFrame:
        """The table of comparisons."""
        return self.table


def cohort_change(cohorts: CohortTriangles | NotEnough) -> CohortChange | NotEnough:
    """The newest cohorts against those before, paired by age.

    Args:
        cohorts: From `cohorts.cohort_triangles`.

    Returns:
        The comparisons; NotEnough("cohorts_to_compare") with fewer than two cohorts of 30 customers that are seen
        through the same age.

    References:
        Newcombe (1998), method 10, for shares; Welch (1947) for money.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    pooled = cohorts.pooled
    judged = pooled.chosen(pooled.sizes >= NEEDED_CUSTOMERS)
    rows: list[dict[str, Any]] = []
    for age in COMPARED[cohorts.by].ages:
        pair = _pair(judged, age, COMPARED[cohorts.by])
        if pair is None:
            continue
        rows.append({**_about(pair, age, cohorts.by), "kind": "value", **_money(pair, age)})
        if age > 0:
            rows.append({**_about(pair, age, cohorts.by), "kind": "retention", **_shares(pair, age)})
    if not rows:
        return NotEnough("cohorts_to_compare", int(judged.whole[:, 0].sum()) if judged.ages else 0, 2)
    table = pd.DataFrame(rows)
    adjusted = holm_adjusted(table["p"].to_numpy(dtype=float))
    table = table.assign(p_adjusted=adjusted, differs=adjusted < SIGNIFICANCE)
    names = ["kind", "age", *(name for name in table.columns if name not in ("kind", "age"))]
    return CohortChange(
        by=cohorts.by,
        measure=cohorts.measure,
        table=table[names].sort_values(["kind", "age"], ascending=[False, True], ignore_index=True),
        left_out=cohorts.opening,
    )


def mean_difference(first: AgeMeans, second: AgeMeans, age: int) -> dict[str, float]:
    """Difference of two groups' mean values up to an age: difference, low, high (95 %) and p; NaN without an error.

    Args:
        first: The one group, seen through the age.
        second: The other.
        age: The age.

    References:
        Welch (1947), with the normal quantile: groups have 30 customers or more.
    """
    difference = float(first.value[age] - second.value[age])
    error = math.hypot(float(first.error[age]), float(second.error[age]))
    if not error > 0:
        none = float("nan")
        return {"difference": difference, "low": none, "high": none, "p": none}
    half = normal_quantile(_LEVEL) * error
    p = math.erfc(abs(difference) / error / math.sqrt(2))
    return {"difference": difference, "low": difference - half, "high": difference + half, "p": p}


def _pair(sums: CohortSums, age: int, compared: _Compared) -> tuple[CohortSums, CohortSums] | None:
    """The newest cohorts seen through an age and those before; None where there are not two."""
    if age >= sums.ages:
        return None
    old = np.flatnonzero(sums.whole[:, age])
    # Of few cohorts a third is new, so that the newest are always compared with more than themselves.
    newest = min(compared.newest, max(1, len(old) // 3))
    earlier = old[:-newest][-compared.before :]
    return None if earlier.size == 0 else (sums.chosen(old[-newest:]), sums.chosen(earlier))


def _about(pair: tuple[CohortSums, CohortSums], age: int, by: Grain) -> dict[str, Any]:
    found: dict[str, Any] = {"age": age}
    for name, sums in zip(("newest", "before"), pair, strict=True):
        ends = [period_label(sums.cohorts[place], by) for place in (0, -1)]
        found |= {f"{name}_from": ends[0], f"{name}_to": ends[1], f"{name}_customers": int(sums.sizes.sum())}
    return found


def _money(pair: tuple[CohortSums, CohortSums], age: int) -> dict[str, float]:
    newest, before = (age_means(sums.until_age(age)) for sums in pair)
    values = {"newest": float(newest.value[age]), "before": float(before.value[age])}
    return values | mean_difference(newest, before, age)


def _shares(pair: tuple[CohortSums, CohortSums], age: int) -> dict[str, float]:
    (active, base), (before, before_base) = ((int(each.active[:, age].sum()), int(each.sizes.sum())) for each in pair)
    found = share_difference(active, base, before, before_base, level=_LEVEL)
    if isinstance(found, NotEnough) or found.low is None or found.high is None:
        raise ValueError("a cohort without a customer is not compared")
    p = p_against_rest(active, base, active + before, base + before_base)
    shares = {"newest": active / base, "before": before / before_base}
    return {**shares, "difference": found.value, "low": found.low, "high": found.high, "p": p}

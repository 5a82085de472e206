"""What customers bring by how they were won: channel, first category, discount on the first order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohort_changes import mean_difference
from retention_lib.models.cohort_sums import CohortSums, Grain, Measure, age_means, cohort_sums, period_label
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, CohortTriangles
from retention_lib.models.intervals import holm_adjusted, wilson
from retention_lib.models.payback import paid_back, ratio_to, value_at
from retention_lib.models.segments import SIGNIFICANCE

COHORT = "cohort"
"""The dimension of `cohort_ranks`."""

COMMON_PERIODS: Mapping[Grain, tuple[int, ...]] = MappingProxyType(
    {"month": (12, 6, 3, 1), "week": (52, 26, 13, 4, 1), "quarter": (4, 2, 1)}
)
"""Periods that groups are compared over; the longest for which a third of the customers are old enough."""

_OLD_ENOUGH, _MOST = 1 / 3, 2 / 3
_NONE = float("nan")


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupValues:
    """Customers by how they were won, all compared at the same age, each group with the others of its split.

    Who was won how is not drawn by lot: the figures compare those who came, and do not show what a discount does.

    Attributes:
        by: The period.
        measure: "gross_profit" or "revenue".
        periods: Calendar periods compared, the first purchase's own among them.
        table: One row a split and group, the best of a split first and thin groups last (cohorts: newest first):
            dimension, segment (text; empty: not known), customers (of cohorts old enough), value, low, high (money a
            customer over the periods, 95 %), again, again_low, again_high (share with a second purchase in them,
            Wilson), rest (the others of the split of whom it is known), rest_value, difference, difference_low,
            difference_high (95 %), p_adjusted (Holm over all groups tested; two groups of a split are one test; NaN =
            not tested), differs (p_adjusted below .05), thin (fewer than 30 customers here or in the rest), cost,
            own_cost (cost of winning a customer, and whether it is the group's own; NaN where not known), ratio,
            ratio_low, ratio_high (value / cost; NaN likewise, and of revenue), payback, payback_low, payback_high
            (periods until paid back; NaN: not yet in those seen), seen (periods seen of 30 customers).
        missing: Splits asked for that the store does not know.
        tests: How many comparisons were made.
        customers: Customers of the cohorts old enough.
        left_out: Cohorts left out, as they may hold customers won before the data begin.
    """

    by: Grain
    measure: Measure
    periods: int
    table: pd.DataFrame
    missing: tuple[str, ...]
    tests: int
    customers: int
    left_out: tuple[str, ...]

    def of(self, dimension: str) -> pd.DataFrame:
        """The rows of one split.

        Args:
            dimension: Its name.
        """
        return self.table.loc[self.table["dimension"] == dimension]

    def to_frame(self) -> pd.DataFrame:
        """The table of groups."""
        return self.table


def group_values(
    cells: pd.DataFrame | NotEnough,
    cohorts: CohortTriangles | NotEnough,
    *,
    cost: AcquisitionCost | NotEnough,
    splits: Sequence[str],
) -> GroupValues | NotEnough:
    """What customers of each group brought over the same time, and when they paid back.

    Args:
        cells: Columns dimension, segment and those of the cells of `cohorts.cohort_triangles`.
        cohorts: Of all customers, from `cohorts.cohort_triangles`.
        cost: From `acquisition.acquisition_cost`.
        splits: The splits asked for, in the order to show them.

    Returns:
        The groups; NotEnough("splits_known") where the store knows none of the splits, NotEnough("cohort_customers")
        where fewer than 30 customers are old enough for the shortest time.
    """
    if isinstance(cells, NotEnough):
        return cells
    if isinstance(cohorts, NotEnough):
        return cohorts
    known = [name for name in splits if (cells["dimension"] == name).any()]
    if not known:
        return NotEnough("splits_known", 0, 1)
    pooled = cohorts.pooled
    periods = _common(pooled, cohorts.by)
    if periods is None:
        return NotEnough("cohort_customers", int(pooled.sizes.max(initial=0)), NEEDED_CUSTOMERS)
    groups = {
        name: {
            str(segment): _pooled(part, cohorts)
            for segment, part in cells.loc[cells["dimension"] == name].groupby("segment", sort=True)
        }
        for name in known
    }
    missing = tuple(name for name in splits if name not in known)
    return _valued(groups, cohorts, cost=cost, periods=periods, missing=missing)


def cohort_ranks(cohorts: CohortTriangles | NotEnough, *, cost: AcquisitionCost | NotEnough) -> GroupValues | NotEnough:
    """Each cohort over the same time, beside all the others: the same as `group_values` with cohorts as groups.

    Args:
        cohorts: From `cohorts.cohort_triangles`.
        cost: From `acquisition.acquisition_cost`.

    Returns:
        One dimension, `COHORT`; NotEnough("cohorts_to_compare") with fewer than two cohorts of 30 customers old enough.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    pooled = cohorts.pooled
    periods = _common(pooled, cohorts.by, share=_MOST)
    judged = 0 if periods is None else int((pooled.whole[:, periods - 1] & (pooled.sizes >= NEEDED_CUSTOMERS)).sum())
    if periods is None or judged < 2:
        return NotEnough("cohorts_to_compare", judged, 2)
    names = [period_label(period, cohorts.by) for period in pooled.cohorts]
    groups = {name: pooled.chosen(np.array([place])) for place, name in enumerate(names)}
    old = {name: sums for name, sums in groups.items() if sums.whole[0, periods - 1]}
    return _valued({COHORT: old}, cohorts, cost=cost, periods=periods, missing=())


def _valued(
    splits: Mapping[str, Mapping[str, CohortSums]],
    cohorts: CohortTriangles,
    *,
    cost: AcquisitionCost | NotEnough,
    periods: int,
    missing: tuple[str, ...],
) -> GroupValues:
    """The groups of all splits over the same time."""
    spent = cost if isinstance(cost, AcquisitionCost) and cohorts.measure == "gross_profit" else None
    rows: list[dict[str, Any]] = [
        {
            "dimension": name,
            "segment": segment,
            **_group(groups, segment, periods),
            **_paid(sums, name, segment, periods, spent),
        }
        for name, groups in splits.items()
        for segment, sums in groups.items()
    ]
    table, tests = _tested(pd.DataFrame(rows))
    pooled = cohorts.pooled
    return GroupValues(
        by=cohorts.by,
        measure=cohorts.measure,
        periods=periods,
        table=_ordered(table, list(splits)),
        missing=missing,
        tests=tests,
        customers=int(pooled.sizes[pooled.whole[:, periods - 1]].sum()),
        left_out=cohorts.opening,
    )


def _common(sums: CohortSums, by: Grain, *, share: float = _OLD_ENOUGH) -> int | None:
    """The longest time for which that share of the customers are old enough."""
    for periods in COMMON_PERIODS[by]:
        if periods <= sums.ages:
            old = int(sums.sizes[sums.whole[:, periods - 1]].sum())
            if old >= max(NEEDED_CUSTOMERS, share * int(sums.sizes.sum())):
                return periods
    return None


def _pooled(cells: pd.DataFrame, cohorts: CohortTriangles) -> CohortSums:
    """A group's sums, of the cohorts counted and over the ages of all customers."""
    sums = cohort_sums(
        cells, by=cohorts.by, until=cohorts.until, margin=cohorts.pricing.margin, last_age=cohorts.sums.ages - 1
    )
    return sums.chosen(sums.cohorts.isin(cohorts.pooled.cohorts))


def _old(sums: CohortSums, periods: int) -> CohortSums:
    return sums.chosen(sums.whole[:, periods - 1]).until_age(periods - 1)


def _group(groups: Mapping[str, CohortSums], segment: str, periods: int) -> dict[str, Any]:
    """A group over the common time, beside the others of its split of whom it is known."""
    own = _old(groups[segment], periods)
    others = [_old(sums, periods) for name, sums in groups.items() if name not in (segment, "")]
    customers, rest = int(own.sizes.sum()), sum(int(sums.sizes.sum()) for sums in others)
    thin = customers < NEEDED_CUSTOMERS
    found: dict[str, Any] = {"customers": customers, "rest": rest, "thin": thin or rest < NEEDED_CUSTOMERS}
    found |= dict.fromkeys(("value", "low", "high", "again", "again_low", "again_high"), _NONE)
    found |= dict.fromkeys(("rest_value", "difference", "difference_low", "difference_high", "p"), _NONE)
    if customers == 0:
        return found
    means, age = age_means(own), periods - 1
    found["value"] = float(means.value[age])
    if not thin:
        value = value_at(means, age)
        found |= {"low": value.low, "high": value.high}
    again = wilson(int(own.again.sum()), customers)
    if isinstance(again, Estimate):
        found |= {"again": again.value, "again_low": again.low, "again_high": again.high}
    if rest:
        together = age_means(_joined(others))
        found["rest_value"] = float(together.value[age])
        if not found["thin"] and segment != "":
            apart = mean_difference(means, together, age)
            found |= {"difference": apart["difference"], "p": apart["p"]}
            found |= {"difference_low": apart["low"], "difference_high": apart["high"]}
    return found


def _joined(parts: Sequence[CohortSums]) -> CohortSums:
    """The cohorts of several groups one below the other."""
    first = parts[0]
    for part in parts[1:]:
        first = first.beside(part)
    return first


def _paid(
    sums: CohortSums, dimension: str, segment: str, periods: int, spent: AcquisitionCost | None
) -> dict[str, Any]:
    """What winning a customer of the group cost, and when it was paid back."""
    names = ("cost", "ratio", "ratio_low", "ratio_high", "payback", "payback_low", "payback_high", "seen")
    found: dict[str, Any] = dict.fromkeys(names, _NONE) | {"own_cost": False}
    if spent is None or sums.sizes.sum() < NEEDED_CUSTOMERS:
        return found
    own = spent.of_group(dimension, segment)
    cost = spent.per_customer if own is None else own
    means = age_means(sums)
    paid = paid_back(means, cost)
    found |= {"cost": cost.value, "own_cost": own is not None, "seen": paid.seen}
    steps = {"payback": paid.periods, "payback_low": paid.low, "payback_high": paid.high}
    found |= {name: _NONE if value is None else value for name, value in steps.items()}
    old = _old(sums, periods)
    if cost.value > 0 and int(old.sizes.sum()) >= NEEDED_CUSTOMERS:
        ratio = ratio_to(value_at(age_means(old), periods - 1), cost)
        found |= {"ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high}
    return found


def _tested(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The table with corrected p-values; the two groups of a split of two are one and the same test."""
    stated = table["segment"] != ""
    levels = stated.groupby(table["dimension"]).transform("sum")
    again = (levels == 2) & stated & table.where(stated).duplicated("dimension")
    p = table["p"].to_numpy(dtype=float)
    once = np.where(again.to_numpy(), np.nan, p)
    adjusted = pd.Series(holm_adjusted(once), index=table.index)
    pair = adjusted.where(levels == 2).groupby(table["dimension"]).transform("max")
    adjusted = adjusted.where(~again, pair).where(table["p"].notna())
    differs = (adjusted < SIGNIFICANCE).to_numpy()
    return table.assign(p_adjusted=adjusted, differs=differs).drop(columns="p"), int(np.isfinite(once).sum())


def _ordered(table: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """Splits as asked for; in each the best group first, thin ones last; cohorts from the newest to the oldest."""
    place = table["dimension"].map({name: place for place, name in enumerate(known)})
    keys = table.assign(place=place, size=table["value"].fillna(-np.inf).round(9))
    if COHORT in known:
        keys = keys.assign(thin=False, size=table["segment"])
    order = keys.sort_values(["place", "thin", "size", "segment"], ascending=[True, True, False, True]).index
    names = ["dimension", "segment", "customers", "value", "low", "high", "again", "again_low", "again_high", "rest"]
    names += ["rest_value", "difference", "difference_low", "difference_high", "p_adjusted", "differs", "thin", "cost"]
    names += ["own_cost", "ratio", "ratio_low", "ratio_high", "payback", "payback_low", "payback_high", "seen"]
    return table.loc[order, names].reset_index(drop=True)

"""Outcomes by arm of an experiment that arrives with its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from retention_lib.measures.units import CUSTOMERS, Unit, Units


@dataclass(frozen=True, kw_only=True)
class MixedUnits:
    """Households, or customers, that are in two arms and so in none.

    Attributes:
        unit: What one unit is.
        assigned: Units in any arm (count).
        mixed: Of them, in two arms or more, left out of every comparison (count).
    """

    unit: Unit
    assigned: int
    mixed: int

    def to_frame(self) -> pd.DataFrame:
        """The counts as one row."""
        return pd.DataFrame([vars(self)])


def mixed_units(assignments: ibis.Table, experiment_id: str, *, units: Units = CUSTOMERS) -> MixedUnits:
    """How many units have members in two arms.

    Args:
        assignments: The store's `assignments`.
        experiment_id: The experiment.
        units: Who counts as one.
    """
    placed = _placed(assignments, experiment_id, units)
    counts = placed.aggregate(assigned=placed.count(), mixed=placed.count(where=placed.arms > 1)).to_pandas()
    return MixedUnits(unit=units.name, assigned=int(counts["assigned"].iloc[0]), mixed=int(counts["mixed"].iloc[0]))


def arm_counts(assignments: ibis.Table, experiment_id: str, *, units: Units = CUSTOMERS) -> pd.DataFrame:
    """Customers, or households where they are the units, assigned to each arm; those in two arms are in none.

    Args:
        assignments: The store's `assignments`.
        experiment_id: The experiment.
        units: Who counts as one.

    Returns:
        Columns `arm` (text), `customers` (units, count), `unit` (what one unit is), ordered by arm; empty if the
        experiment is unknown.
    """
    arms = _arms(assignments, experiment_id, units)
    counts = arms.group_by("arm").aggregate(customers=arms.count())
    return counts.order_by("arm").to_pandas().assign(unit=units.name)


def arm_moments(
    assignments: ibis.Table,
    outcomes: ibis.Table,
    experiment_id: str,
    *,
    metrics: Sequence[str],
    units: Units = CUSTOMERS,
) -> pd.DataFrame:
    """Count, sum and sum of squares of each metric in each arm, by intention to treat.

    Every assigned unit counts in the arm assigned; one without an outcome row counts as missing, not as zero,
    and is left out of `n`. A household's outcome is the sum of its members'; a metric of yes and no is yes for
    a household where it is for a member. Units in two arms are left out.

    Args:
        assignments: The store's `assignments`.
        outcomes: The store's `outcomes`.
        experiment_id: The experiment.
        metrics: Columns of `outcomes`.
        units: Who counts as one.

    Returns:
        Columns `arm`, `metric`, `n` (units with a value), `members` (customers assigned in these), `total`,
        `total_squares`, `binary` (bool: every value is 0 or 1), `unit` (what one unit is), ordered by metric as
        given and arm.
    """
    results = units.of(outcomes.filter(outcomes.experiment_id == experiment_id)).select("unit", *metrics)
    rows = _arms(assignments, experiment_id, units).inner_join(results, "unit")
    parts = []
    for order, metric in enumerate(metrics):
        joined = _values(rows, metric)
        part = joined.group_by("arm").aggregate(
            n=joined.value.count(),
            members=joined.members.sum(where=joined.value.notnull()).fill_null(0),
            total=joined.value.sum().cast("float64"),
            total_squares=(joined.value * joined.value).sum().cast("float64"),
            binary=joined.value.isin([0, 1]).all(),
        )
        parts.append(part.mutate(metric=ibis.literal(metric), metric_order=ibis.literal(order)))
    frame = ibis.union(*parts).order_by("metric_order", "arm").to_pandas().assign(unit=units.name)
    return frame[["arm", "metric", "n", "members", "total", "total_squares", "binary", "unit"]]


def _values(rows: ibis.Table, metric: str) -> ibis.Table:
    """One value a unit: the sum, or the largest where the metric is yes or no; null where no member has one."""
    value = rows[metric].cast("decimal(18, 4)")
    valued = rows.select("arm", "unit", "members", value=value, yes_or_no=value.isin([0, 1]).all().over())
    summed = valued.group_by("arm", "unit", "members", "yes_or_no").aggregate(
        total=valued.value.sum(), top=valued.value.max()
    )
    one = summed.yes_or_no.ifelse(summed.top, summed.total).cast("decimal(18, 4)")
    return summed.select("arm", "members", value=one)


def _arms(assignments: ibis.Table, experiment_id: str, units: Units) -> ibis.Table:
    """The one arm of each unit that is in one, with its assigned customers."""
    placed = _placed(assignments, experiment_id, units)
    return placed.filter(placed.arms == 1).drop("arms")


def _placed(assignments: ibis.Table, experiment_id: str, units: Units) -> ibis.Table:
    """Every unit assigned, with the number of arms its members are in and one of these."""
    rows = units.of(assignments.filter(assignments.experiment_id == experiment_id))
    return rows.group_by("unit").aggregate(
        arm=rows.variant.min(), arms=rows.variant.nunique(), members=rows.customer_id.nunique()
    )

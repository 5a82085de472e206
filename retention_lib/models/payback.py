"""When an acquired customer has paid back what winning him cost, and how much more he brought by each age."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohort_sums import MONTHS, AgeMeans, Grain, age_means, periods_in
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, CohortTriangles
from retention_lib.models.intervals import normal_quantile, square_and_add

LEVEL = 0.95
NOT_YET = "not yet"


@dataclass(frozen=True, kw_only=True)
class PaidBack:
    """The first period in which what a customer brought reaches what he cost.

    Attributes:
        periods: Calendar periods counted, the first purchase's own among them; None where not yet within those seen.
        low: The first in which the interval of what he brought less what he cost touches zero from below.
        high: The first in which it lies above zero, so that the true period is between the two with 95 %; None where
            not yet within those seen.
        seen: Periods seen of at least 30 customers (censored there).
    """

    periods: int | None
    low: int | None
    high: int | None
    seen: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Payback:
    """What an acquired customer has brought by each age, beside what winning one cost.

    Before the cost of winning and of keeping the customer; first orders and customers who never return are in it.

    Attributes:
        by: The period.
        cost: What winning one customer cost.
        table: One row an age seen of at least 30 customers: age, periods (age + 1), customers (old enough), value, low,
            high (cumulative gross profit a customer, 95 %), ratio, ratio_low, ratio_high (value / cost), net (value -
            cost; all money or ratios).
        paid: The first period in which the value reaches the cost.
        customers: Customers acquired in the cohorts counted.
        left_out: Cohorts left out, as they may hold customers won before the data begin.
    """

    by: Grain
    cost: AcquisitionCost
    table: pd.DataFrame
    paid: PaidBack
    customers: int
    left_out: tuple[str, ...]

    @property
    def months(self) -> Estimate | str:
        """Months until a customer is paid back; the text "not yet" where none of those seen was enough.

        An upper bound beyond the months seen is missing, with the reason "payback_high_not_seen".
        """
        if self.paid.periods is None:
            return NOT_YET
        value, low, high = (months_of(each, self.by) for each in (self.paid.periods, self.paid.low, self.paid.high))
        reason = "payback_high_not_seen" if high is None else None
        return Estimate(value or 0.0, low=low, high=high, level=LEVEL, n=self.customers, reason=reason)

    def ratio(self, months: int) -> Estimate | NotEnough:
        """What a customer brought in the first months over what he cost; observed and not discounted.

        Args:
            months: Calendar months, the first purchase's own among them.

        Returns:
            NotEnough("cohort_months") when that is not seen of 30 customers.
        """
        periods = periods_in(months, self.by)
        rows = self.table.loc[self.table["periods"] == periods]
        if rows.empty:
            return NotEnough("cohort_months", len(self.table), periods)
        row = rows.iloc[0]
        return Estimate(
            float(row["ratio"]),
            low=float(row["ratio_low"]),
            high=float(row["ratio_high"]),
            level=LEVEL,
            n=int(row["customers"]),
        )

    def to_frame(self) -> pd.DataFrame:
        """The table of ages."""
        return self.table


def payback(cohorts: CohortTriangles | NotEnough, cost: AcquisitionCost | NotEnough) -> Payback | NotEnough:
    """When the cumulative gross profit of an acquired customer reaches the cost of winning one.

    Args:
        cohorts: From `cohorts.cohort_triangles`, with gross profit.
        cost: From `acquisition.acquisition_cost`.

    Returns:
        The ages; NotEnough("margin_known") when cohorts hold revenue, NotEnough("cohort_customers") when no age is seen
        of 30 customers.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if isinstance(cost, NotEnough):
        return cost
    if cohorts.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    pooled = cohorts.pooled
    means = age_means(pooled)
    seen = ages_seen(means)
    if seen == 0:
        return NotEnough("cohort_customers", int(means.customers.max(initial=0)), NEEDED_CUSTOMERS)
    return Payback(
        by=cohorts.by,
        cost=cost,
        table=_table(means, cost.per_customer, seen),
        paid=paid_back(means, cost.per_customer),
        customers=int(pooled.sizes.sum()),
        left_out=cohorts.opening,
    )


def paid_back(means: AgeMeans, cost: Estimate) -> PaidBack:
    """The first period in which the mean value reaches the cost, with its interval.

    The interval is that of the periods at which a test would not deny that the value has just reached the cost.

    Args:
        means: From `cohort_sums.age_means`.
        cost: What winning a customer cost.

    References:
        Brookmeyer and Crowley (1982), A confidence interval for the median survival time, Biometrics 38 (inverting
        pointwise bounds).
    """
    seen = ages_seen(means)
    values = [value_at(means, age) for age in range(seen)]
    bounds = [_less_cost(value, cost) for value in values]
    return PaidBack(
        periods=_first([value.value >= cost.value for value in values]),
        low=_first([high >= 0 for _, high in bounds]),
        high=_first([low >= 0 for low, _ in bounds]),
        seen=seen,
    )


def ages_seen(means: AgeMeans) -> int:
    """Ages of at least 30 customers."""
    enough = (means.customers >= NEEDED_CUSTOMERS) & np.isfinite(means.error)
    return int(np.argmin(enough)) if not enough.all() else len(enough)


def value_at(means: AgeMeans, age: int) -> Estimate:
    """The mean value up to an age with its interval (95 %).

    Args:
        means: From `cohort_sums.age_means`.
        age: An age seen.
    """
    value, half = float(means.value[age]), normal_quantile(LEVEL) * float(means.error[age])
    return Estimate(value, low=value - half, high=value + half, level=LEVEL, n=int(means.customers[age]))


def ratio_to(value: Estimate, cost: Estimate) -> Estimate:
    """A value over a cost above 0, by the delta method.

    Args:
        value: With its interval.
        cost: With or without one.
    """
    ratio = value.value / cost.value
    widths = [0.0 if each.high is None else each.high - each.value for each in (value, cost)]
    half = math.hypot(widths[0] / cost.value, ratio * widths[1] / cost.value)
    return Estimate(ratio, low=ratio - half, high=ratio + half, level=LEVEL, n=value.n)


def months_of(periods: int | None, by: Grain) -> float | None:
    """Periods as months, weeks rounded up to whole months.

    Args:
        periods: A count, or None.
        by: The period.
    """
    return None if periods is None else float(math.ceil(periods * MONTHS[by] - 1e-9))


def _less_cost(value: Estimate, cost: Estimate) -> tuple[float, float]:
    """Bounds of the value less the cost."""
    if cost.low is None or cost.high is None:
        return (value.low or 0.0) - cost.value, (value.high or 0.0) - cost.value
    return square_and_add(value, cost, sign=-1)


def _first(reached: list[bool]) -> int | None:
    """The first period, counted from 1, that is reached."""
    return reached.index(True) + 1 if True in reached else None


def _table(means: AgeMeans, cost: Estimate, seen: int) -> pd.DataFrame:
    rows = []
    for age in range(seen):
        value = value_at(means, age)
        ratio = ratio_to(value, cost) if cost.value > 0 else None
        none = float("nan")
        rows.append(
            {
                "age": age,
                "periods": age + 1,
                "customers": int(means.customers[age]),
                "value": value.value,
                "low": value.low,
                "high": value.high,
                "ratio": none if ratio is None else ratio.value,
                "ratio_low": none if ratio is None else ratio.low,
                "ratio_high": none if ratio is None else ratio.high,
                "net": value.value - cost.value,
            }
        )
    return pd.DataFrame(rows)

"""Cohorts by month of first purchase: who came back, and what a customer has brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.models.estimates import NotEnough, figures_frame

Measure = Literal["revenue", "gross_profit"]

NEEDED_CUSTOMERS = 30  # in a cohort, to be judged


@dataclass(frozen=True, kw_only=True)
class CohortTriangles:
    """Cohorts by age in months; cells not yet observed are NaN.

    Attributes:
        measure: "revenue" when no margin is given, else "gross_profit".
        retention: Share of the cohort that bought at that age, in [0, 1]; index cohort, columns age.
        cumulative_value: Value a customer of the cohort up to and including that age; indexed likewise.
        sizes: Customers of each cohort.
    """

    measure: Measure
    retention: pd.DataFrame
    cumulative_value: pd.DataFrame
    sizes: pd.Series

    @property
    def judged(self) -> pd.Index:
        """The cohorts of at least 30 customers, which charts and sentences speak of."""
        return self.sizes.index[self.sizes >= NEEDED_CUSTOMERS]

    def to_frame(self) -> pd.DataFrame:
        """Observed cells: columns cohort, age_months, customers, retention, cumulative_value."""
        cells = {"retention": self.retention.stack(), "cumulative_value": self.cumulative_value.stack()}
        frame = pd.DataFrame(cells).reset_index()
        frame.insert(2, "customers", frame["cohort"].map(self.sizes))
        return frame


def cohort_table(cohorts: pd.DataFrame | NotEnough, gross_margin: float | None) -> CohortTriangles | NotEnough:
    """Retention and cumulative value by cohort and age.

    Args:
        cohorts: Columns cohort (month of the first purchase, 'YYYY-MM'), age_months (0 = that month),
            customers (size of the cohort), active (of them, who bought at that age), revenue. A cell without
            a row is 0 where the data reach that month.
        gross_margin: Share of revenue in [0, 1]; None gives revenue.

    Returns:
        Triangles up to the last month that any cohort reaches; `NotEnough` without a row ("cohorts").
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if cohorts.empty:
        return NotEnough("cohorts", 0, 1)
    sizes = cohorts.groupby("cohort", sort=True)["customers"].max()
    ages = np.arange(int(cohorts["age_months"].max()) + 1)
    starts = np.array([int(name[:4]) * 12 + int(name[5:7]) for name in sizes.index], dtype=int)
    reached = cohorts["cohort"].map(dict(zip(sizes.index, starts, strict=True))) + cohorts["age_months"]
    last = int(reached.max())
    observed = starts[:, None] + ages[None, :] <= last

    def cells(column: str) -> pd.DataFrame:
        wide = cohorts.pivot_table(index="cohort", columns="age_months", values=column, aggfunc="sum")
        return wide.reindex(index=sizes.index, columns=ages).astype(float).fillna(0.0)

    margin = 1.0 if gross_margin is None else gross_margin
    return CohortTriangles(
        measure="revenue" if gross_margin is None else "gross_profit",
        retention=cells("active").div(sizes, axis=0).where(observed),
        cumulative_value=(cells("revenue").cumsum(axis=1).div(sizes, axis=0) * margin).where(observed),
        sizes=sizes,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortValue:
    """Cumulative value a customer, by cohort and age.

    Attributes:
        measure: "revenue" when no margin is given, else "gross_profit".
        table: Index cohort (those of at least 30 customers), columns age in months; money a customer up to and
            including that age, NaN where not yet observed.
        sizes: Customers of each cohort.
    """

    measure: Measure
    table: pd.DataFrame
    sizes: pd.Series

    def to_frame(self) -> pd.DataFrame:
        """Observed cells: columns cohort, age_months, customers, cumulative_value."""
        frame = self.table.melt(ignore_index=False, var_name="age_months", value_name="cumulative_value").reset_index()
        frame = frame.dropna().sort_values(["cohort", "age_months"], ignore_index=True)
        frame.insert(2, "customers", frame["cohort"].map(self.sizes))
        return frame


def cohort_value(cohorts: CohortTriangles | NotEnough) -> CohortValue | NotEnough:
    """The money side of the cohort triangles.

    Args:
        cohorts: From `cohort_table`.

    Returns:
        The table; NotEnough("cohort_customers") when no cohort has 30 customers.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if cohorts.judged.empty:
        return NotEnough("cohort_customers", int(cohorts.sizes.max()), NEEDED_CUSTOMERS)
    return CohortValue(
        measure=cohorts.measure,
        table=cohorts.cumulative_value.loc[cohorts.judged],
        sizes=cohorts.sizes[cohorts.judged],
    )


@dataclass(frozen=True, kw_only=True)
class CostCeiling:
    """What a customer brought in a given time, and so what winning one may cost at most.

    Attributes:
        value_per_customer: Cumulative gross profit a customer over `months`, before the cost of winning (money).
        first_month: Of it, in the calendar month of the first purchase (money).
        months: Calendar months counted, the first purchase's own among them.
        customers: Customers of the cohorts old enough (count).
    """

    value_per_customer: float
    first_month: float
    months: int
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def cost_ceiling(cohorts: CohortTriangles | NotEnough, *, months: int) -> CostCeiling | NotEnough:
    """Observed gross profit a customer over the first months, over the cohorts old enough.

    Args:
        cohorts: From `cohort_table`, with a margin.
        months: Calendar months, 1 or more.

    Returns:
        Mean over customers; NotEnough("margin_known") when cohorts hold revenue, NotEnough("cohort_months")
        when no cohort is old enough.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if cohorts.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    value = cohorts.cumulative_value
    if months - 1 not in value.columns:
        return NotEnough("cohort_months", len(value.columns), months)
    old = value[months - 1].notna()
    sizes = cohorts.sizes[old].to_numpy(dtype=float)
    return CostCeiling(
        value_per_customer=float(np.average(value.loc[old, months - 1], weights=sizes)),
        first_month=float(np.average(value.loc[old, 0], weights=sizes)),
        months=months,
        customers=int(sizes.sum()),
    )

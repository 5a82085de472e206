"""Cohorts by the period of the first purchase: who came back, and what a customer has brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough, figures_frame
from retention_lib.models.cohort_sums import (
    PERIODS,
    CohortSums,
    Grain,
    Measure,
    age_means,
    cohort_sums,
    period_label,
    periods_in,
)

Priced = Literal["cost", "cost_and_margin", "margin"]

NEEDED_CUSTOMERS = 30  # in a cohort, to be judged
OPENING_SIZE = 3.0
_ALL_PRICED = 0.9995


@dataclass(frozen=True, kw_only=True, eq=False)
class Pricing:
    """How gross profit is known.

    Attributes:
        measure: "gross_profit", or "revenue" where neither a cost nor a margin is known.
        priced: "cost" (every sale's own), "cost_and_margin" (a margin for the sales without one), "margin" (of all
            sales); None where the measure is revenue.
        margin: Gross profit in a unit of the revenue whose cost is not known; 1 where the measure is revenue.
        costed_share: Share of revenue with a known cost, in [0, 1].
    """

    measure: Measure
    priced: Priced | None
    margin: float
    costed_share: float


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortTriangles:
    """Cohorts by age; cells that time has not reached are NaN.

    Tables have cohorts as index (text that sorts by time) and ages in periods as columns; age 0 is the period of the
    first purchase itself. All are a customer acquired, never-returners included.

    Attributes:
        by: The period: "month", "week" or "quarter".
        pricing: How gross profit is known.
        sums: The sums they are made of.
        sizes: Customers of each cohort.
        opening: Cohorts when the data begin that are so large that they may hold customers won before.
        outside: Net money of nobody's cohort by calendar period (text): of customers without a purchase, or before it.
        start: First day that is seen; None where not told.
        until: First day that is no longer seen.
    """

    by: Grain
    pricing: Pricing
    sums: CohortSums
    sizes: pd.Series
    opening: tuple[str, ...]
    outside: pd.Series
    start: date | None
    until: date

    @property
    def measure(self) -> Measure:
        """The measure of `cumulative_value`."""
        return self.pricing.measure

    @property
    def retention(self) -> pd.DataFrame:
        """Share of the cohort that bought at that age, in [0, 1]."""
        return self._each(self.sums.active)

    @property
    def orders(self) -> pd.DataFrame:
        """Purchases at that age."""
        return self._each(self.sums.orders)

    @property
    def revenue(self) -> pd.DataFrame:
        """Net money at that age."""
        return self._each(self.sums.revenue)

    @property
    def cumulative_value(self) -> pd.DataFrame:
        """Money, in the measure, up to and including that age."""
        return self._each(self.sums.added.cumsum(axis=1))

    @property
    def whole(self) -> pd.DataFrame:
        """Whether the period of a cell is over."""
        return pd.DataFrame(self.sums.whole, index=self.sizes.index, columns=self._ages)

    @property
    def judged(self) -> pd.Index:
        """The cohorts of at least 30 customers, which sentences speak of."""
        return self.sizes.index[self.sizes >= NEEDED_CUSTOMERS]

    @property
    def pooled(self) -> CohortSums:
        """The sums of the cohorts that were won while the data were kept: all but the opening ones."""
        return self.sums.chosen(~self.sizes.index.isin(self.opening))

    @property
    def total(self) -> float:
        """Net money of all rows: of all cohorts and outside."""
        return float(self.sums.revenue.sum()) + float(self.outside.sum())

    def to_frame(self) -> pd.DataFrame:
        """Cells seen: cohort, age, customers, thin, opening, whole, retention, orders, revenue, cumulative_value."""
        tables = ("whole", "retention", "orders", "revenue", "cumulative_value")
        rows, ages = np.nonzero(self.sums.seen)
        labels = self.sizes.index[rows]
        frame = pd.DataFrame({"cohort": labels, "age": ages, "customers": self.sizes.to_numpy()[rows]})
        frame = frame.assign(thin=frame["customers"] < NEEDED_CUSTOMERS, opening=labels.isin(self.opening))
        return frame.assign(**{name: getattr(self, name).to_numpy()[rows, ages] for name in tables})

    @property
    def _ages(self) -> pd.Index:
        return pd.Index(range(self.sums.ages), name="age")

    def _each(self, totals: np.ndarray) -> pd.DataFrame:
        frame = pd.DataFrame(totals, index=self.sizes.index, columns=self._ages)
        return frame.div(self.sizes, axis=0).where(self.sums.seen)


def cohort_triangles(
    cells: pd.DataFrame | NotEnough,
    *,
    until: date,
    gross_margin: float | None,
    by: Grain = "month",
    start: date | None = None,
) -> CohortTriangles | NotEnough:
    """Retention, purchases, revenue and cumulative gross profit by cohort and age.

    Gross profit is revenue less the sales' own cost where that is known; a margin serves the sales without one, and the
    margin of the sales with a cost where none is given. Without either the measure is revenue.

    Args:
        cells: Columns cohort (first day of the period of the first purchase; missing: money of nobody's cohort), age,
            customers (size of the cohort), active, again, orders, revenue, known_profit, unpriced, known_squares,
            known_by_unpriced, unpriced_squares. A cell without a row is 0 where the data reach that period.
        until: First day that is no longer seen.
        gross_margin: Share of revenue in [0, 1]; None where not known.
        by: The period.
        start: First day that is seen, so that a first period seen in part can be marked.

    Returns:
        The triangles; NotEnough("cohorts") without a cohort.
    """
    if isinstance(cells, NotEnough):
        return cells
    known = cells.loc[cells["cohort"].notna()]
    if known.empty:
        return NotEnough("cohorts", 0, 1)
    pricing = priced_by(known, gross_margin)
    sums = cohort_sums(known, by=by, until=until, margin=pricing.margin)
    labels = pd.Index([period_label(period, by) for period in sums.cohorts], name="cohort")
    sizes = pd.Series(sums.sizes, index=labels, name="customers")
    return CohortTriangles(
        by=by,
        pricing=pricing,
        sums=sums,
        sizes=sizes,
        opening=opening_cohorts(sizes),
        outside=_outside(cells, by),
        start=start,
        until=until,
    )


def priced_by(cells: pd.DataFrame, gross_margin: float | None) -> Pricing:
    """How gross profit is known, from the sales' own costs and the margin given.

    Args:
        cells: Columns revenue, known_profit, unpriced.
        gross_margin: Share of revenue in [0, 1]; None where not known.
    """
    revenue, unpriced, profit = (float(cells[name].sum()) for name in ("revenue", "unpriced", "known_profit"))
    costed = revenue - unpriced
    share = min(1.0, max(0.0, costed / revenue)) if revenue > 0 else 0.0
    if costed <= 0 or profit == 0:
        if gross_margin is None:
            return Pricing(measure="revenue", priced=None, margin=1.0, costed_share=0.0)
        return Pricing(measure="gross_profit", priced="margin", margin=gross_margin, costed_share=0.0)
    margin = profit / costed if gross_margin is None else gross_margin
    priced: Priced = "cost" if share >= _ALL_PRICED else "cost_and_margin"
    return Pricing(measure="gross_profit", priced=priced, margin=margin, costed_share=share)


def _outside(cells: pd.DataFrame, by: Grain) -> pd.Series:
    """Money of nobody's cohort by calendar period; their age counts from the period of 1970-01-01."""
    rows = cells.loc[cells["cohort"].isna()]
    epoch = pd.Period("1970-01-01", freq=PERIODS[by])
    labels = pd.Index([period_label(epoch + int(age), by) for age in rows["age"]], name="period", dtype="object")
    return pd.Series(rows["revenue"].to_numpy(dtype=float), index=labels, name="revenue")


def opening_cohorts(sizes: pd.Series) -> tuple[str, ...]:
    """The cohorts from the first on that are far larger than is usual: the data may begin amid a shop's life.

    Args:
        sizes: Customers of each cohort, in order.
    """
    usual = float(np.median(sizes))
    large = (sizes > OPENING_SIZE * usual).to_numpy()
    first = int(np.argmin(large)) if not large.all() else len(large)
    return tuple(str(label) for label in sizes.index[:first])


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortValue:
    """Cumulative value a customer, by cohort and age.

    Attributes:
        measure: "revenue" when no margin is known, else "gross_profit".
        by: The period.
        table: Index cohort (those of at least 30 customers), columns age; money a customer up to and including that
            age, NaN where the period is not over.
        sizes: Customers of each cohort.
        opening: Cohorts that may hold customers won before the data begin.
    """

    measure: Measure
    by: Grain
    table: pd.DataFrame
    sizes: pd.Series
    opening: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Observed cells: columns cohort, age, customers, cumulative_value."""
        frame = self.table.melt(ignore_index=False, var_name="age", value_name="cumulative_value").reset_index()
        frame = frame.dropna().sort_values(["cohort", "age"], ignore_index=True)
        frame.insert(2, "customers", frame["cohort"].map(self.sizes))
        return frame


def cohort_value(cohorts: CohortTriangles | NotEnough) -> CohortValue | NotEnough:
    """The money side of the cohort triangles.

    Args:
        cohorts: From `cohort_triangles`.

    Returns:
        The table; NotEnough("cohort_customers") when no cohort has 30 customers and a period that is over.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    table = cohorts.cumulative_value.where(cohorts.whole).loc[cohorts.judged].dropna(how="all")
    if table.empty:
        return NotEnough("cohort_customers", int(cohorts.sizes.max()), NEEDED_CUSTOMERS)
    return CohortValue(
        measure=cohorts.measure,
        by=cohorts.by,
        table=table.dropna(how="all", axis="columns"),
        sizes=cohorts.sizes[table.index],
        opening=cohorts.opening,
    )


@dataclass(frozen=True, kw_only=True)
class CostCeiling:
    """What a customer brought in a given time, and so what winning one may cost at most.

    Attributes:
        value_per_customer: Cumulative gross profit a customer over `periods`, before the cost of winning (money).
        first_period: Of it, in the calendar period of the first purchase (money).
        by: The period.
        periods: Calendar periods counted, the first purchase's own among them.
        customers: Customers of the cohorts old enough (count).
    """

    value_per_customer: float
    first_period: float
    by: Grain
    periods: int
    customers: int

    def to_frame(self) -> pd.DataFrame:
        """The figures, one row each."""
        return figures_frame(self)


def cost_ceiling(cohorts: CohortTriangles | NotEnough, *, months: int) -> CostCeiling | NotEnough:
    """Observed gross profit a customer over the first periods.

    Args:
        cohorts: From `cohort_triangles`, with gross profit.
        months: Calendar months, 1 or more, counted in whole periods.

    Returns:
        What came in at each age is the mean over all customers old enough, added up; NotEnough("margin_known") when
        cohorts hold revenue, NotEnough("cohort_months") when no cohort is old enough.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if cohorts.measure != "gross_profit":
        return NotEnough("margin_known", 0, 1)
    periods = periods_in(months, cohorts.by)
    means = age_means(cohorts.pooled)
    seen = int((means.customers >= NEEDED_CUSTOMERS).sum())
    if seen < periods:
        return NotEnough("cohort_months", seen, periods)
    return CostCeiling(
        value_per_customer=float(means.value[periods - 1]),
        first_period=float(means.value[0]),
        by=cohorts.by,
        periods=periods,
        customers=int(means.customers[periods - 1]),
    )

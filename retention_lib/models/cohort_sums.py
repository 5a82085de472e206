"""The sums of cohorts by age as matrices, and their means a customer with errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

Grain = Literal["month", "week", "quarter"]
Measure = Literal["revenue", "gross_profit"]

PERIODS: dict[Grain, str] = {"month": "M", "week": "W-SUN", "quarter": "Q-DEC"}
"""pandas' names of the periods; weeks end on Sunday."""


MONTHS: dict[Grain, float] = {"month": 1.0, "quarter": 3.0, "week": 12 * 7 / 365.25}
"""Months in a period."""

MATRICES = ("seen", "whole", "active", "again", "orders", "revenue", "added", "squares")


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortSums:
    """Counts and money of every cohort (rows) at every age (columns).

    Attributes:
        cohorts: The periods of the first purchase.
        sizes: Customers of each cohort.
        seen: Whether the period of a cell has begun.
        whole: Whether it is over.
        active: Customers who bought at that age.
        again: Customers whose second purchase was at that age.
        orders: Purchases.
        revenue: Net money.
        added: Money in the measure asked for (revenue or gross profit) that came in at that age.
        squares: Sum over the cohort's customers of the square of what each had brought up to and including that age.
    """

    cohorts: pd.PeriodIndex
    sizes: np.ndarray
    seen: np.ndarray
    whole: np.ndarray
    active: np.ndarray
    again: np.ndarray
    orders: np.ndarray
    revenue: np.ndarray
    added: np.ndarray
    squares: np.ndarray

    @property
    def ages(self) -> int:
        """Columns of the matrices."""
        return int(self.seen.shape[1])

    def chosen(self, cohorts: np.ndarray) -> CohortSums:
        """The same of some of the cohorts.

        Args:
            cohorts: Whether each is wanted, or their positions.
        """
        rows = np.arange(len(self.sizes))[cohorts]
        parts = {name: getattr(self, name)[rows] for name in MATRICES}
        return replace(self, cohorts=self.cohorts[rows], sizes=self.sizes[rows], **parts)

    def until_age(self, age: int) -> CohortSums:
        """The same without what came after an age.

        Args:
            age: The last one kept.
        """
        return replace(self, **{name: getattr(self, name)[:, : age + 1] for name in MATRICES})

    def beside(self, other: CohortSums) -> CohortSums:
        """These cohorts and those of other customers, over the same ages.

        Args:
            other: Of customers who are not in these.
        """
        joined = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in MATRICES}
        cohorts = pd.PeriodIndex([*self.cohorts, *other.cohorts], freq=self.cohorts.freq)
        return replace(self, cohorts=cohorts, sizes=np.concatenate([self.sizes, other.sizes]), **joined)


@dataclass(frozen=True, kw_only=True, eq=False)
class AgeMeans:
    """What an acquired customer has brought by each age, over several cohorts.

    What comes in at an age is the mean over all customers whose cohort is old enough to be seen through it; the value
    up to an age adds these up. So every cohort counts as far as it is seen, and the value does not jump where an older
    or a younger cohort falls out.

    Attributes:
        customers: Customers old enough, by age.
        added: Money a customer that came in at that age; NaN where nobody is old enough.
        value: Money a customer up to and including that age.
        error: Standard error of `value`, from the customers old enough for all of it: a little too large, as younger
            ones count as well; NaN below two customers.
    """

    customers: np.ndarray
    added: np.ndarray
    value: np.ndarray
    error: np.ndarray


def cohort_sums(
    cells: pd.DataFrame, *, by: Grain, until: date, margin: float, last_age: int | None = None
) -> CohortSums:
    """Cells as matrices, with money in the measure that a margin makes.

    Args:
        cells: Columns cohort (first day), age, customers, active, again, orders, revenue, known_profit, unpriced,
            known_squares, known_by_unpriced, unpriced_squares; cells without a row are 0. One row or more.
        by: The period.
        until: First day that is no longer seen.
        margin: Gross profit in a unit of the revenue whose cost is not known; 1 leaves revenue.
        last_age: Last age of the matrices; that of the oldest cohort if omitted.
    """
    starts, places = np.unique(cells["cohort"].to_numpy(), return_inverse=True)
    cohorts = pd.PeriodIndex(pd.DatetimeIndex(starts), freq=PERIODS[by])
    numbers = np.array([period.ordinal for period in cohorts], dtype="int64")
    end = pd.Timestamp(until)
    last = pd.Period(end - pd.Timedelta(days=1), freq=PERIODS[by])
    over = last.ordinal if last.end_time < end else last.ordinal - 1
    ages = (last.ordinal - int(numbers[0]) if last_age is None else last_age) + 1
    reached = numbers[:, None] + np.arange(ages)[None, :]
    kept = (cells["age"] < ages).to_numpy()

    def matrix(values: pd.Series) -> np.ndarray:
        found = np.zeros((len(numbers), ages))
        np.add.at(found, (places[kept], cells["age"].to_numpy()[kept]), values.to_numpy(dtype=float)[kept])
        return found

    sizes = pd.Series(cells["customers"].to_numpy()).groupby(places).max().to_numpy()
    squares = cells["known_squares"] + 2 * margin * cells["known_by_unpriced"] + margin**2 * cells["unpriced_squares"]
    return CohortSums(
        cohorts=cohorts,
        sizes=sizes,
        seen=reached <= last.ordinal,
        whole=reached <= over,
        active=matrix(cells["active"]),
        again=matrix(cells["again"]),
        orders=matrix(cells["orders"]),
        revenue=matrix(cells["revenue"]),
        added=matrix(cells["known_profit"] + margin * cells["unpriced"]),
        squares=matrix(squares).cumsum(axis=1),
    )


def age_means(sums: CohortSums) -> AgeMeans:
    """What an acquired customer of these cohorts has brought by each age; periods that are not over are left out.

    Args:
        sums: Of the cohorts to put together.

    References:
        The value adds means over different numbers of customers, as the chain ladder of insurers does; its error is
        that of the mean of the customers seen longest.
    """
    people = (sums.sizes[:, None] * sums.whole).sum(axis=0).astype(float)
    none = np.full(sums.ages, np.nan)
    added = np.divide((sums.added * sums.whole).sum(axis=0), people, out=none.copy(), where=people > 0)
    totals = (sums.added.cumsum(axis=1) * sums.whole).sum(axis=0)
    squares = (sums.squares * sums.whole).sum(axis=0)
    enough = people > 1
    means = np.divide(totals, people, out=none.copy(), where=people > 0)
    variance = np.divide(squares - totals * means, people - 1, out=none.copy(), where=enough)
    error = np.sqrt(np.maximum(variance, 0.0) / np.where(enough, people, np.nan))
    return AgeMeans(customers=people.astype("int64"), added=added, value=added.cumsum(), error=error)


def period_label(period: pd.Period, by: Grain) -> str:
    """A period as text that sorts by time: '2026-01', '2026-Q1', or a week by its Monday, '2026-01-05'."""
    if by == "quarter":
        return f"{period.year}-Q{period.quarter}"
    return period.start_time.strftime("%Y-%m" if by == "month" else "%Y-%m-%d")


def periods_in(months: int, by: Grain) -> int:
    """Periods in so many months, at least one: 12 months are 52 weeks or 4 quarters."""
    return max(1, round(months / MONTHS[by]))

"""Purchases and revenue a customer of each cohort, age by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from retention_lib.estimates import NotEnough
from retention_lib.models.cohort_sums import Grain
from retention_lib.models.cohorts import NEEDED_CUSTOMERS, CohortTriangles

Kind = Literal["orders", "revenue"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortMatrix:
    """What an acquired customer of each cohort bought at each age.

    Attributes:
        kind: "orders" (purchases a customer) or "revenue" (net money a customer).
        by: The period.
        table: Index cohort, columns age; NaN where time has not reached.
        whole: Whether the period of a cell is over, likewise.
        sizes: Customers of each cohort.
        later: Over all customers counted and seen through the ages after the first: what one bought in each of them
            on the mean; NaN where no cohort counted has a second period that is over.
        first: What one bought at age 0, over cohorts counted whose first period is over; NaN without any.
        opening: Cohorts of 30 customers or more that may hold customers won before the data begin.
        opening_counted: Whether `first` and `later` count them, as no other cohort of 30 customers has a second period
            that is over.
    """

    kind: Kind
    by: Grain
    table: pd.DataFrame
    whole: pd.DataFrame
    sizes: pd.Series
    first: float
    later: float
    opening: tuple[str, ...]
    opening_counted: bool

    def to_frame(self) -> pd.DataFrame:
        """Cells seen: cohort, age, customers, whole, value."""
        rows, ages = np.nonzero(self.table.notna().to_numpy())
        cells = {name: getattr(self, name).to_numpy()[rows, ages] for name in ("whole", "table")}
        frame = pd.DataFrame({"cohort": self.table.index[rows], "age": ages, "customers": self.sizes.to_numpy()[rows]})
        return frame.assign(whole=cells["whole"], value=cells["table"])


def cohort_matrix(cohorts: CohortTriangles | NotEnough, kind: Kind) -> CohortMatrix | NotEnough:
    """One triangle of the cohorts.

    Args:
        cohorts: From `cohorts.cohort_triangles`.
        kind: "orders" or "revenue".

    Returns:
        The triangle; NotEnough("cohort_customers") when no cohort has 30 customers.
    """
    if isinstance(cohorts, NotEnough):
        return cohorts
    if cohorts.judged.empty:
        return NotEnough("cohort_customers", int(cohorts.sizes.max()), NEEDED_CUSTOMERS)
    table = cohorts.orders if kind == "orders" else cohorts.revenue
    judged = table.where(cohorts.whole).loc[cohorts.judged]
    opening = judged.index.isin(cohorts.opening)
    counted = bool(opening.any() and judged.loc[~opening].iloc[:, 1:].isna().all(axis=None))
    told = judged if counted else judged.loc[~opening]
    weights = told.notna().mul(cohorts.sizes[told.index], axis=0)
    totals = told.mul(cohorts.sizes[told.index], axis=0)
    sums = [(float(part.sum().sum()), float(weight.sum().sum())) for part, weight in _parts(totals, weights)]
    first, later = (total / weight if weight > 0 else float("nan") for total, weight in sums)
    return CohortMatrix(
        kind=kind,
        by=cohorts.by,
        table=table,
        whole=cohorts.whole,
        sizes=cohorts.sizes,
        first=first,
        later=later,
        opening=tuple(judged.index[opening]),
        opening_counted=counted,
    )


def _parts(totals: pd.DataFrame, weights: pd.DataFrame) -> tuple[tuple[pd.DataFrame, pd.DataFrame], ...]:
    """The first age, and those after it."""
    return (totals.iloc[:, :1], weights.iloc[:, :1]), (totals.iloc[:, 1:], weights.iloc[:, 1:])

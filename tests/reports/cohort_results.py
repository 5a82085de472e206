"""Cohorts, payback and groups by how customers were won, from small hand data, for sentences and charts."""

from __future__ import annotations

from datetime import date

import pandas as pd
from models.cohort_cells import Customer, alike, cells_of
from reports.results import made

from retention_lib.estimates import Estimate
from retention_lib.measures.first_groups import FULL_PRICE, OTHER, SPLITS, WITH_DISCOUNT
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohort_calendar import CohortCalendar, cohort_calendar
from retention_lib.models.cohort_changes import CohortChange, cohort_change
from retention_lib.models.cohort_groups import GroupValues, cohort_ranks, group_values
from retention_lib.models.cohort_matrices import CohortMatrix, Kind, cohort_matrix
from retention_lib.models.cohort_sums import Grain
from retention_lib.models.cohorts import (
    CohortTriangles,
    CohortValue,
    CostCeiling,
    cohort_triangles,
    cohort_value,
    cost_ceiling,
)
from retention_lib.models.income_value import IncomeValue, income_value
from retention_lib.models.payback import Payback, payback

UNTIL = date(2018, 1, 1)
Row = tuple[str, int, int, int, float]


def cohorts(*rows: Row, margin: float | None = 0.5, until: date = UNTIL, by: Grain = "month") -> CohortTriangles:
    """First day of the cohort, age, customers, active, revenue; a purchase for each who is active."""
    rows = rows or (
        ("2017-10-01", 0, 40, 40, 400.0),
        ("2017-10-01", 1, 40, 10, 100.0),
        ("2017-10-01", 2, 40, 8, 60.0),
        ("2017-11-01", 0, 50, 50, 600.0),
        ("2017-11-01", 1, 50, 25, 100.0),
        ("2017-12-01", 0, 29, 29, 100.0),
    )
    frame = pd.DataFrame(rows, columns=["cohort", "age", "customers", "active", "revenue"])
    frame = frame.assign(cohort=pd.to_datetime(frame["cohort"]), orders=frame["active"], again=0, known_profit=0.0)
    frame = frame.assign(unpriced=frame["revenue"], known_squares=0.0, known_by_unpriced=0.0)
    squares = frame.assign(unpriced_squares=2 * frame["revenue"] ** 2 / frame["customers"])
    return made(cohort_triangles(squares, until=until, gross_margin=margin, by=by, start=None), CohortTriangles)


def of(
    shop: list[Customer], *, until: date = UNTIL, by: Grain = "month", margin: float | None = 0.5
) -> CohortTriangles:
    cells = cells_of([(start, "", bought) for start, _, bought in shop])
    return made(cohort_triangles(cells, until=until, gross_margin=margin, by=by), CohortTriangles)


def many(count: int = 30, *, size: int = 40, first: float = 10.0) -> list[Customer]:
    """One cohort a month, each with two more months, the last ones without."""
    starts = pd.date_range("2015-07-01", periods=count, freq="MS")
    return [each for start in starts for each in alike(str(start.date()), size, first, 4.0, 2.0)]


def earned(*, margin: float | None = 0.5) -> CohortValue:
    return made(cohort_value(cohorts(margin=margin)), CohortValue)


def old_customers() -> CohortTriangles:
    """Two cohorts when the data begin that are far larger than those that follow."""
    shop = [*alike("2017-07-01", 300, 10.0, 9.0), *alike("2017-08-01", 200, 10.0, 9.0)]
    shop += [each for month in (9, 10, 11, 12) for each in alike(f"2017-{month:02d}-01", 30, 5.0)]
    return of(shop)


def ceiling() -> CostCeiling:
    return made(cost_ceiling(cohorts(), months=2), CostCeiling)


def matrix(kind: Kind = "orders", *rows: Row) -> CohortMatrix:
    return made(cohort_matrix(cohorts(*rows), kind), CohortMatrix)


def calendar(shop: list[Customer] | None = None, *, until: date = UNTIL, by: Grain = "month") -> CohortCalendar:
    return made(cohort_calendar(of(shop, until=until, by=by) if shop else cohorts(until=until)), CohortCalendar)


def change(
    *, newest: float = 20.0, back: bool = True, spread: float = 1.0, size: int = 60, scale: float = 1.0
) -> CohortChange:
    """The newest of three cohorts brings `newest` first, and comes back or not."""
    before = (10.0 * scale, 4.0 * scale)
    shop = [each for month in (9, 10) for each in alike(f"2017-{month:02d}-01", size, *before, spread=spread)]
    shop += alike("2017-11-01", size, newest * scale, *([4.0 * scale] if back else []), spread=spread)
    return made(cohort_change(of(shop)), CohortChange)


def one_age() -> CohortChange:
    """Three cohorts, of which the newest alone comes back more one month later, but not three months later."""
    shop: list[Customer] = []
    for month, again in ((8, 48), (9, 48), (10, 48), (11, 108)):
        for place in range(120):
            later = {age: 1.0 for age, share in ((1, again), (3, 60)) if place < share}
            shop.append((f"2017-{month:02d}-01", "", {0: 1.0 + 20.0 * (place % 2), **later}))
    return made(cohort_change(of(shop)), CohortChange)


def matrix_of(of_cohorts: CohortTriangles) -> CohortMatrix:
    return made(cohort_matrix(of_cohorts, "orders"), CohortMatrix)


def opening_alone() -> CohortTriangles:
    """One large cohort when the data begin, and small ones after it."""
    shop = alike("2017-07-01", 300, 10.0, 9.0)
    return of([*shop, *(each for month in (8, 9, 10) for each in alike(f"2017-{month:02d}-01", 12, 5.0))])


def cost(
    value: float = 5.0, *, source: str = "customers", half: float | None = 0.5, opening: tuple[str, ...] = ()
) -> AcquisitionCost:
    bounds = {} if half is None else {"low": value - half, "high": value + half, "level": 0.95}
    rows = [("channel", "web", 90, 2 * value, 1.9 * value, 2.1 * value)]
    rows += [("channel", "shop", 90, value, 0.9 * value, 1.1 * value)]
    groups = pd.DataFrame(rows, columns=["dimension", "segment", "customers", "cost", "low", "high"])
    return AcquisitionCost(
        per_customer=Estimate(value, n=1234, **bounds),
        source=source,  # type: ignore[arg-type]
        by_group=groups if source == "customers" else groups.iloc[:0],
        opening=opening,
    )


def paid(of_cost: float = 8.0, *, by: Grain = "month", spread: float = 1.0, opening: bool = False) -> Payback:
    shop = alike("2017-07-01", 60, 10.0, 4.0, 4.0, 4.0, spread=spread)
    cohorts_ = old_customers() if opening else of(shop, by=by)
    return made(payback(cohorts_, cost(of_cost, half=None)), Payback)


GROUPED = [
    *alike("2017-09-01", 60, 20.0, 4.0, 2.0, segment="web"),
    *alike("2017-09-01", 70, 30.0, 6.0, 4.0, segment="shop"),
    *alike("2017-09-01", 12, 25.0, segment=OTHER),
    *alike("2017-09-01", 35, 25.0, segment=""),
]
REDUCED = [*alike("2017-09-01", 80, 20.0, segment=WITH_DISCOUNT), *alike("2017-09-01", 97, 20.0, segment=FULL_PRICE)]


def groups(*, costs: float | None = 5.0, shop: list[Customer] | None = None, margin: float | None = 0.5) -> GroupValues:
    """Channels and discounts; without a first category."""
    channels = cells_of(GROUPED if shop is None else shop).assign(dimension="channel")
    cells = pd.concat([channels, cells_of(REDUCED).assign(dimension="first_discount")], ignore_index=True)
    spent = cost(costs) if costs is not None else cost()
    found = group_values(cells, of(GROUPED, margin=margin), cost=spent, splits=SPLITS)
    return made(found, GroupValues)


def ranks(*, odd: float = 4.0) -> GroupValues:
    """Four cohorts, of which that of October brings `odd`."""
    shop = [each for month in (8, 9, 11) for each in alike(f"2017-{month:02d}-01", 60, 10.0, spread=12.0)]
    shop += alike("2017-10-01", 60, odd, spread=12.0)
    return made(cohort_ranks(of(shop), cost=cost()), GroupValues)


def income(stayed: int = 60) -> IncomeValue:
    facts = {"buyers": 200, "purchases": 500, "revenue": 10_000.0, "earlier_buyers": 100, "stayed": stayed, "days": 800}
    return made(income_value(pd.DataFrame([facts])), IncomeValue)

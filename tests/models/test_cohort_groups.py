"""What customers bring by how they were won, and cohort by cohort."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from models.cohort_cells import Customer, alike, cells_of
from scipy import stats

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost
from retention_lib.models.cohort_groups import COHORT, GroupValues, cohort_ranks, group_values
from retention_lib.models.cohorts import CohortTriangles, cohort_triangles

REFUSAL = NotEnough("x", 0, 1)
UNTIL = date(2021, 5, 1)
SHOP = [
    *alike("2021-01-01", 40, 10.0, 4.0, 2.0, segment="web"),
    *alike("2021-01-01", 60, 20.0, 6.0, 4.0, segment="shop"),
    *alike("2021-02-01", 50, 10.0, 5.0, 4.0, segment="web"),
    *alike("2021-02-01", 12, 90.0, segment="fair"),
    *alike("2021-02-01", 35, 30.0, segment=""),
    *alike("2021-04-01", 99, 99.0, segment="shop"),  # too young
]


def of_all(shop: list[Customer], *, margin: float | None = 1.0) -> CohortTriangles:
    cells = cells_of([(cohort, "", bought) for cohort, _, bought in shop])
    found = cohort_triangles(cells, until=UNTIL, gross_margin=margin)
    assert isinstance(found, CohortTriangles)
    return found


def costs(value: float = 12.0, **channels: tuple[float, int]) -> AcquisitionCost:
    rows = [("channel", name, n, cost, cost - 1, cost + 1) for name, (cost, n) in channels.items()]
    groups = pd.DataFrame(rows, columns=["dimension", "segment", "customers", "cost", "low", "high"])
    return AcquisitionCost(per_customer=Estimate(value), source="customers", by_group=groups)


def grouped(shop: list[Customer] = SHOP, *, cost: Any = REFUSAL, splits: tuple[str, ...] = ("channel",)) -> GroupValues:
    cells = cells_of(shop).assign(dimension="channel")
    found = group_values(cells, of_all(shop), cost=cost, splits=splits)
    assert isinstance(found, GroupValues)
    return found


def rows(found: GroupValues) -> dict[str, Any]:
    return {row["segment"]: row for row in found.table.to_dict("records")}


def test_groups_are_compared_over_the_longest_time_that_enough_are_old_enough_for() -> None:
    found = grouped()
    assert (found.periods, found.customers, found.tests, found.missing) == (3, 197, 2, ())
    assert found.table["segment"].tolist() == ["shop", "", "web", "fair"]
    web = rows(found)["web"]
    assert (web["customers"], web["rest"], web["again"]) == (90, 72, 1.0)
    assert web["value"] == pytest.approx((40 * 16 + 50 * 19) / 90)
    assert web["rest_value"] == pytest.approx((60 * 30 + 12 * 90) / 72)
    assert (rows(found)["fair"]["thin"], rows(found)["fair"]["differs"]) == (True, False)
    assert pd.isna(rows(found)[""]["p_adjusted"])


def test_a_group_is_tested_against_the_others_that_are_stated() -> None:
    own = [16 + 3 * (-1 if place % 2 == 0 else 1) for place in range(40)]
    own += [19 + 3 * (-1 if place % 2 == 0 else 1) for place in range(50)]
    rest = [30 + 3 * (-1 if place % 2 == 0 else 1) for place in range(60)]
    rest += [90 + (-1 if place % 2 == 0 else 1) for place in range(12)]
    welch = stats.ttest_ind(own, rest, equal_var=False)
    web = rows(grouped())["web"]
    assert web["difference"] == pytest.approx(sum(own) / 90 - sum(rest) / 72)
    assert web["difference_low"] == pytest.approx(welch.confidence_interval().low, abs=0.4)  # normal, not Student
    assert web["differs"]


def test_two_groups_are_one_test() -> None:
    shop = [*alike("2021-01-01", 40, 10.0, segment="a"), *alike("2021-01-01", 40, 10.4, segment="b")]
    found = grouped(shop)
    assert found.tests == 1
    first, second = (rows(found)[name] for name in ("a", "b"))
    assert (
        first["p_adjusted"] == second["p_adjusted"] == pytest.approx(stats.norm.sf(0.4 / (2 / 39) ** 0.5) * 2, rel=1e-6)
    )
    assert first["difference"] == pytest.approx(-second["difference"])


def test_payback_and_ratio_are_of_the_groups_own_cost_where_it_is_known() -> None:
    found = rows(grouped(cost=costs(12.0, web=(17.0, 90), shop=(5.0, 29))))
    web, shop = found["web"], found["shop"]
    assert (web["cost"], web["own_cost"], web["payback"]) == (17.0, True, 3.0)  # 10, 14.4, 17.7
    assert web["ratio"] == pytest.approx(web["value"] / 17)
    assert (shop["cost"], shop["own_cost"], shop["payback"]) == (12.0, False, 1.0)
    assert pd.isna(found["fair"]["payback"])
    assert pd.isna(found["fair"]["seen"])
    never = rows(grouped(cost=costs(500.0)))["web"]
    assert pd.isna(never["payback"])
    assert never["seen"] == 4


def test_splits_that_the_store_lacks_are_named() -> None:
    assert grouped(splits=("first_category", "channel")).missing == ("first_category",)
    nothing = group_values(cells_of(SHOP).assign(dimension="channel"), of_all(SHOP), cost=REFUSAL, splits=("other",))
    assert nothing == NotEnough("splits_known", 0, 1)
    assert group_values(REFUSAL, of_all(SHOP), cost=REFUSAL, splits=("channel",)) is REFUSAL
    cells = cells_of(SHOP).assign(dimension="channel")
    assert group_values(cells, REFUSAL, cost=REFUSAL, splits=("channel",)) is REFUSAL


def test_few_customers_are_not_grouped() -> None:
    few = alike("2021-01-01", 20, 10.0, segment="a")
    found = group_values(cells_of(few).assign(dimension="channel"), of_all(few), cost=REFUSAL, splits=("channel",))
    assert found == NotEnough("cohort_customers", 20, 30)


def test_cohorts_are_ranked_at_the_same_age_the_newest_first() -> None:
    shop = [*alike("2021-01-01", 40, 10.0), *alike("2021-02-01", 50, 5.0), *alike("2021-04-01", 30, 10.0)]
    found = cohort_ranks(of_all(shop), cost=costs(7.0))
    assert isinstance(found, GroupValues)
    assert (found.periods, found.table["segment"].tolist()) == (3, ["2021-02", "2021-01"])
    assert set(found.table["dimension"]) == {COHORT}
    assert found.table["value"].tolist() == pytest.approx([5.0, 10.0])
    assert found.table["differs"].all()
    assert found.tests == 1
    one = cohort_ranks(of_all(shop[:40]), cost=REFUSAL)
    assert one == NotEnough("cohorts_to_compare", 1, 2)
    assert cohort_ranks(REFUSAL, cost=REFUSAL) is REFUSAL

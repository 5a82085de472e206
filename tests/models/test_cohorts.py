"""Triangles, what customers brought by age, and the newest cohorts against those before."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.cohort_cells import alike, cells_of
from scipy import stats

from retention_lib.estimates import NotEnough
from retention_lib.models.cohort_calendar import CohortCalendar, cohort_calendar
from retention_lib.models.cohort_changes import CohortChange, cohort_change
from retention_lib.models.cohort_matrices import CohortMatrix, cohort_matrix
from retention_lib.models.cohort_sums import age_means, cohort_sums, period_label, periods_in
from retention_lib.models.cohorts import (
    CohortTriangles,
    CohortValue,
    CostCeiling,
    cohort_triangles,
    cohort_value,
    cost_ceiling,
)

APRIL = date(2021, 4, 1)
REFUSAL = NotEnough("x", 0, 1)
SHOP = [
    ("2021-01-01", "", {0: 10.0, 2: 30.0}),
    ("2021-01-01", "", {0: 20.0}),
    ("2021-02-01", "", {0: 5.0, 1: 7.0}),
]


def triangles(cells: pd.DataFrame, *, until: date = APRIL, margin: float | None = None) -> CohortTriangles:
    found = cohort_triangles(cells, until=until, gross_margin=margin)
    assert isinstance(found, CohortTriangles)
    return found


def test_triangles_are_a_customer_acquired_with_future_cells_empty() -> None:
    found = triangles(cells_of(SHOP))
    assert found.measure == "revenue"
    assert found.sizes.to_dict() == {"2021-01": 2, "2021-02": 1}
    np.testing.assert_allclose(found.retention, [[1, 0, 0.5], [1, 1, np.nan]])
    np.testing.assert_allclose(found.orders, [[1, 0, 0.5], [1, 1, np.nan]])
    np.testing.assert_allclose(found.revenue, [[15, 0, 15], [5, 7, np.nan]])
    np.testing.assert_allclose(found.cumulative_value, [[15, 15, 30], [5, 12, np.nan]])
    assert found.whole.to_numpy().tolist() == [[True] * 3, [True, True, False]]
    assert found.to_frame().shape == (5, 10)


def test_a_period_that_is_not_over_is_seen_but_not_whole() -> None:
    found = triangles(cells_of(SHOP), until=date(2021, 3, 31))
    assert found.sums.seen.tolist() == [[True] * 3, [True, True, False]]
    assert found.whole.to_numpy().tolist() == [[True, True, False], [True, False, False]]
    means = age_means(found.sums)
    assert means.customers.tolist() == [3, 2, 0]
    assert triangles(cells_of(SHOP), until=date(2021, 3, 1)).sums.ages == 2


def test_gross_profit_is_revenue_less_known_costs_and_a_margin_of_the_rest() -> None:
    own, rest = cells_of(SHOP, margin=0.4), cells_of(SHOP)
    costed = triangles(own, margin=0.9)
    assert (costed.measure, costed.pricing.priced, costed.pricing.costed_share) == ("gross_profit", "cost", 1.0)
    assert costed.cumulative_value.loc["2021-01", 2] == pytest.approx(12.0)
    given_margin = triangles(rest, margin=0.5)
    assert (given_margin.pricing.priced, given_margin.pricing.margin) == ("margin", 0.5)
    assert given_margin.cumulative_value.loc["2021-01", 2] == pytest.approx(15.0)
    both = pd.concat([own, rest]).groupby(["segment", "cohort", "age", "customers"], as_index=False).sum()
    mixed = triangles(both, margin=0.5)
    assert (mixed.pricing.priced, mixed.pricing.costed_share) == ("cost_and_margin", pytest.approx(0.5))
    assert mixed.cumulative_value.loc["2021-01", 2] == pytest.approx(27.0)
    # No margin given: the sales without a cost are taken to leave what the others do.
    assert triangles(both).pricing.margin == pytest.approx(0.4)


def test_money_of_nobody_is_outside_and_in_the_total() -> None:
    nobody = pd.DataFrame({"cohort": [pd.NaT], "age": [51 * 12], "revenue": [-3.0]})
    found = triangles(
        pd.concat([cells_of(SHOP), nobody], ignore_index=True)
        .fillna({"customers": 0})
        .fillna(0.0)
        .assign(cohort=lambda frame: [*cells_of(SHOP)["cohort"], pd.NaT])
    )
    assert found.outside.to_dict() == {"2021-01": -3.0}
    assert found.total == pytest.approx(69.0)
    view = cohort_calendar(found)
    assert isinstance(view, CohortCalendar)
    assert view.to_frame()["total"].tolist() == [27.0, 5.0, 37.0]


def test_without_a_cohort_there_is_no_triangle() -> None:
    assert cohort_triangles(cells_of(SHOP).iloc[:0], until=APRIL, gross_margin=None) == NotEnough("cohorts", 0, 1)
    for model in (cohort_triangles,):
        assert model(REFUSAL, until=APRIL, gross_margin=None) is REFUSAL
    for model in (cohort_value, cohort_change, cohort_calendar):
        assert model(REFUSAL) is REFUSAL
    assert cohort_matrix(REFUSAL, "orders") is REFUSAL
    assert cost_ceiling(REFUSAL, months=2) is REFUSAL


def test_cohorts_that_are_far_larger_when_the_data_begin_are_left_out_of_means() -> None:
    shop = [*alike("2021-01-01", 200, 10.0, 9.0), *alike("2021-02-01", 150, 10.0), *alike("2021-03-01", 40, 5.0)]
    shop += [*alike("2021-04-01", 35, 5.0), *alike("2021-05-01", 45, 5.0)]
    found = triangles(cells_of(shop), until=date(2021, 6, 1))
    assert found.opening == ("2021-01", "2021-02")
    assert found.pooled.sizes.tolist() == [40, 35, 45]
    assert age_means(found.pooled).value[0] == pytest.approx(5.0, abs=0.05)
    assert triangles(cells_of(SHOP)).opening == ()


def test_means_are_over_all_customers_old_enough_and_added_up() -> None:
    # January: 10, then 4 on the mean of 4 customers; February: 20 of 2 customers, too young for age 1.
    shop = [("2021-02-01", "", {0: 10.0, 1: amount}) for amount in (2.0, 6.0, 4.0, 4.0)]
    shop += [("2021-03-01", "", {0: 20.0}) for _ in range(2)]
    means = age_means(triangles(cells_of(shop)).sums)
    assert means.customers.tolist() == [6, 4]
    np.testing.assert_allclose(means.added, [80 / 6, 4.0])
    np.testing.assert_allclose(means.value, [80 / 6, 80 / 6 + 4])
    # Of the four seen through age 1 each has brought 12, 16, 14, 14.
    np.testing.assert_allclose(means.error[1], np.std([12, 16, 14, 14], ddof=1) / 2)


SHOPS = st.lists(
    st.tuples(
        st.sampled_from(["2021-01-01", "2021-02-01", "2021-03-01"]),
        st.just(""),
        st.dictionaries(st.integers(0, 2), st.integers(-900, 90_000).map(lambda cents: cents / 100), min_size=1),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(SHOPS)
def test_triangles_add_up_to_the_sales_and_squares_to_those_of_the_customers(shop: list[object]) -> None:
    people = [(start, name, bought) for start, name, bought in shop]  # type: ignore[misc]
    found = triangles(cells_of(people), until=date(2021, 6, 1))
    paid = [sum(bought.values()) for _, _, bought in people]
    assert found.total == pytest.approx(sum(paid), abs=0.005)
    last = found.cumulative_value.ffill(axis=1).iloc[:, -1] * found.sizes
    for cohort, total in last.items():
        of_cohort = sum(money for (start, _, _), money in zip(people, paid, strict=True) if start[:7] == cohort)
        assert total == pytest.approx(of_cohort, abs=0.005)
    assert found.sums.squares[:, -1].sum() == pytest.approx(sum(money**2 for money in paid), abs=0.01, rel=1e-9)
    view = cohort_calendar(found)
    assert isinstance(view, CohortCalendar)
    assert float(view.to_frame()["total"].sum()) == pytest.approx(sum(paid), abs=0.005)


def test_the_value_a_customer_is_of_cohorts_of_thirty_and_of_periods_that_are_over() -> None:
    shop = [*alike("2021-01-01", 30, 10.0, 4.0), *alike("2021-02-01", 29, 10.0)]
    found = cohort_value(triangles(cells_of(shop), until=date(2021, 2, 28), margin=0.5))
    assert isinstance(found, CohortValue)
    assert found.table.to_dict("index") == {"2021-01": {0: 5.0}}
    assert found.to_frame().to_dict("records") == [
        {"cohort": "2021-01", "age": 0, "customers": 30, "cumulative_value": 5.0}
    ]
    assert cohort_value(triangles(cells_of(SHOP))) == NotEnough("cohort_customers", 2, 30)


def test_a_matrix_tells_the_first_period_from_those_that_follow() -> None:
    shop = [*alike("2021-01-01", 30, 10.0, 4.0, 2.0), *alike("2021-02-01", 10, 99.0)]
    found = cohort_matrix(triangles(cells_of(shop)), "revenue")
    assert isinstance(found, CohortMatrix)
    assert (found.first, found.later) == (pytest.approx(10.0), pytest.approx(3.0))
    assert (found.opening, found.opening_counted) == ((), False)
    young = cohort_matrix(triangles(cells_of(shop[:30]), until=date(2021, 2, 1)), "orders")
    assert isinstance(young, CohortMatrix)
    assert young.first == 1.0
    assert np.isnan(young.later)
    assert found.to_frame()["value"].tolist() == pytest.approx([10, 4, 2, 99, 0])
    assert cohort_matrix(triangles(cells_of(SHOP)), "orders") == NotEnough("cohort_customers", 2, 30)


def test_a_matrix_leaves_out_the_cohorts_of_a_shop_that_was_there_before_the_data() -> None:
    later = [each for month in (2, 3) for each in alike(f"2021-0{month}-01", 30, 5.0, *([1.0] if month == 2 else []))]
    found = cohort_matrix(triangles(cells_of([*alike("2021-01-01", 100, 10.0, 4.0, 2.0), *later])), "revenue")
    assert isinstance(found, CohortMatrix)
    assert (found.opening, found.opening_counted) == (("2021-01",), False)
    assert (found.first, found.later) == (pytest.approx(5.0), pytest.approx(1.0))
    young = [*alike("2021-01-01", 100, 10.0, 4.0, 2.0), *alike("2021-03-01", 30, 5.0), *alike("2021-02-01", 9, 5.0)]
    alone = cohort_matrix(triangles(cells_of(young)), "revenue")
    assert isinstance(alone, CohortMatrix)
    assert (alone.opening, alone.opening_counted) == (("2021-01",), True)
    assert alone.later == pytest.approx(3.0)


def test_a_ceiling_is_what_a_customer_brought_over_the_months() -> None:
    shop = [*alike("2021-01-01", 30, 10.0, 4.0, 2.0), *alike("2021-02-01", 30, 20.0, 8.0)]
    cohorts = triangles(cells_of(shop), margin=0.5)
    found = cost_ceiling(cohorts, months=3)
    assert isinstance(found, CostCeiling)
    assert found.value_per_customer == pytest.approx((15 + 6 + 2) * 0.5)
    assert found.first_period == pytest.approx(7.5)
    assert (found.periods, found.customers, found.by) == (3, 30, "month")
    assert cost_ceiling(cohorts, months=4) == NotEnough("cohort_months", 3, 4)
    assert cost_ceiling(triangles(cells_of(shop)), months=2) == NotEnough("margin_known", 0, 1)


def test_the_calendar_tells_new_money_from_old() -> None:
    shop = [
        ("2020-02-01", "", {0: 10.0, 13: 20.0}),
        ("2021-02-01", "", {0: 5.0, 1: 40.0}),
        ("2021-03-01", "", {0: 40.0}),
    ]
    view = cohort_calendar(triangles(cells_of(shop)))
    assert isinstance(view, CohortCalendar)
    assert view.last == "2021-03"
    assert (view.new_share, view.old_share) == (0.4, 0.2)
    assert view.table.columns.tolist() == ["2020-02", "2021-02", "2021-03"]
    begun = cohort_triangles(cells_of(shop), until=date(2021, 3, 31), gross_margin=None, start=date(2020, 2, 15))
    view = cohort_calendar(begun)
    assert isinstance(view, CohortCalendar)
    assert (view.last, bool(view.whole.iloc[0]), bool(view.whole.iloc[-1])) == ("2021-02", False, False)


def test_many_cohorts_are_put_together_in_bands() -> None:
    starts = [str(month.date()) for month in pd.date_range("2019-01-01", periods=27, freq="MS")]
    view = cohort_calendar(triangles(cells_of([(start, "", {0: 1.0}) for start in starts])))
    assert isinstance(view, CohortCalendar)
    assert view.table.columns.tolist() == ["2019", "2020", "2021"]
    view = cohort_calendar(
        triangles(cells_of([(start, "", {0: 1.0}) for start in starts[:12]]), until=date(2020, 1, 1))
    )
    assert isinstance(view, CohortCalendar)
    assert view.table.columns.tolist() == ["2019-Q1", "2019-Q2", "2019-Q3", "2019-Q4"]
    assert view.table["2019-Q2"].to_numpy().tolist() == [0.0] * 3 + [1.0] * 3 + [0.0] * 6


def test_the_newest_cohorts_are_compared_with_those_before_at_the_same_age() -> None:
    shop = [*alike("2021-01-01", 40, 10.0, 4.0), *alike("2021-02-01", 60, 10.0, 4.0), *alike("2021-03-01", 50, 20.0)]
    found = cohort_change(triangles(cells_of(shop)))
    assert isinstance(found, CohortChange)
    table = found.table.set_index(["kind", "age"])
    first = table.loc[("value", 0)]
    assert (first["newest_from"], first["before_from"], first["before_to"]) == ("2021-03", "2021-01", "2021-02")
    welch = stats.ttest_ind([20 - 1, 20 + 1] * 25, [10 - 1, 10 + 1] * 50, equal_var=False)
    assert first["difference"] == pytest.approx(10.0)
    assert first["low"] == pytest.approx(welch.confidence_interval().low, abs=0.01)
    assert first["differs"]
    second = table.loc[("value", 1)]
    assert (second["newest_from"], second["newest_customers"], second["before_customers"]) == ("2021-02", 60, 40)
    assert second["difference"] == pytest.approx(0.0, abs=1e-12)
    assert not second["differs"]
    assert ("retention", 1) in table.index
    assert np.isnan(table.loc[("retention", 1), "p"])  # all came back in both
    strongest = found.strongest
    assert strongest is not None
    assert (strongest["kind"], strongest["age"]) == ("value", 0)


def test_shares_are_compared_by_newcombe() -> None:
    back, gone = {0: 1.0, 1: 1.0}, {0: 1.0}
    shop = [("2021-01-01", "", back)] * 56 + [("2021-01-01", "", gone)] * 14
    shop += [("2021-02-01", "", back)] * 48 + [("2021-02-01", "", gone)] * 32
    found = cohort_change(triangles(cells_of(shop)))
    assert isinstance(found, CohortChange)
    row = found.table.set_index(["kind", "age"]).loc[("retention", 1)]
    # Newcombe (1998), table II, method 10: 56/70 against 48/80.
    assert (-row["high"], -row["low"]) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_one_cohort_is_compared_with_nothing() -> None:
    assert cohort_change(triangles(cells_of(alike("2021-01-01", 40, 1.0)))) == NotEnough("cohorts_to_compare", 1, 2)
    small = triangles(cells_of([*alike("2021-01-01", 20, 1.0), *alike("2021-02-01", 20, 1.0)]))
    assert cohort_change(small) == NotEnough("cohorts_to_compare", 0, 2)


def test_weeks_and_quarters_have_names_that_sort_and_lengths_in_months() -> None:
    cells = cells_of([("2020-12-28", "", {0: 1.0, 2: 3.0}), ("2021-01-04", "", {0: 1.0})])
    found = cohort_triangles(cells, until=date(2021, 1, 18), gross_margin=None, by="week")
    assert isinstance(found, CohortTriangles)
    assert found.sizes.index.tolist() == ["2020-12-28", "2021-01-04"]
    assert found.whole.to_numpy().tolist() == [[True] * 3, [True, True, False]]
    assert period_label(pd.Period("2021-05", freq="Q-DEC"), "quarter") == "2021-Q2"
    assert [periods_in(12, by) for by in ("month", "week", "quarter")] == [12, 52, 4]  # type: ignore[arg-type]
    assert periods_in(1, "quarter") == 1


def test_sums_can_be_taken_apart_and_put_together() -> None:
    sums = cohort_sums(cells_of(SHOP), by="month", until=APRIL, margin=1.0)
    first, second = sums.chosen(np.array([True, False])), sums.chosen(np.array([1]))
    again = first.beside(second)
    np.testing.assert_array_equal(again.added, sums.added)
    assert again.cohorts.tolist() == sums.cohorts.tolist()
    assert sums.until_age(0).ages == 1

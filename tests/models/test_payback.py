"""What winning a customer costs, when it is paid back, and the trade's income-based value."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from models.cohort_cells import alike, cells_of

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.acquisition import AcquisitionCost, acquisition_cost
from retention_lib.models.cohorts import CohortTriangles, cohort_triangles
from retention_lib.models.income_value import IncomeValue, income_value
from retention_lib.models.payback import NOT_YET, Payback, months_of, payback

REFUSAL = NotEnough("x", 0, 1)
COLUMNS = ["source", "dimension", "segment", "known", "customers", "cost", "squares", "bought_cost"]
NONE = float("nan")


def sums(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def costing(value: float, *, half: float | None = None) -> AcquisitionCost:
    bounds = {} if half is None else {"low": value - half, "high": value + half, "level": 0.95}
    nothing = pd.DataFrame(columns=["dimension", "segment", "customers", "cost", "low", "high"])
    return AcquisitionCost(per_customer=Estimate(value, **bounds), source="settings", by_group=nothing)


def cohorts(shop: list[tuple[str, str, dict[int, float]]], *, margin: float | None = 1.0) -> CohortTriangles:
    found = cohort_triangles(cells_of(shop), until=date(2021, 7, 1), gross_margin=margin)
    assert isinstance(found, CohortTriangles)
    return found


def test_cost_of_the_customers_goes_before_that_of_the_months_and_of_the_settings() -> None:
    months = ("costs", "month", "2020-01", 1, 80, 160.0, NONE, NONE)
    people = ("customers", "", "", 50, 40, 100.0, 300.0, 80.0)
    found = acquisition_cost(sums(months, people), given=9.0)
    assert isinstance(found, AcquisitionCost)
    assert (found.source, found.per_customer.value, found.per_customer.n) == ("customers", 2.5, 40)
    of_months = acquisition_cost(sums(months, ("customers", "", "", 29, 29, 1.0, 1.0, 1.0)), given=9.0)
    assert (of_months.source, of_months.per_customer.value, of_months.per_customer.low) == ("costs", 2.0, None)
    settled = acquisition_cost(sums(("costs", "month", "2020-01", 1, 0, 5.0, NONE, NONE)), given=9.0)
    assert (settled.source, settled.per_customer.value) == ("settings", 9.0)
    assert acquisition_cost(sums(), given=None) == NotEnough("acquisition_cost_known", 0, 1)
    assert acquisition_cost(REFUSAL, given=1.0) is REFUSAL


def test_months_with_customers_who_are_older_than_the_data_are_left_out_with_their_cost() -> None:
    # 600 old customers are first seen in January, 50 are won in each month at 1,000.
    months = [("costs", "month", f"2020-{month:02d}", 1, 50, 1000.0, NONE, NONE) for month in range(2, 13)]
    first = ("costs", "month", "2020-01", 1, 650, 1000.0, NONE, NONE)
    found = acquisition_cost(sums(first, *months), given=None)
    assert isinstance(found, AcquisitionCost)
    assert (found.per_customer.value, found.per_customer.n, found.opening) == (20.0, 550, ("2020-01",))
    # Months without a known cost count among the sizes, and are no months whose cost is left out.
    unknown = ("costs", "month", "2020-01", 0, 650, 0.0, NONE, NONE)
    found = acquisition_cost(sums(unknown, *months), given=None)
    assert isinstance(found, AcquisitionCost)
    assert (found.per_customer.value, found.opening) == (20.0, ())
    level = acquisition_cost(sums(("costs", "month", "2020-01", 1, 50, 500.0, NONE, NONE), *months), given=None)
    assert isinstance(level, AcquisitionCost)
    assert (level.per_customer.value, level.opening) == (11_500.0 / 600, ())


def test_interval_of_the_cost_holds_the_truth_as_often_as_it_says() -> None:
    # Costs of 100 on the mean; a fifth of those paid for never buy: 125 for each who does.
    rng, held = np.random.default_rng(7), 0
    for _ in range(400):
        cost, bought = rng.gamma(4, 25, 200), rng.random(200) < 0.8
        row = ("customers", "", "", 200, int(bought.sum()), cost.sum(), (cost**2).sum(), cost[bought].sum())
        found = acquisition_cost(sums(row), given=None)
        held += found.per_customer.low <= 125 <= found.per_customer.high
    assert 0.92 <= held / 400 <= 0.98


def test_equal_costs_have_no_interval_and_groups_below_thirty_no_cost_of_their_own() -> None:
    rows = [("customers", "", "", 100, 100, 900.0, 8100.0, 900.0)]
    rows += [("customers", "channel", "fair", 20, 20, 180.0, 1620.0, 180.0)]
    rows += [("customers", "channel", "web", 80, 80, 720.0, 6480.0, 720.0)]
    found = acquisition_cost(sums(*rows), given=None)
    assert found.per_customer.reason == "zero_variance"
    assert found.by_group["cost"].tolist() == [9.0, 9.0]
    assert found.of_group("channel", "web") == Estimate(9.0, n=80)
    assert found.of_group("channel", "fair") is None
    assert found.of_group("channel", "radio") is None


def test_payback_is_the_first_period_in_which_the_value_reaches_the_cost() -> None:
    shop = alike("2021-01-01", 100, 10.0, 4.0, 4.0, 4.0, spread=1.0)
    found = payback(cohorts(shop), costing(16.0))
    assert isinstance(found, Payback)
    # 10, 14, 18, 22 with halves of 1.96 x (1, 2, 3, 4) x sqrt(100/99) / 10 about them.
    np.testing.assert_allclose(found.table["value"][:4], [10, 14, 18, 22])
    half = 1.959964 * math.sqrt(100 / 99) * np.array([1, 2, 3, 4]) / 10
    np.testing.assert_allclose(found.table["high"][:4] - found.table["value"][:4], half, rtol=1e-6)
    assert (found.paid.periods, found.paid.low, found.paid.high, found.paid.seen) == (3, 3, 3, 6)
    assert found.months == Estimate(3.0, low=3.0, high=3.0, level=0.95, n=100)
    assert found.table["net"][0] == pytest.approx(-6.0)
    ratio = found.ratio(3)
    assert (ratio.value, ratio.n) == (pytest.approx(18 / 16), 100)
    assert ratio.high == pytest.approx(18 / 16 + half[2] / 16)
    assert found.ratio(12) == NotEnough("cohort_months", 6, 12)


def test_the_interval_of_payback_is_that_of_the_bounds_and_of_the_cost() -> None:
    shop = alike("2021-01-01", 50, 10.0, 4.0, 4.0, 4.0, 4.0, spread=6.0)
    found = payback(cohorts(shop), costing(17.9))
    # Halves of 1.96 x 6 x (1, 2, 3, 4, 5) x sqrt(50/49) / sqrt(50): 1.68, 3.36, 5.04, 6.72, 8.40.
    # Highest 11.7, 17.4, 23.0, ...; lowest 8.3, 10.6, 13.0, 15.3, 17.6, and then no more comes in: 17.6.
    assert (found.paid.periods, found.paid.low, found.paid.high) == (3, 3, None)
    assert isinstance(found.months, Estimate)
    assert (found.months.low, found.months.high, found.months.reason) == (3.0, None, "payback_high_not_seen")
    unsure = payback(cohorts(shop), costing(17.9, half=5.0))
    assert (unsure.paid.periods, unsure.paid.low) == (3, 2)  # 14 + 3.36 reaches 17.9 less a part of 5


def test_not_yet_is_a_value_censored_at_the_last_age_seen() -> None:
    found = payback(cohorts(alike("2021-05-01", 40, 10.0, 4.0)), costing(50.0))
    assert isinstance(found, Payback)
    assert found.months == NOT_YET
    assert (found.paid.periods, found.paid.low, found.paid.high, found.paid.seen) == (None, None, None, 2)


def test_ages_of_fewer_than_thirty_customers_are_not_seen() -> None:
    found = payback(cohorts([*alike("2021-01-01", 29, 90.0), *alike("2021-06-01", 5, 90.0)]), costing(5.0))
    assert isinstance(found, Payback)
    assert found.paid.seen == 1
    few = payback(cohorts(alike("2021-01-01", 29, 90.0)), costing(5.0))
    assert few == NotEnough("cohort_customers", 29, 30)


def test_payback_needs_profit_and_a_cost() -> None:
    shop = cohorts(alike("2021-01-01", 40, 10.0), margin=None)
    assert payback(shop, costing(5.0)) == NotEnough("margin_known", 0, 1)
    assert payback(shop, REFUSAL) is REFUSAL
    assert payback(REFUSAL, costing(5.0)) is REFUSAL
    free = payback(cohorts(alike("2021-01-01", 40, 10.0)), costing(0.0))
    assert isinstance(free, Payback)
    assert free.paid.periods == 1
    assert free.table["ratio"].isna().all()


def test_the_true_period_of_payback_is_held_as_often_as_said() -> None:
    # Profit of a month: gamma with mean 8; the cost of 29.9 is reached in the fourth month.
    rng, held = np.random.default_rng(3), 0
    for _ in range(150):
        money = rng.gamma(0.5, 16.0, (60, 6))
        shop = [("2021-01-01", "", dict(enumerate(row))) for row in money]
        paid = payback(cohorts(shop), costing(29.9)).paid
        held += (paid.low or 99) <= 4 <= (paid.high or 99)
    assert held / 150 >= 0.92


def test_months_of_other_periods_are_whole_ones() -> None:
    assert [months_of(2, "quarter"), months_of(5, "week"), months_of(4, "week")] == [6.0, 2.0, 1.0]
    assert months_of(None, "month") is None


def facts(**given: float) -> pd.DataFrame:
    usual = {"buyers": 200, "purchases": 500, "revenue": 10_000.0, "earlier_buyers": 100, "stayed": 60, "days": 800}
    return pd.DataFrame([usual | given])


def test_income_value_is_order_times_pace_times_years() -> None:
    found = income_value(facts())
    assert isinstance(found, IncomeValue)
    assert (found.average_order, found.orders_a_year, found.years) == (20.0, 2.5, 2.5)
    assert found.value.value == pytest.approx(125.0)
    # Wilson's interval of 40 of 100 is .3094 to .4980: 50 / .4980 and 50 / .3094.
    assert (found.value.low, found.value.high) == (pytest.approx(100.4, abs=0.1), pytest.approx(161.6, abs=0.1))


def test_income_value_needs_two_years_and_customers_who_left() -> None:
    assert income_value(facts(days=729)) == NotEnough("income_history_days", 729, 730)
    assert income_value(facts(earlier_buyers=29, stayed=2)) == NotEnough("income_customers", 29, 30)
    assert income_value(facts(stayed=100)) == NotEnough("income_left", 0, 1)
    assert income_value(REFUSAL) is REFUSAL

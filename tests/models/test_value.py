"""Value of the base and of cohorts: by hand, on the exact calendar, in either time unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retention_lib.models import value as value_module
from retention_lib.models.btyd import BetaGeometric
from retention_lib.models.cohorts import cohort_table, cohort_value, cost_ceiling
from retention_lib.models.estimates import Estimate, NotEnough
from retention_lib.models.gamma_gamma import SPEND_DEPENDS, SpendModel
from retention_lib.models.value import BaseValue, discount_factors, expected_value, months_ahead

DAILY = BetaGeometric(
    name="MBG/NBD",
    r=0.6,
    alpha=42.0,
    a=0.8,
    b=1.6,
    log_likelihood=0.0,
    covariance=tuple(tuple(0.01 * (i == j) for j in range(4)) for i in range(4)),
    customers=1000,
)
SPEND = SpendModel(
    p=6.0,
    q=4.0,
    v=20.0,
    log_likelihood=0.0,
    covariance=tuple(tuple(0.001 * (i == j) for j in range(3)) for i in range(3)),
    customers=500,
    dependence=Estimate(0.01, p=0.8, claimed=False),
)
CUSTOMERS = pd.DataFrame(
    {
        "frequency": [0, 2, 9],
        "recency": [0, 200, 330],
        "T": [100, 240, 350],
        "monetary_value": [np.nan, 50.0, 30.0],
        "customers": [70, 20, 10],
    }
)


def value_of(customers: pd.DataFrame = CUSTOMERS, **changes: Any) -> BaseValue:
    options = {
        "as_of": date(1998, 6, 30),
        "horizon_months": 12,
        "unit_days": 1,
        "gross_margin": None,
        "discount_rate_annual": 0.0,
        "rng": np.random.default_rng(4),
    }
    models = {"purchase_model": DAILY, "spend_model": SPEND} | {
        name: changes.pop(name) for name in ("purchase_model", "spend_model") if name in changes
    }
    return expected_value(customers, *models.values(), **(options | changes))


@pytest.mark.parametrize(
    ("as_of", "months", "expected"),
    [
        (date(1998, 1, 31), 1, date(1998, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 1, 31), 2, date(2024, 3, 31)),
        (date(2023, 12, 31), 12, date(2024, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 15), 2, date(2027, 1, 15)),
        (date(2026, 11, 15), 0, date(2026, 11, 15)),
    ],
)
def test_months_ahead_keeps_the_day_or_takes_the_months_last(as_of: date, months: int, expected: date) -> None:
    assert months_ahead(as_of, months) == expected


def test_discount_is_to_the_middle_of_the_month() -> None:
    # 21 % a year: 1.21^(-1/24), ..., and a month in the middle of the second year at 1.21^-1.5 = 1 / 1.331
    factors = discount_factors(19, 0.21)
    assert factors[0] == pytest.approx(1.21 ** (-1 / 24))
    assert factors[17] * factors[18] == pytest.approx(1.331**-2)
    assert discount_factors(3, 0.0).tolist() == [1, 1, 1]


def test_value_is_purchases_times_spend_times_margin() -> None:
    x, t_x, age = CUSTOMERS["frequency"], CUSTOMERS["recency"], CUSTOMERS["T"]
    purchases = DAILY.conditional_expected_purchases(x, t_x, age, 365)
    # Spend by hand: 40 for all; weights of the own mean 12/15 and 54/57
    spend = np.array([40, 0.2 * 40 + 0.8 * 50, (3 * 40 + 54 * 30) / 57])
    expected = (CUSTOMERS["customers"] * purchases * spend).sum()
    revenue, profit = value_of(), value_of(gross_margin=0.3)
    assert (revenue.measure, profit.measure) == ("revenue", "gross_profit")
    assert revenue.total.value == pytest.approx(expected)
    assert profit.total.value == pytest.approx(0.3 * expected)
    assert revenue.per_customer.value == pytest.approx(expected / 100)
    assert revenue.expected_purchases.value == pytest.approx((CUSTOMERS["customers"] * purchases).sum())
    assert revenue.mean_spend == profit.mean_spend == pytest.approx(expected / revenue.expected_purchases.value)
    assert revenue.customers == revenue.total.n == 100


def test_months_follow_the_calendar_and_add_up() -> None:
    found = value_of(discount_rate_annual=0.21, gross_margin=0.5)
    assert found.horizon_end == date(1999, 6, 30)
    assert found.months["end"].tolist()[:3] == [date(1998, 7, 30), date(1998, 8, 30), date(1998, 9, 30)]
    first = DAILY.conditional_expected_purchases(2, 200, 240, 30) * 48 * 0.5 * 1.21 ** (-1 / 24)
    only = value_of(CUSTOMERS.iloc[[1]], discount_rate_annual=0.21, gross_margin=0.5)
    assert only.months["discounted_value"][0] / 20 == pytest.approx(float(first))
    assert found.months["discounted_value"].sum() == pytest.approx(found.total.value)
    assert found.months["discounted_value"].sum() < found.months["value"].sum()


def test_leap_year_has_a_day_more() -> None:
    x, t_x, age = CUSTOMERS["frequency"], CUSTOMERS["recency"], CUSTOMERS["T"]
    days = (CUSTOMERS["customers"] * DAILY.conditional_expected_purchases(x, t_x, age, 366)).sum()
    assert value_of(as_of=date(2023, 12, 31)).expected_purchases.value == pytest.approx(days)


def test_weekly_model_gives_the_daily_value() -> None:
    # lifetimes takes a weekly model for a daily one by default and gives 3.7 times the value.
    weekly = replace(DAILY, alpha=DAILY.alpha / 7)
    weeks = CUSTOMERS.assign(recency=CUSTOMERS["recency"] / 7, T=CUSTOMERS["T"] / 7)
    found = value_of(weeks, purchase_model=weekly, unit_days=7)
    assert found.total.value == pytest.approx(value_of().total.value)


def test_interval_holds_the_value_and_shrinks_with_certainty() -> None:
    total = value_of().total
    certain = replace(DAILY, covariance=tuple(tuple(0.0 for _ in range(4)) for _ in range(4)))
    narrow = value_of(purchase_model=certain).total
    assert total.low < total.value < total.high
    assert narrow.low < narrow.value < narrow.high
    assert narrow.high - narrow.low < total.high - total.low
    assert total.level == 0.95


def test_interval_on_chosen_rows_is_that_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    age = rng.integers(1, 500, 900)
    x = np.minimum(rng.poisson(rng.gamma(0.6, 4, 900)), age)
    base = pd.DataFrame({"frequency": x, "T": age, "customers": rng.integers(1, 4, 900)})
    base["recency"] = np.where(x > 0, np.ceil(age * rng.random(900)), 0)
    base["monetary_value"] = np.where(x > 0, rng.gamma(4, 10, 900), np.nan)
    chosen = value_of(base, horizon_months=2)
    monkeypatch.setattr(value_module, "_DRAWN_CUSTOMERS", 5000)
    whole = value_of(base, horizon_months=2)
    assert chosen.total.value == whole.total.value
    assert chosen.total.low == pytest.approx(whole.total.low, rel=0.01)
    assert chosen.total.high == pytest.approx(whole.total.high, rel=0.01)
    assert chosen.expected_purchases.high == pytest.approx(whole.expected_purchases.high, rel=0.01)


def test_dependence_of_spend_on_frequency_is_said() -> None:
    dependent = replace(SPEND, dependence=Estimate(0.2, p=0.001, claimed=True, reason=SPEND_DEPENDS))
    found = value_of(spend_model=dependent)
    assert found.spend_depends_on_frequency
    assert found.total.reason == found.per_customer.reason == "spend_depends_on_frequency"
    assert not value_of().spend_depends_on_frequency
    assert value_of().total.reason is None


def test_refusals_pass_through() -> None:
    refusal = NotEnough("repeat_buyers", 3, 30)
    assert value_of(spend_model=refusal) is refusal
    assert value_of(purchase_model=refusal) is refusal
    assert value_of(CUSTOMERS.iloc[:0]) == NotEnough("customers", 0, 1)


COHORTS = pd.DataFrame(
    {
        "cohort": ["2017-11", "2017-11", "2017-12", "2018-01", "2017-12", "2018-01"],
        "age_months": [0, 2, 0, 0, 1, 1],
        "customers": [10, 10, 20, 5, 20, 5],
        "active": [10, 4, 20, 5, 5, 1],
        "revenue": [100.0, 30.0, 300.0, 50.0, 40.0, 5.0],
    }
)


def test_cohort_triangles_by_hand() -> None:
    # The data reach February 2018: ages 0..3 of November, 0..2 of December, 0..1 of January.
    found = cohort_table(COHORTS, None)
    assert found.measure == "revenue"
    assert found.sizes.to_dict() == {"2017-11": 10, "2017-12": 20, "2018-01": 5}
    retention = [[1, 0, 0.4], [1, 0.25, 0], [1, 0.2, np.nan]]
    np.testing.assert_allclose(found.retention.to_numpy(), retention)
    np.testing.assert_allclose(found.cumulative_value.to_numpy(), [[10, 10, 13], [15, 17, 17], [10, 11, np.nan]])
    assert len(found.to_frame()) == 8
    assert found.to_frame().columns.tolist() == [
        "cohort",
        "age_months",
        "customers",
        "retention",
        "cumulative_value",
    ]


def test_cohort_value_with_margin_is_gross_profit() -> None:
    found = cohort_table(COHORTS, 0.3)
    assert found.measure == "gross_profit"
    assert found.cumulative_value.loc["2017-11", 2] == pytest.approx(3.9)
    assert found.retention.equals(cohort_table(COHORTS, None).retention)


def test_no_cohort_is_not_enough() -> None:
    assert cohort_table(COHORTS.iloc[:0], None) == NotEnough("cohorts", 0, 1)
    assert cohort_table(NotEnough("x", 0, 1), None) == NotEnough("x", 0, 1)


# Two cohorts of at least 30 and one of 29, seen to February 2018.
LARGE = COHORTS.assign(customers=[40, 40, 30, 29, 30, 29], revenue=[400.0, 120.0, 450.0, 58.0, 60.0, 29.0])


def test_cohort_value_speaks_of_cohorts_of_thirty_only() -> None:
    found = cohort_value(cohort_table(LARGE, 0.5))
    assert found.measure == "gross_profit"
    assert found.sizes.to_dict() == {"2017-11": 40, "2017-12": 30}
    # Half of 10, 10 and 13 a customer, and of 15, 17 and 17.
    np.testing.assert_allclose(found.table.to_numpy(), [[5, 5, 6.5], [7.5, 8.5, 8.5]])
    assert found.to_frame().iloc[-1].tolist() == ["2017-12", 2, 30, 8.5]


def test_cohort_value_without_a_cohort_of_thirty_says_the_largest() -> None:
    assert cohort_value(cohort_table(COHORTS, None)) == NotEnough("cohort_customers", 20, 30)
    refusal = NotEnough("cohorts", 0, 1)
    assert cohort_value(refusal) is refusal


def test_cost_ceiling_is_the_mean_customer_of_the_cohorts_old_enough() -> None:
    cohorts = cohort_table(COHORTS, 0.5)
    # Two months: (10 x 10 + 20 x 17 + 5 x 11) / 35 / 2; three months: January's five are too young.
    two, three = cost_ceiling(cohorts, months=2), cost_ceiling(cohorts, months=3)
    assert (two.value_per_customer, two.customers) == (pytest.approx(495 / 35 / 2), 35)
    assert (three.value_per_customer, three.customers) == (pytest.approx((130 + 340) / 30 / 2), 30)
    assert three.first_month == pytest.approx((100 + 300) / 30 / 2)


def test_cost_ceiling_refuses_without_a_margin_or_the_months() -> None:
    assert cost_ceiling(cohort_table(COHORTS, None), months=2) == NotEnough("margin_known", 0, 1)
    assert cost_ceiling(cohort_table(COHORTS, 0.5), months=4) == NotEnough("cohort_months", 3, 4)
    refusal = NotEnough("cohorts", 0, 1)
    assert cost_ceiling(refusal, months=2) is refusal

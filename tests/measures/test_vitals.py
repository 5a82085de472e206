from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measures.tables import bought, engine_days, engine_sales, random_sales, sales, table

from retention_lib.measures.vitals import (
    customer_moments,
    monthly_costs,
    order_moments,
    second_purchases,
    vital_moments,
)
from retention_lib.settings.calendar import Month

DECEMBER = Month(2020, 12)
SUMS = ["customers", "numerator", "denominator"]


def row(moments: pd.DataFrame, figure: str, period: str = "now") -> pd.Series:
    chosen = moments[(moments["figure"] == figure) & (moments["period"] == period)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def sums(moments: pd.DataFrame, figure: str, period: str = "now") -> list[float]:
    return row(moments, figure, period)[SUMS].tolist()


def test_signs_of_all_purchases_by_hand() -> None:
    purchases = bought(
        ann="2019-05-01 2020-05-01 2020-12-31",  # three purchases, two of them in the last twelve months
        bob="2019-12-31",  # one, the day before the last twelve months
        cid="2020-10-03",  # one, 90 days before 1 January 2021
        dan="2020-10-04",  # one, followed for 89 days only
        eve="2021-01-01",  # not yet
    )
    found = customer_moments(purchases, DECEMBER, first_day=date(2019, 1, 1))
    assert sums(found, "repeat_rate") == [4, 1, 4]
    assert sums(found, "one_time_share") == [3, 2, 3]
    assert sums(found, "purchase_frequency") == [3, 4, 3]
    # ann spent 10 in 2019 and 20 in 2020; bob 10 and nothing.
    assert sums(found, "revenue_retention_year") == [2, 20, 20]
    assert sums(found, "repeat_rate", "year") == [2, 0, 2]
    # Of the same customers: ann is the one who has bought twice, and was known a year ago.
    assert row(found, "repeat_rate", "year")["now_n_d"] == 1


def test_what_looks_back_further_than_the_data_has_no_sums() -> None:
    found = vital_moments(
        bought(ann="2020-01-03 2020-02-01"),
        sales(("ann", "o1", "2020-01-03", "5"), ("ann", "o2", "2020-02-01", "5")),
        DECEMBER,
        first_day=date(2020, 1, 3),
    )
    assert row(found, "purchase_frequency")[["months_seen", "months_needed"]].tolist() == [12, 12]
    assert sums(found, "purchase_frequency") == [1, 2, 1]
    assert row(found, "purchase_frequency", "month")["months_seen"] == 11
    assert row(found, "purchase_frequency", "month")[SUMS].isna().all()
    assert row(found, "revenue_retention_year")[SUMS].isna().all()
    assert row(found, "average_order", "year")["months_seen"] == 0


def test_data_that_begin_late_in_a_month_do_not_have_it() -> None:
    purchases = bought(ann="2020-01-09")
    assert row(customer_moments(purchases, DECEMBER, first_day=date(2020, 1, 8)), "repeat_rate")["months_seen"] == 11
    assert row(customer_moments(purchases, DECEMBER, first_day=date(2020, 1, 7)), "repeat_rate")["months_seen"] == 12


def test_orders_and_refunds_by_hand() -> None:
    found = order_moments(
        sales(
            ("ann", "a", "2020-12-01T10:00", "30"),
            ("ann", "a", "2020-12-01T10:00", "-5"),  # a discount of the same order: 25 together
            ("ann", "a", "2020-12-20T09:00", "-10"),  # came back later: a refund
            ("ann", "b", "2020-12-01T18:00", "15"),
            ("bob", "c", "2020-11-30T23:59", "40"),
            ("bob", "c", "2020-12-31T23:59", "-40"),
            ("cid", "d", "2021-01-01T00:00", "99"),
        ),
        DECEMBER,
        first_day=date(2019, 1, 1),
    )
    assert sums(found, "average_order") == [1, 40, 2]
    assert sums(found, "refund_share") == [1, 50, 40]
    assert row(found, "revenue_month")["numerator"] == -10
    assert np.isnan(row(found, "revenue_month")["denominator"])
    assert sums(found, "average_order", "month") == [1, 40, 1]
    # bob alone bought in November: +40 then, -40 now.
    assert row(found, "revenue_month", "month")["now_n_n"] == -1600


def test_without_an_order_id_each_row_is_an_order() -> None:
    rows = sales(("ann", "a", "2020-12-01", "30"), ("ann", "b", "2020-12-01", "10")).drop("order_id")
    assert sums(order_moments(rows, DECEMBER, first_day=date(2020, 12, 1)), "average_order") == [1, 40, 2]


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_sums_of_a_random_store_are_those_of_pandas(seed: int) -> None:
    orders = random_sales(seed, days=760)
    orders.loc[orders.index % 7 == 3, "amount"] *= -1
    orders["day"] = orders["ordered_at"].dt.date
    found = order_moments(engine_sales(orders), DECEMBER, first_day=date(2018, 12, 1))
    months = {"now": DECEMBER, "month": Month(2020, 11), "year": Month(2019, 12)}
    customers = sorted(set(orders["customer_id"]))
    spent = {
        period: orders[(orders["day"] >= month.start) & (orders["day"] < month.end)]
        .groupby("customer_id")["amount"]
        .sum()
        .reindex(customers, fill_value=0)
        for period, month in months.items()
    }
    for period in months:
        total = row(found, "revenue_month", period)
        assert total["numerator"] == pytest.approx(spent[period].sum())
        assert total["numerator_squares"] == pytest.approx((spent[period] ** 2).sum())
        assert total["now_n_n"] == pytest.approx((spent["now"] * spent[period]).sum())


def test_second_purchases_by_hand() -> None:
    purchases = bought(
        old="2020-01-31 2020-02-05",  # first seen before history starts
        ann="2020-02-01 2020-03-02",  # after 30 days
        bob="2020-02-29 2020-03-31 2020-04-01",  # after 31
        cid="2020-02-10",
        dan="2020-03-01 2020-05-30",  # after 90
        eve="2020-03-01 2020-05-31",  # after 91
    )
    found = second_purchases(purchases, history_starts=date(2020, 2, 1))
    assert found.to_dict("records") == [
        {"cohort": "2020-02", "customers": 3, "within_30": 1, "within_60": 2, "within_90": 2},
        {"cohort": "2020-03", "customers": 2, "within_30": 0, "within_60": 0, "within_90": 1},
    ]


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_second_purchases_of_a_random_store_are_those_of_pandas(seed: int) -> None:
    orders, starts = random_sales(seed), date(2020, 3, 1)
    days = {name: sorted(set(part)) for name, part in orders["ordered_at"].dt.date.groupby(orders["customer_id"])}
    new = [each for each in days.values() if each[0] >= starts]
    found = second_purchases(engine_days(orders), history_starts=starts)
    assert found["customers"].sum() == len(new)
    for within in (30, 60, 90):
        again = [each for each in new if len(each) > 1 and each[1] - each[0] <= timedelta(days=within)]
        assert found[f"within_{within}"].sum() == len(again)


def test_costs_by_month() -> None:
    schema = {"month": "string", **dict.fromkeys(("acquisition", "retention", "loyalty_running"), "decimal(18, 4)")}
    rows = [("2020-02", 7, 2, 1), ("2020-01", 5, 3, None)]
    found = monthly_costs(table(rows, schema))
    assert found.to_dict("records") == [
        {"month": "2020-01", "keeping": 3.0, "winning": 5.0},
        {"month": "2020-02", "keeping": 3.0, "winning": 7.0},
    ]
    assert monthly_costs(None).empty


def test_the_complete_journey_has_no_refunds_and_a_known_frequency(journey: object, journey_days: ibis.Table) -> None:
    # Counted with pandas from the package's own file: 127,320 household days of 2,469 households.
    transactions = journey.table("transactions")  # type: ignore[attr-defined]
    found = vital_moments(journey_days, transactions, Month(2017, 12), first_day=date(2017, 1, 1))
    assert sums(found, "purchase_frequency") == [2469, 127320, 2469]
    assert row(found, "refund_share")["numerator"] == 0

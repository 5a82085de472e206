"""Frequency, recency and T against lifetimes, and by hand."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from measures.tables import bought, engine_days, engine_sales, random_sales, sales

from retention_lib.measures.purchases import purchase_days
from retention_lib.measures.summaries import (
    births,
    customer_values,
    holdout_purchases,
    purchase_counts,
    repeat_purchases,
)

UNTIL = date(2021, 2, 4)
LAST_DAY = UNTIL - timedelta(days=1)
START = date(2020, 1, 1)


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    """lifetimes.utils; on import lifetimes changes warnings and a pandas option for the whole process."""
    option = pd.get_option("mode.chained_assignment")
    with warnings.catch_warnings():
        import lifetimes.utils
    pd.set_option("mode.chained_assignment", option)
    return lifetimes.utils


@pytest.fixture(scope="module", params=[3, 17])
def orders(request: pytest.FixtureRequest) -> pd.DataFrame:
    return random_sales(request.param, customers=60)


def expanded(counts: pd.DataFrame) -> np.ndarray:
    """One row a customer, sorted."""
    keys = counts.drop(columns="customers").to_numpy(dtype=float).repeat(counts["customers"], axis=0)
    return keys[np.lexsort(keys.T[::-1])]


def from_lifetimes(oracle: ModuleType, orders: pd.DataFrame, *, unit_days: int, money: bool) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        summary = oracle.summary_data_from_transaction_data(
            orders,
            "customer_id",
            "ordered_at",
            monetary_value_col="amount" if money else None,
            observation_period_end=pd.Timestamp(LAST_DAY),
            freq_multiplier=unit_days,
        )
    rows = summary.to_numpy(dtype=float).round(6 if money else 12)
    return rows[np.lexsort(rows.T[::-1])]


@pytest.mark.parametrize("unit_days", [1, 7])
def test_purchase_counts_are_those_of_lifetimes(oracle: ModuleType, orders: pd.DataFrame, unit_days: int) -> None:
    found = purchase_counts(engine_days(orders), until=UNTIL, unit_days=unit_days)
    np.testing.assert_allclose(
        expanded(found), from_lifetimes(oracle, orders, unit_days=unit_days, money=False), atol=1e-9
    )
    assert not found.duplicated(["frequency", "recency", "T"]).any()


@pytest.mark.parametrize("unit_days", [1, 7])
def test_customer_values_are_those_of_lifetimes(oracle: ModuleType, orders: pd.DataFrame, unit_days: int) -> None:
    found = customer_values(engine_days(orders), engine_sales(orders), until=UNTIL, unit_days=unit_days)
    np.testing.assert_allclose(
        expanded(found), from_lifetimes(oracle, orders, unit_days=unit_days, money=True), atol=2e-6
    )


def test_holdout_purchases_are_those_of_lifetimes(oracle: ModuleType, orders: pd.DataFrame) -> None:
    cut = date(2020, 10, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        split = oracle.calibration_and_holdout_data(
            # lifetimes compares stamps with the midnight that begins the last day, so it is given days
            orders.assign(ordered_at=orders["ordered_at"].dt.normalize()),
            "customer_id",
            "ordered_at",
            calibration_period_end=pd.Timestamp(cut - timedelta(days=1)),
            observation_period_end=pd.Timestamp(LAST_DAY),
        )
    rows = split[["frequency_cal", "recency_cal", "T_cal", "frequency_holdout"]].to_numpy(dtype=float)
    found = holdout_purchases(engine_days(orders), calibration_until=cut, until=UNTIL)
    np.testing.assert_array_equal(expanded(found), rows[np.lexsort(rows.T[::-1])])


def test_a_summary_by_hand() -> None:
    # Seen to 31 January: T counts to that day, the purchase of 1 February is not seen.
    purchases = bought(ann="2020-01-03 2020-01-10 2020-01-24 2020-02-01", bob="2020-01-31", cid="2020-02-01")
    counts = purchase_counts(purchases, until=date(2020, 2, 1), unit_days=7)
    assert counts.to_dict("records") == [
        {"frequency": 0, "recency": 0.0, "T": 0.0, "customers": 1},
        {"frequency": 2, "recency": 3.0, "T": 4.0, "customers": 1},
    ]


def test_a_customer_whose_refunds_reach_the_purchases_has_no_spend() -> None:
    # Refunds under ids of their own net no order; dan's comes after the end and is not seen yet.
    shop = sales(
        *((who, f"{who}{day}", f"2020-01-{day}", "10.00") for who in ("ann", "bob", "cid", "dan") for day in (10, 24)),
        ("ann", "r1", "2020-01-25", "-15.00"),
        ("bob", "r2", "2020-01-25", "-20.00"),
        ("cid", "r3", "2020-01-25", "-70.00"),
        ("dan", "r4", "2020-02-01", "-70.00"),
    )
    until = date(2020, 2, 1)
    found = customer_values(purchase_days(shop, until=until), shop, until=until)
    assert found[["frequency", "monetary_value", "customers"]].to_numpy().tolist() == [[1, 0.0, 2], [1, 10.0, 2]]


def test_holdout_is_half_open_and_leaves_out_whom_nobody_knew() -> None:
    purchases = bought(ann="2020-01-01 2020-01-31 2020-02-01 2020-02-29 2020-03-01", bob="2020-01-31", cid="2020-02-01")
    found = holdout_purchases(purchases, calibration_until=date(2020, 2, 1), until=date(2020, 3, 1), unit_days=1)
    assert found.to_dict("records") == [
        {"frequency": 0, "recency": 0.0, "T": 0.0, "holdout_purchases": 0, "customers": 1},
        {"frequency": 1, "recency": 30.0, "T": 30.0, "holdout_purchases": 2, "customers": 1},
    ]


def test_births_count_first_purchases_only() -> None:
    purchases = bought(ann="2020-01-01 2020-01-05", bob="2020-01-05", cid="2020-01-05", dan="2020-02-01")
    assert births(purchases, start=START, until=date(2020, 2, 1)).to_dict("records") == [
        {"birth_day_index": 0, "customers": 1},
        {"birth_day_index": 4, "customers": 2},
    ]


def test_repeat_purchases_leave_out_first_ones_and_those_born_later() -> None:
    purchases = bought(ann="2020-01-01 2020-01-05 2020-03-01", bob="2020-01-02 2020-01-05", dan="2020-02-01 2020-02-02")
    assert repeat_purchases(purchases, start=START, born_until=date(2020, 2, 1)).to_dict("records") == [
        {"day_index": 4, "repeat_purchases": 2},
        {"day_index": 60, "repeat_purchases": 1},
    ]


def test_births_and_repeats_of_a_random_store_hold_every_occasion(orders: pd.DataFrame) -> None:
    purchases = engine_days(orders)
    occasions = orders.assign(day=orders["ordered_at"].dt.date)[["customer_id", "day"]].drop_duplicates()
    born = births(purchases, start=START, until=UNTIL)["customers"].sum()
    repeats = repeat_purchases(purchases, start=START, born_until=UNTIL)["repeat_purchases"].sum()
    assert born == occasions["customer_id"].nunique()
    assert born + repeats == len(occasions)

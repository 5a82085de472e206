"""Very large orders, the largest customer and customers without a net purchase, by hand and on known shops."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.outliers import (
    DominantCustomer,
    Outliers,
    dominant_customer,
    negative_customers,
    outliers,
)

NOBODY = pd.DataFrame({"day": [], "amount": [], "customer": []})


def sizes(amounts: np.ndarray | list[float]) -> pd.DataFrame:
    """Orders counted by their size, as the measure gives them."""
    money = np.asarray(amounts, dtype=float)
    rows = pd.DataFrame(
        {
            "log_step": np.floor(np.log(np.abs(money)) * 100).astype(int),
            "refund": money < 0,
            "orders": 1,
            "revenue": money,
        }
    )
    return rows.groupby(["log_step", "refund"], as_index=False).sum()


def judged(amounts: np.ndarray | list[float], largest: pd.DataFrame = NOBODY) -> Outliers:
    found = outliers(sizes(amounts), largest)
    assert isinstance(found, Outliers)
    return found


def test_one_absurd_order_is_told_with_and_without() -> None:
    largest = pd.DataFrame({"day": ["2024-05-01", "2024-05-02"], "amount": [1e9, 120.0], "customer": ["a1", "b2"]})
    found = judged([100.0] * 60 + [120.0] * 39 + [1e9], largest)
    assert (found.orders, found.outliers) == (100, 1)
    assert found.revenue == pytest.approx(1e9 + 10_680)
    assert found.revenue_without == pytest.approx(10_680)
    assert found.mean_order == pytest.approx((1e9 + 10_680) / 100)
    assert found.mean_order_without == pytest.approx(10_680 / 99)
    assert found.share == pytest.approx(1e9 / (1e9 + 10_680))
    assert found.largest["customer"].tolist() == ["a1"]
    assert found.found
    assert found.to_frame()["orders"].tolist() == [100, 99, 1]


def test_the_limit_by_hand() -> None:
    """Half of the orders at 10, a fifth at 20, the rest at 40: quartile 20 or 40, 95th percentile 40."""
    found = judged([10.0] * 51 + [20.0] * 20 + [40.0] * 29)
    steps = [math.floor(math.log(amount) * 100) + 0.5 for amount in (10, 40)]
    median, high = steps[0] / 100, steps[1] / 100
    scale = (high - median) / NormalDist().inv_cdf(0.75)  # the wider of quartile and 95th percentile, both at 40
    assert found.median_order == pytest.approx(math.exp(median))
    assert found.limit == pytest.approx(math.exp(median + NormalDist().inv_cdf(1 - 0.01 / 100) * scale))


def test_an_order_below_ten_medians_is_never_an_outlier() -> None:
    found = judged([100.0] * 99 + [950.0])
    assert found.outliers == 0
    assert found.limit == pytest.approx(found.median_order * 10)
    assert judged([100.0] * 99 + [1_100.0]).outliers == 1


def test_a_huge_refund_counts_by_its_size() -> None:
    found = judged([100.0] * 99 + [-1e6])
    assert (found.outliers, found.outlier_revenue) == (1, -1e6)
    assert found.revenue_without == pytest.approx(9_900)
    assert found.share == pytest.approx(1e6 / (1e6 + 9_900))


def test_outliers_of_little_weight_are_not_worth_a_line() -> None:
    found = judged([100.0] * 9_999 + [5_000.0])
    assert found.outliers == 1
    assert found.share == pytest.approx(5_000 / 1_004_900)
    assert not found.found


def test_few_orders_are_not_judged() -> None:
    assert outliers(sizes([10.0] * 29 + [-5.0]), NOBODY) == NotEnough("orders", 29, 30)


@pytest.mark.parametrize(("spread", "orders"), [(1.0, 40), (1.5, 100), (1.0, 1_000), (1.5, 3_000)])
def test_clean_lognormal_shops_seldom_raise_an_alarm(spread: float, orders: int) -> None:
    """One clean shop in a hundred has an order beyond the limit; 13 of 400 would be the upper .1 % at 1.5 %."""
    rng = np.random.default_rng(5)
    alarms = sum(judged(np.exp(4 + spread * rng.standard_normal(orders))).outliers > 0 for _ in range(400))
    assert alarms <= 13


def test_the_scale_is_not_moved_by_the_outliers_themselves() -> None:
    rng = np.random.default_rng(6)
    clean = np.exp(4 + rng.standard_normal(2_000))
    limits = [judged(clean).limit, judged(np.concatenate([clean, np.full(40, 1e8)])).limit]
    # Two in a hundred shift the 95th percentile to the 97th of the clean ones, not to 1e8.
    assert limits[0] < limits[1] < 3 * limits[0]
    assert judged(np.concatenate([clean, np.full(40, 1e8)])).outliers == 40


def largest(*rows: tuple[str, int, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer", "customers", "rows", "orders", "revenue"])


def test_a_customer_of_sixty_percent_of_the_rows_dominates() -> None:
    found = dominant_customer(largest(("a1", 1, 600, 300, 3_000.0), ("", 99, 400, 200, 7_000.0)))
    assert isinstance(found, DominantCustomer)
    assert found.dominates
    assert (found.rows_share, found.revenue_share) == (0.6, 0.3)
    assert (found.mean_order, found.mean_order_without, found.mean_order_own) == (20.0, 35.0, 10.0)
    assert found.revenue_without == 7_000.0


def test_the_larger_share_of_rows_or_revenue_names_the_customer() -> None:
    rows = largest(("rows", 1, 90, 90, 10.0), ("money", 1, 1, 1, 500.0), ("", 998, 909, 900, 490.0))
    found = dominant_customer(rows)
    assert isinstance(found, DominantCustomer)
    assert (found.customer, found.revenue_share, found.dominates) == ("money", 0.5, True)


@pytest.mark.parametrize(
    ("customers", "rows", "dominates"),
    [(1_000, 99, False), (1_000, 100, True), (20, 249, False), (20, 250, True), (4, 990, False)],
)
def test_a_customer_dominates_from_a_tenth_and_five_times_the_average(
    customers: int, rows: int, dominates: bool
) -> None:
    found = dominant_customer(largest(("a1", 1, rows, 1, 0.0), ("", customers - 1, 1_000 - rows, 1_000, 1.0)))
    assert isinstance(found, DominantCustomer)
    assert found.dominates is dominates


def test_a_share_of_refunded_sales_is_not_told() -> None:
    found = dominant_customer(largest(("a1", 1, 5, 5, 100.0), ("", 50, 95, 95, -120.0)))
    assert isinstance(found, DominantCustomer)
    assert found.revenue_share is None


def test_one_customer_has_nobody_to_dominate() -> None:
    assert dominant_customer(largest(("a1", 1, 5, 5, 1.0), ("", 0, 0, 0, 0.0))) == NotEnough(
        "customers_with_sales", 1, 2
    )


def test_customers_without_a_net_purchase_are_counted() -> None:
    found = negative_customers(pd.DataFrame({"customers": [50], "negative": [2], "amount": [-30.0]}))
    assert (found.customers, found.negative, found.amount, found.found) == (50, 2, -30.0, True)
    nobody = pd.DataFrame({"customers": [], "negative": [], "amount": []})
    assert negative_customers(nobody) == NotEnough("customers_with_sales", 0, 1)

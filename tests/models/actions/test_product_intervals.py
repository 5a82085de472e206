from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.intervals import GapCounts
from retention_lib.models.actions.intervals import ProductIntervals, product_intervals
from retention_lib.models.shrinkage import shrunk

PERIOD = 365


def counts(rows: pd.DataFrame, *, categories: list[str] | None = None) -> GapCounts:
    """From rows of item, customer, gap_days."""
    logs = rows.assign(log=np.log(rows["gap_days"].to_numpy(dtype=float)))
    own = logs.groupby(["item", "customer"])["log"].agg(["size", "sum", lambda x: (x**2).sum()]).reset_index()
    own.columns = ["item", "customer", "n", "sum", "squares"]
    own["between"] = own["sum"] ** 2 / own["n"]
    own["within"] = own["squares"] - own["between"]
    own["n_squared"] = own["n"] ** 2
    sums = own.groupby("item").agg(
        customers=("customer", "size"),
        gaps=("n", "sum"),
        log_within=("within", "sum"),
        log_sum=("sum", "sum"),
        log_squares=("between", "sum"),
        gaps_squared=("n_squared", "sum"),
    )
    kinds = categories or ["food"] * len(sums)
    products = sums.reset_index().assign(name=[f"p{item}" for item in sums.index], category=kinds)
    return GapCounts(
        gaps=rows.groupby(["item", "gap_days"]).size().rename("gaps").reset_index(),
        products=products.assign(buyers=2 * products["customers"]),
        period_days=PERIOD,
        customers=100,
        of_customers=100,
        until=date(2026, 7, 1),
    )


def gaps_of(*lists: list[int], customers: int = 0) -> pd.DataFrame:
    """Gaps by product, each of a customer of its own or of so many in turn."""
    rows = [
        {"item": item, "customer": place % (customers or len(gaps)), "gap_days": gap}
        for item, gaps in enumerate(lists)
        for place, gap in enumerate(gaps)
    ]
    return pd.DataFrame(rows)


def found(rows: pd.DataFrame, **asked: int) -> ProductIntervals:
    result = product_intervals(counts(rows), **asked)
    assert isinstance(result, ProductIntervals)
    return result


def test_quartiles_of_a_single_product_are_those_seen() -> None:
    # Weights 365 / (365 - gap) hardly differ here.
    (row,) = found(gaps_of([*range(1, 21)])).table.to_dict("records")
    assert (row["days_25"], row["days_50"], row["days_75"]) == (pytest.approx(6), pytest.approx(11), pytest.approx(16))
    assert (row["gaps"], row["customers"], row["buyers"], row["repeat_share"]) == (20, 20, 40, 0.5)
    assert row["low"] < 11 < row["high"]


def test_long_intervals_count_for_those_cut_off_by_the_period() -> None:
    # Ten gaps of 10 days and ten of 180: each of the long ones stands for 365 / 185 of them.
    (row,) = found(gaps_of([10] * 10 + [180] * 10)).table.to_dict("records")
    assert row["raw_days_50"] == 180
    assert row["raw_days_25"] == 10


def test_the_median_of_a_shop_that_is_cut_off_is_found() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for customer in range(6_000):
        # Bought for years before the period, which sees its last 365 days.
        days = np.cumsum(np.exp(rng.normal(np.log(60), 0.5, 60)))
        inside = days[(days > 1_500) & (days <= 1_500 + PERIOD)]
        rows += [{"item": 0, "customer": customer, "gap_days": max(1, round(gap))} for gap in np.diff(inside)]
    frame = pd.DataFrame(rows)
    frame = frame[frame["gap_days"] <= PERIOD // 2]
    (row,) = found(frame).table.to_dict("records")
    # Half of the intervals of up to half a year; 60 days is the median of all, and 1.4 % are longer than that.
    assert row["raw_days_50"] == pytest.approx(60, abs=1.5)
    assert np.median(frame["gap_days"]) < 58


def test_products_are_drawn_towards_their_category() -> None:
    rng = np.random.default_rng(1)
    few = np.exp(rng.normal(math.log(60), 0.6, 20)).round().astype(int).tolist()
    others = [np.exp(rng.normal(math.log(20), 0.6, 400)).round().astype(int).clip(1).tolist() for _ in range(4)]
    table = found(gaps_of(few, *others)).table.set_index("product")
    assert 20 < table.loc["p0", "days_50"] < table.loc["p0", "raw_days_50"]
    moved = np.abs(np.log(table["days_50"] / table["raw_days_50"]))
    assert moved["p0"] > 2 * moved.drop("p0").max()
    apart = product_intervals(counts(gaps_of(few, *others), categories=["a", "b", "c", "d", "e"]))
    assert isinstance(apart, ProductIntervals)
    np.testing.assert_allclose(apart.table["days_50"], apart.table["raw_days_50"])


def test_the_standard_error_is_that_of_a_quantile() -> None:
    rows = gaps_of([8, 10, 12, 15, 20, 25, 30] * 5, [9, 10, 13, 15, 21, 25, 33] * 5)
    table = found(rows).table.sort_values("product")
    weights = [rows[rows["item"] == item]["gap_days"].map(lambda gap: PERIOD / (PERIOD - gap)) for item in (0, 1)]
    logs = [np.log(rows[rows["item"] == item]["gap_days"]) for item in (0, 1)]
    sd = [float(np.sqrt(np.cov(one, aweights=weight, bias=True))) for one, weight in zip(logs, weights, strict=True)]
    error = np.array(sd) * math.sqrt(math.pi / 2) / math.sqrt(35)
    expected = shrunk(np.log(table["raw_days_50"].to_numpy()), error**2)
    np.testing.assert_allclose(np.log(table["days_50"]), expected.value)
    np.testing.assert_allclose(np.log(table["high"] / table["days_50"]), 1.959964 * expected.sd, rtol=1e-6)


@pytest.mark.parametrize(("between", "within"), [(0.6, 0.6), (0.4, 0.8)])
def test_how_much_an_own_interval_weighs_is_found(between: float, within: float) -> None:
    rng = np.random.default_rng(7)
    customer = np.repeat(np.arange(3_000), rng.integers(1, 6, 3_000))
    logs = np.log(25) + rng.normal(0, between, 3_000)[customer] + rng.normal(0, within, len(customer))
    rows = pd.DataFrame({"item": customer % 3, "customer": customer, "gap_days": np.exp(logs).round().clip(1)})
    table = found(rows.astype(int)).table
    assert table["own_gaps_needed"].nunique() == 1
    assert table["own_gaps_needed"].iloc[0] == pytest.approx((within / between) ** 2, rel=0.15)


def test_customers_who_do_not_differ_have_no_pace_of_their_own() -> None:
    table = found(gaps_of([10, 30] * 20, customers=5)).table
    assert table["own_gaps_needed"].iloc[0] > 1e3 or math.isinf(table["own_gaps_needed"].iloc[0])
    alike = found(gaps_of([10, 20, 40] * 8)).table  # one interval each: nothing within customers is seen
    assert math.isinf(alike["own_gaps_needed"].iloc[0])


def test_products_of_few_intervals_are_left_out_and_the_commonest_come_first() -> None:
    result = found(gaps_of([10] * 21, [10] * 19, [12] * 40))
    assert result.table["product"].tolist() == ["p2", "p0"]
    assert result.products == 3
    assert result.top(1)["product"].tolist() == ["p2"]
    pd.testing.assert_frame_equal(result.to_frame(), result.table)
    assert product_intervals(counts(gaps_of([10] * 19))) == NotEnough("product_intervals", 19, 20)
    refusal = NotEnough("products_known", 0, 1)
    assert product_intervals(refusal) is refusal

"""The benchmarks of the models of buying at a small size, and the orders that they run on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from bench import fits, large_shop, pareto_orders, summary, value

from retention_lib.settings import load_set

CUSTOMERS = 2_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pareto_orders, "CACHE", tmp_path)
    monkeypatch.setattr(large_shop, "CACHE", tmp_path)
    return tmp_path


def test_orders_are_the_same_bytes_each_time_and_by_time(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pareto_orders.orders_file(CUSTOMERS)
    monkeypatch.setattr(pareto_orders, "CACHE", cache / "again")
    second = pareto_orders.orders_file(CUSTOMERS)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in (first, second)}) == 1
    orders = pq.read_table(first).to_pandas()
    assert orders["ordered_at"].is_monotonic_increasing
    assert orders["order_id"].is_unique
    assert orders["customer_id"].nunique() == CUSTOMERS
    assert (orders["amount"] > 0).all()
    assert orders["ordered_at"].max() < np.datetime64(pareto_orders.UNTIL)


def test_orders_are_as_many_as_the_model_expects() -> None:
    # E[X(t)] = r beta / (alpha (s - 1)) (1 - (beta / (beta + t))^(s - 1)), Schmittlein, Morrison and Colombo (1987),
    # eq. (17), over ages even between 350 and 850 days. The mean over 20,000 customers varies by 1 %.
    r, alpha, s, beta = pareto_orders.R, pareto_orders.ALPHA, pareto_orders.S, pareto_orders.BETA
    ages = np.linspace(pareto_orders.DAYS - pareto_orders.BIRTH_DAYS, pareto_orders.DAYS, 10_001)
    repeats = (r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + ages)) ** (s - 1))).mean()
    orders = pq.ParquetFile(pareto_orders.orders_file(20_000)).metadata.num_rows
    assert orders / 20_000 == pytest.approx(1 + repeats, rel=0.03)


@pytest.mark.parametrize(
    "benchmark", [summary.customer_summary, fits.bgnbd_fit, fits.pnbd_fit, value.value_12m, value.growth_10x]
)
def test_benchmarks_find_what_lifetimes_finds(benchmark: object) -> None:
    found = benchmark(customers=CUSTOMERS)
    assert found.name == benchmark.__name__
    assert min(found.ours_s, found.peer_s) > 0
    assert 0 < found.peak_mib < 2048


def test_another_result_than_lifetimes_is_no_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits, "EQUAL", 0.0)
    with pytest.raises(RuntimeError, match="other parameters than lifetimes"):
        fits.bgnbd_fit(customers=CUSTOMERS)


@pytest.mark.parametrize("report_id", ["churn_diagnosis", "cohort_ltv", "loyalty_impact"])
def test_a_large_shop_is_a_project_with_one_report(cache: Path, report_id: str) -> None:
    root = large_shop.large_shop(1_000, report_id)
    assert list(load_set(root / "parameters" / "large.yml").reports) == [report_id]
    assert (root / "notebooks" / f"{report_id}.ipynb").exists()

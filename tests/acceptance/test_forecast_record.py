"""The forecast chosen on the public stores, against what happened after the day up to which it knew them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from retention_lib.measures.histories import rolling_histories
from retention_lib.measures.purchases import purchase_days
from retention_lib.models.backtest import Backtest, backtest
from retention_lib.models.backtest_plan import plan
from retention_lib.models.season import Clock
from retention_lib.settings import load_set
from retention_lib.stores.store import open_store

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "calibrated_to", "holdout_days", "purchases", "total_within"),
    [("cdnow", date(1997, 9, 30), 273, 19_674, 0.15), ("complete_journey", date(2017, 9, 30), 92, 32_144, 0.10)],
)
def test_the_chosen_forecast_is_as_right_as_the_best(
    name: str, calibrated_to: date, holdout_days: int, purchases: int, total_within: float
) -> None:
    settings = load_set(PROJECT / "parameters" / f"{name}.yml")
    ((store_name, store_settings),) = settings.stores.items()
    store = open_store(store_name, store_settings, root=PROJECT)
    transactions, coverage = store.table("transactions"), store.coverage
    end = coverage.last_day + timedelta(days=1)
    made = plan(coverage.first_day, end, holdout_days)
    assert made.last_cutoff == calibrated_to + timedelta(days=1)
    days = purchase_days(transactions, until=end)
    found = backtest(rolling_histories(transactions, days, windows=made.windows), plan=made, clock=Clock(unit_days=7))
    assert isinstance(found, Backtest)
    print(f"\n{name}: {found.chosen}", found.candidates.to_string(), found.table.to_string(), sep="\n")
    assert found.actual == purchases
    assert len(found.cutoffs) >= 5
    single = found.table.set_index("candidate").loc[["BG/NBD", "MBG/NBD", "Pareto/NBD", "boosting"]]
    assert found.mean_absolute_error <= 1.01 * single["mean_absolute_error"].min()
    assert abs(found.total_error) <= total_within
    assert found.total_error_median <= 0.10
    assert found.beats_naive

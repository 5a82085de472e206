"""The benchmark of a test of millions at a small size: both read the same of its tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
import tea_tasting as tt
from bench.campaign import ARMS, by_tea_tasting, write_tables

from retention_lib.measures.experiment_outcomes import experiment_outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.measures.experiments import Experiment, Reading, experiment
from retention_lib.models.experiments.moments import Moments, moments
from retention_lib.settings.models import StoreSettings
from retention_lib.stores.store import open_store

CUSTOMERS = 3_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tested")
    (folder / "data").mkdir()
    write_tables(folder=str(folder / "data" / "tables"), customers=CUSTOMERS)
    return folder


def moments_of_shop(root: Path) -> Moments:
    names = ("assignments", "contacts", "customers", "redemptions", "transactions")
    tables = {name: {"path": f"data/tables/{name}.parquet"} for name in names}
    settings = StoreSettings.model_validate({"timezone": "UTC", "currency": "EUR", "tables": tables})
    reading = Reading(control="none", window_days=28, before_days=182)
    test = experiment(open_store("tested", settings, root=root), reading, until=date(2026, 7, 1))
    assert isinstance(test, Experiment)
    assert (test.arms, test.mixed.assigned) == (ARMS, CUSTOMERS)
    sums = arm_sums(experiment_outcomes(test))
    assert isinstance(sums, ArmSums)
    found = moments(sums.sums, sums.arms)
    assert isinstance(found, Moments)
    return found


def test_the_peer_reads_the_same_of_the_tables(root: Path) -> None:
    found = moments_of_shop(root)
    adjusted = tt.Mean("revenue", "revenue_before").analyze_aggregates(
        *(found.aggregates(arm, "revenue", "revenue_before") for arm in ARMS[:2])
    )
    assert adjusted.pvalue == pytest.approx(by_tea_tasting(root=str(root)), rel=1e-6)


def test_tables_are_the_same_each_time_and_hold_what_a_test_needs(root: Path, tmp_path: Path) -> None:
    again = tmp_path / "tables"
    write_tables(folder=str(again), customers=CUSTOMERS)
    with duckdb.connect() as engine:
        for file in sorted((root / "data" / "tables").glob("*.parquet")):
            kept, made = f"FROM '{file}'", f"FROM '{again / file.name}'"
            assert engine.execute(f"({kept} EXCEPT ALL {made}) UNION ALL ({made} EXCEPT ALL {kept})").fetchall() == []
        counted = engine.execute(f"SELECT variant, count(*) FROM '{again}/assignments.parquet' GROUP BY ALL").fetchall()
        back, rows = engine.execute(
            f"SELECT count(*) FILTER (amount < 0), count(*) FROM '{again}/transactions.parquet'"
        ).fetchall()[0]
    assert sorted(arm for arm, _ in counted) == sorted(ARMS)
    assert all(900 < count < 1100 for _, count in counted)
    assert 0.02 < back / rows < 0.05

"""The benchmark of the simulation at a small size."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import simulating


def test_simulate_makes_the_customers_and_counts_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulating, "CACHE", tmp_path / "bench")
    found = simulating.simulate(customers=1000)
    assert (found.name, list((tmp_path / "bench").iterdir())) == ("simulate", [])
    # Two processes with numpy and Arrow hold more than one alone could.
    assert 150 < found.peak_mib < 4096

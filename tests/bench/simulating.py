"""What simulating a store takes, all its tables and the truth, against a generator of customers' summaries alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.apart import run_apart
from bench.measured import Measured
from bench.watched import with_peak

CACHE = Path(__file__).parents[2] / "data" / ".cache" / "bench"


def simulate(*, customers: int) -> Measured:
    """A simulated store of so many customers, by two processes; the peak is that of all processes together."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = mkdtemp(prefix="simulated-", dir=CACHE)
    try:
        ours = run_apart("bench.simulating:simulate_store", folder=folder, customers=customers)
    finally:
        shutil.rmtree(folder)
    rows, peak = ours.result
    if rows["customers"] != customers:
        raise RuntimeError(f"{rows['customers']} customers where {customers} were asked for")
    peer = run_apart("bench.simulating:customers_by_lifetimes", customers=customers)
    return Measured.of("simulate", replace(ours, peak_mib=peak), "lifetimes, purchase summaries only", peer)


def simulate_store(*, folder: str, customers: int) -> list[Any]:
    """Simulate a store; its rows by file, and the most memory that all its processes held at a time, in MiB."""
    from retention_lib.settings.simulation import Simulation
    from retention_lib.stores.simulation.writing import write_simulation

    return with_peak(lambda: write_simulation(Simulation(customers=customers), Path(folder)))


def customers_by_lifetimes(*, customers: int) -> int:
    """As many customers of a BG/NBD model: frequency, recency and T of each, without a single purchase."""
    import numpy as np
    from lifetimes.generate_data import beta_geometric_nbd_model

    np.random.seed(1)
    # CDNOW's parameters (Fader, Hardie and Lee 2005), with days for weeks.
    return len(beta_geometric_nbd_model(T=730, r=0.243, alpha=4.414 * 7, a=0.793, b=2.426, size=customers))

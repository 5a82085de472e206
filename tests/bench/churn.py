"""What the churn diagnosis of a large shop takes, from the command to the page, against a part of it by lifetimes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench.apart import Run, run_apart
from bench.measured import Measured
from bench.watched import with_peak

PROJECT = Path(__file__).parents[2]
CACHE = PROJECT / "data" / ".cache" / "bench"
MONTHS = 48
UNTIL = "2026-06-30"

_SET = """\
title: A large shop
store:
  simulation: {{customers: {customers}, months: {months}, until: {until}, seed: 1, programme: level}}
economics: {{gross_margin: 0.375, contact_cost: 0.50}}
reports:
  churn_diagnosis: {{}}
"""


def churn_notebook(*, buyers: int) -> Measured:
    """The report of a simulated shop with all its tables, of so many customers, once its store has been opened.

    The seconds are those of the notebook and its page; the peak is that of all processes of the command together.
    """
    root = _project(buyers)
    run_apart("bench.churn:report", root=str(root))
    ours = run_apart("bench.churn:report", root=str(root))
    seconds, peak = ours.result
    peer = run_apart("bench.churn:by_lifetimes", root=str(root))
    ours = Run(seconds=seconds, peak_mib=peak, result=None)
    return Measured.of("churn_notebook", ours, "lifetimes, P(alive) of the same purchases only", peer)


def report(*, root: str) -> list[float]:
    """Make the report; its seconds as the manifest tells them, and the most memory of all processes, in MiB."""
    command = [sys.executable, "-m", "retention_lib.cli", "report", "--set", "large", "--root", root]

    def work() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    _, peak = with_peak(work)
    manifest = json.loads((Path(root) / "outputs" / "large" / UNTIL[:7] / "manifest.json").read_text())
    (made,) = manifest["reports"]
    return [made["seconds"], peak]


def by_lifetimes(*, root: str) -> int:
    """P(alive) of every customer by lifetimes' own summary and its MBG/NBD model; the customers counted."""
    import pandas as pd
    from lifetimes import ModifiedBetaGeoFitter
    from lifetimes.utils import summary_data_from_transaction_data

    sales = pd.read_parquet(
        Path(root) / "data" / "large" / "simulated" / "transactions.parquet",
        columns=["customer_id", "ordered_at", "amount"],
    )
    bought = sales[sales["amount"] > 0].dropna(subset=["customer_id"])
    days = bought.assign(day=bought["ordered_at"].dt.normalize())[["customer_id", "day"]].drop_duplicates()
    summary = summary_data_from_transaction_data(days, "customer_id", "day", observation_period_end=UNTIL)
    # In weeks, as the report fits them.
    model = ModifiedBetaGeoFitter().fit(summary["frequency"], summary["recency"] / 7, summary["T"] / 7)
    alive = model.conditional_probability_alive(summary["frequency"], summary["recency"] / 7, summary["T"] / 7)
    return len(alive)


def _project(customers: int) -> Path:
    """A project of its own with the notebook as it is now; its store is kept for the next time."""
    root = CACHE / f"churn-{customers}"
    (root / "parameters").mkdir(parents=True, exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", dirs_exist_ok=True)
    written = _SET.format(customers=customers, months=MONTHS, until=UNTIL)
    (root / "parameters" / "large.yml").write_text(written, encoding="utf-8")
    return root

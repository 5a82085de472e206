"""A project of its own with a large simulated shop, and what one of its reports takes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.apart import Run, run_apart
from bench.watched import with_peak

if TYPE_CHECKING:
    import pandas as pd

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
  {report_id}: {{}}
"""


def large_shop(buyers: int, report_id: str, *, months: int = MONTHS, settings: str = "") -> Path:
    """The project with the notebooks as they are now; its store is kept for the next time, whichever report is made.

    Args:
        buyers: Its customers.
        report_id: The report.
        months: Months of its sales.
        settings: More of the parameter file.
    """
    root = CACHE / (f"large-{buyers}" if months == MONTHS else f"large-{buyers}-{months}")
    (root / "parameters").mkdir(parents=True, exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", dirs_exist_ok=True)
    written = _SET.format(customers=buyers, months=months, until=UNTIL, report_id=report_id)
    (root / "parameters" / "large.yml").write_text(written + settings, encoding="utf-8")
    return root


def report_apart(root: Path) -> Run:
    """The report once its store has been opened: seconds of the notebook and its page, peak of all processes."""
    run_apart("bench.large_shop:report", root=str(root))
    seconds, peak = run_apart("bench.large_shop:report", root=str(root)).result
    return Run(seconds=seconds, peak_mib=peak, result=None)


def report(*, root: str) -> list[float]:
    """Make the report; its seconds as the manifest tells them, and the most memory of all processes, in MiB."""
    # Lists that were issued stay as they are: each time is to be the first for the month.
    shutil.rmtree(Path(root) / "data" / "large" / "assignments", ignore_errors=True)
    command = [sys.executable, "-m", "retention_lib.cli", "report", "--set", "large", "--root", root]

    def work() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    _, peak = with_peak(work)
    manifest = json.loads((Path(root) / "outputs" / "large" / UNTIL[:7] / "manifest.json").read_text())
    (made,) = manifest["reports"]
    return [made["seconds"], peak]


def days_for_lifetimes(root: Path) -> pd.DataFrame:
    """What each of the shop's customers bought on each day (customer_id, day, amount), for a peer."""
    import pandas as pd

    file = root / "data" / "large" / "simulated" / "transactions.parquet"
    sales = pd.read_parquet(file, columns=["customer_id", "ordered_at", "amount"])
    bought = sales[sales["amount"] > 0].dropna(subset=["customer_id"])
    days = bought.assign(day=bought["ordered_at"].dt.normalize(), amount=bought["amount"].astype(float))
    return days.groupby(["customer_id", "day"], as_index=False)["amount"].sum()

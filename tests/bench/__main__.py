"""`make bench`: run the benchmarks, show them as a table and merge them by name into outputs/bench.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from bench.campaign import campaign_notebook
from bench.churn import churn_notebook
from bench.fits import bgnbd_fit, pnbd_fit
from bench.ingest import ingest_first_run, ingest_second_run
from bench.loyalty import loyalty_notebook
from bench.ltv import ltv_notebook
from bench.measured import Measured
from bench.playbook import playbook_notebook
from bench.simulating import simulate
from bench.summary import customer_summary
from bench.value import growth_10x, value_12m
from named_entries import merge_entries
from rich.console import Console
from rich.table import Table

OUTPUT = Path(__file__).parents[2] / "outputs" / "bench.json"
FULL = {"mebibytes": 1024, "customers": 1_000_000, "buyers": 1_500_000, "tested": 10_000_000, "listed": 1_000_000}
"""The sizes at which figures are kept: of the export that is taken in, of the store that is simulated and of the
customers whose buying is modelled (4.8 million orders), of the store that is reported on (five million orders), and of
the customers in a test (27 million orders), and of those among whom lists are made."""

BENCHMARKS: dict[str, tuple[Callable[..., Measured], str]] = {
    "bgnbd_fit": (bgnbd_fit, "customers"),
    "campaign_notebook": (campaign_notebook, "tested"),
    "churn_notebook": (churn_notebook, "buyers"),
    "customer_summary": (customer_summary, "customers"),
    "growth_10x": (growth_10x, "customers"),
    "ingest_first_run": (ingest_first_run, "mebibytes"),
    "ingest_second_run": (ingest_second_run, "mebibytes"),
    "loyalty_notebook": (loyalty_notebook, "buyers"),
    "ltv_notebook": (ltv_notebook, "buyers"),
    "playbook_notebook": (playbook_notebook, "listed"),
    "pnbd_fit": (pnbd_fit, "customers"),
    "simulate": (simulate, "customers"),
    "value_12m": (value_12m, "customers"),
}
"""Each benchmark with the size it takes."""


def main() -> None:
    """Run one benchmark or all of them."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*BENCHMARKS, ""], default="", help="one of them; all if omitted")
    for size, full in FULL.items():
        parser.add_argument(f"--{size}", type=int, default=full, help=f"another size than {full}; it is not kept")
    options = parser.parse_args()
    console = Console()
    found: list[Measured] = []
    for name in [options.name] if options.name else BENCHMARKS:
        console.print(f"{name} ...")
        benchmark, size = BENCHMARKS[name]
        found.append(benchmark(**{size: getattr(options, size)}))
        if getattr(options, size) == FULL[size]:
            merge_entries(OUTPUT, [found[-1].to_plain()])
    console.print(_table(found))


def _table(found: list[Measured]) -> Table:
    table = Table("benchmark", "ours, s", "peer", "peer, s", "ratio", "our peak, MiB", title=str(OUTPUT))
    for one in found:
        cells = (f"{one.ours_s:.2f}", one.peer, f"{one.peer_s:.2f}", f"{one.ratio:.2f}", f"{one.peak_mib:.0f}")
        table.add_row(one.name, *cells)
    return table


if __name__ == "__main__":
    main()

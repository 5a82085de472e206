"""`make bench`: run the benchmarks, show them as a table and merge them by name into outputs/bench.json."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.ingest import ingest_first_run, ingest_second_run
from bench.measured import Measured
from named_entries import merge_entries
from rich.console import Console
from rich.table import Table

OUTPUT = Path(__file__).parents[2] / "outputs" / "bench.json"
FULL = 1024
BENCHMARKS = {function.__name__: function for function in (ingest_first_run, ingest_second_run)}


def main() -> None:
    """Run one benchmark or all of them."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*BENCHMARKS, ""], default="", help="one of them; all if omitted")
    parser.add_argument("--mebibytes", type=int, default=FULL, help="size of the export; only the full one is kept")
    options = parser.parse_args()
    console = Console()
    found: list[Measured] = []
    for name in [options.name] if options.name else BENCHMARKS:
        console.print(f"{name} ...")
        found.append(BENCHMARKS[name](mebibytes=options.mebibytes))
        if options.mebibytes == FULL:
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

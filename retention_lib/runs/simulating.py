"""The simulated stores of a set, made before anything reads them, while the person on duty sees how far it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.runs.progress import simulation_screen
from retention_lib.stores.simulation.simulated import noted, simulated_folder, simulated_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from retention_lib.settings.models import SetSettings


@dataclass(frozen=True, kw_only=True)
class SimulatedStore:
    """A simulated store that stands in its place.

    Attributes:
        name: The store.
        folder: Where it stands.
        rows: Rows by file, those of the truth included.
        seconds: What making it took; None where it was there.
    """

    name: str
    folder: Path
    rows: dict[str, int]
    seconds: float | None


def simulate_stores(
    settings: SetSettings, names: Iterable[str], *, jobs: int = 2, piece: int = 1
) -> list[SimulatedStore]:
    """The simulated ones among some stores of a set, each made now unless it is there.

    Args:
        settings: The set.
        names: Its stores that are wanted.
        jobs: Processes that tell customers (count).
        piece: Customers that each tells in a row, rounded up to whole blocks (count).

    Raises:
        DataError: A store's place is taken or cannot be written.
    """
    made = []
    for name in names:
        simulation = settings.stores[name].simulation
        if simulation is None:
            continue
        started = time.monotonic()
        with simulation_screen(name) as shown:
            simulated_tables(name, simulation, root=settings.root, jobs=jobs, piece=piece, told=shown.at)
        folder = simulated_folder(name, settings.root)
        files = (noted(folder) or {"files": {}})["files"]
        made.append(
            SimulatedStore(
                name=name,
                folder=folder,
                rows={file.removesuffix(".parquet"): facts["rows"] for file, facts in files.items()},
                seconds=time.monotonic() - started if shown.begun else None,
            )
        )
    return made

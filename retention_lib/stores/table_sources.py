"""Where each table of a store comes from: a simulation, a public data set, files or a database."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from retention_lib.stores.public import PUBLIC, dataset_source
from retention_lib.stores.simulation.simulated import simulated_source, simulated_tables
from retention_lib.stores.sources import Source, file_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from retention_lib.settings.models import StoreSettings
    from retention_lib.stores.databases import Database


def table_sources(
    name: str, settings: StoreSettings, database: Database, root: Path
) -> dict[str, Callable[[], Source]]:
    """How to find each table's source.

    Args:
        name: The store's name in the set.
        settings: Its part of the parameter file.
        database: Its database, which opens when it is asked.
        root: The project's folder, from which paths count.

    Returns:
        What finds the source of each table, which may raise a DataError.

    Raises:
        DataError: A simulated store cannot be made.
    """
    if settings.simulation is not None:
        made = simulated_tables(name, settings.simulation, root=root)
        return {table: partial(simulated_source, table, path, root=root) for table, path in made.items()}
    if settings.dataset is not None:
        dataset = PUBLIC[settings.dataset]
        return {table: partial(dataset_source, dataset, table) for table in dataset.tables}
    return {
        table: partial(file_source, table, source, root=root)
        if source.table is None
        else partial(database.source, table, source)
        for table, source in settings.tables.items()
    }

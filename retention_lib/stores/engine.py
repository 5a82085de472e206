"""DuckDB as every part of this room opens it: offline, in UTC, with as many threads as it is given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend


INTAKE_MEMORY_MIB = 1024
"""What DuckDB may hold in memory while a table is taken in; the rest of it stands in the scratch folder."""

REPORT_MEMORY_MIB = 2048
"""What DuckDB may hold in memory for a report at most, and no more than a quarter of what it would take by itself: two
reports run side by side, each with frames that take as much again. What goes beyond it stands on the disk."""

_THREAD_MEMORY_MIB = 128
"""What each thread needs about."""

_MEBIBYTES = {"bytes": 2**-20, "KiB": 2**-10, "MiB": 1.0, "GiB": 2**10, "TiB": 2**20}


def connect(database: Path | str = ":memory:", *, spill: Path | None = None) -> Backend:
    """A DuckDB engine that fetches nothing from outside.

    The environment variable RETENTION_THREADS limits its threads (two reports side by side get one each).

    Args:
        database: The database file; in memory if omitted.
        spill: For a database that is thrown away again, the folder it stands in: what goes beyond
            INTAKE_MEMORY_MIB goes there, and nothing is packed, which costs more time than it saves.
    """
    import ibis

    options: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    threads = os.environ.get("RETENTION_THREADS", "")
    if threads.isdecimal() and int(threads) > 0:
        options["threads"] = int(threads)
    if spill is not None:
        options["temp_directory"] = str(spill)
        options["memory_limit"] = f"{INTAKE_MEMORY_MIB}MiB"
    engine = ibis.duckdb.connect(database, **options)
    engine.raw_sql("SET TimeZone = 'UTC'")
    if spill is not None:
        engine.raw_sql("SET force_compression = 'uncompressed'")
        _keep_threads(engine, INTAKE_MEMORY_MIB)
    return engine


def keep_within_memory(engine: Backend, spill: Path) -> None:
    """Let an engine hold so much in memory that two reports and their kernels fit side by side.

    Args:
        engine: The engine.
        spill: The folder for what goes beyond it.
    """
    # By itself DuckDB takes four fifths of the machine, or of what a container leaves it.
    (by_itself,) = engine.raw_sql("SELECT current_setting('memory_limit')").fetchone()
    number, unit = str(by_itself).split()
    limit = min(REPORT_MEMORY_MIB, int(float(number) * _MEBIBYTES[unit]) // 4)
    engine.raw_sql(f"SET temp_directory = {quoted_text(str(spill))}")
    engine.raw_sql(f"SET memory_limit = '{limit}MiB'")
    _keep_threads(engine, limit)


def _keep_threads(engine: Backend, memory_mib: int) -> None:
    """No more threads than the memory carries."""
    (now,) = engine.raw_sql("SELECT current_setting('threads')").fetchone()
    engine.raw_sql(f"SET threads = {min(now, max(1, memory_mib // _THREAD_MEMORY_MIB))}")


def rows(engine: Backend, expression: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small expression, as plain Python values and without a detour over pandas."""
    cursor = engine.raw_sql(engine.compile(expression))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def keep(engine: Backend, name: str, expression: ir.Table) -> ir.Table:
    """The expression computed once and kept as a table of the engine."""
    engine.raw_sql(f"CREATE TABLE {quoted_name(name)} AS {engine.compile(expression)}")
    return engine.table(name)


def write_parquet(engine: Backend, expression: ir.Table, path: Path) -> None:
    """Write the rows of an expression, in its order, to a Parquet file."""
    query = engine.compile(expression)
    engine.raw_sql(f"COPY ({query}) TO {quoted_text(str(path))} (FORMAT parquet, COMPRESSION zstd)")


def quoted_text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def quoted_name(value: str) -> str:
    """A column's or table's name as SQL writes it."""
    return '"' + value.replace('"', '""') + '"'

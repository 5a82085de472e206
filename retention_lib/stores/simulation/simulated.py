"""Where a simulated store lives, `data/<store>/simulated/`: made on first use, aside, whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.settings.models import TableSource
from retention_lib.settings.tables import TABLES
from retention_lib.stores.cache import locked
from retention_lib.stores.errors import DataError
from retention_lib.stores.simulation import Told
from retention_lib.stores.sources import Source, file_source

if TYPE_CHECKING:
    from retention_lib.settings.simulation import Simulation

FOLDER, NOTE, DICTIONARY = "simulated", "simulation.json", "README.md"
"""The folder of a simulated store, the file in it that says what it was made of, and the one that explains it."""

_PACKAGES = ("numpy", "pyarrow", "scipy")
_WANTED = ("simulation", "code", "versions")
_BUILDING = ".building-"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_AT_HERE, _EXCHANGE = -100, 2  # of renameat2, Linux


def simulated_folder(name: str, root: Path) -> Path:
    """Where a simulated store of a name stands in a project."""
    return root / "data" / name / FOLDER


def simulated_tables(
    name: str, simulation: Simulation, *, root: Path, jobs: int = 2, piece: int = 1, told: Told | None = None
) -> dict[str, Path]:
    """The Parquet files of a simulated store by table, made now unless the same code made the same before.

    Args:
        name: The store.
        simulation: What it is made of.
        root: The project's folder.
        jobs: Processes that tell customers, where it is made now (count).
        piece: Customers that each tells in a row, rounded up to whole blocks (count).
        told: Hears how far it is, where it is made now.

    Raises:
        DataError: The place is taken by something else, or cannot be written.
    """
    place = simulated_folder(name, root)
    try:
        if not is_simulated(place, simulation):
            (root / "data" / ".locks").mkdir(parents=True, exist_ok=True)
            with locked(root / "data" / ".locks" / f"{FOLDER}-{name}.lock"):
                if not is_simulated(place, simulation):
                    _make(place, simulation, jobs=jobs, piece=piece, told=told)
    except OSError as error:
        raise DataError(_disk_sentence(error, place.relative_to(root))) from error
    note = noted(place)
    held = {} if note is None else {file: facts["rows"] for file, facts in note["files"].items()}
    # A mechanism of size 0 may leave a table without a row: such a store has no such table.
    return {table: place / f"{table}.parquet" for table in TABLES if held.get(f"{table}.parquet")}


def simulated_source(table: str, path: Path, *, root: Path) -> Source:
    """One table of a simulated store, as any other table of files."""
    from pyarrow import parquet

    measured = [] if table != "outcomes" else parquet.read_schema(path).names
    metrics = [name for name in measured if name not in TABLES[table].names]
    settings = TableSource(path=path.relative_to(root).as_posix(), metrics=metrics or None)
    return file_source(table, settings, root=root)


def is_simulated(place: Path, simulation: Simulation) -> bool:
    """Whether a folder holds the whole store that these settings and this code make."""
    note = noted(place)
    if note is None or {name: note.get(name) for name in _WANTED} != _wanted(simulation):
        return False
    sizes = {file: facts["bytes"] for file, facts in note["files"].items()}
    return all((place / file).is_file() and (place / file).stat().st_size == size for file, size in sizes.items())


def noted(place: Path) -> dict[str, Any] | None:
    """What a folder's note says: `simulation`, `code` and by file `rows` and `bytes`; None without a note of ours."""
    try:
        note = json.loads((place / NOTE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return note if isinstance(note, dict) and {"simulation", "code", "files"} <= note.keys() else None


def _make(place: Path, simulation: Simulation, *, jobs: int, piece: int, told: Told | None) -> None:
    """Simulate aside and put the folder in its place in one step; whatever stops it leaves what was there."""
    _check_ours(place)
    place.parent.mkdir(exist_ok=True)
    # The lock is ours, so what stands there is left over from a process that was killed.
    for left in place.parent.glob(f"{_BUILDING}*"):
        shutil.rmtree(left, ignore_errors=True)
    building = place.with_name(f"{_BUILDING}{secrets.token_hex(4)}")
    building.mkdir()
    try:
        _fill(building, simulation, jobs=jobs, piece=piece, told=told)
        _put(building, place)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):
            place.parent.rmdir()  # only where nothing stands in it


def _fill(folder: Path, simulation: Simulation, *, jobs: int, piece: int, told: Told | None) -> None:
    """The tables, their dictionary and the note."""
    from retention_lib.stores.simulation.dictionary import dictionary_page
    from retention_lib.stores.simulation.writing import write_simulation

    rows = write_simulation(simulation, folder, jobs=jobs, piece=piece, told=told)
    (folder / DICTIONARY).write_text(dictionary_page(simulation), encoding="utf-8")
    files = {f"{file}.parquet": {"rows": count} for file, count in rows.items()}
    for file, facts in files.items():
        facts["bytes"] = (folder / file).stat().st_size
    note = {**_wanted(simulation), "files": files}
    (folder / NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def _wanted(simulation: Simulation) -> dict[str, Any]:
    """What decides every byte: the settings and the code."""
    versions = {name: version(name) for name in _PACKAGES}
    return {"simulation": simulation.model_dump(mode="json"), "code": code_hash(), "versions": versions}


@cache
def code_hash() -> str:
    """SHA-256 of the simulator, of what its settings are and of the tables it fills."""
    settings = Path(__file__).parents[2] / "settings"
    beside = [settings / name for name in ("calendar.py", "simulation.py", "tables.py")]
    files = [*sorted(Path(__file__).parent.glob("*.py")), *beside]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _check_ours(place: Path) -> None:
    """Refuses to replace what this toolkit did not make.

    Raises:
        DataError: Something else stands there.
    """
    if not os.path.lexists(place):
        return
    note = None if place.is_symlink() else noted(place)
    if note is None:
        raise DataError(
            f"{place}: was not made by this toolkit ({NOTE} is not in it); move it away, a simulated store goes there"
        )
    ours = {NOTE, DICTIONARY, *note["files"]}
    files = sorted(file.relative_to(place).as_posix() for file in place.rglob("*") if not file.is_dir())
    other = next((file for file in files if file not in ours), None)
    if other is not None:
        raise DataError(
            f"{place / other}: is no part of the simulated store, which is made anew here; move the file away"
        )


def _put(fresh: Path, place: Path) -> None:
    """Give a folder its place; what stood there before takes the other's name in the same step."""
    if not place.exists():
        fresh.rename(place)
        return
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is not None and not rename(_AT_HERE, os.fsencode(fresh), _AT_HERE, os.fsencode(place), _EXCHANGE):
        return
    # Elsewhere than on Linux it takes two steps; stopped between them, the next use simulates again.
    old = fresh.with_name(f"{fresh.name}-old")
    place.rename(old)
    fresh.rename(place)
    old.rename(fresh)


def _disk_sentence(error: OSError, place: Path) -> str:
    """What the disk said and what to do, in one sentence."""
    if error.errno in _FULL:
        return f"{place}: the disk is full, so the store was not simulated; free some space and run again"
    said = os.strerror(error.errno) if error.errno else "cannot be written"
    return f"{error.filename or place}: {said}, so the store was not simulated; give access to the folder and run again"

"""Tables of a database as they stood at one moment: Parquet files named by their content.

A run reads each table once: while it is planned. The reports' own processes find what was read through a note whose
place stands in the environment, so that all pages of a month speak of the same moment.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "RETENTION_SNAPSHOTS"
"""The environment variable that names the note of a run; without it every opening reads afresh."""

_UNUSED_SECONDS = 7 * 24 * 3600.0
_CHUNK = 1 << 20


@contextmanager
def read_once(note: Path) -> Iterator[None]:
    """Within it, this process and those it starts read each table of a database once.

    Args:
        note: A file for what was read, in a folder that ends with the run.
    """
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(note)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def snapshot(folder: Path, key: str, *, write: Callable[[Path], None], name: str | None = None) -> Path:
    """The Parquet file of a table: the one this run has read, else a new one.

    Args:
        folder: The folder of all snapshots, made if need be.
        key: What names the table, without secrets.
        write: Reads the table and writes it to the path given.
        name: The file's name where it is known before reading; by its content if omitted.
    """
    noted = _noted(key)
    if noted is not None:
        return noted
    own = folder / key
    own.mkdir(parents=True, exist_ok=True)
    path = own / f"{name}.parquet"
    if name is None or not path.is_file():
        path = _written(own, write, name)
    # The time of its last use; that of its last change is what its hash is remembered by.
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    _forget_unused(own)
    _note(key, path)
    return path


def _written(folder: Path, write: Callable[[Path], None], name: str | None) -> Path:
    """The table read to a file aside, which then takes its name in one step."""
    aside = folder / f".{uuid.uuid4().hex}"
    aside.mkdir()
    try:
        fresh = aside / "table.parquet"
        write(fresh)
        path = folder / f"{name or _hash(fresh)}.parquet"
        if not path.exists():
            fresh.rename(path)
        return path
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _forget_unused(folder: Path) -> None:
    """Remove what no run has used for a week: a table that grows leaves a file a day."""
    oldest = time.time() - _UNUSED_SECONDS
    for path in folder.iterdir():
        if path.stat().st_atime < oldest:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _noted(key: str) -> Path | None:
    """What this run has read under the key."""
    note = os.environ.get(VARIABLE)
    if not note or not Path(note).exists():
        return None
    known = json.loads(Path(note).read_text(encoding="utf-8"))
    return Path(known[key]) if key in known else None


def _note(key: str, path: Path) -> None:
    """Let the other processes of this run know what was read."""
    if not os.environ.get(VARIABLE):
        return
    note = Path(os.environ[VARIABLE])
    with note.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
        aside = note.with_suffix(f".{uuid.uuid4().hex}")
        aside.write_text(json.dumps(known | {key: str(path)}, indent=1, sort_keys=True), encoding="utf-8")
        aside.replace(note)

"""Where the engine of an open store puts what goes beyond its memory: rows of customers, so nothing of it may stay.

Each engine has a folder of its own in the project's cache and a lock in it, which the system lets go of however its
process ends. A folder whose lock nobody holds is left over; the end of a run removes it, or the next engine to start.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING

from retention_lib.stores.cache import locked
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

SPILL = "spill"
"""The folder of these folders in the project's cache."""

_LOCK = "lock"


class SpillFolder:
    """A folder for what an engine cannot hold in memory; it goes with the engine, or at the end of the process.

    Attributes:
        path: The folder.
    """

    def __init__(self, cache: Path) -> None:
        """Make the folder, and remove those of processes that have ended.

        Args:
            cache: The project's `data/.cache`.

        Raises:
            DataError: The cache cannot be written to.
        """
        place = cache / SPILL
        self.path = place / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            place.mkdir(parents=True, exist_ok=True)
            with _alone(cache):
                _remove_left(place)
                self.path.mkdir(mode=0o700)
                held = os.open(self.path / _LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
                fcntl.flock(held, fcntl.LOCK_EX)
        except OSError as error:
            raise DataError(f"{place}: {error.strerror}; free space or give access to the folder") from error
        self._end = weakref.finalize(self, _end, self.path, held, os.getpid())

    def remove(self) -> None:
        """Remove the folder; nothing may use it any more."""
        self._end()


@contextmanager
def without_leftovers(cache: Path) -> Iterator[None]:
    """At the end of a run removes what its kernels left behind, which are ended and not asked to end.

    Args:
        cache: The project's `data/.cache`.
    """
    try:
        yield
    finally:
        if (cache / SPILL).is_dir():
            with _alone(cache):
                _remove_left(cache / SPILL)


def _alone(cache: Path) -> AbstractContextManager[None]:
    """One process at a time, so that nobody takes a folder for left over whose owner is about to lock it."""
    return locked(cache / "locks" / f"{SPILL}.{_LOCK}")


def _remove_left(place: Path) -> None:
    for folder in place.iterdir():
        if not _is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_held(folder: Path) -> bool:
    """Whether a process holds the folder; one without a lock was not removed to its end."""
    try:
        asked = os.open(folder / _LOCK, os.O_WRONLY)
    except FileNotFoundError:
        return False
    except PermissionError:  # another user's, who removes it
        return True
    try:
        fcntl.flock(asked, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(asked)
    return False


def _end(folder: Path, held: int, process: int) -> None:
    """Removes a folder of this process; a process forked from its owner leaves it alone."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
    os.close(held)

"""Publishing in one step: a tree built aside, renamed, and a link replaced; the old one stands until then.

outputs/<set>                      link to the published tree
outputs/.published/<set>/<n>/      the tree: one folder a month, index.html
outputs/.building/<set>-<pid>-<x>/ what a run builds aside
outputs/.locks/<set>.lock          one run at a time
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from retention_lib.stores.errors import DataError

SCRATCH_PREFIX = "retention-"
_INTACT = "what was published before is intact"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where one set's reports are built and published.

    Attributes:
        outputs: The project's `outputs` folder.
        name: The set.
    """

    outputs: Path
    name: str

    @property
    def link(self) -> Path:
        """What a reader opens: `outputs/<set>`."""
        return self.outputs / self.name

    @property
    def trees(self) -> Path:
        """The folder of the set's numbered trees."""
        return self.outputs / ".published" / self.name

    def current(self) -> Path | None:
        """The published tree, or None before the first run."""
        if not self.link.is_symlink():
            return None
        tree = self.outputs / self.link.readlink()
        return tree if tree.is_dir() else None

    def check_free(self) -> None:
        """Refuses a folder of someone else's in the place of the link.

        Raises:
            DataError: `outputs/<set>` exists and is no link.
        """
        if self.link.exists() and not self.link.is_symlink():
            raise DataError(f"outputs/{self.name} was not made by this toolkit; move it away and run again")

    def staged(self) -> Staging:
        """A new folder to build in, with a scratch folder of its own for what kernels need."""
        building = self.outputs / ".building" / f"{self.name}-{os.getpid()}-{secrets.token_hex(4)}"
        building.mkdir(parents=True)
        # Sockets need short names, so this folder is the system's; the link lets a later run find it.
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=_short_temporary_folder()))
        (building / "scratch").symlink_to(scratch)
        tree = building / "tree"
        tree.mkdir()
        reports, ledgers = building / "reports", building / "ledgers"
        reports.mkdir()
        ledgers.mkdir()
        return Staging(folder=building, tree=tree, reports=reports, ledgers=ledgers, scratch=scratch)

    def publish(self, staging: Staging) -> Path:
        """Makes the staged tree the published one, in the one step of replacing the link.

        Returns:
            The link, `outputs/<set>`.
        """
        self.trees.mkdir(parents=True, exist_ok=True)
        number = max((int(path.name) for path in self.trees.iterdir() if path.name.isdecimal()), default=0) + 1
        staging.tree.rename(self.trees / str(number))
        fresh = staging.folder / "link"
        fresh.symlink_to(Path(".published") / self.name / str(number))
        fresh.replace(self.link)
        return self.link

    def tidy(self) -> None:
        """Removes what runs left behind: what was built aside, and every tree that is not the published one.

        Called under the lock. What cannot be removed now is tried again by the next run; it harms nobody.
        """
        for building in (self.outputs / ".building").glob(f"{_escaped(self.name)}-*-*"):
            if building.name.rsplit("-", 2)[0] == self.name:
                remove_scratch(building / "scratch")
                shutil.rmtree(building, ignore_errors=True)
        current = self.current()
        for tree in self.trees.glob("*"):
            if current is None or not tree.samefile(current):
                shutil.rmtree(tree, ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Staging:
    """A run's place to build.

    Attributes:
        folder: All of it, under `outputs/.building`.
        tree: What will be published.
        reports: One folder a report, filled by the workers.
        ledgers: One file a report that issues lists, for the ledgers of the stores.
        scratch: Sockets and settings of the kernels, outside `outputs`.
    """

    folder: Path
    tree: Path
    reports: Path
    ledgers: Path
    scratch: Path

    def copy_published(self, published: Path | None, *, but: str) -> None:
        """Takes over the published months by hard links, all but one.

        Args:
            published: The published tree, or None before the first run.
            but: The month that this run makes anew.
        """
        if published is None:
            return
        for month in sorted(published.iterdir()):
            if month.is_dir() and month.name != but:
                shutil.copytree(month, self.tree / month.name, copy_function=link_or_copy)


def link_or_copy(source: str, target: str) -> None:
    """A hard link, or a copy where the file system knows none."""
    try:
        os.link(source, target)
    except OSError as problem:
        if problem.errno in _FULL:
            raise
        shutil.copy2(source, target)


@contextmanager
def only_run(shelf: Shelf) -> Iterator[None]:
    """Holds the set's lock; the system frees it even when the run is killed.

    Raises:
        DataError: Another run of the set is under way, or `outputs` cannot be written.
    """
    with disk_errors(shelf.outputs):
        (shelf.outputs / ".locks").mkdir(parents=True, exist_ok=True)
        lock = (shelf.outputs / ".locks" / f"{shelf.name}.lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise DataError(f"another run of the set {shelf.name} is under way; wait for its end") from busy
        yield


@contextmanager
def disk_errors(outputs: Path) -> Iterator[None]:
    """Turns a refusal of the disk into a sentence; what was published stays as it is.

    Raises:
        DataError: The folder cannot be written.
    """
    try:
        yield
    except shutil.Error as problem:
        raise DataError(f"{outputs.name}/ cannot be written; {_INTACT}") from problem
    except OSError as problem:
        raise DataError(disk_sentence(problem, outputs.name)) from problem


def raise_disk_error(number: int, place: str) -> NoReturn:
    """Raises what a worker's disk refused as `disk_errors` would.

    Raises:
        DataError: Always.
    """
    raise DataError(disk_sentence(OSError(number, os.strerror(number)), place))


def disk_sentence(problem: OSError, place: str) -> str:
    """What the disk said and what to do, in one sentence."""
    if problem.errno in _FULL:
        return f"the disk of {place}/ is full; free some space and run again, {_INTACT}"
    if problem.errno in _REFUSED:
        return f"{place}/ cannot be written; allow it and run again, {_INTACT}"
    return f"{place}/ cannot be written ({problem.strerror}); {_INTACT}"


def remove_scratch(link: Path) -> None:
    """Removes the scratch folder a link in a building folder names, if it is one of ours."""
    if not link.is_symlink():
        return
    scratch = link.readlink()
    if scratch.name.startswith(SCRATCH_PREFIX) and scratch.parent == _short_temporary_folder():
        shutil.rmtree(scratch, ignore_errors=True)


def _short_temporary_folder() -> Path:
    """The system's temporary folder, or /tmp where its name is too long for a socket (107 bytes in all)."""
    folder = Path(tempfile.gettempdir())
    return folder if len(os.fsencode(folder)) <= 40 else Path("/tmp")  # noqa: S108 - the folder within is private


def _escaped(name: str) -> str:
    import glob

    return glob.escape(name)

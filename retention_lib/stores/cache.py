"""Typed Parquet beside the project, made once for the same content, mapping and code."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention_lib.stores.errors import DataError
from retention_lib.stores.reconciliation import IN_THE_FUTURE, Reconciliation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retention_lib.stores.sources import Source
    from retention_lib.stores.terms import Terms

_FACTS = "facts.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class CachedTable:
    """A table that was taken in.

    Attributes:
        kept: The Parquet file of the rows that reports use.
        rejected: The Parquet file of the rows set aside; None when there is none.
        reconciliation: The count of rows and money.
        first_day: The first day with a sale; None for a table other than transactions.
        last_day: The last day with a sale.
        fingerprint: SHA-256 of the source's content, in hexadecimal digits.
    """

    kept: Path
    rejected: Path | None
    reconciliation: Reconciliation
    first_day: date | None
    last_day: date | None
    fingerprint: str


def cached_table(source: Source, folder: Path, terms: Terms) -> CachedTable:
    """The table as typed Parquet, taken in now unless the same was taken in before.

    Args:
        source: The files.
        folder: The cache's folder, made if need be.
        terms: The store's terms.

    Raises:
        DataError: When the files cannot be read, break the contract or change meanwhile, or the folder cannot
            be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        print_of_source = fingerprint(source, folder)
        entry = folder / _key(source, print_of_source, terms)
        made = _made(entry, terms)
        if made is None:
            with locked(folder / "locks" / f"{entry.name}.lock"):
                made = _made(entry, terms) or _make(source, entry, print_of_source, terms)
    except OSError as error:
        place = error.filename or folder
        raise DataError(f"{place}: {error.strerror}; free space or give access to the folder") from error
    return _opened(made, print_of_source)


def _made(entry: Path, terms: Terms) -> Path | None:
    """The entry where the table was taken in before: for good, or on this day where rows lie in the future."""
    return next((path for path in (entry, _of_day(entry, terms.today)) if (path / _FACTS).exists()), None)


def _of_day(entry: Path, day: date) -> Path:
    return entry.with_name(f"{entry.name}-{day}")


def _make(source: Source, entry: Path, print_of_source: str, terms: Terms) -> Path:
    """Take the table in aside and put it in place by one rename; an entry of the day replaces those of days past."""
    from retention_lib.stores.intake import take_in

    # The lock is ours, so what stands there is left over from a process that was killed.
    building = entry.with_name(f".building-{entry.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    try:
        taken = take_in(source, building, terms)
        shutil.rmtree(building / "scratch")
        if fingerprint(source, entry.parent) != print_of_source:
            raise DataError(f"{source.place}: the file changed while it was read; run again")
        days = {"first_day": taken.first_day, "last_day": taken.last_day}
        plain = {name: day and day.isoformat() for name, day in days.items()}
        facts = {"reconciliation": taken.reconciliation.to_plain(), **plain}
        (building / _FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
        if any(reason.reason == IN_THE_FUTURE for reason in taken.reconciliation.reasons):
            entry = _only_of_day(entry, terms.today)
        building.rename(entry)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return entry


def _only_of_day(entry: Path, day: date) -> Path:
    """The place of a day's entry; those of days past go, but for yesterday's, which a run may still be reading."""
    today = _of_day(entry, day)
    yesterday = _of_day(entry, day - timedelta(days=1))
    for old in entry.parent.glob(f"{entry.name}-*"):
        if old not in (today, yesterday):
            shutil.rmtree(old, ignore_errors=True)
    return today


def _opened(entry: Path, print_of_source: str) -> CachedTable:
    facts = json.loads((entry / _FACTS).read_text(encoding="utf-8"))
    days = {name: facts[name] and date.fromisoformat(facts[name]) for name in ("first_day", "last_day")}
    rejected = entry / "rejected.parquet"
    return CachedTable(
        kept=entry / "kept.parquet",
        rejected=rejected if rejected.exists() else None,
        reconciliation=Reconciliation.from_plain(facts["reconciliation"]),
        fingerprint=print_of_source,
        **days,
    )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, so that two processes that need the same table do not both take it in."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fingerprint(source: Source, folder: Path) -> str:
    """SHA-256 of a source's content: of its file, or of the list of its files' hashes.

    Args:
        source: The files.
        folder: Where hashes are remembered by path, size, time and inode.
    """
    hashes = [file_hash(path, folder / "hashes") for path in source.files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def file_hash(path: Path, folder: Path) -> str:
    """SHA-256 of a file, remembered in a folder by path, size, time and inode."""
    stat = path.stat()
    place = str(path.resolve())
    state = [place, stat.st_size, stat.st_mtime_ns, stat.st_ino]
    note = folder / f"{hashlib.sha256(place.encode()).hexdigest()[:32]}.json"
    known = _known_hash(note, state)
    if known is not None:
        return known
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    folder.mkdir(exist_ok=True)
    aside = note.with_suffix(f".{uuid.uuid4().hex}")
    aside.write_text(json.dumps([*state, digest.hexdigest()]), encoding="utf-8")
    aside.replace(note)
    return digest.hexdigest()


def _known_hash(note: Path, state: list[Any]) -> str | None:
    try:
        *known, digest = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return digest if known == state else None


def _key(source: Source, print_of_source: str, terms: Terms) -> str:
    """The name of a cache entry: everything that decides what it holds."""
    parts = {
        "code": _code_hash(),
        "content": print_of_source,
        "names": source.names,
        "settings": source.settings.model_dump(mode="json"),
        "query": source.query,
        "stamps": source.stamps,
        "terms": terms.to_plain(),
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return f"{source.table}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


@cache
def _code_hash() -> str:
    """SHA-256 of this room and of the tables' definition: another rule or reader voids old entries."""
    room = Path(__file__).parent
    files = [*sorted(room.glob("*.py")), room.parent / "settings" / "tables.py"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()

"""One person for several customer ids: what `identities` links, kept beside the cache, and its account.

Two ids of one person (a till's card and a site's account) become the smallest of them wherever a table names a
customer. Groups that cannot be believed, being too large or of two birth dates or sexes, stay apart and are counted.
"""

# ruff: noqa: S608 - every path in the SQL is quoted by the engine's rules.

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retention_lib.settings.tables import TABLES
from retention_lib.stores.cache import locked
from retention_lib.stores.engine import connect, quoted_text
from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from retention_lib.stores.cache import CachedTable

_FACTS, _PERSONS = "facts.json", "persons.parquet"


@dataclass(frozen=True, kw_only=True)
class UnmergedGroup:
    """Customer ids that share identifiers and yet are not taken for one person.

    Attributes:
        reason: `too_large`, `birth_date` or `sex` (the customers table has several of them in the group).
        ids: Customer ids in the group (count).
        kind: Kind of the identifier that most of them carry.
        value: That identifier as a keyed hash.
        carriers: Ids that carry it (count).
    """

    reason: str
    ids: int
    kind: str
    value: str
    carriers: int


@dataclass(frozen=True, kw_only=True)
class UnmergedGroups:
    """The largest groups left unmerged.

    Attributes:
        groups: At most 20, the largest first.
    """

    groups: tuple[UnmergedGroup, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a group: `reason`, `ids` (count), `kind`, `value` (hash), `carriers` (count)."""
        import pandas as pd

        columns = ["reason", "ids", "kind", "value", "carriers"]
        return pd.DataFrame([vars(group) for group in self.groups], columns=columns)


@dataclass(frozen=True, kw_only=True)
class MergeReport:
    """What became of the customer ids of a store that has `identities`; all but `groups_unmerged` are counts.

    Attributes:
        ids: Customer ids in all tables.
        persons: Persons they stand for.
        merged_ids: Ids that now stand under another one; ids - persons.
        groups: Persons of several ids.
        largest_group: Ids of the person who had most; 0 without groups.
        ids_without_identifier: Ids of which `identities` has no usable value.
        values_unusable: Rows of `identities` whose value identifies nobody (a mail without an address, zeros).
        too_large: Groups left unmerged for their size.
        conflicts: Groups left unmerged for two birth dates or sexes.
        ids_unmerged: Ids in the groups left unmerged.
        customers_joined: Rows of `customers` that went into another row of the same person.
        assignments_repeated: Rows of `assignments` that repeat the person's variant.
        persons_in_two_variants: Persons left out of an experiment, having two variants by different ids.
        groups_unmerged: The largest groups left unmerged.
    """

    ids: int
    persons: int
    merged_ids: int
    groups: int
    largest_group: int
    ids_without_identifier: int
    values_unusable: int
    too_large: int
    conflicts: int
    ids_unmerged: int
    customers_joined: int
    assignments_repeated: int
    persons_in_two_variants: int
    groups_unmerged: UnmergedGroups

    def to_frame(self) -> pd.DataFrame:
        """The counts in the order above: `name` (text), `count`."""
        import pandas as pd

        counts = {name: value for name, value in vars(self).items() if isinstance(value, int)}
        return pd.DataFrame({"name": list(counts), "count": list(counts.values())})


@dataclass(frozen=True, kw_only=True)
class Persons:
    """The persons behind a store's customer ids, worked out once for the same tables.

    Attributes:
        folder: Where they are kept.
        facts: The counts of `MergeReport`, and the groups left unmerged with their identifiers in clear.
    """

    folder: Path
    facts: Mapping[str, Any]

    def relation(self, table: str, kept: Path) -> str:
        """SQL of a table as reports see it, with persons for customers.

        Args:
            table: The table's name.
            kept: Its Parquet file as it was taken in.
        """
        rewritten = self.folder / f"{table}.parquet"
        if rewritten.exists():
            return f"FROM read_parquet({quoted_text(str(rewritten))})"
        plain = f"read_parquet({quoted_text(str(kept))})"
        if self.facts["merged_ids"] == 0 or "customer_id" not in TABLES[table].names:
            return f"FROM {plain}"
        persons = f"read_parquet({quoted_text(str(self.folder / _PERSONS))})"
        return (
            "SELECT rows.* REPLACE (coalesce(persons.person_id, rows.customer_id) AS customer_id) "
            f"FROM {plain} AS rows LEFT JOIN {persons} AS persons ON rows.customer_id = persons.customer_id"
        )

    @property
    def renamed(self) -> Path | None:
        """The Parquet file of the ids that stand under another one: `customer_id`, `person_id`; None without any."""
        return self.folder / _PERSONS if self.facts["merged_ids"] else None

    def report(self, hashed: Callable[[str], str]) -> MergeReport:
        """The account of what was merged.

        Args:
            hashed: The store's keyed hash, by which identifiers are shown.
        """
        groups = [
            {**group, "value": hashed(f"{group['kind']}:{group['value']}")} for group in self.facts["groups_unmerged"]
        ]
        shown = UnmergedGroups(groups=tuple(UnmergedGroup(**group) for group in groups))
        return MergeReport(**{**self.facts, "groups_unmerged": shown})


def persons_of(tables: Mapping[str, CachedTable], folder: Path, *, largest: int) -> Persons | None:
    """The persons behind the customer ids of a store's tables, worked out now unless they were before.

    Args:
        tables: The tables as they were taken in.
        folder: The cache's folder.
        largest: More ids than so many are not believed to be one person.

    Returns:
        The persons; None without a table of identities.

    Raises:
        DataError: When the folder cannot be written to.
    """
    if "identities" not in tables:
        return None
    entry = folder / _entry_name(tables, largest)
    try:
        with locked(folder / "locks" / f"{entry.name}.lock"):
            if not (entry / _FACTS).exists():
                _make(tables, entry, largest=largest)
    except OSError as error:
        raise DataError(f"{error.filename or folder}: {error.strerror}; free space or give access") from error
    return Persons(folder=entry, facts=json.loads((entry / _FACTS).read_text(encoding="utf-8")))


def _entry_name(tables: Mapping[str, CachedTable], largest: int) -> str:
    """Everything that decides who is who: the tables' own entries, which may be made anew, and the limit."""
    kept = {name: tables[name].kept for name in sorted(tables)}
    state = {name: [path.parent.name, path.stat().st_size, path.stat().st_mtime_ns] for name, path in kept.items()}
    text = json.dumps([state, largest])
    return f"persons-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _make(tables: Mapping[str, CachedTable], entry: Path, *, largest: int) -> None:
    """Work the persons out aside and put them in place by one rename."""
    import duckdb

    from retention_lib.stores.merging import write_persons

    # The lock is ours, so what stands there is left over from a process that was killed.
    building = entry.with_name(f".building-{entry.name}")
    shutil.rmtree(building, ignore_errors=True)
    scratch = building / "scratch"
    scratch.mkdir(parents=True)
    engine = connect(scratch / "persons.duckdb", spill=scratch)
    try:
        opened = {name: engine.read_parquet(tables[name].kept) for name in tables}
        facts = write_persons(opened, engine, building / _PERSONS, largest=largest)
        (building / _FACTS).write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(scratch)
        building.rename(entry)
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{entry.parent}: cannot be written to ({reason}); free space or give access") from error
    finally:
        engine.disconnect()
        shutil.rmtree(building, ignore_errors=True)

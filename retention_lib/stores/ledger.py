"""The lists that were issued: who was put into which arm of which list, as it was written once and for all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from retention_lib.settings.calendar import Month
from retention_lib.stores.engine import connect, quoted_name, quoted_text
from retention_lib.stores.errors import DataError
from retention_lib.stores.ledger_rows import KINDS, LEDGER_COLUMNS, list_rows
from retention_lib.stores.listed import ListedExperiment
from retention_lib.stores.reconciliation import Reconciliation

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from ibis.backends.duckdb import Backend

EXPERIMENTS = "experiments.json"
"""The file of a month that says which lists it holds; a list that it does not name is not issued."""

ASSIGNMENTS = "assignments"
"""The table of a store that lists are part of."""

LISTED = "listed"
"""The name of the customers on lists among the tables of a store's engine."""


def ledger_folder(root: Path, set_name: str, store: str) -> Path:
    """Where the lists of a store stand.

    Args:
        root: The project's folder.
        set_name: The set whose reports issue them.
        store: The store's name in the set.
    """
    return root / "data" / set_name / "assignments" / store


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """One list: what is known of it, and its rows in a file or in a frame."""

    about: ListedExperiment
    file: Path | None = None
    frame: pd.DataFrame | None = None

    @property
    def key(self) -> tuple[Month, str]:
        return self.about.report, self.about.scenario


class Ledger:
    """The lists that a store's reports issued; empty unless made by `read` or `of`."""

    def __init__(self, parts: Sequence[_Part] = ()) -> None:
        self._parts = tuple(sorted(parts, key=lambda part: part.key))

    @classmethod
    def of(cls, experiments: Sequence[ListedExperiment], rows: pd.DataFrame) -> Ledger:
        """A ledger from frames, which no file holds.

        Args:
            experiments: The lists.
            rows: Their customers: `customer_id`, `experiment_id`, `variant`, `assigned_at`, and as many other columns
                of `LEDGER_COLUMNS` as are known; times are naive in the store's zone.

        Raises:
            ValueError: A list has no row, or a row is of no list.
        """
        by_list = {str(name): frame for name, frame in rows.groupby("experiment_id", sort=True, observed=True)}
        named = [experiment.experiment_id for experiment in experiments]
        if sorted(by_list) != sorted(named):
            msg = f"rows are of {', '.join(sorted(by_list)) or 'none'}, experiments are {', '.join(named) or 'none'}"
            raise ValueError(msg)
        return cls([_Part(about=about, frame=list_rows(by_list[about.experiment_id])) for about in experiments])

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """The ledger of a folder; empty where there is none. Rows are read when they are asked for.

        Args:
            folder: From `ledger_folder`: one folder a month of a report, named YYYY-MM.

        Raises:
            DataError: A month's file of experiments cannot be read.
        """
        months = folder.iterdir() if folder.is_dir() else ()
        return cls([part for month in sorted(months) if (month / EXPERIMENTS).is_file() for part in _read_month(month)])

    def __bool__(self) -> bool:
        return bool(self._parts)

    @cached_property
    def experiments(self) -> tuple[ListedExperiment, ...]:
        """The lists, by month of the report and scenario."""
        return tuple(part.about for part in self._parts)

    @property
    def months(self) -> tuple[Month, ...]:
        """The months whose reports issued lists, in order."""
        return tuple(dict.fromkeys(about.report for about in self.experiments))

    def experiment(self, experiment_id: str) -> ListedExperiment | None:
        """The list of that name; None where there is none."""
        return next((about for about in self.experiments if about.experiment_id == experiment_id), None)

    def before(self, month: Month) -> Ledger:
        """The lists of reports of earlier months."""
        return Ledger([part for part in self._parts if part.about.report < month])

    def issued(self, month: Month) -> Ledger:
        """The lists of a month's report."""
        return Ledger([part for part in self._parts if part.about.report == month])

    def only(self, scenarios: Sequence[str]) -> Ledger:
        """The lists of some scenarios."""
        return Ledger([part for part in self._parts if part.about.scenario in scenarios])

    def with_lists(self, experiments: Sequence[ListedExperiment], rows: pd.DataFrame) -> Ledger:
        """The ledger with further lists; a scenario's list of a month that is there already stays as it is.

        Args:
            experiments: The lists.
            rows: Their customers, as for `of`.
        """
        known = {part.key for part in self._parts}
        new = [about for about in experiments if (about.report, about.scenario) not in known]
        if not new:
            return self
        own = rows[rows["experiment_id"].isin([about.experiment_id for about in new])]
        return Ledger([*self._parts, *Ledger.of(new, own)._parts])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the lists, in hexadecimal digits; empty for an empty ledger."""
        plain = [about.to_plain() for about in self.experiments]
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest() if plain else ""

    def reconciliation(self, table: str) -> Reconciliation:
        """The count of the lists' rows, all of them kept, where they are a table by themselves.

        Args:
            table: The table's name.
        """
        count = sum(sum(about.customers.values()) for about in self.experiments)
        return Reconciliation(
            table=table,
            rows_in=count,
            rows_kept=count,
            rows_rejected=0,
            rows_merged=0,
            amount_in=None,
            amount_kept=None,
            amount_rejected=None,
            amount_merged=None,
            reasons=(),
        )

    def rows(self, *, before: Month | None = None) -> pd.DataFrame:
        """The customers of all lists.

        Args:
            before: Only of lists that reports of earlier months issued.

        Returns:
            One row a customer and list, by month of the report, scenario and customer: `LEDGER_COLUMNS`; texts (None
            where not known), times as datetime64[us], expected_value as float64 (NaN where not known).

        Raises:
            DataError: A list was changed since it was written.
        """
        chosen = self if before is None else self.before(before)
        engine = connect()
        try:
            chosen.load(engine, "lists")
            frame = engine.table("lists").order_by("place", "customer_id").drop("place").to_pandas()
        finally:
            engine.disconnect()
        return list_rows(frame)

    def load(self, engine: Backend, name: str) -> None:
        """Make a table of the engine of all rows: `LEDGER_COLUMNS` and `place` (of the list in `experiments`).

        Args:
            engine: The engine.
            name: The table's name; what had it before is replaced.

        Raises:
            DataError: A list was changed since it was written.
        """
        columns = ", ".join(f"{column} {kind}" for column, kind in KINDS.items())
        engine.raw_sql(f"CREATE OR REPLACE TABLE {quoted_name(name)} ({columns}, place INTEGER)")
        for place, part in enumerate(self._parts):
            into = f"INSERT INTO {quoted_name(name)} SELECT {', '.join(LEDGER_COLUMNS)}, {place}"
            if part.file is not None:
                _check(part.file, part.about)
                engine.raw_sql(f"{into} FROM {_csv_relation(part.file)}")
            else:
                engine.con.register("one_list", part.frame)
                engine.raw_sql(f"{into} FROM one_list")
                engine.con.unregister("one_list")


def _read_month(folder: Path) -> list[_Part]:
    """The lists that a month's file of experiments names."""
    file = folder / EXPERIMENTS
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        abouts = [ListedExperiment.from_plain(plain) for plain in _list(found)]
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}; give access to it") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: cannot be read as a ledger of lists; put the file back as it was written") from error
    return [_Part(about=about, file=folder / f"{about.scenario}.csv") for about in abouts]


def _list(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise TypeError
    return found


def _check(file: Path, about: ListedExperiment) -> None:
    """Refuse a list that is not as it was written: who is in which arm would no longer be what chance decided."""
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"{file}: {error.strerror}; the ledger names this list, so put the file back") from error
    if found != about.sha256:
        raise DataError(f"{file}: was changed after it was written; put it back, or {EXPERIMENTS} without this list")


def _csv_relation(file: Path) -> str:
    """SQL that reads a list of ours: nothing guessed, nothing but an empty cell taken for missing."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in KINDS.items())
    return (
        f"read_csv({quoted_text(str(file))}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', "
        f"new_line='\\n', nullstr='', parallel=false, timestampformat='%Y-%m-%d %H:%M:%S', columns={{{columns}}})"
    )


def written(about: ListedExperiment, text: str) -> ListedExperiment:
    """A list with the hash of its rows.

    Args:
        about: The list.
        text: Its rows, from `list_csv`.
    """
    return replace(about, sha256=hashlib.sha256(text.encode()).hexdigest())

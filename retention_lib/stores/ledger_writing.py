"""Lists written to a store's ledger: aside first, then put in their places, and a list that is there stays as it is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention_lib.stores.errors import DataError
from retention_lib.stores.ledger import EXPERIMENTS, Ledger, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from retention_lib.stores.listed import ListedExperiment


@dataclass(frozen=True, kw_only=True)
class WrittenList:
    """A list on its way to the ledger.

    Attributes:
        about: What is known of it.
        csv: Its rows, from `ledger.list_csv`.
    """

    about: ListedExperiment
    csv: str


def write_lists(folder: Path, lists: Sequence[WrittenList]) -> tuple[str, ...]:
    """Write the lists that the ledger lacks; one of the same scenario and month stays as it is.

    The file of a month's experiments is replaced last: a list that it does not name is not issued, so that whatever
    stops the writing leaves each list whole or not there.

    Args:
        folder: From `ledger.ledger_folder`; made if need be.
        lists: The lists, those of one month together or not.

    Returns:
        The names of the tests that were written.

    Raises:
        DataError: The ledger cannot be read, or holds a test of that name from the report of another month.
        OSError: The disk refused a file.
    """
    ledger = Ledger.read(folder)
    known = {(about.report, about.scenario) for about in ledger.experiments}
    new = [each for each in lists if (each.about.report, each.about.scenario) not in known]
    for each in new:
        _refuse_twice(ledger, each.about)
    for month in dict.fromkeys(each.about.report for each in new):
        own = [each for each in new if each.about.report == month]
        _write_month(folder / str(month), ledger.issued(month).experiments, own)
    return tuple(each.about.experiment_id for each in new)


def _refuse_twice(ledger: Ledger, about: ListedExperiment) -> None:
    other = ledger.experiment(about.experiment_id)
    if other is not None:
        raise DataError(
            f"the report of {about.report} would issue {about.experiment_id}, which that of {other.report} issued; "
            "let it start in a month of its own"
        )


def _write_month(folder: Path, kept: Sequence[ListedExperiment], lists: Sequence[WrittenList]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in lists:
        _replace(folder / f"{each.about.scenario}.csv", each.csv)
    abouts = sorted([*kept, *(written(each.about, each.csv) for each in lists)], key=lambda about: about.scenario)
    plain = [about.to_plain() for about in abouts]
    _replace(folder / EXPERIMENTS, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    _settle(folder)
    _settle(folder.parent)


def _replace(file: Path, text: str) -> None:
    """Write a file aside and put it in its place in one step."""
    aside = file.with_name(f".{file.name}.writing")
    try:
        with aside.open("w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Ask the disk to keep the names of a folder."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

"""Corrupted exports: trusted with every row and cent, or refused in a sentence. `make study` runs 20,000 of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies.corruptions import HARMLESS, case
from studies.exports import DIALECTS
from studies.handling import verdict

BATCH = 50


@pytest.mark.parametrize("first", range(0, 500, BATCH))
def test_corrupted_exports_are_trusted_whole_or_refused(first: int, tmp_path: Path) -> None:
    cases = [case(number) for number in range(first, first + BATCH)]
    ends = {str(one): verdict(one, tmp_path / "shop") for one in cases}
    assert {one: end.words for one, end in ends.items() if end.end == "failed"} == {}
    assert {end.end for end in ends.values()} == {"trusted", "refused"}


@pytest.mark.parametrize("number", [834, 1543, 1597])
def test_corrupted_exports_that_once_failed(number: int, tmp_path: Path) -> None:
    """Rows read as names of columns by a wrong delimiter or quote were repeated in the refusal."""
    assert verdict(case(number), tmp_path / "shop").end == "refused"


@pytest.mark.parametrize("names", [(), *((name,) for name in HARMLESS)])
def test_harmless_changes_leave_every_dialect_trusted(names: tuple[str, ...], tmp_path: Path) -> None:
    cases = {one.dialect.name: one for one in (case(number, names=names) for number in range(20))}
    assert set(cases) == {dialect.name for dialect in DIALECTS}
    assert {name: verdict(one, tmp_path / "shop").end for name, one in cases.items()} == dict.fromkeys(cases, "trusted")

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from retention_lib.measures.profile_columns import PROFILE_COLUMNS
from retention_lib.reports.profile_page import PAGE, page_text


def test_documented_profile_is_the_one_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_text(), "run python -m retention_lib.reports.profile_page"


def test_example_of_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    block = re.search(r"```python\n(.*?)```", page_text(), re.DOTALL)
    assert block
    held: dict[str, Any] = {}
    exec(block[1], held)
    assert len(held["frame"]) == 2469  # households of the Complete Journey


def test_page_explains_every_column_once() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", page_text(), re.MULTILINE)
    assert ["customer_id", *(name for name, _ in rows)] == [column.name for column in PROFILE_COLUMNS]
    assert all(cells.count("|") == 4 for _, cells in rows)

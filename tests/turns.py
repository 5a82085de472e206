"""Which of several workers runs a test, and when: a file's tests in one, and the longest files first.

What a file's fixtures and helpers keep would else be made once in every worker. Files that share a run of the toolkit
name a group of their own (`pytest.mark.xdist_group`).
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

LONG = (
    "tests/acceptance",
    "tests/runs",
    "tests/reports/test_charts.py",
    "tests/studies",
    "tests/bench",
    "tests/stores/simulation",
    "tests/models",
    "tests/measures",
    "tests/stores",
)
"""Files and folders with the longest tests: begun at the end, one of them would keep a single worker busy."""


class ByFile(LoadGroupScheduling):
    """Deals out groups, and files where a test is in none, in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False  # which would begin with the groups of most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return file_of(super()._split_scope(nodeid))


def in_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests with the longest files first, and in their order otherwise."""
    return sorted(items, key=lambda item: _place(file_of(item.nodeid)))


def file_of(nodeid: str) -> str:
    """The file of a test; of a group's name, the name itself."""
    return nodeid.partition("::")[0]


def _place(file: str) -> int:
    names = [file, *map(str, PurePosixPath(file).parents)]
    return min((LONG.index(name) for name in names if name in LONG), default=len(LONG))

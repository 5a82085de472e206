"""A group's tests, and a file's, stay on one worker: every other worker would make what they share again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from turns import LONG, ByFile, file_of, in_turn

PROJECT = Path(__file__).parents[1]


@pytest.mark.xdist_group("groups")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """A pytest that pytest-xdist does not know yet may lose them without a word: #1386 of pytest-xdist."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@groups") == grouped


@pytest.mark.parametrize("name", LONG)
def test_what_is_begun_first_is_there(name: str) -> None:
    assert (PROJECT / name).exists()


@dataclass(frozen=True)
class Named:
    """What `in_turn` reads of a test."""

    nodeid: str


def test_tests_come_by_turns_with_each_file_whole() -> None:
    given = [
        "tests/test_a.py::test_1",
        "tests/stores/test_b.py::test_2",
        "tests/stores/test_b.py::test_1",
        "tests/models/actions/test_c.py::TestX::test_1[tests/runs]",
        "tests/reports/test_tables.py::test_1",
        "tests/stores/simulation/test_d.py::test_1",
        "tests/acceptance/test_e.py::test_1@public",
        "tests/reports/test_charts.py::test_1",
        "tests/models/test_f.py::test_1",
        "tests/acceptance/test_g.py::test_1",
    ]
    named: list[Any] = [Named(nodeid) for nodeid in given]
    turned = [item.nodeid for item in in_turn(named)]
    # Stable: tests of one place in the list stay as they were, and so does a file's order.
    assert turned == [given[place] for place in (6, 9, 7, 5, 3, 8, 1, 2, 0, 4)]


def test_the_tests_of_this_run_are_in_turn_with_each_file_whole(request: pytest.FixtureRequest) -> None:
    files = [file_of(item.nodeid) for item in request.session.items]
    assert [file_of(item.nodeid) for item in in_turn(request.session.items)] == files
    began = [file for place, file in enumerate(files) if place == 0 or file != files[place - 1]]
    assert len(began) == len(set(began))


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/test_a.py::test_1", "tests/test_a.py"),
        ("tests/models/test_f.py::TestX::test_1[a::b]", "tests/models/test_f.py"),
        ("tests/acceptance/test_e.py::test_1@public", "public"),
        ("tests/acceptance/test_h.py::test_1[x]@public", "public"),
        ("tests/test_a.py::test_1[mary@example.com]", "tests/test_a.py"),
    ],
)
def test_a_group_is_a_scope_and_so_is_a_file_in_none(nodeid: str, scope: str) -> None:
    scheduler = object.__new__(ByFile)  # names only are read: there is no run to deal out
    assert scheduler._split_scope(nodeid) == scope

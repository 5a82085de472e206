"""A group's tests, and a file's, stay on one worker: every other worker would make what they share again."""

from __future__ import annotations

from pathlib import Path

import pytest
from turns import LONG, file_of, in_turn

PROJECT = Path(__file__).parents[1]


@pytest.mark.xdist_group("groups")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """A pytest that pytest-xdist does not know yet may lose them without a word: #1386 of pytest-xdist."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@groups") == grouped


@pytest.mark.parametrize("name", LONG)
def test_what_is_begun_first_is_there(name: str) -> None:
    assert (PROJECT / name).exists()


def test_tests_come_by_turns_with_each_file_whole(request: pytest.FixtureRequest) -> None:
    files = [file_of(item.nodeid) for item in request.session.items]
    assert [file_of(item.nodeid) for item in in_turn(request.session.items)] == files
    began = [file for place, file in enumerate(files) if file != files[place - 1]]
    assert len(began) == len(set(began))

"""A group's tests stay on one worker: every other worker would make the group's run again."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("groups")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """A pytest that pytest-xdist does not know yet may lose them without a word: #1386 of pytest-xdist."""
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@groups") == grouped

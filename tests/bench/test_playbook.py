"""The benchmark of the playbook makes the lists that it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import large_shop, playbook

from retention_lib.settings import load_set


def test_the_large_shop_has_eight_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_shop, "CACHE", tmp_path)
    settings = playbook.only(playbook.SCENARIOS)
    root = large_shop.large_shop(1_000, "retention_playbook", months=playbook.MONTHS, settings=settings)
    found = load_set(root / "parameters" / "large.yml").playbook
    assert sorted(found.enabled) == sorted(playbook.SCENARIOS)
    assert len(found.enabled) == 8

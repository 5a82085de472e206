from __future__ import annotations

import json
from pathlib import Path

from named_entries import merge_entries


def test_entries_are_merged_by_name_and_ordered(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bench.json"
    merge_entries(path, [{"name": "b", "value": 1}, {"name": "c", "value": 2}])
    merge_entries(path, [{"name": "b", "value": 3}, {"name": "a", "value": 4}])
    assert json.loads(path.read_text()) == [
        {"name": "a", "value": 4},
        {"name": "b", "value": 3},
        {"name": "c", "value": 2},
    ]
    assert [one.name for one in path.parent.iterdir()] == ["bench.json"]

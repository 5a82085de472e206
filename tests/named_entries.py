"""Lists of results in JSON whose entries have names: a new result replaces the old one of its name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def merge_entries(path: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Write entries to a list, in the order of their names, in one step."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    named = {entry["name"]: entry for entry in [*known, *entries]}
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps([named[name] for name in sorted(named)], indent=1) + "\n", encoding="utf-8")
    aside.replace(path)

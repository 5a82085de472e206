"""The cases of a study, worked off in processes of their own; a killed study goes on where it stopped.

As a program (`python -m studies.cases module:function first last file`) it is one such process.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
CACHE = TESTS.parent / "data" / ".cache" / "studies"
CHUNK = 500

_OBJECTS = 20_000
"""New objects after which a process looks for those that nobody uses: expressions of the engine are many and small, and
at Python's 700 the looking takes a tenth of the time."""

Result = dict[str, Any]


def case_results(
    name: str,
    target: str,
    cases: int,
    *,
    chunk: int | None = None,
    folder: Path = CACHE,
    told: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """What `module:function` says of each of the cases 0, 1, ...: a mapping that JSON can hold, with `case` added.

    Results are kept by case and by the state of the code, so that only what is missing is worked out. A case
    that kills its process has the result `{"died": code}`.

    Args:
        name: What the kept results are called.
        target: The function, which takes the number of a case.
        cases: How many.
        chunk: Cases that one process works off in a row; `CHUNK` if omitted.
        folder: Where results are kept.
        told: Called with the number of cases done.
    """
    place, step = _place(name, folder), chunk or CHUNK
    spans = [(first, min(first + step, cases)) for first in range(0, cases, step)]
    done: list[Result] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        futures = [pool.submit(_finished, target, first, last, place / f"{first}.jsonl") for first, last in spans]
        for future in as_completed(futures):
            done += future.result()
            told(len(done))
    return sorted(done, key=lambda result: result["case"])


def _place(name: str, folder: Path) -> Path:
    """The folder of this study's results with the code as it stands; those of other code are removed."""
    code = hashlib.sha256()
    for room in (TESTS.parent / "retention_lib", Path(__file__).parent):
        for path in sorted(room.rglob("*.py")):
            code.update(path.read_bytes())
    place = folder / name / code.hexdigest()[:16]
    for other in place.parent.glob("*"):
        if other != place:
            shutil.rmtree(other)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _finished(target: str, first: int, last: int, path: Path) -> list[Result]:
    """The results of the cases from `first` to before `last`; a new process for what a dead one left."""
    found = list(_kept(path))
    while len(found) < last - first:
        command = [sys.executable, "-m", "studies.cases", target, str(first + len(found)), str(last), str(path)]
        ended = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False, env=_alone())
        found = list(_kept(path))
        if ended.returncode > 0:
            raise RuntimeError(f"{target} failed after case {first + len(found) - 1}:\n{ended.stderr}")
        if ended.returncode < 0:
            _append(path, {"case": first + len(found), "died": ended.returncode})
            found = list(_kept(path))
    return found


def _alone() -> dict[str, str]:
    """The environment of a process that has one core: threads beside its own would only wait for each other."""
    return {**os.environ, "RETENTION_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _kept(path: Path) -> Iterator[Result]:
    """The results in a file; a line that a killed process left unfinished is cut off."""
    if not path.exists():
        return
    whole, end, _ = path.read_bytes().rpartition(b"\n")
    os.truncate(path, len(whole + end))
    yield from map(json.loads, whole.splitlines())


def _append(path: Path, result: Result) -> None:
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result) + "\n")


def main(target: str, first: str, last: str, path: str) -> None:
    """Work off some cases, each kept as soon as it is there."""
    module, _, function = target.partition(":")
    worked = getattr(importlib.import_module(module), function)
    gc.set_threshold(_OBJECTS)
    for number in range(int(first), int(last)):
        _append(Path(path), {"case": number, **worked(number)})


if __name__ == "__main__":
    main(*sys.argv[1:])

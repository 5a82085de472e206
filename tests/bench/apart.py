"""One function in a process of its own, so that its time and its peak of memory are its own.

As a program (`python -m bench.apart module:function JSON`) it is that process.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a function took.

    Attributes:
        seconds: From its call, imports included, to its return.
        peak_mib: The most memory the whole process held, in MiB.
        result: What it returned, as JSON brings it back.
    """

    seconds: float
    peak_mib: float
    result: Any


def run_apart(target: str, **options: Any) -> Run:
    """Call `module:function` with options that JSON can hold, in a fresh Python.

    Raises:
        RuntimeError: With what the process said, when it failed.
    """
    command = [sys.executable, "-m", "bench.apart", target, json.dumps(options)]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{target} failed ({done.returncode}):\n{done.stderr}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def run_timed(target: str, **options: Any) -> Run:
    """The same of a function that ends with `timed`: the seconds are those of its work, without imports and reading."""
    run = run_apart(target, **options)
    seconds, result = run.result
    return replace(run, seconds=seconds, result=result)


def timed(work: Callable[[], Any]) -> list[Any]:
    """The seconds that some work takes, and what it returns."""
    start = time.perf_counter()
    done = work()
    return [time.perf_counter() - start, done]


def peak_mib() -> float:
    """The most memory this process held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # The kernel hands the parent's maximum on to getrusage of a child; VmHWM begins anew.
        found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(found[0]) / 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 1024)


def main(target: str, options: str) -> None:
    module, _, function = target.partition(":")
    start = time.perf_counter()
    result = getattr(importlib.import_module(module), function)(**json.loads(options))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib(), "result": result}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The memory of a process and of all it starts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psutil

_EVERY_SECONDS = 0.2


def with_peak(work: Callable[[], Any]) -> list[Any]:
    """What some work returns, and the most memory of this process and its children together, in MiB."""
    seen, over = [_memory_mib()], threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY_SECONDS):
            seen.append(_memory_mib())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        done = work()
    finally:
        over.set()
        watching.join()
    return [done, max(seen)]


def _memory_mib() -> float:
    """Memory of this process and its children; pages that several share count for each."""
    own = psutil.Process()
    held = 0
    for process in (own, *own.children(recursive=True)):
        try:
            held += process.memory_info().rss
        except psutil.Error:
            continue
    return held / 2**20

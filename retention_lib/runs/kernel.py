"""The kernel's own start, and its end: a kernel lives no longer than the worker that started it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1

kernel_groups: set[int] = set()
"""Process groups of the kernels this process has started and not yet ended."""


def die_with_parent() -> None:
    """Asks the system to kill this process together with its parent (Linux).

    Elsewhere ipykernel's own watch over the parent does the same within a second, unless a long computation
    holds the interpreter; that is why Linux is asked as well.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    started_by = os.environ.get("JPY_PARENT_PID")
    if started_by is not None and os.getppid() != int(started_by):
        os._exit(1)  # the parent ended before the request was made


def end_kernels() -> None:
    """Kills the process group of every kernel of this process."""
    for group in tuple(kernel_groups):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Starts an IPython kernel with the arguments of the command line."""
    die_with_parent()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()

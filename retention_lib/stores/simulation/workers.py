"""Blocks told in processes of their own, handed back in their order; nothing of them outlives the caller.

A process tells its share of the pieces one block after the other and sends each through its output. It runs ahead of
the caller by one piece at most, so that memory stays bounded, and leaves as soon as its input ends: with the caller,
however that one ended.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from retention_lib.stores.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from retention_lib.settings.simulation import Simulation

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_END_SECONDS = 3.0


class SimulationError(RuntimeError):
    """The simulation fell over: a fault of ours, with the process's own traceback."""


@dataclass(frozen=True, kw_only=True)
class ToldBlock:
    """A block as it comes from a process.

    Attributes:
        tables: Tables by place, as Arrow streams.
        sums: What is added up over all blocks.
    """

    tables: dict[str, pa.Buffer]
    sums: Any


@dataclass(frozen=True, kw_only=True)
class Share:
    """The work of one process.

    Attributes:
        simulation: The settings, as JSON can hold them.
        blocks: Numbers of the blocks to tell, in this order.
        ahead: How many told blocks may wait to be fetched (count).
    """

    simulation: dict[str, Any]
    blocks: tuple[int, ...]
    ahead: int


def told_blocks(simulation: Simulation, *, blocks: int, jobs: int, piece: int) -> Generator[ToldBlock, None, None]:
    """All blocks in their order.

    Args:
        simulation: The settings.
        blocks: Blocks of the store (count).
        jobs: Processes (count).
        piece: Blocks that a process tells in a row (count).

    Raises:
        SimulationError: A process fell over.
        DataError: A process was ended from outside.
    """
    teller = [block // piece % jobs for block in range(blocks)]
    plain = simulation.model_dump(mode="json")
    shares = [tuple(block for block in range(blocks) if teller[block] == job) for job in range(max(teller) + 1)]
    with _processes([Share(simulation=plain, blocks=share, ahead=piece) for share in shares]) as processes:
        for block in range(blocks):
            yield processes[teller[block]].fetched()


@contextmanager
def _processes(shares: list[Share]) -> Iterator[list[_Process]]:
    started: list[_Process] = []
    try:
        for share in shares:
            started.append(_Process(share))  # noqa: PERF401 - those started before a failure are to be ended
        yield started
    finally:
        for process in started:
            process.end()


class _Process:
    """One process as the caller sees it."""

    def __init__(self, share: Share) -> None:
        # Whatever else is said on the error output is kept for the case that the process dies.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "retention_lib.stores.simulation.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,  # Ctrl-C reaches the caller alone, which then ends the process
        )
        with suppress(BrokenPipeError):
            self._input.write(json.dumps(vars(share)).encode() + b"\n")
            self._input.flush()

    def fetched(self) -> ToldBlock:
        """The next block."""
        try:
            found = pickle.load(self._output)  # noqa: S301 - from our own process
        except (EOFError, pickle.UnpicklingError):
            raise self._death() from None
        if isinstance(found, str):
            raise SimulationError(found)
        block: ToldBlock = found
        return block

    def end(self) -> None:
        """Closes its input, on which it leaves; kills it where it does not."""
        with suppress(BrokenPipeError):
            self._input.close()
        self._output.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _death(self) -> Exception:
        """Why the process is gone: killed from outside, or fallen over without a word of ours."""
        if self._process.wait() < 0:
            return DataError(
                "a process of the simulation was ended from outside; if memory ran out, run again with fewer jobs"
            )
        self._said.seek(0)
        return SimulationError(self._said.read().decode(errors="replace") or "a process ended without a word")

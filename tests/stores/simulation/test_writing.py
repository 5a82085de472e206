from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from retention_lib.settings import TABLES, Simulation
from retention_lib.stores.errors import DataError
from retention_lib.stores.simulation.stage import BLOCK
from retention_lib.stores.simulation.tables import MAKERS
from retention_lib.stores.simulation.workers import SimulationError, told_blocks
from retention_lib.stores.simulation.writing import TableFiles, write_simulation

TOY = Simulation(customers=1000, months=6)
KINDS = {
    "text": {pa.string()},
    "timestamp": {pa.timestamp("us")},
    "date": {pa.date32()},
    "money": {pa.decimal128(18, 2)},
    "number": {pa.int64(), pa.float64()},
    "integer": {pa.int64()},
    "boolean": {pa.bool_()},
}


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def processes(caller: int | None = None) -> set[int]:
    """Processes that tell blocks, of one caller or of all."""
    command = ["ps", "-ww", "-eo", "pid,ppid,stat,args"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 3) for line in told.splitlines() if "stores.simulation.worker" in line]
    return {int(pid) for pid, parent, state, _ in lines if caller in (None, int(parent)) and not state.startswith("Z")}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_simulation(TOY, folder, jobs=1)
    return folder


def test_same_bytes_whatever_the_piece_and_the_processes(tmp_path: Path) -> None:
    simulation = Simulation(customers=BLOCK + 2000, months=6)
    rows = []
    for name, piece, jobs in (("one", 3 * BLOCK, 1), ("two", 1, 2)):
        (tmp_path / name).mkdir()
        rows.append(write_simulation(simulation, tmp_path / name, jobs=jobs, piece=piece))
    assert rows[0] == rows[1]
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    sales = parquet.ParquetFile(tmp_path / "one" / "transactions.parquet")
    assert sales.num_row_groups == 2
    assert parquet.read_metadata(tmp_path / "one" / "customers.parquet").row_group(0).num_rows == BLOCK


def test_another_seed_gives_another_store(toy: Path, tmp_path: Path) -> None:
    write_simulation(TOY.model_copy(update={"seed": 2}), tmp_path, jobs=1)
    same = {name for name, digest in hashes(toy).items() if hashes(tmp_path)[name] == digest}
    assert same == set()


def test_every_table_of_the_contract_is_there_with_its_columns_in_order_and_types(toy: Path) -> None:
    assert {path.stem for path in toy.glob("*.parquet")} == set(TABLES) == {*MAKERS, "costs"}
    for name, spec in TABLES.items():
        schema = parquet.read_schema(toy / f"{name}.parquet")
        known = [column for column in spec.names if column in schema.names]
        assert schema.names[: len(known)] == known, name
        assert set(spec.required) <= set(known)
        assert spec.open_columns or schema.names == known
        for column in known:
            assert schema.field(column).type in KINDS[spec.column(column).kind], (name, column)


def test_files_hold_no_stamp_and_no_schema_of_arrow(toy: Path) -> None:
    for path in toy.rglob("*.parquet"):
        assert parquet.read_metadata(path).metadata is None, path


def test_progress_is_told_from_none_to_all(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    write_simulation(TOY, tmp_path, told=lambda done, all_: heard.append((done, all_)))
    assert heard == [(0, 1000), (1000, 1000)]


def test_table_without_rows_is_a_file_all_the_same(tmp_path: Path) -> None:
    with TableFiles(tmp_path) as files:
        files.write("a", pa.table({"x": pa.array([], pa.int64())}))
        files.write("a", pa.table({"x": [1, 2]}))
        files.write("truth/b", pa.table({"x": pa.array([], pa.int64())}))
    assert files.rows == {"a": 2, "truth/b": 0}
    assert parquet.read_table(tmp_path / "a.parquet").to_pylist() == [{"x": 1}, {"x": 2}]
    assert parquet.read_table(tmp_path / "truth" / "b.parquet").num_rows == 0


def test_error_of_a_process_reaches_the_caller_with_its_traceback() -> None:
    wrong = Simulation.model_construct(**{**dict(TOY), "months": 3})
    with pytest.raises(SimulationError, match="months"):
        next(told_blocks(wrong, blocks=1, jobs=1, piece=1))


def test_process_killed_from_outside_is_said_in_a_sentence() -> None:
    blocks = told_blocks(Simulation(customers=4 * BLOCK, months=6), blocks=4, jobs=1, piece=1)
    next(blocks)
    for process in processes(os.getpid()):
        os.kill(process, signal.SIGKILL)
    with pytest.raises(DataError, match="ended from outside"):
        list(blocks)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_the_caller(tmp_path: Path, number: int) -> None:
    code = f"""
        from pathlib import Path
        from retention_lib.settings import Simulation
        from retention_lib.stores.simulation.writing import write_simulation
        write_simulation(Simulation(customers=1_000_000, months=6), Path({str(tmp_path)!r}))
    """
    caller = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while len(started := processes(caller.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(started) == 2
    ended = None
    while ended is None and time.monotonic() < deadline:
        # Python loses an interrupt that falls into a finalizer; whoever presses Ctrl-C presses it again.
        caller.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            ended = caller.wait(5)
    assert ended is not None
    while started & processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not started & processes()

"""What an engine cannot hold in memory stands in a folder of its own, and nothing of it outlives its process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stores.opening import Shop

from retention_lib.stores import engine
from retention_lib.stores.errors import DataError
from retention_lib.stores.spilling import SPILL, SpillFolder, without_leftovers

ORDERS = "customer_id,ordered_at,amount\n1,2024-01-05,5\n"


def held(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / SPILL).iterdir() if path.is_dir())


def test_folder_goes_with_its_engine_and_only_its_own(tmp_path: Path) -> None:
    one, other = SpillFolder(tmp_path), SpillFolder(tmp_path)
    (one.path / "rows").write_text("customers", encoding="utf-8")
    assert held(tmp_path) == sorted([one.path.name, other.path.name])
    assert one.path.name.startswith(f"{os.getpid()}-")
    one.remove()
    one.remove()
    assert held(tmp_path) == [other.path.name]
    del other
    assert list((tmp_path / SPILL).iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_leftovers_of_a_killed_process_go_with_the_next_engine(tmp_path: Path, by: signal.Signals) -> None:
    code = (
        "import sys; from pathlib import Path; from retention_lib.stores.spilling import SpillFolder\n"
        "own = SpillFolder(Path(sys.argv[1])); (own.path / 'rows').write_text('customers')\n"
        "print(own.path.name, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        living = SpillFolder(tmp_path)
        assert held(tmp_path) == sorted([name, living.path.name])
        process.send_signal(by)
        process.wait(20)
    later = SpillFolder(tmp_path)
    assert held(tmp_path) == sorted([living.path.name, later.path.name])


def test_end_of_a_run_removes_what_its_kernels_left(tmp_path: Path) -> None:
    with without_leftovers(tmp_path):
        pass
    assert not (tmp_path / SPILL).exists()
    living = SpillFolder(tmp_path)
    code = (
        "import os, sys; from pathlib import Path; from retention_lib.stores.spilling import SpillFolder\n"
        "own = SpillFolder(Path(sys.argv[1])); (own.path / 'rows').write_text('customers'); os._exit(1)"
    )
    with pytest.raises(KeyError, match="a run that failed"), without_leftovers(tmp_path):  # noqa: PT012 - its end
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
        assert len(held(tmp_path)) == 2
        raise KeyError("a run that failed")
    assert held(tmp_path) == [living.path.name]


def test_folder_goes_at_the_end_of_the_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from retention_lib.stores.spilling import SpillFolder\n"
        "own = SpillFolder(Path(sys.argv[1])); (own.path / 'rows').write_text('customers')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list((tmp_path / SPILL).iterdir()) == []


def test_cache_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=r"spill: Not a directory; free space or give access"):
        SpillFolder(tmp_path / "cache")


def test_engine_of_a_store_spills_into_the_project_and_keeps_to_its_memory(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "REPORT_MEMORY_MIB", 24)
    store = shop(ORDERS)
    con = store.table("transactions").get_backend().con
    assert con.execute("SELECT current_setting('memory_limit')").fetchone() == ("24.0 MiB",)
    place = con.execute("SELECT current_setting('temp_directory')").fetchone()
    assert place is not None
    folder = Path(place[0])
    assert folder.parent.parts[-3:] == ("data", ".cache", SPILL)
    con.execute("CREATE TABLE much AS SELECT hash(range) AS x FROM range(8_000_000)")
    assert any(folder.iterdir())
    assert con.execute("SELECT count(*) FROM much WHERE x >= 0").fetchone() == (8_000_000,)
    store.close()
    assert not folder.exists()
    assert not list(folder.parent.iterdir())


def test_engine_that_would_take_little_by_itself_takes_a_quarter_of_it_and_few_threads(tmp_path: Path) -> None:
    small = engine.connect()
    small.raw_sql("SET memory_limit = '1GiB'")
    small.raw_sql("SET threads = 6")
    engine.keep_within_memory(small, tmp_path)
    asked = "SELECT current_setting('memory_limit'), current_setting('threads')"
    assert small.raw_sql(asked).fetchone() == ("256.0 MiB", 2)


def test_what_could_not_be_removed_is_removed_later(tmp_path: Path) -> None:
    left = tmp_path / SPILL / "1-left"
    left.mkdir(parents=True)
    (left / "rows").write_text("customers", encoding="utf-8")
    living = SpillFolder(tmp_path)
    assert held(tmp_path) == [living.path.name]


def test_only_the_owner_reads_what_is_spilled(tmp_path: Path) -> None:
    folder = SpillFolder(tmp_path)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "lock").stat().st_mode & 0o777 == 0o600


def test_folder_stays_with_an_expression_that_outlives_its_store(shop: Shop) -> None:
    store = shop(ORDERS)
    sales = store.table("transactions")
    place = sales.get_backend().con.execute("SELECT current_setting('temp_directory')").fetchone()
    assert place is not None
    del store
    gc.collect()
    assert sales.count().to_pandas() == 1
    assert Path(place[0]).is_dir()

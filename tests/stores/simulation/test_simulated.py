from __future__ import annotations

import errno
import json
import os
from datetime import date
from pathlib import Path

import pytest

from retention_lib.settings import Simulation, StoreSettings
from retention_lib.stores.errors import DataError
from retention_lib.stores.simulation import Told, simulated, writing
from retention_lib.stores.simulation.simulated import simulated_folder, simulated_tables
from retention_lib.stores.store import Store, open_store

TOY = Simulation(customers=1000, months=6, until=date(2025, 12, 31))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


def opened(root: Path, **settings: object) -> Store:
    return open_store("toy", StoreSettings.model_validate({"simulation": TOY, **settings}), root=root)


def told(heard: list[int]) -> Told:
    return lambda done, _: heard.append(done)


def test_store_is_simulated_on_first_use_and_opens_like_any_other(root: Path) -> None:
    with opened(root) as store:
        assert store.simulated
        assert (store.timezone, store.currency, store.as_of) == ("Europe/Moscow", "RUB", None)
        assert (store.title, len(store.tables)) == ("toy", 12)
        coverage = store.coverage
        assert coverage is not None
        assert date(2025, 7, 1) <= coverage.first_day <= date(2025, 7, 7)
        assert coverage.last_day == date(2025, 12, 31)
        assert str(store.last_complete_month()) == "2025-12"
        for table in store.tables:
            found = {reason.reason for reason in store.reconciliation(table).reasons}
            assert found == ({"missing_customer_id"} if table == "transactions" else set()), table


def test_folder_says_what_it_is_and_what_it_was_made_of(root: Path) -> None:
    simulated_tables("toy", TOY, root=root)
    folder = simulated_folder("toy", root)
    note = json.loads((folder / "simulation.json").read_text())
    assert note["simulation"]["customers"] == 1000
    assert set(note["files"]) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    assert note["files"]["customers.parquet"]["rows"] == 1000
    assert (folder / "README.md").read_text().startswith("# A simulated store\n")
    assert {path.name for path in folder.parent.iterdir()} == {"simulated"}


def test_table_without_a_row_is_a_table_the_store_has_not(tmp_path: Path) -> None:
    silent = TOY.model_copy(update={"sizes": TOY.sizes.model_copy(update={"service_contacts": 0.0})})
    with open_store("toy", StoreSettings(simulation=silent), root=tmp_path) as store:
        assert not store.has("service")
        assert store.has("transactions", "feedback", "costs")


def test_file_of_somebody_else_in_the_folder_is_never_lost(tmp_path: Path) -> None:
    simulated_tables("toy", TOY, root=tmp_path)
    notes = simulated_folder("toy", tmp_path) / "truth" / "notes.txt"
    notes.write_text("mine")
    simulated_tables("toy", TOY, root=tmp_path)
    with pytest.raises(DataError, match=r"notes\.txt: is no part of the simulated store"):
        simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert notes.read_text() == "mine"


def test_second_use_makes_nothing(root: Path) -> None:
    heard: list[int] = []
    simulated_tables("toy", TOY, root=root, told=told(heard))
    heard.clear()
    before = simulated_folder("toy", root).stat().st_ino
    simulated_tables("toy", TOY, root=root, told=told(heard))
    assert (heard, simulated_folder("toy", root).stat().st_ino) == ([], before)


def test_pinned_day_sets_later_rows_aside(root: Path) -> None:
    with opened(root, as_of="2025-10-31", title="Half") as store:
        coverage = store.coverage
        assert coverage is not None
        assert (store.as_of, store.title, coverage.last_day) == (date(2025, 10, 31), "Half", date(2025, 10, 31))


def test_window_that_ends_in_the_future_has_passed_all_the_same(tmp_path: Path) -> None:
    later = StoreSettings(simulation=Simulation(customers=1000, months=6, until=date(2099, 12, 31)))
    with open_store("later", later, root=tmp_path) as store:
        assert store.coverage is not None
        assert store.coverage.last_day.year == 2099
        assert str(store.last_complete_month()) == "2099-12"


class Fake:
    """Stands in for the simulation where its content does not matter: one file, and whatever is to happen."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self, _: Simulation, folder: Path, **__: object) -> dict[str, int]:
        self.calls += 1
        (folder / "transactions.parquet").write_bytes(b"x" * self.calls)
        if self.error is not None:
            raise self.error
        return {"transactions": 1}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(writing, "write_simulation", made)
    return made


def content(root: Path) -> bytes:
    return (simulated_folder("toy", root) / "transactions.parquet").read_bytes()


def test_other_settings_other_code_or_a_cut_file_make_it_anew(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert list(simulated_tables("toy", TOY, root=tmp_path)) == ["transactions"]
    assert fake.calls == 1
    simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert content(tmp_path) == b"xx"
    monkeypatch.setattr(simulated, "code_hash", lambda: "other")
    simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert content(tmp_path) == b"xxx"
    (simulated_folder("toy", tmp_path) / "transactions.parquet").write_bytes(b"x")
    simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert (fake.calls, content(tmp_path)) == (4, b"xxxx")
    assert [path.name for path in (tmp_path / "data" / "toy").iterdir()] == ["simulated"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("fell over"), SystemExit(143)])
def test_interrupted_run_leaves_what_was_there(tmp_path: Path, fake: Fake, error: BaseException) -> None:
    simulated_tables("toy", TOY, root=tmp_path)
    fake.error = error
    with pytest.raises(type(error)):
        simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert content(tmp_path) == b"x"
    assert [path.name for path in (tmp_path / "data" / "toy").iterdir()] == ["simulated"]
    with pytest.raises(type(error)):
        simulated_tables("new", TOY, root=tmp_path)
    assert not (tmp_path / "data" / "new").exists()


def test_leftover_of_a_killed_run_goes(tmp_path: Path, fake: Fake) -> None:
    left = tmp_path / "data" / "toy" / ".building-0123"
    left.mkdir(parents=True)
    (left / "transactions.parquet").write_bytes(b"half")
    simulated_tables("toy", TOY, root=tmp_path)
    assert fake.calls == 1
    assert [path.name for path in (tmp_path / "data" / "toy").iterdir()] == ["simulated"]


def test_own_exports_beside_it_are_left_alone(tmp_path: Path, fake: Fake) -> None:
    (tmp_path / "data" / "toy").mkdir(parents=True)
    (tmp_path / "data" / "toy" / "orders.csv").write_text("mine")
    simulated_tables("toy", TOY, root=tmp_path)
    assert fake.calls == 1
    assert (tmp_path / "data" / "toy" / "orders.csv").read_text() == "mine"


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_is_not_ours_is_never_removed(tmp_path: Path, fake: Fake, kind: str) -> None:
    place = simulated_folder("toy", tmp_path)
    place.parent.mkdir(parents=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine")
    if kind == "folder":
        other.rename(place)
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(other)
    with pytest.raises(DataError, match=r"data/toy/simulated: was not made by this toolkit .* move it away"):
        simulated_tables("toy", TOY, root=tmp_path)
    assert fake.calls == 0
    assert os.path.lexists(place)
    assert place.is_file() or (place / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "data/toy/simulated: the disk is full"),
        (errno.EACCES, "data/toy/simulated: Permission denied"),
    ],
)
def test_disk_that_refuses_is_one_sentence(tmp_path: Path, fake: Fake, number: int, said: str) -> None:
    fake.error = OSError(number, os.strerror(number))
    with pytest.raises(DataError, match=said) as caught:
        simulated_tables("toy", TOY, root=tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "data" / "toy").exists()


def test_two_steps_do_where_the_system_cannot_exchange(
    tmp_path: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated.ctypes, "CDLL", lambda _: object())
    simulated_tables("toy", TOY, root=tmp_path)
    simulated_tables("toy", TOY.model_copy(update={"seed": 2}), root=tmp_path)
    assert (fake.calls, content(tmp_path)) == (2, b"xx")
    assert [path.name for path in (tmp_path / "data" / "toy").iterdir()] == ["simulated"]

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from retention_lib.runs.progress import simulation_screen
from retention_lib.runs.simulating import simulate_stores
from retention_lib.settings import SetSettings, Simulation
from retention_lib.stores.simulation import writing
from retention_lib.stores.simulation.writing import Told

REPORTS = {"x": {"id": "x", "notebook": "x", "store": "toy"}, "y": {"id": "y", "notebook": "y", "store": "real"}}


def fake(simulation: Simulation, folder: Path, *, told: Told, **_: object) -> dict[str, int]:
    (folder / "transactions.parquet").touch()
    for done in (0, 600, simulation.customers):
        told(done, simulation.customers)
    return {"transactions": 3}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetSettings:
    """A set with a real store and a simulated one, in a world where simulating takes no time."""
    monkeypatch.setattr(writing, "write_simulation", fake)
    plain = {"stores": {"real": {"dataset": "cdnow"}, "toy": {"simulation": {"customers": 1000}}}, "reports": REPORTS}
    return SetSettings.model_validate({"title": "T", **plain}).read_from(tmp_path / "parameters" / "shop.yml")


def test_simulated_stores_are_made_once_and_said_once(
    settings: SetSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    (made,) = simulate_stores(settings, settings.stores)
    assert (made.name, made.rows) == ("toy", {"transactions": 3})
    assert made.folder == settings.root / "data" / "toy" / "simulated"
    assert made.seconds is not None
    assert capsys.readouterr().err == "toy: simulating 1,000 customers\ntoy: simulated 1,000 customers\n"
    (there,) = simulate_stores(settings, settings.stores)
    assert (there.rows, there.seconds) == ({"transactions": 3}, None)
    assert capsys.readouterr().err == ""
    assert simulate_stores(settings, ["real"]) == []


def test_terminal_sees_a_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with simulation_screen("toy") as shown:
        assert not shown.begun
        shown.at(0, 1000)
        shown.at(600, 1000)
        assert shown.begun
    assert "600 of 1,000 customers simulated" in capsys.readouterr().err

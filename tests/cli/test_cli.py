from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import retention_lib.runs
from retention_lib import __version__, cli
from retention_lib.settings import Month, ParameterError, Problem, SetSettings
from retention_lib.stores.errors import DataError, MonthError

SET = "title: My shop\nstore: {dataset: cdnow}\nreports: {churn: , again: {notebook: churn}}\n"


@dataclass(frozen=True)
class Outcome:
    """What a run hands back to the command line."""

    exit_code: int


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one notebook and the sets `public` and `other`."""
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": "lapse_days: int = 30  # days [1..9999]",
    }
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "churn.ipynb").write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "parameters").mkdir()
    for name in ("public", "other"):
        (tmp_path / "parameters" / f"{name}.yml").write_text(SET)
    return tmp_path


@pytest.fixture
def make_report(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], list[dict[str, object]]]:
    """Replaces the run by one that raises or returns what the test names, and notes how it was called."""

    def replaced(outcome: object) -> list[dict[str, object]]:
        calls: list[dict[str, object]] = []

        def run(settings: SetSettings, **options: object) -> object:
            calls.append({"settings": settings, **options})
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(retention_lib.runs, "make_report", run)
        return calls

    return replaced


def call(*words: str) -> Result:
    return CliRunner().invoke(cli.app, words, catch_exceptions=False)


def shell(
    *words: str, cwd: Path, code: str = "from retention_lib.cli import main; main()"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def test_report_hands_over_what_was_asked(root: Path, make_report: Callable[[object], list[dict[str, object]]]) -> None:
    calls = make_report(Outcome(0))
    words = ["report", "--set", "other", "--month", "2017-12", "--root", str(root), "--jobs", "3", "--timeout", "60"]
    assert call(*words).exit_code == 0
    (asked,) = calls
    settings = asked.pop("settings")
    assert isinstance(settings, SetSettings)
    assert (settings.name, settings.root) == ("other", root)
    assert asked == {"month": Month(2017, 12), "jobs": 3, "timeout_seconds": 60}


def test_report_has_the_documented_defaults(
    root: Path, make_report: Callable[[object], list[dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = make_report(Outcome(0))
    (root / "notebooks" / "drafts").mkdir()
    monkeypatch.chdir(root / "notebooks" / "drafts")
    assert call("report").exit_code == 0
    settings = calls[0].pop("settings")
    assert isinstance(settings, SetSettings)
    assert (settings.name, settings.root) == ("public", root)
    assert calls[0] == {"month": None, "jobs": 2, "timeout_seconds": 1800}


def test_check_hands_over_what_was_asked_and_exits_with_its_code(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[SetSettings, dict[str, object]]] = []

    def run(settings: SetSettings, **options: object) -> Outcome:
        calls.append((settings, options))
        return Outcome(3)

    monkeypatch.setattr(retention_lib.runs, "make_check", run)
    words = ["check", "--set", "other", "--root", str(root), "--jobs", "1", "--timeout", "9"]
    assert call(*words).exit_code == 3
    ((settings, options),) = calls
    assert (settings.name, options) == ("other", {"jobs": 1, "timeout_seconds": 9})
    assert call("check", "--root", str(root), "--set", "none").exit_code == 2
    assert call("check", "--root", str(root), "--month", "2017-12").exit_code == 2


def test_simulate_writes_its_set_once_and_simulates_it(root: Path) -> None:
    (root / "notebooks" / "churn.ipynb").unlink()
    (root / "notebooks").rmdir()
    (root / "notebooks").symlink_to(Path(cli.__file__).parents[1] / "notebooks")
    words = ["simulate", "--root", str(root), "--set", "toy", "--customers", "1000", "--months", "6", "--jobs", "1"]
    first = call(*words, "--size", "late_harm=0", "--piece", "500")
    assert first.exit_code == 0
    assert first.stderr == "toy: simulating 1,000 customers\ntoy: simulated 1,000 customers\n"
    *tables, where, after = first.stdout.splitlines()
    assert {line.split()[0] for line in tables} >= {"transactions", "costs", "truth/customers"}
    assert re.fullmatch(r"toy: made in \d+\.\d s, in data/toy/simulated", where)
    assert after == "next: make report SET=toy"
    for again in (call(*words), call("simulate", "--root", str(root), "--set", "toy", "--size", "late_harm=0")):
        assert (again.exit_code, again.stderr) == (0, "")
        assert again.stdout.splitlines()[-2] == "toy: was there, in data/toy/simulated"
    other = call("simulate", "--root", str(root), "--set", "toy", "--customers", "2000")
    assert (other.exit_code, other.stdout) == (2, "")
    assert other.stderr == (
        "parameters/toy.yml: store.simulation.customers is 1000 there and 2000 in the command; "
        "change the file or choose another --set\n"
    )


def test_simulate_refuses_a_wrong_value_without_a_heavy_import(root: Path) -> None:
    code = (
        "import sys; from retention_lib.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({'pandas', 'numpy', 'ibis', 'duckdb', 'pyarrow'} & set(sys.modules)))"
    )
    done = shell("simulate", "--customers", "10", "--size", "late_hram=0", cwd=root, code=code)
    assert (done.returncode, done.stdout.strip()) == (2, "")
    assert done.stderr.splitlines() == [
        "parameters/simulated.yml: store.simulation.customers is 10 but must be between 1000 and 10000000",
        "parameters/simulated.yml: store.simulation.sizes.late_hram is not known; did you mean late_harm?",
    ]
    assert not (root / "parameters" / "simulated.yml").exists()


@pytest.mark.parametrize("code", [0, 1, 3])
def test_report_exits_with_the_code_of_the_run(root: Path, make_report: Callable[[object], object], code: int) -> None:
    make_report(Outcome(code))
    assert call("report", "--root", str(root)).exit_code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParameterError([Problem("a.yml", "x"), Problem("a.yml", "y")]), 2),
        (MonthError("2017-12 is in no store"), 2),
        (DataError("data/a.csv is not there; put it there"), 3),
    ],
)
def test_error_of_the_user_is_its_own_sentence(
    root: Path, make_report: Callable[[object], object], error: Exception, code: int
) -> None:
    make_report(error)
    result = call("report", "--root", str(root))
    assert (result.exit_code, result.stderr, result.stdout) == (code, f"{error}\n", "")
    assert not (root / "outputs").exists()


def test_fault_of_ours_is_one_sentence_and_a_log(root: Path, make_report: Callable[[object], object]) -> None:
    make_report(ZeroDivisionError("secret: 1/0"))
    result = call("report", "--root", str(root))
    assert result.exit_code == 70
    (log,) = (root / "outputs" / ".logs").iterdir()
    assert result.stderr == (
        "retention: ZeroDivisionError, a fault of the toolkit and not of your files;"
        f" please report it with the file {log}\n"
    )
    assert "ZeroDivisionError: secret: 1/0" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_fault_with_nowhere_to_write_is_still_told(root: Path, make_report: Callable[[object], object]) -> None:
    (root / "outputs").write_text("no folder")
    make_report(ZeroDivisionError("1/0"))
    result = call("report", "--root", str(root))
    assert result.exit_code == 70
    assert "ZeroDivisionError: 1/0" in result.stderr
    assert result.stderr.endswith("(no log file: NotADirectoryError)\n")


def test_keyboard_stops_with_130(root: Path, make_report: Callable[[object], object]) -> None:
    make_report(KeyboardInterrupt())
    result = call("report", "--root", str(root))
    assert (result.exit_code, result.stderr) == (130, "retention: stopped from the keyboard\n")


@pytest.mark.parametrize("month", ["2017-13", "December", "2017-12-01", "", "2017/12"])
def test_month_that_is_none_is_refused(root: Path, make_report: Callable[[object], list[object]], month: str) -> None:
    calls = make_report(Outcome(0))
    result = call("report", "--root", str(root), "--month", month)
    assert (result.exit_code, calls) == (2, [])
    assert result.stderr == f'retention report: --month is "{month}" but must be a month, written like 2017-12\n'


def test_set_that_is_none_is_refused_with_the_nearest(root: Path) -> None:
    result = call("report", "--root", str(root), "--set", "pblic")
    assert result.exit_code == 2
    assert result.stderr == "parameters: pblic is no set; the sets are other, public; did you mean public?\n"


def test_root_that_is_no_project_is_refused(tmp_path: Path) -> None:
    result = call("sets", "--root", str(tmp_path))
    assert result.exit_code == 2
    assert result.stderr == (
        f"retention: --root names {tmp_path}, which is no folder with parameters/ and notebooks/ in it\n"
    )


@pytest.mark.parametrize(
    "words", [["--jobs", "0"], ["--timeout", "-1"], ["--jobs", "two"], ["--mnth", "2017-12"], ["x"]]
)
def test_wrong_option_is_refused(root: Path, words: list[str]) -> None:
    assert call("report", "--root", str(root), *words).exit_code == 2


def test_sets_lists_titles_and_reports(root: Path) -> None:
    result = call("sets", "--root", str(root))
    assert result.exit_code == 0
    assert result.stdout == "other   My shop: churn, again\npublic  My shop: churn, again\n"


def test_sets_lists_the_good_ones_beside_a_wrong_one(root: Path) -> None:
    (root / "parameters" / "other.yml").write_text(SET.replace("title", "titel"))
    result = call("sets", "--root", str(root))
    assert result.exit_code == 2
    assert result.stdout == "other   cannot be used, see below\npublic  My shop: churn, again\n"
    assert result.stderr == (
        "parameters/other.yml: title is missing\nparameters/other.yml: titel is not known; did you mean title?\n"
    )


def test_wrong_file_is_refused_without_a_heavy_import(root: Path) -> None:
    wrong = SET.replace("title", "titel").replace("churn: ,", "churn: {lapse_dys: 3, lapse_days: no},")
    (root / "parameters" / "public.yml").write_text(wrong)
    code = (
        "import sys; from retention_lib.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({'pandas', 'numpy', 'ibis', 'duckdb', 'papermill', 'matplotlib'} & set(sys.modules)))"
    )
    done = shell("report", cwd=root, code=code)
    assert (done.returncode, done.stdout.strip()) == (2, "")
    assert done.stderr.splitlines() == [
        "parameters/public.yml: title is missing",
        "parameters/public.yml: titel is not known; did you mean title?",
        "parameters/public.yml: reports.churn.lapse_dys is not known; did you mean lapse_days?",
        'parameters/public.yml: reports.churn.lapse_days is "no" but must be a whole number from 1 to 9999; it is text',
    ]


def test_help_answers_in_half_a_second(root: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(root / "pyc")
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "retention_lib.cli", "--help"], env=environment, capture_output=True, check=True
        )
        seconds.append(time.perf_counter() - began)
    assert b"report" in done.stdout
    assert min(seconds) < 0.5


def test_set_name_in_russian_is_refused_on_a_terminal_without_russian(root: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    (root / "parameters" / "public.yml").write_text(SET.replace("My shop", "Мой магазин"), encoding="utf-8")
    words = [sys.executable, "-m", "retention_lib.cli", "sets"]
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u041c\\u043e\\u0439" in done.stdout


def test_version_is_that_of_the_project() -> None:
    pyproject = (Path(cli.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.*)"$', pyproject, re.MULTILINE)
    assert found is not None
    assert found[1] == __version__

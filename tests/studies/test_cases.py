"""A study's cases: worked off once each, whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from studies import cases
from studies.cases import case_results

PLACE = "RETENTION_TEST_PLACE"


def counted(number: int) -> dict[str, int]:
    """A case that leaves a mark each time it is worked out."""
    with Path(os.environ[PLACE]).open("a") as marks:
        marks.write(f"{number}\n")
    return {"square": number**2}


def deadly(number: int) -> dict[str, int]:
    """A case whose third takes its process down."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"square": number**2}


def broken(number: int) -> dict[str, int]:
    """A case that a study of ours gets wrong."""
    raise ValueError(f"no case {number}")


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PLACE, str(tmp_path / "marks"))
    monkeypatch.setattr(cases, "CHUNK", 4)
    return tmp_path / "marks"


def test_cases_are_worked_off_once_and_come_back_in_order(marks: Path, tmp_path: Path) -> None:
    told: list[int] = []
    results = case_results("squares", "studies.test_cases:counted", 10, folder=tmp_path, told=told.append)
    assert [(result["case"], result["square"]) for result in results] == [(n, n * n) for n in range(10)]
    assert sorted(map(int, marks.read_text().split())) == list(range(10))
    assert max(told) == 10


def test_killed_study_goes_on_where_it_stopped(marks: Path, tmp_path: Path) -> None:
    first = case_results("squares", "studies.test_cases:counted", 10, folder=tmp_path)
    kept = next((tmp_path / "squares").glob("*/4.jsonl"))
    whole = kept.read_text().splitlines(keepends=True)
    kept.write_text("".join(whole[:2]) + whole[2][:7])
    marks.unlink()
    assert case_results("squares", "studies.test_cases:counted", 10, folder=tmp_path) == first
    assert marks.read_text().split() == ["6", "7"]


def test_long_cases_are_worked_off_each_by_a_process_of_its_own(marks: Path, tmp_path: Path) -> None:
    case_results("squares", "studies.test_cases:counted", 2, chunk=1, folder=tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.jsonl")) == ["0.jsonl", "1.jsonl"]


def test_case_that_kills_its_process_is_a_result_and_the_others_go_on(marks: Path, tmp_path: Path) -> None:
    results = case_results("squares", "studies.test_cases:deadly", 6, folder=tmp_path)
    assert [result.get("square") for result in results] == [0, 1, 4, None, 16, 25]
    assert results[3] == {"case": 3, "died": -signal.SIGKILL}


def test_fault_of_a_study_is_raised_with_its_words(marks: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no case 0"):
        case_results("squares", "studies.test_cases:broken", 2, folder=tmp_path)


def test_results_of_other_code_are_removed(marks: Path, tmp_path: Path) -> None:
    old = tmp_path / "squares" / "0123456789abcdef" / "0.jsonl"
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps({"case": 0, "square": -1}) + "\n")
    assert case_results("squares", "studies.test_cases:counted", 1, folder=tmp_path)[0]["square"] == 0
    assert not old.exists()

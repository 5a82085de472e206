"""One run of a set in a project of its own, as a user makes it, shared by the tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """What a run of the command line left; `made_in` is the project it ran in, if that is another."""

    root: Path
    exit_code: int
    said: str
    made_in: Path | None = None

    @property
    def month(self) -> Path:
        return self.root / "outputs" / "public" / "2017-12"


def retention(root: Path, *arguments: str) -> Run:
    """`retention` with its arguments in a project's folder."""
    command = [sys.executable, "-m", "retention_lib.cli", *arguments, "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env={**os.environ})
    return Run(root=root, exit_code=done.returncode, said=done.stdout + done.stderr)


def project_copy(folder: Path) -> Path:
    """The project's notebooks and parameters in a folder of their own; the data cache is shared."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(PROJECT / name, folder / name)
    (folder / "data").mkdir()
    (PROJECT / "data" / ".cache").mkdir(exist_ok=True)
    for name in ("hillstrom", ".cache"):
        (folder / "data" / name).symlink_to(PROJECT / "data" / name)
    return folder


def made(folder: Path, name: str) -> Run:
    """A set of the project, made once: by the toolkit now, or by `make report` just before the tests.

    RETENTION_MADE names the sets of which the checkout holds such a run; it is copied, so that tests may go on from it.
    """
    root = project_copy(folder)
    if name not in os.environ.get("RETENTION_MADE", "").split(","):
        return retention(root, "report", "--set", name)
    exit_code, said = recorded(name)
    known = shutil.ignore_patterns("hillstrom", ".cache", ".locks")
    for kind in ("outputs", "data"):
        shutil.copytree(PROJECT / kind, root / kind, symlinks=True, dirs_exist_ok=True, ignore=known)
    return Run(root=root, exit_code=exit_code, said=said, made_in=PROJECT)


def recorded(name: str) -> tuple[int, str]:
    """What the run of a set recorded: 0 where each report was published or skipped, and what became of the others.

    The run must be of the project as it is, and the only one: lists that earlier months issued, or the same month
    before a change, would be in its reports.
    """
    manifests = list((PROJECT / "outputs" / name).glob("????-??/manifest.json"))
    lists = [file for file in (PROJECT / "data" / name / "assignments").rglob("*") if file.is_file()]
    months = {file.parent.name for file in (*manifests, *lists)}
    if len(manifests) != 1 or len(months) != 1:
        pytest.fail(f"RETENTION_MADE says that {name} has been made alone; it has months: {sorted(months)}")
    oldest = min(file.stat().st_mtime for file in (*manifests, *lists))
    newer = [str(file) for file in sources() if file.stat().st_mtime > oldest]
    if newer:
        pytest.fail(f"RETENTION_MADE says that {name} has been made, and {newer[0]} has changed since")
    reports = json.loads(manifests[0].read_text(encoding="utf-8"))["reports"]
    others = [report for report in reports if report["status"] not in ("published", "skipped")]
    told = [f"{report['id']}: {report['status']}. {report['reason']}" for report in others]
    return int(bool(others) or not reports), "\n".join(["made before the tests", *told])


def sources() -> Iterator[Path]:
    """The files of the project that a report is made from."""
    yield from (PROJECT / name for name in ("pyproject.toml", "requirements.lock"))
    for name in ("retention_lib", "notebooks", "parameters"):
        yield from (file for file in (PROJECT / name).rglob("*") if file.is_file() and file.suffix != ".pyc")


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The public set."""
    return made(tmp_path_factory.mktemp("public"), "public")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The simulated set."""
    return made(tmp_path_factory.mktemp("demo"), "demo")

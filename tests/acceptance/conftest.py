"""One run of the public set in a project of its own, as a user makes it, shared by the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """What a run of the command line left."""

    root: Path
    exit_code: int
    said: str

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


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The public set, made once."""
    return retention(project_copy(tmp_path_factory.mktemp("public")), "report", "--set", "public")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The simulated set, simulated and made once."""
    return retention(project_copy(tmp_path_factory.mktemp("demo")), "report", "--set", "demo")

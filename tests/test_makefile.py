"""`make setup` keeps a working environment; programs that only write down how they are called stand in for Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PYTHON = """#!/bin/sh
case "$*" in
  *python_version*) echo {version} ;;
  *ensurepip*) ;;
  --version) echo Python {version} ;;
  "-m venv --clear .venv") echo "new {version}" >>calls; rm -rf .venv; mkdir -p .venv/bin
    cp "$0" .venv/bin/python; cp uv .venv/bin/uv ;;
  *) echo "python ${{2}}" >>calls ;;
esac
"""

UV = """#!/bin/sh
echo "uv $2" >>calls
[ ! -e offline ]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout whose environment is of Python 3.11.7 and holds a file, and whose lock is newer."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    scripts = {".venv/bin/python": PYTHON.format(version="3.11.7"), "newer": PYTHON.format(version="3.12.1")}
    for name, text in {**scripts, ".venv/bin/uv": UV, "uv": UV}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv" / "held").touch()
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "requirements.lock").write_text("uv==1 \\\n    --hash=sha256:0\nxlrd==2\n")
    return tmp_path


def setup(project: Path, **environment: str) -> tuple[int, list[str]]:
    """The exit code of `make setup`, and the calls it made."""
    (project / "calls").write_text("")
    told = {**os.environ, **environment}
    done = subprocess.run(["make", "setup"], cwd=project, env=told, capture_output=True, check=False)
    return done.returncode, (project / "calls").read_text().splitlines()


def test_a_working_environment_is_kept_and_brought_in_line(project: Path) -> None:
    assert setup(project, PYTHON="") == (0, ["python pip", "uv sync", "uv install"])
    assert (project / ".venv" / "held").exists()
    assert (project / ".venv" / "uv.lock").read_text() == "uv==1 \\\n    --hash=sha256:0\n"
    assert setup(project, PYTHON="") == (0, [])


def test_a_failure_loses_nothing_and_is_tried_again(project: Path) -> None:
    (project / "offline").touch()
    assert setup(project, PYTHON="") == (2, ["python pip", "uv sync"])
    assert (project / ".venv" / "held").exists()
    (project / "offline").unlink()
    assert setup(project, PYTHON="")[0] == 0


def test_another_python_or_a_broken_environment_is_made_anew(project: Path) -> None:
    code, calls = setup(project, PYTHON="./newer")
    assert (code, calls[0]) == (0, "new 3.12.1")
    assert not (project / ".venv" / "held").exists()
    (project / ".venv" / "bin" / "python").unlink()
    os.utime(project / "pyproject.toml", (4e9, 4e9))
    code, calls = setup(project, PYTHON="./newer")
    assert (code, calls[0]) == (0, "new 3.12.1")

"""The documents and the packaging say what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BESIDE = ("estimates", "rooms", "versions")
"""Modules that stand beside the rooms; every room may import them."""


def rooms() -> set[str]:
    library = ROOT / "retention_lib"
    packages = {folder.parent.name for folder in library.glob("*/__init__.py")}
    return packages | {file.stem for file in library.glob("*.py") if file.stem != "__init__"}


def test_architecture_names_every_room_in_the_order_of_the_import_contract() -> None:
    flow = re.search(r"^ {4}(settings -> .*)$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert flow
    named = flow[1].split(" -> ")
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert [f"retention_lib.{room}" for room in reversed(named)] == layers
    assert rooms() == {*named, *BESIDE}
    assert all(f"`{name}`" in (ROOT / "ARCHITECTURE.md").read_text() for name in BESIDE)


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_the_rooms_imports_none_of_them(name: str) -> None:
    tree = ast.parse((ROOT / "retention_lib" / f"{name}.py").read_text())
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not {module for module in modules if module.split(".")[0] == "retention_lib"}


def test_environment_installs_the_lock_and_the_python_it_was_made_for() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, extra = environment["dependencies"]
    assert python == "python=3.11"
    assert pip == "pip"
    assert extra == {"pip": ["-r requirements.lock"]}
    assert PROJECT["project"]["requires-python"].startswith(">=3.11")


def test_lock_holds_every_requirement_with_hashes_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = {
        re.split(r"==", line)[0].split("[")[0].lower() for line in lock.splitlines() if re.match(r"[a-z0-9]", line)
    }
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[\[<>=]", requirement)[0].lower() for requirement in wanted}
    assert names <= locked
    assert "://" not in lock
    for entry in re.split(r"\n(?=[a-z0-9])", lock.strip()):
        assert "--hash=sha256:" in entry, entry


def test_readme_and_ignored_files_keep_generated_things_out() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".venv/", "outputs/*", "data/.cache/", "data/.keys/"} <= set(ignored)
    assert (ROOT / "docs" / "churn_diagnosis.png").stat().st_size < 300_000


def functions(file: Path) -> set[str]:
    """The functions of a module."""
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_line_about_bad_data_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "bad-data.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "the test that holds it" not in line]
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        assert not [f"{file}::{test}" for file, test in named if test not in functions(ROOT / file)]

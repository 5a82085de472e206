"""The notebooks keep the shape of the house: a story of questions, no logic, no number typed into prose."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from retention_lib.reports.figures import figure_spec
from retention_lib.settings import RESERVED, read_parameters

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.If, ast.Try, ast.Lambda, ast.While, ast.IfExp, ast.ListComp)
NAMES = [notebook.stem for notebook in NOTEBOOKS]

pytestmark = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)


def cells(notebook: Path, kind: str | None = None) -> list[dict[str, Any]]:
    found = json.loads(notebook.read_text())["cells"]
    return [cell | {"text": "".join(cell["source"])} for cell in found if kind in (None, cell["cell_type"])]


def tags(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_the_first_cells_are_question_parameters_and_setup(notebook: Path) -> None:
    first, second, third = cells(notebook)[:3]
    assert first["text"].startswith("# ")
    assert first["text"].splitlines()[0].endswith("?")
    assert "parameters" in tags(second)
    assert "setup" in tags(third)
    imports = [node for node in ast.walk(ast.parse(third["text"])) if isinstance(node, ast.ImportFrom)]
    assert {node.module.split(".")[0] for node in imports} <= {"retention_lib", "datetime"}


def test_the_sections_stand_in_the_order_of_the_house(notebook: Path) -> None:
    headings = [cell for cell in cells(notebook, "markdown") if cell["text"].startswith("## ")]
    kinds = [next(iter(tags(cell)), "question") for cell in headings]
    assert kinds[0] == "headline"
    assert kinds[-2:] == ["sure", "notes"]
    assert kinds.count("actions") == 1
    questions = [cell["text"].splitlines()[0] for cell, kind in zip(headings, kinds, strict=True) if kind == "question"]
    assert questions
    assert all(question.endswith("?") for question in questions)


def test_code_cells_hold_no_logic(notebook: Path) -> None:
    for cell in cells(notebook, "code"):
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell["text"])) if isinstance(node, FORBIDDEN)]
        assert not found, f"{notebook.name}: {found} in\n{cell['text']}"
        assert "plt." not in cell["text"]
        assert "groupby" not in cell["text"]


def test_the_notebook_has_the_length_of_a_story(notebook: Path) -> None:
    assert 14 <= len(cells(notebook)) <= 60
    most = {"parameters": 30, "setup": 25}
    for cell in cells(notebook, "code"):
        lines = [line for line in cell["text"].splitlines() if line.strip()]
        assert len(lines) <= max(most.get(tag, 14) for tag in [*tags(cell), "code"]), cell["text"]


def test_no_result_is_typed_into_prose(notebook: Path) -> None:
    """Method notes may name constants of a method; any other prose holds no digit that next month may change."""
    for cell in cells(notebook, "markdown"):
        if "notes" not in tags(cell):
            assert not re.search(r"\d", re.sub(r"95%|80th", "", cell["text"])), cell["text"]


def test_the_notebook_is_committed_without_outputs(notebook: Path) -> None:
    for cell in cells(notebook, "code"):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_every_parameter_is_explained(notebook: Path) -> None:
    parameters = read_parameters(notebook)
    assert [parameter.name for parameter in parameters[: len(RESERVED)]] == list(RESERVED)
    assert all(parameter.help for parameter in parameters)


def test_every_figure_is_in_the_registry(notebook: Path) -> None:
    source = "\n".join(cell["text"] for cell in cells(notebook, "code"))
    ids = re.findall(r'report\.figure\("(\w+)"', source) + re.findall(r'^ {8}"(\w+)":', source, re.MULTILINE)
    assert ids
    for id in ids:
        assert figure_spec(id).formula

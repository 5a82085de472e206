"""What the screen says of a check: the answer first, and of long tables what matters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retention_lib.reports.payloads import ALERTS, TABLE, VERDICT
from retention_lib.runs.told import tell_checks

SURE = [{"level": "warn", "word": "Take care", "title": "Gap.", "sentence": "No sales in May."}]


def section(title: str, *outputs: dict[str, Any]) -> list[dict[str, Any]]:
    """A heading, and a cell that shows the outputs."""
    shown = [{"output_type": "display_data", "data": output} for output in outputs]
    return [
        {"cell_type": "markdown", "source": [f"## {title}\n"]},
        {"cell_type": "code", "source": [], "outputs": shown},
    ]


def sentence(text: str) -> dict[str, Any]:
    return {"text/html": f"<p>{text}</p>", "text/plain": text}


def table(caption: str, *brief: int) -> dict[str, Any]:
    shown = {"caption": caption, "header": ["Need"], "numbers": [], "rows": [["buyers"], ["days"]]}
    return {TABLE: {"name": "t", "csv": "", "shown": {**shown, "brief": list(brief)}}, "text/html": ""}


def told(folder: Path, capsys: pytest.CaptureFixture[str], *cells: list[dict[str, Any]]) -> list[str]:
    """The lines of the screen, blank ones and lines of tables left out."""
    notebook = {"cells": [cell for part in cells for cell in part]}
    (folder / "shop.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    tell_checks(folder, {"shop": "Shop"})
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines[1:] if line.strip("─ ")]


def test_the_answer_and_how_sure_it_is_come_first_and_nothing_is_said_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = told(
        tmp_path,
        capsys,
        section("Headline", {VERDICT: {"status": "good", "sentence": "It can."}}),
        section("Calendar", sentence("No sales in May."), sentence("Every day has sales.")),
        section("Only said before", sentence("No sales in May."), sentence("It can.")),
        section("How sure are we?", {ALERTS: SURE, "text/html": ""}),
    )
    assert lines == [
        *("Headline", "✓ It can."),
        *("How sure are we?", "! Take care: Gap. No sales in May."),
        *("Calendar", "Every day has sales."),
    ]


def test_of_a_table_only_the_rows_that_matter_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(tmp_path, capsys, section("Needs", table("All is there"), table("One lacks", 1)))
    assert lines == ["Needs", "One lacks", "Need", "days"]

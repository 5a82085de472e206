from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from retention_lib.settings import ParameterError, SetSettings, load_set

CELL = """from datetime import date
from typing import Literal
set_file: str = "../parameters/public.yml"  # the set's parameter file
report_id: str = "churn"  # the report
month: str | None = None  # the month, YYYY-MM
lapse_days: int | Literal["auto"] = "auto"  # silence after which a customer is lapsed [days; 7..1095]
share: float = 0.5  # a share of customers [0..1]
segment: Literal["region", "age"] = "age"  # what to split by
quick: bool = False  # whether to be quick
since: date = "2017-01-01"  # first day
windows: list[int] = [30, 60]  # windows to try [days; 1..365]
campaign: str | None = None  # the campaign's name
"""


@dataclass(frozen=True)
class Project:
    """A project's folder with one notebook, `churn`, in a temporary place."""

    root: Path

    def notebook(self, name: str, source: str, tags: tuple[str, ...] = ("parameters",)) -> Path:
        cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "outputs": []}
        title = {"cell_type": "markdown", "metadata": {}, "source": ["# Why?"]}
        file = self.root / "notebooks" / f"{name}.ipynb"
        file.write_text(json.dumps({"cells": [title, cell], "metadata": {}, "nbformat": 4}), encoding="utf-8")
        return file

    def set(self, text: str | bytes, name: str = "shop") -> Path:
        file = self.root / "parameters" / f"{name}.yml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def load(self, text: str | bytes, name: str = "shop") -> SetSettings:
        return load_set(self.set(text, name))

    def outcome(self, text: str | bytes, name: str = "shop") -> tuple[SetSettings | None, list[str]]:
        """The settings, or None and the sentences with which the file is refused."""
        try:
            return self.load(text, name), []
        except ParameterError as error:
            return None, [str(problem) for problem in error.problems]

    def refused(self, text: str | bytes, name: str = "shop") -> list[str]:
        """The sentences with which a parameter file is refused."""
        with pytest.raises(ParameterError) as caught:
            self.load(text, name)
        lines = str(caught.value).splitlines()
        assert len(lines) == len(caught.value.problems)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").mkdir()
    made = Project(tmp_path)
    made.notebook("churn", CELL)
    return made

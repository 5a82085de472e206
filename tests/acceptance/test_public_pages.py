"""The public set's real pages in a real browser, and the same bytes on a second run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from acceptance.conftest import Run, retention
from pages.checks import page_problems

pytestmark = pytest.mark.xdist_group("public")
PAGES = (
    *("churn_diagnosis", "cohort_ltv", "loyalty_impact", "ab_campaign", "retention_playbook"),
    *("index", "../index"),
)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_self_contained_accessible_and_fits_a_phone(public: Run, chromium: Any, page: str) -> None:
    assert page_problems(chromium, (public.month / f"{page}.html").resolve()) == []


def published(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json"]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_a_second_run_gives_the_same_bytes(public: Run) -> None:
    before = published((public.root / "outputs" / "public").resolve())
    again = retention(public.root, "report", "--set", "public")
    assert again.exit_code == 0, again.said
    after = published((public.root / "outputs" / "public").resolve())
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []


def test_nothing_of_the_machine_is_in_what_is_published(public: Run) -> None:
    for name, content in published((public.root / "outputs" / "public").resolve()).items():
        assert str(public.made_in or public.root).encode() not in content, name
        assert str(Path.home()).encode() + b"/" not in content, name

"""The sample page and the indexes in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pages.checks import LAPTOP, PHONE, TABLET, card_problems, opened, page_problems
from pages.sample import HOSTILE, sample_month, sample_notebook

from retention_lib.reports.index import SetPage, render_month_index, render_set_index
from retention_lib.reports.page import render_page
from retention_lib.reports.words import Words

pytestmark = pytest.mark.browser
WORDS = Words("en", "USD")
COUNT = "document.querySelectorAll('main *').length"


def written(folder: Path, text: str) -> Path:
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    return file


def test_page_has_no_problem(chromium: Any, tmp_path: Path) -> None:
    assert page_problems(chromium, written(tmp_path, render_page(sample_notebook()))) == []


def test_page_with_hostile_values_has_no_problem_and_shows_them(chromium: Any, tmp_path: Path) -> None:
    hostile = " ".join(HOSTILE[name] for name in ("script", "image", "link", "attribute"))
    file = written(tmp_path, render_page(sample_notebook(hostile=hostile)))
    assert page_problems(chromium, file) == []
    with opened(chromium, file) as shown:
        assert hostile[:60] in shown.page.inner_text("main")
        assert shown.messages == []


@pytest.fixture(scope="module")
def plain_elements(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> int:
    file = written(tmp_path_factory.mktemp("plain"), render_page(sample_notebook()))
    with opened(chromium, file) as shown:
        return int(shown.page.evaluate(COUNT))


@pytest.mark.parametrize("name", HOSTILE)
def test_page_stays_whole_with_each_hostile_value(
    chromium: Any, tmp_path: Path, plain_elements: int, name: str
) -> None:
    file = written(tmp_path, render_page(sample_notebook(hostile=HOSTILE[name])))
    with opened(chromium, file, width=360) as shown:
        assert shown.page.evaluate(COUNT) == plain_elements
        assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
        assert shown.messages == []


def test_month_index_has_no_problem(chromium: Any, tmp_path: Path) -> None:
    html = render_month_index(sample_month("2017-12", 0.105, WORDS, earlier=("2017-10", "2017-11")), WORDS)
    assert page_problems(chromium, written(tmp_path, html)) == []


def test_set_index_has_no_problem(chromium: Any, tmp_path: Path) -> None:
    months = (sample_month("2017-12", 0.105, WORDS), sample_month("2017-11", 0.095, WORDS))
    html = render_set_index(SetPage(title="Public retail data", months=months), WORDS)
    assert page_problems(chromium, written(tmp_path, html)) == []


def test_set_index_with_nothing_published_has_no_problem(chromium: Any, tmp_path: Path) -> None:
    html = render_set_index(SetPage(title=HOSTILE["script"], months=()), WORDS)
    assert page_problems(chromium, written(tmp_path, html)) == []


def test_long_values_stay_inside_their_cards(chromium: Any, tmp_path: Path) -> None:
    file = written(tmp_path, render_page(sample_notebook(Words("en", "RUB"))))
    for width in (LAPTOP, TABLET, PHONE):
        with opened(chromium, file, width=width) as shown:
            assert card_problems(shown) == []

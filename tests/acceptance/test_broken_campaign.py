"""Pages of tests that say less: one that lost customers, one looked at too early, one of a shop without a margin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from acceptance.conftest import Run, retention
from acceptance.loyalty_figures import read_verdict
from acceptance.value_figures import read_figures
from pages.checks import page_problems

pytestmark = pytest.mark.xdist_group("demo")

# April 2026: the weeks of offer_3 run until 6 May. The store is that of the set demo, simulated once.
LESS = """title: Tests that say less
month: 2026-04
stores:
  demo: {simulation: {}}
  hillstrom: {dataset: hillstrom}
economics: {contact_cost: 0.5}
reports:
  early: {notebook: ab_campaign, store: demo, experiment: offer_3}
  no_margin: {notebook: ab_campaign, store: hillstrom, metrics: [visit, conversion, spend]}
"""


@pytest.fixture(scope="module")
def broken(demo: Run) -> Path:
    """What the simulated set publishes; its report `broken_test` is about the test that lost customers."""
    assert demo.exit_code == 0, demo.said
    return demo.root / "outputs" / "demo" / "2026-06"


@pytest.fixture(scope="module")
def figures(broken: Path) -> dict[str, Any]:
    return read_figures(broken, "broken_test")


@pytest.fixture(scope="module")
def less(demo: Run) -> Path:
    """What a set of two tests publishes of which one is not over and the other knows no margin."""
    (demo.root / "parameters" / "less.yml").write_text(LESS)
    done = retention(demo.root, "report", "--set", "less")
    assert done.exit_code == 0, done.said
    return demo.root / "outputs" / "less" / "2026-04"


def claimed(figures: dict[str, Any]) -> list[str]:
    return [id for id, figure in figures.items() if figure["claimed"]]


def test_a_test_that_lost_customers_has_a_red_banner_and_no_winner(broken: Path, figures: dict[str, Any]) -> None:
    assert figures["decision"]["value"] == "invalid"
    assert figures["srm_p"]["value"] < 0.001
    status, sentence = read_verdict(broken / "broken_test.ipynb")
    assert status == "act"
    assert "no winner" in sentence.lower()


def test_no_effect_and_no_chance_of_a_profit_is_claimed(figures: dict[str, Any]) -> None:
    effects = [figure for name, figure in figures.items() if "_effect_" in name]
    assert effects
    assert claimed(figures) == []
    money = [figures[f"{name}_discount20"] for name in ("profit_per_contact", "probability_profit", "subsidy_share")]
    assert {(figure["value"], figure["reason"]) for figure in [*effects, *money]} == {(None, "sample_ratio_broken")}


def test_the_page_of_a_broken_test_shows_no_effect_and_no_money(broken: Path) -> None:
    shown = {file.stem for file in (broken / "tables" / "broken_test").glob("*.csv")}
    assert {"checks", "arms"} <= shown
    assert not shown & {"effects", "profit", "policy", "segments", "subsidies", "guardrails", "lasting", "traps"}


def test_a_test_whose_weeks_are_not_over_is_interim_and_has_no_winner(less: Path) -> None:
    found = read_figures(less, "early")
    status, sentence = read_verdict(less / "early.ipynb")
    assert found["decision"]["value"] == "keep_running"
    assert claimed(found) == []
    assert {figure["reason"] for id, figure in found.items() if "_effect_" in id} == {"interim"}
    assert status == "watch"
    assert "6 May 2026" in sentence


def test_without_a_margin_there_are_effects_and_no_profit(less: Path) -> None:
    found = read_figures(less, "no_margin")
    assert {"spend_effect_mens", "visit_effect_womens"} <= set(claimed(found))
    money = [figure for id, figure in found.items() if id.startswith(("profit_", "probability_", "policy_"))]
    assert not [figure["id"] for figure in money if figure["value"] is not None]
    assert (found["decision"]["value"], found["decision"]["reason"]) == (None, "margin_and_cost_known")


@pytest.mark.parametrize("page", ["broken_test", "campaign_plan"])
def test_the_page_itself_is_sound(broken: Path, chromium: Any, page: str) -> None:
    assert page_problems(chromium, broken / f"{page}.html") == []


def test_pages_that_say_less_are_sound(less: Path, chromium: Any) -> None:
    for page in ("early", "no_margin"):
        assert page_problems(chromium, less / f"{page}.html") == [], page

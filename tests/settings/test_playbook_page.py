"""`docs/playbook.md` is written by hand; what it says of defaults and needs is what holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from retention_lib.measures.actions.candidates import STEPS
from retention_lib.measures.actions.lists import FILE_COLUMNS
from retention_lib.measures.actions.needs import SCENARIO_NEEDS
from retention_lib.settings.playbook import Playbook
from retention_lib.settings.scenario import Scenario
from retention_lib.settings.scenarios import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "playbook.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]
SCENARIOS = {row[0].strip("`"): row for row in ROWS if len(row) == 6}
KEYS = {row[0].strip("`"): row[1] for row in ROWS if len(row) == 2 and row[0].strip("`") in KINDS}
COMMON = {row[0].strip("`") for row in ROWS if len(row) == 3}


@pytest.mark.parametrize("kind", KINDS)
def test_page_says_the_order_the_freshness_and_the_needs_of_each_kind(kind: str) -> None:
    fields = KINDS[kind].model_fields
    row = SCENARIOS[kind]
    assert (int(row[4]), int(row[5])) == (fields["priority"].default, fields["fresh_days"].default)
    for need in SCENARIO_NEEDS[kind]:
        for one in need.split(" or "):
            assert all(f"`{part}`" in row[3] or part == "identities" for part in one.split("."))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "condition"])
def test_page_says_every_key_of_each_kind_with_its_default(kind: str) -> None:
    model = KINDS[kind]
    told = KEYS.get(kind, "")
    usual = model().model_dump()
    for name in set(model.model_fields) - set(Scenario.model_fields):
        (said,) = re.findall(rf"`{name}(?:: ([^`]*))?`", told) or [None]
        assert said is not None, name
        assert said == "" or yaml.safe_load(said) == usual[name], name
        assert said != "" or usual[name] == [], name


def test_page_says_every_key_of_all_scenarios_and_every_step() -> None:
    assert set(Scenario.model_fields) == COMMON
    steps = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ") and "`" not in line[:3]]
    said = [step.replace("not held out", "not_held_out").replace(" ", "_") for step in steps]
    wanted = [step.replace("under_cap", "under_the_cap") for step in STEPS if step not in ("triggered", "listed")]
    assert [step for step in said if step in wanted] == wanted
    assert all(f"`{column}`" in PAGE for column in FILE_COLUMNS)


def test_examples_of_the_page_are_right() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 2
    offers = yaml.safe_load(blocks[0])["playbook"]["offers"]
    for block in blocks:
        Playbook.model_validate({"offers": offers, **yaml.safe_load(block)["playbook"]})

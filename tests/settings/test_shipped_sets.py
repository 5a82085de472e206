from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from retention_lib.settings import (
    RESERVED,
    TABLES,
    Economics,
    SetSettings,
    Simulation,
    Sizes,
    StoreSettings,
    TableSource,
    load_set,
    read_parameters,
    set_names,
)
from retention_lib.settings.models import CsvFormat
from retention_lib.settings.playbook import Channel, FrequencyCap, Offer, Playbook
from retention_lib.settings.scenario import CHANNELS, Scenario
from retention_lib.settings.scenarios import KINDS, STANDARD

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "public": {
        "churn_diagnosis": "complete_journey",
        "cohort_ltv": "cdnow",
        "loyalty_impact": "complete_journey",
        "ab_campaign": "hillstrom",
        "retention_playbook": "complete_journey",
    },
    "complete_journey": {
        "churn_diagnosis": "complete_journey",
        "cohort_ltv": "complete_journey",
        "loyalty_impact": "complete_journey",
        "retention_playbook": "complete_journey",
    },
    "cdnow": {"churn_diagnosis": "cdnow", "cohort_ltv": "cdnow"},
}
DEMO = {
    "churn_diagnosis",
    "cohort_ltv",
    "loyalty_impact",
    "ab_campaign",
    "broken_test",
    "campaign_plan",
    "retention_playbook",
}


def loaded(name: str) -> SetSettings:
    return load_set(ROOT / "parameters" / f"{name}.yml")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_set_loads_with_its_reports_and_stores(name: str) -> None:
    settings = loaded(name)
    chosen = {report: settings.store_settings(report)[1].dataset for report in settings.reports}
    assert chosen == SHIPPED[name]


def test_demo_set_simulates_one_store_for_every_report() -> None:
    settings = loaded("demo")
    assert set(settings.reports) == DEMO
    assert {settings.store_settings(report)[1].simulation for report in settings.reports} == {Simulation()}


def test_public_margins_are_marked_as_assumptions() -> None:
    settings = loaded("public")
    economics = settings.economics
    assert (economics.gross_margin, economics.contact_cost) == (0.30, 0.50)
    assert set(economics.assumptions) == {"gross_margin", "contact_cost"}
    e_mails = settings.economics_for("ab_campaign")
    assert (e_mails.gross_margin, e_mails.contact_cost) == (0.30, 0.01)
    assert set(e_mails.assumptions) == {"gross_margin", "contact_cost"}


def test_public_set_has_its_four_parameters() -> None:
    reports = loaded("public").reports
    assert reports["churn_diagnosis"].parameters == {"lapse_days": "auto"}
    assert reports["cohort_ltv"].parameters == {"reference_store": "cdnow_sample", "holdout_days": 273}
    assert reports["loyalty_impact"].parameters == {"campaign": "8"}
    assert reports["ab_campaign"].parameters == {
        "metrics": ["visit", "conversion", "spend"],
        "known_before": ["recency", "history", "mens", "womens", "newbie", "by_phone", "on_web"],
    }


def test_forecasts_are_tested_on_the_days_of_the_literature() -> None:
    # CDNOW up to 1997-09-30, the last quarter of the Complete Journey, half a year of the simulated shop.
    days = {name: loaded(name).reports["cohort_ltv"].parameters["holdout_days"] for name in (*SHIPPED, "demo")}
    assert days == {"public": 273, "cdnow": 273, "complete_journey": 92, "demo": 182}


def test_every_set_in_the_folder_loads() -> None:
    for name in set_names(ROOT):
        assert loaded(name).reports


def test_template_explains_every_key() -> None:
    text = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8")
    keys = {line.lstrip(" #").partition(":")[0] for line in text.splitlines() if ":" in line}
    wanted = {
        *SetSettings.model_fields,
        *StoreSettings.model_fields,
        *TableSource.model_fields,
        *CsvFormat.model_fields,
        *Economics.model_fields,
        *Simulation.model_fields,
        "notebook",
    } - {"stores"}
    assert wanted <= keys
    assert "`stores:`" in text
    assert all(table in text for table in TABLES)


def playbook_of_the_template() -> dict[str, Any]:
    """The commented playbook, as a file holds it whose comments were taken away."""
    lines = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8").splitlines()
    start = lines.index("# playbook:")
    block = takewhile(lambda line: not line.startswith("# ---"), lines[start:])
    found: dict[str, Any] = yaml.safe_load("\n".join(line.removeprefix("# ") for line in block))["playbook"]
    return found


def test_playbook_of_the_template_is_right_and_complete() -> None:
    raw = playbook_of_the_template()
    playbook = Playbook.model_validate(raw)
    assert set(raw) == set(Playbook.model_fields)
    assert set(raw["channels"]) == set(CHANNELS)
    assert {key for channel in raw["channels"].values() for key in channel} == set(Channel.model_fields)
    assert {key for offer in raw["offers"].values() for key in offer} == set(Offer.model_fields)
    assert set(raw["frequency_cap"]) == set(FrequencyCap.model_fields)
    assert {scenario.kind for scenario in playbook.scenarios.values()} == set(KINDS)
    assert set(raw["scenarios"]) >= set(STANDARD)


@pytest.mark.parametrize("kind", KINDS)
def test_template_explains_every_key_of_every_scenario(kind: str) -> None:
    scenarios = playbook_of_the_template()["scenarios"]
    shown = {key for name, given in scenarios.items() if given.get("kind", name) == kind for key in given}
    if kind == "condition":
        shown = {key for given in scenarios.values() if "condition" in given for key in given}
    own = set(KINDS[kind].model_fields) - set(Scenario.model_fields)
    assert own <= shown
    assert set(Scenario.model_fields) - {"kind"} <= set(scenarios["welcome"])


def test_what_the_template_says_of_a_scenario_is_what_holds_anyway() -> None:
    # An example may show another offer, several delays or chosen words; its numbers are the usual ones.
    usual = Playbook().scenarios
    for name, given in playbook_of_the_template()["scenarios"].items():
        if name in usual:
            known = usual[name].model_dump()
            for key in set(given) - {"offer", "delays_hours", "service_kinds", "categories", "tiers"}:
                assert given[key] == known[key] or known[key] is None, (name, key)


def test_simulated_store_of_the_template_is_right() -> None:
    text = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8")
    lines = [line.removeprefix("  # ") for line in text.splitlines()]
    start = lines.index("simulation:")
    block = list(takewhile(lambda line: line.startswith(" "), lines[start + 1 :]))
    simulation = Simulation.model_validate(yaml.safe_load("\n".join(block)))
    assert simulation == Simulation(sizes=Sizes(programme_effect=0))


def test_template_with_every_commented_example_is_right_as_well(tmp_path: Path) -> None:
    text = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8")
    for line in (
        "month: 2026-10",
        "as_of: 2026-10-31",
        'thousands: " "',
        "economics: {contact_cost: 3}",
        "only: {STATUS: [Paid, Delivered]}",
        "without: {STATUS: [Cancelled, Test]}",
        "refunds: {OPERATION: [Refund]}",
        'anonymous: ["999999999", "Private person"]',
    ):
        assert f"# {line}" in text
        text = text.replace(f"# {line}", line)
    assert isinstance(yaml.safe_load(text), dict)
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    copy = tmp_path / "parameters" / "copy.yml"
    copy.write_text(text, encoding="utf-8")
    settings = load_set(copy)
    assert str(settings.month) == "2026-10"
    assert settings.economics_for("cohort_ltv").contact_cost == 3


@pytest.mark.parametrize(
    ("report", "some"),
    [
        ("loyalty_impact", {"campaign": "8", "proposed_rates": [5, 10]}),
        ("ab_campaign", {"experiment": "auto", "planned_split": [1, 2, 2], "started": "2026-09-01"}),
        ("campaign_plan", {"arms": ["none", "letter", "letter_with_coupon"], "smallest_effect": 0.1}),
        ("retention_playbook", {"budget": 20000, "contacts": 5000, "start": "2026-11-01"}),
    ],
)
def test_optional_report_of_the_template_is_right(tmp_path: Path, report: str, some: dict[str, object]) -> None:
    text = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8")
    lines = text.splitlines()
    start = lines.index(f"  # {report}:")
    block = list(takewhile(lambda line: line.startswith("  #"), lines[start:]))
    text = text.replace("\n".join(block), "\n".join(line.replace("# ", "", 1) for line in block))
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "parameters" / "copy.yml").write_text(text, encoding="utf-8")
    parameters = load_set(tmp_path / "parameters" / "copy.yml").reports[report].parameters
    shown = [line.strip("# ").partition(":")[0] for line in block[1:] if not line.startswith("  #   #")]
    assert list(parameters) == shown
    assert {name: parameters[name] for name in some} == some


@pytest.mark.parametrize("report", ["ab_campaign", "campaign_plan", "retention_playbook"])
def test_template_explains_every_parameter_of_the_campaign_reports(report: str) -> None:
    text = (ROOT / "parameters" / "template.yml").read_text(encoding="utf-8")
    block = text.partition(f"  # {report}:\n")[2].partition("\n\n")[0]
    named = {line.strip("# ").partition(":")[0] for line in block.splitlines() if not line.startswith("  #   #")}
    assert named == {one.name for one in read_parameters(ROOT / "notebooks" / f"{report}.ipynb")} - set(RESERVED)


def test_only_public_sets_look_at_a_campaign_of_their_own() -> None:
    named = {
        name: loaded(name).reports["loyalty_impact"].parameters.get("campaign")
        for name in (*SHIPPED, "demo")
        if name != "cdnow"
    }
    assert named == {"public": "8", "complete_journey": "8", "demo": None}
    (campaign,) = [
        one for one in read_parameters(ROOT / "notebooks" / "loyalty_impact.ipynb") if one.name == "campaign"
    ]
    assert campaign.default == ""

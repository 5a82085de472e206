"""The loop as a user goes it: lists of a month, the same month again, and the next month's verdict on them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from acceptance.conftest import Run, project_copy, retention
from acceptance.value_figures import read_figures
from pages.checks import page_problems

pytestmark = pytest.mark.xdist_group("playbook")

LOOP = """title: A shop that keeps its lists
store:
  simulation: {customers: 3000, months: 12, until: 2026-06-30, seed: 5, sizes: {effect_by_latent: 0}}
economics: {gross_margin: 0.375, contact_cost: 0.5}
playbook:
  offers: {discount20: {discount: 0.2}}
  scenarios:
    reactivation: {offer: discount20}
    regulars: {kind: condition, condition: "orders >= 3 and recency_days > 30", priority: 3}
reports:
  retention_playbook: {}
  ab_campaign: {}
"""
WRONG = {
    "an unknown column": ('"orders >= 3 and recency_days > 30"', '"order >= 3"', "did you mean orders"),
    "a text for a number": ('"orders >= 3 and recency_days > 30"', "\"orders >= 'many'\"", "orders"),
    "code": ('"orders >= 3 and recency_days > 30"', "\"__import__('os').system('ls')\"", "condition"),
    "an offer that is none": ("{offer: discount20}", "{offer: discount2}", "discount20"),
    "an unknown key": ("{offer: discount20}", "{silence: 30}", "silence_days"),
}


def published(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json"]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def lists(folder: Path) -> dict[str, pd.DataFrame]:
    return {file.stem: pd.read_csv(file, dtype=str) for file in sorted((folder / "actions").glob("*.csv"))}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = project_copy(tmp_path_factory.mktemp("loop"))
    (folder / "parameters" / "loop.yml").write_text(LOOP)
    return folder


@pytest.fixture(scope="module")
def may(root: Path) -> Run:
    """The lists that go out in June."""
    return retention(root, "report", "--set", "loop", "--month", "2026-05")


@pytest.fixture(scope="module")
def june(may: Run) -> Run:
    """The month in which they were sent, and judged."""
    return retention(may.root, "report", "--set", "loop", "--month", "2026-06")


def month(run: Run, name: str) -> Path:
    return (run.root / "outputs" / "loop" / name).resolve()


def test_lists_are_files_that_a_mailing_tool_can_load(may: Run) -> None:
    assert may.exit_code == 0, may.said
    found = {name: frame for name, frame in lists(month(may, "2026-05")).items() if not name.endswith("_audience")}
    assert {"reactivation", "regulars"} <= set(found)
    figures = read_figures(month(may, "2026-05"), "retention_playbook")
    for name, frame in found.items():
        assert set(frame["variant"]) <= {"treatment", "control"}
        sent, alone = (frame[frame["variant"] == variant] for variant in ("treatment", "control"))
        assert len(sent) == figures[f"{name}_contacts"]["value"]
        assert len(alone) == figures[f"{name}_control"]["value"]
        assert alone[["channel", "send_at", "offer", "about"]].isna().all().all()
        assert set(frame["experiment_id"]) == {f"{name}_2026_06"}
    everybody = pd.concat(found.values())
    assert everybody["customer_id"].is_unique
    hours = pd.to_datetime(everybody["send_at"].dropna()).dt.hour
    assert hours.between(9, 20).all()


def test_nobody_is_written_to_without_consent(may: Run) -> None:
    agreed = pd.read_parquet(may.root / "data" / "loop" / "simulated" / "customers.parquet").set_index("customer_id")
    for frame in lists(month(may, "2026-05")).values():
        if "variant" in frame:
            sent = frame[frame["variant"] == "treatment"]
            for channel, rows in sent.groupby("channel"):
                allowed = agreed.loc[rows["customer_id"], "email_consent" if channel == "ads" else f"{channel}_consent"]
                assert allowed.all()


def test_the_same_month_again_gives_the_same_bytes(may: Run) -> None:
    ledger = may.root / "data" / "loop" / "assignments"
    before = published(month(may, "2026-05")), published(ledger)
    assert len(before[1]) > 2
    again = retention(may.root, "report", "--set", "loop", "--month", "2026-05")
    assert again.exit_code == 0, again.said
    after = published(month(again, "2026-05")), published(ledger)
    for first, second in zip(before, after, strict=True):
        assert sorted(first) == sorted(second)
        assert [name for name in first if first[name] != second[name]] == []


def test_the_next_month_judges_the_lists(june: Run) -> None:
    assert june.exit_code == 0, june.said
    found = read_figures(month(june, "2026-06"), "retention_playbook")
    profit = found["last_month_profit"]
    assert profit["low"] < profit["value"] < profit["high"]
    # The simulated customers never heard of these lists: nothing but luck and the cost of messages can be found.
    assert profit["low"] < 0 < profit["high"] + 1000
    assert found["lists_judged"]["value"] >= 2
    judged = pd.read_csv(month(june, "2026-06") / "tables" / "retention_playbook" / "last_month.csv")
    assert {"reactivation", "regulars"} <= set(judged["scenario"])


def test_the_campaign_report_reads_a_list_of_the_ledger(june: Run) -> None:
    (entry,) = [
        one
        for one in json.loads((month(june, "2026-06") / "manifest.json").read_text())["reports"]
        if one["id"] == "ab_campaign"
    ]
    assert entry["status"] == "published"
    page = (month(june, "2026-06") / "ab_campaign.html").read_text()
    assert "What did the lists of the playbook earn?" in page
    found = read_figures(month(june, "2026-06"), "ab_campaign")
    assert found["decision"]["value"] != "invalid"
    assert found["customers_in_test"]["value"] > 100


def test_control_customers_of_a_running_list_are_on_no_other(june: Run) -> None:
    ledger = june.root / "data" / "loop" / "assignments" / "loop"
    issued = json.loads((ledger / "2026-05" / "experiments.json").read_text())
    experiments = issued["experiments"] if isinstance(issued, dict) else issued
    running = {one["scenario"] for one in experiments if one["verdict_on"] > "2026-07-01"}
    still = [pd.read_csv(ledger / "2026-05" / f"{name}.csv", dtype=str)["customer_id"] for name in sorted(running)]
    held = set(pd.concat(still)) if still else set()
    new = pd.concat([frame for name, frame in lists(month(june, "2026-06")).items() if "variant" in frame])
    assert not held & set(new["customer_id"])


def test_pages_of_the_loop_are_sound(june: Run, chromium: Any) -> None:
    for name, page in (("2026-05", "retention_playbook"), ("2026-06", "retention_playbook")):
        assert page_problems(chromium, month(june, name) / f"{page}.html") == []


def test_pages_show_no_customer_in_clear(june: Run) -> None:
    listed = pd.concat([frame for frame in lists(month(june, "2026-06")).values() if "variant" in frame])
    page = (month(june, "2026-06") / "retention_playbook.html").read_text()
    assert not set(re.findall(r"[CD]\d{6,}", page)) & set(listed["customer_id"])


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_playbook_stops_before_anything_runs(root: Path, case: str) -> None:
    right, wrong, said = WRONG[case]
    assert right in LOOP
    (root / "parameters" / "wrong.yml").write_text(LOOP.replace(right, wrong))
    done = retention(root, "report", "--set", "wrong")
    assert done.exit_code == 2
    assert "parameters/wrong.yml: playbook.scenarios" in done.said
    assert said in done.said
    assert not (root / "outputs" / "wrong").exists()

"""Lists of a run: files beside the page, rows in the ledger before anything is published, none of a failed report."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from runs import shop

from retention_lib.reports.payloads import LEDGER
from retention_lib.runs.collect import CollectError, collected, without_lists
from retention_lib.settings.calendar import Month
from retention_lib.stores.errors import DataError
from retention_lib.stores.ledger import EXPERIMENTS, Ledger
from retention_lib.stores.ledger_rows import LEDGER_COLUMNS
from retention_lib.stores.ledger_writing import WrittenList
from retention_lib.stores.listed import ListedExperiment

NOVEMBER, DECEMBER = Month(2017, 11), Month(2017, 12)
HEADER = ",".join(LEDGER_COLUMNS)
BOUGHT = """
customers = sorted({line.split(",")[1] for line in sales if line < f"{month}-32"})
"""
# As `Report.action_lists` shows lists, for everybody who bought; odd places are left alone.
LISTS = """
import datetime
first = datetime.date(int(month[:4]), int(month[5:]), 28) + datetime.timedelta(days=4)
start = first.replace(day=1)
test = f"{scenario}_{start:%Y_%m}"
about = {"experiment_id": test, "scenario": scenario, "kind": scenario, "report": month, "control": "control",
         "metric": "gross_profit", "shares": {"control": 0.5, "treatment": 0.5},
         "offers": {"control": "none", "treatment": "none"}, "channels": {"email": 1}, "customers": {"control": 1},
         "window_days": 21, "after_days": 0, "contact_cost": 0.5, "campaign_cost": 0.0, "start": str(start),
         "last_send": str(start), "verdict_on": str(start + datetime.timedelta(days=21)), "sha256": ""}
arms = [(id, "control" if place % 2 else "treatment") for place, id in enumerate(customers)]
rows = [f"{id},,{test},{arm},{start} 10:00:00,,,{start} 10:00:00,none,," for id, arm in arms]
file = "customer_id,variant\\n" + "".join(f"{id},{arm}\\n" for id, arm in arms)
listed = {"name": scenario, "by_name": by_name, "csv": file}
display({"application/vnd.retention.list+json": listed, "text/plain": "file"}, raw=True)
kept = {"experiment": about, "csv": "\\n".join([columns, *rows]) + "\\n"}
display({"application/vnd.retention.ledger+json": kept, "text/plain": test}, raw=True)
"""


def lists(
    scenario: str = "welcome", *, customers: str = BOUGHT, by_name: bool = True, more: str = ""
) -> dict[str, Any]:
    """A notebook that issues a list of a scenario to everybody who bought."""
    given = f"scenario, by_name, columns = {scenario!r}, {by_name}, {HEADER!r}"
    sections = [("Lists", given + customers + LISTS)]
    return shop.notebook(("Headline", shop.HEADLINE), *sections, *([("More", more)] if more else []))


def folder_of(root: Path, *, store: str = "shop") -> Path:
    return root / "data" / "shop" / "assignments" / store


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists of November, published."""
    root = shop.write_project(tmp_path_factory.mktemp("lists"), {"playbook": lists()})
    assert shop.run(root, month="2017-11").exit_code == 0
    return root


def test_lists_stand_beside_the_page_and_in_the_ledger(project: Path) -> None:
    actions = project / "outputs" / "shop" / "2017-11" / "actions"
    assert [file.name for file in actions.iterdir()] == ["welcome.csv"]
    assert (actions / "welcome.csv").read_text() == "customer_id,variant\n001,treatment\n002,control\n"
    ledger = Ledger.read(folder_of(project))
    assert [each.experiment_id for each in ledger.experiments] == ["welcome_2017_12"]
    assert ledger.rows()["customer_id"].tolist() == ["001", "002"]
    executed = (actions.parent / "playbook.ipynb").read_text()
    assert "002,control" not in executed


def test_a_rerun_gives_the_same_files_and_the_same_ledger_byte_for_byte(project: Path) -> None:
    before = shop.content(project / "outputs" / "shop"), shop.content(project / "data" / "shop")
    assert len(before[1]) == 2
    assert shop.run(project, month="2017-11").exit_code == 0
    assert (shop.content(project / "outputs" / "shop"), shop.content(project / "data" / "shop")) == before
    assert not list((project / "data").rglob("*.writing"))


def test_a_rerun_that_would_draw_anew_fails_and_leaves_everything(project: Path, tmp_path: Path) -> None:
    root = shop.write_project(tmp_path, {"playbook": lists(), "one": shop.good()})
    assert shop.run(root, month="2017-11").exit_code == 0
    before = shop.content(root / "data" / "shop")
    page = (root / "outputs" / "shop" / "2017-11" / "playbook.html").read_text()
    shop.write_project(root, {"playbook": lists(customers="\ncustomers = ['001']\n"), "one": shop.good()})
    result = shop.run(root, month="2017-11")
    assert [report.status for report in result.reports] == ["failed", "published"]
    assert "the list welcome of 2017-11 was issued before with other customers" in str(result.reports[0].reason)
    assert shop.content(root / "data" / "shop") == before
    assert (root / "outputs" / "shop" / "2017-11" / "playbook.html").read_text() == page


def test_two_reports_cannot_issue_one_list(tmp_path: Path) -> None:
    """The second of the set fails, as its customers are others; both may issue lists of their own."""
    notebooks = {
        "first": lists(by_name=False),
        "second": lists(customers="\ncustomers = ['003']\n", by_name=False),
        "third": lists("birthday"),
    }
    root = shop.write_project(tmp_path, notebooks)
    result = shop.run(root, month="2017-11")
    assert [report.status for report in result.reports] == ["published", "failed", "published"]
    assert [each.scenario for each in Ledger.read(folder_of(root)).experiments] == ["birthday", "welcome"]
    actions = root / "outputs" / "shop" / "2017-11" / "actions"
    assert sorted(file.name for file in actions.iterdir()) == ["birthday.csv", "first_welcome.csv"]


def test_a_failed_report_writes_nothing(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path, {"playbook": lists(more="raise ValueError"), "one": shop.good()})
    result = shop.run(root, month="2017-11")
    assert [report.status for report in result.reports] == ["failed", "published"]
    assert not (root / "data" / "shop").exists()
    shop.write_project(root, {"playbook": lists(), "one": shop.good()})
    assert shop.run(root, month="2017-11").exit_code == 0
    assert len(Ledger.read(folder_of(root)).rows()) == 2


def test_a_run_that_ends_before_publishing_has_its_lists_issued_by_the_next(tmp_path: Path) -> None:
    """The lists are in the ledger before a reader can send them; the next run publishes these."""
    root = shop.write_project(tmp_path, {"playbook": lists()})
    blocked = root / "outputs" / ".published"
    blocked.write_text("no folder")
    with pytest.raises(DataError, match="outputs/ cannot be written"):
        shop.run(root, month="2017-11")
    kept = shop.content(root / "data" / "shop")
    assert not (root / "outputs" / "shop").exists()
    blocked.unlink()
    assert shop.run(root, month="2017-11").exit_code == 0
    assert shop.content(root / "data" / "shop") == kept


def test_lists_make_the_report_of_tests_possible_a_month_later(tmp_path: Path) -> None:
    seen = "assert (root / 'data' / 'shop' / 'assignments').is_dir()"
    tests = shop.notebook(("Headline", shop.HEADLINE), ("Lists", seen), needs=[["transactions", "assignments"]])
    root = shop.write_project(tmp_path, {"playbook": lists(), "campaign": tests})
    first = shop.run(root, month="2017-11")
    assert [report.status for report in first.reports] == ["published", "skipped"]
    again = shop.run(root, month="2017-11")
    assert [report.status for report in again.reports] == ["published", "skipped"], "its own lists it does not see"
    later = shop.run(root, month="2017-12")
    assert [report.status for report in later.reports] == ["published", "published"]
    manifest = json.loads((root / "outputs" / "shop" / "2017-12" / "manifest.json").read_text())
    assert manifest["stores"]["shop"]["tables"]["assignments"]["rows_kept"] == 1
    assert Ledger.read(folder_of(root)).months == (NOVEMBER, DECEMBER)


def test_two_stores_of_a_set_have_ledgers_of_their_own(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path, {"playbook": lists(by_name=False)})
    file = root / "parameters" / "shop.yml"
    store = file.read_text().partition("store:\n")[2].partition("reports:\n")[0].replace("\n", "\n  ").rstrip(" ")
    stores = f"title: Two\nstores:\n  east:\n  {store}  west:\n  {store}"
    reports = "".join(f"  {name}: {{notebook: playbook, store: {name}}}\n" for name in ("east", "west"))
    file.write_text(f"{stores}reports:\n{reports}")
    assert shop.run(root, month="2017-11").exit_code == 0
    for name in ("east", "west"):
        assert Ledger.read(folder_of(root, store=name)).rows()["customer_id"].tolist() == ["001", "002"]
    actions = root / "outputs" / "shop" / "2017-11" / "actions"
    assert sorted(path.name for path in actions.iterdir()) == ["east_welcome.csv", "west_welcome.csv"]


def test_a_list_added_to_a_month_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path, {"playbook": lists()})
    assert shop.run(root, month="2017-11").exit_code == 0
    before = (folder_of(root) / "2017-11" / "welcome.csv").read_bytes()
    shop.write_project(root, {"playbook": lists(), "more": lists("birthday")})
    assert shop.run(root, month="2017-11").exit_code == 0
    assert (folder_of(root) / "2017-11" / "welcome.csv").read_bytes() == before
    named = json.loads((folder_of(root) / "2017-11" / EXPERIMENTS).read_text())
    assert [plain["scenario"] for plain in named] == ["birthday", "welcome"]


def experiment(scenario: str) -> ListedExperiment:
    return ListedExperiment(
        experiment_id=f"{scenario}_2017_12",
        scenario=scenario,
        kind="welcome",
        report=NOVEMBER,
        shares={"control": 1.0},
        offers={"control": "none"},
        channels={},
        customers={"control": 1},
        window_days=21,
        after_days=0,
        contact_cost=None,
        campaign_cost=0.0,
        start=date(2017, 12, 1),
        last_send=date(2017, 12, 1),
        verdict_on=date(2017, 12, 22),
    )


def shown(payload: dict[str, Any]) -> Any:
    from nbformat import v4

    output = v4.new_output("display_data", data={LEDGER: payload, "text/plain": "x"})
    return v4.new_notebook(cells=[v4.new_code_cell("", outputs=[output])])


def test_what_is_handed_to_the_ledger_leaves_the_notebook() -> None:
    notebook = shown({"experiment": experiment("welcome").to_plain(), "csv": HEADER + "\n"})
    assert collected(notebook).issued == [WrittenList(about=experiment("welcome"), csv=HEADER + "\n")]
    assert without_lists(notebook).cells[0].outputs[0].data == {"text/plain": "x"}


@pytest.mark.parametrize("scenario", ["../x", "", "a/b", "A B"])
def test_a_list_that_leads_elsewhere_is_refused(scenario: str) -> None:
    with pytest.raises(CollectError, match="none for the ledger"):
        collected(shown({"experiment": experiment(scenario).to_plain(), "csv": HEADER + "\n"}))


@pytest.mark.parametrize("payload", [{}, {"experiment": {}, "csv": ""}, {"experiment": {"report": "x"}, "csv": HEADER}])
def test_a_list_that_is_none_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(CollectError, match="cannot be read"):
        collected(shown(payload))

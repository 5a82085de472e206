"""Lists as a notebook hands them on: files for spreadsheets and for the store itself, hashes on the page."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from measures.actions.listed_shop import context_of, issued
from python_calamine import CalamineWorkbook
from runs import shop as project_shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.actions.lists import ActionLists
from retention_lib.reports.payloads import LEDGER, LIST
from retention_lib.settings.models import StoreSettings
from retention_lib.stores.ledger import Ledger
from retention_lib.stores.ledger_rows import list_csv
from retention_lib.stores.store import open_store
from retention_lib.workbench import open_report
from retention_lib.workbench.report import Report

ODD = ["0012", "00123", "=1+1", "+7 999 123", "@sum", "-a", "-5", "NA", "Ёж, Ко", 'с "кавычкой"', "9007199254740993"]
IDS = [*ODD, *(f"{number:05d}" for number in range(29))]


def quoted(id: str) -> str:
    return '"' + id.replace('"', '""') + '"'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose customers have ids of all kinds, and e-mail addresses."""
    root = project_shop.write_project(tmp_path_factory.mktemp("lists"), {"playbook": project_shop.good()})
    sales = [("2026-05-05", quoted(id), "10.00") for id in IDS]
    project_shop.write_sales(root, [*sales, ("2026-06-30", "last", "1.00")])
    addresses = [f"{quoted(id)},email,buyer{place}@shop.example" for place, id in enumerate(IDS)]
    (root / "data" / "identities.csv").write_text("\n".join(["customer_id,kind,value", *addresses]) + "\n")
    file = root / "parameters" / "shop.yml"
    file.write_text(file.read_text().replace("reports:\n", "    identities: {path: data/identities.csv}\nreports:\n"))
    return root


def lists_of(report: Report, *, scenario: str = "reactivation", **columns: Any) -> ActionLists:
    return issued(context_of(report.store), {scenario: IDS}, **columns)


def handed_on(
    report: Report, result: ActionLists | NotEnough, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    """What a report shows of lists; outside a notebook a display is a printed mapping."""
    capsys.readouterr()
    report.action_lists(result)
    return [ast.literal_eval(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def report(project: Path) -> Report:
    return open_report(str(project / "parameters" / "shop.yml"), "playbook", month="2026-06")


@pytest.fixture
def file(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    """The list of a month as text of CSV."""
    shown = handed_on(report, lists_of(report), capsys)
    return str(next(output[LIST]["csv"] for output in shown if LIST in output))


def test_lists_are_handed_on_with_their_ledger_and_the_page_shows_hashes(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = lists_of(report, channel="ads", scenario="retargeting")
    shown = handed_on(report, lists, capsys)
    files = {output[LIST]["name"]: output[LIST] for output in shown if LIST in output}
    assert sorted(files) == ["retargeting", "retargeting_audience"]
    assert all(each["by_name"] for each in files.values())
    assert [output["text/plain"] for output in shown if LIST in output] == [
        "actions/retargeting.csv",
        "actions/retargeting_audience.csv",
    ]
    audience = files["retargeting_audience"]["csv"].splitlines()
    assert audience[0] == "Email"
    assert len(audience) == 1 + lists.contacts("retargeting") == 33
    assert all(re.fullmatch("[0-9a-f]{64}", line) for line in audience[1:])
    kept = next(output[LEDGER] for output in shown if LEDGER in output)
    assert kept["csv"] == list_csv(lists.rows("retargeting"))
    assert kept["experiment"] == lists.experiments[0].to_plain()
    page = "".join(output.get("text/html", "") for output in shown)
    assert "32" in page
    first = lists.table[lists.table["variant"] == "treatment"]["customer_id"].iloc[0]
    assert report.store.hashed_id(first) in page
    assert not any(f">{id}<" in page for id in IDS)


def test_a_report_beside_another_of_its_notebook_puts_its_id_before_the_names(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project / "parameters" / "shop.yml").read_text()
    (project / "parameters" / "pair.yml").write_text(f"{text}  other: {{notebook: playbook}}\n")
    report = open_report(str(project / "parameters" / "pair.yml"), "other", month="2026-06")
    shown = handed_on(report, lists_of(report), capsys)
    payload = next(output for output in shown if LIST in output)
    assert (payload["text/plain"], payload[LIST]["by_name"]) == ("actions/other_reactivation.csv", False)


def test_what_cannot_be_listed_is_said(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    shown = handed_on(report, NotEnough("assignments", 0, 1), capsys)
    assert [set(output) for output in shown] == [{"text/html", "text/plain"}]


def test_a_spreadsheet_finds_no_formula_in_a_list_and_every_id_as_text(file: str, tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(file, newline=""), strict=True))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    assert not [cell.coordinate for row in book.active.iter_rows() for cell in row if cell.data_type == "f"]
    book.save(tmp_path / "list.xlsx")
    told = CalamineWorkbook.from_path(tmp_path / "list.xlsx").get_sheet_by_index(0).to_python()
    ids = sorted(str(row[0]) for row in told[1:])
    marked = {"=1+1", "+7 999 123", "@sum", "-a"}
    assert ids == sorted(f"'{id}" if id in marked else id for id in IDS)


def test_a_list_is_read_again_with_its_zeros(file: str, tmp_path: Path) -> None:
    """As the assignments of a store: UTF-8, times as planned, every id that is not marked as it is."""
    (tmp_path / "list.csv").write_text(file, encoding="utf-8", newline="")
    (tmp_path / "sales.csv").write_text("customer_id,ordered_at,amount\n0012,2026-05-05,1\n")
    source = {"path": "list.csv", "columns": {"assigned_at": "send_at"}}
    tables = {"transactions": {"path": "sales.csv"}, "assignments": source}
    settings = {"timezone": "Europe/Moscow", "currency": "RUB", "tables": tables}
    store = open_store("shop", StoreSettings.model_validate(settings), root=tmp_path)
    found = store.table("assignments").to_pyarrow().to_pylist()
    plain = [id for id in IDS if id not in {"=1+1", "+7 999 123", "@sum", "-a"}]
    assert set(plain) <= {row["customer_id"] for row in found}
    assert len(found) == len(IDS)
    control = [row for row in found if row["variant"] == "control"]
    assert len(control) == 8
    assert {str(row["assigned_at"]) for row in found} == {"2026-07-02 10:00:00", "None"}


def test_the_ledger_is_read_by_the_store_with_every_id_as_it_is(report: Report, tmp_path: Path) -> None:
    lists = lists_of(report)
    (tmp_path / "ledger.csv").write_text(list_csv(lists.rows("reactivation")), encoding="utf-8", newline="")
    (tmp_path / "sales.csv").write_text("customer_id,ordered_at,amount\n0012,2026-05-05,1\n")
    tables = {"transactions": {"path": "sales.csv"}, "assignments": {"path": "ledger.csv"}}
    settings = {"timezone": "Europe/Moscow", "currency": "RUB", "tables": tables}
    store = open_store("shop", StoreSettings.model_validate(settings), root=tmp_path)
    found = store.table("assignments").to_pyarrow().to_pylist()
    assert sorted(row["customer_id"] for row in found) == sorted(IDS)
    assert lists.marked == 4


def test_a_list_of_the_ledger_is_handed_on_with_the_same_bytes(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    first = lists_of(report)
    before = handed_on(report, first, capsys)
    report.store.use_lists(Ledger().with_lists(first.experiments, first.table))
    again = issued(context_of(report.store, ledger=report.store.lists), {"reactivation": IDS})
    assert handed_on(report, again, capsys) == before

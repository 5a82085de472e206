"""Real data checks: papermill, kernels and pages of a tiny notebook in a temporary project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import shop

from retention_lib.runs import RunResult, make_check
from retention_lib.settings import load_set
from retention_lib.stores.errors import DataError

pytestmark = pytest.mark.xdist_group("check")

SHOWN = """
facts = {"id": report_id, "set_title": "Test shop", "store_title": "Shop", "month": month,
         "data_to": None, "language": "en", "currency": "RUB"}
display({"application/vnd.retention.report+json": facts, "text/plain": report_id}, raw=True)
verdict = {"status": "watch", "sentence": f"Sales are {value}"}
display({"application/vnd.retention.verdict+json": verdict, "text/html": f"<p>{value}</p>"}, raw=True)
record = {"id": "revenue_total", "value": value, "unit": "money", "formula": "sum", "n": 5}
display({FIGURE: record, "text/plain": "x"}, raw=True)
display({"application/vnd.retention.cards+json": ["revenue_total"], "text/html": "<ul></ul>"}, raw=True)
"""

RULES = """
alerts = [{"level": "warn", "word": "Take care", "title": "Gap.", "sentence": "No sales in [May] 2017."}]
display({"application/vnd.retention.alerts+json": alerts, "text/html": "<p>No sales in May.</p>"}, raw=True)
shown = {"caption": "Rules", "header": ["Rule", "Rows"], "numbers": [1], "rows": [["[red]no date", "17"]]}
table = {"name": "rules", "csv": "rule,rows\\nno date,17\\n", "shown": shown}
display({"application/vnd.retention.table+json": table, "text/html": "<p>t</p>"}, raw=True)
"""

TABLES = """    contacts:
      path: data/contacts.csv
reports:
"""


def check_notebook(*more: tuple[str, str]) -> dict[str, Any]:
    return shop.notebook(("Headline", SHOWN), ("Which rows broke a rule?", RULES), *more)


def check(root: Path, **options: Any) -> RunResult:
    return make_check(load_set(root / "parameters" / "shop.yml"), **options)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with a published month."""
    root = shop.write_project(tmp_path_factory.mktemp("check"), {"one": shop.good()})
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(check_notebook()))
    shop.write_sales(root, [*shop.SALES, ("2017-12-99", "004", "1.00")])
    assert shop.run(root).exit_code == 0
    return root


@pytest.fixture(scope="module")
def month(project: Path) -> dict[str, str]:
    """The month before any check."""
    return shop.content(project / "outputs" / "shop" / "2017-12")


@pytest.fixture(scope="module")
def first(project: Path, month: dict[str, str]) -> RunResult:
    return check(project)


@pytest.fixture(scope="module")
def folder(project: Path, first: RunResult) -> Path:
    return project / "outputs" / "shop" / "check"


def test_check_is_published_beside_the_month_and_leaves_it_alone(
    project: Path, folder: Path, first: RunResult, month: dict[str, str]
) -> None:
    assert (first.exit_code, first.folder) == (0, "check")
    assert [(report.id, report.status) for report in first.reports] == [("shop", "published")]
    assert sorted(shop.content(folder)) == [
        *("rejected/transactions.csv", "shop.figures.json", "shop.html", "shop.ipynb", "tables/shop/rules.csv"),
    ]
    assert shop.content(folder.parent / "2017-12") == month


def test_check_has_a_page_that_leads_back_to_the_set_and_a_manifest(folder: Path) -> None:
    page = (folder / "shop.html").read_text()
    assert '<a class="crumb" href="../index.html">Test shop: all reports</a>' in page
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["month"] is None
    assert manifest["stores"]["shop"]["tables"]["transactions"]["rows_rejected"] == 1
    assert "refused" not in manifest["stores"]["shop"]
    assert '"month = None"' in (folder / "shop.ipynb").read_text()


def test_set_index_links_to_the_check(folder: Path) -> None:
    index = (folder.parent / "index.html").read_text()
    assert '<a href="check/shop.html">Test shop</a>' in index
    assert "Sales are 56.0" in index
    assert 'href="2017-12/one.html"' in index
    assert 'href="check/shop.html"' not in (folder.parent / "2017-12" / "index.html").read_text()


def test_check_again_gives_the_same_bytes_and_the_same_screen(
    project: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shop.content(folder.parent)
    assert check(project, jobs=1).exit_code == 0
    assert shop.content(folder.parent) == before
    told = capsys.readouterr()
    assert told.out.splitlines()[0].startswith("Test shop ====")
    for line in (
        "! Sales are 56.0",
        "Sales, all data  RUB\u00a056",
        "Which rows broke a rule?",
        "! Take care: Gap. No sales in [May] 2017.",
        "[red]no date     17",
    ):
        assert line in told.out
    assert "published: " in told.err


def test_a_later_month_keeps_the_check_and_its_link(project: Path, folder: Path) -> None:
    before = shop.content(folder)
    assert shop.run(project, month="2017-11").exit_code == 0
    assert shop.content(folder) == before
    assert 'href="check/shop.html"' in (folder.parent / "index.html").read_text()


def test_a_check_before_any_month_is_published_alone(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(check_notebook()))
    assert check(root).exit_code == 0
    index = (root / "outputs" / "shop" / "index.html").read_text()
    assert "No month has been published yet." in index
    assert 'href="check/shop.html"' in index


def test_a_refused_table_is_on_the_page_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    file = root / "parameters" / "shop.yml"
    file.write_text(file.read_text().replace("reports:\n", TABLES))
    (root / "data" / "contacts.csv").write_text("customer_id,channel\n1,mail\n")
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(shop.notebook(("Headline", "1 / 0"))))
    assert check(root).exit_code == 3
    assert "data/contacts.csv" in capsys.readouterr().err
    said = "from retention_lib.workbench import open_check\nprint(dict(open_check(set_file, report_id).store.refused))"
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(check_notebook(("Refused", said))))
    result = check(root)
    assert result.exit_code == 3
    assert [report.status for report in result.reports] == ["published"]
    folder = root / "outputs" / "shop" / "check"
    (table,) = json.loads((folder / "manifest.json").read_text())["stores"]["shop"]["refused"].items()
    assert table[0] == "contacts"
    assert "data/contacts.csv" in table[1]
    assert "contacts" in json.loads((folder / "shop.ipynb").read_text())["cells"][-1]["outputs"][-1]["text"][0]
    with pytest.raises(DataError, match=r"data/contacts\.csv"):
        shop.run(root)


def test_a_failed_check_keeps_its_last_good_page(project: Path, folder: Path) -> None:
    good = (project / "notebooks" / "data_check.ipynb").read_text()
    before = shop.content(folder.parent)
    broken = shop.notebook(("Headline", "1 / 0"))
    (project / "notebooks" / "data_check.ipynb").write_text(json.dumps(broken))
    try:
        result = check(project)
    finally:
        (project / "notebooks" / "data_check.ipynb").write_text(good)
    assert (result.exit_code, result.published) == (3, None)
    assert shop.content(folder.parent) == before


TWO = """
title: Two shops
stores:
  east:
    timezone: Europe/Moscow
    currency: RUB
    tables:
      transactions:
        path: data/sales.csv
        columns: {customer_id: client, ordered_at: day, amount: sum}
  west:
    timezone: Europe/Moscow
    currency: RUB
    tables:
      transactions:
        path: data/sales.csv
        columns: {customer_id: client, ordered_at: day, amount: sum}
reports:
  one: {store: east}
"""


def test_every_store_of_a_set_is_checked_and_one_may_fail(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    (root / "parameters" / "shop.yml").write_text(TWO.lstrip())
    shop.write_sales(root, [*shop.SALES, ("2017-12-99", "004", "1.00")])
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(check_notebook()))
    assert check(root).exit_code == 0
    folder = root / "outputs" / "shop" / "check"
    west = (folder / "west.html").read_bytes()
    assert {"east.html", "west.html", "rejected/east.transactions.csv"} <= set(shop.content(folder))
    failing = check_notebook(("Later", 'print("changed")\nassert report_id != "west"'))
    (root / "notebooks" / "data_check.ipynb").write_text(json.dumps(failing))
    result = check(root)
    assert result.exit_code == 1
    assert [(report.id, report.status) for report in result.reports] == [("east", "published"), ("west", "failed")]
    assert (folder / "west.html").read_bytes() == west
    index = (folder.parent / "index.html").read_text()
    assert "The page behind the link is the last good one." in index
    assert "Stopped in the section Later: AssertionError." in index

"""Real runs: papermill, kernels and pages of tiny notebooks in a temporary project."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import shop

from retention_lib.runs import RunResult
from retention_lib.stores.errors import DataError, MonthError

pytestmark = pytest.mark.xdist_group("run")

FAIL = "\nraise ValueError('no row for Anna Petrova, anna@example.org')"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three reports, one of them for a table the shop does not have; the path has a space and Cyrillic."""
    root = tmp_path_factory.mktemp("a магазин") / "p"
    lacking = shop.good(needs=[["contacts"], ["loyalty_events"]])
    return shop.write_project(root, {"one": shop.good(), "two": shop.good(title="The second"), "loyal": lacking})


@pytest.fixture(scope="module")
def first(project: Path) -> RunResult:
    return shop.run(project)


@pytest.fixture(scope="module")
def month(project: Path, first: RunResult) -> Path:
    return project / "outputs" / "shop" / first.folder


def manifest(month: Path) -> dict[str, Any]:
    return json.loads((month / "manifest.json").read_text())


def test_run_publishes_and_skips(first: RunResult, month: Path) -> None:
    assert first.exit_code == 0
    assert [(r.id, r.status) for r in first.reports] == [
        ("one", "published"),
        ("two", "published"),
        ("loyal", "skipped"),
    ]
    assert first.folder == "2017-12"
    assert sorted(shop.content(month)) == [
        "index.html",
        *("one.figures.json", "one.html", "one.ipynb", "tables/one/sales.csv", "tables/two/sales.csv"),
        *("two.figures.json", "two.html", "two.ipynb"),
    ]


def test_run_says_which_table_a_skipped_report_lacks(month: Path) -> None:
    index = (month / "index.html").read_text()
    assert "Needs the table contacts or loyalty_events, which shop does not have." in index


def test_run_keeps_titles_and_verdicts_for_the_index(month: Path) -> None:
    index = (month / "index.html").read_text()
    assert "How is the shop?" in index
    assert "The second" in index
    assert "Sales are 55.0" in index
    assert "2017-12/one.html" in (month.parent / "index.html").read_text()


def test_run_writes_figures_rounded_and_tables_safe(month: Path) -> None:
    figures = json.loads((month / "one.figures.json").read_text())
    assert [figure["value"] for figure in figures] == [18.3333333333, None]
    with (month / "tables" / "one" / "sales.csv").open(newline="") as file:
        names = [row[0] for row in csv.reader(file)]
    assert names == ["name", "'=cmd|' /C calc'!A0", "'+7 999", "'@x", "'-a", "'\tb", "plain"]


def test_run_leaves_nothing_of_the_machine(project: Path, month: Path) -> None:
    for file in month.rglob("*"):
        if file.is_file() and file.name != "manifest.json":
            text = file.read_text()
            assert str(project) not in text
            assert str(project).encode("unicode_escape").decode() not in text
    assert 'set_file = \\"parameters/shop.yml\\"' in (month / "one.ipynb").read_text()


def test_run_writes_the_manifest(month: Path) -> None:
    content = manifest(month)
    sales = content["stores"]["shop"]["tables"]["transactions"]
    assert (sales["rows_in"], sales["rows_kept"], sales["amount_in"]) == (5, 5, "55.0000")
    assert len(sales["sha256"]) == 64
    assert content["versions"]["pandas"]
    assert content["reports"][0]["seconds"] > 0


def test_run_again_gives_the_same_bytes(project: Path, first: RunResult) -> None:
    before = shop.content(first.published)
    assert shop.run(project, jobs=1).exit_code == 0
    assert shop.content(first.published) == before


def test_run_leaves_no_process_and_nothing_half_made(project: Path, first: RunResult) -> None:
    assert shop.processes_of(project) == []
    assert list((project / "outputs" / ".building").iterdir()) == []
    assert len(list((project / "outputs" / ".published" / "shop").iterdir())) == 1


def test_run_of_a_month_outside_the_data_starts_nothing(project: Path, first: RunResult) -> None:
    before = shop.content(first.published)
    with pytest.raises(MonthError, match="2018-01 is not in the data"):
        shop.run(project, month="2018-01")
    assert shop.content(first.published) == before


def test_run_of_a_missing_file_is_refused(project: Path, first: RunResult) -> None:
    sales = project / "data" / "sales.csv"
    aside = sales.rename(sales.with_suffix(".aside"))
    try:
        with pytest.raises(DataError, match="sales"):
            shop.run(project)
    finally:
        aside.rename(sales)
    assert (first.published / first.folder / "one.html").is_file()


def test_run_beside_another_is_refused(project: Path, first: RunResult) -> None:
    with (project / "outputs" / ".locks" / "shop.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="another run of the set shop is under way"):
            shop.run(project)


@pytest.fixture(scope="module")
def troubled(project: Path, first: RunResult) -> Iterator[RunResult]:
    """The same project with one notebook that raises; the other one is changed."""
    good = (project / "notebooks" / "one.ipynb").read_text()
    broken = shop.notebook(("Headline", shop.HEADLINE + FAIL), ("Later", "1"))
    (project / "notebooks" / "one.ipynb").write_text(json.dumps(broken))
    fresh = 'from IPython.display import display\ndisplay({"text/html": "<p>new</p>"}, raw=True)'
    changed = shop.notebook(("Headline", shop.HEADLINE), ("Fresh", fresh))
    (project / "notebooks" / "two.ipynb").write_text(json.dumps(changed))
    yield shop.run(project)
    (project / "notebooks" / "one.ipynb").write_text(good)


def test_failed_report_names_section_and_error_but_nobody(troubled: RunResult) -> None:
    assert troubled.exit_code == 1
    reason = troubled.reports[0].reason
    assert reason == "Stopped in the section Headline: ValueError: no row for Anna Petrova, [hidden]."


def test_failed_report_keeps_its_last_good_files(troubled: RunResult, month: Path) -> None:
    assert "How much?" in (month / "one.html").read_text()
    assert {"one.figures.json", "one.ipynb", "tables/one/sales.csv"} <= set(shop.content(month))
    assert "Fresh" in (month / "two.html").read_text()
    assert "tables/two/sales.csv" not in shop.content(month)


def test_failed_report_is_explained_on_the_index(troubled: RunResult, month: Path) -> None:
    index = (month / "index.html").read_text()
    assert "Stopped in the section Headline: ValueError" in index
    assert 'href="one.html"' in index
    assert "anna@example.org" not in index
    assert manifest(month)["reports"][0]["last_good"] == "2017-12"


def test_failed_report_of_another_month_links_to_its_last_good_page(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good(), "two": shop.good()})
    assert shop.run(root, month="2017-11").exit_code == 0
    november = shop.content(root / "outputs" / "shop" / "2017-11")
    inode = (root / "outputs" / "shop" / "2017-11" / "one.html").stat().st_ino
    broken = shop.notebook(("Headline", "1 / 0"))
    (root / "notebooks" / "one.ipynb").write_text(json.dumps(broken))
    result = shop.run(root, month="2017-12")
    assert result.exit_code == 1
    december = root / "outputs" / "shop" / "2017-12"
    assert not (december / "one.html").exists()
    assert 'href="../2017-11/one.html"' in (december / "index.html").read_text()
    assert shop.content(root / "outputs" / "shop" / "2017-11") == november
    assert (root / "outputs" / "shop" / "2017-11" / "one.html").stat().st_ino == inode
    front = (root / "outputs" / "shop" / "index.html").read_text()
    assert "November" in front
    assert "December" in front
    assert "aria-label" in (december / "index.html").read_text()


def test_run_with_every_report_failed_publishes_nothing(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    assert shop.run(root).exit_code == 0
    before = shop.content(root / "outputs" / "shop")
    (root / "notebooks" / "one.ipynb").write_text(json.dumps(shop.notebook(("Headline", "1 / 0"))))
    result = shop.run(root)
    assert (result.exit_code, result.published) == (3, None)
    assert shop.content(root / "outputs" / "shop") == before


STUBBORN = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"


def test_failed_kernels_take_nobody_along(tmp_path: Path) -> None:
    """A kernel killed, a worker killed, a cell that never ends, exit(), and a page that cannot be made."""
    notebooks = {
        "killed": shop.notebook(("Headline", "1"), ("Memory", "import os\nos.kill(os.getpid(), 9)")),
        "orphan": shop.notebook(("Worker", "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)")),
        "endless": shop.notebook(("Patience", STUBBORN)),
        "leaves": shop.notebook(("Headline", "raise SystemExit"), ("Never", "1")),
        "twice": shop.notebook(("Headline", shop.HEADLINE), ("Again", shop.HEADLINE + "\nvalue = 1\n" + shop.HEADLINE)),
        "fine": shop.good(),
    }
    root = shop.write_project(tmp_path / "p", notebooks)
    result = shop.run(root, timeout_seconds=6)
    reasons = {report.id: report.reason for report in result.reports}
    assert result.exit_code == 1
    lost = "Its process was ended from outside in the section {}; perhaps memory ran out."
    assert reasons["killed"] == lost.format("Memory")
    assert reasons["orphan"] == lost.format("Worker")
    assert reasons["endless"] == "Took longer than 6 seconds, in the section Patience."
    assert reasons["leaves"].startswith("Stopped in the section Headline: ")
    assert "figure revenue_total is shown twice" in reasons["twice"]
    assert reasons["fine"] is None
    assert shop.processes_of(root) == []


ENVIRONMENT = """
import os
names = ("MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RETENTION_THREADS", "PYTHONHASHSEED")
print({name: os.environ.get(name) for name in names}, os.getcwd() == str(root / "notebooks"))
import sys
print(os.environ["IPYTHONDIR"], sys.argv[2].startswith(os.environ["IPYTHONDIR"]))
"""


def test_kernels_have_an_environment_of_their_own(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {id: shop.notebook(("Headline", ENVIRONMENT)) for id in "ab"})
    assert shop.run(root).exit_code == 0
    texts = []
    for id in "ab":
        executed = json.loads((root / "outputs" / "shop" / "2017-12" / f"{id}.ipynb").read_text())
        texts.append("".join(executed["cells"][-1]["outputs"][0]["text"]))
    assert all("'agg'" in text and "'RETENTION_THREADS': '1'" in text and "} True" in text for text in texts)
    assert all(text.endswith(" True\n") for text in texts)
    assert texts[0] != texts[1]
    assert sorted(path.name for path in (root / "notebooks").iterdir()) == ["a.ipynb", "b.ipynb"]


def test_rejected_rows_are_published(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    many = [("2017-12-01", f"{n:03d}", "1.00") for n in range(60)]
    shop.write_sales(root, [*shop.SALES, *many, ("2017-12-99", "=1+1", "1.00")])
    (root / "notebooks" / "one.ipynb").write_text(json.dumps(shop.notebook(("Headline", "1"))))
    assert shop.run(root).exit_code == 0
    text = (root / "outputs" / "shop" / "2017-12" / "rejected" / "transactions.csv").read_text()
    assert "'=1+1" in text
    assert len(text.splitlines()) == 2


def test_outputs_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    (root / "outputs").rmdir()
    (root / "outputs").write_text("a file")
    with pytest.raises(DataError, match="outputs/ cannot be written"):
        shop.run(root)


def test_a_folder_in_the_place_of_the_link_is_left_alone(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good()})
    (root / "outputs" / "shop").mkdir()
    with pytest.raises(DataError, match="was not made by this toolkit"):
        shop.run(root)
    assert (root / "outputs" / "shop").is_dir()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk_leaves_the_last_reports(tmp_path: Path, small_disk: Path) -> None:
    root = shop.write_project(tmp_path / "p", {"one": shop.good(), "two": shop.good()})
    (root / "outputs").rmdir()
    (root / "outputs").symlink_to(small_disk)
    assert shop.run(root).exit_code == 0
    before = shop.content(root / "outputs" / "shop")
    subprocess.run(["dd", "if=/dev/zero", f"of={small_disk / 'filler'}", "bs=1k"], check=False, capture_output=True)
    with pytest.raises(DataError, match="is full"):
        shop.run(root)
    assert shop.content(root / "outputs" / "shop") == before

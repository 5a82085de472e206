"""`retention check` on a shop with planted faults: page, screen and exit code tell the same."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from acceptance.conftest import Run, project_copy, retention

pytestmark = pytest.mark.xdist_group("lavka")

PARAMETERS = """title: Лавка
store:
  timezone: Europe/Moscow
  currency: RUB
  assumptions: [currency, timezone]
  tables:
    transactions:
      path: data/orders.csv
      columns: {customer_id: client, ordered_at: day, amount: sum, order_id: doc}
reports:
  churn_diagnosis: {}
"""
CONTACTS = "    contacts: {path: data/contacts.csv}\nreports:"


def sales() -> list[list[str]]:
    """Half a year of forty customers, none of it in March."""
    rows = []
    for customer in range(1, 41):
        for visit in range(12):
            day = date(2026, 1, 1) + timedelta(days=(customer * 7 + visit * 15) % 181)
            if day.month != 3:
                rows.append([f"{customer:08d}", f"D{len(rows)}", day.isoformat(), "100.50"])
    return rows


FAULTS = [
    ["", "A1", "2026-05-02", "50.25"],
    ["00000003", "A2", "2026-02-31", "100.00"],
    sales()[0],
    ["1", "A3", "2026-05-03", "20.00"],
]


def written(root: Path) -> Path:
    (root / "parameters" / "lavka.yml").write_text(PARAMETERS)
    with (root / "data" / "orders.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["client", "doc", "day", "sum"], *sales(), *FAULTS])
    return root


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return retention(written(project_copy(tmp_path_factory.mktemp("check"))), "check", "--set", "lavka")


@pytest.fixture(scope="module")
def folder(checked: Run) -> Path:
    assert checked.exit_code == 0, checked.said
    return checked.root / "outputs" / "lavka" / "check"


def payloads(folder: Path, kind: str) -> Iterator[Any]:
    for cell in json.loads((folder / "lavka.ipynb").read_text())["cells"]:
        for output in cell.get("outputs", []):
            if (mime := f"application/vnd.retention.{kind}+json") in output.get("data", {}):
                yield output["data"][mime]


def words(text: str) -> str:
    return " ".join(text.split())


def page_text(folder: Path) -> str:
    body = (folder / "lavka.html").read_text().partition("</style>")[2]
    return words(html.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u2060", ""))


def test_rows_and_kopecks_of_the_page_are_those_of_the_file(folder: Path) -> None:
    figures = {figure["id"]: figure["value"] for figure in json.loads((folder / "lavka.figures.json").read_text())}
    good = len(sales())
    assert figures["rows_in"] == good + 4
    assert figures["rows_kept"] == good + 1
    assert (figures["rows_rejected"], figures["rows_merged"]) == (2, 1)
    assert figures["share_without_customer"] == pytest.approx(1 / (good + 3))  # the repeated row is no further sale
    with (folder / "tables" / "lavka" / "rows.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["amount_in"]) == pytest.approx(good * 100.50 + 50.25 + 100 + 100.50 + 20)
    assert float(row["amount_kept"]) == pytest.approx(good * 100.50 + 20)


def test_what_was_planted_is_found(folder: Path) -> None:
    with (folder / "tables" / "lavka" / "rules.csv").open(newline="") as file:
        rules = {rule["reason"]: rule for rule in csv.DictReader(file)}
    assert {"missing_customer_id", "unreadable_ordered_at"} <= set(rules)
    line = len(sales()) + 2
    assert f"orders.csv:{line}" in rules["missing_customer_id"]["examples"]
    with (folder / "rejected" / "transactions.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2
    page = page_text(folder)
    assert "Assumed, not known: currency (RUB) and time zone (Europe/Moscow)." in page
    assert "2026" in page
    assert "March" in page


def test_screen_and_page_say_the_same(checked: Run, folder: Path) -> None:
    page, screen = page_text(folder), words(checked.said)
    assert "Лавка ===" in screen
    assert "formula" not in screen
    alerts = [alert for shown in payloads(folder, "alerts") for alert in shown]
    assert {alert["level"] for alert in alerts} >= {"warn", "ok"}
    for alert in alerts:
        for text in (alert["title"], alert["sentence"]):
            assert words(text) in page
        assert words(f"{alert['word']}: {alert['title']} {alert['sentence']}") in screen
    (verdict,) = payloads(folder, "verdict")
    assert words(verdict["sentence"]) in page
    assert words(verdict["sentence"]) in screen
    tables = [table["shown"] for table in payloads(folder, "table") if "shown" in table]
    assert len(tables) >= 3
    for table in tables:
        assert (words(table["caption"]) in screen) == bool(table["brief"])
        for place, row in enumerate(table["rows"]):
            assert words(row[0]) in page
            if place in table["brief"]:
                assert words(row[0]).split()[0] in screen
    assert screen.index(words(verdict["sentence"])) < screen.index(words(alerts[0]["sentence"]))
    assert screen.index(words(alerts[0]["sentence"])) < screen.index(words(tables[0]["caption"]))


def test_only_reports_asked_for_are_judged_and_what_to_mend_is_named(checked: Run, folder: Path) -> None:
    (verdict,) = payloads(folder, "verdict")
    assert verdict["sentence"].startswith("The data can carry the report. To look at: ")
    for text in (page_text(folder), words(checked.said)):
        assert "Test of a campaign" not in text
        assert "Check the repeated rows" in text
        assert "write duplicates: keep" in text


def test_no_customer_s_id_is_shown(checked: Run, folder: Path) -> None:
    shown = [folder / "lavka.html", folder / "lavka.ipynb", folder / "lavka.figures.json", folder / "manifest.json"]
    shown += folder.rglob("tables/**/*.csv")
    for text in (checked.said, *(file.read_text() for file in shown)):
        assert "00000003" not in text
        assert not re.search(r"\b000000\d\d\b", text)


def test_a_table_that_breaks_is_a_stop_on_page_and_screen(tmp_path: Path) -> None:
    root = written(project_copy(tmp_path))
    file = root / "parameters" / "lavka.yml"
    file.write_text(PARAMETERS.replace("reports:", CONTACTS))
    (root / "data" / "contacts.csv").write_text("customer_id,channel\n00000001,email\n")
    done = retention(root, "check", "--set", "lavka")
    assert done.exit_code == 3, done.said
    page = page_text(root / "outputs" / "lavka" / "check")
    for text in (page, words(done.said)):
        assert "contacts.csv" in text
        assert "sent_at" in text
        assert "Do not rely on this" in text
    assert "Traceback" not in done.said


def test_a_shop_without_any_table_that_can_be_used_is_still_told(tmp_path: Path) -> None:
    root = written(project_copy(tmp_path))
    (root / "data" / "orders.csv").write_text("")
    done = retention(root, "check", "--set", "lavka")
    assert done.exit_code == 3, done.said
    for text in (words(done.said), page_text(root / "outputs" / "lavka" / "check")):
        assert "orders.csv" in text
        assert "The store has no sales that can be read." in text
        assert "Every row and every cent" not in text
        assert "broke a rule" not in text.replace("Which rows broke a rule?", "")
        assert "nothing to note" not in text


def test_a_wrong_parameter_stops_before_any_table_is_read(tmp_path: Path) -> None:
    root = written(project_copy(tmp_path))
    file = root / "parameters" / "lavka.yml"
    file.write_text(PARAMETERS.replace("currency: RUB", "currency: roubles"))
    done = retention(root, "check", "--set", "lavka")
    assert done.exit_code == 2
    assert "store.currency" in done.said
    assert not (root / "outputs").exists()

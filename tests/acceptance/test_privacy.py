"""Names, phones, e-mails, addresses and clear ids stay in the data: none on a page, in a notebook or an error."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from acceptance.conftest import Run, project_copy, retention
from acceptance.people import PEOPLE, write, write_shop

from retention_lib.settings import load_set
from retention_lib.stores.errors import DataError
from retention_lib.stores.store import open_store

pytestmark = pytest.mark.xdist_group("persons")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = project_copy(tmp_path_factory.mktemp("persons"))
    write_shop(root)
    return retention(root, "report", "--set", "persons")


def traces(text: str) -> list[str]:
    """What of a person stands in a text, however it is written there: escaped, in capitals, with marks in a phone."""
    plain = html.unescape(text)
    if "\\u" in plain:
        plain += re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), plain)
    plain = plain.casefold()
    digits = re.sub(r"[^\d\n]", "", plain)
    return [
        trace
        for person in PEOPLE
        for trace in person.traces
        if trace.casefold() in plain or (trace.isdecimal() and trace in digits)
    ]


def published(root: Path, *, rejected: bool = False) -> Iterator[Path]:
    """Every file a run left: rows to be mended only when asked for, lists of whom to contact never."""
    for path in sorted((root / "outputs").rglob("*")):
        if path.is_file() and "actions" not in path.parts and ("rejected" in path.parts) == rejected:
            yield path


def test_traces_are_found_however_they_are_written() -> None:
    person = PEOPLE[3]
    for text in (
        person.name.upper(),
        f"<td>{html.escape(person.address)}</td>",
        json.dumps({"name": person.name}),
        f"{person.phone[:2]} ({person.phone[2:5]}) {person.phone[5:8]}-{person.phone[8:10]}-{person.phone[10:]}",
        f"id={person.client}",
    ):
        assert traces(text), text
    assert not traces("Nobody, of 123 customers")


def test_reports_of_a_shop_of_persons_are_made(run: Run) -> None:
    # The failing notebook and the campaign nobody was mailed by fail; the others are published.
    assert run.exit_code == 1, run.said
    manifest = json.loads((run.root / "outputs" / "persons" / "2026-06" / "manifest.json").read_text())
    status = {report["id"]: report["status"] for report in manifest["reports"]}
    failed = {id for id, word in status.items() if word == "failed"}
    assert failed == {"failing", "loyalty_of_nobody"}
    assert set(status.values()) == {"published", "failed"}


def test_no_person_is_in_anything_published(run: Run) -> None:
    files = list(published(run.root))
    assert {path.suffix for path in files} >= {".html", ".ipynb", ".json", ".csv"}
    found = {str(path.relative_to(run.root)): traces(path.read_text(encoding="utf-8")) for path in files}
    assert not {name: seen[:3] for name, seen in found.items() if seen}


def test_no_person_is_on_the_screen(run: Run) -> None:
    assert "ValueError: could not convert string to float: '[hidden]'" in run.said
    assert not traces(run.said)


def test_pages_still_say_what_they_are_about(run: Run) -> None:
    page = (run.root / "outputs" / "persons" / "2026-06" / "churn_by_address.html").read_text()
    assert "values with fewer than 5 customers" in page


def test_rejected_rows_hold_no_column_that_was_not_mapped(run: Run) -> None:
    folder = run.root / "outputs" / "persons" / "2026-06" / "rejected"
    header, *rows = (folder / "transactions.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    assert "mail" not in header.split(",")


def test_keys_of_a_set_are_beside_the_data_and_never_published(run: Run) -> None:
    for file in (run.root / "data" / ".keys").glob("*"):
        key = file.read_text().strip()
        assert not any(key in path.read_text(encoding="utf-8") for path in published(run.root))


def test_the_check_names_nobody_either(tmp_path: Path) -> None:
    root = project_copy(tmp_path)
    write_shop(root)
    done = retention(root, "check", "--set", "persons")
    assert done.exit_code == 0, done.said
    assert not traces(done.said)
    files = list(published(root))
    assert any(path.suffix == ".html" for path in files)
    found = {str(path.relative_to(root)): traces(path.read_text(encoding="utf-8")) for path in files}
    assert not {name: seen[:3] for name, seen in found.items() if seen}


def ruined(rows: list[list[str]], kind: str) -> list[list[str]]:
    """Exports that are refused, each because of something personal."""
    header, *orders = rows
    person = PEOPLE[5]
    spoken = f"8 ({person.phone[2:5]}) {person.phone[5:8]}-{person.phone[8:10]}-{person.phone[10:]}"
    ruins = {
        "no header": orders,
        "names for dates": [header, *([*row[:5], person.name, row[6]] for row in orders)],
        "mails for amounts": [header, *([*row[:6], person.mail] for row in orders)],
        "phones for amounts": [header, *([*row[:6], spoken] for row in orders)],
        "a row too long": [*rows[:9], [*rows[9], person.name, person.phone], *rows[10:]],
        "contacts for column names": [[person.mail, header[1], person.phone, *header[3:]], *orders],
    }
    return ruins[kind]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project_copy(tmp_path_factory.mktemp("ruined"))
    write_shop(root)
    return root


@pytest.mark.parametrize(
    "kind",
    [
        "no header",
        "names for dates",
        "mails for amounts",
        "phones for amounts",
        "a row too long",
        "contacts for column names",
    ],
)
def test_errors_about_a_file_name_nobody(shop: Path, kind: str) -> None:
    file = shop / "data" / "persons" / "orders.csv"
    good = file.read_bytes()
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    ruin = ruined(rows, kind)
    write(file, ruin[0], ruin[1:])
    settings = load_set(shop / "parameters" / "persons.yml")
    ((name, store),) = settings.stores.items()
    try:
        with pytest.raises(DataError, match=r"orders\.csv") as refused:
            open_store(name, store, root=shop, set_name=settings.name)
    finally:
        file.write_bytes(good)
    assert not traces(str(refused.value))

"""What the third cell of a notebook opens."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from runs import shop

from retention_lib.models.estimates import NotEnough
from retention_lib.workbench import open_check, open_report

ALERTS = "application/vnd.retention.alerts+json"


def displayed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was shown since the last look; outside a notebook a display is a printed mapping."""
    return [ast.literal_eval(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A shop with a table that breaks its contract; its currency is assumed."""
    root = shop.write_project(tmp_path, {"one": shop.good(), "data_check": shop.good()})
    (root / "data" / "contacts.csv").write_text("customer_id,channel\n1,mail\n")
    file = root / "parameters" / "shop.yml"
    text = file.read_text().replace("reports:\n", "    contacts: {path: data/contacts.csv}\nreports:\n")
    file.write_text(text.replace("  currency: RUB\n", "  currency: RUB\n  assumptions: [currency]\n"))
    return root


def test_a_check_leaves_broken_tables_out_and_names_them(project: Path) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    assert (report.id, report.month, report.store.tables) == ("shop", None, ("transactions",))
    assert list(report.store.refused) == ["contacts"]
    assert isinstance(report.merging, NotEnough)
    assert report.merging.groups_unmerged is report.merging


def test_a_check_may_be_a_report_of_the_set(project: Path) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "data_check")
    assert (report.id, report.store.name) == ("data_check", "shop")


def test_a_report_without_the_check_s_notebook_is_no_store(project: Path) -> None:
    with pytest.raises(LookupError, match="has no store 'one'; it has: shop"):
        open_check(str(project / "parameters" / "shop.yml"), "one")
    with pytest.raises(LookupError, match="has no report 'shop'"):
        open_report(str(project / "parameters" / "shop.yml"), "shop")


def test_alerts_say_what_the_store_assumes_in_html_and_payload(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    report.alerts(report.economics)
    _, output = displayed(capsys)
    sentences = [alert["sentence"] for alert in output[ALERTS]]
    assert sentences[-1] == "Assumed, not known: currency (RUB)."
    assert all(sentence in output["text/html"] for sentence in sentences)


def test_a_refusal_is_said_once_by_finding_and_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    report.finding(report.merging)
    report.table("persons", report.merging)
    report.table("groups", report.merging.groups_unmerged)
    _, output = displayed(capsys)
    assert "no table of identities" in output["text/html"]
    assert "no table of identities" in output["text/plain"]

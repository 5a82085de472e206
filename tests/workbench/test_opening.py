"""What the third cell of a notebook opens."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from runs import shop

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.reports.charts.shape import plot_shop_shape
from retention_lib.workbench import open_check, open_report
from retention_lib.workbench.outputs import each_refusal_once

ALERTS, CARDS = "application/vnd.retention.alerts+json", "application/vnd.retention.cards+json"
FIGURE = "application/vnd.retention.figure+json"


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


def test_a_check_knows_which_reports_the_set_asks_for_about_the_store(project: Path) -> None:
    assert open_check(str(project / "parameters" / "shop.yml"), "shop").asked == ("one", "data_check")
    file = project / "parameters" / "shop.yml"
    store = file.read_text().partition("store:\n")[2].partition("reports:\n")[0].replace("\n", "\n  ")
    stores = f"title: Two\nstores:\n  east:\n  {store.rstrip(' ')}  west:\n  {store.rstrip(' ')}"
    file.write_text(f"{stores}reports:\n  one: {{store: east}}\n")
    assert open_check(str(file), "east").asked == ("one",)
    assert open_check(str(file), "west").asked == ()


def test_nothing_to_do_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    report.actions()
    _, output = displayed(capsys)
    assert output["text/plain"] == "Nothing needs to be done."
    assert "Nothing needs to be done." in output["text/html"]


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


def test_what_is_not_asked_shows_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    shown = len(displayed(capsys))
    nothing = NotAsked("simulated_store", 0, 1)
    report.figure("shape_one_time", nothing.one_time)
    report.chart(plot_shop_shape, nothing)
    report.table("shape", nothing)
    report.finding(nothing)
    assert (shown, displayed(capsys)) == (1, [])


def test_what_is_not_asked_is_neither_a_step_nor_a_doubt() -> None:
    nothing, too_few = NotAsked("simulated_store", 0, 1), NotEnough("customers", 3, 30)
    assert each_refusal_once([nothing, too_few, 7, too_few], []) == [too_few, 7]


def test_cards_of_what_is_not_asked_are_left_out(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    report.figure("did_effect", Estimate(1.5, low=0.5, high=2.5, level=0.95, n=40))
    report.figure("programme_profit", NotAsked("loyalty_events", 0, 1))
    report.figure("naive_difference", NotEnough("customers_control", 0, 2))
    displayed(capsys)
    report.cards("did_effect", "programme_profit", "naive_difference")
    (output,) = displayed(capsys)
    assert output[CARDS] == ["did_effect", "naive_difference"]
    assert output["text/html"].count('<li class="card">') == 2
    assert "Programme profit" not in output["text/html"]


def test_a_card_without_its_figure_is_a_fault_of_the_notebook(project: Path) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    with pytest.raises(KeyError, match="did_effect"):
        report.cards("did_effect")


def test_a_real_store_has_no_public_peers(project: Path) -> None:
    assert open_check(str(project / "parameters" / "shop.yml"), "shop").public_peers() == ()


@pytest.mark.parametrize(
    ("last", "outcome"),
    [("2017-12-31", 7), ("2017-12-30", 7), ("2017-12-04", NotEnough("month_whole", 4, 31))],
)
def test_a_month_that_is_not_over_is_not_compared_with_the_one_before(
    tmp_path: Path, last: str, outcome: int | NotEnough
) -> None:
    file = str(shop.write_project(tmp_path, {"one": shop.good()}) / "parameters" / "shop.yml")
    shop.write_sales(tmp_path, [*shop.SALES[:3], (last, "003", "20.00")])
    assert open_report(file, "one", month="2017-12").comparable(7) == outcome
    earlier = open_report(file, "one", month="2017-11")
    assert earlier.comparable(7) == 7


@pytest.mark.parametrize(
    ("last_day", "seen_until", "over"),
    [("2020-02-29", "2020-03-01", True), ("2020-02-28", "2020-03-01", True), ("2020-02-15", "2020-02-16", False)],
)
def test_a_month_that_is_not_over_is_seen_as_far_as_the_data(
    tmp_path: Path, last_day: str, seen_until: str, over: bool
) -> None:
    root = shop.write_project(tmp_path, {"one": shop.good()})
    shop.write_sales(root, [("2020-01-05", "1", "10"), (last_day, "2", "10")])
    report = open_report(str(root / "parameters" / "shop.yml"), "one", month="2020-02")
    assert report.seen_until.isoformat() == seen_until
    assert report.told_until == report.seen_until
    assert (report.comparable(5) == 5) is over


def test_a_store_without_a_sale_has_nothing_to_speak_about(tmp_path: Path) -> None:
    root = shop.write_project(tmp_path, {"one": shop.good()})
    shop.write_sales(root, [("2020-01-05", "1", "-10")])
    report = open_report(str(root / "parameters" / "shop.yml"), "one")
    with pytest.raises(LookupError, match="has no sales"):
        _ = report.coverage


@pytest.mark.parametrize(("as_of", "told_until"), [("", date.max), ("  as_of: 2026-03-31\n", date(2026, 4, 1))])
def test_a_store_without_sales_has_told_all_it_will(tmp_path: Path, as_of: str, told_until: date) -> None:
    root = shop.write_project(tmp_path, {"one": shop.good()})
    (root / "data" / "test.csv").write_text("customer_id,experiment_id,variant\n1,mail,none\n2,mail,letter\n")
    text = f"title: A\nstore:\n{as_of}  timezone: UTC\n  currency: RUB\n  tables:\n"
    text += "    assignments: {path: data/test.csv}\nreports:\n  one: {}\n"
    (root / "parameters" / "shop.yml").write_text(text)
    report = open_report(str(root / "parameters" / "shop.yml"), "one", month="2026-02")
    assert report.told_until == told_until


@dataclass(frozen=True, kw_only=True)
class Named:
    """A result whose figures' ids depend on the data."""

    arm: str

    def figures(self) -> dict[str, Estimate]:
        return {f"visit_effect_{self.arm}": Estimate(0.5, low=0.4, high=0.6, level=0.95, n=40)}


def test_a_result_names_its_figures_and_a_refusal_names_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    displayed(capsys)
    report.figures(Named(arm="letter"))
    report.figures({"srm_p": 0.5})
    report.figures(NotEnough("arms", 1, 2))
    shown = displayed(capsys)
    assert [output[FIGURE]["id"] for output in shown] == ["visit_effect_letter", "srm_p"]


def test_cards_may_be_named_by_a_result_or_by_nobody(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = open_check(str(project / "parameters" / "shop.yml"), "shop")
    report.figures({"srm_p": 0.5, "customers_in_test": 40})
    displayed(capsys)
    report.cards(("customers_in_test", "srm_p"))
    report.cards(NotEnough("arms", 1, 2))
    assert [output[CARDS] for output in displayed(capsys)] == [["customers_in_test", "srm_p"], []]

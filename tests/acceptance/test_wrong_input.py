"""What a user may get wrong: an exit code, one helpful sentence, and nothing published is touched."""

from __future__ import annotations

import csv
import html
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from acceptance.conftest import Run, project_copy, retention

SHOP = """customer_id,ordered_at,amount
1,2026-01-05,10.00
2,2026-01-31,5.50
"""
PARAMETERS = """title: A shop
store:
  timezone: Europe/Berlin
  currency: EUR
  tables:
    transactions: {path: data/shop.csv}
reports:
  churn_diagnosis: {}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = project_copy(tmp_path)
    (root / "data" / "shop.csv").write_text(SHOP)
    (root / "parameters" / "shop.yml").write_text(PARAMETERS)
    return root


def wrong(project: Path, old: str, new: str) -> Run:
    file = project / "parameters" / "shop.yml"
    assert old in PARAMETERS
    file.write_text(PARAMETERS.replace(old, new))
    done = retention(project, "report", "--set", "shop")
    assert not (project / "outputs" / "shop").exists()
    return done


def test_a_typo_in_a_parameter_names_the_nearest(project: Path) -> None:
    done = wrong(project, "churn_diagnosis: {}", "churn_diagnosis: {lapse_day: 30}")
    assert done.exit_code == 2
    assert "shop.yml: reports.churn_diagnosis.lapse_day" in done.said
    assert "lapse_days" in done.said


def test_every_mistake_is_told_at_once(project: Path) -> None:
    done = wrong(project, "churn_diagnosis: {}", "churn_diagnosis: {lapse_days: -3, retrun_days: 9}\n  churn: {}")
    assert done.exit_code == 2
    assert len(done.said.strip().splitlines()) == 3, done.said
    assert all(name in done.said for name in ("lapse_days", "return_days", "churn_diagnosis"))


def test_an_unknown_set_names_the_known_ones(project: Path) -> None:
    done = retention(project, "report", "--set", "pubic")
    assert done.exit_code == 2
    assert "public" in done.said


def test_a_month_outside_the_data_is_refused(project: Path) -> None:
    done = retention(project, "report", "--set", "shop", "--month", "2031-05")
    assert done.exit_code == 2
    assert "2026-01" in done.said
    assert not (project / "outputs" / "shop").exists()


def test_a_month_that_is_none_is_refused(project: Path) -> None:
    done = retention(project, "report", "--set", "shop", "--month", "2026-13")
    assert done.exit_code == 2
    assert "2026-13" in done.said


def test_a_missing_file_is_named(project: Path) -> None:
    done = wrong(project, "data/shop.csv", "data/shops.csv")
    assert done.exit_code == 3
    assert "data/shops.csv" in done.said


@pytest.mark.parametrize(
    "content", ["", "customer_id,ordered_at,amount\n", "customer_id,when,amount\n1,2026-01-05,3\n"]
)
def test_an_unusable_file_is_refused_in_one_sentence(project: Path, content: str) -> None:
    (project / "data" / "shop.csv").write_text(content)
    done = retention(project, "report", "--set", "shop")
    assert done.exit_code == 3
    assert "data/shop.csv" in done.said
    assert len(done.said.strip().splitlines()) == 1
    assert not (project / "outputs" / "shop").exists()


SMALL = {
    "one customer": (
        [("1", "2026-01-05"), ("1", "2026-01-09"), ("1", "2026-03-31")],
        [
            "Only 1 customers have bought; a forecast of their value needs 500",
            "Past windows for a risk score: 0; it takes 3",
        ],
        {"2026-01"},
    ),
    "nobody bought twice": (
        [(str(customer), str(date(2025, 8, 1) + timedelta(days=customer % 243))) for customer in range(600)],
        ["Nobody has bought three times, so no forecast of purchases is made", "Nobody came back in the time seen"],
        {f"2025-{month:02d}" for month in range(8, 13)} | {"2026-01", "2026-02", "2026-03"},
    ),
    "one month": (
        [(str(customer % 40), f"2026-01-{1 + customer % 31:02d}") for customer in range(120)],
        ["Nobody was active when the month began", "It needs 61 days of history (there are 31)"],
        {"2026-01"},
    ),
}


FORECASTS = (
    *("customer_equity", "expected_", "clv_", "value_at_stake", "top_decile_share", "gini"),
    *("forecast_", "actual_last_month", "backtest", "holdout", "bgnbd", "gamma"),
)


@pytest.mark.parametrize(("rows", "said", "cohorts"), SMALL.values(), ids=SMALL)
def test_a_small_shop_gets_pages_that_say_what_is_missing(
    project: Path, rows: list[tuple[str, str]], said: list[str], cohorts: set[str]
) -> None:
    lines = [f"{customer},{day},10.00" for customer, day in rows]
    (project / "data" / "shop.csv").write_text("customer_id,ordered_at,amount\n" + "\n".join(lines) + "\n")
    (project / "parameters" / "shop.yml").write_text(PARAMETERS + "  cohort_ltv: {}\n")
    done = retention(project, "report", "--set", "shop")
    assert done.exit_code == 0, done.said
    (month,) = (project / "outputs" / "shop").glob("2026-*")
    pages = {report: (month / f"{report}.html").read_text() for report in ("churn_diagnosis", "cohort_ltv")}
    text = re.sub("[\u00a0\u2060]", " ", html.unescape(re.sub(r"<[^>]+>", "", "".join(pages.values()))))
    assert all(sentence in text for sentence in said)
    told = re.sub(r"Net sales (rose|fell) by", "", text)  # of two months that the data hold
    assert len(cohorts) > 1 or not re.search(r"\b(grew|shrank|rose|fell) by\b|more than the month before", told)
    with (month / "tables" / "cohort_ltv" / "cohort_retention.csv").open(newline="") as file:
        assert {row["cohort"] for row in csv.DictReader(file)} == cohorts
    for report, page in pages.items():
        assert 'class="not-enough"' in page
        assert not re.search(r"\bnan\b|\[hidden\]|NotEnough", page)
        figures = json.loads((month / f"{report}.figures.json").read_text())
        assert all(figure["value"] is not None or figure["reason"] for figure in figures)
        assert not any(figure["value"] for figure in figures if figure["id"].startswith(FORECASTS))


def test_a_sale_dated_in_the_future_does_not_choose_the_month(project: Path) -> None:
    (project / "data" / "shop.csv").write_text(SHOP + "3,2091-03-15,7.00\n")
    done = retention(project, "report", "--set", "shop")
    assert done.exit_code == 0, done.said
    assert [folder.name for folder in (project / "outputs" / "shop").glob("2*")] == ["2026-01"]

"""Other sets: each public store alone, and a shop of one's own as the README shows it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acceptance.conftest import PROJECT, project_copy, retention
from acceptance.loyalty_figures import loyalty_problems


def figures(folder: Path, report: str) -> dict[str, Any]:
    return {figure["id"]: figure for figure in json.loads((folder / f"{report}.figures.json").read_text())}


@pytest.mark.parametrize(
    ("name", "month", "reports", "revenue"),
    [
        (
            "complete_journey",
            "2017-12",
            ("churn_diagnosis", "cohort_ltv", "loyalty_impact", "retention_playbook"),
            4_596_039.58,
        ),
        ("cdnow", "1998-06", ("churn_diagnosis", "cohort_ltv"), 2_500_315.63),
    ],
)
def test_a_public_store_alone(tmp_path: Path, name: str, month: str, reports: tuple[str, ...], revenue: float) -> None:
    done = retention(project_copy(tmp_path), "report", "--set", name)
    assert done.exit_code == 0, done.said
    folder = tmp_path / "outputs" / name / month
    assert sorted(file.stem for file in folder.glob("*.html")) == sorted(["index", *reports])
    for report in ("churn_diagnosis", "cohort_ltv"):
        assert figures(folder, report)["revenue_total"]["value"] == revenue
    if "loyalty_impact" in reports:
        assert loyalty_problems(figures(folder, "loyalty_impact"), programme=False, campaigns=True) == []


def orders(rng: np.random.Generator) -> list[list[str]]:
    """A year and a half of a small shop as 1C exports it; the last two rows cannot be used."""
    rows = []
    for customer in range(400):
        day = int(rng.integers(0, 300))
        while day < 480:
            stamp = np.datetime64("2025-07-01T10:30") + np.timedelta64(day, "D")
            date = stamp.astype(object).strftime("%d.%m.%Y %H:%M")
            kopecks = int(rng.integers(10_000, 900_000))
            rows.append([f"{customer:05d}", f"К-{len(rows):06d}", date, f"{kopecks // 100},{kopecks % 100:02d}"])
            day += int(rng.integers(5, 90))
    rows.append(["00007", "К-900001", "31.02.2026 10:00", "100,00"])
    rows.append(["", "К-900002", "01.03.2026 10:00", "50,25"])
    return rows


def test_the_shop_of_the_readme_runs_to_the_kopeck(tmp_path: Path) -> None:
    root = project_copy(tmp_path)
    block = re.search(r"```yaml\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert block
    (root / "parameters" / "myshop.yml").write_text(block[1])
    rows = orders(np.random.default_rng(7))
    (root / "data" / "myshop").mkdir()
    with (root / "data" / "myshop" / "orders-2026.csv").open("w", encoding="cp1251", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["CLIENT", "DOC", "DATE", "SUM"], *rows])
    done = retention(root, "report", "--set", "myshop")
    assert done.exit_code == 0, done.said
    (folder,) = (root / "outputs" / "myshop").glob("20*")
    total = sum(int(row[3].replace(",", "")) for row in rows) / 100
    assert figures(folder, "churn_diagnosis")["revenue_total"]["value"] == pytest.approx(total, abs=1e-6)
    with (folder / "rejected" / "transactions.csv").open(newline="") as file:
        reasons = sorted(row["reason"] for row in csv.DictReader(file))
    assert reasons == ["missing_customer_id", "unreadable_ordered_at"]
    page = (folder / "cohort_ltv.html").read_text()
    assert "₽" in page or "RUB" in page
    # 400 customers are too few for a forecast: the page says so and the figure has a reason instead of a value.
    assert "a forecast of their value needs 500, so none is made" in page
    for id in ("expected_value_12m_total", "customer_equity_12m", "clv_new_customer_12m", "backtest_mae"):
        expected = figures(folder, "cohort_ltv")[id]
        assert (expected["value"], expected["reason"], expected["n"]) == (None, "forecast_buyers", 400), id
    assert figures(folder, "cohort_ltv")["repeat_rate"]["value"] is not None

"""What each report needs, on facts by hand."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from retention_lib.estimates import NotEnough
from retention_lib.models.backtest_plan import FEWEST_CUTOFFS, holdout_length, plan
from retention_lib.models.sufficiency import (
    FORECAST_HISTORY_DAYS,
    FORECAST_NEEDS,
    NEEDS,
    enough_to_forecast,
    forecast_horizon,
    report_sufficiency,
    sufficiency,
    where_enough,
)

PROJECT = Path(__file__).parents[2]

ENOUGH = {
    "has_transactions": 1,
    "has_treatment": 1,
    "has_assignments": 1,
    "has_results": 1,
    "buyers": 500,
    "buyers_three_times": 1,
    "buyers_four_times_in_year": 30,
    "history_days": 180,
    "days_since_purchase": 30,
    "customers_treated": 30,
    "customers_untreated": 30,
    "arms": 2,
    "customers_smallest_arm": 30,
}


def facts(**changed: float | None) -> pd.DataFrame:
    """Just enough of everything, but for what is changed; None leaves a fact out."""
    held = {name: value for name, value in {**ENOUGH, **changed}.items() if value is not None}
    return pd.DataFrame({"fact": list(held), "value": [float(value) for value in held.values()]})


def test_just_enough_carries_every_report() -> None:
    found = sufficiency(facts())
    assert found.carried == len(found.reports) == 6
    assert found.to_frame()["met"].all()
    assert found.not_carried == ()


@pytest.mark.parametrize(
    ("changed", "reason", "have", "need"),
    [
        ({"buyers": 499}, "forecast_buyers", 499, 500),
        ({"history_days": 179}, "forecast_history_days", 179, 180),
        ({"days_since_purchase": 31}, "forecast_recent_days", 31, 30),
        ({"buyers_three_times": 0}, "forecast_third_purchases", 0, 1),
        ({"buyers": None}, "forecast_buyers", 0, 500),
        ({"days_since_purchase": None}, "forecast_recent_days", 0, 30),  # nobody bought: no day is no recent day
    ],
)
def test_a_forecast_needs_each_of_four_things(
    changed: dict[str, float | None], reason: str, have: float, need: float
) -> None:
    basis = enough_to_forecast(facts(**changed))
    assert basis == NotEnough(reason, have, need)
    assert where_enough(pd.DataFrame({"frequency": [1]}), basis) is basis
    report = report_sufficiency(facts(**changed), "cohort_ltv")
    assert not report.carried
    assert report.missing[0].requirement == reason


@pytest.mark.parametrize(
    ("history", "wanted", "months"),
    [(365, 12, 12), (364, 12, 12), (304, 12, 10), (200, 12, 6), (181, 24, 6), (200, 3, 3), (730, 24, 24), (59, 12, 12)],
)
def test_a_forecast_reaches_no_further_than_the_sales_reach_back(history: int, wanted: int, months: int) -> None:
    found = forecast_horizon(facts(history_days=history), wanted=wanted)
    assert (found.months, found.history_days, found.found) == (months, history, months < wanted)
    assert found.to_frame().to_dict("records") == [{"wanted": wanted, "months": months, "history_days": history}]


def test_a_forecast_that_is_not_made_is_not_shortened() -> None:
    assert forecast_horizon(facts(history_days=200, buyers=499), wanted=12).months == 12


def test_with_enough_the_frame_goes_on_to_the_models() -> None:
    frame = pd.DataFrame({"frequency": [1]})
    assert where_enough(frame, enough_to_forecast(facts())) is frame


@pytest.mark.parametrize(
    ("report", "changed", "missing"),
    [
        ("churn_diagnosis", {"buyers": 29}, "buyers"),
        ("churn_diagnosis", {"history_days": 60}, "churn_history_days"),
        ("loyalty_impact", {"customers_treated": 29}, "customers_treated"),
        ("loyalty_impact", {"customers_untreated": 29}, "customers_untreated"),
        ("ab_campaign", {"arms": 1}, "arms"),
        ("ab_campaign", {"customers_smallest_arm": 29}, "smallest_arm"),
        ("campaign_plan", {"buyers": 29}, "plan_buyers"),
        ("campaign_plan", {"history_days": 84}, "plan_history_days"),
        ("retention_playbook", {"buyers": 29}, "playbook_buyers"),
        ("retention_playbook", {"history_days": 55}, "playbook_history_days"),
    ],
)
def test_a_report_is_not_carried_without_an_essential(
    report: str, changed: dict[str, float | None], missing: str
) -> None:
    found = report_sufficiency(facts(**changed), report)
    assert not found.carried
    assert missing in [item.requirement for item in found.missing if item.essential]


@pytest.mark.parametrize(
    ("report", "changed", "missing"),
    [
        ("churn_diagnosis", {"history_days": 119}, "return_history_days"),
        ("churn_diagnosis", {"buyers_four_times_in_year": 29}, "buyers_four_times"),
        ("loyalty_impact", {"history_days": 139}, "impact_history_days"),
    ],
)
def test_a_report_claims_less_without_the_rest(report: str, changed: dict[str, float | None], missing: str) -> None:
    found = report_sufficiency(facts(**changed), report)
    assert found.carried
    assert found.found
    assert [item.requirement for item in found.missing] == [missing]


def test_the_shortest_history_with_a_forecast_lets_it_be_tested() -> None:
    start, end = date(2025, 1, 1), date(2025, 1, 1) + timedelta(days=FORECAST_HISTORY_DAYS)
    made = plan(start, end, holdout_length(start, end, wanted="auto"))
    assert made.last_horizon_days == 45
    assert len(made.cutoffs) >= FEWEST_CUTOFFS


def test_a_missing_table_is_named_alone() -> None:
    found = report_sufficiency(facts(has_assignments=0, arms=None, customers_smallest_arm=None), "ab_campaign")
    assert [item.requirement for item in found.missing] == ["assignments_known"]


def test_reports_nobody_knows_the_needs_of_are_left_out() -> None:
    found = sufficiency(facts(), ["cohort_ltv", "weather"])
    assert [report.report for report in found.reports] == ["cohort_ltv"]


def test_every_notebook_of_the_suite_has_its_needs() -> None:
    assert {report for report in NEEDS if not (PROJECT / "notebooks" / f"{report}.ipynb").is_file()} == set()


def test_the_method_notes_name_the_needs_of_a_forecast() -> None:
    notebook = json.loads((PROJECT / "notebooks" / "cohort_ltv.ipynb").read_text())
    text = "".join(line for cell in notebook["cells"] for line in cell["source"])
    note = next(line for line in text.splitlines() if line.startswith("- **Forecast**"))
    assert {int(number) for number in re.findall(r"\d+", note)} == {
        int(need.need) for need in FORECAST_NEEDS if need.need > 1
    }

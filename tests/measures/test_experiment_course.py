"""What units have done by each day since their assignment, and what the checks make of tests gone wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from measures.tested_shop import assigned, judged, shop

from retention_lib.estimates import NotEnough
from retention_lib.measures.experiment_checks import experiment_checks
from retention_lib.measures.experiment_days import by_age, by_assigned_day
from retention_lib.measures.experiment_outcomes import Outcomes
from retention_lib.measures.experiment_sums import ArmSums, arm_sums
from retention_lib.models.experiments.checks import validity
from retention_lib.models.experiments.moments import moments
from retention_lib.models.experiments.validity import Validity

SALES = [
    "c01,b1,2026-01-30 10:00:00,4",  # before
    "c01,o1,2026-02-02 13:00:00,10",  # on the day, after the assignment
    "c01,o2,2026-02-04 10:00:00,5",
    "c03,b2,2026-01-31 10:00:00,6",  # bought before and never again
    "c02,o3,2026-02-03 10:00:00,7",  # left alone
]


def of_shop(folder: Path, **reading: Any) -> Outcomes:
    _, outcomes = judged(shop(folder, assignments=assigned(), transactions=SALES), **reading)
    assert isinstance(outcomes, Outcomes)
    return outcomes


def at(found: pd.DataFrame, arm: str, age: int) -> dict[str, float]:
    row = found[(found["arm"] == arm) & (found["age"] == age)].iloc[0]
    return {name: float(row[name]) for name in found.columns if name not in {"arm", "age"}}


def test_sums_by_age_with_what_was_known_before_by_hand(tmp_path: Path) -> None:
    found = by_age(of_shop(tmp_path), "revenue")
    assert isinstance(found, pd.DataFrame)
    known = {"units": 6.0, "before_total": 10.0, "before_squares": 4.0**2 + 6.0**2}
    first = {"total": 10.0, "total_squares": 100.0, "before_product": 10.0 * 4.0}
    assert at(found, "mail", 0) == at(found, "mail", 1) == {**known, **first}
    later = {"total": 15.0, "total_squares": 225.0, "before_product": 15.0 * 4.0}
    assert at(found, "mail", 2) == at(found, "mail", found["age"].max()) == {**known, **later}
    alone = {"units": 6.0, "before_total": 0.0, "before_squares": 0.0, "before_product": 0.0}
    assert at(found, "none", 0) == {**alone, "total": 0.0, "total_squares": 0.0}
    assert at(found, "none", 1) == {**alone, "total": 7.0, "total_squares": 49.0}


def test_what_came_back_of_an_earlier_order_lowers_the_course_on_its_own_day(tmp_path: Path) -> None:
    sold = [*SALES, "c01,b1,2026-02-03 10:00:00,-4", "c01,b1,2026-02-12 10:00:00,0"]
    found = by_age(judged(shop(tmp_path, assignments=assigned(), transactions=sold))[1], "revenue")
    assert isinstance(found, pd.DataFrame)
    assert [at(found, "mail", age)["total"] for age in (0, 1, 2, 13)] == [10, 6, 11, 11]
    assert at(found, "mail", 13)["before_total"] == 10


def test_metrics_without_days_and_refusals_are_told(tmp_path: Path) -> None:
    outcomes = of_shop(tmp_path)
    refusal = NotEnough("goal_known", 0, 1)
    assert by_age(outcomes, "average_order") == NotEnough("goal_by_day", 0, 1)
    assert by_age(outcomes, refusal) is by_age(refusal, "revenue") is refusal
    assert by_assigned_day(outcomes, ["average_order"]) == NotEnough("goal_by_day", 0, 1)
    assert by_assigned_day(outcomes, [refusal, "conversion"]) is refusal


# Lines 46, 47, 49 and 50 of the bad inputs, from the rows of a store to what is said of its test


def split(none: int, mail: int, *, at: str = "2026-02-02 12:00:00") -> list[str]:
    arms = {"none": none, "mail": mail}
    return [f"{arm}{place:04d},x,{arm},{at},old" for arm, count in arms.items() for place in range(count)]


def read(folder: Path, rows: list[str], *sales: str, until: date | None = None, **reading: Any) -> Validity:
    store = shop(folder, assignments=rows, transactions=[*sales, "none0000,o0,2026-02-10 10:00:00,5"])
    test, outcomes = judged(store, **reading) if until is None else judged(store, until=until, **reading)
    sums = arm_sums(outcomes)
    assert isinstance(sums, ArmSums)
    found = validity(experiment_checks(test, outcomes), moments(sums.sums, sums.arms))
    assert isinstance(found, Validity)
    return found


def checked(found: Validity, name: str) -> tuple[str, float]:
    return next((one.level, one.found) for one in found.checks if one.name == name)


@pytest.mark.parametrize(("none", "mail", "reason"), [(600, 400, "sample_ratio_broken"), (500, 500, None)])
def test_a_60_40_split_is_invalid(tmp_path: Path, none: int, mail: int, reason: str | None) -> None:
    assert read(tmp_path, split(none, mail)).reason == reason


def test_customers_in_both_arms_are_set_aside_and_said(tmp_path: Path) -> None:
    both = [f"mail{place:04d},x,none,2026-02-02 12:00:00,old" for place in range(10)]
    found = read(tmp_path, [*split(500, 500), *both])
    assert (found.status, checked(found, "set_aside")) == ("valid", ("warn", 20.0))
    assert found.split.customers == 990


def test_purchases_before_the_assignment_are_counted_as_before(tmp_path: Path) -> None:
    early = [f"mail{place:04d},e{place},2026-02-02 10:00:00,9" for place in range(12)]
    found = read(tmp_path, split(500, 500), *early)
    assert checked(found, "bought_between") == ("warn", 12.0)
    # As many more bought before in one arm: chance does that in fewer than 1 test of 1,000.
    assert checked(found, "unbalanced_before")[0] == "stop"


@pytest.mark.parametrize(("until", "status"), [(date(2026, 2, 20), "interim"), (date(2026, 3, 2), "valid")])
def test_a_test_read_before_its_window_is_over_is_interim(tmp_path: Path, until: date, status: str) -> None:
    found = read(tmp_path, split(500, 500), until=until, window_days=28)
    assert (found.status, found.verdict_on) == (status, date(2026, 3, 2) if status == "interim" else None)

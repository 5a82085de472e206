"""The study of daily looks: its tests, a few cases, and its figures."""

from __future__ import annotations

import numpy as np
import pytest
from studies.campaign_looks import A_DAY, BUYING, DAYS, FIGURES, days, failures, figures, judged, looked, planned_lift


def test_the_planned_effect_is_found_by_one_look_in_eighty_of_a_hundred_tests() -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(600):
        sums = days(rng, lift=planned_lift()).query("metric == 'revenue'").groupby("arm")
        n, total, squares = (sums[name].sum() for name in ("n", "total", "total_squares"))
        means, variances = total / n, (squares - total**2 / n) / (n - 1)
        found.append((means["mail"] - means["none"]) / np.sqrt((variances / n).sum()) > 1.96)
    # 600 tests of power .80: .767 to .833 within two standard errors
    assert 0.767 <= np.mean(found) <= 0.833


def test_sums_are_those_of_days_with_a_hundred_customers_an_arm() -> None:
    sums = days(np.random.default_rng(2), lift=0.0)
    assert len(sums) == 2 * 2 * DAYS
    assert sums["n"].mean() == pytest.approx(A_DAY, rel=0.03)
    bought = sums[sums["metric"] == "conversion"]
    assert bought["total"].sum() / bought["n"].sum() == pytest.approx(BUYING, rel=0.1)
    assert (sums["total_squares"] >= sums["total"]).all()


def test_looks_are_daily_once_there_are_buyers_enough() -> None:
    looks = judged(days(np.random.default_rng(3), lift=0.0)).looks
    assert 45 <= len(looks) <= DAYS - 6
    assert looks["buyers"].iloc[0] >= 100
    assert np.diff(looks["age"]).max() == 1


def test_a_few_cases() -> None:
    results = [looked(number) for number in range(20)]
    assert sum(result["called_of_nothing"] for result in results) <= 4
    assert sum(result["called_of_planned"] for result in results) >= 8


def test_figures_are_shares_of_cases_and_the_dead_count_against_the_looks() -> None:
    results = [{"called_of_nothing": False, "called_of_planned": True, "age": 30}] * 9 + [{"died": -9}]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == tuple(FIGURES)
    assert [found[name].value for name in FIGURES] == [pytest.approx(0.1), pytest.approx(0.9)]
    assert failures(results) == [{"died": -9}]

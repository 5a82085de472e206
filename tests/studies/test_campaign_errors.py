"""A small version of the study: its worlds differ by nothing, and a planted effect is found."""

from __future__ import annotations

import numpy as np
import pytest
from studies.__main__ import FIGURES as NAMES
from studies.campaign_errors import (
    CASES,
    FIGURES,
    STUDY,
    called,
    converted,
    failures,
    few_buyers,
    figures,
    judged,
    shoppers,
)


def test_a_case_says_of_each_test_whether_it_calls() -> None:
    found = called(3)
    assert set(FIGURES.values()) < set(found)
    assert {type(found[said]) for said in FIGURES.values()} == {bool}
    # What was bought before tells much of what is bought: both come from the same rates and amounts.
    assert 0.2 < found["saved"] < 0.9
    assert called(3) == found


def test_a_planted_effect_is_called() -> None:
    rng = np.random.default_rng(1)
    assert judged(converted(rng, 5_000, lift=0.05), goal="conversion").best == "arm 1"
    given = shoppers(rng, 3_000, arms=4)
    given["revenue"] *= 1 + 0.5 * (given["arm"] == "arm 2")
    found = judged(given, goal="revenue", metrics=())
    assert found.best == "arm 2"
    assert set(found.table["metric"]) == {"conversion", "orders", "revenue", "average_order"}
    assert found.table["p_adjusted"].notna().sum() == 12  # four metrics of three arms, corrected together


def test_worlds_are_as_told() -> None:
    rng = np.random.default_rng(2)
    assert (few_buyers(rng, 50_000)["revenue"] == 0).mean() == pytest.approx(0.95, abs=0.003)
    means = shoppers(rng, 50_000, arms=2).groupby("arm").mean()
    assert means.loc["arm 0", "orders"] == pytest.approx(means.loc["arm 1", "orders"], rel=0.05)
    assert means.loc["arm 0", "orders_before"] == pytest.approx(2 * means.loc["arm 0", "orders"], rel=0.05)


def test_figures_are_shares_of_cases() -> None:
    quiet = {"case": 0, **dict.fromkeys(FIGURES.values(), False)}
    results = [quiet, {**quiet, "case": 1, "cuped": True}, {"case": 2, "died": -9}]
    found = {one.name: one.value for one in figures(results)}
    assert found["aa_call_rate"] == pytest.approx(1 / 3)
    assert found["aa_call_rate_cuped"] == pytest.approx(2 / 3)
    assert [one["case"] for one in failures(results)] == [2]
    assert all(NAMES[figure] == "campaign_errors" for figure in FIGURES)
    assert STUDY.cases == CASES == 4_000

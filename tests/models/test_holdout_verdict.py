"""The verdict of a global hold-out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from reports.experiment_past_results import held_out, spread, together
from scipy.stats import ttest_ind

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.experiments.holdout import CampaignsTogether, campaigns_together
from retention_lib.models.experiments.moments import moments_of


def test_the_difference_after_the_planned_months_is_the_verdict() -> None:
    found = together()
    # 12 months of 2 a customer; Welch's interval of 3,800 against 200 customers with a spread of 10 sqrt(12).
    held, others = spread(200, 120.0, 10 * math.sqrt(12)), spread(3_800, 144.0, 10 * math.sqrt(12))
    welch = ttest_ind(others, held, equal_var=False)
    low, high = welch.confidence_interval()
    profit = found.per_customer
    assert (profit.value, profit.low, profit.high) == pytest.approx((24, low, high))
    assert profit.p == pytest.approx(welch.pvalue)
    assert (profit.claimed, profit.reason) == (True, None)
    assert found.total.value == pytest.approx(24 * 3_800)
    assert found.table["effect"].tolist() == pytest.approx([2 * month for month in range(1, 13)])
    assert found.figures()["holdout_profit_per_customer"] == profit


def test_nothing_is_claimed_on_the_way() -> None:
    so_far = together(months=11).per_customer
    assert so_far.p is not None
    assert so_far.p < 0.001
    assert (so_far.claimed, so_far.reason) == (False, "interim")


def test_a_difference_that_chance_makes_is_not_claimed() -> None:
    profit = together(gain=0.02).per_customer
    assert (profit.claimed, profit.reason) == (False, "not_significant")


def test_a_hold_out_that_is_reached_holds_out_nothing() -> None:
    reached = together(contacted=(90, 1_500))  # 45 % against 39 %
    assert (reached.per_customer.reason, reached.drawn) == ("holdout_contacted", False)
    few = together(contacted=(10, 1_500))  # 5 % against 39 %
    assert few.per_customer.claimed
    assert (few.contacted, few.contacted_others) == pytest.approx((0.05, 1_500 / 3_800))
    unknown = together(contacted=(math.nan, math.nan))
    assert unknown.per_customer.claimed
    assert unknown.contacted is None


def with_past(apart: float) -> CampaignsTogether:
    """Profits that follow what was bought before, which differs by `apart` between the groups."""
    rng = np.random.default_rng(5)
    sizes = {"holdout": 400, "everybody else": 4_000}
    parts = []
    for arm, n in sizes.items():
        before = rng.normal(100 + apart * (arm != "holdout"), 30, n)
        profit = before + rng.normal(5.0 * (arm != "holdout"), 10, n)
        parts.append(pd.DataFrame({"arm": arm, "profit": profit, "before": before}))
    sums = moments_of(pd.concat(parts)).sums.assign(month=12, days=365)
    arms = pd.DataFrame({"arm": list(sizes), "units": list(sizes.values()), "members": list(sizes.values())})
    arms = arms.assign(unit="customer", contacted=0.0, messages=0.0)
    found = campaigns_together(held_out(sums=sums, arms=arms, planned=1))
    assert isinstance(found, CampaignsTogether)
    return found


def test_what_was_bought_before_sharpens_the_comparison() -> None:
    found = with_past(apart=0.0)
    profit = found.per_customer
    # Of a spread of sqrt(30^2 + 10^2) that of 10 is left: nine tenths of the variance are saved.
    assert found.variance_reduction == pytest.approx(0.9, abs=0.02)
    assert profit.low is not None
    assert profit.high is not None
    assert profit.low < 5 < profit.high
    assert profit.high - profit.low < 2 * 1.96 * 10 * math.sqrt(1 / 400 + 1 / 4_000) * 1.1


def test_groups_that_differed_before_are_not_judged() -> None:
    found = with_past(apart=12.0)
    assert found.balance_p is not None
    assert found.balance_p < 0.001
    assert (found.per_customer.reason, found.drawn) == ("unbalanced_before", False)


def test_a_household_s_money_is_shared_by_its_members() -> None:
    arms = held_out().arms.assign(members=[400, 7_600], unit="household")
    found = campaigns_together(held_out(arms=arms, unit="household"))
    assert isinstance(found, CampaignsTogether)
    assert found.per_customer.value == pytest.approx(12)
    assert found.total.value == pytest.approx(12 * 7_600)


def test_too_little_says_why() -> None:
    assert campaigns_together(NotAsked("held_out_named", 0, 1)) == NotAsked("held_out_named", 0, 1)
    assert campaigns_together(held_out(sums=held_out().sums.head(0))) == NotEnough("held_out_months", 0, 1)
    arms = held_out().arms.assign(units=[20, 3_800], members=[20, 3_800])
    part = pd.DataFrame({"arm": ["holdout"] * 20 + ["everybody else"] * 3_800, "profit": spread(3_820, 5.0, 3.0)})
    few = moments_of(part).sums.assign(month=1, days=30)
    assert campaigns_together(held_out(sums=few, arms=arms)) == NotEnough("held_out_customers", 20, 30)

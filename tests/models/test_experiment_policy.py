"""Which offer for whom: scores, rules, gain curves and customers to leave alone, on units with a known truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ARDRegression

from retention_lib.estimates import Estimate, NotAsked, NotEnough
from retention_lib.models.experiments.left_alone import LeftAlone, left_alone
from retention_lib.models.experiments.moments import moments_of
from retention_lib.models.experiments.policy import OfferPolicy, offer_policy, offered_groups, worth
from retention_lib.models.experiments.prior import ProfitPrior
from retention_lib.models.experiments.profit import Profits, profits
from retention_lib.models.experiments.profit_columns import Costs
from retention_lib.models.experiments.relevance import relevance_regression
from retention_lib.models.experiments.scores import Scores, scores
from retention_lib.models.experiments.unit_money import UnitMoney, unit_money
from retention_lib.models.experiments.uplift import GainCurves, gain_curves
from retention_lib.models.experiments.validity import Check, Validity

BROKEN = Validity(checks=(Check(name="sample_ratio_broken", level="stop"),))
FREE = Costs(contact_cost=0.0)


@dataclass(frozen=True)
class Units:
    """Units as measures give them."""

    frame: pd.DataFrame
    kinds: Mapping[str, str]
    results: tuple[str, ...] = ("net_full", "orders_full", "conversion")
    control: str = "none"
    arms: tuple[str, ...] = ("none", "delivery", "discount")
    unit: str = "customer"

    @property
    def units_all(self) -> int:
        return 2 * len(self.frame)


def units(n: int = 12_000, *, far: float = 6.0, low: float = 6.0, seed: int = 1, cost: float = 2.0) -> Units:
    """Buyers at a rate known from before; delivery pays with those far off, a discount with the poor, else neither."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2, 0.5, n)
    remote, poor = rng.random(n) < 0.4, rng.random(n) < 0.4
    arm = rng.integers(3, size=n)
    effect = np.where(arm == 1, far * remote - cost, np.where(arm == 2, low * poor - cost, 0.0))
    orders = rng.poisson(rate)
    net = orders * rng.gamma(4, 2.5, n) + rate * effect
    frame = pd.DataFrame(
        {
            "cluster": np.arange(n) // 2,
            "arm": np.array(["none", "delivery", "discount"])[arm],
            "orders_before": rng.poisson(5 * rate).astype(float),
            "far": remote.astype(float),
            "poor": poor.astype(float),
            "noise": rng.normal(size=n),
            "net_full": net,
            "orders_full": orders.astype(float),
            "conversion": (orders > 0).astype(float),
        }
    )
    return Units(frame=frame, kinds={"orders_before": "number", "far": "flag", "poor": "flag", "noise": "number"})


def scored(given: Units, **options: Any) -> Scores:
    found = scores(given, FREE, rng=np.random.default_rng(3), **options)
    assert isinstance(found, Scores)
    return found


def policy(given: Scores) -> OfferPolicy:
    found = offer_policy(given)
    assert isinstance(found, OfferPolicy)
    return found


def test_columns_that_say_nothing_get_no_weight_and_others_keep_theirs() -> None:
    """As scikit-learn's regression of the same kind finds, which also learns the noise."""
    rng = np.random.default_rng(5)
    design = np.column_stack([np.ones(5_000), rng.normal(size=(5_000, 12))])
    target = design @ np.array([2.0, 0.5, -0.3, *np.zeros(10)]) + rng.normal(size=5_000)
    found = relevance_regression(design, target, np.ones(5_000))
    other = ARDRegression().fit(design[:, 1:], target)
    assert found[:3] == pytest.approx([2.0, 0.5, -0.3], abs=0.05)
    assert found[1:3] == pytest.approx(other.coef_[:2], abs=0.005)
    assert np.abs(found[3:]).max() < 0.03


def test_rows_with_less_noise_count_more() -> None:
    design = np.ones((4, 1))
    found = relevance_regression(design, np.array([1.0, 1.0, 5.0, 5.0]), np.array([1.0, 1.0, 1e9, 1e9]))
    assert found == pytest.approx([1.0], abs=1e-6)


def test_the_mean_score_of_an_arm_is_what_it_brings_to_all() -> None:
    """By truth: delivery 6 x .4 - 2 = .4 for each unit of the rate, whose mean is 1."""
    given = units(60_000)
    found = scored(given)
    effect = worth(found, found.money[:, 1] - found.money[:, 0])
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < 0.4 < effect.high
    plain = given.frame.groupby("arm")["net_full"].mean()
    assert effect.value == pytest.approx(plain["delivery"] - plain["none"], abs=0.15)
    # Sharper than the plain difference, since what units bring by themselves is taken off.
    spread = given.frame.groupby("arm")["net_full"].sem()
    assert effect.high - effect.low < 2 * 1.96 * float(np.hypot(spread["delivery"], spread["none"]))


def test_the_worth_of_a_rule_counts_households_once() -> None:
    """Two households of two customers, all with 1 and all with 3: mean 2, error sqrt(2 x 2^2 x 2 / 1) / 4 = 1."""
    found = replace(scored(units()), members=np.ones(4), cluster=np.array([0, 0, 1, 1]))
    estimate = worth(found, np.array([1.0, 1.0, 3.0, 3.0]))
    assert estimate.value == 2
    assert estimate.high == pytest.approx(2 + 1.959964)


def test_a_rule_is_preferred_where_customers_differ() -> None:
    given = units(30_000, far=10.0, low=10.0)
    found = scored(given)
    told = policy(found)
    assert told.preferred
    assert told.claimed
    assert (told.reason, told.recommended) == (None, "rule")
    assert (told.arms["gain_low"] > 0).all()
    frame = given.frame
    only_far = (frame["far"] == 1) & (frame["poor"] == 0)
    only_poor = (frame["far"] == 0) & (frame["poor"] == 1)
    neither = (frame["far"] == 0) & (frame["poor"] == 0)
    for group, place in ((only_far, 1), (only_poor, 2), (neither, 0)):
        assert (found.offered[group] == place).mean() > 0.9
    # 36 % get nothing in truth, 24 % either, and 16 % could get both.
    assert told.arms.set_index("arm")["share"]["none"] == pytest.approx(0.36, abs=0.06)
    leading = told.groups.table.groupby("arm").first()["feature"]
    assert (leading["delivery"], leading["discount"]) == ("far", "poor")
    assert told.share == 0.5
    assert told.figures()["policy_value"] == told.value


def test_one_offer_stays_where_customers_are_alike() -> None:
    given = units(12_000)
    extra = np.where(given.frame["arm"] == "delivery", 3.0, 0.0)
    alike = replace(units(12_000, far=0.0, low=0.0, cost=0.0), frame=given.frame)
    frame = units(12_000, far=0.0, low=0.0, cost=0.0).frame
    told = policy(scored(replace(alike, frame=frame.assign(net_full=frame["net_full"] + extra))))
    assert not told.preferred
    assert (told.reason, told.recommended) == ("single_offer_stays", "delivery")
    assert told.figures()["policy_value"].claimed


def test_a_broken_test_recommends_nothing() -> None:
    told = policy(scored(units(30_000, far=10.0, low=10.0), validity=BROKEN))
    assert not told.preferred
    assert (told.reason, told.gain.claimed) == ("sample_ratio_broken", False)


def test_a_rule_that_gives_all_the_same_gains_nothing_and_is_not_preferred() -> None:
    found = scored(units())
    told = policy(replace(found, predicted=np.tile([0.0, -1.0, 1.0], (found.units, 1))))
    gain = told.arms.set_index("arm").loc["discount"]
    assert gain["gain"] == 0
    assert np.isnan(gain["gain_low"])
    assert not told.preferred


def test_scores_are_the_same_for_the_same_seed() -> None:
    first, again = scored(units()), scored(units())
    assert (first.money == again.money).all()
    assert (first.predicted == again.predicted).all()


def test_households_stay_in_one_fold() -> None:
    found = scored(units())
    assert pd.Series(found.fold).groupby(found.cluster).nunique().max() == 1


def test_customers_with_whom_an_offer_loses_are_found() -> None:
    """Delivery alone: -2 near, 8 far; near ones are 60 %."""
    found = left_alone(scored(units(40_000, far=10.0, low=0.0, seed=3)))
    assert isinstance(found, LeftAlone)
    assert found.arm == "delivery"
    assert found.shown
    assert found.share == pytest.approx(0.6, abs=0.05)
    assert isinstance(found.effect, Estimate)
    assert found.effect.low is not None
    assert found.effect.high is not None
    assert found.effect.low < -2 < found.effect.high
    assert found.saved == pytest.approx(-found.effect.value * found.share)
    assert found.groups.table.iloc[0]["feature"] == "far"


def test_nobody_is_left_alone_where_the_offer_pays_with_all() -> None:
    found = scored(units())
    told = left_alone(replace(found, predicted=np.tile([0.0, 1.0, 1.0], (found.units, 1))))
    assert isinstance(told, LeftAlone)
    assert told.effect == NotEnough("left_alone_expected", 0, 1)
    assert (told.shown, told.share, told.saved) == (False, 0.0, 0.0)


def test_a_gain_curve_ends_where_all_get_the_offer_and_bows_where_customers_differ() -> None:
    found = scored(units(40_000, far=10.0, low=0.0))
    curves = gain_curves(found, rng=np.random.default_rng(4))
    assert isinstance(curves, GainCurves)
    delivery = curves.table[curves.table["arm"] == "delivery"].set_index("share")
    whole = worth(found, found.money[:, 1] - found.money[:, 0])
    assert delivery["gain"][1.0] == pytest.approx(1_000 * whole.value)
    assert whole.low is not None
    assert delivery["low"][1.0] == pytest.approx(1_000 * whole.low, abs=0.15 * 1_000 * (whole.value - whole.low))
    assert delivery["gain"][0.0] == 0
    # In truth the far ones, 40 %, bring 8 each, and the others lose 2: 3,200 for 1,000 customers at the top.
    top = curves.summary.set_index("arm").loc["delivery"]
    assert top["best_share"] == pytest.approx(0.4, abs=0.06)
    assert top["best_gain"] == pytest.approx(3_200, rel=0.15)
    assert curves.area("delivery").claimed
    assert not curves.area("discount").claimed or curves.area("discount").value > 0
    with pytest.raises(KeyError, match="no offer 'mail'; offers: delivery, discount"):
        curves.area("mail")


def test_curves_of_buyers_stand_beside_and_are_not_asked_for_where_they_were_not_counted() -> None:
    found = scored(units())
    buyers = gain_curves(found, rng=np.random.default_rng(4), metric="conversion")
    assert isinstance(buyers, GainCurves)
    assert buyers.metric == "conversion"
    silent = gain_curves(replace(found, conversion=None), rng=np.random.default_rng(4), metric="conversion")
    assert isinstance(silent, NotAsked)


def test_a_broken_test_has_no_ranking() -> None:
    curves = gain_curves(scored(units(40_000, far=10.0), validity=BROKEN), rng=np.random.default_rng(4))
    assert isinstance(curves, GainCurves)
    assert not curves.summary["ranks"].any()
    assert curves.area("delivery").reason == "sample_ratio_broken"


def test_too_few_units_are_refused_and_refusals_handed_on() -> None:
    few = scores(units(2_000), FREE, rng=np.random.default_rng(1))
    assert isinstance(few, NotEnough)
    assert (few.reason, few.need) == ("uplift_customers", 1_000)
    for model in (offer_policy, left_alone):
        assert model(few) is few
    assert gain_curves(few, rng=np.random.default_rng(1)) is few
    assert scores(few, FREE, rng=np.random.default_rng(1)) is few


def _money(frame: pd.DataFrame, costs: Costs, *results: str) -> UnitMoney | NotEnough:
    return unit_money(frame, costs, results=results)


def test_money_of_units_follows_what_is_known() -> None:
    frame = pd.DataFrame({"arm": ["none", "mail"], "net_full": [3.0, 5.0], "spend": [10.0, 20.0], "visit": [0.0, 1.0]})
    stated = _money(frame.assign(members=[1.0, 2.0]), Costs(contact_cost=0.5), "net_full")
    assert isinstance(stated, UnitMoney)
    assert list(stated.amount) == [3.0, 5.0]
    assert list(stated.sending) == [0.5, 1.0]
    measured = _money(frame.assign(contact_cost=[0.0, 0.4]), Costs(contact_cost=0.5), "net_full")
    assert isinstance(measured, UnitMoney)
    assert list(measured.sending) == [0.0, 0.0]
    spend = _money(frame, Costs(contact_cost=0.5, gross_margin=0.4), "visit", "spend")
    assert isinstance(spend, UnitMoney)
    assert list(spend.amount) == [4.0, 8.0]
    profit = _money(frame, Costs(contact_cost=0.5, goal="spend", goal_is_profit=True), "visit", "spend")
    assert isinstance(profit, UnitMoney)
    assert list(profit.amount) == [10.0, 20.0]
    unknown = NotEnough("margin_and_cost_known", 0, 1)
    assert _money(frame, Costs(gross_margin=0.4), "spend") == unknown
    assert _money(frame, Costs(contact_cost=0.5), "spend") == unknown
    assert _money(frame, Costs(contact_cost=0.5, gross_margin=0.4), "visit") == NotEnough("goal_in_money", 0, 1)


@pytest.mark.parametrize("sent", [{"contacts": 3.0}, {"contacts": 3.0, "contact_cost": 0.0}, {"contact_cost": 1.5}, {}])
def test_the_money_of_units_adds_up_to_the_profit_of_the_arms(sent: dict[str, float]) -> None:
    # Three messages at .5 to each customer; where they are not counted, one is taken.
    rng = np.random.default_rng(4)
    mailed = np.arange(400) < 200
    frame = pd.DataFrame({"arm": np.where(mailed, "mail", "none"), "revenue_full": rng.exponential(20, 400)})
    frame = frame.assign(**{name: amount * mailed for name, amount in sent.items()})
    gross = 0.5 * frame["revenue_full"]
    frame = frame.assign(gross_profit_full=gross, net_full=gross - frame.get("contact_cost", 0.0))
    costs = Costs(contact_cost=0.5, gross_margin=0.5)
    found = profits(moments_of(frame), costs, control="none", prior=ProfitPrior())
    assert isinstance(found, Profits)
    for results in (["net_full", "gross_profit_full"], ["revenue_full"]):
        money = _money(frame, costs, *results)
        assert isinstance(money, UnitMoney)
        left = (money.amount - money.sending)[mailed].mean() - money.amount[~mailed].mean()
        assert left == pytest.approx(found.of("mail").per_contact.value)


def test_stated_sending_is_taken_off_every_offer() -> None:
    given = units()
    free, paid = (scores(given, Costs(contact_cost=cost), rng=np.random.default_rng(3)) for cost in (0.0, 0.7))
    assert isinstance(free, Scores)
    assert isinstance(paid, Scores)
    assert paid.money == pytest.approx(free.money - np.array([0.0, 0.7, 0.7]))
    assert paid.predicted[:, 1:] == pytest.approx(free.predicted[:, 1:] - 0.7)


def test_groups_name_what_customers_differ_by() -> None:
    known = pd.DataFrame({"far": [1.0, 1.0, 0.0, 0.0], "orders": [1.0, 3.0, 1.0, 3.0]})
    table = offered_groups(known, np.array([1, 1, 0, 0]), ("none", "delivery")).table
    assert list(table["feature"]) == ["far", "far"]
    assert list(table["difference"]) == [-2.0, 2.0]
    assert offered_groups(known, np.zeros(4, dtype=np.int64), ("none", "delivery")).table.empty


def test_a_feature_that_nobody_tells_says_nothing() -> None:
    given = units()
    silent = replace(given, frame=given.frame.assign(noise=np.nan))
    assert np.isfinite(scored(silent).predicted).all()


def test_one_offer_alone_is_judged_against_nothing() -> None:
    given = units(40_000, far=10.0)
    two = replace(given, frame=given.frame[given.frame["arm"] != "discount"], arms=("none", "delivery"))
    told = policy(scored(two))
    assert list(told.arms["arm"]) == ["none", "delivery"]
    assert told.preferred
    assert told.arms.set_index("arm")["share"]["delivery"] == pytest.approx(0.4, abs=0.05)

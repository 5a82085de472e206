"""What lists teach: right as often as it says where the truth is known, and as another library has a plain case."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from reports.actions_judged_results import BASE, everything, learned, one_list
from statsmodels.stats.meta_analysis import combine_effects

from retention_lib.estimates import NotAsked
from retention_lib.models.actions import learned as module
from retention_lib.models.actions import memory as model
from retention_lib.models.actions.decision_rule import Seen, decided
from retention_lib.models.actions.learned import learned_effects
from retention_lib.models.actions.memory import Gains, Memory, alike, believed

OFFERS, SCENARIOS = ("none", "gift", "coupon"), tuple(f"scenario {at}" for at in range(6))


def gains(pairs: list[tuple[str, str]], values: np.ndarray, errors: np.ndarray, age: float = 0.0) -> Gains:
    names = tuple(f"list {at}" for at in range(len(pairs)))
    return Gains(
        pairs=tuple(pairs), tests=names, values=values, errors=errors, age_months=np.full(len(pairs), float(age))
    )


def test_with_a_wide_belief_the_mean_is_that_of_a_meta_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    values, errors = rng.normal(0.1, 0.2, 12), rng.uniform(0.05, 0.3, 12)
    scale = 0.2
    spread = scale * math.sqrt(model.LIST)
    # A common middle of which nothing is believed beforehand, and a known spread between lists.
    monkeypatch.setattr(model, "GENERAL", 1e6)
    found = model._given_scale(
        gains([("birthday", "none")] * 12, values, errors), [("birthday", "none")], Memory(scale=scale), scale
    ).believed
    outside = combine_effects(values, errors**2 + spread**2, method_re="iterated")
    assert found.mean[0] == pytest.approx(float(outside.mean_effect_fe), abs=1e-4)
    assert math.sqrt(found.covariance[0, 0]) == pytest.approx(float(outside.sd_eff_w_fe), rel=1e-3)


def test_the_interval_covers_what_is_true() -> None:
    rng = np.random.default_rng(5)
    pairs = [(scenario, offer) for scenario in SCENARIOS for offer in OFFERS]
    memory, inside, seen = Memory(scale=0.3), [], []
    for _ in range(120):
        scale = 0.3 * math.exp(model.DOUBT * rng.normal() - model.DOUBT**2)
        truth = rng.multivariate_normal(np.zeros(len(pairs)), scale**2 * alike(pairs, pairs))
        # Half of the pairs have lists: the others are told by what they have in common with these.
        own = [at for at in range(len(pairs)) if at % 2 == 0 for _ in range(3)]
        errors = rng.uniform(0.05, 0.4, len(own))
        values = truth[own] + rng.normal(0, scale * math.sqrt(model.LIST), len(own)) + rng.normal(0, errors)
        found = believed(gains([pairs[at] for at in own], values, errors), pairs, memory)
        half = 1.96 * np.sqrt(np.diag(found.covariance))
        inside.append(np.abs(found.mean - truth) <= half)
        following = truth + rng.normal(0, scale * math.sqrt(model.LIST), len(pairs))
        seen.append(np.abs(found.mean - following) <= 1.96 * np.sqrt(np.diag(found.next_covariance)))
    measured = np.arange(len(pairs)) % 2 == 0
    for told in (np.array(inside), np.array(seen)):
        assert 0.93 <= told[:, measured].mean() <= 0.975
        assert 0.93 <= told[:, ~measured].mean() <= 0.975


def test_without_lists_what_is_believed_is_the_memory() -> None:
    found = believed(gains([], np.array([]), np.array([])), [("birthday", "none")], Memory(scale=0.3, mean=0.05))
    assert found.mean.tolist() == [0.05]
    assert math.sqrt(found.next_covariance[0, 0]) == pytest.approx(0.3)
    told = learned_effects(NotAsked("lists", 0, 1), [("birthday", "none")]).of("birthday", "none")
    assert (told.source, told.mean, told.lists, told.decision) == ("untested", 0.0, 0, "")
    assert told.sd == pytest.approx(0.3)


def test_an_old_list_counts_less() -> None:
    said = [
        believed(
            gains([("birthday", "none")], np.array([0.4]), np.array([0.1]), age),
            [("birthday", "none")],
            Memory(half_life_months=6),
        )
        for age in (0, 6, 60)
    ]
    means = [float(one.mean[0]) for one in said]
    assert means[0] > means[1] > means[2] > 0
    assert means[2] < 0.1
    # Half as much information after a half-life: the error grows by the root of two.
    fixed = Memory(half_life_months=6)
    pair = [("birthday", "none")]
    older = model._given_scale(gains(pair, np.array([0.4]), np.array([0.1]), 6), pair, fixed, 0.3).believed
    own = model.LIST * 0.09
    rougher = 2 * (own + 0.01)
    among = 0.09 * float(alike(pair, pair)[0, 0])
    assert older.mean[0] == pytest.approx(0.4 * among / (among + rougher))


def test_two_offers_of_a_test_share_their_control() -> None:
    pairs = [("test spring", "gift"), ("test spring", "coupon")]
    both = Gains(
        pairs=tuple(pairs),
        tests=("spring", "spring"),
        values=np.array([0.1, 0.1]),
        errors=np.array([0.2, 0.2]),
        age_months=np.zeros(2),
    )
    noise = model._noise(both, Memory(), 0.0)
    assert noise == pytest.approx(np.array([[0.04, 0.02], [0.02, 0.04]]))


def test_a_gain_is_a_share_of_what_those_left_alone_bring() -> None:
    found = learned().of("reactivation", "discount20")
    # Gains of 9, 8 and 8 on 50, measured well, drawn a little to nothing.
    assert 0.14 < found.mean < 25 / 3 / BASE
    assert (found.source, found.lists, found.contacts, found.decision) == ("measured", 3, 2_400, "keep")
    row = learned().effects.iloc[learned().index("reactivation", "discount20")]
    assert row["control_profit"] == pytest.approx(BASE, abs=0.2)
    assert row["cost"] == pytest.approx(1)


def test_the_same_offer_elsewhere_is_borrowed_and_the_rest_untested() -> None:
    found = learned()
    borrowed, untested = found.of("birthday", "discount20"), found.of("replenishment", "gift")
    assert (borrowed.source, untested.source) == ("borrowed", "untested")
    assert borrowed.mean > untested.mean
    assert borrowed.sd < untested.sd
    assert found.effects["scenario"].tolist()[:3] == ["reactivation", "birthday", "replenishment"]
    assert found.covariance.shape == (len(found.effects),) * 2
    assert np.diag(found.covariance) == pytest.approx(found.effects["sd"].to_numpy() ** 2)
    with pytest.raises(KeyError, match="nothing was asked of 'rescue'"):
        found.of("rescue", "none")


def test_other_tests_inform_the_same_offer() -> None:
    test = one_list("", 20.0, offers={"treatment": "gift"})
    asked = pd.DataFrame({"scenario": ["birthday", "birthday"], "offer": ["gift", "gift"]})
    with_test = learned_effects(everything(lists=(), tests=(test,)), asked)
    assert len(with_test.effects) == 1
    told = with_test.of("birthday", "gift")
    assert (told.source, with_test.tests, with_test.lists) == ("borrowed", 1, 0)
    assert told.mean > 0.1


def test_what_may_not_be_read_teaches_nothing() -> None:
    broken = everything(lists=(one_list("welcome", 30.0, told=(800, 100)),))
    assert learned_effects(broken, [("welcome", "none")]).of("welcome", "none").source == "untested"
    assert learned_effects(NotAsked("lists", 0, 1)).effects.empty


@pytest.mark.parametrize(
    ("seen", "decision", "because", "better"),
    [
        ((0.96, 0.9, 1.0, False, "", 0.0), "keep", "pays", ""),
        ((0.5, 0.1, 1.0, True, "gift", 0.9), "keep_testing", "open", ""),
        ((0.1, 0.3, 1.0, True, "gift", 0.9), "keep_testing", "open", ""),
        ((0.1, 0.1, 0.49, True, "gift", 0.9), "keep_testing", "open", ""),
        ((0.1, math.nan, 0.0, False, "", 0.0), "keep_testing", "open", ""),
        ((0.1, 0.1, 0.5, True, "gift", 0.6), "change", "other_offer", "gift"),
        ((0.1, 0.1, 1.0, True, "gift", 0.4), "change", "orders_shown", ""),
        ((0.1, 0.1, 1.0, False, "gift", 0.4), "stop", "does_not_pay", ""),
    ],
)
def test_the_first_clause_that_holds_decides(
    seen: tuple[float, float, float, bool, str, float], decision: str, because: str, better: str
) -> None:
    chance, alone, weight, more, other, other_chance = seen
    told = {"chance": chance, "own_chance": alone, "own_weight": weight, "other_chance": other_chance}
    found = decided(Seen(more_orders=more, other=other, **told))
    assert (found.decision, found.because, found.better) == (decision, because, better)


def test_a_scenario_is_changed_to_one_offer_and_never_to_different_ones() -> None:
    mixed = tuple(one_list("welcome", 20.0, months_ago=ago, offers={"treatment": "auto"}) for ago in (2, 3, 4))
    lost = tuple(one_list("welcome", -20.0, months_ago=ago) for ago in (0, 1))
    found = learned_effects(everything(lists=(*mixed, *lost)))
    row = found.effects.iloc[found.index("welcome", "none")]
    assert (row["decision"], row["better"]) == ("stop", "")


def test_a_list_that_loses_is_stopped_and_forgotten_in_time() -> None:
    lost = everything(lists=(one_list("welcome", -6.0),))
    assert learned_effects(lost).of("welcome", "none").decision == "stop"
    old = everything(lists=(one_list("welcome", -6.0, months_ago=40),))
    assert learned_effects(old).of("welcome", "none").decision == "keep_testing"


@pytest.mark.parametrize(
    ("gain", "treated", "alone", "sd", "decision"),
    [
        # A list that costs half of what customers bring is believed not to pay, whatever a handful of them did.
        (9.0, 24, 6, 20.0, "keep_testing"),
        # Forty customers, 29 left alone: too few.
        (-9.0, 40, 29, 20.0, "keep_testing"),
        # Enough, but what they brought is just what the list cost.
        (26.0, 40, 30, 200.0, "keep_testing"),
        (0.0, 800, 200, 20.0, "stop"),
    ],
)
def test_only_lists_of_its_own_that_are_large_stop_a_scenario(
    gain: float, treated: int, alone: int, sd: float, decision: str
) -> None:
    read = one_list("welcome", gain, sizes=(treated, alone), sd=sd, campaign_cost=25.0 * treated)
    found = learned_effects(everything(lists=(read,))).effects.iloc[0]
    assert found["chance_pays"] < 0.2
    assert found["decision"] == decision


def test_the_chance_by_its_own_lists_is_that_of_their_weighted_mean() -> None:
    arms = pd.DataFrame(
        {"contacts": 100, "control": 50, "small": False, "age_months": [0.0, 6.0, 0.0], "base": 50.0, "sending": 1.0}
    ).assign(fixed=4.0, gain=[0.2, -0.1, 9.0], error=0.1)
    arms.loc[2, "small"] = True
    found = module._alone(arms, Memory(scale=0.3, half_life_months=6.0))
    # Above the cost of 5 / 50 by 0.1 and by -0.2, the second counting half: none on average, with weights of 2 and 1.
    assert (found.chance, found.weight) == (pytest.approx(0.5), 1.5)


def test_a_stop_lapses_when_its_lists_count_less_than_half_a_list() -> None:
    # Half-life of six months: 2^(-5/6) is 0.56 of a list, 2^(-7/6) 0.45.
    for ago, decision in ((5, "stop"), (7, "keep_testing")):
        found = learned_effects(everything(lists=(one_list("welcome", -40.0, months_ago=ago),))).effects.iloc[0]
        assert found["chance_pays"] < 0.2
        assert found["decision"] == decision


def test_a_message_without_an_offer_borrows_nothing() -> None:
    found = learned_effects(everything(), [("rescue", "none"), ("rescue", "discount20"), ("abandoned_cart", "none")])
    assert found.effects["source"].tolist()[:3] == ["untested", "borrowed", "measured"]
    assert found.effects["borrowed"].tolist()[:3] == [0, 3, 0]
    pairs = [("rescue", "none"), ("welcome", "none"), ("rescue", "gift"), ("welcome", "gift")]
    # Common to all 0.2, to the scenario 0.2, to an offer that is one 0.3, to both 0.15.
    assert alike(pairs[:1], pairs)[0] == pytest.approx([0.85, 0.2, 0.4, 0.2])
    assert alike(pairs[2:3], pairs)[0] == pytest.approx([0.4, 0.2, 0.85, 0.5])


@pytest.mark.parametrize("changes", [{"scale": 0.0}, {"half_life_months": -1.0}])
def test_a_memory_that_is_none_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="scale and half_life_months are above 0"):
        Memory(**changes)

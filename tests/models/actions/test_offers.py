"""Which offer candidates get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models.actions.plan_parts import candidates, effects, terms

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.actions.offers import LearnedOffers, auto_offers, learned_offers, offer_test, offered
from retention_lib.models.experiments.others import told_of_others
from retention_lib.models.experiments.profit_columns import Costs

TERMS = terms({"scenario": "fixed", "offer": "gift"}, {"scenario": "free", "offer": "auto"})
ROWS = [(0, "fixed"), (0, "free"), (1, "free"), (2, "free")]


def bare() -> pd.DataFrame:
    told = terms({"scenario": "fixed"}, {"scenario": "free"})
    return candidates(ROWS, told).drop(columns="offer")


def test_without_a_test_the_learned_offer_is_none() -> None:
    found = offered(bare(), TERMS, NotEnough("offers_tested", 0, 1))
    assert found["offer"].tolist() == ["gift", "none", "none", "none"]


def test_the_learned_offer_is_that_of_the_customer() -> None:
    learned = LearnedOffers(
        test="offer_3",
        offers=("leave_alone", "tenth"),
        by_row=np.array([1, 0, -1], dtype=np.int8),
        by_customer=True,
        gain=2.0,
    )
    found = offered(bare(), TERMS, learned)
    assert found["offer"].tolist() == ["gift", "tenth", "leave_alone", "none"]
    assert learned.to_frame()["customers"].tolist() == [1, 1]


NO_TEST = NotEnough("offers_tested", 0, 1)


def measured(offer: str, decision: str, better: str = "", mean: float = 0.1) -> dict[str, Any]:
    return {"scenario": "free", "offer": offer, "decision": decision, "better": better, "mean": mean}


@pytest.mark.parametrize(
    ("rows", "offer"),
    [
        ([], "none"),
        ([measured("gift", "keep_testing"), measured("none", "keep_testing")], "none"),
        ([measured("gift", "keep"), measured("tenth", "keep", mean=0.3)], "tenth"),
        ([measured("none", "change", "gift"), measured("gift", "")], "gift"),
        ([measured("gift", "change", "tenth"), measured("tenth", "", mean=0.2), measured("none", "")], "tenth"),
        ([measured("none", "change", "gift"), measured("gift", "change", "tenth"), measured("tenth", "")], "tenth"),
        ([measured("none", "change", "gift"), measured("gift", "stop")], "gift"),
        ([measured("none", "change", "gift"), measured("gift", "change", "none")], "none"),
        ([measured("none", "change", "catalogue")], "none"),
        ([measured("none", "change")], "none"),
    ],
)
def test_the_learned_offer_is_the_one_that_the_lists_of_the_scenario_have_settled(
    rows: list[dict[str, Any]], offer: str
) -> None:
    told = effects(*rows)
    assert auto_offers(told, TERMS, NO_TEST) == {"free": offer}
    assert offered(bare(), TERMS, NO_TEST, told)["offer"].tolist() == ["gift", offer, offer, offer]


def test_what_a_test_said_of_customers_holds_until_the_lists_of_the_scenario_change_it() -> None:
    policy = LearnedOffers(
        test="offer_3",
        offers=("leave_alone", "tenth"),
        by_row=np.array([1, 0, 1], dtype=np.int8),
        by_customer=True,
        gain=2.0,
    )
    kept = effects(measured("auto", "keep"), measured("none", "change", "gift"))
    assert auto_offers(kept, TERMS, policy) == {"free": "auto"}
    assert offered(bare(), TERMS, policy, kept)["offer"].tolist() == ["gift", "tenth", "leave_alone", "tenth"]
    changed = effects(measured("auto", "change", "gift"))
    assert auto_offers(changed, TERMS, policy) == {"free": "gift"}
    assert offered(bare(), TERMS, policy, changed)["offer"].tolist() == ["gift"] * 4
    one = replace(policy, by_customer=False, by_row=np.array([1, 1, -1], dtype=np.int8))
    assert auto_offers(effects(measured("tenth", "change", "none")), TERMS, one) == {"free": "none"}


def test_a_refusal_goes_through() -> None:
    refusal = NotEnough("customers", 0, 1)
    assert offered(refusal, TERMS, refusal) is refusal


@dataclass(frozen=True, kw_only=True)
class Units:
    """As `measures.experiment_features.Features`."""

    frame: pd.DataFrame
    kinds: dict[str, str]
    results: tuple[str, ...] = ("gross_profit",)
    control: str = "none"
    arms: tuple[str, ...] = ("none", "gift", "tenth")
    units_all: int = 6_000
    unit: str = "customer"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """As `measures.actions.offer_features.OfferFeatures`."""

    units: Units
    now: pd.DataFrame
    test: str = "offer_3"


def asked(young: tuple[float, float], old: tuple[float, float]) -> Asked:
    """A test in which a gift and a tenth off bring the young and the old so much."""
    rng = np.random.default_rng(5)
    arm, flag = rng.integers(0, 3, 6_000), rng.integers(0, 2, 6_000)
    gain = np.array([[0.0, *old], [0.0, *young]])[flag, arm]
    frame = pd.DataFrame(
        {
            "cluster": np.arange(6_000),
            "arm": np.array(["none", "gift", "tenth"])[arm],
            "members": 1.0,
            "young": flag.astype(float),
            "spent": rng.gamma(2, 50, 6_000),
            "gross_profit": rng.normal(20, 5, 6_000) + gain,
        }
    )
    now = pd.DataFrame(
        {"row": np.array([1, 3, 4], dtype=np.int32), "young": [1.0, 0.0, 1.0], "spent": [9.0, 90.0, 300.0]}
    )
    return Asked(units=Units(frame=frame, kinds={"young": "flag", "spent": "number"}), now=now)


def learned(given: Asked) -> LearnedOffers | NotEnough:
    costs = Costs(contact_cost=0.5, goal="gross_profit", goal_is_profit=True)
    return learned_offers(given, TERMS, costs, count=6, rng=np.random.default_rng(1))


def test_where_customers_differ_each_gets_the_own_offer() -> None:
    found = learned(asked(young=(5.0, -5.0), old=(-5.0, 5.0)))
    assert isinstance(found, LearnedOffers)
    assert found.by_customer
    assert found.offers == ("leave_alone", "gift", "tenth")
    assert found.by_row.tolist() == [-1, 1, -1, 2, 1, -1]
    assert found.gain == pytest.approx(4.5, abs=1.0)  # half gain 5 less 0.5, where one offer for all brings nothing


def test_where_an_offer_is_best_for_all_they_get_it() -> None:
    found = learned(asked(young=(5.0, 2.0), old=(5.0, 2.0)))
    assert isinstance(found, LearnedOffers)
    assert not found.by_customer
    assert found.by_row.tolist() == [-1, 1, -1, 1, 1, -1]


def test_where_no_offer_pays_nothing_is_learned() -> None:
    assert learned(asked(young=(0.0, 0.0), old=(0.0, 0.0))) == NotEnough("offer_claimed", 0, 1)


def test_customers_who_were_not_in_the_test_are_told_as_those_who_were() -> None:
    given = asked(young=(5.0, -5.0), old=(-5.0, 5.0))
    costs = Costs(contact_cost=0.5, goal="gross_profit", goal_is_profit=True)
    found = told_of_others(given.units, given.now, costs, rng=np.random.default_rng(1))
    assert not isinstance(found, NotEnough)
    assert found[:, 0].tolist() == [0.0] * 3
    assert found[0, 1:].tolist() == pytest.approx([4.5, -5.5], abs=0.8)
    assert found[1, 1:].tolist() == pytest.approx([-5.5, 4.5], abs=0.8)


def test_the_last_sound_test_with_an_offer_of_the_playbook_is_asked() -> None:
    tests = [
        SimpleNamespace(name="broken", reason="sample_ratio", parts={"gift": None}),
        SimpleNamespace(name="other", reason="", parts={"catalogue": None}),
        SimpleNamespace(name="spring", reason="", parts={"gift": None, "catalogue": None}),
        SimpleNamespace(name="autumn", reason="", parts={"tenth": None}),
    ]
    assert offer_test(SimpleNamespace(tests=tests), TERMS) == "spring"
    assert offer_test(SimpleNamespace(tests=tests[:2]), TERMS) == NotEnough("offers_tested", 0, 1)
    assert offer_test(NotEnough("lists", 0, 1), TERMS) == NotEnough("offers_tested", 0, 1)
    assert isinstance(offer_test(SimpleNamespace(tests=tests), terms({"scenario": "fixed"})), NotAsked)

"""The study of the programme's effect: its truth, a small store of each kind, and its figures."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from studies.__main__ import FIGURES as NAMES
from studies.__main__ import STUDIES as REGISTERED
from studies.loyalty_effect import (
    FIGURES,
    NOTHING,
    STUDIES,
    TEN_PER_CENT,
    Judged,
    _against_truth,
    claimed,
    false_claims,
    level,
    level_figures,
    momentum,
    not_claimed,
    not_covered,
    null,
    power,
    power_figures,
    withheld,
)


def test_every_study_is_registered_with_its_figures() -> None:
    assert set(STUDIES) == set(FIGURES)
    for name, study in STUDIES.items():
        assert REGISTERED[name] is study
        assert {NAMES[figure] for figure in FIGURES[name]} == {name}


def test_without_an_effect_the_truth_is_none() -> None:
    assert Judged.of(3, NOTHING, customers=2_000).truth == 0.0


def bought_as_members(store: Judged) -> int:
    """Purchases of the measured members in their twelve steps after that of joining, counted from the tables."""
    told, counted = store.told, 0
    rows = told.customers[told.customers["settled"] & (told.customers["joined"] < told.steps)]
    for one in rows.itertuples():
        since = np.asarray(one.step) - one.joined
        counted += int(np.asarray(one.purchases)[(since > 0) & (since <= 12)].sum())
    return counted


def test_the_truth_is_what_the_same_members_buy_in_a_store_whose_programme_changes_nothing() -> None:
    """Two stores of one seed differ in the effect alone; their tables, which miss what was taken back, tell it too."""
    with_it, without = (Judged.of(4, sizes, customers=3_000) for sizes in (TEN_PER_CENT, NOTHING))
    counts = bought_as_members(with_it), bought_as_members(without)
    assert min(counts) > 300
    assert with_it.truth == pytest.approx(counts[0] / counts[1] - 1, abs=0.025)


def test_the_truth_is_that_of_a_world_without_the_programme() -> None:
    """The same people with and without: every store of the default sizes gains, by about what its sizes say."""
    truths = [Judged.of(40 + seed, {}, customers=2_000).truth for seed in range(4)]
    assert min(truths) > 0.05
    assert max(truths) < 0.3


def test_a_small_store_of_each_kind_is_judged() -> None:
    told = level(0, customers=3_000)
    assert {"value", "low", "high", "p", "claimed", "refused", "truth", "covered", "naive"} <= set(told)
    assert told["covered"] == (told["low"] <= told["truth"] <= told["high"])
    assert told["naive"] > 0.5 > told["truth"]  # members buy much more than others, whatever the programme does
    for judge in (null, power):
        found = judge(0, customers=3_000)
        assert found["low"] <= found["value"] <= found["high"]
        assert "truth" not in found
    caught = momentum(0, customers=5_000)
    assert (caught["claimed"], caught["refused"], caught["reason"]) == (False, True, "joined_at_purchases")


def test_a_store_that_gives_no_effect_is_refused_and_not_covered() -> None:
    store = Judged.of(0, {}, customers=1_000)
    told = store.told
    nobody = replace(told, groups=told.groups.assign(settled=False), customers=told.customers.assign(settled=False))
    found = _against_truth(replace(store, told=nobody))
    assert (found["claimed"], found["refused"], found["covered"]) == (False, True, False)
    assert "value" not in found
    assert found["reason"] == "members_settled"


DEAD: dict[str, Any] = {"case": 9, "error": "it died"}


def case(value: float, truth: float, *, held: bool = True, refused: bool = False, says: bool = True) -> dict[str, Any]:
    return {"value": value, "truth": truth, "covered": held, "refused": refused, "claimed": says, "naive": 1.0}


def test_figures_count_refused_and_dead_stores_against_the_report() -> None:
    results = [case(0.12, 0.1), case(0.08, 0.1, held=False), case(0.1, 0.1, refused=True, says=False), DEAD]
    coverage, refusals, bias, naive = level_figures(results)
    assert (coverage.name, coverage.value, coverage.n) == ("loyalty_effect_coverage", 0.5, 4)
    assert (refusals.name, refusals.value) == ("loyalty_refusal_share", 0.5)
    assert (bias.name, bias.n) == ("loyalty_bias_share", 3)
    assert bias.value == pytest.approx(0.0)
    assert naive.value == pytest.approx(9.0)  # 1 against .1: nine times the effect
    assert bias.high == pytest.approx(1.96 * 0.02 / math.sqrt(3) / 0.1)
    assert [one.name for one in level_figures(results)] == list(FIGURES["loyalty_level"])


def test_the_dead_count_as_claims_where_none_is_wanted_and_as_none_where_one_is() -> None:
    results = [case(0.1, 0.1), case(0.1, 0.1, says=False), DEAD]
    assert false_claims(results)[0].value == pytest.approx(2 / 3)
    assert power_figures(results)[0].value == pytest.approx(1 / 3)
    assert withheld(results)[0].value == pytest.approx(1 / 3)
    assert claimed(results) == [results[0], DEAD]
    assert not_claimed(results) == [results[1], DEAD]
    assert not_covered(results) == [DEAD]

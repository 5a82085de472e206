"""The effect by segment: shrinkage against its formula, with and without differences between segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models.impact.joining_panels import People, World

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.impact.programme_effect import ProgrammeEffect, programme_effect
from retention_lib.models.impact.segments import SegmentEffects, segment_effects
from retention_lib.models.intervals import holm_adjusted


def found(people: People) -> SegmentEffects | NotEnough:
    effect = programme_effect(people.panel(), rng=np.random.default_rng(0))
    assert isinstance(effect, ProgrammeEffect)
    # Two designs in a hundred are refused by chance; the segments are looked at all the same.
    return segment_effects(people.told(), replace(effect, design=None))


def known(people: People) -> SegmentEffects:
    result = found(people)
    assert isinstance(result, SegmentEffects)
    return result


def split(seed: int, *effects: float, customers: int = 8_000) -> People:
    """Customers in segments with effects of their own, told apart by chance."""
    rng = np.random.default_rng(seed)
    segment = rng.integers(0, len(effects), customers)
    people = World(customers=customers).people(seed)
    since = np.arange(people.steps) > people.joined[:, None]
    added = rng.poisson(people.outcomes["purchases"] * np.array(effects)[segment][:, None])
    bought = people.outcomes["purchases"] + added * since
    names = np.array([f"part {place}" for place in range(len(effects))])
    return replace(people, segment=names[segment], outcomes={**people.outcomes, "purchases": bought})


def test_without_differences_all_are_drawn_to_the_mean() -> None:
    spreads, differing = [], 0
    for seed in range(12):
        result = known(split(seed, 0.3, 0.3, 0.3, 0.3, customers=3_000))
        table = result.table
        assert np.ptp(table["shrunk"]) <= np.ptp(table["effect"])
        assert ((table["shrunk_high"] - table["shrunk_low"]) <= (table["high"] - table["low"]) + 1e-9).all()
        spreads.append(result.dimensions["spread"].iloc[0])
        differing += len(result.differ)
    assert np.median(spreads) < 0.1
    assert differing <= 2  # of 12 stores, 5 % have any


def test_a_segment_that_differs_is_found_and_hardly_drawn() -> None:
    table = known(split(3, 0.0, 0.0, 0.0, 1.2)).table.set_index("segment")
    assert table.loc["part 3", "p_adjusted"] < 0.01
    assert table.loc["part 3", "shrunk"] == pytest.approx(table.loc["part 3", "effect"], abs=0.1)
    assert table.loc["part 3", "shrunk_low"] > table["shrunk_high"].drop("part 3").max()


def test_shrinkage_is_dersimonian_and_laird_and_morris() -> None:
    """Recomputed from the table by the formulas of the papers, and the spread by statsmodels' one-step estimate."""
    from statsmodels.stats.meta_analysis import combine_effects

    result = known(split(4, 0.0, 0.2, 0.5, 0.9))
    table, whole = result.table, result.dimensions.iloc[0]
    log = np.log1p(table["effect"].to_numpy())
    sd = (np.log1p(table["high"].to_numpy()) - log) / 1.959963985
    told = combine_effects(log, sd**2, method_re="dl")
    assert whole["spread"] == pytest.approx(np.sqrt(told.tau2), rel=1e-6)
    kept = told.tau2 / (told.tau2 + sd**2)
    np.testing.assert_allclose(np.log1p(table["shrunk"]), told.mean_effect_re + kept * (log - told.mean_effect_re))
    assert whole["heterogeneity_p"] == pytest.approx(told.test_homogeneity().pvalue)
    assert whole["segments"] == 4


def test_p_values_are_corrected_over_all_segments() -> None:
    table = known(split(5, 0.1, 0.4, 0.7)).table
    np.testing.assert_allclose(table["p_adjusted"], holm_adjusted(table["p"].to_numpy()))
    assert (table["p_adjusted"] >= table["p"]).all()


def test_one_segment_is_no_comparison() -> None:
    people = split(6, 0.3, customers=2_000)
    result = found(people)
    assert isinstance(result, NotEnough)
    assert (result.reason, result.need) == ("segments_measured", 2)
    # A second one with too few members is not measured either.
    few = replace(people, segment=np.where(np.arange(2_000) < 20, "few", "most"))
    told = found(few)
    assert isinstance(told, NotEnough)
    assert told.reason == "segments_measured"


def test_a_segment_without_a_name_is_not_shown() -> None:
    people = split(7, 0.2, 0.2, 0.2, customers=4_000)
    assert people.segment is not None
    nameless = replace(people, segment=np.where(people.segment == "part 2", "", people.segment))
    assert set(known(nameless).table["segment"]) == {"part 0", "part 1"}


def test_segments_of_a_refused_effect_are_not_asked_for() -> None:
    people = World(drift=0.08, effect=0.3).people(6)
    told = replace(people, segment=np.where(np.arange(3_000) % 2 == 0, "a", "b"))
    effect = programme_effect(told.panel(), rng=np.random.default_rng(0))
    result = segment_effects(told.told(), effect)
    assert isinstance(result, NotAsked)
    assert result.reason == "pretrend_rejected"
    refusal = NotEnough("control_group", 0, 30)
    assert segment_effects(told.told(), refusal) is refusal

"""Group-time effects against the paper's data, csdid, hand sums and simulated panels with a known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.impact.staggered_panels import (
    counties,
    csdid_aggregates,
    csdid_effects,
    random_panel,
    simulated_units,
)
from scipy.sparse import csr_array

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact.aggregation import Aggregation, GroupTimeEffects, PreTest
from retention_lib.models.impact.group_time import group_time_effects
from retention_lib.models.impact.staggered import StaggeredPanel, unit_influence


def found(panel: StaggeredPanel, **options: object) -> GroupTimeEffects:
    effects = group_time_effects(panel, **options)  # type: ignore[arg-type]
    assert isinstance(effects, GroupTimeEffects)
    return effects


def error(estimate: Estimate | NotEnough) -> float:
    assert isinstance(estimate, Estimate)
    assert estimate.low is not None
    return (estimate.value - estimate.low) / 1.959963984540054


def seeded() -> np.random.Generator:
    return np.random.default_rng(7)


# The paper's data; numbers of R's did 2.1 (att_gt, aggte with bstrap = FALSE, cband = FALSE)


@pytest.mark.parametrize(
    ("controls", "effects", "errors"),
    [
        (
            "never",
            [-0.0105, -0.0704, -0.1373, -0.1008, 0.0065, -0.0028, -0.0046, -0.0412, 0.0305, -0.0027, -0.0311, -0.0261],
            [0.0233, 0.0310, 0.0364, 0.0344, 0.0233, 0.0196, 0.0178, 0.0202, 0.0150, 0.0164, 0.0179, 0.0167],
        ),
        (
            "not_yet",
            [-0.0194, -0.0783, -0.1363, -0.1008, -0.0026, -0.0019, 0.0047, -0.0412, 0.0298, -0.0024, -0.0311, -0.0261],
            [0.0223, 0.0304, 0.0354, 0.0344, 0.0225, 0.0190, 0.0163, 0.0202, 0.0145, 0.0160, 0.0179, 0.0167],
        ),
    ],
)
def test_effects_on_counties_are_those_of_the_paper(controls: str, effects: list[float], errors: list[float]) -> None:
    told = found(counties(), controls=controls).effects
    assert [(g + 2003, t + 2003) for g, t in zip(told["group"], told["period"], strict=True)] == [
        (group, period)
        for group, before in ((2004, 2004), (2006, 2004), (2007, 2004))
        for period in range(before, 2008)
    ]
    assert told["effect"].to_numpy() == pytest.approx(effects, abs=5.1e-5)
    assert told["standard_error"].to_numpy() == pytest.approx(errors, abs=5.1e-5)


def test_aggregates_on_counties_are_those_of_the_paper() -> None:
    effects = found(counties(), controls="never")
    dynamic, group, calendar = (
        told
        for told in (
            effects.by_event_time(rng=seeded()),
            effects.by_group(rng=seeded()),
            effects.by_period(rng=seeded()),
        )
    )
    assert isinstance(dynamic, Aggregation)
    assert isinstance(group, Aggregation)
    assert isinstance(calendar, Aggregation)
    overall = effects.overall()
    told = [(overall, -0.0399512751, 0.0120340127), (dynamic.overall, -0.0772398214, 0.0199649890)]
    told += [(group.overall, -0.0310182822, 0.0124460593), (calendar.overall, -0.0417004321, 0.0159718518)]
    for estimate, value, standard_error in told:
        assert isinstance(estimate, Estimate)
        assert estimate.value == pytest.approx(value, abs=1e-9)
        assert error(estimate) == pytest.approx(standard_error, abs=1e-9)
    errors = [0.0150335602, 0.0132916447, 0.0142364022, 0.0118263640, 0.0168934762, 0.0364356642, 0.0343592258]
    assert dynamic.effects["standard_error"].to_numpy() == pytest.approx(errors, abs=1e-9)


@pytest.mark.parametrize(("controls", "statistic", "p"), [("never", 7.791237, 0.16812), ("not_yet", 7.790928, 0.16814)])
def test_pretest_on_counties_is_that_of_the_paper(controls: str, statistic: float, p: float) -> None:
    test = found(counties(), controls=controls).pretest()
    assert isinstance(test, PreTest)
    assert (test.degrees_of_freedom, test.effects) == (5, 5)
    assert test.statistic == pytest.approx(statistic, abs=1e-6)
    assert test.p == pytest.approx(p, abs=1e-5)


def test_band_on_counties_is_wider_than_single_intervals_and_narrower_than_bonferroni() -> None:
    # did's multiplier bootstrap prints 2.6 to 2.7 standard errors for the seven event times; Bonferroni would be 2.69
    dynamic = found(counties(), controls="never").by_event_time(rng=seeded())
    assert isinstance(dynamic, Aggregation)
    assert 2.6 < dynamic.reach < 2.69
    width = dynamic.effects["high"] - dynamic.effects["low"]
    assert (width / dynamic.effects["standard_error"] / 2).to_numpy() == pytest.approx(dynamic.reach)


# csdid


@pytest.mark.parametrize("controls", ["never", "not_yet"])
@pytest.mark.parametrize("strata", ["none", "kind"])
def test_effects_and_aggregates_agree_with_csdid(controls: str, strata: str) -> None:
    units = simulated_units()
    panel = StaggeredPanel(
        outcomes=units.filter(regex=r"^y\d"),
        first_treated=units["first_treated"].where(units["first_treated"] > 0) - 1,
        strata=units["kind"] if strata == "kind" else None,
    )
    effects = found(panel, controls=controls)
    named = effects.effects.assign(group=effects.effects["group"] + 1, period=effects.effects["period"] + 1)
    theirs = csdid_effects(controls, strata)
    both = theirs.merge(named, on=["group", "period"], suffixes=("_csdid", ""))
    assert len(both) == len(theirs) == len(named)
    assert both["effect"].to_numpy() == pytest.approx(both["effect_csdid"].to_numpy(), abs=1e-8)
    assert both["standard_error"].to_numpy() == pytest.approx(both["standard_error_csdid"].to_numpy(), abs=1e-8)
    sums = csdid_aggregates(controls, strata)
    for axis, told in (
        ("dynamic", effects.by_event_time(rng=seeded())),
        ("group", effects.by_group(rng=seeded())),
        ("calendar", effects.by_period(rng=seeded())),
    ):
        assert isinstance(told, Aggregation)
        overall, *places = sums[sums["axis"] == axis].itertuples()
        assert isinstance(told.overall, Estimate)
        assert told.overall.value == pytest.approx(overall.effect, abs=1e-8)
        assert error(told.overall) == pytest.approx(overall.standard_error, abs=1e-8)
        assert told.effects["effect"].to_numpy() == pytest.approx([place.effect for place in places], abs=1e-8)
        assert told.effects["standard_error"].to_numpy() == pytest.approx(
            [place.standard_error for place in places], abs=1e-8
        )
    simple = sums[sums["axis"] == "simple"].iloc[0]
    mean = effects.overall()
    assert isinstance(mean, Estimate)
    assert (mean.value, error(mean)) == pytest.approx((simple.effect, simple.standard_error), abs=1e-8)


# By hand


def small() -> StaggeredPanel:
    """Ten units: five treated from period 2 on, by 3; controls rise by 1 a period; levels differ by unit."""
    level = np.arange(10.0)
    outcomes = level[:, None] + np.array([0.0, 1.0, 2.0, 3.0])
    outcomes[:5, 2:] += 3
    outcomes[0, 3] += 5
    outcomes[9, 3] -= 10
    first = np.array([2.0] * 5 + [np.inf] * 5)
    return StaggeredPanel(outcomes=outcomes, first_treated=first)


def test_effect_error_and_relative_effect_by_hand() -> None:
    effects = found(small())
    told = effects.effects
    assert told["event_time"].tolist() == [-1, 0, 1]
    # in the last period the treated gain one more (5 / 5) and the controls fall by two (10 / 5)
    assert told["effect"].to_numpy() == pytest.approx([0, 3, 6])
    # changes of the treated deviate by 4, -1, -1, -1, -1 (squares 20), those of the controls by -8 and 2 (80)
    assert told["standard_error"].to_numpy() == pytest.approx([0, 0, np.sqrt(20 / 25 + 80 / 25)])
    assert told["units"].tolist() == told["controls"].tolist() == [5, 5, 5]
    # treated means 2 + 2 + 3 and 2 + 3 + 3 + 1; without treatment 4 and 3
    share = effects.relative()
    assert isinstance(share, Estimate)
    assert told["treated_mean"].to_numpy() == pytest.approx([3, 7, 9])
    assert share.value == pytest.approx(4.5 / 3.5)
    assert share.n == 5
    mean = effects.overall(periods=2, seen_for=2)
    assert isinstance(mean, Estimate)
    assert (mean.value, error(mean)) == pytest.approx((4.5, 1.0))
    assert effects.overall(periods=1) == NotEnough("sales_variation", 0, 1)


def test_a_mean_over_first_periods_leaves_out_groups_not_seen_for_so_long() -> None:
    outcomes = np.zeros((15, 5))
    outcomes[:5, 1:] += 10
    outcomes[5:10, 4:] += 2
    outcomes[0, 1:] += 1
    panel = StaggeredPanel(outcomes=outcomes, first_treated=np.repeat([1.0, 4.0, np.nan], 5))
    effects = found(panel)
    values = [effects.overall(periods=k, seen_for=s).value for k, s in ((1, 1), (2, 1), (2, 2))]
    assert values == pytest.approx([(10.2 + 2) / 2, (10.2 * 2 + 2) / 3, 10.2])
    assert effects.overall(periods=6, seen_for=6) == NotEnough("treated_seen_for", 4, 6)


def test_kinds_without_five_controls_are_left_out_and_counted() -> None:
    outcomes = np.zeros((24, 3))
    outcomes[:6, 2] = [1, 2, 3, 4, 5, 6]
    outcomes[12:20, 2] = 100
    kinds = np.array(["a"] * 12 + ["b"] * 12)
    first = np.array([2.0] * 6 + [np.nan] * 6 + [2.0] * 8 + [np.nan] * 4)
    told = found(StaggeredPanel(outcomes=outcomes, first_treated=first, strata=kinds)).effects
    assert told["effect"].tolist() == [0, 3.5]
    assert told[["units", "left_out", "controls"]].to_numpy().tolist() == [[6, 8, 6]] * 2


def test_units_are_compared_from_when_they_are_looked_at_and_with_their_age() -> None:
    rng = np.random.default_rng(3)
    late = np.repeat([0, 2], 40)
    outcomes = rng.poisson(3, (80, 6)).astype(float)
    outcomes[late == 2, :2] = 0
    first = np.tile(np.repeat([4.0, np.nan], 20), 2)
    whole = found(StaggeredPanel(outcomes=outcomes, first_treated=first, observed_from=late)).effects
    old = found(StaggeredPanel(outcomes=outcomes[:40], first_treated=first[:40])).effects
    young = found(StaggeredPanel(outcomes=outcomes[40:, 2:], first_treated=first[40:] - 2)).effects
    assert whole["units"].tolist() == [20, 20, 40, 40, 40]
    assert whole["effect"].to_numpy()[:2] == pytest.approx(old["effect"].to_numpy()[:2])
    both = (old["effect"].to_numpy()[2:] + young["effect"].to_numpy()) / 2
    assert whole["effect"].to_numpy()[2:] == pytest.approx(both)
    longer = found(StaggeredPanel(outcomes=outcomes, first_treated=first, observed_from=late), periods_before=3).effects
    assert longer["effect"].to_numpy() == pytest.approx(old["effect"].to_numpy())


def test_a_base_of_several_periods_before_a_gap_by_hand() -> None:
    outcomes = np.zeros((30, 7))
    outcomes[:10] = [1, 3, 5, 7, 9, 20, 30]
    outcomes[10:20] = [0, 0, 0, 0, 2, 4, 40]
    outcomes[20:] = [0, 1, 0, 1, 0, 1, 2]
    first = np.repeat([5.0, 6.0, np.nan], 10)
    effects = found(StaggeredPanel(outcomes=outcomes, first_treated=first), base_periods=2, gap=1)
    told = effects.effects.query("group == 5").set_index("period")
    # base: periods 2 and 3, mean 6 for the group; those treated in period 6 are controls up to period 4
    assert told["controls"].to_dict() == {2: 20, 3: 20, 4: 20, 5: 10, 6: 10}
    assert told["effect"].to_dict() == pytest.approx({2: 3 + 0.25, 3: 3 - 0.25, 4: 3 - 0.75, 5: 14 - 0.5, 6: 24 - 1.5})
    first_group = effects.estimates.values[effects.effects["event_time"] < -1]
    assert len(first_group) == 2 + 3


# What a unit, a cluster and a copy is


def test_influences_of_units_add_up_to_nothing_and_their_squares_to_the_variance() -> None:
    units = simulated_units()
    panel = StaggeredPanel(
        outcomes=units.filter(regex=r"^y\d"),
        first_treated=units["first_treated"].where(units["first_treated"] > 0) - 1,
        strata=units["kind"],
    )
    effects = found(panel)
    dynamic = effects.by_event_time(rng=seeded())
    assert isinstance(dynamic, Aggregation)
    for told in (effects.estimates, dynamic.estimates):
        influence = unit_influence(panel, told.gradients)
        assert influence.shape == (400, len(told.values))
        assert np.abs(influence.sum(axis=0)).max() < 1e-10
        assert influence.T @ influence == pytest.approx(told.covariance(), abs=1e-12)


def test_clusters_count_once_and_copies_count_each() -> None:
    once = random_panel(np.random.default_rng(5))
    rows = np.repeat(np.arange(600), 2)
    twice = StaggeredPanel(outcomes=once.outcomes[rows], first_treated=np.asarray(once.first_treated)[rows])
    alone, clustered = found(twice), found(replace(twice, clusters=rows))
    single, copied = found(once), found(replace(once, copies=np.full(600, 2)))
    for told in (alone, clustered, copied):
        assert told.effects["effect"].to_numpy() == pytest.approx(single.effects["effect"].to_numpy())
    errors = single.effects["standard_error"].to_numpy()
    assert clustered.effects["standard_error"].to_numpy() == pytest.approx(errors)
    assert copied.effects["standard_error"].to_numpy() == pytest.approx(errors / np.sqrt(2))
    assert alone.effects["standard_error"].to_numpy() == pytest.approx(errors / np.sqrt(2))
    assert (single.clusters, clustered.clusters, copied.clusters, alone.clusters) == (600, 600, 1200, 1200)
    assert copied.effects["units"].tolist() == alone.effects["units"].tolist()


def test_clusters_across_groups_have_the_variance_of_their_summed_influences() -> None:
    panel = random_panel(np.random.default_rng(6))
    clusters = np.random.default_rng(7).integers(0, 400, 600)
    told = found(replace(panel, clusters=clusters)).estimates
    influence = pd.DataFrame(unit_influence(panel, told.gradients)).groupby(clusters).sum().to_numpy()
    assert influence.T @ influence == pytest.approx(told.covariance(), abs=1e-12)


def test_frames_arrays_and_sparse_rows_tell_the_same() -> None:
    panel = random_panel(np.random.default_rng(8), effect=1.0)
    clusters = np.arange(600) // 2
    forms = [panel.outcomes, pd.DataFrame(panel.outcomes), csr_array(panel.outcomes), panel.outcomes.astype("float32")]
    frames = [found(replace(panel, outcomes=form, clusters=clusters)).effects for form in forms]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frames[0], frame)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-50, 50), scale=st.floats(0.1, 20))
def test_levels_and_seasons_change_nothing_and_units_of_money_scale(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng, units=200, effect=1.0)
    moved = scale * (panel.outcomes + rng.normal(0, 10, (200, 1)) + shift * rng.normal(0, 1, (1, 8)))
    first, second = found(panel).effects, found(replace(panel, outcomes=moved)).effects
    assert second["effect"].to_numpy() == pytest.approx(scale * first["effect"].to_numpy(), abs=1e-8)
    assert second["standard_error"].to_numpy() == pytest.approx(scale * first["standard_error"].to_numpy(), rel=1e-6)


# Refusals


def test_without_treated_controls_or_past_there_is_no_effect() -> None:
    flat = np.zeros((20, 4))
    refusal = NotEnough("customers_control", 3, 30)
    assert group_time_effects(refusal) is refusal
    nobody = StaggeredPanel(outcomes=flat, first_treated=np.full(20, np.nan))
    assert group_time_effects(nobody) == NotEnough("treated_with_past", 0, 5)
    at_once = StaggeredPanel(outcomes=flat, first_treated=np.full(20, 2.0))
    assert group_time_effects(at_once) == NotEnough("controls_of_kind", 0, 5)
    from_start = StaggeredPanel(outcomes=flat, first_treated=np.repeat([0.0, np.nan], 10))
    assert group_time_effects(from_start) == NotEnough("treated_with_past", 0, 5)
    one_period = StaggeredPanel(outcomes=flat[:, :1], first_treated=np.repeat([1.0, np.nan], 10))
    assert group_time_effects(one_period) == NotEnough("treated_with_past", 0, 5)
    few = StaggeredPanel(outcomes=flat, first_treated=np.array([2.0] * 4 + [np.nan] * 16))
    assert group_time_effects(few) == NotEnough("treated_with_past", 4, 5)
    later = StaggeredPanel(outcomes=flat, first_treated=np.repeat([2.0, 3.0], 10))
    assert group_time_effects(later, controls="never") == NotEnough("controls_of_kind", 0, 5)
    assert found(later).effects[["group", "period"]].to_numpy().tolist() == [[2, 1], [2, 2], [3, 1]]


def test_outcomes_that_never_differ_claim_nothing() -> None:
    flat = np.tile([0.1, 0.7, 0.3, 0.9], (20, 1))
    effects = found(StaggeredPanel(outcomes=flat, first_treated=np.repeat([2.0, np.nan], 10)))
    dynamic = effects.by_event_time(rng=seeded())
    assert isinstance(dynamic, Aggregation)
    assert (effects.effects["standard_error"] == 0).all()
    assert dynamic.effects[["low", "high"]].isna().all(axis=None)
    nothing = NotEnough("sales_variation", 0, 1)
    assert (effects.overall(), effects.relative(), effects.pretest(), dynamic.overall) == (nothing,) * 4


def test_without_periods_before_there_is_no_pretest_and_without_a_level_no_share() -> None:
    rng = np.random.default_rng(2)
    effects = found(StaggeredPanel(outcomes=rng.normal(-5, 1, (40, 3)), first_treated=np.repeat([1.0, np.nan], 20)))
    assert effects.pretest() == effects.pretest_by_event_time() == NotEnough("periods_before_treatment", 0, 1)
    share = effects.relative()
    assert isinstance(share, NotEnough)
    assert share.reason == "level_without_treatment"


def test_faults_of_the_caller_are_said() -> None:
    with pytest.raises(ValueError, match="first_treated is told for 3 units, outcomes for 4"):
        StaggeredPanel(outcomes=np.zeros((4, 2)), first_treated=np.zeros(3))
    holed = np.zeros((12, 3))
    holed[3, 1] = np.nan
    with pytest.raises(ValueError, match="must be 0"):
        group_time_effects(StaggeredPanel(outcomes=holed, first_treated=np.repeat([1.0, np.nan], 6)))
    shared = StaggeredPanel(
        outcomes=np.zeros((12, 3)),
        first_treated=np.repeat([1.0, np.nan], 6),
        clusters=np.zeros(12),
        copies=np.full(12, 2),
    )
    with pytest.raises(ValueError, match="cannot share its cluster"):
        group_time_effects(shared)


# Simulated panels with a known truth


def test_intervals_bands_and_pretest_keep_their_promise() -> None:
    """400 panels: each rate within three standard errors (.011) of its nominal value."""
    panels, truth = 400, np.array([0, 0, 0, 0, 1, 1.5, 2, 2.5, 3])
    inside = np.zeros((panels, 5), dtype=bool)
    rng = np.random.default_rng(2026)
    for panel in range(panels):
        effects = found(random_panel(rng, effect=1.0))
        dynamic = effects.by_event_time(rng=rng)
        mean, test, pooled = effects.overall(periods=3, seen_for=3), effects.pretest(), effects.pretest_by_event_time()
        assert isinstance(dynamic, Aggregation)
        assert isinstance(dynamic.overall, Estimate)
        assert isinstance(mean, Estimate)
        assert isinstance(test, PreTest)
        assert isinstance(pooled, PreTest)
        band = dynamic.effects
        inside[panel, 0] = ((band["low"] <= truth) & (truth <= band["high"])).all()
        inside[panel, 1] = mean.low <= 1.5 <= mean.high
        inside[panel, 2] = dynamic.overall.low <= 2 <= dynamic.overall.high
        inside[panel, 3] = test.p >= 0.05
        inside[panel, 4] = pooled.p >= 0.05
    assert (np.abs(inside.mean(axis=0) - 0.95) < 0.033).all(), inside.mean(axis=0)

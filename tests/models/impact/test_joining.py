"""The design of joining: what is measured, what refuses it, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from models.impact.joining_panels import People, World
from studies.loyalty_effect import Judged

from retention_lib.estimates import Estimate, NotEnough
from retention_lib.models.impact import counterfactual as fitting
from retention_lib.models.impact.comparisons import Compared, two_sided_p
from retention_lib.models.impact.joining import NOT_SHOWN, Joining, _design, _outside, _steepest, joining, passes
from retention_lib.models.impact.panel import Panel, panel
from retention_lib.models.impact.purchases_compared import Cells, purchases_compared

PERIODS = 3


def known(found: Joining | NotEnough) -> Joining:
    assert isinstance(found, Joining), found
    return found


def refused(people: People, **options: Any) -> NotEnough:
    found = joining(people.panel(), **options)
    assert isinstance(found, NotEnough)
    return found


# What is measured


def test_cells_of_a_panel_by_hand() -> None:
    """One customer each: a member with a past, one with none, and one who never joined."""
    people = People(
        started=np.array([0, 4, 1]),
        joined=np.array([5, 5, 9]),
        outcomes={"purchases": np.ones((3, 9))},
        cluster=np.arange(3),
    )
    panel = people.panel()
    cells = Cells.of(panel, 2)
    order = [list(panel.started).index(started) for started in (0, 4, 1)]
    told = {name: getattr(cells, name)[order] for name in ("untreated", "measured", "headline")}
    assert np.flatnonzero(told["untreated"][0]).tolist() == [1, 2, 3, 4]  # not the first purchase's step, not joining's
    assert np.flatnonzero(told["measured"][0]).tolist() == [6, 7, 8]
    assert np.flatnonzero(told["headline"][0]).tolist() == [6, 7]
    assert not told["untreated"][1].any()
    assert not told["measured"][1].any()
    assert np.flatnonzero(told["untreated"][2]).tolist() == list(range(2, 9))
    assert not told["measured"][2].any()
    assert np.flatnonzero(cells.period(panel, 1)[order][0]).tolist() == [7]
    later = Cells.of(panel, 2, skipped_days=56)
    assert np.flatnonzero(later.untreated[order][0]).tolist() == [3, 4]


def test_members_are_those_with_a_past_and_a_step_after_joining() -> None:
    people = World(customers=2_000, effect=0.3).people(5)
    found = known(joining(people.panel()))
    assert found.members == int((people.settled & (people.joined < people.steps - 1)).sum())
    assert found.controls == int((people.joined == people.steps).sum())
    assert found.relative.n == found.members


def test_a_claim_is_an_effect_beyond_chance_that_nothing_speaks_against() -> None:
    raised = known(joining(World(effect=0.4).people(1).panel()))
    assert raised.relative.claimed
    assert raised.relative.reason is None
    assert raised.design is None
    assert raised.relative.low is not None
    assert raised.relative.low < 0.4 < (raised.relative.high or 0)
    assert raised.drift > 0
    # Drifting apart by d, 2 d and 3 d in three periods is 2 d on average: that takes the lower bound away.
    assert np.log1p(raised.drift) * (PERIODS + 1) / 2 == pytest.approx(np.log1p(raised.relative.low))
    assert raised.breakdown == pytest.approx(np.log1p(raised.drift) / raised.steepest)
    nothing = known(joining(World().people(1).panel()))
    assert (nothing.relative.claimed, nothing.relative.reason) == (False, NOT_SHOWN)
    assert (nothing.drift, nothing.breakdown) == (0.0, 0.0)


# Refusals: line 51 of bad input (nobody left to compare with, all at once), one period, no overlap


def with_joined(people: People, joined: Any) -> People:
    return replace(people, joined=np.broadcast_to(joined, people.started.shape).astype(np.int64))


def test_all_joined_on_one_day_and_nobody_else_is_refused() -> None:
    people = World(customers=500).people(2)
    assert refused(with_joined(people, 12)).reason == "control_group"


def test_all_joined_on_one_day_beside_others_is_no_claim() -> None:
    """Twelve steps in, all members buy half as much again at once: whatever else happened that day would do it too."""
    people = World(effect=0.5).people(2)
    once = with_joined(people, np.where(people.joined < people.steps, 12, people.steps))
    since = np.arange(people.steps) > 12
    bought = people.outcomes["purchases"].copy()
    rng = np.random.default_rng(0)
    member = once.joined == 12
    plain = World().people(2).outcomes["purchases"]
    bought[member] = plain[member] + rng.poisson(0.5 * plain[member].mean(axis=0), plain[member].shape) * since
    once = replace(once, outcomes={**people.outcomes, "purchases": bought})
    found = known(joining(once.panel()))
    assert found.relative.low is not None
    assert found.relative.low > 0.3
    assert found.design == "joined_one_day"
    assert (found.relative.claimed, found.relative.reason) == (False, "joined_one_day")
    assert (found.drift, found.breakdown) == (0.0, 0.0)
    assert found.controls == int((~member).sum())


def test_everybody_joined_at_different_times_is_measured_while_somebody_is_left() -> None:
    """No customer who never joined: those not in it yet stand in for them, and the last ones have nobody."""
    people = World(customers=2_000, joining=1.0, effect=0.3).people(3)
    found = known(joining(people.panel()))
    assert found.controls == 0
    # Those who join later are the like of those who join now.
    assert found.design is None
    assert found.relative.claimed
    assert found.outside < 0.05
    last = int(people.joined.max())
    assert not found.cells.measured[:, last:].any()
    assert found.relative.low is not None
    assert found.relative.low < 0.3 < (found.relative.high or 0)


def test_too_few_others_are_no_control_group() -> None:
    people = World(customers=800).people(4)
    joined = np.where(np.arange(800) < 20, people.steps, 12)
    found = refused(with_joined(people, joined))
    assert (found.reason, found.have, found.need) == ("control_group", 20, 30)


def test_members_without_a_past_are_refused() -> None:
    """All joined with the first purchase or soon after it."""
    people = World(customers=800).people(4)
    early = np.where(people.joined < people.steps, people.started + 2, people.steps)
    found = refused(with_joined(people, early))
    assert (found.reason, found.have) == ("members_settled", 0)


def test_one_period_is_refused() -> None:
    people = World(customers=800).people(4)
    short = replace(
        people,
        started=np.full(800, -1),
        joined=np.where(people.joined < people.steps, 0, 1),
        outcomes={name: values[:, :1] for name, values in people.outcomes.items()},
    )
    assert refused(short).reason == "members_settled"


def test_joining_in_the_last_step_leaves_nothing_to_measure() -> None:
    people = World(customers=800).people(4)
    last = np.where(people.joined < people.steps, people.steps - 1, people.steps)
    found = refused(with_joined(people, last))
    assert (found.reason, found.have, found.need) == ("members_with_after", 0, 30)


def test_a_fit_that_did_not_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after one step, the course of purchases is not at its maximum."""
    people = World(customers=800, effect=0.3).people(4)
    whole = known(joining(people.panel()))
    assert whole.fit.converged
    monkeypatch.setattr(fitting, "_ITERATIONS", 1)
    assert refused(people) == NotEnough("fit_converged", 0, 1)


def test_members_who_hardly_buy_are_refused() -> None:
    people = World(customers=300, rate=0.01).people(4)
    assert refused(people).reason == "member_purchases"


def test_members_with_no_step_before_the_tested_ones_are_refused() -> None:
    """Customers for exactly three steps before joining: nothing is left that the three could be held against."""
    people = World(customers=2_000).people(4)
    start = np.where(people.joined < people.steps, people.joined - 4, people.started)
    assert refused(replace(people, started=start)).reason == "periods_before"


def test_a_pretrend_that_differs_withholds_the_claim() -> None:
    """Line 52: those who join had been growing by 8 % a period anyway."""
    found = known(joining(World(drift=0.08, effect=0.3).people(6).panel()))
    assert found.pretrend_p < 0.02
    assert found.design == "pretrend_rejected"
    assert (found.relative.claimed, found.relative.reason) == (False, "pretrend_rejected")
    assert (found.drift, found.breakdown) == (0.0, 0.0)


def test_members_unlike_everybody_else_cannot_be_compared() -> None:
    """They joined within two steps: only those of the second bought like those of the first."""
    people = World(customers=2_000, gap=60.0, rate=0.3).people(7)
    step = 12 + np.arange(2_000) % 50 // 48
    found = known(joining(with_joined(people, np.where(people.joined < people.steps, step, people.steps)).panel()))
    assert found.outside > 0.5
    assert found.design == "overlap_poor"
    assert not found.relative.claimed


@pytest.mark.parametrize(("later", "outside"), [(1, 1.0), (3, 3 / 23)])
def test_who_has_not_joined_yet_is_among_the_others_by_hand(later: int, outside: float) -> None:
    """Twenty join in step 5 and some in step 7, all buying ten times early on; ten never join and buy nothing.

    Of 21 heavy buyers one is left when the twenty join, less than a tenth, and none when the last does. Of 23 three are
    left for the twenty, which is enough; only these three themselves have nobody.
    """
    joined = np.repeat([5, 7, 9], [20, later, 10])
    bought = np.zeros((len(joined), 9))
    bought[joined < 9, 1] = 10.0
    people = People(
        started=np.zeros(len(joined), dtype=np.int64),
        joined=joined,
        outcomes={"purchases": bought},
        cluster=np.arange(len(joined)),
    )
    panel = people.panel()
    assert _outside(panel, panel.settled & ~panel.never) == pytest.approx(outside)


# Whose time before joining is long enough


def shortened(people: People, untested: Any) -> People:
    """Some members came only four steps before they joined: no step is left before the three that are tested."""
    started = people.started.copy()
    started[untested] = people.joined[untested] - 4
    return replace(people, started=started)


def test_every_member_with_a_period_before_the_tested_ones_is_tested() -> None:
    people = World(customers=2_000, effect=0.3).people(5)
    found = known(joining(people.panel()))
    assert found.tested == found.members
    measured = np.flatnonzero(people.settled & (people.joined < people.steps - 1))
    some = known(joining(shortened(people, measured[:100]).panel()))
    assert (some.members, some.tested) == (found.members, found.members - 100)
    assert some.design is None
    assert some.relative.claimed


def test_eight_of_twelve_hundred_testable_is_no_test() -> None:
    people = World(effect=0.3).people(11)
    measured = np.flatnonzero(people.settled & (people.joined < people.steps - 1))
    assert len(measured) > 1_100
    found = known(joining(shortened(people, measured[8:]).panel()))
    assert (found.members, found.tested) == (len(measured), 8)
    assert found.design == "before_untested"
    assert (found.relative.claimed, found.relative.reason) == (False, "before_untested")


def test_fewer_than_half_tested_is_no_test() -> None:
    people = World().people(11)
    measured = np.flatnonzero(people.settled & (people.joined < people.steps - 1))
    half = len(measured) // 2
    for untested, design in ((half - 20, None), (half + 20, "before_untested")):
        found = known(joining(shortened(people, measured[:untested]).panel()))
        assert (found.tested, found.design) == (len(measured) - untested, design)


def test_fewer_than_thirty_tested_is_no_test_even_if_they_are_most() -> None:
    people = World(rate=1.5).people(14)
    measured = np.flatnonzero(people.settled & (people.joined < people.steps - 4))[:40]
    joined = np.full(len(people.started), people.steps)
    joined[measured] = people.joined[measured]
    few = replace(people, joined=joined)
    for untested, refused_for_it in ((10, False), (11, True)):
        found = known(joining(shortened(few, measured[:untested]).panel()))
        assert (found.members, found.tested) == (40, 40 - untested)
        assert (found.design == "before_untested") is refused_for_it


def test_joining_at_purchases_is_seen_by_the_placebo_in_the_simulated_world() -> None:
    store = Judged.of(1, {}, world="momentum", customers=5_000, truth=False)
    found = known(joining(panel(store.told)))  # type: ignore[arg-type]
    assert found.design == "joined_at_purchases"
    assert (found.relative.claimed, found.relative.reason) == (False, "joined_at_purchases")
    facts = store.told.facts.iloc[0]
    assert facts["on_purchase_day"] > 0.25 * facts["settled"]


def test_joining_at_purchases_is_named_where_the_time_before_differs() -> None:
    people = World(drift=0.08).people(6)
    found = known(joining(replace(people, on_purchase_day=int(people.settled.sum())).panel()))
    assert found.design == "joined_at_purchases"


# The tests before joining


def test_a_test_passes_from_one_in_a_hundred_on() -> None:
    assert [passes(p) for p in (None, 1.0, 0.01, 0.0099, 1e-300, 0.0)] == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("pretrend", "placebo", "at_purchases", "design"),
    [
        (0.5, 0.5, 600, None),
        (0.5, 0.0, 0, "placebo_rejected"),
        (0.5, 0.009, 0, "placebo_rejected"),
        (0.0, 0.5, 0, "pretrend_rejected"),
        (0.0, 0.0, 0, "pretrend_rejected"),
        (0.5, 0.0, 600, "joined_at_purchases"),
    ],
)
def test_a_p_of_zero_speaks_against_the_design(
    pretrend: float, placebo: float, at_purchases: int, design: str | None
) -> None:
    panel = replace(World(customers=1_500).people(1), on_purchase_day=at_purchases).panel()
    made_up = Estimate(2.0, low=1.9, high=2.1, level=0.95, p=placebo)
    assert _design(panel, pretrend_p=pretrend, placebo=made_up, outside=0.0, tested=1.0) == design


def test_a_placebo_beyond_all_doubt_is_refused() -> None:
    """Members bought ten times as much in the three steps before joining: the p is too small to be told from 0."""
    people = World(rate=8.0, gap=0.0).people(13)
    since = np.arange(people.steps) - people.joined[:, None]
    risen = people.outcomes["purchases"] * np.where((since >= -3) & (since < 0), 10.0, 1.0)
    found = known(joining(replace(people, outcomes={**people.outcomes, "purchases": risen}).panel()))
    assert found.placebo.p == 0.0
    assert found.design == "pretrend_rejected"
    assert not found.relative.claimed


@pytest.mark.parametrize(
    ("ratios", "steepest"),
    [
        ((2.0, 2.0, 2.0), np.log(2)),  # one jump from the time before, and no other
        ((1.0, 1.5, 0.5), np.log(3)),
        ((0.8, 0.8, float("nan")), np.log(1.25)),
    ],
)
def test_the_steepest_change_begins_with_that_from_the_time_before(ratios: Any, steepest: float) -> None:
    leads = Compared(
        observed=np.nan_to_num([100 * ratio for ratio in (*ratios, 1.0)]),
        expected=np.full(4, 100.0),
        ratio_covariance=np.eye(4),
        difference_covariance=np.eye(4),
        clusters=100,
    )
    assert _steepest(leads) == pytest.approx(steepest)


def test_the_joint_test_is_hotellings() -> None:
    """By numpy and the F distribution from the leads themselves; for one lead alone it is the square of a t test."""
    from scipy.stats import f as fisher

    found = known(joining(World(drift=0.02).people(8).panel()))
    logs, covariance = found.leads.logs()[:3], found.leads.ratio_covariance[:3, :3]
    wald = logs @ np.linalg.inv(covariance) @ logs
    freedom = min(found.leads.clusters, found.tested) - 1
    assert found.pretrend_p == pytest.approx(fisher.sf(wald * (freedom - 2) / (3 * freedom), 3, freedom - 2))
    placebo = found.placebo
    log = np.log(found.leads.observed[3] / found.leads.expected[3])
    assert placebo.value == pytest.approx(np.expm1(log))
    assert placebo.p == pytest.approx(two_sided_p(log, np.sqrt(found.leads.ratio_covariance[3, 3])))


def test_the_placebo_does_not_look_at_what_came_after_joining() -> None:
    people = World(effect=0.0).people(9)
    since = np.arange(people.steps) >= people.joined[:, None]
    raised = people.outcomes["purchases"] * np.where(since, 3.0, 1.0)
    plain, other = (
        known(joining(replace(people, outcomes={**people.outcomes, "purchases": bought}).panel()))
        for bought in (people.outcomes["purchases"], raised)
    )
    assert plain.placebo == other.placebo
    assert plain.pretrend_p == other.pretrend_p
    assert np.log1p(other.relative.value) == pytest.approx(np.log1p(plain.relative.value) + np.log(3))


@pytest.fixture(scope="module")
def many() -> list[Joining]:
    """Forty stores without an effect whose members buy half as much again already before they join."""
    return [known(joining(World(customers=1_500).people(100 + seed).panel())) for seed in range(40)]


def test_without_an_effect_intervals_hold_nothing_and_tests_reject_rarely(many: list[Joining]) -> None:
    """Of 40 at 5 %, 7 or more have a chance below .4 %; at 2 %, 5 or more below .1 %."""
    outside = [one for one in many if not (one.relative.low or 0) <= 0 <= (one.relative.high or 0)]
    assert len(outside) <= 6
    assert sum(one.pretrend_p < 0.02 for one in many) <= 4
    assert sum((one.placebo.p or 0) < 0.02 for one in many) <= 4
    logs = np.array([np.log1p(one.relative.value) for one in many])
    told = np.array([(np.log1p(one.relative.high or 0) - np.log1p(one.relative.low or 0)) / 3.92 for one in many])
    assert abs(logs.mean()) < 3 * logs.std() / np.sqrt(len(logs))
    assert logs.std(ddof=1) / np.sqrt((told**2).mean()) == pytest.approx(1.0, abs=0.35)


def test_with_an_effect_intervals_hold_it() -> None:
    found = [known(joining(World(customers=1_500, effect=0.3).people(200 + seed).panel())) for seed in range(25)]
    held = [one for one in found if (one.relative.low or 0) <= 0.3 <= (one.relative.high or 0)]
    assert len(held) >= 21
    assert np.mean([one.relative.value for one in found]) == pytest.approx(0.3, abs=0.05)


def test_simulated_stores_are_covered_and_rarely_refused() -> None:
    """Ten stores of the simulated shop, each held against the true effect on the same members."""
    judged = [Judged.of(700 + seed, {}, customers=3_000) for seed in range(10)]
    found = [(store.truth, known(joining(panel(store.told)))) for store in judged]  # type: ignore[arg-type]
    held = [truth for truth, one in found if (one.relative.low or 0) <= truth <= (one.relative.high or 0)]
    assert len(held) >= 8
    assert sum(one.design is not None for _, one in found) <= 2
    errors = np.array([one.relative.value - truth for truth, one in found])
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors))


def test_days_skipped_leave_the_rest_of_the_comparison() -> None:
    panel: Panel = World(effect=0.4).people(1).panel()
    found = purchases_compared(panel, periods=3, skipped_days=84)
    assert not isinstance(found, NotEnough)
    assert isinstance(found.relative, Estimate)
    assert not (found.cells.untreated & (np.arange(panel.steps) <= panel.started[:, None] + 3)).any()
    assert found.relative.low is not None
    assert found.relative.low < 0.4 < (found.relative.high or 0)

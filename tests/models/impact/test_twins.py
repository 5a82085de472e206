"""Members beside others weighted to have had their past."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from models.impact.joining_panels import People, Told, World
from studies.loyalty_effect import Judged

from retention_lib.estimates import NotAsked, NotEnough
from retention_lib.models.impact import twins as module
from retention_lib.models.impact.panel import Panel, panel
from retention_lib.models.impact.programme_effect import ProgrammeEffect, programme_effect
from retention_lib.models.impact.twins import FEATURES, Twins, _weighted, twins


@cache
def sound() -> ProgrammeEffect:
    """An effect of whose design nothing speaks against."""
    found = programme_effect(World(customers=1_000, effect=0.4).people(1).panel(), rng=np.random.default_rng(0))
    assert isinstance(found, ProgrammeEffect)
    assert found.design is None
    return found


def known(told: Told) -> Twins:
    found = twins(told, sound(), rng=np.random.default_rng(0))
    assert isinstance(found, Twins)
    return found


def selected(seed: int, *, effect: float, customers: int = 3_000) -> People:
    """Those who bought more in their first three steps, and cooled down faster, are likelier to join later."""
    rng = np.random.default_rng(seed)
    steps = 20
    started = rng.integers(-1, 4, customers)
    level = rng.gamma(2.0, 0.4, customers)
    step = np.arange(steps)
    age = np.maximum(step - started[:, None], 0)
    mean = level[:, None] * np.exp(-0.04 * age * (1 + level[:, None])) * np.exp(0.3 * np.sin(step / 2))
    bought = rng.poisson(mean).astype(float)
    early = np.array([bought[row, start + 1 : start + 4].sum() for row, start in enumerate(started)])
    joins = rng.random(customers) < 1 / (1 + np.exp(1.5 - 0.4 * early))
    joined = np.where(joins, rng.integers(9, steps - 3, customers), steps)
    since = step > joined[:, None]
    bought = bought + rng.poisson(effect * mean) * since
    return People(
        started=started,
        joined=joined,
        outcomes={"purchases": bought, "revenue": 10 * bought},
        cluster=np.arange(customers),
    )


def test_weights_make_the_groups_alike() -> None:
    told = selected(1, effect=0.0).told()
    found = known(told)
    assert list(found.balance["feature"]) == list(FEATURES)
    assert found.balance["before"].abs().max() > 0.4
    assert found.worst == found.balance["after"].abs().max() < 0.01
    assert found.alike
    member = told.pasts["member"]
    assert (found.members, found.others) == (member.sum(), (~member).sum())
    assert 30 < found.effective < found.others
    # Standardised differences by numpy: means over the pooled standard deviation of the two groups.
    one = told.pasts["purchases_2"].to_numpy(dtype=float)
    pooled = np.sqrt((one[member].var() + one[~member].var()) / 2)
    difference = (one[member].mean() - one[~member].mean()) / pooled
    row = found.balance.set_index("feature").loc["purchases_2"]
    assert row["before"] == pytest.approx(difference)


def test_the_effect_is_found_among_the_like() -> None:
    errors = []
    for seed in range(12):
        found = known(selected(30 + seed, effect=0.3).told())
        assert found.relative.low is not None
        errors.append((found.relative.value - 0.3, found.relative.low <= 0.3 <= (found.relative.high or 0)))
    assert sum(held for _, held in errors) >= 9
    assert abs(np.mean([error for error, _ in errors])) < 0.08


def test_a_weighted_panel_adds_up_with_weights() -> None:
    """Every customer with a weight of 2 is a panel of twice as many; without a past nobody is left in it."""
    told = selected(2, effect=0.0, customers=400).told()
    whole = panel(told)  # type: ignore[arg-type]
    assert isinstance(whole, Panel)
    double = _weighted(whole, told, np.full(len(told.pasts), 2.0))
    single = _weighted(whole, told, np.ones(len(told.pasts)))
    np.testing.assert_allclose(double.sums("purchases"), 2 * single.sums("purchases"))
    np.testing.assert_allclose(double.customers, 2 * single.customers)
    assert single.customers.sum() == len(told.pasts)
    rows = told.customers[told.customers["number"].isin(told.pasts["number"])]
    assert single.sums("purchases").sum() == sum(sum(bought) for bought in rows["purchases"])


def test_weights_learned_from_some_are_those_learned_from_all_but_for_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    told = selected(3, effect=0.3).told()
    whole = known(told)
    monkeypatch.setattr(module, "MOST", 2_000)
    part = known(told)
    assert part.relative.value == pytest.approx(whole.relative.value, abs=0.08)
    assert part.members == whole.members


def test_groups_that_cannot_be_made_alike_say_so() -> None:
    """Members spent a hundred times as much at first as anybody else."""
    told = selected(4, effect=0.0).told()
    member = told.pasts["member"]
    pasts = told.pasts.assign(first_amount=np.where(member, 1_000.0, told.pasts["first_amount"]))
    found = known(replace(told, pasts=pasts))
    assert not found.alike
    assert found.outside > 0.5


def test_too_few_of_either_are_refused() -> None:
    told = selected(5, effect=0.0).told()
    member = told.pasts["member"].to_numpy()
    for reason, kept in (("twins_members", ~member), ("twins_others", member)):
        few = kept | (np.cumsum(~kept) <= 20)
        found = twins(replace(told, pasts=told.pasts[few]), sound(), rng=np.random.default_rng(0))
        assert isinstance(found, NotEnough)
        assert (found.reason, found.have, found.need) == (reason, 20, 30)
    refusal = NotEnough("loyalty_events", 0, 1)
    assert twins(refusal, sound(), rng=np.random.default_rng(0)) is refusal
    assert twins(told, refusal, rng=np.random.default_rng(0)) is refusal


@pytest.mark.parametrize("design", ["joined_one_day", "before_untested", "pretrend_rejected", "overlap_poor"])
def test_weights_do_not_mend_a_refused_design(design: str) -> None:
    told = selected(1, effect=0.3).told()
    found = twins(told, replace(sound(), design=design), rng=np.random.default_rng(0))
    assert found == NotAsked(design, 0, 1)
    assert isinstance(found, NotAsked)


def test_customers_who_join_when_they_buy_have_no_twins_in_the_simulated_world() -> None:
    store = Judged.of(1, {}, world="momentum", customers=5_000, truth=False)
    rng = np.random.default_rng(0)
    effect = programme_effect(panel(store.told), rng=rng)
    assert twins(store.told, effect, rng=rng) == NotAsked("joined_at_purchases", 0, 1)


def test_a_simulated_store_has_twins() -> None:
    """Of this store the weighted fit once ran away and left nothing to compare."""
    store = Judged.of(1, {}, customers=5_000)
    rng = np.random.default_rng(0)
    found = twins(store.told, programme_effect(panel(store.told), rng=rng), rng=rng)
    assert isinstance(found, Twins)
    assert found.alike
    assert found.relative.low is not None
    assert found.relative.low < store.truth < (found.relative.high or 0)

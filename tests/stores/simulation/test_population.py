"""The superpopulation: other customers of the same shop, told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention_lib.settings.simulation import Simulation
from retention_lib.stores.simulation import population
from retention_lib.stores.simulation.population import FIRST_BLOCK, Population, block_sums, population_effects
from retention_lib.stores.simulation.shop import open_shop, tell_story

SIMULATION = Simulation(customers=2_000, months=12)
CUSTOMERS = 5_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("populations")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "BLOCK", 2_000)


@pytest.fixture
def found(root: Path) -> Population:
    return population_effects(SIMULATION, customers=CUSTOMERS, jobs=2, root=root)


def test_superpopulation_is_told_once_whatever_the_store_holds(found: Population, root: Path) -> None:
    told: list[tuple[int, int]] = []
    again = population_effects(
        SIMULATION.model_copy(update={"customers": 9_000}),
        customers=CUSTOMERS,
        root=root,
        told=lambda done, all_: told.append((done, all_)),
    )
    assert told == []
    assert again.effects.equals(found.effects)
    assert again.values.equals(found.values)
    assert len(list(root.rglob("*.json"))) == 1


def test_processes_do_not_change_a_figure_and_are_heard_of(found: Population, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    alone = population_effects(
        SIMULATION, customers=CUSTOMERS, jobs=1, root=tmp_path, told=lambda done, all_: told.append((done, all_))
    )
    assert told == [(2_000, CUSTOMERS), (4_000, CUSTOMERS), (5_000, CUSTOMERS)]
    assert alone.effects.equals(found.effects)
    assert alone.values.equals(found.values)


def test_values_are_those_of_the_stories(found: Population) -> None:
    shop = open_shop(SIMULATION)
    stories = [tell_story(shop, FIRST_BLOCK + place, count=count) for place, count in enumerate((2_000, 2_000, 1_000))]
    values = found.values.set_index("name")
    orders = sum(story.orders.count for story in stories)
    assert values.loc["purchases", "value"] == orders / CUSTOMERS
    late = sum(int(story.people.late.sum()) for story in stories)
    assert values.loc["late_first_delivery", "value"] == late / CUSTOMERS
    rate = sum(float(story.people.rate.sum()) for story in stories)
    assert values.loc["rate", "value"] == pytest.approx(rate / CUSTOMERS, rel=1e-6)
    assert 0.2 < values.loc["second_order", "value"] < 0.9
    assert (values["customers"] == CUSTOMERS).all()


def test_store_and_superpopulation_have_the_same_truth(found: Population) -> None:
    store = block_sums(SIMULATION, 0, 2_000)
    values = found.values.set_index("name")
    for name, one in store.values.items():
        unit = 1e-9 if name == "rate" else 1.0
        error = (one.standard_error * unit) ** 2 + values.loc[name, "standard_error"] ** 2
        assert abs(one.mean * unit - values.loc[name, "value"]) < 4 * error**0.5, name


def test_other_settings_are_another_superpopulation(found: Population, root: Path) -> None:
    other = SIMULATION.model_copy(update={"sizes": SIMULATION.sizes.model_copy(update={"late_harm": 0.0})})
    changed = population_effects(other, customers=2_000, jobs=1, root=root)
    late = "effect == 'late_first_delivery' and among == 'all' and other == 'on_time' and measure == 'purchases'"
    smaller, larger = (abs(one.effects.query(late)["mean"].iloc[-1]) for one in (changed, found))
    assert smaller < larger / 2

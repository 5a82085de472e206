from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from retention_lib.settings import Simulation, Sizes, StoreSettings
from retention_lib.settings.simulation import FEWEST, MOST

if TYPE_CHECKING:
    from conftest import Project

SET = """title: Toy shop
store:
  simulation: {customers: 1000, months: 6, until: 2025-12-31, sizes: {late_harm: 0}}
  as_of: 2025-11-30
reports: {churn: {}}
"""


def test_default_store_is_the_one_of_the_contract() -> None:
    simulation = Simulation()
    assert (simulation.customers, simulation.months, simulation.until, simulation.seed) == (
        20_000,
        24,
        date(2026, 6, 30),
        1,
    )
    assert (simulation.first_day, simulation.days) == (date(2024, 7, 1), 730)


def test_window_of_a_leap_year_has_its_day() -> None:
    assert Simulation(months=12, until=date(2024, 12, 31)).days == 366


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"customers": FEWEST - 1}, "customers"),
        ({"customers": MOST + 1}, "customers"),
        ({"customers": "20000"}, "customers"),
        ({"months": 5}, "months"),
        ({"until": "2026-06-29"}, "until"),
        ({"until": "1991-12-31", "months": 24}, "until"),
        ({"until": "2100-01-31"}, "until"),
        ({"seed": -1}, "seed"),
        ({"programme": "always"}, "programme"),
        ({"lists": 7}, "lists"),
        ({"sizes": {"late_harm": 1.1}}, "sizes.late_harm"),
        ({"sizes": {"late_hram": 0}}, "sizes.late_hram"),
    ],
)
def test_wrong_value_is_refused_at_its_key(wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Simulation.model_validate(wrong)
    assert [".".join(map(str, line["loc"])) for line in caught.value.errors()] == [place]


def test_every_size_may_be_zero() -> None:
    off = Sizes.model_validate(dict.fromkeys(Sizes.model_fields, 0))
    assert set(off.model_dump().values()) == {0}


def test_settings_come_back_from_json() -> None:
    simulation = Simulation(customers=1000, until=date(2025, 12, 31), sizes=Sizes(late_harm=0))
    assert Simulation.model_validate(simulation.model_dump(mode="json")) == simulation


def test_simulated_store_brings_its_own_and_may_be_pinned(project: Project) -> None:
    settings = project.load(SET)
    name, store = settings.store_settings("churn")
    assert store.simulation == Simulation(customers=1000, months=6, until=date(2025, 12, 31), sizes=Sizes(late_harm=0))
    assert (store.timezone, store.currency, store.as_of) == (None, None, date(2025, 11, 30))
    assert settings.store_title(name, "shop") == "Toy shop"


@pytest.mark.parametrize("key", ["timezone: Europe/Moscow", "currency: RUB", "connection: duckdb://", "tables: {}"])
def test_nothing_that_it_brings_may_stand_beside_it(project: Project, key: str) -> None:
    name = key.partition(":")[0]
    refused = project.refused(SET.replace("  as_of", f"  {key}\n  as_of"))
    assert refused == [f"parameters/shop.yml: store.{name} cannot be set beside simulation, which brings its own"]


def test_data_set_and_simulation_exclude_each_other(project: Project) -> None:
    refused = project.refused(SET.replace("  as_of: 2025-11-30", "  dataset: cdnow"))
    assert refused == ["parameters/shop.yml: store.simulation cannot stand beside dataset; keep one of the two"]


def test_limits_are_told_in_plain_numbers(project: Project) -> None:
    refused = project.refused(SET.replace("customers: 1000", "customers: 10"))
    assert refused == ["parameters/shop.yml: store.simulation.customers is 10 but must be between 1000 and 10000000"]


def test_empty_simulation_is_the_default_one() -> None:
    assert StoreSettings.model_validate({"simulation": {}}).simulation == Simulation()

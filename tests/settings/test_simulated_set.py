from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from retention_lib.settings import Month, ParameterError, SetSettings, Simulation, load_set
from retention_lib.settings.simulated_set import given_simulation, set_text, simulated_set
from retention_lib.stores.simulation.campaigns import campaign_plan

ROOT = Path(__file__).parents[2]
OPTIONS: dict[str, str | None] = {"customers": "2000", "months": "12", "until": None, "seed": None, "programme": None}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    return tmp_path


def refused(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(ParameterError) as caught:
        call()
    return str(caught.value).splitlines()


def wanted(root: Path, *sizes: str, name: str = "toy", **options: str) -> SetSettings:
    return simulated_set(root, name, given_simulation({**OPTIONS, **options}, sizes))


def test_new_set_is_written_and_runs_as_it_is(root: Path) -> None:
    settings = wanted(root, "late_harm=0", "welcome_points=150.5")
    (store,) = settings.stores.values()
    assert store.simulation is not None
    assert (store.simulation.customers, store.simulation.months, store.simulation.seed) == (2000, 12, 1)
    assert (store.simulation.sizes.late_harm, store.simulation.sizes.welcome_points) == (0, 150.5)
    assert load_set(root / "parameters" / "toy.yml") == settings
    assert set(settings.reports) == {
        *("churn_diagnosis", "cohort_ltv", "loyalty_impact"),
        *("ab_campaign", "campaign_plan", "retention_playbook"),
    }
    assert settings.reports["retention_playbook"].parameters == {"contacts": 400}
    assert settings.playbook.scenarios["reactivation"].offer == "auto"


def test_set_that_is_there_is_taken_where_nothing_differs(root: Path) -> None:
    written = wanted(root, "late_harm=0")
    before = (root / "parameters" / "toy.yml").read_bytes()
    assert wanted(root, "late_harm=0.0") == simulated_set(root, "toy", {}) == written
    assert (root / "parameters" / "toy.yml").read_bytes() == before


def test_every_option_that_differs_is_refused_by_its_key(root: Path) -> None:
    wanted(root, "late_harm=0")
    rule = "in the command; change the file or choose another --set"
    assert refused(lambda: wanted(root, "late_harm=0.1", seed="7")) == [
        f"parameters/toy.yml: store.simulation.seed is 1 there and 7 {rule}",
        f"parameters/toy.yml: store.simulation.sizes.late_harm is 0.0 there and 0.1 {rule}",
    ]


def test_set_without_a_simulation_is_refused(root: Path) -> None:
    (root / "parameters" / "shop.yml").write_bytes((ROOT / "parameters" / "cdnow.yml").read_bytes())
    assert refused(lambda: wanted(root, name="shop")) == [
        "parameters/shop.yml: has no store with the key simulation; name another set by --set"
    ]


@pytest.mark.parametrize(
    ("options", "sizes", "said"),
    [
        ({"customers": "10"}, (), "toy.yml: store.simulation.customers is 10 but must be between 1000 and 10000000"),
        ({"customers": "many"}, (), 'toy.yml: store.simulation.customers is "many" but must be a whole number'),
        ({"until": "2026-02-30"}, (), 'toy.yml: store.simulation.until is "2026-02-30" but must be a day'),
        ({"programme": "levl"}, (), "did you mean level?"),
        ({}, ("late_hram=0",), "store.simulation.sizes.late_hram is not known; did you mean late_harm?"),
        ({}, ("late_harm=no",), 'store.simulation.sizes.late_harm is "no" but must be a number'),
        ({}, ("late_harm",), 'retention simulate: --size is "late_harm" but must be written like late_harm=0'),
        ({"seed": "1\nb: 2"}, (), "store.simulation.seed is"),
    ],
)
def test_wrong_value_is_refused_as_in_a_file_and_nothing_is_written(
    root: Path, options: dict[str, str], sizes: tuple[str, ...], said: str
) -> None:
    (line,) = refused(lambda: wanted(root, *sizes, **options))
    assert said in line
    assert not list((root / "parameters").iterdir())


@pytest.mark.parametrize("name", ["Toy", "", "../x", "a b"])
def test_name_that_is_no_usable_one_is_refused(root: Path, name: str) -> None:
    assert "is no usable name" in refused(lambda: wanted(root, name=name))[0]


def test_project_that_lacks_the_notebooks_keeps_no_half_usable_set(root: Path) -> None:
    (root / "notebooks").unlink()
    (root / "notebooks").mkdir()
    assert len(refused(lambda: wanted(root))) == 6
    assert not list((root / "parameters").iterdir())


def test_shipped_demo_is_what_the_command_would_write_but_for_a_larger_and_a_broken_test() -> None:
    shipped = (ROOT / "parameters" / "demo.yml").read_text(encoding="utf-8")
    before, begins, rest = shipped.partition("  broken_test:")
    broken, ends, after = rest.partition("  campaign_plan:")
    assert begins
    assert "notebook: ab_campaign\n    experiment: broken_1\n" in broken
    plain = before + ends + after
    assert plain.replace("experiment: offer_3", "experiment: offer_1") == set_text("demo", Simulation())


def test_new_set_names_a_campaign_that_every_window_has() -> None:
    last_days = [Month(2025, month).end - timedelta(days=1) for month in range(1, 13)]
    for months, until in product(range(6, 49), last_days):
        plan = campaign_plan(Simulation(months=months, until=until))
        assert "offer_1" in {campaign.id for campaign in plan}, (months, until)


def test_new_set_names_the_invitation_only_where_there_is_one(root: Path) -> None:
    named = {
        world: wanted(root, name=world, programme=world).reports["loyalty_impact"].parameters.get("invitation")
        for world in ("level", "momentum", "invited")
    }
    assert named == {"level": None, "momentum": None, "invited": "programme_invitation"}
    plan = campaign_plan(Simulation(programme="invited"))
    assert named["invited"] in {campaign.id for campaign in plan}


def test_new_set_looks_at_the_programme_and_names_no_campaign(root: Path) -> None:
    parameters = wanted(root, months="24").reports["loyalty_impact"].parameters
    assert "campaign" not in parameters
    assert parameters["running_cost_holds_rewards"] is True
    assert parameters["regular"] == ["newsletter_*", "sms_*"]

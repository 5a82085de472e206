"""A small version of the study, and its oracles' statistics against numbers from elsewhere."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from studies.cases import Result
from studies.fits import counted, glm, poisson_fit, spread
from studies.simulator_mechanisms import (
    CASES,
    MECHANISMS,
    STUDY,
    SWITCHED_ON,
    WORLDS,
    failures,
    figures,
    recovered,
    simulation_of,
)

from retention_lib.settings.simulation import Sizes

CUSTOMERS = 12_000
CASE = 1


@cache
def small_case() -> Result:
    return {"case": CASE, **recovered(CASE, customers=CUSTOMERS)}


def test_every_size_of_the_simulator_has_an_oracle() -> None:
    assert {name.split()[0] for name in MECHANISMS} == set(Sizes.model_fields)


def test_oracles_recover_the_sizes_of_a_small_store() -> None:
    found = small_case()["mechanisms"]
    missed = [name for name, one in found.items() if not one["recovered"]]
    # Of forty-odd intervals of 95 %, more than six miss once in a hundred stores.
    assert len(missed) <= 6, missed


def test_oracles_are_not_content_with_other_sizes() -> None:
    found = small_case()["mechanisms"]
    moved = [name for name, one in found.items() if not one["low"] <= one["size"] * 1.6 <= one["high"]]
    assert len(moved) >= 0.8 * len(found), set(found) - set(moved)


def test_cases_cover_all_worlds_with_everything_on_and_by_default() -> None:
    sizes = {(case.programme, case.sizes.split_ids > 0) for case in map(simulation_of, range(CASES))}
    assert sizes == {(world, on) for world in WORLDS for on in (False, True)}
    switched_on = simulation_of(CASE).sizes
    assert all(getattr(switched_on, name) == size for name, size in SWITCHED_ON.items())
    assert min(switched_on.model_dump().values()) > 0
    assert STUDY.cases == CASES


def result(case: int, *, missed: tuple[str, ...] = ()) -> Result:
    found = {name: {"estimate": 1.0, "size": 1.0, "recovered": name not in missed} for name in MECHANISMS}
    return {"case": case, "programme": "level", "mechanisms": found}


def test_figure_is_the_share_of_mechanisms_and_cases() -> None:
    (figure,) = figures([result(0, missed=("season", "pairs")), result(1)])
    n = 2 * len(MECHANISMS)
    assert (figure.name, figure.value, figure.n) == ("simulator_mechanisms", pytest.approx((n - 2) / n), n)
    assert figure.low < figure.value < figure.high


def test_case_that_died_recovers_nothing_and_is_told() -> None:
    results: list[Result] = [result(0, missed=("season",)), {"case": 1, "died": -9}]
    assert figures(results)[0].value == pytest.approx((len(MECHANISMS) - 1) / (2 * len(MECHANISMS)))
    season, died = failures(results)
    assert (season["case"], season["mechanism"]) == (0, "season")
    assert died == {"case": 1, "died": -9}


def test_interval_of_a_count_is_garwoods() -> None:
    # Ulm (1990), American Journal of Epidemiology 131, table: ten events, 4.80 to 18.39.
    found = counted(10, 5)
    assert (found.value, found.low, found.high) == (2.0, pytest.approx(0.959, abs=5e-4), pytest.approx(3.678, abs=5e-4))
    assert counted(0, 1).high == pytest.approx(3.689, abs=5e-4)


def test_fit_of_counts_agrees_with_the_ratio_in_closed_form() -> None:
    expected, observed = np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 6.0])
    (found,) = poisson_fit(lambda theta: (expected * theta[0], expected[:, None]), [0.1], observed)
    assert found.value == pytest.approx(9 / 6)
    (regression,) = glm("poisson", np.array([4.0, 6.0, 9.0, 9.0]), [np.array([0.0, 0.0, 1.0, 1.0])])
    assert regression.value == pytest.approx(np.log(9 / 5))
    # The variance of the logarithm of a ratio of counts: 1 / 10 + 1 / 18.
    assert regression.high == pytest.approx(np.log(9 / 5) + 1.959964 * np.sqrt(1 / 10 + 1 / 18))


def test_observations_of_one_customer_count_as_one() -> None:
    expected, observed = np.ones(6), np.array([2.0, 2.0, 0.0, 0.0, 1.0, 1.0])
    apart, together = (
        poisson_fit(lambda theta: (expected * theta[0], expected[:, None]), [0.5], observed, cluster)[0]
        for cluster in (None, np.array([0, 0, 1, 1, 2, 2]))
    )
    assert together.high - together.value == pytest.approx(np.sqrt(2) * (apart.high - apart.value))


def test_spread_takes_off_the_noise() -> None:
    values = np.random.default_rng(1).normal(0, 0.05, 400) + np.random.default_rng(2).normal(0, 0.02, 400)
    found = spread(values, 0.02**2)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.05 < found.high
    assert found.high - found.low < 0.01

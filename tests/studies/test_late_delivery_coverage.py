"""A small version of the study, and its truth against a count by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from studies.__main__ import FIGURES as NAMES
from studies.cases import Result
from studies.late_delivery_coverage import (
    CASES,
    CUSTOMERS,
    FIGURES,
    STUDY,
    covered,
    delivery_of,
    failures,
    figures,
    true_difference,
)

from retention_lib.settings.simulation import Simulation, Sizes
from retention_lib.stores.simulation.shop import open_shop, tell_story
from retention_lib.stores.simulation.story import Story

CASE = 3


@cache
def small_case() -> Result:
    return {"case": CASE, **covered(CASE)}


def test_interval_of_a_store_holds_its_truth_and_the_raw_one_does_not() -> None:
    found = small_case()
    assert found["late"] >= 100
    assert found["truth"] < 0
    assert found["raw"] < found["value"] < 0
    assert found["covered"]
    assert found["raw_missed"]
    assert found["careful"]
    assert not found["placebo_rejected"]


def test_confounded_store_is_compared_with_its_own_truth() -> None:
    found = small_case()
    # With this size of it the claim is made as in any store, and nothing that a shop knows tells.
    assert found["confounded_truth"] != found["truth"]
    assert found["confounded_value"] < found["confounded_truth"] < 0
    assert found["confounded_claimed"]


def told(**sizes: float) -> Story:
    return tell_story(open_shop(Simulation(customers=CUSTOMERS, seed=CASE, sizes=Sizes(**sizes))), 0)


def test_truth_is_nothing_where_lateness_does_no_harm() -> None:
    assert true_difference(told(late_harm=0.0, bad_review_harm=0.0)) == 0.0


def test_truth_is_everything_where_all_late_ones_leave() -> None:
    gone = told(late_harm=1.0)
    found = delivery_of(gone)
    assert found.share == 0.0  # nobody late comes back
    low, high = found.difference.low or 0.0, found.difference.high or 0.0
    assert true_difference(gone) == pytest.approx(found.difference.value, abs=0.75 * (high - low))


def test_measured_subjects_are_those_of_the_truth() -> None:
    store = told()
    people, days = store.people, store.shop.calendar.days
    second = np.full(people.count, 10**6)
    orders = store.orders
    np.minimum.at(second, orders.customer[orders.rank == 1], orders.day[orders.rank == 1])
    late = people.late & (second > people.first_promised) & (people.first_promised + 90 < days)
    found = delivery_of(store)
    assert found.late == late.sum()
    assert found.share == pytest.approx((second[late] <= people.first_promised[late] + 90).mean())


def result(case: int, **held: bool) -> Result:
    good = {"covered": True, "raw_missed": True, "careful": True, "placebo_rejected": False}
    return {"case": case, **good, "confounded_claimed": False, "confounded_covered": True, **held}


def test_figures_are_shares_of_stores() -> None:
    found = {one.name: one for one in figures([result(0), result(1, covered=False), result(2, raw_missed=False)])}
    assert found["late_delivery_coverage"].value == pytest.approx(2 / 3)
    assert found["late_delivery_raw_misses"].value == pytest.approx(2 / 3)
    assert found["late_delivery_confounded_careful"].value == 1
    assert {one.n for one in found.values()} == {3}
    assert tuple(found) == tuple(FIGURES)


@pytest.mark.parametrize(
    ("figure", "held"),
    [
        ("late_delivery_placebo_rejections", {"placebo_rejected": True}),
        ("late_delivery_confounded_claimed", {"confounded_claimed": True}),
        ("late_delivery_confounded_coverage", {"confounded_covered": False}),
    ],
)
def test_figures_of_what_the_model_cannot_know_are_shares_too(figure: str, held: Result) -> None:
    found = {one.name: one.value for one in figures([result(0), result(1, **held)])}
    assert found[figure] == 1 / 2
    died = {one.name: one.value for one in figures([{"case": 0, "died": -9}])}
    assert died[figure] == (0 if figure == "late_delivery_confounded_coverage" else 1)


def test_each_figure_is_a_name_of_the_study() -> None:
    assert all(NAMES[figure] == "late_delivery_coverage" for figure in FIGURES)
    assert STUDY.cases == CASES


def test_store_that_died_or_is_not_covered_is_told() -> None:
    results: list[Result] = [result(0), result(1, covered=False), result(2, careful=False), {"case": 3, "died": -9}]
    assert [one["case"] for one in failures(results)] == [1, 2, 3]
    careful = next(one for one in figures(results) if one.name == "late_delivery_confounded_careful")
    assert careful.value == pytest.approx(0.5)

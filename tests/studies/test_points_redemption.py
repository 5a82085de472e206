"""The study of points still to be used: its stores, a small case, and its figures."""

from __future__ import annotations

from typing import Any

import pytest
from studies.points_redemption import CASES, FIGURES, Seen, failures, figures, held, simulation_of


def test_stores_are_seen_for_two_years_or_three_and_left_in_every_month() -> None:
    assert simulation_of(0).months == 24 + 8
    assert simulation_of(CASES - 1).months == 36 + 8
    for half in (range(CASES // 2), range(CASES // 2, CASES)):
        assert {simulation_of(number).until.month for number in half} == set(range(1, 13))
    assert simulation_of(0).sizes.season > 0
    assert simulation_of(0).sizes.monthly_shock > 0


def test_points_used_in_the_end_are_those_of_lots_credited_before_the_day() -> None:
    seen = Seen.of(simulation_of(3, customers=1_000))
    events = seen.store.table("loyalty_events").to_pandas()
    old = events[events["earned_at"] < str(seen.until)]
    used = old[old["event"] == "redeem"]
    assert seen.used_in_the_end() == -used["points"].sum() > 0
    assert (used["occurred_at"] >= str(seen.until)).any()
    assert old["points"].sum() == 0


def test_a_small_store_is_told_with_an_interval() -> None:
    told = held(2, customers=6_000)
    assert told["redeemed"] + told["ahead"] > 0
    assert 0.5 < told["expected"] / told["ahead"] < 2
    assert 0 < told["width"] < told["width_ahead"] < 2
    assert isinstance(told["held"], bool)


def _case(number: int, *, width: float, held: bool = True) -> dict[str, Any]:
    return {"case": number, "held": held, "width": width, "width_ahead": 5 * width}


def test_figures_count_the_stores_whose_intervals_hold() -> None:
    results = [
        *(_case(number, width=0.1) for number in range(3)),
        _case(3, width=0.2, held=False),
        {"case": 4, "died": -9},
        *(_case(number, width=0.3) for number in range(5, 8)),
    ]
    found = {figure.name: figure for figure in figures(results)}
    assert tuple(found) == FIGURES
    coverage, width, ahead = found.values()
    assert (coverage.value, coverage.n) == (pytest.approx(6 / 8), 8)
    assert (width.value, width.n) == (pytest.approx(0.2), 7)  # .1 three times, .2, .3 three times
    assert ahead.value == pytest.approx(1.0)
    assert [result["case"] for result in failures(results)] == [3, 4]
